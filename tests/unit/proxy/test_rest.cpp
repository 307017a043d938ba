// Many clients that keep their connection and say nothing: their sessions give their coroutines up and miss nothing.
#include <doctest/doctest.h>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr int many = 100;  // more than may keep their coroutine

// One request of each client, answered.
std::vector<peer> idle_clients(proxy_rig& rig, peer& server) {
  std::vector<peer> clients;
  for (int i = 0; i < many; ++i) {
    clients.push_back(rig.client());
    clients.back().send(get);
    if (server.fd() < 0) server = rig.servers[0]->accept();
    REQUIRE(server.until("\r\n\r\n") == get);
    server.send(hello);
    REQUIRE(clients.back().exactly(hello.size()) == hello);
  }
  return clients;
}

proxy_rig::change shared_links(milliseconds keep_alive = milliseconds{0}) {
  return [keep_alive](proxy::model& m) {
    m.sections[1].reuse = proxy::reuse_mode::always;
    if (keep_alive.count() > 0) m.sections[0].time.http_keep_alive = keep_alive;
  };
}

}  // namespace

TEST_CASE("each is served when it speaks again, twice") {
  proxy_rig rig(shared_links());
  peer server;
  std::vector<peer> clients = idle_clients(rig, server);
  for (int round = 0; round < 2; ++round) {
    for (peer& one : clients) {
      one.send(get);
      REQUIRE(server.until("\r\n\r\n") == get);
      server.send(hello);
      REQUIRE(one.exactly(hello.size()) == hello);
    }
  }
}

TEST_CASE("each may go, and its place with it") {
  proxy_rig rig(shared_links());
  peer server;
  std::vector<peer> clients = idle_clients(rig, server);
  CHECK(rig.all->connections.load() == many);
  for (std::size_t i = 0; i < clients.size(); ++i) i % 2 == 0 ? clients[i].close() : clients[i].reset();
  // The last of them is seen gone once the next client was served.
  peer next = rig.client();
  next.send(get);
  REQUIRE(server.until("\r\n\r\n") == get);
  server.send(hello);
  CHECK(next.exactly(hello.size()) == hello);
  CHECK(rig.all->connections.load() == 1);
}

TEST_CASE("timeout http-keep-alive ends them without a word") {
  proxy_rig rig(shared_links(milliseconds{200}));
  peer server;
  std::vector<peer> clients = idle_clients(rig, server);
  for (peer& one : clients) CHECK(one.ended());
}

TEST_CASE("a stop ends them at once") {
  proxy_rig rig(shared_links());
  peer server;
  std::vector<peer> clients = idle_clients(rig, server);
  rig.stop();
  for (peer& one : clients) CHECK(one.ended());
}

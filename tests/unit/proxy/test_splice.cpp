// Bodies that pass inside the kernel: the same bytes, the same ends, the same faults as copied ones.
#include <doctest/doctest.h>

#include <thread>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET /big HTTP/1.1\r\nHost: a.example\r\n\r\n";

std::string patterned(std::size_t size) {
  std::string out(size, ' ');
  std::uint32_t state = 12345;
  for (char& c : out) c = static_cast<char>('A' + ((state = state * 1664525 + 1013904223) >> 24) % 57);
  return out;
}

std::string head_for(std::size_t size) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

struct way {
  const char* name;
  bool nosplice, always;
};
constexpr way ways[] = {{"copied", true, false}, {"where it is cheaper", false, false}, {"whenever possible", false, true}};

proxy_rig::change told(const way& how) {
  return [how](proxy::model& m) {
    m.global.nosplice = how.nosplice;
    m.sections[0].splice_request = m.sections[0].splice_response = how.always;
  };
}

}  // namespace

TEST_CASE("bodies of every size arrive whole, and the connection to the server is used again") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig(told(how));
    peer client = rig.client();
    peer server;
    for (const std::size_t size : {1u, 4096u, 16384u, 65535u, 65536u, 65537u, 300000u, 5000000u}) {
      CAPTURE(size);
      const std::string body = patterned(size);
      client.send(get);
      if (server.fd() < 0) server = rig.servers[0]->accept();
      REQUIRE(server.until("\r\n\r\n") == get);
      std::thread sender([&] { server.send(head_for(size) + body); });
      CHECK(client.until("\r\n\r\n") == head_for(size));
      CHECK(client.exactly(size) == body);
      sender.join();
    }
    CHECK(rig.servers[0]->nobody_comes());
  }
}

TEST_CASE("uploads of every size arrive whole") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig(told(how));
    peer client = rig.client();
    peer server;
    for (const std::size_t size : {1u, 65536u, 90000u, 3000000u}) {
      CAPTURE(size);
      const std::string body = patterned(size);
      const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
      std::thread sender([&] { client.send(head + body); });
      if (server.fd() < 0) server = rig.servers[0]->accept();
      CHECK(server.until("\r\n\r\n") == head);
      CHECK(server.exactly(size) == body);
      sender.join();
      server.send(head_for(2) + "ok");
      CHECK(client.exactly(head_for(2).size() + 2) == head_for(2) + "ok");
    }
  }
}

TEST_CASE("a server that dies inside a spliced body: the client sees the cut, the log says so") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig(told(how));
    auto [client, server] = rig.at_server(get);
    const std::string part = patterned(200000);
    std::thread sender([&] {
      server.send(head_for(1000000) + part);
      server.close();
    });
    client.until("\r\n\r\n");
    CHECK(client.to_end() == part);
    sender.join();
    CHECK(rig.log_line().find(" SD-- ") != std::string::npos);
  }
}

TEST_CASE("a client that goes inside a spliced body: nothing of it reaches the next client") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig(told(how));
    auto [gone, server] = rig.at_server(get);
    // The client takes the head and no more, so that the body fills every buffer on its way, pipes included.
    std::thread sender([&] { server.send(head_for(50000000) + std::string(50000000, 'x')); });
    gone.until("\r\n\r\n");
    gone.reset();
    CHECK(rig.log_line().find(" CD-- ") != std::string::npos);
    sender.join();
    for (int i = 0; i < 3; ++i) {
      auto [next, again] = rig.at_server(get);
      const std::string body = patterned(400000);
      std::thread answer([&] { again.send(head_for(body.size()) + body); });
      next.until("\r\n\r\n");
      CHECK(next.exactly(body.size()) == body);
      answer.join();
    }
  }
}

TEST_CASE("a body until close becomes a spliced stream and ends where the server ends it") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig(told(how));
    auto [client, server] = rig.at_server(get);
    const std::string body = patterned(2000000);
    std::thread sender([&] {
      server.send("HTTP/1.1 200 OK\r\n\r\n" + body);
      server.close();
    });
    client.until("\r\n\r\n");
    CHECK(client.to_end() == body);
    sender.join();
    CHECK(rig.log_line().find(" ---- ") != std::string::npos);
  }
}

TEST_CASE("mode tcp: a stream both ways at once, a trickle, and a half-close") {
  for (const way& how : ways) {
    CAPTURE(how.name);
    proxy_rig rig([&](proxy::model& m) {
      told(how)(m);
      m.sections[0].kind = m.sections[1].kind = proxy::mode::tcp;
    });
    peer client = rig.client();
    peer server = rig.servers[0]->accept();
    const std::string up = patterned(3000000), down = patterned(2500000);
    std::thread upward([&] { client.send(up); });
    std::thread downward([&] { server.send(down); });
    std::string got_up;
    std::thread reader([&] { got_up = server.exactly(up.size()); });
    CHECK(client.exactly(down.size()) == down);
    upward.join();
    downward.join();
    reader.join();
    CHECK(got_up == up);
    for (int i = 0; i < 50; ++i) {
      client.send("ping");
      CHECK(server.exactly(4) == "ping");
      server.send("pong");
      CHECK(client.exactly(4) == "pong");
    }
    client.finish();
    CHECK(server.ended());
    server.send("last words");
    server.finish();
    CHECK(client.to_end() == "last words");
  }
}

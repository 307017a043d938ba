// What a line of the log says of counts and times. HAProxy 2.6.12 says the same of the same clients.
#include <doctest/doctest.h>

#include <string>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

// " - - ---- 3/3/2/2/0 0/0 ": the words behind the letters.
std::string counts(const std::string& line) {
  const std::size_t at = line.find("-- ");
  return at == std::string::npos ? line : line.substr(at + 3, line.find(' ', at + 3) - at - 3);
}

// The last of the five timers.
int active_time(const std::string& line) {
  const std::size_t end = line.find(" 4");  // of the status
  return end == std::string::npos ? -1 : std::stoi(line.substr(line.rfind('/', end) + 1));
}

// Three requests at the server, answered one after the other.
std::string counts_of_three(const proxy_rig::change& edit) {
  proxy_rig rig(edit);
  std::vector<peer> clients, servers;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(rig.client());
    clients.back().send(get);
    servers.push_back(rig.servers[0]->accept());
    servers.back().until("\r\n\r\n");
  }
  std::string all;
  for (std::size_t i = 0; i < 3; ++i) {
    servers[i].send(hello);
    CHECK(clients[i].exactly(hello.size()) == hello);
    all += counts(rig.log_line()) + " ";
  }
  return all;
}

}  // namespace

TEST_CASE("backend and server count those that are still there when a request is logged") {
  CHECK(counts_of_three({}) == "3/3/2/2/0 3/3/1/1/0 3/3/0/0/0 ");
}

TEST_CASE("a line that is written before the end counts its own request") {
  CHECK(counts_of_three([](proxy::model& m) { m.sections[0].log.log_asap = true; }) == "3/3/3/3/0 3/3/2/2/0 3/3/1/1/0 ");
}

TEST_CASE("a server's count in the log does not exceed its maxconn") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].servers[0].maxconn = 1; });
  auto [first, server] = rig.at_server(get);
  peer second = rig.client();
  second.send(get);
  const auto queued = [&] { return rig.all->backends[0]->chooser->waiting(balance::no_server); };
  while (queued() == 0) rig.on_worker([](proxy::home&) {});
  server.send(hello);
  CHECK(first.exactly(hello.size()) == hello);
  const std::string line = counts(rig.log_line());
  CHECK_MESSAGE((line == "2/2/1/1/0" || line == "2/2/1/0/0"), line);  // the second may be at the server by now
}

TEST_CASE("a line is written once its answer was sent, not when the client has left") {
  proxy_rig rig;
  peer client = rig.client();
  SUBCASE("a head that cannot be read") { client.send("GET / HTTP/1.1\r\nHo st: a\r\n\r\n"); }
  SUBCASE("a refused body") { client.send("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"); }
  CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 400");
  CHECK(active_time(rig.log_line()) < 500);
  client.send("more");
}

TEST_CASE("a client that leaves without a word has been there since it connected") {
  proxy_rig rig;
  {
    peer client = rig.client();
    while (rig.sessions() == 0) {}
    rig.skip(3000);
  }
  const int time = active_time(rig.log_line());
  CHECK(time >= 3000);
}

TEST_CASE("logasap: every line has its signs, and what is on its way counts as sent") {
  proxy_rig rig([](proxy::model& m) {
    m.sections[0].log.log_asap = true;
    m.sections[0].log.dont_log_normal = true;
  });
  auto [client, server] = rig.at_server(get);
  SUBCASE("no answer") {
    server.close();
    CHECK(client.until("</html>").substr(0, 12) == "HTTP/1.1 502");
    const std::string line = rig.log_line();
    CHECK_MESSAGE(line.find(" 502 +206 - - SH-- ") != std::string::npos, line);
    CHECK_MESSAGE(line.find("/-1/+") != std::string::npos, line);
  }
  SUBCASE("an answer that is cut: as the early line was not wanted, the late one is") {
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    client.until("abc");
    server.close();
    client.to_end();
    const std::string line = rig.log_line();
    CHECK_MESSAGE(line.find(" 200 +42 - - SD-- ") != std::string::npos, line);
  }
  SUBCASE("a normal one has no line") {
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    client.close();
    while (rig.sessions() > 0) {}
    rig.stop();
    CHECK(rig.log_rest().empty());
  }
}

TEST_CASE("logasap: head and what came with it") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].log.log_asap = true; });
  auto [client, server] = rig.at_server(get);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  const std::string line = rig.log_line();
  CHECK_MESSAGE(line.find(" 200 +42 - - ---- ") != std::string::npos, line);
}

TEST_CASE("mode tcp, dontlognull: a client that said something has its line") {
  const auto tcp = [](proxy::model& m) {
    for (proxy::section_settings& each : m.sections) each.kind = proxy::mode::tcp;
    m.sections[0].log.format = log::settings::style::tcp;
    m.sections[0].log.dont_log_null = true;
    m.sections[1].retries = 0;
  };
  SUBCASE("although no server was there") {
    proxy_rig rig([&](proxy::model& m) {
      tcp(m);
      m.sections[1].servers[0].disabled = true;
    });
    peer client = rig.client();
    client.send("hello");
    client.to_end();
    const std::string line = rig.log_line();
    CHECK_MESSAGE(line.find(" 0 SC ") != std::string::npos, line);
  }
  SUBCASE("logasap: when the server is there, whatever follows") {
    proxy_rig rig([&](proxy::model& m) {
      tcp(m);
      m.sections[0].log.log_asap = true;
    });
    peer client = rig.client();
    peer server = rig.servers[0]->accept();
    const std::string line = rig.log_line();
    CHECK_MESSAGE(line.find(" +0 -- 1/1/1/1/0 ") != std::string::npos, line);
    client.send("hello");
    CHECK(server.exactly(5) == "hello");
    server.close();
    client.to_end();
    client.close();
    while (rig.sessions() > 0) {}
    rig.stop();
    CHECK(rig.log_rest().empty());
  }
}

TEST_CASE("what a stop ends is logged as ended by who runs the proxy") {
  proxy_rig rig;
  auto [client, server] = rig.at_server(get);
  const char* wanted = " -1 0 - - KH-- ";
  SUBCASE("at the server") {}
  SUBCASE("in the response") {
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    client.until("abc");
    wanted = " 200 42 - - KD-- ";
  }
  rig.stop();
  const std::string line = rig.log_rest();
  CHECK_MESSAGE(line.find(wanted) != std::string::npos, line);
}

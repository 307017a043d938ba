// bind ... accept-proxy, over real sockets.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "proxy_protocol/header.hpp"
#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view v1 = "PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n";
constexpr std::string_view v2("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc0\0\x02\x02\x04\x57\x08\xae", 28);
constexpr std::string_view local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);

void accepting(proxy::model& m) {
  m.sections[0].binds.front().accept_proxy = true;
  m.sections[0].binds.front().id = 7;
  m.sections[0].forwardfor.enabled = true;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("accept-proxy: the address of the header is the client's") {
  struct row { std::string_view header, logged, forwarded; };
  const row rows[] = {{v1, "192.0.2.1:1111 [", "192.0.2.1"},
                      {v2, "192.0.2.1:1111 [", "192.0.2.1"},
                      {"PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "2001:db8::1:1 [", "2001:db8::1"},
                      {"PROXY UNKNOWN\r\n", "127.0.0.1:", "127.0.0.1"},
                      {local, "127.0.0.1:", "127.0.0.1"}};
  for (const row& one : rows) {
    CAPTURE(one.logged);
    proxy_rig rig(accepting);
    peer client = rig.client();
    client.send(one.header);
    client.send(get);
    peer server = rig.servers[0]->accept();
    CHECK(has(server.until("\r\n\r\n"), "\r\nX-Forwarded-For: " + std::string(one.forwarded) + "\r\n"));
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    CHECK(rig.log_line().starts_with(one.logged));
    // A second request of the same connection has no header, and the same client.
    client.send(get);
    CHECK(has(server.until("\r\n\r\n"), "\r\nX-Forwarded-For: " + std::string(one.forwarded) + "\r\n"));
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    CHECK(rig.log_line().starts_with(one.logged));
  }
}

TEST_CASE("accept-proxy: header and request cut anywhere") {
  proxy_rig rig(accepting);
  for (const std::string_view header : {v1, v2}) {
    const std::string both = std::string(header) + std::string(get);
    for (std::size_t cut = 1; cut < both.size(); ++cut) {
      CAPTURE(cut);
      peer client = rig.client();
      client.send(std::string_view(both).substr(0, cut));
      std::this_thread::yield();
      client.send(std::string_view(both).substr(cut));
      peer server = rig.servers[0]->accept();
      CHECK(server.until("\r\n\r\n").starts_with("GET /x HTTP/1.1\r\nHost: a.example\r\n"));
      server.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
      CHECK(has(client.until("\r\n\r\n"), "200 OK"));
      CHECK(rig.log_line().starts_with("192.0.2.1:1111 ["));
    }
  }
}

TEST_CASE("accept-proxy: what is no good header closes the connection, is logged, reaches no server") {
  struct row { std::string_view bytes, reason; };
  const row rows[] = {{get, "Received something which does not look like a PROXY protocol header"},
                      {"PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\nGET", "Received an unhandled protocol in the PROXY protocol header"},
                      {"PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n", "Received an invalid PROXY protocol header"},
                      {"PROXY TCP4 1.2.3.4", "Truncated PROXY protocol header received"},
                      {v2.substr(0, 20), "Truncated PROXY protocol header received"},
                      {"", "Connection closed while waiting for PROXY protocol header"}};
  for (const bool quiet : {false, true}) {
    proxy_rig rig([&](proxy::model& m) {
      accepting(m);
      m.sections[0].log.dont_log_null = quiet;
    });
    for (const row& one : rows) {
      CAPTURE(one.reason);
      peer client = rig.client();
      client.send(one.bytes);
      client.finish();
      CHECK(client.to_end().empty());
      if (quiet && one.bytes.empty()) continue;
      const std::string line = rig.log_line();
      CHECK(line.starts_with("127.0.0.1:"));
      CHECK(has(line, "] fe/7: " + std::string(one.reason) + "\n"));
    }
    CHECK(rig.servers[0]->nobody_comes());
  }
}

TEST_CASE("accept-proxy: a header that does not come, or not to its end, is waited for no longer than timeout client") {
  for (const std::string_view bytes : {std::string_view(), v1.substr(0, 12), v2.substr(0, 27)}) {
    proxy_rig rig([](proxy::model& m) {
      accepting(m);
      m.sections[0].binds.front().name = "public";
      m.sections[0].time.client = milliseconds{200};
      m.sections[0].time.http_request = milliseconds{10};
    });
    // The process was idle for a while: the limit counts from now all the same.
    std::this_thread::sleep_for(milliseconds{300});
    const auto from = std::chrono::steady_clock::now();
    peer client = rig.client();
    client.send(bytes);
    CHECK(client.to_end().empty());
    CHECK(std::chrono::steady_clock::now() - from >= milliseconds{190});
    CHECK(has(rig.log_line(), "] fe/public: Timeout while waiting for PROXY protocol header\n"));
    CHECK(rig.servers[0]->nobody_comes());
  }
}

TEST_CASE("accept-proxy: timeout http-request begins behind the header") {
  proxy_rig rig([](proxy::model& m) {
    accepting(m);
    m.sections[0].time.http_request = milliseconds{300};
  });
  peer client = rig.client();
  std::this_thread::sleep_for(milliseconds{400});
  client.send(v1);
  client.send(get);
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n").starts_with("GET /x"));
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
}

TEST_CASE("accept-proxy in mode tcp: what follows the header is passed on whole, and a server may speak first") {
  proxy_rig rig([](proxy::model& m) {
    accepting(m);
    for (auto& each : m.sections) each.kind = proxy::mode::tcp;
    m.sections[0].forwardfor.enabled = false;
    m.sections[0].log.format = log::settings::style::tcp;
  });
  SUBCASE("client first") {
    peer client = rig.client();
    client.send(std::string(v2) + "ping");
    peer server = rig.servers[0]->accept();
    CHECK(server.exactly(4) == "ping");
    server.send("pong");
    CHECK(client.exactly(4) == "pong");
  }
  SUBCASE("server first") {
    peer client = rig.client();
    client.send(v1);
    peer server = rig.servers[0]->accept();
    server.send("220 ready\r\n");
    CHECK(client.until("\r\n") == "220 ready\r\n");
    client.send("QUIT\r\n");
    CHECK(server.until("\r\n") == "QUIT\r\n");
  }
  CHECK(rig.log_line().starts_with("192.0.2.1:1111 ["));
}

TEST_CASE("send-proxy: the header comes first on each connection to the server, and names the client") {
  struct row { bool v2, checksum; };
  for (const row& one : {row{false, false}, row{true, false}, row{true, true}}) {
    for (const auto reuse : {proxy::reuse_mode::never, proxy::reuse_mode::safe, proxy::reuse_mode::always}) {
      proxy_rig rig([&](proxy::model& m) {
        m.sections[1].reuse = reuse;
        auto& server = m.sections[1].servers.front();
        (one.v2 ? server.send_proxy_v2 : server.send_proxy) = true;
        server.send_proxy_checksum = one.checksum;
      });
      const auto header_of = [&](const peer& client) {
        sockaddr_in own{};
        socklen_t length = sizeof own;
        getsockname(client.fd(), reinterpret_cast<sockaddr*>(&own), &length);
        proxy_protocol::endpoints who{*parse_ip("127.0.0.1"), *parse_ip("127.0.0.1")};
        who.source.port = ntohs(own.sin_port);
        who.destination.port = rig.port;
        proxy_protocol::written out;
        const std::size_t size =
            one.v2 ? proxy_protocol::write_v2(who, one.checksum, out) : proxy_protocol::write_v1(who, out);
        return std::string(out.data(), size);
      };
      peer first = rig.client(), second = rig.client();
      const std::string first_header = header_of(first), second_header = header_of(second);
      first.send(get);
      peer server = rig.servers[0]->accept();
      CHECK(server.exactly(first_header.size()) == first_header);
      CHECK(server.until("\r\n\r\n") == get);
      server.send(hello);
      CHECK(first.exactly(hello.size()) == hello);
      // Another client never gets this connection, its own next request does, without a second header.
      second.send(get);
      peer other = rig.servers[0]->accept();
      CHECK(other.exactly(second_header.size()) == second_header);
      CHECK(other.until("\r\n\r\n") == get);
      other.send(hello);
      CHECK(second.exactly(hello.size()) == hello);
      first.send(get);
      CHECK(server.until("\r\n\r\n") == get);
      server.send(hello);
      CHECK(first.exactly(hello.size()) == hello);
      // A fresh connection in the middle of the session begins with it again.
      server.close();
      first.send(get);
      peer again = rig.servers[0]->accept();
      CHECK(again.exactly(first_header.size()) == first_header);
      CHECK(again.until("\r\n\r\n") == get);
      again.send(hello);
      CHECK(first.exactly(hello.size()) == hello);
    }
  }
}

TEST_CASE("send-proxy passes on what accept-proxy was told; in mode tcp before the client says a word") {
  proxy_rig rig([](proxy::model& m) {
    accepting(m);
    for (auto& each : m.sections) each.kind = proxy::mode::tcp;
    m.sections[0].forwardfor.enabled = false;
    m.sections[1].servers.front().send_proxy = true;
  });
  peer client = rig.client();
  client.send("PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\n") == "PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n");
  server.send("220 ready\r\n");
  CHECK(client.until("\n") == "220 ready\r\n");
}

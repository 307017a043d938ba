// Requests that are sent again, and those that are not, over real sockets.
#include <doctest/doctest.h>

#include <future>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;
using on = servers::retry_conditions;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view busy = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// The connection of a session's first request, kept and idle.
peer kept_link(proxy_rig& rig, peer& client) {
  client.send(get);
  peer server = rig.servers[0]->accept();
  server.until("\r\n\r\n");
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
  rig.log_line();
  return server;
}

}  // namespace

TEST_CASE("a POST that cannot have reached the server's program is sent again") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].time.connect = milliseconds{50}; });
  peer client = rig.client();
  io::worker& worker = rig.all->homes.front()->worker;
  SUBCASE("the kept connection was closed when nobody could have seen it yet") {
    peer server = kept_link(rig, client);
    // One turn of the worker's loop sees the request and, after it has looked, the server closes.
    worker.post([&] {
      client.send(post);
      worker.post([&] { server.close(); });
    });
    peer again = rig.servers[0]->accept();
    CHECK(contains(again.until("body"), "POST /x"));
    again.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    CHECK(contains(rig.log_line(), "/0 0/0 "));
  }
  SUBCASE("a fresh one was, between connecting and sending: as a refused connection") {
    std::promise<void> closed;
    std::function<void()> look = [&] {
      pollfd one{rig.servers[0]->fd, POLLIN, 0};
      if (::poll(&one, 1, 0) != 1) return worker.post(look);
      ::close(::accept(one.fd, nullptr, nullptr));
      closed.set_value();
    };
    worker.post(look);
    client.send(post);
    closed.get_future().wait();
    peer again = rig.servers[0]->accept();
    CHECK(contains(again.until("body"), "POST /x"));
    again.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    const std::string line = rig.log_line();
    CAPTURE(line);
    CHECK(contains(line, "/1 0/0 "));
  }
  SUBCASE("not when its server read it and then reset the connection") {
    peer server = kept_link(rig, client);
    client.send(post);
    CHECK(server.exactly(4) == "POST");  // the rest stays unread: a reset
    server.close();
    CHECK(contains(client.until("\r\n"), " 502 "));
  }
}

TEST_CASE("a POST that the server took before it closed is not sent twice") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].redispatch = 1; }, 2);
  peer client = rig.client();
  SUBCASE("on a kept connection") {
    peer server = kept_link(rig, client);
    client.send(get);
    peer second = rig.servers[1]->accept();
    second.until("\r\n\r\n");
    second.send(hello);
    client.exactly(hello.size());
    rig.log_line();
    client.send(post);
    CHECK(contains(server.until("body"), "POST /x"));
    server.close();
    CHECK(contains(client.until("\r\n"), " 502 "));
  }
  SUBCASE("on a fresh one") {
    client.send(post);
    peer server = rig.servers[0]->accept();
    CHECK(contains(server.until("body"), "POST /x"));
    server.close();
    CHECK(contains(client.until("\r\n"), " 502 "));
  }
  SUBCASE("on a fresh one, reset") {
    client.send(post);
    peer server = rig.servers[0]->accept();
    CHECK(contains(server.until("body"), "POST /x"));
    server.reset();
    CHECK(contains(client.until("\r\n"), " 502 "));
  }
  CHECK(contains(rig.log_line(), " SH-- "));
  CHECK(rig.servers[0]->nobody_comes());
  CHECK(rig.servers[1]->nobody_comes());
}

TEST_CASE("a GET whose fresh connection ends before an answer") {
  struct row {
    std::optional<int> redispatch;
    bool again, twice;  // sent once more; a second death is answered by a third server
    std::uint32_t on_bits = on::conn_failure;
  };
  const row rows[] = {{std::nullopt, false, false}, {1, true, false}, {1, true, true, on::conn_failure | on::empty_response}};
  for (const row& one : rows) {
    CAPTURE(one.again);
    CAPTURE(one.twice);
    proxy_rig rig(
        [&](proxy::model& m) {
          m.sections[1].redispatch = one.redispatch;
          m.sections[1].retry_on.bits = one.on_bits;
        },
        3);
    peer client = rig.client();
    client.send(get);
    rig.servers[0]->accept().until("\r\n\r\n");  // and closes
    std::string line;
    if (one.again) rig.servers[1]->accept().until("\r\n\r\n");
    if (one.twice) {
      peer third = rig.servers[2]->accept();
      third.until("\r\n\r\n");
      third.send(hello);
      CHECK(client.exactly(hello.size()) == hello);
      line = rig.log_line();
      CHECK(contains(line, " be/s3 "));
      CHECK(contains(line, "/+2 "));
      continue;
    }
    CHECK(contains(client.until("\r\n"), " 502 "));
    line = rig.log_line();
    CHECK(contains(line, " SH-- "));
    CHECK(contains(line, one.again ? "/+1 " : "/0 "));
  }
}

TEST_CASE("retry-on: each condition, and the failure when the retries are used up") {
  struct row {
    const char* name;
    std::uint32_t bits;
    std::string_view first;  // what the first attempt gets; empty: silence, "-": the connection ends
    std::string_view status, letters;
  };
  const row rows[] = {
      {"empty-response", on::empty_response, "-", " 502 ", " SH-- "},
      {"junk-response", on::junk_response, "nonsense\r\n\r\n", " 502 ", " PH-- "},
      {"response-timeout", on::response_timeout, "", " 504 ", " sH-- "},
      {"503", on::bit_of(503), busy, " 503 ", " ---- "},
  };
  for (const row& one : rows)
    for (const bool better : {true, false}) {
      CAPTURE(one.name);
      CAPTURE(better);
      proxy_rig rig([&](proxy::model& m) {
        m.sections[1].retry_on.bits = one.bits;
        m.sections[1].retries = 1;
        if (one.first.empty()) m.sections[1].time.server = milliseconds{100};
      });
      peer client = rig.client();
      client.send(post);
      peer first = rig.servers[0]->accept();
      CHECK(contains(first.until("body"), "POST /x"));
      const auto misbehave = [&](peer& server) {
        if (one.first == "-")
          server.close();
        else
          server.send(one.first);
      };
      misbehave(first);
      peer second = rig.servers[0]->accept();
      CHECK(contains(second.until("body"), "POST /x"));
      if (better) {
        second.send(hello);
        CHECK(client.exactly(hello.size()) == hello);
      } else {
        misbehave(second);
        CHECK(contains(client.until("\r\n"), one.status));
      }
      const std::string line = rig.log_line();
      CHECK(contains(line, better ? " ---- " : one.letters));
      CHECK(contains(line, "/1 "));
    }
}

TEST_CASE("retry-on none: not even a refused connection is tried again") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].retry_on.bits = 0; });
  rig.servers[0]->stop();
  peer client = rig.client();
  client.send(get);
  CHECK(contains(client.until("\r\n"), " 503 "));
  const std::string line = rig.log_line();
  CHECK(contains(line, " SC-- "));
  CHECK(contains(line, "/0 0/0 "));
}

TEST_CASE("a body that no longer fits the buffer is not sent again") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].retry_on.bits = on::all_retryable; });
  peer client = rig.client();
  const std::string body(100000, 'x');
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + body);
  peer server = rig.servers[0]->accept();
  server.until("\r\n\r\n");
  CHECK(server.exactly(body.size()) == body);
  server.close();
  CHECK(contains(client.until("\r\n"), " 502 "));
  CHECK(rig.servers[0]->nobody_comes());
}

// Each time limit: what it counts from, what moves it, what it does not cover. The worker's clock is moved, nobody
// waits.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/ioctl.h>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::listening;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view post = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
constexpr std::string_view upgrade = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
constexpr std::string_view switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
constexpr io::tick much = 3600000;  // an hour: what is not limited stays
constexpr milliseconds limit{10000};

// The proxy has taken in everything that was sent, and waits.
void settle(proxy_rig& rig) {
  for (;;) {
    bool busy = false;
    rig.on_worker([&](proxy::home& home) {
      if (home.first_session == nullptr) busy = true;
      for (proxy::session* one = home.first_session; one != nullptr; one = one->next()) {
        int waiting = 0;
        ioctl(one->socket.native(), FIONREAD, &waiting);
        busy = busy || waiting > 0;
      }
    });
    if (!busy) break;
  }
  rig.on_worker([](proxy::home&) {});  // and the turn in which it did so is over
}

void pass(proxy_rig& rig, io::tick ms) {
  settle(rig);
  rig.skip(ms);
  rig.on_worker([](proxy::home&) {});
}

bool silent(const peer& one) {
  pollfd look{one.fd(), POLLIN, 0};
  return ::poll(&look, 1, 0) == 0;
}

std::string letters(proxy_rig& rig) {
  const std::string line = rig.log_line();
  for (const std::string_view state : {"--", "cR", "CR", "cH", "cD", "sH", "sD", "sQ", "sC", "cL", "SD", "CD"}) {
    if (line.find(fmt::format(" {}-- ", state)) != std::string::npos) return std::string(state);
    if (line.find(fmt::format(" {} ", state)) != std::string::npos) return std::string(state);
  }
  return line;
}

proxy_rig::change with(std::optional<milliseconds> proxy::timeouts::* which, bool back = false) {
  return [=](proxy::model& m) {
    for (proxy::section_settings& each : m.sections)
      each.time.client = each.time.server = each.time.connect = milliseconds{20 * much};
    m.sections[back ? 1 : 0].time.*which = limit;
  };
}

}  // namespace

TEST_CASE("timeout http-request: absolute, from the connection's beginning to the head's end") {
  proxy_rig rig(with(&proxy::timeouts::http_request));
  peer client = rig.client();
  SUBCASE("a head that drips") {
    for (const char* piece : {"GET / HT", "TP/1.1\r\n", "Host: a\r\n"}) {
      client.send(piece);
      pass(rig, 3000);
      CHECK(silent(client));
    }
    client.send("X: y\r\n");
    pass(rig, 1001);
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(letters(rig) == "cR");
  }
  SUBCASE("not a byte") {
    pass(rig, 9000);
    CHECK(silent(client));
    pass(rig, 1001);
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(letters(rig) == "cR");
  }
  SUBCASE("it does not cover the body") {
    client.send(post);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    pass(rig, much);
    CHECK(silent(client));
    client.send("0123456789");
    CHECK(server.exactly(10) == "0123456789");
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
  }
  SUBCASE("for a later request it counts from its first byte; until then it is the keep-alive limit") {
    client.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    CHECK(letters(rig) == "--");
    pass(rig, 9000);
    client.send("GET / HT");
    pass(rig, 9000);
    CHECK(silent(client));
    pass(rig, 1001);
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(letters(rig) == "cR");
  }
}

TEST_CASE("timeout client is never waited beyond, whatever the limits of a head and of an idle connection say") {
  proxy_rig rig([](proxy::model& m) {
    with(&proxy::timeouts::client)(m);
    m.sections[0].time.http_request = m.sections[0].time.http_keep_alive = milliseconds{25000};
  });
  peer client = rig.client();
  SUBCASE("not a byte") {
    pass(rig, 9000);
    CHECK(silent(client));
    pass(rig, 1001);
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(letters(rig) == "cR");
  }
  SUBCASE("half a head: idle, as every byte moves it, until timeout http-request ends it all") {
    client.send("GET / HT");
    pass(rig, 9000);
    client.send("TP/1.1\r\n");
    pass(rig, 9000);
    CHECK(silent(client));
    SUBCASE("nothing more") { pass(rig, 1001); }
    SUBCASE("another byte") {
      client.send("H");
      pass(rig, 6900);
      CHECK(silent(client));
      pass(rig, 101);
    }
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(letters(rig) == "cR");
  }
  SUBCASE("between two requests") {
    client.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
    pass(rig, 9000);
    CHECK(silent(client));
    pass(rig, 1001);
    CHECK(client.to_end().empty());
  }
}

TEST_CASE("timeout client: idle; every byte of the body moves it") {
  proxy_rig rig(with(&proxy::timeouts::client));
  auto [client, server] = rig.at_server(post);
  for (int i = 0; i < 9; ++i) {
    pass(rig, 9000);
    CHECK(silent(client));
    client.send("x");
    CHECK(server.exactly(1) == "x");
  }
  pass(rig, 10001);
  CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 400");
  CHECK(letters(rig) == "cH");
}

TEST_CASE("timeout client does not run while the server is waited for") {
  proxy_rig rig(with(&proxy::timeouts::client));
  auto [client, server] = rig.at_server(get);
  pass(rig, much);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  CHECK(client.until("he").size() > 2);
  pass(rig, much);
  server.send("llo");
  CHECK(client.exactly(3) == "llo");
  CHECK(letters(rig) == "--");
}

TEST_CASE("timeout client: a reader that takes nothing") {
  proxy_rig rig(with(&proxy::timeouts::client));
  auto [client, server] = rig.at_server(get);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
  ::fcntl(server.fd(), F_SETFL, O_NONBLOCK);
  server.flood();
  rig.on_worker([](proxy::home&) {});
  rig.skip(9000);
  rig.on_worker([](proxy::home&) {});
  rig.skip(2000);
  CHECK(letters(rig) == "cD");
}

TEST_CASE("timeout http-keep-alive: between two requests, without a word") {
  proxy_rig rig([](proxy::model& m) {
    with(&proxy::timeouts::http_keep_alive)(m);
    m.sections[0].time.http_request = milliseconds{2000};
  });
  auto [client, server] = rig.at_server(get);
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
  CHECK(letters(rig) == "--");
  pass(rig, 9000);
  CHECK(silent(client));
  pass(rig, 1001);
  CHECK(client.ended());
  const proxy::frontend& fe = *rig.all->frontends[0];
  rig.on_worker([](proxy::home&) {});
  CHECK(fe.connections.load() == 0);
}

TEST_CASE("timeout server: from the request's end to the response head, then idle") {
  proxy_rig rig(with(&proxy::timeouts::server, true));
  auto [client, server] = rig.at_server(post);
  pass(rig, much);  // the client is waited for, not the server
  client.send("0123456789");
  CHECK(server.exactly(10) == "0123456789");
  SUBCASE("no head") {
    pass(rig, 9000);
    server.send("HTTP/1.1 200");  // a few bytes do not move it
    pass(rig, 1001);
    CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 504");
    CHECK(letters(rig) == "sH");
  }
  SUBCASE("a body with pauses") {
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    CHECK(client.until("\r\n\r\n").size() > 20);
    for (int i = 0; i < 5; ++i) {
      pass(rig, 9000);
      CHECK(silent(client));
      server.send("x");
      CHECK(client.exactly(1) == "x");
    }
    pass(rig, 10001);
    CHECK(client.to_end().empty());
    CHECK(letters(rig) == "sD");
  }
}

TEST_CASE("timeout connect: one try; timeout queue: a place, and without it timeout connect") {
  SUBCASE("connect") {
    // A full accept queue: the kernel lets further connections hang.
    listening full(0);
    peer a = peer::begin(full.port), b = peer::begin(full.port);
    proxy_rig rig([&](proxy::model& m) {
      with(&proxy::timeouts::connect, true)(m);
      m.sections[1].servers[0].port = full.port;
      m.sections[1].retries = 1;
    });
    peer client = rig.client();
    client.send(get);
    pass(rig, 9000);
    CHECK(silent(client));
    pass(rig, 1001);
    CHECK(silent(client));  // the second try
    pass(rig, 10001);
    CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 503");
    CHECK(letters(rig) == "sC");
  }
  SUBCASE("queue") {
    for (const auto which : {&proxy::timeouts::queue, &proxy::timeouts::connect}) {
      proxy_rig rig([&](proxy::model& m) {
        with(which, true)(m);
        m.sections[1].servers[0].maxconn = 1;
      });
      auto [first, server] = rig.at_server(get);
      peer second = rig.client();
      second.send(get);
      while (rig.sessions() < 2) {
      }
      pass(rig, 9000);
      CHECK(silent(second));
      pass(rig, 1001);
      CHECK(second.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 503");
      CHECK(letters(rig) == "sQ");
    }
  }
}

TEST_CASE("tunnels: timeout tunnel in place of client and server, the fin limits after a half-close") {
  struct row { bool tcp; const char* name; };
  for (const row& one : {row{false, "after 101"}, row{true, "mode tcp"}}) {
    CAPTURE(one.name);
    const auto start = [&](proxy_rig& rig, peer& client, peer& server) {
      client = rig.client();
      if (!one.tcp) client.send(upgrade);
      server = rig.servers[0]->accept();
      if (!one.tcp) {
        server.until("\r\n\r\n");
        server.send(switched);
        client.until("\r\n\r\n");
      }
      server.send("fro");
      CHECK(client.exactly(3) == "fro");
    };
    const auto rules = [&](proxy::model& m) {
      with(&proxy::timeouts::client)(m);
      m.sections[1].time.server = limit;
      m.sections[0].kind = m.sections[1].kind = one.tcp ? proxy::mode::tcp : proxy::mode::http;
      if (one.tcp) m.sections[0].log.format = log::settings::style::tcp;
    };
    peer client, server;
    {
      proxy_rig rig(rules);  // without it: the plain limits, kept alive by either direction
      start(rig, client, server);
      for (int i = 0; i < 3; ++i) {
        pass(rig, 9000);
        CHECK(silent(client));
        server.send("x");
        CHECK(client.exactly(1) == "x");
      }
      pass(rig, 10001);
      CHECK(client.ended());
      CHECK(letters(rig) == "cD");
    }
    {
      proxy_rig rig([&](proxy::model& m) {
        rules(m);
        m.sections[1].time.tunnel = 5 * limit;
      });
      start(rig, client, server);
      pass(rig, 49000);
      CHECK(silent(client));
      pass(rig, 1001);
      CHECK(client.ended());
      CHECK(letters(rig) == "cD");
    }
    {
      proxy_rig rig([&](proxy::model& m) {
        rules(m);
        m.sections[1].time.tunnel = 5 * limit;
        m.sections[0].time.client_fin = milliseconds{2000};
      });
      start(rig, client, server);
      server.finish();
      CHECK(client.ended());
      pass(rig, 2001);
      CHECK(letters(rig) == "cD");
    }
    {
      proxy_rig rig([&](proxy::model& m) {
        rules(m);
        m.sections[1].time.tunnel = 5 * limit;
        m.sections[1].time.server_fin = milliseconds{2000};
      });
      start(rig, client, server);
      client.finish();
      CHECK(server.ended());
      pass(rig, 1000);
      server.send("late");
      CHECK(client.exactly(4) == "late");
      pass(rig, 2001);
      CHECK(client.ended());
      CHECK(letters(rig) == "sD");
    }
  }
}

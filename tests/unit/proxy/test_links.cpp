// Which connection a request takes, how long it is kept, who waits for a place, and what ends with its server.
#include <doctest/doctest.h>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// One request of `client` over `server`, answered.
void served(peer& client, peer& server, std::string_view answer = hello) {
  client.send(get);
  CHECK(contains(server.until("\r\n\r\n"), "GET /x"));
  server.send(answer);
  CHECK(contains(client.exactly(answer.size()), "\r\n\r\n"));
}
peer served_by_new(peer& client, support::listening& where, std::string_view answer = hello) {
  client.send(get);
  peer server = where.accept();
  CHECK(contains(server.until("\r\n\r\n"), "GET /x"));
  server.send(answer);
  CHECK(contains(client.exactly(answer.size()), "\r\n\r\n"));
  return server;
}

}  // namespace

TEST_CASE("how long a connection is kept") {
  struct row {
    const char* name;
    void (*edit)(servers::settings&);
    unsigned more;  // requests that go over the first connection after the first one, of at most 3
  };
  const row rows[] = {
      {"as long as it lasts", [](servers::settings&) {}, 3},
      {"max-reuse 0", [](servers::settings& s) { s.max_reuse = 0; }, 0},
      {"max-reuse 1", [](servers::settings& s) { s.max_reuse = 1; }, 1},
      {"max-reuse 2", [](servers::settings& s) { s.max_reuse = 2; }, 2},
      {"pool-max-conn 0", [](servers::settings& s) { s.pool_max_conn = 0; }, 0},
      {"pool-max-conn 1", [](servers::settings& s) { s.pool_max_conn = 1; }, 3},
      {"pool-purge-delay 0", [](servers::settings& s) { s.pool_purge_delay = milliseconds{0}; }, 0},
  };
  for (const row& one : rows) {
    CAPTURE(one.name);
    proxy_rig rig([&](proxy::model& m) { one.edit(m.sections[1].servers[0]); });
    peer client = rig.client();
    peer server = served_by_new(client, *rig.servers[0]);
    for (unsigned i = 0; i < one.more; ++i) served(client, server);
    if (one.more == 3) continue;
    CHECK(server.gone());
    served_by_new(client, *rig.servers[0]);
  }
}

TEST_CASE("pool-purge-delay: an idle connection is closed after it") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].servers[0].pool_purge_delay = milliseconds{50}; });
  peer client = rig.client();
  peer server = served_by_new(client, *rig.servers[0]);
  CHECK(server.gone());
  served_by_new(client, *rig.servers[0]);
}

TEST_CASE("http-reuse never: a session keeps a connection to each of its servers, and nobody else has them") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].reuse = proxy::reuse_mode::never; }, 2);
  peer a = rig.client(), b = rig.client();
  peer a1 = served_by_new(a, *rig.servers[0]), a2 = served_by_new(a, *rig.servers[1]);
  peer b1 = served_by_new(b, *rig.servers[0]), b2 = served_by_new(b, *rig.servers[1]);
  served(a, a1);
  served(a, a2);
  served(b, b1);
  served(b, b2);
  a.close();
  CHECK(a1.gone());
  CHECK(a2.gone());
}

TEST_CASE("max-session-srv-conns: the oldest goes") {
  proxy_rig rig(
      [](proxy::model& m) {
        m.sections[1].reuse = proxy::reuse_mode::never;
        m.sections[0].max_session_srv_conns = 1;
      },
      2);
  peer client = rig.client();
  peer first = served_by_new(client, *rig.servers[0]);
  peer second = served_by_new(client, *rig.servers[1]);
  CHECK(first.gone());
}

TEST_CASE("option prefer-last-server, with connections of the session's own") {
  proxy_rig rig(
      [](proxy::model& m) {
        m.sections[1].reuse = proxy::reuse_mode::never;
        m.sections[1].prefer_last_server = true;
      },
      2);
  peer client = rig.client();
  peer server = served_by_new(client, *rig.servers[0]);
  for (int i = 0; i < 3; ++i) served(client, server);
  CHECK(rig.servers[1]->nobody_comes());
}

TEST_CASE("NTLM: the connection is the session's, and the session stays") {
  constexpr std::string_view ntlm = "HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
  constexpr std::string_view basic = "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
  for (const bool bound : {true, false}) {
    CAPTURE(bound);
    proxy_rig rig([](proxy::model& m) { m.sections[1].reuse = proxy::reuse_mode::always; }, 2);
    peer a = rig.client();
    peer first = served_by_new(a, *rig.servers[0], bound ? ntlm : basic);
    if (bound) {
      served(a, first);
      served(a, first);
      peer b = rig.client();
      served_by_new(b, *rig.servers[1]);
      served_by_new(b, *rig.servers[0]);  // not over the other's
    } else {
      served_by_new(a, *rig.servers[1]);
      peer b = rig.client();
      served(b, first);
    }
  }
}

TEST_CASE("option http-pretend-keepalive: the server does not hear of the end") {
  proxy_rig rig([](proxy::model& m) {
    m.sections[1].connection = proxy::connection_mode::server_close;
    m.sections[1].pretend_keepalive = true;
  });
  peer client = rig.client();
  client.send(get);
  peer server = rig.servers[0]->accept();
  CHECK_FALSE(contains(server.until("\r\n\r\n"), "connection"));
  server.send(hello);
  CHECK(server.gone());
  CHECK(client.exactly(hello.size()) == hello);
}

TEST_CASE("waiting for a place: letters, times and places of the log") {
  const auto one_place = [](proxy::model& m) { m.sections[1].servers[0].maxconn = 1; };
  SUBCASE("in turn") {
    proxy_rig rig(one_place);
    peer a = rig.client(), b = rig.client(), c = rig.client();
    a.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    b.send(get);
    while (rig.all->backends[0]->chooser->waiting(balance::no_server) < 1) std::this_thread::yield();
    c.send(get);
    while (rig.all->backends[0]->chooser->waiting(balance::no_server) < 2) std::this_thread::yield();
    server.send(hello);
    peer next = rig.servers[0]->accept();
    next.until("\r\n\r\n");
    next.send(hello);
    peer last = rig.servers[0]->accept();
    last.until("\r\n\r\n");
    last.send(hello);
    CHECK(contains(rig.log_line(), " 0/0 \""));
    CHECK(contains(rig.log_line(), " 0/1 \""));
    CHECK(contains(rig.log_line(), " 0/2 \""));
  }
  SUBCASE("a full queue") {
    proxy_rig rig([&](proxy::model& m) {
      one_place(m);
      m.sections[1].servers[0].maxqueue = 1;
      m.sections[1].balance.kind = balance::algorithm::source;
    });
    peer a = rig.client(), b = rig.client(), c = rig.client();
    a.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    b.send(get);
    while (rig.all->backends[0]->chooser->waiting(0) < 1) std::this_thread::yield();
    c.send(get);
    CHECK(contains(c.until("\r\n"), " 503 "));
    const std::string line = rig.log_line();
    CHECK(contains(line, " SQ-- "));
    CHECK(contains(line, " be/s1 0/-1/-1/-1/"));
  }
  SUBCASE("the client leaves, and its place in the queue is nobody's") {
    proxy_rig rig(one_place);
    peer a = rig.client(), b = rig.client(), c = rig.client();
    a.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    b.send(get);
    while (rig.all->backends[0]->chooser->waiting(balance::no_server) < 1) std::this_thread::yield();
    b.close();
    const std::string line = rig.log_line();
    CHECK(contains(line, " be/<NOSRV> "));
    CHECK(contains(line, " -1 0 - - CQ-- "));
    c.send(get);
    while (rig.all->backends[0]->chooser->waiting(balance::no_server) < 1) std::this_thread::yield();
    server.send(hello);
    peer next = rig.servers[0]->accept();
    next.until("\r\n\r\n");
    next.send(hello);
    CHECK(c.exactly(hello.size()) == hello);
  }
}

TEST_CASE("waiting too long for a place") {
  for (const bool by_hash : {false, true}) {
    proxy_rig rig([&](proxy::model& m) {
      m.sections[1].servers[0].maxconn = 1;
      m.sections[1].time.queue = milliseconds{60};
      if (by_hash) m.sections[1].balance.kind = balance::algorithm::source;
    });
    peer a = rig.client(), b = rig.client();
    a.send(get);
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    b.send(get);
    CHECK(contains(b.until("\r\n"), " 503 "));
    const std::string line = rig.log_line();
    CAPTURE(line);
    CHECK(contains(line, " sQ-- "));
    CHECK(contains(line, by_hash ? " be/s1 0/" : " be/<NOSRV> 0/"));
    CHECK_FALSE(contains(line, " 0/-1/-1/-1/"));
    CHECK(contains(line, by_hash ? " 1/0 \"" : " 0/1 \""));
  }
}

TEST_CASE("when the last server goes, those who wait are told at once, whatever they wait for") {
  for (const bool by_hash : {false, true}) {
    CAPTURE(by_hash);
    proxy_rig rig([&](proxy::model& m) {
      m.sections[1].servers[0].maxconn = 1;
      if (by_hash) m.sections[1].balance.kind = balance::algorithm::source;
    });
    auto [first, server] = rig.at_server(get);
    peer second = rig.client();
    second.send(get);
    const balance::chooser& chooser = *rig.all->backends[0]->chooser;
    while (chooser.waiting(by_hash ? 0 : balance::no_server) == 0) rig.on_worker([](proxy::home&) {});
    rig.all->backends[0]->servers->go_down(0, {}, servers::clock::now());
    CHECK(contains(second.until("\r\n"), " 503 "));
    const std::string line = rig.log_line();
    CHECK_MESSAGE(contains(line, " be/<NOSRV> "), line);
    CHECK_MESSAGE(contains(line, " SC-- "), line);
    server.send(hello);
    CHECK(first.exactly(hello.size()) == hello);
  }
}

TEST_CASE("on-marked-down shutdown-sessions: what is under way ends, with D") {
  for (const bool begun : {false, true}) {
    CAPTURE(begun);
    proxy_rig rig([](proxy::model& m) { m.sections[1].servers[0].shutdown_sessions = true; });
    auto [client, server] = rig.at_server(get);
    if (begun) {
      server.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
      client.until("half");
    }
    rig.all->backends[0]->servers->go_down(0, {}, servers::clock::now());
    if (begun)
      CHECK(client.to_end().empty());
    else
      CHECK(contains(client.until("\r\n"), " 502 "));
    CHECK(contains(rig.log_line(), begun ? " DD-- " : " DH-- "));
  }
}

TEST_CASE("on-marked-up shutdown-backup-sessions: the backups are left, with U") {
  proxy_rig rig(
      [](proxy::model& m) {
        m.sections[1].servers[0].shutdown_backup_sessions = true;
        m.sections[1].servers[1].backup = true;
      },
      2);
  servers::group& group = *rig.all->backends[0]->servers;
  group.go_down(0, {}, servers::clock::now());
  peer client = rig.client();
  client.send(get);
  peer server = rig.servers[1]->accept();
  server.until("\r\n\r\n");
  group.come_up(0, {}, servers::clock::now());
  CHECK(contains(client.until("\r\n"), " 502 "));
  CHECK(contains(rig.log_line(), " UH-- "));
}

TEST_CASE("observe: what counts, and that an answer in between starts anew") {
  struct row {
    servers::observe watch;
    std::vector<std::string_view> answers;  // empty: the connection ends
    const char* last;                       // null: not reached
  };
  constexpr std::string_view broken = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
  constexpr std::string_view absent = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
  using enum servers::observe;
  const row rows[] = {{layer7, {broken, broken}, "Wrong http response"},
                      {layer7, {broken, absent, broken}, nullptr},
                      {layer7, {"nonsense\r\n\r\n", "nonsense\r\n\r\n"}, "Invalid http response (headers)"},
                      {layer7, {"", ""}, "Close from server (http)"},
                      {layer4, {"", broken}, nullptr},
                      {none, {broken, broken}, nullptr}};
  for (const row& one : rows) {
    proxy_rig rig([&](proxy::model& m) {
      servers::check_settings& rules = m.sections[1].servers[0].check;
      rules.enabled = true;
      rules.watch = one.watch;
      rules.error_limit = 2;
    });
    std::atomic<const char*> last{nullptr};
    rig.all->backends[0]->too_many_errors = [&](balance::server_index, const char* what) { last.store(what); };
    for (const std::string_view answer : one.answers) {
      auto [client, server] = rig.at_server(get);
      server.send(answer);
      server.close();
      client.until("\r\n\r\n");
      rig.log_line();
    }
    CHECK(std::string(last.load() != nullptr ? last.load() : "-") == (one.last != nullptr ? one.last : "-"));
  }
}

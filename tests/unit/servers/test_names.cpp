#include <doctest/doctest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "servers/names.hpp"

using namespace ringway;
using namespace ringway::servers;
namespace asio = boost::asio;

namespace {

using strings = std::vector<std::string>;

address ip(std::string_view text) { return *parse_ip(text); }

std::vector<address> ips(const strings& texts) {
  std::vector<address> made;
  for (const auto& one : texts) made.push_back(*parse_ip(one));
  return made;
}

io::resolution answer(const strings& texts) {
  io::resolution said;
  said.addresses = ips(texts);
  said.what = texts.empty() ? io::resolve_outcome::no_such_name : io::resolve_outcome::found;
  return said;
}

settings named(const char* name, const char* host) {
  settings made;
  made.name = name;
  made.host = host;
  made.port = 80;
  return made;
}

std::vector<init_addr_step> steps(const std::vector<init_addr>& how, std::string_view literal = {}) {
  std::vector<init_addr_step> made;
  for (const auto one : how) {
    init_addr_step step;
    step.how = one;
    if (one == init_addr::ip) step.ip = ip(literal);
    made.push_back(step);
  }
  return made;
}

std::vector<balance::server_facts> facts(std::size_t count) {
  std::vector<balance::server_facts> made(count);
  balance::assign_ids(made);
  return made;
}

struct bench {
  explicit bench(const std::vector<settings>& from)
      : chooser({}, facts(from.size()), false), servers("b", from, chooser, told(), clock::now()) {}
  hooks told() {
    hooks made;
    made.report = [this](const sentence& one) { said.push_back(one.text); };
    return made;
  }
  strings said;
  balance::chooser chooser;
  group servers;
};

}  // namespace

TEST_CASE("the next address") {
  struct {
    const char* what;
    const char* current;  // "": none
    strings answers;
    prefer wanted;
    const char* expected;
  } const cases[] = {
      {"first", "", {"192.0.2.1", "192.0.2.2"}, prefer::ipv6, "192.0.2.1"},
      {"IPv6 is preferred", "", {"192.0.2.1", "2001:db8::1"}, prefer::ipv6, "2001:db8::1"},
      {"IPv4 if so asked", "", {"2001:db8::1", "192.0.2.1"}, prefer::ipv4, "192.0.2.1"},
      {"no preference", "", {"192.0.2.1", "2001:db8::1"}, prefer::none, "192.0.2.1"},
      {"the other family is better than nothing", "", {"2001:db8::1"}, prefer::ipv4, "2001:db8::1"},
      {"the current one stays", "192.0.2.2", {"192.0.2.1", "192.0.2.2"}, prefer::ipv6, "192.0.2.2"},
      {"even against the preference", "192.0.2.2", {"2001:db8::1", "192.0.2.2"}, prefer::ipv6, "192.0.2.2"},
      {"it moves when it is gone", "192.0.2.9", {"192.0.2.1", "192.0.2.2"}, prefer::ipv6, "192.0.2.1"},
      {"no answer, no change", "192.0.2.9", {}, prefer::ipv6, "192.0.2.9"},
      {"nothing at all", "", {}, prefer::ipv6, ""},
      {"the C library's order: what cannot be reached comes last", "", {"127.0.0.1", "::1"}, prefer::none, "127.0.0.1"},
      {"either way", "", {"::1", "127.0.0.1"}, prefer::none, "::1"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.what);
    const address current = *one.current == 0 ? address{} : ip(one.current);
    CHECK(next_address(current, ips(one.answers), one.wanted).host_text() == one.expected);
  }
}

TEST_CASE("ipv4@ and ipv6@ before a name leave no choice") {
  const auto both = ips({"2001:db8::1", "192.0.2.1"});
  CHECK(next_address({}, both, prefer::none, family::v4) == ip("192.0.2.1"));
  CHECK(next_address({}, both, prefer::none, family::v6) == ip("2001:db8::1"));
  CHECK(next_address({}, ips({"2001:db8::1"}), prefer::none, family::v4).kind == family::none);
  CHECK(next_address(ip("192.0.2.9"), ips({"2001:db8::1"}), prefer::none, family::v4) == ip("192.0.2.9"));
}

TEST_CASE("the current address keeps its port") {
  address current = ip("192.0.2.1");
  current.port = 80;
  CHECK(next_address(current, ips({"192.0.2.2", "192.0.2.1"}), prefer::ipv6) == current);
}

TEST_CASE("init-addr") {
  using enum init_addr;
  struct {
    const char* what;
    std::vector<init_addr> how;
    bool known;
    start_kind expected;
    const char* at;
    const char* complaint;
  } const cases[] = {
      {"nothing written, known", {}, true, start_kind::address, "192.0.2.1", ""},
      {"nothing written, unknown",
       {},
       false,
       start_kind::unresolved,
       "",
       "could not resolve address 'x.test', disabling server."},
      {"libc", {libc}, false, start_kind::fails, "", "could not resolve address 'x.test'."},
      {"last,libc", {last, libc}, false, start_kind::fails, "", "could not resolve address 'x.test'."},
      {"last,libc,none",
       {last, libc, none},
       false,
       start_kind::unresolved,
       "",
       "could not resolve address 'x.test', disabling server."},
      {"none does not even ask", {none, libc}, true, start_kind::unresolved, "", ""},
      {"last", {last}, true, start_kind::fails, "", "no method found to resolve address 'x.test'."},
      {"an address", {ip}, true, start_kind::address, "192.0.2.77", ""},
      {"libc, then an address",
       {libc, ip},
       false,
       start_kind::address,
       "192.0.2.77",
       "could not resolve address 'x.test', falling back to configured address."},
      {"libc before an address", {libc, ip}, true, start_kind::address, "192.0.2.1", ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.what);
    auto server = named("s", "x.test");
    server.init_addrs = steps(one.how, "192.0.2.77");
    unsigned asked = 0;
    const auto said = start_address(server, [&] {
      ++asked;
      return one.known ? answer({"192.0.2.1"}) : answer({});
    });
    CHECK(said.what == one.expected);
    CHECK(said.at.host_text() == one.at);
    CHECK(said.complaint == one.complaint);
    CHECK(asked <= 1);
  }
}

TEST_CASE("start of a backend: one question per name, complaints with the server's name") {
  auto strict = named("strict", "b.test");
  strict.init_addrs = steps({init_addr::libc});
  settings literal;
  literal.name = "literal";
  literal.ip = ip("192.0.2.5");
  std::vector<settings> lines{named("a1", "a.test"), named("a2", "a.test"), named("b1", "b.test"), literal, strict};
  std::map<std::string, int> asked;
  const auto report = names::start("b", lines, [&](const std::string& host) {
    ++asked[host];
    return host == "a.test" ? answer({"192.0.2.1"}) : answer({});
  });
  CHECK(asked == std::map<std::string, int>{{"a.test", 1}, {"b.test", 1}});
  CHECK(report.failed);
  CHECK(report.warnings == strings{"'server b/b1' : could not resolve address 'b.test', disabling server."});
  CHECK(report.errors == strings{"'server b/strict' : could not resolve address 'b.test'."});
  bench b(lines);
  CHECK(b.servers[0].where().text() == "192.0.2.1:80");
  CHECK(b.servers[1].usable());
  CHECK_FALSE(b.servers[2].usable());
  CHECK(b.servers[2].look().admin_bits() == 0x20);
  CHECK(b.servers.active() == 3);  // a1, a2, literal
  CHECK(b.said.empty());
}

TEST_CASE("a name is followed while running") {
  bench b({named("n1", "x.test"), named("n2", "x.test")});
  asio::io_context on(1);
  std::mutex lock;
  std::vector<strings> script = {{}, {"192.0.2.1"}, {"192.0.2.2", "192.0.2.1"}, {"192.0.2.2"}, {}, {}};
  std::size_t asked = 0;
  io::resolver resolver(on, {}, 1, [&](const std::string& host) {
    const std::lock_guard guard(lock);
    CHECK(host == "x.test");
    return answer(script[std::min(asked++, script.size() - 1)]);
  });
  name_times quick;
  quick.unresolved = milliseconds{1};
  quick.resolved = milliseconds{1};
  names followed(on, resolver, quick);
  followed.follow(b.servers);
  const auto questions = [&] {
    const std::lock_guard guard(lock);
    return asked;
  };
  const auto deadline = clock::now() + seconds{10};
  while (questions() < script.size() && clock::now() < deadline) on.run_one_until(deadline);
  REQUIRE(questions() >= script.size());
  followed.stop();
  resolver.stop();
  on.run_for(seconds{5});  // nothing is left to wait for

  strings expected;
  const char* const both[] = {"n1", "n2"};
  for (const char* const name : both) {
    expected.push_back(std::string("b/") + name +
                       " changed its IP from (none) to 192.0.2.1 by libc resolution.");
    expected.push_back(std::string("Server b/") + name + " ('x.test') is UP/READY (resolves again).");
    expected.push_back(std::string("Server b/") + name +
                       " administratively READY thanks to valid DNS answer.");
  }
  for (const char* const name : both) {
    expected.push_back(std::string("b/") + name +
                       " changed its IP from 192.0.2.1 to 192.0.2.2 by libc resolution.");
  }
  CHECK(b.said == expected);
  CHECK(b.servers[0].where().text() == "192.0.2.2:80");  // kept when the name is gone
  CHECK(b.servers[0].usable());
}

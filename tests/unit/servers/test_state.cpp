#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "balance/chooser.hpp"
#include "servers/state.hpp"
#include "support/servers.hpp"

using namespace ringway;
using namespace ringway::servers;

namespace {

using strings = std::vector<std::string>;
using support::server;

std::vector<balance::server_facts> facts(const std::vector<settings>& all) {
  std::vector<balance::server_facts> made;
  for (const auto& one : all) {
    balance::server_facts fact;
    fact.weight = one.weight;
    fact.backup = one.backup;
    fact.maxconn = one.maxconn;
    made.push_back(fact);
  }
  balance::assign_ids(made);
  return made;
}

struct bench {
  explicit bench(std::vector<settings> from, balance::settings rules = {}, const char* word = "backend")
      : chooser(rules, facts(from), false), servers("servers", from, chooser, told(), now, word) {}

  hooks told() {
    hooks made;
    made.left = [this](std::uint32_t) { return requeued; };
    made.entered = [this](std::uint32_t) { return taken; };
    made.marked_down.push_back([this](std::uint32_t index) { down.push_back(index); });
    made.report = [this](const sentence& one) {
      said.push_back(std::to_string(one.level) + " " + one.text);
      console.push_back(one.console_text.empty() ? one.text : one.console_text);
      tags.push_back(one.tag);
    };
    return made;
  }
  strings flush() { return std::exchange(said, {}); }

  servers::clock::time_point now{seconds{1000}};
  unsigned requeued = 0, taken = 0;
  strings said, console;
  std::vector<sentence::console> tags;
  std::vector<std::uint32_t> down;
  balance::chooser chooser;
  group servers;
};

cause refused() {
  cause why;
  why.reason = "Layer4 connection problem";
  why.info = "Connection refused";
  why.duration = milliseconds{0};
  return why;
}
cause passed() {
  cause why;
  why.reason = "Layer4 check passed";
  why.duration = milliseconds{3};
  return why;
}

const std::string why_down =
    ", reason: Layer4 connection problem, info: \"Connection refused\", check duration: 0ms. ";

}  // namespace

TEST_CASE("down and up, in HAProxy's words") {
  bench b({server("server1"), server("server2"), server("server3", true)});
  CHECK(b.servers.active() == 2);
  CHECK(b.servers.backup() == 1);
  CHECK(b.said.empty());

  b.servers.go_down(0, refused(), b.now);
  CHECK(b.flush() ==
        strings{"1 Server servers/server1 is DOWN" + why_down +
                "1 active and 1 backup servers left. 0 sessions active, 0 requeued, 0 remaining in "
                "queue."});
  CHECK_FALSE(b.chooser.usable(0));
  CHECK_FALSE(b.servers[0].usable());
  CHECK_FALSE(b.servers[0].look().alive());

  b.servers.go_down(0, refused(), b.now);  // already
  CHECK(b.said.empty());

  b.requeued = 4;
  b.servers.go_down(1, refused(), b.now);
  CHECK(b.flush() ==
        strings{"1 Server servers/server2 is DOWN" + why_down +
                "0 active and 1 backup servers left. Running on backup. 0 sessions active, 4 requeued, "
                "0 remaining in queue."});
  b.requeued = 0;
  b.console.clear();
  b.tags.clear();
  b.servers.go_down(2, refused(), b.now);
  CHECK(b.flush() ==
        strings{"1 Backup Server servers/server3 is DOWN" + why_down +
                    "0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in "
                    "queue.",
                "0 backend servers has no server available!"});
  CHECK(b.console.back() == "backend 'servers' has no server available!");
  CHECK(b.tags == std::vector{sentence::console::warning, sentence::console::alert});
  CHECK(b.servers.times_down() == 1);
  CHECK_FALSE(b.chooser.any_usable());
  CHECK(b.down == std::vector<std::uint32_t>{0, 1, 2});

  b.taken = 2;
  b.servers.come_up(1, passed(), b.now);
  CHECK(b.flush() ==
        strings{"5 Server servers/server2 is UP, reason: Layer4 check passed, check duration: 3ms. 1 "
                "active and 0 backup servers online. 2 sessions requeued, 0 total in queue."});
  CHECK(b.chooser.usable(1));
  b.servers.come_up(1, passed(), b.now);
  CHECK(b.said.empty());
}

TEST_CASE("sessions and queue are the chooser's counts") {
  bench b({server("a"), server("b")});
  b.chooser.took(0);
  b.chooser.took(0);
  b.chooser.queued(0, 1);
  b.servers.go_down(0, refused(), b.now);
  CHECK(b.flush() ==
        strings{"1 Server servers/a is DOWN" + why_down +
                "1 active and 0 backup servers left. 2 sessions active, 0 requeued, 1 remaining in "
                "queue."});
}

TEST_CASE("a listen section is a proxy; without a reason there is none") {
  bench b({server("a")}, {}, "proxy");
  b.servers.go_down(0, {}, b.now);
  CHECK(b.flush() ==
        strings{"1 Server servers/a is DOWN. 0 active and 0 backup servers left. 0 sessions active, 0 "
                "requeued, 0 remaining in queue.",
                "0 proxy servers has no server available!"});
}

// The orders and answers of 2.6.12's runtime API, a1 and a2 active, a3 backup.
TEST_CASE("administration, in HAProxy's words") {
  bench b({server("a1"), server("a2"), server("a3", true)});
  auto& s = b.servers;
  const std::string left = " backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.";
  const std::string online = " backup servers online. 0 sessions requeued, 0 total in queue.";

  s.set_admin(0, admin::forced_maint, true, {}, b.now);
  CHECK(b.flush() == strings{"1 Server servers/a1 is going DOWN for maintenance. 1 active and 1" + left});
  CHECK(s[0].look().in_maintenance());
  s.set_admin(0, admin::forced_maint, true, {}, b.now);
  CHECK(b.said.empty());
  s.set_admin(0, admin::forced_maint, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Server servers/a1 is UP/READY (leaving forced maintenance)."});
  CHECK(s[0].usable());

  s.set_admin(0, admin::forced_drain, true, {}, b.now);
  CHECK(b.flush() == strings{"5 Server servers/a1 enters drain state. 1 active and 1" + online});
  CHECK(s[0].look().draining());
  CHECK(s[0].look().alive());
  CHECK_FALSE(s[0].usable());
  cause by_hand;
  by_hand.words = "changed from CLI";
  s.go_down(1, by_hand, b.now);
  CHECK(b.flush() ==
        strings{"1 Server servers/a2 is DOWN, changed from CLI. 0 active and 1 backup servers left. "
                "Running on backup. 0 sessions active, 0 requeued, 0 remaining in queue."});
  s.set_admin(0, admin::forced_drain, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Server servers/a1 is UP (leaving forced drain)."});
  s.go_stopping(0, by_hand, b.now);
  CHECK(b.flush() ==
        strings{"5 Server servers/a1 is stopping, changed from CLI. 0 active and 1 backup servers "
                "online. Running on backup. 0 sessions requeued, 0 total in queue."});
  CHECK(s[0].look().alive());
  CHECK_FALSE(s[0].usable());
  s.set_admin(1, admin::forced_maint, true, "by test", b.now);
  CHECK(b.flush() == strings{"5 Server servers/a2 was DOWN and now enters maintenance (by test)."});
  s.go_down(1, by_hand, b.now);
  s.come_up(1, by_hand, b.now);  // nothing moves a server out of maintenance but the order's end
  CHECK(b.said.empty());
  s.set_admin(1, admin::forced_maint, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Server servers/a2 is UP/READY (leaving forced maintenance)."});
  s.come_up(0, by_hand, b.now);
  CHECK(b.flush() == strings{"5 Server servers/a1 is UP, changed from CLI. 2 active and 1" + online});

  // Leaving from drain or stopping is quieter.
  s.set_admin(2, admin::forced_drain, true, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 enters drain state. 2 active and 0" + online});
  s.set_admin(2, admin::forced_maint, true, {}, b.now);
  CHECK(b.flush() ==
        strings{"5 Backup Server servers/a3 is going DOWN for maintenance. 2 active and 0" + left});
  s.set_admin(2, admin::forced_maint, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 is UP/DRAIN (leaving forced maintenance).",
                           "5 Backup Server servers/a3 remains in forced drain mode."});
  s.set_admin(2, admin::inherited_drain, true, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 remains in forced drain mode."});
  s.set_admin(2, admin::forced_drain, false, {}, b.now);
  CHECK(b.flush() ==
        strings{"5 Backup Server servers/a3 is leaving forced drain but remains in drain mode."});
  s.set_admin(2, admin::forced_drain, true, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 remains in forced drain mode."});
  s.set_admin(2, admin::inherited_drain, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 remains in forced drain mode."});
  s.set_admin(2, admin::forced_drain, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Backup Server servers/a3 is UP (leaving forced drain)."});
}

TEST_CASE("two reasons for maintenance") {
  auto by_name = server("n");
  by_name.ip = {};
  by_name.host = "x.test";
  by_name.disabled = true;
  bench b({by_name});
  auto& s = b.servers;
  CHECK(s.active() == 0);
  CHECK(s[0].look().admin_bits() == 0x25);
  CHECK_FALSE(s[0].look().resolved());
  CHECK(s[0].where().kind == family::none);
  s.set_address(0, *parse_ip("192.0.2.9"), "libc resolution", b.now);
  CHECK(b.flush() == strings{"5 servers/n changed its IP from (none) to 192.0.2.9 by libc resolution.",
                             "5 Server servers/n ('x.test') resolves again but remains in maintenance.",
                             "5 Server servers/n administratively READY thanks to valid DNS answer."});
  CHECK_FALSE(s[0].usable());
  CHECK(s[0].look().resolved());
  s.set_admin(0, admin::forced_maint, false, {}, b.now);
  CHECK(b.flush() == strings{"5 Server servers/n is UP/READY (leaving forced maintenance)."});
  CHECK(s[0].look().admin_bits() == 0x04);
}

TEST_CASE("addresses") {
  auto by_name = server("n");
  by_name.ip = {};
  by_name.host = "x.test";
  auto by_path = server("u");
  by_path.ip = {};
  by_path.unix_path = "/run/x";
  bench b({by_name, by_path, server("l")});
  auto& s = b.servers;
  CHECK(s[1].where().kind == family::unix_path);
  CHECK(s[1].look().resolved());
  CHECK(s[2].where().text() == "192.0.2.1:8080");

  const auto version = s[0].address_version();
  s.set_address(0, *parse_ip("2001:db8::7"), "libc resolution", b.now);
  CHECK(b.flush() == strings{"5 servers/n changed its IP from (none) to 2001:db8::7 by libc resolution.",
                             "5 Server servers/n ('x.test') is UP/READY (resolves again).",
                             "5 Server servers/n administratively READY thanks to valid DNS answer."});
  CHECK(s[0].where().text() == "[2001:db8::7]:8080");
  CHECK(s[0].usable());
  CHECK(s[0].address_version() != version);
  s.set_address(0, *parse_ip("192.0.2.4"), "libc resolution", b.now);
  CHECK(b.flush() == strings{"5 servers/n changed its IP from 2001:db8::7 to 192.0.2.4 by libc resolution."});
  s.set_address(0, *parse_ip("192.0.2.4"), "libc resolution", b.now);
  CHECK(b.said.empty());
}

TEST_CASE("start: disabled servers do not take part, silently") {
  auto off = server("off");
  off.disabled = true;
  auto light = server("light");
  light.weight = 0;
  bench b({off, light, server("on")});
  CHECK(b.servers.active() == 1);
  CHECK_FALSE(b.chooser.usable(0));
  CHECK_FALSE(b.servers[1].usable());
  CHECK(b.servers[1].look().alive());
  CHECK(b.said.empty());
  CHECK(b.servers.find("light") == &b.servers[1]);
  CHECK(b.servers.find("none") == nullptr);
}

TEST_CASE("weight") {
  bench b({server("a"), server("b")});
  CHECK(b.servers.set_weight(0, 0));
  CHECK_FALSE(b.servers[0].usable());
  CHECK(b.servers.active() == 1);
  CHECK(b.servers.set_weight(0, 7));
  CHECK(b.servers[0].usable());
  CHECK(b.servers[0].look().weight() == 7);
  CHECK(b.chooser.weight(0) == 7);
  CHECK(b.said.empty());

  balance::settings fixed;
  fixed.kind = balance::algorithm::static_rr;
  bench f({server("a"), server("b")}, fixed);
  CHECK_FALSE(f.servers.set_weight(0, 7));
  CHECK(f.servers[0].look().weight() == 1);
}

TEST_CASE("slow start") {
  auto slow = server("slow");
  slow.weight = 10;
  slow.maxconn = 100;
  slow.slowstart = seconds{40};
  bench b({slow, server("other")});
  auto& s = b.servers;
  CHECK(s[0].look().operation() == running::up);  // never at start
  CHECK_FALSE(s.next_step());
  s.go_down(0, refused(), b.now);
  s.come_up(0, passed(), b.now);
  CHECK(s[0].look().operation() == running::starting);
  CHECK(s[0].usable());
  REQUIRE(s.next_step());
  CHECK(*s.next_step() == b.now + seconds{2});  // 40 s / 20

  const auto start = b.now;
  struct {
    int at;
    unsigned weight, percent, limit;
    bool done;
  } const steps[] = {
      // weight: 10 * ((16 t + 40) div 40)
      {0, 10, 0, 1, false},    {2, 10, 5, 5, false},     {4, 20, 10, 10, false},
      {20, 90, 50, 50, false}, {38, 160, 95, 95, false}, {40, 160, 100, 100, true},
  };
  for (const auto& step : steps) {
    CAPTURE(step.at);
    s.tick(start + seconds{step.at});
    CHECK(b.chooser.effective_weight(0) == step.weight);
    CHECK(s[0].look().warmth_percent() == step.percent);
    CHECK(b.chooser.limit(0) == step.limit);
    CHECK((s[0].look().operation() == running::up) == step.done);
    CHECK(b.flush().size() == (step.at == 0 ? 2u : step.done ? 1u : 0u));  // DOWN and UP; and UP again, once warm
  }
  CHECK_FALSE(s.next_step());

  // Down while warming: warm again from nothing.
  s.go_down(0, refused(), start + seconds{50});
  s.come_up(0, passed(), start + seconds{60});
  s.tick(start + seconds{70});
  s.go_down(0, refused(), start + seconds{75});
  CHECK_FALSE(s.next_step());
  CHECK(s[0].look().warmth_percent() == 100);
  s.come_up(0, passed(), start + seconds{80});
  CHECK(s[0].look().warmth_percent() == 0);
  CHECK(b.chooser.effective_weight(0) == 10);
}

TEST_CASE("time spent down") {
  bench b({server("a")});
  auto& s = b.servers;
  CHECK(s[0].down_time(b.now + seconds{9}).count() == 0);
  s.go_down(0, refused(), b.now + seconds{10});
  CHECK(s[0].down_time(b.now + seconds{15}).count() == 5);
  CHECK(s[0].times_down() == 1);
  s.come_up(0, passed(), b.now + seconds{17});
  CHECK(s[0].down_time(b.now + seconds{100}).count() == 7);
  CHECK(s[0].last_change() == b.now + seconds{17});
  s.note_check(0, {check_kind::l4_timeout, 1234}, true, 3);
  CHECK(s[0].last().kind == check_kind::l4_timeout);
  CHECK(s[0].last().milliseconds == 1234);
  CHECK(s[0].failed_checks() == 1);
  CHECK(s[0].health() == 3);
}

TEST_CASE("leaving maintenance is starting anew") {
  auto checked = server("a");
  checked.check.enabled = true;
  checked.check.rise = 2;
  bench b({checked, server("b")});
  b.servers.note_check(0, {}, false, 4);
  b.servers.set_admin(0, admin::forced_maint, true, {}, b.now);
  b.servers.set_admin(0, admin::forced_maint, false, {}, b.now);
  CHECK(b.servers[0].health() == 2);
}

TEST_CASE("readers see whole addresses while they change") {
  auto by_name = server("n");
  by_name.ip = {};
  by_name.host = "x.test";
  bench b({by_name});
  const address v4 = *parse_ip("1.1.1.1");
  const address v6 = *parse_ip("2222:2222:2222:2222:2222:2222:2222:2222");
  b.servers.set_address(0, v4, "t", b.now);
  std::atomic<bool> end{false};
  std::atomic<unsigned> torn{0}, reads{0};
  std::thread reader([&] {
    while (!end) {
      const address seen = b.servers[0].where();
      if (!seen.same_host(v4) && !seen.same_host(v6)) ++torn;
      ++reads;
    }
  });
  unsigned turns = 0;
  while (reads < 2000 || turns < 2000) b.servers.set_address(0, ++turns % 2 != 0 ? v6 : v4, "t", b.now);
  end = true;
  reader.join();
  CHECK(torn == 0);
}

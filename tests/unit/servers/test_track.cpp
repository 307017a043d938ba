// Servers that track others. The sentences are those of HAProxy 2.6.12, asked over its CLI on the same
// arrangement.
#include <doctest/doctest.h>

#include <memory>
#include <string>
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

// a/s1 is checked; b/t1 and b/t2 track it, b/t3 tracks b/t2, the backup c/u1 tracks b/t1; c/u2 tracks nobody.
struct bench {
  struct back {
    back(bench& of, const char* name, const std::vector<settings>& from)
        : chooser({}, std::vector<balance::server_facts>(facts(from)), false),
          servers(name, from, chooser, of.told(), of.now) {}
    static std::vector<balance::server_facts> facts(const std::vector<settings>& all) {
      std::vector<balance::server_facts> made(all.size());
      for (std::size_t i = 0; i < all.size(); ++i) made[i].backup = all[i].backup;
      balance::assign_ids(made);
      return made;
    }
    balance::chooser chooser;
    group servers;
  };
  hooks told() {
    hooks made;
    made.report = [this](const sentence& one) { said.push_back(one.text); };
    return made;
  }
  void link() {
    b.servers.track(0, a.servers, 0);
    b.servers.track(1, a.servers, 0);
    b.servers.track(2, b.servers, 1);
    c.servers.track(0, b.servers, 0);
  }
  explicit bench(settings checked = server("s1"))
      : a(*this, "a", {std::move(checked)}),
        b(*this, "b", {server("t1"), server("t2"), server("t3")}),
        c(*this, "c", {server("u1", true), server("u2")}) {
    link();
  }
  strings flush() { return std::exchange(said, {}); }
  // What each is, in the order above without u2: u up, d down, s stopping; M maintenance, D drain behind it.
  std::string states() const {
    std::string text;
    for (const state* one : {&a.servers[0], &b.servers[0], &b.servers[1], &b.servers[2], &c.servers[0]}) {
      const view now_is = one->look();
      text += now_is.operation() == running::down ? "d" : now_is.operation() == running::stopping ? "s" : "u";
      text += now_is.in_maintenance() ? "M" : "";
      text += now_is.draining() ? "D" : "";
    }
    return text;
  }
  void order(group& of, std::uint32_t index, admin flag, bool on) { of.set_admin(index, flag, on, {}, now); }

  servers::clock::time_point now{seconds{1000}};
  strings said;
  back a, b, c;
};

const std::string left = " backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.";
const std::string online = " backup servers online. 0 sessions requeued, 0 total in queue.";

}  // namespace

TEST_CASE("track: down and up, the last declared first, chains to their end") {
  bench t;
  CHECK(t.states() == "uuuuu");
  CHECK(t.said.empty());
  cause refused;
  refused.reason = "Layer4 connection problem";
  t.a.servers.go_down(0, refused, t.now);
  CHECK(t.flush() ==
        strings{"Server a/s1 is DOWN, reason: Layer4 connection problem. 0 active and 0" + left,
                "backend a has no server available!", "Server b/t2 is DOWN via a/s1. 2 active and 0" + left,
                "Server b/t3 is DOWN via b/t2. 1 active and 0" + left,
                "Server b/t1 is DOWN via a/s1. 0 active and 0" + left, "backend b has no server available!",
                "Backup Server c/u1 is DOWN via b/t1. 1 active and 0" + left});
  CHECK(t.states() == "ddddd");
  CHECK_FALSE(t.b.chooser.any_usable());
  t.a.servers.come_up(0, {}, t.now);
  CHECK(t.flush() == strings{"Server a/s1 is UP. 1 active and 0" + online,
                             "Server b/t2 is UP via a/s1. 1 active and 0" + online,
                             "Server b/t3 is UP via b/t2. 2 active and 0" + online,
                             "Server b/t1 is UP via a/s1. 3 active and 0" + online,
                             "Backup Server c/u1 is UP via b/t1. 1 active and 1" + online});
  t.a.servers.go_stopping(0, {}, t.now);
  CHECK(t.states() == "sssss");
  CHECK(t.flush()[2] == "Server b/t2 is stopping via a/s1. 2 active and 0" + online);
}

TEST_CASE("track: maintenance is inherited, and ends with its last reason") {
  bench t;
  group &a = t.a.servers, &b = t.b.servers;
  t.order(a, 0, admin::forced_maint, true);
  CHECK(t.states() == "dMdMdMdMdM");
  CHECK(b[0].look().admin_bits() == 0x02);
  CHECK(t.flush() ==
        strings{"Server a/s1 is going DOWN for maintenance. 0 active and 0" + left,
                "backend a has no server available!",
                "Server b/t2 is going DOWN for maintenance via a/s1. 2 active and 0" + left,
                "Server b/t3 is going DOWN for maintenance via b/t2. 1 active and 0" + left,
                "Server b/t1 is going DOWN for maintenance via a/s1. 0 active and 0" + left,
                "backend b has no server available!",
                "Backup Server c/u1 is going DOWN for maintenance via b/t1. 1 active and 0" + left});
  t.order(b, 0, admin::forced_maint, true);
  CHECK(t.said.empty());
  t.order(a, 0, admin::forced_maint, false);
  CHECK(t.flush() == strings{"Server a/s1 is UP/READY (leaving forced maintenance).",
                             "Server b/t2 is UP/READY (leaving maintenance).",
                             "Server b/t3 is UP/READY (leaving maintenance).",
                             "Server b/t1 remains in forced maintenance."});
  CHECK(t.states() == "udMuudM");
  t.order(a, 0, admin::forced_maint, true);
  t.flush();
  t.order(b, 0, admin::forced_maint, false);
  CHECK(t.flush() ==
        strings{"Server b/t1 is leaving forced maintenance but remains in maintenance via a/s1."});
  t.order(a, 0, admin::forced_maint, false);
  CHECK(t.flush().back() == "Backup Server c/u1 is UP/READY (leaving maintenance).");
  CHECK(t.states() == "uuuuu");
}

TEST_CASE("track: who leaves maintenance is what the tracked one is") {
  bench t;
  group &a = t.a.servers, &b = t.b.servers;
  t.order(b, 0, admin::forced_maint, true);
  t.flush();
  a.go_down(0, {}, t.now);
  CHECK(t.flush().size() == 5);  // t1 and u1 rest
  t.order(b, 0, admin::forced_maint, false);
  CHECK(t.flush() == strings{"Server b/t1 is DOWN/READY (leaving forced maintenance).",
                             "Backup Server c/u1 is DOWN/READY (leaving maintenance)."});
  t.order(a, 0, admin::forced_maint, true);
  CHECK(t.flush() == strings{"Server a/s1 was DOWN and now enters maintenance.",
                             "Server b/t2 was DOWN and now enters maintenance via a/s1.",
                             "Server b/t3 was DOWN and now enters maintenance via b/t2.",
                             "Server b/t1 was DOWN and now enters maintenance via a/s1.",
                             "Backup Server c/u1 was DOWN and now enters maintenance via b/t1."});
  t.order(a, 0, admin::forced_maint, false);
  CHECK(t.states() == "uuuuu");
}

TEST_CASE("track: drain is inherited") {
  bench t;
  group &a = t.a.servers, &b = t.b.servers;
  t.order(a, 0, admin::forced_drain, true);
  CHECK(t.states() == "uDuDuDuDuD");
  CHECK(b[0].look().admin_bits() == 0x10);
  CHECK(t.flush() == strings{"Server a/s1 enters drain state. 0 active and 0" + online,
                             "backend a has no server available!",
                             "Server b/t2 enters drain state via a/s1. 2 active and 0" + online,
                             "Server b/t3 enters drain state via b/t2. 1 active and 0" + online,
                             "Server b/t1 enters drain state via a/s1. 0 active and 0" + online,
                             "backend b has no server available!",
                             "Backup Server c/u1 enters drain state via b/t1. 1 active and 0" + online});
  t.order(b, 0, admin::forced_drain, true);
  CHECK(t.flush() == strings{"Server b/t1 remains in forced drain mode."});
  t.order(a, 0, admin::forced_drain, false);
  CHECK(t.flush() ==
        strings{"Server a/s1 is UP (leaving forced drain).", "Server b/t2 is UP (leaving forced drain).",
                "Server b/t3 is UP (leaving forced drain).", "Server b/t1 remains in forced drain mode."});
  t.order(a, 0, admin::forced_drain, true);
  CHECK(t.flush().back() == "Server b/t1 remains in forced drain mode.");
  t.order(b, 0, admin::forced_drain, false);
  CHECK(t.flush() == strings{"Server b/t1 is leaving forced drain but remains in drain mode via a/s1."});
  t.order(a, 0, admin::forced_drain, false);
  CHECK(t.states() == "uuuuu");
  a.go_down(0, {}, t.now);
  t.flush();
  t.order(a, 0, admin::forced_drain, true);
  CHECK(t.flush()[1] == "Server b/t2 enters drain state via a/s1. 0 active and 0" + left);
  t.order(a, 0, admin::forced_drain, false);
  CHECK(t.flush().back() == "Backup Server c/u1 is DOWN (leaving forced drain).");
}

TEST_CASE("track: at start without a word, whatever the tracked one lacks") {
  settings off = server("s1");
  off.disabled = true;
  bench disabled(off);
  CHECK(disabled.states() == "dMdMdMdMdM");
  CHECK(disabled.said.empty());
  CHECK_FALSE(disabled.b.chooser.any_usable());

  settings named = server("s1");
  named.ip = {};
  named.host = "x.test";
  named.found = *parse_ip("192.0.2.9");
  bench known(named);
  CHECK(known.states() == "uuuuu");
  named.found = {};
  bench later(named);
  CHECK(later.states() == "dMdMdMdMdM");
  CHECK(later.said.empty());
  later.a.servers.set_address(0, *parse_ip("192.0.2.9"), "libc resolution", later.now);
  CHECK(later.states() == "uuuuu");
  CHECK(later.said[2] == "Server b/t2 is UP/READY (leaving maintenance).");
}

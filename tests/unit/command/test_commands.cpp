#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "command/reader.hpp"
#include "command/table.hpp"
#include "proxy/assemble.hpp"

using namespace ringway;
using namespace ringway::command;
using proxy::severity_form;

namespace {

servers::settings server(std::string name, std::string ip, std::uint16_t port, std::uint32_t id) {
  servers::settings out;
  out.name = std::move(name);
  out.ip = *parse_ip(ip);
  out.port = port;
  out.id = id;
  return out;
}

// backend app (3): a 127.0.0.1:1 checked, b 127.0.0.2:2 weight 10, c disabled; backend by (4), balance
// source: x; off (5), disabled.
proxy::model example() {
  proxy::model out;
  const auto add = [&out](std::string name, std::uint32_t id) -> proxy::section_settings& {
    out.sections.emplace_back();
    proxy::section_settings& one = out.sections.back();
    one.name = std::move(name);
    one.id = id;
    one.back = true;
    return one;
  };
  auto& app = add("app", 3);
  app.servers = {server("a", "127.0.0.1", 1, 1), server("b", "127.0.0.2", 2, 2),
                 server("c", "127.0.0.3", 3, 3)};
  app.servers[0].check.enabled = true;
  app.servers[1].weight = 10;
  app.servers[2].disabled = true;
  auto& by = add("by", 4);
  by.balance.kind = balance::algorithm::source;
  by.servers = {server("x", "127.0.0.1", 1, 1)};
  auto& off = add("off", 5);
  off.disabled = true;
  off.servers = {server("x", "127.0.0.1", 1, 1)};
  return out;
}

struct bench {
  std::vector<std::string> said;
  std::unique_ptr<proxy::runtime> runtime;
  std::unique_ptr<subject> of;
  conversation talk;

  bench() {
    proxy::assembly how;
    how.console = [this](const std::string&, const servers::sentence& one) { said.push_back(one.text); };
    runtime = proxy::assemble(example(), how);
    of = std::make_unique<subject>(subject{*runtime, {}, {}});
    of->process.version = "3.2.0-test";
    of->process.environment = {"HOME=/root", "EMPTY="};
    of->process.files = {{"/etc/a b.cfg", 12, 0xabcdef}};
    of->sockets = {{"unix@/run/x.sock", level::admin}};
    talk.may = level::admin;
  }
  std::string ask(std::string_view line) { return execute(*of, talk, line, {}); }
  const servers::state& at(std::size_t back, std::uint32_t index) {
    return (*runtime->backends[back]->servers)[index];
  }
};

struct exchange {
  const char* asked;
  const char* answer;
};

}  // namespace

TEST_CASE("answers end with an empty line, errors are HAProxy's") {
  bench b;
  const exchange rows[] = {
      {"show version", "3.2.0-test\n\n"},
      {"show env HOME", "HOME=/root\n\n"},
      {"show env EMPTY", "EMPTY=\n\n"},
      {"show env HOM", "Variable not found\n\n"},
      {"show env", "HOME=/root\nEMPTY=\n\n"},
      {"show backend", "# name\napp\nby\noff\n\n"},
      {"show servers state nope", "Can't find backend.\n\n"},
      {"show startup-files", "# bytes xxh3 path\n12 0000000000abcdef /etc/a b.cfg\n\n"},
      {"show cli sockets", "# socket lvl processes\nunix@/run/x.sock admin all\n\n"},
      {"get weight app/b", "10 (initial 10)\n\n"},
      {"get weight #3/b", "10 (initial 10)\n\n"},
      {"get weight #3/#2", "10 (initial 10)\n\n"},
      {"get weight app/#2", "10 (initial 10)\n\n"},
      {"get weight app/#99", "No such server.\n\n"},
      {"get weight app/2", "No such server.\n\n"},
      {"get weight", "Require 'backend/server'.\n\n"},
      {"get weight app/zz", "No such server.\n\n"},
      {"get weight zz/a", "No such backend.\n\n"},
      {"get weight off/x", "1 (initial 1)\n\n"},
      {"set weight off/x 0", "Proxy is disabled.\n\n"},
      {"set weight app/b", "Require <weight> or <weight%>.\n\n"},
      {"set weight app/b abc", "Empty weight string empty or preceded by garbage\n\n"},
      {"set weight app/b 5x", "Trailing garbage in weight string\n\n"},
      {"set weight app/b 257", "Absolute weight can only be between 0 and 256 inclusive.\n\n"},
      {"set weight app/b 99999999999999999999999",
       "Absolute weight can only be between 0 and 256 inclusive.\n\n"},
      {"set weight app/b -1", "Absolute weight can only be between 0 and 256 inclusive.\n\n"},
      {"set weight app/b -1%", "Relative weight must be positive.\n\n"},
      {"set weight by/x 5",
       "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.\n\n"},
      {"set server app/a state on", "'set server <srv> state' expects 'ready', 'drain' and 'maint'.\n\n"},
      {"set server app/a health on", "'set server <srv> health' expects 'up', 'stopping', or 'down'.\n\n"},
      {"set server app/a addr", "set server <b>/<s> addr requires an address and optionally a port.\n\n"},
      {"set server app/a addr 127.0.0.1", "no need to change the addr by 'stats socket command'\n\n"},
      {"set server app/a addr foo", "Invalid addr 'foo' by 'stats socket command'\n\n"},
      {"enable health app/b", "Health check was not configured on this server, cannot enable.\n\n"},
      {"enable agent app/b", "Agent was not configured on this server, cannot enable.\n\n"},
      {"disable agent app/b", "\n"},
      {"set timeout x 1", "'set timeout' only supports 'cli'.\n\n"},
      {"set timeout cli", "Expects an integer value.\n\n"},
      {"set timeout cli x", "Invalid timeout value.\n\n"},
      {"add map x y", "'add map' is a command of HAProxy's that ringway does not have yet.\n\n"},
      {"show stat", "'show stat' is a command of HAProxy's that ringway does not have yet.\n\n"},
  };
  for (const exchange& one : rows) {
    CAPTURE(one.asked);
    CHECK(b.ask(one.asked) == one.answer);
  }
  CHECK(b.said.empty());
}

TEST_CASE("orders change servers, with HAProxy's sentences") {
  bench b;
  const auto order = [&b](std::string_view line) {
    CAPTURE(line);
    CHECK(b.ask(line) == "\n");
  };
  const auto heard = [&b] { return std::exchange(b.said, {}); };
  using strings = std::vector<std::string>;
  order("set weight app/b 50%");
  CHECK(b.at(0, 1).look().weight() == 5);
  order("set server app/b weight 0");
  CHECK_FALSE(b.at(0, 1).usable());
  order("set weight app/b 10000%");
  CHECK(b.at(0, 1).look().weight() == 256);
  order("set weight by/x 0%");
  order("set weight by/x 100%");
  CHECK(heard() == strings{"backend by has no server available!"});

  order("set server app/a state maint");
  CHECK(b.at(0, 0).look().admin_bits() == 1);
  order("set server app/a state drain");
  CHECK(b.at(0, 0).look().admin_bits() == 8);
  order("set server app/a state ready");
  CHECK(b.at(0, 0).usable());
  order("set server app/a state drain");
  order("disable server app/a");
  order("enable server app/a");
  CHECK(b.at(0, 0).look().admin_bits() == 0);
  CHECK(heard() == strings{"Server app/a is going DOWN for maintenance. 1 active and 0 backup servers left. "
                           "0 sessions active, 0 "
                           "requeued, 0 remaining in queue.",
                           "Server app/a is UP/DRAIN (leaving forced maintenance).",
                           "Server app/a remains in forced drain mode.",
                           "Server app/a is UP (leaving forced drain).",
                           "Server app/a enters drain state. 1 active and 0 backup servers online. 0 "
                           "sessions requeued, 0 total in queue.",
                           "Server app/a is going DOWN for maintenance. 1 active and 0 backup servers left. "
                           "0 sessions active, 0 "
                           "requeued, 0 remaining in queue.",
                           "Server app/a is UP/READY (leaving forced maintenance)."});

  order("set server app/a health down");
  CHECK(b.at(0, 0).health() == 0);
  order("set server app/a health stopping");
  CHECK(b.at(0, 0).look().operation() == servers::running::stopping);
  order("set server app/a health up");
  CHECK(b.at(0, 0).health() == 4);
  CHECK(heard().size() == 3);
  order("disable health app/a");
  CHECK_FALSE(b.at(0, 0).checked());
  order("enable health app/a");
  CHECK(b.at(0, 0).checked());

  CHECK(b.ask("set server app/a addr 127.0.0.9 port 99") ==
        "IP changed from '127.0.0.1' to '127.0.0.9', port changed from '1' to '99' by 'stats socket "
        "command'\n\n");
  CHECK(b.at(0, 0).where().text() == "127.0.0.9:99");
  CHECK(b.ask("set server app/a addr ::1 port 70000").find("problem converting port '70000'") !=
        std::string::npos);
  CHECK(b.at(0, 0).where().text() == "127.0.0.9:99");
  // The operator's word stands against names.
  b.runtime->backends[0]->servers->set_address(0, *parse_ip("192.0.2.1"), "libc resolution",
                                               servers::clock::now());
  CHECK(b.at(0, 0).where().text() == "127.0.0.9:99");
}

TEST_CASE("show servers state") {
  bench b;
  const std::string all = b.ask("show servers state app");
  CHECK(all.starts_with("1\n# be_id be_name srv_id srv_name srv_addr "));
  CHECK(all.find("\n3 app 1 a 127.0.0.1 2 0 1 1 0 1 0 2 6 0 0 0 - 1 - 0 0 - - 0\n") != std::string::npos);
  CHECK(all.find("\n3 app 2 b 127.0.0.2 2 0 10 10 0 1 0 2 0 0 0 0 - 2 - 0 0 - - 0\n") != std::string::npos);
  CHECK(all.find("\n3 app 3 c 127.0.0.3 0 5 1 1 0 1 0 0 8 0 0 0 - 3 - 0 0 - - 0\n\n") != std::string::npos);
  const auto header = words_of(std::string_view(all).substr(4, all.find('\n', 2) - 4));
  const auto row = words_of(std::string_view(all).substr(all.find("\n3 app 1") + 1,
                                                         all.find("\n3 app 2") - all.find("\n3 app 1") - 1));
  CHECK(header.size() == row.size());
}

TEST_CASE("levels") {
  bench b;
  b.talk.may = level::user;
  for (const char* line :
       {"set weight app/a 1", "set server app/a state maint", "enable server app/a", "disable health app/a",
        "shutdown sessions server app/a", "show env", "show startup-files", "operator"}) {
    CAPTURE(line);
    CHECK(b.ask(line) == "Permission denied\n\n");
  }
  CHECK(b.ask("get weight app/a") == "1 (initial 1)\n\n");
  CHECK(b.ask("show cli level") == "user\n\n");
  b.talk.may = level::admin;
  CHECK(b.ask("operator") == "\n");
  CHECK(b.ask("show cli level") == "operator\n\n");
  CHECK(b.ask("set weight app/a 1") == "Permission denied\n\n");
  CHECK(b.ask("user") == "\n");
  CHECK(b.ask("show cli level") == "user\n\n");
}

TEST_CASE("severity is said where it was asked for, not on listings") {
  bench b;
  b.talk.form = severity_form::number;
  CHECK(b.ask("show version") == "[6]: 3.2.0-test\n\n");
  CHECK(b.ask("get weight x") == "[3]: Require 'backend/server'.\n\n");
  CHECK(b.ask("show backend") == "# name\napp\nby\noff\n\n");
  CHECK(b.ask("set severity-output string") == "\n");
  CHECK(b.ask("get weight x") == "[err]: Require 'backend/server'.\n\n");
  CHECK(b.ask("set severity-output loud") ==
        "[err]: one of 'none', 'number', 'string' is a required argument\n\n");
  CHECK(b.ask("set severity-output none") == "\n");
  CHECK(b.ask("show version") == "3.2.0-test\n\n");
}

TEST_CASE("the conversation") {
  bench b;
  CHECK(b.ask("prompt") == "\n");
  CHECK(b.talk.interactive);
  CHECK(b.ask("prompt") == "\n");
  CHECK_FALSE(b.talk.interactive);
  CHECK(b.ask("set timeout cli 5") == "\n");
  CHECK(b.talk.timeout == std::chrono::seconds(5));
  CHECK(b.ask("set timeout cli 2m") == "\n");
  CHECK(b.talk.timeout == std::chrono::minutes(2));
  CHECK(b.ask("quit").empty());
  CHECK(b.talk.over);
}

TEST_CASE("help and unknown commands come from the table") {
  bench b;
  const std::string all = b.ask("help");
  CHECK(all.starts_with("The following commands are valid at this level:\n"));
  for (const row& each : rows()) CHECK(all.find("\n  " + std::string(each.words)) != std::string::npos);
  CHECK(b.ask("").starts_with("Unknown command. Please enter one of the following commands only:\n"));
  CHECK(
      b.ask("xyzzyplugh").starts_with("Unknown command. Please enter one of the following commands only:\n"));
  const std::string near = b.ask("shutdown sessions");
  CHECK(near.starts_with(
      "Unknown command, but maybe one of the following ones is a better match:\n  shutdown sessions server"));
  CHECK(near.find("show version") == std::string::npos);
  CHECK(near.find("\n  quit ") != std::string::npos);
  CHECK(b.ask("shwo version").find("  show version") != std::string::npos);
  CHECK(b.ask("help show cli").find("show cli sockets") != std::string::npos);
}

TEST_CASE("the table is sound") {
  std::set<std::string_view> seen;
  for (const row& each : rows()) {
    CAPTURE(each.words);
    CHECK(seen.insert(each.words).second);
    CHECK((each.run != nullptr));
    CHECK_FALSE(each.help.ends_with('.'));
    std::size_t used = 0;
    CHECK(find(words_of(each.words), used) == &each);
  }
  for (const std::string_view each : not_yet_names()) {
    CAPTURE(each);
    CHECK(seen.insert(each).second);
    std::size_t used = 0;
    CHECK(find(words_of(each), used) == nullptr);
    CHECK(not_yet(words_of(each)) == each);
  }
}

TEST_CASE("show info") {
  bench b;
  b.of->process.pid = 4711;
  b.of->process.node = "edge \"1\"";
  b.of->process.started = std::chrono::steady_clock::now() - std::chrono::seconds(90061);
  const std::string plain = b.ask("show info");
  CHECK(plain.starts_with("Name: HAProxy\nVersion: 3.2.0-test\n"));
  CHECK(plain.find("\nUptime: 1d 1h01m01s\nUptime_sec: 90061\n") != std::string::npos);
  CHECK(plain.find("\nPid: 4711\n") != std::string::npos);
  CHECK(b.ask("show info typed").find("\n6.Pid.1:SGP:u32:4711\n") != std::string::npos);
  CHECK(b.ask("show info typed desc").find("\n6.Pid.1:SGP:u32:4711:\"Process id\"\n") != std::string::npos);
  CHECK(b.ask("show info float").find("\nUptime_sec: 90061.") != std::string::npos);
  CHECK(b.ask("show info json").find(R"("value":{"type":"str","value":"edge \"1\""}})") != std::string::npos);
}

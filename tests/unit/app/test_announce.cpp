#include <doctest/doctest.h>

#include "app/announce.hpp"
#include "app/lookups.hpp"

using namespace ringway;
using namespace ringway::app;

TEST_CASE("where it listens fits a line") {
  struct row {
    std::vector<listened_at> places;
    std::string end;
  };
  std::vector<listened_at> many;
  for (int i = 0; i < 11; ++i) many.push_back({"web", ":" + std::to_string(i)});
  const row rows[] = {
      {{}, " is ready"},
      {{{"web", "0.0.0.0:80"}}, " is ready: web at 0.0.0.0:80"},
      {{{"web", "0.0.0.0:80"}, {"web", "[::]:80"}, {"api", "/run/api"}}, " is ready: web at 0.0.0.0:80, [::]:80; api at /run/api"},
      {many, ", :6, :7, and 3 more"},
  };
  for (const row& one : rows) {
    const std::string line = ready_line(one.places);
    CAPTURE(line);
    CHECK(line.starts_with("ringway "));
    CHECK(line.ends_with(one.end));
  }
}

TEST_CASE("root is warned of what it did not say") {
  struct row {
    const char *chroot, *user;
    std::optional<unsigned> uid;
    uid_t who;
    std::size_t warnings;
  };
  const row rows[] = {{"", "", {}, 0, 2},     {"/jail", "", {}, 0, 1}, {"", "www", {}, 0, 1}, {"/", "root", {}, 0, 0},
                      {"/jail", "", 0u, 0, 0}, {"", "", {}, 1000, 0}};
  for (const row& one : rows) {
    proxy::global_settings global;
    global.chroot = one.chroot;
    global.user = one.user;
    global.uid = one.uid;
    CHECK(root_warnings(global, one.who).size() == one.warnings);
  }
}

TEST_CASE("what a start would look up, and how grave it is when it is not there") {
  proxy::model model;
  model.global.user = "no-such-user-here";
  model.global.group = "no-such-group-here";
  proxy::bind_settings file;
  file.path = "/run/x";
  file.user = "no-such-user-here";
  file.group = "root";
  model.global.command_sockets.push_back(file);
  config::diagnostics owners;
  look_up_owners(model, owners);
  CHECK(owners.count(config::severity::alert) == 3);

  proxy::section_settings section;
  section.name = "web";
  section.front = section.back = true;
  proxy::bind_settings named;
  named.host = "bind.test";
  section.binds = {named, file};
  servers::init_addr_step libc, none;
  libc.how = servers::init_addr::libc;
  none.how = servers::init_addr::none;
  const std::vector<std::vector<servers::init_addr_step>> steps = {{}, {libc}, {libc, none}, {none}};
  for (const auto& each : steps) {
    servers::settings server;
    server.name = "s";
    server.host = "server.test";
    server.init_addrs = each;
    section.servers.push_back(server);
  }
  log::target_settings target;
  target.host = "log.test";
  section.log.targets.push_back(target);
  model.sections.push_back(section);
  std::vector<std::string> asked;
  bool there = false;
  const auto ask = [&](const std::string& host) {
    asked.push_back(host);
    io::resolution out;
    if (there) out.addresses.push_back(*parse_ip("192.0.2.1"));
    return out;
  };
  config::diagnostics names;
  look_up_names(model, ask, names);
  CHECK(names.count(config::severity::alert) == 2);    // the bind, and init-addr libc
  CHECK(names.count(config::severity::warning) == 2);  // the log target, and the server that says nothing of it
  CHECK(names.count(config::severity::notice) == 1);   // init-addr libc,none
  CHECK(asked == std::vector<std::string>{"bind.test", "log.test", "server.test"});  // once each

  there = true;
  config::diagnostics fine;
  look_up_names(model, ask, fine);
  CHECK(fine.all().empty());
}

#include "app/lookups.hpp"

#include <fmt/format.h>

#include <map>

#include "app/privileges.hpp"
#include "servers/names.hpp"

namespace ringway::app {
namespace {

template <class Found>
void report_missing(const std::variant<Found, complaint>& found, const config::span& where, config::diagnostics& report) {
  const complaint* bad = std::get_if<complaint>(&found);
  if (bad != nullptr) report.alert(bad->id, where, bad->message, bad->help);
}

void look_up_owner(const proxy::bind_settings& bind, config::diagnostics& report) {
  if (!bind.user.empty()) report_missing(user_id(bind.user), bind.where, report);
  if (!bind.group.empty()) report_missing(group_id(bind.group), bind.where, report);
}

}  // namespace

void look_up_owners(const proxy::model& of, config::diagnostics& report) {
  const proxy::global_settings& global = of.global;
  if (!global.user.empty()) report_missing(user_id(global.user), global.user_where, report);
  if (!global.group.empty()) report_missing(group_id(global.group), global.group_where, report);
  for (const proxy::bind_settings& bind : global.command_sockets) look_up_owner(bind, report);
  for (const proxy::section_settings& section : of.sections)
    for (const proxy::bind_settings& bind : section.binds) look_up_owner(bind, report);
}

void look_up_names(const proxy::model& of, const std::function<io::resolution(const std::string& host)>& ask,
                   config::diagnostics& report) {
  std::map<std::string, io::resolution> known;
  const auto look = [&](const std::string& host) -> const io::resolution& {
    const auto [here, first] = known.try_emplace(host);
    if (first) here->second = ask(host);
    return here->second;
  };
  const auto bind_name = [&](const proxy::bind_settings& bind) {
    if (bind.host.empty() || bind.at.is_ip() || bind.fd >= 0 || !bind.path.empty()) return;
    const io::resolution& found = look(bind.host);
    if (found.addresses.empty())
      report.alert("unresolved-bind", bind.where, fmt::format("the name '{}' has no address ({})", bind.host, found.reason),
                   fmt::format("an address is better here; --resolve {}:ADDRESS gives it one", bind.host));
  };
  const auto log_names = [&](const std::vector<log::target_settings>& targets) {
    for (const log::target_settings& one : targets) {
      if (one.via != log::transport::udp || one.resolved.kind != family::none || one.host.empty()) continue;
      const io::resolution& found = look(one.host);
      if (found.addresses.empty())
        report.warning("unresolved-log", one.where,
                       fmt::format("log target '{}' does not resolve ({}), its lines are lost", one.host, found.reason),
                       "write an address");
    }
  };
  for (const proxy::bind_settings& bind : of.global.command_sockets) bind_name(bind);
  log_names(of.global.log.targets);
  for (const proxy::section_settings& section : of.sections) {
    if (!section.disabled)
      for (const proxy::bind_settings& bind : section.binds) bind_name(bind);
    log_names(section.log.targets);
    for (const servers::settings& server : section.servers) {
      if (server.host.empty()) continue;
      const servers::start_decision said = servers::start_address(server, [&] { return look(server.host); });
      if (said.complaint.empty()) continue;
      const std::string text = fmt::format("'server {}/{}' : {}", section.name, server.name, said.complaint);
      if (said.what == servers::start_kind::fails)
        report.alert("unresolved-server", server.where_addr, text, "without 'init-addr' it starts without this server");
      else if (server.init_addrs.empty())
        report.warning("unresolved-server", server.where_addr, text,
                       "it is asked again while running; 'init-addr libc,none' says that this is meant");
      else
        report.notice("unresolved-server", server.where_addr, text);
    }
  }
}

}  // namespace ringway::app

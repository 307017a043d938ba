#include "app/validate.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

#include "balance/keywords.hpp"
#include "config/suggest.hpp"

namespace ringway::app {
namespace {

using config::diagnostics;
using proxy::bind_settings;
using proxy::section_settings;

std::string_view kind_of(const section_settings& section) {
  if (section.front && section.back) return "listen";
  return section.front ? "frontend" : "backend";
}

std::string text_of(const bind_settings& bind) {
  if (bind.fd >= 0) return fmt::format("fd@{}", bind.fd);
  if (!bind.path.empty()) return bind.abstract ? "abns@" + bind.path : bind.path;
  if (!bind.host.empty()) return fmt::format("{}:{}", bind.host, bind.at.port);
  return bind.at.text();
}

// Something of the section could not be understood yet, so what it seems to lack may have been in there.
bool partly_read(const section_settings& section, const proxy::model& of, const diagnostics& report) {
  std::uint32_t end = ~std::uint32_t{0};
  for (const section_settings& other : of.sections)
    if (other.where.file == section.where.file && other.where.line > section.where.line)
      end = std::min(end, other.where.line);
  for (const config::diagnostic& each : report.all())
    if (each.level == config::severity::alert && each.where.file == section.where.file &&
        each.where.line >= section.where.line && each.where.line < end)
      return true;
  return false;
}

bool alert_on(const config::span& where, const diagnostics& report) {
  for (const config::diagnostic& each : report.all())
    if (each.level == config::severity::alert && each.where.file == where.file && each.where.line == where.line)
      return true;
  return false;
}

// A line about time limits was refused, perhaps in defaults: what is missing below is no mistake of its own.
bool timeout_refused(const diagnostics& report) {
  for (const config::diagnostic& each : report.all())
    if (each.level == config::severity::alert && each.message.find("timeout") != std::string::npos) return true;
  return false;
}

void binds_once(const proxy::model& of, diagnostics& report) {
  struct first {
    const bind_settings* bind;
    const section_settings* section;
  };
  std::map<std::pair<std::string, std::string>, first> seen;  // address and interface
  for (const section_settings& section : of.sections) {
    if (section.disabled) continue;
    for (const bind_settings& bind : section.binds) {
      const auto [known, fresh] = seen.emplace(std::pair(text_of(bind), bind.interface), first{&bind, &section});
      if (fresh) continue;
      const first& other = known->second;
      // HAProxy starts so, too: the kernel shares the clients out between both sockets.
      auto& said = report.warning("duplicate-bind", bind.where,
                                fmt::format("{} '{}' binds {}, which {} already does", kind_of(section), section.name,
                                            text_of(bind),
                                            other.section == &section
                                                ? std::string("it")
                                                : fmt::format("{} '{}'", kind_of(*other.section), other.section->name)),
                                "clients would come to one or the other by chance: remove one of them");
      said.notes.emplace_back(other.bind->where, "first bound here");
    }
  }
}

void default_backend(section_settings& section, const proxy::model& of, diagnostics& report) {
  if (!section.front || section.default_backend.empty()) return;
  std::vector<std::string_view> names;
  const section_settings* found = nullptr;
  const section_settings* front_only = nullptr;
  for (const section_settings& other : of.sections) {
    if (other.back) names.push_back(other.name);
    if (other.name != section.default_backend) continue;
    if (other.back)
      found = &other;
    else
      front_only = &other;
  }
  if (found == nullptr) {
    auto& said = report.alert("unknown-backend", section.default_backend_where,
                              fmt::format("{} '{}': there is no backend '{}'", kind_of(section), section.name,
                                          section.default_backend),
                              config::did_you_mean(section.default_backend, names));
    if (front_only != nullptr) said.notes.emplace_back(front_only->where, "this is a frontend, without servers");
    return;
  }
  if (section.kind == proxy::mode::tcp && found->kind == proxy::mode::http) {
    // HAProxy turns such a connection into HTTP half-way.
    auto& said = report.alert("not-supported-yet", section.default_backend_where,
                              fmt::format("{} '{}' in mode tcp hands over to backend '{}' in mode http, which HAProxy "
                                          "does and ringway does not support yet",
                                          kind_of(section), section.name, found->name),
                              "give the frontend 'mode http'");
    said.notes.emplace_back(found->where, "the backend is here");
    return;
  }
  if (found->kind != section.kind) {
    auto& said = report.alert(
        "mode-mismatch", section.default_backend_where,
        fmt::format("{} '{}' in mode {} cannot use backend '{}' in mode {}", kind_of(section), section.name,
                    section.kind == proxy::mode::http ? "http" : "tcp", found->name,
                    found->kind == proxy::mode::http ? "http" : "tcp"),
        "give both the same 'mode'; without one it is tcp");
    said.notes.emplace_back(found->where, "the backend is here");
  }
}

void time_limits(const section_settings& section, diagnostics& report) {
  if (section.disabled || alert_on(section.where, report) || timeout_refused(report)) return;
  std::vector<std::string_view> missing;
  if (section.front && !section.time.client) missing.push_back("timeout client");
  if (section.back && !section.time.connect) missing.push_back("timeout connect");
  if (section.back && !section.time.server) missing.push_back("timeout server");
  if (missing.empty()) return;
  // A backend without servers connects to nothing.
  if (!section.front && section.servers.empty()) return;
  report.warning("missing-timeout", section.where,
                 fmt::format("missing timeouts for {} '{}'", kind_of(section), section.name),
                 fmt::format("without {} a peer that is gone keeps its place for ever: set {}, for example in defaults",
                             missing.size() == 1 ? "it" : "them", fmt::join(missing, ", ")));
}

void mode_fits(section_settings& section, diagnostics& report) {
  if (section.kind == proxy::mode::http) return;
  if (section.back && balance::http_only(section.balance.kind)) {
    report.warning("needs-http", section.where,
                   fmt::format("'balance {}' of {} '{}' needs mode http; roundrobin is used instead",
                               balance::name_of(section.balance.kind), kind_of(section), section.name));
    section.balance.kind = balance::algorithm::roundrobin;
  }
  using style = log::settings::style;
  if (section.front && (section.log.format == style::http || section.log.format == style::clf)) {
    report.warning("needs-http", section.where,
                   fmt::format("'option httplog' of {} '{}' needs mode http; 'option tcplog' is used instead",
                               kind_of(section), section.name));
    section.log.format = style::tcp;
  }
  if (section.forwardfor.enabled) {
    report.warning("needs-http", section.where,
                   fmt::format("'option forwardfor' of {} '{}' needs mode http and is ignored", kind_of(section),
                               section.name));
    section.forwardfor = {};
  }
}

void servers_of(section_settings& section, const proxy::model& of, diagnostics& report) {
  if (!section.back) return;
  const bool partly = partly_read(section, of, report);
  std::map<std::string, const servers::settings*> names;
  std::map<std::uint32_t, const servers::settings*> ids;
  for (const servers::settings& server : section.servers) {
    const auto [name, fresh] = names.emplace(server.name, &server);
    if (!fresh) {
      auto& said = report.alert("duplicate-server", server.where,
                                fmt::format("{} '{}' has another server '{}'", kind_of(section), section.name,
                                            server.name),
                                "give each server a name of its own");
      said.notes.emplace_back(name->second->where, "first declared here");
    }
    const auto [id, fresh_id] = ids.emplace(server.id, &server);
    if (!fresh_id) {
      auto& said = report.alert("duplicate-id", server.where,
                                fmt::format("server '{}' has the id {} of server '{}'", server.name, server.id,
                                            id->second->name));
      said.notes.emplace_back(id->second->where, "first used here");
    }
    const bool inet = server.unix_path.empty() && !alert_on(server.where, report);
    if (inet && !partly && server.check.enabled && server.check.port == 0 && server.port == 0 && server.port_offset == 0) {
      report.alert("missing-port", server.where_addr,
                   fmt::format("server '{}' is checked, but has neither a port nor a port for checks", server.name),
                   "write the port behind the address, or 'port <number>'");
    } else if (inet && server.port == 0 && server.port_offset == 0 && section.kind == proxy::mode::http) {
      report.warning("missing-port", server.where_addr,
                     fmt::format("server '{}' has no port: requests go to the port the client came to", server.name),
                     "write the port behind the address");
    }
    if (server.minconn > 0 && server.maxconn == 0)
      report.warning("incomplete", server.where,
                     fmt::format("server '{}': 'minconn' has no effect without 'maxconn'", server.name));
    else if (server.minconn > server.maxconn && server.maxconn > 0)
      report.warning("incomplete", server.where,
                     fmt::format("server '{}': 'minconn' {} is above 'maxconn' {}", server.name, server.minconn,
                                 server.maxconn));
  }
  if (section.servers.empty() && !section.front && !section.disabled && !partly)
    report.warning("no-server", section.where,
                   fmt::format("backend '{}' has no server: every request gets a 503", section.name),
                   "add a line 'server <name> <address>:<port>'");
}

void listens(const section_settings& section, const proxy::model& of, diagnostics& report) {
  if (!section.front || section.disabled || !section.binds.empty() || partly_read(section, of, report)) return;
  report.warning("no-bind", section.where, fmt::format("{} '{}' has no 'bind' line", kind_of(section), section.name),
                 section.back ? "declare it as a backend if no client shall come here"
                              : "add a line such as 'bind *:80', or declare a backend if that was meant");
}

// 1 is given to nobody who did not ask for it; numbers that were asked for are passed over.
void section_ids(proxy::model& of, diagnostics& report) {
  std::map<std::uint32_t, const section_settings*> used;
  for (const section_settings& section : of.sections) {
    if (section.id == 0) continue;
    const auto [known, fresh] = used.emplace(section.id, &section);
    if (fresh) continue;
    auto& said = report.alert("duplicate-id", section.where,
                              fmt::format("{} '{}' has the id {} of {} '{}'", kind_of(section), section.name,
                                          section.id, kind_of(*known->second), known->second->name));
    said.notes.emplace_back(known->second->where, "first used here");
  }
  std::uint32_t next = 2;
  for (section_settings& section : of.sections) {
    if (section.id != 0) continue;
    while (used.contains(next)) ++next;
    section.id = next++;
  }
}

void bind_ids(section_settings& section, diagnostics& report) {
  std::map<unsigned, const bind_settings*> used;
  for (const bind_settings& bind : section.binds) {
    if (bind.id == 0) continue;
    const auto [known, fresh] = used.emplace(bind.id, &bind);
    if (fresh) continue;
    auto& said = report.alert("duplicate-id", bind.where,
                              fmt::format("{} '{}' has two bind addresses with the id {}", kind_of(section),
                                          section.name, bind.id));
    said.notes.emplace_back(known->second->where, "first used here");
  }
  unsigned next = 1;
  for (bind_settings& bind : section.binds) {
    if (bind.id != 0) continue;
    while (used.contains(next)) ++next;
    bind.id = next++;
  }
}

void process(proxy::global_settings& global, diagnostics& report) {
  if (global.maxrewrite >= global.bufsize) {
    report.warning("invalid-value", {},
                   fmt::format("tune.maxrewrite {} leaves nothing of tune.bufsize {}; half of it is used",
                               global.maxrewrite, global.bufsize));
  }
  if (global.maxrewrite > global.bufsize / 2) global.maxrewrite = global.bufsize / 2;
}

}  // namespace

void validate(proxy::model& of, diagnostics& report) {
  process(of.global, report);
  section_ids(of, report);
  for (section_settings& section : of.sections) {
    bind_ids(section, report);
    listens(section, of, report);
    default_backend(section, of, report);
    servers_of(section, of, report);
    mode_fits(section, report);
    time_limits(section, report);
  }
  binds_once(of, report);
}

}  // namespace ringway::app

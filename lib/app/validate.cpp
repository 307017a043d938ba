#include "app/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "app/refused_lines.hpp"
#include "app/tracks.hpp"
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

// Names by number, as the running proxy counts them (proxy/assemble).
class names_of_model final : public rules::directory {
 public:
  explicit names_of_model(const proxy::model& of) {
    for (const section_settings& section : of.sections) {
      if (section.back) {
        last_backs_[section.name] = &section;
        back_numbers_.emplace(section.name, static_cast<std::uint32_t>(backs_.size()));
        backs_.push_back(&section);
      }
      if (!section.front) continue;
      front_names_.push_back(section.name);
      fronts_[section.name] = &section;
      // One that is disabled has nobody connected: a number that no frontend has.
      front_numbers_.emplace(section.name, section.disabled ? rules::no_index - 1 : running_++);
    }
  }
  std::uint32_t backend(std::string_view name) const override { return at(back_numbers_, name); }
  std::uint32_t frontend(std::string_view name) const override { return at(front_numbers_, name); }
  std::uint32_t server(std::uint32_t backend, std::string_view name) const override {
    const auto& servers = backs_[backend]->servers;
    for (std::size_t i = 0; i < servers.size(); ++i)
      if (servers[i].name == name) return static_cast<std::uint32_t>(i);
    return rules::no_index;
  }
  std::vector<std::string_view> backends() const override {
    std::vector<std::string_view> out;
    for (const section_settings* each : backs_) out.push_back(each->name);
    return out;
  }
  std::vector<std::string_view> frontends() const override { return front_names_; }
  std::vector<std::string_view> servers(std::uint32_t backend) const override {
    std::vector<std::string_view> out;
    for (const servers::settings& each : backs_[backend]->servers) out.push_back(each.name);
    return out;
  }
  // nullptr: none. The last one, should several have the name.
  const section_settings* section_with_servers(std::string_view name) const { return section_at(last_backs_, name); }
  const section_settings* section_with_clients(std::string_view name) const { return section_at(fronts_, name); }

 private:
  using sections = std::map<std::string, const section_settings*, std::less<>>;
  static const section_settings* section_at(const sections& in, std::string_view name) {
    const auto found = in.find(name);
    return found == in.end() ? nullptr : found->second;
  }
  using numbers = std::map<std::string, std::uint32_t, std::less<>>;
  static std::uint32_t at(const numbers& in, std::string_view name) {
    const auto found = in.find(name);
    return found == in.end() ? rules::no_index : found->second;
  }
  sections last_backs_, fronts_;
  numbers back_numbers_, front_numbers_;
  std::vector<const section_settings*> backs_;
  std::vector<std::string_view> front_names_;
  std::uint32_t running_ = 0;
};

// The backend that a frontend names: it is there, and both are of one mode.
void target(const section_settings& section, const std::string& name, const config::span& where,
            const names_of_model& names, diagnostics& report) {
  const section_settings* found = names.section_with_servers(name);
  if (found == nullptr) {
    auto& said = report.alert("unknown-backend", where,
                              fmt::format("{} '{}': there is no backend '{}'", kind_of(section), section.name, name),
                              config::did_you_mean(name, names.backends()));
    if (const section_settings* front_only = names.section_with_clients(name)) said.notes.emplace_back(front_only->where, "this is a frontend, without servers");
    return;
  }
  if (section.kind == proxy::mode::tcp && found->kind == proxy::mode::http) {
    // HAProxy turns such a connection into HTTP half-way.
    auto& said = report.alert("not-supported-yet", where,
                              fmt::format("{} '{}' in mode tcp hands over to backend '{}' in mode http, which HAProxy "
                                          "does and ringway does not support yet",
                                          kind_of(section), section.name, found->name),
                              "give the frontend 'mode http'");
    said.notes.emplace_back(found->where, "the backend is here");
    return;
  }
  if (found == &section) {
    report.alert("invalid-value", where,
                 fmt::format("{} '{}' hands over to itself", kind_of(section), section.name),
                 "without a backend of another name its own servers are used");
    return;
  }
  if (found->kind != section.kind) {
    auto& said = report.alert(
        "mode-mismatch", where,
        fmt::format("{} '{}' in mode {} cannot use backend '{}' in mode {}", kind_of(section), section.name,
                    section.kind == proxy::mode::http ? "http" : "tcp", found->name,
                    found->kind == proxy::mode::http ? "http" : "tcp"),
        "give both the same 'mode'; without one it is tcp");
    said.notes.emplace_back(found->where, "the backend is here");
  }
}

void where_requests_go(section_settings& section, const names_of_model& names, diagnostics& report) {
  rules::owner self{kind_of(section), section.name, rules::no_index, rules::no_index,
                    section.kind == proxy::mode::http};
  if (section.front) self.front = names.frontend(section.name);
  if (section.back) self.back = names.backend(section.name);
  // Rules of a defaults section have no effect on a proxy in mode tcp, and it wrote none of them: no word of it.
  if (!self.http)
    std::erase_if(section.rules.http_request, [&](const rules::http_rule& one) {
      return one.where.file != section.where.file || one.where.line < section.where.line;
    });
  rules::resolve(section.rules, self, names, report);
  if (!section.front) return;
  if (!section.default_backend.empty())
    target(section, section.default_backend, section.default_backend_where, names, report);
  for (rules::backend_choice& rule : section.rules.use_backend) {
    if (rule.computed) continue;
    target(section, rule.name, rule.name_where, names, report);
    rule.target = names.backend(rule.name);
  }
}

void time_limits(const section_settings& section, refused_lines& refused, diagnostics& report) {
  if (section.disabled || refused.has(section.where) || refused.timeout()) return;
  std::vector<std::string_view> missing;
  if (section.front && !section.time.client) missing.push_back("timeout client");
  // What has no servers, a listen that redirects or refuses all it gets among them, connects to nothing.
  const bool connects = section.back && !section.servers.empty();
  if (connects && !section.time.connect) missing.push_back("timeout connect");
  if (connects && !section.time.server) missing.push_back("timeout server");
  if (missing.empty()) return;
  report.warning("missing-timeout", section.where,
                 fmt::format("missing timeouts for {} '{}'", kind_of(section), section.name),
                 fmt::format("without {} a peer that is gone keeps its place for ever: set {}, for example in defaults",
                             missing.size() == 1 ? "it" : "them", fmt::join(missing, ", ")));
}

void mode_fits(section_settings& section, diagnostics& report) {
  if (section.kind == proxy::mode::http) return;
  section.retry_on = {};  // without a word, as the manual says
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
  if (!section.monitor_uri.empty() && section.front) {
    report.warning("needs-http", section.where,
                   fmt::format("'monitor-uri' of {} '{}' needs mode http and is ignored", kind_of(section), section.name));
    section.monitor_uri.clear();
  }
  const auto told = [&](proxy::told_address_settings& how, std::string_view word) {
    if (!how.enabled) return;
    report.warning("needs-http", section.where,
                   fmt::format("'{}' of {} '{}' needs mode http and is ignored", word, kind_of(section), section.name));
    how.enabled = false;
  };
  told(section.forwardfor, "option forwardfor");
  told(section.originalto, "option originalto");
}

// HAProxy warns, too: somebody chose how lines look, and there are none.
void logs_somewhere(const section_settings& section, const proxy::global_settings& global, refused_lines& refused,
                    diagnostics& report) {
  if (!section.front || section.disabled || section.log.format == log::settings::style::none) return;
  if (!section.log.targets.empty() || (section.log.use_global && !global.log.targets.empty())) return;
  if (refused.within(section) || refused.log()) return;
  report.warning("no-log", section.where,
                 fmt::format("the log format of {} '{}' is ignored, since it has no log address", kind_of(section), section.name),
                 section.log.use_global ? "its 'log global' means the 'log' lines of the global section, which has none"
                                        : "write 'log global', and 'log stdout format raw local0' into the global section");
}

void servers_of(section_settings& section, refused_lines& refused, diagnostics& report) {
  if (!section.back) return;
  const bool partly = refused.within(section);
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
    const bool inet = server.unix_path.empty() && !refused.has(server.where);
    if (inet && !partly && server.check.enabled && server.check.port == 0 && server.port == 0 &&
        (server.port_offset == 0 || server.host.empty())) {
      report.alert("missing-port", server.where_addr,
                   fmt::format("server '{}' is checked, but has neither a port nor a port for checks", server.name),
                   "write the port behind the address, or 'port <number>'");
    }
    if (server.check.watch == servers::observe::layer7 && section.kind != proxy::mode::http)
      report.alert("needs-http", server.where,
                   fmt::format("server '{}': 'observe layer7' needs mode http", server.name), "write 'observe layer4'");
  }
}

// errorfile, errorloc and errorfiles, in the order of their lines.
void error_pages(section_settings& section, const proxy::model& of, diagnostics& report) {
  const std::size_t most = of.global.bufsize;
  const auto take = [&](const proxy::error_line& line) {
    if (line.page->bytes > most) {
      report.alert("bad-file", line.where,
                   fmt::format("the page has {} bytes, which is more than a buffer takes ({})", line.page->bytes, most),
                   "make it smaller, or tune.bufsize greater");
      return;
    }
    section.errors[line.status] = line.page;
  };
  for (const proxy::error_line& line : section.error_lines) {
    if (line.page != nullptr) {
      take(line);
      continue;
    }
    const proxy::error_group* group = nullptr;
    std::vector<std::string_view> names;
    for (const proxy::error_group& other : of.error_groups) {
      names.push_back(other.name);
      if (group == nullptr && other.name == line.group) group = &other;
    }
    if (group == nullptr) {
      report.alert("unknown-name", line.group_where,
                   fmt::format("{} '{}': there is no http-errors section '{}'", kind_of(section), section.name, line.group),
                   config::did_you_mean(line.group, names));
      continue;
    }
    for (const proxy::error_line& page : group->lines) {
      bool wanted = line.statuses.empty();
      for (const auto& [status, where] : line.statuses) wanted = wanted || status == page.status;
      if (wanted) take(page);
    }
    for (const auto& [status, where] : line.statuses) {
      bool there = false;
      for (const proxy::error_line& page : group->lines) there = there || page.status == status;
      if (!there)
        report.warning("incomplete", where,
                       fmt::format("http-errors '{}' has no page for status {}", group->name, status));
    }
  }
}

void listens(const section_settings& section, refused_lines& refused, diagnostics& report) {
  if (!section.front || section.disabled || !section.binds.empty() || refused.within(section)) return;
  report.warning("no-bind", section.where, fmt::format("{} '{}' has no 'bind' line", kind_of(section), section.name),
                 section.back ? "declare it as a backend if no client shall come here"
                              : "add a line such as 'bind *:80', or declare a backend if that was meant");
}

// 1 is given to nobody who did not ask for it; numbers that were asked for are passed over. The count goes on with every
// section, also those that brought their own.
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
    section.id_said = section.id != 0;
    if (!section.id_said) {
      while (used.contains(next)) ++next;
      section.id = next;
    }
    ++next;
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

void parses_as_haproxy(section_settings& section) {
  section.request_parsing = http::with_haproxy(section.request_parsing);
  section.response_parsing = http::with_haproxy(section.response_parsing);
}

}  // namespace

void validate(proxy::model& of, diagnostics& report) {
  // More than half of a buffer for rewriting would leave too little for what was sent.
  of.global.maxrewrite = std::min(of.global.maxrewrite, of.global.bufsize / 2);
  section_ids(of, report);
  const names_of_model names(of);
  refused_lines refused(of, report);
  for (section_settings& section : of.sections) {
    if (of.global.h1_as_haproxy) parses_as_haproxy(section);
    bind_ids(section, report);
    listens(section, refused, report);
    error_pages(section, of, report);
    where_requests_go(section, names, report);
    servers_of(section, refused, report);
    mode_fits(section, report);
    time_limits(section, refused, report);
    logs_somewhere(section, of.global, refused, report);
  }
  resolve_tracks(of, report);
}

}  // namespace ringway::app

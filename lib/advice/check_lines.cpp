// Lines that HAProxy takes without a word, and that do not do what they look like.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "advice/checks.hpp"
#include "base/text.hpp"

namespace ringway::advice {
namespace {

using config::line;
using config::word;
using proxy::section_settings;

// Backends without servers are in use to answer: a page in place of the 503, a redirect, a refusal.
// Others only hold a table.
bool answers_itself(const subject& of, const section_settings& section) {
  if (const config::outline::section* at = of.lines.at(section.where))
    for (const line& each : at->lines)
      for (const std::string_view word : {"server", "server-template", "stick-table", "dispatch", "option transparent"})
        if (config::begins_with(each, word)) return true;
  return section.errors.contains(503) || !section.rules.http_request.empty() || !section.rules.redirects.empty() ||
         !section.monitor_uri.empty();
}

std::string text_of(const proxy::bind_settings& bind) {
  if (bind.fd >= 0) return fmt::format("fd@{}", bind.fd);
  if (!bind.path.empty()) return bind.abstract ? std::string(prefix_of(bind.length)) + bind.path : bind.path;
  if (!bind.host.empty()) return fmt::format("{}:{}", bind.host, bind.at.port);
  return bind.at.text();
}

}  // namespace

void no_server(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.front || section.disabled || !section.servers.empty() || answers_itself(of, section)) continue;
    to.push_back({section.where,
                  section.kind == proxy::mode::http
                      ? fmt::format("backend '{}' has no server: every request gets a 503", section.name)
                      : fmt::format("backend '{}' has no server: every connection is closed at once", section.name),
                  {}, {}});
  }
}

void no_port(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.kind != proxy::mode::http) continue;
    for (const servers::settings& server : section.servers)
      if (server.unix_path.empty() && (server.ip.is_ip() || !server.host.empty()) && server.port == 0 && server.port_offset == 0)
        to.push_back({server.where_addr,
                      fmt::format("server '{}' has no port: requests go to the port the client came to", server.name), {}, {}});
  }
}

void shared_address(const subject& of, std::vector<finding>& to) {
  struct first {
    const proxy::bind_settings* bind;
    const section_settings* section;
  };
  std::map<std::pair<std::string, std::string>, first> seen;  // address and interface
  for (const section_settings& section : of.model.sections) {
    if (section.disabled) continue;
    for (const proxy::bind_settings& bind : section.binds) {
      const auto [known, fresh] = seen.emplace(std::pair(text_of(bind), bind.interface), first{&bind, &section});
      if (fresh) continue;
      const first& other = known->second;
      finding one{bind.where,
                  fmt::format("{} '{}' binds {}, which {} already does", kind_of(section), section.name, text_of(bind),
                              other.section == &section ? std::string("it")
                                                        : fmt::format("{} '{}'", kind_of(*other.section), other.section->name)),
                  {}, {}};
      one.notes.emplace_back(other.bind->where, "first bound here");
      to.push_back(std::move(one));
    }
  }
}

void lost_limits(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back) continue;
    const server_lines lines(of, section);
    const auto said = [&](const servers::settings& server, std::string_view by, std::string message, std::string help) {
      const word* at = lines.find(server, by);
      to.push_back({at != nullptr ? at->where : server.where, std::move(message), std::move(help), {}});
    };
    for (const servers::settings& server : section.servers) {
      if (server.minconn > 0 && server.maxconn == 0)
        said(server, "minconn", fmt::format("server '{}': 'minconn' has no effect without 'maxconn'", server.name), {});
      else if (server.minconn > server.maxconn)
        said(server, "minconn",
             fmt::format("server '{}': 'minconn' {} is above 'maxconn' {}", server.name, server.minconn, server.maxconn), {});
      if (server.check.watch != servers::observe::none && !server.check.enabled)
        said(server, "observe", fmt::format("server '{}': 'observe' has no effect without 'check'", server.name),
             "write 'check' as well, or remove 'observe'");
    }
  }
}

void hop_headers(const subject& of, std::vector<finding>& to) {
  for (const config::outline::section& section : of.lines.all())
    for (const line& each : section.lines) {
      if (each.words.size() < 3 || each.words[0].text != "http-request") continue;
      const std::string& action = each.words[1].text;
      if (action != "set-header" && action != "add-header" && action != "del-header" && action != "replace-header" &&
          action != "replace-value")
        continue;
      for (const std::string_view mine : {"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"})
        if (same_text(each.words[2].text, mine))
          to.push_back({each.words[2].where,
                        fmt::format("'{}' concerns one connection only; the proxy writes its own and this rule has no effect",
                                    each.words[2].text),
                        {}, {}});
    }
}

void unset_variables(const subject& of, std::vector<finding>& to) {
  for (const config::outline::section& section : of.lines.all())
    for (const line& each : section.lines)
      for (const word& one : each.words)
        if (one.empty_variable)
          to.push_back({one.where, "an environment variable of this word is not set, and nothing takes its place", {}, {}});
}

}  // namespace ringway::advice

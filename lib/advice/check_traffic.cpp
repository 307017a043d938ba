// Clients' addresses, time limits, logs.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <unordered_set>

#include "advice/checks.hpp"
#include "base/text.hpp"

namespace ringway::advice {
namespace {

using config::line;
using proxy::section_settings;

bool contains(std::string_view text, std::string_view part) {
  if (part.size() > text.size()) return false;
  for (std::size_t i = 0; i + part.size() <= text.size(); ++i)
    if (same_text(text.substr(i, part.size()), part)) return true;
  return false;
}

// Some line of the section, or of its defaults, tells servers about the client in its own way.
bool tells_client(const subject& of, const section_settings& section) {
  if (section.forwardfor.enabled) return true;
  for (const config::outline::section* at = of.lines.at(section.where); at != nullptr; at = of.lines.defaults_of(*at)) {
    for (const line& each : at->lines) {
      if (config::begins_with(each, "option forwarded") || config::begins_with(each, "source")) return true;
      if (!config::begins_with(each, "http-request")) continue;
      for (const config::word& word : each.words)
        if (contains(word.text, "forwarded") || contains(word.text, "real-ip") || contains(word.text, "client-ip") ||
            contains(word.text, "%[src") || contains(word.text, "%ci"))
          return true;
    }
  }
  return false;
}

bool all_see_client(const subject& of, const section_settings& section) {
  const server_lines lines(of, section);
  return std::all_of(section.servers.begin(), section.servers.end(), [&](const servers::settings& server) {
    for (const std::string_view word : {"send-proxy", "send-proxy-v2", "send-proxy-v2-ssl", "send-proxy-v2-ssl-cn", "usesrc"})
      if (lines.find(server, word) != nullptr) return true;
    return false;
  });
}

bool loopback(const address& at) {
  if (at.kind == family::v4) return at.text().starts_with("127.");
  return at.kind == family::v6 && at.text().starts_with("[::1]");
}

// Clients come from elsewhere: an address that is not the machine's own.
bool public_side(const section_settings& section) {
  return std::any_of(section.binds.begin(), section.binds.end(), [](const proxy::bind_settings& bind) {
    return bind.fd >= 0 || !bind.host.empty() || (bind.at.is_ip() && !loopback(bind.at));
  });
}

// Those that a frontend hands over to, each once.
std::vector<const section_settings*> used_by(const section_settings& front, const subject& of, const backends_by_name& all) {
  std::vector<const section_settings*> out;
  std::unordered_set<const section_settings*> known;
  const auto add = [&](std::string_view name) {
    for (auto [each, end] = all.equal_range(name); each != end; ++each)
      if (known.insert(each->second).second) out.push_back(each->second);
  };
  if (front.back && known.insert(&front).second) out.push_back(&front);
  if (!front.default_backend.empty()) add(front.default_backend);
  if (const config::outline::section* at = of.lines.at(front.where))
    for (const line& each : at->lines)
      if (config::begins_with(each, "use_backend") && each.words.size() > 1) add(each.words[1].text);
  return out;
}

bool digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
}

std::string human(milliseconds time) {
  const auto ms = time.count();
  if (ms % 86400000 == 0) return fmt::format("{} day{}", ms / 86400000, ms == 86400000 ? "" : "s");
  if (ms % 3600000 == 0) return fmt::format("{} hour{}", ms / 3600000, ms == 3600000 ? "" : "s");
  if (ms % 60000 == 0) return fmt::format("{} minutes", ms / 60000);
  return fmt::format("{} seconds", ms / 1000);
}

}  // namespace

void no_forwardfor(const subject& of, std::vector<finding>& to) {
  const backends_by_name backs = backends_of(of.model);
  std::map<const section_settings*, bool> told;  // do its servers know the client; each looked at once
  const auto knows = [&](const section_settings& back) {
    const auto [at, fresh] = told.try_emplace(&back, false);
    if (fresh) at->second = all_see_client(of, back);
    return at->second;
  };
  std::vector<const section_settings*> fronts;
  for (const section_settings& front : of.model.sections) {
    if (!front.front || front.disabled || front.kind != proxy::mode::http || !public_side(front) || tells_client(of, front)) continue;
    for (const section_settings* back : used_by(front, of, backs)) {
      if (back->kind != proxy::mode::http || back->servers.empty() || (back != &front && tells_client(of, *back))) continue;
      if (knows(*back)) continue;
      fronts.push_back(&front);
      break;
    }
  }
  if (fronts.empty()) return;
  finding one{fronts.front()->where, fmt::format("servers behind {} '{}' see this proxy's address instead of the client's",
                                                 kind_of(*fronts.front()), fronts.front()->name), {}, {}};
  for (std::size_t i = 1; i < fronts.size(); ++i)
    one.notes.emplace_back(fronts[i]->where, fmt::format("the same holds for {} '{}'", kind_of(*fronts[i]), fronts[i]->name));
  to.push_back(std::move(one));
}

void idle_clients(const subject& of, std::vector<finding>& to) {
  using namespace std::chrono_literals;
  const backends_by_name backs = backends_of(of.model);
  for (const section_settings& section : of.model.sections) {
    if (!section.front || section.disabled || section.kind != proxy::mode::http) continue;
    // A page of statistics has few clients, and nobody's timeouts are chosen for it.
    if (used_by(section, of, backs).empty() || (section.back && section.servers.empty() && section.default_backend.empty())) continue;
    const proxy::timeouts& time = section.time;
    if (!time.client || *time.client <= 10min || time.http_keep_alive || time.http_request) continue;
    to.push_back({word_of(of, section, "timeout client", 2, section.where),
                  fmt::format("an idle client keeps its connection for {}, and one that never finishes a request as well", human(*time.client)),
                  {}, {}});
  }
}

void times_without_unit(const subject& of, std::vector<finding>& to) {
  struct limit {
    std::string_view name;
    unsigned below;  // milliseconds that nobody means
  };
  constexpr limit limits[] = {{"client", 1000},    {"server", 1000},          {"tunnel", 1000},     {"http-request", 1000},
                              {"http-keep-alive", 100}, {"client-fin", 100}, {"server-fin", 100}, {"connect", 100},
                              {"queue", 100},      {"check", 100},            {"tarpit", 100}};
  for (const config::outline::section& section : of.lines.all()) {
    if (!any(section.kind & config::proxies)) continue;
    for (const line& each : section.lines) {
      if (each.words.size() != 3 || each.words[0].text != "timeout" || !digits(each.words[2].text)) continue;
      unsigned value = 0;
      const std::string& text = each.words[2].text;
      if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{} || value == 0) continue;
      for (const limit& one : limits) {
        if (one.name != each.words[1].text || value >= one.below) continue;
        to.push_back({each.words[2].where, fmt::format("'timeout {} {}' is {} milliseconds", one.name, text, text),
                      fmt::format("write '{0}s' if seconds are meant, '{0}ms' if not", text), {}});
      }
    }
  }
}

void lost_logs(const subject& of, std::vector<finding>& to) {
  const bool targets = !of.model.global.log.targets.empty();
  bool used = false;
  for (const section_settings& section : of.model.sections) {
    if (section.disabled) continue;
    used = used || section.log.use_global || !section.log.targets.empty();
    if (targets || !section.log.use_global || !section.log.targets.empty()) continue;
    const config::span where = word_of(of, section, "log global", 1, section.where);
    to.push_back({where, "'log global' sends lines to the log lines of the global section, and it has none",
                  "write 'log stdout format raw local0' or 'log 127.0.0.1 local0' into the global section", {}});
  }
  if (!targets || used || of.model.sections.empty()) return;
  to.push_back({of.model.global.log.targets.front().where, "nothing uses this log: no proxy has a line 'log global'",
                "write 'log global' into the defaults section", {}});
}

}  // namespace ringway::advice

// Who is used by whom: rules that are never reached, backends that nobody names.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "advice/checks.hpp"

namespace ringway::advice {
namespace {

using config::line;
using config::word;
using proxy::section_settings;

// The words behind `if` or `unless`, as they stand there.
struct condition {
  bool none = true;    // always
  bool unless = false;
  bool never = false;
  std::string text;
};
condition condition_of(const line& of) {
  condition out;
  for (std::size_t i = 2; i < of.words.size(); ++i) {
    if (out.none) {
      if (of.words[i].text != "if" && of.words[i].text != "unless") continue;
      out.none = false;
      out.unless = of.words[i].text == "unless";
      continue;
    }
    if (!out.text.empty()) out.text += ' ';
    out.text += of.words[i].text;
  }
  if (out.text == "TRUE" || out.text == "FALSE") {
    const bool holds = (out.text == "TRUE") != out.unless;
    out.none = holds;
    out.never = !holds;
  }
  return out;
}

// Two looks at it may give two answers.
bool changes(const config::outline::section& section) {
  const auto varies = [](const line& each) {
    return std::any_of(each.words.begin(), each.words.end(), [](const word& one) {
      for (const std::string_view sample : {"rand", "lua.", "nbsrv", "uuid", "date", "_conn", "connslots", "queue", "_rate"})
        if (one.text.find(sample) != std::string::npos) return true;
      return false;
    });
  };
  return std::any_of(section.lines.begin(), section.lines.end(),
                     [&](const line& each) { return (each.words[0].text == "acl" || each.words[0].text == "use_backend") && varies(each); });
}

bool dynamic(const word& name) { return name.text.find("%[") != std::string::npos; }

// Names that are made up while running, or said in files that are not read here.
bool others_name_backends(const subject& of) {
  for (const config::outline::section& section : of.lines.all()) {
    for (const line& each : section.lines) {
      const std::string& first = each.words[0].text;
      if (first == "use_backend" && each.words.size() > 1 && dynamic(each.words[1])) return true;
      if (first.starts_with("lua-load") || first == "filter" || first == "use-fcgi-app") return true;
    }
  }
  return false;
}

// Files with branches of .if, of which some were not taken: names that stand there on lines about backends may be used elsewhere.
void names_in_branches(const subject& of, std::set<std::string, std::less<>>& used) {
  constexpr std::string_view part_of_name = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:_-";
  for (std::uint32_t file = 0; file < of.sources.files().size(); ++file) {
    if (of.sources.text(file).find(".if") == std::string_view::npos) continue;
    for (std::uint32_t i = 1; i <= of.sources.line_count(file); ++i) {
      const std::string_view one = of.sources.line_text(file, i);
      if (one.find("_backend") == std::string_view::npos) continue;
      for (std::size_t at = one.find_first_of(part_of_name); at != std::string_view::npos;) {
        const std::size_t end = std::min(one.find_first_not_of(part_of_name, at), one.size());
        used.emplace(one.substr(at, end - at));
        at = one.find_first_of(part_of_name, end);
      }
    }
  }
}

void names_in(const word& one, std::set<std::string, std::less<>>& used) {
  // table_cnt(NAME), srv_is_up(NAME/server), sc_http_req_rate(0,NAME)
  const std::string_view text = one.text;
  std::size_t from = text.find('(');
  while (from != std::string_view::npos && from < text.size()) {
    const std::size_t end = std::min(text.find_first_of(",()", from + 1), text.size());
    const std::string_view part = text.substr(from + 1, end - from - 1);
    used.emplace(part);
    used.emplace(part.substr(0, part.find('/')));
    from = end < text.size() ? end : std::string_view::npos;
  }
  // track NAME/server, rhttp@NAME/server, backend@NAME
  std::string_view bare = text.substr(text.find('@') == std::string_view::npos ? 0 : text.find('@') + 1);
  if (bare.find('/') != std::string_view::npos || bare.size() != text.size()) used.emplace(bare.substr(0, bare.find('/')));
}

}  // namespace

void unreachable_rules(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    const config::outline::section* at = of.lines.at(section.where);
    if (!section.front || section.disabled || at == nullptr) continue;
    const bool steady = !changes(*at);
    const line* always = nullptr;   // takes every request that comes to it
    std::string_view why;
    std::map<std::pair<bool, std::string>, const line*> seen;
    for (const line& each : at->lines) {
      if (each.words[0].text != "use_backend" || each.words.size() < 2) continue;
      if (always != nullptr) {
        to.push_back({each.words[0].where, fmt::format("this rule is never reached: {}", why), {}, {{always->where, "it is here"}}});
        continue;
      }
      const condition now = condition_of(each);
      if (now.never) {
        to.push_back({each.words[0].where, "this rule never holds", {}, {}});
        continue;
      }
      if (now.none) {
        if (!dynamic(each.words[1])) always = &each, why = "a rule above it takes every request";
        continue;
      }
      if (!steady) continue;
      if (const auto same = seen.find({now.unless, now.text}); same != seen.end()) {
        to.push_back({each.words[0].where, "this rule is never reached: a rule above it has the same condition", {},
                      {{same->second->where, "it is here"}}});
        continue;
      }
      if (dynamic(each.words[1])) continue;
      seen.emplace(std::pair(now.unless, now.text), &each);
      if (const auto opposite = seen.find({!now.unless, now.text}); opposite != seen.end())
        always = &each, why = "with the rule before, a rule above it takes all other requests";
    }
    if (always == nullptr || section.default_backend.empty()) continue;
    // Of defaults it is no mistake of this section.
    for (const line& each : at->lines)
      if (config::begins_with(each, "default_backend") && each.words.size() > 1)
        to.push_back({each.words[0].where, "this backend is never used from here: a 'use_backend' takes every request", {},
                      {{always->where, "it is here"}}});
  }
}

void unused_backends(const subject& of, std::vector<finding>& to) {
  if (others_name_backends(of)) return;
  std::set<std::string, std::less<>> used;
  for (const config::outline::section& section : of.lines.all()) {
    for (const line& each : section.lines) {
      for (std::size_t i = 1; i < each.words.size(); ++i) {
        const std::string& before = each.words[i - 1].text;
        const std::string& first = each.words[0].text;
        if ((i == 1 && (first == "use_backend" || first == "default_backend")) || before == "table" || before == "backend")
          used.insert(each.words[i].text);
        names_in(each.words[i], used);
      }
    }
  }
  bool fronts = false;
  for (const section_settings& each : of.model.sections) fronts = fronts || each.front;
  // Without any frontend it is a part of a configuration that others complete.
  if (!fronts) return;
  names_in_branches(of, used);
  for (const section_settings& each : of.model.sections) {
    if (each.front || !each.back || each.disabled || used.contains(each.name)) continue;
    to.push_back({each.where, fmt::format("nothing uses backend '{}'", each.name), {}, {}});
  }
}

void requests_in_tcp(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (section.kind == proxy::mode::http) continue;
    for (const auto& rule : section.rules.use_backend)
      if (rule.never_seen)
        to.push_back({rule.where,
                      fmt::format("'use_backend' of {} '{}' asks about a request, which is never seen in mode tcp",
                                  kind_of(section), section.name),
                      {}, {}});
  }
}

}  // namespace ringway::advice

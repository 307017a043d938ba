#include "explain/difference.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/text.hpp"
#include "proxy/assemble.hpp"

namespace ringway::explain {
namespace {

using balance::hash_method;
using balance::no_server;

// Words separated by one space each, the comment cut off. Quotes and backslashes keep what is in them.
std::string tidy(std::string_view line) {
  std::string out;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && c == '#') break;
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\r')) {
      if (!out.empty() && out.back() != ' ') out += ' ';
      continue;
    }
    if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else if (c == quote)
      quote = '\0';
    out += c;
    if (c == '\\' && quote != '\'' && i + 1 < line.size()) out += line[++i];
  }
  while (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string_view word(std::string_view line, std::size_t number) {
  for (; number > 0; --number) {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return {};
    line.remove_prefix(space + 1);
  }
  return line.substr(0, line.find(' '));
}

struct line_of {
  std::string text;
  config::span where;
};
struct section_of {
  std::string kind, name;
  config::span where;
  std::vector<line_of> lines;
};

constexpr std::string_view openers[] = {"global", "defaults", "frontend", "backend", "listen", "peers", "resolvers", "mailers",
                                        "userlist", "program", "cache", "ring", "http-errors", "fcgi-app", "log-forward",
                                        "log-profile", "crt-store", "traces", "acme"};

std::vector<section_of> sections_of(const config::source_set& from) {
  std::vector<section_of> out;
  for (std::uint32_t file = 0; file < from.files().size(); ++file)
    for (std::uint32_t number = 1; number <= from.line_count(file); ++number) {
      std::string text = tidy(from.line_text(file, number));
      if (text.empty()) continue;
      const config::span where{file, number, 1, 0};
      if (std::find(std::begin(openers), std::end(openers), word(text, 0)) != std::end(openers)) {
        out.push_back({std::string(word(text, 0)), std::string(word(text, 1)), where, {}});
        if (word(text, 2).empty()) continue;  // else "from X" is a line of it as well
      } else if (out.empty()) {
        out.push_back({"", "", where, {}});  // conditions and variables above everything
      }
      out.back().lines.push_back({std::move(text), where});
    }
  return out;
}

// Sections of the same kind and name, and the same place among those.
std::map<std::string, const section_of*> by_name(const std::vector<section_of>& all) {
  std::map<std::string, const section_of*> out;
  std::map<std::string, int> met;
  for (const auto& each : all) {
    const std::string key = each.kind + " " + each.name;
    out.emplace(key + " " + std::to_string(met[key]++), &each);
  }
  return out;
}

void compare_lines(const section_of& before, const section_of& after, changed_section& out) {
  std::multiset<std::string> old_lines, new_lines;
  for (const auto& each : before.lines) old_lines.insert(each.text);
  for (const auto& each : after.lines) new_lines.insert(each.text);
  const auto left = [](const std::vector<line_of>& lines, std::multiset<std::string> others) {
    std::vector<const line_of*> found;
    for (const auto& each : lines) {
      const auto at = others.find(each.text);
      if (at == others.end())
        found.push_back(&each);
      else
        others.erase(at);
    }
    return found;
  };
  auto gone = left(before.lines, new_lines);
  const auto fresh = left(after.lines, old_lines);
  // A line that became another is shown beside it: the same keyword, and for servers and binds the same name.
  for (const auto* each : fresh) {
    const auto pair = std::find_if(gone.begin(), gone.end(), [&](const line_of* old) {
      const auto keyword = word(old->text, 0);
      if (keyword != word(each->text, 0)) return false;
      const bool several = keyword == "server" || keyword == "bind" || keyword == "acl" || keyword == "timeout" ||
                           keyword == "option" || keyword == "use_backend";
      return !several || word(old->text, 1) == word(each->text, 1);
    });
    if (pair != gone.end()) {
      out.lines.push_back({false, (*pair)->text, (*pair)->where});
      gone.erase(pair);
    }
    out.lines.push_back({true, each->text, each->where});
  }
  for (const auto* each : gone) out.lines.push_back({false, each->text, each->where});
  if (!out.lines.empty() || before.lines.size() != after.lines.size()) return;
  for (std::size_t i = 0; i < before.lines.size(); ++i)
    if (before.lines[i].text != after.lines[i].text) out.reordered = true;
}

void compare_names(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& after,
                   named_changes& out) {
  for (const auto& [name, what] : after) {
    const auto old = before.find(name);
    if (old == before.end())
      out.added.push_back(name);
    else if (old->second != what)
      out.changed.push_back(name);
  }
  for (const auto& [name, what] : before)
    if (!after.contains(name)) out.removed.push_back(name);
}

// What stands for a server's line: everything that decides where requests go and how they are treated there.
std::string facts_text(const servers::settings& of) {
  return address_text(of) + " " + std::to_string(of.id) + " " + std::to_string(of.weight) + " " + std::to_string(of.maxconn) + " " +
         std::to_string(of.minconn) + " " + std::to_string(of.maxqueue) + (of.backup ? " backup" : "") +
         (of.disabled ? " disabled" : "") + (of.check.enabled ? " check" : "") +
         (of.track ? " track " + of.track->backend + "/" + of.track->server : std::string{}) + " " + std::to_string(of.slowstart.count()) + " " +
         std::to_string(static_cast<int>(of.hash_key));
}

std::vector<server_index> match(const farm& before, const farm& after,
                                std::vector<std::pair<server_index, server_index>>& renamed) {
  const auto& a = before.of->servers;
  const auto& b = after.of->servers;
  std::vector<server_index> same(a.size(), no_server);
  std::vector<bool> taken(b.size(), false);
  std::map<std::string, server_index> names;
  for (server_index s = 0; s < b.size(); ++s) names.emplace(b[s].name, s);
  for (server_index s = 0; s < a.size(); ++s)
    if (const auto found = names.find(a[s].name); found != names.end()) {
      same[s] = found->second;
      taken[found->second] = true;
    }
  std::map<std::string, server_index> addresses;
  for (server_index s = 0; s < b.size(); ++s)
    if (!taken[s]) addresses.emplace(address_text(b[s]), s);
  for (server_index s = 0; s < a.size(); ++s) {
    if (same[s] != no_server) continue;
    const auto found = addresses.find(address_text(a[s]));
    if (found == addresses.end() || taken[found->second]) continue;
    same[s] = found->second;
    taken[found->second] = true;
    renamed.emplace_back(s, found->second);
  }
  return same;
}

double total_weight(const farm& of) {
  double sum = 0;
  const auto shares = of.chooser->shares();
  for (server_index s = 0; s < shares.size(); ++s)
    if (shares[s] > 0) sum += of.chooser->weight(s);
  return sum;
}

double least_by_weight(const backend_change& of) {
  const double before = total_weight(*of.before), after = total_weight(*of.after);
  if (before == 0) return 0;
  const auto a = of.before->chooser->shares(), b = of.after->chooser->shares();
  double out = 0;
  for (server_index s = 0; s < a.size(); ++s) {
    if (a[s] <= 0) continue;
    const auto t = of.same[s];
    const double due = of.before->chooser->weight(s) / before;
    out += std::max(0.0, due - (t != no_server && b[t] > 0 ? of.after->chooser->weight(t) / after : 0.0));
  }
  return out;
}

bool writes_id(const servers::settings& of, const config::source_set& text) {
  const std::string line = tidy(text.line_text(of.where));
  for (std::size_t i = 3; !word(line, i).empty(); ++i)
    if (word(line, i) == "id") return true;
  return false;
}

// Which `id` words make the program number the servers so that each keeps the number it had.
std::optional<id_advice> advise_ids(const backend_change& of, const config::source_set& text) {
  const auto& servers = of.after->of->servers;
  std::vector<std::uint32_t> wanted(servers.size(), 0);
  for (server_index s = 0; s < of.same.size(); ++s)
    if (of.same[s] != no_server) wanted[of.same[s]] = of.before->of->servers[s].id;
  std::vector<balance::server_facts> numbered(servers.size());
  std::set<std::uint32_t> written;
  for (server_index s = 0; s < servers.size(); ++s)
    if (writes_id(servers[s], text)) {
      numbered[s].id = servers[s].id;
      wanted[s] = servers[s].id;
      written.insert(servers[s].id);
    }
  id_advice out;
  for (;;) {
    auto trial = numbered;
    balance::assign_ids(trial);
    server_index wrong = 0;
    while (wrong < servers.size() && (wanted[wrong] == 0 || trial[wrong].id == wanted[wrong])) ++wrong;
    if (wrong == servers.size()) {
      numbered = std::move(trial);
      break;
    }
    if (!written.insert(wanted[wrong]).second) return std::nullopt;  // somebody else wrote that number down
    numbered[wrong].id = wanted[wrong];
    out.ids.emplace_back(wrong, wanted[wrong]);
  }
  // A number that a removed server had would hand its keys to a newcomer, which is as good as any; it stays allowed.
  proxy::section_settings section = *of.after->of;
  for (server_index s = 0; s < servers.size(); ++s) section.servers[s].id = numbered[s].id;
  const auto after = proxy::make_chooser(section);
  out.moved = movement_of(*of.before->chooser, *after, of.same).moved;
  if (out.ids.empty() || of.keys.moved - out.moved < 0.005) return std::nullopt;
  return out;
}

double moved_if_consistent(const backend_change& of) {
  const auto with_ring = [](const farm& from) {
    proxy::section_settings section = *from.of;
    section.balance.method = hash_method::consistent;
    section.balance.function = balance::hash_function::sdbm;
    section.balance.avalanche = true;
    return proxy::make_chooser(section);
  };
  const auto before = with_ring(*of.before), after = with_ring(*of.after);
  return movement_of(*before, *after, of.same).moved;
}

}  // namespace

std::vector<changed_section> sections_changed(const config::source_set& before, const config::source_set& after) {
  const auto old_sections = sections_of(before), new_sections = sections_of(after);
  const auto old_names = by_name(old_sections), new_names = by_name(new_sections);
  std::vector<changed_section> out;
  for (const auto& each : new_sections) {
    const auto key = std::find_if(new_names.begin(), new_names.end(), [&](const auto& one) { return one.second == &each; })->first;
    const auto old = old_names.find(key);
    changed_section made{change::changed, each.kind, each.name, each.where, {}, false};
    if (old == old_names.end()) {
      made.what = change::added;
    } else {
      compare_lines(*old->second, each, made);
      if (made.lines.empty() && !made.reordered) continue;
    }
    out.push_back(std::move(made));
  }
  for (const auto& each : old_sections) {
    const auto key = std::find_if(old_names.begin(), old_names.end(), [&](const auto& one) { return one.second == &each; })->first;
    if (!new_names.contains(key)) out.push_back({change::removed, each.kind, each.name, each.where, {}, false});
  }
  return out;
}

things_changed things(const site& before, const site& after) {
  using names = std::map<std::string, std::string>;
  const auto collect = [](const site& of, names& listeners, names& fronts, names& backs, names& servers) {
    for (const auto* front : of.fronts()) {
      const auto* back = of.default_backend(*front);
      fronts[front->name] = (front->kind == proxy::mode::http ? "http " : "tcp ") + (back != nullptr ? back->name() : std::string());
      for (const auto& bind : front->binds)
        listeners[front->name + " " + address_text(bind)] = bind.name + " " + std::to_string(bind.maxconn);
    }
    for (const auto& back : of.farms()) {
      backs[back.name()] = algorithm_text(back.of->balance) + (back.http() ? " http" : " tcp") + (back.of->allbackups ? " all" : "");
      for (const auto& server : back.of->servers) servers[back.name() + "/" + server.name] = facts_text(server);
    }
  };
  names a[4], b[4];
  collect(before, a[0], a[1], a[2], a[3]);
  collect(after, b[0], b[1], b[2], b[3]);
  things_changed out;
  compare_names(a[0], b[0], out.listeners);
  compare_names(a[1], b[1], out.frontends);
  compare_names(a[2], b[2], out.backends);
  compare_names(a[3], b[3], out.servers);
  return out;
}

std::vector<backend_change> backends_changed(const site& before, const site& after, const config::source_set& after_text,
                                             const std::function<void(const std::string& backend)>& told) {
  std::vector<backend_change> out;
  for (const farm& fresh : after.farms()) {
    const farm* old = before.backend(fresh.name());
    if (old == nullptr) continue;
    if (told) told(fresh.name());
    backend_change made;
    made.before = old;
    made.after = &fresh;
    made.same = match(*old, fresh, made.renamed);
    for (server_index s = 0; s < made.same.size(); ++s)
      if (made.same[s] != no_server && old->of->servers[s].id != fresh.of->servers[made.same[s]].id)
        made.shifted.push_back(made.same[s]);
    made.hashed = old->hashes() && fresh.hashes();
    if (made.hashed) {
      made.keys = movement_of(*old->chooser, *fresh.chooser, made.same);
      made.least_by_weight = least_by_weight(made);
      const auto method = old->chooser->rules().method;
      const bool both = method == fresh.chooser->rules().method && same_key(old->chooser->rules(), fresh.chooser->rules());
      if (both && method != hash_method::map_based && !made.shifted.empty() && made.keys.moved - made.keys.least > 0.005)
        made.advice = advise_ids(made, after_text);
      if (both && method == hash_method::map_based && made.keys.moved > 0) made.if_consistent = moved_if_consistent(made);
    }
    out.push_back(std::move(made));
  }
  return out;
}

double difference::most_moved() const {
  if (traffic) return traffic->requests == 0 ? 0 : static_cast<double>(traffic->moved) / static_cast<double>(traffic->requests);
  double out = 0;
  for (const auto& each : backends) {
    // From a key to none, or the other way: no request has a reason to stay.
    const bool all = !each.hashed && each.before->hashes() != each.after->hashes();
    out = std::max(out, all ? 1.0 : each.hashed ? each.keys.moved : 0.0);
  }
  return out;
}

}  // namespace ringway::explain

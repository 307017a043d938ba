// How servers are chosen, and what of it does not do what it seems to say.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "advice/checks.hpp"
#include "balance/chooser.hpp"
#include "balance/keywords.hpp"
#include "base/text.hpp"
#include "config/lexer.hpp"

namespace ringway::advice {
namespace {

using balance::algorithm;
using balance::hash_method;
using proxy::section_settings;

// Servers that take a share of the requests in normal times.
std::vector<const servers::settings*> sharing(const section_settings& section) {
  std::vector<const servers::settings*> out;
  for (const servers::settings& each : section.servers)
    if (!each.backup && !each.disabled && each.weight > 0) out.push_back(&each);
  return out;
}

bool equal_weights(const std::vector<const servers::settings*>& of) {
  return std::all_of(of.begin(), of.end(), [&](const auto* each) { return each->weight == of.front()->weight; });
}

unsigned percent(double part) { return static_cast<unsigned>(std::lround(100.0 * part)); }

// "web12": "web" and 12. No number: nothing to tell.
struct numbered {
  std::string_view prefix;
  std::uint64_t number = 0;
};
std::optional<numbered> split_number(std::string_view name) {
  std::size_t at = name.size();
  while (at > 0 && is_digit(name[at - 1])) --at;
  if (at == 0 || at == name.size() || name.size() - at > 6 || name[at - 1] == '.' || name[at - 1] == ':') return std::nullopt;
  numbered out{name.substr(0, at)};
  for (const char c : name.substr(at)) out.number = out.number * 10 + static_cast<std::uint64_t>(c - '0');
  return out;
}

// The name on a commented-out server line; empty: it is something else.
std::string commented_server(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('#')) return {};
  while (!text.empty() && (text.front() == '#' || text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  if (!text.starts_with("server ") && !text.starts_with("server\t")) return {};
  const config::environment nothing;
  const config::lex_result lexed = config::lex_line(text, {nothing, 0, 1, {}, {}});
  if (lexed.error || lexed.words.size() < 3 || lexed.words[2].text.find_first_of(":./0123456789") == std::string::npos) return {};
  return lexed.words[1].text;
}

}  // namespace

void map_based_hash(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled || !hashed(section) || section.balance.method != hash_method::map_based) continue;
    const config::outline::section* at = of.lines.at(section.where);
    if (at != nullptr && of.lines.find(*at, "hash-type") != nullptr) continue;  // somebody chose it
    const auto servers = sharing(section);
    const std::size_t n = servers.size();
    if (n < 2) continue;
    const bool clients = section.balance.kind == algorithm::source;
    const std::string_view what = clients ? "clients" : "requests";
    std::string message = fmt::format("'balance {}' without 'hash-type consistent': ", balance::name_of(section.balance.kind));
    if (!equal_weights(servers)) {
      message += fmt::format("when a server comes or goes, most {} move to another server", what);
    } else if (n == 2) {
      message += fmt::format("when a third server comes, 67% of the {} move to another server; 33% would do", what);
    } else {
      const double count = static_cast<double>(n);
      message += fmt::format("when one of the {} servers goes, {}% of the {} move to another server; {}% would do", n,
                             percent(1 - 1 / count), what, percent(1 / count));
    }
    to.push_back({word_of(of, section, "balance", 1, section.where), std::move(message), {}, {}});
  }
}

void shifting_ids(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled || !hashed(section) || section.balance.method != hash_method::consistent) continue;
    if (section.servers.size() < 2) continue;
    // Ids that somebody wrote, or places on the ring that come from addresses, do not shift.
    const server_lines lines(of, section);
    const bool automatic = std::all_of(section.servers.begin(), section.servers.end(), [&](const servers::settings& each) {
      const config::line* own = lines.line_of(each);
      return each.hash_key == balance::hash_key::id && own != nullptr &&
             std::none_of(own->words.begin() + 3, own->words.end(), [](const config::word& word) { return word.text == "id"; });
    });
    if (!automatic) continue;
    // A line that is commented out among the others comes back one day, in the middle.
    const servers::settings* moved = nullptr;
    std::string missing;
    for (std::size_t i = 1; i < section.servers.size() && moved == nullptr; ++i) {
      const config::span &above = section.servers[i - 1].where, &below = section.servers[i].where;
      if (above.file != below.file) continue;
      for (std::uint32_t line = above.line + 1; line < below.line && moved == nullptr; ++line) {
        missing = commented_server(of.sources.line_text(above.file, line));
        if (!missing.empty()) moved = &section.servers[i];
      }
    }
    // web1, web3, web4: one of them went.
    if (moved == nullptr) {
      const auto first = split_number(section.servers.front().name);
      bool counted = first.has_value();
      std::uint64_t before = 0, gaps = 0;
      const servers::settings* at_gap = nullptr;
      for (const servers::settings& each : section.servers) {
        const auto now = split_number(each.name);
        counted = counted && now && now->prefix == first->prefix;
        if (!counted) break;
        if (&each != &section.servers.front()) {
          counted = now->number > before;
          if (now->number > before + 1 && at_gap == nullptr) at_gap = &each;
          gaps += now->number - before - 1;
        }
        before = now->number;
      }
      if (counted && at_gap != nullptr && gaps * 2 <= section.servers.size()) {
        moved = at_gap;
        missing = fmt::format("{}{}", first->prefix, split_number(at_gap->name)->number - 1);
      }
    }
    if (moved == nullptr) continue;
    to.push_back({moved->where,
                  fmt::format("server '{}' has the id {} because of its place in the file: when '{}' comes back above it, it and "
                              "all servers below it move on the ring",
                              moved->name, moved->id, missing),
                  fmt::format("write 'id {}' behind this server's address, and their ids of today behind the others'", moved->id),
                  {}});
  }
}

void lost_weights(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled) continue;
    const auto servers = sharing(section);
    if (servers.size() < 2) continue;
    if (section.balance.kind == algorithm::first && !equal_weights(servers)) {
      const auto other = std::find_if(servers.begin(), servers.end(),
                                      [&](const auto* each) { return each->weight != servers.front()->weight; });
      const config::word* word = server_lines(of, section).find(**other, "weight");
      to.push_back({word != nullptr ? word->where : (*other)->where,
                    "'balance first' fills one server after another: it does not look at weights",
                    "limit each server with 'maxconn', or use 'balance leastconn'", {}});
      continue;
    }
    if (!hashed(section) || section.balance.method != hash_method::consistent) continue;
    std::vector<balance::server_facts> facts;
    double sum = 0;
    unsigned largest = 0;
    for (const servers::settings* each : servers) {
      balance::server_facts& one = facts.emplace_back();
      one.id = each->id;
      one.weight = each->weight;
      one.at = each->ip;
      one.at.port = each->port;
      one.key = each->hash_key;
      sum += each->weight;
      largest = std::max(largest, each->weight);
      // A name that is not resolved yet has no place on such a ring.
      if (each->hash_key != balance::hash_key::id && each->hash_key != balance::hash_key::id32 && !each->ip.is_ip()) sum = 0;
    }
    if (sum == 0) continue;
    const balance::chooser ring(section.balance, facts, false);
    const std::vector<double> shares = ring.shares();
    std::size_t worst = 0;
    double worst_error = 0;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      const double due = servers[i]->weight / sum;
      const double error = std::abs(shares[i] - due) / due;
      if (error > worst_error) worst_error = error, worst = i;
    }
    // 16 points for each unit of weight: with few of them a third too much or too little is usual.
    const bool differ = !equal_weights(servers);
    if (worst_error < (differ ? 0.25 : 0.5)) continue;
    const unsigned room = 256 / largest;
    if (room < 2) continue;
    const unsigned factor = std::min(room, 16u);
    const config::word* word = server_lines(of, section).find(*servers[worst], "weight");
    to.push_back({word != nullptr ? word->where : servers[worst]->where,
                  fmt::format("server '{}' gets {:.0f}% of the ring where its weight makes {:.0f}%: weights this small give too few "
                              "points to keep the proportion",
                              servers[worst]->name, 100 * shares[worst], 100 * servers[worst]->weight / sum),
                  fmt::format("multiply all weights by {}: the proportion stays, the ring becomes even (keys move once)", factor), {}});
  }
}

void factor_without_ring(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled || section.balance.balance_factor == 0) continue;
    const bool bounded = section.balance.kind == algorithm::random ||
                         (hashed(section) && section.balance.method == hash_method::consistent);
    if (bounded) continue;
    to.push_back({word_of(of, section, "hash-balance-factor", 0, section.where),
                  hashed(section) ? "'hash-balance-factor' has no effect without 'hash-type consistent'"
                                  : fmt::format("'hash-balance-factor' has no effect with 'balance {}'",
                                                balance::name_of(section.balance.kind)),
                  {}, {}});
  }
}

void lost_slowstart(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled) continue;
    const bool fixed = section.balance.kind == algorithm::static_rr ||
                       (hashed(section) && section.balance.method == hash_method::map_based);
    if (!fixed) continue;
    for (const servers::settings& each : section.servers) {
      if (each.slowstart.count() == 0 || each.maxconn > 0) continue;  // it raises maxconn as well
      const config::word* word = server_lines(of, section).find(each, "slowstart");
      to.push_back({word != nullptr ? word->where : each.where,
                    fmt::format("'slowstart' has no effect: weights cannot change under 'balance {}'{}",
                                balance::name_of(section.balance.kind), hashed(section) ? " without 'hash-type consistent'" : ""),
                    hashed(section) ? "write 'hash-type consistent'" : "use 'balance roundrobin'", {}});
      break;
    }
  }
}

void unchecked_servers(const subject& of, std::vector<finding>& to) {
  for (const section_settings& section : of.model.sections) {
    if (!section.back || section.disabled) continue;
    const auto servers = sharing(section);
    if (servers.size() < 2) continue;
    const server_lines lines(of, section);
    std::vector<const servers::settings*> unchecked;
    for (const servers::settings* each : servers) {
      bool watched = each->check.enabled;
      for (const std::string_view other : {"track", "agent-check", "observe"})
        watched = watched || lines.find(*each, other) != nullptr;
      if (!watched) unchecked.push_back(each);
    }
    if (unchecked.empty()) continue;
    std::string message =
        unchecked.size() == servers.size()
            ? fmt::format("no server of {} '{}' is checked: one that is dead keeps its share of the requests", kind_of(section), section.name)
            : fmt::format("server '{}' is not checked ({} of {} of {} '{}'): when it is dead, it keeps its share of the requests",
                          unchecked.front()->name, unchecked.size(), servers.size(), kind_of(section), section.name);
    to.push_back({unchecked.front()->where, std::move(message),
                  unchecked.size() == servers.size() ? "write 'default-server check' above them" : "", {}});
  }
}

}  // namespace ringway::advice

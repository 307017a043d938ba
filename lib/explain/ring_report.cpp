#include "explain/ring_report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/columns.hpp"
#include "explain/labels.hpp"

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr std::size_t losses_in_text = 12, hottest_shown = 10, longest_name = 30;

std::string printable(std::string_view bytes) {
  std::string out;
  for (const char c : bytes.substr(0, 60)) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 32 || u >= 127)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(u));
    else
      out += c;
  }
  return bytes.size() > 60 ? out + "..." : out;
}

// A name that must stand in one line with a few other words.
std::size_t short_of(std::size_t width) { return width > 40 ? width - 20 : 20; }

// Who does not take part, and why: one line for each reason.
std::string absent_text(const farm& of, const spread& by, std::size_t width) {
  std::vector<bool> takes_part(of.of->servers.size(), false);
  for (const auto& row : by.rows) takes_part[row.server] = true;
  std::string down, weightless, reserve;
  for (server_index s = 0; s < takes_part.size(); ++s) {
    if (takes_part[s]) continue;
    std::string& to = of.chooser->weight(s) == 0 ? weightless : of.chooser->usable(s) ? reserve : down;
    to += (to.empty() ? "" : ", ") + fitted(of.server(s), short_of(width));
  }
  std::string out;
  const auto line = [&](std::string_view label, const std::string& names) {
    if (!names.empty()) out += fmt::format("{}{}\n", label, wrapped(names, label.size(), 2, width));
  };
  line("down: ", down);
  line("weight 0, no keys: ", weightless);
  line("backup, not in use: ", reserve);
  return out;
}

std::string size_text(const ring_report& of) {
  const auto servers = of.by.rows.size();
  const std::string count = fmt::format("{} server{}", servers, servers == 1 ? "" : "s");
  const std::string due = servers > 1 && equal_dues(of.by) ? fmt::format(", {:.1f} % due to each", 100 * of.by.rows[0].due) : "";
  switch (of.of->chooser->rules().method) {
    case hash_method::consistent: return fmt::format("{} on {} points of the ring{}", count, of.by.points, due);
    case hash_method::map_based: return fmt::format("{} in a table of {} slots{}", count, of.by.points, due);
    case hash_method::maglev: return fmt::format("{} in a Maglev table of {} slots{}", count, of.by.points, due);
    case hash_method::rendezvous: break;
  }
  return count + ", each drawing a number for every key: no table" + due;
}

std::string caution(const ring_report& of) {
  const auto& rules = of.of->chooser->rules();
  if (rules.kind == balance::algorithm::source && !rules.avalanche && rules.method == hash_method::consistent)
    return "without avalanche an address is its own hash: neighbouring clients stand side by side on the ring and go to one "
           "server; write 'hash-type consistent' alone";
  if (rules.method == hash_method::consistent && of.by.rows.size() > 1 && of.by.deviation > 0.1) {
    const bool few = std::all_of(of.by.rows.begin(), of.by.rows.end(), [](const share_row& r) { return r.weight < 50; });
    if (few) return "a server has sixteen points for each unit of weight: 'weight 100' on every line makes the shares even";
  }
  if (rules.method == hash_method::map_based && of.by.rows.size() > 1)
    return "a table is even, but moves most keys whenever a server comes or goes: 'hash-type consistent' does not";
  return {};
}

std::vector<server_index> in_order(const spread& by, std::size_t most) {
  std::vector<server_index> out;
  for (const auto& row : by.rows)
    if (out.size() < most) out.push_back(row.server);
  return out;
}

// All of a small backend, else the few with the largest shares.
std::vector<server_index> worth_showing(const spread& by) {
  if (by.rows.size() <= losses_in_text) return in_order(by, losses_in_text);
  auto rows = by.rows;
  std::sort(rows.begin(), rows.end(), [](const share_row& a, const share_row& b) {
    return a.share != b.share ? a.share > b.share : a.server < b.server;
  });
  std::vector<server_index> out;
  for (std::size_t i = 0; i < 3; ++i) out.push_back(rows[i].server);
  return out;
}

// As many heirs as a line holds, largest first.
std::string heirs_text(const loss& of, const std::vector<std::string>& names, std::size_t room) {
  if (of.heirs.empty()) return "nobody: no server is left";
  std::string out;
  for (std::size_t h = 0; h < of.heirs.size(); ++h) {
    const std::string one = fmt::format("{}{} {:.1f} %", h == 0 ? "" : ", ", names[of.heirs[h].first], 100 * of.heirs[h].second);
    const std::size_t left = of.heirs.size() - h - 1;
    const std::size_t more = left == 0 ? 0 : fmt::format(", {} more", left).size();
    if (h > 0 && columns_of(out) + columns_of(one) + more > room) return out + fmt::format(", {} more", left + 1);
    out += one;
  }
  return out;
}

void losses_text(std::string& out, const ring_report& of, std::size_t width) {
  if (of.losses.empty()) return;
  const bool all = of.losses.size() == of.by.rows.size();
  const auto names = labels_of(*of.of, std::min(longest_name, width / 3));
  std::size_t name = 6;
  for (const auto& each : of.losses) name = std::max(name, columns_of(names[each.lost]));
  // Heirs by their letters of the legend when their names would leave room for one only.
  const bool letters = name > 12 && of.by.rows.size() <= most_letters;
  auto heirs_names = names;
  for (std::size_t r = 0; letters && r < of.by.rows.size(); ++r) heirs_names[of.by.rows[r].server] = std::string(1, letter_of(r));
  out += fmt::format("\nIf {} is lost, its keys go to{}:\n", all ? "a server" : "one of the largest", letters ? " (letters as above)" : "");
  const std::size_t begin = 2 + (letters ? 2 : 0) + name + 1 + 7 + 4;
  for (const auto& each : of.losses) {
    const std::string needless = each.needless > 0.0005 ? fmt::format("; {:.1f} % of other servers' keys move too", 100 * each.needless) : "";
    out += fmt::format("  {}{} {:5.1f} % -> ", letters ? heirs_names[each.lost] + " " : "", padded(names[each.lost], name), 100 * each.share);
    const std::string heirs = heirs_text(each, heirs_names, (width > begin + 10 ? width - begin : 10) - (needless.empty() ? 0 : 1));
    out += wrapped(heirs + needless, begin, begin, width) + "\n";
  }
  if (of.losses.size() < of.by.rows.size()) out += fmt::format("  ... and {} more: --json tells of all\n", of.by.rows.size() - of.losses.size());
}

void traffic_text(std::string& out, const ring_report& of, std::size_t width) {
  const auto& seen = *of.seen;
  if (seen.total() == 0) return;
  const auto all = static_cast<double>(seen.total());
  out += fmt::format("\nTraffic: {} requests with {} keys\n", seen.total(), seen.distinct());
  const auto names = labels_of(*of.of, std::min<std::size_t>(longest_name, width > 66 ? width - 56 : 10));
  std::size_t name = 6;
  for (const auto& row : of.by.rows) name = std::max(name, columns_of(names[row.server]));
  for (const auto& row : of.by.rows) {
    const auto requests = seen.requests()[row.server];
    out += fmt::format("  {} {:>9} requests {:5.1f} % of {:4.1f} %, {:>8} keys\n", padded(names[row.server], name), requests,
                       100 * static_cast<double>(requests) / all, 100 * row.due, seen.keys()[row.server]);
  }
  out += "  " + wrapped(fmt::format("the busiest has {:.2f} times its due; without the {} hottest keys {:.2f} times", seen.imbalance(),
                                    std::min<std::uint64_t>(hottest_shown, seen.distinct()), seen.imbalance(hottest_shown)), 2, 2, width) + "\n";
  out += "  hottest keys:\n";
  for (const auto& hot : seen.hottest(hottest_shown)) {
    const std::string begin = fmt::format("  {:>9} {:5.1f} % {}  ", hot.requests, 100 * static_cast<double>(hot.requests) / all,
                                          padded(names[hot.server], name));
    const std::size_t used = columns_of(begin);
    out += begin + fitted(printable(hot.key), width > used + 12 ? width - used : 12) + "\n";
  }
  if (!of.bounded) {
    out += "  hash-balance-factor has no effect on map-based hashing\n";
    return;
  }
  const auto& b = *of.bounded;
  out += "  " + wrapped(fmt::format("with hash-balance-factor {} and {} requests at a time the busiest has {:.2f} times its due; {:.1f} % of "
                                    "the requests go elsewhere than their key", b.factor, b.at_once, b.imbalance,
                                    100 * static_cast<double>(b.diverted) / all), 2, 2, width) + "\n";
}

}  // namespace

ring_report report_on(const farm& of, const traffic* seen, unsigned at_once, losses_wanted which, const step_listener& told) {
  ring_report out;
  out.of = &of;
  out.by = spread_of(of);
  out.seen = seen;
  if (!of.hashes()) return out;
  const auto lost = which == losses_wanted::all ? in_order(out.by, losses_shown(of)) : worth_showing(out.by);
  if (out.by.rows.size() > 1) {
    const auto spare = of.fresh();
    for (const server_index each : lost) {
      if (told) told(out.losses.size(), lost.size());
      out.losses.push_back(loss_of(of, each, *spare));
    }
  }
  const auto& rules = of.chooser->rules();
  if (seen != nullptr && seen->total() > 0 && rules.method != hash_method::map_based)
    out.bounded = seen->under(rules.balance_factor != 0 ? rules.balance_factor : 125, at_once);
  return out;
}

std::string text_of(const ring_report& of, const picture_style& how) {
  const auto& rules = of.of->chooser->rules();
  std::string out = wrapped(fmt::format("backend {}: {}", fitted(of.of->name(), short_of(how.width)), algorithm_text(rules)), 0, 2, how.width) + "\n";
  out += absent_text(*of.of, of.by, how.width);
  if (of.by.rows.empty()) return out + "no server is up\n";
  if (!of.of->hashes()) {
    out += wrapped(fmt::format("There is no ring: {}.", what_it_does(rules.kind)), 0, 0, how.width) + "\n";
    const auto names = labels_of(*of.of, how.width > 50 ? how.width - 42 : 10);
    std::size_t name = 16;
    for (const auto& row : of.by.rows) name = std::max(name, columns_of(names[row.server]));
    for (const auto& row : of.by.rows)
      out += fmt::format("  {} weight {:>3}, due {:5.1f} % of the requests\n", padded(names[row.server], name), row.weight, 100 * row.due);
    return out;
  }
  out += wrapped(size_text(of), 0, 2, how.width) + "\n\n" + picture(*of.of, of.by, how);
  if (of.by.rows.size() > 1 && of.by.deviation >= 0.0005) {
    const auto worst = std::find_if(of.by.rows.begin(), of.by.rows.end(), [&](const share_row& r) { return r.server == of.by.worst; });
    out += "\n" + wrapped(fmt::format("Largest deviation: {} has {:.1f} % {} than its weight's due", fitted(of.of->server(of.by.worst), short_of(how.width)),
                                      100 * of.by.deviation, worst->off() < 0 ? "less" : "more"), 0, 2, how.width) + "\n";
  }
  losses_text(out, of, how.width);
  if (of.seen != nullptr) traffic_text(out, of, how.width);
  if (const auto said = caution(of); !said.empty()) out += "\n" + wrapped(fmt::format("Note: {}.", said), 0, 6, how.width) + "\n";
  return out;
}

void write(json& out, const ring_report& of) {
  const auto& rules = of.of->chooser->rules();
  out.open_object().pair("backend", of.of->name()).pair("algorithm", algorithm_name(rules)).pair("rule", algorithm_text(rules));
  out.key("hash_type");
  if (of.of->hashes())
    out.value(hash_type_name(rules.method)).pair("hash_function", function_name(rules)).pair("avalanche", rules.avalanche);
  else
    out.null().pair("instead", what_it_does(rules.kind));
  if (of.of->hashes()) {
    out.pair("points", of.by.points).pair("largest_over_due", of.by.most).pair("largest_deviation", of.by.deviation);
    out.key("deviating_server").text_or_null(of.by.worst == balance::no_server ? std::string() : of.of->server(of.by.worst));
  }
  out.key("servers").open_array();
  for (const auto& row : of.by.rows) {
    const auto& server = of.of->of->servers[row.server];
    out.open_object().pair("name", server.name).pair("address", address_text(server)).pair("id", server.id).pair("weight", row.weight);
    out.pair("share", row.share).pair("due", row.due).pair("deviation", row.off()).pair("points", row.points).close_object();
  }
  out.close_array();
  out.key("down").open_array();
  for (server_index s = 0; s < of.of->of->servers.size(); ++s)
    if (!of.of->chooser->usable(s)) out.value(of.of->server(s));
  out.close_array();
  if (of.of->hashes()) {
    out.key("losses").open_array();
    for (const auto& each : of.losses) {
      out.open_object().pair("server", of.of->server(each.lost)).pair("share", each.share).pair("needless", each.needless);
      out.pair("error", each.error).key("heirs").open_array();
      for (const auto& [heir, share] : each.heirs)
        out.open_object().pair("server", of.of->server(heir)).pair("share", share).close_object();
      out.close_array().close_object();
    }
    out.close_array();
    out.key("note").text_or_null(caution(of));
  }
  if (of.seen != nullptr) {
    const auto& seen = *of.seen;
    out.key("traffic").open_object().pair("requests", seen.total()).pair("keys", seen.distinct());
    out.pair("imbalance", seen.imbalance()).pair("imbalance_without_hottest", seen.imbalance(hottest_shown));
    out.key("servers").open_array();
    for (const auto& row : of.by.rows)
      out.open_object().pair("name", of.of->server(row.server)).pair("requests", seen.requests()[row.server])
          .pair("keys", seen.keys()[row.server]).close_object();
    out.close_array().key("hottest").open_array();
    for (const auto& hot : seen.hottest(hottest_shown))
      out.open_object().pair("key", hot.key).pair("requests", hot.requests).pair("server", of.of->server(hot.server)).close_object();
    out.close_array().key("hash_balance_factor");
    if (of.bounded)
      out.open_object().pair("factor", of.bounded->factor).pair("at_once", of.bounded->at_once)
          .pair("imbalance", of.bounded->imbalance).pair("diverted", of.bounded->diverted).close_object();
    else
      out.null();
    out.close_object();
  }
  out.close_object();
}

}  // namespace ringway::explain

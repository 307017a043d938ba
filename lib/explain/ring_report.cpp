#include "explain/ring_report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr std::size_t heirs_in_text = 6, losses_in_text = 12, hottest_shown = 10;

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

std::string names_of_down(const farm& of) {
  std::string out;
  for (server_index s = 0; s < of.of->servers.size(); ++s)
    if (!of.chooser->usable(s)) out += (out.empty() ? "" : ", ") + of.server(s);
  return out;
}

std::string size_text(const ring_report& of) {
  const auto servers = of.by.rows.size();
  const std::string count = fmt::format("{} server{}", servers, servers == 1 ? "" : "s");
  switch (of.of->chooser->rules().method) {
    case hash_method::consistent: return fmt::format("{} on {} points of the ring", count, of.by.points);
    case hash_method::map_based: return fmt::format("{} in a table of {} slots", count, of.by.points);
    case hash_method::maglev: return fmt::format("{} in a Maglev table of {} slots", count, of.by.points);
    case hash_method::rendezvous: break;
  }
  return count + ", each drawing a number for every key: no table";
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

void losses_text(std::string& out, const ring_report& of) {
  if (of.losses.empty()) return;
  out += "\nIf a server is lost, its keys go to:\n";
  std::size_t name = 6;
  for (const auto& each : of.losses) name = std::max(name, of.of->server(each.lost).size());
  const std::size_t shown = std::min(of.losses.size(), losses_in_text);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& each = of.losses[i];
    std::string heirs;
    for (std::size_t h = 0; h < std::min(each.heirs.size(), heirs_in_text); ++h)
      heirs += fmt::format("{}{} {:.1f} %", h == 0 ? "" : ", ", of.of->server(each.heirs[h].first), 100 * each.heirs[h].second);
    if (each.heirs.size() > heirs_in_text) heirs += fmt::format(", {} more", each.heirs.size() - heirs_in_text);
    if (each.heirs.empty()) heirs = "nobody: no server is left";
    out += fmt::format("  {:<{}} {:5.1f} % -> {}", of.of->server(each.lost), name, 100 * each.share, heirs);
    if (each.needless > 0.0005)
      out += fmt::format("; {:.1f} % of other servers' keys move too", 100 * each.needless);
    out += "\n";
  }
  if (shown < of.by.rows.size()) out += fmt::format("  ... and {} more: --json tells of all\n", of.by.rows.size() - shown);
}

void traffic_text(std::string& out, const ring_report& of) {
  const auto& seen = *of.seen;
  if (seen.total() == 0) return;
  const auto all = static_cast<double>(seen.total());
  out += fmt::format("\nTraffic: {} requests with {} keys\n", seen.total(), seen.distinct());
  std::size_t name = 6;
  for (const auto& row : of.by.rows) name = std::max(name, of.of->server(row.server).size());
  for (const auto& row : of.by.rows) {
    const auto requests = seen.requests()[row.server];
    out += fmt::format("  {:<{}} {:>9} requests {:5.1f} % of {:4.1f} %, {:>8} keys\n", of.of->server(row.server), name, requests,
                       100 * static_cast<double>(requests) / all, 100 * row.due, seen.keys()[row.server]);
  }
  out += fmt::format("  the busiest has {:.2f} times its due; without the {} hottest keys {:.2f} times\n", seen.imbalance(),
                     std::min<std::uint64_t>(hottest_shown, seen.distinct()), seen.imbalance(hottest_shown));
  out += "  hottest keys:\n";
  for (const auto& hot : seen.hottest(hottest_shown))
    out += fmt::format("  {:>9} {:5.1f} % {:<{}}  {}\n", hot.requests, 100 * static_cast<double>(hot.requests) / all,
                       of.of->server(hot.server), name, printable(hot.key));
  if (!of.bounded) {
    out += "  hash-balance-factor has no effect on map-based hashing\n";
    return;
  }
  const auto& b = *of.bounded;
  out += fmt::format("  with hash-balance-factor {} and {} requests at a time the busiest has {:.2f} times its due; {:.1f} % of the "
                     "requests go elsewhere than their key\n",
                     b.factor, b.at_once, b.imbalance, 100 * static_cast<double>(b.diverted) / all);
}

}  // namespace

ring_report report_on(const farm& of, const traffic* seen, unsigned at_once) {
  ring_report out;
  out.of = &of;
  out.by = spread_of(of);
  out.seen = seen;
  if (!of.hashes()) return out;
  const auto shown = losses_shown(of);
  if (out.by.rows.size() > 1)
    for (const auto& row : out.by.rows)
      if (out.losses.size() < shown) out.losses.push_back(loss_of(of, row.server));
  const auto& rules = of.chooser->rules();
  if (seen != nullptr && seen->total() > 0 && rules.method != hash_method::map_based)
    out.bounded = seen->under(rules.balance_factor != 0 ? rules.balance_factor : 125, at_once);
  return out;
}

std::string text_of(const ring_report& of, const picture_style& how) {
  const auto& rules = of.of->chooser->rules();
  std::string out = fmt::format("backend {}: {}\n", of.of->name(), algorithm_text(rules));
  if (const auto down = names_of_down(*of.of); !down.empty()) out += fmt::format("down: {}\n", down);
  if (of.by.rows.empty()) return out + "no server is up\n";
  if (!of.of->hashes()) {
    out += fmt::format("There is no ring: {}.\n", what_it_does(rules.kind));
    for (const auto& row : of.by.rows)
      out += fmt::format("  {:<16} weight {:>3}, due {:5.1f} % of the requests\n", of.of->server(row.server), row.weight, 100 * row.due);
    return out;
  }
  out += size_text(of) + "\n\n" + picture(*of.of, of.by, how);
  if (of.by.rows.size() > 1)
    out += fmt::format("\nLargest deviation: {} has {:.1f} % {} than its weight's due\n", of.of->server(of.by.worst),
                       100 * of.by.deviation,
                       std::find_if(of.by.rows.begin(), of.by.rows.end(), [&](const share_row& r) { return r.server == of.by.worst; })
                                   ->off() < 0
                           ? "less"
                           : "more");
  losses_text(out, of);
  if (of.seen != nullptr) traffic_text(out, of);
  if (const auto said = caution(of); !said.empty()) out += fmt::format("\nNote: {}.\n", said);
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

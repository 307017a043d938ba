#include "explain/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "explain/flows.hpp"
#include "explain/site.hpp"

namespace ringway::explain {
namespace {

using balance::chooser;
using balance::hash_method;
using clock = std::chrono::steady_clock;

balance::settings by_uri(hash_method method) {
  balance::settings rules;
  rules.kind = balance::algorithm::uri;
  rules.method = method;
  rules.avalanche = method == hash_method::consistent;
  return rules;
}

// Keys that move although the server they had is in both.
double needless(const movement& of, const std::vector<server_index>& same, const std::vector<double>& after_new) {
  double out = 0;
  for (const auto& each : of.flows) {
    const bool stayed = each.from != balance::no_server && same[each.from] != balance::no_server && of.after[same[each.from]] > 0;
    const bool to_new = each.to != balance::no_server && after_new[each.to] > 0;
    if (stayed && !to_new) out += each.share;
  }
  return out;
}

}  // namespace

std::vector<balance::server_facts> equal_servers(std::size_t count, unsigned weight) {
  std::vector<balance::server_facts> out(count);
  for (auto& each : out) each.weight = weight;
  balance::assign_ids(out);
  return out;
}

measured measure(hash_method method, const std::vector<balance::server_facts>& facts) {
  measured out;
  out.method = method;
  out.servers = facts.size();
  const bool alike = std::all_of(facts.begin(), facts.end(), [&](const auto& each) { return each.weight == facts[0].weight; });
  out.weight = facts.empty() ? 1 : alike ? facts[0].weight : 0;
  const auto rules = by_uri(method);
  chooser now(rules, facts, false);
  const auto shares = now.shares();
  double total = 0;
  for (const auto& each : facts) total += each.weight;
  for (std::size_t s = 0; s < facts.size(); ++s)
    if (facts[s].weight > 0) out.most = std::max(out.most, shares[s] * total / facts[s].weight);
  out.bytes = now.table_bytes();

  std::vector<server_index> same(facts.size());
  std::iota(same.begin(), same.end(), server_index{0});
  const std::vector<double> nobody(facts.size() + 1, 0);
  const server_index victims[] = {0, static_cast<server_index>(facts.size() / 2), static_cast<server_index>(facts.size() - 1)};
  for (const auto victim : victims) {
    chooser without(rules, facts, false);
    const auto begin = clock::now();
    without.set_usable(victim, false);
    out.change_ms += std::chrono::duration<double, std::milli>(clock::now() - begin).count() / std::size(victims);
    if (method == hash_method::rendezvous) {  // every server draws for itself: who is left keeps what it had
      out.lost += shares[victim] / std::size(victims);
      continue;
    }
    const auto moved = movement_of(now, without, same);
    out.lost += moved.moved / std::size(victims);
    out.lost_needless += needless(moved, same, nobody) / std::size(victims);
  }
  auto more = facts;
  more.emplace_back();
  more.back().weight = facts.back().weight;
  balance::assign_ids(more);
  chooser larger(rules, more, false);
  if (method == hash_method::rendezvous) {
    out.added = larger.shares().back();
  } else {
    const auto moved = movement_of(now, larger, same);
    auto fresh = nobody;
    fresh.back() = 1;
    out.added = moved.moved;
    out.added_needless = needless(moved, same, fresh);
  }

  std::vector<std::string> targets;
  lot names(7);
  for (int i = 0; i < 4096; ++i) targets.push_back(fmt::format("/{:x}", names.number()));
  balance::request_facts facts_of_request;
  facts_of_request.method = "GET";
  // The quickest of many short runs: what others do on the machine only ever adds.
  std::uint64_t sum = 0;
  for (const auto begin = clock::now(); clock::now() - begin < std::chrono::milliseconds(25);) {
    constexpr int picks = 1024;
    const auto from = clock::now();
    for (int i = 0; i < picks; ++i) {
      facts_of_request.target = targets[(sum + static_cast<std::uint64_t>(i)) % targets.size()];
      sum += now.pick(facts_of_request);
    }
    const double ns = std::chrono::duration<double, std::nano>(clock::now() - from).count() / picks;
    out.pick_ns = out.pick_ns == 0 ? ns : std::min(out.pick_ns, ns);
  }
  return out;
}

std::string table_of(const std::vector<measured>& rows) {
  std::string out =
      "                  largest  % of the keys that move when a server      ns     ms\n"
      "                    share        is lost         is added            per    per\n"
      "hash-type  weight  of due    all needless    all needless   memory choice change\n";
  std::size_t before = 0;
  for (const auto& each : rows) {
    if (before != each.servers) out += fmt::format("\n{} server{}\n", each.servers, each.servers == 1 ? "" : "s");
    before = each.servers;
    const auto memory = each.bytes < 10240          ? fmt::format("{} B", each.bytes)
                        : each.bytes < 10240 * 1024 ? fmt::format("{} KiB", each.bytes / 1024)
                                                    : fmt::format("{} MiB", each.bytes / 1024 / 1024);
    out += fmt::format("  {:<10} {:>4} {:>7.4f} {:>6.2f} {:>8.2f} {:>6.2f} {:>8.2f} {:>8} {:>6.0f} {:>6.2f}\n", hash_type_name(each.method),
                       each.weight == 0 ? "own" : fmt::format("{}", each.weight), each.most, 100 * each.lost, 100 * each.lost_needless,
                       100 * each.added, 100 * each.added_needless, memory, each.pick_ns, each.change_ms);
  }
  return out;
}

void write(json& out, const std::vector<measured>& rows) {
  out.open_array();
  for (const auto& each : rows)
    out.open_object().pair("servers", each.servers).pair("hash_type", hash_type_name(each.method)).pair("weight", each.weight).pair("largest_over_due", each.most)
        .pair("lost_moves", each.lost).pair("lost_needless", each.lost_needless).pair("added_moves", each.added)
        .pair("added_needless", each.added_needless).pair("bytes", each.bytes).pair("ns_per_choice", each.pick_ns)
        .pair("ms_per_change", each.change_ms).close_object();
  out.close_array();
}

}  // namespace ringway::explain

#include "explain/flows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ringway::explain {
namespace {

using balance::chooser;
using balance::hash_method;
using balance::no_server;
using balance::settings;

// Amounts of keys by their server before and after.
class ledger {
 public:
  ledger(const chooser& before, const chooser& after, const std::vector<server_index>& same)
      : before_(before.size(), 0), after_(after.size(), 0), same_(same), width_(after.size() + 1) {}

  void add(server_index from, server_index to, double share) {
    const std::uint64_t at = (from == no_server ? before_.size() : from) * width_ + (to == no_server ? width_ - 1 : to);
    if (!amounts_.empty() && amounts_.back().at == at) {
      amounts_.back().share += share;
      return;
    }
    if (amounts_.size() >= room_) {
      sum_up();
      room_ = std::max(room_, 2 * amounts_.size());
    }
    amounts_.push_back({at, share});
  }

  movement close(double whole) {
    sum_up();
    movement out;
    for (const auto& [at, amount] : amounts_) {
      const double share = amount / whole;
      const auto from = static_cast<server_index>(at / width_), to = static_cast<server_index>(at % width_);
      if (from < before_.size()) before_[from] += share;
      if (to < after_.size()) after_[to] += share;
      const auto stays = from < before_.size() ? same_[from] : no_server;
      if (to < after_.size() ? stays == to : from == before_.size()) continue;
      out.moved += share;
      out.flows.push_back({from < before_.size() ? from : no_server, to < after_.size() ? to : no_server, share});
    }
    std::sort(out.flows.begin(), out.flows.end(), [](const flow& a, const flow& b) {
      return a.share != b.share ? a.share > b.share : std::pair(a.from, a.to) < std::pair(b.from, b.to);
    });
    // Whoever has less than before must give that much away.
    for (server_index s = 0; s < before_.size(); ++s)
      out.least += std::max(0.0, before_[s] - (same_[s] == no_server ? 0.0 : after_[same_[s]]));
    out.least = std::min(out.least, out.moved);
    out.before = before_;
    out.after = after_;
    return out;
  }

 private:
  struct entry {
    std::uint64_t at;  // the pair of servers
    double share;
  };
  // One entry for each pair, in order. Written down first and sorted then: a million pairs are no rarity.
  void sum_up() {
    std::sort(amounts_.begin(), amounts_.end(), [](const entry& a, const entry& b) { return a.at < b.at; });
    std::size_t kept = 0;
    for (const entry& each : amounts_) {
      if (kept > 0 && amounts_[kept - 1].at == each.at)
        amounts_[kept - 1].share += each.share;
      else
        amounts_[kept++] = each;
    }
    amounts_.resize(kept);
  }

  std::vector<double> before_, after_;
  const std::vector<server_index>& same_;
  std::uint64_t width_;
  std::vector<entry> amounts_;
  std::size_t room_ = std::size_t{1} << 16;
};

bool same_hash(const settings& a, const settings& b) {
  if (balance::is_wide(a.method) != balance::is_wide(b.method)) return false;
  return balance::is_wide(a.method) || (a.function == b.function && a.avalanche == b.avalanche);
}

void lay_side_by_side(ledger& into, const std::vector<balance::ring_arc>& a, const std::vector<balance::ring_arc>& b) {
  std::size_t i = 0, j = 0;
  std::uint64_t at = 0;
  while (i < a.size() && j < b.size()) {
    const auto end_a = a[i].begin + a[i].length, end_b = b[j].begin + b[j].length;
    const auto end = std::min(end_a, end_b);
    into.add(a[i].owner, b[j].owner, static_cast<double>(end - at));
    at = end;
    if (end_a == end) ++i;
    if (end_b == end) ++j;
  }
}

// Keys before and after have nothing to do with each other: each is placed anew.
movement placed_anew(ledger& into, const chooser& before, const chooser& after) {
  const auto a = before.shares(), b = after.shares();
  for (server_index s = 0; s < a.size(); ++s)
    for (server_index t = 0; t < b.size(); ++t)
      if (a[s] > 0 && b[t] > 0) into.add(s, t, a[s] * b[t]);
  auto out = into.close(1);
  out.how = "exact on average: the key is another one, so every request is placed anew";
  return out;
}

}  // namespace

bool same_key(const settings& a, const settings& b) {
  return a.kind == b.kind && a.name == b.name && a.use_domain_only == b.use_domain_only && a.uri_len == b.uri_len &&
         a.uri_depth == b.uri_depth && a.uri_whole == b.uri_whole && a.uri_path_only == b.uri_path_only;
}

std::uint64_t lot::number() {  // splitmix64
  std::uint64_t z = seed_ += 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void lot::draw() {
  auto drawn = number();
  facts_.source.kind = family::v4;
  for (std::size_t i = 0; i < 4; ++i) facts_.source.bytes[i] = static_cast<std::uint8_t>(drawn >> 8 * i);
  text_.assign("/");
  for (; drawn != 0; drawn >>= 5) text_.push_back("abcdefghijklmnopqrstuvwxyz012345"[drawn & 31]);
}

balance::key_result lot::key(const settings& rules) const {
  if (rules.kind == balance::algorithm::source) return balance::key_of(rules, facts_);
  return balance::keyed(rules, text_);
}

movement movement_of(chooser& before, chooser& after, const std::vector<server_index>& same) {
  ledger into(before, after, same);
  const auto& a = before.rules();
  const auto& b = after.rules();
  if (!same_key(a, b)) return placed_anew(into, before, after);
  const bool comparable = same_hash(a, b);
  if (comparable && a.method == hash_method::consistent && b.method == hash_method::consistent && before.any_usable() &&
      after.any_usable()) {
    lay_side_by_side(into, before.arcs(), after.arcs());
    auto out = into.close(4294967296.0);
    out.how = "exact over all hashes";
    return out;
  }
  if (comparable && a.method == b.method && (a.method == hash_method::map_based || a.method == hash_method::maglev)) {
    const auto x = before.points(), y = after.points();
    const auto steps = x.empty() || y.empty() ? 0 : std::lcm<std::uint64_t>(x.size(), y.size());
    if (steps != 0 && steps <= std::uint64_t{1} << 20) {
      for (std::uint64_t i = 0; i < steps; ++i) into.add(x[i % x.size()].owner, y[i % y.size()].owner, 1);
      auto out = into.close(static_cast<double>(steps));
      out.how = "exact over all slots";
      return out;
    }
  }
  const bool slow = (a.method == hash_method::rendezvous || b.method == hash_method::rendezvous) && before.size() > 20;
  const std::uint64_t draws = slow ? 200'000 : 1'000'000;
  lot keys;
  for (std::uint64_t i = 0; i < draws; ++i) {
    keys.draw();
    const auto from = before.place(keys.key(a));
    into.add(from, after.place(keys.key(b)), 1);
  }
  auto out = into.close(static_cast<double>(draws));
  out.error = 2 * std::sqrt(std::max(out.moved * (1 - out.moved), 1e-6) / static_cast<double>(draws));
  out.how = slow ? "drawn by lot, 200,000 keys" : "drawn by lot, 1,000,000 keys";
  return out;
}

}  // namespace ringway::explain

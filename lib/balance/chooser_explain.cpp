// Answers about the chooser for people and tools: may allocate, never changes anything.
#include <algorithm>
#include <cmath>

#include "balance/chooser.hpp"
#include "balance/chooser_state.hpp"

namespace ringway::balance {
namespace {

ring_point plain(const ring::point& p) { return {p.key, p.owner, p.number}; }

// Part of the 2^32 hashes that each owner takes. Between two neighbouring keys the earlier one takes its own
// half and the middle; a hash equal to a key goes to the first inserted of the points there.
void add_shares(const ring& points, std::vector<double>& shares) {
  constexpr double whole = 4294967296.0;
  const auto n = points.size();
  std::size_t begin = 0;
  while (begin < n) {
    std::size_t last = begin;
    while (last + 1 < n && points[last + 1].key == points[begin].key) ++last;
    const std::size_t follower = last + 1 == n ? 0 : last + 1;
    const bool only = begin == 0 && last + 1 == n;
    const double gap = only ? whole : static_cast<double>(points[follower].key - points[begin].key);
    const double half = std::floor(gap / 2);
    shares[points[last].owner] += half / whole;
    shares[points[only ? last : begin].owner] += 1 / whole;
    shares[points[follower].owner] += (gap - half - 1) / whole;
    begin = last + 1;
  }
}

}  // namespace

explanation chooser::explain(std::uint32_t hash) const {
  explanation told;
  const auto& my = *state_;
  const published<line_up>::reading now(*my.shown);
  std::vector<bool> listed(my.servers.size(), false);
  const auto list = [&](server_index s) {
    if (!listed[s]) told.order.push_back(s);
    listed[s] = true;
  };
  if (my.on_ring) {
    if (now->in_use == line_up::group::none) return told;
    if (now->in_use == line_up::group::first_backup) {
      told.owner = now->first_backup;
      list(told.owner);
      return told;
    }
    told.ring = true;
    const auto& points = now->points();
    const auto n = points.first_at_or_after(hash), p = points.before(n), nearest = points.nearest(hash);
    told.before = plain(points[p]);
    told.after = plain(points[n]);
    told.distance_before = hash - points[p].key;
    told.distance_after = points[n].key - hash;
    told.owner = points[nearest].owner;
    for (std::size_t i = 0; i < points.size() && told.order.size() < now->count; ++i)
      list(points[(nearest + i) % points.size()].owner);
  } else if (my.on_map && !now->slots->empty()) {
    const auto& slots = *now->slots;
    told.slot = static_cast<std::uint32_t>(hash % slots.size());
    told.owner = slots[told.slot];
    for (std::size_t i = 0; i < slots.size() && told.order.size() < now->count; ++i)
      list(slots[(told.slot + i) % slots.size()]);
  }
  return told;
}

std::vector<ring_point> chooser::points() const {
  std::vector<ring_point> all;
  const auto& my = *state_;
  const published<line_up>::reading now(*my.shown);
  if (my.on_ring && now->in_use != line_up::group::none) {
    all.reserve(now->points().size());
    for (const auto& p : now->points().points()) all.push_back(plain(p));
  } else if (my.on_map) {
    for (const auto s : *now->slots) all.push_back({static_cast<std::uint32_t>(all.size()), s, 0});
  }
  return all;
}

std::vector<double> chooser::shares() const {
  const auto& my = *state_;
  std::vector<double> shares(my.servers.size(), 0.0);
  const published<line_up>::reading now(*my.shown);
  if (now->in_use == line_up::group::none) return shares;
  if (my.on_map) {
    for (const auto s : *now->slots) shares[s] += 1.0 / static_cast<double>(now->slots->size());
  } else if (now->in_use == line_up::group::first_backup) {
    shares[now->first_backup] = 1.0;
  } else if (my.on_ring) {
    add_shares(now->points(), shares);
  } else {
    for (server_index s = 0; s < my.servers.size(); ++s)
      if (my.servers[s].kind() == now->kind())
        shares[s] = my.counts[s].effective.load() / static_cast<double>(now->total);
  }
  return shares;
}

}  // namespace ringway::balance

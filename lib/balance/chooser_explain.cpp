// Answers about the chooser for people and tools: may allocate, never changes anything.
#include <algorithm>

#include "balance/chooser.hpp"
#include "balance/chooser_state.hpp"

namespace ringway::balance {
namespace {

ring_point plain(const ring::point& p) { return {p.key, p.owner, p.number}; }

// Between two neighbouring keys the earlier one takes its own half and the middle; a hash equal to a key goes to the
// first inserted of the points there.
std::vector<ring_arc> arcs_of(const ring& points) {
  constexpr std::uint64_t whole = std::uint64_t{1} << 32;
  std::vector<ring_arc> found;
  const auto add = [&found](std::uint64_t begin, std::uint64_t length, server_index owner) {
    if (length == 0) return;
    begin %= whole;
    const auto first = std::min(length, whole - begin);
    found.push_back({static_cast<std::uint32_t>(begin), first, owner});
    if (first < length) found.push_back({0, length - first, owner});
  };
  const auto n = points.size();
  std::size_t begin = 0;
  while (begin < n) {
    std::size_t last = begin;
    while (last + 1 < n && points[last + 1].key == points[begin].key) ++last;
    const std::size_t follower = last + 1 == n ? 0 : last + 1;
    const bool only = begin == 0 && last + 1 == n;
    const std::uint64_t key = points[begin].key;
    const std::uint64_t gap = only ? whole : std::uint64_t{points[follower].key - points[begin].key};
    add(key, 1, points[only ? last : begin].owner);
    add(key + 1, gap / 2, points[last].owner);
    add(key + 1 + gap / 2, gap - gap / 2 - 1, points[follower].owner);
    begin = last + 1;
  }
  // In order already, but for those behind the end of the circle, which are its beginning.
  std::rotate(found.begin(),
              std::is_sorted_until(found.begin(), found.end(),
                                   [](const ring_arc& a, const ring_arc& b) { return a.begin < b.begin; }),
              found.end());
  std::vector<ring_arc> joined;
  for (const auto& each : found) {
    if (!joined.empty() && joined.back().owner == each.owner)
      joined.back().length += each.length;
    else
      joined.push_back(each);
  }
  return joined;
}

}  // namespace

explanation chooser::explain(std::uint32_t hash) const { return explain(key_result{true, hash, {}, 0}); }

explanation chooser::explain(const key_result& key) const {
  using place = explanation::place;
  const auto hash = key.hash;
  explanation told;
  const auto& my = *state_;
  const published<line_up>::reading now(*my.shown);
  std::vector<bool> listed(my.servers.size(), false);
  const auto list = [&](server_index s) {
    if (!listed[s]) told.order.push_back(s);
    listed[s] = true;
  };
  if (now->in_use == line_up::group::none) return told;
  if ((my.on_ring || my.on_wide) && now->in_use == line_up::group::first_backup) {
    told.on = place::only_one;
    told.owner = now->first_backup;
    list(told.owner);
    return told;
  }
  if (my.on_wide && now->contest) {
    told.on = place::rendezvous;
    told.order = now->contest->order(key.wide);
    told.owner = told.order.front();
  } else if (my.on_ring) {
    told.on = place::ring;
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
  } else if ((my.on_map || my.on_wide) && !now->slots->empty()) {
    const auto& slots = *now->slots;
    told.on = my.on_wide ? place::maglev : place::map;
    told.slots = static_cast<std::uint32_t>(slots.size());
    told.slot = static_cast<std::uint32_t>((my.on_wide ? key.wide : hash) % slots.size());
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
  } else if (now->slots) {
    for (const auto s : *now->slots) all.push_back({static_cast<std::uint32_t>(all.size()), s, 0});
  }
  return all;
}

std::vector<ring_arc> chooser::arcs() const {
  const auto& my = *state_;
  const published<line_up>::reading now(*my.shown);
  if (!my.on_ring || now->in_use == line_up::group::none) return {};
  if (now->in_use == line_up::group::first_backup) return {{0, std::uint64_t{1} << 32, now->first_backup}};
  return arcs_of(now->points());
}

std::size_t chooser::table_bytes() const {
  const published<line_up>::reading now(*state_->shown);
  std::size_t bytes = 0;
  if (now->slots) bytes += now->slots->size() * sizeof(std::uint32_t);
  if (now->contest) bytes += now->contest->bytes();
  if (state_->on_ring) bytes += now->points().bytes();
  return bytes;
}

std::vector<double> chooser::shares() const {
  const auto& my = *state_;
  std::vector<double> shares(my.servers.size(), 0.0);
  const published<line_up>::reading now(*my.shown);
  if (now->in_use == line_up::group::none) return shares;
  if (now->in_use == line_up::group::first_backup && !my.on_map) {
    shares[now->first_backup] = 1.0;
  } else if (now->slots) {
    std::vector<std::uint64_t> held(shares.size(), 0);
    for (const auto s : *now->slots) ++held[s];
    for (server_index s = 0; s < shares.size(); ++s)
      shares[s] = static_cast<double>(held[s]) / static_cast<double>(now->slots->size());
  } else if (my.on_ring) {
    for (const auto& arc : arcs_of(now->points())) shares[arc.owner] += static_cast<double>(arc.length) / 4294967296.0;
  } else {
    for (server_index s = 0; s < my.servers.size(); ++s)
      if (my.servers[s].kind() == now->kind())
        shares[s] = my.counts[s].effective.load() / static_cast<double>(now->total);
  }
  return shares;
}

}  // namespace ringway::balance

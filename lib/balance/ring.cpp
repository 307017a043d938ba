#include "balance/ring.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "base/hash.hpp"

namespace ringway::balance {
namespace {

bool in_order(const ring::point& a, const ring::point& b) {
  return a.key != b.key ? a.key < b.key : a.rank < b.rank;
}

}  // namespace

ring::ring() { index(); }

std::uint32_t ring::key_of_point(std::uint32_t base, std::uint32_t number) {
  return hash::avalanche(base + number);
}

ring ring::with(std::uint32_t owner, std::uint32_t base, std::uint32_t first, std::uint32_t last,
                std::uint32_t rank) const {
  std::vector<point> fresh;
  fresh.reserve(last - first);
  for (auto i = first; i < last; ++i) fresh.push_back({key_of_point(base, i), owner, rank, i});
  std::sort(fresh.begin(), fresh.end(), in_order);
  ring next;
  next.points_.reserve(points_.size() + fresh.size());
  std::merge(points_.begin(), points_.end(), fresh.begin(), fresh.end(), std::back_inserter(next.points_),
             in_order);
  next.index();
  return next;
}

ring ring::without(std::uint32_t owner, std::uint32_t from) const {
  ring next;
  next.points_.reserve(points_.size());
  for (const auto& p : points_)
    if (p.owner != owner || p.number < from) next.points_.push_back(p);
  next.index();
  return next;
}

ring ring::of(std::vector<point> points) {
  ring made;
  std::sort(points.begin(), points.end(), in_order);
  made.points_ = std::move(points);
  made.index();
  return made;
}

void ring::index() {
  keys_.resize(points_.size());
  for (std::size_t i = 0; i < points_.size(); ++i) keys_[i] = points_[i].key;
  const auto buckets = std::bit_ceil(std::max<std::size_t>(points_.size(), 2));
  shift_ = 32 - static_cast<unsigned>(std::countr_zero(buckets));
  start_.assign(buckets + 1, static_cast<std::uint32_t>(points_.size()));
  std::size_t i = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    while (i < keys_.size() && (keys_[i] >> shift_) < b) ++i;
    start_[b] = static_cast<std::uint32_t>(i);
  }
}

std::size_t ring::first_at_or_after(std::uint32_t hash) const {
  const auto bucket = hash >> shift_;
  std::size_t i = start_[bucket];
  const std::size_t end = start_[bucket + 1];
  if (end - i <= 8) {  // nearly always: a bucket holds one point on average
    while (i < end && keys_[i] < hash) ++i;
  } else {
    const auto from = keys_.begin();
    const auto found = std::lower_bound(from + static_cast<std::ptrdiff_t>(i),
                                        from + static_cast<std::ptrdiff_t>(end), hash);
    i = static_cast<std::size_t>(found - from);
  }
  return i == keys_.size() ? 0 : i;
}

std::size_t ring::nearest(std::uint32_t hash) const {
  const auto n = first_at_or_after(hash);
  const auto p = before(n);
  return hash - keys_[p] <= keys_[n] - hash ? p : n;
}

std::size_t ring::following(std::uint32_t key, std::uint32_t rank) const {
  const point last{key, 0, rank, 0};
  return static_cast<std::size_t>(std::upper_bound(points_.begin(), points_.end(), last, in_order) -
                                  points_.begin());
}

}  // namespace ringway::balance

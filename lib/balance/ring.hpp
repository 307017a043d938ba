// The consistent-hash ring (placement specification, section 9): points sorted by (key, rank), nearest wins.
// Immutable once made: a change makes the next ring. No lock, no thread of its own.
//
// A look-up costs one bucket index and a binary search among the few points that share the bucket.
#pragma once
#include <cstdint>
#include <vector>

namespace ringway::balance {

class ring {
 public:
  struct point {
    std::uint32_t key = 0;
    std::uint32_t owner = 0;
    std::uint32_t rank = 0;    // when it was inserted; one rank per batch: a server's own keys never collide
    std::uint32_t number = 0;  // which of its owner's points
  };

  ring();

  // This ring with points first..last-1 of `owner` added. O(n).
  ring with(std::uint32_t owner, std::uint32_t base, std::uint32_t first, std::uint32_t last,
            std::uint32_t rank) const;
  // This ring without `owner`'s points numbered `from` and above. O(n).
  ring without(std::uint32_t owner, std::uint32_t from) const;
  // Many owners at once, for the start.
  static ring of(std::vector<point> points);

  bool empty() const { return points_.empty(); }
  std::size_t size() const { return points_.size(); }
  std::size_t bytes() const {
    return points_.size() * sizeof(point) + (keys_.size() + start_.size()) * sizeof(std::uint32_t);
  }
  const point& operator[](std::size_t i) const { return points_[i]; }
  const std::vector<point>& points() const { return points_; }

  std::size_t first_at_or_after(std::uint32_t hash) const;  // index; wraps to 0. The ring is not empty
  std::size_t before(std::size_t i) const { return i == 0 ? points_.size() - 1 : i - 1; }
  std::size_t after(std::size_t i) const { return i + 1 == points_.size() ? 0 : i + 1; }
  // The nearest point, ties to the one before. The ring is not empty.
  std::size_t nearest(std::uint32_t hash) const;
  // First point after (key, rank), in order, without wrapping; size() if there is none.
  std::size_t following(std::uint32_t key, std::uint32_t rank) const;

  static std::uint32_t key_of_point(std::uint32_t base, std::uint32_t number);

 private:
  void index();

  std::vector<point> points_;
  std::vector<std::uint32_t> keys_;  // points_[i].key, dense for the search
  std::vector<std::uint32_t>
      start_;            // first point at or above each bucket's lower bound; one more at the end
  unsigned shift_ = 31;  // bucket of a hash = hash >> shift_
};

}  // namespace ringway::balance

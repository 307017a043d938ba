// Time limits of one worker. A deadline is armed by a store; only the first arming, or one to an earlier time,
// touches the heap. When a deadline's turn comes and it was moved on meanwhile, it is just filed again.
// Thread: its worker. Times are milliseconds of the worker's tick (clock.hpp); `never` means unarmed.
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

#include "base/units.hpp"

namespace ringway::io {

class waker;
using tick = std::int64_t;  // milliseconds, monotonic
inline constexpr tick never = std::numeric_limits<tick>::max();

class timers;

// One side's time limit. Owned by a session or link; wakes its waker once when it has passed.
class deadline {
 public:
  deadline(timers& list, waker* owner) : list_(&list), owner_(owner) {}
  deadline(const deadline&) = delete;
  deadline& operator=(const deadline&) = delete;
  ~deadline();

  void arm(tick at);
  void disarm() { at_ = never; }
  bool armed() const { return at_ != never; }
  tick at() const { return at_; }
  bool passed(tick now) const { return at_ <= now; }
  void change_owner(waker* owner) { owner_ = owner; }

 private:
  friend class timers;
  static constexpr std::uint32_t unfiled = ~0u;
  timers* list_;
  waker* owner_;
  tick at_ = never;
  tick filed_at_ = never;
  std::uint32_t slot_ = unfiled;
};

class timers {
 public:
  // The moment at which expire() has something to do; `never` when empty.
  tick next() const { return heap_.empty() ? never : heap_.front()->filed_at_; }
  // Wakes the owners of all deadlines that have passed.
  void expire(tick now);
  std::size_t size() const { return heap_.size(); }

 private:
  friend class deadline;
  void file(deadline& one);
  void remove(deadline& one);
  void sift_up(std::uint32_t slot);
  void sift_down(std::uint32_t slot);
  void place(std::uint32_t slot, deadline* one) { heap_[slot] = one; one->slot_ = slot; }
  std::vector<deadline*> heap_;
};

}  // namespace ringway::io

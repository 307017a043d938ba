// Things that were used and will be used again. What a burst left behind goes, half of it at a time, until only what was
// wanted of late is kept. Thread: one at a time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace ringway::io {

template <typename T>
class spares {
 public:
  // `most`: kept at once.
  explicit spares(std::size_t most) : most_(most) {}

  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  T take() {  // not when empty
    T one = std::move(list_.back());
    list_.pop_back();
    if (list_.size() < least_) least_ = list_.size();
    return one;
  }
  // False: there are enough; it stays the caller's.
  bool put(T&& one) {
    if (list_.size() >= most_) return false;
    list_.push_back(std::move(one));
    return true;
  }
  // Destroys half of those that nobody wanted since the last call; `keep` stay in any case. Returns how many went.
  std::size_t shrink(std::size_t keep) {
    const std::size_t unwanted = std::min(least_, list_.size());
    const std::size_t spare = list_.size() > keep ? list_.size() - keep : 0;
    const std::size_t gone = std::min((unwanted + 1) / 2, spare);
    list_.erase(list_.begin(), list_.begin() + static_cast<std::ptrdiff_t>(gone));
    least_ = list_.size();
    return gone;
  }
  void clear() { list_.clear(); }

 private:
  std::vector<T> list_;
  std::size_t most_;
  std::size_t least_ = 0;  // were here at every moment since the last shrink()
};

}  // namespace ringway::io

#include "io/turn.hpp"

#include <time.h>

#include "io/waker.hpp"

namespace ringway::io {

std::int64_t turn::clock() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1000000 + at.tv_nsec / 1000;
}

bool turn::used_up() {
  if (!others_.empty() || spent_ >= most) return true;
  const std::int64_t now = clock();
  if (since_ < 0) since_ = now;
  if (now - since_ >= slice) return true;
  limit_ = spent_ + fresh_share;
  return false;
}

std::size_t turn::piece() const {
  constexpr std::size_t least = fresh_share / 2;
  if (others_.empty()) return alone_piece;
  return limit_ > spent_ ? std::max(least, (limit_ - spent_) / 2) : least;
}

}  // namespace ringway::io

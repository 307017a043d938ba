#include "io/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace ringway::io {

pipe::pipe(pipe&& other) noexcept
    : out_(std::exchange(other.out_, -1)),
      in_(std::exchange(other.in_, -1)),
      capacity_(other.capacity_),
      held_(std::exchange(other.held_, 0)) {}

pipe& pipe::operator=(pipe&& other) noexcept {
  std::swap(out_, other.out_);
  std::swap(in_, other.in_);
  std::swap(capacity_, other.capacity_);
  std::swap(held_, other.held_);
  return *this;
}

pipe::~pipe() {
  if (out_ >= 0) ::close(out_);
  if (in_ >= 0) ::close(in_);
}

transfer pipe::fill(socket& from, std::size_t most) {
  for (;;) {
    const ssize_t n =
        ::splice(from.native(), nullptr, in_, nullptr, std::min(most, capacity_), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      held_ += static_cast<std::size_t>(n);
      return {outcome::done, 0, static_cast<std::size_t>(n)};
    }
    if (n == 0) {
      from.saw_end();
      return {outcome::end, 0, 0};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      from.reads_blocked();
      return {outcome::blocked, 0, 0};
    }
    const int error = errno;
    if (error != EINVAL) from.saw_error();  // EINVAL: this kind of socket cannot be spliced, and is sound
    return {outcome::failed, error, 0};
  }
}

transfer pipe::drain(socket& to) {
  for (;;) {
    const ssize_t n = ::splice(out_, nullptr, to.native(), nullptr, held_, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (n > 0) {
      held_ -= static_cast<std::size_t>(n);
      if (held_ > 0) to.writes_blocked();
      return {outcome::done, 0, static_cast<std::size_t>(n)};
    }
    if (n < 0 && errno == EINTR) continue;
    if (n == 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
      to.writes_blocked();
      return {outcome::blocked, 0, 0};
    }
    const int error = errno;
    to.saw_error();
    return {outcome::failed, error, 0};
  }
}

std::optional<pipe> pipes::take() {
  if (in_use_ >= most_) return std::nullopt;
  if (free_.empty()) {
    int ends[2];
    if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
    std::size_t capacity = 65536;  // pipe(7)
    if (capacity_ != 0) {
      const int given = ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(capacity_));
      if (given > 0) capacity = static_cast<std::size_t>(given);
    }
    ++in_use_;
    return pipe(ends[0], ends[1], capacity);
  }
  ++in_use_;
  return free_.take();
}

void pipes::put_back(pipe one) {
  --in_use_;
  if (one.empty()) free_.put(std::move(one));
}

}  // namespace ringway::io

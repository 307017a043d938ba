// Buffers of one worker, twice tune.bufsize: what a head may fill, and as much again so that a body of that size comes
// and goes in one call each. Lent to a transaction while it has something to hold and
// given back while it waits for a client: an idle connection owns none. Spare ones go back to the system after a while.
// Thread: the worker.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "io/spares.hpp"

namespace ringway::io {

class buffers;

// Bytes between begin and end are filled and unread; [end, capacity) is room.
class buffer {
 public:
  buffer() = default;
  buffer(buffer&& other) noexcept { *this = std::move(other); }
  buffer& operator=(buffer&& other) noexcept {
    if (this != &other) {
      release();
      pool_ = std::exchange(other.pool_, nullptr);
      data_ = std::exchange(other.data_, nullptr);
      capacity_ = std::exchange(other.capacity_, 0);
      begin_ = std::exchange(other.begin_, 0);
      end_ = std::exchange(other.end_, 0);
    }
    return *this;
  }
  ~buffer() { release(); }

  explicit operator bool() const { return data_ != nullptr; }
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t room() const { return capacity_ - end_; }
  std::size_t capacity() const { return capacity_; }
  char* begin() { return data_ + begin_; }
  const char* begin() const { return data_ + begin_; }
  char* space() { return data_ + end_; }
  std::string_view text() const { return {data_ + begin_, size()}; }
  void filled(std::size_t bytes) { end_ += static_cast<std::uint32_t>(bytes); }
  void consume(std::size_t bytes) {
    begin_ += static_cast<std::uint32_t>(bytes);
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() { begin_ = end_ = 0; }
  // Moves the unread bytes to the front; views into the buffer become invalid.
  void compact() {
    if (begin_ == 0) return;
    std::memmove(data_, data_ + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  void release();

 private:
  friend class buffers;
  buffers* pool_ = nullptr;
  char* data_ = nullptr;
  std::uint32_t capacity_ = 0, begin_ = 0, end_ = 0;
};

class buffers {
 public:
  // `size`: bytes that a head may fill.
  explicit buffers(std::size_t size) : size_(size) {}
  buffers(const buffers&) = delete;
  buffers& operator=(const buffers&) = delete;

  buffer take();
  std::size_t size() const { return size_; }
  static constexpr std::size_t kept = 8;  // whatever shrink() does
  std::size_t spare() const { return free_.size(); }
  // As spares::shrink(); returns bytes given back to the system since the last call.
  std::size_t shrink();

 private:
  friend class buffer;
  struct release {
    void operator()(char* data) const { std::free(data); }
  };
  void put_back(char* data);
  std::size_t size_, dropped_ = 0;
  spares<std::unique_ptr<char, release>> free_{512};
};

inline void buffer::release() {
  if (data_ != nullptr) pool_->put_back(data_);
  pool_ = nullptr;
  data_ = nullptr;
  capacity_ = begin_ = end_ = 0;
}

}  // namespace ringway::io

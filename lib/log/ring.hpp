// A queue of log lines between one producer and one consumer, without locks. Lines lie contiguous so that the
// consumer hands them to the kernel where they are.
#pragma once
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace ringway::log {

class ring {
 public:
  // bytes: rounded up to a power of two, at least 4096.
  explicit ring(std::size_t bytes)
      : size_(std::bit_ceil(bytes < 4096 ? std::size_t{4096} : bytes)), memory_(new char[size_]) {}

  // Producer. Room for one line of at most `length` bytes, to be written before commit(); nullptr: full.
  char* reserve(std::size_t length) {
    const auto need = entry_size(length);
    auto head = head_.load(std::memory_order_relaxed);
    const auto at = head & (size_ - 1);
    const auto skip = at + need > size_ ? size_ - at : 0;  // a line never wraps
    if (need > size_ || size_ - (head - seen_tail_) < skip + need) {
      seen_tail_ = tail_.load(std::memory_order_acquire);
      if (need > size_ || size_ - (head - seen_tail_) < skip + need) return nullptr;
    }
    if (skip != 0) {
      put_entry(head, {filler, 0});
      head += skip;
    }
    reserved_ = head;
    return memory_.get() + (head & (size_ - 1)) + sizeof(entry);
  }
  // Publishes the reserved line, `length` bytes of it, for `sink`.
  void commit(std::uint32_t sink, std::size_t length) {
    put_entry(reserved_, {sink, static_cast<std::uint32_t>(length)});
    // Sequentially consistent, as the load of the writer's state that follows: either the writer sees this
    // line before it sleeps, or the producer sees that it sleeps.
    head_.store(reserved_ + entry_size(length), std::memory_order_seq_cst);
  }
  // Producer: bytes in use.
  std::size_t used() {
    seen_tail_ = tail_.load(std::memory_order_acquire);
    return static_cast<std::size_t>(head_.load(std::memory_order_relaxed) - seen_tail_);
  }
  std::size_t capacity() const { return size_; }

  // Consumer.
  bool empty() const {
    return head_.load(std::memory_order_seq_cst) == tail_.load(std::memory_order_relaxed);
  }
  // Calls visit(sink, line) for all that is there now. The lines stay valid until release() of the returned
  // mark.
  template <class Visitor>
  std::uint64_t visit(Visitor&& visitor) const {
    const auto head = head_.load(std::memory_order_acquire);
    auto at = tail_.load(std::memory_order_relaxed);
    while (at != head) {
      entry here;
      std::memcpy(&here, memory_.get() + (at & (size_ - 1)), sizeof here);
      if (here.sink == filler) {
        at += size_ - (at & (size_ - 1));
        continue;
      }
      visitor(here.sink, std::string_view(memory_.get() + (at & (size_ - 1)) + sizeof here, here.length));
      at += entry_size(here.length);
    }
    return at;
  }
  void release(std::uint64_t mark) { tail_.store(mark, std::memory_order_release); }

 private:
  struct entry {
    std::uint32_t sink, length;
  };
  static constexpr std::uint32_t filler = ~std::uint32_t{0};
  static std::size_t entry_size(std::size_t length) { return (length + sizeof(entry) + 7) & ~std::size_t{7}; }
  void put_entry(std::uint64_t at, entry what) {
    std::memcpy(memory_.get() + (at & (size_ - 1)), &what, sizeof what);
  }

  const std::size_t size_;
  const std::unique_ptr<char[]> memory_;  // not cleared: pages come as they are first written
  alignas(64) std::atomic<std::uint64_t> head_{0};
  std::uint64_t reserved_ = 0;   // producer's own
  std::uint64_t seen_tail_ = 0;  // producer's last look at tail_
  alignas(64) std::atomic<std::uint64_t> tail_{0};
};

}  // namespace ringway::log

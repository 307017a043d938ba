// One immutable value that many threads read and a few replace: readers never wait and never free.
//
// A reader counts itself in and out on one of a few cache lines, usually its own, and takes the pointer
// between. A writer swaps the pointer and retires the old value; a retired value is freed by a later writer's
// visit once each line has been seen at zero since the retirement: from then on nobody can still hold it,
// because whoever counts in afterwards finds the newer pointer. All of these steps are sequentially
// consistent; the argument needs it. Cost of a read: two uncontended atomic additions (some 10 ns).
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ringway::balance {

template <class T>
class published {
 public:
  class reading {  // holds the value while it lives; keep it short
   public:
    reading(const published& from) : line_(from.lines_[slot()].readers) {
      line_.fetch_add(1);
      value_ = from.current_.load();
    }
    ~reading() { line_.fetch_sub(1); }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    const T& operator*() const { return *value_; }
    const T* operator->() const { return value_; }

   private:
    std::atomic<std::uint32_t>& line_;
    const T* value_;
  };

  explicit published(std::unique_ptr<const T> first) : current_(first.release()) {}
  ~published() { delete current_.load(); }
  published(const published&) = delete;
  published& operator=(const published&) = delete;

  // Writers exclude each other by the owner's lock; the latest value is theirs to read without counting.
  const T& latest() const { return *current_.load(std::memory_order_relaxed); }
  void publish(std::unique_ptr<const T> next) {
    retired_.push_back({});
    retired_.back().value.reset(current_.exchange(next.release()));
    std::uint32_t idle = 0;
    for (std::size_t i = 0; i < lines; ++i)
      if (lines_[i].readers.load() == 0) idle |= 1u << i;
    std::size_t kept = 0;
    for (auto& old : retired_) {
      old.seen_idle |= idle;
      if (old.seen_idle != all_idle) {
        if (&old != &retired_[kept]) retired_[kept] = std::move(old);
        ++kept;
      }
    }
    retired_.resize(kept);
  }
  std::size_t unreclaimed() const { return retired_.size(); }

 private:
  static constexpr std::size_t lines = 16;
  static constexpr std::uint32_t all_idle = (1u << lines) - 1;
  struct alignas(64) line {
    mutable std::atomic<std::uint32_t> readers{0};
  };
  struct retirement {
    std::unique_ptr<const T> value;
    std::uint32_t seen_idle = 0;  // bit per line
  };

  static std::size_t slot() {
    static std::atomic<std::size_t> threads{0};
    thread_local const std::size_t mine = threads.fetch_add(1) % lines;
    return mine;
  }

  std::array<line, lines> lines_;
  std::atomic<const T*> current_;
  std::vector<retirement> retired_;
};

}  // namespace ringway::balance

// The one thread that writes log lines: drains the rings of all workers into the sinks. A producer pays a
// system call only when the writer sleeps; after work the writer naps in steps of a few milliseconds, and
// lines that come meanwhile wait for the end of the nap (or for a ring a quarter full).
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "log/ring.hpp"
#include "log/sink.hpp"

namespace ringway::log {

class writer {
 public:
  // `rings`: one slot per producer, null until its first line; sinks are addressed by index. Both outlive
  // this.
  writer(const std::vector<std::atomic<ring*>>& rings, const std::vector<std::unique_ptr<sink>>& sinks,
         const std::atomic<std::uint64_t>& dropped);
  ~writer();
  writer(const writer&) = delete;
  writer& operator=(const writer&) = delete;

  void start();
  void stop(std::chrono::milliseconds patience);
  bool running() const { return thread_.joinable(); }

  // Producer, after commit().
  void notify(ring& from) {
    const auto seen = state_.load(std::memory_order_seq_cst);
    if (seen == awake) return;
    if (seen == napping && from.used() < from.capacity() / 4) return;
    wake();
  }

 private:
  enum phase : std::uint32_t { awake, napping, asleep };

  void run();
  void wake();
  bool drain();
  bool anything_queued() const;
  void wait(phase how, std::chrono::steady_clock::time_point until);
  void finish();
  void report_losses(std::chrono::steady_clock::time_point now);

  const std::vector<std::atomic<ring*>>& rings_;
  const std::vector<std::unique_ptr<sink>>& sinks_;
  const std::atomic<std::uint64_t>& dropped_;
  std::vector<std::pair<ring*, std::uint64_t>> marks_;  // of the drain under way
  std::uint64_t reported_ = 0;
  std::chrono::steady_clock::time_point next_report_{};
  int event_ = -1;
  std::atomic<phase> state_{awake};
  std::atomic<bool> stopping_{false};
  std::chrono::steady_clock::time_point deadline_{};
  std::thread thread_;
};

}  // namespace ringway::log

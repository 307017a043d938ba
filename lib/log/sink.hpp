// One destination of log lines: a UDP socket, a unix socket, a file descriptor. Used by the writer thread
// alone (open() before it, the counters by anyone). Never waits: what a sink does not take now is kept, up to
// a bound, and what exceeds the bound is dropped and counted.
#pragma once
#include <sys/uio.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "log/settings.hpp"

namespace ringway::log {

class sink {
 public:
  using clock = std::chrono::steady_clock;

  sink(const target_settings& where, std::size_t backlog_bytes);
  ~sink();
  sink(const sink&) = delete;
  sink& operator=(const sink&) = delete;

  static std::string name_of(const target_settings& where);
  const std::string& name() const { return name_; }
  // Empty: ready. Otherwise why not; lines will be kept and the target tried again.
  std::string open();

  // Adds a line (newline included), valid until flush() returns.
  void add(std::string_view line);
  void flush(clock::time_point now);
  bool busy() const { return !batch_.empty() || !kept_.empty(); }

  // What to poll for writing before the next flush(); -1: nothing.
  int blocked_on() const { return blocked_ ? fd_ : -1; }
  // When an absent target deserves another try; max(): no try is due.
  clock::time_point retry_at() const {
    return !kept_.empty() && !blocked_ ? retry_at_ : clock::time_point::max();
  }
  // Gives up what is kept.
  void abandon();

  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class means : std::uint8_t { datagram, stream, pipe, file };
  struct outcome {
    std::size_t lines = 0;  // finished, sent or dropped
    bool stalled = false;   // no use in going on now
  };

  std::string connect_socket();
  bool ready(clock::time_point now);
  outcome transmit(const iovec* lines, std::size_t count, clock::time_point now);
  outcome transmit_datagrams(const iovec* lines, std::size_t count, clock::time_point now);
  outcome transmit_bytes(const iovec* lines, std::size_t count, clock::time_point now);
  outcome failed(int error, clock::time_point now);
  void keep(std::string_view line);
  void count_sent(std::size_t lines) { sent_.fetch_add(lines, std::memory_order_relaxed); }
  void count_dropped(std::size_t lines) { dropped_.fetch_add(lines, std::memory_order_relaxed); }
  void disconnect();

  const target_settings where_;
  const std::string name_;
  const std::size_t backlog_bytes_;
  means means_ = means::datagram;
  int fd_ = -1;
  bool owned_ = true;  // fd targets belong to the process
  bool is_socket_ = true;
  raw_address udp_;
  std::vector<iovec> batch_;
  std::deque<std::string> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t partial_ = 0;  // bytes already written of the first line
  bool blocked_ = false;
  clock::time_point retry_at_{};
  std::chrono::milliseconds pause_{};
  std::atomic<std::uint64_t> sent_{0}, dropped_{0};
};

}  // namespace ringway::log

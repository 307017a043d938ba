// The budget of the loop's turn: how much a coroutine may do before the others have theirs. Whatever can go on without
// waiting (a body, a tunnel, pipelined requests, an accept loop) says what it did with spend(), asks over(), and when
// that is true calls its waker's again() and waits. Nothing here knows a protocol.
//
// The unit is a byte through a system call, in or out; other work has its price in bytes. Who was woken by an event has
// a small share, who said again() or used that share up the last time a larger one, in what is left of the turn. Who is
// alone goes on until `slice` has passed or `most` is used up, whichever comes first: then the loop looks for events.
// The clock is read once for each share used up, never for a small request. Thread: the worker.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ringway::io {

class run_queue;

class turn {
 public:
  static constexpr std::size_t fresh_share = 128 * 1024;    // of a coroutine woken by an event
  static constexpr std::size_t later_share = 256 * 1024;    // of one that goes on
  static constexpr std::size_t alone_piece = 512 * 1024;    // of one call, while nobody else waits
  static constexpr std::size_t most = 8 * 1024 * 1024;      // of one that is alone; of all that go on, together
  static constexpr std::int64_t slice = 250;                // microseconds, as `most`
  // Prices: a request, whoever answers it; a connection that comes in; a chunk of a body.
  static constexpr std::size_t request = 16 * 1024, connection = 32 * 1024, chunk = 64;

  explicit turn(const run_queue& others) : others_(others) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;

  void spend(std::size_t work) { spent_ += work; }
  // Enough for now: others wait, or nobody has looked for events for too long.
  bool over() { return spent_ >= limit_ && used_up(); }
  // The most bytes that one call which moves them from here to there should move.
  std::size_t piece() const;
  std::size_t spent() const { return spent_; }

  // The run queue and the loop only: somebody else's work begins.
  // `at`: the clock, where it was read; -1: it is read when the share is used up.
  void begin(std::size_t share, std::int64_t at = -1) {
    spent_ = 0;
    limit_ = share;
    since_ = at;
  }
  static std::int64_t clock();  // microseconds, monotonic

 private:
  bool used_up();
  const run_queue& others_;
  std::size_t spent_ = 0, limit_ = fresh_share;
  std::int64_t since_ = -1;  // when it began, or else when the first share was used up
};

}  // namespace ringway::io

// One coroutine, one waker. Sockets and deadlines that belong to a coroutine point at its waker; an event sets
// a flag in the socket or deadline and wakes the coroutine, which then looks at all of them. Nothing is ever
// cancelled: a time limit that passes is one more thing to look at. So a relay of two sockets and two time
// limits is a plain loop in one coroutine, with no race between "data" and "timer".
//
// Waking only queues the coroutine; the worker's loop resumes it after the events of this turn were taken in.
// Hence no coroutine ever runs inside another one's call, and several events cost one resumption.
//
// There are two lines. Who has little to do stands in the first, which is served whole in every turn; who has used up
// its share of a turn (turn.hpp) stands in the second, which has what is left of the turn, by turns.
//
// Thread: the worker that owns the run queue. Lifetime: a waker is destroyed only when its coroutine is not
// waiting, or together with the waiting coroutine's frame.
#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <cstddef>
#include <new>
#include <utility>

#include "io/task.hpp"
#include "io/turn.hpp"

namespace ringway::io {

class run_queue;

class waker {
 public:
  explicit waker(run_queue& queue) : queue_(&queue) {}
  waker(const waker&) = delete;
  waker& operator=(const waker&) = delete;
  ~waker();

  // Marks the coroutine runnable; idempotent until it ran.
  void wake();
  // For a coroutine that could go on, and lets others have their turn first: wake() into the second line; then wait().
  void again() {
    goes_on_ = true;
    wake();
  }

  // Awaitable: suspends until wake(). Returns at once if a wake is already pending.
  auto wait() {
    return asio::async_initiate<const asio::deferred_t, void()>(initiation{this}, asio::deferred);
  }

  // Instead of a coroutine: `call()` once, from the loop, after the next wake. It may destroy this waker. Small.
  template <typename Call>
  void when_woken(Call call) {
    park(std::move(call));
  }

 private:
  friend class run_queue;

  struct initiation {
    waker* self;
    template <typename Handler>
    void operator()(Handler&& handler) const {
      self->park(std::forward<Handler>(handler));
    }
  };

  template <typename Handler>
  void park(Handler&& handler) {
    using stored = std::decay_t<Handler>;
    static_assert(sizeof(stored) <= sizeof storage_ && alignof(stored) <= alignof(std::max_align_t));
    ::new (static_cast<void*>(storage_)) stored(std::forward<Handler>(handler));
    resume_ = [](void* where) {
      auto* held = static_cast<stored*>(where);
      stored moved(std::move(*held));
      held->~stored();
      std::move(moved)();
    };
    if (pending_) enqueue();
  }
  void enqueue();

  run_queue* queue_;
  waker* next_ = nullptr;
  waker* previous_ = nullptr;
  void (*resume_)(void*) = nullptr;  // set while the coroutine waits
  bool pending_ = false;
  bool queued_ = false, in_second_ = false;
  bool goes_on_ = false;  // said again()
  bool heavy_ = false;    // used its share up when it ran last
  alignas(std::max_align_t) std::byte storage_[32];
};

// The coroutines that can go on, each line in the order in which they were woken.
class run_queue {
 public:
  run_queue() = default;
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  bool empty() const { return ready_.first == nullptr && later_.first == nullptr; }
  bool has_ready() const { return ready_.first != nullptr; }
  bool has_later() const { return later_.first != nullptr; }
  // Resumes those of the first line that are queued now; what becomes runnable meanwhile waits for the next call.
  void run(turn& budget);
  // Resumes the first of the second line, which is not empty.
  void run_later(turn& budget, std::int64_t now);

 private:
  friend class waker;
  struct line {
    waker* first = nullptr;
    waker* last = nullptr;
  };
  void push(waker& one);
  void erase(waker& one);
  void resume(waker& one, turn& budget, std::size_t share, std::int64_t at = -1);
  line ready_, later_;
  waker* stop_ = nullptr;     // run() ends after this one
  waker* running_ = nullptr;  // null as well when it ended
};

}  // namespace ringway::io

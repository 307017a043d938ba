// One thread with its event loop. Everything a session touches belongs to one worker; other threads reach it
// only by post(). The loop: wait for events, take the mail in, let time limits pass, resume coroutines: those with little
// to do, then those that could go on for long, as far as this turn's budget goes (turn.hpp).
#pragma once
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/random.hpp"
#include "io/buffers.hpp"
#include "io/poller.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/turn.hpp"
#include "io/waker.hpp"

namespace ringway::io {

class worker final : private event_source {
 public:
  worker(unsigned index, std::size_t buffer_size);
  ~worker();

  unsigned index() const { return index_; }
  poller& events() { return poller_; }
  timers& time_limits() { return timers_; }
  run_queue& ready() { return ready_; }
  turn& budget() { return budget_; }
  buffers& memory() { return buffers_; }
  const buffers& memory() const { return buffers_; }
  dice& random() { return dice_; }
  // Milliseconds of this turn of the loop (monotonic); one clock read a turn.
  tick now() const { return now_; }
  // Wall clock of this turn, microseconds since 1970.
  std::int64_t wall_microseconds() const;
  // For tests: from now on the monotonic clock is `by` ms ahead of what it would be. Worker's thread.
  void skip_time(tick by) { skipped_ += by, now_ += by; }

  // Starts a coroutine on this worker, from its own thread. It runs at once up to its first wait.
  // The task owns what it uses. An escaped exception is counted and reported by on_escape.
  void spawn(task<> work);
  std::size_t running() const { return running_; }
  std::function<void(const char* what)> on_escape;

  // From any thread: `work` runs on the worker's thread, in order.
  void post(std::function<void()> work);

  void start();  // its own thread
  void run();    // on the calling thread, until stop()
  void stop();   // from any thread; the loop ends after this turn
  void stop_when_idle();  // worker's thread: the loop ends after the last coroutine has returned
  void join();
  bool here() const { return std::this_thread::get_id() == thread_id_; }

 private:
  task<> watched(task<> work);
  void loop();
  void on_event(std::uint32_t) override;  // mail
  void read_clock();
  void run_later();

  unsigned index_;
  asio::io_context context_{1};
  asio::executor_work_guard<executor> guard_;
  poller poller_;
  timers timers_;
  run_queue ready_;
  turn budget_{ready_};
  buffers buffers_;
  dice dice_;
  tick now_ = 0, skipped_ = 0;
  std::int64_t turn_began_ = 0;  // microseconds
  std::size_t running_ = 0;
  bool leaving_ = false;
  bool asio_has_work_ = false;  // a coroutine ended or began: Asio's own queue wants a turn
  std::atomic<bool> stopping_{false};
  int mail_fd_;
  std::mutex mail_lock_;
  std::vector<std::function<void()>> mail_;
  std::vector<std::function<void()>> reading_;
  bool mail_announced_ = false;
  std::thread thread_;
  std::thread::id thread_id_;
};

}  // namespace ringway::io

#include "io/worker.hpp"

#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <climits>
#include <exception>
#include <system_error>

namespace ringway::io {

namespace {

constexpr int work_ahead = 1 << 16;  // more than coroutines can end within one turn; see loop()

std::int64_t read(clockid_t which) {
  timespec at{};
  clock_gettime(which, &at);
  return static_cast<std::int64_t>(at.tv_sec) * 1000000 + at.tv_nsec / 1000;
}

}  // namespace

worker::worker(unsigned index, std::size_t buffer_size)
    : index_(index),
      guard_(asio::make_work_guard(context_)),
      buffers_(buffer_size),
      dice_(static_cast<std::uint64_t>(read(CLOCK_REALTIME)) * 2654435761u + index),
      mail_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (mail_fd_ < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  if (const int error = poller_.add(mail_fd_, *this, EPOLLIN | EPOLLET); error != 0)
    throw std::system_error(error, std::system_category(), "epoll_ctl");
  read_clock();
}

worker::~worker() {
  stop();
  join();
  ::close(mail_fd_);
}

void worker::read_clock() {
  turn_began_ = read(CLOCK_MONOTONIC);
  now_ = turn_began_ / 1000 + skipped_;
}

std::int64_t worker::wall_microseconds() const { return read(CLOCK_REALTIME); }

// A coroutine's end is posted by Asio; without the flag the loop would not look there.
task<> worker::watched(task<> work) {
  const struct flag_at_end {
    bool& flag;
    ~flag_at_end() { flag = true; }
  } at_end{asio_has_work_};
  co_await std::move(work);
}

void worker::spawn(task<> work) {
  ++running_;
  asio_has_work_ = true;
  asio::co_spawn(context_, watched(std::move(work)), [this](std::exception_ptr escaped) {
    --running_;
    if (escaped == nullptr || !on_escape) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
      on_escape(error.what());
    } catch (...) {
      on_escape("unknown exception");
    }
  });
}

void worker::post(std::function<void()> work) {
  bool announce = false;
  {
    const std::lock_guard lock(mail_lock_);
    mail_.push_back(std::move(work));
    announce = !std::exchange(mail_announced_, true);
  }
  if (announce) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(mail_fd_, &one, sizeof one);
  }
}

void worker::on_event(std::uint32_t) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(mail_fd_, &count, sizeof count);
  {
    const std::lock_guard lock(mail_lock_);
    reading_.swap(mail_);
    mail_announced_ = false;
  }
  for (auto& work : reading_) work();
  reading_.clear();
}

// What goes on has a slice of every turn, or half as long as all the others had: neither starves.
void worker::run_later() {
  std::int64_t now = turn::clock();
  const std::int64_t until = now + std::max(turn::slice, (now - turn_began_) / 2);
  std::size_t spent = 0;
  do {
    ready_.run_later(budget_, now);
    spent += budget_.spent();
    now = turn::clock();
  } while (ready_.has_later() && !ready_.has_ready() && now < until && spent < turn::most);
}

void worker::loop() {
  thread_id_ = std::this_thread::get_id();
  while (!stopping_.load(std::memory_order_acquire)) {
    int timeout = -1;
    if (!ready_.empty() || asio_has_work_) {
      timeout = 0;
    } else if (const tick next = timers_.next(); next != never) {
      const tick left = next - now_;
      timeout = left <= 0 ? 0 : left > INT_MAX ? INT_MAX : static_cast<int>(left);
    }
    poller_.wait(timeout);
    read_clock();  // before anybody hears of an event: whoever begins now begins now, not when the wait began
    budget_.begin(turn::fresh_share);
    poller_.dispatch();
    if (timers_.next() <= now_) timers_.expire(now_);
    ready_.run(budget_);
    if (ready_.has_later()) run_later();
    // Coroutines that began or ended leave Asio's book-keeping in its queue.
    if (asio_has_work_) {
      asio_has_work_ = false;
      // A coroutine that ended without ever waiting is a post counted as work by run(), around us, but taken off by
      // poll(), within: unpaid, the count would fall to nothing one day and stop the context for good.
      for (std::size_t done = context_.poll(); done > 0; --done) context_.get_executor().on_work_started();
    }
    if (leaving_ && running_ == 0) break;
  }
}

void worker::run() {
  // Inside a handler of the context, so that Asio knows its thread: frames are recycled, dispatch is direct.
  asio::post(context_, [this] {
    for (int i = 0; i < work_ahead; ++i) context_.get_executor().on_work_started();
    loop();
    context_.stop();
  });
  context_.run();
}

void worker::start() {
  thread_ = std::thread([this] { run(); });
}

void worker::stop() {
  stopping_.store(true, std::memory_order_release);
  post([] {});
}

void worker::stop_when_idle() { leaving_ = true; }

void worker::join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace ringway::io

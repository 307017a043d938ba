#include "log/writer.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <string>
#include <system_error>

namespace ringway::log {
namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds nap{5};
constexpr int empty_naps = 8;  // then sleep until called
constexpr std::chrono::seconds between_reports{60};

}  // namespace

writer::writer(const std::vector<std::atomic<ring*>>& rings, const std::vector<std::unique_ptr<sink>>& sinks,
               const std::atomic<std::uint64_t>& dropped)
    : rings_(rings), sinks_(sinks), dropped_(dropped) {}

writer::~writer() {
  stop(std::chrono::seconds{1});
  if (event_ >= 0) ::close(event_);
}

void writer::start() {
  if (running()) return;
  if (event_ < 0) event_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  stopping_.store(false);
  // Signals are for the main thread; SIGPIPE stays pending here for ever, so that a closed reader is only
  // EPIPE.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread_.native_handle(), "log");
}

void writer::stop(std::chrono::milliseconds patience) {
  if (!running()) return;
  deadline_ = clock::now() + patience;
  stopping_.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = ::write(event_, &one, sizeof one);
  thread_.join();
  state_.store(awake);  // nobody to wake any more
}

void writer::wake() {
  // One producer wins, the others find it awake.
  if (state_.exchange(awake, std::memory_order_seq_cst) == awake) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto done = ::write(event_, &one, sizeof one);
}

bool writer::anything_queued() const {
  return std::any_of(rings_.begin(), rings_.end(), [](const std::atomic<ring*>& slot) {
    const auto* one = slot.load(std::memory_order_seq_cst);
    return one != nullptr && !one->empty();
  });
}

bool writer::drain() {
  marks_.clear();
  for (const auto& slot : rings_) {
    auto* const from = slot.load(std::memory_order_acquire);
    if (from == nullptr || from->empty()) continue;
    marks_.emplace_back(from,
                        from->visit([&](std::uint32_t to, std::string_view line) { sinks_[to]->add(line); }));
  }
  const auto now = clock::now();
  for (const auto& to : sinks_) to->flush(now);  // the lines lie in the rings: before they are released
  for (const auto& [from, mark] : marks_) from->release(mark);
  return !marks_.empty();
}

void writer::wait(phase how, clock::time_point until) {
  state_.store(how, std::memory_order_seq_cst);
  if (how == asleep && anything_queued()) {
    state_.store(awake, std::memory_order_seq_cst);
    return;
  }
  std::vector<pollfd> fds{{event_, POLLIN, 0}};
  for (const auto& one : sinks_) {
    if (one->blocked_on() >= 0) fds.push_back({one->blocked_on(), POLLOUT, 0});
    until = std::min(until, one->retry_at());
  }
  timespec left{};
  const auto span = until - clock::now();
  if (span.count() > 0) {
    left.tv_sec = static_cast<time_t>(std::chrono::duration_cast<std::chrono::seconds>(span).count());
    left.tv_nsec = static_cast<long>((span % std::chrono::seconds{1}).count());
  }
  ::ppoll(fds.data(), fds.size(), until == clock::time_point::max() ? nullptr : &left, nullptr);
  state_.store(awake, std::memory_order_seq_cst);
  if (fds.front().revents != 0) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto done = ::read(event_, &count, sizeof count);
  }
}

void writer::run() {
  int idle = 0;
  while (!stopping_.load()) {
    idle = drain() ? 0 : idle + 1;
    report_losses(clock::now());
    if (idle < empty_naps) {
      wait(napping, clock::now() + nap);
    } else {
      wait(asleep, clock::time_point::max());
    }
  }
  finish();
}

// The last lines: as long as some sink is only slow, until the deadline. An absent one gets a single try.
void writer::finish() {
  for (;;) {
    const bool any = drain();
    const bool slow =
        std::any_of(sinks_.begin(), sinks_.end(), [](const auto& one) { return one->blocked_on() >= 0; });
    if (clock::now() >= deadline_ || (!any && !slow)) break;
    if (!any) {
      std::vector<pollfd> fds;
      for (const auto& one : sinks_) {
        if (one->blocked_on() >= 0) fds.push_back({one->blocked_on(), POLLOUT, 0});
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - clock::now());
      ::poll(fds.data(), fds.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    }
  }
  for (const auto& one : sinks_) one->abandon();
  next_report_ = {};
  report_losses(clock::now());
}

void writer::report_losses(clock::time_point now) {
  const auto lost = dropped_.load(std::memory_order_relaxed);
  if (lost == reported_ || now < next_report_) return;
  next_report_ = now + between_reports;
  const auto text = "[WARNING]  (" + std::to_string(::getpid()) + ") : " + std::to_string(lost - reported_) +
                    " log lines dropped: the writer could not keep up.\n";
  reported_ = lost;
  pollfd error_output{STDERR_FILENO, POLLOUT, 0};
  if (::poll(&error_output, 1, 0) == 1 && (error_output.revents & POLLOUT) != 0) {
    [[maybe_unused]] const auto done = ::write(STDERR_FILENO, text.data(), text.size());
  }
}

}  // namespace ringway::log

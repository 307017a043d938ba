// What the subcommands say on stderr while they work: complaints, and how far they are.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "app/tools.hpp"
#include "base/columns.hpp"

namespace ringway::app {
namespace {

std::mutex writing;   // of stderr
bool shown = false;   // its last line is a progress line

void wipe() {
  if (shown) std::fputs("\r\033[K", stderr);
  shown = false;
}

}  // namespace

void complain(std::string_view subcommand, std::string_view text) {
  const std::string begin = fmt::format("ringway {}: ", subcommand);
  const std::string line = begin + wrapped(text, begin.size(), 2, stderr_width()) + "\n";
  const std::lock_guard lock(writing);
  wipe();
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void complain_help(std::string_view text) {
  if (text.empty()) return;
  const std::string line = "  help: " + wrapped(text, 8, 8, stderr_width()) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

struct progress::state {
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds silent{2000}, every{250};

  std::string subcommand;
  std::mutex lock;
  std::condition_variable ended;
  bool over = false;
  std::string what;
  std::atomic<std::uint64_t> lines{0}, done{0}, all{0};
  std::atomic<double> part{-1};
  const clock::time_point begin = clock::now();
  std::thread clerk;

  std::string line() const {
    std::string out = subcommand == "ringway" ? "ringway: " : fmt::format("ringway {}: ", subcommand);
    if (!what.empty()) out += what;
    if (const auto n = lines.load(); n != 0) out += fmt::format("{}{} lines", what.empty() ? "" : ", ", n);
    if (const double p = part.load(); p >= 0) out += fmt::format(", {:.0f} %", 100 * p);
    if (const auto n = all.load(); n != 0) out += fmt::format(", {} of {}", done.load(), n);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - begin).count();
    return std::string(head_of(fmt::format("{} ({} s)", out, seconds), columns(STDERR_FILENO) - 1));
  }

  void run() {
    std::unique_lock mine(lock);
    ended.wait_for(mine, silent, [this] { return over; });
    while (!over) {
      {
        const std::lock_guard hold(writing);
        shown = true;
        std::fprintf(stderr, "\r\033[K%s", line().c_str());
        std::fflush(stderr);
      }
      ended.wait_for(mine, every, [this] { return over; });
    }
    const std::lock_guard hold(writing);
    wipe();
  }
};

progress::progress(std::string_view subcommand, std::string_view what) {
  if (isatty(STDERR_FILENO) == 0) return;
  state_ = std::make_unique<state>();
  state_->subcommand = subcommand;
  state_->what = what;
  state_->clerk = std::thread(&state::run, state_.get());
}

progress::~progress() {
  if (state_ == nullptr) return;
  {
    const std::lock_guard lock(state_->lock);
    state_->over = true;
  }
  state_->ended.notify_one();
  state_->clerk.join();
}

void progress::doing(std::string what) {
  if (state_ == nullptr) return;
  const std::lock_guard lock(state_->lock);
  state_->what = std::move(what);
  state_->all = 0;
}

void progress::at(std::uint64_t lines, double part) {
  if (state_ == nullptr) return;
  state_->lines.store(lines, std::memory_order_relaxed);
  state_->part.store(part, std::memory_order_relaxed);
}

void progress::step(std::size_t done, std::size_t of) {
  if (state_ == nullptr) return;
  state_->done.store(done, std::memory_order_relaxed);
  state_->all.store(of, std::memory_order_relaxed);
}

}  // namespace ringway::app

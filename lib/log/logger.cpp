#include "log/logger.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <mutex>
#include <optional>
#include <utility>

#include "log/format.hpp"
#include "log/ring.hpp"
#include "log/sink.hpp"
#include "log/writer.hpp"

namespace ringway::log {
namespace {

constexpr std::size_t shortest_body = 1024;  // HAProxy's buffer for one line, unless some `len` is longer

std::int64_t wall_clock() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000;
}

// A producer's belongings; slots of different threads share no cache line.
struct alignas(64) slot {
  std::unique_ptr<ring> lines;
  std::unique_ptr<char[]> scratch;  // the body, formatted once for all targets
  dates kept;
};

struct target {
  explicit target(const target_settings& from) : settings(from) {}
  target_settings settings;
  std::uint32_t to = 0;
  std::size_t limit = 0;  // bytes before the newline
  std::atomic<std::uint64_t> seen{0};

  bool takes(level urgency) {
    if (static_cast<int>(urgency) > settings.max_level) return false;
    if (settings.samples.empty() || settings.sample_size == 0) return true;
    const auto number = seen.fetch_add(1, std::memory_order_relaxed) % settings.sample_size + 1;
    return std::any_of(settings.samples.begin(), settings.samples.end(), [&](const sample_range& range) {
      return number >= range.low && number <= range.high;
    });
  }
  level capped(level urgency) const {
    return static_cast<int>(urgency) < settings.min_level ? static_cast<level>(settings.min_level) : urgency;
  }
};

}  // namespace

struct logger::implementation {
  implementation(const global_settings& from, const options& wishes)
      : global(from), how(wishes), slots(how.workers + 1), rings(how.workers + 1), out(rings, sinks, lost) {
    if (global.hostname) {
      hostname = *global.hostname;
      if (hostname.empty()) {
        char name[256] = {};
        if (::gethostname(name, sizeof name - 1) == 0) hostname = name;
      }
    }
    pid = std::to_string(::getpid());
  }

  std::uint32_t sink_for(const target_settings& where) {
    const auto name = sink::name_of(where);
    const auto found =
        std::find_if(sinks.begin(), sinks.end(), [&](const auto& one) { return one->name() == name; });
    if (found != sinks.end()) return static_cast<std::uint32_t>(found - sinks.begin());
    sinks.push_back(std::make_unique<sink>(where, how.backlog_bytes));
    return static_cast<std::uint32_t>(sinks.size() - 1);
  }

  slot& slot_at(std::size_t index) {
    auto& here = slots[index];
    if (here.lines == nullptr) {
      here.scratch.reset(new char[longest_line]);
      here.lines = std::make_unique<ring>(std::max(how.ring_bytes, 2 * (longest_line + 16)));
      rings[index].store(here.lines.get(), std::memory_order_seq_cst);
    }
    return here;
  }

  const global_settings global;
  const options how;
  std::string hostname, pid;
  std::size_t longest_line = shortest_body;
  std::vector<slot> slots;  // the last one is for message(), guarded by message_mutex
  std::vector<std::atomic<ring*>> rings;
  std::vector<std::unique_ptr<sink>> sinks;
  std::atomic<std::uint64_t> lost{0};
  std::mutex message_mutex;
  writer out;
};

struct pipeline::implementation {
  logger::implementation& home;
  settings how;
  std::string tag;
  std::vector<std::unique_ptr<target>> targets;

  // put_text(out): the body in plain text. put_object(out, urgency): the body as JSON.
  template <class Text, class Object>
  void deliver(slot& from, level urgency, std::int64_t now, Text&& put_text, Object&& put_object) {
    std::optional<std::string_view> body;
    bool any = false;
    for (const auto& one : targets) {
      if (!one->takes(urgency)) continue;
      const auto capped = one->capped(urgency);
      char* const line = from.lines->reserve(one->limit + 1);
      if (line == nullptr) {
        home.lost.fetch_add(1, std::memory_order_relaxed);
        any = true;
        continue;
      }
      text_out out(line, one->limit);
      if (one->settings.format == line_format::json) {
        put_object(out, capped);
      } else if (put_header(out, one->settings.format, one->settings.facility, capped, now,
                            {tag, home.hostname, home.pid}, from.kept)) {
        if (!body) {
          text_out text(from.scratch.get(), home.longest_line - 1);
          put_text(text);
          body = text.view();
        }
        out << *body;
      }
      line[out.size()] = '\n';
      from.lines->commit(one->to, out.size() + 1);
      any = true;
    }
    if (any) home.out.notify(*from.lines);
  }
};

bool is_error(const record& what) {
  if (what.redispatched) return true;
  if (what.cause == '-' ? what.retries > 0 : what.cause != 'L') return true;
  return what.http && what.status >= 500;
}

bool wanted(const settings& how, const record& what) {
  if (how.format == settings::style::none) return true;  // says that a connection came, not how it went
  if (how.dont_log_null && what.bytes_from_client == 0 && !what.early) return false;
  return !how.dont_log_normal || is_error(what);
}

level level_of(const settings& how, const record& what) {
  const bool raised = how.log_separate_errors && how.format != settings::style::none && is_error(what);
  return raised ? level::err : level::info;
}

pipeline::pipeline(std::unique_ptr<implementation> from) : self_(std::move(from)) {}
pipeline::~pipeline() = default;

bool pipeline::empty() const { return self_->targets.empty(); }
bool pipeline::at_start() const { return self_->how.format == settings::style::none; }
bool pipeline::asap() const { return self_->how.log_asap; }

bool pipeline::emit(std::size_t index, const record& what) {
  if (self_->targets.empty() || !wanted(self_->how, what)) return false;
  auto& home = self_->home;
  auto& from = home.slot_at(index);
  const auto length = home.how.request_length;
  self_->deliver(
      from, level_of(self_->how, what), what.now != 0 ? what.now : wall_clock(),
      [&](text_out& out) { put_body(out, self_->how.format, what, from.kept, length); },
      [&](text_out& out, level urgency) { put_json(out, what, urgency, from.kept, length); });
  return true;
}

void pipeline::emit(std::size_t index, const early_end& what) {
  if (self_->targets.empty() || (self_->how.dont_log_null && what.sent_nothing)) return;
  auto& home = self_->home;
  auto& from = home.slot_at(index);
  self_->deliver(
      from, self_->how.log_separate_errors ? level::err : level::info, wall_clock(),
      [&](text_out& out) { put_early_end(out, what, from.kept); },
      [&](text_out& out, level urgency) { put_json_early_end(out, what, urgency, from.kept); });
}

void pipeline::message(level urgency, std::string_view text) {
  if (self_->targets.empty()) return;
  auto& home = self_->home;
  const std::lock_guard lock(home.message_mutex);
  auto& from = home.slot_at(home.how.workers);
  const auto now = wall_clock();
  self_->deliver(
      from, urgency, now,
      [&](text_out& out) {
        // One message is one line, whatever a server said in it.
        for (const char c : text) out << (static_cast<unsigned char>(c) < 32 || c == 127 ? ' ' : c);
      },
      [&](text_out& out, level capped) { put_json_message(out, text, capped, now, from.kept); });
}

logger::logger(const global_settings& global, const options& how)
    : self_(std::make_unique<implementation>(global, how)) {}
logger::~logger() { stop(); }

std::unique_ptr<pipeline> logger::make_pipeline(const settings& how) {
  auto made =
      std::unique_ptr<pipeline::implementation>(new pipeline::implementation{*self_, how, how.tag, {}});
  if (made->tag.empty()) made->tag = self_->global.tag.empty() ? self_->how.program : self_->global.tag;
  const auto add = [&](const target_settings& from) {
    auto one = std::make_unique<target>(from);
    auto& format = one->settings.format;
    if (format == line_format::unset)
      format = self_->global.hostname ? line_format::rfc3164 : line_format::local;
    one->to = self_->sink_for(from);
    // `len` counts the newline for descriptors only; so does HAProxy.
    const std::size_t length = std::max<std::size_t>(from.max_length, 80);
    one->limit = from.via == transport::fd ? length - 1 : length;
    self_->longest_line = std::max(self_->longest_line, length);
    made->targets.push_back(std::move(one));
  };
  for (const auto& one : how.targets) add(one);
  if (how.use_global) {
    for (const auto& one : self_->global.targets) add(one);
  }
  return std::unique_ptr<pipeline>(new pipeline(std::move(made)));
}

std::vector<std::string> logger::open() {
  std::vector<std::string> problems;
  for (const auto& one : self_->sinks) {
    auto problem = one->open();
    if (!problem.empty()) problems.push_back(std::move(problem));
  }
  return problems;
}

void logger::start() {
  self_->pid = std::to_string(::getpid());
  if (!self_->sinks.empty()) self_->out.start();
}

void logger::stop(std::chrono::milliseconds patience) { self_->out.stop(patience); }

std::uint64_t logger::dropped() const { return self_->lost.load(std::memory_order_relaxed); }

std::vector<target_statistics> logger::statistics() const {
  std::vector<target_statistics> all;
  for (const auto& one : self_->sinks) all.push_back({one->name(), one->sent(), one->dropped()});
  return all;
}

}  // namespace ringway::log

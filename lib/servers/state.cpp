#include "servers/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "balance/chooser.hpp"

namespace ringway::servers {

namespace {

// HAProxy keeps `slowstart` in seconds, a started one counted whole.
unsigned slow_start_seconds(const settings& from) {
  return static_cast<unsigned>((from.slowstart.count() + 999) / 1000);
}

clock::duration slow_start_step(const settings& from) {
  return std::max<clock::duration>(seconds{1}, from.slowstart / 20);
}

std::unique_ptr<source_ports> ports_of(const source_settings& from) {
  if (!from.from || from.from->port == 0 || from.port_high <= from.from->port) return nullptr;
  return std::make_unique<source_ports>(from.from->port, from.port_high);
}

std::string reason_part(const cause& why) {
  if (!why.words.empty()) return fmt::format(", {}", why.words);
  std::string text;
  if (!why.reason.empty()) text += fmt::format(", reason: {}", why.reason);
  if (!why.info.empty()) text += fmt::format(", info: \"{}\"", why.info);
  if (why.duration) text += fmt::format(", check duration: {}ms", why.duration->count());
  return text;
}

}  // namespace

state::state(const settings& from, std::uint32_t index, clock::time_point now)
    : config_(from), index_(index), source_range_(ports_of(from.source)), weight_(from.weight) {
  if (from.disabled) admin_ |= bit(admin::forced_maint) | bit(admin::configured_maint);
  address at = from.ip;
  if (!from.unix_path.empty()) {
    at = {};
    at.kind = from.unix_abstract ? family::abstract : family::unix_path;
  } else if (!from.host.empty()) {
    at = from.found;
    if (!at.is_ip()) admin_ |= bit(admin::unresolved);
  }
  if (at.is_ip() && from.port != 0) at.port = from.port;
  write_address(at);
  if (from.tracks_disabled) admin_ |= bit(admin::inherited_maint);
  if ((admin_ & maintenance_bits) != 0) operation_ = running::down;
  port_ = from.port;
  checked_.store(from.check.enabled, std::memory_order_relaxed);
  health_.store(from.disabled || from.tracks_disabled ? 0 : from.check.rise, std::memory_order_relaxed);
  since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
}

// The release of each word orders the odd sequence number before it; a reader that sees any new word
// therefore sees a changed sequence number as well and starts again.
void state::write_address(const address& to) {
  std::uint64_t words[3] = {};
  std::memcpy(words, to.bytes.data(), 16);
  words[2] = std::uint64_t{to.scope} << 32 | std::uint64_t{to.port} << 8 | static_cast<std::uint8_t>(to.kind);
  const auto sequence = address_sequence_.load(std::memory_order_relaxed);
  address_sequence_.store(sequence + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < 3; ++i) address_words_[i].store(words[i], std::memory_order_release);
  address_sequence_.store(sequence + 2, std::memory_order_release);
}

address state::where() const {
  for (;;) {
    const auto before = address_sequence_.load(std::memory_order_acquire);
    std::uint64_t words[3];
    for (std::size_t i = 0; i < 3; ++i) words[i] = address_words_[i].load(std::memory_order_acquire);
    if ((before & 1) != 0 || address_sequence_.load(std::memory_order_relaxed) != before) continue;
    address at;
    std::memcpy(at.bytes.data(), words, 16);
    at.kind = static_cast<family>(words[2] & 0xff);
    at.port = static_cast<std::uint16_t>(words[2] >> 8);
    at.scope = static_cast<std::uint32_t>(words[2] >> 32);
    return at;
  }
}

seconds state::down_time(clock::time_point now) const {
  clock::duration total{down_for_.load(std::memory_order_relaxed)};
  if (!look().alive()) total += now - last_change();
  return std::chrono::duration_cast<seconds>(total);
}

bool state::learnt(bool good) const {
  if (good) {
    if (errors_in_row_.load(std::memory_order_relaxed) != 0) errors_in_row_.store(0, std::memory_order_relaxed);
    return false;
  }
  if (errors_in_row_.fetch_add(1, std::memory_order_relaxed) + 1 < config_.check.error_limit) return false;
  errors_in_row_.store(0, std::memory_order_relaxed);
  return true;
}

last_check state::last() const {
  const auto word = last_check_.load(std::memory_order_relaxed);
  return {static_cast<check_kind>(word >> 32), static_cast<std::uint32_t>(word)};
}

group::group(std::string backend, const std::vector<settings>& from, balance::chooser& chooser, hooks told,
             clock::time_point now, std::string word)
    : backend_(std::move(backend)), word_(std::move(word)), chooser_(chooser), told_(std::move(told)) {
  states_.reserve(from.size());
  for (const auto& one : from) {
    states_.push_back(std::make_unique<state>(one, size(), now));
    sync(*states_.back());
  }
}

group::~group() = default;

const state* group::find(std::string_view name) const {
  const auto found =
      std::find_if(states_.begin(), states_.end(), [&](const auto& one) { return one->name() == name; });
  return found == states_.end() ? nullptr : found->get();
}

// Carries the state to the chooser, to the counts and to the readers' word, in this order: whoever reads
// "usable" finds the server in the chooser.
void group::sync(state& one) {
  const bool serving = one.operation_ == running::up || one.operation_ == running::starting;
  const bool open = serving && (one.admin_ & (maintenance_bits | drain_bits)) == 0;
  chooser_.set_usable(one.index_, open);
  const bool usable = chooser_.usable(one.index_);
  if (usable != one.counted_) {
    auto& count = one.config_.backup ? backup_ : active_;
    count.fetch_add(usable ? 1u : ~0u, std::memory_order_relaxed);
    one.counted_ = usable;
  }
  const bool resolved = (one.admin_ & bit(admin::unresolved)) == 0;
  one.word_.store(one.admin_ | static_cast<std::uint32_t>(one.operation_) << 8 | (usable ? 1u : 0u) << 10 |
                      (resolved ? 1u : 0u) << 11 | one.warmth_ << 12 | one.weight_ << 19,
                  std::memory_order_release);
}

std::string group::subject(const state& one) const {
  return fmt::format("{}Server {}/{}", one.config_.backup ? "Backup " : "", backend_, one.name());
}

std::string group::left_tail(const state& one, unsigned moved) const {
  return fmt::format(
      ". {} active and {} backup servers left.{} {} sessions active, {} requeued, {} remaining in queue.",
      active(), backup(), backup() != 0 && active() == 0 ? " Running on backup." : "",
      chooser_.served(one.index_), moved, chooser_.waiting(one.index_));
}

std::string group::online_tail(const state& one, unsigned taken) const {
  return fmt::format(". {} active and {} backup servers online.{} {} sessions requeued, {} total in queue.",
                     active(), backup(), backup() != 0 && active() == 0 ? " Running on backup." : "", taken,
                     chooser_.waiting(one.index_));
}

void group::report(int level, std::string text) {
  if (!told_.report) return;
  sentence said;
  said.level = level;
  said.text = std::move(text);
  told_.report(said);
}

void group::report_if_empty(unsigned usable_before) {
  if (usable_before == 0 || usable_left() != 0) return;
  times_down_.fetch_add(1, std::memory_order_relaxed);
  if (!told_.report) return;
  sentence said;
  said.level = 0;
  said.tag = sentence::console::alert;
  said.text = fmt::format("{} {} has no server available!", word_, backend_);
  said.console_text = fmt::format("{} '{}' has no server available!", word_, backend_);
  told_.report(said);
}

void group::to_operation(state& one, running next, clock::time_point now) {
  const bool was_down = one.operation_ == running::down;
  if (was_down && next != running::down) {
    const auto spent = now - one.last_change();
    one.down_for_.fetch_add(spent.count(), std::memory_order_relaxed);
  }
  one.operation_ = next;
  one.since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  if (next != running::starting) {
    one.warmth_ = 100;
    chooser_.set_warmth(one.index_, 0, 0);
  }
}

void group::mark_down(state& one, clock::time_point now) {
  to_operation(one, running::down, now);
  one.times_down_.fetch_add(1, std::memory_order_relaxed);
}

// Up, or warming up when there is a slow start.
void group::enter_chooser(state& one, clock::time_point now) {
  const unsigned period = slow_start_seconds(one.config_);
  if (period == 0) {
    to_operation(one, running::up, now);
  } else {
    to_operation(one, running::starting, now);
    one.warmth_ = 0;
    one.warm_since_ = now;
    one.next_step_ = now + slow_start_step(one.config_);
    chooser_.set_warmth(one.index_, 0, period);
  }
  sync(one);
}

unsigned group::leave_chooser(state& one) {
  sync(one);
  return told_.left ? told_.left(one.index_) : 0;
}

void group::go_down(std::uint32_t index, const cause& why, clock::time_point now) {
  auto& one = *states_[index];
  if (one.operation_ == running::down) return;
  const unsigned before = usable_left();
  const bool was_leaving = one.operation_ == running::stopping || (one.admin_ & drain_bits) != 0;
  mark_down(one, now);
  const unsigned moved = leave_chooser(one);
  std::string text = subject(one) + " is DOWN" + one.via_ + reason_part(why) + left_tail(one, moved);
  for (const auto& hook : told_.marked_down) hook(index);  // may end the sessions that the sentence counts
  report(was_leaving ? 5 : 1, std::move(text));
  report_if_empty(before);
  each_follower(one, [now](group& of, std::uint32_t other) { of.go_down(other, {}, now); });
}

void group::come_up(std::uint32_t index, const cause& why, clock::time_point now) {
  auto& one = *states_[index];
  if (one.operation_ == running::up || one.operation_ == running::starting) return;
  if ((one.admin_ & maintenance_bits) != 0) return;  // checks rest in maintenance; a late result says nothing
  enter_chooser(one, now);
  const unsigned taken = one.counted_ && told_.entered ? told_.entered(index) : 0;
  if (one.counted_)
    for (const auto& hook : told_.marked_up) hook(index);
  report(5, subject(one) + " is UP" + one.via_ + reason_part(why) + online_tail(one, taken));
  each_follower(one, [now](group& of, std::uint32_t other) { of.come_up(other, {}, now); });
}

void group::go_stopping(std::uint32_t index, const cause& why, clock::time_point now) {
  auto& one = *states_[index];
  if (one.operation_ == running::stopping || (one.admin_ & maintenance_bits) != 0) return;
  const unsigned before = usable_left();
  to_operation(one, running::stopping, now);
  const unsigned moved = leave_chooser(one);
  report(5, subject(one) + " is stopping" + one.via_ + reason_part(why) + online_tail(one, moved));
  report_if_empty(before);
  each_follower(one, [now](group& of, std::uint32_t other) { of.go_stopping(other, {}, now); });
}

void group::note_check(std::uint32_t index, last_check found, bool failed, unsigned health) {
  auto& one = *states_[index];
  one.last_check_.store(std::uint64_t{static_cast<std::uint8_t>(found.kind)} << 32 | found.milliseconds,
                        std::memory_order_relaxed);
  if (failed) one.failed_checks_.fetch_add(1, std::memory_order_relaxed);
  one.health_.store(health, std::memory_order_relaxed);
}

void group::set_checked(std::uint32_t index, bool on) {
  auto& one = *states_[index];
  one.checked_.store(on && one.config_.check.enabled, std::memory_order_relaxed);
}

void group::set_health(std::uint32_t index, unsigned health) {
  states_[index]->health_.store(health, std::memory_order_relaxed);
}

bool group::set_weight(std::uint32_t index, unsigned weight) {
  auto& one = *states_[index];
  if (!chooser_.set_weight(index, weight)) return false;
  const unsigned before = usable_left();
  const bool had = one.counted_;
  one.weight_ = weight;
  sync(one);
  if (!had && one.counted_ && told_.entered) told_.entered(index);
  report_if_empty(before);
  return true;
}

void group::set_address(std::uint32_t index, const address& host, std::string_view by,
                        clock::time_point now) {
  auto& one = *states_[index];
  if (one.moved_) return;
  const address old = one.where();
  address next = host;
  next.port = one.port_;
  if (old != next) {
    one.write_address(next);
    chooser_.set_address(index, next);
    report(5, fmt::format("{}/{} changed its IP from {} to {} by {}.", backend_, one.name(),
                          old.is_ip() ? old.host_text() : "(none)", next.host_text(), by));
  }
  if ((one.admin_ & bit(admin::unresolved)) == 0) return;
  set_admin(index, admin::unresolved, false, {}, now);
  report(5, fmt::format("Server {}/{} administratively READY thanks to valid DNS answer.", backend_,
                        one.name()));
}

void group::move_to(std::uint32_t index, const address& where, clock::time_point now) {
  auto& one = *states_[index];
  one.moved_ = true;
  one.port_ = where.port;
  if (one.where() != where) {
    one.write_address(where);
    chooser_.set_address(index, where);
  }
  set_admin(index, admin::unresolved, false, {}, now);
}

void group::tick(clock::time_point now) {
  for (auto& held : states_) {
    auto& one = *held;
    if (one.operation_ != running::starting || now < one.next_step_) continue;
    const unsigned period = slow_start_seconds(one.config_);
    const auto elapsed =
        static_cast<unsigned>(std::chrono::duration_cast<seconds>(now - one.warm_since_).count());
    const bool warm = elapsed >= period;
    if (warm) {
      one.operation_ = running::up;  // the time of the last change stays that of coming up
      one.warmth_ = 100;
    } else {
      one.warmth_ = 100 * elapsed / period;
      one.next_step_ += slow_start_step(one.config_);
      if (one.next_step_ <= now) one.next_step_ = now + slow_start_step(one.config_);
    }
    chooser_.set_warmth(one.index_, elapsed, period);
    sync(one);
    // The limit grew: requests that wait may go on.
    const unsigned taken = one.counted_ && told_.entered ? told_.entered(one.index_) : 0;
    if (warm) report(5, subject(one) + " is UP" + online_tail(one, taken));
  }
}

std::optional<clock::time_point> group::next_step() const {
  std::optional<clock::time_point> next;
  for (const auto& one : states_) {
    if (one->operation_ == running::starting && (!next || one->next_step_ < *next)) next = one->next_step_;
  }
  return next;
}

}  // namespace ringway::servers

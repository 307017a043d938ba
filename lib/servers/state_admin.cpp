// Administration of servers: maintenance and drain, said in HAProxy's words, and passed on to those that
// track them.
#include <fmt/format.h>

#include "balance/chooser.hpp"
#include "servers/state.hpp"

namespace ringway::servers {

namespace {

std::string in_brackets(std::string_view detail) {
  return detail.empty() ? std::string{} : fmt::format(" ({})", detail);
}

}  // namespace

void group::set_admin(std::uint32_t index, admin flag, bool on, std::string_view detail,
                      clock::time_point now) {
  auto& one = *states_[index];
  const std::uint8_t mask = bit(flag);
  if (((one.admin_ & mask) != 0) == on) return;
  const std::uint8_t before = one.admin_;
  one.admin_ = on ? before | mask : before & static_cast<std::uint8_t>(~mask);
  const bool was_maint = (before & maintenance_bits) != 0, is_maint = (one.admin_ & maintenance_bits) != 0;
  if (!was_maint && is_maint) {
    enter_maintenance(one, before, detail, now);
  } else if (was_maint && !is_maint) {
    leave_maintenance(one, flag, now);
  } else if (was_maint) {
    stay_in_maintenance(one, flag, on);
  } else {
    change_drain(one, before, detail, now);
  }
  pass_on_admin(one, flag, on, detail, now);
}

void group::enter_maintenance(state& one, std::uint8_t before, std::string_view detail,
                              clock::time_point now) {
  const unsigned usable_before = usable_left();
  one.health_.store(0, std::memory_order_relaxed);
  if (one.operation_ == running::down) {
    sync(one);
    report(5, subject(one) + " was DOWN and now enters maintenance" + in_brackets(detail) + one.via_ + ".");
    return;
  }
  const bool was_leaving = one.operation_ == running::stopping || (before & drain_bits) != 0;
  mark_down(one, now);
  const unsigned moved = leave_chooser(one);
  std::string text = subject(one) + " is going DOWN for maintenance" + in_brackets(detail) + one.via_ +
                     left_tail(one, moved);
  for (const auto& hook : told_.marked_down) hook(one.index_);
  report(was_leaving ? 5 : 1, std::move(text));
  report_if_empty(usable_before);
}

void group::leave_maintenance(state& one, admin flag, clock::time_point now) {
  // It starts anew: healthy until the next check says otherwise, and one failure is enough. One that tracks
  // another is what that one is.
  if (one.config_.check.enabled) one.health_.store(one.config_.check.rise, std::memory_order_relaxed);
  const running like = one.tracked_ != nullptr ? one.tracked_->operation_ : running::up;
  if (like == running::down) {
    sync(one);
  } else if (like == running::stopping) {
    to_operation(one, running::stopping, now);
    sync(one);
  } else {
    enter_chooser(one, now);
  }
  if (one.counted_ && told_.entered) told_.entered(one.index_);
  if (one.counted_)
    for (const auto& hook : told_.marked_up) hook(one.index_);
  const char* const health = one.operation_ == running::down ? "DOWN" : "UP";
  const char* const readiness = (one.admin_ & drain_bits) != 0 ? "DRAIN" : "READY";
  if (flag == admin::unresolved) {
    report(5, fmt::format("{} ('{}') is {}/{} (resolves again).", subject(one), one.config_.host, health,
                          readiness));
  } else {
    report(5, fmt::format("{} is {}/{} (leaving {}maintenance).", subject(one), health, readiness,
                          flag == admin::forced_maint ? "forced " : ""));
    if ((one.admin_ & drain_bits) != 0) report_drain_that_stays(one);
  }
}

void group::report_drain_that_stays(const state& one) {
  if ((one.admin_ & bit(admin::forced_drain)) != 0)
    report(5, subject(one) + " remains in forced drain mode.");
  else
    report(5, subject(one) + " is leaving forced drain but remains in drain mode" + one.via_ + ".");
}

void group::stay_in_maintenance(state& one, admin flag, bool on) {
  sync(one);
  if (on) return;
  if (flag == admin::unresolved) {
    report(5, fmt::format("{} ('{}') resolves again but remains in maintenance.", subject(one),
                          one.config_.host));
  } else if (flag == admin::forced_maint) {
    report(5, subject(one) + " is leaving forced maintenance but remains in maintenance" + one.via_ + ".");
  } else if (flag == admin::inherited_maint && (one.admin_ & bit(admin::forced_maint)) != 0) {
    report(5, subject(one) + " remains in forced maintenance.");
  }
}

void group::change_drain(state& one, std::uint8_t before, std::string_view detail, clock::time_point now) {
  const bool was_drain = (before & drain_bits) != 0, is_drain = (one.admin_ & drain_bits) != 0;
  if (!was_drain && !is_drain) {
    sync(one);
    return;
  }
  if (!was_drain) {
    const unsigned usable_before = usable_left();
    const unsigned moved = leave_chooser(one);
    one.since_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    report(5, subject(one) + " enters drain state" + in_brackets(detail) + one.via_ +
                  (one.operation_ == running::down ? left_tail(one, moved) : online_tail(one, moved)));
    report_if_empty(usable_before);
    return;
  }
  sync(one);
  if (is_drain) {  // another reason than this flag
    report_drain_that_stays(one);
    return;
  }
  if (one.counted_ && told_.entered) told_.entered(one.index_);
  // HAProxy calls an inherited drain forced here, too.
  report(5, fmt::format("{} is {} (leaving forced drain).", subject(one),
                        one.operation_ == running::down ? "DOWN" : "UP"));
}

// Those that track a server inherit what holds for it, whatever the reason: only the first reason and the
// last one matter.
void group::pass_on_admin(state& one, admin flag, bool on, std::string_view detail, clock::time_point now) {
  const bool maint = (bit(flag) & maintenance_bits) != 0, drain = (bit(flag) & drain_bits) != 0;
  if (!maint && !drain) return;
  const std::uint8_t others = (maint ? maintenance_bits : drain_bits) & static_cast<std::uint8_t>(~bit(flag));
  if ((one.admin_ & others) != 0) return;
  const admin inherited = maint ? admin::inherited_maint : admin::inherited_drain;
  each_follower(one,
                [&](group& of, std::uint32_t other) { of.set_admin(other, inherited, on, detail, now); });
}

void group::pass_on_silently(state& one) {
  each_follower(one, [&one](group& of, std::uint32_t other) {
    state& next = *of.states_[other];
    constexpr std::uint8_t both = bit(admin::inherited_maint) | bit(admin::inherited_drain);
    next.admin_ &= static_cast<std::uint8_t>(~both);
    if ((one.admin_ & maintenance_bits) != 0) next.admin_ |= bit(admin::inherited_maint);
    if ((one.admin_ & drain_bits) != 0) next.admin_ |= bit(admin::inherited_drain);
    next.operation_ = (next.admin_ & maintenance_bits) != 0 ? running::down : running::up;
    of.sync(next);
    of.pass_on_silently(next);
  });
}

void group::track(std::uint32_t index, group& of, std::uint32_t tracked) {
  state& own = *states_[index];
  state& other = *of.states_[tracked];
  own.tracked_ = &other;
  own.via_ = fmt::format(" via {}/{}", of.backend_, other.name());
  other.followers_.push_back({this, index});
  of.pass_on_silently(other);
}

}  // namespace ringway::servers

#include "check/judge.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ringway::check {

using servers::check_kind;

std::string_view reason_of(check_kind kind) {
  switch (kind) {
    case check_kind::none:
      return "Unknown";
    case check_kind::l4_ok:
      return "Layer4 check passed";
    case check_kind::l4_timeout:
      return "Layer4 timeout";
    case check_kind::l4_refused:
      return "Layer4 connection problem";
    case check_kind::socket_error:
      return "Socket error";
    case check_kind::analysis:
      return "Health analyze";
  }
  return "";
}

namespace {
result made(check_kind kind, std::string info, milliseconds took) {
  result found;
  found.kind = kind;
  found.info = std::move(info);
  found.duration = took;
  return found;
}
}  // namespace

result refused(servers::connect_step step, int error, bool late, bool unix_socket, milliseconds took) {
  return made(unix_socket ? check_kind::socket_error : check_kind::l4_refused,
              servers::check_info_of(step, error, unix_socket, late), took);
}

result timed_out(milliseconds took) { return made(check_kind::l4_timeout, {}, took); }
result connected(milliseconds took) { return made(check_kind::l4_ok, {}, took); }

unsigned first_health(const servers::check_settings& rules) { return rules.rise; }
unsigned top_health(const servers::check_settings& rules) { return rules.rise + rules.fall - 1; }

verdict judge(const servers::check_settings& rules, unsigned health, bool passed) {
  verdict said;
  said.health = health;
  if (passed) {
    if (health < top_health(rules)) {
      said.health = health + 1 < rules.rise ? health + 1 : top_health(rules);
      said.counted = true;
    }
    if (said.health >= rules.rise) said.to = turn::up;
  } else {
    if (health > 0) {
      said.health = health > rules.rise ? health - 1 : 0;
      said.counted = true;
    }
    if (said.health < rules.rise) said.to = turn::down;
  }
  return said;
}

result suspected(unsigned errors, std::string_view last) {
  return made(check_kind::analysis, fmt::format("Detected {} consecutive errors, last one was: {}", errors, last),
              milliseconds{0});
}

unsigned health_before_suspicion(const servers::check_settings& rules, unsigned health) {
  if (rules.action == servers::on_error::mark_down) return std::min(health, rules.rise);
  if (rules.action == servers::on_error::sudden_death) return std::min(health, rules.rise + 1);
  return health;
}

milliseconds next_interval(const servers::check_settings& rules, unsigned health) {
  if (health >= top_health(rules)) return rules.inter;
  const milliseconds other = health == 0 ? rules.downinter : rules.fastinter;
  return other.count() > 0 ? other : rules.inter;
}

milliseconds connect_limit(const servers::check_settings& rules, std::optional<milliseconds> timeout_connect,
                           std::optional<milliseconds> timeout_check) {
  const bool both =
      timeout_check && timeout_check->count() > 0 && timeout_connect && timeout_connect->count() > 0;
  return both ? std::min(*timeout_connect, rules.inter) : rules.inter;
}

milliseconds first_delay(milliseconds own, milliseconds smallest, std::size_t position, std::size_t count) {
  if (count == 0) return milliseconds{0};
  const auto over = std::max({own, smallest, milliseconds{0}}).count();
  return milliseconds{over * static_cast<std::int64_t>(position) / static_cast<std::int64_t>(count)};
}

std::string health_sentence(const servers::group& group, const servers::state& server, const result& found,
                            unsigned health) {
  const auto& rules = server.config().check;
  const bool up = health >= rules.rise;
  std::string text = fmt::format("Health check for {}server {}/{} {}, reason: {}",
                                 server.config().backup ? "backup " : "", group.backend(), server.name(),
                                 found.passed() ? "succeeded" : "failed", reason_of(found.kind));
  if (!found.info.empty()) text += fmt::format(", info: \"{}\"", found.info);
  if (found.kind != check_kind::analysis) text += fmt::format(", check duration: {}ms", found.duration.count());
  text +=
      fmt::format(", status: {}/{} {}.",
                  up ? health - rules.rise + 1 : health, up ? rules.fall : rules.rise, up ? "UP" : "DOWN");
  return text;
}

}  // namespace ringway::check

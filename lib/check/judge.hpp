// What a health check's result means; arithmetic only, no I/O, no clock. HAProxy configuration manual 5.2
// (inter, rise, fall), 4.2 (timeout check), behaviour compared with 2.6.12.
//
// Health counts 0 .. rise+fall-1 and the server is up from `rise` on. A failure while up takes one away; when
// that makes it less than `rise` the server is down and health is 0. A success while down adds one; when that
// reaches `rise` the server is up and health is at the top. Hence `fall` failures in a row from the top,
// `rise` successes in a row from the bottom. A server not yet checked is up with health `rise`: its first
// failure takes it down.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.hpp"
#include "servers/connect_fault.hpp"
#include "servers/settings.hpp"
#include "servers/state.hpp"

namespace ringway::check {

// What one attempt found.
struct result {
  servers::check_kind kind = servers::check_kind::none;
  std::string info;  // HAProxy's words in quotes; empty: none
  milliseconds duration{0};
  bool passed() const { return kind == servers::check_kind::l4_ok; }
};

// "Layer4 check passed", "Layer4 timeout", ...
std::string_view reason_of(servers::check_kind kind);

// A connection that could not be begun (`late`: or that failed while under way); `unix_socket`: what HAProxy calls a
// socket error there, it calls a connection problem on IP.
result refused(servers::connect_step step, int error, bool late, bool unix_socket, milliseconds took);
result timed_out(milliseconds took);
result connected(milliseconds took);

unsigned first_health(const servers::check_settings& rules);  // rise
unsigned top_health(const servers::check_settings& rules);    // rise + fall - 1

enum class turn : std::uint8_t { none, up, down };
struct verdict {
  unsigned health = 0;
  turn to = turn::none;  // the server's operational state should become this, if it is not so yet
  bool counted = false;  // health changed: worth a line of `option log-health-checks`, and a failure a count
};
verdict judge(const servers::check_settings& rules, unsigned health, bool passed);

// `observe`: errors of the traffic as if a check had failed; the health that failure starts from.
result suspected(unsigned errors, std::string_view last);
unsigned health_before_suspicion(const servers::check_settings& rules, unsigned health);

// Time from the end of a check to the next one: inter at the top, downinter at the bottom, fastinter between.
milliseconds next_interval(const servers::check_settings& rules, unsigned health);

// How long a connect may take. Unset: no such timeout. With `timeout check` set it is min(connect, inter) and
// the answer has its own limit after that; otherwise inter is for the whole.
milliseconds connect_limit(const servers::check_settings& rules, std::optional<milliseconds> timeout_connect,
                           std::optional<milliseconds> timeout_check);

// First checks are spread so that they do not fall together: check `position` of `count` (all backends
// together, in declared order) starts after this time. `smallest`: the least interval of them that is at
// least a second; 0: none is, and each has its own only.
milliseconds first_delay(milliseconds own, milliseconds smallest, std::size_t position, std::size_t count);
inline constexpr milliseconds least_spread{1000};

// The line of `option log-health-checks`, with the final full stop.
std::string health_sentence(const servers::group& group, const servers::state& server, const result& found,
                            unsigned health);

}  // namespace ringway::check

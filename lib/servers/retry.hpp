// What happens after a connection to a server failed: the same server again, another one, or the end.
// Pure decisions; manual: "retries", "option redispatch".
#pragma once
#include <cstdint>
#include <optional>

#include "balance/settings.hpp"

namespace ringway::servers {

enum class next_try : std::uint8_t { same_server, other_server, give_up };

struct retry_rules {
  unsigned retries = 3;
  std::optional<int> redispatch;  // unset: stay; N > 0: every N-th retry; N < 0: counted from the last (-1: the last)
  bool turning = false;           // the algorithm moves on by itself (roundrobin and the like) and others are active
};

// `failures`: connections that failed so far, at least 1. `server_up`: whether the failed server still is in use.
inline next_try after_failure(const retry_rules& rules, unsigned failures, bool server_up) {
  if (failures > rules.retries) return next_try::give_up;
  if (!rules.redispatch) return next_try::same_server;
  if (!server_up || rules.turning) return next_try::other_server;
  const int every = *rules.redispatch;
  const unsigned left = rules.retries - failures;  // retries after the coming one
  if (every > 0 && failures % static_cast<unsigned>(every) == 0) return next_try::other_server;
  if (every < 0 && (left + 1) % static_cast<unsigned>(-every) == 0 && left + 1 <= static_cast<unsigned>(-every))
    return next_try::other_server;
  return next_try::same_server;
}

}  // namespace ringway::servers

// What happens after an attempt to have a request answered failed: the same server again, another one, or the end.
// Pure decisions. Manual: "retries", "retry-on", "option redispatch"; intervals, pauses and the algorithms that move
// on by themselves follow traces of HAProxy 2.6.12 (its manual where the two differ: an interval below -1).
//
// When a request may be sent again. The bytes must still be at hand (`whole`). Then:
//  1. Nothing of it can have been processed (`untouched`): any method, as a failed connection. So it is when the
//     connection was never made, when it took not a byte, and when the server had ended it (FIN) before its kernel
//     acknowledged a byte of the request. A reset alone proves nothing: the server may have read a part first.
//  2. It went over a connection that had been idle, which ended before the first byte of an answer: idempotent methods
//     (RFC 9110 9.2.2), once, on a fresh connection to the same server (RFC 9112 9.3.1). No retry is counted.
//  3. As `retry-on` says, any method: who writes it vouches for the application, as the manual asks.
//  4. A fresh connection ended before the first byte of an answer, and `option redispatch` lets this retry go
//     elsewhere: idempotent methods, once. Once, because a request that ends its server should not meet them all.
// Never with `retry-on none`, and never once a byte of the answer went to the client.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

namespace ringway::servers {

// The conditions of `retry-on`; conn-failure alone unless said.
class retry_conditions {
 public:
  enum event : std::uint32_t {
    conn_failure = 1,
    empty_response = 2,
    junk_response = 4,
    response_timeout = 8,
    early_data_rejected = 16,
  };
  static constexpr std::array<std::uint16_t, 12> statuses = {401, 403, 404, 408, 421, 425, 429, 500, 501, 502, 503, 504};
  static constexpr std::uint32_t bit_of(unsigned status) {  // 0: not one of them
    for (std::size_t i = 0; i < statuses.size(); ++i)
      if (statuses[i] == status) return 1u << (8 + i);
    return 0;
  }
  static constexpr std::uint32_t all_retryable = conn_failure | empty_response | junk_response | response_timeout |
                                                 early_data_rejected;  // and 500, 502, 503, 504

  constexpr bool none() const { return bits == 0; }
  constexpr bool on(event what) const { return (bits & what) != 0; }
  constexpr bool any_status() const { return bits >= 256; }
  constexpr bool on_status(unsigned status) const { return any_status() && (bits & bit_of(status)) != 0; }

  std::uint32_t bits = conn_failure;
};

struct retry_rules {
  unsigned retries = 3;
  std::optional<int> redispatch;  // unset: stay; N > 0: every N-th retry; N < 0: counted from the last (-1: the last)
  retry_conditions on;
  bool turning = false;   // the algorithm moves on by itself (roundrobin and the like)
  unsigned active = 1;    // usable servers that are no backups
};

// How an attempt ended.
enum class failure : std::uint8_t {
  refused,          // the connection was refused or broke while being made
  connect_timeout,
  no_means,         // no descriptor or memory for it in this process: it was waited for
  closed,           // it ended before the first byte of an answer
  junk,             // what came is no response, or not a whole head
  timeout,          // no response in time
  status,           // a response with a status of `retry-on`
};

struct attempt {
  failure how = failure::refused;
  unsigned status = 0;       // failure::status only
  bool kept = false;         // the connection had been idle before
  bool untouched = true;     // nothing of the request can have been processed
  bool whole = true;         // all that was sent can be sent again
  bool idempotent = false;
  bool server_up = true;     // the server is still in use
  bool at_once = false;      // it failed here, before anything was sent: a pause would change nothing
};

struct tries {
  unsigned failed = 0;       // retries made so far
  bool moved_once = false;   // rule 4 was used
};

enum class next_try : std::uint8_t { same_server, other_server, give_up };
struct next_step {
  next_try where = next_try::give_up;
  bool counts = true;    // as a retry
  bool pause = false;    // min(timeout connect, 1 s) before it
  bool fresh = false;    // only over a new connection
  bool moves = false;    // rule 4
};

// Where retry number `number` (from 1) goes.
inline next_try place_of_retry(const retry_rules& rules, unsigned number, bool server_up) {
  if (number > rules.retries) return next_try::give_up;
  if (!rules.redispatch) return next_try::same_server;
  if (!server_up || (rules.turning && rules.active > 1)) return next_try::other_server;
  const int every = *rules.redispatch;
  const unsigned left = rules.retries - number;  // retries after this one
  if (every > 0 && number % static_cast<unsigned>(every) == 0) return next_try::other_server;
  if (every < 0 && left + 1 == static_cast<unsigned>(-every)) return next_try::other_server;
  return next_try::same_server;
}

inline constexpr unsigned most_instant_retries = 10;

inline next_step after(const retry_rules& rules, const attempt& last, const tries& so_far) {
  next_step step;
  if (!last.whole || rules.on.none()) return step;
  if (last.how == failure::closed && last.kept && (last.idempotent || last.untouched)) {
    step.where = next_try::same_server;
    step.counts = false;
    step.fresh = true;
    return step;
  }
  using on = retry_conditions;
  bool asked_for = false, connecting = false;
  switch (last.how) {
    case failure::refused:
    case failure::connect_timeout:
    case failure::no_means: asked_for = connecting = rules.on.on(on::conn_failure); break;
    case failure::closed:
      connecting = last.untouched && rules.on.on(on::conn_failure);
      asked_for = connecting || rules.on.on(on::empty_response);
      break;
    case failure::junk: asked_for = rules.on.on(on::junk_response); break;
    case failure::timeout: asked_for = rules.on.on(on::response_timeout); break;
    case failure::status: asked_for = rules.on.on_status(last.status); break;
  }
  const next_try where = place_of_retry(rules, so_far.failed + 1, last.server_up);
  if (!asked_for) {
    if (last.how != failure::closed || !last.idempotent || so_far.moved_once || where != next_try::other_server)
      return step;
    step.moves = true;
  }
  step.where = where;
  step.fresh = last.how == failure::closed;
  // At once on the same server would mostly fail the same way. Where a retry that may go elsewhere comes back to it, the
  // caller pauses as well, once it knows. What this machine's kernel refused at once is tried again at once, as HAProxy
  // does; many retries of that kind pause all the same, for the sake of the others on the worker.
  const bool waited = last.how == failure::connect_timeout || last.how == failure::no_means;
  const bool instant = last.at_once && so_far.failed < most_instant_retries;
  step.pause = connecting && !waited && !instant && where == next_try::same_server;
  return step;
}

}  // namespace ringway::servers

// How long is the body? In the order of RFC 9112 6.3, strictly; whatever is ambiguous is refused. No I/O.
#pragma once
#include <cstdint>

#include "http/head.hpp"

namespace ringway::http {

struct body_length {
  enum class kind : std::uint8_t { none, counted, chunked, until_close } how = kind::none;
  std::uint64_t bytes = 0;  // kind::counted
};

// Why a message is not accepted. `status` is what a client is told (a bad response is always 502).
struct refusal {
  unsigned status = 0;         // 0: accepted
  const char* reason = nullptr;
  explicit operator bool() const { return status != 0; }
};

// `option accept-unsafe-violations-in-http-request` and `-response` ask for lenient: README.md lists what it relaxes.
// Never what a message's length is.
enum class parsing : std::uint8_t { strict, lenient };

// Both may drop fields that must not be sent on: repeated equal Content-Length collapses to the first.
refusal request_body(request_head& head, body_length& out);
// `request`: the verb decides whether a body follows at all (HEAD, CONNECT).
refusal response_body(response_head& head, method request, body_length& out, parsing how = parsing::strict);

}  // namespace ringway::http

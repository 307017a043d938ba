// How long is the body? In the order of RFC 9112 6.3, strictly; whatever is ambiguous is refused. No I/O.
#pragma once
#include <cstdint>

#include "http/head.hpp"

namespace ringway::http {

struct body_length {
  enum class kind : std::uint8_t { none, counted, chunked, until_close } how = kind::none;
  std::uint64_t bytes = 0;  // kind::counted
  // Said in a way that others may read differently (parsing::haproxy alone takes it): nobody looks for a message behind
  // this one on its connection.
  bool doubtful = false;
};

// Why a message is not accepted. `status` is what a client is told (a bad response is always 502).
struct refusal {
  unsigned status = 0;         // 0: accepted
  const char* reason = nullptr;
  explicit operator bool() const { return status != 0; }
};

// What is taken besides what the RFCs allow; README.md lists it.
// `option accept-unsafe-violations-in-http-request` and `-response` ask for lenient; never what a message's length is.
// `h1-parsing haproxy` asks for haproxy: what HAProxy 3.x takes without that option. Both may be asked for.
enum class parsing : std::uint8_t { strict = 0, lenient = 1, haproxy = 2, haproxy_lenient = 3 };
constexpr bool is_lenient(parsing how) { return (static_cast<unsigned>(how) & 1u) != 0; }
constexpr bool as_haproxy(parsing how) { return (static_cast<unsigned>(how) & 2u) != 0; }
constexpr parsing with_haproxy(parsing how) { return is_lenient(how) ? parsing::haproxy_lenient : parsing::haproxy; }

// Are these fields, all Content-Length, sound and of one value?
bool is_one_length(field_list& lengths);

// Both may drop fields that must not be sent on: repeated equal Content-Length collapses to the first.
refusal request_body(request_head& head, body_length& out, parsing how = parsing::strict);
// `request`: the verb decides whether a body follows at all (HEAD, CONNECT).
refusal response_body(response_head& head, method request, body_length& out, parsing how = parsing::strict);

}  // namespace ringway::http

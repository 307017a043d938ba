// HTTP/1 heads from bytes: the only room that knows Boost.Beast, whose basic_parser splits a complete head into
// tokens and is strict about their characters (RFC 9112 2 to 5). Meaning (framing, target, persistence) is
// lib/http's. No I/O.
#pragma once
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/head.hpp"

namespace ringway::http1 {

enum class head_state : unsigned char { incomplete, complete, bad };

struct head_result {
  head_state what = head_state::incomplete;
  const char* reason = nullptr;  // head_state::bad: why, in words for the log
  std::size_t skipped = 0;       // empty lines before the request line (RFC 9112 2.2), at most two; any in parsing::haproxy
  unsigned status = 400;         // head_state::bad: what the client deserves
};

struct limits {
  std::size_t fields = 101;  // tune.http.maxhdr
  http::parsing how = http::parsing::strict;
};

// `input` starts where the head should. Views in `out` point into it, or into `scratch` where a head could not be
// taken as it came: folded lines of a response (RFC 9112 5.2), a later minor version, what other parsing than
// strict mends. `scanned` remembers how far earlier calls looked (0 at first).
head_result parse_request(std::string_view input, std::size_t& scanned, const limits& most, http::request_head& out,
                          std::string& scratch);
head_result parse_response(std::string_view input, std::size_t& scanned, const limits& most,
                           http::response_head& out, std::string& scratch);

}  // namespace ringway::http1

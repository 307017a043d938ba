// `h1-parsing haproxy`: a head that HAProxy 3.x reads and RFC 9112 does not, written anew so that the strict parser reads
// the same in it. What HAProxy refuses stays as it is, for that parser to refuse.
#pragma once
#include <string>
#include <string_view>

#include "http/framing.hpp"

namespace ringway::http1 {

struct haproxy_head {
  bool low_status = false;       // a response's status is `status`, below 100; the parser is given another
  bool two_lengths = false;      // a sound Content-Length stood beside Transfer-Encoding and was left out
  unsigned status = 0;
};

// `head`: complete; lines end in CRLF or LF, the empty one too. Appends to `out` at most twice the head and 64 bytes.
// Start line: blanks and tabs between its parts become one blank, any HTTP/d.d what it counts as (1.0 or 1.1), a status of
// one or two digits. Fields: folded lines become one with blanks in the place of each line's end, control bytes but NUL
// blanks, except where they stand in a framing or routing field; Connection keeps what is an option.
haproxy_head read_as_haproxy(std::string_view head, bool is_request, std::string& out);

}  // namespace ringway::http1

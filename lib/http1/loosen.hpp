// `option accept-unsafe-violations-in-http-request` and `-response`: a head that breaks the rules, written anew so
// that the strict parser reads it. What would leave the length or the host of a message in doubt is not mended.
#pragma once
#include <string>
#include <string_view>

namespace ringway::http1 {

struct mended {
  const char* reason = nullptr;   // not null: beyond repair
  unsigned status = 0;            // of a response, when it has more than three digits
  std::string_view protocol;      // "RTSP/1.0": a view into `head`; empty: HTTP
};

// `head`: complete, lines end in CRLF. Appends to `out`, which is empty: at most a few bytes more than `head`.
// Start line: another protocol's name, versions of several digits, HTTP/0.9's missing one (GET only), a status of up
// to 65535. Fields: one whose name is not a token is left out, as is a response's second "Transfer-Encoding: chunked";
// NUL and other control characters of a value become blanks (RFC 9110 5.5). Everything else stays as it is, for the
// parser to judge.
mended loosen(std::string_view head, bool is_request, std::string& out);

}  // namespace ringway::http1

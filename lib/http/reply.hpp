// Replies of our own. The pages are HAProxy's default ones in status, fields and body, byte for byte: monitoring
// and tests of its users compare them.
#pragma once
#include <string_view>

namespace ringway::http {

// The whole message for a status of ours (200 400 401 403 404 405 407 408 410 413 414 421 422 425 429 431 500 501 502
// 503 504 505); another one gives that of 500. Without a Connection field.
struct canned_reply {
  unsigned status;
  std::string_view head;   // up to and with the last field's CRLF
  std::string_view body;
};
const canned_reply& reply_for(unsigned status);

// The words behind a status (RFC 9110 15); of its class when it has none of its own. Not empty.
std::string_view reason_of(unsigned status);

}  // namespace ringway::http

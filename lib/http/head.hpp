// Request and response heads as both HTTP/1 and later versions see them. Names and values are views into the
// bytes that were received; a head lives no longer than those, and is reused without allocation.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace ringway::http {

enum class method : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };
method method_of(std::string_view text);             // exact case (RFC 9110 9.1)
constexpr bool is_idempotent(method m) {             // RFC 9110 9.2.2
  return m != method::post && m != method::patch && m != method::connect && m != method::other;
}

// The fields that the proxy itself acts upon.
enum class known : std::uint8_t {
  other, host, connection, content_length, transfer_encoding, expect, upgrade, keep_alive, proxy_connection, te,
  trailer, date, cookie, set_cookie
};

struct field {
  std::string_view name, value;
  // The whole line with its CRLF when it is already in the form in which it is sent on ("name: value"); else empty.
  std::string_view line;
  known id = known::other;
  bool dropped = false;  // not for the other side
  bool removed = false;  // by a rule: as if it had never come (dropped as well)
};

using field_list = std::vector<field>;

// First field of that name (case-insensitive) which was not dropped; nullptr: none.
const field* find(const field_list& fields, std::string_view name);
const field* find(const field_list& fields, known id);
void drop_all(field_list& fields, known id);

struct request_head {
  method verb = method::other;
  std::string_view method_text;
  std::string_view target;   // as received
  unsigned minor = 1;        // HTTP/1.<minor>; 1 for any higher
  std::string_view protocol; // another protocol's name and version ("RTSP/1.0"), parsing::lenient only; else empty
  field_list fields;
  std::size_t bytes = 0;     // length of the head as received, CRLFCRLF included
  bool two_lengths = false;  // parsing::haproxy: a sound Content-Length beside Transfer-Encoding was left out
  void clear();
};

constexpr bool is_interim(unsigned status) { return status >= 100 && status < 200; }

struct response_head {
  unsigned minor = 1;
  unsigned status = 0;       // 100..999; parsing::lenient: ..65535; parsing::haproxy: 0..999
  std::string_view reason;
  std::string_view protocol; // as in request_head
  field_list fields;
  std::size_t bytes = 0;
  bool two_lengths = false;  // as in request_head
  void clear();
};

}  // namespace ringway::http

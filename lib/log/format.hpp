// Records to text, byte for byte as HAProxy: bodies (manual 8.2.1 to 8.2.3, CLF), syslog headers (`log ...
// format`), and JSON objects. Pure functions writing into the caller's buffer; no allocation; lines are cut
// at its end.
#pragma once
#include <cstdint>
#include <string_view>

#include "log/record.hpp"
#include "log/settings.hpp"
#include "log/text.hpp"

namespace ringway::log {

enum class level : std::uint8_t;

// Bytes outside 32..126, '"' and '#' as #XX; captured headers also '{', '|' and '}' (manual 8.6).
void put_quoted(text_out& out, std::string_view text);
void put_quoted_header(text_out& out, std::string_view text);

// The line without header and newline. `request_length`: %r is cut to one byte less, before quoting.
void put_body(text_out& out, settings::style style, const record& what, dates& kept,
              std::size_t request_length = 1024);

// client [date] frontend/listener: reason
void put_early_end(text_out& out, const early_end& what, dates& kept);

// What the header says of the sender; views of strings that live as long as the pipeline.
struct sender {
  std::string_view tag, hostname, pid;  // hostname empty: log-send-hostname is not set
};

// `format` may not be unset; raw and json have no header. A part of the header that does not fit in what is
// left of `out` ends the line: HAProxy never cuts inside one. False then: nothing must follow.
bool put_header(text_out& out, line_format format, int facility, level urgency, std::int64_t now_microseconds,
                const sender& from, dates& kept);

// One JSON object, always complete and valid UTF-8: a long request is shortened, then everything but the
// level. README.md lists the keys.
void put_json(text_out& out, const record& what, level urgency, dates& kept,
              std::size_t request_length = 1024);
void put_json_early_end(text_out& out, const early_end& what, level urgency, dates& kept);
void put_json_message(text_out& out, std::string_view text, level urgency, std::int64_t now_microseconds,
                      dates& kept);

std::string_view name_of(level urgency);

}  // namespace ringway::log

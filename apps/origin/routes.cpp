#include "routes.hpp"

#include <array>

#include "text.hpp"

namespace origin {

std::uint64_t first_number(const connection& c, std::uint64_t fallback) {
  auto text = std::string_view(c.req.argument);
  return number(text.substr(0, text.find('/'))).value_or(fallback);
}

std::uint64_t second_number(const connection& c, std::uint64_t fallback) {
  auto text = std::string_view(c.req.argument);
  auto slash = text.find('/');
  return slash == std::string_view::npos ? fallback : number(text.substr(slash + 1)).value_or(fallback);
}

static constexpr std::array table = {
    route{"", "", true, say_hello, "says hello; so does every path not listed here"},
    route{"status", "/CODE", true, answer_status, "answers with that status"},
    route{"delay", "/MS", true, answer_delay, "says hello after MS milliseconds"},
    route{"bytes", "/N", true, answer_bytes, "N bytes with a content-length"},
    route{"chunked", "/N[/SIZE]", true, answer_chunked, "N bytes in chunks of SIZE (16384)"},
    route{"close", "/N", true, answer_close, "N bytes, ended by closing"},
    route{"drip", "/N/MS", true, answer_drip, "N bytes, one every MS milliseconds"},
    route{"echo", "", false, answer_echo, "sends the request body back while it arrives, framed as it came"},
    route{"headers", "", true, answer_headers, "the request head, byte for byte"},
    route{"null", "", true, answer_size, "reads the request body and answers its size"},
    route{"continue", "", true, answer_size,
          "as null; like every path but early it sends 100 Continue to who expects it"},
    route{"hints", "", true, answer_hints, "103 Early Hints, then hello"},
    route{"trailers", "", true, answer_trailers, "64 bytes chunked with a trailer field"},
    route{"early", "", false, answer_early, "413 before the body is read, then closes"},
    route{"short", "/N", true, answer_short, "promises N bytes, sends half, closes"},
    route{"stall", "[/N]", true, answer_stall,
          "never answers; with N: sends half of N promised bytes, then nothing"},
    route{"drop", "", false, answer_drop, "closes without an answer"},
    route{"reset", "", false, answer_reset, "resets the connection"},
    route{"upgrade", "", false, answer_upgrade, "101, then sends every byte back"},
    route{"raw", "/HEX", true, send_raw, "sends these bytes as they are"},
    route{"raw-close", "/HEX", true, send_raw, "sends these bytes as they are, then closes"},
    route{"count", "", true, answer_count, "connections and requests seen on this port, this one included"},
};

std::span<const route> routes() { return table; }

const route& find_route(std::string_view word) {
  for (const auto& one : table)
    if (one.word == word) return one;
  return table.front();
}

}  // namespace origin

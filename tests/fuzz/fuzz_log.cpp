// Log lines: whatever a client or server sent, no control byte of it reaches the log.
#include "fuzz.hpp"
#include "log/format.hpp"
#include "log/logger.hpp"

using namespace ringway;

namespace {

std::string_view piece(std::string_view& from) {
  const std::size_t end = from.find('\0');
  const std::string_view out = from.substr(0, end);
  from = end == std::string_view::npos ? std::string_view{} : from.substr(end + 1);
  return out;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = fuzz::text_of(data, size);
  if (input.size() < 2) return 0;
  const auto style = static_cast<log::settings::style>(static_cast<unsigned char>(input[0]) % 4);
  const auto room = static_cast<std::size_t>(static_cast<unsigned char>(input[1])) * 8 + 1;
  input.remove_prefix(2);
  log::record what;
  what.client = *parse_ip("192.0.2.1");
  what.frontend = "fe";
  what.backend = "be";
  what.server = "s1";
  what.accepted_at = what.request_at = 1795479681517000;
  what.now = what.accepted_at;
  what.http = style != log::settings::style::tcp;
  what.method = piece(input);
  what.uri = piece(input);
  what.version = piece(input);
  what.raw_request = piece(input);
  what.request_cookie = piece(input);
  what.response_cookie = piece(input);
  what.reason = piece(input);
  const std::string_view captures[] = {piece(input), piece(input)};
  what.request_captures = captures;
  std::string line(room, '\0');
  log::dates kept;
  const auto plain = [&](std::string_view text) {
    for (const char c : text)
      fuzz::must(static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f, "no raw byte in a line",
                 text);
  };
  {
    log::text_out out(line.data(), line.size());
    log::put_body(out, style, what, kept);
    plain(out.view());
  }
  if (room < 512) return 0;
  log::text_out out(line.data(), line.size());
  log::put_json(out, what, log::level::info, kept);
  const std::string_view json = out.view();
  fuzz::must(!json.empty() && json.front() == '{' && json.back() == '}', "an object is complete", json);
  for (const char c : json) fuzz::must(static_cast<unsigned char>(c) >= 0x20, "no control byte in JSON", json);
  return 0;
}

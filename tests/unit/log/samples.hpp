// Records as the reference's test bench produced them, and a fixed time zone.
#pragma once
#include <cstdlib>
#include <ctime>
#include <string>

#include "log/format.hpp"
#include "log/logger.hpp"

namespace ringway::log {

// 24/Nov/2026 00:21:21.517000 UTC
constexpr std::int64_t sample_date = 1795479681517000;

inline void use_zone(const char* name) {
  ::setenv("TZ", name, 1);
  ::tzset();
}

inline address at(std::string_view host, std::uint16_t port) {
  auto made = parse_ip(host).value();
  made.port = port;
  return made;
}

// The line of an ordinary request: 200, served by be/s1.
inline record sample() {
  record what;
  what.client = at("127.0.0.1", 43398);
  what.local = at("127.0.0.1", 39259);
  what.frontend = "fhttp";
  what.backend = "be";
  what.server = "s1";
  what.accepted_at = what.request_at = sample_date;
  what.now = sample_date + 1545;
  what.time_request = what.time_queue = what.time_connect = what.time_response = 0;
  what.status = 200;
  what.bytes_to_client = 68;
  what.bytes_from_client = 40;
  what.actconn = what.feconn = 1;
  what.method = "GET";
  what.uri = "/a?b=1";
  what.version = "HTTP/1.1";
  return what;
}

inline std::string body(settings::style style, const record& what, std::size_t request_length = 1024) {
  char line[8192];
  text_out out(line, sizeof line);
  dates kept;
  put_body(out, style, what, kept, request_length);
  return std::string(out.view());
}

}  // namespace ringway::log

// What `log`, `log-tag`, `log-send-hostname` and the log options say. Plain data; filled by the keyword rows.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "config/span.hpp"

namespace ringway::log {

enum class transport : std::uint8_t { fd, udp, unix_datagram, unix_stream };  // stdout is fd 1, stderr fd 2
// unset: local; rfc3164 once log-send-hostname is given (that line may come later than `log`).
enum class line_format : std::uint8_t {
  rfc3164,
  rfc5424,
  local,
  priority,
  short_,
  timed,
  iso,
  raw,
  json,
  unset
};

struct sample_range {
  std::uint32_t low = 1, high = 1;
};

struct target_settings {
  transport via = transport::udp;
  int fd = -1;       // transport::fd only
  std::string host;  // udp: name or literal as written; resolved at start
  std::uint16_t port = 514;
  address resolved;  // udp with a literal address: filled by the parser; a name: by app before start
  std::string path;  // unix sockets; '@'-less absolute path
  std::uint32_t max_length = 1024;  // bytes of one line, `len`
  line_format format = line_format::unset;
  std::vector<sample_range> samples;  // empty: every line
  std::uint32_t sample_size = 0;
  int facility = 16;  // 0..23; 16 is local0
  int max_level = 7;  // messages less urgent (greater) than this are not sent
  int min_level = 0;  // messages more urgent (smaller) are lowered to this
  config::span where;
};

// How one proxy (frontend or backend) logs.
struct settings {
  std::vector<target_settings> targets;  // own targets
  bool use_global = false;               // `log global`: global's targets as well
  enum class style : std::uint8_t {
    none,
    http,
    tcp,
    clf
  } format = style::none;            // none: HAProxy's short default line
  std::string tag;                   // empty: global's tag, which is "haproxy" unless set
  bool dont_log_null = false;        // option dontlognull
  bool dont_log_normal = false;      // option dontlog-normal
  bool log_asap = false;             // option logasap
  bool log_separate_errors = false;  // option log-separate-errors
  // While a defaults section is read: the option of this very section that set `format`; empty: none did.
  bool of_defaults = false;
  std::string_view format_option{};
};

struct global_settings {
  std::vector<target_settings> targets;
  std::string tag;                      // empty: the program's name, "haproxy"
  std::optional<std::string> hostname;  // log-send-hostname; engaged and empty: the machine's own name
};

}  // namespace ringway::log

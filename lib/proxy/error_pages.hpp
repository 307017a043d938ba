// What clients get instead of our own replies: `errorfile`, `errorfiles`, `errorloc`. Files are read while the configuration
// is, parsed and checked then, and kept: whatever they hold, what is sent of them is one well-framed message.
// Immutable once loaded; shared by sections and workers.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/span.hpp"

namespace ringway::proxy {

struct error_page {
  std::string head;      // status line and fields, each with its CRLF, without Connection
  std::string body;
  unsigned minor = 1;    // HTTP/1.<minor> of the status line
  bool framed = false;   // its end can be told; otherwise only by closing the connection
  bool closes = false;   // it says so itself: Connection: close
  bool silent = false;   // an empty file: the connection closes without a byte
  std::size_t bytes = 0; // of the file
};

// By status; what is not there is the other section's or our own page.
using error_pages = std::map<unsigned, std::shared_ptr<const error_page>>;

// One line about them. They hold in their order: a later one wins.
struct error_line {
  config::span where;
  // errorfile, errorloc: `page` for `status`.
  unsigned status = 0;
  std::shared_ptr<const error_page> page;
  // errorfiles: of this http-errors section, these statuses; none: all it has.
  std::string group;
  config::span group_where;
  std::vector<std::pair<unsigned, config::span>> statuses;
};

// An http-errors section.
struct error_group {
  std::string name;
  config::span where;
  std::vector<error_line> lines;  // errorfile only
};

// The statuses of replies that can be replaced.
bool has_page(unsigned status);
// A whole response as a file has it; line feeds alone end lines, too. Wrong: says why, for people.
std::optional<error_page> parse_error_page(std::string_view file, std::string& wrong);
error_page redirecting_page(unsigned status, std::string_view location);

}  // namespace ringway::proxy

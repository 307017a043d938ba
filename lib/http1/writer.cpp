#include "http1/writer.hpp"

#include <cstring>

namespace ringway::http1 {

void head_writer::text(std::string_view bytes) {
  if (bytes.empty()) return;
  if (static_cast<std::size_t>(end_ - at_) < bytes.size()) {
    full_ = true;
    return;
  }
  std::memcpy(at_, bytes.data(), bytes.size());
  at_ += bytes.size();
}

void head_writer::request_line(std::string_view method, std::string_view target, unsigned minor,
                               std::string_view protocol) {
  text(method);
  text(" ");
  text(target);
  if (protocol.empty()) {
    text(minor == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
    return;
  }
  text(" ");
  text(protocol);
  text("\r\n");
}

void head_writer::status_line(unsigned minor, unsigned status, std::string_view reason, std::string_view protocol) {
  text(!protocol.empty() ? protocol : minor == 0 ? "HTTP/1.0" : "HTTP/1.1");
  char digits[12];
  char* at = digits + sizeof digits;
  *--at = ' ';
  for (int digits_left = 3; status != 0 || digits_left > 0; --digits_left) {  // three at least (RFC 9112 4)
    *--at = static_cast<char>('0' + status % 10);
    status /= 10;
  }
  *--at = ' ';
  text({at, static_cast<std::size_t>(digits + sizeof digits - at)});
  text(reason);
  text("\r\n");
}

void head_writer::field(std::string_view name, std::string_view value) {
  text(name);
  text(": ");
  text(value);
  text("\r\n");
}

void head_writer::fields(const http::field_list& list) {
  std::string_view run;  // adjacent lines, copied at once
  for (const http::field& one : list) {
    if (one.dropped) continue;
    if (!one.line.empty() && !run.empty() && one.line.data() == run.data() + run.size()) {
      run = {run.data(), run.size() + one.line.size()};
      continue;
    }
    text(run);
    run = one.line;
    if (one.line.empty()) field(one.name, one.value);
  }
  text(run);
}

}  // namespace ringway::http1

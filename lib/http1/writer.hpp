// Heads into bytes. Fields that came in the form they leave in are copied as whole runs of lines.
#pragma once
#include <cstddef>
#include <string_view>

#include "http/head.hpp"

namespace ringway::http1 {

// Appends to a fixed piece of memory; what does not fit sets `full`, and nothing is written past the end.
class head_writer {
 public:
  head_writer(char* into, std::size_t room) : at_(into), begin_(into), end_(into + room) {}

  // `protocol`: another one than HTTP, as request_head::protocol.
  void request_line(std::string_view method, std::string_view target, unsigned minor, std::string_view protocol = {});
  void status_line(unsigned minor, unsigned status, std::string_view reason, std::string_view protocol = {});
  void fields(const http::field_list& list);  // those not dropped
  void field(std::string_view name, std::string_view value);
  void text(std::string_view bytes);
  void end() { text("\r\n"); }

  bool full() const { return full_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  char* data() const { return begin_; }

 private:
  char* at_;
  char* begin_;
  char* end_;
  bool full_ = false;
};

}  // namespace ringway::http1

#include "http1/chunk.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace ringway::http1 {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char low = lower(c);
  if (low >= 'a' && low <= 'f') return low - 'a' + 10;
  return -1;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

// Fields that frame, route or authenticate a message mean nothing after it, and are dangerous to merge.
bool forbidden_trailer(std::string_view name) {
  for (const std::string_view one :
       {"content-length", "transfer-encoding", "host", "connection", "keep-alive", "proxy-connection", "te", "trailer",
        "upgrade", "expect", "content-type", "content-encoding", "content-range", "authorization", "cookie", "set-cookie",
        "cache-control", "max-forwards", "proxy-authorization", "proxy-authenticate", "www-authenticate", "range",
        "age", "date", "expires", "location", "retry-after", "vary", "warning", "x-forwarded-for", "forwarded"})
    if (same_text(name, one)) return true;
  return false;
}

}  // namespace

std::size_t write_chunk_size(std::uint64_t size, char* out) {
  char digits[16];
  std::size_t n = 0;
  do {
    digits[n++] = "0123456789abcdef"[size & 15];
    size >>= 4;
  } while (size != 0);
  for (std::size_t i = 0; i < n; ++i) out[i] = digits[n - 1 - i];
  out[n] = '\r';
  out[n + 1] = '\n';
  return n + 2;
}

void chunk_decoder::restart() {
  state_ = state::size_first;
  digits_ = 0;
  padded_ = folds_ = false;
  extension_ = trailer_bytes_ = 0;
  left_ = 0;
  line_.clear();
  trailers_.clear();
  reason_ = nullptr;
}

chunk_decoder::step chunk_decoder::fail(const char* why) {
  reason_ = why;
  return step::bad;
}

bool chunk_decoder::accept_trailer_line() {
  const std::size_t colon = line_.find(':');
  if (colon == std::string::npos) return false;
  const std::string_view name = std::string_view(line_).substr(0, colon);
  if (!is_token(name)) return false;
  if (!forbidden_trailer(name)) {
    const std::string_view value = trim(std::string_view(line_).substr(colon + 1));
    trailers_.append(name).append(": ").append(value).append("\r\n");
  }
  return true;
}

// Any byte of an extension but the CR at its end. HAProxy reads over whatever stands there.
bool chunk_decoder::accept_extension_byte(char c) {
  const bool blank = c == ' ' || c == '\t';
  switch (place_) {
    case place::before_semicolon:
    case place::after_name:
    case place::after_value:
      if (blank) return true;
      if (c == '=' && place_ == place::after_name) {
        place_ = place::before_value;
        return true;
      }
      place_ = place::before_name;
      return c == ';';
    case place::before_name:
      if (blank) return true;
      place_ = place::name;
      return is_token_char(c);
    case place::name:
      if (is_token_char(c)) return true;
      if (blank) place_ = place::after_name;
      else if (c == ';') place_ = place::before_name;
      else if (c == '=') place_ = place::before_value;
      else return false;
      return true;
    case place::before_value:
      if (blank) return true;
      place_ = c == '"' ? place::quoted : place::value;
      return c == '"' || is_token_char(c);
    case place::value:
      if (is_token_char(c)) return true;
      place_ = blank ? place::after_value : place::before_name;
      return blank || c == ';';
    case place::quoted:
      if (c == '"') place_ = place::after_value;
      if (c == '\\') place_ = place::escaped;
      return !is_control(c);
    case place::escaped: place_ = place::quoted; return !is_control(c);
  }
  return false;
}

// Quotes must end and there are no control bytes; nothing else is looked at.
bool chunk_decoder::accept_loose_extension_byte(char c) {
  if (place_ == place::before_semicolon) {
    if (c == ';') place_ = place::name;
    return c == ';' || c == ' ' || c == '\t';
  }
  if (place_ == place::escaped)
    place_ = place::quoted;
  else if (place_ == place::quoted)
    place_ = c == '"' ? place::name : c == '\\' ? place::escaped : place::quoted;
  else if (c == '"')
    place_ = place::quoted;
  return !is_control(c);
}

bool chunk_decoder::extension_may_end() const {
  if (loose_) return place_ == place::before_semicolon || place_ == place::name;
  // Blanks are allowed only between parts (BWS): after_value without one is right behind a closing quote.
  return place_ == place::name || place_ == place::value || (place_ == place::after_value && quote_ended_) ||
         (place_ == place::before_semicolon && padded_);
}

chunk_decoder::step chunk_decoder::next(std::string_view& input, std::string_view& data) {
  if (reason_ != nullptr) return step::bad;
  while (!input.empty() || state_ == state::finished) {
    switch (state_) {
      case state::size_first:
      case state::size: {
        const char c = input.front();
        const int digit = hex_value(c);
        if (digit >= 0) {
          // HAProxy's sizes have 52 bits.
          if (loose_ ? digits_ >= most_extension || (left_ >> 48) != 0 : digits_ == 16 || (left_ >> 59) != 0)
            return fail("chunk size too large");
          left_ = left_ * 16 + static_cast<unsigned>(digit);
          ++digits_;
          state_ = state::size;
        } else if (state_ == state::size_first) {
          return fail("invalid chunk size");
        } else if (c == '\r') {
          state_ = state::size_lf;
        } else if (c == ';' || c == ' ' || c == '\t') {
          place_ = place::before_semicolon;
          state_ = state::extension;
          break;
        } else {
          return fail("invalid byte in a chunk size");
        }
        input.remove_prefix(1);
        break;
      }
      case state::extension: {
        const char c = input.front();
        if (c == '\r') {
          if (!extension_may_end()) return fail("malformed chunk extension");
          state_ = state::size_lf;
        } else if (!(loose_ ? accept_loose_extension_byte(c) : accept_extension_byte(c))) {
          return fail("malformed chunk extension");
        } else if (++extension_ > most_extension) {
          return fail("chunk extensions too long");
        }
        quote_ended_ = c == '"';
        input.remove_prefix(1);
        break;
      }
      case state::size_lf:
        if (input.front() != '\n') return fail("carriage return without line feed in a chunk size");
        input.remove_prefix(1);
        state_ = left_ == 0 ? state::trailer_first : state::payload;
        break;
      case state::payload: {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
        data = input.substr(0, n);
        input.remove_prefix(n);
        left_ -= n;
        extension_ -= std::min(extension_, n);
        if (left_ == 0) state_ = state::payload_cr;
        return step::data;
      }
      case state::payload_cr:
        if (input.front() != '\r') return fail("no line end after chunk data");
        input.remove_prefix(1);
        state_ = state::payload_lf;
        break;
      case state::payload_lf:
        if (input.front() != '\n') return fail("no line end after chunk data");
        input.remove_prefix(1);
        state_ = state::size_first;
        digits_ = 0;
        left_ = 0;
        break;
      case state::trailer_first: {
        const char c = input.front();
        if (folds_ && (c == ' ' || c == '\t')) {
          state_ = state::trailer_line;
          break;
        }
        if (folds_ && !accept_trailer_line()) return fail("malformed trailer");
        folds_ = false;
        if (c == '\r' || (loose_ && c == '\n')) {
          if (c == '\r') input.remove_prefix(1);
          state_ = state::last_lf;
          break;
        }
        line_.clear();
        state_ = state::trailer_line;
        break;
      }
      case state::trailer_line: {
        const char c = input.front();
        if (c == '\r') {
          state_ = state::trailer_lf;
        } else if (loose_ && c == '\n') {
          state_ = state::trailer_lf;
          break;
        } else if (is_control(c) && (!loose_ || c == '\0')) {
          return fail("invalid byte in a trailer");
        } else {
          line_.push_back(is_control(c) ? ' ' : c);
        }
        if (++trailer_bytes_ > most_trailers) return fail("trailers too long");
        input.remove_prefix(1);
        break;
      }
      case state::trailer_lf:
        if (input.front() != '\n') return fail("carriage return without line feed in a trailer");
        input.remove_prefix(1);
        if (loose_) {
          line_.append("  ");  // in the place of the line's end, should the next one be folded
          folds_ = true;
          if (line_.find(':') == std::string::npos) return fail("malformed trailer");
        } else if (!accept_trailer_line()) {
          return fail("malformed trailer");
        }
        state_ = state::trailer_first;
        break;
      case state::last_lf:
        if (input.front() != '\n') return fail("carriage return without line feed after the last chunk");
        input.remove_prefix(1);
        state_ = state::finished;
        [[fallthrough]];
      case state::finished: return step::end;
    }
  }
  return step::need_more;
}

}  // namespace ringway::http1

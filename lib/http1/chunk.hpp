// Chunked transfer coding, strictly (RFC 9112 7.1). Extensions are read over and not passed on; trailers are kept
// apart from the fields of the head. No I/O, constant memory.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace ringway::http1 {

class chunk_decoder {
 public:
  enum class step : std::uint8_t { need_more, data, end, bad };

  // Consumes from the front of `input`. `data`: a piece of the body, a view into what was consumed.
  step next(std::string_view& input, std::string_view& data);
  // After `end`: complete trailer lines, each with CRLF, without what must not be a trailer (RFC 9110 6.5.1).
  const std::string& trailers() const { return trailers_; }
  const char* reason() const { return reason_; }
  void restart();
  // Until restart(): blanks may stand behind a size, as servers of old pad it; they do not go on.
  void allow_padding() { padded_ = true; }
  // Stays until said otherwise: what HAProxy 3.x takes. Blanks behind a size, any number of zeros before it, anything
  // printable as an extension, trailers whose lines end in LF or are folded, control bytes in them (sent on as blanks).
  void as_haproxy(bool yes) { loose_ = yes; }
  // Bytes of a chunk whose size was read, still to come.
  std::uint64_t left() const { return state_ == state::payload ? left_ : 0; }
  bool at_end() const { return state_ == state::finished; }

 private:
  enum class state : std::uint8_t {
    size_first, size, extension, size_lf, payload, payload_cr, payload_lf, trailer_first, trailer_line, trailer_lf,
    last_lf, finished
  };
  // Where in an extension: chunk-ext of RFC 9112 7.1.1, BWS and quoted strings included.
  enum class place : std::uint8_t {
    before_semicolon, before_name, name, after_name, before_value, value, quoted, escaped, after_value
  };
  step fail(const char* why);
  bool accept_trailer_line();
  bool accept_extension_byte(char c);
  bool accept_loose_extension_byte(char c);
  bool extension_may_end() const;

  // Bytes of extensions beyond those of data so far (RFC 9112 7.1.1; CVE-2023-39326): what signs its chunks may do so,
  // what sends little else may not.
  static constexpr std::size_t most_extension = 4096;
  static constexpr std::size_t most_trailers = 8192;    // bytes of all trailers
  state state_ = state::size_first;
  place place_ = place::before_semicolon;
  bool quote_ended_ = false, padded_ = false, loose_ = false;
  bool folds_ = false;   // loose_: line_ holds a trailer whose next line may belong to it
  unsigned digits_ = 0;
  std::size_t extension_ = 0;  // see most_extension
  std::size_t trailer_bytes_ = 0;
  std::uint64_t left_ = 0;
  std::string line_, trailers_;
  const char* reason_ = nullptr;
};

// "1a2b\r\n" into `out` (at least 18 bytes); returns its length.
std::size_t write_chunk_size(std::uint64_t size, char* out);

}  // namespace ringway::http1

// A bounded place to write a line into, and the dates a line needs. No heap, no locale; one thread at a time.
#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace ringway::log {

// Writes up to `end` and silently drops the rest: log lines are cut, never refused.
class text_out {
 public:
  text_out(char* begin, std::size_t size) : begin_(begin), pos_(begin), end_(begin + size) {}
  std::size_t size() const { return static_cast<std::size_t>(pos_ - begin_); }
  std::size_t room() const { return static_cast<std::size_t>(end_ - pos_); }
  bool cut() const { return cut_; }
  std::string_view view() const { return {begin_, size()}; }
  void shrink(std::size_t size) {
    pos_ = begin_ + size;
    cut_ = false;
  }

  text_out& operator<<(char c) {
    if (pos_ != end_) {
      *pos_++ = c;
    } else {
      cut_ = true;
    }
    return *this;
  }
  text_out& operator<<(std::string_view s) {
    auto n = s.size();
    if (n > room()) {
      n = room();
      cut_ = true;
    }
    if (n != 0) {
      std::memcpy(pos_, s.data(), n);
      pos_ += n;
    }
    return *this;
  }
  text_out& operator<<(const char* s) { return *this << std::string_view(s); }
  text_out& operator<<(std::int64_t n) { return number(n); }
  text_out& operator<<(std::uint64_t n) { return number(n); }
  text_out& operator<<(std::int32_t n) { return number(n); }
  text_out& operator<<(std::uint32_t n) { return number(n); }
  // `digits` decimals with leading zeros; n must fit.
  text_out& padded(unsigned n, unsigned digits) {
    char text[10];
    for (auto i = digits; i-- > 0; n /= 10) text[i] = static_cast<char>('0' + n % 10);
    return *this << std::string_view(text, digits);
  }

 private:
  template <class T>
  text_out& number(T n) {
    constexpr std::size_t longest = 24;
    if (room() >= longest) {
      pos_ = std::to_chars(pos_, pos_ + longest, n).ptr;
      return *this;
    }
    char text[longest];
    const char* const last = std::to_chars(text, text + longest, n).ptr;
    for (const char* at = text; at != last; ++at) *this << *at;
    return *this;
  }
  char* begin_;
  char* pos_;
  char* end_;
  bool cut_ = false;
};

// The spellings of one second. Computing them costs a localtime_r (a lock in libc), so they are kept until
// the second changes.
class date_cache {
 public:
  enum class zone : std::uint8_t { local, utc };
  explicit date_cache(zone where) : where_(where) {}
  void set(std::int64_t second);
  std::string_view common() const { return {common_.data(), common_.size()}; }  // 24/Nov/2026:00:21:21
  std::string_view syslog() const {
    return {syslog_.data(), syslog_.size()};
  }  // "Nov 24 00:21:21", "Nov  4 ..."
  std::string_view iso() const { return {iso_.data(), iso_.size()}; }           // 2026-11-24T00:21:21
  std::string_view offset() const { return {offset_.data(), offset_.size()}; }  // +05:30

 private:
  zone where_;
  std::int64_t second_ = -1;
  std::array<char, 20> common_{};
  std::array<char, 15> syslog_{};
  std::array<char, 19> iso_{};
  std::array<char, 6> offset_{};
};

// What one formatting thread keeps between lines.
struct dates {
  date_cache now{date_cache::zone::local};
  date_cache request{date_cache::zone::local};
  date_cache utc{date_cache::zone::utc};
};

}  // namespace ringway::log

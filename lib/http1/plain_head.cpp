#include "http1/plain_head.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/text.hpp"

namespace ringway::http1 {

namespace {

constexpr std::array<bool, 256> token_table = [] {
  std::array<bool, 256> out{};
  for (int c = 0; c < 128; ++c) out[static_cast<std::size_t>(c)] = is_token_char(static_cast<char>(c));
  return out;
}();
bool token(char c) { return token_table[static_cast<unsigned char>(c)]; }
bool printable(char c) { return c >= 0x20 && c < 0x7f; }

// The first byte from `at` on that is not printable ASCII; `end` when all are.
const char* skip_printable(const char* at, const char* end) {
#ifdef __SSE2__
  while (end - at >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i above = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1f));  // as signed numbers: 0x80 and more are below
    const __m128i good = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)), above);
    const auto mask = static_cast<std::uint32_t>(_mm_movemask_epi8(good));
    at += std::countr_one(mask);
    if (mask != 0xffff) return at;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101u, high = ones * 0x80;
    while (end - at >= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      // Below 0x20, or 0x7f and above. Borrows and carries only spoil bytes behind the first hit.
      const std::uint64_t hits = ((word - ones * 0x20) | (word + ones) | word) & high;
      if (hits != 0) return at + std::countr_zero(hits) / 8;
      at += 8;
    }
  }
  while (at != end && printable(*at)) ++at;
  return at;
}

// The first byte from `at` on that belongs to no token. Names are letters, digits and hyphens nearly always.
const char* skip_token(const char* at, const char* end) {
#ifdef __SSE2__
  while (end - at >= 16) {
    const auto in_range = [](__m128i bytes, char first, char count) {
      const __m128i above = _mm_subs_epu8(_mm_sub_epi8(bytes, _mm_set1_epi8(first)), _mm_set1_epi8(static_cast<char>(count - 1)));
      return _mm_cmpeq_epi8(above, _mm_setzero_si128());
    };
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i letters = in_range(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), 'a', 26);
    const __m128i others = _mm_or_si128(in_range(bytes, '0', 10), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')));
    const auto usual = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_or_si128(letters, others)));
    at += std::countr_one(usual);
    if (usual != 0xffff) break;
  }
#endif
  while (at != end && token(*at)) ++at;
  return at;
}

// `name` is a token of the length of `expected`, which is lower-case letters and hyphens: in a token, only the same
// byte or the letter's other case gives such a byte with this bit set.
template <std::size_t Size>
bool same_name(const char* name, const char (&expected)[Size]) {
  constexpr std::uint64_t bit = 0x2020202020202020u;
  constexpr std::size_t length = Size - 1;
  std::uint64_t differ = 0, a = 0, b = 0;
  std::size_t at = 0;
  for (; at + 8 <= length; at += 8) {
    std::memcpy(&a, name + at, 8);
    std::memcpy(&b, expected + at, 8);
    differ |= (a | bit) ^ b;
  }
  if constexpr (length % 8 != 0) {
    a = b = 0;
    std::memcpy(&a, name + at, length % 8);
    std::memcpy(&b, expected + at, length % 8);
    std::uint64_t mask = 0;
    std::memset(&mask, 0x20, length % 8);
    differ |= (a | mask) ^ b;
  }
  return differ == 0;
}

// By length and first letter: one comparison at most.
http::known known_name(std::string_view name) {
  using http::known;
  const auto is = [&](const auto& other, known id) { return same_name(name.data(), other) ? id : known::other; };
  const char first = lower(name.front());
  switch (name.size()) {
    case 2: return is("te", known::te);
    case 4: return first == 'h' ? is("host", known::host) : first == 'd' ? is("date", known::date) : known::other;
    case 6: return first == 'c' ? is("cookie", known::cookie) : first == 'e' ? is("expect", known::expect) : known::other;
    case 7: return first == 'u' ? is("upgrade", known::upgrade) : first == 't' ? is("trailer", known::trailer) : known::other;
    case 10:
      switch (first) {
        case 'c': return is("connection", known::connection);
        case 'k': return is("keep-alive", known::keep_alive);
        case 's': return is("set-cookie", known::set_cookie);
        default: return known::other;
      }
    case 14: return first == 'c' ? is("content-length", known::content_length) : known::other;
    case 16: return first == 'p' ? is("proxy-connection", known::proxy_connection) : known::other;
    case 17: return first == 't' ? is("transfer-encoding", known::transfer_encoding) : known::other;
    default: return known::other;
  }
}

bool is_number(std::string_view text) {
  if (text.empty() || text.size() > 18) return false;
  for (const char c : text)
    if (!is_digit(c)) return false;
  return true;
}

// A cursor over the head. Every step says no when something is missing or unusual.
struct reader {
  const char* at;
  const char* end;

  bool take(char c) { return at != end && *at == c && ++at; }
  bool take(std::string_view text) {
    if (static_cast<std::size_t>(end - at) < text.size() || std::memcmp(at, text.data(), text.size()) != 0) return false;
    at += text.size();
    return true;
  }
  bool line_end() { return take('\r') && take('\n'); }

  // All fields and the empty line.
  bool fields(const limits& most, http::field_list& into) {
    bool framed = false;
    for (;;) {
      if (take('\r')) return take('\n');
      const char* const begin = at;
      at = skip_token(at, end);
      if (at == begin) return false;
      if (into.size() >= most.fields) return false;
      http::field& one = into.emplace_back();
      one.name = {begin, static_cast<std::size_t>(at - begin)};
      if (!take(':')) return false;
      const char* const colon = at;
      while (at != end && *at == ' ') ++at;
      const char* const value = at;
      at = skip_printable(at, end);
      const char* last = at;
      while (last != value && last[-1] == ' ') --last;
      if (last == value || !line_end()) return false;
      one.value = {value, static_cast<std::size_t>(last - value)};
      if (value == colon + 1 && last + 2 == at) one.line = {begin, static_cast<std::size_t>(at - begin)};
      // What the next line begins with decides whether this one ends here.
      if (at == end || *at == ' ' || *at == '\t') return false;
      one.id = known_name(one.name);
      switch (one.id) {
        case http::known::content_length:
          if (framed || !is_number(one.value)) return false;
          framed = true;
          break;
        case http::known::transfer_encoding:
          if (framed || !same_text(one.value, "chunked")) return false;
          framed = true;
          break;
        case http::known::connection:
        case http::known::proxy_connection:
        case http::known::upgrade:
          if (!is_token(one.value)) return false;
          break;
        default: break;
      }
    }
  }
};

}  // namespace

bool read_plain(std::string_view input, const limits& most, http::request_head& out) {
  reader in{input.data(), input.data() + input.size()};
  out.clear();
  in.at = skip_token(in.at, in.end);
  out.method_text = {input.data(), static_cast<std::size_t>(in.at - input.data())};
  if (out.method_text.empty() || !in.take(' ')) return false;
  const char* const target = in.at;
  while (in.at != in.end && *in.at > ' ' && *in.at < 0x7f) ++in.at;
  out.target = {target, static_cast<std::size_t>(in.at - target)};
  if (out.target.empty() || !in.take(" HTTP/1.")) return false;
  if (in.take('1'))
    out.minor = 1;
  else if (in.take('0'))
    out.minor = 0;
  else
    return false;
  if (!in.line_end() || !in.fields(most, out.fields)) return false;
  out.verb = http::method_of(out.method_text);
  out.bytes = static_cast<std::size_t>(in.at - input.data());
  return true;
}

bool read_plain(std::string_view input, const limits& most, http::response_head& out) {
  reader in{input.data(), input.data() + input.size()};
  out.clear();
  if (!in.take("HTTP/1.")) return false;
  if (in.take('1'))
    out.minor = 1;
  else if (in.take('0'))
    out.minor = 0;
  else
    return false;
  if (!in.take(' ') || in.end - in.at < 4) return false;
  const char* const code = in.at;
  if (code[0] < '1' || code[0] > '9' || !is_digit(code[1]) || !is_digit(code[2])) return false;
  out.status = static_cast<unsigned>((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
  in.at += 3;
  if (!in.take(' ')) return false;
  const char* const reason = in.at;
  in.at = skip_printable(in.at, in.end);
  out.reason = {reason, static_cast<std::size_t>(in.at - reason)};
  if (out.reason.empty() || !in.line_end() || !in.fields(most, out.fields)) return false;
  out.bytes = static_cast<std::size_t>(in.at - input.data());
  return true;
}

}  // namespace ringway::http1

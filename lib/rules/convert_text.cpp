// Text to text, text to its parts and other spellings (configuration.txt 7.3.1).
#include <cstring>

#include "base/text.hpp"
#include "rules/convert.hpp"
#include "rules/regex.hpp"

namespace ringway::rules {
namespace {

template <char (*Change)(char)>
bool each_byte(const context& in, const argument_list&, sample& io) {
  char* to = in.memory.take(io.text.size());
  for (std::size_t i = 0; i < io.text.size(); ++i) to[i] = Change(io.text[i]);
  io.text = {to, io.text.size()};
  return true;
}
char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char to_lower(char c) { return lower(c); }

bool length(const context&, const argument_list&, sample& io) {
  io.set_integer(static_cast<std::int64_t>(io.text.size()));
  return true;
}

// Pieces between delimiters, counted from 1, from the end when negative; `count` of them (0: all the rest).
// Words: empty pieces do not count. Fields: they do.
bool piece(sample& io, std::int64_t wanted, std::string_view delimiters, std::int64_t count, bool skip_empty) {
  if (wanted == 0) return false;
  const std::string_view text = io.text;
  const auto between = [&](char c) { return delimiters.find(c) != std::string_view::npos; };
  const bool backwards = wanted < 0;
  std::int64_t number = backwards ? -wanted : wanted, seen = 0;
  const auto at = [&](std::size_t i) { return backwards ? text[text.size() - 1 - i] : text[i]; };
  std::size_t first = 0, last = 0;
  bool found = false;
  for (std::size_t i = 0; i <= text.size();) {
    std::size_t end = i;
    while (end < text.size() && !between(at(end))) ++end;
    if (!(skip_empty && end == i)) {
      ++seen;
      if (seen >= number) {
        if (!found) first = i;
        found = true;
        last = end;
        if (count > 0 && seen == number + count - 1) break;
      }
    }
    if (end >= text.size()) break;
    i = end + 1;
  }
  if (!found) return false;
  io.text = backwards ? text.substr(text.size() - last, last - first) : text.substr(first, last - first);
  return true;
}
// A word that is not there is empty, a field that is not there is not found: as in HAProxy.
bool word(const context&, const argument_list& args, sample& io) {
  if (!piece(io, args[0].number, args[1].text, args.size() > 2 ? args[2].number : 1, true)) io.text = {};
  return true;
}
bool field(const context&, const argument_list& args, sample& io) {
  return piece(io, args[0].number, args[1].text, args.size() > 2 ? args[2].number : 1, false);
}

bool bytes(const context&, const argument_list& args, sample& io) {
  if (args[0].number < 0 || (args.size() > 1 && args[1].number < 0)) return false;
  const auto from = static_cast<std::uint64_t>(args[0].number);
  if (from >= io.text.size()) {
    io.text = {};
    return true;
  }
  io.text.remove_prefix(from);
  if (args.size() > 1) io.text = io.text.substr(0, static_cast<std::size_t>(args[1].number));
  return true;
}

bool trim_left(const context&, const argument_list& args, sample& io) {
  while (!io.text.empty() && args[0].text.find(io.text.front()) != std::string::npos) io.text.remove_prefix(1);
  return true;
}
bool trim_right(const context&, const argument_list& args, sample& io) {
  while (!io.text.empty() && args[0].text.find(io.text.back()) != std::string::npos) io.text.remove_suffix(1);
  return true;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  const char low = lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// '+' is a blank in the query, and everywhere when the argument is 1. A wrong escape: no sample.
bool url_decode(const context& in, const argument_list& args, sample& io) {
  char* to = in.memory.take(io.text.size());
  std::size_t used = 0;
  bool form = !args.empty() && args[0].number != 0;
  for (std::size_t i = 0; i < io.text.size(); ++i) {
    const char c = io.text[i];
    if (c == '%') {
      if (i + 2 >= io.text.size()) return false;
      const int high = hex_digit(io.text[i + 1]), low = hex_digit(io.text[i + 2]);
      if (high < 0 || low < 0) return false;
      to[used++] = static_cast<char>(high * 16 + low);
      i += 2;
      continue;
    }
    if (c == '?') form = true;
    to[used++] = c == '+' && form ? ' ' : c;
  }
  io.text = {to, used};
  return true;
}

bool plain_in_url(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.' || c == '~';
}
bool url_encode(const context& in, const argument_list&, sample& io) {
  constexpr char digits[] = "0123456789ABCDEF";
  char* to = in.memory.take(io.text.size() * 3);
  std::size_t used = 0;
  for (const char c : io.text) {
    if (plain_in_url(c)) {
      to[used++] = c;
      continue;
    }
    const auto b = static_cast<unsigned char>(c);
    to[used++] = '%';
    to[used++] = digits[b >> 4];
    to[used++] = digits[b & 15];
  }
  io.text = {to, used};
  return true;
}

bool hex(const context& in, const argument_list&, sample& io) {
  constexpr char digits[] = "0123456789ABCDEF";
  char* to = in.memory.take(io.text.size() * 2);
  for (std::size_t i = 0; i < io.text.size(); ++i) {
    const auto b = static_cast<unsigned char>(io.text[i]);
    to[2 * i] = digits[b >> 4];
    to[2 * i + 1] = digits[b & 15];
  }
  io.set_text({to, io.text.size() * 2});
  return true;
}
bool hex_number(const context&, const argument_list&, sample& io) {
  std::uint64_t out = 0;
  for (const char c : io.text) {
    const int digit = hex_digit(c);
    if (digit < 0) break;
    out = out << 4 | static_cast<std::uint64_t>(digit);
  }
  io.set_integer(static_cast<std::int64_t>(out));
  return true;
}

constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
bool base64(const context& in, const argument_list&, sample& io) {
  char* to = in.memory.take((io.text.size() + 2) / 3 * 4);
  std::size_t used = 0;
  for (std::size_t i = 0; i < io.text.size(); i += 3) {
    const std::size_t left = io.text.size() - i;
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < left ? static_cast<unsigned char>(io.text[i + at]) : 0u;
    };
    const std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    to[used++] = base64_digits[bits >> 18];
    to[used++] = base64_digits[bits >> 12 & 63];
    to[used++] = left > 1 ? base64_digits[bits >> 6 & 63] : '=';
    to[used++] = left > 2 ? base64_digits[bits & 63] : '=';
  }
  io.set_text({to, used});
  return true;
}
bool base64_decode(const context& in, const argument_list&, sample& io) {
  std::string_view text = io.text;
  if (text.size() % 4 != 0) return false;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  char* to = in.memory.take(text.size() + 3);
  std::size_t used = 0;
  std::uint32_t bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const char* at = c != '\0' ? std::strchr(base64_digits, c) : nullptr;
    if (at == nullptr) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(at - base64_digits);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    to[used++] = static_cast<char>(bits >> have);
  }
  io.what = kind::binary;
  io.text = {to, used};
  return true;
}

// The host of "host:port", brackets included, in small letters.
bool host_only(const context& in, const argument_list& args, sample& io) {
  const std::size_t bracket = io.text.rfind(']');
  const std::size_t colon = io.text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (bracket == std::string_view::npos && colon != std::string_view::npos &&
      io.text.find(':', colon + 1) != std::string_view::npos)
    return each_byte<&to_lower>(in, args, io);  // a bare IPv6 address
  io.text = io.text.substr(0, colon);
  return each_byte<&to_lower>(in, args, io);
}
bool port_only(const context&, const argument_list&, sample& io) {
  const std::string_view whole = io.text;
  const std::size_t bracket = whole.rfind(']');
  const std::size_t colon = whole.find(':', bracket == std::string_view::npos ? 0 : bracket);
  std::int64_t port = 0;
  if (colon != std::string_view::npos)
    for (const char c : whole.substr(colon + 1)) {
      if (!is_digit(c) || port > 65535) return io.set_integer(0), true;
      port = port * 10 + (c - '0');
    }
  io.set_integer(port);
  return true;
}

bool choose(const context&, const argument_list& args, sample& io) {
  io.set_text(io.number != 0 ? args[0].text : args[1].text);
  return true;
}

// \1 to \9: what a group matched; \0: all of it. Flags: g (all matches), i.
bool substitute(const context& in, const argument_list& args, sample& io) {
  const std::string_view text = io.text, by = args[1].text;
  const bool all = args.size() > 2 && args[2].text.find('g') != std::string::npos;
  constexpr std::size_t most = 16384;
  char* to = in.memory.take(most);
  std::size_t used = 0, from = 0;
  bool fits = true;
  const auto put = [&](std::string_view piece_of) {
    if (used + piece_of.size() > most) {
      fits = false;
      return;
    }
    piece_of.copy(to + used, piece_of.size());
    used += piece_of.size();
  };
  regex::groups found;
  while (from <= text.size() && args[0].pattern->find(text, from, found)) {
    put(text.substr(from, found[0][0] - from));
    for (std::size_t i = 0; i < by.size(); ++i) {
      if (by[i] == '\\' && i + 1 < by.size()) {
        ++i;
        if (is_digit(by[i])) {
          const auto& group = found[static_cast<std::size_t>(by[i] - '0')];
          put(text.substr(group[0], group[1] - group[0]));
          continue;
        }
      }
      put(by.substr(i, 1));
    }
    const bool empty = found[0][1] == found[0][0];
    from = found[0][1];
    if (empty) {
      if (from < text.size()) put(text.substr(from, 1));
      ++from;
    }
    if (!all) break;
  }
  if (from < text.size()) put(text.substr(from));
  if (!fits) return false;
  in.memory.shrink(most - used);
  io.text = {to, used};
  return true;
}

#define PIECES .arguments = "(<number>,<delimiters>[,<count>])", \
    .takes_ = {takes::number, takes::text, takes::number}, .required = 2

constexpr std::array rows = {
    converter_row{.name = "lower", .summary = "Small letters.", .example = "hdr(host),lower www.example.com",
        .since = "1.5", .run = &each_byte<&to_lower>},
    converter_row{.name = "upper", .summary = "Capital letters.", .example = "method,upper GET", .since = "1.5",
        .run = &each_byte<&to_upper>},
    converter_row{.name = "length", .gives = kind::integer, .summary = "How many bytes.",
        .example = "path,length gt 100", .since = "1.9", .run = &length},
    converter_row{.name = "word", PIECES, .summary = "A word between delimiters; empty ones do not count.",
        .example = "path,word(1,/) api", .since = "1.6", .run = &word},
    converter_row{.name = "field", PIECES, .summary = "A piece between delimiters; empty ones count.",
        .example = "hdr(host),field(1,:) www.example.com", .since = "1.6", .run = &field},
    converter_row{.name = "bytes", .arguments = "(<offset>[,<length>])", .takes_ = {takes::amount, takes::amount},
        .required = 1, .expects = kind::binary, .gives = kind::binary, .summary = "A part of the bytes.",
        .example = "path,bytes(0,4) -m str /api", .since = "1.6", .run = &bytes},
    converter_row{.name = "ltrim", .arguments = "(<characters>)", .takes_ = {takes::text}, .required = 1,
        .summary = "Without these characters at the beginning.", .example = "path,ltrim(/) index.html",
        .since = "2.6", .run = &trim_left},
    converter_row{.name = "rtrim", .arguments = "(<characters>)", .takes_ = {takes::text}, .required = 1,
        .summary = "Without these characters at the end.", .example = "path,rtrim(/) /shop", .since = "2.6",
        .run = &trim_right},
    converter_row{.name = "url_dec", .arguments = "([<form>])", .takes_ = {takes::number},
        .summary = "Percent escapes undone; '+' is a blank behind '?', everywhere with 1.",
        .example = "url_param(name),url_dec(1) -m sub <", .since = "1.7", .run = &url_decode},
    converter_row{.name = "url_enc", .arguments = "([query])", .takes_ = {takes::text},
        .summary = "All but letters, digits and - _ . ~ as percent escapes.", .example = "path,url_enc %2F",
        .since = "2.5", .run = &url_encode},
    converter_row{.name = "hex", .expects = kind::binary, .summary = "Bytes as capital hexadecimal digits.",
        .example = "src,hex C0000201", .since = "1.5", .run = &hex},
    converter_row{.name = "hex2i", .gives = kind::integer, .summary = "Hexadecimal digits as a number.",
        .example = "url_param(id),hex2i gt 255", .since = "2.5", .run = &hex_number},
    converter_row{.name = "base64", .expects = kind::binary, .summary = "Bytes in Base64.",
        .example = "path,base64 Lw==", .since = "1.5", .run = &base64},
    converter_row{.name = "b64dec", .gives = kind::binary, .summary = "Base64 undone; wrong input: no sample.",
        .example = "req.hdr(x-id),b64dec -m beg user:", .since = "1.8", .run = &base64_decode},
    converter_row{.name = "host_only", .summary = "What stands before the port in a Host field, in small letters.",
        .example = "hdr(host),host_only www.example.com", .since = "2.5", .run = &host_only},
    converter_row{.name = "port_only", .gives = kind::integer, .summary = "The port in a Host field; 0 without one.",
        .example = "hdr(host),port_only 8080", .since = "2.5", .run = &port_only},
    converter_row{.name = "iif", .arguments = "(<true>,<false>)", .takes_ = {takes::text, takes::text}, .required = 2,
        .expects = kind::boolean, .summary = "One text or the other.", .example = "ssl_fc,iif(https,http) http",
        .since = "2.3", .run = &choose},
    converter_row{.name = "regsub", .arguments = "(<regex>,<text>[,<flags>])",
        .takes_ = {takes::pattern, takes::text, takes::text}, .required = 2,
        .summary = "Replaces the first match (g: all) of a regex (i: of any case).",
        .example = "path,regsub(/+,/,g) /a/b", .since = "1.6", .run = &substitute},
};

#undef PIECES

}  // namespace

std::span<const converter_row> converters_of_text() { return rows; }

}  // namespace ringway::rules

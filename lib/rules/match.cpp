#include "rules/match.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/text.hpp"
#include "rules/regex.hpp"

namespace ringway::rules {
namespace {

constexpr match_name names[] = {
    {"found", match::found, "There is a value at all."},
    {"bool", match::boolean, "The value is true, or not 0."},
    {"int", match::integer, "The number is one of these, in one of these ranges, or compares so."},
    {"ip", match::ip, "The address is in one of these networks."},
    {"bin", match::bin, "The bytes are these, in hexadecimal."},
    {"len", match::len, "The length is one of these, as for int."},
    {"str", match::str, "The text is one of these."},
    {"beg", match::beg, "The text begins with one of these."},
    {"sub", match::sub, "The text contains one of these."},
    {"dir", match::dir, "One of these stands in the text between slashes."},
    {"dom", match::dom, "One of these stands in the text between dots, slashes, colons or question marks."},
    {"end", match::end, "The text ends with one of these."},
    {"reg", match::reg, "One of these regular expressions finds something."},
};

char fold(char c) { return lower(c); }
char same(char c) { return c; }

template <char (*As)(char)>
bool equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (As(a[i]) != As(b[i])) return false;
  return true;
}

// `word` between delimiters or the ends of the text. Delimiters at the ends of the pattern itself do not count.
template <char (*As)(char)>
bool word_in(std::string_view text, std::string_view word, std::string_view delimiters) {
  const auto is_between = [&](char c) { return delimiters.find(c) != std::string_view::npos; };
  while (!word.empty() && is_between(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_between(word.back())) word.remove_suffix(1);
  if (word.empty() || word.size() > text.size()) return false;
  bool may_begin = true;
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at) {
    if (is_between(text[at])) {
      may_begin = true;
      continue;
    }
    if (!may_begin) continue;
    may_begin = false;
    if (!equal<As>(text.substr(at, word.size()), word)) continue;
    const std::size_t behind = at + word.size();
    if (behind == text.size() || is_between(text[behind])) return true;
  }
  return false;
}

template <char (*As)(char)>
bool contains(std::string_view text, std::string_view piece) {
  if (piece.empty()) return false;
  for (std::size_t at = 0; at + piece.size() <= text.size(); ++at)
    if (equal<As>(text.substr(at, piece.size()), piece)) return true;
  return false;
}
template <>
bool contains<same>(std::string_view text, std::string_view piece) {
  return !piece.empty() && text.find(piece) != std::string_view::npos;
}

bool number(std::string_view text, std::int64_t& out) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

template <class Range, class Joins>
void tidy(std::vector<Range>& ranges, Joins joins) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.low < b.low; });
  std::vector<Range> out;
  for (const Range& each : ranges) {
    if (!out.empty() && joins(out.back(), each)) {
      if (out.back().high < each.high) out.back().high = each.high;
    } else {
      out.push_back(each);
    }
  }
  ranges = std::move(out);
}

template <class Range, class Value>
bool within(const std::vector<Range>& ranges, const Value& value) {
  auto at = std::upper_bound(ranges.begin(), ranges.end(), value,
                             [](const Value& wanted, const Range& range) { return wanted < range.low; });
  return at != ranges.begin() && !((--at)->high < value);
}

bool contiguous(const std::array<std::uint8_t, 16>& mask, std::size_t size) {
  bool zero = false;
  for (std::size_t i = 0; i < size * 8; ++i) {
    const bool set = (mask[i / 8] & (0x80u >> i % 8)) != 0;
    if (set && zero) return false;
    zero = zero || !set;
  }
  return true;
}

}  // namespace

std::span<const match_name> match_names() { return names; }

std::string_view name_of(match how) {
  for (const match_name& each : names)
    if (each.how == how) return each.name;
  return "";
}

std::optional<kind> wanted_kind(match how) {
  switch (how) {
    case match::found: return std::nullopt;
    case match::boolean: return kind::boolean;
    case match::integer: return kind::integer;
    case match::ip: return kind::ip;
    case match::bin: return kind::binary;
    default: return kind::text;
  }
}

std::optional<match> default_match(kind of) {
  switch (of) {
    case kind::boolean: return match::boolean;
    case kind::integer: return match::integer;
    case kind::ip: return match::ip;
    case kind::text: return match::str;
    case kind::binary: break;
  }
  return std::nullopt;
}

std::size_t patterns::folded_hash::operator()(std::string_view text) const {
  std::uint64_t h = 0xcbf29ce484222325u;  // FNV-1a over small letters
  for (const char c : text) h = (h ^ static_cast<unsigned char>(lower(c))) * 0x100000001b3u;
  return static_cast<std::size_t>(h ^ h >> 32);
}

bool patterns::folded_equal::operator()(std::string_view a, std::string_view b) const { return same_text(a, b); }

std::optional<patterns::comparison> patterns::operator_named(std::string_view text) {
  if (text == "eq") return comparison::eq;
  if (text == "ge") return comparison::ge;
  if (text == "gt") return comparison::gt;
  if (text == "le") return comparison::le;
  if (text == "lt") return comparison::lt;
  return std::nullopt;
}

std::string patterns::add_number(std::string_view text, comparison by) {
  number_range range{INT64_MIN, INT64_MAX};
  // A minus sign belongs to the number; the colon of a range is searched behind it.
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    if (!number(text, range.low)) return fmt::format("'{}' is neither a number nor a range of numbers", text);
    range.high = range.low;
  } else {
    const std::string_view low = text.substr(0, colon), high = text.substr(colon + 1);
    if ((low.empty() && high.empty()) || (!low.empty() && !number(low, range.low)) ||
        (!high.empty() && !number(high, range.high)))
      return fmt::format("'{}' is neither a number nor a range of numbers", text);
    if (range.low > range.high) return fmt::format("the range '{}' ends before it begins", text);
  }
  switch (by) {
    case comparison::eq: break;
    case comparison::ge: range.high = INT64_MAX; break;
    case comparison::gt:
      if (range.high == INT64_MAX) return {};
      range = {range.high + 1, INT64_MAX};
      break;
    case comparison::le: range.low = INT64_MIN; break;
    case comparison::lt:
      if (range.low == INT64_MIN) return {};
      range = {INT64_MIN, range.low - 1};
      break;
  }
  numbers_.push_back(range);
  ++count_;
  return {};
}

std::string patterns::add_ip(std::string_view text) {
  const std::optional<network> read = parse_network(text);
  if (!read) {
    return fmt::format("'{}' is not an IPv4 or IPv6 address or network", text);
  }
  const bool v4 = read->at.kind == family::v4;
  const std::size_t size = v4 ? 4 : 16;
  if (!contiguous(read->mask, size)) {
    odd_.push_back(*read);
  } else {
    ip_range range{read->at.bytes, read->at.bytes};
    for (std::size_t i = 0; i < size; ++i) range.high[i] = static_cast<std::uint8_t>(range.high[i] | ~read->mask[i]);
    (v4 ? v4_ : v6_).push_back(range);
  }
  ++count_;
  return {};
}

std::string patterns::add(std::string_view text, bool ignore_case) {
  switch (how_) {
    case match::found:
    case match::boolean: return {};  // no value is needed and all are ignored (7.1.1)
    case match::integer:
    case match::len: return add_number(text, comparison::eq);
    case match::ip: return add_ip(text);
    case match::bin: {
      std::string bytes;
      if (text.size() % 2 != 0) return fmt::format("'{}' has an odd number of hexadecimal digits", text);
      for (std::size_t i = 0; i < text.size(); i += 2) {
        unsigned byte = 0;
        const auto [end, error] = std::from_chars(text.data() + i, text.data() + i + 2, byte, 16);
        if (error != std::errc() || end != text.data() + i + 2)
          return fmt::format("'{}' is not a row of hexadecimal digits", text);
        bytes += static_cast<char>(byte);
      }
      exact_.insert(std::move(bytes));
      break;
    }
    case match::str:
    case match::beg:
    case match::end:
      if (ignore_case) {
        folded_.emplace(text);
        folded_sizes_.push_back(text.size());
      } else {
        exact_.emplace(text);
        exact_sizes_.push_back(text.size());
      }
      break;
    case match::sub:
    case match::dir:
    case match::dom: (ignore_case ? folded_list_ : list_).emplace_back(text); break;
    case match::reg: {
      regex_error error;
      auto made = regex::compile(text, ignore_case, error);
      if (made == nullptr)
        return fmt::format("'{}' is not a regular expression: {} at byte {}", text, error.text, error.offset + 1);
      regexes_.push_back(std::move(made));
      break;
    }
  }
  ++count_;
  return {};
}

void patterns::finish() {
  tidy(numbers_, [](const number_range& a, const number_range& b) { return b.low <= a.high; });
  const auto joins = [](const ip_range& a, const ip_range& b) { return b.low <= a.high; };
  tidy(v4_, joins);
  tidy(v6_, joins);
  for (auto* sizes : {&exact_sizes_, &folded_sizes_}) {
    std::sort(sizes->begin(), sizes->end());
    sizes->erase(std::unique(sizes->begin(), sizes->end()), sizes->end());
    sizes->shrink_to_fit();
  }
}

bool patterns::in_numbers(std::int64_t value) const { return within(numbers_, value); }

namespace {

bool covers(const network& one, const address& ip) {
  if (one.at.kind != ip.kind) return false;
  for (std::size_t i = 0; i < (ip.kind == family::v4 ? 4u : 16u); ++i)
    if ((ip.bytes[i] & one.mask[i]) != one.at.bytes[i]) return false;
  return true;
}

// 2002:a.b.c.d::, ::a.b.c.d and ::ffff:a.b.c.d stand for an IPv4 address (7.1.6).
std::optional<address> inner_v4(const address& ip) {
  address out;
  out.kind = family::v4;
  const auto& b = ip.bytes;
  if (b[0] == 0x20 && b[1] == 0x02) {
    std::copy(b.begin() + 2, b.begin() + 6, out.bytes.begin());
    return out;
  }
  for (std::size_t i = 0; i < 10; ++i)
    if (b[i] != 0) return std::nullopt;
  if (!((b[10] == 0 && b[11] == 0) || (b[10] == 0xff && b[11] == 0xff))) return std::nullopt;
  std::copy(b.begin() + 12, b.end(), out.bytes.begin());
  return out;
}

}  // namespace

bool patterns::ip_matches(const address& ip) const {
  const auto hit = [this](const address& one) {
    if (within(one.kind == family::v4 ? v4_ : v6_, one.bytes)) return true;
    return std::any_of(odd_.begin(), odd_.end(), [&](const network& each) { return covers(each, one); });
  };
  if (!ip.is_ip()) return false;
  address plain;
  plain.kind = ip.kind;
  std::memcpy(plain.bytes.data(), ip.bytes.data(), ip.kind == family::v4 ? 4 : 16);
  if (hit(plain)) return true;
  if (ip.kind == family::v6) {
    const std::optional<address> v4 = inner_v4(plain);
    return v4 && hit(*v4);
  }
  address mapped;
  mapped.kind = family::v6;
  mapped.bytes[10] = mapped.bytes[11] = 0xff;
  std::memcpy(mapped.bytes.data() + 12, plain.bytes.data(), 4);
  return hit(mapped);
}

template <bool Fold>
bool patterns::listed(std::string_view text, const std::vector<std::string>& list) const {
  constexpr auto as = Fold ? &fold : &same;
  for (const std::string& each : list) {
    if (how_ == match::sub && contains<as>(text, each)) return true;
    if (how_ == match::dir && word_in<as>(text, each, "/?")) return true;
    if (how_ == match::dom && word_in<as>(text, each, "/?.:")) return true;
  }
  return false;
}

bool patterns::text_matches(std::string_view text) const {
  switch (how_) {
    case match::str:
    case match::bin: return exact_.find(text) != exact_.end() || (!folded_.empty() && folded_.find(text) != folded_.end());
    case match::beg:
    case match::end: {
      const auto part = [&](std::size_t size) {
        return how_ == match::beg ? text.substr(0, size) : text.substr(text.size() - size);
      };
      for (const std::size_t size : exact_sizes_) {
        if (size > text.size()) break;
        if (exact_.find(part(size)) != exact_.end()) return true;
      }
      for (const std::size_t size : folded_sizes_) {
        if (size > text.size()) break;
        if (folded_.find(part(size)) != folded_.end()) return true;
      }
      return false;
    }
    case match::sub:
    case match::dir:
    case match::dom: return listed<false>(text, list_) || listed<true>(text, folded_list_);
    case match::reg:
      return std::any_of(regexes_.begin(), regexes_.end(), [&](const auto& each) { return each->matches(text); });
    case match::len: return in_numbers(static_cast<std::int64_t>(text.size()));
    default: return false;
  }
}

bool patterns::matches(sample& value, arena& memory) const {
  const std::optional<kind> wanted = wanted_kind(how_);
  if (!wanted) return true;
  if (value.what == kind::binary && *wanted == kind::text) {
    // Text methods see bytes as they are.
  } else if (!cast(value, *wanted, memory)) {
    return false;
  }
  switch (how_) {
    case match::boolean: return value.number != 0;
    case match::integer: return in_numbers(value.number);
    case match::ip: return ip_matches(value.ip);
    default: return text_matches(value.text);
  }
}

}  // namespace ringway::rules

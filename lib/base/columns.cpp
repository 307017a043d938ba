#include "base/columns.hpp"

#include <algorithm>
#include <cstdint>

namespace ringway {
namespace {

struct range {
  char32_t first, last;
};
// Combining marks and joiners, then East Asian wide and emoji; blocks, not single letters: a name is not a novel.
constexpr range nothing[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd}, {0x610, 0x61a}, {0x64b, 0x65f}, {0x200b, 0x200f},
                             {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
constexpr range wide[] = {{0x1100, 0x115f}, {0x2e80, 0x303e}, {0x3041, 0xa4cf}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
                          {0xff00, 0xff60}, {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff},
                          {0x20000, 0x3fffd}};

template <std::size_t N>
bool within(char32_t c, const range (&ranges)[N]) {
  return std::any_of(std::begin(ranges), std::end(ranges), [c](const range& one) { return c >= one.first && c <= one.last; });
}

std::size_t cells(const glyph& of) {
  if (!of.valid || of.code_point < 0x300) return 1;
  return within(of.code_point, nothing) ? 0 : within(of.code_point, wide) ? 2 : 1;
}

}  // namespace

glyph first_glyph(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {1, true, lead};
  const std::size_t length = lead >= 0xf0 && lead <= 0xf4 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (length == 1 || lead > 0xf4) return {};
  char32_t code = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  const bool shortest = code >= (length == 2 ? 0x80u : length == 3 ? 0x800u : 0x10000u);
  if (!shortest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {length, true, code};
}

std::size_t columns_of(std::string_view text) {
  std::size_t sum = 0;
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    sum += cells(next);
    text.remove_prefix(next.bytes);
  }
  return sum;
}

std::string_view head_of(std::string_view text, std::size_t width) {
  std::size_t end = 0, used = 0;
  while (end < text.size()) {
    const glyph next = first_glyph(text.substr(end));
    used += cells(next);
    if (used > width) break;
    end += next.bytes;
  }
  return text.substr(0, end);
}

std::string_view tail_of(std::string_view text, std::size_t width) {
  std::size_t left = columns_of(text);
  while (!text.empty() && left > width) {
    const glyph next = first_glyph(text);
    left -= cells(next);
    text.remove_prefix(next.bytes);
  }
  // A mark without its letter.
  while (!text.empty() && cells(first_glyph(text)) == 0) text.remove_prefix(first_glyph(text).bytes);
  return text;
}

std::string fitted(std::string_view text, std::size_t width) {
  if (columns_of(text) <= width) return std::string(text);
  if (width <= 1) return "…";
  const std::size_t behind = (width - 1) / 2;
  return std::string(head_of(text, width - 1 - behind)).append("…").append(tail_of(text, behind));
}

std::string padded(std::string text, std::size_t width) {
  const std::size_t has = columns_of(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

std::string wrapped(std::string_view text, std::size_t at, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = at, blanks = 0;
  bool begun = false;  // this line has a word
  const auto feed = [&] {
    out.append(1, '\n').append(indent, ' ');
    column = indent;
    begun = false;
  };
  while (!text.empty()) {
    const char first = text.front();
    if (first == ' ' || first == '\n') {
      blanks = first == ' ' ? blanks + 1 : 0;
      if (first == '\n') feed();
      text.remove_prefix(1);
      continue;
    }
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    text.remove_prefix(word.size());
    const std::size_t needs = columns_of(word), before = blanks;
    if (width != 0 && column + before + needs > width && (begun || column > indent)) {
      feed();
    } else {
      out.append(before, ' ');
      column += before;
    }
    out += word;
    column += needs;
    begun = true;
    blanks = 0;
  }
  return out;
}

}  // namespace ringway

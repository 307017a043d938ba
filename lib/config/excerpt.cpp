#include "config/excerpt.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <iterator>

namespace ringway::config {
namespace {

constexpr std::size_t tab_width = 8;

bool unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) ||        // C0, DEL, C1
         c == 0x200e || c == 0x200f || c == 0x061c ||  // direction marks
         (c >= 0x2028 && c <= 0x202e) ||               // line and paragraph separators, embeddings
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;  // isolates, byte-order mark
}

// What one glyph looks like, and how many cells it takes (one for each code point).
std::size_t show(std::string_view bytes, const glyph& what, std::string& out) {
  if (what.valid && !unsafe(what.code_point)) {
    out += bytes;
    return 1;
  }
  const std::size_t before = out.size();
  if (what.valid && what.code_point > 0x7f)
    fmt::format_to(std::back_inserter(out), "\\u{{{:x}}}", static_cast<std::uint32_t>(what.code_point));
  else
    for (const char byte : bytes)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(byte));
  return out.size() - before;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most_bytes) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= most_bytes) return out + "…";
    const glyph next = first_glyph(text);
    show(text.substr(0, next.bytes), next, out);
    text.remove_prefix(next.bytes);
  }
  return out;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const glyph next = first_glyph(text);
    const std::string_view bytes = text.substr(0, next.bytes);
    text.remove_prefix(next.bytes);
    if (!next.valid) {
      out += "\xef\xbf\xbd";
    } else if (bytes == "\"" || bytes == "\\") {
      out += '\\';
      out += bytes;
    } else if (bytes == "\n") {
      out += "\\n";
    } else if (bytes == "\t") {
      out += "\\t";
    } else if (next.code_point < 0x20 || next.code_point == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(next.code_point));
    } else {
      out += bytes;
    }
  }
  return out + '"';
}

excerpt make_excerpt(std::string_view line, std::uint32_t column, std::uint32_t length, std::size_t widest) {
  const std::size_t before_mark = widest / 3;  // cells kept in front of the mark when a line is cut
  if (length == 0) {
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos) {
      column = static_cast<std::uint32_t>(first + 1);
      length = static_cast<std::uint32_t>(line.find_last_not_of(" \t\r") - first + 1);
    }
  }
  const std::size_t mark_byte = std::min<std::size_t>(column == 0 ? 0 : column - 1, line.size());
  const std::size_t mark_end =
      std::min<std::size_t>(mark_byte + std::max<std::uint32_t>(length, 1), line.size());

  // First the cell of each mark, then only the window is built: a line may be megabytes long.
  std::size_t cell = 0;
  std::size_t mark_cell = 0;
  std::size_t mark_cell_end = 0;
  const auto walk = [&](auto&& visit) {
    cell = 0;
    std::string shown;
    for (std::size_t at = 0; at < line.size();) {
      shown.clear();
      const glyph next = first_glyph(line.substr(at));
      std::size_t width = 0;
      if (line[at] == '\t') {
        width = tab_width - cell % tab_width;
        shown.assign(width, ' ');
      } else {
        width = show(line.substr(at, next.bytes), next, shown);
      }
      visit(at, next.bytes, width, shown);
      at += next.bytes;
      cell += width;
    }
  };
  bool marked = false;
  walk([&](std::size_t at, std::size_t bytes, std::size_t width, const std::string&) {
    if (!marked && mark_byte < at + bytes) {
      mark_cell = cell;
      marked = true;
    }
    if (at < mark_end) mark_cell_end = cell + width;
  });
  const std::size_t total = cell;
  if (!marked) mark_cell = total;  // just behind the end of the line
  mark_cell_end = std::max(mark_cell_end, mark_cell + 1);

  std::size_t from = 0;
  std::size_t to = total;
  if (std::max(total, mark_cell + 1) > widest) {
    const std::size_t latest = total > widest ? total - widest : 0;
    from = std::min(mark_cell > before_mark ? mark_cell - before_mark : 0, latest);
    to = std::min(total, from + widest);
  }
  excerpt out;
  std::size_t shown_from = total;  // the window may begin within a wide glyph
  walk([&](std::size_t, std::size_t, std::size_t width, const std::string& shown) {
    if (cell < from || cell + width > to) return;
    shown_from = std::min(shown_from, cell);
    out.line += shown;
  });
  if (out.line.empty()) shown_from = from;
  const std::size_t shift = from > 0 ? 1 : 0;
  if (from > 0) out.line.insert(0, "…");
  if (to < total) out.line += "…";
  out.marks.assign(mark_cell - std::min(mark_cell, shown_from) + shift, ' ');
  out.marks += '^';
  const std::size_t end = std::min(mark_cell_end, std::max(to, mark_cell + 1));
  out.marks.append(end - mark_cell - 1, '~');
  while (out.line.ends_with(' ')) out.line.pop_back();
  return out;
}

}  // namespace ringway::config

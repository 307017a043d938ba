// Bytes of unknown origin made fit to be shown: on a terminal, in JSON, and as a line with a caret below it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/columns.hpp"

namespace ringway::config {

using ringway::glyph;
using ringway::first_glyph;

// For a terminal: UTF-8 as it is; control characters, bytes that are no UTF-8, and marks that change the
// direction of writing as \xNN or \u{N}. Longer texts are cut at `most_bytes` with "…".
std::string printable(std::string_view text, std::size_t most_bytes = 2000);

// A JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

// A source line and the line of marks below it, both without line feed. Tabs are expanded to columns of
// eight, and long lines are cut to a window around the mark with "…" where something is missing.
struct excerpt {
  std::string line;
  std::string marks;  // spaces, then "^~~~"
};
// column from 1 in bytes, length in bytes; length 0: from the first to the last non-blank.
// At most `widest` cells and two "…" of the line (from 16).
excerpt make_excerpt(std::string_view line, std::uint32_t column, std::uint32_t length, std::size_t widest = 120);

}  // namespace ringway::config

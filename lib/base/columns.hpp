// Text for people, measured in the cells of a terminal: cut, padded and broken into lines, never inside a letter.
// Pure; no locale.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ringway {

// One step through UTF-8: a whole, shortest-form, assigned-range code point, or one byte that is part of none.
struct glyph {
  std::size_t bytes = 1;  // never 0 on a non-empty text
  bool valid = false;
  char32_t code_point = 0;
};
glyph first_glyph(std::string_view text);

// Cells the text needs: 2 for wide letters (CJK, emoji), 0 for marks that stand on the letter before.
std::size_t columns_of(std::string_view text);

// The first letters of `text` that need at most `width` cells; a view into it.
std::string_view head_of(std::string_view text, std::size_t width);
std::string_view tail_of(std::string_view text, std::size_t width);  // the last ones

// At most `width` cells (from 1): whole, or with "…" in place of its middle.
std::string fitted(std::string_view text, std::size_t width);

std::string padded(std::string text, std::size_t width);  // blanks behind it up to `width` cells

// Broken at blanks into lines of at most `width` cells; a word that is longer stands alone and whole. The first line
// is taken to begin at the cell `at`, the others begin behind `indent` blanks. No line feed at the end. `width` 0: not
// broken. Line feeds of the text are kept, and blanks but where a line is broken.
std::string wrapped(std::string_view text, std::size_t at, std::size_t indent, std::size_t width);

}  // namespace ringway

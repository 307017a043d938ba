// The catalogue as text for people: what `--help-keywords` prints and what conf/KEYWORDS.md holds. Pure.
#pragma once
#include <string>
#include <string_view>

#include "config/catalogue.hpp"

namespace ringway::config {

// Keywords whose name or summary contains `pattern` (letters of either case; '*' stands for anything), with their
// meaning and example; empty: all. Lines are at most `width` columns. Ends with a line feed; says so when there
// is none, with the nearest names.
std::string print_keywords(const catalogue& of, std::string_view pattern, std::size_t width = 80);

// conf/KEYWORDS.md.
std::string markdown(const catalogue& of);

// Shell-style match of '*', letters of either case; without '*' anywhere in the text.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace ringway::config

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

// Where a keyword's entry in conf/KEYWORDS.md is: its fragment, without '#'. `here`: any place its row allows.
std::string anchor_of(place here, std::string_view name);

// Appends `text` in lines of at most `width` columns, each behind `indent` blanks; ends with a line feed.
void wrap(std::string& to, std::string_view text, std::size_t indent, std::size_t width);

// Shell-style match of '*', letters of either case; without '*' anywhere in the text.
bool matches(std::string_view pattern, std::string_view text);

}  // namespace ringway::config

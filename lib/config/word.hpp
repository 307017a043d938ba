// What the lexer hands on: lines of words, every word with its place.
#pragma once
#include <string>
#include <vector>

#include "config/span.hpp"

namespace ringway::config {

struct word {
  std::string text;    // after quotes, escapes and environment variables
  span where;          // the word as it stands in the file, quotes included
  bool quoted = false;  // any part was quoted: a quoted "if" is not a keyword of ours to guess at
  bool empty_variable = false;  // an unset environment variable was part of it
};

struct line {
  std::vector<word> words;  // never empty; conditional blocks already resolved, comments gone
  span where;               // the whole line
};

}  // namespace ringway::config

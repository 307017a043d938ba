// Every other word of HAProxy's language, of any version: not supported yet, without effect here, or retired. Names
// and places only; each becomes a row of the catalogue, so that nobody is told that such a word is unknown.
#pragma once
#include <span>
#include <vector>

#include "config/keyword.hpp"

namespace ringway::app {

// Built once; lives as long as the process.
const std::vector<config::keyword>& known_words();

// known_words_*.cpp: one group is many names that share everything else.
struct word_group {
  config::place allowed;
  config::status state;
  int arity;                   // words of lines: values that follow; -1: all the rest
  std::string_view summary;
  std::string_view instead;    // retired: today's spelling; not_yet: what replaced it, if it is gone
  std::string_view names;      // separated by newlines or commas
};
std::span<const word_group> known_global_words();
std::span<const word_group> known_proxy_words();
std::span<const word_group> known_line_words();

}  // namespace ringway::app

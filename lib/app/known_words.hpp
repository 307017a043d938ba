// Of words of HAProxy's that no room has a row for: those that are without effect here, retired, or of which more is to
// be said than that they are not supported yet. The whole list of its words is config/haproxy_words; both fill the
// catalogue behind the rooms, so that a word that a room takes up leaves these lists by itself.
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
  int least = 0, most = -1;    // lines without effect: how many words may follow; -1: any number
};
std::span<const word_group> known_global_words();
std::span<const word_group> known_proxy_words();
std::span<const word_group> known_line_words();

}  // namespace ringway::app

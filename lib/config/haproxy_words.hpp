// Every word of HAProxy's language and of its runtime API: names, and where they may stand. What works here is said by
// the rooms' own rows; of these, only what no room has a row for is used (catalogue::fill), to say of such a word that
// it is not supported yet. The lists are written by scripts/haproxy_words.
#pragma once
#include <span>
#include <string_view>
#include <vector>

#include "config/keyword.hpp"

namespace ringway::config {

// Which of two versions, HAProxy 2.6 and 3.5, know a word.
enum class release : std::uint8_t { both, newer, older };

struct word_list {
  place allowed;
  release seen;
  std::string_view names;  // by commas; "=N" behind one: N values follow it on a line of words, -1: all the rest
};
std::span<const word_list> haproxy_words_of_language();  // what stands in sections and on their lines
std::span<const word_list> haproxy_words_of_samples();   // samples, converters, variables, filters, runtime API

// All of them, a row of state not_yet for each. Built once; lives as long as the process.
const std::vector<keyword>& haproxy_words();

}  // namespace ringway::config

// Small helpers of the configuration's readers: pieces of words as places, and what a row's status says.
#pragma once
#include <string>
#include <string_view>

#include "config/arguments.hpp"
#include "config/span.hpp"
#include "config/word.hpp"

namespace ringway::config {

struct keyword;

// The bytes of a word as a place; the whole word when quotes or variables make offsets meaningless.
span part_of(const word& whole, std::size_t offset, std::size_t length);
span behind(const word& one);                      // just after it: where something is missing
span joined(const span& from, const span& to);     // from the first to the last byte of both, on one line
std::string places_text(place allowed);            // "defaults, listen and backend"
// Says what a row's status has to say at this place. False: the row cannot be obeyed (not supported yet).
bool judge(const keyword& row, const arguments& at, std::string_view of_line);

}  // namespace ringway::config

// What a configuration says, line by line as it was understood (variables and .if resolved): for those who look at
// it after it was read, and want to point at a word. Filled by section_reader.
#pragma once
#include <string_view>
#include <vector>

#include "config/keyword.hpp"
#include "config/word.hpp"

namespace ringway::config {

struct outline {
  struct section {
    line head;
    place kind = place::nowhere;  // nowhere: a section that is not supported
    std::vector<line> lines;      // in order; also those that were refused
  };
  std::vector<section> sections;  // in order, files one after another

  // The section whose name or section word stands at `where`; nullptr: none.
  const section* at(const span& where) const;
  // The defaults section that `of` begins with; nullptr: none.
  const section* defaults_of(const section& of) const;
  // The last line that begins with these words, of the section itself, else of its defaults, theirs, and so on.
  const line* find(const section& of, std::string_view phrase) const;
};

// The words of `one` begin with those of `phrase`, single blanks between.
bool begins_with(const line& one, std::string_view phrase);

}  // namespace ringway::config

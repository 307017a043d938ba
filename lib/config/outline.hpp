// What a configuration says, line by line as it was understood (variables and .if resolved): for those who look at
// it after it was read, and want to point at a word. Filled by section_reader.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/keyword.hpp"
#include "config/word.hpp"

namespace ringway::config {

struct outline {
  struct section {
    line head;
    place kind = place::nowhere;  // nowhere: a section that is not supported
    std::vector<line> lines;      // in order; also those that were refused
    std::size_t begins_with = none;  // its defaults section among `sections`
    // The line that begins at `where`'s line; nullptr: none.
    const line* at(const span& where) const;
  };
  static constexpr std::size_t none = ~std::size_t{0};

  // Adds a section, which comes behind all others: files one after another, lines in order.
  void open(const line& head, place kind);
  const std::vector<section>& all() const { return sections_; }
  // The last section; there is one.
  section& last() { return sections_.back(); }

  // The section that stands on `where`'s line; nullptr: none.
  const section* at(const span& where) const;
  // The line of the first section of `where`'s file behind `where`; 0: none.
  std::uint32_t next_section(const span& where) const;
  // The defaults section that `of` begins with; nullptr: none.
  const section* defaults_of(const section& of) const;
  // The last line that begins with these words, of the section itself, else of its defaults, theirs, and so on.
  const line* find(const section& of, std::string_view phrase) const;

 private:
  std::vector<section> sections_;
  std::unordered_map<std::string, std::size_t> named_defaults_;  // the last of each name
  std::size_t last_defaults_ = none;
};

// The words of `one` begin with those of `phrase`, single blanks between.
bool begins_with(const line& one, std::string_view phrase);

}  // namespace ringway::config

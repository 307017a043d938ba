// The table of converters: what may be done to a sample (configuration.txt 7.3.1), one row each.
#pragma once
#include <array>
#include <span>
#include <string_view>

#include "rules/fetch.hpp"

namespace ringway::rules {

// The value was already cast to what the row expects. false: the sample is not found.
using convert_function = bool (*)(const context&, const argument_list&, sample&);

struct converter_row {
  std::string_view name;
  std::string_view arguments{};
  std::array<takes, 3> takes_{};
  int required = 0;
  kind expects = kind::text, gives = kind::text;
  std::string_view summary{};
  std::string_view example{};  // a whole test
  std::string_view since{};
  convert_function run = nullptr;
};

std::span<const converter_row> converters_of_text();     // convert_text.cpp
std::span<const converter_row> converters_of_numbers();  // convert_number.cpp: arithmetic, hashes, addresses
const converter_row* find_converter(std::string_view name);
std::vector<std::string_view> converter_names();

}  // namespace ringway::rules

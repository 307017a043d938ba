// Small things about text, of the origin's own.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace origin {

std::optional<std::uint64_t> number(std::string_view text, int base = 10);  // nothing else may stand there
bool same_word(std::string_view a, std::string_view b);                     // letter case is no difference
std::string_view trimmed(std::string_view text);                            // blanks and tabs
bool list_has(std::string_view list, std::string_view word);                // separated by commas

}  // namespace origin

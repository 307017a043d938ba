// One codec per kind of value: text in, value or the exact mistake out. No diagnostics, no words: callers add
// the place. configuration.txt, "Time format" and "Size format".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/units.hpp"
#include "config/arguments.hpp"

namespace ringway::config {

template <class T>
struct parsed {
  T value{};
  std::string error;       // empty: fine. "… is not a number": follows the quoted word
  std::size_t offset = 0;  // byte of the text where it goes wrong
  std::size_t length = 0;  // bytes of the wrong piece; 0: the whole word
  std::string help;
  bool tolerated = false;  // the value is good, `error` is only worth a warning
  explicit operator bool() const { return error.empty() || tolerated; }
};

// Decimal digits only.
parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max);
// Digits and an optional k, m or g (powers of 1024; either case).
parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t min, std::uint64_t max);
// Digits and an optional us, ms, s, m, h or d; at most 2147483647 ms (24.8 days). Less than a millisecond but
// not zero is an error, not silently no limit. "15min" is taken as 15m, with a warning, as HAProxy does.
parsed<milliseconds> parse_duration(std::string_view text, time_unit unit);
std::string print_duration(milliseconds value);  // the largest unit that is exact: "30s", "1500ms"

// Names of proxies and servers: letters, digits and . : _ - ; returns the offset of the first other byte.
std::optional<std::size_t> bad_name_byte(std::string_view name);

}  // namespace ringway::config

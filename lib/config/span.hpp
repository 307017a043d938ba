// A place in the configuration: what every diagnostic points at.
#pragma once
#include <cstdint>

namespace ringway::config {

struct span {
  std::uint32_t file = 0;    // index into source_set::files(); meaningless when line is 0
  std::uint32_t line = 0;    // from 1; 0: nowhere (a default, or the command line)
  std::uint32_t column = 0;  // from 1, in bytes of the line as it stands in the file
  std::uint32_t length = 0;  // bytes; 0: the whole line
};

}  // namespace ringway::config

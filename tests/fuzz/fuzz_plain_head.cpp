// Ordinary heads by the short way and by Beast: the same result wherever the short way says anything.
#include <cstdlib>

#include "fuzz.hpp"
#include "support/plain_head.hpp"

using namespace ringway;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  if (support::compare_request(input) == support::verdict::different) std::abort();
  if (support::compare_response(input) == support::verdict::different) std::abort();
  return 0;
}

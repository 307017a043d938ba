// XXH3 by its author's header, compiled in: nothing to install where the program runs.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/hash.hpp"

namespace ringway::hash {

std::uint64_t xxh3(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace ringway::hash

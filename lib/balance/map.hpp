// The table of map-based hashing and static-rr (placement specification, section 8). A pure function.
#pragma once
#include <cstdint>
#include <vector>

namespace ringway::balance {

struct map_share {
  std::uint32_t server = 0;
  std::uint32_t weight = 0;  // effective: divided by the common divisor of the configuration
};

// `total` slots filled from the usable servers in declared order. `total` is the sum of their weights, except
// with backups that are not all in use: then the first one's weight. O(total x servers).
std::vector<std::uint32_t> map_slots(const std::vector<map_share>& servers, std::uint32_t total);

}  // namespace ringway::balance

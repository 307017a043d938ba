// The hash functions by which HAProxy places requests (placement specification, section 5), bit for bit.
// Unsigned 32-bit arithmetic with wrap-around. None of them is meant to resist an adversary.
// Pure; any thread; no allocation.
#pragma once
#include <cstdint>
#include <string_view>

namespace ringway::hash {

std::uint32_t sdbm(std::string_view bytes);                       // 0 for ""
std::uint32_t djb2(std::string_view bytes);                       // 5381 for ""
std::uint32_t wt6(std::string_view bytes);                        // 0xf99a0360 for ""
std::uint32_t crc32(std::string_view bytes);                      // IEEE 802.3, as zlib's; 0 for ""
std::uint32_t xxh32(std::string_view bytes, std::uint32_t seed);  // the public XXH32 algorithm
std::uint64_t xxh3(std::string_view bytes);                       // the public XXH3, 64 bits, no seed

// The text as a decimal number: optional sign, digits up to the first other byte (none: 0), saturated to 64
// bits, low 32 bits. What `hash-type ... none` uses.
std::uint32_t decimal(std::string_view text);

// A bijection that spreads every input bit: Bob Jenkins' six shifts and one multiplication.
constexpr std::uint32_t avalanche(std::uint32_t a) {
  a = a + 0x7ed55d16u + (a << 12);
  a = a ^ 0xc761c23cu ^ (a >> 19);
  a = a + 0x165667b1u + (a << 5);
  a = (a + 0xd3a2646cu) ^ (a << 9);
  a = a + 0xfd7046c5u + (a << 3);
  a = a ^ 0xb55a4f09u ^ (a >> 16);
  return a * 3221225473u;
}

}  // namespace ringway::hash

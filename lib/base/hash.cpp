#include "base/hash.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <limits>

namespace ringway::hash {
namespace {

std::uint32_t octet(char c) { return static_cast<unsigned char>(c); }

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1u) != 0 ? 0xEDB88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  return table;
}
constexpr auto crc_of_byte = crc_table();

// Read byte by byte: right on any host and alignment; compilers make one load of it.
std::uint32_t little_endian(const char* at) {
  return octet(at[0]) | octet(at[1]) << 8 | octet(at[2]) << 16 | octet(at[3]) << 24;
}

}  // namespace

std::uint32_t sdbm(std::string_view bytes) {
  std::uint32_t h = 0;
  for (char c : bytes) h = h * 65599u + octet(c);
  return h;
}

std::uint32_t djb2(std::string_view bytes) {
  std::uint32_t h = 5381;
  for (char c : bytes) h = h * 33u + octet(c);
  return h;
}

std::uint32_t wt6(std::string_view bytes) {
  std::uint32_t a = 0xa53c965au, b = 0x5ca6953au;
  int turn_b = 6, turn_a = 18;
  for (char c : bytes) {
    const std::uint32_t mixed_a = ~(a ^ octet(c));
    const std::uint32_t mixed_b = ~(b + octet(c));
    a = std::rotl(mixed_b, turn_b);
    b = std::rotl(mixed_a, turn_a);
    const std::uint32_t t = ((a >> 16) ^ b) & 0xffffu;
    turn_b = static_cast<int>(t & 31u);
    turn_a = static_cast<int>(t >> 11);
  }
  return a ^ b;
}

std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffffu;
  for (char c : bytes) crc = crc_of_byte[(crc ^ octet(c)) & 0xffu] ^ (crc >> 8);
  return ~crc;
}

std::uint32_t xxh32(std::string_view bytes, std::uint32_t seed) {
  constexpr std::uint32_t p1 = 2654435761u, p2 = 2246822519u, p3 = 3266489917u, p4 = 668265263u,
                          p5 = 374761393u;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint32_t h = 0;
  if (left >= 16) {
    std::array<std::uint32_t, 4> lane{seed + p1 + p2, seed + p2, seed, seed - p1};
    for (; left >= 16; left -= 16) {
      for (auto& v : lane) {
        v = std::rotl(v + little_endian(at) * p2, 13) * p1;
        at += 4;
      }
    }
    h = std::rotl(lane[0], 1) + std::rotl(lane[1], 7) + std::rotl(lane[2], 12) + std::rotl(lane[3], 18);
  } else {
    h = seed + p5;
  }
  h += static_cast<std::uint32_t>(bytes.size());
  for (; left >= 4; left -= 4, at += 4) h = std::rotl(h + little_endian(at) * p3, 17) * p4;
  for (; left > 0; --left, ++at) h = std::rotl(h + octet(*at) * p5, 11) * p1;
  h = (h ^ (h >> 15)) * p2;
  h = (h ^ (h >> 13)) * p3;
  return h ^ (h >> 16);
}

std::uint32_t decimal(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  constexpr std::uint64_t largest = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t bound = negative ? largest + 1 : largest;
  std::uint64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') break;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (bound - digit) / 10) {
      value = bound;
      break;
    }
    value = value * 10 + digit;
  }
  return static_cast<std::uint32_t>(negative ? 0 - value : value);
}

}  // namespace ringway::hash

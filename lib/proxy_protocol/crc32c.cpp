#include <array>

#include "proxy_protocol/header.hpp"

namespace ringway::proxy_protocol {

namespace {

constexpr std::uint32_t polynomial = 0x82f63b78;  // Castagnoli's, bits reversed

constexpr std::array<std::uint32_t, 256> table = [] {
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? polynomial : 0);
    out[i] = value;
  }
  return out;
}();

std::uint32_t add(std::uint32_t crc, std::string_view bytes) {
  for (const char c : bytes) crc = table[(crc ^ static_cast<std::uint8_t>(c)) & 0xff] ^ (crc >> 8);
  return crc;
}

}  // namespace

std::uint32_t checksum(std::string_view before, std::string_view after) {
  return ~add(add(add(~std::uint32_t{0}, before), std::string_view("\0\0\0\0", 4)), after);
}

}  // namespace ringway::proxy_protocol

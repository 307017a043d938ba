// Numbers of version 2, for the reader and the writer of this room.
#pragma once
#include <cstdint>
#include <string_view>

namespace ringway::proxy_protocol::wire {

inline constexpr std::string_view signature("\r\n\r\n\0\r\nQUIT\n", 12);

// 13th byte: version and command.
inline constexpr std::uint8_t version = 0x20, command_local = 0x0, command_proxy = 0x1;
// 14th byte: family above, transport below.
inline constexpr std::uint8_t unspec = 0x0, inet = 0x1, inet6 = 0x2, unix_socket = 0x3;
inline constexpr std::uint8_t stream = 0x1, datagram = 0x2;
// Types of the values behind the addresses.
inline constexpr std::uint8_t authority = 0x02, crc32c = 0x03, unique_id = 0x05, tls = 0x20;

}  // namespace ringway::proxy_protocol::wire

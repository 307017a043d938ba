// The header that a proxy in front of us sends before anything else, and that we send to servers: haproxy.org's
// proxy-protocol.txt, 2.1 (version 1, a line of text) and 2.2 (version 2, binary).
// Pure functions, no allocation; any thread.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/address.hpp"

namespace ringway::proxy_protocol {

// Client and where it connected to, both IPv4 or both IPv6 in what is read.
struct endpoints {
  address source, destination;
};

enum class state : std::uint8_t { more, done, bad };
enum class fault : std::uint8_t {
  none,
  no_header,         // something else: version 2 has a signature, version 1 begins with "PROXY "
  malformed,         // against the grammar, a wrong checksum, or longer than is accepted
  unknown_protocol,  // version 1: neither TCP4, TCP6 nor UNKNOWN
};

struct header {
  state what = state::more;
  fault why = fault::none;         // state::bad only
  bool names_client = false;       // false: LOCAL, UNKNOWN and their like; the connection's own addresses hold
  endpoints who;                   // names_client only
  std::size_t bytes = 0;           // state::done: length of the header, never more than `input` has
};

inline constexpr std::size_t longest_v1 = 107;
inline constexpr std::size_t fixed_v2 = 16;

// Reads the header that begins at `input`, which may hold more than the header or only its beginning. A version 2
// header of more than `most` bytes in all is malformed as soon as its length is known.
header read(std::string_view input, std::size_t most);

// Long enough for everything that write_*() makes.
using written = std::array<char, 128>;
// Both return the length. Not both addresses are IP: "PROXY UNKNOWN" and LOCAL. One of them is IPv4 and the other is
// not: both are written as IPv6.
std::size_t write_v1(const endpoints& who, written& into);
std::size_t write_v2(const endpoints& who, bool with_crc, written& into);
// Of a connection that we opened for ourselves.
std::size_t write_local_v2(bool with_crc, written& into);

// CRC-32C (RFC 9260 appendix A) of `before`, four zero bytes and `after`: the checksum field counts as zero.
std::uint32_t checksum(std::string_view before, std::string_view after);

}  // namespace ringway::proxy_protocol

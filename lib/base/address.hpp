// Where something is: an IPv4 or IPv6 address with a port, a unix socket path, or nothing.
// A plain value (no heap for IP); comparable; no I/O and no name resolution (io/resolver does that).
#pragma once
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringway {

enum class family : std::uint8_t { none, v4, v6, unix_path, abstract };

struct address {
  family kind = family::none;
  std::uint16_t port = 0;                // host byte order; 0: unset; meaningless for unix sockets
  std::array<std::uint8_t, 16> bytes{};  // network byte order; v4 uses the first four
  std::uint32_t scope = 0;               // IPv6 zone index; 0: none

  bool is_ip() const { return kind == family::v4 || kind == family::v6; }
  bool same_host(const address& other) const { return kind == other.kind && bytes == other.bytes; }
  friend bool operator==(const address&, const address&) = default;

  // "192.0.2.1", "2001:db8::1", "unix", "" (nothing)
  std::string host_text() const;
  // "192.0.2.1:80", "[2001:db8::1]:80", "unix:0"
  std::string text() const;
  // Writes the host part into `out` (at least 46 bytes); returns its length. Never allocates.
  std::size_t write_host(char* out) const;
};

// Exactly an IPv4 dotted quad or an IPv6 literal (no brackets, no port); nothing else.
std::optional<address> parse_ip(std::string_view text);

// The kernel's form. `length` is what bind/connect want. unix paths go through `sockaddr_of_path`.
struct raw_address {
  sockaddr_storage storage{};
  socklen_t length = 0;
  sockaddr* data() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage); }
};
raw_address raw(const address& from);
address from_raw(const sockaddr* from, socklen_t length);
// How much of the address field is an abstract socket's name: all of it, filled up with NULs (abns@), or what was written
// (abnsz@, and the world outside). The kernel takes them for two names.
enum class abstract_length : std::uint8_t { whole, exact };
constexpr std::string_view prefix_of(abstract_length length) {
  return length == abstract_length::whole ? "abns@" : "abnsz@";
}
// nullopt: the path does not fit. abstract: leading NUL instead of a file.
std::optional<raw_address> sockaddr_of_path(std::string_view path, bool abstract,
                                            abstract_length length = abstract_length::whole);

}  // namespace ringway

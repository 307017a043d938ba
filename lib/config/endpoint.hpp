// Addresses as configurations write them: "host:port", "[v6]:port", ":port", "ipv4@…", "unix@…", "/path", "abns@…",
// "fd@N", port ranges and offsets. Names are kept, never resolved here. configuration.txt, section 11 (3.x) and
// the descriptions of bind, server and log.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/address.hpp"
#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/word.hpp"

namespace ringway::config {

struct endpoint {
  // Exactly one of: ip (v4/v6), host, path, fd.
  address ip;                     // without port
  std::string host;               // a name, still to be resolved
  family wanted = family::none;   // host: the family that ipv4@ or ipv6@ asks for; none: any
  std::string path;               // unix socket; abstract: without prefix
  bool abstract = false;
  abstract_length length = abstract_length::whole;  // abstract: abns@ or abnsz@
  int fd = -1;
  bool wildcard = false;          // written as "*" or nothing
  bool stream = true;             // false: udp@, uxdg@ and their kind
  std::uint16_t port = 0;         // first of a range
  std::uint16_t port_high = 0;    // 0: no range
  bool port_given = false;
  bool relative = false;          // "+N" or "-N": port_offset instead of port
  int port_offset = 0;

  bool is_inet() const { return path.empty() && fd < 0; }
};

struct endpoint_rules {
  bool port_needed = false;   // bind
  bool port_allowed = true;
  bool zero_port = true;      // ":0" may be written
  bool range = false;         // "1000-2000"
  bool offset = false;        // "+10"
  bool unix_sockets = true;
  bool descriptors = false;   // fd@N
  bool names = true;          // host names
  bool datagram = false;      // udp@, uxdg@ are fine
};

// "$NAME" and "${NAME}" that still stand in an address, because it was not in double quotes: replaced once, as HAProxy
// does in addresses only. An unset variable is nothing; there are no defaults here ("${NAME-x}" is NAME and "-x}").
std::string expand_address(std::string_view text, const environment& variables);

// Reads text, which is the piece of `from` at `offset`. Reports under `keyword` ("bind") and returns nullopt.
std::optional<endpoint> read_endpoint(std::string_view keyword, const word& from, std::size_t offset,
                                      std::string_view text, const endpoint_rules& rules, const environment& variables,
                                      diagnostics& report);
std::optional<endpoint> read_endpoint(std::string_view keyword, const word& from, const endpoint_rules& rules,
                                      const environment& variables, diagnostics& report);

// "192.0.2.0/24", "2001:db8::/32", a dotted mask, or a plain address (all bits).
struct network {
  address base;
  unsigned bits = 0;
};
std::optional<network> parse_network(std::string_view text);

}  // namespace ringway::config

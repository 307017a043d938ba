// What `balance`, `hash-type`, `hash-balance-factor` and `hash-key` say. Plain data; filled by the keyword rows.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace ringway::balance {

enum class algorithm : std::uint8_t {
  roundrobin, static_rr, leastconn, first, random, source, uri, url_param, hdr
};
// maglev and rendezvous are ringway's own; HAProxy has neither.
enum class hash_method : std::uint8_t { map_based, consistent, maglev, rendezvous };
constexpr bool is_wide(hash_method m) { return m == hash_method::maglev || m == hash_method::rendezvous; }
enum class hash_function : std::uint8_t { sdbm, djb2, wt6, crc32, none };
enum class hash_key : std::uint8_t { id, id32, addr, addr_port, guid };
// hash-preserve-affinity: what a ring does when the server of a key has no room (3.2 and later)
enum class affinity : std::uint8_t { always, maxconn, maxqueue };

struct settings {
  algorithm kind = algorithm::roundrobin;  // HAProxy 3.3 made `random` the default; see lib/balance/README.md
  // uri
  std::uint32_t uri_len = 0;    // bytes; 0: all
  std::uint32_t uri_depth = 0;  // slashes; 0: all
  bool uri_whole = false;
  bool uri_path_only = false;
  // url_param NAME, hdr(NAME)
  std::string name;
  bool use_domain_only = false;
  // random(N)
  std::uint32_t draws = 2;  // at least 1

  hash_method method = hash_method::map_based;
  hash_function function = hash_function::sdbm;  // of map-based and consistent; the others hash with XXH3
  bool avalanche = false;           // `hash-type consistent` alone turns it on; an explicit function does not
  std::uint32_t balance_factor = 0;  // percent, above 100; 0: off
  affinity preserve = affinity::always;
};

}  // namespace ringway::balance

// What a `server` or `default-server` line says. Plain data; filled by the keyword rows.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "balance/settings.hpp"
#include "base/address.hpp"
#include "base/units.hpp"
#include "config/span.hpp"

namespace ringway::servers {

enum class init_addr : std::uint8_t { last, libc, none, ip };
struct init_addr_step {
  init_addr how = init_addr::libc;
  address ip;  // init_addr::ip only
};
enum class prefer : std::uint8_t { ipv6, ipv4, none };  // resolve-prefer; none: the C library's order

struct source_settings {
  std::optional<address> from;  // port 0: any; unset: the kernel chooses
  std::uint16_t port_high = 0;  // with from->port: a range; 0: a single port
  std::string interface;        // empty: any
};

// What of the traffic counts for a server's health, and what follows on `error_limit` errors in a row.
enum class observe : std::uint8_t { none, layer4, layer7 };
enum class on_error : std::uint8_t { fastinter, fail_check, sudden_death, mark_down };

struct check_settings {
  bool enabled = false;
  bool send_proxy = false;  // even where `port` or `addr` lead elsewhere, and without send-proxy
  milliseconds inter{2000};
  milliseconds fastinter{0};  // 0: inter
  milliseconds downinter{0};  // 0: inter
  unsigned rise = 2, fall = 3;
  std::uint16_t port = 0;  // 0: the server's own
  std::optional<address> addr;  // unset: the server's own
  observe watch = observe::none;
  on_error action = on_error::fail_check;
  unsigned error_limit = 10;
};

// `track [<backend>/]<server>`: the server whose state is followed. The numbers are found when all sections are read; as
// rules count backends, and the place among its servers.
struct tracked_server {
  std::string backend;  // has no meaning unless `elsewhere`
  bool elsewhere = false;  // a backend was named
  std::string server;
  config::span where;
  std::uint32_t backend_number = 0, server_number = 0;
};

struct settings {
  std::string name;
  config::span where;       // the name
  config::span where_addr;  // the address word
  // Address as written: exactly one of ip (address.is_ip()), host, or unix path.
  address ip;               // kind none: not a literal
  std::string host;         // a name to resolve; empty: literal or unix path
  address found;            // what `host` resolved to at the start (names::start), port 0; kind none: nothing yet
  std::string unix_path;    // starts with '/' or '@' (abstract, without the '@' stored)
  bool unix_abstract = false;
  abstract_length unix_length = abstract_length::whole;  // of an abstract one
  std::uint16_t port = 0;     // 0: none written (then the client's destination port is used)
  bool port_relative = false;  // "+N"/"-N" or missing: offset to the client's destination port
  int port_offset = 0;

  std::uint32_t id = 0;       // 0: to be given (SPEC 3.1), filled when the section closes
  bool id_said = false;       // the line has an `id`
  unsigned weight = 1;        // 0..256
  bool backup = false;
  bool disabled = false;
  unsigned maxconn = 0;       // 0: no limit
  unsigned minconn = 0;
  unsigned maxqueue = 0;      // 0: no limit
  int pool_max_conn = -1;     // idle links that are shared, over all workers; -1: no limit, 0: none
  milliseconds pool_purge_delay{5000};  // 0: none is kept
  int max_reuse = -1;         // further requests over one link; -1: no limit, 0: none
  bool shutdown_sessions = false;         // on-marked-down: its sessions end
  bool shutdown_backup_sessions = false;  // on-marked-up: those of the backups end
  milliseconds slowstart{0};  // 0: off
  balance::hash_key hash_key = balance::hash_key::id;
  bool send_proxy = false, send_proxy_v2 = false;  // a PROXY header begins each connection; both: version 2
  bool send_proxy_checksum = false;                // version 2 with its checksum
  bool sends_proxy() const { return send_proxy || send_proxy_v2; }
  source_settings source;
  std::vector<init_addr_step> init_addrs;  // empty: last,libc, and then `none` (ringway starts without the name)
  prefer resolve_prefer = prefer::none;
  family resolve_only = family::none;  // ipv4@, ipv6@ before the name: no other family; none: any
  check_settings check;
  std::optional<tracked_server> track;
  bool tracks_disabled = false;  // at the end of the chain, or on it, stands a server with `disabled`
};

}  // namespace ringway::servers

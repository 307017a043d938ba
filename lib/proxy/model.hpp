// The model: one configuration as its text says it, names unresolved, places kept. Filled by the keyword rows
// (app/keywords_*.cpp), checked by app/validate, compiled into a snapshot by app/compile. No behaviour.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "balance/settings.hpp"
#include "base/address.hpp"
#include "base/units.hpp"
#include "config/span.hpp"
#include "http/framing.hpp"
#include "log/settings.hpp"
#include "proxy/error_pages.hpp"
#include "rules/ruleset.hpp"
#include "servers/retry.hpp"
#include "servers/settings.hpp"

namespace ringway::proxy {

enum class mode : std::uint8_t { tcp, http };

// What whoever connects to a `stats socket` may do; each may do what those before it may.
enum class command_level : std::uint8_t { user, operator_, admin };
// How its answers say how grave they are: not at all, "[3]: ", "[err]: ".
enum class severity_form : std::uint8_t { none, number, string };

// One address of one `bind` line (a line with several addresses or a port range gives several of these).
struct bind_settings {
  config::span where;          // the address word
  address at;                  // v4/v6 with port; "*" is v4 any; kind unix_path: see path
  std::string host;            // a name, still to be resolved; empty: literal
  std::string path;            // unix socket
  bool abstract = false;
  abstract_length length = abstract_length::whole;  // of an abstract one
  int fd = -1;                 // fd@N: an inherited listening socket
  std::string name;            // `name`; empty: none
  unsigned id = 0;             // 0: to be given
  unsigned maxconn = 0;        // 0: the proxy's
  int backlog = 0;             // 0: the proxy's `backlog`, else its maxconn
  bool v4v6 = false, v6only = false;
  bool accept_proxy = false;   // each connection begins with a PROXY header
  std::string interface;
  std::optional<unsigned> mode_bits;     // unix sockets: permission bits
  std::optional<unsigned> uid, gid;      // unix sockets: owner (user/group/uid/gid words)
  std::string user, group;               // as written; resolved by app (syntax-only does not)
  command_level level = command_level::operator_;  // of use on `stats socket` lines only, like the next
  severity_form severity = severity_form::none;
};

// Milliseconds; unset: no limit (HAProxy warns), as configured `0` means too.
struct timeouts {
  std::optional<milliseconds> client, server, connect, http_request, http_keep_alive, queue, check, tunnel,
      client_fin, server_fin, tarpit;
};

// May a request go over a connection that another client's session opened? (manual: http-reuse)
enum class reuse_mode : std::uint8_t {
  never,       // only over its own session's
  safe,        // not the first request of a session
  aggressive,  // that one too, if the connection has proved to be kept by the server
  always
};
enum class connection_mode : std::uint8_t { keep_alive, server_close, close };

// option forwardfor, option originalto: a field that tells servers an address of the client's connection.
struct told_address_settings {
  bool enabled = false;
  std::string header;
  std::optional<address> except{};    // network
  unsigned except_bits = 0;           // prefix length
  bool if_none = false;               // forwardfor only
};

// frontend, backend, listen (both) or defaults: HAProxy's "proxy".
struct section_settings {
  std::string name;
  config::span where;       // the name, or the section word
  bool front = false, back = false;
  bool disabled = false;
  std::uint32_t id = 0;     // 0: to be given
  bool id_said = false;     // by an `id` line
  std::string description;
  mode kind = mode::tcp;
  timeouts time;
  log::settings log;

  // front
  std::vector<bind_settings> binds;
  std::optional<unsigned> maxconn;   // unset: global's; also `maxconn` of a frontend
  int backlog = 0;                   // 0: maxconn
  http::parsing request_parsing = http::parsing::strict;
  std::string default_backend;       // empty: none (for listen: itself)
  config::span default_backend_where;
  std::string monitor_uri;           // empty: none
  bool ignore_probes = false;        // connections that sent nothing: no reply, no line in the log

  // back
  balance::settings balance;
  bool balance_set = false, hash_type_set = false;
  std::vector<servers::settings> servers;
  servers::settings server_defaults;
  unsigned retries = 3;
  std::optional<int> redispatch;     // unset: off; option redispatch alone is -1
  servers::retry_conditions retry_on;
  bool allbackups = false;
  std::optional<bool> abortonclose;  // unset: on in mode http, off in mode tcp
  bool prefer_last_server = false, pretend_keepalive = false;
  bool smart_accept = false, smart_connect = false;  // no ACK of its own for the handshake
  int max_keep_alive_queue = -1;     // -1: no limit
  unsigned max_session_srv_conns = 5;
  unsigned fullconn = 0;             // 0: derived
  http::parsing response_parsing = http::parsing::strict;
  reuse_mode reuse = reuse_mode::safe;

  // both
  bool notice_lone_client = true;   // see lone_client.hpp; false: silenced by its name
  rules::section rules;
  std::vector<error_line> error_lines;  // as written, those of defaults first
  error_pages errors;                   // what they come to; filled once every section is known
  connection_mode connection = connection_mode::keep_alive;
  told_address_settings forwardfor{.header = "X-Forwarded-For"}, originalto{.header = "X-Original-To"};
  bool tcpka_client = false, tcpka_server = false;  // clitcpka, srvtcpka, tcpka
  bool nolinger = false;
  bool splice_auto = false;                        // says what is done anyway: splice where it is cheaper
  bool splice_request = false, splice_response = false;  // splice whenever it is possible
};

struct global_settings {
  bool daemon = false;
  unsigned nbthread = 0;             // 0: one per usable CPU
  std::optional<unsigned> maxconn;   // unset: from the file descriptor limit
  std::string user, group, chroot, pidfile, description, node;
  config::span user_where, group_where;
  std::optional<unsigned> uid, gid;
  std::optional<unsigned> ulimit_n;
  std::uint32_t bufsize = 16384;     // tune.bufsize, bytes per buffer
  std::uint32_t maxrewrite = 1024;
  bool h1_as_haproxy = false;        // h1-parsing: what HAProxy takes of HTTP/1; sections say it then, too
  bool nosplice = false;
  std::optional<unsigned> maxpipes;  // unset: a quarter of maxconn
  std::uint32_t pipesize = 524288;   // tune.pipesize, bytes asked for each pipe; 0: the kernel's default
  std::optional<milliseconds> hard_stop_after;
  std::vector<bind_settings> command_sockets;  // stats socket
  milliseconds command_timeout{10000};         // stats timeout: longest silence on one
  unsigned command_maxconn = 10;               // stats maxconn: connections at once on all of them together
  log::global_settings log;
};

struct model {
  global_settings global;
  std::vector<error_group> error_groups;   // http-errors
  std::vector<section_settings> sections;  // in file order, without defaults
};

}  // namespace ringway::proxy

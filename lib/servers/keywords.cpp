#include "servers/keywords.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "balance/keywords.hpp"
#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/values.hpp"

namespace ringway::servers {
namespace {

using config::arguments;
using config::choice;
using config::flag;
using config::keyword;
using config::place;
using config::server_lines;
using config::status;
using config::value;
using config::verb;
using config::word;

template <auto Member>
void check_time(settings& to, arguments& from) {
  milliseconds read{};
  if (from.read(read, {.min = 1})) to.check.*Member = read;
}

template <auto Member>
void check_count(settings& to, arguments& from) {
  unsigned read = 0;
  if (from.read(read, {.min = 1, .max = 0x7fff'ffff})) to.check.*Member = read;
}

void check_port(settings& to, arguments& from) { from.read(to.check.port, {.min = 1, .max = 65535}); }

void check_addr(settings& to, arguments& from) {
  const word* given = from.need("an address");
  if (given == nullptr) return;
  const auto at = config::read_endpoint("addr", *given, {.zero_port = false, .unix_sockets = false},
                                        from.with().variables, from.report());
  if (!at) return;
  if (!at->host.empty()) {
    from.wrong("not-supported-yet", *given, "'addr' with a name is not supported yet", "write an IP address");
    return;
  }
  to.check.addr = at->ip;
  to.check.addr->port = 0;
  if (at->port_given) to.check.port = at->port;
}

template <bool Enabled>
void check(settings& to, arguments&) {
  to.check.enabled = Enabled;
}

template <bool Enabled>
void check_send_proxy(settings& to, arguments&) {
  to.check.send_proxy = Enabled;
}

void source(settings& to, arguments& from) {
  const word* given = from.need("an address");
  if (given == nullptr) return;
  const auto at = config::read_endpoint("source", *given,
                                        {.range = true, .unix_sockets = false, .names = false},
                                        from.with().variables, from.report());
  if (!at) return;
  source_settings read;
  read.from = at->ip;
  read.from->port = at->port;
  read.port_high = at->port_high;
  while (from.word_of(place::source, &read)) {
  }
  to.source = std::move(read);
}

// Comma-separated: last, libc, none or an address.
void init_addrs(settings& to, arguments& from) {
  const word* given = from.need("last, libc, none or an address");
  if (given == nullptr) return;
  std::vector<init_addr_step> steps;
  std::string_view rest = given->text;
  std::size_t offset = 0;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    init_addr_step step;
    if (one == "last") {
      step.how = init_addr::last;
    } else if (one == "libc") {
      step.how = init_addr::libc;
    } else if (one == "none") {
      step.how = init_addr::none;
    } else if (const auto ip = parse_ip(one)) {
      step.how = init_addr::ip;
      step.ip = *ip;
    } else {
      from.report().alert("invalid-value", config::part_of(*given, offset, one.empty() ? 1 : one.size()),
                          fmt::format("'init-addr': '{}' is not a way to find the first address", one),
                          "one of last, libc, none or an address, separated by commas");
      return;
    }
    steps.push_back(step);
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    offset += comma + 1;
  }
  to.init_addrs = std::move(steps);
}

constexpr choice<prefer> families[] = {{"ipv4", prefer::ipv4}, {"ipv6", prefer::ipv6}};

void resolve_prefer(settings& to, arguments& from) {
  if (const auto family = from.one_of<prefer>(families, "an address family")) to.resolve_prefer = *family;
}

void hash_key(settings& to, arguments& from) {
  if (const auto key = from.one_of<balance::hash_key>(balance::hash_key_names(), "a hash key")) {
    if (*key == balance::hash_key::guid) {
      from.wrong("not-supported-yet", from.last(),
                 "'hash-key guid' is a HAProxy keyword that ringway does not support yet");
      return;
    }
    to.hash_key = *key;
  }
}

void proxy_options(settings& to, arguments& from) {
  const word* given = from.need("an option, for example crc32c");
  if (given == nullptr) return;
  constexpr std::string_view later[] = {"ssl", "cert-cn", "ssl-cipher", "cert-sig", "cert-key", "authority", "unique-id"};
  bool checksum = false;
  std::string_view rest = given->text;
  std::size_t offset = 0;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    const config::span where = config::part_of(*given, offset, one.empty() ? 1 : one.size());
    if (one == "crc32c") {
      checksum = true;
    } else if (std::find(std::begin(later), std::end(later), one) != std::end(later)) {
      from.report().alert("not-supported-yet", where,
                          fmt::format("'proxy-v2-options {}' is a HAProxy option that ringway does not support yet", one));
      return;
    } else {
      from.report().alert("invalid-value", where, fmt::format("'proxy-v2-options': '{}' is not an option", one),
                          "the option there is today is crc32c");
      return;
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    offset += comma + 1;
  }
  to.send_proxy_checksum = checksum;
}

void slowstart(settings& to, arguments& from) {
  milliseconds read{};
  if (from.read(read, {})) to.slowstart = read;
}

void track(settings& to, arguments& from) {
  const word* given = from.need("[<backend>/]<server>");
  if (given == nullptr) return;
  tracked_server read;
  const std::size_t slash = given->text.find('/');
  read.elsewhere = slash != std::string::npos;
  if (read.elsewhere) read.backend = given->text.substr(0, slash);
  read.server = read.elsewhere ? given->text.substr(slash + 1) : given->text;
  read.where = given->where;
  to.track = std::move(read);
}

constexpr std::uint64_t int_max = 0x7fff'ffff;

// A number, or -1: no limit.
template <auto Member>
void limit(settings& to, arguments& from) {
  const word* given = from.need("a number, -1 for no limit");
  if (given == nullptr) return;
  const auto number = config::parse_number(given->text, 0, int_max);
  if (given->text == "-1")
    to.*Member = -1;
  else if (number)
    to.*Member = static_cast<int>(number.value);
  else
    from.wrong("invalid-value", *given,
               fmt::format("'{}': '{}' is not a number from -1 to {}", from.phrase(), given->text, int_max));
}

void purge_delay(settings& to, arguments& from) {
  milliseconds read{};
  if (from.read(read, {})) to.pool_purge_delay = read;
}

constexpr choice<observe> observations[] = {
    {"none", observe::none}, {"layer4", observe::layer4}, {"layer7", observe::layer7}};
constexpr choice<on_error> error_actions[] = {{"fastinter", on_error::fastinter},
                                              {"fail-check", on_error::fail_check},
                                              {"sudden-death", on_error::sudden_death},
                                              {"mark-down", on_error::mark_down}};
constexpr choice<bool> down_actions[] = {{"shutdown-sessions", true}};
constexpr choice<bool> up_actions[] = {{"shutdown-backup-sessions", true}};

void observed(settings& to, arguments& from) {
  if (const auto what = from.one_of<observe>(observations, "what can be observed")) to.check.watch = *what;
}
void error_action(settings& to, arguments& from) {
  if (const auto what = from.one_of<on_error>(error_actions, "what can follow errors")) to.check.action = *what;
}
void marked_down(settings& to, arguments& from) {
  if (from.one_of<bool>(down_actions, "an action")) to.shutdown_sessions = true;
}
void marked_up(settings& to, arguments& from) {
  if (from.one_of<bool>(up_actions, "an action")) to.shutdown_backup_sessions = true;
}

constexpr std::array rows = {
    value<&settings::weight>({.name = "weight", .allowed = server_lines, .grammar = "<0-256>",
        .summary = "Share of the requests. 0: none but those that persistence brings.", .example = "weight 10",
        .since = "1.0", .max = 256}),
    verb<&check<true>>({.name = "check", .allowed = server_lines,
        .summary = "Watches the server's health by connecting to it.", .example = "check", .since = "1.0"}),
    verb<&check<false>>({.name = "no-check", .allowed = server_lines,
        .summary = "Takes back 'check' of default-server.", .example = "no-check", .since = "1.8"}),
    verb<&check_time<&check_settings::inter>>({.name = "inter", .allowed = server_lines, .grammar = "<time>",
        .summary = "Time between two checks; 2s unless said.", .example = "inter 3s", .since = "1.0"}),
    verb<&check_time<&check_settings::fastinter>>({.name = "fastinter", .allowed = server_lines, .grammar = "<time>",
        .summary = "The same while the server is about to change state.", .example = "fastinter 500ms",
        .since = "1.3"}),
    verb<&check_time<&check_settings::downinter>>({.name = "downinter", .allowed = server_lines, .grammar = "<time>",
        .summary = "The same while the server is down.", .example = "downinter 5s", .since = "1.3"}),
    verb<&check_count<&check_settings::rise>>({.name = "rise", .allowed = server_lines, .grammar = "<count>",
        .summary = "Good checks in a row until a server is up again; 2 unless said.", .example = "rise 2",
        .since = "1.0"}),
    verb<&check_count<&check_settings::fall>>({.name = "fall", .allowed = server_lines, .grammar = "<count>",
        .summary = "Bad checks in a row until a server is down; 3 unless said.", .example = "fall 3", .since = "1.0"}),
    verb<&check_port>({.name = "port", .allowed = server_lines, .grammar = "<port>",
        .summary = "Port of the checks when it is not the server's.", .example = "port 8080", .since = "1.0"}),
    verb<&check_addr>({.name = "addr", .allowed = server_lines, .grammar = "<address>",
        .summary = "Address of the checks when it is not the server's.", .example = "addr 192.0.2.1",
        .since = "1.3"}),
    flag<&settings::backup>({.name = "backup", .allowed = server_lines,
        .summary = "Used only when no other server is usable.", .example = "backup", .since = "1.0"}),
    flag<&settings::backup, false>({.name = "no-backup", .allowed = server_lines,
        .summary = "Takes back 'backup' of default-server.", .example = "no-backup", .since = "1.8"}),
    flag<&settings::disabled>({.name = "disabled", .allowed = server_lines,
        .summary = "Starts in maintenance.", .example = "disabled", .since = "1.4"}),
    flag<&settings::disabled, false>({.name = "enabled", .allowed = server_lines,
        .summary = "Takes back 'disabled' of default-server.", .example = "enabled", .since = "1.8"}),
    value<&settings::id>({.name = "id", .allowed = place::server, .grammar = "<number>",
        .summary = "Its number, which places it on a hash ring. Otherwise counted from 1.", .example = "id 7",
        .since = "1.4", .min = 1, .max = 0xffff'ffff}),
    value<&settings::maxconn>({.name = "maxconn", .allowed = server_lines, .grammar = "<number>",
        .summary = "Connections at once; more wait in a queue. 0: no limit.", .example = "maxconn 100",
        .since = "1.1", .max = int_max}),
    value<&settings::minconn>({.name = "minconn", .allowed = server_lines, .grammar = "<number>",
        .summary = "With maxconn: the limit while the backend has little to do; it grows up to maxconn at fullconn.",
        .example = "minconn 10", .since = "1.1", .max = int_max}),
    value<&settings::maxqueue>({.name = "maxqueue", .allowed = server_lines, .grammar = "<number>",
        .summary = "Longest queue; more go to another server. 0: no limit.", .example = "maxqueue 50",
        .since = "1.3", .max = int_max}),
    verb<&limit<&settings::pool_max_conn>>({.name = "pool-max-conn", .allowed = server_lines, .grammar = "<number>",
        .summary = "Idle connections that are kept for any session's requests, over all workers. 0: none, -1: no limit, "
                   "as unless said.",
        .example = "pool-max-conn 100", .since = "1.9"}),
    verb<&purge_delay>({.name = "pool-purge-delay", .allowed = server_lines, .grammar = "<time>",
        .summary = "Every such time, half of the connections that were idle all the while are closed; 5s unless said. "
                   "0: none is kept.",
        .example = "pool-purge-delay 30s", .since = "1.9"}),
    keyword{.name = "pool-low-conn", .allowed = server_lines, .grammar = "<number>",
        .summary = "Idle connections below which a thread takes none of another's; workers here never do.",
        .example = "pool-low-conn 8", .since = "2.2", .state = status::no_effect, .arity = 1},
    verb<&limit<&settings::max_reuse>>({.name = "max-reuse", .allowed = server_lines, .grammar = "<number>",
        .summary = "Requests that may follow the first over one connection. 0: none, -1: no limit, as unless said.",
        .example = "max-reuse 100", .since = "2.0"}),
    verb<&observed>({.name = "observe", .allowed = server_lines, .grammar = "none | layer4 | layer7",
        .summary = "Errors of the traffic count for the health of a checked server: failed connections (layer4), or "
                   "these and responses that fail, come late or have a status outside 100 to 499, 501 and 505 (layer7).",
        .example = "observe layer7", .since = "1.3"}),
    verb<&check_count<&check_settings::error_limit>>({.name = "error-limit", .allowed = server_lines,
        .grammar = "<number>", .summary = "With observe: errors in a row until on-error acts; 10 unless said.",
        .example = "error-limit 5", .since = "1.3"}),
    verb<&error_action>({.name = "on-error", .allowed = server_lines,
        .grammar = "fastinter | fail-check | sudden-death | mark-down",
        .summary = "With observe: what errors in a row do. All hasten the next check (fastinter); fail-check, which is "
                   "the standard, counts as a failed one, after sudden-death one more failed check is enough, mark-down "
                   "takes the server down.",
        .example = "on-error mark-down", .since = "1.3"}),
    verb<&marked_down>({.name = "on-marked-down", .allowed = server_lines, .grammar = "shutdown-sessions",
        .summary = "When the server goes down, whatever is under way with it ends (logged with D).",
        .example = "on-marked-down shutdown-sessions", .since = "1.4"}),
    verb<&marked_up>({.name = "on-marked-up", .allowed = server_lines, .grammar = "shutdown-backup-sessions",
        .summary = "When the server comes up, whatever is under way with backup servers ends (logged with U).",
        .example = "on-marked-up shutdown-backup-sessions", .since = "1.5"}),
    verb<&track>({.name = "track", .allowed = server_lines, .grammar = "[<backend>/]<server>",
        .summary = "Goes down and up, into maintenance and drain with another server, which is checked or itself tracks "
                   "one that is.",
        .example = "track shop/one", .since = "1.3"}),
    verb<&slowstart>({.name = "slowstart", .allowed = server_lines, .grammar = "<time>",
        .summary = "Time over which a server that came up grows to its full weight and maxconn.",
        .example = "slowstart 30s", .since = "1.3"}),
    flag<&settings::send_proxy>({.name = "send-proxy", .allowed = server_lines,
        .summary = "Each connection to the server begins with a PROXY protocol header, version 1, that says who the "
                   "client is; such a connection serves one client connection only.",
        .example = "send-proxy", .since = "1.5"}),
    flag<&settings::send_proxy, false>({.name = "no-send-proxy", .allowed = server_lines,
        .summary = "Takes back 'send-proxy' of default-server.", .example = "no-send-proxy", .since = "1.7"}),
    flag<&settings::send_proxy_v2>({.name = "send-proxy-v2", .allowed = server_lines,
        .summary = "The same with version 2 of the header.", .example = "send-proxy-v2", .since = "1.5"}),
    flag<&settings::send_proxy_v2, false>({.name = "no-send-proxy-v2", .allowed = server_lines,
        .summary = "Takes back 'send-proxy-v2' of default-server.", .example = "no-send-proxy-v2", .since = "1.7"}),
    verb<&proxy_options>({.name = "proxy-v2-options", .allowed = server_lines, .grammar = "crc32c",
        .summary = "What else a header of version 2 carries: its checksum.", .example = "proxy-v2-options crc32c",
        .since = "1.9"}),
    verb<&check_send_proxy<true>>({.name = "check-send-proxy", .allowed = server_lines,
        .summary = "Health checks begin with a PROXY header even without send-proxy, or with an address or port of "
                   "their own.",
        .example = "check-send-proxy", .since = "1.5"}),
    verb<&check_send_proxy<false>>({.name = "no-check-send-proxy", .allowed = server_lines,
        .summary = "Takes back 'check-send-proxy' of default-server.", .example = "no-check-send-proxy", .since = "1.7"}),
    verb<&source>({.name = "source", .allowed = server_lines,
        .grammar = "<address>[:<port>[-<port>]] [interface <name>]",
        .summary = "Local address, ports and interface of connections to the server.", .example = "source 192.0.2.9",
        .since = "1.1"}),
    verb<&init_addrs>({.name = "init-addr", .allowed = server_lines, .grammar = "last|libc|none|<ip>[,...]",
        .summary = "How the first address of a name is found, one way after another.",
        .example = "init-addr last,libc,none", .since = "1.7"}),
    verb<&resolve_prefer>({.name = "resolve-prefer", .allowed = server_lines, .grammar = "ipv4|ipv6",
        .summary = "Which address is taken when a name has both kinds; unless said, the first one of the C library.", .example = "resolve-prefer ipv4",
        .since = "1.5"}),
    verb<&hash_key>({.name = "hash-key", .allowed = server_lines, .grammar = "id|id32|addr|addr-port",
        .summary = "What places the server on a hash ring; id unless said.", .example = "hash-key addr",
        .since = "2.9"}),
};

constexpr std::array source_rows = {
    value<&source_settings::interface>({.name = "interface", .allowed = place::source, .grammar = "<name>",
        .summary = "The network interface that packets leave by.", .example = "interface eth0", .since = "1.3"}),
    keyword{.name = "usesrc", .allowed = place::source, .summary = "The client's address towards the server.",
        .since = "1.3", .state = status::not_yet, .arity = 1},
};

}  // namespace

std::span<const config::keyword> server_keywords() { return rows; }
std::span<const config::keyword> source_keywords() { return source_rows; }

}  // namespace ringway::servers

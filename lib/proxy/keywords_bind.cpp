#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::flag;
using config::place;
using config::value;
using config::verb;
using config::word;

void bind(section_settings& to, arguments& from) {
  for (bind_settings& each : read_bind_line("bind", "an address, for example *:80", from)) to.binds.push_back(std::move(each));
}

constexpr config::choice<command_level> levels[] = {
    {"user", command_level::user}, {"operator", command_level::operator_}, {"admin", command_level::admin}};

void level(bind_settings& to, arguments& from) {
  if (const auto read = from.one_of<command_level>(levels, "a level")) to.level = *read;
}

constexpr config::choice<severity_form> severities[] = {
    {"none", severity_form::none}, {"number", severity_form::number}, {"string", severity_form::string}};

void severity_output(bind_settings& to, arguments& from) {
  if (const auto read = from.one_of<severity_form>(severities, "a form of severities")) to.severity = *read;
}

// Nobody takes sockets over from this process through its socket: a new one binds its own (-sf).
void expose_fd(bind_settings&, arguments& from) {
  constexpr config::choice<bool> kinds[] = {{"listeners", true}};
  from.one_of<bool>(kinds, "a kind of descriptors");
}

void mode_bits(bind_settings& to, arguments& from) {
  const word* given = from.need("permissions in octal, for example 660");
  if (given == nullptr) return;
  unsigned bits = 0;
  for (const char c : given->text) {
    if (c < '0' || c > '7' || bits > 0777) {
      from.wrong("invalid-value", *given, fmt::format("'mode': '{}' is not an octal number up to 7777", given->text));
      return;
    }
    bits = bits * 8 + static_cast<unsigned>(c - '0');
  }
  to.mode_bits = bits;
}

constexpr std::uint64_t int_max = 0x7fff'ffff;

constexpr std::array line_rows = {
    verb<&bind>({.name = "bind", .allowed = place::frontend | place::listen, .grammar = "<address>[,...] [<words>]",
        .summary = "Addresses where clients are awaited: *:80, [::1]:80, :8000-8010, /run/x.sock, abns@x, fd@3.",
        .example = "bind *:80", .since = "1.3"}),
};

constexpr std::array rows = {
    value<&bind_settings::name>({.name = "name", .allowed = place::bind, .grammar = "<text>",
        .summary = "A name for it in statistics and on the command line.", .example = "name public", .since = "1.4"}),
    value<&bind_settings::id>({.name = "id", .allowed = place::bind, .grammar = "<number>",
        .summary = "A number for it; otherwise counted from 1.", .example = "id 5", .since = "1.4", .min = 1,
        .max = int_max}),
    value<&bind_settings::maxconn>({.name = "maxconn", .allowed = place::bind, .grammar = "<number>",
        .summary = "Connections at once through this address. 0: the frontend's limit only.",
        .example = "maxconn 500", .since = "1.3", .max = int_max}),
    value<&bind_settings::backlog>({.name = "backlog", .allowed = place::bind, .grammar = "<number>",
        .summary = "Connections that may wait in the kernel to be accepted.", .example = "backlog 1024",
        .since = "1.5", .max = int_max}),
    flag<&bind_settings::v4v6>({.name = "v4v6", .allowed = place::bind,
        .summary = "An IPv6 address without host part takes IPv4 clients as well.", .example = "v4v6",
        .since = "1.5"}),
    flag<&bind_settings::v6only>({.name = "v6only", .allowed = place::bind,
        .summary = "An IPv6 address without host part takes IPv6 clients only.", .example = "v6only",
        .since = "1.5"}),
    flag<&bind_settings::accept_proxy>({.name = "accept-proxy", .allowed = place::bind,
        .summary = "Each connection begins with a PROXY protocol header (version 1 or 2), which says who the client is.",
        .example = "accept-proxy", .since = "1.5"}),
    value<&bind_settings::interface>({.name = "interface", .allowed = place::bind, .grammar = "<name>",
        .summary = "Only clients that come by this network interface.", .example = "interface lo",
        .since = "1.3"}),
    verb<&mode_bits>({.name = "mode", .allowed = place::bind, .grammar = "<octal>",
        .summary = "Permissions of a unix socket.", .example = "mode 660", .since = "1.4"}),
    value<&bind_settings::user>({.name = "user", .allowed = place::bind, .grammar = "<name>",
        .summary = "Owner of a unix socket.", .example = "user haproxy", .since = "1.4"}),
    value<&bind_settings::group>({.name = "group", .allowed = place::bind, .grammar = "<name>",
        .summary = "Group of a unix socket.", .example = "group haproxy", .since = "1.4"}),
    value<&bind_settings::uid>({.name = "uid", .allowed = place::bind, .grammar = "<number>",
        .summary = "Owner of a unix socket, by number.", .example = "uid 1000", .since = "1.4"}),
    value<&bind_settings::gid>({.name = "gid", .allowed = place::bind, .grammar = "<number>",
        .summary = "Group of a unix socket, by number.", .example = "gid 1000", .since = "1.4"}),
    verb<&level>({.name = "level", .allowed = place::bind, .grammar = "{user|operator|admin}",
        .summary = "What whoever connects to a stats socket may do; operator unless said. Of no use on bind lines.",
        .example = "level admin", .since = "1.4"}),
    verb<&severity_output>({.name = "severity-output", .allowed = place::bind, .grammar = "{none|number|string}",
        .summary = "Answers on a stats socket begin with how grave they are. Of no use on bind lines.",
        .example = "severity-output number", .since = "1.8"}),
    verb<&expose_fd>({.name = "expose-fd", .allowed = place::bind, .grammar = "listeners",
        .summary = "Lets a new process take the listening sockets over; here it binds its own (-sf).",
        .example = "expose-fd listeners", .since = "1.8", .state = config::status::no_effect}),
};

}  // namespace

std::span<const config::keyword> bind_lines() { return line_rows; }
std::span<const config::keyword> bind_keywords() { return rows; }

std::vector<bind_settings> read_bind_line(std::string_view keyword, std::string_view what, arguments& from) {
  const word* given = from.need(what);
  if (given == nullptr) return {};
  std::vector<bind_settings> binds = read_bind_addresses(keyword, *given, from);
  bind_settings said;
  from.words(place::bind, &said);
  for (bind_settings& each : binds) {
    bind_settings at = std::move(each);
    each = said;
    each.where = at.where;
    each.at = at.at;
    each.host = std::move(at.host);
    each.path = std::move(at.path);
    each.abstract = at.abstract;
    each.length = at.length;
    each.fd = at.fd;
    // An id names one listening socket: a line with several gives it to the first.
    said.id = 0;
  }
  return binds;
}

std::vector<bind_settings> read_bind_addresses(std::string_view keyword, const config::word& given,
                                               const arguments& from) {
  std::vector<bind_settings> out;
  std::string_view rest = given.text;
  std::size_t offset = 0;
  while (true) {
    const std::size_t comma = rest.find(',');
    const std::string_view one = rest.substr(0, comma);
    const auto at = config::read_endpoint(
        keyword, given, offset, one,
        {.port_needed = true, .zero_port = false, .range = true, .descriptors = true},
        from.with().variables, from.report());
    if (at) {
      const std::uint16_t last = at->port_high == 0 ? at->port : at->port_high;
      for (unsigned port = at->port; port <= last; ++port) {
        bind_settings each;
        each.where = config::part_of(given, offset, one.size());
        each.at = at->ip;
        each.at.port = static_cast<std::uint16_t>(port);
        each.host = at->host;
        if (!at->path.empty()) each.at.kind = at->abstract ? family::abstract : family::unix_path;
        each.path = at->path;
        each.abstract = at->abstract;
        each.length = at->length;
        each.fd = at->fd;
        out.push_back(std::move(each));
      }
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
    offset += comma + 1;
  }
  return out;
}

}  // namespace ringway::proxy

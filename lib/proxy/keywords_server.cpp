#include <fmt/format.h>

#include <set>

#include "config/endpoint.hpp"
#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::place;
using config::verb;
using config::word;

void read_address(servers::settings& to, const word& given, arguments& from) {
  to.where_addr = given.where;
  const auto at = config::read_endpoint("server", given, {.offset = true}, from.with().variables, from.report());
  if (!at) return;
  if (at->is_inet() && at->host.empty() && at->ip.bytes == address{}.bytes) {
    from.wrong("not-supported-yet", given,
               fmt::format("'server': '{}' stands for the address the client came to, which HAProxy connects to and "
                           "ringway does not support yet",
                           given.text),
               given.empty_variable || given.text.find('$') != std::string::npos
                   ? "an environment variable in it is not set, or empty"
                   : "write the server's own address");
    return;
  }
  to.unix_path = at->path;
  to.unix_abstract = at->abstract;
  to.unix_length = at->length;
  to.host = at->host;
  if (at->is_inet() && at->host.empty()) to.ip = at->ip;
  to.resolve_only = at->wanted;
  // No port, or port 0: the one the client came to.
  to.port = at->relative ? 0 : at->port;
  to.port_offset = at->port_offset;
  to.port_relative = at->is_inet() && (at->relative || at->port == 0);
}

void server(section_settings& to, arguments& from) {
  const word* name = from.need("a name and an address");
  if (name == nullptr) return;
  if (const auto bad = config::bad_name_byte(name->text)) {
    from.report().alert("invalid-name", config::part_of(*name, *bad, 1),
                        fmt::format("'{}' cannot be part of a server's name", name->text[*bad]),
                        "names are made of letters, digits and . : _ -");
    return;
  }
  const word* address_word = from.need(fmt::format("an address behind the name '{}'", name->text));
  if (address_word == nullptr) return;
  servers::settings read = to.server_defaults;
  read.name = name->text;
  read.where = name->where;
  // A server without a readable address stays: its words are read, and its backend is not empty.
  read_address(read, *address_word, from);
  from.words(place::server, &read);
  to.servers.push_back(std::move(read));
}

void default_server(section_settings& to, arguments& from) {
  from.words(place::default_server, &to.server_defaults);
}

constexpr std::array rows = {
    verb<&server>({.name = "server", .allowed = place::listen | place::backend,
        .grammar = "<name> <address>[:<port>] [<words>]",
        .summary = "A server of this backend, with the words of section \"server line\".",
        .example = "server app1 192.0.2.1:80 check", .since = "1.0", .strict = true}),
    verb<&default_server>({.name = "default-server", .allowed = config::back_side, .grammar = "<words>",
        .summary = "Words for all servers that follow in this section.", .example = "default-server check inter 3s",
        .since = "1.4"}),
};

}  // namespace

std::span<const config::keyword> server_lines() { return rows; }

}  // namespace ringway::proxy

#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::back_side;
using config::front_side;
using config::status;
using config::verb;

// 0 is no limit, which is what an unset member says.
template <auto Member>
void limit(timeouts& to, arguments& from) {
  milliseconds read{};
  if (!from.read(read, {}) || !from.finish()) return;
  if (read.count() == 0)
    (to.*Member).reset();
  else
    to.*Member = read;
}

constexpr std::array rows = {
    verb<&limit<&timeouts::client>>({.name = "timeout client", .allowed = front_side, .grammar = "<time>",
        .summary = "Longest silence accepted from a client. Milliseconds unless a unit is written; 0: no limit.",
        .example = "timeout client 30s", .since = "1.3"}),
    verb<&limit<&timeouts::server>>({.name = "timeout server", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest silence accepted from a server.", .example = "timeout server 30s", .since = "1.3"}),
    verb<&limit<&timeouts::connect>>({.name = "timeout connect", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest time to connect to a server.", .example = "timeout connect 5s", .since = "1.3"}),
    verb<&limit<&timeouts::http_request>>({.name = "timeout http-request", .allowed = config::proxies,
        .grammar = "<time>", .summary = "Longest time until a request's head has arrived whole.",
        .example = "timeout http-request 10s", .since = "1.3"}),
    verb<&limit<&timeouts::http_keep_alive>>({.name = "timeout http-keep-alive", .allowed = config::proxies,
        .grammar = "<time>", .summary = "Longest wait for the next request; otherwise timeout http-request.",
        .example = "timeout http-keep-alive 10s", .since = "1.4"}),
    verb<&limit<&timeouts::queue>>({.name = "timeout queue", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest wait for a place at a full server; otherwise timeout connect.",
        .example = "timeout queue 30s", .since = "1.3"}),
    verb<&limit<&timeouts::check>>({.name = "timeout check", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest time of a check once it is connected.", .example = "timeout check 5s", .since = "1.3"}),
    verb<&limit<&timeouts::tunnel>>({.name = "timeout tunnel", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest silence of both sides once a connection is a tunnel.", .example = "timeout tunnel 1h",
        .since = "1.5"}),
    verb<&limit<&timeouts::client_fin>>({.name = "timeout client-fin", .allowed = front_side, .grammar = "<time>",
        .summary = "Longest silence of a client when the other side is already closed.",
        .example = "timeout client-fin 30s", .since = "1.5"}),
    verb<&limit<&timeouts::server_fin>>({.name = "timeout server-fin", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest silence of a server when the other side is already closed.",
        .example = "timeout server-fin 30s", .since = "1.5"}),
    verb<&limit<&timeouts::tarpit>>({.name = "timeout tarpit", .allowed = config::proxies, .grammar = "<time>",
        .summary = "How long a tarpitted client is kept; otherwise timeout connect.", .example = "timeout tarpit 15s",
        .since = "1.3"}),
    verb<&limit<&timeouts::client>>({.name = "clitimeout", .allowed = front_side, .grammar = "<time>",
        .summary = "Longest silence accepted from a client.", .example = "clitimeout 30000", .since = "1.0",
        .state = status::retired, .instead = "timeout client"}),
    verb<&limit<&timeouts::server>>({.name = "srvtimeout", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest silence accepted from a server.", .example = "srvtimeout 30000", .since = "1.0",
        .state = status::retired, .instead = "timeout server"}),
    verb<&limit<&timeouts::connect>>({.name = "contimeout", .allowed = back_side, .grammar = "<time>",
        .summary = "Longest time to connect to a server.", .example = "contimeout 5000", .since = "1.0",
        .state = status::retired, .instead = "timeout connect"}),
};

}  // namespace

std::span<const config::keyword> timeout_keywords() { return rows; }

}  // namespace ringway::proxy

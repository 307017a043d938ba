#include <fmt/format.h>

#include "base/text.hpp"
#include "config/endpoint.hpp"
#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::keyword;
using config::setting;
using config::status;
using config::verb;
using config::word;

// One of three ways at a time: `no` takes back only the way it names.
template <connection_mode Mode>
void connection(section_settings& to, arguments& from) {
  if (!from.finish()) return;
  if (!from.negated() && !from.resets())
    to.connection = Mode;
  else if (to.connection == Mode)
    to.connection = connection_mode::keep_alive;
}

// option forwardfor and option originalto, which has no if-none.
template <auto Member, bool KnowsIfNone>
void told_address(section_settings& to, arguments& from) {
  told_address_settings read = section_settings{}.*Member;
  if (from.negated() || from.resets()) {
    if (from.finish()) to.*Member = std::move(read);
    return;
  }
  read.enabled = true;
  while (!from.empty()) {
    if (from.take_if("except")) {
      const word* given = from.need("an address or a network");
      if (given == nullptr) return;
      const auto net = config::parse_network(given->text);
      if (!net) {
        from.wrong("invalid-value", *given,
                   fmt::format("'{}': '{}' is not an address or a network", from.phrase(), given->text),
                   "write 192.0.2.0/24 or 2001:db8::/32");
        return;
      }
      read.except = net->base;
      read.except_bits = net->bits;
    } else if (from.take_if("header")) {
      const word* given = from.need("the name of a header");
      if (given == nullptr) return;
      for (std::size_t at = 0; at < given->text.size() || at == 0; ++at) {
        const char c = given->text.empty() ? ' ' : given->text[at];
        const bool token = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
        if (token) continue;
        from.report().alert("invalid-value", config::part_of(*given, at, 1),
                            fmt::format("'{}': '{}' is not the name of a header", from.phrase(), given->text));
        return;
      }
      for (const std::string_view mine : {"content-length", "transfer-encoding", "host", "connection"})
        if (same_text(given->text, mine)) {
          from.wrong("invalid-value", *given,
                     fmt::format("'{}': '{}' says where a message ends or whom it is for", from.phrase(), given->text),
                     "an address has no place there");
          return;
        }
      read.header = given->text;
    } else if (KnowsIfNone && from.take_if("if-none")) {
      read.if_none = true;
    } else {
      constexpr std::string_view words[] = {"except", "header", "if-none"};
      from.wrong_choice(from.peek(), std::span(words).first(KnowsIfNone ? 3 : 2), fmt::format("a word of '{}'", from.phrase()));
      return;
    }
  }
  to.*Member = std::move(read);
}

// [N]: every N-th retry goes elsewhere; below zero counts from the last; 0 is off. Alone: the last one.
void redispatch(section_settings& to, arguments& from) {
  if (from.negated() || from.resets()) {
    if (from.finish()) to.redispatch.reset();
    return;
  }
  int every = -1;
  if (!from.empty()) {
    const word& given = from.take();
    std::string_view digits = given.text;
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    const auto number = config::parse_number(digits, 0, 0x7fff'ffff);
    if (!number) {
      from.wrong("invalid-value", given, fmt::format("'option redispatch': '{}' is not a whole number", given.text));
      return;
    }
    every = static_cast<int>(number.value) * (negative ? -1 : 1);
  }
  if (!from.finish()) return;
  if (every == 0)
    to.redispatch.reset();
  else
    to.redispatch = every;
}

void abortonclose(section_settings& to, arguments& from) {
  if (!from.finish()) return;
  if (from.resets())
    to.abortonclose.reset();
  else
    to.abortonclose = !from.negated();
}

void tcpka(section_settings& to, arguments& from) {
  if (!from.finish()) return;
  to.tcpka_client = to.tcpka_server = !from.negated() && !from.resets();
}

template <http::parsing section_settings::* Member>
void violations(section_settings& to, arguments& from) {
  if (!from.finish()) return;
  to.*Member = from.negated() || from.resets() ? http::parsing::strict : http::parsing::lenient;
}

constexpr std::array rows = {
    verb<&connection<connection_mode::keep_alive>>({.name = "option http-keep-alive", .allowed = config::proxies,
        .summary = "Connections to clients and servers are kept for more requests. So it is unless said otherwise.",
        .example = "option http-keep-alive", .since = "1.5", .negatable = true}),
    verb<&connection<connection_mode::server_close>>({.name = "option http-server-close", .allowed = config::proxies,
        .summary = "Connections to servers are closed after a response, those to clients are kept.",
        .example = "option http-server-close", .since = "1.4", .negatable = true}),
    verb<&connection<connection_mode::close>>({.name = "option httpclose", .allowed = config::proxies,
        .summary = "Connections are closed after a response: said by a frontend those of both sides, by a backend those to "
                   "servers.", .example = "option httpclose", .since = "1.1",
        .negatable = true}),
    verb<&connection<connection_mode::close>>({.name = "option forceclose", .allowed = config::proxies,
        .summary = "Closes both connections after a response.", .example = "option forceclose", .since = "1.3",
        .state = status::retired, .instead = "option httpclose", .negatable = true}),
    verb<&told_address<&section_settings::forwardfor, true>>({.name = "option forwardfor", .allowed = config::proxies,
        .grammar = "[except <network>] [header <name>] [if-none]",
        .summary = "Tells servers the client's address in X-Forwarded-For or another header.",
        .example = "option forwardfor except 127.0.0.0/8", .since = "1.1", .negatable = true}),
    verb<&told_address<&section_settings::originalto, false>>({.name = "option originalto", .allowed = config::proxies,
        .grammar = "[except <network>] [header <name>]",
        .summary = "Tells servers the address that the client came to in X-Original-To or another header.",
        .example = "option originalto except 127.0.0.1", .since = "1.3"}),
    verb<&redispatch>({.name = "option redispatch", .allowed = config::back_side, .grammar = "[<interval>]",
        .summary = "A request whose server cannot be reached may go to another one: at the last retry; with a positive "
                   "<interval> at every such retry, with a negative one at that retry counted from the last; 0 is off. "
                   "Algorithms that take turns (roundrobin, static-rr, leastconn, first, random) do so at every retry "
                   "and at once, as long as another server is active. An idempotent request whose connection ended "
                   "before the first byte of an answer counts, once, as one whose server cannot be reached.",
        .example = "option redispatch 1", .since = "1.0", .negatable = true}),
    verb<&redispatch>({.name = "redispatch", .allowed = config::back_side, .grammar = "[<interval>]",
        .summary = "A request whose server cannot be reached may go to another one.", .example = "redispatch",
        .since = "1.0", .state = status::retired, .instead = "option redispatch", .negatable = true}),
    verb<&redispatch>({.name = "redisp", .allowed = config::back_side, .grammar = "[<interval>]",
        .summary = "A request whose server cannot be reached may go to another one.", .example = "redisp",
        .since = "1.0", .state = status::retired, .instead = "option redispatch", .negatable = true}),
    verb<&abortonclose>({.name = "option abortonclose", .allowed = config::proxies,
        .summary = "Requests of clients that have closed are dropped while they wait. So it is in mode http unless "
                   "said otherwise.",
        .example = "option abortonclose", .since = "1.3", .negatable = true}),
    setting<&section_settings::prefer_last_server>({.name = "option prefer-last-server", .allowed = config::back_side,
        .summary = "A session's requests go to a server to which it still has a connection of its own (http-reuse never), "
                   "unless the algorithm goes by a hash. So they do anyway once a server asked for NTLM or Negotiate.",
        .example = "option prefer-last-server", .since = "1.5"}),
    setting<&section_settings::pretend_keepalive>({.name = "option http-pretend-keepalive",
        .allowed = config::back_side,
        .summary = "Servers are not told that their connection will be closed (http-server-close, httpclose).",
        .example = "option http-pretend-keepalive", .since = "1.4"}),
    setting<&section_settings::smart_accept>({.name = "option tcp-smart-accept", .allowed = config::front_side,
        .summary = "A client's first data are awaited before its connection is acknowledged: a packet less.",
        .example = "option tcp-smart-accept", .since = "1.4"}),
    setting<&section_settings::smart_connect>({.name = "option tcp-smart-connect", .allowed = config::back_side,
        .summary = "The request acknowledges a new connection to a server: a packet less. Mode http only.",
        .example = "option tcp-smart-connect", .since = "1.4"}),
    setting<&section_settings::allbackups>({.name = "option allbackups", .allowed = config::back_side,
        .summary = "All backup servers share the load, not the first alone.", .example = "option allbackups",
        .since = "1.3"}),
    verb<&tcpka>({.name = "option tcpka", .allowed = config::proxies,
        .summary = "TCP keep-alives on both sides.", .example = "option tcpka", .since = "1.3", .negatable = true}),
    setting<&section_settings::ignore_probes>({.name = "option http-ignore-probes", .allowed = config::front_side,
        .summary = "A connection that sent nothing gets no 400 or 408 when it ends, and no line in the log.",
        .example = "option http-ignore-probes", .since = "1.5"}),
    setting<&section_settings::tcpka_client>({.name = "option clitcpka", .allowed = config::front_side,
        .summary = "TCP keep-alives towards clients.", .example = "option clitcpka", .since = "1.3"}),
    setting<&section_settings::tcpka_server>({.name = "option srvtcpka", .allowed = config::back_side,
        .summary = "TCP keep-alives towards servers.", .example = "option srvtcpka", .since = "1.3"}),
    setting<&section_settings::splice_auto>({.name = "option splice-auto", .allowed = config::proxies,
        .summary = "Bodies pass inside the kernel where that costs less than copying: large ones. So it is unless "
                   "nosplice is said.",
        .example = "option splice-auto", .since = "1.3"}),
    setting<&section_settings::splice_request>({.name = "option splice-request", .allowed = config::proxies,
        .summary = "Request bodies pass inside the kernel whenever they can, whatever their size.",
        .example = "option splice-request", .since = "1.3"}),
    setting<&section_settings::splice_response>({.name = "option splice-response", .allowed = config::proxies,
        .summary = "Response bodies pass inside the kernel whenever they can, whatever their size.",
        .example = "option splice-response", .since = "1.3"}),
    verb<&violations<&section_settings::request_parsing>>({.name = "option accept-unsafe-violations-in-http-request",
        .allowed = config::front_side,
        .summary = "Requests that break HTTP's rules in ways that some old clients need are mended and passed on: field "
                   "names that are no tokens (the field is dropped), control characters in values, bytes above 127 and "
                   "'#' in the target, no or another Host, CONNECT, odd versions. Never what leaves their length in "
                   "doubt.",
        .example = "option accept-unsafe-violations-in-http-request", .since = "3.0", .negatable = true}),
    verb<&violations<&section_settings::response_parsing>>({.name = "option accept-unsafe-violations-in-http-response",
        .allowed = config::back_side,
        .summary = "Responses that break HTTP's rules in ways that some old servers need are mended and passed on: field "
                   "names that are no tokens (the field is dropped), control characters in values, an empty or repeated "
                   "Transfer-Encoding, long status codes, odd versions. Never what leaves their length in doubt.",
        .example = "option accept-unsafe-violations-in-http-response", .since = "3.0", .negatable = true}),
    verb<&violations<&section_settings::request_parsing>>({.name = "option accept-invalid-http-request",
        .allowed = config::front_side, .summary = "Accepts requests that break HTTP's rules.",
        .example = "option accept-invalid-http-request", .since = "1.4", .state = status::retired,
        .instead = "option accept-unsafe-violations-in-http-request", .negatable = true}),
    verb<&violations<&section_settings::response_parsing>>({.name = "option accept-invalid-http-response",
        .allowed = config::back_side, .summary = "Accepts responses that break HTTP's rules.",
        .example = "option accept-invalid-http-response", .since = "1.4", .state = status::retired,
        .instead = "option accept-unsafe-violations-in-http-response", .negatable = true}),
    setting<&section_settings::nolinger>({.name = "option nolinger", .allowed = config::proxies,
        .summary = "Closed connections are reset so that the kernel forgets them at once; data may be lost.",
        .example = "option nolinger", .since = "1.3"}),
};

}  // namespace

std::span<const config::keyword> option_keywords() { return rows; }

}  // namespace ringway::proxy

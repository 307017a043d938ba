// All advice there is. To add one: a row here, its function in check_*.cpp; RINGWAY_WRITE_GENERATED=1 test_app
// writes conf/ADVICE.md again.
#include <algorithm>

#include "advice/checks.hpp"
#include "config/suggest.hpp"

namespace ringway::advice {
namespace {

using config::place;

// What is right in every example, so that each provokes its own row only.
#define RINGWAY_SANE                                                                                     \
  "global\n    log stdout format raw local0\ndefaults\n    mode http\n    log global\n"                 \
  "    option forwardfor\n    timeout http-request 10s\n    timeout connect 5s\n    timeout client 50s\n" \
  "    timeout server 50s\n"
#define RINGWAY_FRONT "frontend web\n    bind :8080\n    default_backend shop\n"

constexpr row rows[] = {
    {"map-based-hash", "a hash that moves nearly everybody when a server comes or goes",
     "Without 'hash-type consistent' the hash is taken modulo the servers there are: when their number changes, nearly every client "
     "lands on another server, and sessions and caches are lost on all of them. On a ring only those of the one server move. An "
     "explicit 'hash-type map-based' is taken for a decision and nothing is said.",
     "write 'hash-type consistent' below it; 'hash-type map-based' keeps it as it is and ends this advice", place::backend, "hash-type",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance source\n    server a 192.0.2.1:80 check\n    server b 192.0.2.2:80 check\n    server c 192.0.2.3:80 check\n",
     map_based_hash},
    {"shifting-ids", "places on the ring that shift with the lines of the file",
     "A server's places on the ring come from its id, and without 'id' that is its position in the file. A server put in or taken "
     "out in the middle renumbers all below it, and they move on the ring although they did not change. It is said where the file "
     "shows that this happens: a commented-out server among the others, or a gap in their numbered names.",
     "give the servers the ids they have today", place::server, "id",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance uri\n    hash-type consistent\n    server a 192.0.2.1:80 check\n    #server b 192.0.2.2:80 check\n"
     "    server c 192.0.2.3:80 check\n",
     shifting_ids},
    {"lost-weights", "weights that the algorithm cannot honour",
     "'balance first' does not look at weights. On a ring each unit of weight is 16 points: weights of 1 or 2 give so few that a "
     "server may get half as much again as its share; the same proportion in larger numbers is even. It is said when a share is "
     "off by half, or by a quarter where weights differ.",
     "multiply all weights by the same number", place::server, "weight",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance first\n    server a 192.0.2.1:80 check maxconn 9 weight 10\n    server b 192.0.2.2:80 check maxconn 9 weight 20\n",
     lost_weights},
    {"factor-without-ring", "a bound on load that nothing looks at",
     "'hash-balance-factor' works on rings and with 'balance random' only; elsewhere it is accepted and ignored.",
     "write 'hash-type consistent', or remove the line", place::backend, "hash-balance-factor",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance leastconn\n    hash-balance-factor 150\n    server a 192.0.2.1:80 check\n    server b 192.0.2.2:80 check\n",
     factor_without_ring},
    {"lost-slowstart", "a slow start that does not happen",
     "'slowstart' raises a server's weight step by step, which 'static-rr' and map-based hashing cannot do: the server gets its "
     "full share at once.",
     "use an algorithm whose weights may change", place::server, "slowstart",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance static-rr\n    default-server check slowstart 30s\n    server a 192.0.2.1:80\n    server b 192.0.2.2:80\n",
     lost_slowstart},
    {"unchecked-servers", "dead servers that keep their share of the requests",
     "A server without 'check' is taken for alive for ever: of two servers, one of them dead, every second request waits for "
     "'timeout connect' and its retries. Servers that are tracked, or judged by an agent or by 'observe', count as checked; a "
     "backend with one server has nothing to choose.",
     "write 'check' on its line, or 'default-server check' above", place::server, "check",
     RINGWAY_SANE RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80 check\n    server b 192.0.2.2:80\n", unchecked_servers},
    {"no-forwardfor", "servers that do not learn who the client is",
     "In mode http servers see this proxy's address on every connection; logs, limits and geography of an application are wrong "
     "then. Nothing is said when a rule sets such a header, when servers get the PROXY protocol, or when clients come from this "
     "machine only.",
     "write 'option forwardfor' into the frontend or into defaults", place::frontend, "option forwardfor",
     "global\n    log stdout format raw local0\ndefaults\n    mode http\n    log global\n    timeout http-request 10s\n    timeout connect 5s\n"
     "    timeout client 50s\n    timeout server 50s\n" RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80\n",
     no_forwardfor},
    {"idle-clients", "clients that may stay for long without a word",
     "A long 'timeout client' is meant for a slow answer or a tunnel, but it also holds between two requests and for a request "
     "that never ends: a few thousand silent clients fill maxconn. It is said above ten minutes.",
     "set 'timeout http-request 10s' and 'timeout http-keep-alive 10s'; 'timeout tunnel' is for WebSockets", place::frontend,
     "timeout http-request",
     "global\n    log stdout format raw local0\ndefaults\n    mode http\n    log global\n    option forwardfor\n    timeout connect 5s\n"
     "    timeout client 1h\n    timeout server 50s\n" RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80\n",
     idle_clients},
    {"time-without-unit", "milliseconds where seconds were probably meant",
     "A bare number is milliseconds: 'timeout client 30' ends every session after 30 of them. It is said below one second for clients and "
     "servers and below 100 milliseconds for the others, unless the unit is written.",
     "write the unit", place::frontend, "timeout client",
     "global\n    log stdout format raw local0\ndefaults\n    mode http\n    log global\n    option forwardfor\n    timeout http-request 10s\n"
     "    timeout connect 5s\n    timeout client 30\n    timeout server 50s\n" RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80\n",
     times_without_unit},
    {"lost-logs", "logs that go nowhere",
     "'log global' in a proxy means the 'log' lines of the global section, and those are used by nobody who does not say so. One "
     "without the other logs nothing, and nobody notices before the log is needed.",
     "write both", place::frontend, "log",
     "defaults\n    mode http\n    log global\n    option forwardfor\n    timeout http-request 10s\n    timeout connect 5s\n    timeout client 50s\n"
     "    timeout server 50s\n" RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80\n",
     lost_logs},
    {"unreachable-rule", "a choice of backend that is never made",
     "The first 'use_backend' whose condition holds decides. A rule behind one that always holds, or with the same condition as one "
     "above, is never asked. Conditions that may change from one look to the next (rates, counts, random numbers) are left alone.",
     "remove it, or move it above the other", place::frontend, "use_backend",
     RINGWAY_SANE
     "frontend web\n    bind :8080\n    use_backend shop if { path_beg /shop }\n    use_backend other if { path_beg /shop }\n"
     "    default_backend other\nbackend shop\n    server a 192.0.2.1:80\nbackend other\n    server a 192.0.2.1:80\n",
     unreachable_rules},
    {"unused-backend", "a backend that nobody uses",
     "No 'default_backend' and no rule names it, nor any table or sample. Nothing is said when names may come from elsewhere: "
     "computed ones, filters, Lua, branches of '.if'.",
     "remove it, or name it in a 'use_backend' or 'default_backend'", place::frontend, "default_backend",
     RINGWAY_SANE RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80\nbackend old\n    server a 192.0.2.1:80\n", unused_backends},
    {"no-server", "a backend that can only refuse",
     "Without a server every request ends in a 503, and in mode tcp every connection is closed. Nothing is said of backends that are "
     "there to answer: with a page for the status 503, or with rules for requests.",
     "add a line 'server <name> <address>:<port>'", place::backend, "server",
     RINGWAY_SANE RINGWAY_FRONT "backend shop\n    balance leastconn\n", no_server},
    {"no-port", "a server that is asked on the port the client came to",
     "Without a port in its address a server is reached on the frontend's port: 'server a 192.0.2.1' behind 'bind :8080' is "
     "192.0.2.1:8080. That is meant in mode tcp with many ports, and rarely in mode http.",
     "write the port behind the address", place::backend, "server",
     RINGWAY_SANE RINGWAY_FRONT "backend shop\n    server a 192.0.2.1\n", no_port},
    {"shared-address", "an address that two 'bind' lines share",
     "The kernel shares clients out between sockets of one address: they come to one proxy or the other by chance. HAProxy starts so, "
     "too.",
     "remove one of them", place::frontend, "bind",
     RINGWAY_SANE RINGWAY_FRONT "frontend more\n    bind :8080\n    default_backend shop\nbackend shop\n    server a 192.0.2.1:80\n",
     shared_address},
    {"lost-limit", "a limit of a server that cannot be reached",
     "'minconn' works between itself and 'maxconn' only; 'observe' only with 'check'.",
     "set 'maxconn', greater than 'minconn', or remove 'minconn'", place::server, "minconn",
     RINGWAY_SANE RINGWAY_FRONT "backend shop\n    server a 192.0.2.1:80 minconn 10\n", lost_limits},
    {"hop-header", "a rule about a header that each connection has of its own",
     "Connection, Keep-Alive, Proxy-Connection, TE, Trailer and Upgrade are about one connection: what a rule writes there is replaced "
     "by what the proxy's own connection needs.",
     "remove the rule; 'option httpclose' and 'option http-keep-alive' say how connections are kept", place::http_request,
     "set-header",
     RINGWAY_SANE "frontend web\n    bind :8080\n    http-request set-header Connection close\n    default_backend shop\n"
     "backend shop\n    server a 192.0.2.1:80\n",
     hop_headers},
    {"request-in-tcp", "a choice by requests where there are none",
     "In mode tcp nothing is known of requests: a condition that asks about one never holds.", "give the section 'mode http'",
     place::frontend, "use_backend",
     "global\n    log stdout format raw local0\ndefaults\n    mode tcp\n    log global\n    timeout connect 5s\n    timeout client 50s\n"
     "    timeout server 50s\nfrontend web\n    bind :8080\n    use_backend shop if { path_beg /shop }\n    default_backend shop\n"
     "backend shop\n    server a 192.0.2.1:80\n",
     requests_in_tcp},
    {"unset-variable", "an environment variable that is not set",
     "\"${NAME}\" of a variable that is not set is nothing: 'bind \"${ADDRESS}:80\"' then listens everywhere.",
     "set the variable, or give it a default: \"${NAME-value}\"", place::frontend, "bind",
     RINGWAY_SANE "frontend web\n    bind \"${NO_SUCH_ADDRESS}:8080\"\n    default_backend shop\nbackend shop\n    server a 192.0.2.1:80\n",
     unset_variables},
    {"lone-client", "'balance source' where all clients have one address",
     "Behind another proxy, or behind a NAT such as that of Docker's published ports, every client seems to be the same one, and "
     "'balance source' sends all of them to one server. The text cannot show it: a running process counts, and says it once in the "
     "log and on standard error when the first 200 sessions of a frontend came from one or two addresses.",
     "take the client's address from the other proxy ('accept-proxy', 'balance hdr(X-Forwarded-For)'), or use another algorithm",
     place::balance, "source",
     RINGWAY_SANE RINGWAY_FRONT
     "backend shop\n    balance source\n    hash-type consistent\n    server a 192.0.2.1:80 check\n    server b 192.0.2.2:80 check\n",
     nullptr},
};

#undef RINGWAY_SANE
#undef RINGWAY_FRONT

}  // namespace

std::span<const row> table() { return rows; }

const row* find(std::string_view name) {
  const auto found = std::find_if(std::begin(rows), std::end(rows), [&](const row& each) { return each.name == name; });
  return found == std::end(rows) ? nullptr : &*found;
}

std::string similar(std::string_view name) {
  std::vector<std::string_view> names;
  for (const row& each : rows) names.push_back(each.name);
  return config::did_you_mean(name, names);
}

}  // namespace ringway::advice

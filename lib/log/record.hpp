// Everything a log line may say about one transaction (http) or connection (tcp). Plain data; the views need
// only live during the call they are passed to. Manual: section 8 "Logging" (fields), 8.4 (timers), 8.5
// (termination).
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "base/address.hpp"

namespace ringway::log {

struct record {
  // Who. Unix sockets print "unix" and `listener_id` where an address has its port.
  address client;  // accepted address (PROXY protocol may have replaced it)
  address local;   // the address the client connected to; the short default line alone prints it
  std::uint32_t listener_id = 0;
  std::string_view frontend;
  std::string_view backend;  // empty: the frontend's name, as HAProxy does before a backend is chosen
  std::string_view server;   // empty: "<NOSRV>"; a service of ringway itself: "<STATS>" and the like
  bool tls = false;          // client side: '~' follows the frontend's name
  bool http = true;          // the frontend's mode

  // When: wall clock, microseconds since 1970.
  std::int64_t accepted_at = 0;  // %t: the connection (or end of the previous response)
  std::int64_t request_at = 0;   // %tr: first byte of the request; 0: accepted_at
  std::int64_t now = 0;          // date in the syslog header; 0: read the clock

  // Timers in milliseconds; -1: that point was not reached.
  std::int64_t time_handshake = 0;  // Th
  std::int64_t time_idle = 0;       // Ti
  std::int64_t time_request = -1;   // TR
  std::int64_t time_queue = -1;     // Tw
  std::int64_t time_connect = -1;   // Tc
  std::int64_t time_response = -1;  // Tr
  std::int64_t time_active = 0;     // Ta: from request_at to now
  std::int64_t time_total = 0;      // Tt: from accepted_at to now

  int status = -1;                      // as sent to the client; -1: none was (HAProxy prints -1)
  std::uint64_t bytes_to_client = 0;    // %B
  std::uint64_t bytes_to_server = 0;    // %U
  std::uint64_t bytes_from_client = 0;  // 0: a null connection, what dontlognull is about

  // Section 8.5: cause and stage of the end; what the persistence cookie said and was told ("--" in tcp).
  char cause = '-', stage = '-', cookie = '-', cookie_operation = '-';

  // Gauges when the line is written. The client's connection is still counted; the request's place at its backend and
  // server is not, unless the line is written before its end (manual: "still active ... when the session was logged").
  std::uint32_t actconn = 0, feconn = 0, beconn = 0, srvconn = 0;
  std::uint32_t retries = 0;
  bool redispatched = false;                          // '+' before retries
  std::uint32_t server_queue = 0, backend_queue = 0;  // requests ahead of this one when it was queued

  // The request line. `raw_request` wins when not empty; all empty: <BADREQ>.
  std::string_view method, uri, version;  // "GET", "/x", "HTTP/1.1"
  std::string_view raw_request;           // as received, without CRLF

  // Captures, in order of declaration; an absent header is an empty view. No captures: nothing is printed.
  std::string_view request_cookie, response_cookie;  // empty: "-"
  std::span<const std::string_view> request_captures, response_captures;

  std::string_view reason;  // why ringway itself answered or gave up; JSON lines only; empty: absent
  bool asap = false;        // option logasap: '+' before Ta, Tt and B, more may follow
  bool early = false;       // more does follow: of what comes from the client nothing is known yet
};

// A connection that ended before it carried anything, since what had to come first (a PROXY header) did not. Its line
// is the same whatever the log option (manual: 8.2.5 "Error log format").
struct early_end {
  address client;  // the real one
  std::uint32_t listener_id = 0;
  std::string_view listener;  // the name of the bind line; empty: its id is printed
  std::string_view frontend;
  std::int64_t accepted_at = 0;  // wall clock, microseconds
  std::string_view reason;       // HAProxy's sentence
  bool sent_nothing = false;     // what dontlognull is about
};

}  // namespace ringway::log

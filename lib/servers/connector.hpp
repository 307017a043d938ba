// Opens connections to servers. Only begins them: whether one succeeds shows when its socket becomes writable.
#pragma once
#include "base/address.hpp"
#include "proxy_protocol/header.hpp"
#include "servers/connect_fault.hpp"
#include "servers/link.hpp"
#include "servers/settings.hpp"

namespace ringway::servers {

struct connect_options {
  bool keep_alive_probes = false;  // option srvtcpka
  bool no_linger = false;          // option nolinger
  bool delayed_ack = false;        // the first data carry the handshake's last ACK
};

// How far it came. `step` none: it is under way, or done.
struct connect_result {
  connect_step step = connect_step::none;
  int error = 0;  // errno
  bool unix_socket = false;
  bool no_way = false;  // EADDRNOTAVAIL for want of an address of ours, not of a port: nobody has one to give back
  bool begun() const { return step == connect_step::none; }
  concern about() const { return no_way ? concern::server : concern_of(step, error, unix_socket); }
};

// A socket of its own towards a server, for traffic and for checks alike; the caller's to close, before `port` goes.
struct connecting {
  connect_result result;
  int fd = -1;           // -1 unless begun
  bool made = false;     // connected at once
  held_port port;
};
// `to`: as the kernel wants it. Tries the next port of a `source` range where one is in use elsewhere.
connecting start_connection(const state& server, const raw_address& to, const connect_options& how);

// `client_port`: where the client connected to, for servers without a port of their own or with a relative one.
connect_result begin_connect(const state& server, std::uint16_t client_port, const connect_options& how, link& into);
// The same in words, for the log of a backend; empty text: nothing is said.
connect_remark remark_of(const connect_result& failed, std::string_view backend);

// The PROXY header that begins a connection to a server: on behalf of a client, and for a check of our own, whose own
// two ends are given. Length; 0: none is wanted.
std::size_t write_proxy_header(const settings& server, const proxy_protocol::endpoints& client,
                               proxy_protocol::written& into);
std::size_t write_check_header(const settings& server, const proxy_protocol::endpoints& own,
                               proxy_protocol::written& into);

}  // namespace ringway::servers

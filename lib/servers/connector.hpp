// Opens connections to servers. Only begins them: whether one succeeds shows when its socket becomes writable.
#pragma once
#include "base/address.hpp"
#include "proxy_protocol/header.hpp"
#include "servers/link.hpp"
#include "servers/settings.hpp"

namespace ringway::servers {

struct connect_options {
  bool keep_alive_probes = false;  // option srvtcpka
  bool no_linger = false;          // option nolinger
  bool delayed_ack = false;        // the first data carry the handshake's last ACK
};

enum class connect_start : std::uint8_t { begun, refused, no_resources, no_address };
struct connect_result {
  connect_start what = connect_start::begun;
  int error = 0;  // errno
};

// `client_port`: where the client connected to, for servers without a port of their own or with a relative one.
connect_result begin_connect(const state& server, std::uint16_t client_port, const connect_options& how, link& into);

// The PROXY header that begins a connection to a server: on behalf of a client, and for a check of our own, whose own
// two ends are given. Length; 0: none is wanted.
std::size_t write_proxy_header(const settings& server, const proxy_protocol::endpoints& client,
                               proxy_protocol::written& into);
std::size_t write_check_header(const settings& server, const proxy_protocol::endpoints& own,
                               proxy_protocol::written& into);

}  // namespace ringway::servers

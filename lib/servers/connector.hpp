// Opens connections to servers. Only begins them: whether one succeeds shows when its socket becomes writable.
#pragma once
#include "base/address.hpp"
#include "servers/link.hpp"
#include "servers/settings.hpp"

namespace ringway::servers {

struct connect_options {
  bool keep_alive_probes = false;  // option srvtcpka
  bool no_linger = false;          // option nolinger
};

enum class connect_start : std::uint8_t { begun, refused, no_resources, no_address };
struct connect_result {
  connect_start what = connect_start::begun;
  int error = 0;  // errno
};

// `client_port`: where the client connected to, for servers without a port of their own or with a relative one.
connect_result begin_connect(const state& server, std::uint16_t client_port, const connect_options& how, link& into);

}  // namespace ringway::servers

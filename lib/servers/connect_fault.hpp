// What it means that a connection to a server cannot even be begun: whom that concerns, and what is said of it. Pure;
// words and the places where they are said follow HAProxy 3.5.
#pragma once
#include <cerrno>
#include <cstdint>
#include <string>
#include <string_view>

namespace ringway::servers {

// Which call failed. `watch`: the descriptor could not be added to the worker's events.
enum class connect_step : std::uint8_t { none, address, socket, bind, connect, watch };

enum class concern : std::uint8_t {
  server,       // this server's alone: its address, the way to it, its place; others go on
  local_ports,  // this server's alone, too: no port of ours is left towards it. Kept links may hold some
  process,      // descriptors or memory: everybody's
};

// The one place that tells them apart.
constexpr concern concern_of(connect_step step, int error, bool unix_socket) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return concern::process;
    case EADDRINUSE: return unix_socket ? concern::server : concern::local_ports;
    case EAGAIN:  // of a unix socket: its queue is full
    case EADDRNOTAVAIL: return step == connect_step::connect && !unix_socket ? concern::local_ports : concern::server;
    default: return concern::server;
  }
}

// For the backend's log. `level`: syslog severity; empty text: nothing is said.
struct connect_remark {
  int level = 3;
  std::string text;
};
// `descriptors`: the limit of the process.
connect_remark remark_of(connect_step step, int error, bool unix_socket, std::string_view backend,
                         unsigned long long descriptors);

// The same for a health check: what stands in the quotes of "info". Empty: nothing.
// `late`: it was begun, and failed while under way.
std::string check_info_of(connect_step step, int error, bool unix_socket, bool late);

}  // namespace ringway::servers

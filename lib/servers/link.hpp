// Our connection to a server, in use by one transaction or idle in a worker's pool. Thread: its worker.
#pragma once
#include <cstdint>

#include "balance/chooser.hpp"
#include "io/socket.hpp"
#include "io/timers.hpp"
#include "servers/source_ports.hpp"

namespace ringway::servers {

class state;

struct link {
  link(io::poller& events, io::waker* owner) : socket(events, owner) {}
  // Closing first would keep the local port busy for a minute (TIME_WAIT): unless the server closed, it is reset.
  ~link() {
    if (!socket.peer_closed()) socket.reset();
  }
  link(const link&) = delete;
  link& operator=(const link&) = delete;

  held_port port;                      // of a `source` range; before the socket, so that it outlives it
  io::socket socket;
  const state* server = nullptr;       // outlives every link
  std::uint32_t address_version = 0;   // of the server when it was connected: elsewhere now means not reusable
  std::uint32_t requests = 0;          // answered on it so far
  std::uint64_t carried = 0;           // bytes sent on it for them
  io::tick idle_since = 0;
  bool own = false;                    // its session's only: authentication that belongs to the connection
  link* next = nullptr;                // in the pool, or of the session
};

}  // namespace ringway::servers

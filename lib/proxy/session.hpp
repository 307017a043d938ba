// The life of one client connection: its transactions one after another. Kept small, because idle connections
// are many; what a request needs is lent by the worker while there is one.
// Thread: its worker. A session deletes itself when its coroutine ends.
#pragma once
#include <cstdint>
#include <memory>
#include <new>

#include "base/address.hpp"
#include "io/socket.hpp"
#include "io/timers.hpp"
#include "proxy/runtime.hpp"

namespace ringway::proxy {

class session {
 public:
  // Owns `fd` from here on, whatever happens, and the place it was counted in for (frontend::come_in).
  static void begin(home& at, frontend& front, const bind_settings& bind, int fd, const address& client);
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  // In the worker's slab: idle ones are many.
  static void* operator new(std::size_t, home& at) { return at.session_memory.take(); }
  static void operator delete(void* memory, home& at) { at.session_memory.put_back(memory); }
  static void operator delete(session* self, std::destroying_delete_t) {
    home& from = self->at;
    self->~session();
    from.session_memory.put_back(self);
  }

  // The worker is leaving or (soft stop) has nothing against sessions that are waiting for a request.
  void end_soon() { wake.wake(); }

  home& at;
  frontend& front;
  const bind_settings& bind;
  address client;                     // the peer, or whom its PROXY header names
  io::waker wake;
  io::socket socket;
  io::deadline client_limit, server_limit;
  servers::session_links own_links;   // kept between two requests for this session only
  bool stays = false;                 // a server asked for an authentication that belongs to the connection
  transaction* current = nullptr;     // lent; null between two requests
  std::uint32_t requests = 0;         // begun so far
  bool keep = true;                   // another request may follow
  std::int64_t accepted_at = 0;       // wall clock, microseconds
  io::tick accepted_tick = 0;
  io::tick ready_tick = 0;            // when a first request could come: later than accepted_tick after a PROXY header
  bool expects_header = false;        // accept-proxy, or a rule said so: before anything else

  session* next() const { return next_; }  // of the worker's list
  address local() const;              // where the client connected to: as its PROXY header says, or a system call

 private:
  friend struct home;
  session(home& at, frontend& front, const bind_settings& bind, const address& client);
  static io::task<> run(std::unique_ptr<session> self);
  bool admitted(const std::vector<rules::connection_rule>& by, rules::point at_point);  // obey_rules.cpp
  enum class beginning : std::uint8_t { waiting, here, gone, too_late };
  // Is there the first byte of a request? too_late: not even the first request of the connection came.
  beginning look_for_request();
  // Soft stop, between two requests: whoever asked a moment ago is likely to ask again, and the connection closed under
  // that request would be reset. True: now it may be closed.
  bool may_leave();
  bool has_bytes() const;  // asks the kernel, which may know more than the poller has told
  void arm_for_request();
  // A session that only waits for its next request needs no coroutine: run() lets go of it, woken() begins anew.
  bool may_rest() const;
  static void rest(std::unique_ptr<session> self);
  static void woken(std::unique_ptr<session> self);
  // The PROXY header, within timeout client. false: there was none, which is logged.
  io::task<bool> read_proxy_header();
  void log_early_end(const char* reason, bool sent_nothing);
  address destination_;               // of the PROXY header; kind none: there was none
  io::tick idle_since_ = -1;
  bool resting_ = false;
  bool quick_ = false;                // its last request came soon after the one before
  session* next_ = nullptr;
  session* previous_ = nullptr;
};

}  // namespace ringway::proxy

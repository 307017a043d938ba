// Private to listening*.cpp.
#pragma once
#include <chrono>

#include "app/listening.hpp"

namespace ringway::app {

struct bind_place {
  const proxy::section_settings& section;
  const proxy::bind_settings& bind;
  std::size_t section_index = 0;
  std::size_t bind_index = 0;
};

address local_of(int fd);  // as the kernel has it; family::none: it has none

int bind_to(int fd, const address& at);  // errno, or 0
// The address of a bind, by name or not; the port is the bind's.
outcome resolve_place(const bind_place& place, const listening_options& how, address& at);

// Where an older process holds an address that cannot be shared (-dR, another user), it is asked to let go of it for a
// moment (management manual 4). Once for all addresses, and within one time for all of them.
class older_owners {
 public:
  explicit older_owners(const listening_options& how) : how_(how) {}
  bool asked() const { return asked_; }
  int bind_when_free(int fd, const address& at);  // errno, or 0

 private:
  const listening_options& how_;
  bool asked_ = false;
  std::chrono::steady_clock::time_point until_{};
};

// Copies of the TCP sockets that older processes listen on, so that what waits in them, and what comes between their last
// accept and their close, is not reset: a listening socket lives until its last descriptor is closed. Linux 5.6 and leave
// to trace the process are needed (pidfd_getfd(2): the same user, or CAP_SYS_PTRACE); without, there are none.
class older_sockets {
 public:
  explicit older_sockets(const std::vector<int>& pids);
  // One that listens at `at` on the terms of `like`, a socket that need not be bound, or nothing. Each is given once.
  owned_fd take_like(int like, const address& at);

 private:
  std::vector<owned_fd> sockets_;
};

// A socket file comes under a temporary name, gets its owner and mode, listens, and only then takes its
// place: clients never meet a file that does not answer, and the former owner's is replaced without a gap.
outcome open_unix_socket(const bind_place& place, int backlog, const std::vector<int>& older, opened_sockets& to, owned_fd& out);
// As far as that can be tried without touching the file that is there.
outcome try_unix_socket(const bind_place& place, const std::vector<int>& older);

unsigned first_unprivileged_port();  // net.ipv4.ip_unprivileged_port_start; 1024 where unknown

}  // namespace ringway::app

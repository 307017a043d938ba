// Private to listening*.cpp.
#pragma once
#include "app/listening.hpp"

namespace ringway::app {

struct bind_place {
  const proxy::section_settings& section;
  const proxy::bind_settings& bind;
  std::size_t section_index = 0;
  std::size_t bind_index = 0;
};

// A socket file comes under a temporary name, gets its owner and mode, listens, and only then takes its
// place: clients never meet a file that does not answer, and the former owner's is replaced without a gap.
outcome open_unix_socket(const bind_place& place, int backlog, owned_fd& out);
// As far as that can be tried without touching the file that is there.
outcome try_unix_socket(const bind_place& place);

unsigned first_unprivileged_port();  // net.ipv4.ip_unprivileged_port_start; 1024 where unknown

}  // namespace ringway::app

// What a running process says of its servers, ringway's or HAProxy's: `show servers state` of the runtime API
// (management manual 9.3), format version 1, carried over to a site. Pure; one thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "explain/site.hpp"

namespace ringway::explain {

struct server_report {
  std::string backend, server;
  std::string address;      // "-": none, or a unix socket
  unsigned operation = 2;   // srv_op_state: 0 stopped, 1 starting, 2 running, 3 stopping
  unsigned admin = 0;       // srv_admin_state, bits
  unsigned weight = 1;      // now
  unsigned configured = 1;  // as the process's own file has it
  std::uint16_t port = 0;
  bool takes_work() const;
};

// Empty: read; else why that is no such list, one sentence. Columns are found by their names.
std::string read_servers_state(std::string_view text, std::vector<server_report>& out);

// The site's servers become as reported. Empty: done; else one sentence why process and files are not about
// the same servers; the site is then half changed and of no use. `remarks`: what makes the answer less than
// exact, one sentence each.
std::string follow(site& of, const std::vector<server_report>& reported, std::vector<std::string>& remarks);

// Lines of ringway's `show startup-files`.
struct startup_file {
  std::uint64_t hash = 0;  // XXH3 of the text as it was read
  std::string path;        // absolute; "-": standard input
};
// Empty: read; else why not.
std::string read_startup_files(std::string_view text, std::vector<startup_file>& out);

}  // namespace ringway::explain

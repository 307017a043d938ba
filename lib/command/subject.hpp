// What commands act upon: the process that runs, and what is known of it besides. Owned by whoever starts the
// service (lib/app/supervisor.cpp); outlives it. Thread: the control thread.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "proxy/runtime.hpp"

namespace ringway::command {

// A file of the configuration as it was read at the start.
struct startup_file {
  std::string path;  // absolute; "-": standard input
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;  // XXH3 of its text
};

struct process_facts {
  std::string version;       // HAProxy's, whose behaviour is claimed, and ours: "3.2.0-ringway-0.1.0"
  std::string product;       // "ringway 0.1.0"
  std::string release_date;  // of the newest change in the source: "2026/11/24"
  std::string node;
  int pid = 0;
  unsigned threads = 1;
  unsigned memory_mb = 0;         // -m; 0: no limit
  std::uint64_t descriptors = 0;  // most that may be open
  unsigned maxconn = 0, maxpipes = 0;
  std::chrono::steady_clock::time_point started{};
  std::chrono::system_clock::time_point started_wall{};
  std::vector<startup_file> files;
  std::vector<std::string> environment;  // NAME=VALUE, as the configuration saw it
};

// One listening socket, as `show cli sockets` says it.
struct socket_fact {
  std::string name;  // "unix@/run/x.sock", "ipv4@127.0.0.1:9999"
  proxy::command_level level = proxy::command_level::operator_;
};

struct subject {
  proxy::runtime& runtime;
  process_facts process;
  std::vector<socket_fact> sockets{};
};

}  // namespace ringway::command

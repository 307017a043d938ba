// What runs: frontends, backends and their live state, shared by all workers; and what each worker owns of its
// own. Built by app/compile from the model; settings never change afterwards, counters and servers do.
//
// Threads: `frontend`, `backend`, `runtime` are read by every worker; their counters are atomics. `home` belongs
// to one worker.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "io/pipe.hpp"
#include "io/worker.hpp"
#include "log/logger.hpp"
#include "proxy/model.hpp"
#include "rules/sample.hpp"
#include "servers/pool.hpp"
#include "servers/queue.hpp"
#include "servers/state.hpp"

namespace ringway::proxy {

class session;
class transaction;
class listener;
struct home;

struct backend {
  backend(const section_settings& from, std::size_t number) : settings(from), index(number) {}

  const section_settings settings;
  const std::size_t index;
  std::unique_ptr<balance::chooser> chooser;
  std::unique_ptr<servers::group> servers;
  std::unique_ptr<servers::queue> queue;
  std::unique_ptr<log::pipeline> log;       // state messages; never null
  std::atomic<std::uint32_t> connections{0};  // beconn
  bool turning = false;                     // see servers::retry_rules
};

struct frontend {
  frontend(const section_settings& from, std::size_t number)
      : settings(from), index(number), bind_connections(from.binds.size()) {}

  const section_settings settings;
  const std::size_t index;
  backend* default_backend = nullptr;  // null: 503 for every request
  std::unique_ptr<log::pipeline> log;  // never null; may be empty()
  unsigned maxconn = 0;                // effective; 0: no limit
  std::atomic<std::uint32_t> connections{0};  // feconn
  std::vector<std::atomic<std::uint32_t>> bind_connections;  // of each address, for its own maxconn
  std::atomic<std::uint32_t>& connections_of(const bind_settings& bind) {
    return bind_connections[static_cast<std::size_t>(&bind - settings.binds.data())];
  }
};

// One process's whole configuration in motion.
struct runtime {
  global_settings global;
  std::vector<std::unique_ptr<frontend>> frontends;
  std::vector<std::unique_ptr<backend>> backends;
  std::unique_ptr<log::logger> logger;
  unsigned maxconn = 0;                          // global; 0: no limit
  std::atomic<std::uint32_t> connections{0};     // actconn
  std::atomic<std::uint64_t> escaped{0};         // exceptions that left a session: bugs, counted
  std::atomic<bool> stopping{false};             // soft stop: no new connections, sessions end after their response
  std::vector<std::unique_ptr<home>> homes;      // one per worker

  // Pipes of a number that nobody set use the descriptors of connections that might still come.
  bool pipes_reserved = false;  // maxpipes was said: they have descriptors of their own
  bool room_for_pipes() const {
    return pipes_reserved || maxconn == 0 || connections.load(std::memory_order_relaxed) < maxconn - maxconn / 4;
  }

  ~runtime();
};

// What a worker owns.
struct home {
  // `pipes`: this worker's share; 0: bodies are copied.
  home(runtime& of, unsigned index, std::size_t buffer_size, std::size_t pipes = 0);
  ~home();

  runtime& all;
  io::pipes pipes;   // before the worker, whose last coroutines may still hold some
  io::worker worker;
  servers::pool idle_links;
  std::vector<std::unique_ptr<listener>> listeners;
  std::vector<std::unique_ptr<transaction>> spare;  // transactions at rest
  std::unique_ptr<char[]> scratch;                  // one head being written
  static constexpr std::size_t scratch_size = 65536;
  rules::arena rules_memory;                        // what one run of rules makes on the way

  // Sessions of this worker, newest first.
  session* first_session = nullptr;
  std::size_t sessions = 0;

  // The worker's housekeeping: purges idle links once a second while there are any, resumes listeners.
  io::task<> housekeeping();
  void wake_housekeeping() { if (idle_housekeeping) housekeeping_wake.wake(); }
  io::waker housekeeping_wake;
  bool idle_housekeeping = false;
  bool leaving = false;  // the worker is to end: sessions return as soon as they are woken

  // Worker's thread only.
  void stop_listening();
  void resume_listeners();
  void kill_sessions();        // all end as soon as the loop comes to them
  void wake_idle_sessions();   // soft stop: those between two requests end
  std::unique_ptr<transaction> take_transaction();
  void put_transaction(std::unique_ptr<transaction> one);
};

}  // namespace ringway::proxy

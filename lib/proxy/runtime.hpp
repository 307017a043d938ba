// What runs: frontends, backends and their live state, shared by all workers; and what each worker owns of its
// own. Built by app/compile from the model; settings never change afterwards, counters and servers do.
//
// Threads: `frontend`, `backend`, `runtime` are read by every worker; their counters are atomics. `home` belongs
// to one worker.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "io/pipe.hpp"
#include "io/slab.hpp"
#include "io/spares.hpp"
#include "io/worker.hpp"
#include "log/logger.hpp"
#include "proxy/lone_client.hpp"
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
struct runtime;

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
  // `observe`: error-limit errors in a row, the last one in words. Called on workers; empty: nobody listens.
  std::function<void(balance::server_index, const char* last)> too_many_errors;
};

struct frontend {
  frontend(const section_settings& from, std::size_t number)
      : settings(from), index(number), bind_connections(from.binds.size()) {}

  const section_settings settings;
  const std::size_t index;
  backend* default_backend = nullptr;  // null: 503 for every request
  std::unique_ptr<log::pipeline> log;  // never null; may be empty()
  unsigned maxconn = 0;                // effective; 0: no limit
  std::unique_ptr<lone_client> clients;  // null: nobody asks whether they are one
  std::atomic<std::uint32_t> connections{0};  // feconn
  std::vector<std::atomic<std::uint32_t>> bind_connections;  // of each address, for its own maxconn
  std::atomic<std::uint32_t>& connections_of(const bind_settings& bind) {
    return bind_connections[static_cast<std::size_t>(&bind - settings.binds.data())];
  }
  // A connection's place: counted in whatever the limits say; given back without telling anybody.
  void come_in(runtime& all, const bind_settings& bind);
  void give_back(runtime& all, const bind_settings& bind);
};

// Listeners that had to pause, of all workers, in the order in which they did. Threads: any.
class paused_listeners {
 public:
  void join(listener& one, bool for_limit);
  void leave(listener& one);
  // A place is free; or (for_means) a connection ended, which frees descriptors and memory as well. Calls the first
  // listener that can use it. One load when nobody is paused.
  void call_one(bool for_means) {
    if (count_.load() != 0) call_first(for_means);
  }

 private:
  void call_first(bool for_means);
  std::atomic<std::uint32_t> count_{0};
  std::mutex lock_;
  std::vector<listener*> waiting_;
};

// One process's whole configuration in motion.
struct runtime {
  global_settings global;
  std::vector<std::unique_ptr<frontend>> frontends;
  std::vector<std::unique_ptr<backend>> backends;
  std::map<std::string, std::uint32_t, std::less<>> backend_numbers;  // by name; the first of a name
  std::unique_ptr<log::logger> logger;
  unsigned maxconn = 0;                          // global; 0: no limit
  std::atomic<std::uint32_t> connections{0};     // actconn
  paused_listeners paused;
  std::atomic<std::uint32_t> starving{0};        // requests that wait for a descriptor: nobody new is let in
  std::atomic<std::uint64_t> escaped{0};         // exceptions that left a session: bugs, counted
  std::atomic<bool> stopping{false};             // soft stop: no new connections, sessions end after their response
  std::atomic<bool> lone_client_said{false};
  std::vector<std::unique_ptr<home>> homes;      // one per worker
  std::atomic<std::uint32_t> listening{0};       // homes whose listeners are not closed yet
  // An address could not be taken back. On the worker's thread; empty: nobody wants to know.
  std::function<void(const frontend&, const bind_settings&, int error)> cannot_take_back;

  // Pipes of a number that nobody set use the descriptors of connections that might still come.
  bool pipes_reserved = false;  // maxpipes was said: they have descriptors of their own
  bool room_for_pipes() const {
    return pipes_reserved || maxconn == 0 || connections.load(std::memory_order_relaxed) < maxconn - maxconn / 4;
  }

  // Whatever is under way with this server (no_server: with any backup) ends, on all workers. Threads: any.
  void end_transactions(const backend& of, balance::server_index server, char cause);
  io::tick purge_period = 1000;  // ms between two looks at idle links

  ~runtime();
  // Descriptors are needed now, or ports towards one server: kept links go (null: all), those of `here` at once. From
  // here's thread.
  void close_idle_links(home& here, const servers::state* to = nullptr);
};

// What a worker owns.
struct home {
  // `pipes`: this worker's share; 0: bodies are copied.
  home(runtime& of, unsigned index, std::size_t buffer_size, std::size_t pipes = 0);
  ~home();

  runtime& all;
  // Before the worker, whose last coroutines may still hold some of these.
  io::pipes pipes;
  io::slab session_memory;
  io::worker worker;
  servers::pool idle_links;
  std::vector<std::unique_ptr<listener>> listeners;
  // Transactions at rest. Filled in by the constructor: here its type would have to be whole for GCC.
  io::spares<std::unique_ptr<transaction>> spare;
  // One head being written: the longest that a buffer takes, before it two buffers of interim ones, and a few fields of ours.
  const std::size_t scratch_size;                   // bytes
  std::unique_ptr<char[]> scratch;
  rules::arena rules_memory;                        // what one run of rules makes on the way

  // Sessions of this worker, newest first.
  session* first_session = nullptr;
  std::size_t sessions = 0;
  std::size_t waiting = 0;  // of these, coroutines that wait for a request

  // The worker's housekeeping: purges idle links once a second while there are any, tries paused listeners again, gives
  // memory back that nobody wants any more.
  io::task<> housekeeping();
  void wake_housekeeping() { if (idle_housekeeping) housekeeping_wake.wake(); }
  static constexpr std::size_t most_spare = 256;  // transactions
  static constexpr std::size_t kept = 8;      // spare transactions, as buffers
  static constexpr std::size_t many = 64;     // sessions whose memory is worth looking after
  static constexpr io::tick shrink_period = 4000;  // ms; each gives half of what lay unused
  bool has_spares() const {
    return sessions > many || spare.size() > kept || worker.memory().spare() > io::buffers::kept || pipes.spare() > 0 ||
           session_memory.empty_blocks() > 1;
  }
  void give_back_memory();
  void look_after_memory() { if (idle_housekeeping && has_spares()) housekeeping_wake.wake(); }
  std::size_t given_back = 0;  // bytes, since the allocator was told to give back as well
  io::waker housekeeping_wake;
  bool idle_housekeeping = false;
  bool leaving = false;  // the worker is to end: sessions return as soon as they are woken

  // Worker's thread only.
  void stop_listening();
  void stop_listening_softly();  // takes in whoever waits to be accepted first
  void resume_listeners();       // those that were called
  void let_go_of_addresses();    // so that another process may bind them
  void take_addresses_back();
  void drop_spares();            // at once, what is kept for later
  void kill_sessions();        // all end as soon as the loop comes to them
  void wake_idle_sessions();   // soft stop: those between two requests end
  void end_transactions(const backend& of, balance::server_index server, char cause);
  std::unique_ptr<transaction> take_transaction();
  void put_transaction(std::unique_ptr<transaction> one);
};

}  // namespace ringway::proxy

// The process among others: background, pid file, service manager, signals, older processes.
// All of it happens on the main thread, before workers exist (signal_watch: also after). No Asio.
// management.txt, sections 3 and 4.
#pragma once
#include <signal.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/complaint.hpp"
#include "app/options.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// How the process presents itself, from the command line and the configuration together.
struct presence {
  bool background = false;  // fork and leave the terminal
  bool master = false;      // exit statuses of HAProxy's master; still one process
  bool notify = false;      // tell the service manager
  bool silence = false;     // standard streams to /dev/null once the proxy runs: background, or -q without -V
  std::string pidfile;      // empty: none is to be written
};
// Process 1 of a container never goes into the background: the container would end with it. A pid file of the
// configuration is written in the background or as master only, as HAProxy does, so that a try in the
// foreground leaves the service's file alone; -p is always obeyed.
presence decide_presence(const options& said, const proxy::global_settings& global, pid_t own);

// The child of a process that waits. start() returns in the child only: the parent waits until ready() is
// called and leaves with 0, or until the child is gone and leaves with its status (1 if it was killed).
// Must be called while there is one thread; buffered output is flushed first.
class background {
 public:
  static std::variant<background, complaint> start();
  background(background&& other) noexcept : report_(other.report_) { other.report_ = -1; }
  background& operator=(background&&) = delete;
  ~background();  // without ready(): the parent goes on waiting for this process to end
  void ready();

 private:
  explicit background(int report) : report_(report) {}
  int report_;  // write end of the pipe to the parent; -1: done
};

// Opened before the jail, where there is no such name. `out` is the caller's to close.
outcome open_null_device(int& out);
// Standard input, output and error become `null`: log targets on stdout go nowhere in the background, as
// with HAProxy.
outcome silence_standard_streams(int null);

// Replaces the file. Written after the fork and before chroot; never removed, as HAProxy.
outcome write_pidfile(const std::string& path, pid_t pid);

// sd_notify without the library: datagrams to $NOTIFY_SOCKET, over one socket that is connected before the jail, inside
// which the name leads nowhere.
class service_manager {
 public:
  service_manager() = default;
  ~service_manager();
  service_manager(const service_manager&) = delete;
  service_manager& operator=(const service_manager&) = delete;

  outcome connect();                       // no such variable: nothing to do, now and later
  outcome tell(std::string_view state);    // connects anew once should the other end have been replaced
 private:
  std::string where_;  // empty: there is nobody
  int fd_ = -1;
};
// "READY=1\nMAINPID=123\nSTATUS=Ready.\n"
std::string ready_state(pid_t pid, std::string_view status = "Ready.");
// For Type=notify-reload as well, which wants the time of it.
std::string reloading_state();
inline constexpr std::string_view stopping_state = "STOPPING=1\nSTATUS=Stopping.\n";

// SIGUSR1 or SIGTERM to the processes of -sf or -st. Those already gone are none of our concern; returned are
// complaints on the others.
std::vector<complaint> signal_older(takeover how, const std::vector<int>& pids);

// SIGTTOU to them: they let go of their addresses for a moment. SIGTTIN: they take them back. Those that are gone are none
// of our concern.
void ask_for_addresses(const std::vector<int>& pids);
void give_addresses_back(const std::vector<int>& pids);

// SIGINT is ignored by a shell's background jobs and that is inherited: without this Ctrl-C and test runners
// would not stop us. Also empties the mask of blocked signals, and ignores whatever would end or stop a start by mistake.
void reset_inherited_signals();

// A SIGUSR1 that comes from here on waits until a signal_watch takes it: a start that is told to finish does so once
// there is something to finish.
void hold_soft_stop();

// What the signals of HAProxy's process and of its master ask for (management manual 4 and 6).
enum class wish : std::uint8_t {
  stop,         // SIGTERM, SIGINT: at once
  finish,       // SIGUSR1: finish what is under way
  reload,       // SIGUSR2: of a master only
  states,       // SIGHUP: tell the states of servers; to a master it is SIGUSR2
  pause,        // SIGTTOU: let go of the addresses
  resume,       // SIGTTIN: take them back
  give_memory,  // SIGQUIT: memory that nobody uses goes back to the system
};

// Holds back the signals that ask for something; they are read from a descriptor that can be waited on. Make
// it before any thread: threads inherit the mask. One at a time in a process.
class signal_watch {
 public:
  signal_watch();   // throws std::system_error when there is no descriptor left
  ~signal_watch();  // the former mask is back
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  int fd() const { return fd_; }  // readable: take() has something; non-blocking
  struct arrival {
    wish what;
    int signal;
  };
  std::optional<arrival> take();

 private:
  int fd_ = -1;
  sigset_t former_{};
};

// How a process ends that was stopped by `signal` (0: by none). As HAProxy: a single process dies of SIGINT and SIGTERM,
// of which a shell makes 130 and 143; a master leaves with 130 after SIGINT and with 0 otherwise.
struct ending {
  int status = 0;
  int signal = 0;  // to die of; 0: none
};
ending ending_of(int signal, bool master);
// Carries it out as far as there is something to do; returns the status to leave main() with. Process 1 of a container
// cannot die of a signal: then the status is what a shell would have said.
int end_as(const ending& how);

}  // namespace ringway::app

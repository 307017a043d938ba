// The log for the engine: one logger per process, one pipeline per proxy. A worker formats its line into its
// own ring and goes on; one thread writes. Nothing here waits for a log server. Order of calls:
//   logger l(global, {.workers = n}); auto p = l.make_pipeline(settings, name); ...   (load)
//   l.open();        before chroot and before privileges are dropped: sockets are opened and connected
//   l.start();       after daemonisation: the writer thread; lines emitted before wait in the rings
//   p->emit(slot, record); p->message(level::alert, "...");
//   l.stop();        writes what is queued for at most one second, then joins
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "log/record.hpp"
#include "log/settings.hpp"

namespace ringway::log {

// Syslog severities (RFC 5424 section 6.2.1).
enum class level : std::uint8_t { emerg, alert, crit, err, warning, notice, info, debug };

// Is this what dontlog-normal calls an error: timeout, abort, retry, redispatch, http status 5xx?
// (section 8.3.3)
bool is_error(const record& what);
// Would the options of this proxy let the line through? (dontlognull, dontlog-normal)
bool wanted(const settings& how, const record& what);
// info; err for errors under log-separate-errors.
level level_of(const settings& how, const record& what);

class logger;

// How one proxy logs: its targets (and global's) compiled. Made by logger::make_pipeline, must not outlive
// the logger.
class pipeline {
 public:
  ~pipeline();
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;

  // No target at all: spare the trouble of filling a record.
  bool empty() const;
  // The short default line ("Connect from ..."): emit at accept (tcp) or at the start of each request (http)
  // instead of at the end.
  bool at_start() const;
  // option logasap: emit when the server is connected (tcp) or its headers are there (http), with
  // record::early set; record::asap is set in all its lines.
  bool asap() const;

  // Writes the line to every target that wants it. Calls wanted() itself; false: not wanted (an early line that was
  // not may still be at its end). `slot` is the number of the calling
  // worker (0..workers-1); two threads must never share a slot. No allocation, no lock, at most one system
  // call (waking an idle writer). A full ring drops the line and counts it.
  bool emit(std::size_t slot, const record& what);
  // The same for a connection that failed early: info, or err under log-separate-errors; heeds dontlognull.
  void emit(std::size_t slot, const early_end& what);
  // A state message of this proxy ("Server b/s is DOWN, reason: ..."), without newline. Any thread.
  void message(level urgency, std::string_view text);

 private:
  friend class logger;
  struct implementation;
  explicit pipeline(std::unique_ptr<implementation> from);
  std::unique_ptr<implementation> self_;
};

struct target_statistics {
  std::string name;           // as in "udp 127.0.0.1:514", "unix /dev/log", "fd 1"
  std::uint64_t sent = 0;     // lines handed to the kernel
  std::uint64_t dropped = 0;  // lines lost because the target failed or did not read
};

struct options {
  std::size_t workers = 1;
  std::size_t ring_bytes = std::size_t{1}
                           << 20;     // per worker, allocated at its first line; rounded up to 2^n
  std::size_t request_length = 1024;  // tune.http.logurilen: longest %r is one byte less
  std::size_t backlog_bytes = std::size_t{1}
                              << 18;  // per target: lines kept while it is away or does not read
  std::string program = "haproxy";    // default log-tag
};

class logger {
 public:
  explicit logger(const global_settings& global, const options& how = {});
  ~logger();  // stop()
  logger(const logger&) = delete;
  logger& operator=(const logger&) = delete;

  // Before open(). The settings are copied.
  std::unique_ptr<pipeline> make_pipeline(const settings& how);
  // Opens the sockets of all targets. Errors are not fatal (a syslog daemon may come later): the texts
  // returned, one per failed target, deserve a warning. Sockets by path reconnect by path, so under chroot a
  // restarted daemon is found again only if its path exists there (as the manual says of `log`).
  std::vector<std::string> open();
  // Starts the writer thread (all signals blocked in it). Reads the process id for the headers.
  void start();
  // Writes what is queued, gives up after `patience`, joins. Idempotent. Workers should have ended.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{1});

  // Lines lost because a ring was full. Any thread.
  std::uint64_t dropped() const;
  // Any thread.
  std::vector<target_statistics> statistics() const;

 private:
  friend class pipeline;
  struct implementation;
  std::unique_ptr<implementation> self_;
};

}  // namespace ringway::log

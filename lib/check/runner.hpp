// Runs the TCP connect checks of all servers: one coroutine per checked server, all on the control thread's
// io_context, never on a worker. Each result goes through judge() into the group, which logs and tells the
// chooser.
//
// A check connects to the server's address of that moment (or `addr`/`port` of its line) from its `source`,
// and on success closes at once with a reset, as HAProxy does: no TIME_WAIT is left behind and the listening
// side is spared a connection that says nothing. While the server is in maintenance no check is sent.
//
// Threads: everything on the thread that runs the io_context. Lifetime: groups outlive the runner; the runner
// may be destroyed at any time on that thread, its coroutines end by themselves later in the io_context's
// run.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.hpp"
#include "servers/state.hpp"

namespace ringway::check {

// One backend and what of its section matters to checks.
struct subject {
  servers::group* group = nullptr;
  std::optional<milliseconds> timeout_connect, timeout_check;  // unset: none
  // option log-health-checks: every change of health gets a line through this (syslog notice), and the
  // sentences of going up and down leave the reason out. Empty: off.
  std::function<void(std::string_view)> each_change;
};

struct options {
  unsigned spread_percent = 0;  // global `spread-checks`: random part of each interval, 0..50
  // Called with the words of an exception that left a coroutine: a bug; that server is no longer checked.
  std::function<void(std::string_view)> on_fault;
};

class runner {
 public:
  runner(boost::asio::io_context& on, options how = {});
  ~runner();  // stop()
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  // Starts the checks of every server whose line says `check`. Once.
  void start(std::vector<subject> subjects);
  // `observe`: error-limit errors in a row were met; acts as `on-error` says and hastens the next check (fastinter).
  void suspect(const servers::group& group, std::uint32_t index, std::string_view last);
  // Cancels everything; no result is judged afterwards.
  void stop();

  std::size_t running() const;     // coroutines that have not ended
  std::uint64_t attempts() const;  // checks sent so far

 private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace ringway::check

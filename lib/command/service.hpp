// Takes commands on listening sockets: reads, executes, answers, one coroutine a connection, all on the
// control thread's io_context. An answer is written before the next command is looked at, so a client that
// does not read holds one answer and one buffer of commands, and is let go once nothing has moved for the
// timeout.
//
// Threads: everything on the thread that runs the io_context. Lifetime: the subject outlives the io_context's
// run; the service may be destroyed at any time on that thread, its coroutines end by themselves later in the
// run.
#pragma once
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "command/table.hpp"

namespace ringway::command {

struct listening {
  int fd = -1;  // listening, non-blocking; the service's from then on
  level may = level::operator_;
  proxy::severity_form form = proxy::severity_form::none;
};

struct limits {
  std::chrono::milliseconds timeout{10000};  // longest silence, either way
  unsigned connections = 10;                 // on all sockets together; others wait in the kernel
  std::size_t command_bytes = 16384;         // of one command with its payload
};

class service {
 public:
  // `on_fault`: words of an exception that left a coroutine: a bug; that connection is closed.
  service(boost::asio::io_context& on, const subject& of, limits within,
          std::function<void(std::string_view)> on_fault);
  ~service();  // stop()
  service(const service&) = delete;
  service& operator=(const service&) = delete;

  void start(const std::vector<listening>& sockets);
  // No new connections; those there are go on.
  void stop_listening();
  // Everything ends.
  void stop();

  std::size_t connections() const;

 private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace ringway::command

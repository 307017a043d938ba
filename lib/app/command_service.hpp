// The stats sockets of a running process: opened with the listening sockets, served on the control thread
// (lib/command). What a process tells of itself is gathered here. Main thread.
#pragma once
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/listening.hpp"
#include "app/privileges.hpp"
#include "command/service.hpp"
#include "config/environment.hpp"
#include "config/source.hpp"

namespace ringway::app {

// What the process was started from, kept for those who ask it while it runs.
struct origins {
  std::vector<command::startup_file> files;
  std::vector<std::string> environment;  // NAME=VALUE
};
origins origins_of(const config::source_set& sources, const config::environment& variables);

// "unix@/run/x.sock", "abns@x", "ipv4@127.0.0.1:9999".
std::string name_of_socket(const proxy::bind_settings& from, const address& at);

class command_service {
 public:
  // Before privileges are dropped; socket files take their places with put_files_in_place().
  std::vector<complaint> put_files_in_place() { return sockets_.put_files_in_place(); }
  bool asked_older() const { return sockets_.asked_older; }
  std::vector<complaint> open(const proxy::global_settings& global, const listening_options& how);
  // `from`: what is known before the start; the rest is added here. `runtime` outlives this and the run of
  // `on`.
  void start(boost::asio::io_context& on, proxy::runtime& runtime, command::process_facts from,
             std::function<void(std::string_view)> on_fault);
  void stop_listening() {
    addresses_.clear();
    if (service_) service_->stop_listening();
  }
  // For another process to bind the TCP addresses among them; socket files go on.
  void let_go();
  outcome take_back();
  void stop() { service_.reset(); }

 private:
  opened_sockets sockets_;
  struct address_of_ours {
    int fd;  // the service's, for as long as it listens
    int backlog;
    std::string name;
  };
  std::vector<address_of_ours> addresses_;
  std::unique_ptr<command::subject> subject_;
  std::unique_ptr<command::service> service_;
};

}  // namespace ringway::app

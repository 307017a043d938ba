#include "app/command_service.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/hash.hpp"

namespace ringway::app {

origins origins_of(const config::source_set& sources, const config::environment& variables) {
  origins out;
  for (std::uint32_t file = 0; file < sources.files().size(); ++file) {
    const std::string& name = sources.files()[file];
    const std::string_view text = sources.text(file);
    command::startup_file one;
    std::error_code failure;
    one.path = name == "-" || name == "/dev/stdin"
                   ? "-"
                   : std::filesystem::absolute(name, failure).lexically_normal().string();
    if (failure) one.path = name;
    one.bytes = text.size();
    one.hash = hash::xxh3(text);
    out.files.push_back(std::move(one));
  }
  out.environment = variables.entries();
  return out;
}

std::string name_of_socket(const proxy::bind_settings& from, const address& at) {
  if (!from.path.empty()) return std::string(from.abstract ? prefix_of(from.length) : "unix@") + from.path;
  return fmt::format("{}{}",
                     at.kind == family::v6   ? "ipv6@"
                     : at.kind == family::v4 ? "ipv4@"
                                             : "",
                     at.text());
}

std::vector<complaint> command_service::open(const proxy::global_settings& global,
                                             const listening_options& how) {
  sockets_ = open_command_sockets(global, how);
  return std::move(sockets_.failures);
}

void command_service::let_go() {
  for (const address_of_ours& each : addresses_) ::shutdown(each.fd, SHUT_RD);
}

outcome command_service::take_back() {
  outcome bad;
  for (const address_of_ours& each : addresses_) {
    if (::listen(each.fd, std::max(each.backlog, 1)) == 0) continue;
    bad = complaint{"cannot-bind",
                    fmt::format("cannot listen again on {} (stats socket): {}", each.name,
                                std::error_code(errno, std::generic_category()).message()),
                    "", {}};
  }
  return bad;
}

void command_service::start(boost::asio::io_context& on, proxy::runtime& runtime, command::process_facts from,
                            std::function<void(std::string_view)> on_fault) {
  const proxy::global_settings& global = runtime.global;
  if (sockets_.sockets.empty()) return;
  subject_ = std::make_unique<command::subject>(command::subject{runtime, std::move(from), {}});
  std::vector<command::listening> doors;
  for (listening_socket& each : sockets_.sockets) {
    const proxy::bind_settings& line = global.command_sockets[each.bind];
    subject_->sockets.push_back({name_of_socket(line, each.at), line.level});
    if (each.at.is_ip())
      addresses_.push_back({each.fd.native(), static_cast<int>(global.command_maxconn), name_of_socket(line, each.at)});
    doors.push_back({each.fd.release(), line.level, line.severity});
  }
  sockets_.sockets.clear();
  command::limits within;
  within.timeout = global.command_timeout;
  within.connections = global.command_maxconn;
  within.command_bytes = global.bufsize;
  service_ = std::make_unique<command::service>(on, *subject_, within, std::move(on_fault));
  service_->start(doors);
}

}  // namespace ringway::app

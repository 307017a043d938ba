#include "servers/connector.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "servers/state.hpp"

namespace ringway::servers {

namespace {

// Ports that others use are passed over; a range full of them must not hold the worker.
constexpr std::size_t most_ports_tried = 32;

int allow_device(int fd, const std::string& interface) {
  if (interface.empty()) return 0;
  const auto size = static_cast<socklen_t>(interface.size() + 1);
  return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(), size) == 0 ? 0 : errno;
}

// `source`: the address, and possibly a port of a range, to come from.
int bind_source(int fd, const state& server, std::size_t& tries, held_port& held) {
  const source_settings& source = server.config().source;
  if (const int error = allow_device(fd, source.interface); error != 0) return error;
  if (!source.from || !source.from->is_ip()) return 0;
  address from = *source.from;
  const int on = 1;
  // Without a port it is chosen at connect: many connections may share one as long as their peers differ.
  if (from.port == 0)
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  else
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  source_ports* const range = server.source_range();
  for (;; ++tries) {
    if (range != nullptr) {
      held.give_back();
      const auto port = range->take();
      if (!port) return EADDRINUSE;
      held = held_port(*range, *port);
      from.port = *port;
    }
    const raw_address at = raw(from);
    if (::bind(fd, at.data(), at.length) == 0) return 0;
    if (errno != EADDRINUSE || range == nullptr || tries + 1 >= std::min(range->size(), most_ports_tried)) return errno;
  }
}

void set_options(int fd, bool unix_socket, const connect_options& how) {
  const int on = 1, off = 0;
  if (!unix_socket) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (how.delayed_ack) setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    if (how.keep_alive_probes) setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  }
  if (how.no_linger) {
    const linger none{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }
}

}  // namespace

namespace {

// A datagram socket takes a port only when it has an address: with none, as where IPv6 is off, it says so as well.
bool has_no_way(const raw_address& to) {
  const int fd = ::socket(to.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool none = ::connect(fd, to.data(), to.length) != 0 && errno == EADDRNOTAVAIL;
  ::close(fd);
  return none;
}

}  // namespace

connecting start_connection(const state& server, const raw_address& to, const connect_options& how) {
  connecting out;
  out.result.unix_socket = to.data()->sa_family == AF_UNIX;
  const source_ports* const range = out.result.unix_socket ? nullptr : server.source_range();
  const std::size_t most = range != nullptr ? std::min(range->size(), most_ports_tried) : 1;
  for (std::size_t tries = 0;; ++tries) {
    const int fd = ::socket(to.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    connect_step at = connect_step::socket;
    int error = fd < 0 ? errno : 0;
    if (error == 0) {
      set_options(fd, out.result.unix_socket, how);
      if (!out.result.unix_socket) {
        at = connect_step::bind;
        error = bind_source(fd, server, tries, out.port);
      }
    }
    if (error == 0) {
      at = connect_step::connect;
      out.made = ::connect(fd, to.data(), to.length) == 0;
      error = out.made || errno == EINPROGRESS ? 0 : errno;
    }
    if (error == 0) {
      out.fd = fd;
      return out;
    }
    if (fd >= 0) ::close(fd);
    out.port.give_back();
    // That port leads to this very server already, from elsewhere or from a moment ago.
    const bool taken = at == connect_step::connect && (error == EADDRNOTAVAIL || error == EADDRINUSE);
    if (taken && tries + 1 < most) continue;
    out.result.step = at;
    out.result.error = error;
    out.result.no_way = at == connect_step::connect && error == EADDRNOTAVAIL && range == nullptr && has_no_way(to);
    return out;
  }
}

connect_result begin_connect(const state& server, std::uint16_t client_port, const connect_options& how, link& into) {
  const settings& config = server.config();
  into.server = &server;
  into.address_version = server.address_version();
  connect_result result;
  address to = server.where();
  raw_address at;
  if (to.kind == family::unix_path || to.kind == family::abstract) {
    const auto path = sockaddr_of_path(config.unix_path, config.unix_abstract, config.unix_length);
    if (!path) {
      result.step = connect_step::address;
      result.error = ENAMETOOLONG;
      return result;
    }
    at = *path;
  } else if (to.is_ip()) {
    if (config.port_relative) to.port = static_cast<std::uint16_t>(client_port + config.port_offset);
    at = raw(to);
  } else {
    result.step = connect_step::address;
    result.error = EADDRNOTAVAIL;
    return result;
  }
  connecting made = start_connection(server, at, how);
  if (!made.result.begun()) return made.result;
  if (const int error = into.socket.adopt_connecting(made.fd); error != 0) {
    ::close(made.fd);
    made.result.step = connect_step::watch;
    made.result.error = error;
    return made.result;
  }
  into.port = std::move(made.port);
  return made.result;
}

connect_remark remark_of(const connect_result& failed, std::string_view backend) {
  rlimit now{};
  getrlimit(RLIMIT_NOFILE, &now);
  return remark_of(failed.step, failed.error, failed.unix_socket, backend, now.rlim_cur);
}

std::size_t write_proxy_header(const settings& server, const proxy_protocol::endpoints& client,
                               proxy_protocol::written& into) {
  if (server.send_proxy_v2) return proxy_protocol::write_v2(client, server.send_proxy_checksum, into);
  return server.send_proxy ? proxy_protocol::write_v1(client, into) : 0;
}

// Version 1 has no word for "nobody's" that every server accepts, so it names the check's own addresses (2.1 there).
std::size_t write_check_header(const settings& server, const proxy_protocol::endpoints& own,
                               proxy_protocol::written& into) {
  const bool elsewhere = server.check.port != 0 || server.check.addr;
  if (!server.check.send_proxy && (!server.sends_proxy() || elsewhere)) return 0;
  if (server.send_proxy_v2) return proxy_protocol::write_local_v2(server.send_proxy_checksum, into);
  return proxy_protocol::write_v1(own, into);
}

}  // namespace ringway::servers

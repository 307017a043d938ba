#include "servers/connector.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>

#include "servers/state.hpp"

namespace ringway::servers {

namespace {

connect_result failed(int fd, int error) {
  if (fd >= 0) ::close(fd);
  const bool resources = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM || error == EAGAIN ||
                         error == EADDRNOTAVAIL || error == EADDRINUSE;
  return {resources ? connect_start::no_resources : connect_start::refused, error};
}

// `source`: the address, and possibly the port range, to come from.
int bind_source(int fd, const source_settings& source) {
  if (!source.interface.empty() &&
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, source.interface.c_str(),
                 static_cast<socklen_t>(source.interface.size() + 1)) != 0)
    return errno;
  if (!source.from) return 0;
  address from = *source.from;
  if (from.port == 0) {
    // The port is chosen at connect: many connections may share one as long as their peers differ.
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  }
  const std::uint16_t last = source.port_high > from.port ? source.port_high : from.port;
  const int on = 1;
  if (from.port != 0) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  for (std::uint32_t port = from.port; port <= last; ++port) {
    from.port = static_cast<std::uint16_t>(port);
    raw_address at = raw(from);
    if (::bind(fd, at.data(), at.length) == 0) return 0;
    if (errno != EADDRINUSE) return errno;
  }
  return EADDRINUSE;
}

}  // namespace

connect_result begin_connect(const state& server, std::uint16_t client_port, const connect_options& how, link& into) {
  const settings& config = server.config();
  into.server = &server;
  into.address_version = server.address_version();
  address to = server.where();
  raw_address at;
  if (to.kind == family::unix_path || to.kind == family::abstract) {
    const auto path = sockaddr_of_path(config.unix_path, config.unix_abstract);
    if (!path) return {connect_start::no_address, ENAMETOOLONG};
    at = *path;
  } else if (to.is_ip()) {
    if (config.port_relative) to.port = static_cast<std::uint16_t>(client_port + config.port_offset);
    at = raw(to);
  } else {
    return {connect_start::no_address, EADDRNOTAVAIL};
  }
  const int fd = ::socket(at.data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(fd, errno);
  if (to.is_ip()) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int off = 0;
    if (how.delayed_ack) setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
    if (how.keep_alive_probes) setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    if (const int error = bind_source(fd, config.source); error != 0) return failed(fd, error);
  }
  if (how.no_linger) {
    const linger off{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  }
  if (::connect(fd, at.data(), at.length) != 0 && errno != EINPROGRESS) return failed(fd, errno);
  if (const int error = into.socket.adopt_connecting(fd); error != 0) return failed(fd, error);
  return {};
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

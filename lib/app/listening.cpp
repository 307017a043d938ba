#include "app/listening.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "app/listening_steps.hpp"

namespace ringway::app {

owned_fd& owned_fd::operator=(owned_fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

void owned_fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string text_of(const proxy::bind_settings& bind) {
  if (bind.fd >= 0) return fmt::format("fd@{}", bind.fd);
  if (!bind.path.empty()) return bind.abstract ? std::string(prefix_of(bind.length)) + bind.path : bind.path;
  if (!bind.host.empty() && !bind.at.is_ip()) return fmt::format("{}:{}", bind.host, bind.at.port);
  return bind.at.text();
}

int effective_backlog(const proxy::bind_settings& bind, const proxy::section_settings& section,
                      unsigned process_maxconn) {
  constexpr unsigned most = 1U << 30;
  if (bind.backlog > 0) return bind.backlog;
  if (section.backlog > 0) return section.backlog;
  unsigned wanted = bind.maxconn;
  if (wanted == 0) wanted = section.maxconn.value_or(0);
  if (wanted == 0) wanted = process_maxconn;
  if (wanted == 0) wanted = 1024;
  return static_cast<int>(std::min(wanted, most));
}

address local_of(int fd) {
  raw_address at;
  at.length = sizeof at.storage;
  if (getsockname(fd, at.data(), &at.length) < 0) return {};
  return from_raw(at.data(), at.length);
}

// errno, or 0.
int bind_to(int fd, const address& at) {
  const raw_address to = raw(at);
  return ::bind(fd, to.data(), to.length) < 0 ? errno : 0;
}

namespace {

std::string words_of(int error) { return std::strerror(error); }

// HAProxy's sentence, so that whoever greps for it finds it.
complaint refusal(const bind_place& place, std::string_view doing, int error) {
  complaint out;
  out.id = "cannot-bind";
  out.where = place.bind.where;
  out.message = fmt::format("starting frontend {}: {} ({}) for [{}]", place.section.name, doing,
                            error == 0 ? "invalid" : words_of(error), text_of(place.bind));
  return out;
}

complaint cannot_bind(const bind_place& place, const address& at, int error) {
  complaint out = refusal(place, "cannot bind socket", error);
  const std::string another = fmt::format("--port {}={} listens elsewhere",
                                          place.bind.name.empty() ? place.section.name : place.bind.name,
                                          at.port < 1024 ? at.port + 8000 : at.port + 1);
  if (error == EADDRINUSE) {
    out.id = "address-in-use";
    if (const std::optional<port_owner> owner = owner_of(at, place.bind.v4v6)) {
      out.message += owner->pid == getpid()
                         ? ", held by this configuration itself"
                         : fmt::format(", held by process {} ({})", owner->pid, owner->program);
      out.help = owner->pid == getpid()
                     ? "two binds overlap"
                 : is_proxy(owner->pid)
                     ? fmt::format("stop it, take over with -sf {}, or: {}", owner->pid, another)
                     : fmt::format("stop it, or: {}", another);
    } else {
      out.help = fmt::format("`ss -ltnp sport = :{}` as root shows the holder; {}", at.port, another);
    }
  } else if (error == EACCES || error == EPERM) {
    out.id = "port-privilege";
    out.help = fmt::format(
        "ports below {} need root, CAP_NET_BIND_SERVICE, or "
        "sysctl net.ipv4.ip_unprivileged_port_start={}; {}",
        first_unprivileged_port(), at.port, another);
  } else if (error == EADDRNOTAVAIL) {
    out.id = "address-not-here";
    out.help =
        "no interface of this machine has the address (`ip address`); sysctl net.ipv4.ip_nonlocal_bind=1 "
        "permits it nevertheless";
  }
  return out;
}

// errno, or 0.
int set(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) < 0 ? errno : 0;
}

struct tcp_socket {
  owned_fd fd;
  outcome bad;
};

// With its options, not bound yet.
tcp_socket made_for(const bind_place& place, const address& at, bool reuse_port) {
  tcp_socket out;
  const int domain = at.kind == family::v6 ? AF_INET6 : AF_INET;
  out.fd = owned_fd(::socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (!out.fd) {
    const int why = errno;
    out.bad = refusal(place, "cannot create socket", why);
    if (why == EAFNOSUPPORT) out.bad->help = "this kernel has no IPv6, or it is switched off";
    if (why == EMFILE || why == ENFILE) out.bad->help = "the limit of open files is too low: ulimit -n";
    return out;
  }
  const int fd = out.fd.native();
  int error = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  // A kernel without it still binds for a single worker; a second bind says what is wrong.
  if (reuse_port) set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (error == 0 && at.kind == family::v6 && (place.bind.v6only || place.bind.v4v6)) {
    error = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, place.bind.v6only ? 1 : 0);
  }
  if (error != 0) {
    out.bad = refusal(place, "cannot set up socket", error);
    return out;
  }
  const std::string& interface = place.bind.interface;
  if (!interface.empty() && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface.c_str(),
                                       static_cast<socklen_t>(interface.size() + 1)) < 0) {
    const int why = errno;
    out.bad = refusal(place, fmt::format("cannot bind listener to device '{}'", interface), why);
    out.bad->help =
        why == ENODEV ? "there is no such interface (`ip link`)" : "this needs root or CAP_NET_RAW";
    return out;
  }
  return out;
}

tcp_socket bound(const bind_place& place, const address& at, bool reuse_port) {
  tcp_socket out = made_for(place, at, reuse_port);
  if (out.bad) return out;
  if (const int error = bind_to(out.fd.native(), at)) out.bad = cannot_bind(place, at, error);
  return out;
}

outcome listen_on(const bind_place& place, int fd, const address& at, const listening_options& how) {
  if (::listen(fd, effective_backlog(place.bind, place.section, how.maxconn)) == 0) return std::nullopt;
  // Two sockets may be bound to one address without listening; the second listen() finds it out.
  if (errno == EADDRINUSE && at.is_ip()) return cannot_bind(place, at, EADDRINUSE);
  return refusal(place, "cannot listen to socket", errno);
}

// Sockets of one bind that share the first one's description, for the workers from `from` on.
outcome duplicate(const bind_place& place, int first, unsigned from, unsigned workers, const address& at,
                  opened_sockets& out) {
  for (unsigned worker = from; worker < workers; ++worker) {
    const int copy = fcntl(first, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) return refusal(place, "cannot duplicate socket", errno);
    out.sockets.push_back({owned_fd(copy), place.section_index, place.bind_index, worker, at});
  }
  return std::nullopt;
}

outcome open_tcp(const bind_place& place, address at, const listening_options& how, older_sockets& older,
                 older_owners& owners, opened_sockets& out) {
  const unsigned wanted = how.reuse_port ? how.workers : 1;
  const auto keep = [&](owned_fd fd, unsigned worker) {
    const address real = local_of(fd.native());
    out.sockets.push_back({std::move(fd), place.section_index, place.bind_index, worker, real});
    return real.port;
  };
  // Several binds of one configuration may share an address, and so may the processes of a take-over:
  // SO_REUSEPORT wherever it is not forbidden, whatever the number of workers.
  unsigned worker = 0;
  bool adopted = false;
  for (; worker < wanted; ++worker) {
    tcp_socket made = made_for(place, at, how.reuse_port);
    if (made.bad) return made.bad;
    owned_fd taken = older.take_like(made.fd.native(), at);
    if (!taken) {
      const int error = adopted ? bind_to(made.fd.native(), at) : owners.bind_when_free(made.fd.native(), at);
      // What was taken over may be an only socket (-dR): then all our workers share it.
      if (error == EADDRINUSE && adopted) break;
      if (error != 0) return cannot_bind(place, at, error);
      taken = older.take_like(made.fd.native(), local_of(made.fd.native()));
    }
    if (taken) {
      made.fd = std::move(taken);
      adopted = true;
    }
    if (outcome bad = listen_on(place, made.fd.native(), at, how)) return bad;
    at.port = keep(std::move(made.fd), worker);  // port 0 is chosen once
  }
  const int last = out.sockets.back().fd.native();
  if (outcome bad = duplicate(place, last, worker, how.workers, at, out)) return bad;
  // There were more of them than we have workers: nobody is left to wait in one.
  for (unsigned more = 0; owned_fd taken = older.take_like(last, local_of(last)); ++more)
    keep(std::move(taken), more % how.workers);
  return std::nullopt;
}

outcome open_unix(const bind_place& place, const listening_options& how, opened_sockets& out) {
  owned_fd fd;
  const int backlog = effective_backlog(place.bind, place.section, how.maxconn);
  if (outcome bad = open_unix_socket(place, backlog, how.older, out, fd)) return bad;
  address at;
  at.kind = place.bind.abstract ? family::abstract : family::unix_path;
  const int first = fd.native();
  out.sockets.push_back({std::move(fd), place.section_index, place.bind_index, 0, at});
  return duplicate(place, first, 1, how.workers, at, out);
}

outcome check_inherited(const bind_place& place) {
  const int fd = place.bind.fd;
  int kind = 0;
  socklen_t size = sizeof kind;
  complaint bad = refusal(place, "cannot use inherited descriptor", 0);
  bad.id = "bad-descriptor";
  bad.help = "fd@ is for a bound stream socket passed on by whoever started this process";
  if (fcntl(fd, F_GETFD) < 0) {
    bad = refusal(place, "cannot use inherited descriptor", errno);
    bad.id = "bad-descriptor";
    bad.help = "nothing is open under this number; it must be passed on by whoever started this process";
    return bad;
  }
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) < 0) {
    bad.message += ": not a socket";
    return bad;
  }
  if (kind != SOCK_STREAM) {
    bad.message += ": not a stream socket";
    return bad;
  }
  const address at = local_of(fd);
  if (at.kind == family::none || (at.is_ip() && at.port == 0)) {
    bad.message += ": not bound to an address";
    return bad;
  }
  sockaddr_storage peer{};
  socklen_t length = sizeof peer;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &length) == 0) {
    bad.message += ": a connection, not a listening socket";
    return bad;
  }
  return std::nullopt;
}

outcome open_inherited(const bind_place& place, const listening_options& how, opened_sockets& out) {
  if (outcome bad = check_inherited(place)) return bad;
  const int fd = place.bind.fd;
  int accepting = 0;
  socklen_t size = sizeof accepting;
  getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size);
  const address at = local_of(fd);
  if (accepting == 0) {
    if (outcome bad = listen_on(place, fd, at, how)) return bad;
  }
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
    return refusal(place, "cannot set up inherited descriptor", errno);
  }
  // The number itself stays open: another bind may name it too.
  const int first = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (first < 0) return refusal(place, "cannot duplicate socket", errno);
  out.sockets.push_back({owned_fd(first), place.section_index, place.bind_index, 0, at});
  return duplicate(place, first, 1, how.workers, at, out);
}

bool is_tcp(const proxy::bind_settings& bind) { return bind.fd < 0 && bind.path.empty(); }

// The stats sockets as if they were a frontend's; nothing of them is held afterwards.
proxy::model only_commands(const proxy::global_settings& from) {
  proxy::model out;
  proxy::section_settings one;
  one.name = "GLOBAL";
  one.front = true;
  one.maxconn = from.command_maxconn;
  one.binds = from.command_sockets;
  out.sections.push_back(std::move(one));
  return out;
}

// Calls `each` for every bind that is to be listened on.
template <class Each>
void for_each_bind(const proxy::model& from, Each each) {
  for (std::size_t s = 0; s < from.sections.size(); ++s) {
    const proxy::section_settings& section = from.sections[s];
    if (!section.front || section.disabled) continue;
    for (std::size_t b = 0; b < section.binds.size(); ++b) each(bind_place{section, section.binds[b], s, b});
  }
}

}  // namespace

bool has_listener(const proxy::model& of) {
  bool any = !of.global.command_sockets.empty();
  for_each_bind(of, [&any](const bind_place&) { any = true; });
  return any;
}

opened_sockets open_listening(const proxy::model& from, const listening_options& how) {
  opened_sockets out;
  struct ready_bind {
    bind_place place;
    address at;
  };
  std::vector<ready_bind> binds;
  // All are tried before the first is opened: afterwards our own sockets would be in the way of those binds
  // of the same configuration that share an address.
  for_each_bind(from, [&](const bind_place& place) {
    address at;
    if (is_tcp(place.bind)) {
      outcome bad = resolve_place(place, how, at);
      if (!bad && !how.taking_over) bad = bound(place, at, false).bad;
      if (bad) {
        out.failures.push_back(std::move(*bad));
        return;
      }
    }
    binds.push_back({place, at});
  });
  if (!out.ok()) return out;
  older_sockets older(how.older);
  older_owners owners(how);
  for (const ready_bind& one : binds) {
    outcome bad;
    if (one.place.bind.fd >= 0)
      bad = open_inherited(one.place, how, out);
    else if (!one.place.bind.path.empty())
      bad = open_unix(one.place, how, out);
    else
      bad = open_tcp(one.place, one.at, how, older, owners, out);
    if (bad) out.failures.push_back(std::move(*bad));
  }
  out.asked_older = owners.asked();
  return out;
}

std::vector<complaint> opened_sockets::put_files_in_place() {
  std::vector<complaint> out;
  for (waiting_file& one : files)
    if (outcome bad = one.put_in_place()) out.push_back(std::move(*bad));
  files.clear();
  return out;
}

opened_sockets open_command_sockets(const proxy::global_settings& from, listening_options how) {
  how.workers = 1;
  return open_listening(only_commands(from), how);
}

std::vector<complaint> try_bind(const proxy::model& from, const listening_options& how) {
  std::vector<complaint> out;
  const proxy::model commands = only_commands(from.global);
  const auto attempt = [&](const bind_place& place) {
    outcome bad;
    if (place.bind.fd >= 0) {
      bad = check_inherited(place);
    } else if (!place.bind.path.empty()) {
      bad = try_unix_socket(place, how.older);
    } else {
      address at;
      bad = resolve_place(place, how, at);
      if (!bad) bad = bound(place, at, how.taking_over).bad;
    }
    if (bad) out.push_back(std::move(*bad));
  };
  for_each_bind(from, attempt);
  for_each_bind(commands, attempt);
  return out;
}

}  // namespace ringway::app

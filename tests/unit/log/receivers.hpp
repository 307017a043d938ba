// Log servers of the tests: real sockets and pipes, read with a deadline, never with a sleep.
#pragma once
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "samples.hpp"

namespace ringway::log {

constexpr std::chrono::milliseconds patience{5000};

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) : fd_(fd) {
    if (fd < 0) throw std::runtime_error("no descriptor");
  }
  ~descriptor() { reset(); }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int operator*() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  bool readable(std::chrono::milliseconds within = patience) const {
    pollfd one{fd_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(within.count())) == 1;
  }
  // One datagram, or whatever a stream has; nullopt: nothing came. Empty: end of the stream.
  std::optional<std::string> read(std::chrono::milliseconds within = patience) const {
    if (!readable(within)) return std::nullopt;
    std::string text(70000, '\0');
    const auto count = ::read(fd_, text.data(), text.size());
    if (count < 0) return std::nullopt;
    text.resize(static_cast<std::size_t>(count));
    return text;
  }
  std::string read_until(std::string_view end) const {
    std::string all;
    while (!all.ends_with(end)) {
      const auto more = read();
      if (!more || more->empty()) break;
      all += *more;
    }
    return all;
  }

 private:
  int fd_ = -1;
};

struct udp_server {
  descriptor socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  target_settings target;

  udp_server() {
    auto here = raw(at("127.0.0.1", 0));
    if (::bind(*socket, here.data(), here.length) != 0) throw std::runtime_error("bind");
    socklen_t length = sizeof here.storage;
    ::getsockname(*socket, here.data(), &length);
    target.via = transport::udp;
    target.resolved = from_raw(here.data(), length);
    target.port = target.resolved.port;
    target.format = line_format::raw;
  }
};

// A directory of its own for sockets.
struct directory {
  std::string path = "/tmp/ringway-log-XXXXXX";
  directory() {
    if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  ~directory() {
    ::unlink((path + "/log").c_str());
    ::rmdir(path.c_str());
  }
  std::string socket() const { return path + "/log"; }
};

inline descriptor unix_server(const std::string& path, int type) {
  descriptor made(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  auto here = sockaddr_of_path(path, false).value();
  ::unlink(path.c_str());
  if (::bind(*made, here.data(), here.length) != 0) throw std::runtime_error("bind");
  if (type == SOCK_STREAM && ::listen(*made, 8) != 0) throw std::runtime_error("listen");
  return made;
}

inline descriptor accepted(const descriptor& from) {
  if (!from.readable()) throw std::runtime_error("nobody connects");
  return descriptor(::accept(*from, nullptr, nullptr));
}

inline target_settings unix_target(const std::string& path, transport via) {
  target_settings target;
  target.via = via;
  target.path = path;
  target.format = line_format::raw;
  return target;
}

struct pipe_pair {
  descriptor reader, writer;
  explicit pipe_pair(int flags = 0) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | flags) != 0) throw std::runtime_error("pipe");
    reader = descriptor(ends[0]);
    writer = descriptor(ends[1]);
  }
  target_settings target() const {
    target_settings made;
    made.via = transport::fd;
    made.fd = *writer;
    made.format = line_format::raw;
    return made;
  }
};

inline settings proxy_with(std::vector<target_settings> targets,
                           settings::style style = settings::style::http) {
  settings how;
  how.targets = std::move(targets);
  how.format = style;
  return how;
}

}  // namespace ringway::log

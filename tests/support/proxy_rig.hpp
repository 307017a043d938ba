// A running proxy in the test's process: one worker on its own thread, a model made by hand, origins made of
// blocking sockets on port 0. Nothing sleeps: every read has a limit.
#pragma once
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "proxy/assemble.hpp"
#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "proxy/transaction.hpp"

namespace ringway::support {

// A blocking TCP socket with reads that give up.
class peer {
 public:
  peer() = default;
  explicit peer(int fd) : fd_(fd) {}
  peer(peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  peer& operator=(peer&& other) noexcept {
    close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  ~peer() { close(); }

  static peer connect(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    return peer(fd);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  // The connection is under way, and nobody waits for it.
  static peer begin(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    return peer(fd);
  }
  // As much as goes in until nothing did for 100 ms.
  std::size_t flood() {
    const std::string piece(65536, 'x');
    std::size_t sent = 0;
    pollfd one{fd_, POLLOUT, 0};
    while (::poll(&one, 1, 100) == 1) {
      const ssize_t n = ::send(fd_, piece.data(), piece.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    return sent;
  }
  // Up to and with `mark`, or what came until the end or the time limit.
  std::string until(std::string_view mark) {
    std::string got = std::exchange(kept_, {});
    for (;;) {
      if (const std::size_t at = got.find(mark); at != std::string::npos) {
        kept_ = got.substr(at + mark.size());
        got.resize(at + mark.size());
        return got;
      }
      char bytes[4096];
      const ssize_t n = read_some(bytes, sizeof bytes);
      if (n <= 0) return got;
      got.append(bytes, static_cast<std::size_t>(n));
    }
  }
  std::string exactly(std::size_t size) {
    std::string got = std::exchange(kept_, {});
    while (got.size() < size) {
      char bytes[4096];
      const ssize_t n = read_some(bytes, sizeof bytes);
      if (n <= 0) break;
      got.append(bytes, static_cast<std::size_t>(n));
    }
    if (got.size() > size) {
      kept_ = got.substr(size);
      got.resize(size);
    }
    return got;
  }
  std::string to_end() {
    std::string got = std::exchange(kept_, {});
    char bytes[4096];
    for (ssize_t n; (n = read_some(bytes, sizeof bytes)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
    return got;
  }
  // Closed by the other side, in whichever way: a connection to a server is reset so that its port is free at once.
  bool gone() {
    char c;
    const ssize_t n = kept_.empty() ? read_some(&c, 1) : 1;
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }
  bool ended() { char c; return kept_.empty() && read_some(&c, 1) == 0; }
  void finish() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger off{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &off, sizeof off);
    close();
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd() const { return fd_; }

 private:
  ssize_t read_some(char* into, std::size_t size) {
    pollfd one{fd_, POLLIN, 0};
    if (::poll(&one, 1, 10000) != 1) return -1;
    return ::recv(fd_, into, size, 0);
  }
  int fd_ = -1;
  std::string kept_;
};

// A listening socket on port 0.
struct listening {
  int fd = -1;
  std::uint16_t port = 0;
  explicit listening(int backlog = 1024) {
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    REQUIRE(::listen(fd, backlog) == 0);
    socklen_t length = sizeof at;
    getsockname(fd, reinterpret_cast<sockaddr*>(&at), &length);
    port = ntohs(at.sin_port);
  }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;
  ~listening() { stop(); }
  void stop() {  // connections are refused from here on
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  peer accept() {
    pollfd one{fd, POLLIN, 0};
    if (::poll(&one, 1, 10000) != 1) return peer();
    return peer(::accept(fd, nullptr, nullptr));
  }
  bool nobody_comes(int ms = 50) {
    pollfd one{fd, POLLIN, 0};
    return ::poll(&one, 1, ms) == 0;
  }
};

class proxy_rig {
 public:
  using change = std::function<void(proxy::model&)>;
  explicit proxy_rig(const change& edit = {}, std::size_t origins = 1) {
    log_pipe();
    proxy::section_settings fe, be;
    fe.name = "fe";
    fe.front = true;
    fe.kind = be.kind = proxy::mode::http;
    fe.default_backend = "be";
    fe.binds.emplace_back();
    fe.time.client = be.time.server = be.time.connect = milliseconds{10000};
    fe.log.format = log::settings::style::http;
    log::target_settings target;
    target.via = log::transport::fd;
    target.fd = log_write_;
    target.format = log::line_format::raw;
    fe.log.targets.push_back(target);
    be.name = "be";
    be.back = true;
    for (std::size_t i = 0; i < origins; ++i) {
      servers.push_back(std::make_unique<listening>());
      servers::settings one;
      one.name = "s" + std::to_string(i + 1);
      one.id = static_cast<std::uint32_t>(i + 1);
      one.ip = *parse_ip("127.0.0.1");
      one.port = servers.back()->port;
      be.servers.push_back(one);
    }
    proxy::model model;
    model.sections = {fe, be};
    if (edit) edit(model);
    proxy::assembly how;
    how.pipes = 16;
    all = proxy::assemble(model, how);
    all->logger->open();
    all->logger->start();
    proxy::home& home = *all->homes.front();
    front_ = std::make_unique<listening>();
    port = front_->port;
    const int fd = ::dup(front_->fd);
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    home.worker.post([this, fd, &home] {
      proxy::frontend& fe_now = *all->frontends.front();
      home.listeners.push_back(
          std::make_unique<proxy::listener>(home, fe_now, fe_now.settings.binds.front(), fd, 128, away_));
      home.listeners.back()->start();
      home.worker.spawn(home.housekeeping());
    });
    home.worker.start();
  }
  ~proxy_rig() { stop(); }

  void stop() {
    if (!all) return;
    proxy::home& home = *all->homes.front();
    home.worker.post([&home] {
      home.stop_listening();
      home.kill_sessions();
      home.worker.stop_when_idle();
    });
    home.worker.join();
    all->logger->stop();
    escaped = all->escaped.load();
    all.reset();
    ::close(log_write_);
    log_write_ = -1;
  }
  peer client() { return peer::connect(port); }
  struct both_ends { peer client, server; };
  // A new client, whose request is at the first server on a new connection and was read there up to the end of its head.
  both_ends at_server(std::string_view request) {
    both_ends out{client(), {}};
    out.client.send(request);
    out.server = servers[0]->accept();
    out.server.until("\r\n\r\n");
    return out;
  }
  // Runs `work(home)` on the worker's thread and waits until it has.
  template <typename Work>
  void on_worker(Work work) {
    std::promise<void> done;
    proxy::home& home = *all->homes.front();
    home.worker.post([&] {
      work(home);
      done.set_value();
    });
    done.get_future().wait();
  }
  // The worker's clock is that much later from now on.
  void skip(io::tick ms) {
    on_worker([ms](proxy::home& home) { home.worker.skip_time(ms); });
  }
  std::size_t sessions() {
    std::size_t count = 0;
    on_worker([&](proxy::home& home) { count = home.sessions; });
    return count;
  }
  // The next line of the log.
  std::string log_line() { return log_reader_.until("\n"); }
  // After stop(): all lines that were not read.
  std::string log_rest() { return log_reader_.to_end(); }

  std::vector<std::unique_ptr<listening>> servers;
  std::unique_ptr<proxy::runtime> all;
  std::uint16_t port = 0;
  std::uint64_t escaped = 0;

 private:
  void log_pipe() {
    int pair[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    log_reader_ = peer(pair[0]);
    log_write_ = pair[1];
  }
  peer log_reader_;
  int log_write_ = -1;
  std::unique_ptr<listening> front_;
  const std::atomic<bool> away_{false};
};

}  // namespace ringway::support

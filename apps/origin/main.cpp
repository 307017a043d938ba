// An origin for tests, the tutorial and benchmarks: it obeys, and misbehaves on request. What it does is
// chosen by the first word of the path (see routes.cpp and --help). Plain epoll, one loop per thread, nothing
// of lib/: a fault in the proxy's own code must not be able to hide behind the same fault here.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "loop.hpp"
#include "routes.hpp"
#include "text.hpp"

using namespace origin;

namespace {

int listen_on(const std::string& address, int port, bool shared) {
  sockaddr_storage where{};
  socklen_t size = 0;
  if (in6_addr six; inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    sockaddr_in6 full{};
    full.sin6_family = AF_INET6;
    full.sin6_addr = six;
    full.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&where, &full, size = sizeof full);
  } else {
    sockaddr_in full{};
    full.sin_family = AF_INET;
    full.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, address.c_str(), &full.sin_addr) != 1) return -1;
    std::memcpy(&where, &full, size = sizeof full);
  }
  int fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&where)), size) != 0 ||
      listen(fd, 4096) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int port_of(int fd) {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&where)), &size);
  in_port_t port = 0;  // the same place in both address families
  std::memcpy(&port, static_cast<const char*>(static_cast<const void*>(&where)) + 2, sizeof port);
  return ntohs(port);
}

void print_help() {
  std::puts(
      "usage: origin --port N [--name TEXT] [--port N [--name TEXT]]... [options]\n"
      "An HTTP/1.1 origin for tests and benchmarks.\n\n"
      "  --port N       listen here; 0 lets the kernel choose; may be repeated\n"
      "  --name TEXT    name of the port before it (\"Flask App 1\"), shown in X-Served-By and the greeting\n"
      "  --bind ADDR    address to listen on, IPv4 or IPv6 (127.0.0.1)\n"
      "  --port-file F  write the ports, one a line, once all listen\n"
      "  --threads N    event loops (1)\n\n"
      "Paths:");
  for (const auto& one : routes()) {
    auto path = "/" + std::string(one.word) + std::string(one.argument);
    std::printf("  %-20s %.*s\n", path.c_str(), static_cast<int>(one.help.size()), one.help.data());
  }
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::unique_ptr<site>> sites;
  std::string address = "127.0.0.1", port_file, first_name;
  std::uint64_t threads = 1;
  for (int i = 1; i < count; ++i) {
    std::string_view word = words[i];
    if (word == "--help" || word == "-h") return print_help(), 0;
    if (i + 1 >= count) return std::fprintf(stderr, "origin: %s wants a value (--help)\n", words[i]), 2;
    std::string value = words[++i];
    auto amount = number(value);
    if (word == "--port" && amount && *amount < 65536) {
      sites.push_back(std::make_unique<site>());
      sites.back()->port = static_cast<int>(*amount);
    } else if (word == "--name") {
      (sites.empty() ? first_name : sites.back()->name) = value;
    } else if (word == "--bind") {
      address = value;
    } else if (word == "--port-file") {
      port_file = value;
    } else if (word == "--threads" && amount && *amount > 0 && *amount <= 64) {
      threads = *amount;
    } else {
      return std::fprintf(stderr, "origin: do not understand %s %s (--help)\n", words[i - 1], value.c_str()),
             2;
    }
  }
  if (sites.empty()) return std::fprintf(stderr, "origin: no --port (--help)\n"), 2;
  if (sites.front()->name.empty()) sites.front()->name = first_name;
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (sites[i]->name.empty()) sites[i]->name = "origin " + std::to_string(i + 1);

  std::signal(SIGPIPE, SIG_IGN);
  for (int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { _exit(0); });

  std::vector<loop> loops;
  for (std::uint64_t n = 0; n < threads; ++n) {
    std::vector<std::pair<int, site*>> listeners;
    for (auto& one : sites) {
      int fd = listen_on(address, one->port, threads > 1);
      if (fd < 0) {
        std::fprintf(stderr, "origin: cannot listen on %s:%d: %s\n", address.c_str(), one->port,
                     strerror(errno));
        return 1;
      }
      one->port = port_of(fd);
      listeners.emplace_back(fd, one.get());
    }
    loops.emplace_back(std::move(listeners));
  }
  if (!port_file.empty()) {
    // Written aside and renamed: a reader sees all of it or nothing.
    auto aside = port_file + ".new";
    std::FILE* file = std::fopen(aside.c_str(), "w");
    if (!file) return std::fprintf(stderr, "origin: cannot write %s\n", aside.c_str()), 1;
    for (auto& one : sites) std::fprintf(file, "%d\n", one->port);
    std::fclose(file);
    if (std::rename(aside.c_str(), port_file.c_str()) != 0) return 1;
  }
  std::vector<std::thread> others;
  for (std::size_t n = 1; n < loops.size(); ++n) others.emplace_back([&one = loops[n]] { one.run(); });
  loops.front().run();
}

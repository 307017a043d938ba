// `source <address>:<low>-<high>`: the ports of one server's range. A port belongs to one connection at a time, whichever
// worker or check opened it, and comes back when that is closed. They go round, so that each rests as long as possible:
// the one that comes back is the last to be taken again, as in HAProxy.
// Threads: any; a short lock, which only servers with a range know.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace ringway::servers {

class source_ports {
 public:
  source_ports(std::uint16_t low, std::uint16_t high);

  std::size_t size() const { return ring_.size(); }
  std::optional<std::uint16_t> take();  // nullopt: all are in use
  void give_back(std::uint16_t port);

 private:
  std::mutex lock_;
  std::vector<std::uint16_t> ring_;
  std::size_t first_ = 0, count_ = 0;
};

// One port of a range, or none. Destroyed after the socket that is bound to it is closed.
class held_port {
 public:
  held_port() = default;
  held_port(source_ports& of, std::uint16_t port) : of_(&of), port_(port) {}
  held_port(held_port&& other) noexcept : of_(std::exchange(other.of_, nullptr)), port_(other.port_) {}
  held_port& operator=(held_port&& other) noexcept {
    give_back();
    of_ = std::exchange(other.of_, nullptr);
    port_ = other.port_;
    return *this;
  }
  ~held_port() { give_back(); }
  void give_back() {
    if (of_ != nullptr) std::exchange(of_, nullptr)->give_back(port_);
  }

 private:
  source_ports* of_ = nullptr;
  std::uint16_t port_ = 0;
};

}  // namespace ringway::servers

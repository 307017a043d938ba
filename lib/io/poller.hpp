// The worker's epoll set, edge-triggered: a socket is registered once in its life, for both directions, and its
// readiness is remembered in flags. Against Asio's own reactor this saves the read that only learns EAGAIN and
// every re-arming; Asio keeps what it does well here: the coroutines and their executor.
#pragma once
#include <sys/epoll.h>

#include <array>
#include <cstdint>

namespace ringway::io {

// Something with a file descriptor. on_event only notes what happened and wakes; it never runs a coroutine.
class event_source {
 public:
  virtual void on_event(std::uint32_t events) = 0;

 protected:
  ~event_source() = default;
};

class poller {
 public:
  poller();  // throws std::system_error when the kernel refuses an epoll set
  ~poller();
  poller(const poller&) = delete;
  poller& operator=(const poller&) = delete;

  static constexpr std::uint32_t both_ways = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  // errno on failure, 0 on success. The source must outlive its registration.
  int add(int fd, event_source& source, std::uint32_t events = both_ways);
  int modify(int fd, event_source& source, std::uint32_t events);
  // Before close(fd): forgets events already fetched for this source. Closing removes the registration.
  void forget(event_source& source);
  void remove(int fd, event_source& source);

  // Waits up to `timeout_ms` (-1: without limit); dispatch() then tells the sources what happened.
  void wait(int timeout_ms);
  void dispatch();

 private:
  static constexpr int batch = 256;
  int fd_;
  int at_ = 0, count_ = 0;
  std::array<epoll_event, batch> events_;
};

}  // namespace ringway::io

#include "io/poller.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "io/calls.hpp"

namespace ringway::io {

poller::poller() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::system_category(), "epoll_create1");
}

poller::~poller() { ::close(fd_); }

int poller::add(int fd, event_source& source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

int poller::modify(int fd, event_source& source, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &source;
  return epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event) == 0 ? 0 : errno;
}

void poller::forget(event_source& source) {
  for (int i = at_; i < count_; ++i)
    if (events_[static_cast<std::size_t>(i)].data.ptr == &source)
      events_[static_cast<std::size_t>(i)].data.ptr = nullptr;
}

void poller::remove(int fd, event_source& source) {
  epoll_event event{};
  epoll_ctl(fd_, EPOLL_CTL_DEL, fd, &event);
  forget(source);
}

void poller::wait(int timeout_ms) {
  const int n = calls::epoll_wait(fd_, events_.data(), batch, timeout_ms);
  count_ = n > 0 ? n : 0;
}

void poller::dispatch() {
  for (at_ = 0; at_ < count_;) {
    const epoll_event event = events_[static_cast<std::size_t>(at_++)];
    if (event.data.ptr != nullptr) static_cast<event_source*>(event.data.ptr)->on_event(event.events);
  }
  count_ = at_ = 0;
}

}  // namespace ringway::io

// Events, timers, and what goes out.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "loop.hpp"
#include "routes.hpp"

namespace origin {

loop::loop(std::vector<std::pair<int, site*>> listeners) : listeners_(std::move(listeners)) {
  poll_ = epoll_create1(EPOLL_CLOEXEC);
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;  // connections use their serial, which starts above every listener's number
    epoll_ctl(poll_, EPOLL_CTL_ADD, listeners_[i].first, &event);
  }
}

void loop::run() {
  std::array<epoll_event, 512> events;
  for (;;) {
    int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), patience());
    for (int i = 0; i < ready; ++i) {
      auto key = events[static_cast<std::size_t>(i)].data.u64;
      if (key < listeners_.size()) {
        accept_all(listeners_[key]);
      } else if (auto found = open_.find(key); found != open_.end()) {
        serve(*found->second, events[static_cast<std::size_t>(i)].events);
      }
    }
    fire_timers();
  }
}

void loop::wait(connection& c, milliseconds time) {
  c.now = phase::wait;
  c.due = steady::now() + time;
  timers_.emplace(c.due, c.serial);
}

void loop::reset(connection& c) {
  linger hard{1, 0};
  setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  drop(c);
}

void loop::drop(connection& c) {
  close(c.fd);
  c.fd = -1;
  gone_.push_back(c.serial);
}

int loop::patience() const {
  if (timers_.empty()) return -1;
  auto left = std::chrono::ceil<milliseconds>(timers_.begin()->first - steady::now()).count();
  return left < 0 ? 0 : static_cast<int>(left);
}

void loop::fire_timers() {
  auto now = steady::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto [due, serial] = *timers_.begin();
    timers_.erase(timers_.begin());
    auto found = open_.find(serial);
    if (found == open_.end() || found->second->due != due) continue;
    auto& c = *found->second;
    if (c.now == phase::linger) {
      drop(c);
    } else if (c.now == phase::wait) {
      c.now = phase::answer;
      if (c.chosen->word == "delay") say_hello(*this, c);
    }
    advance(c);
  }
}

void loop::accept_all(std::pair<int, site*>& from) {
  for (int burst = 0; burst < 64; ++burst) {
    int fd = accept4(from.first, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto made = std::make_unique<connection>();
    made->fd = fd;
    made->serial = next_serial_.fetch_add(1, std::memory_order_relaxed);
    made->where = from.second;
    made->interest = EPOLLIN;
    from.second->connections.fetch_add(1, std::memory_order_relaxed);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = made->serial;
    epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
    open_.emplace(made->serial, std::move(made));
  }
}

void loop::serve(connection& c, std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
    thread_local std::array<char, 64 * 1024> buffer;
    auto got = recv(c.fd, buffer.data(), buffer.size(), 0);
    if (got > 0) {
      if (c.now != phase::linger) c.in.append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0) {
      c.end_of_input = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      drop(c);
    }
  }
  advance(c);
}

void loop::advance(connection& c) {
  while (c.fd >= 0 && flush(c) && step(c)) {
  }
  if (c.fd >= 0) {
    // More than high_water is let in while a head is incomplete: the rest of it may be all that is missing.
    bool full = c.pending_in().size() >= (c.now == phase::head ? head_limit + 1 : high_water);
    std::uint32_t wanted = 0;
    if (!full && !c.end_of_input) wanted |= EPOLLIN;
    if (c.pending_out() > 0 || (c.now == phase::answer && c.answer_left > 0)) wanted |= EPOLLOUT;
    if (c.end_of_input && c.pending_out() == 0 &&
        (c.now == phase::head || c.now == phase::body || c.now == phase::stall || c.now == phase::linger)) {
      drop(c);
    } else if (wanted != c.interest) {
      epoll_event event{};
      event.events = c.interest = wanted;
      event.data.u64 = c.serial;
      epoll_ctl(poll_, EPOLL_CTL_MOD, c.fd, &event);
    }
  }
  for (auto serial : gone_) open_.erase(serial);
  gone_.clear();
}

bool loop::flush(connection& c) {
  if (c.pending_out() > 0) {
    if (!put(c, c.out.data() + c.out_at, c.pending_out(), c.out_at)) return false;
    if (c.pending_out() > 0) return false;
  }
  c.out.clear();
  c.out_at = 0;
  // A plain generated body goes out straight from the pattern, without a copy.
  while (c.now == phase::answer && c.answer_framing != framing::chunked && c.answer_left > 0 &&
         c.drip == milliseconds(0)) {
    auto from = static_cast<std::size_t>(c.answer_at % alphabet.size());
    auto size = static_cast<std::size_t>(std::min<std::uint64_t>(c.answer_left, pattern().size() - from));
    std::size_t sent = 0;
    if (!put(c, pattern().data() + from, size, sent)) return false;
    c.answer_at += sent;
    c.answer_left -= sent;
    if (sent < size) return false;
  }
  return true;
}

bool loop::put(connection& c, const char* data, std::size_t size, std::size_t& counted) {
  auto sent = send(c.fd, data, size, MSG_NOSIGNAL);
  if (sent >= 0) {
    counted += static_cast<std::size_t>(sent);
    return true;
  }
  if (errno != EAGAIN && errno != EINTR) drop(c);
  return false;
}

bool loop::step(connection& c) {
  switch (c.now) {
    case phase::head:
      return take_head(c);
    case phase::body:
      return take_body(c);
    case phase::answer:
      return continue_answer(c);
    case phase::tunnel: {
      auto data = c.pending_in();
      c.out += data;
      forget_input(c, data.size());
      if (data.empty() && c.end_of_input) drop(c);
      return !data.empty();
    }
    case phase::wait:
    case phase::stall:
    case phase::linger:
      return false;
  }
  return false;
}

}  // namespace origin

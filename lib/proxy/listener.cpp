#include "proxy/listener.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "proxy/session.hpp"

namespace ringway::proxy {

namespace {
constexpr int most_at_once = 64;  // accepts per turn: others want the loop too
}

listener::listener(home& at, frontend& front, const bind_settings& bind, int fd)
    : home_(at), front_(front), bind_(bind), fd_(fd) {}

listener::~listener() { close(); }

void listener::start() { home_.worker.events().add(fd_, *this, EPOLLIN); }

void listener::close() {
  if (fd_ < 0) return;
  home_.worker.events().remove(fd_, *this);
  ::close(fd_);
  fd_ = -1;
}

bool listener::may_accept() const {
  const auto below = [](const std::atomic<std::uint32_t>& count, unsigned limit) {
    return limit == 0 || count.load(std::memory_order_relaxed) < limit;
  };
  return below(front_.connections_of(bind_), bind_.maxconn) && below(front_.connections, front_.maxconn) && below(home_.all.connections, home_.all.maxconn);
}

void listener::pause() {
  if (paused_) return;
  paused_ = true;
  home_.worker.events().modify(fd_, *this, 0);
  home_.wake_housekeeping();
}

void listener::resume() {
  if (!paused_ || fd_ < 0 || !may_accept()) return;
  paused_ = false;
  home_.worker.events().modify(fd_, *this, EPOLLIN);
}

void listener::on_event(std::uint32_t) {
  for (int i = 0; i < most_at_once; ++i) {
    if (!may_accept()) return pause();
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED || errno == EPROTO) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      // No descriptors or no memory: those who are in stay; try again at the next housekeeping.
    home_.pipes.clear();
      return pause();
    }
    session::begin(home_, front_, bind_, fd, from_raw(reinterpret_cast<const sockaddr*>(&from), length));
  }
}

}  // namespace ringway::proxy

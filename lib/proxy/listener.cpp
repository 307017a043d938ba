#include "proxy/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>

#include "proxy/session.hpp"

namespace ringway::proxy {

namespace {
constexpr int least_at_once = 8;  // accepts per turn, however much others want the loop

// Workers may have descriptors of one socket. A shutdown of one that does not listen any more would stay with it, and whoever
// is accepted from it later could not be read from.
void stop_listening_on(int fd) {
  static std::mutex one_at_a_time;
  const std::lock_guard guard(one_at_a_time);
  int listens = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens == 1) ::shutdown(fd, SHUT_RD);
}
}

listener::listener(home& at, frontend& front, const bind_settings& bind, int fd, int backlog,
                   const std::atomic<bool>& away)
    : home_(at), front_(front), bind_(bind), fd_(fd), backlog_(backlog), away_wanted_(away) {}

listener::~listener() { close(); }

// Accepted sockets inherit their options from the listening one (tcp(7)): set once, not for each client.
void listener::start() {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // unix sockets refuse it, and need it not
  if (front_.settings.tcpka_client) setsockopt(fd_, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  if (front_.settings.nolinger) {
    const linger off{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  }
  home_.worker.events().add(fd_, *this, EPOLLIN);
}

void listener::close() {
  if (fd_ < 0) return;
  home_.all.paused.leave(*this);
  if (!away_) home_.worker.events().remove(fd_, *this);
  ::close(fd_);
  fd_ = -1;
}

void listener::drain_and_close() {
  take_in_all_who_wait();
  close();
}

void listener::let_go() {
  // Asked back meanwhile: another worker may listen again already, perhaps on another descriptor of the same socket.
  if (fd_ < 0 || away_ || !away_wanted_.load()) return;
  take_in_all_who_wait();
  home_.all.paused.leave(*this);
  paused_ = false;
  away_ = true;
  // Before the shutdown, of which the poller would tell for ever.
  home_.worker.events().remove(fd_, *this);
  if (bind_.path.empty()) stop_listening_on(fd_);
}

int listener::take_back() {
  if (fd_ < 0 || !away_) return 0;
  // Listening twice does no harm: other workers may have descriptors of the same socket.
  if (bind_.path.empty() && ::listen(fd_, backlog_) < 0) {
    const int error = errno;
    wanted_back_ = true;
    home_.wake_housekeeping();
    return error;
  }
  away_ = wanted_back_ = false;
  home_.worker.events().add(fd_, *this, EPOLLIN);
  return 0;
}

void listener::take_in_all_who_wait() {
  if (fd_ < 0 || away_) return;
  // Above the limits, too: these have been told that somebody listens here.
  for (;;) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED || errno == EPROTO)) continue;
    if (fd < 0) break;
    front_.come_in(home_.all, bind_);
    session::begin(home_, front_, bind_, fd, from_raw(reinterpret_cast<const sockaddr*>(&from), length));
  }
}

bool listener::may_accept() const {
  const auto below = [](const std::atomic<std::uint32_t>& count, unsigned limit) {
    return limit == 0 || count.load() < limit;
  };
  return below(front_.connections_of(bind_), bind_.maxconn) && below(front_.connections, front_.maxconn) &&
         below(home_.all.connections, home_.all.maxconn);
}

bool listener::take_place() {
  const auto take = [](std::atomic<std::uint32_t>& count, unsigned limit) {
    if (count.fetch_add(1) < limit || limit == 0) return true;
    count.fetch_sub(1);
    return false;
  };
  if (!take(home_.all.connections, home_.all.maxconn)) return false;
  if (!take(front_.connections, front_.maxconn)) {
    home_.all.connections.fetch_sub(1);
    return false;
  }
  if (!take(front_.connections_of(bind_), bind_.maxconn)) {
    front_.connections.fetch_sub(1);
    home_.all.connections.fetch_sub(1);
    return false;
  }
  return true;
}

void listener::pause(found why) {
  if (!paused_) {
    paused_ = true;
    home_.worker.events().modify(fd_, *this, 0);
    home_.wake_housekeeping();
  }
  home_.all.paused.join(*this, why == found::limit);
  // A place may have come free between the look and the queueing.
  if (why == found::limit && may_accept()) try_again();
}

void listener::go_on() {
  home_.all.paused.leave(*this);
  paused_ = false;
  home_.worker.events().modify(fd_, *this, EPOLLIN);
}

void listener::try_again() {
  if (wanted_back_) take_back();
  if (paused_ && fd_ >= 0) go_on();
}

void listener::resume_if_called() {
  if (!called_.exchange(false) || !paused_ || fd_ < 0) return;
  go_on();
  on_event(EPOLLIN);  // at once: when nobody waits here any more, the place is the next one's
}

listener::found listener::accept_one() {
  if (home_.all.starving.load(std::memory_order_relaxed) != 0) return found::no_means;
  if (!take_place()) return found::limit;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&from), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    session::begin(home_, front_, bind_, fd, from_raw(reinterpret_cast<const sockaddr*>(&from), length));
    return found::more;
  }
  const int error = errno;
  front_.give_back(home_.all, bind_);
  switch (error) {
    case EAGAIN: return found::nobody;
    // What befell that one connection, or the way to it, before it was taken (accept(2)).
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENETUNREACH:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
    case EOPNOTSUPP:
    case ENONET:
    case ETIMEDOUT: return found::more;
    default: return found::no_means;
  }
}

void listener::on_event(std::uint32_t) {
  io::turn& budget = home_.worker.budget();
  for (int i = 0; i < least_at_once || !budget.over(); ++i) {
    budget.spend(io::turn::connection);
    const found now = accept_one();
    if (now == found::more) continue;
    // Links kept for those who are in are worth more than one more client; links beyond that are not.
    if (now == found::no_means && home_.idle_links.idle() > home_.sessions) {
      home_.idle_links.clear();
      continue;
    }
    if (now == found::no_means) home_.pipes.clear();
    // The place was held for a moment; another worker may have missed it.
    if (now != found::limit) home_.all.paused.call_one(false);
    if (now != found::nobody) pause(now);
    return;
  }
}

void paused_listeners::join(listener& one, bool for_limit) {
  const std::lock_guard guard(lock_);
  one.for_limit_ = for_limit;
  if (one.listed_) return;
  one.listed_ = true;
  waiting_.push_back(&one);
  count_.fetch_add(1);
}

void paused_listeners::leave(listener& one) {
  const std::lock_guard guard(lock_);
  one.called_.store(false);
  if (!one.listed_) return;
  one.listed_ = false;
  std::erase(waiting_, &one);
  count_.fetch_sub(1);
}

void paused_listeners::call_first(bool for_means) {
  const std::lock_guard guard(lock_);
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    listener* one = waiting_[i];
    if (!(for_means || one->for_limit_) || !one->may_accept()) continue;
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
    count_.fetch_sub(1);
    one->listed_ = false;
    one->called_.store(true);
    // The home outlives its listeners, which may be closed before the mail is read.
    home& at = one->home_;
    at.worker.post([&at] { at.resume_listeners(); });
    return;
  }
}

}  // namespace ringway::proxy

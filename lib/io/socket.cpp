#include "io/socket.hpp"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "io/calls.hpp"
#include "io/waker.hpp"

namespace ringway::io {
namespace {

// A few pieces that are small together cost less to copy side by side than the kernel takes to follow the list.
constexpr std::size_t worth_gathering = 1024;  // bytes

// read() and peek(): what the kernel says is noted in the socket's flags.
template <int flags>
transfer receive(int fd, void* into, std::size_t size, bool& can_read, bool& hang_up, bool& error) {
  for (;;) {
    const ssize_t n = calls::recv(fd, into, size, flags);
    if (n > 0) {
      // Edge-triggered: a short read has emptied the socket, unless the end is already known to follow.
      if constexpr ((flags & MSG_PEEK) == 0)
        if (static_cast<std::size_t>(n) < size && !hang_up) can_read = false;
      return {outcome::done, 0, static_cast<std::size_t>(n)};
    }
    if (n == 0) {
      hang_up = true;
      return {outcome::end, 0, 0};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      can_read = false;
      return {outcome::blocked, 0, 0};
    }
    error = true;
    return {outcome::failed, errno, 0};
  }
}

}  // namespace

int socket::adopt(int fd) {
  if (const int error = events_->add(fd, *this); error != 0) return error;
  fd_ = fd;
  can_read_ = can_write_ = true;
  hang_up_ = error_ = wants_write_ = muted_ = false;
  return 0;
}

int socket::adopt_connecting(int fd) {
  if (const int error = events_->add(fd, *this); error != 0) return error;
  fd_ = fd;
  can_read_ = can_write_ = hang_up_ = error_ = muted_ = false;
  wants_write_ = true;
  return 0;
}

int socket::connect_error() {
  if (!error_ && !hang_up_) return 0;  // a failed connect always tells of an error
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

std::optional<std::uint64_t> socket::acknowledged() const {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return std::nullopt;
  if (length < offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked) return std::nullopt;
  return info.tcpi_bytes_acked;
}

transfer socket::read(void* into, std::size_t size) { return receive<0>(fd_, into, size, can_read_, hang_up_, error_); }
transfer socket::peek(void* into, std::size_t size) {
  return receive<MSG_PEEK>(fd_, into, size, can_read_, hang_up_, error_);
}

// A read that exactly filled its room, or a splice, leaves the flag set although nothing more may be there.
bool socket::has_input() {
  char byte;
  return can_read_ && peek(&byte, 1).what != outcome::blocked;
}

transfer socket::write(const iovec* from, int count, bool more) {
  std::size_t wanted = 0;
  for (int i = 0; i < count; ++i) wanted += from[i].iov_len;
  char together[worth_gathering];
  iovec one{together, wanted};
  if (count > 1 && wanted <= worth_gathering) {
    char* at = together;
    for (int i = 0; i < count; at += from[i++].iov_len) std::memcpy(at, from[i].iov_base, from[i].iov_len);
    from = &one;
    count = 1;
  }
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(from);
  message.msg_iovlen = static_cast<std::size_t>(count);
  const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  for (;;) {
    const ssize_t n =
        count == 1 ? calls::send(fd_, from->iov_base, from->iov_len, flags) : calls::sendmsg(fd_, &message, flags);
    if (n >= 0) {
      if (static_cast<std::size_t>(n) < wanted) {
        can_write_ = false;
        wants_write_ = true;
      }
      return {outcome::done, 0, static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      can_write_ = false;
      wants_write_ = true;
      return {outcome::blocked, 0, 0};
    }
    error_ = true;
    return {outcome::failed, errno, 0};
  }
}

void socket::on_event(std::uint32_t events) {
  bool wake = false;
  if ((events & EPOLLIN) != 0) {
    can_read_ = true;
    wake = !muted_;
  }
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
    wake = wake || !hang_up_ || !muted_;
    hang_up_ = true;
    can_read_ = true;
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
      error_ = error_ || (events & EPOLLERR) != 0;
      can_write_ = true;
      wake = true;
    }
  }
  if ((events & EPOLLOUT) != 0) {
    can_write_ = true;
    wake = wake || wants_write_;
    wants_write_ = false;
  }
  if (wake && owner_ != nullptr) owner_->wake();
}

void socket::shut_down_write() {
  if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
}

std::size_t socket::unread() const {
  int bytes = 0;
  return ::ioctl(fd_, SIOCINQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

std::size_t socket::unsent() const {
  int bytes = 0;
  return ::ioctl(fd_, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}

void socket::close() {
  if (fd_ < 0) return;
  events_->forget(*this);
  ::close(fd_);
  fd_ = -1;
}

void socket::reset() {
  if (fd_ < 0) return;
  const linger off{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &off, sizeof off);
  close();
}

int socket::release() {
  events_->remove(fd_, *this);
  const int fd = fd_;
  fd_ = -1;
  return fd;
}

}  // namespace ringway::io

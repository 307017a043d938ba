#include "log/sink.hpp"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace ringway::log {
namespace {

constexpr std::size_t batch_lines = 64;
constexpr std::chrono::milliseconds first_pause{100}, longest_pause{1000};

std::string text_of(int error) { return std::system_category().message(error); }

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

std::string sink::name_of(const target_settings& where) {
  switch (where.via) {
    case transport::fd:
      return "fd " + std::to_string(where.fd);
    case transport::unix_datagram:
      return "unix " + where.path;
    case transport::unix_stream:
      return "unix stream " + where.path;
    case transport::udp:
      break;
  }
  if (where.resolved.is_ip()) {
    auto at = where.resolved;
    if (at.port == 0) at.port = where.port;
    return "udp " + at.text();
  }
  return "udp " + where.host + ':' + std::to_string(where.port);
}

sink::sink(const target_settings& where, std::size_t backlog_bytes)
    : where_(where), name_(name_of(where)), backlog_bytes_(backlog_bytes) {
  batch_.reserve(batch_lines);
  if (where_.via == transport::unix_stream) means_ = means::stream;
  if (where_.via == transport::fd) {
    owned_ = false;
    means_ = means::file;
  }
}

sink::~sink() { disconnect(); }

void sink::disconnect() {
  if (owned_ && fd_ >= 0) ::close(fd_);
  fd_ = -1;
  partial_ = 0;
  blocked_ = false;
}

std::string sink::open() {
  if (fd_ >= 0) return {};
  const auto why = connect_socket();
  if (why.empty()) return {};
  return "log target " + name_ + ": " + why;
}

std::string sink::connect_socket() {
  if (where_.via == transport::fd) {
    struct stat what{};
    if (::fstat(where_.fd, &what) != 0) return text_of(errno);
    int type = SOCK_STREAM;
    socklen_t length = sizeof type;
    is_socket_ = S_ISSOCK(what.st_mode);
    if (is_socket_) ::getsockopt(where_.fd, SOL_SOCKET, SO_TYPE, &type, &length);
    if (is_socket_) {
      means_ = type == SOCK_STREAM ? means::stream : means::datagram;
    } else {
      means_ = S_ISFIFO(what.st_mode) || S_ISCHR(what.st_mode) ? means::pipe : means::file;
    }
    fd_ = where_.fd;
    return {};
  }
  if (where_.via == transport::udp) {
    if (!where_.resolved.is_ip()) return "the address of \"" + where_.host + "\" is not known";
    auto at = where_.resolved;
    if (at.port == 0) at.port = where_.port;
    udp_ = raw(at);
    fd_ = ::socket(udp_.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd_ < 0) return text_of(errno);
    return {};
  }
  auto at = sockaddr_of_path(where_.path, false);
  if (!at) return "the path is too long";
  const int type = where_.via == transport::unix_stream ? SOCK_STREAM : SOCK_DGRAM;
  fd_ = ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return text_of(errno);
  if (::connect(fd_, at->data(), at->length) != 0) {
    const int error = errno;  // EAGAIN: the listener's queue is full, try later as for the others
    disconnect();
    return text_of(error);
  }
  return {};
}

// Connected, or connected again when it is time to try.
bool sink::ready(clock::time_point now) {
  if (now < retry_at_) return false;
  if (fd_ >= 0) return true;
  if (connect_socket().empty()) return true;
  failed(ENOTCONN, now);
  return false;
}

// An absent target: leave it alone for a while, twice as long every time.
sink::outcome sink::failed(int, clock::time_point now) {
  disconnect();
  pause_ = pause_.count() == 0 ? first_pause : std::min(pause_ * 2, longest_pause);
  retry_at_ = now + pause_;
  return {0, true};
}

void sink::add(std::string_view line) {
  if (batch_.size() == batch_lines) flush(clock::now());
  batch_.push_back({const_cast<char*>(line.data()), line.size()});
}

void sink::keep(std::string_view line) {
  if (kept_bytes_ + line.size() > backlog_bytes_) {
    count_dropped(1);
    return;
  }
  kept_.emplace_back(line);
  kept_bytes_ += line.size();
}

void sink::abandon() {
  count_dropped(kept_.size() + batch_.size());
  kept_.clear();
  batch_.clear();
  kept_bytes_ = 0;
  partial_ = 0;
  blocked_ = false;
}

void sink::flush(clock::time_point now) {
  bool go_on = busy() && ready(now);
  while (go_on && !kept_.empty()) {  // older lines first
    std::array<iovec, batch_lines> lines;
    const auto count = std::min(kept_.size(), lines.size());
    for (std::size_t i = 0; i < count; ++i) lines[i] = {kept_[i].data(), kept_[i].size()};
    const auto done = transmit(lines.data(), count, now);
    for (std::size_t i = 0; i < done.lines; ++i) {
      kept_bytes_ -= kept_.front().size();
      kept_.pop_front();
    }
    go_on = !done.stalled;
  }
  std::size_t at = 0;
  while (go_on && at < batch_.size()) {
    const auto done = transmit(batch_.data() + at, batch_.size() - at, now);
    at += done.lines;
    go_on = !done.stalled;
  }
  for (; at < batch_.size(); ++at) {
    // partial_ goes on to count in the line that is first now; it must be kept, whatever the bound.
    const bool begun = partial_ != 0 && kept_.empty();
    const std::string_view line(static_cast<const char*>(batch_[at].iov_base), batch_[at].iov_len);
    if (begun) {
      kept_.emplace_back(line);
      kept_bytes_ += line.size();
    } else {
      keep(line);
    }
  }
  batch_.clear();
}

sink::outcome sink::transmit(const iovec* lines, std::size_t count, clock::time_point now) {
  blocked_ = false;
  return means_ == means::datagram ? transmit_datagrams(lines, count, now)
                                   : transmit_bytes(lines, count, now);
}

sink::outcome sink::transmit_datagrams(const iovec* lines, std::size_t count, clock::time_point now) {
  std::array<mmsghdr, batch_lines> messages{};
  count = std::min(count, messages.size());
  for (std::size_t i = 0; i < count; ++i) {
    auto& header = messages[i].msg_hdr;
    header.msg_iov = const_cast<iovec*>(lines + i);
    header.msg_iovlen = 1;
    if (where_.via == transport::udp) {
      // Not connected: the source address follows the routes as they change, and no answer can stop us.
      header.msg_name = udp_.data();
      header.msg_namelen = udp_.length;
    }
  }
  const int sent =
      ::sendmmsg(fd_, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) {
    count_sent(static_cast<std::size_t>(sent));
    pause_ = {};
    return {static_cast<std::size_t>(sent), false};
  }
  const int error = errno;
  if (error == EINTR) return {};
  if (would_block(error)) {
    blocked_ = true;
    return {0, true};
  }
  if (where_.via == transport::unix_datagram && error != EMSGSIZE) {
    // The daemon restarted: its new socket may be there already.
    disconnect();
    if (pause_.count() == 0 && connect_socket().empty()) {
      pause_ = first_pause;
      return {};
    }
    return failed(error, now);
  }
  count_dropped(1);  // this line is too long, or there is no way to the server at the moment
  return {1, false};
}

sink::outcome sink::transmit_bytes(const iovec* lines, std::size_t count, clock::time_point now) {
  std::array<iovec, batch_lines> parts;
  count = std::min(count, parts.size());
  std::size_t used = 0, bytes = 0;
  for (; used < count; ++used) {
    auto part = lines[used];
    if (used == 0) {
      part.iov_base = static_cast<char*>(part.iov_base) + partial_;
      part.iov_len -= partial_;
    }
    if (means_ == means::pipe && bytes + part.iov_len > PIPE_BUF) {
      // Whole lines up to PIPE_BUF: atomic, and a blocking pipe that polls writable takes them without
      // blocking.
      if (used != 0) break;
      part.iov_len = PIPE_BUF;
    }
    parts[used] = part;
    bytes += part.iov_len;
  }
  ssize_t written = -1;
  int error = 0;
  if (is_socket_) {
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = used;
    written = ::sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    error = errno;
  } else {
    // The descriptor is shared with other processes (a terminal, a pipe), so it is not ours to make
    // non-blocking.
    pollfd writable{fd_, POLLOUT, 0};
    if (means_ == means::pipe && ::poll(&writable, 1, 0) == 0) {
      error = EAGAIN;
    } else {
      written = ::writev(fd_, parts.data(), static_cast<int>(used));  // SIGPIPE is blocked in this thread
      error = errno;
    }
  }
  if (written < 0) {
    if (error == EINTR) return {};
    if (would_block(error)) {
      blocked_ = true;
      return {0, true};
    }
    if (means_ == means::file && error != EBADF) {
      // Disk full and the like: this batch is lost, a line begun is ended by the next newline.
      partial_ = 0;
      count_dropped(count);
      return {count, false};
    }
    if (where_.via == transport::unix_stream && pause_.count() == 0) {
      disconnect();
      if (connect_socket().empty()) {
        pause_ = first_pause;
        return {};
      }
    }
    return failed(error, now);
  }
  pause_ = {};
  auto left = static_cast<std::size_t>(written) + partial_;
  std::size_t done = 0;
  while (done < count && left >= lines[done].iov_len && left != 0) left -= lines[done++].iov_len;
  partial_ = left;
  count_sent(done);
  return {done, false};
}

}  // namespace ringway::log

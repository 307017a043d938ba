#include "io/outside_resolver.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <vector>

namespace ringway::io {

namespace {

constexpr std::size_t longest_name = 1024, longest_reason = 256, most_addresses = 64;
constexpr unsigned side_by_side = 4;  // as many as a resolver asks at a time

// One datagram; both ends are the same program.
struct reply {
  resolve_outcome what = resolve_outcome::failed;
  std::uint32_t count = 0;
  std::array<address, most_addresses> addresses{};
  char reason[longest_reason] = {};
};
static_assert(std::is_trivially_copyable_v<reply>);

resolution lost(int error) {
  resolution out;
  out.what = resolve_outcome::failed;
  out.reason = error == 0 ? "the process outside the chroot that looks names up has ended" : std::strerror(error);
  return out;
}

// The name, and the descriptor that its answer goes to. -1: we are alone.
int next_question(int from, std::string& host) {
  for (;;) {
    char text[longest_name];
    iovec part{text, sizeof text};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t n = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EINTR || errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) continue;
    if (n <= 0) return -1;
    const cmsghdr* const with = CMSG_FIRSTHDR(&message);
    if (with == nullptr || with->cmsg_type != SCM_RIGHTS) continue;
    int answer_to = -1;
    std::memcpy(&answer_to, CMSG_DATA(with), sizeof answer_to);
    host.assign(text, static_cast<std::size_t>(n));
    return answer_to;
  }
}

[[noreturn]] void serve(int from) {
  std::string host;
  for (;;) {
    const int answer_to = next_question(from, host);
    if (answer_to < 0) _exit(0);  // whatever the other threads wait for: nobody is there to hear it
    const resolution found = resolve_now(host, {});
    reply out;
    out.what = found.what;
    out.count = static_cast<std::uint32_t>(std::min(found.addresses.size(), most_addresses));
    std::copy_n(found.addresses.begin(), out.count, out.addresses.begin());
    found.reason.copy(out.reason, sizeof out.reason - 1);
    (void)!::send(answer_to, &out, sizeof out, MSG_NOSIGNAL);
    ::close(answer_to);
  }
}

// Only its socket, and no signal but SIGKILL: it ends with us, and those that are meant for us reach a whole group.
[[noreturn]] void live_outside(int socket, const std::function<bool()>& in_child) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  const int null = ::open("/dev/null", O_RDWR);
  if (null < 0) _exit(1);
  for (int stream = 0; stream <= 2; ++stream) dup2(null, stream);
  if (dup2(socket, 3) < 0) _exit(1);
  if (close_range(4, ~0U, 0) != 0)  // a container's filter may not know it
    for (int fd = 4; fd < sysconf(_SC_OPEN_MAX); ++fd) ::close(fd);
  if (in_child && !in_child()) _exit(1);
  try {
    for (unsigned i = 1; i < side_by_side; ++i) std::thread([] { serve(3); }).detach();
  } catch (const std::system_error&) {
    // Fewer will do.
  }
  serve(3);
}

}  // namespace

std::shared_ptr<outside_resolver> outside_resolver::start(const std::function<bool()>& in_child, std::string& failed) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    failed = std::strerror(errno);
    return nullptr;
  }
  const pid_t child = fork();
  if (child == 0) live_outside(ends[1], in_child);
  const int error = errno;
  ::close(ends[1]);
  if (child < 0) {
    ::close(ends[0]);
    failed = std::strerror(error);
    return nullptr;
  }
  return std::shared_ptr<outside_resolver>(new outside_resolver(ends[0]));
}

outside_resolver::~outside_resolver() { ::close(fd_); }

resolution outside_resolver::ask(const std::string& host) const {
  if (host.size() > longest_name) return lost(ENAMETOOLONG);
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return lost(errno);
  iovec part{const_cast<char*>(host.data()), host.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr* const with = CMSG_FIRSTHDR(&message);
  with->cmsg_level = SOL_SOCKET;
  with->cmsg_type = SCM_RIGHTS;
  with->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(with), &ends[1], sizeof(int));
  ssize_t sent = 0;
  do {
    sent = sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  const int error = sent < 0 ? errno : 0;
  ::close(ends[1]);
  reply said;
  ssize_t got = 0;
  if (sent >= 0) {
    do {
      got = ::recv(ends[0], &said, sizeof said, 0);
    } while (got < 0 && errno == EINTR);
  }
  ::close(ends[0]);
  if (sent < 0) return lost(error == EPIPE || error == ECONNRESET ? 0 : error);
  if (got != static_cast<ssize_t>(sizeof said)) return lost(0);
  resolution out;
  out.what = said.what;
  out.addresses.assign(said.addresses.begin(), said.addresses.begin() + std::min<std::size_t>(said.count, most_addresses));
  out.reason.assign(said.reason, strnlen(said.reason, sizeof said.reason));
  return out;
}

}  // namespace ringway::io

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <thread>

#include "app/listening_steps.hpp"
#include "app/process.hpp"

namespace ringway::app {

namespace {

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

std::string interface_of(int fd) {
  char name[IFNAMSIZ] = {};
  socklen_t size = sizeof name;
  return getsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0 ? std::string(name) : std::string();
}

bool listens_on_tcp(int fd) {
  return option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 && option(fd, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP;
}

ino_t inode_of(int fd) {
  struct stat seen{};
  return fstat(fd, &seen) == 0 ? seen.st_ino : 0;
}

bool alike(int one, int other, const address& at) {
  return local_of(one) == at && interface_of(one) == interface_of(other) &&
         option(one, IPPROTO_IPV6, IPV6_V6ONLY) == option(other, IPPROTO_IPV6, IPV6_V6ONLY);
}

// As a socket is when it is made: what a listener wants beside that it sets itself.
void forget_options(int fd) {
  const int off = 0;
  const linger none{0, 0};
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &off, sizeof off);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &off, sizeof off);
  if (const int flags = fcntl(fd, F_GETFL); flags >= 0) fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

void collect(int pid, std::vector<owned_fd>& into) {
  const owned_fd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  if (!process) return;
  std::error_code bad;
  const std::filesystem::directory_iterator none;
  for (std::filesystem::directory_iterator one("/proc/" + std::to_string(pid) + "/fd", bad); !bad && one != none;
       one.increment(bad)) {
    std::error_code gone;
    if (!std::filesystem::read_symlink(one->path(), gone).string().starts_with("socket:")) continue;
    const std::string name = one->path().filename().string();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    owned_fd copy(static_cast<int>(syscall(SYS_pidfd_getfd, process.native(), number, 0)));
    if (!copy || !listens_on_tcp(copy.native())) continue;
    // Its workers may share one socket under several numbers.
    const auto same = [&](const owned_fd& other) { return inode_of(other.native()) == inode_of(copy.native()); };
    if (std::none_of(into.begin(), into.end(), same)) into.push_back(std::move(copy));
  }
}

}  // namespace

int older_owners::bind_when_free(int fd, const address& at) {
  int error = bind_to(fd, at);
  if (error != EADDRINUSE || how_.older.empty()) return error;
  if (!asked_) {
    asked_ = true;
    ask_for_addresses(how_.older);
    until_ = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  }
  while ((error = bind_to(fd, at)) == EADDRINUSE && std::chrono::steady_clock::now() < until_)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return error;
}

older_sockets::older_sockets(const std::vector<int>& pids) {
  for (const int pid : pids) collect(pid, sockets_);
}

owned_fd older_sockets::take_like(int like, const address& at) {
  const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                  [&](const owned_fd& one) { return alike(one.native(), like, at); });
  if (found == sockets_.end()) return {};
  owned_fd out = std::move(*found);
  sockets_.erase(found);
  forget_options(out.native());
  return out;
}

}  // namespace ringway::app

// The calls that every request makes, without the C library's cancellation points: those cost two locked instructions
// each in a program with threads, and no thread here is ever cancelled. Results and errno as recv(2), send(2), sendmsg(2)
// and epoll_wait(2). Sanitizers watch the C library's functions, so they get those.
#pragma once
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RINGWAY_WATCHED_CALLS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define RINGWAY_WATCHED_CALLS
#endif
#endif

namespace ringway::io::calls {

#ifdef RINGWAY_WATCHED_CALLS
inline ssize_t recv(int fd, void* into, std::size_t size, int flags) { return ::recv(fd, into, size, flags); }
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) { return ::send(fd, from, size, flags); }
inline ssize_t sendmsg(int fd, const msghdr* message, int flags) { return ::sendmsg(fd, message, flags); }
inline int epoll_wait(int fd, epoll_event* into, int most, int ms) { return ::epoll_wait(fd, into, most, ms); }
#else
inline ssize_t recv(int fd, void* into, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, fd, into, size, flags, nullptr, nullptr);
}
inline ssize_t send(int fd, const void* from, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, fd, from, size, flags, nullptr, 0);
}
inline ssize_t sendmsg(int fd, const msghdr* message, int flags) { return ::syscall(SYS_sendmsg, fd, message, flags); }
inline int epoll_wait(int fd, epoll_event* into, int most, int ms) {
  return static_cast<int>(::syscall(SYS_epoll_pwait, fd, into, most, ms, nullptr, 0));
}
#endif

}  // namespace ringway::io::calls

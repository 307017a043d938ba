#include "app/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <system_error>

#include "base/address.hpp"

namespace ringway::app {
namespace {

std::string words_of(int error) { return std::strerror(error); }

constexpr int watched[] = {SIGTERM, SIGINT, SIGUSR1, SIGUSR2, SIGHUP, SIGTTOU, SIGTTIN, SIGQUIT};

sigset_t watched_set() {
  sigset_t out;
  sigemptyset(&out);
  for (const int one : watched) sigaddset(&out, one);
  return out;
}

// The part of the former process: waits, then leaves without running destructors twice.
[[noreturn]] void wait_for_child(int report, pid_t child) {
  char byte = 0;
  ssize_t got = 0;
  do {
    got = ::read(report, &byte, 1);
  } while (got < 0 && errno == EINTR);
  if (got == 1) _exit(0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) _exit(1);
  }
  // A child that ended well without ever being ready did not start a proxy.
  _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
}

}  // namespace

presence decide_presence(const options& said, const proxy::global_settings& global, pid_t own) {
  presence out;
  out.master = said.master;
  out.notify = said.service_notify;
  const bool held = said.debug || said.foreground || said.service_notify || own == 1;
  out.background = (said.daemon || global.daemon) && !held;
  out.silence = out.background || said.quiet_output();
  if (!said.pidfile.empty())
    out.pidfile = said.pidfile;
  else if (out.background || out.master)
    out.pidfile = global.pidfile;
  return out;
}

std::variant<background, complaint> background::start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) {
    return complaint{"cannot-start", "cannot go into the background: " + words_of(errno), "", {}};
  }
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    const int error = errno;
    ::close(ends[0]);
    ::close(ends[1]);
    return complaint{"cannot-start",
                     "cannot fork() into the background: " + words_of(error),
                     "-db stays in the foreground",
                     {}};
  }
  if (child > 0) {
    ::close(ends[1]);
    wait_for_child(ends[0], child);
  }
  ::close(ends[0]);
  setsid();
  return background(ends[1]);
}

background::~background() {
  if (report_ >= 0) ::close(report_);
}

void background::ready() {
  if (report_ < 0) return;
  const char byte = 1;
  // The parent may have been killed meanwhile; the proxy runs nevertheless.
  while (::write(report_, &byte, 1) < 0 && errno == EINTR) {
  }
  ::close(report_);
  report_ = -1;
}

outcome open_null_device(int& out) {
  out = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (out < 0) return complaint{"cannot-start", "cannot open /dev/null: " + words_of(errno), "", {}};
  return std::nullopt;
}

outcome silence_standard_streams(int null) {
  std::fflush(nullptr);
  for (int stream = 0; stream <= 2; ++stream) {
    if (dup2(null, stream) < 0)
      return complaint{"cannot-start", "cannot let go of the standard streams: " + words_of(errno), "", {}};
  }
  return std::nullopt;
}

outcome write_pidfile(const std::string& path, pid_t pid) {
  // A file is replaced, not written into: a link left there by somebody else must not lead us elsewhere. A
  // device (/dev/null) or a pipe stays what it is.
  struct stat seen{};
  if (lstat(path.c_str(), &seen) == 0 && (S_ISREG(seen.st_mode) || S_ISLNK(seen.st_mode)))
    unlink(path.c_str());
  const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  int error = file < 0 ? errno : 0;
  if (file >= 0) {
    const std::string text = std::to_string(pid) + "\n";
    ssize_t wrote = 0;
    do {
      wrote = ::write(file, text.data(), text.size());
    } while (wrote < 0 && errno == EINTR);
    if (wrote != static_cast<ssize_t>(text.size())) error = wrote < 0 ? errno : ENOSPC;
    if (::close(file) < 0 && error == 0) error = errno;
  }
  if (error == 0) return std::nullopt;
  std::string help;
  if (error == ENOENT) help = "its directory does not exist";
  if (error == EACCES || error == EPERM || error == EROFS) {
    help = fmt::format("user {} may not write there; -p names another file", geteuid());
  }
  return complaint{
      "cannot-write-pidfile", fmt::format("cannot create pidfile '{}': {}", path, words_of(error)), help, {}};
}

service_manager::~service_manager() {
  if (fd_ >= 0) ::close(fd_);
}

outcome service_manager::connect() {
  const char* where = std::getenv("NOTIFY_SOCKET");
  if (where == nullptr || *where == 0) return std::nullopt;
  where_ = where;
  const auto refused = [&](const std::string& why) {
    return complaint{
        "cannot-notify", fmt::format("cannot notify the service manager at '{}': {}", where_, why), "", {}};
  };
  std::string_view path = where_;
  const bool abstract = path.front() == '@';
  if (!abstract && path.front() != '/') return refused("not a path");
  if (abstract) path.remove_prefix(1);
  const std::optional<raw_address> to = sockaddr_of_path(path, abstract, abstract_length::exact);
  if (!to) return refused("the path is too long");
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return refused(words_of(errno));
  if (::connect(fd, to->data(), to->length) < 0) {
    const int error = errno;
    ::close(fd);
    return refused(words_of(error));
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return std::nullopt;
}

outcome service_manager::tell(std::string_view state) {
  if (where_.empty()) return std::nullopt;
  const auto send_it = [&] {
    ssize_t sent = 0;
    do {
      sent = ::send(fd_, state.data(), state.size(), MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
  };
  int error = fd_ >= 0 ? send_it() : ENOTCONN;
  if (error == 0) return std::nullopt;
  if (outcome failed = connect()) return failed;
  error = send_it();
  if (error == 0) return std::nullopt;
  return complaint{"cannot-notify",
                   fmt::format("cannot notify the service manager at '{}': {}", where_, words_of(error)), "", {}};
}

std::string ready_state(pid_t pid, std::string_view status) {
  return fmt::format("READY=1\nMAINPID={}\nSTATUS={}\n", pid, status);
}

std::string reloading_state() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const auto microseconds = static_cast<long long>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
  return fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reloading Configuration.\n", microseconds);
}

namespace {
void send_to_all(const std::vector<int>& pids, int signal) {
  for (const int pid : pids) kill(pid, signal);  // gone, or not ours: then it is of no help
}
}  // namespace

void ask_for_addresses(const std::vector<int>& pids) { send_to_all(pids, SIGTTOU); }
void give_addresses_back(const std::vector<int>& pids) { send_to_all(pids, SIGTTIN); }

std::vector<complaint> signal_older(takeover how, const std::vector<int>& pids) {
  std::vector<complaint> out;
  if (how == takeover::none) return out;
  const int signal = how == takeover::finish ? SIGUSR1 : SIGTERM;
  for (const int pid : pids) {
    if (kill(pid, signal) == 0 || errno == ESRCH) continue;
    out.push_back({"cannot-signal",
                   fmt::format("cannot send {} to the older process {}: {}",
                               signal == SIGUSR1 ? "SIGUSR1" : "SIGTERM", pid, words_of(errno)),
                   "it goes on running beside this one",
                   {}});
  }
  return out;
}

void reset_inherited_signals() {
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  sigemptyset(&usual.sa_mask);
  for (const int one : watched) sigaction(one, &usual, nullptr);
  sigaction(SIGCHLD, &usual, nullptr);
  struct sigaction ignored = usual;
  ignored.sa_handler = SIG_IGN;
  // Those that ask for something later have nothing to ask of a start; signal_watch hears them although they are ignored.
  for (const int one : {SIGPIPE, SIGALRM, SIGHUP, SIGUSR2, SIGTTOU, SIGTTIN, SIGQUIT}) sigaction(one, &ignored, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void hold_soft_stop() {
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, SIGUSR1);
  sigprocmask(SIG_BLOCK, &held, nullptr);
}

signal_watch::signal_watch() {
  const sigset_t held = watched_set();
  if (const int error = pthread_sigmask(SIG_BLOCK, &held, &former_)) {
    throw std::system_error(error, std::generic_category(), "pthread_sigmask");
  }
  fd_ = signalfd(-1, &held, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) {
    const int error = errno;
    pthread_sigmask(SIG_SETMASK, &former_, nullptr);
    throw std::system_error(error, std::generic_category(), "signalfd");
  }
}

signal_watch::~signal_watch() {
  // Whatever came too late would otherwise take effect at the moment the mask is lifted.
  while (take()) {
  }
  ::close(fd_);
  pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

std::optional<signal_watch::arrival> signal_watch::take() {
  signalfd_siginfo seen{};
  ssize_t got = 0;
  do {
    got = ::read(fd_, &seen, sizeof seen);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof seen)) return std::nullopt;
  const int signal = static_cast<int>(seen.ssi_signo);
  switch (signal) {
    case SIGUSR1:
      return arrival{wish::finish, signal};
    case SIGUSR2:
      return arrival{wish::reload, signal};
    case SIGHUP:
      return arrival{wish::states, signal};
    case SIGTTOU:
      return arrival{wish::pause, signal};
    case SIGTTIN:
      return arrival{wish::resume, signal};
    case SIGQUIT:
      return arrival{wish::give_memory, signal};
    default:
      return arrival{wish::stop, signal};
  }
}

ending ending_of(int signal, bool master) {
  if (signal != SIGTERM && signal != SIGINT) return {};
  if (master) return {signal == SIGINT ? 128 + SIGINT : 0, 0};
  return {128 + signal, signal};
}

// Of a sanitizer, where one is built in: it looks for leaks at an orderly end only.
extern "C" __attribute__((weak)) void __lsan_do_leak_check();

int end_as(const ending& how) {
  if (how.signal == 0) return how.status;
  std::fflush(nullptr);
  if (__lsan_do_leak_check != nullptr) __lsan_do_leak_check();
  struct sigaction usual{};
  usual.sa_handler = SIG_DFL;
  sigemptyset(&usual.sa_mask);
  sigaction(how.signal, &usual, nullptr);
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, how.signal);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  raise(how.signal);
  return how.status;
}

}  // namespace ringway::app

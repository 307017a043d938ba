#include "command/service.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <exception>
#include <set>

#include "command/reader.hpp"
#include "io/task.hpp"

namespace ringway::command {

namespace asio = boost::asio;
using io::executor;
using steady = std::chrono::steady_clock;
using timer = asio::basic_waitable_timer<steady, asio::wait_traits<steady>, executor>;
using descriptor = asio::posix::basic_stream_descriptor<executor>;

namespace {

constexpr auto token = asio::as_tuple(asio::deferred);
constexpr std::chrono::milliseconds starved{100};  // no descriptor was left: time until the next try
constexpr std::chrono::milliseconds farewell{1000};

void ignore(const boost::system::error_code&) {}

// One connection. Shared with its timer's handler, which may run after the coroutine is over.
struct client {
  client(const executor& where, int fd) : link(where, fd), limit(where) {}
  descriptor link;
  timer limit;
  conversation talk;
  std::uint64_t turn = 0;
  bool expired = false;

  void cut() {
    boost::system::error_code failure;
    link.cancel(failure);
    ignore(failure);  // nothing was waiting
  }
};

struct door {
  door(const executor& where, const listening& from) : link(where, from.fd), pause(where), of(from) {}
  descriptor link;
  timer pause;
  const listening of;
};

}  // namespace

struct service::core : std::enable_shared_from_this<core> {
  core(asio::io_context& on, const subject& about, limits how, std::function<void(std::string_view)> fault)
      : where(on.get_executor()), of(about), within(how), on_fault(std::move(fault)) {}

  executor where;
  const subject& of;
  const limits within;
  std::function<void(std::string_view)> on_fault;
  bool closing = false, stopped = false;
  std::set<std::shared_ptr<door>> doors;
  std::set<std::shared_ptr<client>> clients;

  void let_in(int fd, const listening& by);
  void let_go(const std::shared_ptr<client>& one);
  void report(const std::exception_ptr& escaped) const;
  static io::task<> watch(std::shared_ptr<core> self, std::shared_ptr<door> at);
  static io::task<> talk(std::shared_ptr<core> self, std::shared_ptr<client> with);
  static io::task<bool> ready(std::shared_ptr<core> self, std::shared_ptr<client> with,
                              descriptor::wait_type what, std::chrono::milliseconds longest);
  static io::task<bool> write(std::shared_ptr<core> self, std::shared_ptr<client> with, std::string text);
  static io::task<bool> read(std::shared_ptr<core> self, std::shared_ptr<client> with, reader* into);
  static io::task<> part(std::shared_ptr<core> self, std::shared_ptr<client> with);
};

void service::core::report(const std::exception_ptr& escaped) const {
  if (!escaped || !on_fault) return;
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& fault) {
    on_fault(fault.what());
  } catch (...) {
    on_fault("unknown exception");
  }
}

void service::core::let_in(int fd, const listening& by) {
  auto one = std::make_shared<client>(where, fd);
  one->talk.may = by.may;
  one->talk.form = by.form;
  one->talk.timeout = within.timeout;
  clients.insert(one);
  auto self = shared_from_this();
  asio::co_spawn(where, talk(self, one), [self, one](std::exception_ptr escaped) {
    self->let_go(one);
    self->report(escaped);
  });
}

void service::core::let_go(const std::shared_ptr<client>& one) {
  ++one->turn;
  one->limit.cancel();
  boost::system::error_code failure;
  one->link.close(failure);
  ignore(failure);  // closed it is
  clients.erase(one);
  for (const auto& each : doors) each->pause.cancel();
}

io::task<> service::core::watch(std::shared_ptr<core> self, std::shared_ptr<door> at) {
  while (!self->closing) {
    if (self->clients.size() >= self->within.connections) {
      at->pause.expires_at(steady::time_point::max());
      const auto [woken] = co_await at->pause.async_wait(token);
      ignore(woken);  // somebody left, or the door closes
      continue;
    }
    const int fd = ::accept4(at->link.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      self->let_in(fd, at->of);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      const auto [failure] = co_await at->link.async_wait(descriptor::wait_read, token);
      if (failure) co_return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      at->pause.expires_after(starved);
      const auto [woken] = co_await at->pause.async_wait(token);
      ignore(woken);
    }
  }
}

// False: time is up, or the service ends.
io::task<bool> service::core::ready(std::shared_ptr<core> self, std::shared_ptr<client> with,
                                    descriptor::wait_type what, std::chrono::milliseconds longest) {
  with->limit.expires_after(longest);
  with->limit.async_wait([with, turn = ++with->turn](const boost::system::error_code& error) {
    if (error || turn != with->turn) return;
    with->expired = true;
    with->cut();
  });
  const auto [failure] = co_await with->link.async_wait(what, token);
  ++with->turn;
  with->limit.cancel();
  co_return !failure && !with->expired && !self->stopped;
}

// False: the client is gone, or takes nothing.
io::task<bool> service::core::write(std::shared_ptr<core> self, std::shared_ptr<client> with,
                                    std::string text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = ::send(with->link.native_handle(), text.data() + done, text.size() - done,
                             MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
      done += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!co_await ready(self, with, descriptor::wait_write, with->talk.timeout)) co_return false;
    } else if (errno != EINTR) {
      co_return false;
    }
  }
  co_return true;
}

// False: the client has ended, or said nothing for too long. `into` is a local of the one coroutine that
// awaits this.
io::task<bool> service::core::read(std::shared_ptr<core> self, std::shared_ptr<client> with, reader* into) {
  std::array<char, 4096> bytes;
  for (;;) {
    const ssize_t n = ::recv(with->link.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n > 0) {
      into->add({bytes.data(), static_cast<std::size_t>(n)});
      co_return true;
    }
    if (n == 0) co_return false;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!co_await ready(self, with, descriptor::wait_read, with->talk.timeout)) co_return false;
    } else if (errno != EINTR) {
      co_return false;
    }
  }
}

io::task<> service::core::talk(std::shared_ptr<core> self, std::shared_ptr<client> with) {
  reader commands(self->within.command_bytes);
  bool answered = false;
  while (!self->stopped && !with->talk.over) {
    std::string out;
    const reader::found what = commands.next();
    if (what == reader::found::nothing) {
      if (answered && !with->talk.interactive && commands.at_rest()) break;
      if (!co_await read(self, with, &commands)) break;
      continue;
    }
    if (what == reader::found::too_long) {
      out = fmt::format("The command is longer than the {} bytes of tune.bufsize.\n\n",
                        self->within.command_bytes);
      with->talk.over = true;
    } else if (what == reader::found::command) {
      out = execute(self->of, with->talk, commands.line(), commands.payload());
      answered = true;
      if (with->talk.interactive && !with->talk.over) out += "> ";
    } else if (with->talk.interactive) {
      out = "+ ";
    }
    if (!co_await write(self, with, std::move(out))) co_return;
    // Many commands in one piece are no reason to let checks and signals wait.
    co_await asio::post(self->where, asio::deferred);
  }
  co_await part(self, with);
}

// Closing with unread bytes would tear the answer from a client that has not read it yet.
io::task<> service::core::part(std::shared_ptr<core> self, std::shared_ptr<client> with) {
  const int fd = with->link.native_handle();
  if (self->stopped || with->expired || ::shutdown(fd, SHUT_WR) != 0) co_return;
  std::array<char, 4096> bytes;
  for (int pieces = 0; pieces < 64; ++pieces) {
    const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)) co_return;
    if (n > 0) continue;
    if (!co_await ready(self, with, descriptor::wait_read, farewell)) co_return;
  }
}

service::service(asio::io_context& on, const subject& of, limits within,
                 std::function<void(std::string_view)> on_fault)
    : core_(std::make_shared<core>(on, of, within, std::move(on_fault))) {}

service::~service() { stop(); }

void service::start(const std::vector<listening>& sockets) {
  for (const listening& each : sockets) {
    auto at = std::make_shared<door>(core_->where, each);
    core_->doors.insert(at);
    asio::co_spawn(core_->where, core::watch(core_, at),
                   [self = core_](std::exception_ptr escaped) { self->report(escaped); });
  }
}

void service::stop_listening() {
  core_->closing = true;
  for (const auto& each : core_->doors) {
    boost::system::error_code failure;
    each->link.close(failure);
    ignore(failure);  // closed it is
    each->pause.cancel();
  }
  core_->doors.clear();
}

void service::stop() {
  if (core_->stopped) return;
  stop_listening();
  core_->stopped = true;
  for (const auto& each : core_->clients) each->cut();
}

std::size_t service::connections() const { return core_->clients.size(); }

}  // namespace ringway::command

#include "check/runner.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <exception>
#include <map>
#include <random>
#include <set>
#include <utility>

#include "check/judge.hpp"
#include "io/task.hpp"
#include "proxy_protocol/header.hpp"
#include "servers/connector.hpp"

namespace ringway::check {

namespace asio = boost::asio;
using io::executor;
using timer = asio::basic_waitable_timer<servers::clock, asio::wait_traits<servers::clock>, executor>;
using descriptor = asio::posix::basic_stream_descriptor<executor>;

namespace {

// Closes what it holds.
class owned_fd {
 public:
  explicit owned_fd(int fd) : fd_(fd) {}
  owned_fd(const owned_fd&) = delete;
  owned_fd& operator=(const owned_fd&) = delete;
  ~owned_fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int native() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct destination {
  raw_address to;
  bool unix_socket = false;
  bool known = false;
};

destination destination_of(const servers::state& server) {
  const auto& config = server.config();
  destination found;
  address at = config.check.addr ? *config.check.addr : server.where();
  if (at.kind == family::unix_path || at.kind == family::abstract) {
    const auto path = sockaddr_of_path(config.unix_path, config.unix_abstract, config.unix_length);
    found.unix_socket = true;
    if (path) {
      found.to = *path;
      found.known = true;
    }
    return found;
  }
  if (!at.is_ip()) return found;
  // `port` first, then what `addr` brought, then the server's own.
  if (config.check.port != 0) {
    at.port = config.check.port;
  } else if (at.port == 0) {
    at.port = config.port;
  }
  found.to = raw(at);
  found.known = at.port != 0;
  return found;
}

// A PROXY header where the server's line asks for one. The send buffer is empty, so all of it goes at once; that the
// check is over then does not hinder it from arriving.
void say_who_checks(int fd, const servers::settings& config) {
  sockaddr_storage own{}, other{};
  socklen_t own_length = sizeof own, other_length = sizeof other;
  if (getsockname(fd, reinterpret_cast<sockaddr*>(&own), &own_length) != 0) own_length = 0;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&other), &other_length) != 0) other_length = 0;
  const proxy_protocol::endpoints ends{from_raw(reinterpret_cast<const sockaddr*>(&own), own_length),
                                       from_raw(reinterpret_cast<const sockaddr*>(&other), other_length)};
  proxy_protocol::written text;
  const std::size_t size = servers::write_check_header(config, ends, text);
  if (size > 0) (void)!::send(fd, text.data(), size, MSG_NOSIGNAL);
}

milliseconds since(servers::clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(servers::clock::now() - start);
}

}  // namespace

struct runner::core : std::enable_shared_from_this<core> {
  core(asio::io_context& on, options asked) : where(on.get_executor()), how(std::move(asked)) {}

  executor where;
  options how;
  std::vector<subject> subjects;
  bool stopped = false;
  std::size_t running = 0;
  std::uint64_t attempts = 0;
  std::minstd_rand dice{std::random_device{}()};
  std::set<timer*> sleeping;  // each coroutine's timer
  std::map<std::pair<std::size_t, std::uint32_t>, timer*> pauses;  // the same, by server
  std::set<descriptor*> connecting;

  milliseconds with_noise(milliseconds interval) {
    if (how.spread_percent == 0) return interval;
    const auto most = interval.count() * static_cast<std::int64_t>(how.spread_percent) / 100;
    return interval + milliseconds{std::uniform_int_distribution<std::int64_t>{-most, most}(dice)};
  }

  // `health`: before this result.
  void deliver(std::size_t which, std::uint32_t index, const result& found, unsigned health);
  // The coroutines own the core: it stays as long as one of them does.
  static io::task<result> attempt(std::shared_ptr<core> self, std::size_t which, std::uint32_t index);
  static io::task<> keep_checking(std::shared_ptr<core> self, std::size_t which, std::uint32_t index,
                                  milliseconds first);
};

namespace {

// Membership in a set for as long as it lives.
template <typename T>
class listed {
 public:
  listed(std::set<T*>& list, T& one) : list_(list), one_(one) { list_.insert(&one_); }
  ~listed() { list_.erase(&one_); }
  listed(const listed&) = delete;
  listed& operator=(const listed&) = delete;

 private:
  std::set<T*>& list_;
  T& one_;
};

// Shared with the timer's handler, which may run after the attempt is over.
struct watch {
  explicit watch(const executor& where, int fd) : link(where, fd), limit(where) {}
  descriptor link;
  timer limit;
  bool expired = false;
  bool over = false;
};

constexpr auto token = asio::as_tuple(asio::deferred);

}  // namespace

void runner::core::deliver(std::size_t which, std::uint32_t index, const result& found, unsigned health) {
  const subject& of = subjects[which];
  servers::group& group = *of.group;
  const servers::state& server = group[index];
  if (server.look().in_maintenance() || !server.checked())
    return;  // ordered while the check was under way: its result says nothing
  const verdict said = judge(server.config().check, health, found.passed());
  servers::last_check noted;
  noted.kind = found.kind;
  noted.milliseconds = static_cast<std::uint32_t>(found.duration.count());
  group.note_check(index, noted, said.counted && !found.passed(), said.health);
  if (said.counted && of.each_change) of.each_change(health_sentence(group, server, found, said.health));

  servers::cause why;
  if (!of.each_change) {
    why.reason = reason_of(found.kind);
    why.info = found.info;
    if (found.kind != servers::check_kind::analysis) why.duration = found.duration;
  }
  const auto now = servers::clock::now();
  if (said.to == turn::down) group.go_down(index, why, now);
  if (said.to == turn::up) group.come_up(index, why, now);
}

// One attempt. Never throws for what the network does.
io::task<result> runner::core::attempt(std::shared_ptr<core> self, std::size_t which, std::uint32_t index) {
  const auto& of = self->subjects[which];
  const servers::state& server = (*of.group)[index];
  const auto start = servers::clock::now();
  const destination to = destination_of(server);
  using servers::connect_step;
  if (!to.known) co_return refused(connect_step::address, EADDRNOTAVAIL, false, to.unix_socket, milliseconds{0});

  servers::connect_options how;
  how.delayed_ack = true;
  servers::connecting begun = servers::start_connection(server, to.to, how);
  if (!begun.result.begun())
    co_return refused(begun.result.step, begun.result.error, false, to.unix_socket, since(start));
  const servers::held_port port = std::move(begun.port);  // until the socket is closed
  owned_fd fd(begun.fd);
  if (!begun.made) {
    auto under_way = std::make_shared<watch>(self->where, fd.native());
    fd.release();
    const listed<descriptor> known(self->connecting, under_way->link);
    under_way->limit.expires_at(start +
                                connect_limit(server.config().check, of.timeout_connect, of.timeout_check));
    under_way->limit.async_wait([under_way](const boost::system::error_code& error) {
      if (error || under_way->over) return;
      under_way->expired = true;
      boost::system::error_code ignored;
      under_way->link.cancel(ignored);
    });
    const auto [waited] = co_await under_way->link.async_wait(descriptor::wait_write, token);
    under_way->over = true;
    under_way->limit.cancel();
    // The descriptor is closed here, not with `watch`: the timer's handler may hold that a little longer.
    owned_fd back(under_way->link.release());
    if (waited) {
      if (under_way->expired) co_return timed_out(since(start));
      co_return refused(connect_step::connect, waited.value(), true, to.unix_socket, since(start));
    }
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(back.native(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) co_return refused(connect_step::connect, error, true, to.unix_socket, since(start));
    say_who_checks(back.native(), server.config());
    const linger reset{1, 0};
    setsockopt(back.native(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    co_return connected(since(start));
  }
  say_who_checks(fd.native(), server.config());
  const linger reset{1, 0};
  setsockopt(fd.native(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  co_return connected(since(start));
}

io::task<> runner::core::keep_checking(std::shared_ptr<core> self, std::size_t which, std::uint32_t index,
                                       milliseconds first) {
  timer pause(self->where);
  const listed<timer> known(self->sleeping, pause);
  const struct findable {
    core& of;
    std::pair<std::size_t, std::uint32_t> key;
    findable(core& where, std::size_t one, std::uint32_t two, timer& when) : of(where), key(one, two) {
      of.pauses[key] = &when;
    }
    ~findable() { of.pauses.erase(key); }
  } by_server(*self, which, index, pause);
  pause.expires_after(first);
  while (!self->stopped) {
    const auto [woken] = co_await pause.async_wait(token);
    if (self->stopped) co_return;
    if (woken) continue;  // hastened: another time was set
    const servers::state& server = (*self->subjects[which].group)[index];
    if (!server.look().in_maintenance() && server.checked()) {
      ++self->attempts;
      const result found = co_await attempt(self, which, index);
      if (self->stopped) co_return;
      self->deliver(which, index, found, server.health());
    }
    pause.expires_after(self->with_noise(next_interval(server.config().check, server.health())));
  }
}

runner::runner(asio::io_context& on, options how) : core_(std::make_shared<core>(on, std::move(how))) {}

runner::~runner() { stop(); }

void runner::start(std::vector<subject> subjects) {
  core& self = *core_;
  self.subjects = std::move(subjects);

  struct one {
    std::size_t which;
    std::uint32_t index;
    milliseconds interval;
  };
  std::vector<one> all;
  milliseconds smallest{0};
  for (std::size_t which = 0; which < self.subjects.size(); ++which) {
    const servers::group& group = *self.subjects[which].group;
    for (std::uint32_t index = 0; index < group.size(); ++index) {
      const auto& rules = group[index].config().check;
      if (!rules.enabled) continue;
      const milliseconds interval = next_interval(rules, first_health(rules));
      all.push_back({which, index, interval});
      if (interval >= least_spread && (smallest.count() == 0 || interval < smallest)) smallest = interval;
    }
  }

  for (std::size_t position = 0; position < all.size(); ++position) {
    const one& next = all[position];
    ++self.running;
    auto held = core_;
    asio::co_spawn(self.where,
                   core::keep_checking(core_, next.which, next.index,
                                       first_delay(next.interval, smallest, position, all.size())),
                   [held](std::exception_ptr escaped) {
                     --held->running;
                     if (!escaped || !held->how.on_fault) return;
                     try {
                       std::rethrow_exception(escaped);
                     } catch (const std::exception& fault) {
                       held->how.on_fault(fault.what());
                     } catch (...) {
                       held->how.on_fault("unknown exception");
                     }
                   });
  }
}

void runner::suspect(const servers::group& group, std::uint32_t index, std::string_view last) {
  core& self = *core_;
  if (self.stopped) return;
  for (std::size_t which = 0; which < self.subjects.size(); ++which) {
    if (self.subjects[which].group != &group) continue;
    const auto& rules = group[index].config().check;
    if (rules.action != servers::on_error::fastinter)
      self.deliver(which, index, suspected(rules.error_limit, last),
                   health_before_suspicion(rules, group[index].health()));
    const auto asleep = self.pauses.find({which, index});
    if (rules.fastinter.count() == 0 || asleep == self.pauses.end()) return;
    const auto soon = servers::clock::now() + rules.fastinter;
    if (asleep->second->expiry() > soon) asleep->second->expires_at(soon);
    return;
  }
}

void runner::stop() {
  core& self = *core_;
  if (self.stopped) return;
  self.stopped = true;
  for (timer* one : self.sleeping) one->cancel();
  for (descriptor* one : self.connecting) {
    boost::system::error_code ignored;
    one->cancel(ignored);
  }
}

std::size_t runner::running() const { return core_->running; }
std::uint64_t runner::attempts() const { return core_->attempts; }

}  // namespace ringway::check

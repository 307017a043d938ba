#include "proxy/session.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <new>

#include "proxy/listener.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

namespace {

struct counted_wait {
  explicit counted_wait(std::size_t& of) : count(of) { ++count; }
  ~counted_wait() { --count; }
  counted_wait(const counted_wait&) = delete;
  counted_wait& operator=(const counted_wait&) = delete;
  std::size_t& count;
};

}  // namespace

session::session(home& where, frontend& through, const bind_settings& by, const address& from)
    : at(where),
      front(through),
      bind(by),
      client(from),
      wake(where.worker.ready()),
      socket(where.worker.events(), &wake),
      client_limit(where.worker.time_limits(), &wake),
      server_limit(where.worker.time_limits(), &wake),
      accepted_at(where.worker.wall_microseconds()),
      accepted_tick(where.worker.now()),
      ready_tick(accepted_tick),
      expects_header(by.accept_proxy) {
  next_ = at.first_session;
  if (next_ != nullptr) next_->previous_ = this;
  at.first_session = this;
  ++at.sessions;
}

session::~session() {
  (previous_ != nullptr ? previous_->next_ : at.first_session) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  --at.sessions;
  socket.close();  // before anybody is told that there is room
  front.give_back(at.all, bind);
  at.all.paused.call_one(true);
}

void session::begin(home& at, frontend& front, const bind_settings& bind, int fd, const address& client) {
  if (front.settings.smart_accept && client.is_ip()) {
    const int off = 0;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof off);
  }
  bool owned = false, counted = false;
  try {
    std::unique_ptr<session> self(new (at) session(at, front, bind, client));
    counted = true;  // its end gives the place back
    if (self->socket.adopt(fd) != 0) {
      ::close(fd);
      return;
    }
    owned = true;
    at.look_after_memory();
    at.worker.spawn(run(std::move(self)));
  } catch (const std::bad_alloc&) {
    // -m, or the machine has no memory left: this one is not let in, those who are in go on.
    if (!owned) ::close(fd);
    if (!counted) front.give_back(at.all, bind);
    at.all.escaped.fetch_add(1);
  }
}

address session::local() const {
  if (destination_.kind != family::none) return destination_;
  sockaddr_storage to{};
  socklen_t length = sizeof to;
  if (::getsockname(socket.native(), reinterpret_cast<sockaddr*>(&to), &length) != 0) return {};
  return from_raw(reinterpret_cast<const sockaddr*>(&to), length);
}

io::task<> session::run(std::unique_ptr<session> self) {
  session& me = *self;
  const rules::section& rules = me.front.settings.rules;
  if (!rules.connection.empty() && !me.admitted(rules.connection, rules::point::connection)) co_return;
  if (me.expects_header) {
    const bool known = co_await me.read_proxy_header();
    if (!known) co_return;
    me.expects_header = false;
  }
  if (!rules.session.empty() && !me.admitted(rules.session, rules::point::session)) co_return;
  if (me.front.clients) me.front.clients->saw(me.client);
  if (me.front.settings.kind == mode::tcp) {
    std::unique_ptr<transaction> both = me.at.take_transaction();
    co_await both->run_tunnel(me);
    me.at.put_transaction(std::move(both));
    co_return;
  }
  std::unique_ptr<transaction> current;
  while (me.keep && !me.at.leaving) {
    if (!current || !current->has_input()) {
      if (current) me.at.put_transaction(std::move(current));
      if (!me.socket.can_read()) {
        if (me.may_rest()) {
          rest(std::move(self));
          co_return;
        }
        me.arm_for_request();
        beginning found = me.look_for_request();
        if (found == beginning::waiting) {
          const counted_wait counted(me.at.waiting);
          do {
            co_await me.wake.wait();
            found = me.look_for_request();
          } while (found == beginning::waiting);
        }
        if (found == beginning::gone) break;
        if (found == beginning::too_late) {
          current = me.at.take_transaction();
          co_await current->refuse_silence(me);
          break;
        }
      }
    }
    if (!current) current = me.at.take_transaction();
    if (me.idle_since_ >= 0) {
      constexpr io::tick soon = 250;  // ms
      me.quick_ = me.at.worker.now() - me.idle_since_ < soon;
      me.idle_since_ = -1;
    }
    me.keep = co_await current->run(me);
    // A client that has sent its next requests already is no reason for others to wait.
    io::turn& budget = me.at.worker.budget();
    budget.spend(io::turn::request);
    if (me.keep && budget.over()) {
      me.wake.again();
      co_await me.wake.wait();
    }
  }
  if (current) me.at.put_transaction(std::move(current));
}

// Coroutine frames are most of what an idle connection weighs. A few sessions keep theirs, and those whose client comes
// back at once; the others are an object of a few hundred bytes until something happens.
bool session::may_rest() const {
  constexpr std::size_t keep_ready = 64;
  return requests > 0 && !quick_ && at.waiting >= keep_ready && !at.leaving &&
         !at.all.stopping.load(std::memory_order_relaxed);
}

namespace {
struct begin_anew {
  session* self;
  void (*how)(std::unique_ptr<session>);
  void operator()() const { how(std::unique_ptr<session>(self)); }
};
}  // namespace

void session::rest(std::unique_ptr<session> self) {
  if (!self->resting_) self->arm_for_request();
  self->resting_ = true;
  session* const one = self.release();  // owned by its waker's call from here on; see home::~home
  one->wake.when_woken(begin_anew{one, &session::woken});
}

void session::woken(std::unique_ptr<session> self) {
  const bool readable = self->socket.can_read();
  if (self->at.leaving) return;
  if (!readable && self->at.all.stopping.load(std::memory_order_relaxed)) {
    if (!self->has_bytes()) {
      if (!self->may_leave()) rest(std::move(self));
      return;
    }
  } else if (!readable) {
    if (!self->client_limit.passed(self->at.worker.now())) rest(std::move(self));
    return;  // timeout http-keep-alive: closed without a word
  }
  self->resting_ = false;
  io::worker& worker = self->at.worker;
  worker.spawn(run(std::move(self)));
}

void session::arm_for_request() {
  const timeouts& time = front.settings.time;
  const bool first = requests == 0;
  const auto& own = !first && time.http_keep_alive ? time.http_keep_alive : time.http_request;
  const auto count = [](const std::optional<milliseconds>& limit) { return limit ? limit->count() : 0; };
  // An idle client is idle, whatever it is idle in: timeout client is never waited beyond.
  const auto limit = count(own) > 0 && count(time.client) > 0 ? std::min(count(own), count(time.client))
                                                              : std::max(count(own), count(time.client));
  const io::tick from = first ? ready_tick : at.worker.now();
  if (limit > 0)
    client_limit.arm(from + limit);
  else
    client_limit.disarm();
  idle_since_ = first ? -1 : at.worker.now();
}

bool session::has_bytes() const {
  char byte = 0;
  return ::recv(socket.native(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

bool session::may_leave() {
  constexpr io::tick moment = 1000;  // ms: a round trip and a client's thought
  const io::tick now = at.worker.now();
  if (idle_since_ < 0 || now - idle_since_ >= moment || client_limit.passed(now)) return true;
  client_limit.arm(std::min(client_limit.at(), idle_since_ + moment));
  return false;
}

session::beginning session::look_for_request() {
  if (socket.can_read()) return beginning::here;
  const bool first = requests == 0;
  if (at.leaving) return beginning::gone;
  if (!first && at.all.stopping.load(std::memory_order_relaxed)) {
    if (has_bytes()) return beginning::here;
    return may_leave() ? beginning::gone : beginning::waiting;
  }
  if (client_limit.passed(at.worker.now())) return first ? beginning::too_late : beginning::gone;
  return beginning::waiting;
}

}  // namespace ringway::proxy

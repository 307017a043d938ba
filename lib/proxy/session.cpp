#include "proxy/session.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <new>

#include "proxy/listener.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

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
  bool owned = false, counted = false;
  try {
    std::unique_ptr<session> self(new session(at, front, bind, client));
    counted = true;  // its end gives the place back
    if (self->socket.adopt(fd) != 0) {
      ::close(fd);
      return;
    }
    owned = true;
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
  if (me.expects_header) {
    const bool known = co_await me.read_proxy_header();
    if (!known) co_return;
  }
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
        const beginning found = co_await me.request_begins();
        if (found == beginning::gone) break;
        if (found == beginning::too_late) {
          current = me.at.take_transaction();
          co_await current->refuse_silence(me);
          break;
        }
      }
    }
    if (!current) current = me.at.take_transaction();
    me.keep = co_await current->run(me);
  }
  if (current) me.at.put_transaction(std::move(current));
}

io::task<session::beginning> session::request_begins() {
  const timeouts& time = front.settings.time;
  const bool first = requests == 0;
  const auto& limit = first ? (time.http_request ? time.http_request : time.client)
                            : (time.http_keep_alive ? time.http_keep_alive
                               : time.http_request  ? time.http_request
                                                    : time.client);
  const io::tick from = first ? ready_tick : at.worker.now();
  if (limit && limit->count() > 0)
    client_limit.arm(from + limit->count());
  else
    client_limit.disarm();
  while (!socket.can_read()) {
    // Between two requests nobody loses anything when a stopping proxy closes.
    if (at.leaving || (at.all.stopping.load(std::memory_order_relaxed) && !first)) co_return beginning::gone;
    if (client_limit.passed(at.worker.now())) co_return first ? beginning::too_late : beginning::gone;
    co_await wake.wait();
  }
  co_return beginning::here;
}

}  // namespace ringway::proxy

// From a checked request to a link it was sent on: a server, a place there, a connection; and what happens when one
// of them fails.
#include <algorithm>

#include "http1/writer.hpp"
#include "proxy/transaction.hpp"
#include "servers/connector.hpp"
#include "servers/retry.hpp"

namespace ringway::proxy {

using balance::no_server;
using balance::server_index;

namespace {

std::optional<std::string_view> field_of(const void* fields, std::string_view name) {
  const http::field* one = http::find(*static_cast<const http::field_list*>(fields), name);
  if (one == nullptr) return std::nullopt;
  return one->value;
}

// While somebody who is in lacks a descriptor, listeners do not take the next one.
struct shortage {
  runtime& all;
  io::tick since = -1;
  explicit shortage(runtime& of) : all(of) {}
  shortage(const shortage&) = delete;
  shortage& operator=(const shortage&) = delete;
  void begin(io::tick now) {
    since = now;
    all.starving.fetch_add(1);
  }
  ~shortage() {
    if (since >= 0 && all.starving.fetch_sub(1) == 1) all.paused.call_one(true);
  }
};

}  // namespace

balance::request_facts transaction::facts() const {
  balance::request_facts out;
  out.method = request_.method_text;
  out.target = target_;
  out.source = of_->client;
  if (of_->front.settings.kind == mode::http) {
    out.fields = &request_.fields;
    out.field = &field_of;
    out.body = body_seen_;
  }
  return out;
}

// balance url_param looks into the body of a POST: wait until it is whole, or the buffer is full.
io::task<bool> transaction::gather_body() {
  const timeouts& time = of_->front.settings.time;
  http1::chunk_decoder decoder;
  std::size_t decoded = request_.bytes;
  body_scratch_.clear();
  for (;;) {
    bool whole = in_.room() == 0;
    if (request_length_.how == http::body_length::kind::counted) {
      body_seen_ = in_.text().substr(request_.bytes).substr(0, request_length_.bytes);
      whole = whole || body_seen_.size() == request_length_.bytes;
    } else {
      std::string_view input = in_.text().substr(decoded), data;
      for (;;) {
        const std::size_t had = input.size();
        const auto step = decoder.next(input, data);
        decoded += had - input.size();
        if (step != http1::chunk_decoder::step::data) {
          // What is malformed is refused when it is passed on.
          whole = whole || step != http1::chunk_decoder::step::need_more;
          break;
        }
        body_scratch_.append(data);
      }
      body_seen_ = body_scratch_;
    }
    if (whole) break;
    const io::transfer t = of_->socket.read(in_.space(), in_.room());
    if (t.what == io::outcome::done) {
      in_.filled(t.bytes);
      continue;
    }
    if (t.what != io::outcome::blocked) {
      end_with('C', 'R');
      status_ = 400;
      close_client_ = true;
      reason_ = "the client closed before its request body was complete";
      co_return false;
    }
    if (!(time.http_request && time.http_request->count() > 0)) arm_client(time.client);
    co_await of_->wake.wait();
    if (dead()) {
      close_client_ = true;
      co_return false;
    }
    if (of_->client_limit.passed(now())) {
      end_with('c', 'R');
      close_client_ = true;
      co_await answer(408, "the request body did not arrive in time");
      co_return false;
    }
  }
  of_->client_limit.disarm();
  co_return true;
}

io::task<bool> transaction::reach_server() {
  if (back_ == nullptr) {
    end_with('S', 'C');
    co_await answer(503, "no backend is configured for this frontend");
    co_return false;
  }
  if (request_length_.how != http::body_length::kind::none && of_->front.settings.kind == mode::http &&
      balance::wants_body(back_->chooser->rules(), request_.method_text, target_)) {
    const bool gathered = co_await gather_body();
    if (!gathered) co_return false;
  }
  const bool linked = co_await find_link();
  co_return linked;
}

// A link to the server at hand, or to the one that is chosen now; with retries and redispatch. Answers on failure.
io::task<bool> transaction::find_link() {
  server_index avoid = no_server;
  shortage short_of_means{at_->all};
  for (;;) {
    if (server_ == no_server) {
      const bool placed = co_await take_place(avoid);
      if (!placed) co_return false;
      if (server_ == avoid && connect_cause_ == 'S') {
        // The others are full, or the key leads here only: trying at once would use up the retries on a dead server.
        const bool waited = co_await pause_before_retry();
        if (!waited) co_return false;
        if (!back_->chooser->usable(server_)) {
          give_back_place();
          server_ = no_server;
          continue;
        }
      }
    }
    const bool linked = co_await connect();
    if (linked) co_return true;
    if (dead() || answered_) co_return false;
    if (connect_cause_ == 'R' && !client_gone()) {
      if (short_of_means.since < 0) short_of_means.begin(now());
      const bool again = co_await wait_for_means(short_of_means.since);
      if (again) continue;
      if (dead()) co_return false;
    }
    if (client_gone()) {
      end_with('C', 'C');
      close_client_ = true;
      co_return false;
    }
    // A refused or timed-out connection: the same server again, another one, or the end.
    ++failures_;
    const servers::retry_rules rules{back_->settings.retries, back_->settings.redispatch,
                                     back_->turning && back_->servers->active() > 1};
    const servers::next_try next = servers::after_failure(rules, failures_, back_->chooser->usable(server_));
    if (next == servers::next_try::give_up) {
      --failures_;  // the record counts retries, not tries
      end_with(connect_cause_, 'C');
      // The place goes back before the client hears of it; the record still names the server.
      give_back_place();
      co_await answer(503, connect_reason_);
      co_return false;
    }
    if (next == servers::next_try::other_server) {
      give_back_place();
      avoid = server_;
      server_ = no_server;
      redispatched_ = true;
      continue;
    }
    if (connect_cause_ == 'S') {
      const bool waited = co_await pause_before_retry();
      if (!waited) co_return false;
    }
  }
}

// No descriptor for a connection: somebody else's will be free, and nobody new comes in before. False: long enough.
io::task<bool> transaction::wait_for_means(io::tick since) {
  constexpr io::tick look_again = 20;  // ms
  const auto& limit = back_->settings.time.connect;
  if (now() >= since + (limit && limit->count() > 0 ? limit->count() : 5000)) co_return false;
  const io::tick until = now() + look_again;
  of_->server_limit.arm(until);
  while (now() < until && !dead() && !client_gone()) co_await of_->wake.wait();
  of_->server_limit.disarm();
  co_return !dead() && !client_gone();
}

// At once on the same server would mostly fail the same way.
io::task<bool> transaction::pause_before_retry() {
  io::tick pause = 1000;
  if (back_->settings.time.connect && back_->settings.time.connect->count() > 0)
    pause = std::min<io::tick>(pause, back_->settings.time.connect->count());
  const io::tick until = now() + pause;
  of_->server_limit.arm(until);
  while (now() < until) {
    co_await of_->wake.wait();
    if (dead()) co_return false;
    if (client_gone()) {
      end_with('C', 'C');
      close_client_ = true;
      co_return false;
    }
  }
  of_->server_limit.disarm();
  co_return true;
}

io::task<bool> transaction::take_place(server_index avoid) {
  balance::chooser& chooser = *back_->chooser;
  const io::tick from = now();
  const auto& own_limit = back_->settings.time.queue;
  const auto& limit = own_limit ? own_limit : back_->settings.time.connect;
  for (;;) {
    if (!chooser.any_usable()) {
      end_with('S', 'C');
      co_await answer(503, "no server of the backend is up");
      co_return false;
    }
    server_ = chooser.pick(facts(), avoid);
    if (server_ != no_server && !chooser.busy(server_) && chooser.try_take(server_)) break;
    if (server_ != no_server && chooser.queue_full(server_)) {
      end_with('S', 'Q');
      server_ = no_server;
      co_await answer(503, "the server's queue is full");
      co_return false;
    }
    // All places are taken: wait in the server's queue, or in the backend's for whichever is free first.
    waiting_ = std::make_shared<servers::waiter>();
    waiting_->home = &at_->worker;
    waiting_->wake = &of_->wake;
    waiting_->wanted = server_;
    if (limit && limit->count() > 0) of_->server_limit.arm(from + limit->count());
    back_->queue->join(waiting_);
    (waiting_->wanted == no_server ? backend_queue_ : server_queue_) = waiting_->ahead;
    bool granted = false, moved = false, late = false, gone = false;
    for (;;) {
      granted = waiting_->granted.load() != no_server;
      moved = waiting_->moved_on.load();
      gone = client_gone();
      late = of_->server_limit.passed(now());
      if (granted || moved || gone || late || dead()) break;
      co_await of_->wake.wait();
    }
    of_->server_limit.disarm();
    waiting_->wake = nullptr;
    if (!granted && !moved) granted = !back_->queue->leave(waiting_) && waiting_->granted.load() != no_server;
    server_ = granted ? waiting_->granted.load() : no_server;
    waiting_.reset();
    if (dead() || gone || (late && !granted)) {
      if (granted) {
        place_held_ = true;
        give_back_place();
      }
      server_ = no_server;
      if (dead()) {
        close_client_ = true;
        co_return false;
      }
      end_with(gone ? 'C' : 's', 'Q');
      placed_at_ = now();  // the record tells how long it waited
      close_client_ = close_client_ || gone;
      if (!gone) co_await answer(503, "waited too long for a place at a server");
      co_return false;
    }
    if (granted) break;
  }
  place_held_ = place_was_held_ = true;
  placed_at_ = now();
  co_return true;
}

io::task<bool> transaction::connect() {
  const servers::state& server = (*back_->servers)[server_];
  connect_reason_ = "the connection to the server failed";
  connect_cause_ = 'S';
  if (may_reuse_ && take_idle_link(server)) co_return true;
  link_is_reused_ = false;
  link_ = std::make_unique<servers::link>(at_->worker.events(), &of_->wake);
  const servers::connect_options how{back_->settings.tcpka_server, back_->settings.nolinger};
  const std::uint16_t client_port = server.config().port_relative ? of_->local().port : std::uint16_t{0};
  servers::connect_result started = servers::begin_connect(server, client_port, how, *link_);
  if (started.what == servers::connect_start::no_resources) {
    at_->all.close_idle_links(*at_);  // their descriptors are worth more here
    started = servers::begin_connect(server, client_port, how, *link_);
  }
  if (started.what != servers::connect_start::begun) {
    link_.reset();
    if (started.what == servers::connect_start::no_resources) {
      connect_cause_ = 'R';
      connect_reason_ = "no descriptor or port left for a connection to the server";
    }
    co_return false;
  }
  arm_server(back_->settings.time.connect);
  while (!link_->socket.can_write()) {
    co_await of_->wake.wait();
    if (dead() || client_gone()) {
      link_.reset();
      co_return false;
    }
    if (of_->server_limit.passed(now()) && !link_->socket.can_write()) {
      link_.reset();
      connect_cause_ = 's';
      connect_reason_ = "the server did not accept the connection in time";
      co_return false;
    }
  }
  of_->server_limit.disarm();
  if (link_->socket.connect_error() != 0) {
    link_.reset();
    co_return false;
  }
  if (server.config().sends_proxy()) {
    const bool sent = co_await send_proxy_header();
    if (!sent) {
      link_.reset();
      co_return false;
    }
  }
  connected_ = true;
  connected_at_ = now();
  at_->idle_links.began(server);
  co_return true;
}

// Only for the client at hand: nobody may share, or nobody else is whom its PROXY header names.
bool transaction::link_is_private(const servers::state& server) const {
  return back_->settings.reuse == reuse_mode::never || server.config().sends_proxy();
}

// Either side's section may ask for closing; the backend's word comes first.
connection_mode transaction::connection_with_server() const {
  const connection_mode own = back_->settings.connection;
  return own != connection_mode::keep_alive ? own : of_->front.settings.connection;
}

// http-reuse: a connection that the server may just be closing is not for everybody.
bool transaction::take_idle_link(const servers::state& server) {
  if (connection_with_server() != connection_mode::keep_alive) return false;
  const bool first = of_->requests <= 1;
  const reuse_mode how = link_is_private(server) ? reuse_mode::never : back_->settings.reuse;
  switch (how) {
    case reuse_mode::never:
      if (of_->own_link && of_->own_link->server == &server && servers::pool::sound(*of_->own_link))
        link_ = std::move(of_->own_link);
      of_->own_link.reset();
      break;
    case reuse_mode::safe:
      if (!first) link_ = at_->idle_links.take(server);
      break;
    case reuse_mode::aggressive: link_ = at_->idle_links.take(server, first ? 2 : 1); break;
    case reuse_mode::always: link_ = at_->idle_links.take(server); break;
  }
  if (!link_) return false;
  link_->socket.change_owner(&of_->wake);
  link_is_reused_ = true;
  connected_ = true;
  connected_at_ = now();
  at_->idle_links.began(server);
  return true;
}

void transaction::give_back_link(bool reusable) {
  if (!link_) return;
  if (connected_) at_->idle_links.ended(*link_->server);
  connected_ = false;
  if (reusable && link_is_private(*link_->server)) {
    if (link_->socket.has_input()) return link_.reset();
    ++link_->requests;
    link_->socket.change_owner(nullptr);
    of_->own_link = std::move(link_);
  } else if (reusable) {
    ++link_->requests;
    at_->idle_links.put(std::move(link_), now());
    at_->wake_housekeeping();
  }
  link_.reset();
}

void transaction::give_back_place() {
  if (!place_held_) return;
  place_held_ = false;
  back_->chooser->gave_back(server_);
  back_->queue->serve(server_);
}

}  // namespace ringway::proxy

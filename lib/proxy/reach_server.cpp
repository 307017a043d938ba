// From a checked request to a link it was sent on: a server, a place there, a connection; and what happens when one
// of them fails.
#include <algorithm>

#include "base/text.hpp"
#include "http1/writer.hpp"
#include "proxy/transaction.hpp"
#include "servers/connector.hpp"

namespace ringway::proxy {

using balance::no_server;
using balance::server_index;

namespace {

std::optional<std::string_view> field_of(const void* fields, std::string_view name) {
  const http::field* one = http::find(*static_cast<const http::field_list*>(fields), name);
  if (one == nullptr) return std::nullopt;
  return trim(one->value);  // a rule's own may have blanks around it
}

// While somebody who is in lacks a descriptor, listeners do not take the next one.
struct shortage {
  runtime& all;
  explicit shortage(runtime& of) : all(of) { all.starving.fetch_add(1); }
  shortage(const shortage&) = delete;
  shortage& operator=(const shortage&) = delete;
  ~shortage() {
    if (all.starving.fetch_sub(1) == 1) all.paused.call_one(true);
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
  http1::chunk_decoder decoder;
  decoder.as_haproxy(http::as_haproxy(of_->front.settings.request_parsing));
  std::size_t decoded = request_.bytes;
  body_scratch_.clear();
  continue_if_expected();
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
      if (t.what == io::outcome::end) co_await answer(400, reason_);  // it may still be reading
      co_return false;
    }
    arm_for_head();
    flush_interim();
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

// Who waits for 100 with its body waits for us, as no server is asked yet. The server is not asked for another.
void transaction::continue_if_expected() {
  if (in_.size() > request_.bytes) return;
  const http::field* const expect = http::find(request_.fields, http::known::expect);
  if (expect == nullptr || !same_text(expect->value, "100-continue")) return;
  http::drop_all(request_.fields, http::known::expect);
  interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
  continued_ = true;
}

bool transaction::reads_body_first() const {
  return request_length_.how != http::body_length::kind::none && of_->front.settings.kind == mode::http &&
         balance::wants_body(back_->chooser->rules(), request_.method_text, target_);
}

bool transaction::reach_at_once() {
  if (back_ == nullptr || reads_body_first()) return false;
  placing_ = place_now();
  if (placing_ != placing::taken) return false;
  placing_ = placing::untried;  // held: see place_held_
  return take_idle_link((*back_->servers)[server_]);
}

io::task<bool> transaction::reach_server() {
  if (back_ == nullptr) {
    end_with('S', 'C');
    head_at_ = -1;  // nobody was asked for: no time is counted, as in HAProxy
    co_await answer(503, "no backend is configured for this frontend");
    co_return false;
  }
  if (reads_body_first()) {
    const bool gathered = co_await gather_body();
    if (!gathered) co_return false;
  }
  const bool linked = co_await find_link();
  co_return linked;
}

// A link to the server at hand, or to the one that is chosen now; with retries and redispatch. Answers on failure.
io::task<bool> transaction::find_link() {
  for (;;) {
    if (!place_held_) {
      placing found = std::exchange(placing_, placing::untried);
      if (found == placing::untried) found = place_now();
      if (found != placing::taken) {
        const bool placed = co_await wait_for_place(found);
        if (!placed) co_return false;
      }
      if (server_ == avoid_ && connect_failure_ == servers::failure::refused && !connect_failed_at_once_) {
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
    if (client_gone()) {
      client_left('C');
      co_return false;
    }
    if (killed_ != 0) {
      end_with(killed_, 'C');
      give_back_place();
      co_await answer(503, "its server was taken out of use");
      co_return false;
    }
    observe_connect(false);
    // A refused or timed-out connection: the same server again, another one, or the end.
    if (!plan_retry(connect_failure_)) {
      end_with(connect_cause_, 'C');
      // The place goes back before the client hears of it; the record still names the server.
      give_back_place();
      co_await answer(503, connect_reason_);
      co_return false;
    }
    const bool ready = co_await take_next_step();
    if (!ready) co_return false;
  }
}

// Kept links may hold what a new one needs: descriptors and memory are everybody's, ports lead to one server. Begins
// again once they are gone, and again for as long as it takes the others to leave or to be told.
io::task<servers::connect_result> transaction::begin_with_room(servers::concern about, std::uint16_t client_port,
                                                               servers::connect_options how) {
  const servers::state& server = (*back_->servers)[server_];
  const bool everybody = about == servers::concern::process;
  at_->all.close_idle_links(*at_, everybody ? nullptr : &server);
  servers::connect_result begun = servers::begin_connect(server, client_port, how, *link_);
  if (begun.begun() || begun.about() != about) co_return begun;
  if (everybody) {
    const shortage nobody_new(at_->all);
    co_await look_again(begun, about, client_port, how, pause_between_tries());
  } else if (at_->all.homes.size() > 1 && (server.source_range() == nullptr || server.idle_links().load() > 0)) {
    constexpr io::tick others_heard_of_it = 10;  // ms
    co_await look_again(begun, about, client_port, how, others_heard_of_it);
  }
  co_return begun;
}

// For `most` ms, now and then; `into` is what came of it.
io::task<> transaction::look_again(servers::connect_result& into, servers::concern about, std::uint16_t client_port,
                                   servers::connect_options how, io::tick most) {
  constexpr io::tick look_again_after = 20;  // ms
  const io::tick until = now() + most;
  while (!into.begun() && into.about() == about && now() < until) {
    const io::tick next = std::min(now() + look_again_after, until);
    of_->server_limit.arm(next);
    while (now() < next && !dead() && !client_gone() && killed_ == 0) co_await of_->wake.wait();
    of_->server_limit.disarm();
    if (dead() || client_gone() || killed_ != 0) co_return;
    into = servers::begin_connect((*back_->servers)[server_], client_port, how, *link_);
  }
}

// What servers::after() says of the attempt that has just failed; nothing is done yet. False: it was the last.
bool transaction::plan_retry(servers::failure how, unsigned status) {
  servers::attempt last;
  last.how = how;
  last.status = status;
  const bool sent = link_ != nullptr;
  last.kept = sent && link_is_reused_;
  last.untouched = !sent || untouched();
  last.whole = !sent || (up_.replayable() && interim_count_ == 0);
  last.idempotent = http::is_idempotent(request_.verb);
  last.server_up = back_->chooser->usable(server_);
  last.at_once = !sent && connect_failed_at_once_;
  servers::retry_rules rules;
  rules.retries = back_->settings.retries;
  rules.redispatch = back_->settings.redispatch;
  rules.on = back_->settings.retry_on;
  rules.turning = back_->turning;
  rules.active = back_->servers->active();
  next_ = servers::after(rules, last, {failures_, moved_once_});
  return next_.where != servers::next_try::give_up;
}

// Not a byte of the request can have been processed: see servers/retry.hpp, rule 1.
bool transaction::untouched() const {
  if (up_.sent_bytes() == 0) return true;
  if (!server_ended_) return false;
  const std::optional<std::uint64_t> seen = link_->socket.acknowledged();
  return seen && *seen <= link_->carried + 1;  // 1: the SYN
}

// False: the client left or the worker ends.
io::task<bool> transaction::take_next_step() {
  if (next_.counts) ++failures_;
  if (next_.fresh) may_reuse_ = false;
  if (next_.moves) moved_once_ = true;
  if (next_.where == servers::next_try::other_server) {
    give_back_place();
    avoid_ = server_;
    server_ = no_server;
  }
  io::turn& budget = at_->worker.budget();
  budget.spend(io::turn::request);
  if (next_.pause) {
    const bool waited = co_await pause_before_retry();
    co_return waited;
  }
  if (budget.over()) {  // attempts that fail at once, one after another
    of_->wake.again();
    co_await of_->wake.wait();
  }
  co_return !dead();
}

// The same request once more, as planned; its bytes are still in the buffer. False: it is over, and answered.
io::task<bool> transaction::send_again() {
  give_back_link(false);
  of_->client_limit.disarm();
  of_->server_limit.disarm();
  upload_broken_ = server_ended_ = false;
  response_scanned_ = 0;
  response_.clear();
  out_.clear();
  const bool ready = co_await take_next_step();
  if (!ready) co_return false;
  const bool linked = co_await find_link();
  if (!linked) co_return false;
  may_reuse_ = true;
  send_request();
  up_moved_at_ = down_moved_at_ = now();
  co_return true;
}

// Without a reply: nobody would read it.
void transaction::client_left(char stage) {
  end_with('C', stage);
  close_client_ = true;
  reason_ = "the client closed before its request was sent to a server";
  if (of_->front.settings.kind == mode::tcp) forget_input();
}

io::tick transaction::pause_between_tries() const {
  constexpr io::tick longest = 1000;  // ms
  const auto& limit = back_->settings.time.connect;
  return limit && limit->count() > 0 ? std::min<io::tick>(longest, limit->count()) : longest;
}

io::task<bool> transaction::pause_before_retry() {
  const io::tick until = now() + pause_between_tries();
  of_->server_limit.arm(until);
  while (now() < until && killed_ == 0) {
    co_await of_->wake.wait();
    if (dead()) co_return false;
    if (client_gone()) {
      client_left('C');
      co_return false;
    }
  }
  of_->server_limit.disarm();
  co_return true;
}

// Asks the balancer; server_ is whom it chose.
transaction::placing transaction::place_now() {
  balance::chooser& chooser = *back_->chooser;
  if (!chooser.any_usable() || back_->settings.disabled) return placing::nobody_up;
  server_ = of_->own_links.empty() ? no_server : server_of_own_link();
  if (server_ == no_server) server_ = chooser.pick(facts(), avoid_);
  if (server_ == no_server) return placing::all_taken;
  if (!chooser.busy(server_) && chooser.try_take(server_)) {
    hold_place();
    return placing::taken;
  }
  return chooser.queue_full(server_) ? placing::queue_full : placing::all_taken;
}

void transaction::hold_place() {
  place_held_ = true;
  redispatched_ = redispatched_ || (avoid_ != no_server && server_ != avoid_);
  placed_at_ = now();
}

io::task<bool> transaction::wait_for_place(placing at) {
  const io::tick from = now();
  const auto& own_limit = back_->settings.time.queue;
  const auto& limit = own_limit ? own_limit : back_->settings.time.connect;
  for (;; at = place_now()) {
    if (at == placing::taken) co_return true;
    if (at == placing::nobody_up) {
      end_with('S', 'C');
      co_await answer(503, "no server of the backend is up");
      co_return false;
    }
    if (at == placing::queue_full) {
      end_with('S', 'Q');
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
    // The last server may have left between the look and the joining: nobody would come for this one.
    if (!back_->chooser->any_usable()) back_->queue->send_away(waiting_->wanted);
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
    const server_index wanted = waiting_->wanted;
    (wanted == no_server ? backend_queue_ : server_queue_) += waiting_->position;
    server_ = granted ? waiting_->granted.load() : no_server;
    waiting_.reset();
    if (dead() || gone || (late && !granted)) {
      if (granted) {
        place_held_ = true;
        give_back_place();
      }
      server_ = wanted;  // for the record
      placed_at_ = now();
      if (dead()) {
        close_client_ = true;
        co_return false;
      }
      if (gone) {
        client_left('Q');
        co_return false;
      }
      end_with('s', 'Q');
      co_await answer(503, "waited too long for a place at a server");
      co_return false;
    }
    if (granted) {
      hold_place();
      co_return true;
    }
  }
}

io::task<bool> transaction::connect() {
  const servers::state& server = (*back_->servers)[server_];
  connect_reason_ = "the connection to the server failed";
  connect_cause_ = 'S';
  connect_failure_ = servers::failure::refused;
  connect_failed_at_once_ = false;
  if (may_reuse_ && take_idle_link(server)) co_return true;
  link_is_reused_ = false;
  link_ = std::make_unique<servers::link>(at_->worker.events(), &of_->wake);
  servers::connect_options how;
  how.keep_alive_probes = back_->settings.tcpka_server;
  how.no_linger = back_->settings.nolinger;
  how.delayed_ack = back_->settings.smart_connect && back_->settings.kind == mode::http;
  const std::uint16_t client_port = server.config().port_relative ? of_->local().port : std::uint16_t{0};
  servers::connect_result started = servers::begin_connect(server, client_port, how, *link_);
  if (!started.begun() && started.about() != servers::concern::server)
    started = co_await begin_with_room(started.about(), client_port, how);
  if (!started.begun()) {
    link_.reset();
    connect_failed_at_once_ = true;
    if (started.about() == servers::concern::process) {
      connect_failure_ = servers::failure::no_means;
      connect_reason_ = "no descriptor or memory left for a connection to the server";
    }
    const servers::connect_remark said = servers::remark_of(started, back_->settings.name);
    if (!said.text.empty()) back_->log->message(static_cast<log::level>(said.level), said.text);
    co_return false;
  }
  arm_server(back_->settings.time.connect);
  bool leaving = false;
  while (!link_->socket.can_write()) {
    if (!leaving && client_gone()) {
      leaving = true;
      // A server at hand is reached all the same: then a client that closed behind its request hears of it, and in mode
      // tcp its bytes arrive.
      constexpr io::tick grace = 100;  // ms
      if (of_->socket.broken() && (of_->front.settings.kind != mode::tcp || of_->socket.unread() == 0)) {
        link_.reset();
        co_return false;
      }
      const auto& limit = back_->settings.time.connect;
      const io::tick most = limit && limit->count() > 0 ? std::min<io::tick>(limit->count(), grace) : grace;
      of_->server_limit.arm(now() + most);
    }
    co_await of_->wake.wait();
    if (dead() || killed_ != 0) {
      link_.reset();
      co_return false;
    }
    if (of_->server_limit.passed(now()) && !link_->socket.can_write()) {
      link_.reset();
      connect_cause_ = 's';
      connect_failure_ = servers::failure::connect_timeout;
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
  observe_connect(true);
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

// A server to which this session still has a connection of its own, when it is to stay there: it wants to
// (option prefer-last-server) or must (a challenge of NTLM or Negotiate).
server_index transaction::server_of_own_link() const {
  if (!(of_->stays || back_->settings.prefer_last_server) || !back_->turning || avoid_ != no_server) return no_server;
  const balance::chooser& chooser = *back_->chooser;
  const int most = back_->settings.max_keep_alive_queue;
  for (const servers::link* one = of_->own_links.first(); one != nullptr; one = one->next) {
    const server_index index = one->server->index();
    if (index >= back_->servers->size() || one->server != &(*back_->servers)[index] || !chooser.usable(index)) continue;
    if (of_->stays || most < 0 || !chooser.busy(index) || chooser.waiting(index) < static_cast<unsigned>(most)) return index;
  }
  return no_server;
}

// NTLM and Negotiate authenticate a connection, not a request: it becomes the session's own, and the session stays.
void transaction::note_challenge() {
  const std::string_view name = response_.status == 401 ? "www-authenticate" : "proxy-authenticate";
  for (const http::field& one : response_.fields) {
    if (!same_text(one.name, name)) continue;
    const std::string_view scheme = one.value.substr(0, one.value.find_first_of(" ,"));
    if (!same_text(scheme, "NTLM") && !same_text(scheme, "Negotiate")) continue;
    link_->own = of_->stays = true;
  }
}

bool transaction::is_at(const backend& of, server_index server) const {
  if (back_ != &of || !place_held_) return false;
  return server == no_server ? (*back_->servers)[server_].config().backup : server == server_;
}

void transaction::end_now(char cause) {
  killed_ = cause;
  of_->wake.wake();
}

void transaction::observe_connect(bool good) {
  const servers::state& server = (*back_->servers)[server_];
  const servers::check_settings& rules = server.config().check;
  if (rules.watch == servers::observe::none || !rules.enabled) return;
  if (good && rules.watch != servers::observe::layer4) return;
  if (server.learnt(good) && back_->too_many_errors) back_->too_many_errors(server_, "L4 unsuccessful connection");
}

void transaction::observe_response(bool good, const char* what) {
  const servers::state& server = (*back_->servers)[server_];
  const servers::check_settings& rules = server.config().check;
  if (rules.watch != servers::observe::layer7 || !rules.enabled) return;
  if (server.learnt(good) && back_->too_many_errors) back_->too_many_errors(server_, what);
}

// http-reuse: a connection that the server may just be closing is not for everybody.
bool transaction::take_idle_link(const servers::state& server) {
  if (connection_with_server() != connection_mode::keep_alive) return false;
  const bool first = of_->requests <= 1;
  const reuse_mode how = link_is_private(server) ? reuse_mode::never : back_->settings.reuse;
  if (!of_->own_links.empty()) link_ = of_->own_links.take(server);
  if (!link_) {
    switch (how) {
      case reuse_mode::never: break;
      case reuse_mode::safe:
        if (!first) link_ = at_->idle_links.take(server);
        break;
      case reuse_mode::aggressive: link_ = at_->idle_links.take(server, first ? 2 : 1); break;
      case reuse_mode::always: link_ = at_->idle_links.take(server); break;
    }
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
  link_->carried += up_.sent_bytes();
  if (reset_server_) {
    cut_link_ = std::move(link_);
    return;
  }
  ++link_->requests;
  const int most = link_->server->config().max_reuse;
  reusable = reusable && (most < 0 || link_->requests <= static_cast<unsigned>(most));
  if (reusable && (link_->own || link_is_private(*link_->server))) {
    of_->own_links.keep(std::move(link_), of_->front.settings.max_session_srv_conns);
  } else if (reusable) {
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

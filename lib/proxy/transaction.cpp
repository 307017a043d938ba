// The journey of a request, in order. How each step is done: reach_server.cpp, exchange.cpp, tunnel.cpp, record.cpp.
#include "proxy/transaction.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "http/check.hpp"
#include "http1/tokenizer.hpp"
#include "http1/writer.hpp"

namespace ringway::proxy {

io::task<bool> transaction::run(session& of) {
  begin(of);
  if (const reading head = take_head(); head != reading::complete) {
    const bool complete = co_await read_head(head);      // timeout http-request, client
    if (!complete) {
      if (!idle_) finish();
      co_return idle_;
    }
  }
  bool going = check_head();
  if (!going) co_await refuse();
  if (going && !of.front.settings.monitor_uri.empty() && is_monitor()) {
    co_await answer_monitor();
    going = false;
  }
  if (going) remember_request_line();
  if (going && of.front.settings.rules.has_http_rules()) going = co_await obey(of.front.settings.rules);
  if (going) choose_backend();
  if (going && backend_has_rules()) going = co_await obey(back_->settings.rules);
  if (going && of.front.log->at_start()) emit_log_early();
  if (going && !reach_at_once()) going = co_await reach_server();  // timeout queue, connect; retries, redispatch
  if (going) going = co_await exchange();                // timeout server, client
  if (going && upgraded_) co_await tunnel();             // timeout tunnel
  if (!going && dead()) end_with('K', '-');
  finish();
  const bool kept = next_request_possible();
  // The client may still be sending: the rest of a body, or requests it has put behind this one.
  if (!kept && !upgraded_ && !reset_client_ && response_head_seen_ && !dead()) co_await linger();
  if (cut_link_ || reset_client_) co_await cut();
  co_return kept;
}

void transaction::begin(session& of) {
  of_ = &of;
  of.current = this;
  at_ = &of.at;
  idle_ = head_begun_ = false;
  scanned_ = 0;
  began_ = now();
  request_at_ = at_->worker.wall_microseconds();
}

// As far as it goes without waiting; most heads are here whole.
transaction::reading transaction::take_head() {
  const timeouts& time = of_->front.settings.time;
  const bool limited = time.http_request && time.http_request->count() > 0;
  if (!in_) in_ = at_->worker.memory().take();
  in_.compact();
  const std::size_t most = at_->worker.memory().size() - at_->all.global.maxrewrite;
  for (;;) {
    if (!in_.empty()) {
      if (!head_begun_) {
        head_begun_ = true;
        // Absolute: from the connection's beginning for its first request, then from a request's first byte.
        head_until_ = limited ? (of_->requests == 0 ? of_->ready_tick : began_) + time.http_request->count() : io::never;
        if (limited) arm_for_head();
        ++of_->requests;
      }
      http1::limits limits;
      limits.how = of_->front.settings.request_parsing;
      const http1::head_result found = http1::parse_request(in_.text(), scanned_, limits, request_, scratch_);
      if (found.what == http1::head_state::complete && request_.bytes <= most) {
        in_.consume(found.skipped);
        head_at_ = now();
        return reading::complete;
      }
      if (found.what == http1::head_state::bad) {
        refused_ = {found.status, found.reason};
        return reading::refused;
      }
      if (in_.size() >= most) {
        // A first line that alone fills the room is too long itself (RFC 9112 3), whether its end is here or not.
        const bool line_seen = in_.text().substr(0, most).find('\n') != std::string_view::npos;
        const bool target_seen = in_.text().find(' ') != std::string_view::npos;
        refused_ = {line_seen ? 431u : target_seen ? 414u : 400u, "request head too large"};
        return reading::refused;
      }
      arm_for_head();
    }
    const io::transfer t = of_->socket.read(in_.space(), in_.room());
    switch (t.what) {
      case io::outcome::done: in_.filled(t.bytes); break;
      case io::outcome::blocked: return in_.empty() ? reading::nothing : reading::partial;
      case io::outcome::end: return reading::closed;
      case io::outcome::failed: return reading::broken;
    }
  }
}

// `so_far`: what take_head() said.
io::task<bool> transaction::read_head(reading so_far) {
  while (so_far == reading::partial) {
    co_await of_->wake.wait();
    if (dead()) {
      logged_ = true;
      co_return false;
    }
    if (of_->client_limit.passed(now())) {
      end_with('c', 'R');
      close_client_ = true;
      co_await answer(408, "the request head did not arrive in time");
      co_return false;
    }
    so_far = take_head();
  }
  if (so_far == reading::complete) co_return true;
  if (so_far == reading::nothing) {
    idle_ = true;
    co_return false;
  }
  close_client_ = true;
  if (so_far == reading::refused) {
    end_with('P', 'R');
    co_await answer(refused_.status, refused_.reason);
    co_return false;
  }
  // The client closed: without a word between two requests that is the normal end of a connection.
  if (in_.empty() && (of_->requests != 0 || of_->front.settings.ignore_probes)) {
    logged_ = true;
    co_return false;
  }
  if (in_.empty()) began_ = of_->ready_tick;  // no request began: the time is the connection's
  end_with('C', 'R');
  status_ = 400;
  reason_ = "the client closed before its request head was complete";
  if (so_far == reading::closed) co_await answer(400, reason_);  // it may still be reading
  co_return false;
}

io::task<> transaction::refuse_silence(session& of) {
  if (of.front.settings.ignore_probes) co_return;
  begin(of);
  began_ = of.ready_tick;
  end_with('c', 'R');
  close_client_ = true;
  co_await answer(408, "no request arrived in time");
  finish();
}

void transaction::choose_backend() {
  back_ = of_->front.settings.rules.use_backend.empty() ? of_->front.default_backend : backend_by_rules();
  counted_ = back_ != nullptr;
  if (counted_) back_->connections.fetch_add(1, std::memory_order_relaxed);
}

// Everything that makes a request ambiguous or meaningless is refused here, before anybody else sees it.
bool transaction::check_head() {
  http::request_meaning meaning;
  refused_ = http::check_request(request_, of_->front.settings.request_parsing, meaning, uri_scratch_);
  request_length_ = meaning.body;
  client_wants_ = meaning.wants;
  upgrade_asked_ = meaning.upgrade;
  if (!http::wants_persistence(request_.minor, client_wants_)) close_client_ = true;
  if (of_->front.settings.connection == connection_mode::close || request_length_.doubtful) close_client_ = true;
  if (request_.verb == http::method::connect && in_.size() > request_.bytes) close_client_ = true;  // tunnel_was_begun()
  // As much of a chunked body as is here: what breaks its coding at once costs no server anything.
  if (!refused_ && request_length_.how == http::body_length::kind::chunked) {
    http1::chunk_decoder decoder;
    decoder.as_haproxy(http::as_haproxy(of_->front.settings.request_parsing));
    std::string_view input = in_.text().substr(request_.bytes), data;
    http1::chunk_decoder::step step = decoder.next(input, data);
    for (; step == http1::chunk_decoder::step::data; step = decoder.next(input, data)) {
      at_->worker.budget().spend(io::turn::chunk);
      chunked_here_ += data.size();
    }
    chunked_here_ += decoder.left();
    if (step == http1::chunk_decoder::step::bad) refused_ = {400, decoder.reason()};
  }
  if (refused_) return false;
  target_ = request_.target;
  return true;
}

io::task<> transaction::refuse() {
  end_with('P', 'R');
  close_client_ = true;
  head_at_ = -1;  // in the log no request was read, as HAProxy says of one it could not parse
  co_await answer(refused_.status, refused_.reason);
}

// What it held of the backend is free; only then its line is written, whose counts are of the others.
void transaction::leave_backend() {
  if (link_) give_back_link(false);
  give_back_place();
  if (std::exchange(counted_, false)) back_->connections.fetch_sub(1, std::memory_order_relaxed);
  emit_log();
}

void transaction::finish() {
  leave_backend();
  of_->client_limit.disarm();
  of_->server_limit.disarm();
}

bool transaction::next_request_possible() {
  if (close_client_ || upgraded_) return false;
  if (body_pending()) return false;
  in_.consume(up_started_ ? up_.consumed() : request_.bytes);
  clear_for_next();
  // Also during a soft stop: a client that was not told of it may have sent its next request already.
  return true;
}

// A reply of our own, complete or not at all.
io::task<> transaction::answer(unsigned status, const char* reason) {
  if (of_->front.settings.kind == mode::tcp) {  // no words of ours in somebody else's protocol
    reason_ = reason;
    answered_ = close_client_ = true;
    forget_input();
    co_return;
  }
  const reply page = reply_for(status);
  begin_answer(status, reason);
  if (!page.framed || page.silent || page.closes) close_client_ = true;
  if (page.silent) co_return;
  http1::head_writer out(at_->scratch.get(), at_->scratch_size);
  out.text(interim_);
  out.text(page.head);
  co_await send_answer(out, page.body, page.minor);
}

void transaction::begin_answer(unsigned status, const char* reason) {
  status_ = static_cast<int>(status);
  reason_ = reason;
  answered_ = true;
  if (status == 400 || status == 408) close_client_ = true;
  // A body that may never come, or whose end cannot be told: what follows is no next request.
  if (request_.bytes == 0 || refused_ || expects_refusal()) close_client_ = true;
  if (of_->front.settings.connection == connection_mode::close || at_->all.stopping.load(std::memory_order_relaxed))
    close_client_ = true;
}

// `out` holds the head without its last lines; it lies in the worker's scratch memory. `minor`: HTTP/1.<minor> of that head.
io::task<> transaction::send_answer(http1::head_writer& out, std::string_view body, unsigned minor) {
  if (close_client_ && minor == 1)
    out.field("connection", "close");
  else if (!close_client_ && (request_.minor == 0 || minor == 0))
    out.field("connection", "keep-alive");
  out.end();
  if (request_.verb != http::method::head) out.text(body);
  if (!out_) out_ = at_->worker.memory().take();
  out_.clear();
  interim_sent_ = sent_to_client_;
  down_.start(of_->socket, &of_->socket, out_, 0, {}, target_coding::plain, {out.data(), out.size()}, false);
  for (;;) {
    const flow_state state = down_.pump(at_->worker.budget());
    sent_to_client_ = interim_sent_ + down_.sent_bytes();
    if (state == flow_state::done) break;
    if (state != flow_state::wait_write || dead()) {
      close_client_ = true;
      co_return;
    }
    arm_client(of_->front.settings.time.client);
    co_await of_->wake.wait();
    if (of_->client_limit.passed(now())) {
      close_client_ = true;
      co_return;
    }
  }
  leave_backend();  // what is left is between the client and us, and no part of the times in the log
  if (close_client_)
    co_await linger();
  else
    co_await drain_request();
}

// mode tcp: unread input would turn our close into a reset.
void transaction::forget_input() {
  io::transfer t{io::outcome::done, 0, 0};
  for (int i = 0; i < 4 && t.what == io::outcome::done; ++i) {
    t = of_->socket.read(at_->scratch.get(), at_->scratch_size);
    if (t.what == io::outcome::done) unsent_ += t.bytes;
  }
}

bool transaction::body_pending() const {
  return up_started_ ? !up_.source_complete() : request_length_.how != http::body_length::kind::none;
}

// After an answer that did not wait for the whole request: the rest is read, so that the next one can be found.
io::task<> transaction::drain_request() {
  if (!body_pending()) co_return;
  if (up_started_)
    up_.discard();
  else
    up_.start(of_->socket, nullptr, in_, request_.bytes, request_length_, target_coding::plain, {}, false);
  up_.as_haproxy(http::as_haproxy(of_->front.settings.request_parsing));
  up_started_ = true;
  up_moved_at_ = now();
  for (;;) {
    const std::uint64_t before = up_.body_bytes();
    const flow_state state = up_.pump(at_->worker.budget());
    if (state == flow_state::done) co_return;
    if (up_.body_bytes() != before) up_moved_at_ = now();
    if (state == flow_state::again) {
      of_->client_limit.disarm();
      of_->wake.again();
    } else if (state == flow_state::wait_read) {
      arm(of_->client_limit, of_->front.settings.time.client, up_moved_at_);
    } else {
      break;
    }
    co_await of_->wake.wait();
    if (dead() || of_->client_limit.passed(now())) break;
  }
  close_client_ = true;
}

// The client waits for 100 before it sends its body; after another answer nobody knows whether it still will.
bool transaction::expects_refusal() const {
  if (request_length_.how == http::body_length::kind::none || (up_started_ && up_.body_bytes() > 0)) return false;
  return !continued_ && http::find(request_.fields, http::known::expect) != nullptr;
}

// Closing with unread input in the socket makes the kernel send a reset, which can destroy the reply on its way.
// So: FIN, then read and forget for a moment.
io::task<> transaction::linger() {
  constexpr io::tick patience = 1000;       // ms
  constexpr std::size_t most = 1024 * 1024;  // bytes
  if (of_->socket.broken() || !of_->socket.is_open()) co_return;
  const bool expecting = request_.bytes == 0 || refused_ ||
                         (up_started_ ? !up_.source_complete() : request_length_.how != http::body_length::kind::none);
  if (of_->socket.peer_closed() && of_->socket.unread() == 0) co_return;
  if (!expecting) {
    if (!of_->socket.can_read()) co_return;
    const io::transfer t = of_->socket.read(at_->scratch.get(), at_->scratch_size);
    if (t.what != io::outcome::done) co_return;
  }
  of_->socket.shut_down_write();
  const io::tick until = now() + patience;
  std::size_t seen = 0;
  while (seen < most && !dead()) {
    const io::transfer t = of_->socket.read(at_->scratch.get(), at_->scratch_size);
    if (t.what == io::outcome::done) {
      seen += t.bytes;
      at_->worker.budget().spend(t.bytes);
      if (!at_->worker.budget().over()) continue;
      of_->wake.again();
    } else if (t.what != io::outcome::blocked) {
      break;
    }
    of_->client_limit.arm(until);
    co_await of_->wake.wait();
    if (now() >= until) break;
  }
}

// A connection that is reset loses what the kernel still holds of it: that arrives first.
io::task<> transaction::reset_when_delivered(io::socket& to, std::optional<milliseconds> patience) {
  constexpr io::tick longest_pause = 50, without_limit = 10000;  // ms
  const io::tick most = patience && patience->count() > 0 ? patience->count() : without_limit;
  io::tick pause = 1, moved_at = now();
  std::size_t left = to.is_open() ? to.unsent() : 0;
  while (left > 0 && !dead() && now() < moved_at + most) {
    of_->client_limit.arm(now() + pause);
    co_await of_->wake.wait();
    if (of_->client_limit.passed(now())) pause = std::min(pause * 2, longest_pause);
    const std::size_t now_left = to.unsent();
    if (now_left != left) moved_at = now();
    left = now_left;
  }
  of_->client_limit.disarm();
  to.reset();
}

// What broke on one side, or ended before its time, looks so on the other.
io::task<> transaction::cut() {
  if (cut_link_) {
    co_await reset_when_delivered(cut_link_->socket, back_->settings.time.server);
    cut_link_.reset();
  }
  if (reset_client_) co_await reset_when_delivered(of_->socket, of_->front.settings.time.client);
}

bool transaction::dead() const { return at_->leaving; }

io::tick transaction::now() const { return at_->worker.now(); }

// Nobody is left who could want an answer: reset, or closed where that means the same. In mode tcp a client that
// closed without a word has nothing to tell the server; see connect(), which lets it try all the same.
bool transaction::client_gone() const {
  if (of_->socket.broken()) return true;
  if (!of_->socket.peer_closed()) return false;
  return abort_on_close() || (of_->front.settings.kind == mode::tcp && !connected_ && of_->socket.unread() == 0);
}

// The backend's word counts, then the frontend's, then the mode's (manual: option abortonclose).
bool transaction::abort_on_close() const {
  const section_settings& fe = of_->front.settings;
  const bool plain = fe.abortonclose.value_or(fe.kind == mode::http);
  return back_ != nullptr ? back_->settings.abortonclose.value_or(plain) : plain;
}

void transaction::arm(io::deadline& which, const std::optional<milliseconds>& limit, io::tick since) {
  if (limit && limit->count() > 0)
    which.arm(since + limit->count());
  else
    which.disarm();
}

// timeout http-request from where take_head() says, timeout client from now: whichever ends first.
void transaction::arm_for_head() {
  const auto& idle = of_->front.settings.time.client;
  const io::tick until = std::min(head_until_, idle && idle->count() > 0 ? now() + idle->count() : io::never);
  if (until != io::never)
    of_->client_limit.arm(until);
  else
    of_->client_limit.disarm();
}

void transaction::reset() {
  clear_for_next();
  in_.release();
  if (of_ != nullptr) of_->current = nullptr;
  of_ = nullptr;
  at_ = nullptr;
}

void transaction::clear_for_next() {
  request_.clear();
  response_.clear();
  request_length_ = response_length_ = {};
  client_wants_ = {};
  out_.release();
  scanned_ = response_scanned_ = 0;
  request_line_.clear();
  body_seen_ = {};
  method_size_ = uri_size_ = 0;
  chunked_here_ = 0;
  interim_.clear();
  back_ = nullptr;
  link_.reset();
  cut_link_.reset();
  server_ = balance::no_server;
  waiting_.reset();
  placing_ = placing::untried;
  refused_ = {};
  killed_ = 0;
  rewritten_.clear();
  place_held_ = link_is_reused_ = connected_ = redispatched_ = ask_close_ = moved_once_ = false;
  may_reuse_ = true;
  avoid_ = balance::no_server;
  failures_ = interim_count_ = pending_status_ = 0;
  interim_sent_ = unsent_ = 0;
  upgrade_asked_ = upgraded_ = close_client_ = continued_ = false;
  reset_client_ = reset_server_ = false;
  server_keeps_ = response_head_seen_ = answered_ = up_started_ = upload_broken_ = upload_lost_ = draining_ = server_ended_ = false;
  cause_ = stage_ = '-';
  reason_ = nullptr;
  status_ = -1;
  sent_to_client_ = sent_to_server_ = 0;
  head_at_ = placed_at_ = connected_at_ = response_at_ = -1;
  server_queue_ = backend_queue_ = 0;
  logged_ = false;
}

}  // namespace ringway::proxy

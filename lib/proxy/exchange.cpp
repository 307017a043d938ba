// The request goes up, the response comes down, at the same time if need be: one loop over two sockets.
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "http/check.hpp"
#include "http1/tokenizer.hpp"
#include "http1/writer.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

using http::body_length;

namespace {

constexpr unsigned most_interim = 64;  // 1xx responses to one request

// Is `at` inside the network that `except` names?
bool is_excepted(const told_address_settings& how, const address& at) {
  if (!how.enabled || !how.except || how.except->kind != at.kind) return false;
  unsigned bits = how.except_bits;
  for (std::size_t i = 0; i < at.bytes.size() && bits > 0; ++i) {
    const unsigned now = bits >= 8 ? 8 : bits;
    const auto mask = static_cast<std::uint8_t>(0xff00 >> now);
    if ((at.bytes[i] & mask) != (how.except->bytes[i] & mask)) return false;
    bits -= now;
  }
  return true;
}

// Where both sides ask for the field its name is the backend's; `except` of either holds, `if-none` only if both say it.
void tell_address(http1::head_writer& out, const http::field_list& there, const address& at,
                  const told_address_settings& fe, const told_address_settings& be) {
  if (!at.is_ip() || is_excepted(fe, at) || is_excepted(be, at)) return;
  const std::string& header = be.enabled ? be.header : fe.header;
  const bool if_none = (!fe.enabled || fe.if_none) && (!be.enabled || be.if_none);
  if (if_none && http::find(there, header) != nullptr) return;
  char text[64];
  out.field(header, {text, at.write_host(text)});
}

}  // namespace

void transaction::write_told_addresses(http1::head_writer& out) {
  const section_settings& fe = of_->front.settings;
  const section_settings& be = back_->settings;
  if (fe.forwardfor.enabled || be.forwardfor.enabled)
    tell_address(out, request_.fields, of_->client, fe.forwardfor, be.forwardfor);
  if (fe.originalto.enabled || be.originalto.enabled)
    tell_address(out, request_.fields, of_->local(), fe.originalto, be.originalto);
}

// What came fits by itself. What rules made of it is to fit where HAProxy keeps it: a buffer that holds a line of three
// words, and each field with 8 bytes of its own. And where it is written: home::scratch.
bool transaction::head_fits() const {
  constexpr std::size_t of_buffer = 48, of_line = 28, of_field = 8, of_end = 9;
  std::size_t kept = of_buffer + of_line + of_end + request_.method_text.size() + request_.target.size();
  const auto asked = [](const told_address_settings& how) { return how.enabled ? how.header.size() + 64 : 0; };
  std::size_t size = 256 + request_.method_text.size() + request_.target.size();
  for (const section_settings* one : {&of_->front.settings, back_ != nullptr ? &back_->settings : nullptr})
    if (one != nullptr) size += asked(one->forwardfor) + asked(one->originalto);
  for (const http::field& one : request_.fields)
    if (!one.dropped) {
      size += one.name.size() + one.value.size() + 4;
      kept += one.name.size() + one.value.size() + of_field;
    }
  return size <= at_->scratch_size && kept <= std::max(at_->worker.memory().size(), std::size_t{request_.bytes} + 1024);
}

std::string_view transaction::build_request() {
  http1::head_writer out(at_->scratch.get(), at_->scratch_size);
  // To HTTP/1.0 a chunked body would be none (RFC 9112 6.1).
  const unsigned minor = request_length_.how == body_length::kind::chunked ? 1 : request_.minor;
  out.request_line(request_.method_text, request_.target, minor, request_.protocol);
  out.fields(request_.fields);
  write_told_addresses(out);
  ask_close_ = connection_with_server() != connection_mode::keep_alive;
  const bool te = client_wants_.te;
  if (upgrade_asked_)
    out.field("connection", te ? "te, upgrade" : "upgrade");
  else if (ask_close_ && minor >= 1 && !back_->settings.pretend_keepalive)
    out.field("connection", te ? "te, close" : "close");
  else if ((!ask_close_ || back_->settings.pretend_keepalive) && minor == 0)
    out.field("connection", "keep-alive");
  else if (te)
    out.field("connection", "te");
  out.end();
  return {out.data(), out.size()};
}

void transaction::allow_splicing(body_flow& flow, bool always) {
  if (at_->all.room_for_pipes()) flow.may_splice(at_->pipes, always);
}

void transaction::send_request() {
  const target_coding coding =
      request_length_.how == body_length::kind::chunked ? target_coding::chunked : target_coding::plain;
  if (up_started_) {
    up_.restart(link_->socket, build_request());
  } else {
    up_.start(of_->socket, &link_->socket, in_, request_.bytes, request_length_, coding, build_request(), true);
    up_started_ = true;
  }
  up_.as_haproxy(http::as_haproxy(of_->front.settings.request_parsing));
  allow_splicing(up_, of_->front.settings.splice_request || back_->settings.splice_request);
}

io::task<bool> transaction::exchange() {
  if (client_gone()) {  // its request was not begun: no server is bothered with it
    client_left_waiting();
    const unsigned status = std::exchange(pending_status_, 0u);
    give_back_link(false);
    give_back_place();
    if (status != 0) co_await answer(status, reason_);
    co_return false;
  }
  send_request();
  up_moved_at_ = down_moved_at_ = now();
  for (;;) {
    verdict now_what = verdict::go_on;
    if (!up_.finished() && !upload_broken_) now_what = upload();
    if (now_what == verdict::go_on) {
      if (!response_head_seen_)
        now_what = await_response();
      else
        now_what = draining_ ? after_response() : download();
    }
    switch (now_what) {
      case verdict::complete: co_return true;
      case verdict::over:
        if (pending_status_ != 0) {
          give_back_link(false);
          give_back_place();
          const unsigned status = std::exchange(pending_status_, 0u);
          co_await answer(status, reason_);
        } else if (response_head_seen_) {
          close_client_ = true;
        }
        co_return false;
      case verdict::once_more: {
        const bool sent = co_await send_again();
        if (!sent) co_return false;
        continue;
      }
      case verdict::again: of_->wake.again(); break;
      case verdict::go_on: break;
    }
    co_await of_->wake.wait();
    if (dead()) {
      close_client_ = true;
      end_with('K', response_head_seen_ ? 'D' : 'H');
      co_return false;
    }
    // How long it takes until everybody had their turn is neither side's fault: what can go on is not late.
    if (now_what == verdict::again && killed_ == 0) continue;
    const verdict limits = late();
    if (limits == verdict::once_more) {
      const bool sent = co_await send_again();
      if (!sent) co_return false;
      continue;
    }
    if (limits == verdict::over) {
      if (pending_status_ != 0) {
        give_back_link(false);
        give_back_place();
        const unsigned status = std::exchange(pending_status_, 0u);
        co_await answer(status, reason_);
      }
      co_return false;
    }
  }
}

transaction::verdict transaction::fail(char cause, char stage, unsigned status, const char* reason) {
  end_with(cause, stage);
  reason_ = reason;
  if (response_head_seen_) {
    close_client_ = true;  // the client sees a cut, not a shorter body
    if (cause != 'C' && cause != 'c') cut_client();
    pending_status_ = 0;
  } else {
    pending_status_ = status;
  }
  return verdict::over;
}

// A body whose end is the end of the connection would look whole after a plain close.
void transaction::cut_client() {
  const bool ends_with_connection =
      response_length_.how == body_length::kind::until_close ||
      (response_length_.how == body_length::kind::chunked && request_.minor == 0);
  if (ends_with_connection) reset_client_ = true;
}

transaction::verdict transaction::lost(servers::failure how, char cause, char stage, unsigned status,
                                       const char* reason) {
  using servers::failure;
  // That a kept link was closed is no fault of the server.
  if (how != failure::closed || !link_is_reused_)
    observe_response(false, how == failure::timeout ? "Read timeout (http)"
                            : how == failure::junk  ? "Invalid http response (headers)"
                            : server_ended_         ? "Close from server (http)"
                                                    : "Read error (http)");
  if (plan_retry(how)) return verdict::once_more;
  return fail(cause, stage, status, reason);
}

// Did a time limit pass? go_on: none did.
transaction::verdict transaction::late() {
  if (killed_ != 0) return fail(killed_, response_head_seen_ ? 'D' : 'H', 502, "its server was taken out of use");
  if (of_->client_limit.passed(now())) {
    close_client_ = true;
    if (!response_head_seen_) return fail('c', 'H', 400, "the request body did not arrive in time");
    if (draining_) {
      end_with('c', 'L');
      reason_ = "the request body did not arrive in time";
    } else {
      fail('c', 'D', 0, "the client did not take the response in time");
      of_->socket.reset();
    }
    return verdict::over;
  }
  if (of_->server_limit.passed(now())) {
    if (draining_) {  // it has answered: what it does not take is not worth an error to the client
      upload_lost_ = true;
      end_with('S', 'L');
      up_.discard();
      of_->server_limit.disarm();
      of_->wake.wake();
      return verdict::go_on;
    }
    if (response_head_seen_) return fail('s', 'D', 0, "the server stopped sending the response");
    if (!up_.finished()) return fail('s', 'H', 504, "the server did not respond in time");
    return lost(servers::failure::timeout, 's', 'H', 504, "the server did not respond in time");
  }
  return verdict::go_on;
}

// Until the server's response begins, everything that goes wrong belongs to stage H, as the manual has it; after the
// response's end, to L.
transaction::verdict transaction::upload() {
  const std::uint64_t before = up_.sent_bytes() + up_.body_bytes();
  const flow_state state = up_.pump(at_->worker.budget());
  sent_to_server_ = up_.sent_bytes();
  if (up_.sent_bytes() + up_.body_bytes() != before) up_moved_at_ = now();
  switch (state) {
    case flow_state::done:
      of_->client_limit.disarm();
      if (!response_head_seen_) arm_server(back_->settings.time.server);
      return verdict::go_on;
    case flow_state::again: return verdict::again;
    case flow_state::wait_read:
      arm(of_->client_limit, of_->front.settings.time.client, std::max(up_moved_at_, down_moved_at_));
      of_->server_limit.disarm();
      return verdict::go_on;
    case flow_state::wait_write:
      arm(of_->server_limit, back_->settings.time.server, up_moved_at_);
      of_->client_limit.disarm();
      return verdict::go_on;
    case flow_state::source_ended:
    case flow_state::source_failed:
      close_client_ = true;
      if (response_head_seen_) {
        if (draining_) end_with('C', 'L');
        upload_broken_ = true;
        return verdict::go_on;
      }
      status_ = 400;
      if (state == flow_state::source_failed) return fail('C', 'H', 0, "the client reset its connection");
      return fail('C', 'H', 400, "the client closed before its request body was complete");
    case flow_state::target_failed:
      if (response_head_seen_) {  // the server wants no more of the request; the client may still be sending it
        upload_lost_ = true;
        if (draining_) end_with('S', 'L');
        up_.discard();
        return verdict::again;
      }
      // The server may have answered before it stopped reading: look for that first.
      upload_broken_ = true;
      of_->client_limit.disarm();
      arm_server(back_->settings.time.server);
      return verdict::go_on;
    case flow_state::malformed:
      close_client_ = true;
      if (response_head_seen_) {
        end_with('P', 'D');
        upload_broken_ = true;
        return verdict::go_on;
      }
      return fail('P', 'H', 400, up_.reason());
  }
  return verdict::go_on;
}

transaction::verdict transaction::await_response() {
  flush_interim();
  const std::size_t most = at_->worker.memory().size() - at_->all.global.maxrewrite;
  for (;;) {
    const bool held = interim_.size() >= at_->worker.memory().size();  // until the client has taken some of it
    if (!out_.empty() && !held) {
      http1::limits limits;
      limits.how = back_->settings.response_parsing;
      const http1::head_result found =
          http1::parse_response(out_.text(), response_scanned_, limits, response_, response_scratch_);
      if (found.what == http1::head_state::bad) return lost(servers::failure::junk, 'P', 'H', 502, found.reason);
      if (found.what == http1::head_state::complete && response_.bytes <= most) {
        if (http::is_interim(response_.status) && response_.status != 101) {
          const http::refusal bad =
              http::response_body(response_, request_.verb, response_length_, back_->settings.response_parsing);
          if (bad) return fail('P', 'H', 502, bad.reason);
          if (response_length_.doubtful) ask_close_ = true;  // what follows it may be read in two ways
          if (!forward_interim()) return fail('P', 'H', 502, "too many interim responses");
          if (at_->worker.budget().over()) return verdict::again;
          continue;
        }
        return begin_response();
      }
      if (out_.size() >= most) return lost(servers::failure::junk, 'P', 'H', 502, "response head too large");
    }
    // An answer that is here already is the client's, whether it has closed or not.
    if (!held && link_->socket.can_read()) {
      if (!out_) out_ = at_->worker.memory().take();  // not before: while a server thinks, nothing is held for its answer
      const io::transfer t = link_->socket.read(out_.space(), out_.room());
      if (t.what == io::outcome::done) {
        out_.filled(t.bytes);
        continue;
      }
      if (t.what != io::outcome::blocked && !client_gone()) {
        server_ended_ = t.what == io::outcome::end;
        return lost(out_.empty() ? servers::failure::closed : servers::failure::junk, 'S', 'H', 502,
                    "the server closed the connection without a complete response");
      }
    }
    return client_gone() ? client_left_waiting() : verdict::go_on;
  }
}

// Who only closed its sending side may still be reading.
transaction::verdict transaction::client_left_waiting() {
  close_client_ = true;
  status_ = 400;
  return fail('C', 'H', of_->socket.broken() ? 0 : 400, "the client closed before the response");
}

// 100, 102, 103: to the client at once, as long as it knows of such things.
bool transaction::forward_interim() {
  at_->worker.budget().spend(io::turn::request);
  if (++interim_count_ > most_interim) return false;
  continued_ = continued_ || response_.status == 100;
  if (request_.minor >= 1) {
    http::take_hop_by_hop(response_.fields, false);
    http::drop_all(response_.fields, http::known::upgrade);
    http1::head_writer out(at_->scratch.get(), at_->scratch_size);
    out.status_line(1, response_.status, response_.reason, response_.protocol);
    out.fields(response_.fields);
    out.end();
    interim_.append(out.data(), out.size());
    flush_interim();
  }
  out_.consume(response_.bytes);
  out_.compact();
  response_scanned_ = 0;
  return true;
}

// What the client's socket does not take now goes as soon as it does, or in front of the response.
void transaction::flush_interim() {
  if (interim_.empty()) return;
  const iovec piece{interim_.data(), interim_.size()};
  const io::transfer t = of_->socket.write(&piece, 1);
  if (t.what != io::outcome::done) return;
  sent_to_client_ += t.bytes;
  interim_.erase(0, t.bytes);
}

// Bytes behind a CONNECT that was not granted: they were meant for the tunnel and are no next request, whatever they
// look like.
bool transaction::tunnel_was_begun() const {
  char byte;
  return in_.size() > request_.bytes || ::recv(of_->socket.native(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

transaction::verdict transaction::begin_response() {
  const http::refusal bad = http::response_body(response_, request_.verb, response_length_, back_->settings.response_parsing);
  if (bad) return lost(servers::failure::junk, 'P', 'H', 502, bad.reason);
  observe_response(response_.status < 500 || response_.status == 501 || response_.status == 505, "Wrong http response");
  if (response_.status == 401 || response_.status == 407) note_challenge();
  if (back_->settings.retry_on.on_status(response_.status) && plan_retry(servers::failure::status, response_.status))
    return verdict::once_more;
  const http::connection_options server_wants = http::take_hop_by_hop(response_.fields, false);
  if (response_.status == 101) {
    if (!upgrade_asked_) return fail('P', 'H', 502, "the server switched protocols unasked");
    // RFC 9110 7.8: first the whole request is read. Its rest would be taken for the other protocol.
    if (!up_.finished()) return fail('P', 'H', 502, "the server switched protocols before the end of the request");
    if (const http::refusal refused = http::check_switch(response_, back_->settings.response_parsing))
      return fail('P', 'H', 502, refused.reason);
    if (!server_wants.upgrade) return fail('P', 'H', 502, "the server switched protocols without the connection option");
    upgraded_ = true;
    response_length_ = {};
  } else {
    // RFC 9110 15.5.22: 426 is of no use without it. Elsewhere it offers to the next hop what ends at this one.
    if (response_.status != 426 || request_.minor == 0) http::drop_all(response_.fields, http::known::upgrade);
    if (request_.verb == http::method::connect) {
      upgraded_ = response_.status >= 200 && response_.status < 300;
      if (upgraded_ && !up_.finished()) return fail('P', 'H', 502, "the server opened a tunnel before it had the request");
      if (!upgraded_ && tunnel_was_begun()) close_client_ = true;
    }
  }
  response_at_ = now();
  status_ = static_cast<int>(response_.status);
  server_keeps_ = !ask_close_ && !upgraded_ && !response_length_.doubtful &&
                  response_length_.how != body_length::kind::until_close && http::wants_persistence(response_.minor, server_wants);
  const bool for_old_client = request_.minor == 0;
  target_coding coding = target_coding::plain;
  // RFC 9112 6.1: never to HTTP/1.0, with HEAD and 304 neither. Its trailers have no place there.
  if (for_old_client) {
    http::drop_all(response_.fields, http::known::transfer_encoding);
    http::drop_all(response_.fields, http::known::trailer);
  }
  if (response_length_.how == body_length::kind::chunked) {
    if (for_old_client)
      close_client_ = true;
    else
      coding = target_coding::chunked;
  }
  if (response_length_.how == body_length::kind::until_close) close_client_ = true;
  if (response_length_.doubtful && response_.minor == 0) close_client_ = true;  // as HAProxy
  if (upload_broken_) {  // the server closed its reading side; it has answered all the same
    upload_broken_ = false;
    upload_lost_ = true;
    up_.discard();
  }
  if (!up_.finished() && expects_refusal()) close_client_ = true;
  if (at_->all.stopping.load(std::memory_order_relaxed)) close_client_ = true;

  http1::head_writer out(at_->scratch.get(), at_->scratch_size);
  out.text(interim_);
  out.status_line(1, response_.status, response_.reason, response_.protocol);
  out.fields(response_.fields);
  if (upgraded_) {
    if (response_.status == 101) out.field("connection", "upgrade");
  } else if (response_.status == 426 && http::find(response_.fields, http::known::upgrade) != nullptr) {
    out.field("connection", close_client_ ? "close, upgrade" : "upgrade");
  } else if (close_client_) {  // the version of the answer, ours, is what a client goes by (RFC 9112 9.3), an old one too
    out.field("connection", "close");
  } else if (for_old_client) {
    out.field("connection", "keep-alive");
  }
  out.end();
  response_head_seen_ = true;
  interim_sent_ = sent_to_client_;
  down_.start(link_->socket, &of_->socket, out_, response_.bytes, response_length_, coding, {out.data(), out.size()},
              false);
  down_.allow_padded_sizes();
  down_.as_haproxy(http::as_haproxy(back_->settings.response_parsing));
  allow_splicing(down_, of_->front.settings.splice_response || back_->settings.splice_response);
  if (close_client_ && !upgraded_ && !of_->front.settings.nolinger) down_.end_follows();
  if (of_->front.log->asap()) {  // what is on its way to the client counts as sent
    sent_to_client_ += out.size() + out_.size() - response_.bytes;
    emit_log_early();
    sent_to_client_ = interim_sent_;
  }
  return download();
}

transaction::verdict transaction::download() {
  const std::uint64_t before = down_.sent_bytes() + down_.body_bytes();
  const flow_state state = down_.pump(at_->worker.budget());
  sent_to_client_ = interim_sent_ + down_.sent_bytes();
  if (down_.sent_bytes() + down_.body_bytes() != before) down_moved_at_ = now();
  switch (state) {
    case flow_state::done: return after_response();
    case flow_state::again: return verdict::again;
    case flow_state::wait_read:
      arm(of_->server_limit, back_->settings.time.server, std::max(up_moved_at_, down_moved_at_));
      if (up_.finished()) of_->client_limit.disarm();
      return verdict::go_on;
    case flow_state::wait_write:
      arm(of_->client_limit, of_->front.settings.time.client, down_moved_at_);
      of_->server_limit.disarm();
      return verdict::go_on;
    case flow_state::source_ended:
    case flow_state::source_failed: return fail('S', 'D', 0, "the server closed before its response was complete");
    case flow_state::target_failed:
      close_client_ = true;
      return fail('C', 'D', 0, "the client closed before it had the whole response");
    case flow_state::malformed:
      // Its first bytes already, and the client has none of it: a bad response like any other, as in HAProxy.
      if (down_.sent_bytes() == 0) {
        response_head_seen_ = false;
        response_at_ = -1;
        return fail('P', 'H', 502, down_.reason());
      }
      return fail('P', 'D', 0, down_.reason());
  }
  return verdict::go_on;
}

// The client has its whole answer. What is left of its request still comes first: it goes on to a server that keeps
// its connection, and is read and forgotten otherwise.
transaction::verdict transaction::after_response() {
  if (upgraded_) return verdict::complete;
  if (down_.end_is_due()) of_->socket.shut_down_write();
  // Whatever the server sent beyond its response belongs to nobody.
  const bool exact = down_.consumed() == out_.size() || out_.empty();
  if (upload_lost_) end_with('S', 'L');
  if (!up_.finished() && !upload_broken_ && !(close_client_ && expects_refusal())) {
    if (draining_) return verdict::go_on;
    draining_ = true;
    if (!server_keeps_ || !exact) up_.discard();
    if (close_client_) of_->socket.shut_down_write();  // its answer may end with the connection
    return verdict::again;
  }
  const bool upload_done = up_.finished() && !upload_broken_ && !upload_lost_;
  if (upload_broken_ || !up_.finished()) close_client_ = true;
  give_back_link(server_keeps_ && exact && upload_done);
  give_back_place();
  return verdict::complete;
}

}  // namespace ringway::proxy

// Bytes both ways until both sides have closed: after 101 or CONNECT, and mode tcp.
#include "proxy/transaction.hpp"

namespace ringway::proxy {

using http::body_length;

io::task<> transaction::run_tunnel(session& of) {
  begin(of);
  began_ = of.ready_tick;
  head_at_ = began_;
  choose_backend();
  of.requests = 1;
  if (of.front.log->at_start()) emit_log_early();
  const bool linked = co_await reach_server();
  if (linked) {
    if (of.front.log->asap()) emit_log_early();
    in_ = at_->worker.memory().take();
    out_ = at_->worker.memory().take();
    co_await tunnel();
  }
  finish();
}

io::task<bool> transaction::tunnel() {
  const timeouts& fe = of_->front.settings.time;
  const timeouts& be = back_->settings.time;
  const body_length open_end{body_length::kind::until_close, 0};
  const bool after_http = of_->front.settings.kind == mode::http;
  const std::size_t up_from = after_http ? up_.consumed() : 0;
  const std::size_t down_from = after_http ? down_.consumed() : 0;
  const std::uint64_t sent_up = sent_to_server_, sent_down = sent_to_client_;
  up_.start(of_->socket, &link_->socket, in_, up_from, open_end, target_coding::plain, {}, false);
  up_started_ = true;
  down_.start(link_->socket, &of_->socket, out_, down_from, open_end, target_coding::plain, {}, false);
  allow_splicing(up_, of_->front.settings.splice_request || back_->settings.splice_request);
  allow_splicing(down_, of_->front.settings.splice_response || back_->settings.splice_response);
  bool client_ended = false, server_ended = false;
  for (;;) {
    bool again = false;
    const auto carry = [&](body_flow& flow, bool& ended, io::socket& to, char whose) {
      if (ended) return true;
      const std::uint64_t before = flow.sent_bytes() + flow.body_bytes();
      const flow_state state = flow.pump();
      if (flow.sent_bytes() + flow.body_bytes() != before) tunnel_moved_at_ = now();
      if (state == flow_state::again) again = true;
      if (state == flow_state::done) {
        ended = true;
        to.shut_down_write();
        tunnel_moved_at_ = now();
      }
      if (state == flow_state::source_failed) end_with(whose, 'D');
      if (state == flow_state::target_failed) end_with(whose == 'C' ? 'S' : 'C', 'D');
      return state != flow_state::source_failed && state != flow_state::target_failed;
    };
    tunnel_moved_at_ = tunnel_moved_at_ < 0 ? now() : tunnel_moved_at_;
    const bool up_sound = carry(up_, client_ended, link_->socket, 'C');
    const bool down_sound = carry(down_, server_ended, of_->socket, 'S');
    sent_to_server_ = sent_up + up_.sent_bytes();
    sent_to_client_ = sent_down + down_.sent_bytes();
    if (!up_sound || !down_sound || (client_ended && server_ended)) break;
    // Idle limits; a side that has closed leaves the other one its "fin" limit.
    const bool half = client_ended || server_ended;
    const auto limit_of = [&](const std::optional<milliseconds>& fin, const std::optional<milliseconds>& plain) {
      if (half && fin) return fin;
      return be.tunnel ? be.tunnel : fe.tunnel ? fe.tunnel : plain;
    };
    const auto arm = [&](io::deadline& which, const std::optional<milliseconds>& limit) {
      if (limit && limit->count() > 0)
        which.arm(tunnel_moved_at_ + limit->count());
      else
        which.disarm();
    };
    arm(of_->client_limit, limit_of(fe.client_fin, fe.client));
    arm(of_->server_limit, limit_of(be.server_fin, be.server));
    if (again) of_->wake.wake();
    co_await of_->wake.wait();
    if (dead()) {
      logged_ = true;
      break;
    }
    if (of_->client_limit.passed(now()) && !of_->socket.can_read() && !link_->socket.can_read()) {
      end_with('c', 'D');
      break;
    }
    if (of_->server_limit.passed(now()) && !of_->socket.can_read() && !link_->socket.can_read()) {
      end_with('s', 'D');
      break;
    }
  }
  close_client_ = true;
  give_back_link(false);
  give_back_place();
  co_return true;
}

}  // namespace ringway::proxy

// Bytes both ways until both sides have closed: after 101 or CONNECT, and mode tcp.
#include <algorithm>

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
  } else if (dead()) {
    end_with('K', '-');
  }
  finish();
  co_await cut();
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
  bool client_ended = false, server_ended = false;  // will send no more
  bool client_lost = false, server_lost = false;    // broken: it takes no more, but what it sent before is still carried
  flow_state up = flow_state::wait_read, down = flow_state::wait_read;
  const auto over = [](flow_state state) {
    return state == flow_state::done || state == flow_state::source_failed || state == flow_state::target_failed;
  };
  bool down_first = false;
  up_moved_at_ = down_moved_at_ = now();
  for (;;) {
    bool again = false;
    const auto carry = [&](body_flow& flow, flow_state last, bool& ended, io::tick& moved_at, io::socket& to) {
      if (over(last)) return last;
      const std::uint64_t before = flow.sent_bytes() + flow.body_bytes();
      const flow_state state = flow.pump(at_->worker.budget());
      if (flow.sent_bytes() + flow.body_bytes() != before) moved_at = now();
      if (state == flow_state::again) again = true;
      if (state == flow_state::done) {
        ended = true;
        to.shut_down_write();
        moved_at = now();
      }
      return state;
    };
    // Who comes first has the larger part of the turn's share.
    if (down_first) down = carry(down_, down, server_ended, down_moved_at_, of_->socket);
    up = carry(up_, up, client_ended, up_moved_at_, link_->socket);
    if (!down_first) down = carry(down_, down, server_ended, down_moved_at_, of_->socket);
    down_first = !down_first;
    sent_to_server_ = sent_up + up_.sent_bytes();
    sent_to_client_ = sent_down + down_.sent_bytes();
    if (client_ended && server_ended) break;
    // A connection that broke is not an end: the other side gets what came before, then it is told so by a reset.
    client_lost = client_lost || up == flow_state::source_failed || down == flow_state::target_failed;
    server_lost = server_lost || down == flow_state::source_failed || up == flow_state::target_failed;
    if (client_lost) end_with('C', 'D');
    if (server_lost) end_with('S', 'D');
    if ((client_lost && over(up)) || (server_lost && over(down))) {
      reset_server_ = client_lost && !server_lost;
      reset_client_ = server_lost && !client_lost;
      break;
    }
    // Idle limits, each for the side that is waited for. What moves in either direction keeps both sides' reading
    // alive; a side that does not take what it is sent has only its own progress. Once a direction is closed, the
    // fin limits hold where they are set.
    const bool half = client_ended || server_ended;
    const auto limit_of = [&](const std::optional<milliseconds>& fin, const std::optional<milliseconds>& plain) {
      if (half && fin) return fin;
      return be.tunnel ? be.tunnel : fe.tunnel ? fe.tunnel : plain;
    };
    const auto watch = [&](io::deadline& which, const std::optional<milliseconds>& limit, bool reading, bool writing,
                           io::tick written_at) {
      which.disarm();
      if (writing)
        arm(which, limit, written_at);
      else if (reading)
        arm(which, limit, std::max(up_moved_at_, down_moved_at_));
    };
    watch(of_->client_limit, limit_of(fe.client_fin, fe.client), up == flow_state::wait_read,
          down == flow_state::wait_write, down_moved_at_);
    watch(of_->server_limit, limit_of(be.server_fin, be.server), down == flow_state::wait_read,
          up == flow_state::wait_write, up_moved_at_);
    if (of_->client_limit.passed(now())) {
      end_with('c', 'D');
      break;
    }
    if (of_->server_limit.passed(now())) {
      end_with('s', 'D');
      break;
    }
    if (again) of_->wake.again();
    co_await of_->wake.wait();
    if (dead()) {
      end_with('K', '-');
      break;
    }
    if (killed_ != 0) {
      end_with(killed_, after_http ? 'D' : '-');
      break;
    }
  }
  close_client_ = true;
  give_back_link(false);
  give_back_place();
  co_return true;
}

}  // namespace ringway::proxy

// PROXY headers: a client's, read before anything else, and who the client is from then on; and the one that begins a
// connection to a server.
#include <algorithm>

#include "proxy/session.hpp"
#include "proxy/transaction.hpp"
#include "proxy_protocol/header.hpp"
#include "servers/connector.hpp"

namespace ringway::proxy {

namespace {

// HAProxy's words, which people search their logs for.
const char* reason_of(proxy_protocol::fault why) {
  switch (why) {
    case proxy_protocol::fault::no_header: return "Received something which does not look like a PROXY protocol header";
    case proxy_protocol::fault::unknown_protocol: return "Received an unhandled protocol in the PROXY protocol header";
    case proxy_protocol::fault::malformed:
    case proxy_protocol::fault::none: break;
  }
  return "Received an invalid PROXY protocol header";
}

}  // namespace

// The header is looked at where it lies in the kernel and only its own bytes are taken: what follows belongs to
// whoever comes next.
io::task<bool> session::read_proxy_header() {
  const std::size_t most = at.worker.memory().size();  // tune.bufsize, as HAProxy
  const auto& limit = front.settings.time.client;
  if (limit && limit->count() > 0) client_limit.arm(accepted_tick + limit->count());
  bool sent_nothing = true;
  const char* reason = nullptr;
  while (reason == nullptr) {
    const io::transfer t = socket.peek(at.scratch.get(), most);
    if (t.what == io::outcome::done) {
      sent_nothing = false;
      const proxy_protocol::header found = proxy_protocol::read({at.scratch.get(), t.bytes}, most);
      if (found.what == proxy_protocol::state::done) {
        socket.read(at.scratch.get(), found.bytes);
        if (t.bytes == found.bytes && !socket.peer_closed()) socket.reads_blocked();
        if (found.names_client) {
          client = found.who.source;
          destination_ = found.who.destination;
        }
        client_limit.disarm();
        ready_tick = at.worker.now();
        co_return true;
      }
      if (found.what == proxy_protocol::state::bad) {
        reason = reason_of(found.why);
        continue;
      }
      if (socket.peer_closed()) {
        reason = "Truncated PROXY protocol header received";
        continue;
      }
    } else if (t.what == io::outcome::end) {
      reason = "Connection closed while waiting for PROXY protocol header";
      continue;
    } else if (t.what == io::outcome::failed) {
      reason = "Connection error while waiting for PROXY protocol header";
      continue;
    }
    if (client_limit.passed(at.worker.now())) {
      reason = "Timeout while waiting for PROXY protocol header";
      continue;
    }
    co_await wake.wait();
    if (at.leaving) co_return false;
  }
  log_early_end(reason, sent_nothing);
  co_return false;
}

void session::log_early_end(const char* reason, bool sent_nothing) {
  log::early_end said;
  said.client = client;
  said.listener_id = bind.id;
  said.listener = bind.name;
  said.frontend = front.settings.name;
  said.accepted_at = accepted_at;
  said.reason = reason;
  said.sent_nothing = sent_nothing;
  front.log->emit(at.worker.index(), said);
}

// On a connection that has just been made. False: it was lost, or not taken in time.
io::task<bool> transaction::send_proxy_header() {
  const proxy_protocol::endpoints who{of_->client, of_->local()};
  proxy_protocol::written text;
  const std::size_t size = servers::write_proxy_header(link_->server->config(), who, text);
  const bool request_follows = of_->front.settings.kind == mode::http;
  std::size_t sent = 0;
  arm_server(back_->settings.time.connect);
  while (sent < size) {
    const iovec rest{text.data() + sent, size - sent};
    const io::transfer t = link_->socket.write(&rest, 1, request_follows);
    if (t.what == io::outcome::done) {
      sent += t.bytes;
    } else if (t.what == io::outcome::blocked) {
      co_await of_->wake.wait();
      if (dead() || client_gone()) co_return false;
      if (of_->server_limit.passed(now())) {
        connect_cause_ = 's';
        co_return false;
      }
    } else {
      co_return false;
    }
  }
  of_->server_limit.disarm();
  co_return true;
}

}  // namespace ringway::proxy

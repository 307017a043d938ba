// What the log is told about a transaction.
#include <algorithm>
#include <cstring>

#include "proxy/transaction.hpp"

namespace ringway::proxy {

// The head's bytes are gone by the time the record is written.
void transaction::remember_request_line() {
  if (of_->front.log->empty()) return;
  constexpr std::size_t most_uri = 4096;
  const std::string_view uri = request_.target.substr(0, most_uri);
  request_line_.assign(request_.method_text.substr(0, 64));
  method_size_ = request_line_.size();
  request_line_.append(uri);
  uri_size_ = uri.size();
}

// option logasap, or no log option at all: the line is written before the end.
void transaction::emit_log_early() {
  log::pipeline& to = *of_->front.log;
  if (!to.empty() && (to.asap() || to.at_start())) emit_log(true);
}

void transaction::emit_log(bool early) {
  if (logged_ || of_->front.log->empty()) return;
  const bool http = of_->front.settings.kind == mode::http;
  // The short line says that a request came, and a head that could not be read is none.
  if (http && head_at_ < 0 && of_->front.log->at_start()) return;
  const io::tick end = now();
  log::record r;
  r.client = of_->client;
  r.listener_id = of_->bind.id;
  r.frontend = of_->front.settings.name;
  if (back_ != nullptr) r.backend = back_->settings.name;
  if (back_ != nullptr && server_ != balance::no_server) r.server = (*back_->servers)[server_].name();
  r.http = http;
  r.accepted_at = of_->accepted_at;
  r.request_at = http ? request_at_ : of_->accepted_at;
  r.time_handshake = of_->requests <= 1 ? of_->ready_tick - of_->accepted_tick : 0;
  r.time_request = head_at_ >= 0 ? head_at_ - began_ : -1;
  r.time_queue = placed_at_ >= 0 ? placed_at_ - head_at_ : -1;
  r.time_connect = connected_at_ >= 0 && placed_at_ >= 0 ? std::max<io::tick>(connected_at_ - placed_at_, 0) : -1;
  r.time_response = response_at_ >= 0 ? response_at_ - connected_at_ : -1;
  r.time_active = end - began_;
  r.time_total = end - of_->accepted_tick;
  r.status = status_;
  r.bytes_to_client = sent_to_client_;
  r.bytes_to_server = sent_to_server_;
  r.bytes_from_client = http ? request_.bytes + in_.size() : (up_started_ ? up_.body_bytes() : 0) + unsent_;
  r.cause = cause_;
  r.stage = stage_;
  r.actconn = at_->all.connections.load(std::memory_order_relaxed);
  r.feconn = of_->front.connections.load(std::memory_order_relaxed);
  r.beconn = back_ != nullptr ? back_->connections.load(std::memory_order_relaxed) : 0;
  r.srvconn = !r.server.empty() ? back_->chooser->served(server_) : 0;
  r.retries = failures_;
  r.redispatched = redispatched_;
  r.server_queue = server_queue_;
  r.backend_queue = backend_queue_;
  if (method_size_ > 0) {
    const std::string_view line = request_line_;
    r.method = line.substr(0, method_size_);
    r.uri = line.substr(method_size_, uri_size_);
    r.version = request_.minor == 0 ? "HTTP/1.0" : "HTTP/1.1";
  }
  r.asap = of_->front.log->asap();
  r.early = early;
  r.local = of_->front.log->at_start() ? of_->local() : address{};
  if (reason_ != nullptr) r.reason = reason_;
  logged_ = of_->front.log->emit(at_->worker.index(), r);
}

}  // namespace ringway::proxy

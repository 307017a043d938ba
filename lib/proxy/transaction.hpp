// One request and its response: the journey that everybody reads first. Transactions are lent by the worker and
// used again; every member function is a step, transaction.cpp has them in order.
// Thread: its worker.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "http/head.hpp"
#include "http/persistence.hpp"
#include "http/reply.hpp"
#include "http1/writer.hpp"
#include "io/buffers.hpp"
#include "proxy/body_flow.hpp"
#include "proxy/runtime.hpp"
#include "proxy/session.hpp"
#include "servers/connector.hpp"
#include "servers/link.hpp"
#include "servers/queue.hpp"
#include "servers/retry.hpp"

namespace ringway::proxy {

class transaction {
 public:
  transaction() = default;
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;

  // Something of a request may have arrived, or is in `leftover`. Returns when the session can go on; false: it
  // cannot. Nothing was there after all: `nothing()`.
  io::task<bool> run(session& of);
  // A connection that sent nothing in time: told so, logged.
  io::task<> refuse_silence(session& of);
  // mode tcp: everything both ways.
  io::task<> run_tunnel(session& of);
  void reset();
  // Bytes of the next request that are here already.
  bool has_input() const { return !in_.empty(); }
  // Has a place at this server, or (no_server) at any backup of the backend.
  bool is_at(const backend& of, balance::server_index server) const;
  // Its server went down or is no longer wanted: it ends at once, logged with this cause.
  void end_now(char cause);
  bool idle() const { return idle_; }  // run() found not a single byte

 private:
  // The steps of run(), in order. false: the transaction is over, answered or given up.
  void begin(session& of);
  enum class reading : std::uint8_t { complete, partial, nothing, refused, closed, broken };
  reading take_head();                  // refused: refused_ says why
  io::task<bool> read_head(reading so_far);
  void choose_backend();
  backend* backend_by_rules();          // obey_rules.cpp
  io::task<bool> obey(const rules::section& rules);  // false: answered
  bool backend_has_rules() const;
  bool head_fits() const;               // as rules left it, with what is added on the way (exchange.cpp)
  bool check_head();                    // false: refused_ says why
  bool is_monitor() const;              // answer.cpp: monitor-uri
  io::task<> answer_monitor();
  bool monitor_is_to_fail() const;      // obey_rules.cpp
  io::task<> refuse();
  bool reach_at_once();                 // a free place and a kept link: most requests; false: reach_server()
  io::task<bool> reach_server();        // a place, a link; retries inside
  io::task<bool> exchange();            // both heads, both bodies
  io::task<bool> tunnel();
  void leave_backend();
  void finish();
  bool next_request_possible();

  // reach_server.cpp
  bool reads_body_first() const;        // the balancer asks for it
  void continue_if_expected();
  io::task<bool> gather_body();
  io::task<bool> find_link();
  enum class placing : std::uint8_t { untried, taken, nobody_up, queue_full, all_taken };
  placing place_now();
  void hold_place();
  io::task<bool> wait_for_place(placing at);  // from what place_now() said, unless that was: taken
  io::task<bool> connect();             // false: failed, see connect_failure_, _cause_ and _reason_
  bool plan_retry(servers::failure how, unsigned status = 0);
  io::task<bool> take_next_step();
  io::task<bool> send_again();
  bool untouched() const;
  void client_left(char stage);
  io::task<bool> send_proxy_header();   // proxy_header.cpp
  bool take_idle_link(const servers::state& server);
  bool link_is_private(const servers::state& server) const;
  connection_mode connection_with_server() const;
  io::task<bool> pause_before_retry();
  io::tick pause_between_tries() const;
  io::task<servers::connect_result> begin_with_room(servers::concern about, std::uint16_t client_port,
                                                    servers::connect_options how);
  io::task<> look_again(servers::connect_result& into, servers::concern about, std::uint16_t client_port,
                        servers::connect_options how, io::tick most);
  balance::request_facts facts() const;
  void give_back_link(bool reusable);
  void give_back_place();
  balance::server_index server_of_own_link() const;
  void note_challenge();
  // What is learnt of the server for `observe`.
  void observe_connect(bool good);
  void observe_response(bool good, const char* what);

  // exchange.cpp
  enum class verdict : std::uint8_t {
    go_on,      // wait for something to happen
    again,      // more to do at once, after others had their turn
    complete,   // the response was sent
    over,       // failed; pending_status_ is still to be answered, if any
    once_more,  // failed, and planned: the same request again
  };
  void allow_splicing(body_flow& flow, bool always);
  void send_request();
  verdict upload();
  verdict await_response();
  verdict client_left_waiting();
  verdict begin_response();
  verdict download();
  verdict after_response();
  void cut_client();
  verdict fail(char cause, char stage, unsigned status, const char* reason);
  // No usable response came: the request again if it may be, else the failure.
  verdict lost(servers::failure how, char cause, char stage, unsigned status, const char* reason);
  verdict late();
  bool forward_interim();
  void flush_interim();
  std::string_view build_request();
  void write_told_addresses(http1::head_writer& out);

  struct reply {
    std::string_view head, body;
    unsigned minor = 1;
    bool framed = true, silent = false, closes = false;
  };
  reply reply_for(unsigned status) const;  // answer.cpp: the backend's page, the frontend's, ours
  io::task<> answer(unsigned status, const char* reason);
  io::task<> answer_bare(unsigned status, const char* reason);  // no page
  io::task<> redirect(unsigned status, std::string_view location, std::string_view cookie);
  void begin_answer(unsigned status, const char* reason);
  io::task<> send_answer(http1::head_writer& out, std::string_view body, unsigned minor = 1);
  io::task<> linger();
  void forget_input();
  io::task<> reset_when_delivered(io::socket& to, std::optional<milliseconds> patience);  // at most so long without progress
  io::task<> cut();
  io::task<> drain_request();
  bool tunnel_was_begun() const;
  bool body_pending() const;            // not all of the request's body was read
  bool expects_refusal() const;
  void end_with(char cause, char stage) {
    if (cause_ != '-') return;
    cause_ = cause;
    stage_ = stage;
  }
  void clear_for_next();
  void remember_request_line();
  void emit_log(bool early = false);
  void emit_log_early();
  bool dead() const;                    // the worker is leaving: no more waiting
  bool client_gone() const;
  bool abort_on_close() const;
  io::tick now() const;
  void arm(io::deadline& which, const std::optional<milliseconds>& limit, io::tick since);
  void arm_client(const std::optional<milliseconds>& limit) { arm(of_->client_limit, limit, now()); }
  void arm_for_head();
  void arm_server(const std::optional<milliseconds>& limit) { arm(of_->server_limit, limit, now()); }

  session* of_ = nullptr;
  home* at_ = nullptr;
  backend* back_ = nullptr;

  http::request_head request_;
  http::response_head response_;
  http::body_length request_length_, response_length_;
  http::connection_options client_wants_;
  io::buffer in_, out_;
  body_flow up_, down_;
  std::size_t scanned_ = 0, response_scanned_ = 0;
  std::uint64_t chunked_here_ = 0;    // of a body in chunks: see rules::context
  std::string scratch_, response_scratch_, target_scratch_, uri_scratch_, request_line_;
  std::size_t method_size_ = 0, uri_size_ = 0;
  std::string_view target_;           // normalised, for the balancer
  std::string_view body_seen_;        // as much of the body as the balancer asked for
  std::string body_scratch_;          // the same, when it came in chunks

  http::refusal refused_;
  placing placing_ = placing::untried;  // what reach_at_once() was told, unless it got a place
  rules::arena rewritten_;            // what rules made of the request

  std::unique_ptr<servers::link> link_;
  std::unique_ptr<servers::link> cut_link_;  // given back, and still to be reset
  balance::server_index server_ = balance::no_server;
  std::shared_ptr<servers::waiter> waiting_;
  const char* connect_reason_ = nullptr;
  servers::failure connect_failure_ = servers::failure::refused;
  servers::next_step next_;           // what plan_retry() found
  balance::server_index avoid_ = balance::no_server;  // failed last
  unsigned failures_ = 0, interim_count_ = 0, pending_status_ = 0;
  std::string interim_;               // 1xx heads that the client's socket did not take yet: less than two buffers
  char connect_cause_ = 'S', killed_ = 0;
  bool connect_failed_at_once_ = false;  // by a word of this machine's kernel
  bool place_held_ = false, counted_ = false, link_is_reused_ = false, connected_ = false;
  bool may_reuse_ = true, redispatched_ = false, ask_close_ = false, moved_once_ = false;
  bool idle_ = false, head_begun_ = false, upgrade_asked_ = false, upgraded_ = false, close_client_ = false, up_started_ = false;
  bool reset_client_ = false, reset_server_ = false;  // how its connection is to end: see cut()
  bool continued_ = false;            // a 100 was sent to the client, or is in interim_
  bool upload_broken_ = false, upload_lost_ = false, draining_ = false, server_ended_ = false;
  bool server_keeps_ = false, response_head_seen_ = false, answered_ = false;
  io::tick head_until_ = io::never;   // timeout http-request
  io::tick up_moved_at_ = 0, down_moved_at_ = 0;  // when that direction last made progress

  // for the record
  char cause_ = '-', stage_ = '-';
  const char* reason_ = nullptr;
  int status_ = -1;
  std::uint64_t sent_to_client_ = 0, sent_to_server_ = 0, interim_sent_ = 0;
  std::uint64_t unsent_ = 0;          // mode tcp: bytes of a client that no server was found for
  std::int64_t request_at_ = 0;       // wall clock
  io::tick began_ = 0, head_at_ = -1, placed_at_ = -1, connected_at_ = -1, response_at_ = -1;
  std::uint32_t server_queue_ = 0, backend_queue_ = 0;
  bool logged_ = false;
};

}  // namespace ringway::proxy

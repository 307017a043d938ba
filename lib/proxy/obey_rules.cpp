// The sections' rules at the points of a connection's and a request's journey. Sections without rules never come here.
#include <sys/socket.h>

#include "proxy/rules_view.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

namespace {
constexpr std::string_view no_body;
}

// false: the client is turned away, with a reset, as HAProxy does: nothing stays behind for it.
bool session::admitted(const std::vector<rules::connection_rule>& by, rules::point at_point) {
  const rules_view around(*this, nullptr);
  at.rules_memory.clear();
  const rules::context in{.around = around, .client = client, .memory = at.rules_memory, .at = at_point};
  const rules::admission said = rules::admit(front.settings.rules, by, in);
  if (said.expect_proxy) expects_header = true;
  if (said.accepted) return true;
  const linger off{1, 0};
  setsockopt(socket.native(), SOL_SOCKET, SO_LINGER, &off, sizeof off);
  return false;
}

backend* transaction::backend_by_rules() {
  const rules_view around(*of_, nullptr);
  const bool seen = request_.bytes > 0;
  at_->rules_memory.clear();
  const rules::context in{.around = around,
                          .client = of_->client,
                          .memory = at_->rules_memory,
                          .at = seen ? rules::point::request : rules::point::session,
                          .request = seen ? &request_ : nullptr,
                          .first_request = of_->requests <= 1,
                          .chunked_bytes = chunked_here_};
  const std::uint32_t found = rules::choose_backend(of_->front.settings.rules, in);
  return found == rules::no_index ? of_->front.default_backend : at_->all.backends[found].get();
}

bool transaction::monitor_is_to_fail() const {
  const rules_view around(*of_, nullptr);
  at_->rules_memory.clear();
  return rules::monitor_fails(of_->front.settings.rules, {.around = around,
                                                          .client = of_->client,
                                                          .memory = at_->rules_memory,
                                                          .request = &request_,
                                                          .first_request = of_->requests <= 1});
}

// A listen section is both sides of one set of rules, which is run once.
bool transaction::backend_has_rules() const {
  if (back_ == nullptr || !back_->settings.rules.has_http_rules()) return false;
  return !(back_->settings.front && back_->settings.name == of_->front.settings.name);
}

io::task<bool> transaction::obey(const rules::section& of) {
  const rules_view around(*of_, back_);
  at_->rules_memory.clear();
  const rules::context in{.around = around,
                          .client = of_->client,
                          .memory = at_->rules_memory,
                          .request = &request_,
                          .first_request = of_->requests <= 1,
                          .chunked_bytes = chunked_here_};
  rules::editable edited{.request = request_, .keep = rewritten_, .most = at_->scratch_size};
  const rules::outcome out = rules::on_request(of, in, edited);
  if (edited.too_long || !head_fits()) {  // 500 as HAProxy: nothing of it is left out in silence
    end_with('P', 'R');
    head_at_ = -1;
    co_await answer(500, "the rules made the request head too long");
    co_return false;
  }
  if (out.what == rules::outcome::kind::deny) {
    end_with('P', 'R');
    if (out.bare)
      co_await answer_bare(out.status, "denied by a rule");
    else
      co_await answer(out.status, "denied by a rule");
    co_return false;
  }
  if (out.what == rules::outcome::kind::redirect) {
    end_with('L', 'R');
    co_await redirect(out.status, out.location, out.cookie);
    co_return false;
  }
  if (upgrade_asked_ && http::find(request_.fields, http::known::upgrade) == nullptr) upgrade_asked_ = false;
  // What our own rules made of the client's words is not judged again: that is no fault of the client's.
  if (edited.target_changed || edited.host_changed)
    target_ = balance::normalise_target(request_.method_text, request_.target, target_scratch_);
  co_return true;
}

io::task<> transaction::redirect(unsigned status, std::string_view location, std::string_view cookie) {
  begin_answer(status, "redirected by a rule");
  http1::head_writer out(at_->scratch.get(), at_->scratch_size);
  out.status_line(1, status, http::reason_of(status));
  out.field("content-length", "0");
  out.field("location", location);
  if (status == 302 || status == 303 || status == 307) out.field("cache-control", "no-cache");
  if (!cookie.empty()) out.field("set-cookie", cookie);
  if (out.full()) {
    co_await answer(500, "the location is too long");
    co_return;
  }
  co_await send_answer(out, no_body);
}

io::task<> transaction::answer_bare(unsigned status, const char* reason) {
  begin_answer(status, reason);
  http1::head_writer out(at_->scratch.get(), at_->scratch_size);
  out.status_line(1, status, http::reason_of(status));
  if (status != 204) out.field("content-length", "0");
  co_await send_answer(out, no_body);
}

}  // namespace ringway::proxy

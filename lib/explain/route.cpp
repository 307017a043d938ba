#include "explain/route.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "balance/keywords.hpp"
#include "base/text.hpp"
#include "explain/rules_at_rest.hpp"
#include "http/target.hpp"

namespace ringway::explain {
namespace {

std::optional<std::string_view> field_of(const void* fields, std::string_view name) {
  const http::field* one = http::find(*static_cast<const http::field_list*>(fields), name);
  if (one == nullptr) return std::nullopt;
  return one->value;
}

constexpr std::string_view no_target = "it is placed by its path, and the line names none";
constexpr std::size_t most_next = 8;  // nobody reads further


}  // namespace

std::int64_t rules_at_rest::wall_microseconds() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

bool router::prepare(const asked& what) {
  why_.clear();
  head_.clear();
  const std::string_view method = !with_.method.empty() ? std::string_view(with_.method)
                                  : what.method.empty() ? std::string_view("GET")
                                                        : what.method;
  head_.verb = http::method_of(method);
  head_.method_text = method;
  head_.target = what.target.empty() ? std::string_view("/") : what.target;
  told_target_ = !what.target.empty();
  bool host = false;
  for (const auto& [name, value] : with_.fields) {
    const bool is_host = same_text(name, "host");
    host = host || is_host;
    head_.fields.push_back({name, trim(value), {}, is_host ? http::known::host : http::known::other, false});
  }
  const auto add = [this](std::string_view name, std::string_view value, http::known id) {
    if (!value.empty()) head_.fields.push_back({name, value, {}, id, false});
  };
  if (!host) add("Host", what.host, http::known::host);
  add("User-Agent", what.user_agent, http::known::other);
  add("Referer", what.referer, http::known::other);
  head_.minor = host || !what.host.empty() ? 1 : 0;  // without Host it can only be HTTP/1.0

  front_ = with_.front;
  bind_ = with_.bind;
  if (front_ == nullptr && with_.back == nullptr) {
    if (!what.frontend.empty()) front_ = site_.front(what.frontend, bind_);
    if (front_ == nullptr) {
      const auto& all = site_.fronts();
      const auto fitting = what.port != 0 ? site_.fronts_on(what.port) : std::vector<const proxy::section_settings*>{};
      if (fitting.size() == 1)
        front_ = fitting[0];
      else if (all.size() == 1)
        front_ = all[0];
      else if (all.empty())
        why_ = "the configuration has no frontend: --backend names where to begin";
      else
        why_ = fmt::format("it may come to any of the frontends {}: --listener says to which", fmt::join(site_.front_names(), ", "));
    }
    if (front_ == nullptr) return false;
  }
  const bool http = front_ != nullptr ? front_->kind == proxy::mode::http : with_.back->http();
  facts_ = {};
  const auto& client = what.client ? what.client : with_.client;
  if (client) facts_.source = *client;
  return !http || judge_target();
}

bool router::judge_target() {
  http::target_form form{};
  const auto how = front_ != nullptr ? front_->request_parsing : with_.back->of->request_parsing;
  if (const auto refused = http::check_target(head_, how, form)) {
    why_ = fmt::format("the proxy refuses this request with {}: {}", refused.status, refused.reason);
    return false;
  }
  http::normalise_target(head_, form, uri_scratch_);
  facts_.method = head_.method_text;
  facts_.target = balance::normalise_target(head_.method_text, head_.target, scratch_);
  facts_.fields = &head_.fields;
  facts_.field = &field_of;
  return true;
}

bool router::admitted(const std::vector<rules::connection_rule>& by, rules::point at, rules::trace* seen) {
  if (by.empty()) return true;
  const rules_at_rest around(site_, *front_, bind_);
  memory_.clear();
  const rules::context in{.around = around, .client = facts_.source, .memory = memory_, .at = at};
  if (rules::admit(front_->rules, by, in, seen).accepted) return true;
  why_ = "a rule turns this client away";
  return false;
}

bool router::obey(const rules::section& of, std::uint32_t back, rules::trace* seen) {
  const rules_at_rest around(site_, *front_, bind_, back);
  memory_.clear();
  const rules::context in{
      .around = around, .client = facts_.source, .memory = memory_, .request = &head_, .first_request = true};
  rules::editable edited{.request = head_, .keep = rewritten_};
  const rules::outcome out = rules::on_request(of, in, edited, seen);
  switch (out.what) {
    case rules::outcome::kind::deny: why_ = fmt::format("a rule denies this request with {}", out.status); return false;
    case rules::outcome::kind::redirect:
      why_ = fmt::format("a rule redirects this request with {} to {}", out.status, out.location);
      return false;
    case rules::outcome::kind::go_on: break;
  }
  // What our own rules made of the client's words is not judged again.
  if (edited.target_changed || edited.host_changed)
    facts_.target = balance::normalise_target(head_.method_text, head_.target, scratch_);
  return true;
}

// The rules are the proxy's own; they see a process that has just started.
farm* router::choose_backend(rules::trace* seen) {
  if (with_.back != nullptr) return with_.back;
  const rules::section& rules = front_->rules;
  const bool http = front_->kind == proxy::mode::http;
  rewritten_.clear();
  if (!admitted(rules.connection, rules::point::connection, seen) ||
      !admitted(rules.session, rules::point::session, seen) ||
      (http && rules.has_http_rules() && !obey(rules, rules::no_index, seen)))
    return nullptr;
  auto& farms = site_.farms();
  const farm* found = nullptr;
  if (!rules.use_backend.empty()) {
    const rules_at_rest around(site_, *front_, bind_);
    const rules::context in{.around = around,
                            .client = facts_.source,
                            .memory = memory_,
                            .at = http ? rules::point::request : rules::point::session,
                            .request = http ? &head_ : nullptr,
                            .first_request = true};
    memory_.clear();
    const auto chosen = rules::choose_backend(rules, in, seen);
    if (chosen < farms.size()) found = &farms[chosen];
  }
  if (found == nullptr) found = site_.default_backend(*front_);
  if (found == nullptr) {
    why_ = fmt::format("frontend '{}' has no backend: every request gets a 503", front_->name);
    return nullptr;
  }
  // A listen section is both sides of one set of rules, which is run once.
  const bool both = found->of->front && found->of->name == front_->name;
  if (http && !both && found->of->rules.has_http_rules() &&
      !obey(found->of->rules, static_cast<std::uint32_t>(found - farms.data()), seen))
    return nullptr;
  return const_cast<farm*>(found);  // of site_, which is ours to change
}

// As the proxy asks, with each request over before the next one begins.
server_index router::pick(farm& back, bool whole) {
  const auto& rules = back.chooser->rules();
  keyed_ = false;
  key_ = {};
  if (!back.chooser->any_usable()) {
    why_ = fmt::format("no server of backend '{}' is up", back.name());
    return balance::no_server;
  }
  if (back.hashes()) {
    const auto key = hash_ = balance::key_of(rules, facts_);
    keyed_ = key.present;
    key_ = key.bytes;
    if (rules.kind == balance::algorithm::source) {
      if (!key.present) {
        why_ = "it is placed by the client's address, and there is none: --client gives one";
        return balance::no_server;
      }
      key_ = {address_, facts_.source.write_host(address_)};
    }
  }
  if (!keyed_ && back.hashes()) {
    // A line that says nothing of the path is no request without a key; neither is a log that leaves fields out.
    const bool by_target = rules.kind == balance::algorithm::uri || rules.kind == balance::algorithm::url_param;
    if (rules.kind == balance::algorithm::hdr && !whole) {
      why_ = fmt::format("it is placed by the header {}, which the line does not tell: -H gives it", rules.name);
      return balance::no_server;
    }
    if (by_target && !told_target_) why_ = no_target;
  }
  if (keyed_ && !told_target_ && rules.kind == balance::algorithm::uri) why_ = no_target;
  if (!why_.empty()) return balance::no_server;
  const auto s = back.chooser->pick(facts_);
  if (s == balance::no_server) {
    why_ = fmt::format("no server of backend '{}' has room", back.name());
    return s;
  }
  if (!keyed_) {  // leastconn and its kind move on
    back.chooser->took(s);
    back.chooser->gave_back(s);
  }
  return s;
}

server_index router::quick(const asked& what, farm*& back) {
  back = nullptr;
  keyed_ = false;
  if (!prepare(what)) return balance::no_server;
  back = choose_backend(nullptr);
  if (back == nullptr) return balance::no_server;
  return pick(*back, false);
}

decision router::explain(const asked& what) {
  decision out;
  const bool prepared = prepare(what);
  out.front = front_;
  out.bind = bind_;
  if (prepared) out.back = choose_backend(&out.rules);
  if (out.back != nullptr) {
    const auto& rules = out.back->chooser->rules();
    auto ahead = out.back->fresh();  // looks at the turns to come without taking one
    out.server = pick(*out.back, true);
    keyed_ = keyed_ && out.server != balance::no_server;
    out.keyed = keyed_;
    out.key = std::string(key_);
    if (keyed_) {
      out.hash = hash_;
      out.told = out.back->chooser->explain(out.hash);
      out.key_bytes = out.key;
      if (rules.kind == balance::algorithm::source)
        out.key_bytes.assign(reinterpret_cast<const char*>(facts_.source.bytes.data()),
                             facts_.source.kind == family::v4 ? 4 : 16);
      out.hash.bytes = {};
      out.next = out.told.order;
      std::erase(out.next, out.server);
      using place = balance::explanation::place;
      if (out.told.on == place::map || out.told.on == place::maglev) {
        // A server that is down makes another table: asked of the chooser, not read off the slots that follow.
        out.next.clear();
        for (server_index s = out.server; out.next.size() < most_next;) {
          ahead->set_usable(s, false);
          s = ahead->pick(facts_);
          if (s == balance::no_server) break;
          out.next.push_back(s);
        }
      }
      if (out.next.size() > most_next) out.next.resize(most_next);
    } else if (out.server != balance::no_server) {
      const auto shares = out.back->chooser->shares();
      for (server_index s = 0; s < shares.size(); ++s)
        if (shares[s] > 0) out.candidates.emplace_back(s, shares[s]);
      const bool random = rules.kind == balance::algorithm::random;
      if (out.back->hashes())
        out.note = fmt::format("the request has no key for balance {}: such requests take turns; this is the first of a "
                               "fresh process", balance::name_of(rules.kind));
      else
        out.note = fmt::format("{}; {}", what_it_does(rules.kind),
                               random ? "which one cannot be foretold" : "this is the first of a fresh process");
      if (random) {
        out.server = balance::no_server;
      } else {
        for (std::size_t turn = 0; turn < 4 * shares.size() && out.next.size() + 1 < out.candidates.size(); ++turn) {
          const auto s = ahead->pick(facts_);
          if (s == balance::no_server) break;
          if (rules.kind != balance::algorithm::first) {
            ahead->took(s);
            ahead->gave_back(s);
          } else {
            ahead->set_usable(s, false);  // who follows when it is full
          }
          if (s != out.server && std::find(out.next.begin(), out.next.end(), s) == out.next.end()) out.next.push_back(s);
        }
      }
    }
  }
  if (out.server == balance::no_server && out.candidates.empty()) out.problem = why_;
  return out;
}

}  // namespace ringway::explain

// The whole decision about one request: frontend, rules, backend, key, hash, place, server, and who comes next.
// Plain functions over a site; the placement itself is the chooser's.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/source.hpp"
#include "explain/requests.hpp"
#include "explain/site.hpp"
#include "http/head.hpp"
#include "rules/ruleset.hpp"

namespace ringway::explain {

// What the command line says about every request.
struct presumed {
  std::string method;                                       // empty: the line's, else GET
  std::vector<std::pair<std::string, std::string>> fields;  // -H
  std::optional<address> client;                            // for lines that name none
  const proxy::section_settings* front = nullptr;           // --listener; null: found for each request
  const proxy::bind_settings* bind = nullptr;
  farm* back = nullptr;                                     // --backend: no frontend is asked
};

struct decision {
  const proxy::section_settings* front = nullptr;
  const proxy::bind_settings* bind = nullptr;
  rules::trace rules;            // each rule that was looked at, and why it applied or not
  farm* back = nullptr;
  bool keyed = false;            // a key was found, and the answer is the same for every such request
  std::string key;               // the bytes that were hashed; of source, the address as text
  std::string key_bytes;         // of source: its four or sixteen bytes; else the same as key
  balance::key_result hash;
  balance::explanation told;     // keyed only
  server_index server = balance::no_server;
  std::vector<server_index> next;  // whom it would fall to, one after the other
  std::vector<std::pair<server_index, double>> candidates;  // not keyed: who may be chosen, and its share
  std::string note;              // what must be known beside it; empty: nothing
  std::string problem;           // why there is no server; one sentence
};

// Answers requests one after another; keeps what is reused between them.
class router {
 public:
  router(site& of, presumed with) : site_(of), with_(std::move(with)) {}

  // One server, without the story. `back` null or the result no_server: see why().
  server_index quick(const asked& what, farm*& back);
  const std::string& why() const { return why_; }
  bool keyed() const { return keyed_; }      // the last answer of quick() follows from a key
  std::string_view key() const { return key_; }  // its bytes, until the next question
  const balance::key_result& hash() const { return hash_; }

  decision explain(const asked& what);

 private:
  bool prepare(const asked& what);           // head, facts, frontend; false: why_
  bool judge_target();                                    // what the proxy refuses, and what the balancer is told; false: why_
  farm* choose_backend(rules::trace* seen);
  // Rules that refuse, redirect or rewrite, as the proxy obeys them. false: the request ends there; why_ says how.
  bool obey(const rules::section& of, std::uint32_t back, rules::trace* seen);
  bool admitted(const std::vector<rules::connection_rule>& by, rules::point at, rules::trace* seen);
  server_index pick(farm& back, bool whole);  // whole: the request is known entirely, not from a line of a log

  site& site_;
  presumed with_;
  http::request_head head_;
  balance::request_facts facts_;
  rules::arena memory_, rewritten_;           // of conditions; of what rules put into the request
  balance::key_result hash_;
  std::string scratch_, uri_scratch_, why_;
  std::string_view key_;
  char address_[48]{};
  const proxy::section_settings* front_ = nullptr;
  const proxy::bind_settings* bind_ = nullptr;
  bool keyed_ = false, told_target_ = false;
};

// `running`: the socket of the process whose state the answer is about; empty: files only.
// `width`: cells of a line, words are not broken; 0: lines are as long as they are.
std::string text_of(const decision& of, const asked& what, const config::source_set& sources, std::string_view running = {},
                    std::size_t width = 0);
std::string json_of(const decision& of, const asked& what, const config::source_set& sources, std::string_view running = {});

}  // namespace ringway::explain

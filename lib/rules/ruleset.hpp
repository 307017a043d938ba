// The rules of one section, as its lines say them, and how they are run. A value: `defaults` is a copy. Filled by the rows
// of keywords.cpp; resolve() turns names into numbers once every section is known; from then on it is only read, by
// every worker at once.
//
// The order of the points (as HAProxy's): tcp-request connection, (PROXY protocol), tcp-request session, the request's head,
// the frontend's http-request rules, redirect, use_backend, the backend's http-request rules, redirect.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "rules/action.hpp"

namespace ringway::rules {

// What kind of section it is, for what may stand in it.
enum class section_kind : std::uint8_t { proxy, named_defaults, anonymous_defaults };

struct section {
  section_kind of = section_kind::proxy;
  acl_list acls;
  std::vector<connection_rule> connection, session;  // tcp-request connection, tcp-request session
  std::vector<http_rule> http_request;
  std::vector<http_rule> redirects;                  // `redirect`: after http-request
  std::vector<backend_choice> use_backend;
  std::vector<rule> monitor_fail;                    // any of them: the monitor is told 503

  // The latest point that a line of this section belongs to: an earlier one below it is still run before (a warning).
  enum class stage : std::uint8_t { nothing, connection, session, http_request, redirect, use_backend };
  stage latest = stage::nothing;

  bool has_http_rules() const { return !http_request.empty() || !redirects.empty(); }
  bool has_rules() const { return has_http_rules() || !connection.empty() || !session.empty(); }
  // A section that begins with these rules.
  section inherited() const;
};

// Names and numbers of all sections, for resolve().
class directory {
 public:
  virtual ~directory() = default;
  // Number of the backend; no_index: there is none.
  virtual std::uint32_t backend(std::string_view name) const = 0;
  virtual std::uint32_t frontend(std::string_view name) const = 0;
  virtual std::uint32_t server(std::uint32_t backend, std::string_view name) const = 0;
  virtual std::vector<std::string_view> backends() const = 0;
  virtual std::vector<std::string_view> frontends() const = 0;
  virtual std::vector<std::string_view> servers(std::uint32_t backend) const = 0;
};
// Where a section's rules stand.
struct owner {
  std::string_view word, name;          // "frontend", "www"
  std::uint32_t front = no_index, back = no_index;  // its own numbers
  bool http = false;                    // mode http
};
// Arguments that name backends, frontends and servers; what the mode makes meaningless is said and taken away. Targets of
// use_backend are the caller's, who judges modes as well.
void resolve(section& of, const owner& by, const directory& names, config::diagnostics& report);

// --- running them; pure but for what they are given to change. `seen` gets each rule that was looked at.

// tcp-request connection, tcp-request session: may the client stay? `expect_proxy`: a PROXY header comes first.
struct admission {
  bool accepted = true;
  bool expect_proxy = false;
};
admission admit(const section& of, const std::vector<connection_rule>& rules, const context& in, trace* seen = nullptr);

// What http-request rules may change. What they make lives in `keep`, as long as the request.
struct editable {
  http::request_head& request;
  arena& keep;
  std::size_t most = 65536;           // bytes that one text may grow to
  bool target_changed = false, host_changed = false;  // the balancer is to see them anew
  bool too_long = false;              // a text would have grown beyond that, or a target names nobody: not to be sent
};
struct outcome {
  enum class kind : std::uint8_t { go_on, deny, redirect };
  kind what = kind::go_on;
  unsigned status = 0;
  bool bare = false;                  // deny: no page behind the status
  std::string_view location, cookie;  // redirect; in the arena of the context
};
// http-request rules, then redirects.
outcome on_request(const section& of, const context& in, editable& request, trace* seen = nullptr);

// The backend that use_backend chooses; no_index: none of them does.
std::uint32_t choose_backend(const section& of, const context& in, trace* seen = nullptr);

// monitor fail: is the service to be called broken?
bool monitor_fails(const section& of, const context& in, trace* seen = nullptr);

}  // namespace ringway::rules

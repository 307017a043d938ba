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
#include "rules/condition.hpp"

namespace ringway::rules {

// use_backend <name> [if|unless …]
struct backend_choice {
  std::string name;
  config::span name_where;
  config::span where;            // the whole line
  std::string text;
  condition when;
  std::uint32_t target = no_index;  // number of the backend; resolve()
};

// What kind of section it is, for what may stand in it.
enum class section_kind : std::uint8_t { proxy, named_defaults, anonymous_defaults };

struct section {
  section_kind of = section_kind::proxy;
  acl_list acls;
  std::vector<backend_choice> use_backend;

  bool empty() const { return use_backend.empty(); }
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
// Arguments that name backends, frontends and servers, and what rules need that their point does not have. Targets of
// use_backend are the caller's: it judges modes as well.
void resolve(section& of, const owner& by, const directory& names, config::diagnostics& report);

// The backend that use_backend chooses; no_index: none of them does. `seen`: each rule that was looked at.
std::uint32_t choose_backend(const section& of, const context& in, trace* seen = nullptr);

}  // namespace ringway::rules

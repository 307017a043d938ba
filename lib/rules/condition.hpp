// `if` and `unless` with what follows: named acls and criteria between braces, joined by and, or, ! (configuration.txt 7.2).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/acl.hpp"

namespace ringway::rules {

// Why a rule applied or did not; for `ringway route`. One look at one acl.
struct trace_test {
  std::string text;    // "is_api", "!{ method POST }"
  std::string value;   // what was asked, as it was found: "\"/api/x\"", "192.0.2.1"; empty: there was nothing
  bool held = false;   // with the negation applied
};
// One rule that was looked at.
struct trace_step {
  config::span where;
  std::string text;    // the rule as written: "use_backend api if is_api"
  bool applied = false;
  std::vector<trace_test> tests;  // in the order in which they were asked; a condition is left as soon as it is decided
};
using trace = std::vector<trace_step>;

struct condition {
  struct term {
    std::uint32_t acl = 0;  // of the section's list
    bool negated = false;
  };
  std::vector<std::vector<term>> any_of;  // an or of ands; empty: always
  bool unless = false;

  // `acls`: of the section that the condition belongs to. `seen`: gets what was asked; null: nobody wants to know.
  bool holds(const context& in, const std::vector<std::shared_ptr<const acl>>& acls, trace_step* seen = nullptr) const;
};

// What a section knows by name. Acls are shared: a section that begins with a defaults section's rules keeps its acls
// in the same places, but cannot see their names.
class acl_list {
 public:
  // A line `acl …`; reports.
  void read(config::arguments& from);
  // The rest of the line, from `if` or `unless` on; reports and returns nullopt. Nothing left: always.
  std::optional<condition> read_condition(config::arguments& from);
  void hide_names() { visible_from_ = all_.size(); }

  const std::vector<std::shared_ptr<const acl>>& all() const { return all_; }
  std::vector<std::shared_ptr<const acl>>& all() { return all_; }

 private:
  std::optional<std::uint32_t> find(std::string_view name) const;
  std::optional<std::uint32_t> named(const config::word& at, std::string_view name, config::arguments& from);
  bool terms(config::arguments& from, condition& out);

  std::vector<std::shared_ptr<const acl>> all_;
  std::size_t visible_from_ = 0;
};

}  // namespace ringway::rules

// One line `acl NAME criterion [flags] [operator] values…`, or the same between braces (configuration.txt 7.1).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/match.hpp"

namespace ringway::rules {

// One criterion with its patterns. Copies share the patterns.
struct test {
  expression what;
  std::shared_ptr<const patterns> by;
  std::string text;     // as written, for people: "path_beg /api"
  config::span where;

  // Any of the values matches. `seen`: the values that were looked at, for people; null: not wanted.
  bool holds(const context& in, std::string* seen) const;
};

// Several lines of one name are one acl: any of them holds.
struct acl {
  std::string name;     // empty: between braces
  config::span where;   // of the first line
  std::vector<test> tests;
  bool predefined = false;

  bool holds(const context& in, std::string* seen) const;
};

// The words [first, last) of the line as one criterion with its patterns. Reports and returns nullopt.
std::optional<test> parse_test(std::size_t first, std::size_t last, config::arguments& line);

// HAProxy's own acls (configuration.txt 7.4): TRUE, METH_GET, LOCALHOST, …
struct predefined_acl {
  std::string_view name;
  std::string_view text;  // the criterion; empty: not supported yet
};
std::span<const predefined_acl> predefined_acls();

}  // namespace ringway::rules

// A sample expression: a fetch and the converters behind it, "hdr(host),lower,field(1,:)" (configuration.txt 7.3).
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/arguments.hpp"
#include "rules/convert.hpp"
#include "rules/fetch.hpp"

namespace ringway::rules {

enum class match : std::uint8_t { found, boolean, integer, ip, bin, len, str, beg, sub, dir, dom, end, reg };

struct conversion {
  const converter_row* row = nullptr;
  argument_list args;
  bool never = false;  // it asks for a variable, and none is ever set: no sample
};

struct expression {
  const fetch_row* fetch = nullptr;
  argument_list args;
  std::vector<conversion> steps;
  std::string text;        // as written
  config::span where;
  std::optional<match> form;  // of an ACL form such as path_beg, when no converter follows

  kind gives() const { return steps.empty() ? fetch->gives : steps.back().row->gives; }
  // The next value (cursor::every) or the one; false: there is none (any more).
  bool evaluate(const context& in, cursor& at, sample& out) const;
};

// Reads the expression that begins at byte `from` of the word and ends at the word's end or at `stop`; `end` is the first
// byte behind it. Reports and returns nullopt. `forms`: ACL forms such as path_beg are allowed.
std::optional<expression> parse_expression(const config::word& in, std::size_t from, char stop, bool forms,
                                           std::size_t& end, config::arguments& line);

// A network, or a mask: "10.0.0.0/8", "127.1", "2001:db8::/32"; nullopt: neither.
struct network {
  address at;
  std::array<std::uint8_t, 16> mask{};
};
std::optional<network> parse_network(std::string_view text);
std::optional<address> parse_mask4(std::string_view text);
std::optional<address> parse_mask6(std::string_view text);

}  // namespace ringway::rules

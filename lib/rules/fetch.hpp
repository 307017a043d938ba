// The table of fetches: what can be asked (configuration.txt 7.3.2, 7.3.3, 7.3.6), one row each.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/span.hpp"
#include "rules/context.hpp"
#include "rules/sample.hpp"

namespace ringway::rules {

// What stands between the brackets.
// amount: a number, or a variable's name; there are no variables yet, so that one is never set.
enum class takes : std::uint8_t { nothing, text, number, amount, backend, frontend, server, ip, mask4, mask6, pattern, variable };

class regex;

struct argument {
  std::string text;
  config::span where;
  std::int64_t number = 0;
  std::uint32_t index = no_index;   // backend, frontend
  std::uint32_t server = no_index;  // server of backend `index`
  address ip;                       // ip, masks
  std::shared_ptr<const regex> pattern;
  takes as = takes::nothing;
};
using argument_list = std::vector<argument>;

// Several values of one fetch (fields of one name): where the next look begins.
struct cursor {
  std::size_t field = 0;
  std::string_view rest;
  bool begun = false;
  bool every = false;  // all values are wanted, one a call; otherwise the one that HAProxy takes
  bool more = false;   // set by the fetch: another call may find another value
};

using fetch_function = bool (*)(const context&, const argument_list&, cursor&, sample&);

struct fetch_row {
  std::string_view name;
  std::string_view arguments{};   // grammar: "(<name>[,<occurrence>])"; empty: none
  std::array<takes, 3> takes_{};  // in order; nothing: end
  int required = 0;               // how many of them must be there
  kind gives = kind::boolean;
  needs wants = needs::nothing;
  bool derived = false;           // the ACL forms name_beg, _dir, _dom, _end, _len, _reg, _sub exist
  std::string_view summary{};
  std::string_view example{};     // a whole test: "path_beg /api"
  std::string_view since{};
  fetch_function run = nullptr;
};

std::span<const fetch_row> fetches_of_connections();  // fetch_conn.cpp
std::span<const fetch_row> fetches_of_requests();     // fetch_http.cpp
std::span<const fetch_row> fetches_of_process();      // fetch_env.cpp
const fetch_row* find_fetch(std::string_view name);
std::vector<std::string_view> fetch_names();

}  // namespace ringway::rules

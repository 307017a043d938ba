#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::choice;
using config::keyword;
using config::place;
using config::setting;
using config::status;
using config::verb;
using config::word;

constexpr choice<mode> modes[] = {{"http", mode::http}, {"tcp", mode::tcp}};

void mode_line(section_settings& to, arguments& from) {
  for (const std::string_view other : {"log", "spop", "haterm", "health"})
    if (!from.empty() && from.peek().text == other) {
      auto& said = from.wrong("not-supported-yet", from.peek(),
                              fmt::format("'mode {}' is a HAProxy keyword that ringway does not support yet", other));
      if (other == "health") said.help = "today it is written 'http-request return status 200'";
      return;
    }
  const auto read = from.one_of<mode>(modes, "a mode");
  if (read && from.finish()) to.kind = *read;
}

constexpr choice<reuse_mode> reuse_modes[] = {{"never", reuse_mode::never},
                                              {"safe", reuse_mode::safe},
                                              {"aggressive", reuse_mode::aggressive},
                                              {"always", reuse_mode::always}};

void http_reuse(section_settings& to, arguments& from) {
  const auto read = from.one_of<reuse_mode>(reuse_modes, "a way to share connections");
  if (read && from.finish()) to.reuse = *read;
}

constexpr choice<std::uint32_t> retry_events[] = {
    {"conn-failure", servers::retry_conditions::conn_failure},
    {"empty-response", servers::retry_conditions::empty_response},
    {"junk-response", servers::retry_conditions::junk_response},
    {"response-timeout", servers::retry_conditions::response_timeout},
    {"0rtt-rejected", servers::retry_conditions::early_data_rejected},
};

// Replaces what an earlier line said.
void retry_on(section_settings& to, arguments& from) {
  using conditions = servers::retry_conditions;
  std::vector<std::string_view> names = {"none", "all-retryable-errors"};
  for (const auto& one : retry_events) names.push_back(one.name);
  if (from.empty()) {
    from.need("a kind of failure, for example conn-failure");
    return;
  }
  conditions read;
  read.bits = 0;
  const word* none = nullptr;
  while (!from.empty()) {
    const word& given = from.take();
    if (given.text == "none") {
      none = &given;
      continue;
    }
    if (given.text == "all-retryable-errors") {
      read.bits |= conditions::all_retryable;
      for (const unsigned status : {500u, 502u, 503u, 504u}) read.bits |= conditions::bit_of(status);
      continue;
    }
    std::uint32_t bit = 0;
    for (const auto& one : retry_events)
      if (one.name == given.text) bit = one.value;
    if (bit == 0) {
      for (const unsigned status : conditions::statuses)
        if (given.text == std::to_string(status)) bit = conditions::bit_of(status);
      if (bit == 0 && given.text.find_first_not_of("0123456789") == std::string::npos) {
        from.wrong("invalid-value", given,
                   fmt::format("'retry-on': {} is not a status on which requests are sent again", given.text),
                   fmt::format("one of {}", fmt::join(conditions::statuses, ", ")));
        return;
      }
    }
    if (bit == 0) {
      from.wrong_choice(given, names, "a kind of failure");
      return;
    }
    read.bits |= bit;
  }
  if (none != nullptr && !read.none()) {
    from.wrong("invalid-value", *none, "'retry-on': 'none' stands alone");
    return;
  }
  to.retry_on = read;
}

void keep_alive_queue(section_settings& to, arguments& from) {
  const word* given = from.need("a number, -1 for no limit");
  if (given == nullptr || !from.finish()) return;
  const auto number = config::parse_number(given->text, 0, 0x7fff'ffff);
  if (given->text == "-1")
    to.max_keep_alive_queue = -1;
  else if (number)
    to.max_keep_alive_queue = static_cast<int>(number.value);
  else
    from.wrong("invalid-value", *given,
               fmt::format("'max-keep-alive-queue': '{}' is not a number from -1 to 2147483647", given->text));
}

void default_backend(section_settings& to, arguments& from) {
  const word* given = from.need("the name of a backend");
  if (given == nullptr || !from.finish()) return;
  to.default_backend = given->text;
  to.default_backend_where = given->where;
}

void section_maxconn(section_settings& to, arguments& from) {
  unsigned read = 0;
  if (!from.read(read, {.max = 0x7fff'ffff}) || !from.finish()) return;
  // 0: as if it were not written.
  if (read == 0)
    to.maxconn.reset();
  else
    to.maxconn = read;
}

// The rest of the line is the text, as in HAProxy, where quotes are not needed.
void description(section_settings& to, arguments& from) {
  const word* first = from.need("a text");
  if (first == nullptr) return;
  std::string text = first->text;
  while (!from.empty()) text += " " + from.take().text;
  to.description = std::move(text);
}

void monitor_uri(section_settings& to, arguments& from) {
  const word* given = from.need("a URI, for example /alive");
  if (given != nullptr && from.finish()) to.monitor_uri = given->text;
}

template <bool Disabled>
void disabled(section_settings& to, arguments& from) {
  if (from.finish()) to.disabled = Disabled;
}

constexpr std::uint64_t int_max = 0x7fff'ffff;

constexpr std::array rows = {
    verb<&mode_line>({.name = "mode", .allowed = config::proxies, .grammar = "http|tcp",
        .summary = "Whether requests are understood or bytes are passed. tcp unless said.", .example = "mode http",
        .since = "1.0"}),
    verb<&default_backend>({.name = "default_backend", .allowed = config::front_side, .grammar = "<name>",
        .summary = "Where requests go that nothing sent elsewhere.", .example = "default_backend shop",
        .since = "1.3"}),
    verb<&section_maxconn>({.name = "maxconn", .allowed = config::front_side, .grammar = "<number>",
        .summary = "Clients at once; more wait in the kernel. 0 or absent: the process's limit.",
        .example = "maxconn 2000", .since = "1.0"}),
    setting<&section_settings::backlog>({.name = "backlog", .allowed = config::front_side, .grammar = "<number>",
        .summary = "Connections that may wait in the kernel to be accepted; otherwise maxconn.",
        .example = "backlog 4096", .since = "1.3", .max = int_max}),
    setting<&section_settings::retries>({.name = "retries", .allowed = config::back_side, .grammar = "<number>",
        .summary = "How often a failed connection to a server is tried again; 3 unless said.",
        .example = "retries 2", .since = "1.0", .max = int_max}),
    verb<&retry_on>({.name = "retry-on", .allowed = config::back_side,
        .grammar = "none | (conn-failure | empty-response | junk-response | response-timeout | 0rtt-rejected | "
                   "all-retryable-errors | <status>)...",
        .summary = "After which failures a request is sent again, whatever its method; conn-failure unless said. All but "
                   "the first need the request whole in a buffer (tune.bufsize). Mode http only.",
        .example = "retry-on conn-failure empty-response 503", .since = "2.0"}),
    verb<&http_reuse>({.name = "http-reuse", .allowed = config::back_side,
        .grammar = "never | safe | aggressive | always",
        .summary = "When a request may go over an idle connection that another client's request opened; safe unless said.",
        .example = "http-reuse always", .since = "1.6"}),
    verb<&keep_alive_queue>({.name = "max-keep-alive-queue", .allowed = config::back_side, .grammar = "<number>",
        .summary = "Queue of a server from which on option prefer-last-server lets another one have the request. -1: no "
                   "limit, as unless said.",
        .example = "max-keep-alive-queue 10", .since = "1.5"}),
    setting<&section_settings::max_session_srv_conns>({.name = "max-session-srv-conns", .allowed = config::front_side,
        .grammar = "<number>", .summary = "Idle connections to servers that one session keeps for itself; 5 unless said.",
        .example = "max-session-srv-conns 2", .since = "1.9", .max = int_max}),
    setting<&section_settings::fullconn>({.name = "fullconn", .allowed = config::back_side, .grammar = "<number>",
        .summary = "With minconn: load of the backend at which servers reach their maxconn. Otherwise a tenth of "
                   "what its frontends may send.",
        .example = "fullconn 1000", .since = "1.3", .max = int_max}),
    setting<&section_settings::id>({.name = "id", .allowed = config::named_proxies, .grammar = "<number>",
        .summary = "A number for the proxy; otherwise counted from 2.", .example = "id 10", .since = "1.3",
        .strict = true, .min = 1, .max = int_max}),
    verb<&description>({.name = "description", .allowed = config::named_proxies, .grammar = "<text>",
        .summary = "A text for people.", .example = "description the shop", .since = "1.4"}),
    verb<&monitor_uri>({.name = "monitor-uri", .allowed = config::front_side, .grammar = "<uri>",
        .summary = "Requests for it get 200 at once, from no server, and are not logged. What begins with a slash is "
                   "compared with path and query, anything else with the whole target.",
        .example = "monitor-uri /alive", .since = "1.1"}),
    verb<&disabled<true>>({.name = "disabled", .allowed = config::proxies,
        .summary = "The proxy is checked but not started.", .example = "disabled", .since = "1.0"}),
    verb<&disabled<false>>({.name = "enabled", .allowed = config::proxies,
        .summary = "Takes back 'disabled' of defaults.", .example = "enabled", .since = "1.0"}),
};

}  // namespace

std::span<const config::keyword> section_keywords() { return rows; }

}  // namespace ringway::proxy

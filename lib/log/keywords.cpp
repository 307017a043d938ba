#include "log/keywords.hpp"

#include <fmt/format.h>

#include "config/catalogue.hpp"
#include "config/endpoint.hpp"
#include "config/places.hpp"
#include "config/values.hpp"

namespace ringway::log {
namespace {

using config::arguments;
using config::choice;
using config::keyword;
using config::place;
using config::setting;
using config::status;
using config::verb;
using config::word;

constexpr choice<line_format> formats[] = {
    {"local", line_format::local},       {"rfc3164", line_format::rfc3164}, {"rfc5424", line_format::rfc5424},
    {"priority", line_format::priority}, {"short", line_format::short_},    {"timed", line_format::timed},
    {"iso", line_format::iso},           {"raw", line_format::raw},         {"json", line_format::json}};

// Facilities by number; HAProxy's names, with audit, alert and cron2 for the three that syslog leaves open.
constexpr std::string_view facilities[] = {"kern",   "user",   "mail",   "daemon", "auth",   "syslog",
                                           "lpr",    "news",   "uucp",   "cron",   "auth2",  "ftp",
                                           "ntp",    "audit",  "alert",  "cron2",  "local0", "local1",
                                           "local2", "local3", "local4", "local5", "local6", "local7"};
constexpr std::string_view levels[] = {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

template <std::size_t N>
std::optional<int> place_in(const std::string_view (&names)[N], std::string_view text) {
  for (std::size_t at = 0; at < N; ++at)
    if (names[at] == text) return static_cast<int>(at);
  return std::nullopt;
}

void length(target_settings& to, arguments& from) { from.read(to.max_length, {.min = 80, .max = 65535}); }

void format(target_settings& to, arguments& from) {
  if (const auto chosen = from.one_of<line_format>(formats, "a log format")) to.format = *chosen;
}

// "1,3:8" or "2-4,7:10": which lines of every 10 are sent.
void sample(target_settings& to, arguments& from) {
  const word* given = from.need("ranges and a size, for example 1,3:8");
  if (given == nullptr) return;
  const std::string_view text = given->text;
  const auto refuse = [&](std::size_t at, std::size_t size, std::string message) {
    from.report().alert("invalid-value", config::part_of(*given, at, size == 0 ? 1 : size),
                        fmt::format("'log': sample '{}': {}", text, message), "write ranges and a size: 1,3-5:8");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse(0, text.size(), "the size behind a colon is missing");
  const auto size = config::parse_number(text.substr(colon + 1), 1, 0x7fff'ffff);
  if (!size)
    return refuse(colon + 1, text.size() - colon - 1,
                  fmt::format("the size '{}' {}", text.substr(colon + 1), size.error));
  std::vector<sample_range> ranges;
  std::size_t start = 0;
  while (start <= colon) {
    const std::size_t comma = std::min(text.find(',', start), colon);
    const std::string_view range = text.substr(start, comma - start);
    const std::size_t dash = range.find('-');
    const auto low = config::parse_number(range.substr(0, dash), 1, size.value);
    const auto high = dash == std::string_view::npos ? low : config::parse_number(range.substr(dash + 1), 1, size.value);
    if (!low || !high || high.value < low.value)
      return refuse(start, range.size(), fmt::format("'{}' is not a range within 1 and {}", range, size.value));
    for (const sample_range& other : ranges)
      if (low.value <= other.high && high.value >= other.low)
        return refuse(start, range.size(), fmt::format("'{}' overlaps another range", range));
    ranges.push_back({static_cast<std::uint32_t>(low.value), static_cast<std::uint32_t>(high.value)});
    start = comma + 1;
  }
  to.samples = std::move(ranges);
  to.sample_size = static_cast<std::uint32_t>(size.value);
}

bool read_address(target_settings& to, const word& given, arguments& from) {
  to.where = given.where;
  if (given.text == "stdout" || given.text == "stderr") {
    to.via = transport::fd;
    to.fd = given.text == "stdout" ? 1 : 2;
    return true;
  }
  for (const std::string_view buffer : {"ring@", "backend@"})
    if (given.text.starts_with(buffer)) {
      from.wrong("not-supported-yet", given,
                 fmt::format("'log {}' is a HAProxy keyword that ringway does not support yet", buffer));
      return false;
    }
  const auto at = config::read_endpoint(
      "log", given, {.zero_port = false, .descriptors = true, .datagram = true}, from.with().variables, from.report());
  if (!at) return false;
  if (at->fd >= 0) {
    to.via = transport::fd;
    to.fd = at->fd;
  } else if (!at->path.empty()) {
    if (at->abstract) {
      from.wrong("not-supported-yet", given, "'log' to an abstract socket is not supported yet");
      return false;
    }
    to.via = given.text.starts_with("uxst@") ? transport::unix_stream : transport::unix_datagram;
    to.path = at->path;
  } else {
    const std::string_view text = given.text;
    if (text.starts_with("tcp")) {
      from.wrong("not-supported-yet", given, "'log' over TCP is not supported yet");
      return false;
    }
    to.via = transport::udp;
    to.port = at->port_given ? at->port : 514;
    if (at->host.empty()) {
      to.resolved = at->ip;
      to.resolved.port = to.port;
      to.host = at->ip.host_text();
    } else {
      to.host = at->host;
    }
  }
  return true;
}

// <address> [words] <facility> [<level> [<minlevel>]]
std::optional<target_settings> read_target(arguments& from) {
  const word* given = from.need("an address: stdout, stderr, fd@1, host:port or a socket's path");
  if (given == nullptr) return std::nullopt;
  target_settings to;
  const std::size_t before = from.report().count(config::severity::alert);
  if (!read_address(to, *given, from)) return std::nullopt;
  // Words of their own until the facility, which is the first that is none of them.
  while (from.word_of(place::log, &to))
    if (from.report().count(config::severity::alert) != before) return std::nullopt;
  const word* facility = from.need("a facility, for example local0");
  if (facility == nullptr) return std::nullopt;
  const auto number = place_in(facilities, facility->text);
  if (!number) {
    std::vector<std::string_view> names(std::begin(facilities), std::end(facilities));
    const bool before_words = from.left() > 0;
    if (before_words)
      for (const keyword& row : target_keywords()) names.push_back(row.name);
    from.wrong_choice(*facility, names, "a facility");
    return std::nullopt;
  }
  to.facility = *number;
  for (int* level : {&to.max_level, &to.min_level}) {
    if (from.empty()) break;
    const word& name = from.take();
    const auto rank = place_in(levels, name.text);
    if (!rank) {
      from.wrong_choice(name, levels, "a level");
      return std::nullopt;
    }
    *level = *rank;
  }
  if (!from.finish()) return std::nullopt;
  return to;
}

void log_line(settings& to, arguments& from) {
  if (from.negated()) {
    if (!from.finish()) return;
    to.targets.clear();
    to.use_global = false;
    return;
  }
  if (from.resets()) {
    from.wrong("invalid-prefix", from.whole().words[0], "'default' cannot stand before 'log'", "write 'no log'");
    return;
  }
  if (from.left() >= 1 && from.peek().text == "global") {
    from.take();
    if (from.finish()) to.use_global = true;
    return;
  }
  if (auto target = read_target(from)) to.targets.push_back(std::move(*target));
}

void global_log(global_settings& to, arguments& from) {
  if (from.negated()) {
    if (from.finish()) to.targets.clear();
    return;
  }
  if (from.left() >= 1 && from.peek().text == "global") {
    from.wrong("invalid-value", from.peek(), "'log global' stands in proxies; the global section names addresses");
    return;
  }
  if (auto target = read_target(from)) to.targets.push_back(std::move(*target));
}

void send_hostname(global_settings& to, arguments& from) {
  std::string name;
  if (!from.empty()) name = from.take().text;
  if (from.finish()) to.hostname = std::move(name);
}

// In a proxy the last one counts; in defaults HAProxy warns, because there a second one is rarely meant.
void choose_format(settings& to, settings::style format, std::string_view option, arguments& from) {
  if (to.of_defaults && !to.format_option.empty())
    from.report().warning("overridden", from.phrase_where(),
                          fmt::format("'{}' replaces '{}' of the same defaults section", option, to.format_option),
                          "leave one of the two out");
  to.format = format;
  to.format_option = option;
}

void httplog(settings& to, arguments& from) {
  auto style = settings::style::http;
  if (!from.empty()) {
    if (!from.take_if("clf")) {
      constexpr std::string_view words[] = {"clf"};
      from.wrong_choice(from.peek(), words, "a word of 'option httplog'");
      return;
    }
    style = settings::style::clf;
  }
  if (from.finish()) choose_format(to, style, style == settings::style::clf ? "option httplog clf" : "option httplog", from);
}

void tcplog(settings& to, arguments& from) {
  if (from.left() == 1 && from.peek().text == "clf") {
    from.wrong("not-supported-yet", from.peek(),
               "'option tcplog clf' is a HAProxy keyword that ringway does not support yet");
    return;
  }
  if (from.finish()) choose_format(to, settings::style::tcp, "option tcplog", from);
}

constexpr std::string_view log_grammar =
    "<address> [len <n>] [format <format>] [sample <ranges>:<size>] <facility> [<level> [<minlevel>]]";

constexpr std::array global_rows = {
    verb<&global_log>({.name = "log", .allowed = place::global, .grammar = log_grammar,
        .summary = "Where lines of proxies with 'log global' and of the process itself go. Several are fine.",
        .example = "log stdout format raw local0", .since = "1.1", .negatable = true}),
    setting<&global_settings::tag>({.name = "log-tag", .allowed = place::global, .grammar = "<text>",
        .summary = "The program's name in log lines; otherwise haproxy.", .example = "log-tag edge", .since = "1.5"}),
    verb<&send_hostname>({.name = "log-send-hostname", .allowed = place::global, .grammar = "[<name>]",
        .summary = "Puts a host name into syslog lines: the given one or the machine's own.",
        .example = "log-send-hostname", .since = "1.5"}),
};

constexpr std::array section_rows = {
    verb<&log_line>({.name = "log", .allowed = config::proxies,
        .grammar = "global | <address> [len <n>] [format <format>] [sample <ranges>:<size>] <facility> "
                   "[<level> [<minlevel>]]",
        .summary = "Where this proxy's lines go. 'no log' forgets what defaults said.", .example = "log global",
        .since = "1.1", .negatable = true}),
    setting<&settings::tag>({.name = "log-tag", .allowed = config::proxies, .grammar = "<text>",
        .summary = "The program's name in this proxy's log lines.", .example = "log-tag shop", .since = "1.5"}),
    verb<&httplog>({.name = "option httplog", .allowed = config::front_side, .grammar = "[clf]",
        .summary = "One line for every request with timers, sizes and how it ended; clf: as web servers write it.",
        .example = "option httplog", .since = "1.1"}),
    verb<&tcplog>({.name = "option tcplog", .allowed = config::front_side,
        .summary = "One line for every connection with timers, size and how it ended.", .example = "option tcplog",
        .since = "1.1"}),
    setting<&settings::dont_log_null>({.name = "option dontlognull", .allowed = config::front_side,
        .summary = "Connections that sent nothing are not logged.", .example = "option dontlognull", .since = "1.1"}),
    setting<&settings::dont_log_normal>({.name = "option dontlog-normal", .allowed = config::front_side,
        .summary = "Only errors, retries and redispatches are logged.", .example = "option dontlog-normal",
        .since = "1.3"}),
    setting<&settings::log_asap>({.name = "option logasap", .allowed = config::front_side,
        .summary = "The line is written when the response begins, not when it ends.", .example = "option logasap",
        .since = "1.1"}),
    setting<&settings::log_separate_errors>({.name = "option log-separate-errors", .allowed = config::front_side,
        .summary = "Errors are logged at level err instead of info.", .example = "option log-separate-errors",
        .since = "1.3"}),
};

constexpr std::array target_rows = {
    verb<&length>({.name = "len", .allowed = place::log, .grammar = "<bytes>",
        .summary = "Longest line, 80 to 65535 bytes; 1024 unless said.", .example = "len 2048", .since = "1.5"}),
    verb<&format>({.name = "format", .allowed = place::log,
        .grammar = "local|rfc3164|rfc5424|priority|short|timed|iso|raw|json",
        .summary = "How a line begins. json is of this program's own: one object a line.", .example = "format raw",
        .since = "1.6"}),
    verb<&sample>({.name = "sample", .allowed = place::log, .grammar = "<ranges>:<size>",
        .summary = "Sends only some lines of every <size>.", .example = "sample 1,3:8", .since = "2.0"}),
    keyword{.name = "profile", .allowed = place::log, .summary = "A log profile of its own.", .since = "3.1",
        .state = status::not_yet, .arity = 1},
};

}  // namespace

std::span<const config::keyword> global_keywords() { return global_rows; }
std::span<const config::keyword> section_keywords() { return section_rows; }
std::span<const config::keyword> target_keywords() { return target_rows; }

}  // namespace ringway::log

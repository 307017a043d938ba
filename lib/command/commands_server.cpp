// Changes of one server, through servers::group, which tells the chooser, the queues and the logs.
#include <fmt/format.h>

#include <charconv>

#include "check/judge.hpp"
#include "command/commands.hpp"

namespace ringway::command {
namespace {

using servers::admin;

// A weight, or a percentage of the configured one.
reply change_weight(const place& at, std::string_view said) {
  if (said.empty()) return failed("Require <weight> or <weight%>.");
  const bool negative = said.starts_with('-');
  const std::string_view digits = said.substr(negative || said.starts_with('+') ? 1 : 0);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error == std::errc::invalid_argument) return failed("Empty weight string empty or preceded by garbage");
  if (error != std::errc{}) number = 1'000'000;  // more than any limit
  const std::string_view rest(end, static_cast<std::size_t>(digits.data() + digits.size() - end));
  const unsigned configured = at.state().config().weight;
  if (rest == "%") {
    if (negative && number != 0) return failed("Relative weight must be positive.");
    number = std::min<std::uint64_t>(configured * std::min<std::uint64_t>(number, 25600) / 100, 256);
  } else if ((negative && number != 0) || number > 256) {
    return failed("Absolute weight can only be between 0 and 256 inclusive.");
  } else if (!rest.empty()) {
    return failed("Trailing garbage in weight string");
  }
  if (!at.back->servers->set_weight(at.server, static_cast<unsigned>(number)))
    return failed("Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.");
  return {};
}

void make_ready(const place& at) {
  const auto now = servers::clock::now();
  at.back->servers->set_admin(at.server, admin::forced_drain, false, {}, now);
  at.back->servers->set_admin(at.server, admin::forced_maint, false, {}, now);
}

reply change_state(const place& at, std::string_view said) {
  const auto now = servers::clock::now();
  if (said == "ready") {
    make_ready(at);
  } else if (said == "drain") {
    at.back->servers->set_admin(at.server, admin::forced_drain, true, {}, now);
    at.back->servers->set_admin(at.server, admin::forced_maint, false, {}, now);
  } else if (said == "maint") {
    at.back->servers->set_admin(at.server, admin::forced_maint, true, {}, now);
  } else {
    return failed("'set server <srv> state' expects 'ready', 'drain' and 'maint'.");
  }
  return {};
}

reply change_health(const place& at, std::string_view said) {
  if (at.state().config().track) return failed("cannot change health on a tracking server.");
  servers::group& group = *at.back->servers;
  const unsigned top = check::top_health(at.state().config().check);
  const auto now = servers::clock::now();
  servers::cause by_hand;
  by_hand.words = "changed from CLI";
  if (said == "up") {
    group.set_health(at.server, top);
    group.come_up(at.server, by_hand, now);
  } else if (said == "stopping") {
    group.set_health(at.server, top);
    group.go_stopping(at.server, by_hand, now);
  } else if (said == "down") {
    group.set_health(at.server, 0);
    group.go_down(at.server, by_hand, now);
  } else {
    return failed("'set server <srv> health' expects 'up', 'stopping', or 'down'.");
  }
  return {};
}

constexpr std::string_view by_us = " by 'stats socket command'";

reply change_address(const place& at, std::span<const std::string> said) {
  if (said.empty()) return failed("set server <b>/<s> addr requires an address and optionally a port.");
  const auto warning = [](std::string text) { return told(text.append(by_us), severity::warning); };
  const auto wanted = parse_ip(said[0]);
  if (!wanted) return warning(fmt::format("Invalid addr '{}'", said[0]));
  const servers::settings& line = at.state().config();
  if (!line.unix_path.empty())
    return warning(
        "Update for the current server address family is only supported through configuration file");
  const address old = at.state().where();
  address next = *wanted;
  next.port = old.is_ip() ? old.port : line.port;
  std::string text =
      old.is_ip() && old.same_host(next)
          ? "no need to change the addr"
          : fmt::format("IP changed from '{}' to '{}'", old.is_ip() ? old.host_text() : "", next.host_text());
  if (said.size() > 2 && said[1] == "port") {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(said[2].data(), said[2].data() + said[2].size(), port);
    if (error != std::errc{} || end != said[2].data() + said[2].size() || port == 0 || port > 65535)
      return warning(fmt::format("{}, problem converting port '{}' to an int", text, said[2]));
    if (line.port_relative)
      return warning(
          fmt::format("{}, a port that follows the client's only changes through configuration file", text));
    if (port != next.port) text += fmt::format(", port changed from '{}' to '{}'", next.port, port);
    next.port = static_cast<std::uint16_t>(port);
  }
  at.back->servers->move_to(at.server, next, servers::clock::now());
  return warning(text);
}

// What `set server` may change; the others of HAProxy's are answered as where they are not configured.
constexpr std::string_view usage =
    "usage: set server <backend>/<server> addr | agent | agent-addr | agent-port | agent-send | check-addr | "
    "check-port | fqdn "
    "| health | ssl | state | weight";

}  // namespace

reply set_weight(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  return change_weight(at, asked.words.size() > 1 ? std::string_view(asked.words[1]) : std::string_view());
}

reply set_server(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  const std::string_view what =
      asked.words.size() > 1 ? std::string_view(asked.words[1]) : std::string_view();
  const std::string_view value =
      asked.words.size() > 2 ? std::string_view(asked.words[2]) : std::string_view();
  if (what == "weight") return change_weight(at, value);
  if (what == "state") return change_state(at, value);
  if (what == "health") return change_health(at, value);
  if (what == "addr") return change_address(at, asked.words.subspan(2));
  if (what == "agent" || what == "agent-addr" || what == "agent-port" || what == "agent-send")
    return failed("agent checks are not enabled on this server.");
  if (what == "check-addr" || what == "check-port")
    return failed(
        fmt::format("'set server <srv> {}' is something of HAProxy's that ringway does not have yet.", what));
  if (what == "fqdn") return failed("set server <b>/<s> fqdn failed because no resolution is configured.");
  if (what == "ssl")
    return failed("'set server <srv> ssl' cannot be set.  default-server should define ssl settings");
  return failed(std::string(usage));
}

reply enable_server(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  make_ready(at);
  return {};
}

reply disable_server(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  at.back->servers->set_admin(at.server, admin::forced_maint, true, {}, servers::clock::now());
  return {};
}

reply enable_health(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  if (!at.state().config().check.enabled)
    return failed("Health check was not configured on this server, cannot enable.");
  at.back->servers->set_checked(at.server, true);
  return {};
}

reply disable_health(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  at.back->servers->set_checked(at.server, false);
  return {};
}

reply enable_agent(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  return failed("Agent was not configured on this server, cannot enable.");
}

reply disable_agent(const call& asked) {
  place at;
  reply why;
  return find_server(asked, true, at, why) ? reply{} : why;
}

reply shutdown_sessions(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, true, at, why)) return why;
  asked.of.runtime.end_transactions(*at.back, at.server, 'K');
  return {};
}

}  // namespace ringway::command

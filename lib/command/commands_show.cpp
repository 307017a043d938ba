// Servers as they are.
#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "command/commands.hpp"

namespace ringway::command {
namespace {

using servers::check_kind;

// HAProxy's numbers (management manual 9.3, "show servers state"; srv_check_status, srv_check_result).
struct check_numbers {
  unsigned status, result;
};
check_numbers numbers_of(check_kind kind) {
  switch (kind) {
    case check_kind::none:
      return {1, 0};
    case check_kind::analysis:
      return {4, 2};
    case check_kind::socket_error:
      return {5, 2};
    case check_kind::l4_ok:
      return {6, 3};
    case check_kind::l4_timeout:
      return {7, 2};
    case check_kind::l4_refused:
      return {8, 2};
  }
  return {0, 0};
}

// Bits: 2 the line says `check`, 4 and they go on, 8 they rest for maintenance. A server without checks has
// the last one when its line says `disabled`, whatever is ordered later: so HAProxy 2.6.
unsigned check_state_of(const servers::state& server) {
  const servers::settings& line = server.config();
  const bool rests = line.check.enabled ? server.look().in_maintenance() : line.disabled;
  return (line.check.enabled ? 2u : 0u) | (server.checked() ? 4u : 0u) | (rests ? 8u : 0u);
}

std::string host_of(const address& at) { return at.is_ip() ? at.host_text() : "-"; }

void add_state(std::string& out, const proxy::backend& back, const servers::state& server) {
  const servers::settings& line = server.config();
  const servers::view now = server.look();
  const address at = server.where();
  const check_numbers check = numbers_of(server.last().kind);
  const auto since = std::chrono::duration_cast<seconds>(servers::clock::now() - server.last_change());
  // `addr` and `port` of a line are for its checks and for its agent, whether it has them or not.
  const std::string check_addr = line.check.addr ? host_of(*line.check.addr) : "-";
  out +=
      fmt::format("{} {} {} {} {} {} {} {} {} {} {} {} {} {} 0 {} {} {} {} - 0 {} {} {} {}\n",
                  back.settings.id, back.settings.name, server.id(), server.name(), host_of(at),
                  static_cast<unsigned>(now.operation()), now.admin_bits(), now.weight(), line.weight,
                  since.count(), check.status, check.result, server.health(), check_state_of(server),
                  back.settings.id_said ? 1 : 0, line.id_said ? 1 : 0, line.host.empty() ? "-" : line.host,
                  at.is_ip() ? at.port : line.port, line.check.port, check_addr, check_addr, line.check.port);
}

}  // namespace

// "#7"; as HAProxy reads it, what follows the digits does not count.
std::optional<std::uint32_t> id_of(std::string_view word) {
  std::uint32_t id = 0;
  if (!word.starts_with('#')) return std::nullopt;
  const auto [end, error] = std::from_chars(word.data() + 1, word.data() + word.size(), id);
  return error == std::errc{} ? std::optional(id) : std::nullopt;
}

proxy::backend* find_backend(const subject& of, std::string_view name) {
  const std::optional<std::uint32_t> id = id_of(name);
  for (const auto& each : of.runtime.backends)
    if (id ? each->settings.id == *id : each->settings.name == name) return each.get();
  return nullptr;
}

const servers::state* find_in(const servers::group& of, std::string_view name) {
  const std::optional<std::uint32_t> id = id_of(name);
  if (!id) return of.find(name);
  for (std::uint32_t i = 0; i < of.size(); ++i)
    if (of[i].id() == *id) return &of[i];
  return nullptr;
}

bool find_server(const call& asked, bool change, place& out, reply& why) {
  const std::string_view name = asked.words.empty() ? std::string_view() : std::string_view(asked.words[0]);
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos) {
    why = failed("Require 'backend/server'.");
    return false;
  }
  out.back = find_backend(asked.of, name.substr(0, slash));
  if (out.back == nullptr) {
    why = failed("No such backend.");
    return false;
  }
  const servers::state* found = find_in(*out.back->servers, name.substr(slash + 1));
  if (found == nullptr) {
    why = failed("No such server.");
    return false;
  }
  if (change && out.back->settings.disabled) {
    why = failed("Proxy is disabled.");
    return false;
  }
  out.server = found->index();
  return true;
}

reply show_backend(const call& asked) {
  reply out{"# name\n"};
  for (const auto& each : asked.of.runtime.backends) out.text.append(each->settings.name).push_back('\n');
  return out;
}

reply show_servers_state(const call& asked) {
  const proxy::backend* only = nullptr;
  if (!asked.words.empty()) {
    only = find_backend(asked.of, asked.words[0]);
    if (only == nullptr) return failed("Can't find backend.");
  }
  reply out{
      "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
      "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
      "srv_agent_state "
      "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
      "srv_agent_addr srv_agent_port\n"};
  for (const auto& each : asked.of.runtime.backends) {
    if (only != nullptr && each.get() != only) continue;
    for (std::uint32_t i = 0; i < each->servers->size(); ++i) add_state(out.text, *each, (*each->servers)[i]);
  }
  return out;
}

reply get_weight(const call& asked) {
  place at;
  reply why;
  if (!find_server(asked, false, at, why)) return why;
  return told(fmt::format("{} (initial {})", at.state().look().weight(), at.state().config().weight));
}

}  // namespace ringway::command

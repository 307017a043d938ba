// Commands about the conversation itself.
#include <fmt/format.h>

#include "command/commands.hpp"
#include "config/values.hpp"

namespace ringway::command {
namespace {

constexpr std::string_view name_of(level one) {
  switch (one) {
    case level::user:
      return "user";
    case level::operator_:
      return "operator";
    case level::admin:
      return "admin";
  }
  return "";
}

}  // namespace

reply help(const call& asked) {
  constexpr std::string_view title = "The following commands are valid at this level:";
  return {help_text(asked.words, title, title), severity::none};
}

reply prompt(const call& asked) {
  asked.client.interactive = !asked.client.interactive;
  return {};
}

reply quit(const call& asked) {
  asked.client.over = true;
  return {};
}

reply lower_to_operator(const call& asked) {
  asked.client.may = level::operator_;
  return {};
}

reply lower_to_user(const call& asked) {
  asked.client.may = level::user;
  return {};
}

reply set_timeout(const call& asked) {
  if (asked.words.empty() || asked.words[0] != "cli") return failed("'set timeout' only supports 'cli'.");
  if (asked.words.size() < 2) return failed("Expects an integer value.");
  const auto read = config::parse_duration(asked.words[1], config::time_unit::s);
  if (!read || read.value.count() < 1) return failed("Invalid timeout value.");
  asked.client.timeout = read.value;
  return {};
}

reply set_severity_output(const call& asked) {
  using proxy::severity_form;
  const std::string said = asked.words.empty() ? std::string() : asked.words[0];
  if (said == "none")
    asked.client.form = severity_form::none;
  else if (said == "number")
    asked.client.form = severity_form::number;
  else if (said == "string")
    asked.client.form = severity_form::string;
  else
    return failed("one of 'none', 'number', 'string' is a required argument");
  return {};
}

reply show_cli_level(const call& asked) { return told(std::string(name_of(asked.client.may))); }

reply show_cli_sockets(const call& asked) {
  reply out{"# socket lvl processes\n"};
  for (const socket_fact& each : asked.of.sockets)
    out.text += fmt::format("{} {} all\n", each.name, name_of(each.level));
  return out;
}

}  // namespace ringway::command

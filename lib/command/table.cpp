#include "command/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command/commands.hpp"
#include "command/reader.hpp"
#include "config/haproxy_words.hpp"
#include "config/suggest.hpp"

namespace ringway::command {
namespace {

constexpr row table[] = {
    {"disable agent", "<bk>/<srv>", "agent checks of a server rest (there are none)", level::admin,
     &disable_agent},
    {"disable health", "<bk>/<srv>", "health checks of a server rest", level::admin, &disable_health},
    {"disable server", "<bk>/<srv>", "put a server into maintenance, as set server does", level::admin,
     &disable_server},
    {"enable agent", "<bk>/<srv>", "agent checks of a server go on (there are none)", level::admin,
     &enable_agent},
    {"enable health", "<bk>/<srv>", "health checks of a server go on", level::admin, &enable_health},
    {"enable server", "<bk>/<srv>", "end a server's maintenance and drain, as set server does", level::admin,
     &enable_server},
    {"get weight", "<bk>/<srv>", "a server's weight now and as configured", level::user, &get_weight},
    {"operator", "", "give up the admin level for this connection", level::operator_, &lower_to_operator},
    {"set server", "<bk>/<srv> [opts]", "change a server's state, weight, health or address", level::admin,
     &set_server},
    {"set severity-output", "[none|number|string]", "say with each answer how grave it is", level::user,
     &set_severity_output},
    {"set timeout", "cli <delay>", "longest silence on this connection, in seconds", level::user,
     &set_timeout},
    {"set weight", "<bk>/<srv> <weight>[%]", "change a server's weight, as set server does", level::admin,
     &set_weight},
    {"show backend", "", "names of the backends", level::user, &show_backend},
    {"show cli level", "", "what this connection may do", level::user, &show_cli_level},
    {"show cli sockets", "", "sockets on which commands are taken", level::user, &show_cli_sockets},
    {"show env", "[var]", "the environment that the configuration was read with", level::operator_,
     &show_env},
    {"show info", "[desc|json|typed|float]*", "facts about the process", level::user, &show_info},
    {"show servers state", "[<backend>]", "the state of each server, format version 1", level::user,
     &show_servers_state},
    {"show startup-files", "", "files read at the start: bytes, XXH3, path (ringway's own command)",
     level::operator_, &show_startup_files},
    {"show version", "", "version of this process", level::user, &show_version},
    {"shutdown sessions server", "<bk>/<srv>", "end what is under way with a server", level::admin,
     &shutdown_sessions},
    {"user", "", "give up all levels but user for this connection", level::user, &lower_to_user},
    // Behind all others, as everywhere in HAProxy: these three are part of every list.
    {"help", "[<command>]", "list matching or all commands", level::user, &help},
    {"prompt", "", "begin or end a conversation with a prompt", level::user, &prompt},
    {"quit", "", "close the connection", level::user, &quit},
};
constexpr std::size_t always = 3;

// Of HAProxy, in no list that its programs give of themselves: typed alone, or compiled in for some.
constexpr std::string_view more_absent[] = {"acme ps",     "add ssl ech", "debug dev",   "del ssl ech", "set anon",
                                            "set ssl ech", "show ech",    "show quic",   "show ssl ech"};

// How many leading words of the phrase are those typed.
std::size_t agreement(std::string_view phrase, std::span<const std::string> typed, std::size_t& all) {
  const std::vector<std::string> own = words_of(phrase);
  all = own.size();
  std::size_t same = 0;
  while (same < own.size() && same < typed.size() && own[same] == typed[same]) ++same;
  return same;
}

std::string line_of(const row& of) {
  std::string left(of.words);
  if (!of.arguments.empty()) left.append(" ").append(of.arguments);
  return fmt::format("  {:<39} : {}\n", left, of.help);
}

constexpr std::string_view names_of_severities[] = {"emerg",   "alert",  "crit", "err",
                                                    "warning", "notice", "info", "debug"};

// Every answer is whole lines and an empty one.
std::string written(const reply& said, proxy::severity_form form) {
  std::string out;
  const auto grave = static_cast<int>(said.grave);
  if (grave >= 0 && !said.text.empty() && form == proxy::severity_form::number)
    out = fmt::format("[{}]: ", grave);
  if (grave >= 0 && !said.text.empty() && form == proxy::severity_form::string)
    out = fmt::format("[{}]: ", names_of_severities[grave]);
  out += said.text;
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
  return out += '\n';
}

}  // namespace

reply failed(std::string sentence) { return told(std::move(sentence), severity::error); }
reply told(std::string sentence, severity grave) {
  reply out{std::move(sentence), grave};
  out.text += '\n';
  return out;
}

std::span<const row> rows() { return table; }

bool has_row(std::string_view words) {
  std::size_t used = 0;
  return find(words_of(words), used) != nullptr;
}

std::span<const std::string_view> not_yet_names() {
  static const std::vector<std::string_view> absent = [] {
    std::vector<std::string_view> out(std::begin(more_absent), std::end(more_absent));
    for (const config::keyword& each : config::haproxy_words())
      if (has(each.allowed, config::place::command) && !has_row(each.name)) out.push_back(each.name);
    return out;
  }();
  return absent;
}

const row* find(std::span<const std::string> typed, std::size_t& used) {
  const row* best = nullptr;
  used = 0;
  for (const row& each : table) {
    std::size_t all = 0;
    if (agreement(each.words, typed, all) == all && all > used) {
      best = &each;
      used = all;
    }
  }
  return best;
}

std::string_view not_yet(std::span<const std::string> typed) {
  std::string_view best;
  std::size_t most = 0, all = 0;
  for (const std::string_view each : not_yet_names())
    if (agreement(each, typed, all) == all && all > most) {
      best = each;
      most = all;
    }
  return best;
}

std::string help_text(std::span<const std::string> typed, std::string_view title_all,
                      std::string_view title_near) {
  std::array<bool, std::size(table)> shown{};
  std::size_t most = 0, all = 0;
  for (const row& each : table) most = std::max(most, agreement(each.words, typed, all));
  for (std::size_t i = 0; most > 0 && i < std::size(table); ++i)
    shown[i] = agreement(table[i].words, typed, all) == most;
  if (most == 0 && !typed.empty()) {
    std::string phrase;
    for (const std::string& word : typed.first(std::min<std::size_t>(typed.size(), 3)))
      phrase.append(phrase.empty() ? "" : " ").append(word);
    std::vector<std::string_view> names;
    for (const row& each : table) names.push_back(each.words);
    if (const auto near = config::nearest(phrase, names))
      for (std::size_t i = 0; i < std::size(table); ++i) shown[i] = table[i].words == *near;
  }
  const bool some = std::any_of(shown.begin(), shown.end(), [](bool one) { return one; });
  std::string out = fmt::format("{}\n", some ? title_near : title_all);
  for (std::size_t i = 0; i < std::size(table); ++i)
    if (!some || shown[i] || i + always >= std::size(table)) out += line_of(table[i]);
  return out;
}

std::string execute(const subject& of, conversation& client, std::string_view line,
                    std::string_view payload) {
  const std::vector<std::string> typed = words_of(line);
  std::size_t used = 0;
  const row* found = find(typed, used);
  if (found == nullptr) {
    if (const auto name = not_yet(typed); !name.empty())
      return written(
          failed(fmt::format("'{}' is a command of HAProxy's that ringway does not have yet.", name)),
          client.form);
    reply said{help_text(typed, "Unknown command. Please enter one of the following commands only:",
                         "Unknown command, but maybe one of the following ones is a better match:"),
               severity::none};
    return written(said, client.form);
  }
  if (client.may < found->needs) return written(failed("Permission denied"), client.form);
  const reply said = found->run({client, of, std::span(typed).subspan(used), payload});
  return client.over ? std::string() : written(said, client.form);
}

}  // namespace ringway::command

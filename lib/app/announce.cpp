#include "app/announce.hpp"

#include <fmt/format.h>

#include "app/supervisor.hpp"

namespace ringway::app {

std::string ready_line(const std::vector<listened_at>& places) {
  constexpr std::size_t most = 8;
  std::string out = "ringway " RINGWAY_VERSION " is ready";
  const std::string* last = nullptr;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (i == most) {
      out += fmt::format(", and {} more", places.size() - most);
      break;
    }
    const bool same = last != nullptr && *last == places[i].frontend;
    if (same)
      out += ", " + places[i].address;
    else
      out += fmt::format("{} {} at {}", last == nullptr ? ":" : ";", places[i].frontend, places[i].address);
    last = &places[i].frontend;
  }
  return out;
}

std::vector<std::string> root_warnings(const proxy::global_settings& global, uid_t effective) {
  std::vector<std::string> out;
  if (effective != 0) return out;
  if (global.chroot.empty())
    out.push_back(
        "started as root without 'chroot': whoever breaks in sees all files. Name an empty directory, or 'chroot /' to say "
        "that this is meant");
  if (global.user.empty() && !global.uid)
    out.push_back(
        "started as root without 'user' or 'uid': it stays root after addresses are bound. Give it a user of its own, or "
        "'user root' to say that this is meant");
  return out;
}

void announce(const proxy::model& of, const options& said, uid_t started_as, const std::vector<listened_at>& places) {
  if (said.debug || said.quiet_output()) return;
  for (const std::string& text : root_warnings(of.global, started_as)) say("WARNING", text);
  say("NOTICE", ready_line(places));
}

void say_of_listeners(std::string_view what, proxy::runtime& of) {
  for (const auto& front : of.frontends) {
    const std::string text =
        fmt::format("{} {} {}.", what, front->settings.back ? "proxy" : "frontend", front->settings.name);
    front->log->message(log::level::warning, text);
    say("WARNING", text);
  }
  if (!of.global.command_sockets.empty()) say("WARNING", fmt::format("{} frontend GLOBAL.", what));
}

std::vector<std::string> states_in_words(const proxy::runtime& of) {
  std::vector<std::string> out;
  const auto connections = [](std::uint32_t front, std::uint32_t back, unsigned waiting) {
    return fmt::format("Conn: act(FE+BE): {}+{}, {} pend", front, back, waiting);
  };
  for (const auto& front : of.frontends)
    if (!front->settings.back)
      out.push_back(fmt::format("Proxy {} has no servers. {}.", front->settings.name,
                                connections(front->connections.load(), 0, 0)));
  for (const auto& back : of.backends) {
    const std::string& name = back->settings.name;
    const servers::group& group = *back->servers;
    unsigned waiting = 0;
    for (std::uint32_t i = 0; i < group.size(); ++i) {
      waiting += back->chooser->waiting(i);
      out.push_back(fmt::format("Server {}/{} is {}. Conn: {} act, {} pend.", name, group[i].name(),
                                group[i].look().alive() && !group[i].look().in_maintenance() ? "UP" : "DOWN",
                                back->chooser->served(i), back->chooser->waiting(i)));
    }
    std::uint32_t front = 0;
    for (const auto& one : of.frontends)
      if (one->settings.back && one->settings.name == name) front = one->connections.load();
    std::string state;
    if (group.size() == 0)
      state = "has no servers.";
    else if (group.active() + group.backup() == 0)
      state = "has no server available !";
    else if (group.active() == 0)
      state = "is running on backup servers !";
    else
      state = fmt::format("has {} active servers and {} backup servers available.", group.active(), group.backup());
    out.push_back(fmt::format("Proxy {} {} {}.", name, state, connections(front, back->connections.load(), waiting)));
  }
  return out;
}

}  // namespace ringway::app

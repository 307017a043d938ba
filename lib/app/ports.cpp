#include "app/ports.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.hpp"

namespace ringway::app {
namespace {

struct place {
  proxy::section_settings* section;
  proxy::bind_settings* bind;
};

std::vector<place> tcp_places(proxy::model& in) {
  std::vector<place> out;
  for (proxy::section_settings& section : in.sections) {
    if (!section.front || section.disabled) continue;
    for (proxy::bind_settings& bind : section.binds) {
      if (bind.fd < 0 && bind.path.empty() && (bind.at.is_ip() || !bind.host.empty()))
        out.push_back({&section, &bind});
    }
  }
  return out;
}

std::string shown(const proxy::bind_settings& bind) {
  const std::string host = bind.host.empty() ? bind.at.text() : fmt::format("{}:{}", bind.host, bind.at.port);
  return bind.name.empty() ? host : fmt::format("{} ({})", bind.name, host);
}

std::string list(const std::vector<place>& of) {
  std::string out;
  for (const place& one : of) {
    out += fmt::format("{}{}: {}", out.empty() ? "" : ", ", one.section->name, shown(*one.bind));
  }
  return out;
}

// `bind :25` and `bind :::25` are one port of two families, and mean one thing to whoever moves it.
bool one_port(const std::vector<place>& of) {
  return std::all_of(of.begin(), of.end(), [&](const place& one) {
    return one.section == of.front().section && one.bind->at.port == of.front().bind->at.port;
  });
}

outcome choose(const port_override& wanted, const std::vector<place>& all, std::vector<place>& out) {
  const std::string option = wanted.name.empty() ? fmt::format("--port {}", wanted.port)
                                                 : fmt::format("--port {}={}", wanted.name, wanted.port);
  if (all.empty()) {
    return complaint{"port-nowhere", option + ": the configuration binds no TCP address", "", {}};
  }
  if (wanted.name.empty()) {
    if (!one_port(all)) {
      return complaint{"port-ambiguous",
                       fmt::format("{}: there are {} TCP addresses", option, all.size()),
                       "write --port NAME=PORT, NAME being a frontend or a bind of: " + list(all),
                       {}};
    }
    out = all;
    return std::nullopt;
  }
  std::vector<place> by_bind, by_section;
  for (const place& one : all) {
    if (one.bind->name == wanted.name) by_bind.push_back(one);
    if (one.section->name == wanted.name) by_section.push_back(one);
  }
  // A bind's name is the narrower one; only where none has it the frontend is meant.
  const std::vector<place>& found = by_bind.empty() ? by_section : by_bind;
  if (found.empty()) {
    std::vector<std::string> names;
    for (const place& one : all) {
      names.push_back(one.section->name);
      if (!one.bind->name.empty()) names.push_back(one.bind->name);
    }
    std::string help = config::did_you_mean(wanted.name, names);
    if (!help.empty()) help += "; ";
    return complaint{
        "port-unknown-name",
        fmt::format("{}: no frontend or bind with a TCP address is named '{}'", option, wanted.name),
        help + "there are: " + list(all),
        {}};
  }
  if (!one_port(found)) {
    return complaint{"port-ambiguous",
                     fmt::format("{}: '{}' has {} TCP addresses", option, wanted.name, found.size()),
                     "give each bind a name of its own: " + list(found), found.front().bind->where};
  }
  out = found;
  return std::nullopt;
}

}  // namespace

outcome apply_ports(const std::vector<port_override>& overrides, proxy::model& into) {
  const std::vector<place> all = tcp_places(into);
  std::vector<std::pair<proxy::bind_settings*, const port_override*>> chosen;
  for (const port_override& one : overrides) {
    std::vector<place> meant;
    if (outcome bad = choose(one, all, meant)) return bad;
    for (const place& each : meant) {
      for (const auto& [other, by] : chosen) {
        if (other != each.bind) continue;
        return complaint{"port-twice",
                         fmt::format("--port {}={} and --port {}={} mean the same address", by->name, by->port,
                                     one.name, one.port),
                         "", each.bind->where};
      }
      chosen.emplace_back(each.bind, &one);
    }
  }
  for (const auto& [bind, by] : chosen) bind->at.port = by->port;
  return std::nullopt;
}

}  // namespace ringway::app

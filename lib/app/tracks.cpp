#include "app/tracks.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/suggest.hpp"

namespace ringway::app {
namespace {

using config::diagnostics;
using proxy::section_settings;
using sections = std::vector<section_settings*>;

// Sections with servers, by the number that a backend has.
sections backends_of(proxy::model& of) {
  sections out;
  for (section_settings& section : of.sections)
    if (section.back) out.push_back(&section);
  return out;
}

bool find_backend(servers::tracked_server& track, std::uint32_t own, const std::string& who,
                  const sections& backs, diagnostics& report) {
  track.backend_number = own;
  if (!track.elsewhere) return true;
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < backs.size(); ++i) {
    names.push_back(backs[i]->name);
    if (backs[i]->name != track.backend) continue;
    track.backend_number = i;
    return true;
  }
  report.alert("unknown-backend", track.where,
               fmt::format("{}: there is no backend '{}' to track a server of", who, track.backend),
               config::did_you_mean(track.backend, names));
  return false;
}

bool find_server(servers::tracked_server& track, const std::string& who, const sections& backs,
                 diagnostics& report) {
  const section_settings& back = *backs[track.backend_number];
  std::vector<std::string_view> names;
  for (std::uint32_t i = 0; i < back.servers.size(); ++i) {
    names.push_back(back.servers[i].name);
    if (back.servers[i].name != track.server) continue;
    track.server_number = i;
    return true;
  }
  report.alert("unknown-server", track.where,
               fmt::format("{}: backend '{}' has no server '{}' to track", who, back.name, track.server),
               config::did_you_mean(track.server, names));
  return false;
}

servers::settings& tracked(const servers::tracked_server& track, const sections& backs) {
  return backs[track.backend_number]->servers[track.server_number];
}

// Follows the chain from `one`; more steps than there are servers: a circle, which need not hold `one`
// itself.
enum class chain_end { sound, circle };
chain_end walk(servers::settings& one, const sections& backs, std::size_t servers) {
  const servers::settings* at = &one;
  for (std::size_t step = 0; step <= servers; ++step) {
    one.tracks_disabled = one.tracks_disabled || (at != &one && at->disabled);
    if (!at->track) return chain_end::sound;
    at = &tracked(*at->track, backs);
  }
  return chain_end::circle;
}

bool find(servers::settings& server, std::uint32_t own, const sections& backs, diagnostics& report) {
  servers::tracked_server& track = *server.track;
  const std::string who = fmt::format("server '{}'", server.name);
  if (server.check.enabled) {
    report.alert("conflict", track.where, fmt::format("{}: 'check' and 'track' exclude each other", who),
                 "a server that tracks another is as healthy as that one: leave one of the two out, or write "
                 "'no-check'");
    return false;
  }
  if (!find_backend(track, own, who, backs, report) || !find_server(track, who, backs, report)) return false;
  const servers::settings& other = tracked(track, backs);
  if (other.check.enabled || other.track) return true;
  auto& said = report.alert("incomplete", track.where,
                            fmt::format("{} cannot track '{}/{}', which is not checked", who,
                                        backs[track.backend_number]->name, other.name),
                            "give that one 'check'");
  said.notes.emplace_back(other.where, "it is declared here");
  return false;
}

}  // namespace

void resolve_tracks(proxy::model& of, diagnostics& report) {
  const sections backs = backends_of(of);
  std::size_t count = 0;
  bool sound = true;
  for (std::uint32_t i = 0; i < backs.size(); ++i)
    for (servers::settings& server : backs[i]->servers) {
      ++count;
      if (server.track) sound = find(server, i, backs, report) && sound;
    }
  if (!sound) return;  // a chain that ends in nothing says nothing of circles
  for (section_settings* back : backs)
    for (servers::settings& server : back->servers)
      if (server.track && walk(server, backs, count) == chain_end::circle)
        report.alert(
            "circle", server.track->where,
            fmt::format("server '{}' tracks '{}/{}', and so at last itself or a circle of servers",
                        server.name, backs[server.track->backend_number]->name, server.track->server),
            "at the end of the chain must stand a server with 'check'");
}

}  // namespace ringway::app

// ringway ring: how a backend spreads its keys.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>

#include "app/ask_running.hpp"
#include "app/key_files.hpp"
#include "app/subcommand_rows.hpp"
#include "app/tools.hpp"
#include "config/suggest.hpp"
#include "explain/comparison.hpp"
#include "explain/ring_report.hpp"

namespace ringway::app {
namespace {

constexpr balance::hash_method methods[] = {balance::hash_method::map_based, balance::hash_method::consistent,
                                            balance::hash_method::maglev, balance::hash_method::rendezvous};

int fail(const std::string& text) {
  complain("ring", text);
  return 1;
}

int compare(const explain::farm* of, bool as_json) {
  std::vector<explain::measured> rows;
  std::optional<progress> shown;
  shown.emplace("ring");
  const auto measured = [&shown](balance::hash_method method, const std::vector<balance::server_facts>& facts) {
    shown->doing(fmt::format("measuring {} with {} servers", explain::hash_type_name(method), facts.size()));
    return explain::measure(method, facts);
  };
  const auto add = [&](const std::vector<balance::server_facts>& facts) {
    for (const auto method : methods) rows.push_back(measured(method, facts));
  };
  if (of != nullptr) {
    std::vector<balance::server_facts> facts;
    for (const auto& server : of->of->servers) {
      facts.emplace_back();
      facts.back().id = server.id;
      facts.back().weight = server.weight;
    }
    add(facts);
  } else {
    for (const std::size_t count : {3, 10, 100, 1000}) {
      add(explain::equal_servers(count));
      // The weight by which HAProxy's ring becomes even: sixteen points for each unit of it.
      rows.insert(rows.end() - 2, measured(balance::hash_method::consistent, explain::equal_servers(count, 100)));
    }
  }
  shown.reset();
  answer out;
  if (as_json) {
    explain::json text;
    write(text, rows);
    out.put(text.take());
  } else {
    out.put(table_of(rows));
  }
  return 0;
}

explain::ring_report reported(const explain::farm& of, const explain::traffic* seen, unsigned at_once, bool whole) {
  progress shown("ring", fmt::format("backend {}: who inherits from a lost server", of.name()));
  return explain::report_on(of, seen, at_once, whole ? explain::losses_wanted::all : explain::losses_wanted::for_text, [&shown](std::size_t done, std::size_t all) { shown.step(done, all); });
}

explain::picture_style style_of_terminal() {
  explain::picture_style out;
  out.colour = colours(STDOUT_FILENO);
  out.width = std::min<std::size_t>(columns(), 120);
  out.unicode = false;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    out.unicode = std::strstr(value, "UTF-8") != nullptr || std::strstr(value, "utf8") != nullptr;
    break;
  }
  return out;
}

int run(const said& words) {
  if (!words.words.empty()) {
    const bool file = is_configuration(words.words[0]);
    fail(file ? fmt::format("'{}' is a file, and no option is in front of it", words.words[0])
              : fmt::format("'{}' is not understood", words.words[0]));
    complain_help(fmt::format("the configuration is given as -f: ringway ring -f {}", file ? words.words[0] : "FILE"));
    return 1;
  }
  if (words.has("compare") && words.all("config").empty() && !words.has("running")) return compare(nullptr, words.has("json"));
  unsigned at_once = 100;
  if (const auto text = words.last("at-once"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), at_once);
    if (error != std::errc{} || end != text.data() + text.size() || at_once == 0)
      return fail(fmt::format("--at-once '{}' is no number above 0", text));
  }
  configuration of;
  if (!read_configuration_of(words, "ring", of)) return 1;
  explain::site site(of.model);
  if (!follow_running(words, "ring", site)) return 1;
  for (const std::string& name : words.all("down"))
    if (const auto wrong = site.take_down(name); !wrong.empty()) return fail(wrong);

  std::vector<const explain::farm*> wanted;
  if (const auto name = words.last("backend"); !name.empty()) {
    wanted.push_back(site.backend(name));
    if (wanted[0] == nullptr) {
      const auto near = config::did_you_mean(name, site.backend_names());
      return fail(fmt::format("there is no backend '{}'{}{}", name, near.empty() ? "" : ": ", near));
    }
  } else {
    for (const auto& each : site.farms()) wanted.push_back(&each);
  }
  if (wanted.empty()) return fail("the configuration has no backend");
  if (words.has("compare") || words.has("svg")) {
    if (wanted.size() > 1) std::erase_if(wanted, [](const explain::farm* each) { return !each->hashes(); });
    if (wanted.size() != 1)
      return fail(fmt::format("--backend must say which: {}", fmt::join(site.backend_names(), ", ")));
  }
  if (words.has("compare")) return compare(wanted[0], words.has("json"));

  traffic_of traffic(site, "ring");
  if (const auto keys = words.all("keys"); !keys.empty()) {
    explain::presumed with;
    if (wanted.size() == 1) with.back = site.backend(wanted[0]->name());
    if (!traffic.read(keys, words.last("input"), with)) return 1;
    for (const auto* each : wanted) {
      const bool met = traffic.of(*each) != nullptr;
      if (!met && wanted.size() == 1) return fail(fmt::format("no line of the keys reached backend '{}'", each->name()));
    }
  }
  if (const auto path = words.last("svg"); !path.empty()) {
    std::string why;
    if (!wanted[0]->hashes()) return fail(fmt::format("backend '{}' has no ring to draw: {}", wanted[0]->name(),
                                                      explain::what_it_does(wanted[0]->chooser->rules().kind)));
    if (!write_file(std::string(path), svg(*wanted[0], spread_of(*wanted[0])), why)) return fail(why);
    if (path == "-") return 0;
  }
  answer out;
  explain::json text;
  const bool as_json = words.has("json");
  if (as_json && wanted.size() > 1) text.open_array();
  for (const auto* each : wanted) {
    const auto report = reported(*each, traffic.of(*each), at_once, as_json);
    if (as_json)
      write(text, report);
    else
      out.put((each == wanted.front() ? "" : "\n") + text_of(report, style_of_terminal()));
  }
  if (as_json) {
    if (wanted.size() > 1) text.close_array();
    out.put(text.take());
  }
  return 0;
}

constexpr subcommand_option rows[] = {
    {"--config, -f", "FILE|DIR", "the configuration; repeatable, as for the proxy"},
    {"--backend", "NAME", "only this backend; without, all"},
    {"--running", "SOCKET", "with the servers as this process has them: its stats socket, ringway's or HAProxy's; without -f its files"},
    {"--down", "[BACKEND/]SERVER", "as if this server were down; repeatable"},
    {"--keys", "FILE", "weigh by real requests: an access log, or URLs or addresses one a line; - is standard input"},
    {"--input", "KIND", "what lines are: auto, uri, address, common, combined, httplog"},
    {"--at-once", "NUMBER", "requests served at a time, for hash-balance-factor; 100 without"},
    {"--svg", "FILE", "draw the ring into FILE as well; - writes nothing else"},
    {"--compare", "", "measure all hash types side by side: with 3 to 1000 servers, or with -f for one backend's"},
    {"--resolve", "HOST:ADDRESS", "this name has this address (matters for hash-key addr)"},
    {"--json", "", "an object (several backends: an array) instead of text"},
};

}  // namespace

const subcommand ring_command = {
    "ring",
    "{-f FILE|--running SOCKET} [option]...",
    "how a backend spreads its keys over its servers",
    "Shows each server's share of the key space beside what its weight is due, computed from the ring itself, and who "
    "would inherit if a server were lost. With --keys the requests of a log take the place of the key space: requests "
    "a server, the hottest keys, and what hash-balance-factor would do about them. Colours appear on a terminal unless "
    "NO_COLOR is set.",
    "Exit status: 0, or 1 when something is wrong or no key reached the backend.",
    rows,
    1,
    &run,
};

}  // namespace ringway::app

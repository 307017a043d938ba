// ringway route: where requests go, and why.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <optional>

#include "app/ask_running.hpp"
#include "app/key_files.hpp"
#include "app/subcommand_rows.hpp"
#include "app/tools.hpp"
#include "base/text.hpp"
#include "config/suggest.hpp"
#include "explain/route.hpp"

namespace ringway::app {
namespace {

using explain::input_kind;

bool fail(const std::string& text) {
  complain("route", text);
  return false;
}

std::string unknown(std::string_view what, std::string_view name, const std::vector<std::string_view>& known) {
  const std::string near = config::did_you_mean(name, known);
  return fmt::format("there is no {} '{}'; {}", what, name,
                     !near.empty() ? near : fmt::format("there is {}", fmt::join(known, ", ")));
}

bool presume(const said& words, explain::site& site, explain::presumed& out) {
  out.method = words.last("request");
  if (!out.method.empty() && !is_token(out.method)) return fail(fmt::format("'{}' is no method", out.method));
  for (const std::string& field : words.all("header")) {
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos || !is_token(field.substr(0, colon)))
      return fail(fmt::format("header '{}' is not of the form 'Name: value'", field));
    out.fields.emplace_back(field.substr(0, colon), trim(std::string_view(field).substr(colon + 1)));
  }
  if (const auto client = words.last("client"); !client.empty()) {
    out.client = explain::read_client(client);
    if (!out.client) return fail(fmt::format("client '{}' is no IP address", client));
  }
  for (const std::string& name : words.all("down"))
    if (const auto wrong = site.take_down(name); !wrong.empty()) return fail(wrong);
  if (const auto name = words.last("listener"); !name.empty()) {
    out.front = site.front(name, out.bind);
    if (out.front == nullptr) return fail(unknown("frontend or named bind", name, site.front_names()));
  }
  if (const auto name = words.last("backend"); !name.empty()) {
    out.back = site.backend(name);
    if (out.back == nullptr) return fail(unknown("backend", name, site.backend_names()));
  }
  return true;
}

int one(explain::router& router, const configuration& of, const std::string& text, input_kind kind, const explain::presumed& with,
        bool as_json, std::string_view running) {
  explain::asked what;
  if (const auto wrong = read_line(text, kind, what); !wrong.empty()) {
    complain("route", fmt::format("'{}' {}", text, wrong));
    return 1;
  }
  const auto told = router.explain(what);
  if (!what.client) what.client = with.client;
  if (!with.method.empty()) what.method = with.method;
  for (const auto& [name, value] : with.fields)
    if (same_text(name, "host")) what.host = value;
  answer out;
  out.put(as_json ? json_of(told, what, of.sources, running) : text_of(told, what, of.sources, running, columns()));
  return told.problem.empty() ? 0 : 1;
}

int many(explain::router& router, input_kind kind) {
  line_source in;
  std::string why;
  if (!in.open("-", why)) {
    complain("route", why);
    return 1;
  }
  if (isatty(STDIN_FILENO) != 0) complain("route", "requests are read from the terminal, one a line; Ctrl-D ends them");
  answer out;
  // Where the answers themselves are seen to come, nothing else has to be said.
  std::optional<progress> seen;
  if (isatty(STDOUT_FILENO) == 0) seen.emplace("route");
  malformed bad("route"), lost("route");
  explain::asked what;
  std::string_view line;
  std::vector<const explain::farm*> turning;
  std::uint64_t placed = 0;
  std::string record;
  while (in.next(line)) {
    if (seen) seen->at(in.number(), in.progress());
    if (line.ends_with('\r')) line.remove_suffix(1);
    record.assign(line).push_back('\t');
    const auto wrong = read_line(line, kind, what);
    if (!wrong.empty()) {
      bad.add(in.name(), in.number(), wrong, line);
      out.put(record.append("-\n"));
      continue;
    }
    explain::farm* back = nullptr;
    const auto server = router.quick(what, back);
    if (server == balance::no_server) {
      lost.add(in.name(), in.number(), router.why(), line);
      out.put(record.append("-\n"));
      continue;
    }
    ++placed;
    const bool lot = back->chooser->rules().kind == balance::algorithm::random;
    record.append(back->name()).append("/").append(lot ? "*" : back->server(server)).push_back('\n');
    out.put(record);
    if (!router.keyed() && std::find(turning.begin(), turning.end(), back) == turning.end()) turning.push_back(back);
  }
  out.flush();
  seen.reset();
  for (const auto* each : turning) {
    const auto does = explain::what_it_does(each->chooser->rules().kind);
    complain("route", fmt::format("backend {}: {}; {}", each->name(), does.empty() ? "some requests have no key and take turns" : does,
                                  each->chooser->rules().kind == balance::algorithm::random
                                      ? "* stands for any of its servers"
                                      : "shown is a fresh process asked in this order, each request over before the next"));
  }
  bad.sum_up("lines were not understood");
  lost.sum_up("requests found no server");
  if (!in.failure().empty()) complain("route", in.failure());
  if (placed == 0) {
    complain("route", "no request was placed");
    return 1;
  }
  return bad.count() + lost.count() == 0 && in.failure().empty() ? 0 : 1;
}

int run(const said& words) {
  input_kind kind = input_kind::automatic;
  if (!input_kind_of(words.last("input"), "route", kind)) return 1;
  if (words.words.size() > 1 && !is_configuration(words.words[0])) {
    complain("route", fmt::format("one request at a time, and '{}' is another: many are read from standard input", words.words[1]));
    return 1;
  }
  // "/index.html" may be a file of this machine, too: with a configuration at hand it is a path.
  if (const bool asked = !words.words.empty() && is_configuration(words.words[0]);
      asked && words.words[0].find("://") == std::string::npos &&
      (words.words[0].front() != '/' || (words.all("config").empty() && !words.has("running")))) {
    complain("route", fmt::format("'{}' is a file; here a URL, a path or a client's address was expected", words.words[0]));
    complain_help(fmt::format("a configuration is given as -f: ringway route -f {} [URL|PATH|ADDRESS]", words.words[0]));
    return 1;
  }
  configuration of;
  if (!read_configuration_of(words, "route", of)) return 1;
  explain::site site(of.model);
  if (!follow_running(words, "route", site)) return 1;
  explain::presumed with;
  if (!presume(words, site, with)) return 1;
  explain::router router(site, with);
  if (!words.words.empty()) return one(router, of, words.words[0], kind, with, words.has("json"), words.last("running"));
  if (words.has("json")) {
    complain("route", "--json needs a request on the command line");
    return 1;
  }
  return many(router, kind);
}

constexpr subcommand_option rows[] = {
    {"--config, -f", "FILE|DIR", "the configuration; repeatable, as for the proxy"},
    {"--client", "ADDRESS", "the client's address, where a line names none"},
    {"--request, -X", "METHOD", "the method; GET without"},
    {"--header, -H", "'NAME: VALUE'", "a header field; repeatable"},
    {"--listener", "NAME", "the frontend, or the named bind, it comes to"},
    {"--backend", "NAME", "begin at this backend, past frontends and rules"},
    {"--running", "SOCKET", "with the servers as this process has them: its stats socket, ringway's or HAProxy's; without -f its files"},
    {"--down", "[BACKEND/]SERVER", "as if this server were down; repeatable"},
    {"--resolve", "HOST:ADDRESS", "this name has this address (matters for hash-key addr)"},
    {"--input", "KIND", "what lines are: auto, uri, address, common, combined, httplog"},
    {"--json", "", "one object instead of text"},
};

}  // namespace

const subcommand route_command = {
    "route",
    "{-f FILE|--running SOCKET} [option]... [URL|PATH|ADDRESS]",
    "where a request goes, and why",
    "Tells for one request the whole decision: frontend, rules, backend, key, hash, place on the ring, server, and "
    "whom it would fall to next. Without a request on the command line requests are read from standard input, one a "
    "line (a URL, a path, a client's address, or a line of an access log: common, combined, httplog), and each is "
    "answered by INPUT<TAB>BACKEND/SERVER, in order. It answers from the files, all servers up; with --running from what a "
    "running process says of them over its stats socket: who is up, in maintenance or draining, weights and addresses. "
    "--down stands above both.",
    "Exit status: 0 when every request found a server, else 1.",
    rows,
    1,
    &run,
};

}  // namespace ringway::app

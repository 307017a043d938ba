// A decision as text for people and as JSON.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "balance/keywords.hpp"
#include "base/columns.hpp"
#include "explain/json.hpp"
#include "explain/route.hpp"

namespace ringway::explain {
namespace {

using place = balance::explanation::place;

std::string at(const config::source_set& sources, const config::span& where) {
  if (where.line == 0) return "";
  return fmt::format("{}:{}", sources.name(where.file), where.line);
}

std::string in_brackets(const std::string& text) { return text.empty() ? "" : " (" + text + ")"; }

std::string hexadecimal(std::string_view bytes, std::string_view between = "") {
  std::string out;
  for (const char c : bytes) {
    if (!out.empty()) out += between;
    out += fmt::format("{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return out;
}

// Printable, whatever the bytes: what a terminal would act on is written as \xNN.
std::string printable(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 32 || u >= 127)
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(u));
    else
      out += c;
  }
  return out;
}

bool wide(const decision& of) { return balance::is_wide(of.back->chooser->rules().method); }

std::string hash_text(const decision& of) {
  return wide(of) ? fmt::format("0x{:016x}", of.hash.wide) : fmt::format("0x{:08x}", of.hash.hash);
}

std::string how_hashed(const balance::settings& rules) {
  std::string out;
  if (balance::is_wide(rules.method))
    out = "XXH3, 64 bits";
  else if (rules.kind == balance::algorithm::source)
    out = "the address as a number, its words XORed";
  else
    out = std::string(function_name(rules));
  if (rules.avalanche && !balance::is_wide(rules.method)) out += ", then avalanche";
  return out;
}

std::string place_text(const decision& of) {
  const auto& t = of.told;
  const auto name = [&](const balance::ring_point& p) { return of.back->server(p.owner); };
  switch (t.on) {
    case place::ring:
      return fmt::format("between 0x{:08x} ({}, {} before) and 0x{:08x} ({}, {} after): the nearer one is {}'s",
                         t.before.key, name(t.before), t.distance_before, t.after.key, name(t.after), t.distance_after,
                         of.back->server(t.owner));
    case place::map: return fmt::format("slot {} of {}: the hash modulo {}", t.slot, t.slots, t.slots);
    case place::maglev: return fmt::format("slot {} of the {} of the Maglev table", t.slot, t.slots);
    case place::rendezvous: return "the highest of the numbers that the servers draw with this key";
    case place::only_one: return "the first backup stands in for all: no active server is up";
    case place::nothing: break;
  }
  return "nowhere: no server is up";
}

std::string list(const farm& of, const std::vector<server_index>& servers, std::string_view between) {
  std::string out;
  for (const auto s : servers) out += (out.empty() ? "" : std::string(between)) + of.server(s);
  return out;
}

}  // namespace

std::string text_of(const decision& of, const asked& what, const config::source_set& sources,
                    std::string_view running, std::size_t width) {
  std::string out;
  const auto line = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) out += fmt::format("{:<10} {}\n", name, wrapped(text, 11, 11, width));
  };
  line("request", fmt::format("{} {}{}{}", what.method.empty() ? "GET" : printable(what.method),
                              what.target.empty() ? "/" : printable(what.target),
                              what.host.empty() ? "" : "  Host: " + printable(what.host),
                              what.client ? "  from " + what.client->host_text() : ""));
  line("running", std::string(running));
  if (of.front != nullptr) {
    std::string binds;
    for (const auto& bind : of.front->binds)
      if (of.bind == nullptr || of.bind == &bind) binds += (binds.empty() ? "" : ", ") + address_text(bind);
    line("frontend", of.front->name + in_brackets(at(sources, of.front->where)) + (binds.empty() ? "" : ", bind " + binds));
    for (const rules::trace_step& rule : of.rules) {
      line(&rule == &of.rules.front() ? "rules" : "",
           fmt::format("{} {}: {}", rule.applied ? "[x]" : "[ ]", at(sources, rule.where), rule.text));
      for (const rules::trace_test& test : rule.tests)
        out += fmt::format("{:<10}     {} {}\n", "", test.held ? "yes" : "no ",
                           wrapped(fmt::format("{}: {}", printable(test.text), test.value.empty() ? "the request has none" : printable(test.value)),
                                   19, 19, width));
    }
    const bool chosen = std::any_of(of.rules.begin(), of.rules.end(), [](const rules::trace_step& r) { return r.applied; });
    if (of.back != nullptr && !chosen) {
      const bool itself = of.front->default_backend.empty();
      line(of.rules.empty() ? "rules" : "",
           itself ? "none chooses: a listen section serves its own requests"
                  : fmt::format("none chooses: default_backend {}{}", of.front->default_backend,
                                in_brackets(at(sources, of.front->default_backend_where))));
    }
  }
  if (of.back != nullptr) {
    const auto& rules = of.back->chooser->rules();
    line("backend", of.back->name() + in_brackets(at(sources, of.back->of->where)) + ": " + algorithm_text(rules));
    if (of.keyed) {
      const bool source = rules.kind == balance::algorithm::source;
      line("key", source ? fmt::format("{} = {}", of.key, hexadecimal(of.key_bytes, " "))
                         : fmt::format("\"{}\" ({} byte{})", printable(of.key), of.key.size(), of.key.size() == 1 ? "" : "s"));
      line("hash", hash_text(of) + "  " + how_hashed(rules));
      line("place", place_text(of));
    }
  }
  if (of.server != balance::no_server) {
    const auto& server = of.back->of->servers[of.server];
    line("server", fmt::format("{}/{}  {}{}", of.back->name(), server.name, address_text(server),
                               in_brackets(at(sources, server.where))));
    line("next", of.next.empty() ? "nobody: it is the only one" : list(*of.back, of.next, ", then "));
  } else if (!of.candidates.empty()) {
    line("server", "any of the candidates");
  }
  if (!of.candidates.empty()) {
    std::string all;
    for (const auto& [s, share] : of.candidates)
      all += fmt::format("{}{} {:.1f} %", all.empty() ? "" : ", ", of.back->server(s), 100 * share);
    line("candidates", all);
  }
  line("note", of.note);
  if (!of.problem.empty()) line("server", "none: " + of.problem);
  return out;
}

std::string json_of(const decision& of, const asked& what, const config::source_set& sources, std::string_view running) {
  json out;
  out.open_object();
  out.key("request").open_object();
  out.pair("method", what.method.empty() ? std::string_view("GET") : what.method);
  out.pair("target", what.target.empty() ? std::string_view("/") : what.target);
  out.key("host").text_or_null(what.host);
  out.key("client").text_or_null(what.client ? what.client->host_text() : std::string());
  out.close_object();
  out.key("running").text_or_null(running);
  out.key("frontend").text_or_null(of.front != nullptr ? of.front->name : std::string());
  out.key("listener");
  if (of.bind != nullptr)
    out.value(address_text(*of.bind));
  else if (of.front != nullptr && of.front->binds.size() == 1)
    out.value(address_text(of.front->binds[0]));
  else
    out.null();
  out.key("rules").open_array();
  for (const rules::trace_step& rule : of.rules) {
    out.open_object();
    out.pair("file", sources.name(rule.where.file)).pair("line", rule.where.line).pair("text", rule.text);
    out.pair("matched", rule.applied);
    out.key("tests").open_array();
    for (const rules::trace_test& test : rule.tests) {
      out.open_object().pair("text", test.text);
      out.key("value").text_or_null(test.value).pair("held", test.held).close_object();
    }
    out.close_array().close_object();
  }
  out.close_array();
  out.key("backend").text_or_null(of.back != nullptr ? of.back->name() : std::string());
  if (of.back != nullptr) {
    const auto& rules = of.back->chooser->rules();
    out.pair("algorithm", algorithm_name(rules)).pair("rule", algorithm_text(rules));
    out.key("hash_type");
    if (of.back->hashes())
      out.value(hash_type_name(rules.method)).pair("hash_function", function_name(rules)).pair("avalanche", rules.avalanche);
    else
      out.null();
  } else {
    out.key("algorithm").null();
  }
  out.key("key");
  if (of.keyed)
    out.value(of.key).pair("key_bytes", hexadecimal(of.key_bytes)).pair("hash", hash_text(of));
  else
    out.null().key("hash").null();
  out.key("place");
  if (of.keyed) {
    const auto& t = of.told;
    out.open_object();
    const auto point = [&](std::string_view name, const balance::ring_point& p, std::uint32_t distance) {
      out.key(name).open_object().pair("point", fmt::format("0x{:08x}", p.key));
      out.pair("server", of.back->server(p.owner)).pair("distance", distance).close_object();
    };
    if (t.on == place::ring) {
      point("before", t.before, t.distance_before);
      point("after", t.after, t.distance_after);
    }
    if (t.slots != 0) out.pair("slot", t.slot).pair("slots", t.slots);
    out.pair("text", place_text(of)).close_object();
  } else {
    out.null();
  }
  out.key("server").text_or_null(of.server != balance::no_server ? of.back->server(of.server) : std::string());
  out.key("address").text_or_null(of.server != balance::no_server ? address_text(of.back->of->servers[of.server]) : std::string());
  out.key("next").open_array();
  for (const auto s : of.next) out.value(of.back->server(s));
  out.close_array();
  out.pair("takes_turns", !of.candidates.empty());
  out.key("candidates").open_array();
  for (const auto& [s, share] : of.candidates)
    out.open_object().pair("server", of.back->server(s)).pair("share", share).close_object();
  out.close_array();
  out.key("note").text_or_null(of.note);
  out.key("problem").text_or_null(of.problem);
  out.close_object();
  return out.take();
}

}  // namespace ringway::explain

// acl, use_backend, monitor fail; and the tables of samples as rows of the manual.
#include "rules/keywords.hpp"

#include <fmt/format.h>

#include "config/places.hpp"
#include "rules/convert.hpp"
#include "rules/fetch.hpp"
#include "rules/lines.hpp"

namespace ringway::rules {

using config::arguments;
using config::keyword;
using config::place;
using config::verb;
using config::word;

// Rules of an anonymous defaults section would change proxies far below it; HAProxy refuses them.
bool may_stand(const section& to, arguments& from) {
  if (to.of != section_kind::anonymous_defaults) return true;
  from.report().alert("misplaced-keyword", from.phrase_where(),
                      fmt::format("'{}' is not allowed in a defaults section without a name", from.phrase()),
                      "give it one, 'defaults <name>', and name it in the sections that shall begin so: 'from <name>'");
  return false;
}

bool at_condition(const arguments& from) {
  return from.empty() || from.peek().text == "if" || from.peek().text == "unless";
}

bool end_of_rule(section& to, rule& into, arguments& from) {
  into.where = from.whole().where;
  for (const word& each : from.whole().words) into.text += fmt::format("{}{}", into.text.empty() ? "" : " ", each.text);
  std::optional<condition> when = to.acls.read_condition(from);
  if (!when) return false;
  into.when = std::move(*when);
  return true;
}

namespace {

std::string_view name_of(section::stage of) {
  switch (of) {
    case section::stage::nothing: break;
    case section::stage::connection: return "tcp-request connection";
    case section::stage::session: return "tcp-request session";
    case section::stage::http_request: return "http-request";
    case section::stage::redirect: return "redirect";
    case section::stage::use_backend: return "use_backend";
  }
  return "";
}

}  // namespace

void note_order(section& to, section::stage now, arguments& from, std::string_view word_of_line) {
  if (to.latest > now)
    from.report().warning("misplaced-keyword", from.phrase_where(),
                          fmt::format("this '{}' rule stands behind a '{}' rule, but is run before it", word_of_line,
                                      name_of(to.latest)),
                          "rules are run in the order of their points, whatever the order of the lines");
  else
    to.latest = now;
}

void note_early(const section& of, const rule& one, arguments& from) {
  for (const auto& all_of : one.when.any_of)
    for (const condition::term& each : all_of) {
      const acl& asked = *of.acls.all()[each.acl];
      const test* late = nullptr;
      std::size_t count = 0;
      for (const test& part : asked.tests)
        if (part.what.fetch->wants == needs::request) {
          late = &part;
          ++count;
        }
      if (late == nullptr) continue;
      from.report().warning(
          "needs-http", from.phrase_where(),
          fmt::format("'{}': {} {}: '{}' asks about a request, which is not there yet", from.phrase(),
                      asked.name.empty() ? "the criterion" : fmt::format("the acl '{}'", asked.name),
                      count == asked.tests.size() ? "never holds here" : "holds here only by its other lines",
                      late->what.text),
          "ask so in an 'http-request' rule");
    }
}

namespace {

void acl_line(section& to, arguments& from) {
  if (may_stand(to, from)) to.acls.read(from);
}

void use_backend(section& to, arguments& from) {
  const word* name = from.need("the name of a backend");
  if (name == nullptr) return;
  backend_choice out;
  out.name = name->text;
  out.name_where = name->where;
  if (name->text.find('%') != std::string::npos) {
    std::optional<format> computed = format::parse(*name, from);
    if (!computed) return;
    if (!computed->fixed()) out.computed = std::move(*computed);
  }
  if (!end_of_rule(to, out, from)) return;
  note_order(to, section::stage::use_backend, from, "use_backend");
  to.use_backend.push_back(std::move(out));
}

void monitor_fail(section& to, arguments& from) {
  if (from.empty()) {
    from.need("a condition: 'if' or 'unless' and what follows");
    return;
  }
  rule out;
  if (end_of_rule(to, out, from)) to.monitor_fail.push_back(std::move(out));
}

constexpr place fronts = place::frontend | place::listen;

constexpr std::array rows = {
    verb<&acl_line>({.name = "acl", .allowed = config::proxies,
        .grammar = "<name> <criterion> [-i] [-f <file>] [-m <method>] [--] [<operator>] <value>…",
        .summary = "Names a test of requests. Several lines of one name: any of them. Of a defaults section: for that "
                   "section's own rules.",
        .example = "acl is_api path_beg /api/", .since = "1.3"}),
    verb<&use_backend>({.name = "use_backend", .allowed = fronts, .grammar = "<name> [if|unless <condition>]",
        .summary = "Where a request goes: the first line whose condition holds, else default_backend. The name may be "
                   "computed, \"shop_%[hdr(host)]\"; one that no backend has means default_backend.",
        .example = "use_backend api if { path_beg /api/ }", .since = "1.3"}),
    verb<&monitor_fail>({.name = "monitor fail", .allowed = fronts, .grammar = "if|unless <condition>",
        .summary = "When monitor-uri answers 503 instead of 200.",
        .example = "monitor fail if { nbsrv(shop) lt 1 }", .since = "1.3"}),
};

template <class Row>
std::vector<keyword> as_keywords(std::initializer_list<std::span<const Row>> tables, place at) {
  std::vector<keyword> out;
  for (const auto table : tables)
    for (const Row& row : table) {
      keyword one;
      one.name = row.name;
      one.allowed = at;
      one.grammar = row.arguments;
      one.summary = row.summary;
      one.example = row.example;
      one.since = row.since;
      out.push_back(one);
    }
  return out;
}

}  // namespace

std::span<const keyword> section_keywords() {
  static const std::vector<keyword> all = [] {
    std::vector<keyword> out(rows.begin(), rows.end());
    for (const auto more : {connection_lines(), http_lines()}) out.insert(out.end(), more.begin(), more.end());
    return out;
  }();
  return all;
}

std::span<const keyword> fetch_keywords() {
  static const std::vector<keyword> all =
      as_keywords<fetch_row>({fetches_of_connections(), fetches_of_requests(), fetches_of_process()}, place::fetch);
  return all;
}

std::span<const keyword> converter_keywords() {
  static const std::vector<keyword> all =
      as_keywords<converter_row>({converters_of_text(), converters_of_numbers()}, place::converter);
  return all;
}

}  // namespace ringway::rules

#include "rules/keywords.hpp"

#include <fmt/format.h>

#include "config/places.hpp"
#include "rules/convert.hpp"
#include "rules/fetch.hpp"

namespace ringway::rules {
namespace {

using config::arguments;
using config::keyword;
using config::place;
using config::verb;
using config::word;

std::string text_of(const arguments& from) {
  std::string out;
  for (const word& each : from.whole().words) out += fmt::format("{}{}", out.empty() ? "" : " ", each.text);
  return out;
}

// Rules of an anonymous defaults section would change proxies far below it; HAProxy refuses them.
bool has_name(const section& to, arguments& from) {
  if (to.of != section_kind::anonymous_defaults) return true;
  from.report().alert("misplaced-keyword", from.phrase_where(),
                      fmt::format("'{}' is not allowed in a defaults section without a name", from.phrase()),
                      "give it one, 'defaults <name>', and name it in the sections that shall begin so: 'from <name>'");
  return false;
}

void acl_line(section& to, arguments& from) {
  if (has_name(to, from)) to.acls.read(from);
}

void use_backend(section& to, arguments& from) {
  const word* name = from.need("the name of a backend");
  if (name == nullptr) return;
  backend_choice rule;
  rule.name = name->text;
  rule.name_where = name->where;
  rule.where = from.whole().where;
  rule.text = text_of(from);
  if (name->text.find("%[") != std::string::npos) {
    from.wrong("not-supported-yet", *name, "'use_backend' by a computed name is not supported yet");
    return;
  }
  std::optional<condition> when = to.acls.read_condition(from);
  if (!when) return;
  rule.when = std::move(*when);
  to.use_backend.push_back(std::move(rule));
}

constexpr place fronts = place::frontend | place::listen;

constexpr std::array rows = {
    verb<&acl_line>({.name = "acl", .allowed = config::proxies,
        .grammar = "<name> <criterion> [-i] [-f <file>] [-m <method>] [--] [<operator>] <value>…",
        .summary = "Names a test of requests. Several lines of one name: any of them. Of defaults: for its own rules only.",
        .example = "acl is_api path_beg /api/", .since = "1.3"}),
    verb<&use_backend>({.name = "use_backend", .allowed = fronts, .grammar = "<name> [if|unless <condition>]",
        .summary = "Where a request goes; the first line whose condition holds. Otherwise default_backend.",
        .example = "use_backend api if { path_beg /api/ }", .since = "1.3"}),
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

std::span<const keyword> section_keywords() { return rows; }

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

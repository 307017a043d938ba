#include "balance/keywords.hpp"

#include <fmt/format.h>

#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"

namespace ringway::balance {
namespace {

using config::arguments;
using config::choice;
using config::keyword;
using config::place;
using config::status;
using config::verb;
using config::word;

// Another algorithm forgets the arguments of the one before (a defaults section's, an earlier line's).
void forget_arguments(settings& to) {
  const settings fresh;
  to.uri_len = fresh.uri_len;
  to.uri_depth = fresh.uri_depth;
  to.uri_whole = fresh.uri_whole;
  to.uri_path_only = fresh.uri_path_only;
  to.name.clear();
  to.use_domain_only = fresh.use_domain_only;
  to.draws = fresh.draws;
}

template <algorithm Kind>
void plain(settings& to, arguments& from) {
  if (!from.finish()) return;
  forget_arguments(to);
  to.kind = Kind;
}

void uri(settings& to, arguments& from) {
  settings read = to;
  forget_arguments(read);
  read.kind = algorithm::uri;
  while (!from.empty()) {
    if (from.take_if("len")) {
      if (!from.read(read.uri_len, {.min = 1})) return;
    } else if (from.take_if("depth")) {
      if (!from.read(read.uri_depth, {.min = 1})) return;
    } else if (from.take_if("whole")) {
      read.uri_whole = true;
    } else if (from.take_if("path-only")) {
      read.uri_path_only = true;
    } else {
      constexpr std::string_view words[] = {"len", "depth", "whole", "path-only"};
      from.wrong_choice(from.peek(), words, "a word of 'balance uri'");
      return;
    }
  }
  to = std::move(read);
}

void url_param(settings& to, arguments& from) {
  const word* name = from.need("the name of a URL parameter");
  if (name == nullptr) return;
  while (!from.empty()) {
    if (from.take_if("check_post")) {
      // Bodies of POST are looked into with or without it, as in HAProxy (3.x ignores the number, too).
      if (!from.empty() && from.peek().text.find_first_not_of("0123456789") == std::string::npos) from.take();
    } else {
      constexpr std::string_view words[] = {"check_post"};
      from.wrong_choice(from.peek(), words, "a word of 'balance url_param'");
      return;
    }
  }
  forget_arguments(to);
  to.kind = algorithm::url_param;
  to.name = name->text;
}

void hdr(settings& to, arguments& from, std::string_view name) {
  bool domain = false;
  while (!from.empty()) {
    if (!from.take_if("use_domain_only")) {
      constexpr std::string_view words[] = {"use_domain_only"};
      from.wrong_choice(from.peek(), words, "a word of 'balance hdr'");
      return;
    }
    domain = true;
  }
  forget_arguments(to);
  to.kind = algorithm::hdr;
  to.name = std::string(name);
  to.use_domain_only = domain;
}

// "hdr(host)": the algorithm's name and what is in its brackets. nullopt brackets: none were written.
struct called {
  std::string_view name;
  std::optional<std::string_view> inside;
};
called split(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos) return {text, std::nullopt};
  std::string_view inside = text.substr(open + 1);
  if (inside.ends_with(')')) inside.remove_suffix(1);
  return {text.substr(0, open), inside};
}

void random(settings& to, arguments& from, const word& given, std::optional<std::string_view> inside) {
  std::uint32_t draws = 2;
  if (inside) {
    const auto count = config::parse_number(*inside, 1, 0xffff'ffff);
    if (!count) {
      from.report().alert("invalid-value", config::part_of(given, 7, inside->size()),
                          fmt::format("'balance random': the number of draws '{}' {}", *inside, count.error));
      return;
    }
    draws = static_cast<std::uint32_t>(count.value);
  }
  if (!from.finish()) return;
  forget_arguments(to);
  to.kind = algorithm::random;
  to.draws = draws;
}

// random and hdr carry arguments in brackets, so the phrase that is looked up is not a whole word.
void balance(settings& to, arguments& from) {
  if (from.empty()) {  // HAProxy takes this, too
    forget_arguments(to);
    to.kind = algorithm::roundrobin;
    return;
  }
  const word* given = &from.take();
  const called what = split(given->text);
  const auto names = from.with().keywords.phrases(place::balance);
  std::vector<word> single(1, *given);
  single[0].text = std::string(what.name);
  const auto known = from.with().keywords.find(place::balance, single, 0);
  const bool bracketed = what.name == "hdr" || what.name == "random";
  if (known.found == nullptr || (what.inside && known.found->row->state == status::full && !bracketed)) {
    std::vector<std::string_view> choices;
    for (const keyword& row : algorithm_keywords())
      if (row.state == status::full) choices.push_back(row.name);
    from.wrong_choice(*given, known.found == nullptr ? std::span<const std::string_view>(names) : choices,
                      known.found == nullptr ? "an algorithm" : "an algorithm with an argument in brackets");
    return;
  }
  const keyword& row = *known.found->row;
  if (row.state == status::not_yet) {
    from.report().alert("not-supported-yet", given->where,
                        fmt::format("'balance {}' is a HAProxy keyword that ringway does not support yet", row.name));
    return;
  }
  if (what.name == "hdr") {
    if (!what.inside || what.inside->empty()) {
      from.wrong("missing-argument", *given, "'balance hdr' needs the name of a header in brackets",
                 "write balance hdr(host)");
      return;
    }
    hdr(to, from, *what.inside);
  } else if (what.name == "random") {
    random(to, from, *given, what.inside);
  } else {
    row.apply(&to, from, row);
  }
}

constexpr choice<hash_method> methods[] = {{"map-based", hash_method::map_based},
                                           {"consistent", hash_method::consistent}};
constexpr choice<hash_function> functions[] = {{"sdbm", hash_function::sdbm},
                                               {"djb2", hash_function::djb2},
                                               {"wt6", hash_function::wt6},
                                               {"crc32", hash_function::crc32},
                                               {"none", hash_function::none}};
constexpr choice<bool> modifiers[] = {{"avalanche", true}};
constexpr choice<hash_key> keys[] = {{"id", hash_key::id},
                                     {"id32", hash_key::id32},
                                     {"addr", hash_key::addr},
                                     {"addr-port", hash_key::addr_port},
                                     {"guid", hash_key::guid}};
constexpr choice<affinity> affinities[] = {
    {"always", affinity::always}, {"maxconn", affinity::maxconn}, {"maxqueue", affinity::maxqueue}};

void hash_type(settings& to, arguments& from) {
  // The very old spelling `hash-type avalanche`: map-based with an avalanche behind it.
  if (from.left() >= 1 && from.peek().text == "avalanche") {
    const word& old = from.take();
    from.warn("retired", old, "'hash-type avalanche' is an old spelling",
              "today it is written 'hash-type map-based sdbm avalanche'");
    if (!from.finish()) return;
    to.method = hash_method::map_based;
    to.function = hash_function::sdbm;
    to.avalanche = true;
    return;
  }
  const auto method = from.one_of<hash_method>(methods, "a hash method");
  if (!method) return;
  hash_function function = hash_function::sdbm;
  // Nothing behind `consistent`: sdbm with avalanche. A function that is written brings none of its own.
  bool avalanche = *method == hash_method::consistent && from.empty();
  if (!from.empty()) {
    const auto named = from.one_of<hash_function>(functions, "a hash function");
    if (!named) return;
    function = *named;
    if (!from.empty()) {
      const auto modifier = from.one_of<bool>(modifiers, "a hash modifier");
      if (!modifier) return;
      avalanche = true;
    }
  }
  if (!from.finish()) return;
  to.method = *method;
  to.function = function;
  to.avalanche = avalanche;
}

// Behind `hash-type`, but rows of their own: the manual must say of each that HAProxy does not know it.
template <hash_method Method>
void wide(settings& to, arguments& from) {
  if (!from.empty()) {
    from.wrong("unexpected-argument", from.peek(), "this hash type takes no hash function",
               "it always hashes with XXH3, 64 bits");
    return;
  }
  to.method = Method;
  to.function = hash_function::sdbm;
  to.avalanche = false;
}

void balance_factor(settings& to, arguments& from) {
  const auto percent = from.number({.min = 0}, "a percentage");
  if (!percent) return;
  if (*percent > 0 && *percent <= 100) {
    from.wrong("invalid-value", from.last(), "'hash-balance-factor' must be 0 or more than 100",
               "it is the share of the average load one server may have, in percent");
    return;
  }
  if (from.finish()) to.balance_factor = static_cast<std::uint32_t>(*percent);
}

void preserve(settings& to, arguments& from) {
  const auto how = from.one_of<affinity>(affinities, "a way to preserve affinity");
  if (how && from.finish()) to.preserve = *how;
}

constexpr std::array section_rows = {
    verb<&balance>({.name = "balance", .allowed = config::back_side, .grammar = "<algorithm> [<arguments>]",
                    .summary = "How a server is chosen for a request. Without it: roundrobin.",
                    .example = "balance uri depth 3", .since = "1.0"}),
    verb<&hash_type>({.name = "hash-type", .allowed = config::back_side,
                      .grammar = "map-based|consistent [sdbm|djb2|wt6|crc32|none [avalanche]]",
                      .summary = "How a hash becomes a server: a table as wide as the weights, or a ring that moves "
                                 "few keys when servers come and go. 'consistent' alone hashes with sdbm and "
                                 "avalanche; a function that is written has no avalanche unless that is written too.",
                      .example = "hash-type consistent", .since = "1.4"}),
    verb<&wide<hash_method::maglev>>({.name = "hash-type maglev", .allowed = config::back_side,
                      .summary = "ringway only; HAProxy refuses it. A Maglev table of 65537 slots or more: shares equal to "
                                 "a thousandth, the quickest look-up; of the other servers' keys a few in a thousand move "
                                 "when a server comes or goes. Hashes the same keys with XXH3. Measured beside the others: "
                                 "ringway ring --compare.",
                      .example = "hash-type maglev"}),
    verb<&wide<hash_method::rendezvous>>({.name = "hash-type rendezvous", .allowed = config::back_side,
                      .summary = "ringway only; HAProxy refuses it. Highest random weight: shares exactly by weight, only "
                                 "keys of the server that comes or goes move; a look-up asks every server, so best below "
                                 "some hundred. Hashes the same keys with XXH3.",
                      .example = "hash-type rendezvous"}),
    verb<&balance_factor>({.name = "hash-balance-factor", .allowed = config::back_side, .grammar = "<percent>",
                           .summary = "With hash-type consistent (here maglev and rendezvous too): a server above this "
                                      "share of the average load is passed over. 0 is no limit.",
                           .example = "hash-balance-factor 150", .since = "1.7"}),
    verb<&preserve>({.name = "hash-preserve-affinity", .allowed = config::back_side,
                     .grammar = "always|maxconn|maxqueue",
                     .summary = "With a hash: whether a key stays with its server when that one is full.",
                     .example = "hash-preserve-affinity maxqueue", .since = "3.2"}),
};

constexpr place here = place::balance;
constexpr std::array algorithm_rows = {
    verb<&plain<algorithm::roundrobin>>({.name = "roundrobin", .allowed = here,
        .summary = "In turn, by weight; weights may change while running.", .example = "balance roundrobin",
        .since = "1.0"}),
    verb<&plain<algorithm::static_rr>>({.name = "static-rr", .allowed = here,
        .summary = "In turn, by weights that are fixed at start.", .example = "balance static-rr", .since = "1.4"}),
    verb<&plain<algorithm::leastconn>>({.name = "leastconn", .allowed = here,
        .summary = "The server with the fewest connections in proportion to its weight.",
        .example = "balance leastconn", .since = "1.4"}),
    verb<&plain<algorithm::first>>({.name = "first", .allowed = here,
        .summary = "The lowest id with a free place; needs maxconn on the servers.", .example = "balance first",
        .since = "1.5"}),
    verb<&plain<algorithm::random>>({.name = "random", .allowed = here, .grammar = "[(<draws>)]",
        .summary = "The least loaded of some servers drawn by weight; 2 draws unless said.",
        .example = "balance random(3)", .since = "1.9"}),
    verb<&plain<algorithm::source>>({.name = "source", .allowed = here,
        .summary = "By the client's address.", .example = "balance source", .since = "1.0"}),
    verb<&uri>({.name = "uri", .allowed = here, .grammar = "[len <n>] [depth <n>] [whole] [path-only]",
        .summary = "By the request target, up to the question mark unless 'whole'.",
        .example = "balance uri len 64 depth 3", .since = "1.3"}),
    verb<&plain<algorithm::hdr>>({.name = "hdr", .allowed = here, .grammar = "(<header>) [use_domain_only]",
        .summary = "By the first value of a header.", .example = "balance hdr(host) use_domain_only", .since = "1.3"}),
    verb<&url_param>({.name = "url_param", .allowed = here, .grammar = "<name> [check_post]",
        .summary = "By a parameter of the query string, or of the body of a POST.",
        .example = "balance url_param session", .since = "1.3"}),
    keyword{.name = "hash", .allowed = here, .summary = "By an expression.", .since = "2.6", .state = status::not_yet},
    keyword{.name = "rdp-cookie", .allowed = here, .summary = "By the cookie of a remote desktop connection.",
        .since = "1.4", .state = status::not_yet},
    keyword{.name = "sticky", .allowed = here, .summary = "Keeps a log session at one target.", .since = "2.9",
        .state = status::not_yet},
    keyword{.name = "log-sticky", .allowed = here, .summary = "Keeps log messages at one target.", .since = "2.9",
        .state = status::not_yet},
    keyword{.name = "log-hash", .allowed = here, .summary = "By a conversion of a log message.", .since = "2.9",
        .state = status::not_yet},
};

}  // namespace

std::span<const config::keyword> section_keywords() { return section_rows; }
std::span<const config::keyword> algorithm_keywords() { return algorithm_rows; }
std::span<const config::choice<hash_key>> hash_key_names() { return keys; }

std::string_view name_of(algorithm kind) {
  switch (kind) {
    case algorithm::roundrobin: return "roundrobin";
    case algorithm::static_rr: return "static-rr";
    case algorithm::leastconn: return "leastconn";
    case algorithm::first: return "first";
    case algorithm::random: return "random";
    case algorithm::source: return "source";
    case algorithm::uri: return "uri";
    case algorithm::url_param: return "url_param";
    case algorithm::hdr: return "hdr";
  }
  return "";
}

bool http_only(algorithm kind) {
  return kind == algorithm::uri || kind == algorithm::url_param || kind == algorithm::hdr;
}

}  // namespace ringway::balance

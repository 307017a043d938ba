// tcp-request connection and tcp-request session (configuration.txt 4.2).
#include <fmt/format.h>

#include "config/catalogue.hpp"
#include "config/suggest.hpp"
#include "rules/keywords.hpp"
#include "rules/lines.hpp"

namespace ringway::rules {
namespace {

using config::arguments;
using config::keyword;
using config::place;
using config::verb;
using config::word;
using verdict = connection_rule::verdict;

template <verdict Value>
void decide(connection_rule& to, arguments&) {
  to.what = Value;
}

void expect_proxy(connection_rule& to, arguments& from) {
  const word* layer = from.need("'layer4'");
  if (layer == nullptr) return;
  if (layer->text != "layer4") {
    from.wrong("invalid-value", *layer, fmt::format("'expect-proxy' knows 'layer4' only, not '{}'", layer->text));
    return;
  }
  to.what = verdict::expect_proxy;
}

template <place Here>
void line(section& to, arguments& from) {
  if (!may_stand(to, from)) return;
  if (from.need("an action, such as accept or reject") == nullptr) return;
  arguments again(from.whole(), 0, from.whole().words.size() - from.left() - 1, arguments::prefix::none, from.with());
  connection_rule out;
  const std::size_t before = from.report().count(config::severity::alert);
  if (!again.word_of(Here, &out)) {
    const word& given = again.peek();
    from.wrong("unknown-keyword", given, fmt::format("'{}': unknown action '{}'", from.phrase(), given.text),
               config::did_you_mean(given.text, from.with().keywords.phrases(Here)));
    return;
  }
  if (from.report().count(config::severity::alert) > before) return;
  if (!end_of_rule(to, out, again)) return;
  note_early(to, out, from);
  if constexpr (Here == place::tcp_connection) {
    note_order(to, section::stage::connection, from, "tcp-request connection");
    to.connection.push_back(std::move(out));
  } else {
    note_order(to, section::stage::session, from, "tcp-request session");
    to.session.push_back(std::move(out));
  }
}

constexpr place both = place::tcp_connection | place::tcp_session;
constexpr place sections = place::defaults | place::frontend | place::listen;

constexpr std::array lines = {
    verb<&line<place::tcp_connection>>({.name = "tcp-request connection", .allowed = sections,
        .grammar = "<action> [if|unless <condition>]",
        .summary = "What becomes of a connection as soon as it is accepted. The first accept or reject counts; without "
                   "one it is accepted.",
        .example = "tcp-request connection reject if { src 192.0.2.0/24 }", .since = "1.5", .strict = true}),
    verb<&line<place::tcp_session>>({.name = "tcp-request session", .allowed = sections,
        .grammar = "<action> [if|unless <condition>]",
        .summary = "The same once a PROXY header, if one was awaited, has told who the client is.",
        .example = "tcp-request session reject unless { src 10.0.0.0/8 }", .since = "1.7", .strict = true}),
};

constexpr std::array actions = {
    verb<&decide<verdict::accept>>({.name = "accept", .allowed = both,
        .summary = "The connection may go on; no further rule of the list is looked at.", .example = "accept",
        .since = "1.5"}),
    verb<&decide<verdict::reject>>({.name = "reject", .allowed = both,
        .summary = "The connection is closed at once, without a word to anybody.", .example = "reject", .since = "1.5"}),
    verb<&expect_proxy>({.name = "expect-proxy", .allowed = place::tcp_connection, .grammar = "layer4",
        .summary = "A PROXY header must come first, as with 'accept-proxy', for those connections that the condition names.",
        .example = "expect-proxy layer4", .since = "1.7"}),
};

}  // namespace

std::span<const keyword> connection_lines() { return lines; }
std::span<const keyword> connection_actions() { return actions; }

}  // namespace ringway::rules

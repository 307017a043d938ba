// http-request and redirect (configuration.txt 4.2).
#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"
#include "http/reply.hpp"
#include "rules/keywords.hpp"
#include "rules/lines.hpp"

namespace ringway::rules {
namespace {

using config::arguments;
using config::keyword;
using config::place;
using config::verb;
using config::word;
using action = http_rule::action;

void allow(http_rule& to, arguments&) { to.what = action::allow; }

constexpr unsigned statuses[] = {200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 414,
                                 421, 422, 425, 429, 431, 500, 501, 502, 503, 504};

void deny(http_rule& to, arguments& from) {
  to.what = action::deny;
  while (!at_condition(from)) {
    const word& given = from.take();
    if (given.text == "deny_status" || given.text == "status") {
      to.bare = given.text == "status";
      if (to.bare) {
        const std::optional<std::uint64_t> number = from.number({.min = 200, .max = 599}, "a status");
        if (!number) return;
        to.status = static_cast<unsigned>(*number);
        continue;
      }
      const word* number = from.need("a status");
      if (number == nullptr) return;
      const unsigned* found = nullptr;
      for (const unsigned& each : statuses)
        if (fmt::format("{}", each) == number->text) found = &each;
      if (found == nullptr) {
        from.wrong("invalid-value", *number,
                   fmt::format("'{}': there is no page for the status '{}'", from.phrase(), number->text),
                   fmt::format("one of {}; 'status {}' answers without a page", fmt::join(statuses, ", "), number->text));
        return;
      }
      to.status = *found;
      continue;
    }
    for (const std::string_view later : {"content-type", "errorfile", "errorfiles", "default-errorfiles", "file", "lf-file", "string",
                                         "lf-string", "hdr"})
      if (given.text == later) {
        from.wrong("not-supported-yet", given,
                   fmt::format("'{}': '{}' is a HAProxy keyword that ringway does not support yet", from.phrase(), later));
        return;
      }
    from.wrong("extra-argument", given,
               fmt::format("'{}': a condition begins with 'if' or 'unless', not with '{}'", from.phrase(), given.text));
    return;
  }
}

// What decides where a message ends, and what concerns one hop only, is the proxy's own.
bool may_change(const word& name, arguments& from) {
  // Written as in the message, "X-Name:": what is meant is the name. HAProxy warns, and sends "X-Name::".
  if (name.text.size() > 1 && name.text.ends_with(':') && is_token(std::string_view(name.text).substr(0, name.text.size() - 1))) {
    from.warn("invalid-value", name, fmt::format("'{}': the colon is no part of the name '{}'", from.phrase(), name.text),
              "write it without the colon");
  } else if (!is_token(name.text)) {
    from.wrong("invalid-value", name, fmt::format("'{}': '{}' is not the name of a header", from.phrase(), name.text));
    return false;
  }
  for (const std::string_view mine : {"content-length", "transfer-encoding"})
    if (same_text(name.text, mine)) {
      from.wrong("invalid-value", name,
                 fmt::format("'{}': '{}' says where the message ends and is not changed by rules", from.phrase(), name.text),
                 "the proxy writes it as the body needs it");
      return false;
    }
  return true;
}

bool hop_by_hop(std::string_view name) {
  for (const std::string_view mine : {"connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade"})
    if (same_text(name, mine)) return true;
  return false;
}

const word* header_name(http_rule& to, arguments& from) {
  const word* name = from.need("the name of a header");
  if (name == nullptr || !may_change(*name, from)) return nullptr;
  to.name = name->text;
  if (to.name.ends_with(':')) to.name.pop_back();
  return name;
}

bool text(http_rule& to, arguments& from, std::string_view what) {
  if (at_condition(from) && (from.empty() || !from.peek().quoted)) {
    from.report().alert("missing-argument", config::behind(from.last()), fmt::format("'{}' needs {}", from.phrase(), what));
    return false;
  }
  std::optional<format> read = format::parse(from.take(), from);
  if (!read) return false;
  to.value = std::move(*read);
  return true;
}

template <action What>
void header(http_rule& to, arguments& from) {
  if (header_name(to, from) == nullptr || !text(to, from, "a value")) return;
  to.what = hop_by_hop(to.name) ? action::none : What;
}

bool regex_word(http_rule& to, arguments& from) {
  const word* given = from.need("a regular expression");
  if (given == nullptr) return false;
  regex_error error;
  to.pattern = regex::compile(given->text, false, error);
  if (to.pattern != nullptr) return true;
  from.report().alert("invalid-value", config::part_of(*given, std::min(error.offset, given->text.size()), 1),
                      fmt::format("'{}': '{}' is not a regular expression: {}", from.phrase(), given->text, error.text));
  return false;
}

void del_header(http_rule& to, arguments& from) {
  const word* name = from.need("the name of a header");
  if (name == nullptr) return;
  to.name = name->text;
  if (!from.empty() && from.peek().text == "-m") {
    from.take();
    constexpr config::choice<match> methods[] = {
        {"str", match::str}, {"beg", match::beg}, {"end", match::end}, {"sub", match::sub}, {"reg", match::reg}};
    const std::optional<match> how = from.one_of<match>(methods, "a matching method");
    if (!how) return;
    to.name_by = *how;
  }
  if (to.name_by == match::reg) {
    regex_error error;
    to.pattern = regex::compile(to.name, true, error);
    if (to.pattern == nullptr) {
      from.wrong("invalid-value", *name,
                 fmt::format("'{}': '{}' is not a regular expression: {}", from.phrase(), to.name, error.text));
      return;
    }
  } else if (to.name_by == match::str) {
    if (!may_change(*name, from)) return;
    if (to.name.ends_with(':')) to.name.pop_back();
    if (hop_by_hop(to.name)) return;
  }
  to.what = action::del_header;
}

template <action What>
void replace_header(http_rule& to, arguments& from) {
  if (header_name(to, from) == nullptr || !regex_word(to, from) || !text(to, from, "what it becomes")) return;
  to.what = hop_by_hop(to.name) ? action::none : What;
}

template <action What>
void set_target(http_rule& to, arguments& from) {
  if (text(to, from, "a text")) to.what = What;
}

template <action What>
void replace_target(http_rule& to, arguments& from) {
  if (regex_word(to, from) && text(to, from, "what it becomes")) to.what = What;
}

bool redirect_words(http_rule& to, arguments& from, bool literal) {
  auto out = std::make_shared<redirect_settings>();
  bool any = false;
  while (!at_condition(from)) {
    const word& given = from.take();
    using target = redirect_settings::target;
    const std::string& what = given.text;
    if (what == "location" || what == "prefix" || what == "scheme") {
      const word* where = from.need(what == "scheme" ? "a scheme, such as https" : "where to");
      if (where == nullptr) return false;
      std::optional<format> read = format::parse(*where, from, literal, true);
      if (!read) return false;
      out->to = std::move(*read);
      out->how = what == "location" ? target::location : what == "prefix" ? target::prefix : target::scheme;
      any = true;
    } else if (what == "code") {
      constexpr config::choice<unsigned> codes[] = {{"301", 301}, {"302", 302}, {"303", 303}, {"307", 307}, {"308", 308}};
      const std::optional<unsigned> code = from.one_of<unsigned>(codes, "a code of redirects");
      if (!code) return false;
      out->code = *code;
    } else if (what == "drop-query") {
      out->drop_query = true;
    } else if (what == "keep-query") {
      out->keep_query = true;
    } else if (what == "append-slash") {
      out->append_slash = true;
    } else if (what == "ignore-empty") {
      out->ignore_empty = true;
    } else if (what == "set-cookie" || what == "clear-cookie") {
      const word* cookie = from.need("the name of a cookie");
      if (cookie == nullptr) return false;
      for (const char c : cookie->text)
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) {
          from.wrong("invalid-value", *cookie, fmt::format("'{}': '{}' cannot be a cookie", from.phrase(), cookie->text));
          return false;
        }
      out->cookie = fmt::format("{}; path=/;{}", cookie->text, what == "set-cookie" ? "" : " Max-Age=0;");
      out->cookie_made.reset();
    } else if (what == "set-cookie-fmt") {
      const word* cookie = from.need("<name>=<format>");
      if (cookie == nullptr) return false;
      out->cookie_made = format::parse(*cookie, from);
      if (!out->cookie_made) return false;
    } else {
      constexpr std::string_view words[] = {"location",   "prefix",         "scheme",       "code",         "drop-query",  "keep-query",
                                            "set-cookie", "set-cookie-fmt", "clear-cookie", "append-slash", "ignore-empty"};
      from.wrong("unknown-keyword", given, fmt::format("'{}': unknown word '{}'", from.phrase(), what),
                 config::did_you_mean(what, words));
      return false;
    }
  }
  if (!any) {
    from.report().alert("missing-argument", config::behind(from.last()),
                        fmt::format("'{}' needs 'location', 'prefix' or 'scheme', and where to", from.phrase()));
    return false;
  }
  to.what = action::redirect;
  to.redirect = std::move(out);
  return true;
}

void redirect_action(http_rule& to, arguments& from) { redirect_words(to, from, false); }

void redirect_line(section& to, arguments& from) {
  http_rule out;
  if (!redirect_words(out, from, true) || !end_of_rule(to, out, from)) return;
  note_order(to, section::stage::redirect, from, "redirect");
  to.redirects.push_back(std::move(out));
}

void http_request(section& to, arguments& from) {
  if (!may_stand(to, from)) return;
  if (from.need("an action, such as deny or set-header") == nullptr) return;
  arguments again(from.whole(), 0, from.whole().words.size() - from.left() - 1, arguments::prefix::none, from.with());
  http_rule out;
  const std::size_t before = from.report().count(config::severity::alert);
  if (!again.word_of(place::http_request, &out)) {
    const word& given = again.peek();
    if (given.text.starts_with("lua.")) {
      from.wrong("not-supported-yet", given, fmt::format("'{}': actions in Lua are not supported yet", from.phrase()));
      return;
    }
    from.wrong("unknown-keyword", given, fmt::format("'{}': unknown action '{}'", from.phrase(), given.text),
               config::did_you_mean(given.text, from.with().keywords.phrases(place::http_request)));
    return;
  }
  if (from.report().count(config::severity::alert) > before) return;
  if (!end_of_rule(to, out, again)) return;
  note_order(to, section::stage::http_request, from, "http-request");
  to.http_request.push_back(std::move(out));
}

constexpr std::array lines = {
    verb<&http_request>({.name = "http-request", .allowed = config::proxies,
        .grammar = "<action> [if|unless <condition>]",
        .summary = "What is done with a request: the frontend's rules in order, then, once a backend is chosen, the "
                   "backend's. deny and redirect are the end; allow leaves the section's list.",
        .example = "http-request deny if { path_beg /admin }", .since = "1.4"}),
    verb<&redirect_line>({.name = "redirect", .allowed = config::named_proxies,
        .grammar = "location|prefix|scheme <to> [code <code>] [<option>…] [if|unless <condition>]",
        .summary = "Sends the client elsewhere, after the http-request rules; <to> is taken as it is written.",
        .example = "redirect scheme https code 301 if !{ ssl_fc }", .since = "1.3"}),
};

constexpr place here = place::http_request;

constexpr std::array actions = {
    verb<&allow>({.name = "allow", .allowed = here, .summary = "No further http-request rule of the section is looked at.",
        .example = "allow if { src 10.0.0.0/8 }", .since = "1.4"}),
    verb<&deny>({.name = "deny", .allowed = here, .grammar = "[deny_status|status <code>]",
        .summary = "Answers 403, or with deny_status the page of another status, or with status that status alone, and does no more.", .example = "deny deny_status 429", .since = "1.4"}),
    verb<&redirect_action>({.name = "redirect", .allowed = here,
        .grammar = "location|prefix|scheme <format> [code 301|302|303|307|308] [drop-query|keep-query] [append-slash] "
                   "[ignore-empty] [set-cookie|clear-cookie <name>[=<value>]] [set-cookie-fmt <format>]",
        .summary = "Sends the client elsewhere: to a location, to the same path behind a prefix, or to the same place "
                   "by another scheme; 302 unless said.",
        .example = "redirect prefix https://www.example.com code 301", .since = "1.5"}),
    verb<&header<action::set_header>>({.name = "set-header", .allowed = here, .grammar = "<name> <format>",
        .summary = "Puts one field in the place of all of that name.",
        .example = "set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]", .since = "1.5"}),
    verb<&header<action::add_header>>({.name = "add-header", .allowed = here, .grammar = "<name> <format>",
        .summary = "Adds a field.", .example = "add-header X-Client %ci", .since = "1.4"}),
    verb<&del_header>({.name = "del-header", .allowed = here, .grammar = "<name> [-m str|beg|end|sub|reg]",
        .summary = "Removes all fields of that name, or of names that match.", .example = "del-header X-Debug -m beg",
        .since = "1.5"}),
    verb<&replace_header<action::replace_header>>({.name = "replace-header", .allowed = here,
        .grammar = "<name> <regex> <format>",
        .summary = "Each field of that name that the regex finds something in becomes the text; \\1 to \\9 are its groups.",
        .example = "replace-header Cookie foo=([^;]*);(.*) foo=\\1;ip=%ci;\\2", .since = "1.5"}),
    verb<&replace_header<action::replace_value>>({.name = "replace-value", .allowed = here,
        .grammar = "<name> <regex> <format>", .summary = "The same for each value between commas.",
        .example = "replace-value X-Forwarded-For ^192\\.168\\.(.*)$ 172.16.\\1", .since = "1.5"}),
    verb<&set_target<action::set_path>>({.name = "set-path", .allowed = here, .grammar = "<format>",
        .summary = "Another path; the query stays.", .example = "set-path /v1%[path]", .since = "1.5"}),
    verb<&set_target<action::set_pathq>>({.name = "set-pathq", .allowed = here, .grammar = "<format>",
        .summary = "Another path and query.", .example = "set-pathq /find?q=%[path]", .since = "2.2"}),
    verb<&set_target<action::set_query>>({.name = "set-query", .allowed = here, .grammar = "<format>",
        .summary = "Another query; the path stays.", .example = "set-query %[query,regsub(%3D,=,g)]", .since = "1.5"}),
    verb<&set_target<action::set_uri>>({.name = "set-uri", .allowed = here, .grammar = "<format>",
        .summary = "Another target altogether.", .example = "set-uri /from%[path]", .since = "1.5"}),
    verb<&replace_target<action::replace_path>>({.name = "replace-path", .allowed = here, .grammar = "<regex> <format>",
        .summary = "If the regex finds something in the path, the text becomes the path.",
        .example = "replace-path /app/(.*) /\\1", .since = "2.2"}),
    verb<&replace_target<action::replace_pathq>>({.name = "replace-pathq", .allowed = here,
        .grammar = "<regex> <format>", .summary = "The same with path and query.",
        .example = "replace-pathq (.*) /shop\\1", .since = "2.2"}),
    verb<&replace_target<action::replace_uri>>({.name = "replace-uri", .allowed = here,
        .grammar = "<regex> <format>", .summary = "The same with the whole target.",
        .example = "replace-uri ^http://[^/]+(.*) \\1", .since = "1.6"}),
};

}  // namespace

std::span<const keyword> http_lines() { return lines; }
std::span<const keyword> http_actions() { return actions; }

}  // namespace ringway::rules

// What a request says (configuration.txt 7.3.6).
#include <charconv>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "rules/fetch.hpp"
#include "rules/request_parts.hpp"

namespace ringway::rules {
namespace {

using http::field;
using http::field_list;

// Fields that the proxy keeps for itself (Connection and the like) are still the client's words; those that a rule
// removed are not.
bool there(const field& one, std::string_view name) {
  return !one.removed && (name.empty() || same_text(one.name, name));
}

std::string_view first_host(const context& in) {
  for (const field& one : in.request->fields)
    if (there(one, "host")) return trim(one.value);
  return {};
}

bool method(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_text(in.request->method_text);
  return true;
}

bool path(const context& in, const argument_list&, cursor&, sample& out) {
  const std::string_view found = path_of(in.request->target);
  if (found.empty()) return false;
  out.set_text(found.substr(0, found.find('?')));
  return true;
}
bool path_and_query(const context& in, const argument_list&, cursor&, sample& out) {
  const std::string_view found = path_of(in.request->target);
  if (found.empty()) return false;
  out.set_text(found);
  return true;
}
bool query(const context& in, const argument_list&, cursor&, sample& out) {
  const std::size_t mark = in.request->target.find('?');
  if (mark == std::string_view::npos) return false;
  out.set_text(in.request->target.substr(mark + 1));
  return true;
}
bool url(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_text(in.request->target);
  return true;
}

bool host_and_path(const context& in, bool with_query, sample& out) {
  const std::string_view host = first_host(in);
  std::string_view rest = path_of(in.request->target);
  if (!with_query) rest = rest.substr(0, rest.find('?'));
  if (host.empty() && rest.empty()) return false;
  if (host.empty() || rest.empty()) {
    out.set_text(host.empty() ? rest : host);
    return true;
  }
  char* at = in.memory.take(host.size() + rest.size());
  host.copy(at, host.size());
  rest.copy(at + host.size(), rest.size());
  out.set_text({at, host.size() + rest.size()});
  return true;
}
bool base(const context& in, const argument_list&, cursor&, sample& out) { return host_and_path(in, false, out); }
bool base_and_query(const context& in, const argument_list&, cursor&, sample& out) {
  return host_and_path(in, true, out);
}
bool base_hash(const context& in, const argument_list&, cursor&, sample& out) {
  if (!host_and_path(in, false, out)) return false;
  out.set_integer(hash::avalanche(hash::sdbm(out.text)));
  return true;
}
bool base_query_hash(const context& in, const argument_list&, cursor&, sample& out) {
  if (!host_and_path(in, true, out)) return false;
  out.set_integer(hash::avalanche(hash::sdbm(out.text)));
  return true;
}

// --- query parameters: "name=value" between '?', '&' and ';'; a first delimiter of one's own may be given, and "i": the
// name in any case.
bool parameter(const context& in, const argument_list& args, cursor& at, sample& out) {
  const std::string_view name = args.empty() ? std::string_view() : std::string_view(args[0].text);
  const char first = args.size() > 1 && !args[1].text.empty() ? args[1].text[0] : '?';
  const bool any_case = args.size() > 2 && args[2].text == "i";
  if (!at.begun) {
    at.begun = true;
    const std::size_t mark = in.request->target.find(first);
    if (mark == std::string_view::npos) return false;
    at.rest = in.request->target.substr(mark + 1);
  }
  while (!at.rest.empty()) {
    std::size_t end = 0;
    while (end < at.rest.size() && at.rest[end] != '&' && at.rest[end] != ';' && at.rest[end] != first) ++end;
    const std::string_view one = at.rest.substr(0, end);
    at.rest.remove_prefix(end < at.rest.size() ? end + 1 : end);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view its = one.substr(0, equals);
    if (!name.empty() && its != name && !(any_case && same_text(its, name))) continue;
    out.set_text(one.substr(equals + 1));
    at.more = !at.rest.empty();
    return true;
  }
  return false;
}

// Leading digits, with a sign, as HAProxy reads numbers in fields; saturated.
std::int64_t leading_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc::result_out_of_range) return text[0] == '-' ? INT64_MIN : INT64_MAX;
  return error == std::errc() ? out : 0;
}

template <fetch_function Of>
bool number_of(const context& in, const argument_list& args, cursor& at, sample& out) {
  if (!Of(in, args, at, out)) return false;
  out.set_integer(leading_number(out.text));
  return true;
}

// --- fields

// The next value of a field's line: up to a comma outside quotes.
std::string_view next_value(std::string_view& rest) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size(); ++end) {
    const char c = rest[end];
    if (quoted && c == '\\' && end + 1 < rest.size()) ++end;
    else if (c == '"') quoted = !quoted;
    else if (c == ',' && !quoted) break;
  }
  const std::string_view out = trim(rest.substr(0, end));
  rest = end < rest.size() ? rest.substr(end + 1) : std::string_view();
  return out;
}

// One value after another of all fields of that name (empty: of any). Split at commas or whole.
template <bool Split>
bool next_of(const context& in, std::string_view name, cursor& at, std::string_view& out) {
  const field_list& fields = in.request->fields;
  for (;;) {
    if (at.begun) {
      const bool ended = at.rest.data() == nullptr;
      if (!ended) {
        std::string_view rest = at.rest;
        out = next_value(rest);
        at.rest = rest;
        // What is said about keeping the connection is taken off before rules look, as in HAProxy.
        if (fields[at.field - 1].id == http::known::connection && (same_text(out, "close") || same_text(out, "keep-alive")))
          continue;
        return true;
      }
      at.begun = false;
    }
    while (at.field < fields.size() && !there(fields[at.field], name)) ++at.field;
    if (at.field >= fields.size()) return false;
    const std::string_view value = fields[at.field++].value;
    if constexpr (!Split) {
      out = trim(value);
      return true;
    }
    if (value.empty()) {
      out = value;
      return true;
    }
    at.rest = value;
    at.begun = true;
  }
}

template <bool Split>
bool occurrence(const context& in, std::string_view name, std::int64_t which, sample& out) {
  cursor at;
  std::string_view value;
  std::int64_t count = 0;
  if (which > 0) {
    while (next_of<Split>(in, name, at, value))
      if (++count == which) {
        out.set_text(value);
        return true;
      }
    return false;
  }
  while (next_of<Split>(in, name, at, value)) ++count;
  if (count + which < 0) return false;
  return occurrence<Split>(in, name, count + which + 1, out);
}

template <bool Split>
bool field_value(const context& in, const argument_list& args, cursor& at, sample& out) {
  const std::string_view name = args.empty() ? std::string_view() : std::string_view(args[0].text);
  const std::int64_t which = args.size() > 1 ? args[1].number : 0;
  if (which != 0 || !at.every) return occurrence<Split>(in, name, which != 0 ? which : -1, out);
  std::string_view value;
  if (!next_of<Split>(in, name, at, value)) return false;
  out.set_text(value);
  at.more = true;
  return true;
}

template <bool Split>
bool field_count(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::string_view name = args.empty() ? std::string_view() : std::string_view(args[0].text);
  cursor at;
  std::string_view value;
  std::int64_t count = 0;
  while (next_of<Split>(in, name, at, value)) ++count;
  out.set_integer(count);
  return true;
}

// RFC 7239 node: an IPv4 address with or without a port, an IPv6 address in brackets or (not of the RFC) bare.
bool node_address(std::string_view text, address& out) {
  if (text.starts_with('"') && text.ends_with('"') && text.size() > 1) text = text.substr(1, text.size() - 2);
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || end + 1 != text.size()) return false;
    text = text.substr(1, end - 1);
    const auto read = parse_ip(text);
    if (!read || read->kind != family::v6) return false;
    out = *read;
    return true;
  }
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error != std::errc() || end != port.data() + port.size() || number > 65535) return false;
    text = text.substr(0, colon);
  }
  const auto read = parse_ip(text);
  if (!read) return false;
  out = *read;
  return true;
}
bool field_address(const context& in, const argument_list& args, cursor& at, sample& out) {
  for (;;) {
    at.more = false;
    if (!field_value<true>(in, args, at, out)) return false;
    address found;
    if (node_address(out.text, found)) {
      out.set_ip(found);
      return true;
    }
    if (!at.more) return false;
  }
}

bool field_names(const context& in, const argument_list& args, cursor&, sample& out) {
  const char between = args.empty() || args[0].text.empty() ? ',' : args[0].text[0];
  std::size_t size = 0;
  for (const field& one : in.request->fields)
    if (!one.removed) size += one.name.size() + 1;
  char* to = in.memory.take(size + 1);
  std::size_t used = 0;
  for (const field& one : in.request->fields) {
    if (one.removed) continue;
    if (used > 0) to[used++] = between;
    for (const char c : one.name) to[used++] = lower(c);
  }
  out.set_text({to, used});
  return true;
}

// --- cookies: name=value separated by ';' over all Cookie fields.
bool next_cookie(const context& in, std::string_view name, cursor& at, std::string_view& out) {
  const field_list& fields = in.request->fields;
  for (;;) {
    while (at.rest.empty()) {
      while (at.field < fields.size() && !there(fields[at.field], "cookie")) ++at.field;
      if (at.field >= fields.size()) return false;
      at.rest = fields[at.field++].value;
    }
    std::size_t end = 0;
    for (bool quoted = false; end < at.rest.size(); ++end) {
      const char c = at.rest[end];
      if (c == '"') quoted = !quoted;
      if (!quoted && (c == ';' || c == ',')) break;
    }
    const std::string_view one = at.rest.substr(0, end);
    at.rest.remove_prefix(end < at.rest.size() ? end + 1 : end);
    const std::size_t equals = one.find('=');
    if (equals == std::string_view::npos) continue;
    if (!name.empty() && trim(one.substr(0, equals)) != name) continue;
    out = trim(one.substr(equals + 1));
    return true;
  }
}
bool cookie(const context& in, const argument_list& args, cursor& at, sample& out) {
  const std::string_view name = args.empty() ? std::string_view() : std::string_view(args[0].text);
  std::string_view value, last;
  if (at.every) {
    if (!next_cookie(in, name, at, value)) return false;
    out.set_text(value);
    at.more = true;
    return true;
  }
  bool found = false;
  while (next_cookie(in, name, at, value)) {
    last = value;
    found = true;
    if (name.empty()) break;
  }
  if (found) out.set_text(last);
  return found;
}
bool cookie_count(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::string_view name = args.empty() ? std::string_view() : std::string_view(args[0].text);
  cursor at;
  std::string_view value;
  std::int64_t count = 0;
  while (next_cookie(in, name, at, value)) ++count;
  out.set_integer(count);
  return true;
}

bool version(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_text(in.request->minor == 0 ? "1.0" : "1.1");
  return true;
}
bool first_request(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_bool(in.first_request);
  return true;
}
bool is_http(const context&, const argument_list&, cursor&, sample& out) {
  out.set_bool(true);
  return true;
}
bool body_size(const context& in, const argument_list&, cursor&, sample& out) {
  const field* length = http::find(in.request->fields, http::known::content_length);
  out.set_integer(length != nullptr ? leading_number(length->value) : static_cast<std::int64_t>(in.chunked_bytes));
  return true;
}

#define NAME_AND_OCCURRENCE .arguments = "([<name>[,<occurrence>]])", .takes_ = {takes::text, takes::number}
#define ONE_NAME .arguments = "([<name>])", .takes_ = {takes::text}
#define A_PARAMETER .arguments = "([<name>[,<delimiter>[,i]]])", .takes_ = {takes::text, takes::text, takes::text}
#define OF_REQUEST .wants = needs::request

constexpr std::array rows = {
    fetch_row{.name = "method", .gives = kind::text, OF_REQUEST, .summary = "The request's method.",
        .example = "method GET HEAD", .since = "1.3", .run = &method},
    fetch_row{.name = "path", .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "The target's path, without host and query.", .example = "path_beg /api/", .since = "1.3",
        .run = &path},
    fetch_row{.name = "pathq", .gives = kind::text, OF_REQUEST, .summary = "The target's path with the query.",
        .example = "pathq -m beg /find?", .since = "2.2", .run = &path_and_query},
    fetch_row{.name = "query", .gives = kind::text, OF_REQUEST,
        .summary = "What follows the first '?'; nothing without one.", .example = "query -m found", .since = "1.8",
        .run = &query},
    fetch_row{.name = "url", .gives = kind::text, OF_REQUEST, .derived = true, .summary = "The target as it came.",
        .example = "url_beg http://", .since = "1.3", .run = &url},
    fetch_row{.name = "url32", .gives = kind::integer, OF_REQUEST, .summary = "baseq,sdbm(1)", .example = "url32 gt 0",
        .since = "1.5", .run = &base_query_hash},
    fetch_row{.name = "base", .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "The first Host field and the path in one.", .example = "base www.example.com/favicon.ico",
        .since = "1.5", .run = &base},
    fetch_row{.name = "baseq", .gives = kind::text, OF_REQUEST,
        .summary = "The first Host field, path and query in one.", .example = "baseq -m beg www.example.com/?",
        .since = "2.2", .run = &base_and_query},
    fetch_row{.name = "base32", .gives = kind::integer, OF_REQUEST, .summary = "base,sdbm(1)", .example = "base32 gt 0",
        .since = "1.5", .run = &base_hash},
    fetch_row{.name = "url_param", A_PARAMETER, .gives = kind::text, OF_REQUEST, .derived = true, .summary = "A parameter of the query.",
        .example = "url_param(lang) de", .since = "1.5", .run = &parameter},
    fetch_row{.name = "urlp", A_PARAMETER, .gives = kind::text, OF_REQUEST, .derived = true, .summary = "The same as url_param.",
        .example = "urlp(lang) de", .since = "1.5", .run = &parameter},
    fetch_row{.name = "urlp_val", A_PARAMETER, .gives = kind::integer, OF_REQUEST, .summary = "A parameter of the query as a number.",
        .example = "urlp_val(page) gt 100", .since = "1.5", .run = &number_of<&parameter>},
    fetch_row{.name = "req.hdr", NAME_AND_OCCURRENCE, .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "Values of the fields of a name, split at commas; the last where one is wanted.",
        .example = "req.hdr(host) -i www.example.com", .since = "1.5", .run = &field_value<true>},
    fetch_row{.name = "hdr", NAME_AND_OCCURRENCE, .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "The same as req.hdr.", .example = "hdr_beg(host) -i www.", .since = "1.3",
        .run = &field_value<true>},
    fetch_row{.name = "req.fhdr", NAME_AND_OCCURRENCE, .gives = kind::text, OF_REQUEST,
        .summary = "Values of the fields of a name, whole lines.", .example = "req.fhdr(user-agent) -m sub Firefox",
        .since = "1.5", .run = &field_value<false>},
    fetch_row{.name = "req.hdr_cnt", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "How many values the fields of a name (of any) have.", .example = "req.hdr_cnt(host) gt 1",
        .since = "1.5", .run = &field_count<true>},
    fetch_row{.name = "hdr_cnt", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "The same as req.hdr_cnt.", .example = "hdr_cnt(via) ge 1", .since = "1.3",
        .run = &field_count<true>},
    fetch_row{.name = "req.fhdr_cnt", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "How many fields of a name (of any) there are.", .example = "req.fhdr_cnt(cookie) gt 1",
        .since = "1.5", .run = &field_count<false>},
    fetch_row{.name = "req.hdr_ip", NAME_AND_OCCURRENCE, .gives = kind::ip, OF_REQUEST,
        .summary = "Values of fields that are addresses.", .example = "req.hdr_ip(x-forwarded-for,-1) 10.0.0.0/8",
        .since = "1.5", .run = &field_address},
    fetch_row{.name = "hdr_ip", NAME_AND_OCCURRENCE, .gives = kind::ip, OF_REQUEST,
        .summary = "The same as req.hdr_ip.", .example = "hdr_ip(x-real-ip) 192.0.2.1", .since = "1.3",
        .run = &field_address},
    fetch_row{.name = "req.hdr_val", NAME_AND_OCCURRENCE, .gives = kind::integer, OF_REQUEST,
        .summary = "Values of fields as numbers.", .example = "req.hdr_val(content-length) gt 1000000",
        .since = "1.5", .run = &number_of<&field_value<true>>},
    fetch_row{.name = "hdr_val", NAME_AND_OCCURRENCE, .gives = kind::integer, OF_REQUEST,
        .summary = "The same as req.hdr_val.", .example = "hdr_val(max-forwards) lt 2", .since = "1.3",
        .run = &number_of<&field_value<true>>},
    fetch_row{.name = "req.hdr_names", .arguments = "([<delimiter>])", .takes_ = {takes::text}, .gives = kind::text,
        OF_REQUEST, .summary = "The names of all fields, joined by a comma or the delimiter.",
        .example = "req.hdr_names -m sub x-debug", .since = "2.0", .run = &field_names},
    fetch_row{.name = "req.cook", ONE_NAME, .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "A cookie's value.", .example = "req.cook(stage) beta", .since = "1.5", .run = &cookie},
    fetch_row{.name = "cook", ONE_NAME, .gives = kind::text, OF_REQUEST, .derived = true,
        .summary = "The same as req.cook.", .example = "cook_beg(JSESSIONID) a1-", .since = "1.5", .run = &cookie},
    fetch_row{.name = "req.cook_cnt", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "How many cookies of a name (of any) there are.", .example = "req.cook_cnt gt 50", .since = "1.5",
        .run = &cookie_count},
    fetch_row{.name = "cook_cnt", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "The same as req.cook_cnt.", .example = "cook_cnt(id) gt 1", .since = "1.5", .run = &cookie_count},
    fetch_row{.name = "req.cook_val", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "A cookie's value as a number.", .example = "req.cook_val(visits) gt 3", .since = "1.5",
        .run = &number_of<&cookie>},
    fetch_row{.name = "cook_val", ONE_NAME, .gives = kind::integer, OF_REQUEST,
        .summary = "The same as req.cook_val.", .example = "cook_val(visits) gt 3", .since = "1.5",
        .run = &number_of<&cookie>},
    fetch_row{.name = "req.ver", .gives = kind::text, OF_REQUEST, .summary = "The HTTP version: 1.0 or 1.1.",
        .example = "req.ver 1.1", .since = "1.5", .run = &version},
    fetch_row{.name = "req_ver", .gives = kind::text, OF_REQUEST, .summary = "The same as req.ver.",
        .example = "req_ver 1.1", .since = "1.3", .run = &version},
    fetch_row{.name = "req.proto_http", .gives = kind::boolean, OF_REQUEST,
        .summary = "The request is HTTP.", .example = "req.proto_http", .since = "1.5", .run = &is_http},
    fetch_row{.name = "req.body_size", .gives = kind::integer, OF_REQUEST,
        .summary = "The length of the body that the request announces; in chunks, of those that are here.", .example = "req.body_size gt 1048576",
        .since = "1.6", .run = &body_size},
    fetch_row{.name = "http_first_req", .gives = kind::boolean, OF_REQUEST,
        .summary = "The request is the first one of its connection.", .example = "http_first_req", .since = "1.5",
        .run = &first_request},
};

#undef NAME_AND_OCCURRENCE
#undef ONE_NAME
#undef A_PARAMETER
#undef OF_REQUEST

}  // namespace

std::span<const fetch_row> fetches_of_requests() { return rows; }

}  // namespace ringway::rules

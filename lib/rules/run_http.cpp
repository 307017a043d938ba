// http-request rules and redirects, run over one request.
#include <cstring>

#include "base/text.hpp"
#include "rules/request_parts.hpp"
#include "rules/ruleset.hpp"
#include "rules/step.hpp"

namespace ringway::rules {
namespace {

using action = http_rule::action;
using http::field;

// --- fields

void remove(field& one) { one.dropped = one.removed = true; }

bool named(const field& one, std::string_view name) { return !one.removed && same_text(one.name, name); }

http::known known_name(std::string_view name) {
  if (same_text(name, "host")) return http::known::host;
  if (same_text(name, "cookie")) return http::known::cookie;
  if (same_text(name, "expect")) return http::known::expect;
  if (same_text(name, "date")) return http::known::date;
  return http::known::other;
}

// A new target "scheme://HOST/path" when the request came with the absolute form: both must name one authority.
void follow_host(editable& to, std::string_view host) {
  const std::string_view target = to.request.target;
  const std::size_t scheme = target.find("://");
  if (target.starts_with('/') || scheme == std::string_view::npos) return;
  const std::size_t begin = scheme + 3;
  const std::size_t end = std::min(target.find_first_of("/?", begin), target.size());
  const std::size_t size = begin + host.size() + (target.size() - end);
  char* at = to.keep.take(size);
  std::memcpy(at, target.data(), begin);
  host.copy(at + begin, host.size());
  std::memcpy(at + begin + host.size(), target.data() + end, target.size() - end);
  to.request.target = {at, size};
  to.target_changed = true;
}

// The other way round: Host names what a new target names that is no path, without its userinfo, as in HAProxy. A target
// that names nobody cannot be sent.
void follow_target(editable& to) {
  const std::string_view target = to.request.target;
  if (target.starts_with('/') || target == "*") return;
  const std::size_t scheme = target.find("://");
  std::string_view host = target.substr(scheme == std::string_view::npos ? 0 : scheme + 3);
  host = host.substr(0, host.find_first_of("/?"));
  host = host.substr(host.rfind('@') + 1);
  if (host.empty()) to.too_long = true;
  for (field& one : to.request.fields) {
    if (!named(one, "host")) continue;
    one.value = host;
    one.line = {};
  }
}

void add_field(editable& to, const std::string& name, std::string_view value) {
  field fresh;
  fresh.name = name;
  fresh.value = value;
  fresh.id = known_name(name);
  to.request.fields.push_back(fresh);
  if (fresh.id != http::known::host) return;
  to.host_changed = true;
  follow_host(to, fresh.value);
}

bool matches_name(const http_rule& by, std::string_view name) {
  const std::string_view pattern = by.name;
  switch (by.name_by) {
    case match::beg: return name.size() >= pattern.size() && same_text(name.substr(0, pattern.size()), pattern);
    case match::end:
      return name.size() >= pattern.size() && same_text(name.substr(name.size() - pattern.size()), pattern);
    case match::sub:
      for (std::size_t at = 0; at + pattern.size() <= name.size(); ++at)
        if (same_text(name.substr(at, pattern.size()), pattern)) return true;
      return false;
    case match::reg: return by.pattern->matches(name);
    default: return same_text(name, pattern);
  }
}

// What frames the message is never a rule's to remove, whatever the pattern.
bool frames(const field& one) {
  return one.id == http::known::content_length || one.id == http::known::transfer_encoding;
}

// --- replacing by regex: the whole text becomes the pattern's answer, \0 to \9 are what its groups matched.
std::string_view expand(std::string_view text, const regex::groups& found, std::string_view by, arena& memory,
                        editable& to) {
  std::size_t most = by.size();
  for (const auto& group : found) most += (group[1] - group[0]) * (by.size() / 2 + 1);
  most = std::min(most, to.most);
  char* at = memory.take(most);
  std::size_t used = 0;
  const auto put = [&](std::string_view what) {
    const std::size_t size = std::min(what.size(), most - used);
    to.too_long = to.too_long || size < what.size();
    std::memcpy(at + used, what.data(), size);
    used += size;
  };
  for (std::size_t i = 0; i < by.size(); ++i) {
    if (by[i] == '\\' && i + 1 < by.size()) {
      ++i;
      if (is_digit(by[i])) {
        const auto& group = found[static_cast<std::size_t>(by[i] - '0')];
        put(text.substr(group[0], group[1] - group[0]));
        continue;
      }
    }
    put(by.substr(i, 1));
  }
  memory.shrink(most - used);
  return {at, used};
}

void replace_fields(const http_rule& by, const context& in, editable& to) {
  const std::string_view fresh = by.value.fill(in);
  regex::groups found;
  for (field& one : to.request.fields) {
    if (!named(one, by.name)) continue;
    if (by.what == action::replace_header) {
      if (!by.pattern->find(one.value, 0, found)) continue;
      one.value = expand(one.value, found, fresh, to.keep, to);
    } else {
      // Each value between commas by itself. One that is replaced loses the blanks around it, as HAProxy has it.
      std::string all;
      std::size_t done = 0;
      bool changed = false;
      const auto put = [&](std::string_view what) {
        to.too_long = to.too_long || what.size() > to.most - all.size();
        all.append(what.substr(0, to.most - all.size()));
      };
      while (done <= one.value.size() && !to.too_long) {
        const std::size_t comma = std::min(one.value.find(',', done), one.value.size());
        const std::string_view whole = one.value.substr(done, comma - done), value = trim(whole);
        if (!value.empty() && by.pattern->find(value, 0, found)) {
          put(expand(value, found, fresh, in.memory, to));
          changed = true;
        } else {
          put(whole);
        }
        if (comma < one.value.size()) put(",");
        done = comma + 1;
      }
      if (!changed) continue;
      one.value = to.keep.keep(all);
    }
    one.line = {};
    if (one.id == http::known::host) {
      to.host_changed = true;
      follow_host(to, one.value);
    }
  }
}

// --- targets

// Joins the pieces; what cannot stand in a target is escaped, so that the line stays one line of three words.
void set_target(editable& to, std::string_view a, std::string_view b, std::string_view c) {
  constexpr char digits[] = "0123456789ABCDEF";
  char* at = to.keep.take((a.size() + b.size() + c.size()) * 3);
  std::size_t used = 0;
  for (const std::string_view part : {a, b, c})
    for (const char one : part) {
      const auto byte = static_cast<unsigned char>(one);
      if (byte > 0x20 && byte < 0x7f && one != '#') {
        at[used++] = one;
        continue;
      }
      at[used++] = '%';
      at[used++] = digits[byte >> 4];
      at[used++] = digits[byte & 15];
    }
  to.keep.shrink((a.size() + b.size() + c.size()) * 3 - used);
  to.request.target = {at, used};
  to.target_changed = true;
}

void edit_target(const http_rule& by, const context& in, editable& to) {
  const std::string_view target = to.request.target;
  std::string_view whole_path = path_of(target);
  bool has_path = !whole_path.empty();
  const std::size_t scheme = has_path || target.empty() ? std::string_view::npos : target.find("://");
  if (scheme != std::string_view::npos) {  // "http://a?query": a path that is empty is one
    whole_path = target.substr(std::min(target.find('?', scheme + 3), target.size()));
    has_path = true;
  }
  const std::string_view before = has_path ? target.substr(0, target.size() - whole_path.size()) : target;
  const std::size_t mark = whole_path.find('?');
  const std::string_view path = whole_path.substr(0, mark);
  const std::string_view query = mark == std::string_view::npos ? std::string_view() : whole_path.substr(mark);
  std::string_view fresh = by.value.fill(in);
  regex::groups found;
  const auto replaced = [&](std::string_view text) {
    if (!by.pattern->find(text, 0, found)) return false;
    fresh = expand(text, found, fresh, in.memory, to);
    return true;
  };
  const auto slash = [&] { return fresh.starts_with('/') ? std::string_view() : std::string_view("/"); };
  switch (by.what) {
    case action::set_uri:
      if (fresh.empty()) return;
      set_target(to, fresh, {}, {});
      follow_target(to);
      return;
    case action::replace_uri:
      if (!replaced(target) || fresh.empty()) return;
      set_target(to, fresh, {}, {});
      follow_target(to);
      return;
    default: break;
  }
  if (!has_path) return;  // "*", an authority
  std::string_view rest;
  switch (by.what) {
    case action::replace_path:
      if (!replaced(path)) return;
      rest = query;
      break;
    case action::replace_pathq:
      if (!replaced(whole_path)) return;
      break;
    case action::set_path: rest = query; break;
    case action::set_pathq: break;
    case action::set_query: {
      // The question mark is not the text's, which may begin with another one; it stays behind an empty text.
      if (fresh.empty() && query.empty()) return;
      char* at = in.memory.take(fresh.size() + 1);
      *at = '?';
      fresh.copy(at + 1, fresh.size());
      set_target(to, before, path, {at, 1 + fresh.size()});
      return;
    }
    default: return;
  }
  char* at = in.memory.take(fresh.size() + 1);
  const std::string_view lead = slash();
  lead.copy(at, lead.size());
  fresh.copy(at + lead.size(), fresh.size());
  set_target(to, before, {at, lead.size() + fresh.size()}, rest);
}

// --- redirects

bool redirect(const redirect_settings& by, const context& in, outcome& out) {
  const std::string_view given = by.to.fill(in);
  const http::request_head& request = *in.request;
  std::string_view host, path;
  std::string_view joint;
  if (by.how == redirect_settings::target::location && by.keep_query && !by.drop_query) {
    path = path_of(request.target);
    const std::size_t mark = path.find('?');
    path = mark == std::string_view::npos ? std::string_view() : path.substr(mark + 1);
    if (!path.empty()) joint = given.find('?') == std::string_view::npos ? "?" : "&";
  }
  if (by.how != redirect_settings::target::location) {
    path = path_of(request.target);
    if (by.drop_query) path = path.substr(0, path.find('?'));
    if (by.how == redirect_settings::target::scheme) {
      for (const field& one : request.fields)
        if (named(one, "host")) {
          host = one.value;
          break;
        }
    }
    if (path.empty()) path = "/";
  } else if (given.empty() && by.ignore_empty) {
    return false;
  }
  const bool scheme = by.how == redirect_settings::target::scheme;
  // "prefix /" is the way to change the method or set a cookie only: nothing stands before the path.
  const std::string_view first = by.how == redirect_settings::target::prefix && given == "/" ? std::string_view() : given;
  const std::string_view parts[] = {first, scheme ? std::string_view("://") : joint, host, path};
  std::size_t size = 1, used = 0;
  for (const std::string_view part : parts) size += part.size() * 3;
  char* at = in.memory.take(size);
  for (const std::string_view part : parts)
    for (const char c : part) {
      const auto byte = static_cast<unsigned char>(c);
      // An end of line is the configuration's own: what a sample has of it is escaped already.
      if ((byte >= 0x20 && byte != 0x7f) || (part.data() == first.data() && (c == '\r' || c == '\n'))) {
        at[used++] = c;
        continue;
      }
      constexpr char digits[] = "0123456789ABCDEF";
      at[used++] = '%';
      at[used++] = digits[byte >> 4];
      at[used++] = digits[byte & 15];
    }
  if (by.append_slash && by.how != redirect_settings::target::location && (used == 0 || at[used - 1] != '/')) at[used++] = '/';
  out.what = outcome::kind::redirect;
  out.status = by.code;
  out.location = {at, used};
  out.cookie = by.cookie;
  if (by.cookie_made) {
    const std::string_view made = by.cookie_made->fill(in);
    constexpr std::string_view rest = "; path=/;";
    char* cookie = in.memory.take(made.size() + rest.size());
    made.copy(cookie, made.size());
    rest.copy(cookie + made.size(), rest.size());
    out.cookie = {cookie, made.size() + rest.size()};
  }
  return true;
}

// false: no further rule of the list.
bool obey(const http_rule& by, const context& in, editable& to, outcome& out) {
  switch (by.what) {
    case action::none: return true;
    case action::allow: return false;
    case action::deny:
      out.what = outcome::kind::deny;
      out.status = by.status;
      out.bare = by.bare;
      return false;
    case action::redirect: return !redirect(*by.redirect, in, out);
    case action::set_header:
    case action::add_header: {
      const std::string_view made = by.value.fill(in);
      const std::string_view value = by.value.fixed() ? made : to.keep.keep(made);
      if (by.what == action::set_header)
        for (field& one : to.request.fields)
          if (named(one, by.name)) remove(one);
      add_field(to, by.name, value);
      return true;
    }
    case action::del_header:
      for (field& one : to.request.fields)
        if (!one.removed && !frames(one) && matches_name(by, one.name)) {
          remove(one);
          to.host_changed = to.host_changed || one.id == http::known::host;
        }
      return true;
    case action::replace_header:
    case action::replace_value: replace_fields(by, in, to); return true;
    default: edit_target(by, in, to); return true;
  }
}

}  // namespace

outcome on_request(const section& of, const context& in, editable& request, trace* seen) {
  outcome out;
  for (const http_rule& each : of.http_request)
    if (applies(each, of, in, seen) && !obey(each, in, request, out)) break;
  if (out.what != outcome::kind::go_on) return out;
  for (const http_rule& each : of.redirects)
    if (applies(each, of, in, seen) && !obey(each, in, request, out)) break;
  return out;
}

}  // namespace ringway::rules

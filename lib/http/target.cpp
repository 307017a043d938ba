#include "http/target.hpp"

#include <algorithm>
#include <array>

#include "base/address.hpp"
#include "base/text.hpp"

namespace ringway::http {

namespace {

// unreserved / pct-encoded / sub-delims of RFC 3986, but no comma: some read a list of hosts there.
constexpr std::array<bool, 256> host_chars = [] {
  std::array<bool, 256> out{};
  for (const char c : std::string_view("-._~%!$&'()*+;=0123456789")) out[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) out[static_cast<unsigned char>(c)] = out[static_cast<unsigned char>(c - 32)] = true;
  return out;
}();
bool is_host_char(char c) { return host_chars[static_cast<unsigned char>(c)]; }

struct authority_parts {
  std::string_view host, port;
  bool has_port = false;
};

authority_parts split(std::string_view text) {
  authority_parts out;
  const std::size_t bracket = text.rfind(']');
  std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && bracket != std::string_view::npos && colon < bracket) colon = std::string_view::npos;
  out.host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    out.has_port = true;
    out.port = text.substr(colon + 1);
  }
  return out;
}

// What HAProxy takes for a host and a port: any printable ASCII but these, brackets only around all of the host.
bool is_loose_authority(std::string_view text) {
  if (!text.empty() && text.front() == '[') {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos || (end + 1 < text.size() && text[end + 1] != ':')) return false;
    if (!is_loose_authority(text.substr(1, end - 1))) return false;
    text.remove_prefix(end + 1);
  }
  for (const char c : text)
    if (c <= 0x20 || c == 0x7f || std::string_view("#,/?@[\\]").find(c) != std::string_view::npos) return false;
  return true;
}

// Equal but for letter case and a port that is empty or the scheme's default.
bool same_authority(std::string_view a, std::string_view b, std::string_view default_port) {
  const authority_parts left = split(a), right = split(b);
  if (!same_text(left.host, right.host)) return false;
  const auto plain = [&](const authority_parts& of) {
    return of.port.empty() || of.port == default_port ? std::string_view{} : of.port;
  };
  return plain(left) == plain(right);
}

std::string_view default_port_of(std::string_view scheme) {
  return same_text(scheme, "http") ? "80" : same_text(scheme, "https") ? "443" : "";
}

// To CONNECT both ports of the web are the one that Host may leave out (RFC 9110 7.2 would have it say any).
bool same_tunnel(std::string_view authority, std::string_view host) {
  const authority_parts target = split(authority), said = split(host);
  if (!same_text(target.host, said.host)) return false;
  return target.port == said.port || (said.port.empty() && (target.port == "80" || target.port == "443"));
}

// scheme "://" [userinfo "@"] authority rest
struct absolute_parts {
  std::string_view scheme, authority;
  bool has_user = false;
  std::size_t rest = 0;  // where path, query or nothing begins
};

absolute_parts split_absolute(std::string_view target) {
  absolute_parts out;
  const std::size_t colon = target.find("://");
  out.scheme = target.substr(0, colon);
  const std::size_t begin = colon + 3;
  out.rest = std::min(target.find_first_of("/?#", begin), target.size());
  out.authority = target.substr(begin, out.rest - begin);
  if (const std::size_t at = out.authority.rfind('@'); at != std::string_view::npos) {
    out.has_user = true;
    out.authority.remove_prefix(at + 1);
  }
  return out;
}

void set(field& one, std::string_view value) {
  if (one.value == value) return;
  one.value = value;
  one.line = {};
}

field* host_of(request_head& head) {
  for (field& one : head.fields)
    if (one.id == known::host && !one.dropped) return &one;
  return nullptr;
}

bool has_bad_byte(std::string_view target, parsing how) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return true;
    if (!is_lenient(how) && (byte > 0x7f || c == '#')) return true;
  }
  return false;
}

}  // namespace

bool is_authority(std::string_view text, bool may_be_empty) {
  // A plain name or address and nothing else, as most are.
  std::size_t plain = 0;
  while (plain < text.size() && is_host_char(text[plain]) && text[plain] != '%') ++plain;
  if (plain == text.size() && plain > 0) return true;
  const authority_parts parts = split(text);
  unsigned long port = 0;
  for (const char c : parts.port) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned long>(c - '0');
    if (port > 65535) return false;
  }
  if (parts.host.empty()) return may_be_empty && !parts.has_port;
  if (parts.host.front() == '[') {
    if (parts.host.back() != ']') return false;
    const std::string_view literal = parts.host.substr(1, parts.host.size() - 2);
    const auto ip = parse_ip(literal);
    return ip && ip->kind == family::v6;
  }
  for (std::size_t i = 0; i < parts.host.size(); ++i) {
    if (!is_host_char(parts.host[i])) return false;
    if (parts.host[i] == '%') {
      const auto hex = [](char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); };
      if (i + 2 >= parts.host.size() || !hex(parts.host[i + 1]) || !hex(parts.host[i + 2])) return false;
    }
  }
  return true;
}

refusal check_target(request_head& head, parsing how, target_form& form) {
  const bool checked = !is_lenient(how), loose = as_haproxy(how);
  field* host = nullptr;
  for (field& one : head.fields) {
    if (one.id != known::host || one.dropped) continue;
    if (host == nullptr) {
      host = &one;
    } else if (loose && same_text(host->value, one.value)) {
      one.dropped = true;
    } else {
      return {400, "more than one Host field"};
    }
  }
  // Without a host (RFC 9112 3.2), or with an empty one (RFC 9110 4.2.1), nobody is asked: HAProxy passes both on.
  if (host == nullptr && head.minor >= 1 && checked && !loose) return {400, "no Host field"};
  const auto sound = [&](std::string_view text, bool may_be_empty) {
    return loose ? is_loose_authority(text) : is_authority(text, may_be_empty);
  };
  if (host != nullptr && !sound(host->value, !checked)) return {400, "invalid Host field"};

  const std::string_view target = head.target;
  if (target.empty() || has_bad_byte(target, how)) return {400, "invalid byte in the request target"};
  if (head.verb == method::connect) {
    form = target_form::authority;
    if (target.front() == '/' || target.find('*') != std::string_view::npos || target.find("://") != std::string_view::npos)
      return {400, "CONNECT without host and port"};
    if (!checked) return {};
    std::string_view authority = target;
    if (loose) authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
    const std::string_view port = split(authority).port;
    for (const char c : port)
      if (!is_digit(c)) return {400, "CONNECT without host and port"};
    if (port.empty() || !sound(authority, false)) return {400, "CONNECT without host and port"};
    if (host != nullptr && !same_tunnel(authority, host->value)) return {400, "Host differs from the request target"};
    return {};
  }
  if (loose && head.method_text == "PRI") return {400, "the beginning of HTTP/2"};
  if (target == "*") {
    form = target_form::asterisk;
    if (head.verb != method::options) return {400, "asterisk target without OPTIONS"};
    return {};
  }
  if (target.front() == '/') {
    form = target_form::origin;
    return {};
  }
  form = target_form::absolute;
  const std::size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0) return {400, "invalid request target"};
  const std::string_view scheme = target.substr(0, colon);
  const char first = lower(scheme.front());
  if (first < 'a' || first > 'z') return {400, "invalid scheme in the request target"};
  for (const char c : scheme)
    if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') && c != '+' && c != '-' && c != '.')
      return {400, "invalid scheme in the request target"};
  const absolute_parts parts = split_absolute(target);
  // It hides which host is asked, and must not be sent on (RFC 9110 4.2.4); HAProxy looks past it.
  if (parts.has_user && checked && !loose) return {400, "user information in the request target"};
  if (!sound(parts.authority, false)) return {400, "invalid authority in the request target"};
  // RFC 9112 3.2.2 would let the target win; two names for one request are refused, as HAProxy does.
  if (host != nullptr && checked && !same_authority(parts.authority, host->value, default_port_of(scheme)))
    return {400, "Host differs from the request target"};
  return {};
}

void normalise_target(request_head& head, target_form form, std::string& room) {
  if (form != target_form::authority && form != target_form::absolute) return;
  field* const host = host_of(head);
  if (form == target_form::authority) {
    // The target keeps its port, without which it is none.
    if (host == nullptr) return;
    const authority_parts said = split(host->value);
    if ((said.port == "80" || said.port == "443") && said.port == split(head.target).port) set(*host, said.host);
    return;
  }
  const absolute_parts parts = split_absolute(head.target);
  const authority_parts at = split(parts.authority);
  const bool needless = at.has_port && (at.port.empty() || at.port == default_port_of(parts.scheme));
  const bool bare = parts.rest == head.target.size() && head.verb != method::options;
  if (!needless && !bare) return;
  const std::size_t host_begin = static_cast<std::size_t>(parts.authority.data() - head.target.data());
  const std::size_t keep = needless ? host_begin + at.host.size() : parts.rest;
  room.clear();
  room.reserve(head.target.size() + 1);
  room.append(head.target.substr(0, keep)).append(head.target.substr(parts.rest));
  if (bare) room.push_back('/');
  head.target = room;
  if (needless && host != nullptr) set(*host, head.target.substr(host_begin, at.host.size()));
}

}  // namespace ringway::http

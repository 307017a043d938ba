#include "http/target.hpp"

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
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  out.host = text.substr(0, colon);
  if (colon != std::string_view::npos) {
    out.has_port = true;
    out.port = text.substr(colon + 1);
  }
  return out;
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

bool has_bad_byte(std::string_view target, parsing how) {
  for (const char c : target) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f) return true;
    if (how == parsing::strict && (byte > 0x7f || c == '#')) return true;
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
  for (const char c : parts.port)
    if (!is_digit(c)) return false;
  if (parts.port.size() > 5) return false;
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
  const bool strict = how == parsing::strict;
  field* host = nullptr;
  for (field& one : head.fields) {
    if (one.id != known::host || one.dropped) continue;
    if (host != nullptr) return {400, "more than one Host field"};
    host = &one;
  }
  // Without a host (RFC 9112 3.2), or with an empty one (RFC 9110 4.2.1), nobody is asked: HAProxy passes both on.
  if (host == nullptr && head.minor >= 1 && strict) return {400, "no Host field"};
  if (host != nullptr && !is_authority(host->value, !strict)) return {400, "invalid Host field"};

  const std::string_view target = head.target;
  if (target.empty() || has_bad_byte(target, how)) return {400, "invalid byte in the request target"};
  if (head.verb == method::connect) {
    form = target_form::authority;
    // A tunnel to wherever the client likes is not what a reverse proxy is for (RFC 9110 9.3.6); HAProxy passes it on.
    if (strict) return {405, "CONNECT"};
    return {};
  }
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
  std::string_view authority = target.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    // It hides which host is asked, and must not be sent on (RFC 9110 4.2.4); HAProxy looks past it.
    if (strict) return {400, "user information in the request target"};
    authority = authority.substr(at + 1);
  }
  if (!is_authority(authority, false)) return {400, "invalid authority in the request target"};
  const std::string_view port = same_text(scheme, "https") ? "443" : same_text(scheme, "http") ? "80" : "";
  // RFC 9112 3.2.2 would let the target win; two names for one request are refused, as HAProxy does.
  if (host != nullptr && strict && !same_authority(authority, host->value, port))
    return {400, "Host differs from the request target"};
  if (host != nullptr && strict && host->value != authority) {
    host->value = authority;
    host->line = {};
  }
  return {};
}

}  // namespace ringway::http

#include "balance/key.hpp"

#include "base/hash.hpp"

namespace ringway::balance {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }

// RFC 9110 section 5.6.2
bool is_token(char c) {
  return is_alpha(c) || is_digit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool same_without_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char x = is_alpha(a[i]) ? static_cast<char>(a[i] | 0x20) : a[i];
    const char y = is_alpha(b[i]) ? static_cast<char>(b[i] | 0x20) : b[i];
    if (x != y) return false;
  }
  return true;
}

// The parts of an absolute target: scheme "://" authority rest. False: another form.
struct absolute_form {
  std::string_view scheme;
  std::size_t authority_begin = 0, authority_end = 0;
};

bool split_absolute(std::string_view target, absolute_form& parts) {
  if (target.empty() || !is_alpha(target.front())) return false;
  std::size_t i = 1;
  while (i < target.size() && (is_alpha(target[i]) || is_digit(target[i]) || target[i] == '+' ||
                               target[i] == '-' || target[i] == '.'))
    ++i;
  if (target.substr(i, 3) != "://") return false;
  parts.scheme = target.substr(0, i);
  parts.authority_begin = i + 3;
  const auto end = target.find_first_of("/?#", i + 3);
  parts.authority_end = end == std::string_view::npos ? target.size() : end;
  return true;
}

std::string_view path_and_query(std::string_view target) {
  if (!target.empty() && target.front() == '/') return target;
  absolute_form parts;
  if (!split_absolute(target, parts)) return {};  // "*" and authority form have no path
  return target.substr(parts.authority_end);
}

std::string_view uri_key(const settings& rules, std::string_view target) {
  if (rules.uri_path_only) target = path_and_query(target);
  if (rules.uri_len != 0) target = target.substr(0, rules.uri_len);
  std::uint32_t slashes = 0;
  std::size_t end = 0;
  for (; end < target.size(); ++end) {
    if (target[end] == '?' && !rules.uri_whole) break;
    if (target[end] == '/' && rules.uri_depth != 0 && slashes++ == rules.uri_depth) break;
  }
  return target.substr(0, end);
}

// Rest of the first piece between '&'s that begins with exactly "NAME=".
std::optional<std::string_view> parameter(std::string_view text, std::string_view name) {
  while (true) {
    const auto amp = text.find('&');
    const auto piece = text.substr(0, amp);
    if (piece.size() > name.size() && piece[name.size()] == '=' && piece.substr(0, name.size()) == name)
      return piece.substr(name.size() + 1);
    if (amp == std::string_view::npos) return std::nullopt;
    text.remove_prefix(amp + 1);
  }
}

std::optional<std::string_view> parameter_of_target(std::string_view target, std::string_view name) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return std::nullopt;
  return parameter(target.substr(mark + 1), name);
}

// A body's value ends at white space; any other byte that no token may hold makes it no key at all.
std::optional<std::string_view> parameter_of_body(std::string_view body, std::string_view name) {
  const auto value = parameter(body, name);
  if (!value) return std::nullopt;
  for (std::size_t i = 0; i < value->size(); ++i) {
    const char c = (*value)[i];
    if (is_token(c)) continue;
    if (is_blank(c) || c == '\r' || c == '\n') return value->substr(0, i);
    return std::nullopt;
  }
  return value;
}

// First element of a comma-separated field value, blanks around it removed.
std::string_view first_element(std::string_view value) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < value.size(); ++end) {
    const char c = value[end];
    if (c == '"') {
      quoted = !quoted;
    } else if (quoted && c == '\\') {
      ++end;
      if (end >= value.size()) break;
    } else if (c == ',' && !quoted) {
      break;
    }
  }
  value = value.substr(0, end);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  return value;
}

// The label before the last dot. The first byte never counts as that dot, and a label has at least one byte.
std::string_view domain_label(std::string_view value) {
  std::size_t dot = value.size();
  for (std::size_t i = value.size(); i-- > 1;) {
    if (value[i] == '.') {
      dot = i;
      break;
    }
  }
  if (dot == value.size()) return value;
  std::size_t begin = dot - 1;
  while (begin > 0 && value[begin - 1] != '.') --begin;
  return value.substr(begin, dot - begin);
}

}  // namespace

key_result keyed(const settings& rules, std::string_view bytes) {
  if (is_wide(rules.method)) return {true, 0, bytes, hash::xxh3(bytes)};
  return {true, hash_of(rules, bytes), bytes, 0};
}

std::uint32_t hash_of(const settings& rules, std::string_view bytes) {
  std::uint32_t h = 0;
  switch (rules.function) {
    case hash_function::sdbm:
      h = hash::sdbm(bytes);
      break;
    case hash_function::djb2:
      h = hash::djb2(bytes);
      break;
    case hash_function::wt6:
      h = hash::wt6(bytes);
      break;
    case hash_function::crc32:
      h = hash::crc32(bytes);
      break;
    case hash_function::none:
      h = hash::decimal(bytes);
      break;
  }
  return rules.avalanche ? hash::avalanche(h) : h;
}

std::optional<std::uint32_t> fold(const address& from) {
  if (!from.is_ip()) return std::nullopt;
  const std::size_t words = from.kind == family::v4 ? 1 : 4;
  std::uint32_t folded = 0;
  for (std::size_t i = 0; i < words; ++i) {
    const auto* at = from.bytes.data() + 4 * i;
    folded ^= std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
  }
  return folded;
}

key_result key_of(const settings& rules, const request_facts& request) {
  switch (rules.kind) {
    case algorithm::source: {
      const auto folded = fold(request.source);  // the hash function plays no part here
      if (!folded) return {};
      if (is_wide(rules.method)) {  // the address as it stands on the wire
        const auto* at = reinterpret_cast<const char*>(request.source.bytes.data());
        return keyed(rules, {at, request.source.kind == family::v4 ? std::size_t{4} : std::size_t{16}});
      }
      return {true, rules.avalanche ? hash::avalanche(*folded) : *folded, {}, 0};
    }
    case algorithm::uri:
      return keyed(rules, uri_key(rules, request.target));
    case algorithm::url_param: {
      auto value = parameter_of_target(request.target, rules.name);
      if (!value && request.method == "POST") value = parameter_of_body(request.body, rules.name);
      if (!value) return {};
      return keyed(rules, *value);
    }
    case algorithm::hdr: {
      if (request.field == nullptr) return {};
      const auto line = request.field(request.fields, rules.name);
      if (!line) return {};
      auto value = first_element(*line);
      if (value.empty()) return {};
      if (rules.use_domain_only) value = domain_label(value);
      return keyed(rules, value);
    }
    case algorithm::roundrobin:
    case algorithm::static_rr:
    case algorithm::leastconn:
    case algorithm::first:
    case algorithm::random:
      break;
  }
  return {};
}

bool wants_body(const settings& rules, std::string_view method, std::string_view target) {
  return rules.kind == algorithm::url_param && method == "POST" && !parameter_of_target(target, rules.name);
}

std::string_view normalise_target(std::string_view method, std::string_view target, std::string& scratch) {
  absolute_form parts;
  if (!split_absolute(target, parts)) return target;
  std::size_t keep = parts.authority_end;
  std::size_t port = parts.authority_end;
  while (port > parts.authority_begin && is_digit(target[port - 1])) --port;
  if (port > parts.authority_begin && target[port - 1] == ':') {
    const auto text = target.substr(port, parts.authority_end - port);
    // compared as text: "080" is not the default port
    if (text.empty() || (text == "80" && same_without_case(parts.scheme, "http")) ||
        (text == "443" && same_without_case(parts.scheme, "https")))
      keep = port - 1;
  }
  const bool bare = parts.authority_end == target.size() && method != "OPTIONS";
  if (keep == parts.authority_end && !bare) return target;
  scratch.assign(target.substr(0, keep));
  scratch.append(target.substr(parts.authority_end));
  if (bare) scratch.push_back('/');
  return scratch;
}

}  // namespace ringway::balance

#include "explain/requests.hpp"

#include <charconv>

#include "base/text.hpp"

namespace ringway::explain {
namespace {

bool number_port(std::string_view text, std::uint16_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

// "GET /x HTTP/1.1"; the version may be missing (HTTP/0.9, or cut by a log's limit).
std::string_view read_request(std::string_view text, asked& out) {
  if (text == "-" || text.starts_with('<')) return "its request could not be read when it was logged";
  const std::size_t first = text.find(' ');
  if (first == std::string_view::npos || !is_token(text.substr(0, first))) return "has no request line between quotes";
  out.method = text.substr(0, first);
  text.remove_prefix(first + 1);
  const std::size_t last = text.rfind(" HTTP/");
  out.target = text.substr(0, last);
  if (out.target.empty()) return "its request line has no target";
  return {};
}

// A quoted string at the front of `rest`, backslashes kept; advances. nullopt: there is none.
std::optional<std::string_view> quoted(std::string_view& rest) {
  if (!rest.starts_with('"')) return std::nullopt;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '"') {
      const auto inside = rest.substr(1, i - 1);
      rest.remove_prefix(i + 1);
      return inside;
    }
  }
  return std::nullopt;
}

std::string_view word(std::string_view& rest) {
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const std::size_t end = rest.find(' ');
  const auto out = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end);
  return out;
}

// host ident user [date] "request" status bytes ["referer" "user agent"]
std::string_view read_common(std::string_view line, asked& out) {
  std::string_view rest = line;
  const auto host = word(rest);
  const std::size_t date = rest.find(" [");
  const std::size_t end = rest.find("] \"");
  if (host.empty() || date == std::string_view::npos || end == std::string_view::npos || end < date)
    return "is no line of a common or combined log";
  out.client = read_client(host);
  rest.remove_prefix(end + 2);
  const auto request = quoted(rest);
  if (!request) return "its request line does not end";
  if (const auto wrong = read_request(*request, out); !wrong.empty()) return wrong;
  word(rest);
  word(rest);
  const auto optional = [&rest](std::string_view& into) {
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (const auto text = quoted(rest); text && *text != "-") into = *text;
  };
  optional(out.referer);
  optional(out.user_agent);
  return {};
}

// Begin of "[06/Feb/2009:12:14:14.655] ": with its milliseconds it is HAProxy's. npos: none.
std::size_t accept_date(std::string_view line) {
  for (std::size_t at = line.find(" ["); at != std::string_view::npos; at = line.find(" [", at + 1)) {
    const auto date = line.substr(at + 2, 25);
    if (date.size() == 25 && date[2] == '/' && date[6] == '/' && date[11] == ':' && date[20] == '.' && date[24] == ']')
      return at;
  }
  return std::string_view::npos;
}

// client:port [date] frontend backend/server times ... "request"
std::string_view read_httplog(std::string_view line, asked& out) {
  const std::size_t date = accept_date(line);
  if (date == std::string_view::npos) return "is no line of an httplog";
  const std::size_t before = line.rfind(' ', date - 1);
  const auto client = line.substr(before == std::string_view::npos ? 0 : before + 1,
                                  date - (before == std::string_view::npos ? 0 : before + 1));
  out.client = read_client(client);
  std::string_view rest = line.substr(date + 27);
  auto frontend = word(rest);
  while (frontend.ends_with('~')) frontend.remove_suffix(1);  // it came over TLS
  const auto server = word(rest);
  if (frontend.empty() || server.find('/') == std::string_view::npos) return "names no frontend and server";
  out.frontend = frontend;
  if (!rest.ends_with('"')) return {};  // a tcplog has no request
  const std::size_t open = rest.substr(0, rest.size() - 1).rfind(" \"");
  if (open == std::string_view::npos) return "its request line does not begin";
  return read_request(rest.substr(open + 2, rest.size() - open - 3), out);
}

bool has_scheme(std::string_view text) {
  return text.find("://") != std::string_view::npos && text.find("://") < 12 && text.find(' ') == std::string_view::npos;
}

std::string_view read_uri(std::string_view line, asked& out) {
  if (line.starts_with('/')) {
    out.target = line.substr(0, line.find('#'));
    return {};
  }
  if (read_url(line, out)) return {};
  return "is neither a path nor an http or https URL";
}

}  // namespace

bool read_url(std::string_view text, asked& out) {
  std::uint16_t port = 0;
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos) return false;
  const auto scheme = text.substr(0, colon);
  if (same_text(scheme, "http") || same_text(scheme, "ws"))
    port = 80;
  else if (same_text(scheme, "https") || same_text(scheme, "wss"))
    port = 443;
  else
    return false;
  text.remove_prefix(colon + 3);
  text = text.substr(0, text.find('#'));  // a fragment stays in the browser
  const std::size_t end = text.find_first_of("/?");
  auto authority = text.substr(0, end);
  if (const std::size_t user = authority.rfind('@'); user != std::string_view::npos) authority.remove_prefix(user + 1);
  if (authority.empty() || authority.find(' ') != std::string_view::npos) return false;
  const std::size_t at = authority.rfind(':');
  if (at != std::string_view::npos && authority.find(']', at) == std::string_view::npos) {
    const std::uint16_t usual = port;
    if (at + 1 < authority.size() && !number_port(authority.substr(at + 1), port)) return false;
    if (port == usual) authority = authority.substr(0, at);  // what a client then says in Host
  }
  out.host = authority;
  out.port = port;
  const auto target = end == std::string_view::npos ? std::string_view{} : text.substr(end);
  if (target.starts_with('/')) {
    out.target = target;
  } else {
    out.scratch.assign("/").append(target);
    out.target = out.scratch;
  }
  return true;
}

std::optional<address> read_client(std::string_view text) {
  if (auto whole = parse_ip(text)) return whole;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::uint16_t port = 0;
  if (!number_port(text.substr(colon + 1), port)) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return parse_ip(host);
}

std::string_view read_line(std::string_view line, input_kind kind, asked& out) {
  out.method = out.target = out.host = out.user_agent = out.referer = out.frontend = {};
  out.client.reset();
  out.port = 0;
  while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  if (line.empty()) return "is empty";
  switch (kind) {
    case input_kind::uri: return read_uri(line, out);
    case input_kind::common: return read_common(line, out);
    case input_kind::httplog: return read_httplog(line, out);
    case input_kind::address:
      out.client = read_client(line);
      return out.client ? std::string_view{} : "is no IP address";
    case input_kind::automatic: break;
  }
  if (line.find(' ') == std::string_view::npos) {
    if (line.starts_with('/') || has_scheme(line)) return read_uri(line, out);
    out.client = read_client(line);
    return out.client ? std::string_view{} : "is neither a URL, a path, an IP address nor a line of a log";
  }
  if (accept_date(line) != std::string_view::npos) return read_httplog(line, out);
  return read_common(line, out);
}

}  // namespace ringway::explain

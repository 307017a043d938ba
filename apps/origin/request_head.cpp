#include "connection.hpp"
#include "text.hpp"

namespace origin {

bool parse_head(std::string_view raw, request& req) {
  req = request{};
  req.raw = raw;
  auto line_end = raw.find("\r\n");
  auto line = raw.substr(0, line_end);
  auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  req.minor = version.back() - '0';
  req.keep_alive = req.minor == 1;
  req.method = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  if (auto scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  req.path = target.substr(0, target.find('?'));
  auto rest = std::string_view(req.path).substr(req.path.empty() ? 0 : 1);
  auto slash = rest.find('/');
  req.word = rest.substr(0, slash);
  if (slash != std::string_view::npos) req.argument = rest.substr(slash + 1);

  for (auto at = line_end + 2; at < raw.size();) {
    auto end = raw.find("\r\n", at);
    auto field = raw.substr(at, end - at);
    at = end + 2;
    auto colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = field.substr(0, colon), value = trimmed(field.substr(colon + 1));
    if (same_word(name, "content-length")) {
      auto length = number(value);
      if (!length) return false;
      req.body_left = *length;
    } else if (same_word(name, "transfer-encoding")) {
      req.chunked = list_has(value, "chunked");
    } else if (same_word(name, "connection")) {
      if (list_has(value, "close")) req.keep_alive = false;
      if (list_has(value, "keep-alive") && req.minor == 0) req.keep_alive = true;
    } else if (same_word(name, "expect")) {
      req.expects_continue = same_word(value, "100-continue");
    } else if (same_word(name, "upgrade")) {
      req.upgrade = value;
    }
  }
  return true;
}

}  // namespace origin

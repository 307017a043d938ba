#include "http1/loosen.hpp"

#include "base/text.hpp"

namespace ringway::http1 {

namespace {

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

// Takes digits from the front: 1 to 5 of them. -1: none, or too many.
long take_number(std::string_view& text) {
  long value = 0;
  std::size_t n = 0;
  while (n < text.size() && n < 6 && is_digit(text[n])) value = value * 10 + (text[n++] - '0');
  text.remove_prefix(n);
  return n == 0 || n > 5 ? -1 : value;
}

struct version {
  bool sound = false, ours = false;
  long major = 0, minor = 0;
};

// name "/" digits "." digits
version read_version(std::string_view text) {
  version out;
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0) return out;
  for (const char c : text.substr(0, slash))
    if (!is_letter(c)) return out;
  out.ours = text.substr(0, slash) == "HTTP";
  text.remove_prefix(slash + 1);
  out.major = take_number(text);
  if (out.major < 0 || text.empty() || text.front() != '.') return out;
  text.remove_prefix(1);
  out.minor = take_number(text);
  out.sound = out.minor >= 0 && text.empty();
  return out;
}

// As the parser knows it.
std::string_view plain(const version& of) {
  return of.ours && (of.major == 0 || (of.major == 1 && of.minor == 0)) ? "HTTP/1.0" : "HTTP/1.1";
}

mended start_line(std::string_view line, bool is_request, std::string& out) {
  mended result;
  if (is_request) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    const std::string_view after = last == std::string_view::npos ? std::string_view{} : line.substr(last + 1);
    if (first != std::string_view::npos && (first == last || after.empty()) && line.substr(0, first) == "GET") {
      out.append(line.substr(0, line.size() - (after.empty() && first != last ? 1 : 0))).append(" HTTP/1.0");
      return result;
    }
    const version found = read_version(after);
    if (!found.sound) {
      out.append(line);
      return result;
    }
    if (!found.ours) result.protocol = after;
    out.append(line.substr(0, last + 1)).append(plain(found));
    return result;
  }
  const std::size_t blank = line.find(' ');
  const version found = read_version(line.substr(0, blank));
  if (!found.sound || blank == std::string_view::npos) {
    out.append(line);
    return result;
  }
  if (!found.ours) result.protocol = line.substr(0, blank);
  std::string_view rest = line.substr(blank + 1);
  const std::size_t digits = rest.find(' ');
  std::string_view code = rest.substr(0, digits);
  const std::string_view reason = digits == std::string_view::npos ? std::string_view{} : rest.substr(digits + 1);
  out.append(plain(found)).append(" ");
  if (code.size() > 3) {
    std::string_view text = code;
    const long status = take_number(text);
    if (status >= 1000 && status <= 65535 && text.empty()) {
      result.status = static_cast<unsigned>(status);
      code = "599";  // stands in for what the parser does not know
    }
  }
  out.append(code).append(" ").append(reason);
  return result;
}

// Names that mean framing or routing once somebody looks past what is wrong with them.
bool resembles_framing(std::string_view name) {
  for (const std::string_view one : {"content-length", "transfer-encoding", "host"}) {
    std::size_t at = 0;
    for (const char c : name) {
      const char plain_char = c == '_' ? '-' : lower(c);
      if (at < one.size() && plain_char == one[at]) ++at;
    }
    if (at == one.size()) return true;
  }
  return false;
}

bool is_odd(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f; }

}  // namespace

mended loosen(std::string_view head, bool is_request, std::string& out) {
  std::size_t end = head.find("\r\n");
  mended result = start_line(head.substr(0, end), is_request, out);
  out.append("\r\n");
  bool left_out = false, framing = false, chunked = false;
  while (end + 2 < head.size()) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const bool folded = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (folded && left_out) continue;
    if (!line.empty() && !folded) {
      const std::size_t colon = line.find(':');
      const std::string_view name = line.substr(0, colon);
      left_out = colon != std::string_view::npos && colon != 0 && !is_token(name);
      framing = resembles_framing(name);
      if (left_out && framing) {
        result.reason = "invalid field name";
        return result;
      }
      if (!is_request && same_text(name, "transfer-encoding") && same_text(trim(line.substr(colon + 1)), "chunked")) {
        left_out = chunked;  // said once is enough
        chunked = true;
      }
      if (left_out) continue;
    }
    for (const char c : line) out.push_back(!framing && is_odd(c) ? ' ' : c);
    out.append("\r\n");
  }
  return result;
}

}  // namespace ringway::http1

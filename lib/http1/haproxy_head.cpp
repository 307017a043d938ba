#include "http1/haproxy_head.hpp"

#include "base/text.hpp"

namespace ringway::http1 {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_odd(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\r') || c == 0x7f; }

// Up to the next blank; `rest` then begins behind the blanks.
std::string_view take_word(std::string_view& rest) {
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  const std::string_view word = rest.substr(0, end);
  while (end < rest.size() && is_blank(rest[end])) ++end;
  rest.remove_prefix(end);
  return word;
}

// "HTTP/d.d" as what it counts as; anything else as it is.
std::string_view version_of(std::string_view text) {
  constexpr std::string_view start = "HTTP/";
  if (text.size() != 8 || !text.starts_with(start) || !is_digit(text[5]) || text[6] != '.' || !is_digit(text[7])) return text;
  return text[5] == '0' || (text[5] == '1' && text[7] == '0') ? "HTTP/1.0" : "HTTP/1.1";
}

void request_line(std::string_view line, std::string& out) {
  std::string_view rest = line;
  const std::string_view method = take_word(rest), target = take_word(rest);
  if (method.empty() || target.empty() || rest.empty() || rest.find_first_of(" \t") != std::string_view::npos) {
    out.append(line);
    return;
  }
  out.append(method).append(" ").append(target).append(" ").append(version_of(rest));
}

void status_line(std::string_view line, std::string& out, haproxy_head& found) {
  std::string_view rest = line;
  const std::string_view version = take_word(rest);
  std::string_view code = take_word(rest);
  const bool digits = code.find_first_not_of("0123456789") == std::string_view::npos;
  if (version.empty() || code.empty() || !digits) {
    out.append(line);
    return;
  }
  if (code.size() < 3 || (code.size() == 3 && code.front() == '0')) {
    for (const char c : code) found.status = found.status * 10 + static_cast<unsigned>(c - '0');
    found.low_status = true;
    code = "599";
  }
  out.append(version_of(version)).append(" ").append(code).append(" ");
  std::size_t begin = 0;  // blanks, and what becomes one, belong to what is before the reason
  while (begin < rest.size() && (is_blank(rest[begin]) || is_odd(rest[begin]))) ++begin;
  for (const char c : rest.substr(begin)) out.push_back(is_odd(c) ? ' ' : c);
}

// The options of a Connection field at out[begin] on: those that are tokens stay. false: none is one.
bool keep_options(std::string& out, std::size_t begin) {
  const std::string all = out.substr(begin);
  std::string_view rest = all;
  bool any = false;
  out.resize(begin);
  while (!rest.empty()) {
    const std::string_view option = next_element(rest);
    if (!is_token(option)) continue;
    out.append(any ? ", " : " ").append(option);
    any = true;
  }
  return any;
}

// One whole field at out[begin] on, without its line's end. false: it is none of those that go on.
bool mend_field(std::string& out, std::size_t begin) {
  const std::size_t colon = out.find(':', begin);
  if (colon == std::string::npos) return true;
  const std::string_view name = std::string_view(out).substr(begin, colon - begin);
  for (const std::string_view one : {"host", "content-length", "transfer-encoding"})
    if (same_text(name, one)) return true;
  if (same_text(name, "connection") || same_text(name, "proxy-connection")) {
    if (out.find_first_of(std::string_view("\r\0", 2), colon) != std::string::npos) return true;
    return keep_options(out, colon + 1);
  }
  for (std::size_t at = colon + 1; at < out.size(); ++at)
    if (is_odd(out[at]) && out[at] != '\0') out[at] = ' ';
  return true;
}

bool is_field(std::string_view line, std::string_view name) {
  return line.size() > name.size() && line[name.size()] == ':' && same_text(line.substr(0, name.size()), name);
}

// Where both tell the length, Transfer-Encoding counts (RFC 9112 6.1); Content-Length must be sound all the same.
bool leave_out_lengths(std::string& out, std::size_t begin) {
  http::field_list lengths;
  bool coded = false;
  for (std::size_t at = begin; at < out.size();) {
    const std::size_t end = out.find("\r\n", at);
    const std::string_view line = std::string_view(out).substr(at, end - at);
    coded = coded || is_field(line, "transfer-encoding");
    if (is_field(line, "content-length")) {
      http::field& one = lengths.emplace_back();
      one.value = trim(line.substr(sizeof "content-length"));
      one.id = http::known::content_length;
    }
    at = end + 2;
  }
  if (!coded || lengths.empty() || !http::is_one_length(lengths)) return false;
  for (std::size_t at = begin; at < out.size();) {
    const std::size_t end = out.find("\r\n", at);
    if (is_field(std::string_view(out).substr(at, end - at), "content-length"))
      out.erase(at, end + 2 - at);
    else
      at = end + 2;
  }
  return true;
}

}  // namespace

haproxy_head read_as_haproxy(std::string_view head, bool is_request, std::string& out) {
  haproxy_head found;
  std::size_t line_end = 2;  // bytes that ended the line taken last
  const auto take_line = [&] {
    const std::size_t lf = head.find('\n');
    std::string_view line = head.substr(0, lf);
    head.remove_prefix(lf == std::string_view::npos ? head.size() : lf + 1);
    const bool cr = line.ends_with('\r');
    if (cr) line.remove_suffix(1);
    line_end = cr ? 2 : 1;
    return line;
  };
  const std::string_view first = take_line();
  if (is_request)
    request_line(first, out);
  else
    status_line(first, out, found);
  out.append("\r\n");
  const std::size_t fields = out.size();  // a blank here folds nothing: the parser refuses it behind a good first line
  while (!head.empty()) {
    const std::size_t begin = out.size();
    const std::string_view line = take_line();
    if (line.empty()) break;
    out.append(line);
    while (!head.empty() && is_blank(head.front())) {
      out.append(line_end, ' ');
      out.append(take_line());
    }
    if (mend_field(out, begin))
      out.append("\r\n");
    else
      out.resize(begin);
  }
  found.two_lengths = leave_out_lengths(out, fields);
  out.append("\r\n");
  return found;
}

}  // namespace ringway::http1

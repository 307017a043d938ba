#include "proxy/error_pages.hpp"

#include <algorithm>
#include <array>

#include "http/framing.hpp"
#include "http/persistence.hpp"
#include "http1/tokenizer.hpp"

namespace ringway::proxy {

namespace {

// People write these files with editors that end lines with a line feed alone. Up to the empty line; `body_at` is what
// follows it in `file`.
std::string head_with_crlf(std::string_view file, std::size_t& body_at) {
  std::string out;
  std::size_t at = 0;
  while (at < file.size()) {
    const std::size_t feed = file.find('\n', at);
    std::string_view line = file.substr(at, feed - at);
    at = feed == std::string_view::npos ? file.size() : feed + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (feed == std::string_view::npos) {
      out += line;
      break;
    }
    out += line;
    out += "\r\n";
    if (line.empty()) break;
  }
  body_at = at;
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
  return out;
}

}  // namespace

bool has_page(unsigned status) {
  constexpr std::array statuses = {200u, 400u, 401u, 403u, 404u, 405u, 407u, 408u, 410u, 413u,
                                   414u, 421u, 422u, 425u, 429u, 431u, 500u, 501u, 502u, 503u, 504u, 505u};
  return std::find(statuses.begin(), statuses.end(), status) != statuses.end();
}

std::optional<error_page> parse_error_page(std::string_view file, std::string& wrong) {
  error_page out;
  out.bytes = file.size();
  if (file.empty()) {
    out.silent = true;
    return out;
  }
  std::size_t body_at = 0, scanned = 0;
  const std::string head = head_with_crlf(file, body_at);
  http::response_head parsed;
  std::string scratch;
  const http1::head_result found = http1::parse_response(head, scanned, {}, parsed, scratch);
  if (found.what == http1::head_state::incomplete) {
    wrong = "it ends before the empty line behind the header fields";
    return std::nullopt;
  }
  if (found.what == http1::head_state::bad) {
    wrong = std::string("it is not an HTTP response: ") + (found.reason != nullptr ? found.reason : "bad head");
    return std::nullopt;
  }
  if (parsed.status < 200) {
    wrong = "an interim status (1xx) answers nothing";
    return std::nullopt;
  }
  if (http::find(parsed.fields, http::known::transfer_encoding) != nullptr) {
    wrong = "Transfer-Encoding is not understood here: write the body as it is";
    return std::nullopt;
  }
  http::body_length length;
  const http::refusal bad = http::response_body(parsed, http::method::get, length);
  if (bad) {
    wrong = bad.reason;
    return std::nullopt;
  }
  out.body = file.substr(body_at);
  using kind = http::body_length::kind;
  if (length.how == kind::none && !out.body.empty()) {
    wrong = "a response of this status or length has no body, but something follows the header fields";
    return std::nullopt;
  }
  if (length.how == kind::counted && length.bytes != out.body.size()) {
    wrong = "Content-Length says " + std::to_string(length.bytes) + ", but " + std::to_string(out.body.size()) +
            " bytes follow the header fields";
    return std::nullopt;
  }
  out.framed = length.how != kind::until_close;
  out.closes = http::take_hop_by_hop(parsed.fields, false).close;
  out.minor = head.starts_with("HTTP/1.0") ? 0 : 1;
  out.head = out.minor == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out.head += std::to_string(parsed.status) + " ";
  out.head += parsed.reason;
  out.head += "\r\n";
  for (const http::field& one : parsed.fields) {
    if (one.dropped) continue;
    out.head += lower(one.name) + ": ";
    out.head += one.value;
    out.head += "\r\n";
  }
  return out;
}

error_page redirecting_page(unsigned status, std::string_view location) {
  error_page out;
  out.framed = true;
  out.head = status == 303 ? "HTTP/1.1 303 See Other\r\n" : "HTTP/1.1 302 Found\r\n";
  out.head += "cache-control: no-cache\r\ncontent-length: 0\r\nlocation: ";
  out.head += location;
  out.head += "\r\n";
  return out;
}

}  // namespace ringway::proxy

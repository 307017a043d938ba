#include "http1/tokenizer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

#include "base/text.hpp"

namespace ringway::http1 {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

namespace {

http::known known_of(beast_http::field id) {
  switch (id) {
    case beast_http::field::host: return http::known::host;
    case beast_http::field::connection: return http::known::connection;
    case beast_http::field::content_length: return http::known::content_length;
    case beast_http::field::transfer_encoding: return http::known::transfer_encoding;
    case beast_http::field::expect: return http::known::expect;
    case beast_http::field::upgrade: return http::known::upgrade;
    case beast_http::field::keep_alive: return http::known::keep_alive;
    case beast_http::field::proxy_connection: return http::known::proxy_connection;
    case beast_http::field::te: return http::known::te;
    case beast_http::field::trailer: return http::known::trailer;
    case beast_http::field::date: return http::known::date;
    case beast_http::field::cookie: return http::known::cookie;
    case beast_http::field::set_cookie: return http::known::set_cookie;
    default: return http::known::other;
  }
}

// Beast hands tokens to a derived class; both directions share how fields are kept.
template <bool IsRequest, typename Head>
class collector final : public beast_http::basic_parser<IsRequest> {
 public:
  collector(Head& into, std::string_view input, std::string& scratch, const limits& most)
      : into_(into), input_(input), scratch_(scratch), most_(most) {
    this->header_limit(0xffffffffu);  // the caller's buffer is the limit
    this->body_limit(boost::none);
  }
  bool too_many = false;

 private:
  void on_request_impl(beast_http::verb, boost::beast::string_view text, boost::beast::string_view target, int version,
                       error_code&) override {
    if constexpr (IsRequest) {
      into_.method_text = {text.data(), text.size()};
      into_.verb = http::method_of(into_.method_text);
      into_.target = {target.data(), target.size()};
      into_.minor = version == 10 ? 0 : 1;
    }
  }

  void on_response_impl(int code, boost::beast::string_view reason, int version, error_code&) override {
    if constexpr (!IsRequest) {
      into_.status = static_cast<unsigned>(code);
      into_.reason = {reason.data(), reason.size()};
      into_.minor = version == 10 ? 0 : 1;
    }
  }

  void on_field_impl(beast_http::field id, boost::beast::string_view name, boost::beast::string_view value,
                     error_code& ec) override {
    if (into_.fields.size() >= most_.fields) {
      too_many = true;
      ec = beast_http::error::header_limit;
      return;
    }
    http::field one;
    one.name = {name.data(), name.size()};
    one.id = known_of(id);
    const char* const end = input_.data() + input_.size();
    if (value.data() >= input_.data() && value.data() + value.size() <= end) {
      one.value = {value.data(), value.size()};
      const char* const after = one.name.data() + one.name.size();
      const char* const tail = value.data() + value.size();
      if (value.data() == after + 2 && after[1] == ' ' && tail + 2 <= end && tail[0] == '\r' && tail[1] == '\n')
        one.line = {one.name.data(), static_cast<std::size_t>(tail + 2 - one.name.data())};
    } else {
      // A folded value was unfolded by Beast into memory of its own. The scratch was reserved for the whole head,
      // so it does not move.
      const std::size_t at = scratch_.size();
      scratch_.append(value.data(), value.size());
      one.value = {scratch_.data() + at, value.size()};
    }
    into_.fields.push_back(one);
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(boost::optional<std::uint64_t> const&, error_code&) override {}
  std::size_t on_body_impl(boost::beast::string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  Head& into_;
  std::string_view input_;
  std::string& scratch_;
  const limits& most_;
};

struct head_end {
  bool bad = false, found = false;
  std::size_t length = 0;
};

// Looks for the empty line, line by line, and refuses a bare LF at once: waiting for more would only hide it.
head_end find_end(std::string_view input, std::size_t& scanned) {
  std::size_t at = scanned;
  for (;;) {
    const void* hit = at < input.size() ? std::memchr(input.data() + at, '\n', input.size() - at) : nullptr;
    if (hit == nullptr) {
      scanned = input.size();
      return {};
    }
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(hit) - input.data());
    if (lf == 0 || input[lf - 1] != '\r') return {true, false, 0};
    if (lf >= 3 && input[lf - 2] == '\n') return {false, true, lf + 1};
    at = lf + 1;
  }
}

const char* words_for(const error_code& ec) {
  if (ec == beast_http::error::bad_method) return "invalid method";
  if (ec == beast_http::error::bad_target) return "invalid request target";
  if (ec == beast_http::error::bad_version) return "unsupported HTTP version";
  if (ec == beast_http::error::bad_status) return "invalid status code";
  if (ec == beast_http::error::bad_reason) return "invalid reason phrase";
  if (ec == beast_http::error::bad_field) return "invalid field name";
  if (ec == beast_http::error::bad_value) return "invalid byte in a field value";
  if (ec == beast_http::error::bad_content_length) return "invalid Content-Length";
  if (ec == beast_http::error::bad_transfer_encoding) return "invalid Transfer-Encoding";
  if (ec == beast_http::error::bad_obs_fold) return "invalid line folding";
  if (ec == beast_http::error::bad_line_ending) return "invalid line ending";
  if (ec == beast_http::error::multiple_content_length) return "differing Content-Length values";
  if (ec == beast_http::error::header_limit) return "too many header fields";
  return "malformed head";
}

// Where the minor version's digit stands in a complete head; past the end when there is none.
std::size_t minor_digit(std::string_view head, bool is_request) {
  constexpr std::string_view start = "HTTP/1.";
  if (!is_request) return head.substr(0, start.size()) == start ? start.size() : head.size();
  const std::size_t line = head.find('\r');
  if (line < start.size() + 2) return head.size();
  const std::size_t at = line - 1;
  return head.substr(at - start.size(), start.size()) == start ? at : head.size();
}

template <bool IsRequest, typename Head>
head_result parse(std::string_view input, std::size_t& scanned, const limits& most, Head& out, std::string& scratch) {
  head_result result;
  const head_end end = find_end(input, scanned);
  if (end.bad) {
    result.what = head_state::bad;
    result.reason = "line feed without carriage return";
    return result;
  }
  if (!end.found) return result;
  out.clear();
  scratch.clear();
  input = input.substr(0, end.length);
  const std::size_t minor = minor_digit(input, IsRequest);
  const bool later = minor < input.size() && input[minor] >= '2' && input[minor] <= '9';
  // Only a head with folded lines (RFC 9112 5.2), or of a later version, needs memory besides the input.
  if (later || input.find("\n ") != std::string_view::npos || input.find("\n\t") != std::string_view::npos)
    scratch.reserve(2 * end.length);
  if (later) {
    // A higher minor version is taken as 1.1 (RFC 9110 2.5), which Beast would refuse.
    scratch.assign(input);
    scratch[minor] = '1';
    input = scratch;
  }
  collector<IsRequest, Head> tokens(out, input, scratch, most);
  error_code ec;
  const std::size_t used = tokens.put(boost::asio::const_buffer(input.data(), end.length), ec);
  if (ec == beast_http::error::need_more || (!ec && used < end.length)) ec = beast_http::error::bad_value;
  // An error about the body that follows is none of the head's.
  if (ec && ec != beast_http::error::end_of_stream) {
    result.what = head_state::bad;
    result.reason = tokens.too_many ? "too many header fields" : words_for(ec);
    return result;
  }
  out.bytes = end.length;
  result.what = head_state::complete;
  return result;
}

}  // namespace

head_result parse_request(std::string_view input, std::size_t& scanned, const limits& most, http::request_head& out,
                          std::string& scratch) {
  std::size_t skipped = 0;
  while (skipped < 4 && input.size() >= skipped + 2 && input[skipped] == '\r' && input[skipped + 1] == '\n') skipped += 2;
  if (skipped > 0) {
    input.remove_prefix(skipped);
    scanned = scanned > skipped ? scanned - skipped : 0;
  }
  if (!input.empty() && !is_token_char(input.front()) && input.front() != '\r')
    return {head_state::bad, "invalid method", skipped, 400};
  head_result result = parse<true>(input, scanned, most, out, scratch);
  scanned += skipped;
  result.skipped = skipped;
  return result;
}

head_result parse_response(std::string_view input, std::size_t& scanned, const limits& most,
                           http::response_head& out, std::string& scratch) {
  constexpr std::string_view start = "HTTP/1.";
  const std::size_t seen = input.size() < start.size() ? input.size() : start.size();
  if (input.substr(0, seen) != start.substr(0, seen)) return {head_state::bad, "not an HTTP/1 response", 0, 502};
  head_result result = parse<false>(input, scanned, most, out, scratch);
  result.status = 502;
  return result;
}

}  // namespace ringway::http1

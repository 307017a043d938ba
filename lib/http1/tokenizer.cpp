#include "http1/tokenizer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

#include "base/text.hpp"
#include "http1/haproxy_head.hpp"
#include "http1/loosen.hpp"
#include "http1/plain_head.hpp"

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
  bool begun = false;  // a request's first line was taken

 private:
  void on_request_impl(beast_http::verb, boost::beast::string_view text, boost::beast::string_view target, int version,
                       error_code&) override {
    if constexpr (IsRequest) {
      begun = true;
      into_.method_text = {text.data(), text.size()};
      into_.verb = http::method_of(into_.method_text);
      into_.target = {target.data(), target.size()};
      into_.minor = version == 10 ? 0 : 1;
    }
  }

  void on_response_impl(int code, boost::beast::string_view reason, int version, error_code& ec) override {
    if constexpr (!IsRequest) {
      if (code < 100) ec = beast_http::error::bad_status;
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
  const char* bad = nullptr;
  std::size_t length = 0;  // of the whole head; 0: its end was not found
  std::size_t lines = 0;   // where the last line ends that is whole and that this look came by; 0: none
};

// The last of `lines`, without its end, is folded or may still be. Its beginning is judged all the same: a first line,
// behind which nothing may be folded, is whole. Not null: it is no field.
const char* judge_last_line(std::string_view lines, std::size_t end, head_end& out) {
  const std::size_t lf = lines.rfind('\n');
  if (lf == std::string_view::npos) {
    out.lines = end;
    return nullptr;
  }
  const std::string_view line = lines.substr(lf + 1);
  if (!line.empty() && (line.front() == ' ' || line.front() == '\t')) return nullptr;  // belongs to one before it
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && is_token(line.substr(0, colon))) return nullptr;
  return line.starts_with('\r') ? "invalid line ending" : "invalid field name";  // what begins so looks like the end
}

// Looks for the empty line, line by line, and refuses a bare LF at once: waiting for more would only hide it. So it
// is with folded lines, where they are not accepted. `bare`: a line may end in LF alone.
head_end find_end(std::string_view input, std::size_t& scanned, bool may_fold, bool bare) {
  head_end out;
  std::size_t at = scanned;
  for (;;) {
    const void* hit = at < input.size() ? std::memchr(input.data() + at, '\n', input.size() - at) : nullptr;
    if (hit == nullptr) {
      scanned = input.size();
      return out;
    }
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(hit) - input.data());
    const bool cr = lf > 0 && input[lf - 1] == '\r';
    if (!cr && !bare) {
      out.bad = "line feed without carriage return";
      return out;
    }
    const std::size_t before = lf - (cr ? 1 : 0);
    if (before >= 2 && input[before - 1] == '\n') {
      out.length = lf + 1;
      return out;
    }
    const bool next_known = lf + 1 < input.size();
    const bool folded = next_known && (input[lf + 1] == ' ' || input[lf + 1] == '\t');
    if (!may_fold || (next_known && !folded)) out.lines = lf + 1;
    if (bare && (!next_known || folded)) out.bad = judge_last_line(input.substr(0, before), lf + 1, out);
    if (!next_known || out.bad != nullptr) {
      scanned = lf;
      return out;
    }
    if (folded && !may_fold) {
      out.bad = "folded header line";
      return out;
    }
    at = lf + 1;
  }
}

constexpr const char* too_many_fields = "too many header fields";

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

// Where the digits of the version stand, "HTTP/" before them; past the end of the head when there are none.
std::size_t version_digits(std::string_view head, bool is_request) {
  constexpr std::string_view start = "HTTP/";
  const std::size_t line = head.find('\r');
  const std::size_t at = is_request ? (line < 9 ? 0 : line - 3) : start.size();
  if (at < start.size() || at + 3 > head.size() || head.substr(at - start.size(), start.size()) != start) return head.size();
  if (is_request && head[at - start.size() - 1] != ' ') return head.size();
  return is_digit(head[at]) && head[at + 1] == '.' && is_digit(head[at + 2]) ? at : head.size();
}

// "HTTP/1.1 200" without the blank before its reason (RFC 9112 4 wants one, and so does Beast).
bool lacks_reason(std::string_view head) {
  constexpr std::size_t line = sizeof "HTTP/1.1 200" - 1;
  return head.find('\r') == line;
}

template <bool IsRequest, typename Head>
head_result parse(std::string_view input, std::size_t& scanned, const limits& most, Head& out, std::string& scratch) {
  head_result result;
  const bool lenient = http::is_lenient(most.how), loosely = http::as_haproxy(most.how);
  const head_end end = find_end(input, scanned, !IsRequest || lenient || loosely, loosely);
  bool crowded = false;  // with too many fields, of which the last one need not be judged
  if (end.length == 0 && end.lines > 0 && !lenient) {
    // The lines that are there are judged at once, as if the head ended behind them: one that is malformed will not get
    // better, and whoever sent it learns that now and not from a timeout. The first bad line is the one that is told,
    // wherever the bytes were cut.
    std::string so_far;
    so_far.reserve(end.lines + 2);
    so_far.append(input.substr(0, end.lines)).append("\r\n");
    std::size_t none = 0;
    result = parse<IsRequest>(so_far, none, most, out, scratch);
    out.clear();  // its views are of what leaves with this block
    // Too many fields are told of a whole head; one that does not end is too large before that.
    if (result.what == head_state::bad && result.reason != too_many_fields) return result;
    crowded = result.what == head_state::bad;
    result = {};
  }
  if (end.bad != nullptr && !(loosely && (lenient || crowded))) {
    result.what = head_state::bad;
    result.reason = end.bad;
    return result;
  }
  if (end.length == 0) return result;
  out.clear();
  scratch.clear();
  input = input.substr(0, end.length);
  const std::size_t version = version_digits(input, IsRequest);
  const bool versioned = version < input.size();
  const bool later = versioned && input[version] == '1' && input[version + 2] >= '2';
  const bool bare = !IsRequest && lacks_reason(input);
  const auto has_folds = [](std::string_view head) {
    return head.find("\n ") != std::string_view::npos || head.find("\n\t") != std::string_view::npos;
  };
  // Only a head that Beast would refuse, or with folded lines, needs memory besides the input.
  mended loose;
  if (lenient || loosely || later || bare || (!IsRequest && has_folds(input))) scratch.reserve(6 * end.length + 256);
  haproxy_head read;
  if (loosely) {
    read = read_as_haproxy(input, IsRequest, scratch);
    input = scratch;
  }
  if (lenient) {
    const std::size_t at = scratch.size();  // within what was reserved: `input` stays where it is
    loose = loosen(input, IsRequest, scratch);
    if (loose.reason != nullptr) {
      result.what = head_state::bad;
      result.reason = loose.reason;
      return result;
    }
    input = std::string_view(scratch).substr(at);
  } else if (!loosely && (later || bare)) {
    // A higher minor version is taken as 1.1 (RFC 9110 2.5).
    scratch.assign(input);
    if (later) scratch[version + 2] = '1';
    if (bare) scratch.insert(scratch.find('\r'), 1, ' ');
    input = scratch;
  }
  collector<IsRequest, Head> tokens(out, input, scratch, most);
  error_code ec;
  const std::size_t used = tokens.put(boost::asio::const_buffer(input.data(), input.size()), ec);
  // A request line that ends before its version does: how much follows it makes no difference.
  if (ec == beast_http::error::need_more)
    ec = IsRequest && !tokens.begun ? beast_http::error::bad_version : beast_http::error::bad_value;
  if (!ec && used < input.size()) ec = beast_http::error::bad_value;
  // An error about the body that follows is none of the head's.
  if (ec && ec != beast_http::error::end_of_stream) {
    result.what = head_state::bad;
    result.reason = tokens.too_many ? too_many_fields : words_for(ec);
    // RFC 9110 15.6.6; HAProxy takes HTTP/9.9 for HTTP/1.1.
    if (!loosely && ec == beast_http::error::bad_version && versioned && input[version] != '1') result.status = 505;
    return result;
  }
  if constexpr (!IsRequest) {
    if (loose.status != 0) out.status = loose.status;
    if (read.low_status) out.status = read.status;
  }
  out.two_lengths = read.two_lengths;
  out.protocol = loose.protocol;
  out.bytes = end.length;
  result.what = head_state::complete;
  return result;
}

}  // namespace

// How many bytes of empty lines `input` begins with, `most` at most.
static std::size_t empty_lines(std::string_view input, std::size_t most, bool bare) {
  std::size_t at = 0;
  while (at < most) {
    if (input.substr(at, 2) == "\r\n")
      at += 2;
    else if (bare && at < input.size() && input[at] == '\n')
      ++at;
    else
      break;
  }
  return at;
}

head_result parse_request(std::string_view input, std::size_t& scanned, const limits& most, http::request_head& out,
                          std::string& scratch) {
  const bool loosely = http::as_haproxy(most.how);
  const std::size_t skipped = empty_lines(input, loosely ? input.size() : 4, loosely);
  if (skipped > 0) {
    input.remove_prefix(skipped);
    scanned = scanned > skipped ? scanned - skipped : 0;
  }
  // Only at the first look: what comes in pieces is not read from its beginning again and again.
  if (scanned == 0 && read_plain(input, most, out)) return {head_state::complete, nullptr, skipped, 400};
  if (!input.empty() && !is_token_char(input.front()) && input.front() != '\r')
    return {head_state::bad, "invalid method", skipped, 400};
  head_result result = parse<true>(input, scanned, most, out, scratch);
  scanned += skipped;
  result.skipped = skipped;
  return result;
}

head_result parse_response(std::string_view input, std::size_t& scanned, const limits& most,
                           http::response_head& out, std::string& scratch) {
  if (scanned == 0 && read_plain(input, most, out)) return {head_state::complete, nullptr, 0, 502};
  const bool loosely = http::as_haproxy(most.how);
  const std::size_t skipped = loosely ? empty_lines(input, input.size(), true) : 0;
  if (skipped > 0) {
    input.remove_prefix(skipped);
    scanned = scanned > skipped ? scanned - skipped : 0;
  }
  const std::string_view start = loosely ? "HTTP/" : "HTTP/1.";
  const std::size_t seen = input.size() < start.size() ? input.size() : start.size();
  const bool begun = loosely && input == "\r";  // perhaps one more empty line
  if (!http::is_lenient(most.how) && !begun && input.substr(0, seen) != start.substr(0, seen))
    return {head_state::bad, "not an HTTP/1 response", 0, 502};
  if (!input.empty() && !begun && !is_token_char(input.front())) return {head_state::bad, "not an HTTP/1 response", 0, 502};
  head_result result = parse<false>(input, scanned, most, out, scratch);
  scanned += skipped;
  if (result.what == head_state::complete) out.bytes += skipped;
  result.status = 502;
  return result;
}

}  // namespace ringway::http1

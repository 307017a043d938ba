#include "http/framing.hpp"

#include <optional>

#include "base/text.hpp"

namespace ringway::http {

namespace {

// "005" is 5, but not to everybody: leading zeros do not go on.
std::string_view without_zeros(std::string_view text) {
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return text;
}

std::optional<std::uint64_t> parse_length(std::string_view text) {  // 1*DIGIT (RFC 9110 8.6)
  text = without_zeros(text);
  if (text.empty() || text.size() > 19) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (value > 0x7fffffffffffffffULL) return std::nullopt;
  return value;
}

struct seen {
  bool has_length = false, has_coding = false;
  bool chunked = false, other_coding = false;
  std::uint64_t length = 0;
};

// One Transfer-Encoding field. Lenient: nothing in it counts as no field, chunked twice as once. HAProxy refuses empty
// elements, which RFC 9110 5.6.1.2 has us read over.
const char* read_coding(field& one, parsing how, seen& out) {
  std::string_view rest = one.value;
  bool any = false;
  if (as_haproxy(how) && !is_lenient(how) && one.value.ends_with(',')) return "empty element in Transfer-Encoding";
  const bool had_chunked = out.chunked;
  while (!rest.empty()) {
    const std::string_view coding = next_element(rest);
    if (coding.empty()) {
      if (as_haproxy(how) && !is_lenient(how)) return "empty element in Transfer-Encoding";
      continue;
    }
    any = true;
    if (out.chunked && is_lenient(how) && same_text(coding, "chunked")) continue;
    if (out.chunked) return "chunked is not the last transfer coding";
    if (same_text(coding, "chunked"))
      out.chunked = true;
    else if (is_token(coding.substr(0, coding.find(';'))))
      out.other_coding = true;
    else
      return "invalid Transfer-Encoding";
  }
  if (!any && !is_lenient(how)) return "empty Transfer-Encoding";
  if (!any || had_chunked) one.dropped = true;
  out.has_coding = out.has_coding || any;
  // "chunked," and the like go on as they are meant.
  if (any && out.chunked && !out.other_coding && !same_text(one.value, "chunked")) {
    one.value = "chunked";
    one.line = {};
  }
  return nullptr;
}

// Reads every Content-Length and Transfer-Encoding of a message.
const char* read_fields(field_list& fields, parsing how, seen& out) {
  for (field& one : fields) {
    if (one.id == known::content_length) {
      std::string_view rest = one.value;
      bool first_element = true;
      bool list = false;
      do {
        const bool more = rest.find(',') != std::string_view::npos;
        const auto value = parse_length(next_element(rest));
        if (!value) return "invalid Content-Length";
        if ((out.has_length || !first_element) && *value != out.length) return "differing Content-Length values";
        out.length = *value;
        list = list || more;
        first_element = false;
        if (more && rest.empty()) return "invalid Content-Length";  // "5,"
      } while (!rest.empty());
      if (out.has_length) one.dropped = true;  // equal to an earlier one
      if (list || (one.value.size() > 1 && one.value.front() == '0')) {
        // "5, 5" and "05" go on as "5".
        std::string_view all = one.value;
        one.value = without_zeros(next_element(all));
        one.line = {};
      }
      out.has_length = true;
    } else if (one.id == known::transfer_encoding) {
      if (const char* reason = read_coding(one, how, out); reason != nullptr) return reason;
    }
  }
  return nullptr;
}

}  // namespace

bool is_one_length(field_list& lengths) {
  seen found;
  return read_fields(lengths, parsing::strict, found) == nullptr;
}

refusal request_body(request_head& head, body_length& out, parsing how) {
  out = {};
  seen found;
  // What the option forgives of Transfer-Encoding it forgives responses only.
  const parsing read = as_haproxy(how) ? parsing::haproxy : parsing::strict;
  if (const char* reason = read_fields(head.fields, read, found); reason != nullptr) return {400, reason};
  const bool loose = as_haproxy(how);
  // Servers of that age take what follows for a next request (RFC 9110 9.3.1); 413 as HAProxy.
  const bool never_had_one =
      head.minor == 0 && (head.verb == method::get || head.verb == method::head || head.verb == method::delete_);
  if (found.has_coding) {
    // HTTP/1.0 knows no transfer coding: what follows could be read in two ways (RFC 9112 6.1).
    if (head.minor == 0 && !loose) return {400, "Transfer-Encoding in an HTTP/1.0 request"};
    if (!found.chunked) return {400, "the last transfer coding is not chunked"};
    if (found.has_length && !loose) return {400, "both Content-Length and Transfer-Encoding"};
    if (never_had_one) return {413, "GET, HEAD or DELETE with a body in HTTP/1.0"};
    // We can neither decode nor vouch for another coding under chunked (RFC 9112 6.1 would answer 501; 422 as HAProxy).
    if (found.other_coding) return {422, "unsupported transfer coding"};
    if (head.verb == method::trace && !loose) return {400, "TRACE with a body"};  // RFC 9110 9.3.8
    if (head.verb == method::connect) {
      // RFC 9110 9.3.6: no content. HAProxy takes what looks like one for the tunnel's first bytes.
      if (!loose) return {400, "CONNECT with a body"};
      drop_all(head.fields, known::transfer_encoding);
      drop_all(head.fields, known::content_length);
      out.doubtful = true;
      return {};
    }
    if (found.has_length || head.two_lengths) {
      drop_all(head.fields, known::content_length);
      out.doubtful = true;
    }
    if (head.minor == 0) out.doubtful = true;
    out.how = body_length::kind::chunked;
    return {};
  }
  if (found.has_length) {
    if (head.verb == method::trace && found.length > 0 && !loose) return {400, "TRACE with a body"};
    if (never_had_one && found.length > 0) return {413, "GET, HEAD or DELETE with a body in HTTP/1.0"};
    if (head.verb == method::connect) {
      if (found.length > 0) return {400, "CONNECT with a body"};
      drop_all(head.fields, known::content_length);
      return {};
    }
    out.how = found.length > 0 ? body_length::kind::counted : body_length::kind::none;
    out.bytes = found.length;
  }
  return {};
}

refusal response_body(response_head& head, method request, body_length& out, parsing how) {
  out = {};
  seen found;
  if (const char* reason = read_fields(head.fields, how, found); reason != nullptr) return {502, reason};
  if (found.has_coding && (!found.chunked || found.other_coding))
    return {502, "unsupported transfer coding in the response"};
  const bool loose = as_haproxy(how);
  if (found.has_coding && found.has_length && !loose)
    return {502, "both Content-Length and Transfer-Encoding in the response"};
  if (found.has_coding && head.minor == 0 && !loose) return {502, "Transfer-Encoding in an HTTP/1.0 response"};
  if (found.has_coding && (found.has_length || head.two_lengths || head.minor == 0)) {
    drop_all(head.fields, known::content_length);
    out.doubtful = true;
  }
  if (is_interim(head.status) || head.status == 204) {
    // RFC 9112 6.1: no Transfer-Encoding here; a Content-Length would mislead the client and is dropped.
    if (found.has_coding && !loose) return {502, "Transfer-Encoding in a response that cannot have a body"};
    drop_all(head.fields, known::content_length);
    drop_all(head.fields, known::transfer_encoding);
    return {};
  }
  if (request == method::head || head.status == 304) return {};
  if (request == method::connect && head.status < 300) {
    drop_all(head.fields, known::content_length);
    drop_all(head.fields, known::transfer_encoding);
    return {};
  }
  if (found.has_coding) {
    out.how = body_length::kind::chunked;
  } else if (found.has_length) {
    out.how = found.length > 0 ? body_length::kind::counted : body_length::kind::none;
    out.bytes = found.length;
  } else {
    out.how = body_length::kind::until_close;
  }
  return {};
}

}  // namespace ringway::http

// The properties of both message parsers.
#pragma once
#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "fuzz.hpp"
#include "support/wire.hpp"

namespace ringway::fuzz {

// Nothing of a head that is sent on breaks its grammar, whatever came.
inline void check_printed(const support::message& one, const support::wire_reader& reader, bool strict) {
  const std::size_t end = one.printed.find("\r\n\r\n");
  must(end != std::string::npos, "a printed head has an end", one.printed);
  const std::string_view head = std::string_view(one.printed).substr(0, end + 4);
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto c = static_cast<unsigned char>(head[i]);
    if (c == '\r') must(head[i + 1] == '\n', "no bare CR is sent on", head);
    else if (c == '\n') must(i > 0 && head[i - 1] == '\r' && head[i + 1 < head.size() ? i + 1 : i] != ' ',
                             "no bare LF and no folded line is sent on", head);
    else must((c >= 0x20 || c == '\t') && c != 0x7f, "no control byte is sent on", head);
  }
  unsigned lengths = 0, codings = 0, hosts = 0;
  for (const auto& [name, value] : one.fields) {
    must(is_token(name), "a field's name is a token", name);
    if (same_text(name, "content-length")) ++lengths;
    if (same_text(name, "transfer-encoding")) {
      ++codings;
      must(same_text(value, "chunked"), "the only coding is chunked", value);
    }
    if (same_text(name, "host")) ++hosts;
  }
  must(lengths + codings <= 1, "one framing", one.printed);
  // RFC 9112 section 3.2 speaks of requests; in a response the name means nothing, as any that is not known.
  must(hosts <= 1 || reader.is(support::wire_reader::side::responses), "one Host", one.printed);
  if (strict && one.how == http::body_length::kind::chunked) must(codings == 1, "chunked says so", one.printed);
}

// The same message, blanks of its first line apart.
inline bool alike(const support::message& one, const support::message& two) {
  std::string first = one.start, second = two.start;
  std::erase(first, ' ');
  std::erase(second, ' ');
  return first == second && one.fields == two.fields && one.body == two.body && one.trailers == two.trailers && one.how == two.how;
}

// `same_words`: also what is told of a bad message is the same at any cut; else the verdict, and the messages
// with their framing, fields and bodies.
inline void check_wire(std::string_view input, const support::wire_reader& reader,
                       const support::wire_reader& strict_reader, bool same_body, bool same_words = true) {
  const support::reading whole = support::read_wire(input, reader);
  const auto as_whole = [&](const support::reading& other) {
    if (same_words) return other == whole;
    return other.status == whole.status && std::equal(other.messages.begin(), other.messages.end(), whole.messages.begin(),
                                                      whole.messages.end(), alike);
  };
  if (!input.empty()) {
    for (std::uint64_t salt = 0; salt < 3; ++salt)
      must(as_whole(support::read_wire(input, reader, place_in(input, salt))), "a cut changes nothing", input);
    if (input.size() <= 512)
      must(as_whole(support::read_wire(input, reader, 0, true)), "drop by drop is the same", input);
  }
  for (const support::message& one : whole.messages) {
    check_printed(one, reader, same_body);
    // What is sent on is one message to whoever reads it next, and the same one.
    const support::reading again = support::read_wire(one.printed, strict_reader);
    must(again.status == 0, "what is sent on is accepted", one.printed + "\n--- " + again.reason);
    must(again.messages.size() == 1 && again.rest.empty(), "what is sent on is one message", one.printed);
    if (same_body) must(again.messages.front() == one, "what is sent on is the same message", one.printed);
  }
}

}  // namespace ringway::fuzz

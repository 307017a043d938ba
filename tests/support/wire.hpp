// Bytes into messages, by the steps the proxy itself takes, without sockets: for tests and fuzzers that ask what a
// stream of bytes is taken for, cut anywhere; and the same message printed as it would be sent on.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/check.hpp"
#include "http1/chunk.hpp"
#include "http1/tokenizer.hpp"
#include "http1/writer.hpp"

namespace ringway::support {

struct message {
  std::string start;                                         // "GET /x 1", "200 OK 1": method, target, minor
  std::vector<std::pair<std::string, std::string>> fields;   // those that are sent on
  std::string body, trailers;
  http::body_length::kind how = http::body_length::kind::none;
  std::string printed;                                       // as it is sent on
  friend bool operator==(const message& a, const message& b) {
    return a.start == b.start && a.fields == b.fields && a.body == b.body && a.trailers == b.trailers && a.how == b.how;
  }
};

struct reading {
  std::vector<message> messages;
  unsigned status = 0;             // of the refusal; 0: none
  std::string reason;
  bool waiting = false;            // in the middle of a message
  bool closed = false;             // what follows is not looked at
  std::string rest;                // bytes that are no message yet
  friend bool operator==(const reading& a, const reading& b) {
    return a.messages == b.messages && a.status == b.status && a.reason == b.reason && a.waiting == b.waiting &&
           a.closed == b.closed;
  }
};

// One side of a connection. feed() as bytes come, end() when the sender has closed.
class wire_reader {
 public:
  enum class side { requests, responses };
  explicit wire_reader(side which, http::parsing how = http::parsing::strict, http::method asked = http::method::get)
      : side_(which), asked_(asked) {
    limits_.how = how;
  }

  bool is(side which) const { return side_ == which; }

  void feed(std::string_view bytes) {
    if (out_.closed || out_.status != 0) return;
    buffer_.append(bytes);
    while (step()) {
    }
  }

  void end() {
    if (in_body_ && length_.how == http::body_length::kind::until_close) complete({});
  }

  reading result() const {
    reading out = out_;
    out.waiting = out.status == 0 && !out.closed && (in_body_ || !buffer_.empty());
    out.rest = buffer_;
    return out;
  }

 private:
  bool refuse(unsigned status, const char* reason) {
    out_.status = status;
    out_.reason = reason != nullptr ? reason : "";
    return false;
  }

  bool step() {
    if (out_.closed) return false;
    if (in_body_) return read_body();
    if (buffer_.empty()) return false;
    return side_ == side::requests ? read_request() : read_response();
  }

  bool read_request() {
    http::request_head head;
    const auto found = http1::parse_request(buffer_, scanned_, limits_, head, scratch_);
    if (found.what == http1::head_state::bad) return refuse(found.status, found.reason);
    if (found.what == http1::head_state::incomplete) return false;
    http::request_meaning meaning;
    if (const http::refusal bad = http::check_request(head, limits_.how, meaning, uri_scratch_)) return refuse(bad.status, bad.reason);
    length_ = meaning.body;
    closes_ = !http::wants_persistence(head.minor, meaning.wants) || head.verb == http::method::connect || length_.doubtful;
    const unsigned minor = length_.how == http::body_length::kind::chunked ? 1 : head.minor;  // as the proxy sends it
    now_ = {};
    now_.start = std::string(head.method_text) + " " + std::string(head.target) + " " + std::to_string(minor);
    std::string room(2 * buffer_.size() + 1024, '\0');
    http1::head_writer out(room.data(), room.size());
    out.request_line(head.method_text, head.target, minor, head.protocol);
    print(head.fields, meaning.upgrade ? (meaning.wants.te ? "te, upgrade" : "upgrade") : meaning.wants.te ? "te" : "",
          out);
    begin_body(found.skipped + head.bytes);
    return true;
  }

  bool read_response() {
    http::response_head head;
    const auto found = http1::parse_response(buffer_, scanned_, limits_, head, scratch_);
    if (found.what == http1::head_state::bad) return refuse(found.status, found.reason);
    if (found.what == http1::head_state::incomplete) return false;
    if (const http::refusal bad = http::response_body(head, asked_, length_, limits_.how))
      return refuse(bad.status, bad.reason);
    const auto wants = http::take_hop_by_hop(head.fields, false);
    closes_ = !http::wants_persistence(head.minor, wants) || head.status == 101 || length_.doubtful;
    if (head.status != 101) http::drop_all(head.fields, http::known::upgrade);
    now_ = {};
    now_.start = std::to_string(head.status) + " " + std::string(head.reason) + " 1";
    std::string room(2 * buffer_.size() + 1024, '\0');
    http1::head_writer out(room.data(), room.size());
    out.status_line(1, head.status, head.reason, head.protocol);
    print(head.fields, head.status == 101 ? "upgrade" : "", out);
    begin_body(head.bytes);
    return true;
  }

  void print(const http::field_list& fields, std::string_view connection, http1::head_writer& out) {
    for (const http::field& one : fields)
      if (!one.dropped) now_.fields.emplace_back(one.name, one.value);
    out.fields(fields);
    if (!connection.empty()) out.field("connection", connection);
    out.end();
    now_.printed.assign(out.data(), out.size());
    now_.how = length_.how;
  }

  void begin_body(std::size_t head) {
    buffer_.erase(0, head);
    scanned_ = 0;
    in_body_ = true;
    decoder_.restart();
    decoder_.as_haproxy(http::as_haproxy(limits_.how));
    if (side_ == side::responses) decoder_.allow_padding();
  }

  bool read_body() {
    using kind = http::body_length::kind;
    switch (length_.how) {
      case kind::none: complete({}); return true;
      case kind::counted: {
        const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(length_.bytes, buffer_.size()));
        take(n);
        length_.bytes -= n;
        if (length_.bytes > 0) return false;
        complete({});
        return true;
      }
      case kind::until_close: take(buffer_.size()); return false;
      case kind::chunked: break;
    }
    std::string_view input = buffer_, data;
    for (;;) {
      const auto found = decoder_.next(input, data);
      if (found == http1::chunk_decoder::step::data) {
        char size[20];
        now_.body.append(data);
        now_.printed.append(size, http1::write_chunk_size(data.size(), size)).append(data).append("\r\n");
        continue;
      }
      buffer_.erase(0, buffer_.size() - input.size());
      if (found == http1::chunk_decoder::step::bad)
        return refuse(side_ == side::requests ? 400 : 502, decoder_.reason());
      if (found == http1::chunk_decoder::step::need_more) return false;
      now_.printed.append("0\r\n").append(decoder_.trailers()).append("\r\n");
      complete(decoder_.trailers());
      return true;
    }
  }

  void take(std::size_t n) {
    now_.body.append(buffer_, 0, n);
    now_.printed.append(buffer_, 0, n);
    buffer_.erase(0, n);
  }

  void complete(std::string_view trailers) {
    now_.trailers = trailers;
    out_.messages.push_back(now_);
    out_.closed = closes_ || length_.how == http::body_length::kind::until_close;
    in_body_ = false;
  }

  side side_;
  http::method asked_;
  http1::limits limits_;
  reading out_;
  message now_;
  std::string buffer_, scratch_, uri_scratch_;
  std::size_t scanned_ = 0;
  http::body_length length_;
  http1::chunk_decoder decoder_;
  bool in_body_ = false, closes_ = false;
};

// All at once, or cut into two at `cut`, or (cut == 0 and `drip`) byte by byte.
inline reading read_wire(std::string_view bytes, wire_reader from, std::size_t cut = 0, bool drip = false) {
  if (drip) {
    for (std::size_t i = 0; i < bytes.size(); ++i) from.feed(bytes.substr(i, 1));
  } else {
    if (cut > 0) from.feed(bytes.substr(0, cut));
    from.feed(bytes.substr(cut));
  }
  from.end();
  return from.result();
}

}  // namespace ringway::support

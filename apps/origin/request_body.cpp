// The request: its head, and its body, which is echoed as it comes, or counted.
#include <algorithm>
#include <charconv>

#include "loop.hpp"
#include "routes.hpp"
#include "text.hpp"

namespace origin {

bool loop::take_head(connection& c) {
  auto data = c.pending_in();
  while (data.starts_with("\r\n")) {  // RFC 9112 2.2: an empty line before a request is passed over
    forget_input(c, 2);
    data = c.pending_in();
  }
  auto end = data.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (data.size() > head_limit) drop(c);
    return false;
  }
  ++c.asked;
  c.where->requests.fetch_add(1, std::memory_order_relaxed);
  bool sound = parse_head(data.substr(0, end + 4), c.req);
  forget_input(c, end + 4);
  c.body_done = !c.req.chunked && c.req.body_left == 0;
  c.echo = false;
  c.chunk = chunk_state::size;
  c.body_seen = 0;
  c.answer_at = c.answer_left = 0;
  c.piece = 16 * 1024;
  c.drip = milliseconds(0);
  c.trailers.clear();
  c.chosen = &find_route(sound ? c.req.word : "");
  if (!sound) {
    c.req.keep_alive = false;
    answer_text(c, 400, "origin: malformed request\n");
    return true;
  }
  if (c.req.expects_continue && !c.body_done && c.chosen->word != "early" && c.pending_in().empty())
    c.out += "HTTP/1.1 100 Continue\r\n\r\n";
  if (c.chosen->after_body && !c.body_done) {
    c.now = phase::body;
  } else {
    c.chosen->run(*this, c);
  }
  return true;
}

bool loop::take_body(connection& c) {
  if (!c.body_done) {
    auto before = c.in_at;
    if (!(c.req.chunked ? take_chunks(c) : take_length(c))) {
      c.req.keep_alive = false;
      if (c.echo) {
        drop(c);
      } else {
        c.body_done = true;
        answer_text(c, 400, "origin: malformed chunk\n");
      }
      return true;
    }
    bool moved = c.in_at != before;
    forget_input(c, 0);
    if (!c.body_done) return moved && c.pending_out() > 0;
  }
  if (c.echo) {
    if (c.req.chunked && !c.head_only()) c.out += "0\r\n\r\n";
    c.echo = false;
    finish(c);
  } else if (c.answer_at == answered) {
    finish(c);
  } else {
    c.chosen->run(*this, c);
  }
  return true;
}

bool loop::take_length(connection& c) {
  auto size = std::min<std::uint64_t>(c.req.body_left, c.pending_in().size());
  take_data(c, static_cast<std::size_t>(size));
  c.req.body_left -= size;
  c.body_done = c.req.body_left == 0;
  return true;
}

bool loop::take_chunks(connection& c) {
  for (;;) {
    auto data = c.pending_in();
    if (c.chunk == chunk_state::data) {
      auto size = std::min<std::uint64_t>(c.chunk_left, data.size());
      take_data(c, static_cast<std::size_t>(size));
      c.chunk_left -= size;
      if (c.chunk_left > 0) return true;
      c.chunk = chunk_state::data_end;
      continue;
    }
    auto end = data.find("\r\n");
    if (end == std::string_view::npos) return data.size() < 16 * 1024;
    auto line = data.substr(0, end);
    c.in_at += end + 2;
    if (c.chunk == chunk_state::data_end) {
      if (!line.empty()) return false;
      c.chunk = chunk_state::size;
    } else if (c.chunk == chunk_state::size) {
      auto size = number(trimmed(line.substr(0, line.find(';'))), 16);
      if (!size) return false;
      c.chunk_left = *size;
      c.chunk = *size > 0 ? chunk_state::data : chunk_state::trailer;
    } else if (line.empty()) {
      c.chunk = chunk_state::done;
      c.body_done = true;
      return true;
    }
  }
}

void loop::take_data(connection& c, std::size_t size) {
  if (size == 0) return;
  if (c.echo && !c.head_only()) {
    if (c.req.chunked) {
      char text[20];
      auto [end, error] = std::to_chars(text, text + sizeof text, size, 16);
      (void)error;
      c.out.append(text, end);
      c.out += "\r\n";
    }
    c.out += c.pending_in().substr(0, size);
    if (c.req.chunked) c.out += "\r\n";
  }
  c.body_seen += size;
  c.in_at += size;
}

void loop::forget_input(connection& c, std::size_t size) {
  c.in_at += size;
  if (c.in_at == c.in.size()) {
    c.in.clear();
    c.in_at = 0;
  } else if (c.in_at > 64 * 1024) {
    c.in.erase(0, c.in_at);
    c.in_at = 0;
  }
}

}  // namespace origin

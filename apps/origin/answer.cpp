// Answers: how they begin, go on and end.
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>

#include "loop.hpp"
#include "routes.hpp"

namespace origin {

// Byte i of every generated body is alphabet[i % 64], so a test can check any part of it.
const std::string& pattern() {
  static const std::string block = [] {
    std::string made;
    while (made.size() < high_water) made += alphabet;
    return made;
  }();
  return block;
}

static std::string_view reason(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 301:
      return "Moved Permanently";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 413:
      return "Content Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "As Asked";
  }
}

void loop::start_answer(connection& c, unsigned status, framing how, std::uint64_t length,
                        std::string_view extra) {
  bool bodiless = status == 204 || status == 304 || status < 200;
  if (c.req.minor == 0 && how == framing::chunked) how = framing::until_close;
  if (how == framing::until_close) c.req.keep_alive = false;
  c.out += "HTTP/1.1 " + std::to_string(status) + ' ';
  c.out += reason(status);
  c.out += "\r\nServer: origin\r\nX-Served-By: ";
  c.out += c.where->name;
  c.out += "\r\nX-Link: " + std::to_string(c.serial) + '.' + std::to_string(c.asked);
  c.out += "\r\nContent-Type: text/plain\r\n";
  if (!bodiless && how == framing::length) c.out += "Content-Length: " + std::to_string(length) + "\r\n";
  if (!bodiless && how == framing::chunked) c.out += "Transfer-Encoding: chunked\r\n";
  if (!c.req.keep_alive) {
    c.out += "Connection: close\r\n";
  } else if (c.req.minor == 0) {
    c.out += "Connection: keep-alive\r\n";
  }
  c.out += extra;
  c.out += "\r\n";
  c.answer_framing = how;
  c.answer_left = bodiless || c.head_only() ? 0 : length;
  if (bodiless || c.head_only()) c.answer_framing = framing::length;
  c.now = phase::answer;
  c.afterwards = c.req.keep_alive ? phase::head : phase::linger;
}

void loop::answer_text(connection& c, unsigned status, std::string_view text, std::string_view extra) {
  start_answer(c, status, framing::length, text.size(), extra);
  if (c.answer_left > 0) c.out += text;
  c.answer_left = 0;
}

bool loop::continue_answer(connection& c) {
  if (c.answer_left > 0) {
    auto size =
        static_cast<std::size_t>(std::min(c.answer_left, std::min<std::uint64_t>(c.piece, high_water / 2)));
    auto from = static_cast<std::size_t>(c.answer_at % alphabet.size());
    auto data = std::string_view(pattern()).substr(from, size);
    if (c.answer_framing == framing::chunked) {
      char line[24];
      c.out.append(line, static_cast<std::size_t>(std::snprintf(line, sizeof line, "%zx\r\n", data.size())));
      c.out += data;
      c.out += "\r\n";
    } else {
      c.out += data;
    }
    c.answer_at += data.size();
    c.answer_left -= data.size();
    if (c.drip > milliseconds(0)) {
      flush(c);
      if (c.fd >= 0) wait(c, c.drip);
    }
    return c.fd >= 0;
  }
  if (c.answer_framing == framing::chunked && c.afterwards != phase::stall)
    c.out += "0\r\n" + c.trailers + "\r\n";
  finish(c);
  return true;
}

void loop::finish(connection& c) {
  if (c.afterwards == phase::linger) {
    if (flush(c)) {
      begin_linger(c);
    } else if (c.fd >= 0) {  // comes back here when the rest is out
      c.now = phase::answer;
      c.answer_left = 0;
      c.answer_framing = framing::length;
    }
    return;
  }
  c.now = c.afterwards;
  if (c.now == phase::head && !c.body_done) {
    c.answer_at = answered;
    c.now = phase::body;
  }
}

void loop::begin_linger(connection& c) {
  if (c.end_of_input) return drop(c);
  shutdown(c.fd, SHUT_WR);
  c.in.clear();
  c.in_at = 0;
  c.now = phase::linger;
  c.due = steady::now() + milliseconds(1000);
  timers_.emplace(c.due, c.serial);
}

}  // namespace origin

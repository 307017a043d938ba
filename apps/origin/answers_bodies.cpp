// Well-formed answers of every framing.
#include <algorithm>
#include <string>

#include "routes.hpp"

namespace origin {

void say_hello(loop& l, connection& c) { l.answer_text(c, 200, "Hello from " + c.where->name + "!\n"); }

void answer_status(loop& l, connection& c) {
  auto code = static_cast<unsigned>(first_number(c, 200));
  l.answer_text(c, code, "status " + std::to_string(code) + "\n");
}

void answer_delay(loop& l, connection& c) { l.wait(c, milliseconds(first_number(c, 100))); }

void answer_bytes(loop& l, connection& c) { l.start_answer(c, 200, framing::length, first_number(c, 0)); }

void answer_chunked(loop& l, connection& c) {
  c.piece = std::max<std::uint64_t>(1, second_number(c, c.piece));
  l.start_answer(c, 200, framing::chunked, first_number(c, 0));
}

void answer_close(loop& l, connection& c) {
  l.start_answer(c, 200, framing::until_close, first_number(c, 0));
}

void answer_drip(loop& l, connection& c) {
  c.piece = 1;
  c.drip = milliseconds(second_number(c, 100));
  l.start_answer(c, 200, framing::length, first_number(c, 10));
}

void answer_hints(loop& l, connection& c) {
  c.out += "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
  l.answer_text(c, 200, "Hello from " + c.where->name + "!\n");
}

void answer_trailers(loop& l, connection& c) {
  c.trailers = "X-Trailer-Sum: 4711\r\n";
  l.start_answer(c, 200, framing::chunked, 64, "Trailer: X-Trailer-Sum\r\n");
}

}  // namespace origin

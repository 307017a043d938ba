// What came is sent back, or told.
#include <string>

#include "routes.hpp"

namespace origin {

void answer_echo(loop& l, connection& c) {
  l.start_answer(c, 200, c.req.chunked ? framing::chunked : framing::length, c.req.body_left);
  c.answer_left = 0;
  c.answer_framing = framing::length;  // take_body frames what it echoes itself
  c.echo = true;
  c.now = phase::body;
}

void answer_headers(loop& l, connection& c) { l.answer_text(c, 200, c.req.raw); }

void answer_size(loop& l, connection& c) { l.answer_text(c, 200, std::to_string(c.body_seen) + "\n"); }

void answer_upgrade(loop&, connection& c) {
  c.out += "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " +
           (c.req.upgrade.empty() ? std::string("echo") : c.req.upgrade) +
           "\r\nX-Served-By: " + c.where->name + "\r\n\r\n";
  c.now = phase::tunnel;
}

void answer_count(loop& l, connection& c) {
  l.answer_text(c, 200,
                "connections " + std::to_string(c.where->connections) + " requests " +
                    std::to_string(c.where->requests) + "\n");
}

}  // namespace origin

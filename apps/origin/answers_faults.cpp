// Answers too early, too short, malformed, or none.
#include <string_view>

#include "routes.hpp"
#include "text.hpp"

namespace origin {

static void send_promise(loop& l, connection& c, phase afterwards) {
  auto size = first_number(c, 1000);
  c.req.keep_alive = afterwards != phase::linger;
  l.start_answer(c, 200, framing::length, size);
  c.answer_left /= 2;
  c.afterwards = afterwards;
}

void send_raw(loop& l, connection& c) {
  std::string_view hex = c.req.argument;
  for (; hex.size() >= 2; hex.remove_prefix(2))
    if (auto byte = number(hex.substr(0, 2), 16)) c.out += static_cast<char>(*byte);
  (void)l;
  c.answer_framing = framing::length;
  c.answer_left = 0;
  c.now = phase::answer;
  c.afterwards = c.chosen->word == "raw-close" ? phase::linger : phase::head;
}

void answer_early(loop& l, connection& c) {
  c.req.keep_alive = false;
  l.answer_text(c, 413, "too large\n");
}

void answer_short(loop& l, connection& c) { send_promise(l, c, phase::linger); }

void answer_stall(loop& l, connection& c) {
  if (c.req.argument.empty()) {
    c.now = phase::stall;
  } else {
    send_promise(l, c, phase::stall);
  }
}

void answer_drop(loop& l, connection& c) { l.drop(c); }

void answer_reset(loop& l, connection& c) { l.reset(c); }

}  // namespace origin

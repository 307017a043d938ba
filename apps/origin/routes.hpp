// What the origin does with a request, by the first word of its path; `routes()` is the table.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "loop.hpp"

namespace origin {

struct route {
  std::string_view word;
  std::string_view argument;
  bool after_body;  // the request body is read and counted before the answer starts
  void (*run)(loop&, connection&);
  std::string_view help;
};

std::span<const route> routes();
const route& find_route(std::string_view word);  // every other word says hello

// Numbers in the path behind the word.
std::uint64_t first_number(const connection& c, std::uint64_t fallback);
std::uint64_t second_number(const connection& c, std::uint64_t fallback);

// answers_bodies.cpp: well-formed answers of every framing
void say_hello(loop& l, connection& c);
void answer_status(loop& l, connection& c);
void answer_delay(loop& l, connection& c);
void answer_bytes(loop& l, connection& c);
void answer_chunked(loop& l, connection& c);
void answer_close(loop& l, connection& c);
void answer_drip(loop& l, connection& c);
void answer_hints(loop& l, connection& c);
void answer_trailers(loop& l, connection& c);

// answers_mirrors.cpp: what came is sent back, or told
void answer_echo(loop& l, connection& c);
void answer_headers(loop& l, connection& c);
void answer_size(loop& l, connection& c);
void answer_upgrade(loop& l, connection& c);
void answer_count(loop& l, connection& c);

// answers_faults.cpp: answers too early, too short, malformed, or none
void answer_early(loop& l, connection& c);
void answer_short(loop& l, connection& c);
void answer_stall(loop& l, connection& c);
void answer_drop(loop& l, connection& c);
void answer_reset(loop& l, connection& c);
void send_raw(loop& l, connection& c);

}  // namespace origin

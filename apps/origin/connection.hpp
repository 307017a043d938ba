// What the origin knows of a connection and of the request on it.
#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace origin {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t high_water = 256 * 1024;  // bytes held per direction before that side is paused
constexpr std::size_t head_limit = 256 * 1024;
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+\n";

// Byte i of every generated body is alphabet[i % 64], so a test can check any part of it. high_water bytes
// and more.
const std::string& pattern();

struct site {
  std::string name;
  int port = 0;  // 0 until bound: the kernel chooses
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> requests{0};
};

enum class framing { length, chunked, until_close };
enum class phase { head, body, answer, wait, tunnel, stall, linger };
enum class chunk_state { size, data, data_end, trailer, done };

struct route;

struct request {
  std::string raw;  // start line and fields as they came, with the empty line
  std::string method, path, word, argument, upgrade;
  int minor = 1;
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  std::uint64_t body_left = 0;  // with a content-length
};

struct connection {
  int fd = -1;
  std::uint64_t serial = 0;
  site* where = nullptr;
  phase now = phase::head;
  std::string in, out;
  std::size_t in_at = 0, out_at = 0;
  bool end_of_input = false;
  std::uint32_t interest = 0;
  std::uint64_t asked = 0;  // requests on this connection

  request req;
  const route* chosen = nullptr;
  bool body_done = true;
  bool echo = false;
  chunk_state chunk = chunk_state::size;
  std::uint64_t chunk_left = 0;
  std::uint64_t body_seen = 0;

  framing answer_framing = framing::length;
  std::uint64_t answer_left = 0, answer_at = 0;
  std::uint64_t piece = 16 * 1024;  // bytes per chunk, or per drip
  milliseconds drip{0};             // pause between pieces
  std::string trailers;             // field lines after the last chunk
  phase afterwards = phase::head;   // head: next request; stall: say nothing more; linger: close
  steady::time_point due{};

  std::string_view pending_in() const { return std::string_view(in).substr(in_at); }
  std::size_t pending_out() const { return out.size() - out_at; }
  bool head_only() const { return req.method == "HEAD"; }
};

// False: malformed. `raw` with its empty line.
bool parse_head(std::string_view raw, request& req);

}  // namespace origin

// An origin for tests, the tutorial and benchmarks: it obeys, and misbehaves on request. What it does is
// chosen by the first word of the path (see `routes` and --help). Plain epoll, one loop per thread, nothing
// of lib/: a fault in the proxy's own code must not be able to hide behind the same fault here.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t high_water = 256 * 1024;  // bytes held per direction before that side is paused
constexpr std::size_t head_limit = 256 * 1024;
constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+\n";

// Byte i of every generated body is alphabet[i % 64], so a test can check any part of it.
const std::string& pattern() {
  static const std::string block = [] {
    std::string made;
    while (made.size() < high_water) made += alphabet;
    return made;
  }();
  return block;
}

struct site {
  std::string name;
  int port = 0;  // 0 until bound: the kernel chooses
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> requests{0};
};

enum class framing { length, chunked, until_close };
enum class phase { head, body, answer, wait, tunnel, stall, linger };
enum class chunk_state { size, data, data_end, trailer, done };

struct connection;
class loop;

struct route {
  std::string_view word;
  std::string_view argument;
  bool after_body;  // the request body is read and counted before the answer starts
  void (*run)(loop&, connection&);
  std::string_view help;
};

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

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool list_has(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    auto comma = list.find(',');
    if (same_word(trimmed(list.substr(0, comma)), word)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

std::string_view reason(unsigned status) {
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

bool parse_head(std::string_view raw, request& req) {
  req = request{};
  req.raw = raw;
  auto line_end = raw.find("\r\n");
  auto line = raw.substr(0, line_end);
  auto first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  auto version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  req.minor = version.back() - '0';
  req.keep_alive = req.minor == 1;
  req.method = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  if (auto scheme = target.find("://"); scheme != std::string_view::npos && target.front() != '/') {
    auto slash = target.find('/', scheme + 3);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  req.path = target.substr(0, target.find('?'));
  auto rest = std::string_view(req.path).substr(req.path.empty() ? 0 : 1);
  auto slash = rest.find('/');
  req.word = rest.substr(0, slash);
  if (slash != std::string_view::npos) req.argument = rest.substr(slash + 1);

  for (auto at = line_end + 2; at < raw.size();) {
    auto end = raw.find("\r\n", at);
    auto field = raw.substr(at, end - at);
    at = end + 2;
    auto colon = field.find(':');
    if (colon == std::string_view::npos) continue;
    auto name = field.substr(0, colon), value = trimmed(field.substr(colon + 1));
    if (same_word(name, "content-length")) {
      auto length = number(value);
      if (!length) return false;
      req.body_left = *length;
    } else if (same_word(name, "transfer-encoding")) {
      req.chunked = list_has(value, "chunked");
    } else if (same_word(name, "connection")) {
      if (list_has(value, "close")) req.keep_alive = false;
      if (list_has(value, "keep-alive") && req.minor == 0) req.keep_alive = true;
    } else if (same_word(name, "expect")) {
      req.expects_continue = same_word(value, "100-continue");
    } else if (same_word(name, "upgrade")) {
      req.upgrade = value;
    }
  }
  return true;
}

class loop {
 public:
  explicit loop(std::vector<std::pair<int, site*>> listeners) : listeners_(std::move(listeners)) {
    poll_ = epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;  // connections use their serial, which starts above every listener's number
      epoll_ctl(poll_, EPOLL_CTL_ADD, listeners_[i].first, &event);
    }
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      int ready = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), patience());
      for (int i = 0; i < ready; ++i) {
        auto key = events[static_cast<std::size_t>(i)].data.u64;
        if (key < listeners_.size()) {
          accept_all(listeners_[key]);
        } else if (auto found = open_.find(key); found != open_.end()) {
          serve(*found->second, events[static_cast<std::size_t>(i)].events);
        }
      }
      fire_timers();
    }
  }

  // Starts an answer. `length` is the body's; until_close and chunked do not announce it.
  void start_answer(connection& c, unsigned status, framing how, std::uint64_t length,
                    std::string_view extra = {}) {
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

  void answer_text(connection& c, unsigned status, std::string_view text, std::string_view extra = {}) {
    start_answer(c, status, framing::length, text.size(), extra);
    if (c.answer_left > 0) c.out += text;
    c.answer_left = 0;
  }

  void wait(connection& c, milliseconds time) {
    c.now = phase::wait;
    c.due = steady::now() + time;
    timers_.emplace(c.due, c.serial);
  }

  void reset(connection& c) {
    linger hard{1, 0};
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    drop(c);
  }

  void drop(connection& c) {
    close(c.fd);
    c.fd = -1;
    gone_.push_back(c.serial);
  }

 private:
  int patience() const {
    if (timers_.empty()) return -1;
    auto left = std::chrono::ceil<milliseconds>(timers_.begin()->first - steady::now()).count();
    return left < 0 ? 0 : static_cast<int>(left);
  }

  void fire_timers() {
    auto now = steady::now();
    while (!timers_.empty() && timers_.begin()->first <= now) {
      auto [due, serial] = *timers_.begin();
      timers_.erase(timers_.begin());
      auto found = open_.find(serial);
      if (found == open_.end() || found->second->due != due) continue;
      auto& c = *found->second;
      if (c.now == phase::linger) {
        drop(c);
      } else if (c.now == phase::wait) {
        c.now = phase::answer;
        if (c.chosen->word == "delay") greet(c);
      }
      advance(c);
    }
  }

  void accept_all(std::pair<int, site*>& from) {
    for (int burst = 0; burst < 64; ++burst) {
      int fd = accept4(from.first, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto made = std::make_unique<connection>();
      made->fd = fd;
      made->serial = next_serial_.fetch_add(1, std::memory_order_relaxed);
      made->where = from.second;
      made->interest = EPOLLIN;
      from.second->connections.fetch_add(1, std::memory_order_relaxed);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = made->serial;
      epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event);
      open_.emplace(made->serial, std::move(made));
    }
  }

  void serve(connection& c, std::uint32_t events) {
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) {
      thread_local std::array<char, 64 * 1024> buffer;
      auto got = recv(c.fd, buffer.data(), buffer.size(), 0);
      if (got > 0) {
        if (c.now != phase::linger) c.in.append(buffer.data(), static_cast<std::size_t>(got));
      } else if (got == 0) {
        c.end_of_input = true;
      } else if (errno != EAGAIN && errno != EINTR) {
        drop(c);
      }
    }
    advance(c);
  }

  // Moves a connection as far as its input and the socket allow, then says what it waits for.
  void advance(connection& c) {
    while (c.fd >= 0 && flush(c) && step(c)) {
    }
    if (c.fd >= 0) {
      // More than high_water is let in while a head is incomplete: the rest of it may be all that is missing.
      bool full = c.pending_in().size() >= (c.now == phase::head ? head_limit + 1 : high_water);
      std::uint32_t wanted = 0;
      if (!full && !c.end_of_input) wanted |= EPOLLIN;
      if (c.pending_out() > 0 || (c.now == phase::answer && c.answer_left > 0)) wanted |= EPOLLOUT;
      if (c.end_of_input && c.pending_out() == 0 &&
          (c.now == phase::head || c.now == phase::body || c.now == phase::stall || c.now == phase::linger)) {
        drop(c);
      } else if (wanted != c.interest) {
        epoll_event event{};
        event.events = c.interest = wanted;
        event.data.u64 = c.serial;
        epoll_ctl(poll_, EPOLL_CTL_MOD, c.fd, &event);
      }
    }
    for (auto serial : gone_) open_.erase(serial);
    gone_.clear();
  }

  // False: the socket takes no more now, or is gone.
  bool flush(connection& c) {
    if (c.pending_out() > 0) {
      if (!put(c, c.out.data() + c.out_at, c.pending_out(), c.out_at)) return false;
      if (c.pending_out() > 0) return false;
    }
    c.out.clear();
    c.out_at = 0;
    // A plain generated body goes out straight from the pattern, without a copy.
    while (c.now == phase::answer && c.answer_framing != framing::chunked && c.answer_left > 0 &&
           c.drip == milliseconds(0)) {
      auto from = static_cast<std::size_t>(c.answer_at % alphabet.size());
      auto size = static_cast<std::size_t>(std::min<std::uint64_t>(c.answer_left, pattern().size() - from));
      std::size_t sent = 0;
      if (!put(c, pattern().data() + from, size, sent)) return false;
      c.answer_at += sent;
      c.answer_left -= sent;
      if (sent < size) return false;
    }
    return true;
  }

  bool put(connection& c, const char* data, std::size_t size, std::size_t& counted) {
    auto sent = send(c.fd, data, size, MSG_NOSIGNAL);
    if (sent >= 0) {
      counted += static_cast<std::size_t>(sent);
      return true;
    }
    if (errno != EAGAIN && errno != EINTR) drop(c);
    return false;
  }

  // One move of the state machine; false when only input, the socket or a timer can bring it further.
  bool step(connection& c) {
    switch (c.now) {
      case phase::head:
        return take_head(c);
      case phase::body:
        return take_body(c);
      case phase::answer:
        return continue_answer(c);
      case phase::tunnel: {
        auto data = c.pending_in();
        c.out += data;
        forget_input(c, data.size());
        if (data.empty() && c.end_of_input) drop(c);
        return !data.empty();
      }
      case phase::wait:
      case phase::stall:
      case phase::linger:
        return false;
    }
    return false;
  }

  bool take_head(connection& c) {
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
    c.chosen = find_route(sound ? c.req.word : "");
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

  // Reads the request body: echoed as it comes, or counted. False when more input is needed.
  bool take_body(connection& c) {
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

  bool take_length(connection& c) {
    auto size = std::min<std::uint64_t>(c.req.body_left, c.pending_in().size());
    take_data(c, static_cast<std::size_t>(size));
    c.req.body_left -= size;
    c.body_done = c.req.body_left == 0;
    return true;
  }

  bool take_chunks(connection& c) {
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

  void take_data(connection& c, std::size_t size) {
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

  bool continue_answer(connection& c) {
    if (c.answer_left > 0) {
      auto size =
          static_cast<std::size_t>(std::min(c.answer_left, std::min<std::uint64_t>(c.piece, high_water / 2)));
      auto from = static_cast<std::size_t>(c.answer_at % alphabet.size());
      auto data = std::string_view(pattern()).substr(from, size);
      if (c.answer_framing == framing::chunked) {
        char line[24];
        c.out.append(line,
                     static_cast<std::size_t>(std::snprintf(line, sizeof line, "%zx\r\n", data.size())));
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

  void finish(connection& c) {
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

  // Closing with unread input would turn our answer into a reset: say "no more" and read for a moment.
  void begin_linger(connection& c) {
    if (c.end_of_input) return drop(c);
    shutdown(c.fd, SHUT_WR);
    c.in.clear();
    c.in_at = 0;
    c.now = phase::linger;
    c.due = steady::now() + milliseconds(1000);
    timers_.emplace(c.due, c.serial);
  }

  static void forget_input(connection& c, std::size_t size) {
    c.in_at += size;
    if (c.in_at == c.in.size()) {
      c.in.clear();
      c.in_at = 0;
    } else if (c.in_at > 64 * 1024) {
      c.in.erase(0, c.in_at);
      c.in_at = 0;
    }
  }

  void greet(connection& c) { answer_text(c, 200, "Hello from " + c.where->name + "!\n"); }
  static const route* find_route(std::string_view word);

  static constexpr std::uint64_t answered =
      UINT64_MAX;  // answer_at: the answer went out before the body ended
  static inline std::atomic<std::uint64_t> next_serial_{1024};
  int poll_ = -1;
  std::vector<std::pair<int, site*>> listeners_;
  std::map<std::uint64_t, std::unique_ptr<connection>> open_;
  std::multimap<steady::time_point, std::uint64_t> timers_;
  std::vector<std::uint64_t> gone_;
};

std::uint64_t first_number(const connection& c, std::uint64_t fallback) {
  auto text = std::string_view(c.req.argument);
  return number(text.substr(0, text.find('/'))).value_or(fallback);
}

std::uint64_t second_number(const connection& c, std::uint64_t fallback) {
  auto text = std::string_view(c.req.argument);
  auto slash = text.find('/');
  return slash == std::string_view::npos ? fallback : number(text.substr(slash + 1)).value_or(fallback);
}

void send_promise(loop& l, connection& c, phase afterwards) {
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

constexpr std::array routes = {
    route{"", "", true,
          [](loop& l, connection& c) { l.answer_text(c, 200, "Hello from " + c.where->name + "!\n"); },
          "says hello; so does every path not listed here"},
    route{"status", "/CODE", true,
          [](loop& l, connection& c) {
            auto code = static_cast<unsigned>(first_number(c, 200));
            l.answer_text(c, code, "status " + std::to_string(code) + "\n");
          },
          "answers with that status"},
    route{"delay", "/MS", true, [](loop& l, connection& c) { l.wait(c, milliseconds(first_number(c, 100))); },
          "says hello after MS milliseconds"},
    route{"bytes", "/N", true,
          [](loop& l, connection& c) { l.start_answer(c, 200, framing::length, first_number(c, 0)); },
          "N bytes with a content-length"},
    route{"chunked", "/N[/SIZE]", true,
          [](loop& l, connection& c) {
            c.piece = std::max<std::uint64_t>(1, second_number(c, c.piece));
            l.start_answer(c, 200, framing::chunked, first_number(c, 0));
          },
          "N bytes in chunks of SIZE (16384)"},
    route{"close", "/N", true,
          [](loop& l, connection& c) { l.start_answer(c, 200, framing::until_close, first_number(c, 0)); },
          "N bytes, ended by closing"},
    route{"drip", "/N/MS", true,
          [](loop& l, connection& c) {
            c.piece = 1;
            c.drip = milliseconds(second_number(c, 100));
            l.start_answer(c, 200, framing::length, first_number(c, 10));
          },
          "N bytes, one every MS milliseconds"},
    route{"echo", "", false,
          [](loop& l, connection& c) {
            l.start_answer(c, 200, c.req.chunked ? framing::chunked : framing::length, c.req.body_left);
            c.answer_left = 0;
            c.answer_framing = framing::length;  // take_body frames what it echoes itself
            c.echo = true;
            c.now = phase::body;
          },
          "sends the request body back while it arrives, framed as it came"},
    route{"headers", "", true, [](loop& l, connection& c) { l.answer_text(c, 200, c.req.raw); },
          "the request head, byte for byte"},
    route{"null", "", true,
          [](loop& l, connection& c) { l.answer_text(c, 200, std::to_string(c.body_seen) + "\n"); },
          "reads the request body and answers its size"},
    route{"continue", "", true,
          [](loop& l, connection& c) { l.answer_text(c, 200, std::to_string(c.body_seen) + "\n"); },
          "as null; like every path but early it sends 100 Continue to who expects it"},
    route{"hints", "", true,
          [](loop& l, connection& c) {
            c.out += "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n";
            l.answer_text(c, 200, "Hello from " + c.where->name + "!\n");
          },
          "103 Early Hints, then hello"},
    route{"trailers", "", true,
          [](loop& l, connection& c) {
            c.trailers = "X-Trailer-Sum: 4711\r\n";
            l.start_answer(c, 200, framing::chunked, 64, "Trailer: X-Trailer-Sum\r\n");
          },
          "64 bytes chunked with a trailer field"},
    route{"early", "", false,
          [](loop& l, connection& c) {
            c.req.keep_alive = false;
            l.answer_text(c, 413, "too large\n");
          },
          "413 before the body is read, then closes"},
    route{"short", "/N", true, [](loop& l, connection& c) { send_promise(l, c, phase::linger); },
          "promises N bytes, sends half, closes"},
    route{"stall", "[/N]", true,
          [](loop& l, connection& c) {
            if (c.req.argument.empty()) {
              c.now = phase::stall;
            } else {
              send_promise(l, c, phase::stall);
            }
          },
          "never answers; with N: sends half of N promised bytes, then nothing"},
    route{"drop", "", false, [](loop& l, connection& c) { l.drop(c); }, "closes without an answer"},
    route{"reset", "", false, [](loop& l, connection& c) { l.reset(c); }, "resets the connection"},
    route{"upgrade", "", false,
          [](loop&, connection& c) {
            c.out += "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " +
                     (c.req.upgrade.empty() ? std::string("echo") : c.req.upgrade) +
                     "\r\nX-Served-By: " + c.where->name + "\r\n\r\n";
            c.now = phase::tunnel;
          },
          "101, then sends every byte back"},
    route{"raw", "/HEX", true, send_raw, "sends these bytes as they are"},
    route{"raw-close", "/HEX", true, send_raw, "sends these bytes as they are, then closes"},
    route{"count", "", true,
          [](loop& l, connection& c) {
            l.answer_text(c, 200,
                          "connections " + std::to_string(c.where->connections) + " requests " +
                              std::to_string(c.where->requests) + "\n");
          },
          "connections and requests seen on this port, this one included"},
};

const route* loop::find_route(std::string_view word) {
  for (const auto& one : routes)
    if (one.word == word) return &one;
  return &routes.front();
}

int listen_on(const std::string& address, int port, bool shared) {
  sockaddr_storage where{};
  socklen_t size = 0;
  if (in6_addr six; inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    sockaddr_in6 full{};
    full.sin6_family = AF_INET6;
    full.sin6_addr = six;
    full.sin6_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&where, &full, size = sizeof full);
  } else {
    sockaddr_in full{};
    full.sin_family = AF_INET;
    full.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, address.c_str(), &full.sin_addr) != 1) return -1;
    std::memcpy(&where, &full, size = sizeof full);
  }
  int fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (bind(fd, static_cast<const sockaddr*>(static_cast<const void*>(&where)), size) != 0 ||
      listen(fd, 4096) != 0) {
    close(fd);
    return -1;
  }
  return fd;
}

int port_of(int fd) {
  sockaddr_storage where{};
  socklen_t size = sizeof where;
  getsockname(fd, static_cast<sockaddr*>(static_cast<void*>(&where)), &size);
  in_port_t port = 0;  // the same place in both address families
  std::memcpy(&port, static_cast<const char*>(static_cast<const void*>(&where)) + 2, sizeof port);
  return ntohs(port);
}

void print_help() {
  std::puts(
      "usage: origin --port N [--name TEXT] [--port N [--name TEXT]]... [options]\n"
      "An HTTP/1.1 origin for tests and benchmarks.\n\n"
      "  --port N       listen here; 0 lets the kernel choose; may be repeated\n"
      "  --name TEXT    name of the port before it (\"Flask App 1\"), shown in X-Served-By and the greeting\n"
      "  --bind ADDR    address to listen on, IPv4 or IPv6 (127.0.0.1)\n"
      "  --port-file F  write the ports, one a line, once all listen\n"
      "  --threads N    event loops (1)\n\n"
      "Paths:");
  for (const auto& one : routes) {
    auto path = "/" + std::string(one.word) + std::string(one.argument);
    std::printf("  %-20s %.*s\n", path.c_str(), static_cast<int>(one.help.size()), one.help.data());
  }
}

}  // namespace

int main(int count, char** words) {
  std::vector<std::unique_ptr<site>> sites;
  std::string address = "127.0.0.1", port_file, first_name;
  std::uint64_t threads = 1;
  for (int i = 1; i < count; ++i) {
    std::string_view word = words[i];
    if (word == "--help" || word == "-h") return print_help(), 0;
    if (i + 1 >= count) return std::fprintf(stderr, "origin: %s wants a value (--help)\n", words[i]), 2;
    std::string value = words[++i];
    auto amount = number(value);
    if (word == "--port" && amount && *amount < 65536) {
      sites.push_back(std::make_unique<site>());
      sites.back()->port = static_cast<int>(*amount);
    } else if (word == "--name") {
      (sites.empty() ? first_name : sites.back()->name) = value;
    } else if (word == "--bind") {
      address = value;
    } else if (word == "--port-file") {
      port_file = value;
    } else if (word == "--threads" && amount && *amount > 0 && *amount <= 64) {
      threads = *amount;
    } else {
      return std::fprintf(stderr, "origin: do not understand %s %s (--help)\n", words[i - 1], value.c_str()),
             2;
    }
  }
  if (sites.empty()) return std::fprintf(stderr, "origin: no --port (--help)\n"), 2;
  if (sites.front()->name.empty()) sites.front()->name = first_name;
  for (std::size_t i = 0; i < sites.size(); ++i)
    if (sites[i]->name.empty()) sites[i]->name = "origin " + std::to_string(i + 1);

  std::signal(SIGPIPE, SIG_IGN);
  for (int number : {SIGINT, SIGTERM}) std::signal(number, [](int) { _exit(0); });

  std::vector<loop> loops;
  for (std::uint64_t n = 0; n < threads; ++n) {
    std::vector<std::pair<int, site*>> listeners;
    for (auto& one : sites) {
      int fd = listen_on(address, one->port, threads > 1);
      if (fd < 0) {
        std::fprintf(stderr, "origin: cannot listen on %s:%d: %s\n", address.c_str(), one->port,
                     strerror(errno));
        return 1;
      }
      one->port = port_of(fd);
      listeners.emplace_back(fd, one.get());
    }
    loops.emplace_back(std::move(listeners));
  }
  if (!port_file.empty()) {
    // Written aside and renamed: a reader sees all of it or nothing.
    auto aside = port_file + ".new";
    std::FILE* file = std::fopen(aside.c_str(), "w");
    if (!file) return std::fprintf(stderr, "origin: cannot write %s\n", aside.c_str()), 1;
    for (auto& one : sites) std::fprintf(file, "%d\n", one->port);
    std::fclose(file);
    if (std::rename(aside.c_str(), port_file.c_str()) != 0) return 1;
  }
  std::vector<std::thread> others;
  for (std::size_t n = 1; n < loops.size(); ++n) others.emplace_back([&one = loops[n]] { one.run(); });
  loops.front().run();
}

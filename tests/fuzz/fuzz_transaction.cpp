// Whole transactions: bytes from clients and from the server, cut where the input says, and the clock moved. The proxy is
// the real one on a worker of its own; its sockets are socket pairs and a unix socket, driven from the worker's thread, so
// that one input always does the same. Properties: it ends, counters return to nothing, and nothing that the grammar
// (read here by a checker that shares nothing with the engine) refuses ever reaches the server.
//
// The input is what the sides send, with these bytes as stage directions:
//   f0, f1  what follows comes from the first, the second client     f2  from the server, on its newest connection
//   f3      the side at hand closes for writing                      f4  the side at hand closes, unread bytes or not
//   f5 N    N * 100 ms pass                                          f6  the clients read nothing from here on, or again
//   f7      a cut: what was gathered is sent and the proxy has its turn
// The first byte chooses the frontend.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "proxy/assemble.hpp"
#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "proxy/transaction.hpp"

using namespace ringway;
using fuzz::must;

namespace {

// ------------------------------------------------------------------------------------------- the checker

bool token_char(char c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  for (const char c : text)
    if (!token_char(c)) return false;
  return !text.empty();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// Reads what reached the server on one connection; stops the run at the first byte that RFC 9112 does not allow there.
class checker {
 public:
  void take(std::string_view bytes) {
    if (free_) return;
    text_.append(bytes);
    while (step()) {}
  }

 private:
  enum class at { head, counted, chunk_size, chunk, chunk_end, trailers };

  // A whole line without its CRLF; false: not here yet. Bare CR, LF, NUL and other controls end the run.
  bool line(std::string_view& out) {
    const std::size_t end = text_.find("\r\n", from_);
    const std::string_view seen = std::string_view(text_).substr(from_, end == std::string::npos ? end : end - from_);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      const auto c = static_cast<unsigned char>(seen[i]);
      if (c == '\r' && end == std::string::npos && i + 1 == seen.size()) break;  // its LF is on the way
      must((c >= 0x20 || c == '\t') && c != 0x7f, "no control byte in a line that is sent on", text_);
    }
    if (end == std::string::npos) return false;
    out = seen;
    from_ = end + 2;
    return true;
  }

  bool step() {
    switch (now_) {
      case at::head: return head();
      case at::counted: {
        const std::size_t n = std::min<std::uint64_t>(left_, text_.size() - from_);
        from_ += n;
        left_ -= n;
        if (left_ > 0) return false;
        return next();
      }
      case at::chunk_size: {
        const std::size_t start = from_;
        std::string_view size;
        if (!line(size)) return false;
        must(!size.empty() && size.size() <= 16, "a chunk has a size", text_.substr(start));
        left_ = 0;
        for (const char c : size) {
          const bool digit = c >= '0' && c <= '9', low = c >= 'a' && c <= 'f', high = c >= 'A' && c <= 'F';
          must(digit || low || high, "a chunk's size is hexadecimal", size);
          left_ = left_ * 16 + static_cast<std::uint64_t>(digit ? c - '0' : low ? c - 'a' + 10 : c - 'A' + 10);
        }
        now_ = left_ == 0 ? at::trailers : at::chunk;
        return true;
      }
      case at::chunk: {
        const std::size_t n = std::min<std::uint64_t>(left_, text_.size() - from_);
        from_ += n;
        left_ -= n;
        if (left_ > 0) return false;
        now_ = at::chunk_end;
        return true;
      }
      case at::chunk_end:
        if (text_.size() - from_ < 2) return false;
        must(text_.compare(from_, 2, "\r\n") == 0, "a chunk ends with CRLF", text_);
        from_ += 2;
        now_ = at::chunk_size;
        return true;
      case at::trailers: {
        std::string_view one;
        if (!line(one)) return false;
        if (one.empty()) return next();
        const std::size_t colon = one.find(':');
        must(colon != std::string_view::npos && is_token(one.substr(0, colon)), "a trailer is a field", one);
        const std::string name = lower(one.substr(0, colon));
        must(name != "content-length" && name != "transfer-encoding" && name != "host", "a trailer frames nothing", one);
        return true;
      }
    }
    return false;
  }

  bool next() {
    now_ = at::head;
    text_.erase(0, from_);
    from_ = 0;
    return !text_.empty();
  }

  bool head() {
    if (text_.empty()) return false;
    from_ = 0;
    std::string_view one;
    std::string fields_of_head;
    if (!line(one)) {
      from_ = 0;
      return false;
    }
    const std::size_t a = one.find(' '), b = one.rfind(' ');
    must(a != std::string_view::npos && a < b, "a request line has three parts", one);
    const std::string method(one.substr(0, a)), target(one.substr(a + 1, b - a - 1));
    must(is_token(method), "a method is a token", one);
    must(!target.empty() && target.find_first_of(" \t") == std::string::npos, "a target has no blank", one);
    const std::string version(one.substr(b + 1));
    must(version == "HTTP/1.1" || version == "HTTP/1.0", "a version that is known", one);
    unsigned lengths = 0, codings = 0, hosts = 0;
    bool upgrade = method == "CONNECT";
    std::uint64_t length = 0;
    for (;;) {
      if (!line(one)) {
        from_ = 0;
        return false;
      }
      if (one.empty()) break;
      const std::size_t colon = one.find(':');
      must(colon != std::string_view::npos && is_token(one.substr(0, colon)), "a field has a name", one);
      const std::string name = lower(one.substr(0, colon));
      std::string_view value = one.substr(colon + 1);
      while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
      while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
      if (name == "host") ++hosts;
      if (name == "upgrade") upgrade = true;
      if (name == "transfer-encoding") {
        ++codings;
        must(lower(value) == "chunked", "the only coding is chunked", one);
      }
      if (name == "content-length") {
        ++lengths;
        must(!value.empty() && value.size() <= 19, "a length is a number", one);
        length = 0;
        for (const char c : value) {
          must(c >= '0' && c <= '9', "a length is made of digits", one);
          length = length * 10 + static_cast<std::uint64_t>(c - '0');
        }
      }
    }
    must(lengths + codings <= 1, "one framing", text_);
    must(hosts == 1 || (version == "HTTP/1.0" && hosts == 0), "one Host", text_);
    must(codings == 0 || version == "HTTP/1.1", "no coding in HTTP/1.0", text_);
    if (upgrade) {
      free_ = true;  // whatever follows may be a tunnel's
      return false;
    }
    left_ = length;
    now_ = codings > 0 ? at::chunk_size : at::counted;
    return true;
  }

  std::string text_;
  std::size_t from_ = 0;
  std::uint64_t left_ = 0;
  at now_ = at::head;
  bool free_ = false;
};

// ------------------------------------------------------------------------------------------- the stage

struct far_end {
  int fd = -1;
  std::string to_send;
  bool shut = false;
  checker seen;  // of a server's connection

  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
    to_send.clear();
  }
  void flush() {
    while (fd >= 0 && !shut && !to_send.empty()) {
      const ssize_t n = ::send(fd, to_send.data(), to_send.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n <= 0) break;
      to_send.erase(0, static_cast<std::size_t>(n));
    }
  }
  // What came, dropped or checked.
  void read(bool check) {
    std::array<char, 16384> bytes;
    while (fd >= 0) {
      const ssize_t n = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (n <= 0) break;
      if (check) seen.take({bytes.data(), static_cast<std::size_t>(n)});
    }
  }
};

class stage {
 public:
  stage() {
    proxy::model model;
    struct kind { bool tcp, closing, always; };
    constexpr std::array<kind, 4> kinds{kind{false, false, false}, {false, true, false}, {false, false, true}, {true, false, false}};
    listen();
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      proxy::section_settings one;
      one.name = "p" + std::to_string(i);
      one.front = one.back = true;
      one.kind = kinds[i].tcp ? proxy::mode::tcp : proxy::mode::http;
      one.binds.emplace_back();
      one.time.client = one.time.server = one.time.http_request = milliseconds{5000};
      one.time.connect = milliseconds{2000};
      one.time.queue = milliseconds{3000};
      one.time.http_keep_alive = milliseconds{4000};
      one.retries = 2;
      if (kinds[i].closing) one.connection = proxy::connection_mode::server_close;
      if (kinds[i].always) one.reuse = proxy::reuse_mode::always;
      servers::settings server;
      server.name = "s";
      server.id = 1;
      server.unix_path = path_;
      server.unix_abstract = true;
      server.maxconn = 1;
      one.servers.push_back(server);
      model.sections.push_back(one);
    }
    all_ = proxy::assemble(model, {});
    home_ = all_->homes.front().get();
    home_->worker.post([this] { home_->worker.spawn(home_->housekeeping()); });
    home_->worker.start();
  }
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  void play(std::string_view input) {
    const std::string text(input);
    std::unique_lock guard(lock_);
    done_ = false;
    home_->worker.post([this, &text] { home_->worker.spawn(drive(*this, text)); });
    ended_.wait(guard, [this] { return done_; });
  }

 private:
  static constexpr int turns_a_cut = 5;
  static constexpr std::size_t most_server_links = 16;

  void listen() {
    path_ = "ringway-fuzz-" + std::to_string(getpid());
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    path_.copy(at.sun_path + 1, sizeof at.sun_path - 2);
    must(::bind(listening_, reinterpret_cast<sockaddr*>(&at),
                static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path_.size())) == 0 &&
             ::listen(listening_, 64) == 0,
         "the stage's server listens");
  }

  void open_client(std::size_t n) {
    int pair[2];
    must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0, "a pair of sockets");
    clients_[n] = std::make_unique<far_end>();
    clients_[n]->fd = pair[0];
    address from;
    from.kind = family::v4;
    from.bytes[0] = 127;
    from.bytes[3] = static_cast<std::uint8_t>(1 + n);
    from.port = static_cast<std::uint16_t>(4000 + n);
    const proxy::bind_settings& bind = front_->settings.binds.front();
    front_->come_in(*all_, bind);
    proxy::session::begin(*home_, *front_, bind, pair[1], from);
  }

  void meet() {
    for (;;) {
      const int fd = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      servers_.push_back(std::make_unique<far_end>());
      servers_.back()->fd = fd;
      if (servers_.size() > most_server_links) {
        servers_.front()->read(checking_);
        servers_.front()->close();
        servers_.pop_front();
      }
    }
  }

  far_end* at_hand() {
    if (side_ < 2) {
      if (!clients_[side_]) open_client(side_);
      return clients_[side_].get();
    }
    meet();
    return servers_.empty() ? nullptr : servers_.back().get();
  }

  void look() {
    meet();
    for (auto& one : servers_) one->read(checking_);
    for (auto& one : clients_)
      if (one && reading_) one->read(false);
  }

  io::task<> turns(int count) {
    io::waker wake(home_->worker.ready());
    for (int i = 0; i < count; ++i) {
      wake.wake();
      co_await wake.wait();
      look();
      for (auto& one : clients_)
        if (one) one->flush();
      for (auto& one : servers_) one->flush();
    }
  }

  static io::task<> drive(stage& on, std::string_view text) {
    co_await on.act(text);
    {
      const std::lock_guard guard(on.lock_);
      on.done_ = true;
    }
    on.ended_.notify_one();
  }

  io::task<> act(std::string_view text) {
    const std::size_t which = text.empty() ? 0 : static_cast<unsigned char>(text.front()) % all_->frontends.size();
    front_ = all_->frontends[which].get();
    checking_ = front_->settings.kind == proxy::mode::http;
    if (!text.empty()) text.remove_prefix(1);
    side_ = 0;
    reading_ = true;
    const std::size_t base = home_->worker.running();
    at_hand();
    std::string gathered;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0xf0 || c > 0xf7) {
        gathered.push_back(text[i]);
        continue;
      }
      if (far_end* to = at_hand(); to != nullptr) {
        to->to_send += gathered;
        to->flush();
      }
      gathered.clear();
      far_end* now = at_hand();
      switch (c) {
        case 0xf0: side_ = 0; break;
        case 0xf1: side_ = 1; break;
        case 0xf2: side_ = 2; break;
        case 0xf3:
          if (now != nullptr && now->fd >= 0) {
            now->shut = true;
            ::shutdown(now->fd, SHUT_WR);
          }
          break;
        case 0xf4:
          if (now != nullptr) {
            if (side_ == 2) now->read(checking_);
            now->close();
          }
          break;
        case 0xf5: {
          const int steps = i + 1 < text.size() ? static_cast<unsigned char>(text[++i]) : 1;
          home_->worker.skip_time(steps * 100);
          break;
        }
        case 0xf6: reading_ = !reading_; break;
        default: break;
      }
      co_await turns(turns_a_cut);
    }
    if (far_end* to = at_hand(); to != nullptr) {
      to->to_send += gathered;
      to->flush();
    }
    co_await turns(turns_a_cut);
    // Everybody leaves; then time passes until the last limit has.
    reading_ = true;
    for (auto& one : clients_)
      if (one) one->close();
    for (int i = 0; i < 40 && home_->sessions > 0; ++i) {
      co_await turns(turns_a_cut);
      if (i == 3)
        for (auto& one : servers_) one->close();
      if (i >= 4) home_->worker.skip_time(3000);
    }
    for (auto& one : servers_) one->close();
    servers_.clear();
    for (auto& one : clients_) one.reset();
    co_await turns(2);
    must(home_->sessions == 0, "every session ends");
    must(home_->worker.running() == base, "every coroutine ends");
    must(all_->connections.load() == 0 && front_->connections.load() == 0, "connections are counted out");
    must(all_->escaped.load() == 0, "no exception leaves a session");
    for (const auto& one : all_->backends) {
      must(one->connections.load() == 0, "a backend's connections are counted out");
      must(one->chooser->served(0) == 0, "a server's places are given back");
    }
    home_->idle_links.clear();
  }

  std::string path_;
  int listening_ = -1;
  std::unique_ptr<proxy::runtime> all_;
  proxy::home* home_ = nullptr;
  proxy::frontend* front_ = nullptr;
  bool checking_ = true, reading_ = true;
  std::size_t side_ = 0;
  std::array<std::unique_ptr<far_end>, 2> clients_;
  std::deque<std::unique_ptr<far_end>> servers_;
  std::mutex lock_;
  std::condition_variable ended_;
  bool done_ = false;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static stage* const one = new stage;  // lives as long as the process: libFuzzer leaves without unwinding
  one->play(fuzz::text_of(data, size));
  return 0;
}

// Every system call of a session fails in turn. The calls of the worker's thread pass through the functions below,
// which the linker prefers to the C library's; the proxy's own code has no seam and pays nothing.
#include <dlfcn.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <map>
#include <set>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

enum class call : std::uint8_t { accept, watch, socket, connect, connected, read, write };
constexpr std::array call_names = {"accept", "epoll_ctl", "socket", "connect", "SO_ERROR", "read", "write"};
enum trick : int { none = 0, end = -1, one_byte = -2, later = -3 };  // in place of an errno

struct step {
  call what;
  char side;  // l: the listener, c: the client's socket, s: the server's
  int nth;
  bool operator<(const step& other) const {
    return std::tie(what, side, nth) < std::tie(other.what, other.side, other.nth);
  }
};

struct injection {
  step at{};
  int error = none;
  int left = 0;                          // how often the trick is still played
  std::map<std::pair<call, char>, int> counts;
  std::set<step> seen;
  std::map<int, char> sides;
  std::map<int, std::pair<int, epoll_event>> watched;
};

thread_local injection* active = nullptr;  // set on the worker's thread alone

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Counts the call; the error or trick that is due on it.
int due(call what, int fd) {
  const auto found = active->sides.find(fd);
  char side = found != active->sides.end() ? found->second : '?';
  if (what == call::accept) side = 'l';
  if (what == call::socket) side = 's';
  if (side == '?') return none;
  const step here{what, side, ++active->counts[{what, side}]};
  active->seen.insert(here);
  const bool same_kind = here.what == active->at.what && here.side == active->at.side;
  if (!same_kind || here.nth < active->at.nth || active->left == 0) return none;
  --active->left;
  return active->error;
}

// An edge that we hid must come again.
void again(int fd) {
  static auto* const call_real = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  auto& known = active->watched[fd];
  call_real(known.first, EPOLL_CTL_MOD, fd, &known.second);
}

int fails(int error) {
  errno = error;
  return -1;
}

// What failed stays failed: the connection is gone, not only this call.
int breaks(int fd, int error) {
  ::shutdown(fd, SHUT_RDWR);
  return fails(error);
}

}  // namespace

extern "C" {

int accept4(int fd, sockaddr* from, socklen_t* length, int flags) {
  static auto* const call_real = real<int(int, sockaddr*, socklen_t*, int)>("accept4");
  if (active == nullptr) return call_real(fd, from, length, flags);
  const int error = due(call::accept, fd);
  if (error == ECONNABORTED) ::close(call_real(fd, from, length, flags));
  if (error > 0) return fails(error);
  const int made = call_real(fd, from, length, flags);
  if (made >= 0) active->sides[made] = 'c';
  return made;
}

int socket(int family, int type, int protocol) noexcept {
  static auto* const call_real = real<int(int, int, int)>("socket");
  if (active == nullptr) return call_real(family, type, protocol);
  if (const int error = due(call::socket, -1); error > 0) return fails(error);
  const int made = call_real(family, type, protocol);
  active->sides[made] = 's';
  return made;
}

int connect(int fd, const sockaddr* to, socklen_t length) {
  static auto* const call_real = real<int(int, const sockaddr*, socklen_t)>("connect");
  if (active == nullptr) return call_real(fd, to, length);
  if (const int error = due(call::connect, fd); error > 0) return fails(error);
  return call_real(fd, to, length);
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* length) noexcept {
  static auto* const call_real = real<int(int, int, int, void*, socklen_t*)>("getsockopt");
  const int result = call_real(fd, level, name, value, length);
  if (active == nullptr || level != SOL_SOCKET || name != SO_ERROR) return result;
  if (const int error = due(call::connected, fd); error > 0) *static_cast<int*>(value) = error;
  return result;
}

int epoll_ctl(int poller, int operation, int fd, epoll_event* event) noexcept {
  static auto* const call_real = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  if (active == nullptr || operation != EPOLL_CTL_ADD) return call_real(poller, operation, fd, event);
  active->watched[fd] = {poller, *event};
  if (const int error = due(call::watch, fd); error > 0) return fails(error);
  return call_real(poller, operation, fd, event);
}

ssize_t recv(int fd, void* into, size_t size, int flags) {
  static auto* const call_real = real<ssize_t(int, void*, size_t, int)>("recv");
  if (active == nullptr || (flags & MSG_PEEK) != 0) return call_real(fd, into, size, flags);
  // A look that finds nothing is no step: how many there are depends on who is quicker.
  char first = 0;
  if (call_real(fd, &first, 1, flags | MSG_PEEK) < 0 && errno == EAGAIN) return -1;
  const int error = due(call::read, fd);
  if (error == end) return 0;
  if (error == later) {
    again(fd);
    return fails(EAGAIN);
  }
  if (error == one_byte) {
    const ssize_t n = call_real(fd, into, 1, flags);
    again(fd);
    return n;
  }
  if (error > 0) return breaks(fd, error);
  return call_real(fd, into, size, flags);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const call_real = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  if (active == nullptr) return call_real(fd, message, flags);
  const int error = due(call::write, fd);
  if (error == later) {
    again(fd);
    return fails(EAGAIN);
  }
  if (error == one_byte) {
    iovec first = message->msg_iov[0];
    first.iov_len = 1;
    msghdr little = *message;
    little.msg_iov = &first;
    little.msg_iovlen = 1;
    const ssize_t n = call_real(fd, &little, flags);
    again(fd);
    return n;
  }
  if (error > 0) return breaks(fd, error);
  return call_real(fd, message, flags);
}

ssize_t send(int fd, const void* from, size_t size, int flags) {
  static auto* const call_real = real<ssize_t(int, const void*, size_t, int)>("send");
  if (active == nullptr) return call_real(fd, from, size, flags);
  iovec piece{const_cast<void*>(from), size};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  return sendmsg(fd, &message, flags);
}

// io/calls.hpp goes round the C library's functions, so it comes by here.
long syscall(long number, ...) noexcept {
  static auto* const call_real = real<long(long, ...)>("syscall");
  std::array<long, 6> with{};
  va_list given;
  va_start(given, number);
  for (long& one : with) one = va_arg(given, long);
  va_end(given);
  const auto pointer = [&](std::size_t i) { return reinterpret_cast<void*>(with[i]); };
  const int fd = static_cast<int>(with[0]), flags = static_cast<int>(with[3]);
  const auto size = static_cast<std::size_t>(with[2]);
  if (active != nullptr && number == SYS_recvfrom) return recv(fd, pointer(1), size, flags);
  if (active != nullptr && number == SYS_sendto) return send(fd, pointer(1), size, flags);
  if (active != nullptr && number == SYS_sendmsg)
    return sendmsg(fd, static_cast<const msghdr*>(pointer(1)), static_cast<int>(with[2]));
  return call_real(number, with[0], with[1], with[2], with[3], with[4], with[5]);
}

}  // extern "C"

namespace {

std::string name_of(int error) {
  return error == end ? "end" : error == one_byte ? "one byte" : error == later ? "later" : strerrorname_np(error);
}

constexpr std::string_view post = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
constexpr std::string_view get = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";

// A server that answers every request it gets whole, on any number of connections at once.
class origin {
 public:
  explicit origin(support::listening& at) : at_(at), thread_([this] { run(); }) {}
  ~origin() {
    stop_ = true;
    thread_.join();
  }
  int requests() const { return requests_; }

 private:
  void run() {
    std::map<int, std::string> links;
    while (!stop_) {
      std::vector<pollfd> all{{at_.fd, POLLIN, 0}};
      for (const auto& [fd, seen] : links) all.push_back({fd, POLLIN, 0});
      if (::poll(all.data(), all.size(), 5) <= 0) continue;
      if (all[0].revents != 0) links[::accept(at_.fd, nullptr, nullptr)] = {};
      for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i].revents == 0) continue;
        const int fd = all[i].fd;
        char bytes[4096];
        const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
        if (n <= 0) {
          ::close(fd);
          links.erase(fd);
          continue;
        }
        std::string& seen = links[fd];
        seen.append(bytes, static_cast<std::size_t>(n));
        std::string_view answer;
        if (seen == post) answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        if (seen == get) answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
        if (answer.empty()) continue;
        seen.clear();
        ++requests_;
        ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
    for (const auto& [fd, seen] : links) ::close(fd);
  }
  support::listening& at_;
  std::atomic<bool> stop_{false};
  std::atomic<int> requests_{0};
  std::thread thread_;
};

// What the client saw, and the letters of the lines that were logged.
struct result {
  std::string text;
  std::set<step> steps;
};

std::string status_of(peer& client, std::string_view last) {
  const std::string head = client.until("\r\n\r\n");
  if (head.size() < 12) return "none";
  const std::string status = head.substr(9, 3);
  if (status != "200") last = "</body></html>\n";
  return status + (client.until(last).ends_with(last) ? "" : "cut");
}

// Two requests on one connection.
std::string two_requests(peer& client) {
  client.send(post);
  std::string told = status_of(client, "hello");
  if (told != "200") return told;
  client.send(get);
  return told + "," + status_of(client, "0\r\n\r\n");
}

// The same server as a stream: what it answers, then the client closes first and sees the end.
std::string one_stream(peer& client) {
  client.send(post);
  const std::string answer = client.until("hello");
  client.finish();
  const bool ended = client.ended();
  return std::string(answer.ends_with("hello") ? "whole" : answer.empty() ? "none" : "cut") + (ended ? "" : " reset");
}

result run(proxy::mode kind, const step& at, int error, int times) {
  injection plan;
  plan.at = at;
  plan.error = error;
  plan.left = times;
  std::string told, letters;
  {
    proxy_rig rig([&](proxy::model& m) {
      m.sections[0].kind = m.sections[1].kind = kind;
      if (kind == proxy::mode::tcp) m.sections[0].log.format = log::settings::style::tcp;
      m.sections[1].retries = 0;
      m.sections[1].servers[0].maxconn = 1;  // a place that is not given back shows at once
    });
    origin server(*rig.servers[0]);
    rig.on_worker([&](proxy::home&) { active = &plan; });
    {
      peer client = rig.client();
      if (error == EMFILE && at.what == call::accept) {  // accepting pauses, and goes on a second later
        rig.on_worker([](proxy::home&) {});
        rig.skip(1100);
      }
      told = kind == proxy::mode::tcp ? one_stream(client) : two_requests(client);
    }
    // Nothing is left of it: no session, no place, no connection counted.
    const proxy::backend& be = *rig.all->backends[0];
    const auto quiet = [&] {
      return rig.all->connections.load() == 0 && rig.all->frontends[0]->connections.load() == 0 &&
             be.connections.load() == 0 && be.chooser->served(0) == 0;
    };
    // Asked between two turns of the worker: within one, a listener that looks for the next client holds a place for it.
    const auto until_quiet = [&] {
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
      bool is = false;
      while (!is && std::chrono::steady_clock::now() < end) rig.on_worker([&](proxy::home&) { is = quiet(); });
      return is;
    };
    CHECK(until_quiet());
    rig.on_worker([&](proxy::home&) { active = nullptr; });
    {
      peer after = rig.client();
      after.send(get);
      CHECK(status_of(after, "0\r\n\r\n") == "200");
    }
    CHECK(until_quiet());
    rig.stop();
    CHECK(rig.escaped == 0);
    std::vector<std::string> found;
    const std::string lines = rig.log_rest();
    const std::string_view behind = kind == proxy::mode::tcp ? " 1/1/" : "-- 1/1/";
    for (std::size_t mark = 0; (mark = lines.find(behind, mark)) != std::string::npos; ++mark)
      found.push_back(lines.substr(mark - 2, 2));
    REQUIRE(!found.empty());
    CHECK(found.back() == "--");  // who came after
    found.pop_back();
    for (const std::string& one : found) letters += " " + one;
  }
  return {told + letters, plan.seen};
}

// What has to come of it: the same as if nothing had been, where the fault passes or can be mended.
std::string_view wanted(proxy::mode kind, const step& at, int error, std::string_view plain) {
  const bool tcp = kind == proxy::mode::tcp, client = at.side == 'c', first = at.nth == 1;
  if (error == one_byte || error == later) return plain;
  switch (at.what) {
    case call::accept: return error == EMFILE || !first ? plain : "none";
    case call::watch: return client ? "none" : plain;  // no memory for a connection to the server: tried again
    case call::socket: return plain;
    case call::connect:
      if (error == EADDRNOTAVAIL) return plain;
      [[fallthrough]];
    case call::connected: return tcp ? "none SC" : "503 SC";
    case call::read:
      if (tcp && error == end) return first ? "none --" : plain;
      if (tcp && client) return first ? "none CD" : "whole CD";
      if (tcp) return first ? "none SD" : "whole reset SD";
      if (client && first) return error == end ? "400 CR" : "none CR";
      if (client) return at.nth == 2 ? "200,none --" : plain;
      return first ? "502 SH" : plain;  // a kept connection that dies is made good by a fresh one
    case call::write:
      if (tcp) return client ? "none CD" : "none SD";
      if (client) return first ? "none CD" : "200,none -- CD";
      return first ? "502 SH" : plain;
  }
  return "";
}

}  // namespace

TEST_CASE("every step of a session fails in turn") {
  const std::map<call, std::vector<int>> faults = {
      {call::accept, {EMFILE, ECONNABORTED}},
      {call::watch, {ENOMEM}},
      {call::socket, {EMFILE}},
      {call::connect, {ECONNREFUSED, ENETUNREACH, EADDRNOTAVAIL}},
      {call::connected, {ECONNREFUSED, ETIMEDOUT}},
      {call::read, {end, ECONNRESET, ETIMEDOUT, one_byte, later}},
      {call::write, {EPIPE, ECONNRESET, ETIMEDOUT, one_byte, later}},
  };
  for (const proxy::mode kind : {proxy::mode::http, proxy::mode::tcp}) {
    const result plain = run(kind, {call::read, 'c', 0}, none, 0);
    REQUIRE(plain.text == (kind == proxy::mode::tcp ? "whole --" : "200,200 -- --"));
    std::size_t cases = 0;
    for (const step& at : plain.steps) {
      for (const int error : faults.at(at.what)) {
        ++cases;
        const std::string name = fmt::format("{}: {} {} of {}: {}", kind == proxy::mode::tcp ? "tcp" : "http",
                                             call_names[static_cast<std::size_t>(at.what)], at.nth, at.side,
                                             name_of(error));
        CAPTURE(name);
        const result found = run(kind, at, error, error == one_byte ? 1000 : error == later ? 3 : 1);
        CHECK(found.text == wanted(kind, at, error, plain.text));
      }
    }
    CHECK(cases > 30);
  }
}

// Real sockets on loopback, ports chosen by the kernel; the io_context runs until what is awaited has come.
#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "check/runner.hpp"

using namespace ringway;
using namespace ringway::check;

namespace {

using strings = std::vector<std::string>;

// A listening socket on 127.0.0.1; closed at the end.
class listening {
 public:
  explicit listening(int backlog = 100, std::uint16_t port = 0) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    address at = *parse_ip("127.0.0.1");
    at.port = port;
    const raw_address where = raw(at);
    REQUIRE(::bind(fd_, where.data(), where.length) == 0);
    if (backlog >= 0) REQUIRE(::listen(fd_, backlog) == 0);
    raw_address got;
    got.length = sizeof got.storage;
    REQUIRE(::getsockname(fd_, got.data(), &got.length) == 0);
    port_ = from_raw(got.data(), got.length).port;
  }
  ~listening() { close(); }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  std::uint16_t port() const { return port_; }
  int native() const { return fd_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// Its accept queue is full: further SYNs stay unanswered.
class unanswering {
 public:
  unanswering() {
    address at = *parse_ip("127.0.0.1");
    at.port = port();
    const raw_address to = raw(at);
    for (int& fd : fillers_) {
      fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      ::connect(fd, to.data(), to.length);
    }
  }
  ~unanswering() {
    for (const int fd : fillers_) ::close(fd);
  }
  unanswering(const unanswering&) = delete;
  unanswering& operator=(const unanswering&) = delete;
  std::uint16_t port() const { return origin_.port(); }

 private:
  const listening origin_{0};
  std::array<int, 4> fillers_{};
};

servers::settings checked(const char* name, std::uint16_t port) {
  servers::settings made;
  made.name = name;
  made.ip = *parse_ip("127.0.0.1");
  made.port = port;
  made.check.enabled = true;
  made.check.inter = milliseconds{1};
  return made;
}

std::vector<balance::server_facts> facts(std::size_t count) {
  std::vector<balance::server_facts> made(count);
  balance::assign_ids(made);
  return made;
}

// "check duration: 12ms" -> "check duration: Nms"
std::string without_duration(std::string text) {
  const std::string mark = "check duration: ";
  const auto at = text.find(mark);
  if (at == std::string::npos) return text;
  const auto end = text.find("ms", at);
  return text.replace(at + mark.size(), end - at - mark.size(), "N");
}

struct bench {
  explicit bench(const std::vector<servers::settings>& from)
      : chooser({}, facts(from.size()), false),
        group("b", from, chooser, told(), servers::clock::now()),
        checks(on, faults()) {}
  ~bench() {
    checks.stop();
    on.run_for(seconds{5});
    CHECK(checks.running() == 0);
  }
  servers::hooks told() {
    servers::hooks made;
    made.report = [this](const servers::sentence& one) { said.push_back(without_duration(one.text)); };
    return made;
  }
  options faults() {
    options made;
    made.on_fault = [this](std::string_view words) { said.push_back("fault: " + std::string(words)); };
    return made;
  }
  subject all() {
    subject made;
    made.group = &group;
    return made;
  }
  void start() {
    std::vector<subject> subjects;
    subjects.push_back(all());
    checks.start(std::move(subjects));
  }
  template <typename Done>
  void run_until(Done done) {
    const auto deadline = servers::clock::now() + seconds{10};
    while (!done() && servers::clock::now() < deadline) on.run_one_until(deadline);
    REQUIRE(done());
  }

  boost::asio::io_context on{1};
  strings said;
  balance::chooser chooser;
  servers::group group;
  runner checks;
};

}  // namespace

TEST_CASE("a refused server goes down at once and comes up after rise successes") {
  auto closed =
      std::make_unique<listening>(-1);  // bound, not listening: refuses, and nobody else takes the port
  bench b({checked("one", closed->port())});
  b.start();
  b.run_until([&] { return b.said.size() == 2; });
  CHECK(b.said ==
        strings{"Server b/one is DOWN, reason: Layer4 connection problem, info: \"ECONNREFUSED returned by OS "
                "(Connection refused)\", "
                "check duration: Nms. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, "
                "0 remaining in queue.",
                "backend b has no server available!"});
  CHECK_FALSE(b.chooser.usable(0));
  CHECK(b.group[0].failed_checks() == 1);
  CHECK(b.group[0].last().kind == servers::check_kind::l4_refused);

  b.said.clear();
  const auto before = b.checks.attempts();
  REQUIRE(::listen(closed->native(), 100) == 0);
  b.run_until([&] { return !b.said.empty(); });
  CHECK(b.checks.attempts() >= before + 2);
  CHECK(b.said ==
        strings{"Server b/one is UP, reason: Layer4 check passed, check duration: Nms. 1 active and 0 "
                "backup servers online. 0 sessions requeued, 0 total in queue."});
  CHECK(b.chooser.usable(0));
  CHECK(b.group[0].last().kind == servers::check_kind::l4_ok);
}

TEST_CASE("fall failures after a success") {
  auto origin = std::make_unique<listening>();
  const auto port = origin->port();
  bench b({checked("one", port)});
  b.start();
  b.run_until([&] { return b.group[0].health() == 4; });
  origin.reset();
  const listening holds(-1, port);  // keeps the port from others, refusing
  b.run_until([&] { return !b.said.empty(); });
  CHECK(b.group[0].failed_checks() == 3);
  CHECK(b.group[0].health() == 0);
}

TEST_CASE("a connect that is not answered in time") {
  const unanswering origin;
  auto slow = checked("slow", origin.port());
  slow.check.inter = milliseconds{30};
  bench b({slow});
  b.start();
  b.run_until([&] { return !b.said.empty(); });
  CHECK(b.said[0] ==
        "Server b/slow is DOWN, reason: Layer4 timeout, check duration: Nms. 0 active and 0 backup "
        "servers left. 0 sessions active, 0 requeued, 0 remaining in queue.");
  CHECK(b.group[0].last().milliseconds >= 30);
}

TEST_CASE("a PROXY header begins a check where the server's line asks for one") {
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
  struct row {
    bool v1, v2, checks_say_so, elsewhere;
    const char* begins;  // the header's beginning; empty: none
  };
  const row rows[] = {{false, false, false, false, ""},   {true, false, false, false, "PROXY TCP4 127.0.0.1 127.0.0.1 "},
                      {false, true, false, false, "2"},   {true, true, false, false, "2"},
                      {true, false, false, true, ""},     {false, true, false, true, ""},
                      {true, false, true, true, "PROXY TCP4 127.0.0.1 127.0.0.1 "},
                      {false, true, true, true, "2"},     {false, false, true, false, "PROXY TCP4 127.0.0.1 127.0.0.1 "}};
  for (const row& one : rows) {
    const listening origin;
    auto said = checked("one", origin.port());
    said.check.inter = seconds{60};
    said.send_proxy = one.v1;
    said.send_proxy_v2 = one.v2;
    said.check.send_proxy = one.checks_say_so;
    if (one.elsewhere) said.check.port = origin.port();
    bench b({said});
    b.start();
    b.run_until([&] { return b.group[0].health() == 4; });
    // A check that says nothing is reset before its connection is ready to be accepted.
    pollfd ready{origin.native(), POLLIN, 0};
    const bool came = ::poll(&ready, 1, *one.begins == 0 ? 20 : 10000) == 1;
    if (*one.begins == 0 && !came) continue;
    REQUIRE(came);
    raw_address from;
    from.length = sizeof from.storage;
    const int fd = ::accept(origin.native(), from.data(), &from.length);
    REQUIRE(fd >= 0);
    std::string got;
    char bytes[256];
    for (ssize_t n; (n = ::recv(fd, bytes, sizeof bytes, 0)) > 0;) got.append(bytes, static_cast<std::size_t>(n));
    ::close(fd);
    std::string wanted = one.begins;
    if (wanted == "2") wanted = local;
    if (wanted.starts_with("PROXY"))
      wanted += std::to_string(from_raw(from.data(), from.length).port) + " " + std::to_string(origin.port()) + "\r\n";
    CHECK(got == wanted);
  }
}

TEST_CASE("stop in the middle of a connect") {
  const unanswering origin;
  auto slow = checked("slow", origin.port());
  slow.check.inter = seconds{60};
  bench b({slow});
  b.start();
  b.run_until([&] { return b.checks.attempts() == 1; });
  b.checks.stop();
  b.run_until([&] { return b.checks.running() == 0; });
  CHECK(b.said.empty());
}

TEST_CASE("an io_context that ends before the checks do") {
  const listening origin;
  auto chooser = std::make_unique<balance::chooser>(balance::settings{}, facts(1), false);
  servers::group group("b", {checked("one", origin.port())}, *chooser, {}, servers::clock::now());
  auto on = std::make_unique<boost::asio::io_context>(1);
  runner checks(*on);
  subject all;
  all.group = &group;
  checks.start({all});
  const auto deadline = servers::clock::now() + seconds{10};
  while (checks.attempts() < 3 && servers::clock::now() < deadline) on->run_one_until(deadline);
  CHECK(checks.attempts() >= 3);
  on.reset();
}

TEST_CASE("unix sockets") {
  std::string folder = "/tmp/ringway-check-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/socket";
  const auto where = sockaddr_of_path(path, false);
  REQUIRE(where);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(fd, where->data(), where->length) == 0);
  REQUIRE(::listen(fd, 1000) == 0);
  auto here = checked("here", 0), gone = checked("gone", 0);
  here.ip = gone.ip = {};
  here.unix_path = path;
  gone.unix_path = folder + "/none";
  {
    bench b({here, gone});
    b.start();
    b.run_until([&] { return !b.said.empty() && b.group[0].health() == 4; });
    CHECK(b.said ==
          strings{"Server b/gone is DOWN, reason: Socket error, info: \"General socket error (No such file "
                  "or directory)\", check duration: Nms. 1 active and 0 backup servers left. 0 sessions "
                  "active, 0 requeued, 0 remaining in queue."});
  }
  ::close(fd);
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}

TEST_CASE("check port, check addr, source") {
  const listening service(-1), health;
  auto by_port = checked("by_port", service.port());
  by_port.check.port = health.port();
  auto by_addr = checked("by_addr", health.port());
  by_addr.ip = *parse_ip("127.0.0.99");
  by_addr.check.addr = *parse_ip("127.0.0.1");
  auto from = checked("from", health.port());
  from.source.from = *parse_ip("127.0.0.7");
  auto from_nowhere = checked("from_nowhere", health.port());
  from_nowhere.source.from = *parse_ip("192.0.2.200");
  bench b({by_port, by_addr, from, from_nowhere});
  b.start();
  b.run_until([&] {
    return b.group[0].health() == 4 && b.group[1].health() == 4 && b.group[2].health() == 4 &&
           !b.said.empty();
  });
  CHECK(b.said ==
        strings{"Server b/from_nowhere is DOWN, reason: Layer4 connection problem, info: \"Can't bind to "
                "source address (Cannot assign requested address)\", check duration: Nms. 3 active and 0 "
                "backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue."});
}

TEST_CASE("no checks in maintenance; a fresh start after it") {
  // An abstract unix socket: over TCP a passed check leaves no trace in the accept queue.
  const std::string path = "ringway-check-" + std::to_string(::getpid());
  const auto where = sockaddr_of_path(path, true);
  REQUIRE(where);
  const int resting = ::socket(AF_UNIX, SOCK_STREAM, 0);
  REQUIRE(::bind(resting, where->data(), where->length) == 0);
  REQUIRE(::listen(resting, 100) == 0);
  auto off = checked("off", 0);
  off.ip = {};
  off.unix_path = path;
  off.unix_abstract = true;
  off.disabled = true;
  const listening origin;
  bench b({off, checked("on", origin.port())});
  b.start();
  b.run_until([&] { return b.group[1].health() == 4 && b.checks.attempts() >= 5; });
  CHECK(b.said.empty());
  CHECK(b.group[0].last().kind == servers::check_kind::none);
  pollfd knocked{resting, POLLIN, 0};
  CHECK(::poll(&knocked, 1, 0) == 0);  // nobody connected
  ::close(resting);
  b.group.set_admin(0, servers::admin::forced_maint, false, {}, servers::clock::now());
  b.run_until([&] { return b.said.size() == 2; });
  CHECK(b.said[0] == "Server b/off is UP/READY (leaving forced maintenance).");
  CHECK(b.said[1].find("Server b/off is DOWN, reason: Socket error") == 0);
}

TEST_CASE("maintenance ordered while a check is under way: its result says nothing") {
  const unanswering origin;
  auto first = checked("first", origin.port()), second = checked("second", origin.port());
  first.check.inter = second.check.inter = milliseconds{30};
  bench b({first, second});
  b.start();
  b.run_until([&] { return b.checks.attempts() == 1; });
  b.group.set_admin(0, servers::admin::forced_maint, true, {}, servers::clock::now());
  b.said.clear();
  // The second one's check starts after the first one's has ended.
  b.run_until([&] { return b.group[1].last().kind != servers::check_kind::none; });
  CHECK(b.group[0].last().kind == servers::check_kind::none);
  CHECK(b.group[0].failed_checks() == 0);
}

TEST_CASE("log-health-checks") {
  auto closed = std::make_unique<listening>(-1);
  bench b({checked("one", closed->port())});
  strings lines;
  subject all = b.all();
  all.each_change = [&](std::string_view text) { lines.push_back(without_duration(std::string(text))); };
  b.checks.start({all});
  b.run_until([&] { return !b.said.empty(); });
  REQUIRE(::listen(closed->native(), 100) == 0);
  b.said.clear();
  b.run_until([&] { return !b.said.empty(); });
  CHECK(lines ==
        strings{"Health check for server b/one failed, reason: Layer4 connection problem, info: "
                "\"ECONNREFUSED returned by OS (Connection refused)\", check duration: Nms, status: 0/2 DOWN.",
                "Health check for server b/one succeeded, reason: Layer4 check passed, check duration: Nms, "
                "status: 1/2 DOWN.",
                "Health check for server b/one succeeded, reason: Layer4 check passed, check duration: Nms, "
                "status: 3/3 UP."});
  CHECK(b.said[0] ==
        "Server b/one is UP. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in "
        "queue.");
}

TEST_CASE("the address is the one of the moment") {
  const listening origin;
  auto named = checked("n", origin.port());
  named.ip = {};
  named.host = "x.test";
  bench b({named});
  b.start();
  CHECK_FALSE(b.group[0].usable());
  b.group.set_address(0, *parse_ip("127.0.0.1"), "libc resolution", servers::clock::now());
  b.run_until([&] { return b.group[0].health() == 4; });
  CHECK(b.group[0].usable());
}

TEST_CASE("a thousand servers") {
  const listening origin(4096);
  std::vector<servers::settings> many;
  for (int i = 0; i < 1000; ++i) {
    many.push_back(checked(("s" + std::to_string(i)).c_str(), origin.port()));
    many.back().check.inter = milliseconds{50};
  }
  bench b(many);
  b.start();
  b.run_until([&] { return b.checks.attempts() >= 1000; });
  CHECK(b.said.empty());
  CHECK(b.group.active() == 1000);
}

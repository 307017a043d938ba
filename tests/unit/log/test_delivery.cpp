// The way of a line from a worker to a real socket or pipe, and what happens when the other side is absent,
// slow or leaves.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <thread>
#include <vector>

#include "log/ring.hpp"
#include "receivers.hpp"

using namespace ringway;
using namespace ringway::log;
using namespace std::chrono_literals;

namespace {

std::size_t lines_of(std::string_view text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

// Emits until the counter moves; a test that waits for something the writer does.
template <class Done>
bool eventually(Done&& done) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

TEST_CASE("a single line on an idle system arrives while the writer runs") {
  udp_server server;
  logger all({});
  const auto to = all.make_pipeline(proxy_with({server.target}));
  CHECK(all.open().empty());
  all.start();
  for (int i = 0; i < 30; ++i) {  // asleep, napping and awake
    to->emit(0, sample());
    REQUIRE(server.socket.read().value() == body(settings::style::http, sample()) + "\n");
    if (i % 10 == 9) {
      CHECK_FALSE(server.socket.readable(60ms));  // long enough for the writer to fall asleep
    }
  }
}

TEST_CASE("lines of all workers arrive whole, each worker's in order") {
  directory place;
  const auto server = unix_server(place.socket(), SOCK_STREAM);
  logger all({}, {.workers = 3, .backlog_bytes = std::size_t{1} << 23});
  const auto to = all.make_pipeline(proxy_with({unix_target(place.socket(), transport::unix_stream)}));
  CHECK(all.open().empty());
  const auto connection = accepted(server);
  all.start();
  constexpr int count = 2000;
  std::vector<std::thread> workers;
  for (std::size_t slot = 0; slot < 3; ++slot) {
    workers.emplace_back([&, slot] {
      auto what = sample();
      what.actconn = static_cast<std::uint32_t>(slot);
      const auto uri = "/" + std::string(50 * slot, 'u');
      what.uri = uri;
      for (int i = 0; i < count; ++i) {
        what.time_total = what.time_active = i;
        to->emit(slot, what);
      }
    });
  }
  workers.emplace_back([&] {
    for (int i = 0; i < count; ++i) to->message(level::notice, "message " + std::to_string(i));
  });
  std::string all_text;
  while (lines_of(all_text) < 4 * count) {
    const auto more = connection.read();
    REQUIRE(more);
    REQUIRE_FALSE(more->empty());
    all_text += *more;
  }
  for (auto& one : workers) one.join();
  all.stop();
  std::map<std::string, int> next;
  for (std::size_t at = 0; at < all_text.size();) {
    const auto end = all_text.find('\n', at);
    const auto line = all_text.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("message ")) {
      REQUIRE(line == "message " + std::to_string(next["message"]++));
      continue;
    }
    const auto counts = line.find("---- ");
    REQUIRE(counts != std::string::npos);
    const auto slot = line.substr(counts + 5, 1);
    auto what = sample();
    const auto uri = "/" + std::string(50 * std::stoul(slot), 'u');
    what.uri = uri;
    what.actconn = static_cast<std::uint32_t>(std::stoul(slot));
    what.time_active = next[slot]++;
    REQUIRE(line == body(settings::style::http, what));
  }
  CHECK(next == std::map<std::string, int>{{"0", count}, {"1", count}, {"2", count}, {"message", count}});
  CHECK(all.dropped() == 0);
  CHECK(all.statistics().at(0).sent == 4 * count);
}

TEST_CASE("a unix datagram server may come late and come back") {
  directory place;
  logger all({});
  const auto to = all.make_pipeline(proxy_with({unix_target(place.socket(), transport::unix_datagram)}));
  const auto problems = all.open();
  REQUIRE(problems.size() == 1);
  CHECK(problems[0] == "log target unix " + place.socket() + ": No such file or directory");
  all.start();
  to->message(level::info, "kept");
  auto server = unix_server(place.socket(), SOCK_DGRAM);
  CHECK(server.read().value() == "kept\n");
  server.reset();
  to->message(level::info, "while away");
  server = unix_server(place.socket(), SOCK_DGRAM);
  CHECK(server.read().value() == "while away\n");
  server = unix_server(place.socket(), SOCK_DGRAM);  // restarted between two lines
  to->message(level::info, "after");
  CHECK(server.read().value() == "after\n");
}

TEST_CASE("a unix stream server may leave") {
  directory place;
  auto server = unix_server(place.socket(), SOCK_STREAM);
  logger all({});
  const auto to = all.make_pipeline(proxy_with({unix_target(place.socket(), transport::unix_stream)}));
  CHECK(all.open().empty());
  all.start();
  auto connection = accepted(server);
  to->message(level::info, "one");
  CHECK(connection.read().value() == "one\n");
  connection.reset();
  to->message(level::info, "two");
  connection = accepted(server);
  CHECK(connection.read().value() == "two\n");
}

TEST_CASE("a pipe that is not read: kept, then dropped and counted, and stop() returns") {
  for (const int flags : {0, O_NONBLOCK}) {
    CAPTURE(flags);
    pipe_pair pipe(flags);
    udp_server other;  // must not suffer
    logger all({}, {.backlog_bytes = 10000});
    const auto to = all.make_pipeline(proxy_with({pipe.target(), other.target}));
    CHECK(all.open().empty());
    all.start();
    const std::string text(999, 'p');
    std::uint64_t emitted = 0;
    CHECK(eventually([&] {
      to->message(level::info, text);
      ++emitted;
      while (other.socket.read(0ms)) {
      }
      return all.statistics().at(0).dropped > 0;
    }));
    while (other.socket.read(0ms)) {
    }
    const auto blocked_since = all.statistics().at(0).sent;
    CHECK(blocked_since >= 40);
    SUBCASE("and then read") {
      // What fitted in the pipe and the backlog arrives whole and in order; then the pipe works again.
      std::string got;
      to->message(level::info, "late");
      while (got.find("late\n") == std::string::npos) {
        const auto more = pipe.reader.read(100ms);
        if (more) {
          got += *more;
        } else {
          to->message(level::info, "late");
        }
        REQUIRE(lines_of(got) < 100000);
      }
      REQUIRE(got.substr(0, 1000) == text + "\n");
      CHECK(got.substr(0, got.find("late")).size() % 1000 == 0);
    }
    SUBCASE("and never read") {
      const auto start = std::chrono::steady_clock::now();
      all.stop(50ms);
      CHECK(std::chrono::steady_clock::now() - start < 30s);  // who waits for the reader waits for ever
      auto accounted = all.dropped();  // a full ring loses lines of either target
      for (const auto& one : all.statistics()) accounted += one.sent + one.dropped;
      CHECK(accounted == 2 * emitted);
    }
  }
}

TEST_CASE("a pipe whose reader left does not end the process") {
  pipe_pair pipe;
  logger all({}, {.backlog_bytes = 100});
  const auto to = all.make_pipeline(proxy_with({pipe.target()}));
  const auto before = std::signal(SIGPIPE, SIG_DFL);  // not ignored: the writer must cope alone
  all.open();
  all.start();
  pipe.reader.reset();
  CHECK(eventually([&] {
    to->message(level::info, "nobody reads this");
    return all.statistics().at(0).dropped > 0;
  }));
  all.stop();
  std::signal(SIGPIPE, before);
}

TEST_CASE("a line longer than a pipe takes at once arrives whole") {
  pipe_pair pipe;
  auto target = pipe.target();
  target.max_length = 65535;
  logger all({});
  const auto to = all.make_pipeline(proxy_with({target}));
  all.open();
  all.start();
  const std::string text(20000, 'l');
  to->message(level::info, text);
  to->message(level::info, "next");
  CHECK(pipe.reader.read_until("next\n") == text + "\nnext\n");
}

TEST_CASE("a closed descriptor is reported and harmless") {
  target_settings target;
  target.via = transport::fd;
  target.fd = 1 << 20;
  logger all({});
  const auto to = all.make_pipeline(proxy_with({target}));
  CHECK(all.open() == std::vector<std::string>{"log target fd 1048576: Bad file descriptor"});
  all.start();
  to->message(level::info, "lost");
  all.stop();
  CHECK(all.statistics().at(0).sent == 0);
  CHECK(all.statistics().at(0).dropped == 1);
}

TEST_CASE("a full ring drops lines and counts them") {
  udp_server server;
  logger all({}, {.ring_bytes = 4096});
  const auto to = all.make_pipeline(proxy_with({server.target}));
  all.open();
  const auto line = body(settings::style::http, sample()) + "\n";
  for (int i = 0; i < 100; ++i) to->emit(0, sample());  // nobody drains yet
  const auto dropped = all.dropped();
  CHECK(dropped > 60);
  CHECK(dropped < 90);
  const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  pipe_pair pipe;
  const descriptor error_output(::dup(STDERR_FILENO));  // the notice goes to stderr
  ::dup2(*pipe.writer, STDERR_FILENO);
  all.start();
  all.stop();
  ::dup2(*error_output, STDERR_FILENO);
  ::close(null);
  CHECK(pipe.reader.read().value() == "[WARNING]  (" + std::to_string(::getpid()) +
                                          ") : " + std::to_string(dropped) +
                                          " log lines dropped: the writer could not keep up.\n");
  std::size_t came = 0;
  while (const auto one = server.socket.read(0ms)) {
    REQUIRE(*one == line);
    ++came;
  }
  CHECK(came + dropped == 100);
  to->emit(0, sample());
  all.start();  // once more
  CHECK(server.socket.read().value() == line);
}

TEST_CASE("targets of the same place share one socket") {
  udp_server server;
  logger all({});
  const auto one = all.make_pipeline(proxy_with({server.target}));
  const auto two = all.make_pipeline(proxy_with({server.target, server.target}));
  CHECK(all.statistics().size() == 1);
  CHECK(all.statistics()[0].name == "udp " + server.target.resolved.text());
}

TEST_CASE("a ring gives back lines of all lengths in order, across its end") {
  ring lines(4096);
  std::string expected, got;
  std::uint32_t seed = 7;
  for (int i = 0; i < 3000; ++i) {
    seed = seed * 1664525 + 1013904223;
    const std::size_t length = (seed >> 16) % 700;
    char* const at = lines.reserve(length + 50);
    if (at != nullptr) {
      const std::string text(length, static_cast<char>('a' + i % 26));
      text.copy(at, length);
      lines.commit(static_cast<std::uint32_t>(i % 5), length);
      expected += std::to_string(i % 5) + text + ";";
    }
    if (at == nullptr || i % 3 == 0) {
      const auto mark = lines.visit([&](std::uint32_t to, std::string_view line) {
        got += std::to_string(to) + std::string(line) + ";";
      });
      lines.release(mark);
      REQUIRE(lines.empty());
      REQUIRE(got == expected);
    }
  }
  CHECK(lines.reserve(4096) == nullptr);
}

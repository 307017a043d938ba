#include <doctest/doctest.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "io/outside_resolver.hpp"
#include "io/resolver.hpp"

using namespace ringway;
using namespace ringway::io;

namespace {

namespace asio = boost::asio;
constexpr milliseconds long_enough{30000};

fixed_names table(const std::vector<std::string>& words) {
  fixed_names made;
  for (const auto& one : words) CHECK(made.add(one));
  return made;
}

resolution found(const char* text) {
  resolution said;
  said.what = resolve_outcome::found;
  said.addresses = {*parse_ip(text)};
  return said;
}

// Opened once; a thread waits for it.
class door {
 public:
  void open() {
    const std::lock_guard guard(lock_);
    open_ = true;
    change_.notify_all();
  }
  void pass() {
    std::unique_lock held(lock_);
    change_.wait(held, [&] { return open_; });
  }

 private:
  std::mutex lock_;
  std::condition_variable change_;
  bool open_ = false;
};

template <typename Done>
void run_until(asio::io_context& on, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + seconds{10};
  on.restart();  // it may have run out of work before
  const auto guard = asio::make_work_guard(on);
  while (!done() && std::chrono::steady_clock::now() < deadline) on.run_one_until(deadline);
  REQUIRE(done());
}

}  // namespace

TEST_CASE("--resolve words") {
  fixed_names names;
  CHECK(names.add("App.Example:192.0.2.1"));
  CHECK(names.add("app.example:[2001:db8::1]"));
  CHECK(names.add("app.example:2001:db8::2"));
  CHECK(names.add("app.example:192.0.2.1"));  // twice is once
  for (const char* const bad : {"", "x", "x:", ":192.0.2.1", "x:y", "x:[192.0.2.1", "x:192.0.2.256"}) {
    CAPTURE(bad);
    CHECK_FALSE(names.add(bad));
  }
  const auto* const known = names.find("APP.example");
  REQUIRE(known != nullptr);
  REQUIRE(known->size() == 3);
  CHECK((*known)[0].host_text() == "192.0.2.1");
  CHECK((*known)[1].host_text() == "2001:db8::1");
  CHECK((*known)[2].host_text() == "2001:db8::2");
  CHECK(names.find("other") == nullptr);
}

TEST_CASE("the table answers before the C library") {
  const auto names = table({"app.invalid:192.0.2.1"});
  const resolution said = resolve_now("app.invalid", names);
  CHECK(said.what == resolve_outcome::found);
  REQUIRE(said.addresses.size() == 1);
  CHECK(said.addresses[0].host_text() == "192.0.2.1");

  asio::io_context on(1);
  resolver ask(on, names, 1, [](const std::string&) -> resolution { throw std::runtime_error("asked"); });
  std::vector<std::string> seen;
  ask.resolve("App.Invalid", long_enough,
              [&](const resolution& one) { seen.push_back(one.addresses.at(0).host_text()); });
  CHECK(seen.empty());  // never from inside the call
  run_until(on, [&] { return !seen.empty(); });
  CHECK(seen == std::vector<std::string>{"192.0.2.1"});
}

TEST_CASE("the C library: a literal, and a name that cannot exist") {
  asio::io_context on(1);
  resolver ask(on);
  resolution literal, unknown;
  int done = 0;
  ask.resolve("192.0.2.33", long_enough, [&](resolution one) { literal = std::move(one), ++done; });
  ask.resolve("no-such-host.invalid", long_enough, [&](resolution one) { unknown = std::move(one), ++done; });
  run_until(on, [&] { return done == 2; });
  CHECK(literal.what == resolve_outcome::found);
  REQUIRE(literal.addresses.size() == 1);
  CHECK(literal.addresses[0].host_text() == "192.0.2.33");
  CHECK(literal.addresses[0].port == 0);
  CHECK(unknown.what != resolve_outcome::found);
  CHECK(unknown.addresses.empty());
  CHECK_FALSE(unknown.reason.empty());
}

TEST_CASE("a slow name does not hold the others, and is asked once") {
  asio::io_context on(1);
  auto slow = std::make_shared<door>();
  auto counts = std::make_shared<std::map<std::string, int>>();
  auto lock = std::make_shared<std::mutex>();
  resolver ask(on, {}, 2, [=](const std::string& host) {
    {
      const std::lock_guard guard(*lock);
      ++(*counts)[host];
    }
    if (host == "slow") slow->pass();
    return found("192.0.2.1");
  });
  std::vector<std::string> order;
  const auto note = [&](const char* name) {
    return [&order, name](const resolution& one) {
      CHECK(one.what == resolve_outcome::found);
      order.push_back(name);
    };
  };
  ask.resolve("slow", long_enough, note("slow 1"));
  ask.resolve("slow", long_enough, note("slow 2"));
  ask.resolve("quick", long_enough, note("quick 1"));
  run_until(on, [&] { return order.size() == 1; });
  ask.resolve("quick", long_enough, note("quick 2"));
  run_until(on, [&] { return order.size() == 2; });
  slow->open();
  run_until(on, [&] { return order.size() == 4; });
  CHECK(order == std::vector<std::string>{"quick 1", "quick 2", "slow 1", "slow 2"});
  const std::lock_guard guard(*lock);
  CHECK((*counts)["slow"] == 1);
  CHECK((*counts)["quick"] == 2);
}

TEST_CASE("a question has a time limit; the late answer is dropped") {
  asio::io_context on(1);
  auto slow = std::make_shared<door>();
  resolver ask(on, {}, 2, [=](const std::string& host) {
    if (host == "slow") slow->pass();
    return found("192.0.2.1");
  });
  std::vector<resolve_outcome> seen;
  ask.resolve("slow", milliseconds{1}, [&](const resolution& one) { seen.push_back(one.what); });
  run_until(on, [&] { return seen.size() == 1; });
  CHECK(seen[0] == resolve_outcome::timed_out);
  // Who asks meanwhile joins the open question.
  ask.resolve("slow", long_enough, [&](const resolution& one) { seen.push_back(one.what); });
  slow->open();
  run_until(on, [&] { return seen.size() == 2; });
  CHECK(seen[1] == resolve_outcome::found);
}

TEST_CASE("a failing lookup is an answer") {
  asio::io_context on(1);
  resolver ask(on, {}, 1, [](const std::string&) -> resolution { throw std::runtime_error("broken"); });
  std::vector<std::string> seen;
  ask.resolve("x", long_enough, [&](const resolution& one) { seen.push_back(one.reason); });
  run_until(on, [&] { return !seen.empty(); });
  CHECK(seen == std::vector<std::string>{"broken"});
}

TEST_CASE("stop does not wait for the C library, and nothing is answered after it") {
  auto slow = std::make_shared<door>();
  auto entered = std::make_shared<door>();
  auto left = std::make_shared<door>();
  {
    asio::io_context on(1);
    resolver ask(on, {}, 1, [=](const std::string&) {
      entered->open();
      slow->pass();
      left->open();
      return found("192.0.2.1");
    });
    int answers = 0;
    ask.resolve("slow", long_enough, [&](const resolution&) { ++answers; });
    ask.resolve("queued", long_enough, [&](const resolution&) { ++answers; });
    entered->pass();
    ask.stop();
    ask.resolve("late", long_enough, [&](const resolution&) { ++answers; });
    on.run_for(seconds{5});  // returns at once: nothing is left
    CHECK(answers == 0);
  }
  slow->open();  // the io_context is gone by now; the thread ends by itself
  left->pass();
}

// Its threads do not survive a fork of a process that has some already; the proxy forks before it has any.
#if defined(__SANITIZE_THREAD__)
constexpr bool threads_are_watched = true;
#elif defined(__has_feature)
constexpr bool threads_are_watched = __has_feature(thread_sanitizer);
#else
constexpr bool threads_are_watched = false;
#endif

TEST_CASE("names are asked for outside: found, not found, side by side, and after the child is gone" *
          doctest::skip(threads_are_watched)) {
  std::string failed;
  const auto outside = outside_resolver::start([] { return true; }, failed);
  REQUIRE(outside);
  CHECK(failed.empty());
  const resolution literal = outside->ask("192.0.2.33"), both = outside->ask("2001:db8::1");
  CHECK(literal.what == resolve_outcome::found);
  REQUIRE(literal.addresses.size() == 1);
  CHECK(literal.addresses[0] == *parse_ip("192.0.2.33"));
  REQUIRE(both.addresses.size() == 1);
  CHECK(both.addresses[0] == *parse_ip("2001:db8::1"));
  CHECK(outside->ask("no such name").what != resolve_outcome::found);
  CHECK(outside->ask(std::string(5000, 'a')).what == resolve_outcome::failed);
  std::vector<std::thread> askers;
  std::atomic<int> found{0};
  for (int i = 0; i < 8; ++i)
    askers.emplace_back([&, i] {
      const std::string host = "192.0.2." + std::to_string(i);
      for (int n = 0; n < 20; ++n) {
        const resolution said = outside->ask(host);
        found += said.addresses.size() == 1 && said.addresses[0].host_text() == host ? 1 : 0;
      }
    });
  for (std::thread& one : askers) one.join();
  CHECK(found == 160);

  // What the child gives up before it serves may fail: then it says so to whoever asks.
  const auto unable = outside_resolver::start([] { return false; }, failed);
  REQUIRE(unable);
  const resolution said = unable->ask("192.0.2.33");
  CHECK(said.what == resolve_outcome::failed);
  CHECK_FALSE(said.reason.empty());
}

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <boost/asio/executor_work_guard.hpp>
#include <atomic>
#include <string>
#include <thread>

#include "io/socket.hpp"
#include "io/worker.hpp"

using namespace ringway;

namespace {

struct echo_side {
  explicit echo_side(io::worker& on, int fd) : wake(on.ready()), link(on.events(), &wake), limit(on.time_limits(), &wake) {
    REQUIRE(link.adopt(fd) == 0);
  }
  io::waker wake;
  io::socket link;
  io::deadline limit;
  std::string got;
  bool timed_out = false;
};

io::task<> read_to_end(io::worker& on, echo_side& side, bool& done) {
  side.limit.arm(on.now() + 20000);
  for (;;) {
    char bytes[16];
    const io::transfer t = side.link.read(bytes, sizeof bytes);
    if (t.what == io::outcome::done) {
      side.got.append(bytes, t.bytes);
      continue;
    }
    if (t.what != io::outcome::blocked) break;
    co_await side.wake.wait();
    if (side.limit.passed(on.now())) {
      side.timed_out = true;
      break;
    }
  }
  done = true;
  on.stop();
}

}  // namespace

TEST_CASE("a coroutine reads what another thread writes, and sees the end") {
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  io::worker on(0, 4096);
  echo_side side(on, pair[0]);
  bool done = false;
  on.post([&] { on.spawn(read_to_end(on, side, done)); });
  std::thread peer([fd = pair[1]] {
    for (int i = 0; i < 100; ++i) REQUIRE(::send(fd, "0123456789", 10, 0) == 10);
    ::close(fd);
  });
  on.run();
  peer.join();
  CHECK(done);
  CHECK(side.got.size() == 1000);
  CHECK_FALSE(side.timed_out);
}

TEST_CASE("a deadline wakes its coroutine") {
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0);
  io::worker on(0, 4096);
  echo_side side(on, pair[0]);
  bool done = false;
  on.post([&] {
    on.spawn(read_to_end(on, side, done));
    side.limit.arm(on.now() + 5);
  });
  on.run();
  ::close(pair[1]);
  CHECK(done);
  CHECK(side.timed_out);
}

TEST_CASE("timers: moving a deadline on costs no filing, moving it back does") {
  io::run_queue queue;
  io::timers list;
  io::waker wake(queue);
  io::deadline one(list, &wake), two(list, &wake);
  CHECK(list.next() == io::never);
  one.arm(100);
  two.arm(50);
  CHECK(list.next() == 50);
  two.arm(200);
  CHECK(list.next() == 50);  // filed lazily
  list.expire(60);
  CHECK(queue.empty());
  CHECK(list.next() == 100);
  one.arm(70);
  CHECK(list.next() == 70);
  list.expire(70);
  CHECK(one.passed(70));
  CHECK_FALSE(two.passed(70));
  two.disarm();
  list.expire(1000);
  CHECK(list.size() == 0);
}

namespace {

io::task<> at_once() { co_return; }

}  // namespace

TEST_CASE("coroutines that end without waiting are all seen to end") {
  io::worker on(0, 4096);
  std::size_t left = 0;
  on.start();
  // In many turns and in one: a connection that is closed before it is accepted is such a coroutine.
  for (int turn = 0; turn < 300; ++turn) on.post([&] { on.spawn(at_once()); });
  on.post([&] {
    for (int i = 0; i < 1000; ++i) on.spawn(at_once());
  });
  std::atomic<bool> asked{false};
  on.post([&] { asked.store(true); });
  while (!asked.load()) std::this_thread::yield();
  std::atomic<bool> seen{false};
  on.post([&] {
    left = on.running();
    seen.store(true);
    on.stop();
  });
  on.join();
  CHECK(seen.load());
  CHECK(left == 0);
}

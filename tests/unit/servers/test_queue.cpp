#include "servers/queue.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "io/waker.hpp"
#include "io/worker.hpp"

using namespace ringway;
using balance::no_server;
using balance::server_index;
using servers::waiter;

namespace {

std::vector<balance::server_facts> facts(std::size_t count, unsigned maxconn) {
  std::vector<balance::server_facts> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i].id = static_cast<std::uint32_t>(i + 1);
    out[i].maxconn = maxconn;
  }
  return out;
}

std::shared_ptr<waiter> wait_for(io::worker& home, server_index wanted) {
  auto one = std::make_shared<waiter>();
  one->home = &home;
  one->wanted = wanted;
  return one;
}

// Servers and those who wait for them.
struct farm {
  farm(balance::algorithm kind, std::size_t servers, unsigned maxconn)
      : limit(maxconn), chooser(rules(kind), facts(servers, maxconn), false), queue(chooser, servers) {}
  static balance::settings rules(balance::algorithm kind) {
    balance::settings out;
    out.kind = kind;
    return out;
  }
  unsigned limit;
  balance::chooser chooser;
  servers::queue queue;
  std::atomic<unsigned> done{0}, queued{0}, moved{0}, over{0};
};

// One request after another, each holding its place over a few turns of the loop.
io::task<> requests(farm& all, io::worker& here, unsigned count, std::uint8_t client) {
  io::waker wake(here.ready());
  balance::request_facts facts;
  facts.source = *parse_ip("192.0.2.1");
  facts.source.bytes[3] = client;
  for (unsigned i = 0; i < count; ++i) {
    server_index at = no_server;
    while (at == no_server) {
      at = all.chooser.pick(facts);
      if (at != no_server && !all.chooser.busy(at) && all.chooser.try_take(at)) break;
      const auto one = wait_for(here, at);
      one->wake = &wake;
      at = no_server;
      all.queue.join(one);
      all.queued.fetch_add(1);
      while (one->granted.load() == no_server && !one->moved_on.load()) co_await wake.wait();
      one->wake = nullptr;
      at = one->granted.load();
      if (at == no_server) all.moved.fetch_add(1);
    }
    if (all.chooser.served(at) > all.limit) all.over.fetch_add(1);
    for (int turn = 0; turn < 2; ++turn) {
      wake.wake();
      co_await wake.wait();
    }
    all.chooser.gave_back(at);
    all.queue.serve(at);
    all.done.fetch_add(1);
  }
}

}  // namespace

TEST_CASE("positions in a queue, as logs tell them") {
  io::worker here(0, 4096);
  balance::settings rules;
  balance::chooser chooser(rules, facts(1, 1), false);
  servers::queue queue(chooser, 1);
  REQUIRE(chooser.try_take(0));
  std::vector<std::shared_ptr<waiter>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(wait_for(here, no_server));
    queue.join(all.back());
  }
  // The first leaves with the place, as number 1; the next gives up, as number 2 behind one that was served.
  chooser.gave_back(0);
  queue.serve(0);
  CHECK(all[0]->granted.load() == 0);
  CHECK(all[0]->position == 1);
  CHECK(queue.leave(all[1]));
  CHECK(all[1]->position == 2);
  chooser.gave_back(0);
  queue.serve(0);
  CHECK(all[2]->granted.load() == 0);
  CHECK(all[2]->position == 2);
  CHECK_FALSE(queue.leave(all[2]));
  CHECK(queue.leave(all[3]));
  CHECK(chooser.waiting(no_server) == 0);
}

TEST_CASE("who waited longest is served first, whether for the server or for any") {
  io::worker here(0, 4096);
  farm full(balance::algorithm::roundrobin, 2, 1);
  balance::chooser& chooser = full.chooser;
  servers::queue& queue = full.queue;
  REQUIRE(chooser.try_take(0));
  REQUIRE(chooser.try_take(1));
  const auto any = wait_for(here, no_server), own = wait_for(here, 1), later = wait_for(here, no_server);
  for (const auto& one : {any, own, later}) queue.join(one);
  const auto free_place = [&](server_index at) {
    chooser.gave_back(at);
    queue.serve(at);
  };
  free_place(1);
  CHECK(any->granted.load() == 1);
  free_place(0);
  CHECK(later->granted.load() == 0);  // not the one that must have server 1
  free_place(1);
  CHECK(own->granted.load() == 1);
}

TEST_CASE("those who wait for any server can be sent away as those who wait for one") {
  io::worker here(0, 4096);
  farm full(balance::algorithm::roundrobin, 2, 1);
  balance::chooser& chooser = full.chooser;
  servers::queue& queue = full.queue;
  REQUIRE(chooser.try_take(0));
  REQUIRE(chooser.try_take(1));
  const auto any = wait_for(here, no_server), own = wait_for(here, 1);
  for (const auto& one : {any, own}) queue.join(one);
  CHECK(queue.send_away(no_server) == 1);
  CHECK(any->moved_on.load());
  CHECK_FALSE(own->moved_on.load());
  CHECK(chooser.waiting(no_server) == 0);
  CHECK(chooser.waiting(1) == 1);
  CHECK(queue.leave(own));
}

// Under ThreadSanitizer as well: four workers, queues always full, a server going and coming.
TEST_CASE("no wake-up is lost and no limit passed over several workers") {
  for (const balance::algorithm kind : {balance::algorithm::roundrobin, balance::algorithm::source}) {
    CAPTURE(static_cast<int>(kind));
    farm all(kind, 3, 2);
    std::vector<std::unique_ptr<io::worker>> workers;
    for (unsigned i = 0; i < 4; ++i) workers.push_back(std::make_unique<io::worker>(i, 4096));
    constexpr unsigned clients = 10, rounds = 100;
    for (unsigned i = 0; i < 4; ++i)
      workers[i]->post([&all, &here = *workers[i], i] {
        for (unsigned c = 0; c < clients; ++c)
          here.spawn(requests(all, here, rounds, static_cast<std::uint8_t>(i * clients + c)));
        here.stop_when_idle();
      });
    for (auto& one : workers) one->start();
    while (all.done.load() < 4 * clients * rounds) {
      all.chooser.set_usable(0, false);
      all.queue.send_away(0);
      std::this_thread::yield();
      all.chooser.set_usable(0, true);
      all.queue.serve_all();
      std::this_thread::yield();
    }
    for (auto& one : workers) one->join();
    CHECK(all.done.load() == 4 * clients * rounds);
    CHECK(all.queued.load() > 0);
    CHECK(all.over.load() == 0);
    for (server_index i = 0; i < 3; ++i) {
      CHECK(all.chooser.served(i) == 0);
      CHECK(all.chooser.waiting(i) == 0);
    }
    CHECK(all.chooser.waiting(no_server) == 0);
  }
}

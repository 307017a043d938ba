// pick() allocates nothing, and threads may do everything at once.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

#include "balance/chooser.hpp"
#include "balance/published.hpp"

namespace {
thread_local std::size_t allocations = 0;
}

// Sanitizers bring their own operators; counting is for the plain builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef COUNTS_ALLOCATIONS
#define COUNTS_ALLOCATIONS 1
#endif

#if COUNTS_ALLOCATIONS
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++allocations;
  const auto unit = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(unit, (size + unit - 1) / unit * unit)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

#endif

using namespace ringway;
using namespace ringway::balance;

namespace {

struct kind_row {
  const char* name;
  algorithm kind;
  hash_method method;
};
const kind_row kinds[] = {
    {"roundrobin", algorithm::roundrobin, hash_method::map_based},
    {"static-rr", algorithm::static_rr, hash_method::map_based},
    {"leastconn", algorithm::leastconn, hash_method::map_based},
    {"first", algorithm::first, hash_method::map_based},
    {"random", algorithm::random, hash_method::map_based},
    {"uri on a map", algorithm::uri, hash_method::map_based},
    {"uri on a ring", algorithm::uri, hash_method::consistent},
    {"uri on a Maglev table", algorithm::uri, hash_method::maglev},
    {"uri by rendezvous", algorithm::uri, hash_method::rendezvous},
    {"no key on a map", algorithm::url_param, hash_method::map_based},
    {"no key on a ring", algorithm::url_param, hash_method::consistent},
    {"no key on a Maglev table", algorithm::url_param, hash_method::maglev},
    {"no key by rendezvous", algorithm::url_param, hash_method::rendezvous},
};

std::unique_ptr<chooser> thousand(const kind_row& row, std::size_t servers = 1000) {
  settings rules;
  rules.kind = row.kind;
  rules.name = "uid";
  rules.method = row.method;
  rules.avalanche = row.method == hash_method::consistent;
  std::vector<server_facts> facts(servers);
  assign_ids(facts);
  return std::make_unique<chooser>(rules, facts, false);
}

}  // namespace

TEST_CASE("a request allocates nothing") {
  for (const auto& row : kinds) {
    CAPTURE(row.name);
    const auto balancer = thousand(row, 50);
    balancer->set_usable(3, false);
    balancer->set_usable(3, true);
    request_facts facts;
    facts.method = "GET";
    facts.target = "/some/path?with=query";
    balancer->took(balancer->pick(facts));  // the first may set up its thread
    const auto before = allocations;
    for (int i = 0; i < 1000; ++i) {
      const auto s = balancer->pick(facts, i % 7 == 0 ? 1 : no_server);
      balancer->took(s);
      balancer->queued(s, 1);
      balancer->queued(s, -1);
      if (i % 2 == 0) balancer->gave_back(s);
    }
    CHECK(allocations == before);
#if COUNTS_ALLOCATIONS
    chooser(settings{}, {}, false);
    CHECK(allocations > before);  // the counter counts
#endif
  }
}

// Prints what a pick costs with 1,000 servers; it asserts nothing about time (see the release build's
// figures).
TEST_CASE("what a pick costs" * doctest::skip()) {
  for (const auto& row : kinds) {
    const auto balancer = thousand(row);
    request_facts facts;
    facts.method = "GET";
    char target[] = "/0000";
    facts.target = target;
    constexpr int rounds = 2000000;
    std::uint64_t sum = 0;
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) {
      target[1] = static_cast<char>('0' + i % 64);
      target[2] = static_cast<char>('0' + i / 64 % 64);
      sum += balancer->pick(facts);
    }
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
    MESSAGE(std::string(row.name) << ": " << spent.count() / rounds << " ns (" << sum % 10 << ")");
  }
}

TEST_CASE("replaced values are freed, and only when nobody reads them") {
  struct probe {
    explicit probe(int& count) : alive(count) { ++alive; }
    ~probe() { --alive; }
    int& alive;
  };
  int alive = 0;
  {
    published<probe> value(std::make_unique<const probe>(alive));
    value.publish(std::make_unique<const probe>(alive));
    CHECK(alive == 1);
    {
      const published<probe>::reading held(value);
      value.publish(std::make_unique<const probe>(alive));
      CHECK(alive == 2);
    }
    value.publish(std::make_unique<const probe>(alive));
    CHECK(alive == 1);
    CHECK(value.unreclaimed() == 0);
  }
  CHECK(alive == 0);
}

TEST_CASE("workers pick while servers come and go") {
  for (const auto& row : kinds) {
    CAPTURE(row.name);
    const auto balancer = thousand(row, 8);
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> strange{0};
    std::vector<std::thread> workers;
    for (unsigned w = 0; w < 3; ++w) {
      workers.emplace_back([&, w] {
        request_facts facts;
        facts.method = "GET";
        char target[] = "/00";
        facts.target = target;
        for (unsigned i = w; !stop.load(); ++i) {
          target[1] = static_cast<char>('0' + i % 64);
          const auto s = balancer->pick(facts, i % 5 == 0 ? i % 8 : no_server);
          if (s == no_server) continue;
          if (s >= 8) {
            ++strange;
            break;
          }
          if (balancer->try_take(s)) balancer->gave_back(s);
        }
      });
    }
    // server 0 always stays, so there is always somebody
    for (unsigned i = 0; i < 400; ++i) {
      const server_index s = 1 + i % 7;
      balancer->set_usable(s, i % 3 != 0);
      balancer->set_weight(s, row.method == hash_method::map_based ? 1 : 1 + i % 9);
      if (balancer->pick({}) == no_server) ++strange;
    }
    stop = true;
    for (auto& w : workers) w.join();
    CHECK(strange == 0);
    for (server_index s = 0; s < 8; ++s) CHECK(balancer->served(s) == 0);
  }
}

TEST_CASE("of many workers only as many take a slot as there are") {
  settings rules;
  std::vector<server_facts> facts(1);
  facts[0].id = 1;
  facts[0].maxconn = 100;
  chooser balancer(rules, facts, false);
  std::atomic<unsigned> taken{0};
  std::vector<std::thread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        if (balancer.try_take(0)) ++taken;
    });
  }
  for (auto& w : workers) w.join();
  CHECK(taken == 100);
  CHECK(balancer.served(0) == 100);
}

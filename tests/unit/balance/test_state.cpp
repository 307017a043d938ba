// The algorithms that remember, and what load and state changes do to all of them.
#include <doctest/doctest.h>

#include <map>
#include <string>

#include "balance/chooser.hpp"

using namespace ringway;
using namespace ringway::balance;

namespace {

std::vector<server_facts> servers_of(const std::vector<unsigned>& weights) {
  std::vector<server_facts> servers(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) servers[i].weight = weights[i];
  assign_ids(servers);
  return servers;
}

settings rules_for(algorithm kind, bool on_ring = false) {
  settings rules;
  rules.kind = kind;
  if (on_ring) rules.method = hash_method::consistent;
  rules.avalanche = on_ring;
  return rules;
}

char letter(server_index s) { return s == no_server ? '-' : static_cast<char>('a' + s); }

// Servers picked by `n` requests without a key, one after another; taking and giving back between.
std::string picks(chooser& balancer, std::size_t n, server_index avoid = no_server) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text.push_back(letter(balancer.pick({}, avoid)));
  return text;
}

std::uint32_t dice() {
  static std::uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return state;
}

server_index by_uri(chooser& balancer, std::string_view target, server_index avoid = no_server) {
  request_facts facts;
  facts.target = target;
  return balancer.pick(facts, avoid);
}

}  // namespace

TEST_CASE("round robin by weight") {
  struct row {
    std::vector<unsigned> weights;
    std::string expected;
  };
  const row rows[] = {{{1, 1, 1}, "abcabcabc"},
                      {{3, 1, 2}, "acabac"},
                      {{5, 1, 1}, "aaabaac"},
                      {{7}, "aaa"},
                      {{0, 1, 1}, "bcbc"}};
  for (const auto& r : rows) {
    chooser balancer(rules_for(algorithm::roundrobin), servers_of(r.weights), false);
    CHECK(picks(balancer, r.expected.size()) == r.expected);
  }
}

TEST_CASE("round robin is exact over a cycle") {
  for (const auto kind : {algorithm::roundrobin, algorithm::static_rr}) {
    const std::vector<unsigned> weights{3, 7, 1, 12, 5};
    chooser balancer(rules_for(kind), servers_of(weights), false);
    for (int cycle = 0; cycle < 3; ++cycle) {
      std::map<server_index, unsigned> got;
      for (unsigned i = 0; i < 28; ++i) ++got[balancer.pick({})];
      for (server_index s = 0; s < weights.size(); ++s) CHECK(got[s] == weights[s]);
    }
  }
}

TEST_CASE("round robin passes over busy servers, and waits when all are") {
  auto servers = servers_of({1, 1, 1});
  for (auto& s : servers) s.maxconn = 1;
  for (const auto kind : {algorithm::roundrobin, algorithm::static_rr, algorithm::leastconn, algorithm::first,
                          algorithm::url_param}) {
    CAPTURE(static_cast<int>(kind));
    chooser balancer(rules_for(kind), servers, false);
    balancer.took(1);
    for (char c : picks(balancer, 4)) CHECK(c != 'b');
    balancer.took(0);
    CHECK(picks(balancer, 3) == "ccc");
    CHECK(balancer.full(0));
    balancer.took(2);
    CHECK(picks(balancer, 1) == "-");
    CHECK(balancer.any_usable());
    balancer.gave_back(1);
    CHECK(picks(balancer, 2) == "bb");
    if (kind == algorithm::leastconn) continue;
    balancer.queued(1, 1);  // a free slot, but somebody waits for it
    CHECK(balancer.busy(1));
    CHECK_FALSE(balancer.full(1));
    CHECK(picks(balancer, 1) == "-");
  }
}

TEST_CASE("the server that failed is taken only if no other has room") {
  for (const auto kind :
       {algorithm::roundrobin, algorithm::static_rr, algorithm::leastconn, algorithm::first}) {
    CAPTURE(static_cast<int>(kind));
    auto servers = servers_of({1, 1});
    servers[1].maxconn = 1;
    chooser balancer(rules_for(kind), servers, false);
    for (char c : picks(balancer, 4, 0)) CHECK(c == 'b');
    balancer.took(1);
    CHECK(picks(balancer, 2, 0) == "aa");
  }
}

TEST_CASE("least connections, equals in the order they came") {
  chooser balancer(rules_for(algorithm::leastconn), servers_of({1, 1, 2}), false);
  std::string order;
  for (int i = 0; i < 8; ++i) {
    const auto s = balancer.pick({});
    order.push_back(letter(s));
    balancer.took(s);
  }
  // (n + 1) * 4096 / ew with ew 16, 16, 32: c goes 256, 384, 512 before it stands behind a and b at 512
  CHECK(order == "abcccabc");
  balancer.gave_back(1);
  CHECK(letter(balancer.pick({})) == 'b');
  balancer.queued(1, 5);
  CHECK(letter(balancer.pick({})) != 'b');
}

TEST_CASE("least connections counts the queue against maxconn and maxqueue") {
  auto servers = servers_of({1});
  servers[0].maxconn = 1;
  servers[0].maxqueue = 2;
  chooser balancer(rules_for(algorithm::leastconn), servers, false);
  balancer.took(0);
  CHECK(balancer.pick({}) == 0);
  balancer.queued(0, 2);
  CHECK(balancer.pick({}) == no_server);
  CHECK(balancer.queue_full(0));
}

TEST_CASE("first takes the smallest id with room") {
  auto servers = servers_of({1, 1, 1});
  servers[0].id = 9;
  servers[1].id = 4;
  servers[2].id = 6;
  servers[1].maxconn = 1;
  chooser balancer(rules_for(algorithm::first), servers, false);
  CHECK(picks(balancer, 2) == "bb");
  balancer.took(1);
  CHECK(picks(balancer, 2) == "cc");
  balancer.set_usable(2, false);
  CHECK(picks(balancer, 2) == "aa");
}

TEST_CASE("random follows the ring and prefers the less loaded of its draws") {
  auto rules = rules_for(algorithm::random);
  chooser balancer(rules, servers_of({1, 1, 1, 1}), false);
  for (int i = 0; i < 50; ++i) balancer.took(0);
  std::map<server_index, int> got;
  for (int i = 0; i < 4000; ++i) ++got[balancer.pick({}, no_server, &dice)];
  CHECK(got[0] < 600);  // only when both draws fall on it
  CHECK(got[1] > 600);
  auto servers = servers_of({1});
  servers[0].maxconn = 1;
  chooser lone(rules, servers, false);
  lone.took(0);
  CHECK(lone.pick({}) == no_server);
}

TEST_CASE("backups stand in one at a time, or all together") {
  auto servers = servers_of({1, 1, 1});
  servers[1].backup = servers[2].backup = true;
  for (const auto kind : {algorithm::roundrobin, algorithm::leastconn, algorithm::first, algorithm::static_rr,
                          algorithm::random}) {
    CAPTURE(static_cast<int>(kind));
    for (const bool all : {false, true}) {
      chooser balancer(rules_for(kind), servers, all);
      CHECK(picks(balancer, 3) == "aaa");
      balancer.set_usable(0, false);
      const auto text = picks(balancer, 40);
      CHECK(text.find('a') == std::string::npos);
      CHECK(text.find('b') != std::string::npos);
      const bool spreads = all && kind != algorithm::leastconn && kind != algorithm::first;
      CHECK((text.find('c') != std::string::npos) == spreads);
      balancer.set_usable(1, false);
      CHECK(picks(balancer, 2) == "cc");
      balancer.set_usable(2, false);
      CHECK(picks(balancer, 1) == "-");
      CHECK_FALSE(balancer.any_usable());
      balancer.set_usable(0, true);
      CHECK(picks(balancer, 2) == "aa");
    }
  }
}

TEST_CASE(
    "a map with several usable backups: as many slots as the first one's weight, shared with the rest") {
  auto servers = servers_of({1, 2, 2, 1});
  servers[1].backup = servers[2].backup = servers[3].backup = true;
  servers[0].usable = false;
  chooser keyed(rules_for(algorithm::uri), servers, false);
  for (const char* target : {"/1", "/2", "/3", "/4", "/5", "/6"}) CHECK(letter(by_uri(keyed, target)) == 'b');
  chooser walked(rules_for(algorithm::static_rr), servers, false);
  CHECK(picks(walked, 4) == "bcbc");
  // A second backup that outweighs the first takes even slot 0 (seen on 2.6.12).
  servers[2].weight = 5;
  chooser heavy(rules_for(algorithm::uri), servers, false);
  CHECK(letter(by_uri(heavy, "/1")) == 'c');
}

TEST_CASE("a hash stays with its server when that one is full") {
  for (const bool on_ring : {false, true}) {
    auto servers = servers_of({1, 1, 1});
    for (auto& s : servers) s.maxconn = 1;
    chooser balancer(rules_for(algorithm::uri, on_ring), servers, false);
    const auto owner = by_uri(balancer, "/x");
    balancer.took(owner);
    CHECK(by_uri(balancer, "/x") == owner);
    // a redispatch leaves it on a ring; a map knows no other
    CHECK((by_uri(balancer, "/x", owner) != owner) == on_ring);
  }
}

TEST_CASE("redispatch on a ring goes to the follower; alone it stays") {
  chooser balancer(rules_for(algorithm::uri, true), servers_of({1, 1, 1}), false);
  for (std::uint32_t h = 0; h < 2000; ++h) {
    const auto hash = h * 2654435761u;
    const auto told = balancer.explain(hash);
    CHECK(balancer.place({true, hash, {}}) == told.order[0]);
    CHECK(balancer.place({true, hash, {}}, told.order[0]) == told.order[1]);
  }
  balancer.set_usable(0, false);
  balancer.set_usable(1, false);
  CHECK(balancer.place({true, 7, {}}, 2) == 2);
}

TEST_CASE("bounded load never lets a server run ahead of the factor") {
  auto rules = rules_for(algorithm::uri, true);
  rules.balance_factor = 125;
  chooser balancer(rules, servers_of({1, 1, 1, 1}), false);
  for (unsigned n = 0; n < 40; ++n) {
    const auto s = by_uri(balancer, "/hot");
    CHECK(balancer.served(s) < std::max(1u, ((n + 1) * 125 + 99) / 100 / 4 + 1));
    balancer.took(s);
  }
  for (server_index s = 0; s < 4; ++s) CHECK(balancer.served(s) > 0);
}

TEST_CASE("affinity may yield to maxconn, or to maxqueue") {
  auto servers = servers_of({1, 1, 1});
  for (auto& s : servers) {
    s.maxconn = 1;
    s.maxqueue = 1;
  }
  auto rules = rules_for(algorithm::uri, true);
  const auto owner = chooser(rules, servers, false).explain(hash_of(rules, "/x")).order;
  rules.preserve = affinity::maxconn;
  chooser by_conn(rules, servers, false);
  CHECK(by_uri(by_conn, "/x") == owner[0]);
  by_conn.took(owner[0]);
  CHECK(by_uri(by_conn, "/x") == owner[1]);
  for (server_index s = 0; s < 3; ++s)
    if (s != owner[0]) by_conn.took(s);
  CHECK(by_uri(by_conn, "/x") == by_conn.points().back().owner);  // all full: the owner of the highest point
  rules.preserve = affinity::maxqueue;
  chooser by_queue(rules, servers, false);
  by_queue.took(owner[0]);
  CHECK(by_uri(by_queue, "/x") == owner[0]);
  by_queue.queued(owner[0], 1);
  CHECK(by_uri(by_queue, "/x") == owner[1]);
}

TEST_CASE("slow start scales points and the limit") {
  auto servers = servers_of({2, 2});
  servers[1].maxconn = 100;
  chooser balancer(rules_for(algorithm::uri, true), servers, false);
  struct row {
    unsigned elapsed, weight, limit;
  };
  balancer.set_usable(1, false);
  balancer.set_warmth(1, 0, 10);
  balancer.set_usable(1, true);
  const row rows[] = {{0, 2, 1}, {1, 4, 10}, {5, 18, 50}, {9, 30, 90}, {10, 32, 100}, {99, 32, 100}};
  for (const auto& r : rows) {
    balancer.set_warmth(1, r.elapsed, 10);
    CHECK(balancer.effective_weight(1) == r.weight);
    CHECK(balancer.points().size() == 32 + r.weight);
    CHECK(balancer.limit(1) == r.limit);
  }
  // static tables know no warming up
  chooser fixed(rules_for(algorithm::static_rr), servers, false);
  fixed.set_warmth(1, 1, 10);
  CHECK(picks(fixed, 4) == "abab");
}

TEST_CASE("minconn: the limit grows with the backend's requests") {
  auto servers = servers_of({1, 1});
  servers[0].maxconn = 100;
  servers[0].minconn = 10;
  servers[1].minconn = 7;  // alone: a fixed limit
  chooser balancer(rules_for(algorithm::roundrobin), servers, false, false, 50);
  CHECK(balancer.limit(0) == 10);
  CHECK(balancer.limit(1) == 7);
  for (int i = 0; i < 20; ++i) balancer.took(0);
  CHECK(balancer.limit(0) == 40);
  balancer.queued(no_server, 10);
  CHECK(balancer.limit(0) == 60);
  balancer.queued(0, 20);
  CHECK(balancer.limit(0) == 100);
  CHECK(balancer.waiting(0) == 20);
  CHECK(balancer.waiting(no_server) == 10);
}

TEST_CASE("run-time weights") {
  chooser ring(rules_for(algorithm::uri, true), servers_of({4, 4}), false);
  CHECK(ring.set_weight(0, 256));
  CHECK(ring.points().size() == 4096 + 64);
  CHECK_FALSE(ring.set_weight(0, 257));
  CHECK(ring.set_weight(0, 0));
  CHECK_FALSE(ring.usable(0));
  CHECK(ring.weight(0) == 0);
  chooser map(rules_for(algorithm::uri), servers_of({4, 2}), false);
  CHECK_FALSE(map.set_weight(0, 2));
  CHECK(map.set_weight(0, 0));
  CHECK(map.points().size() == 1);
  CHECK(map.set_weight(0, 4));
  CHECK(map.points().size() == 3);
}

TEST_CASE("requests without a key walk the ring point by point, past points that go") {
  chooser balancer(rules_for(algorithm::url_param, true), servers_of({1, 1, 1}), false);
  const auto points = balancer.points();
  for (std::size_t i = 0; i < 2 * points.size(); ++i)
    CHECK(balancer.pick({}) == points[i % points.size()].owner);
  balancer.set_usable(0, false);
  balancer.set_usable(1, false);
  CHECK(picks(balancer, 3) == "ccc");
  balancer.set_usable(2, false);
  CHECK(picks(balancer, 1) == "-");
  balancer.set_usable(1, true);
  CHECK(picks(balancer, 1) == "b");
}

TEST_CASE("a new address moves points only where it is the key") {
  auto servers = servers_of({1, 1});
  servers[0].at = servers[1].at = parse_ip("192.0.2.1").value();
  servers[0].key = hash_key::addr;
  chooser balancer(rules_for(algorithm::uri, true), servers, false);
  const auto before = balancer.points();
  balancer.set_address(1, parse_ip("192.0.2.9").value());
  CHECK(balancer.points().front().key == before.front().key);
  balancer.set_address(0, parse_ip("192.0.2.9").value());
  std::size_t moved = 0;
  for (const auto& p : balancer.points())
    for (const auto& q : before) moved += q.key == p.key ? 0 : 1;
  CHECK(moved > 32 * 31);
  CHECK(balancer.points().size() == before.size());
}

TEST_CASE("without HTTP, HTTP algorithms become round robin") {
  for (const auto kind : {algorithm::uri, algorithm::url_param, algorithm::hdr}) {
    chooser balancer(rules_for(kind, true), servers_of({1, 1, 1}), false, true);
    CHECK(balancer.rules().kind == algorithm::roundrobin);
    CHECK(picks(balancer, 6) == "abcabc");
  }
  chooser balancer(rules_for(algorithm::source), servers_of({1}), false, true);
  CHECK(balancer.rules().kind == algorithm::source);
}

TEST_CASE("no servers at all") {
  for (const auto kind : {algorithm::roundrobin, algorithm::static_rr, algorithm::leastconn, algorithm::first,
                          algorithm::random, algorithm::uri}) {
    for (const bool on_ring : {false, true}) {
      chooser balancer(rules_for(kind, on_ring), {}, false);
      CHECK(balancer.pick({}) == no_server);
      CHECK(balancer.shares().empty());
      CHECK(balancer.explain(5).owner == no_server);
    }
  }
}

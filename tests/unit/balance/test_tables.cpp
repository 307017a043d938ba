// The map and the ring by themselves, and the ids and points they start from.
#include <doctest/doctest.h>

#include <string>

#include "balance/chooser.hpp"
#include "balance/map.hpp"
#include "balance/ring.hpp"

using namespace ringway;
using namespace ringway::balance;

namespace {

std::string letters(const std::vector<std::uint32_t>& slots) {
  std::string text;
  for (auto s : slots) text.push_back(static_cast<char>('a' + s));
  return text;
}

std::vector<server_facts> equal_servers(std::size_t n, unsigned weight = 1) {
  std::vector<server_facts> servers(n);
  for (auto& s : servers) s.weight = weight;
  assign_ids(servers);
  return servers;
}

settings consistent(algorithm kind = algorithm::uri) {
  settings rules;
  rules.kind = kind;
  rules.method = hash_method::consistent;
  rules.avalanche = true;
  return rules;
}

}  // namespace

TEST_CASE("ids of servers that bring none") {
  std::vector<server_facts> servers(6);
  servers[1].id = 1;
  servers[3].id = 2;
  servers[5].id = 2147483647;
  assign_ids(servers);
  const std::uint32_t expected[] = {3, 1, 5, 2, 7, 2147483647};
  for (std::size_t i = 0; i < 6; ++i) CHECK(servers[i].id == expected[i]);
}

TEST_CASE("slots of a map") {
  CHECK(letters(map_slots({{0, 2}, {1, 4}, {2, 1}}, 7)) == "abbabbc");
  CHECK(letters(map_slots({{0, 2}, {2, 1}}, 3)) == "aac");
  CHECK(letters(map_slots({{0, 3}, {1, 1}, {2, 2}}, 6)) == "aacabc");
  CHECK(letters(map_slots({{1, 1}, {2, 5}}, 1)) == "b");  // backups: one slot, the first of them
  CHECK(map_slots({}, 0).empty());
}

TEST_CASE("points of the default ring of three") {
  chooser balancer(consistent(), equal_servers(3), false);
  const auto points = balancer.points();
  REQUIRE(points.size() == 48);
  const ring_point first[] = {{0x048e6a3d, 2, 0}, {0x16312e7f, 2, 0}, {0x18b66546, 1, 0}, {0x1d804ea4, 0, 0}};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(points[i].key == first[i].key);
    CHECK(points[i].owner == first[i].owner);
  }
  const auto told = balancer.explain(0xfb63160c);
  CHECK(told.ring);
  CHECK(told.before.key == 0xf212ae04);
  CHECK(told.before.owner == 1);
  CHECK(told.distance_before == 0x09506808);
  CHECK(told.after.key == 0x048e6a3d);
  CHECK(told.distance_after == 0x092b5431);
  CHECK(told.owner == 2);
  CHECK(told.order.size() == 3);
  CHECK(told.order.front() == 2);
}

TEST_CASE("what a server's points start from") {
  struct row {
    hash_key key;
    std::uint32_t id;
    const char* at;
    std::uint16_t port;
    const char* guid;
    std::uint32_t base;
  };
  const row rows[] = {
      {hash_key::id, 7, "", 0, "", 0x00007000},
      {hash_key::id32, 7, "", 0, "", 0x7a96531f},
      {hash_key::guid, 7, "", 0, "srv-a", 0x5a8f1870},
      {hash_key::addr, 7, "192.0.2.1", 80, "", 0x41fab8f9},
      {hash_key::addr_port, 7, "192.0.2.1", 80, "", 0x35f9a10c},
      {hash_key::addr, 7, "2001:db8::1", 80, "", 0x0a4d51c7},
      {hash_key::addr_port, 7, "2001:db8::1", 80, "", 0x64e696bb},
      {hash_key::guid, 7, "", 0, "", 0x00007000},  // nothing to go by: the id
      {hash_key::addr, 7, "", 80, "", 0x00007000},
      {hash_key::addr_port, 7, "", 80, "", 0x00007000},
      {hash_key::id, 1048577, "", 0, "", 0x00001000},  // only the low 20 bits of an id count
  };
  for (const auto& r : rows) {
    CAPTURE(r.base);
    server_facts server;
    server.id = r.id;
    server.key = r.key;
    server.guid = r.guid;
    if (*r.at != '\0') server.at = parse_ip(r.at).value();
    server.at.port = r.port;
    chooser balancer(consistent(), {server}, false);
    for (const auto& p : balancer.points()) CHECK(p.key == ring::key_of_point(r.base, p.number));
  }
  CHECK(ring::key_of_point(0x7000, 0) == 0xae1f7796);
}

TEST_CASE("ring look-up") {
  const auto three = ring::of({{100, 0, 1, 0}, {200, 1, 2, 0}, {4000000000u, 2, 3, 0}});
  const auto owner = [&](std::uint32_t hash) { return three[three.nearest(hash)].owner; };
  CHECK(owner(100) == 0);
  CHECK(owner(150) == 0);  // the middle belongs to the point before
  CHECK(owner(151) == 1);
  CHECK(owner(200) == 1);
  CHECK(owner(4000000000u) == 2);
  CHECK(owner(4294967295u) == 0);  // around the end
  CHECK(owner(4100000000u) == 2);
  CHECK(owner(0) == 0);
  // equal keys: only the first and last inserted are ever chosen
  const auto same = ring::of({{100, 0, 1, 0}, {100, 1, 2, 0}, {100, 2, 3, 0}, {500, 3, 4, 0}});
  CHECK(same[same.nearest(99)].owner == 0);
  CHECK(same[same.nearest(100)].owner == 0);
  CHECK(same[same.nearest(101)].owner == 2);
  const auto one = ring::of({{100, 5, 1, 0}});
  CHECK(one[one.nearest(7)].owner == 5);
  // the bucket index against a plain search
  ring many;
  for (std::uint32_t s = 0; s < 40; ++s) many = many.with(s, s * 4096, 0, 16 + s, s + 1);
  std::uint32_t hash = 1;
  for (int i = 0; i < 20000; ++i, hash = hash * 1664525u + 1013904223u) {
    std::size_t plain = 0;
    while (plain < many.size() && many[plain].key < hash) ++plain;
    if (many.first_at_or_after(hash) != plain % many.size()) FAIL("bucket index, hash " << hash);
  }
}

TEST_CASE("removing a server moves only its own keys") {
  for (const auto method : {hash_method::consistent, hash_method::map_based}) {
    auto rules = consistent();
    rules.method = method;
    chooser balancer(rules, equal_servers(10, 3), false);
    std::vector<server_index> before;
    for (std::uint32_t i = 0; i < 4000; ++i)
      before.push_back(balancer.place({true, hash_of(rules, "key" + std::to_string(i)), {}}));
    balancer.set_usable(4, false);
    std::size_t needless = 0;
    for (std::uint32_t i = 0; i < 4000; ++i) {
      const auto now = balancer.place({true, hash_of(rules, "key" + std::to_string(i)), {}});
      CHECK(now != 4);
      if (before[i] != 4 && now != before[i]) ++needless;
    }
    if (method == hash_method::consistent)
      CHECK(needless == 0);
    else
      CHECK(needless > 2000);  // a map reshuffles: known, and why rings exist
    balancer.set_usable(4, true);
    for (std::uint32_t i = 0; i < 4000; ++i)
      CHECK(balancer.place({true, hash_of(rules, "key" + std::to_string(i)), {}}) == before[i]);
  }
}

TEST_CASE("a lighter server gives keys away and takes none") {
  const auto rules = consistent();
  chooser balancer(rules, equal_servers(5, 8), false);
  std::vector<server_index> before;
  for (std::uint32_t h = 0; h < 4000; ++h) before.push_back(balancer.place({true, h * 1000003u, {}}));
  REQUIRE(balancer.set_weight(2, 4));
  for (std::uint32_t h = 0; h < 4000; ++h) {
    const auto now = balancer.place({true, h * 1000003u, {}});
    if (before[h] != 2) CHECK(now == before[h]);
  }
}

TEST_CASE("shares of the hash space") {
  struct row {
    std::size_t servers;
    unsigned weight;
    double most;  // over the mean
  };
  const row rows[] = {{3, 1, 1.062},   {10, 1, 1.340},  {100, 1, 1.439}, {3, 4, 1.135},
                      {10, 16, 1.066}, {3, 256, 1.014}, {10, 100, 1.022}};
  for (const auto& r : rows) {
    CAPTURE(r.servers);
    CAPTURE(r.weight);
    chooser balancer(consistent(), equal_servers(r.servers, r.weight), false);
    double sum = 0, most = 0;
    for (double share : balancer.shares()) {
      sum += share;
      most = std::max(most, share);
    }
    CHECK(sum == doctest::Approx(1.0).epsilon(1e-9));
    CHECK(most * static_cast<double>(r.servers) == doctest::Approx(r.most).epsilon(0.0006));
  }
}

// hash-type maglev and rendezvous: shares, what moves, who is passed over.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "balance/contest.hpp"
#include "base/hash.hpp"

using namespace ringway;
using namespace ringway::balance;

namespace {

settings by_uri(hash_method method) {
  settings rules;
  rules.kind = algorithm::uri;
  rules.method = method;
  return rules;
}

std::vector<server_facts> servers_with(std::initializer_list<unsigned> weights) {
  std::vector<server_facts> all;
  for (const auto w : weights) {
    all.emplace_back();
    all.back().weight = w;
  }
  assign_ids(all);
  return all;
}

std::vector<server_index> placed(chooser& by, int keys = 20000) {
  std::vector<server_index> out;
  std::string key;
  for (int i = 0; i < keys; ++i) {
    key = "/key/" + std::to_string(i);
    out.push_back(by.place(keyed(by.rules(), key)));
  }
  return out;
}

std::vector<double> counted(const std::vector<server_index>& all, std::size_t servers) {
  std::vector<double> out(servers, 0);
  for (const auto s : all) out[s] += 1.0 / static_cast<double>(all.size());
  return out;
}

constexpr hash_method both[] = {hash_method::maglev, hash_method::rendezvous};

}  // namespace

TEST_CASE("XXH3 is the public algorithm") {
  CHECK(hash::xxh3("") == 0x2d06800538d394c2u);
  CHECK(hash::xxh3("a") == 0xe6c632b61e964e1fu);
  CHECK(hash::xxh3("abc") == 0x78af5f94892f3950u);
}

TEST_CASE("size of a Maglev table") {
  CHECK(maglev_size(0) == 65537);
  CHECK(maglev_size(655) == 65537);
  CHECK(maglev_size(656) == 655373);  // as in the paper; the next prime from a hundred a server on
  CHECK(maglev_size(6553) == 655373);
  CHECK(maglev_size(10000) == 1000003);
}

TEST_CASE("every server's share is its weight's") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    for (const auto& weights : {std::initializer_list<unsigned>{1, 1, 1}, {3, 1, 2}, {256, 1, 1, 7}, {10}, {1, 0, 1}}) {
      chooser by(by_uri(method), servers_with(weights), false);
      double sum = 0;
      for (const auto w : weights) sum += w;
      const auto found = counted(placed(by), weights.size());
      const auto said = by.shares();
      for (std::size_t i = 0; i < weights.size(); ++i) {
        const double due = weights.begin()[i] / sum;
        CHECK(std::abs(said[i] - due) < 0.001);
        CHECK(std::abs(found[i] - due) < 4 * std::sqrt(due * (1 - due) / 20000) + 0.001);
      }
    }
  }
}

TEST_CASE("a server that goes gives its keys away in proportion and takes them back; few or none move besides") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    chooser by(by_uri(method), servers_with({1, 1, 2, 1, 1, 1, 1, 1, 1, 1}), false);
    const auto before = placed(by);
    by.set_usable(2, false);
    const auto during = placed(by);
    std::size_t needless = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      CHECK(during[i] != 2);
      if (before[i] != 2 && during[i] != before[i]) ++needless;
    }
    if (method == hash_method::rendezvous)
      CHECK(needless == 0);
    else
      CHECK(static_cast<double>(needless) / static_cast<double>(before.size()) < 0.02);
    for (const auto share : {0, 1, 3, 9}) CHECK(counted(during, 10)[static_cast<std::size_t>(share)] == doctest::Approx(1.0 / 9).epsilon(0.1));
    by.set_usable(2, true);
    CHECK(placed(by) == before);
  }
}

TEST_CASE("neither the order of declaration nor who else is there changes whose key it is") {
  for (const auto method : both) {
    auto facts = servers_with({1, 1, 1, 1});
    chooser by(by_uri(method), facts, false);
    const auto before = placed(by, 3000);
    std::reverse(facts.begin(), facts.end());
    chooser reversed(by_uri(method), facts, false);
    const auto after = placed(reversed, 3000);
    for (std::size_t i = 0; i < before.size(); ++i) REQUIRE(after[i] == 3 - before[i]);
  }
}

TEST_CASE("who follows is who is taken when the first is avoided or above its bound") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    auto rules = by_uri(method);
    chooser by(rules, servers_with({1, 2, 3}), false);
    for (int i = 0; i < 200; ++i) {
      const auto key = "/" + std::to_string(i);
      const auto told = by.explain(keyed(rules, key));
      REQUIRE(told.order.size() == 3);
      CHECK(told.owner == told.order[0]);
      CHECK(by.place(keyed(rules, key)) == told.order[0]);
      CHECK(by.place(keyed(rules, key), told.order[0]) == told.order[1]);
    }
    rules.balance_factor = 120;
    chooser bounded(rules, servers_with({1, 1, 1, 1}), false);
    std::set<server_index> used;
    for (int i = 0; i < 40; ++i) {  // one hot key: nobody may have more than 1.2 of the mean
      const auto s = bounded.place(keyed(rules, "/hot"));
      bounded.took(s);
      used.insert(s);
    }
    CHECK(used.size() == 4);
    for (server_index s = 0; s < 4; ++s) CHECK(bounded.served(s) <= 13);
  }
}

TEST_CASE("hash-key says what stands for a server; twins are told apart") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    auto facts = servers_with({1, 1, 1});
    for (auto& f : facts) {
      f.key = hash_key::addr;
      f.at = *parse_ip("192.0.2.1");
    }
    chooser twins(by_uri(method), facts, false);
    for (const double share : counted(placed(twins), 3)) CHECK(share == doctest::Approx(1.0 / 3).epsilon(0.06));
    facts[1].at = *parse_ip("192.0.2.2");
    facts[2].at = *parse_ip("192.0.2.3");
    chooser by(by_uri(method), facts, false);
    const auto before = placed(by, 3000);
    facts[0].id = 77;  // not asked for
    chooser renumbered(by_uri(method), facts, false);
    CHECK(placed(renumbered, 3000) == before);
    by.set_address(1, *parse_ip("192.0.2.9"));
    CHECK(placed(by, 3000) != before);
    by.set_address(1, *parse_ip("192.0.2.2"));
    CHECK(placed(by, 3000) == before);
  }
}

TEST_CASE("backups, nobody, weight 0 and slow start are as on a ring") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    auto facts = servers_with({1, 1, 1, 1});
    facts[2].backup = facts[3].backup = true;
    for (const bool all : {false, true}) {
      chooser by(by_uri(method), facts, all);
      CHECK(counted(placed(by), 4)[2] == 0);
      by.set_usable(0, false);
      by.set_weight(1, 0);
      const auto found = counted(placed(by), 4);
      CHECK(found[2] == doctest::Approx(all ? 0.5 : 1.0).epsilon(0.05));
      CHECK(found[3] == doctest::Approx(all ? 0.5 : 0.0).epsilon(0.05));
      by.set_usable(2, false);
      by.set_usable(3, false);
      CHECK(by.place(keyed(by.rules(), "/x")) == no_server);
      CHECK(by.place({}) == no_server);
      by.set_weight(1, 3);
      CHECK(by.place(keyed(by.rules(), "/x")) == 1);
    }
    chooser slow(by_uri(method), servers_with({1, 1}), false);
    slow.set_warmth(1, 0, 10);
    CHECK(counted(placed(slow), 2)[1] == doctest::Approx(1.0 / 17).epsilon(0.15));
  }
}

TEST_CASE("requests without a key go round by weight and past those without room") {
  for (const auto method : both) {
    CAPTURE(static_cast<int>(method));
    auto facts = servers_with({1, 3});
    facts[1].maxconn = 1;
    chooser by(by_uri(method), facts, false);
    std::size_t second = 0;
    for (int i = 0; i < 4000; ++i) second += by.place({}) == 1;
    CHECK(static_cast<double>(second) == doctest::Approx(3000).epsilon(0.05));
    by.took(1);
    for (int i = 0; i < 50; ++i) CHECK(by.place({}) == 0);
    for (int i = 0; i < 50; ++i) CHECK(by.place({}, 0) == 0);  // the other has no room
  }
}

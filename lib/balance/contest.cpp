#include "balance/contest.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>

namespace ringway::balance {
namespace {

bool is_prime(std::uint64_t n) {
  if (n % 2 == 0) return n == 2;
  for (std::uint64_t d = 3; d * d <= n; d += 2)
    if (n % d == 0) return false;
  return n > 1;
}

// Where a server's permutation begins and how far apart its steps are (paper, section 3.4). The identity's halves are
// independent of each other, as XXH3's are.
struct permutation {
  std::uint32_t at = 0, skip = 0, size = 0;
  permutation(std::uint64_t identity, std::uint32_t slots)
      : at(static_cast<std::uint32_t>((identity >> 32) % slots)),
        skip(static_cast<std::uint32_t>((identity & 0xffffffffu) % (slots - 1) + 1)),
        size(slots) {}
  void step() { at = static_cast<std::uint32_t>((std::uint64_t{at} + skip) % size); }
};

// Whose turn it is: the one with the smallest (taken + 1) / weight; equals by identity, which is their order here.
struct turn {
  std::uint64_t taken = 0, weight = 0;
  std::size_t who = 0;
  bool operator>(const turn& other) const {
    const auto mine = (taken + 1) * other.weight, theirs = (other.taken + 1) * weight;
    return mine != theirs ? mine > theirs : who > other.who;
  }
};

}  // namespace

std::vector<contestant> told_apart(std::vector<contestant> all) {
  const auto order = [](const contestant& a, const contestant& b) {
    return std::tie(a.identity, a.server) < std::tie(b.identity, b.server);
  };
  std::sort(all.begin(), all.end(), order);
  for (std::size_t i = 1, twin = 0; i < all.size(); ++i) {
    if (all[i].identity != all[i - 1 - twin].identity) {
      twin = 0;
      continue;
    }
    ++twin;  // compared with the first of the run, which keeps its own
    all[i].identity += twin * 0x9e3779b97f4a7c15u;
  }
  std::sort(all.begin(), all.end(), order);
  return all;
}

std::uint32_t maglev_size(std::size_t servers) {
  std::uint64_t size = std::max<std::uint64_t>(65537, std::uint64_t{servers} * 100);
  if (size > 65537) size = std::max<std::uint64_t>(size, 655373);
  while (!is_prime(size)) ++size;
  return static_cast<std::uint32_t>(size);
}

std::vector<std::uint32_t> maglev_slots(const std::vector<contestant>& all, std::uint32_t size) {
  std::vector<std::uint32_t> slots;
  if (all.empty()) return slots;
  constexpr std::uint32_t unused = ~std::uint32_t{0};
  slots.assign(size, unused);
  std::vector<permutation> wishes;
  wishes.reserve(all.size());
  for (const auto& one : all) wishes.emplace_back(one.identity, size);
  const auto take = [&](std::size_t who) {
    auto& wish = wishes[who];
    while (slots[wish.at] != unused) wish.step();
    slots[wish.at] = all[who].server;
    wish.step();
  };
  const bool equal = std::all_of(all.begin(), all.end(), [&](const contestant& one) { return one.weight == all[0].weight; });
  if (equal) {
    for (std::uint32_t filled = 0; filled < size; ++filled) take(filled % all.size());
    return slots;
  }
  std::priority_queue<turn, std::vector<turn>, std::greater<>> turns;
  for (std::size_t i = 0; i < all.size(); ++i) turns.push({0, all[i].weight, i});
  for (std::uint32_t filled = 0; filled < size; ++filled) {
    turn next = turns.top();
    turns.pop();
    take(next.who);
    ++next.taken;
    turns.push(next);
  }
  return slots;
}

rendezvous::rendezvous(const std::vector<contestant>& all) {
  auto sorted = all;
  std::sort(sorted.begin(), sorted.end(), [](const contestant& a, const contestant& b) {
    return std::tie(a.weight, a.identity) < std::tie(b.weight, b.identity);
  });
  identities_.reserve(sorted.size());
  servers_.reserve(sorted.size());
  for (const auto& one : sorted) {
    if (classes_.empty() || classes_.back().weight != one.weight)
      classes_.push_back({static_cast<double>(one.weight), identities_.size(), identities_.size()});
    identities_.push_back(one.identity);
    servers_.push_back(one.server);
    classes_.back().end = identities_.size();
  }
}

std::vector<std::uint32_t> rendezvous::order(std::uint64_t key) const {
  struct placed {
    double score;
    std::uint64_t drawn;
    std::uint32_t server;
  };
  std::vector<placed> all;
  for (const auto& each : classes_)
    for (std::size_t i = each.begin; i < each.end; ++i) {
      const auto drawn = draw(key, identities_[i]);
      all.push_back({score(each.weight, drawn), drawn, servers_[i]});
    }
  std::sort(all.begin(), all.end(), [](const placed& a, const placed& b) {
    return std::tie(a.score, a.drawn) > std::tie(b.score, b.drawn);
  });
  std::vector<std::uint32_t> out;
  for (const auto& one : all) out.push_back(one.server);
  return out;
}

}  // namespace ringway::balance

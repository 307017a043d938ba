#include "balance/map.hpp"

namespace ringway::balance {

std::vector<std::uint32_t> map_slots(const std::vector<map_share>& servers, std::uint32_t total) {
  std::vector<std::uint32_t> slots;
  if (total == 0 || servers.empty()) return slots;
  slots.reserve(total);
  if (total == 1) {
    slots.push_back(servers.front().server);
    return slots;
  }
  const auto size = static_cast<std::int64_t>(total);
  std::vector<std::int64_t> score(servers.size(), 0);
  // The winner has the largest truncated quotient (score + total) / total, not the largest score: comparing
  // it with the product keeps divisions out of the loop, which runs total x servers times.
  const auto quotient_at_least = [size](std::int64_t s, std::int64_t q) { return s + size >= q * size; };
  for (std::uint32_t slot = 0; slot < total; ++slot) {
    std::size_t winner = 0;
    std::int64_t best = -1;
    for (std::size_t i = 0; i < servers.size(); ++i) {
      score[i] += servers[i].weight;
      const bool better = best < 0 || quotient_at_least(score[i], best + 1);
      if (better) {
        best = (score[i] + size) / size;
        winner = i;
      }
    }
    slots.push_back(servers[winner].server);
    score[winner] -= size;
  }
  return slots;
}

}  // namespace ringway::balance

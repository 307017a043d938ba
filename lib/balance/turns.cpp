#include "balance/turns.hpp"

#include <utility>

namespace ringway::balance {

turns::turns(const std::vector<start>& servers, std::size_t capacity) : members_(capacity), orders_(3) {
  set_aside_.reserve(servers.size());
  for (const auto& s : servers) {
    auto& m = members_[s.server];
    m.weight = s.weight;
    m.node = orders_[0].extract(orders_[0].insert({0, rank_++, s.server}).first);
    if (s.weight == 0) continue;
    next_weight_ += s.weight;
    put_fresh(s.server);
  }
  turn_weight_ = position_ = next_weight_;
}

void turns::take_out(member& m) {
  m.node = orders_[static_cast<std::size_t>(m.where)].extract(m.at);
  m.where = parked;
}

void turns::put(std::uint32_t server, int where, std::uint32_t key) {
  auto& m = members_[server];
  m.node.value() = {key, rank_++, server};
  m.at = orders_[static_cast<std::size_t>(where)].insert(std::move(m.node)).position;
  m.where = where;
}

void turns::put_by_position(std::uint32_t server) {
  auto& m = members_[server];
  if (m.position >= 2 * turn_weight_ || m.position >= turn_weight_ + next_weight_) {
    m.position -= turn_weight_;
    put(server, next_, weight_limit - m.weight);
  } else {
    put(server, current_, 256 * m.position + (weight_limit + m.rest - m.weight) / weight_scale);
  }
}

void turns::new_turn() {
  std::swap(init_, next_);
  turn_weight_ = position_ = next_weight_;
}

std::uint32_t turns::candidate() {
  const auto& now = orders_[static_cast<std::size_t>(current_)];
  if (!now.empty() && members_[now.begin()->server].position <= position_) return now.begin()->server;
  const auto& fresh = orders_[static_cast<std::size_t>(init_)];
  if (!fresh.empty()) {
    const auto server = fresh.begin()->server;
    members_[server].position = 0;
    members_[server].rest = 0;
    return server;
  }
  return now.empty() ? nobody : now.begin()->server;
}

void turns::remove(std::uint32_t server) {
  auto& m = members_[server];
  if (m.where == parked) return;
  take_out(m);
  next_weight_ -= m.weight;
}

// Where a newcomer is due is estimated; if the turn is past its end the subtraction wraps to a huge number,
// which puts the server into the next turn.
void turns::enter_at_estimate(std::uint32_t server) {
  auto& m = members_[server];
  m.position = position_ + (next_weight_ + turn_weight_ - position_) / m.weight;
  put_by_position(server);
}

void turns::insert(std::uint32_t server, std::uint32_t weight) {
  auto& m = members_[server];
  if (m.where != parked) return reweight(server, weight);
  m.weight = weight;
  next_weight_ += weight;
  enter_at_estimate(server);
}

void turns::reweight(std::uint32_t server, std::uint32_t weight) {
  auto& m = members_[server];
  if (m.where == parked || m.weight == weight) return;
  if (m.where == init_) m.rest = 0;
  take_out(m);
  next_weight_ = next_weight_ - m.weight + weight;
  m.weight = weight;
  enter_at_estimate(server);
}

}  // namespace ringway::balance

// The order of `balance roundrobin` for one group of servers: actives or backups (placement
// specification, 12.2).
//
// Every server has a place in one of three orders: `current` (its next position in this turn), `init` (not
// yet asked in this turn) and `next` (done for this turn). Weights stretch the distance between its
// positions. Not thread-safe: the chooser's mutex guards it. Allocates only when made.
#pragma once
#include <cstdint>
#include <set>
#include <vector>

namespace ringway::balance {

class turns {
 public:
  struct start {
    std::uint32_t server = 0;
    std::uint32_t weight = 0;  // effective: 16 a unit; 0: absent for now
  };

  // `servers`: the group in declared order. `capacity`: size of the backend (indexes are below it).
  turns(const std::vector<start>& servers, std::size_t capacity);

  // busy(server): no room now. `avoid` is taken only if no other has room. ~0: nobody.
  template <class Busy>
  std::uint32_t pick(Busy&& busy, std::uint32_t avoid);

  void remove(std::uint32_t server);
  void insert(std::uint32_t server, std::uint32_t weight);    // comes up
  void reweight(std::uint32_t server, std::uint32_t weight);  // while present; above 0

  static constexpr std::uint32_t nobody = ~std::uint32_t{0};

 private:
  struct entry {
    std::uint32_t key = 0;
    std::uint64_t rank = 0;
    std::uint32_t server = 0;
    bool operator<(const entry& other) const {
      return key != other.key ? key < other.key : rank < other.rank;
    }
  };
  using order = std::set<entry>;
  static constexpr int parked = -1;
  struct member {
    std::uint32_t weight = 0;
    std::uint32_t position = 0;  // when it is due, in the turn of the order it stands in
    std::uint32_t rest = 0;      // remainder carried from one distance to the next
    int where = parked;          // which of orders_
    order::iterator at;          // valid unless parked
    order::node_type node;       // its entry while parked: moving it allocates nothing
  };

  void take_out(member&);
  void put(std::uint32_t server, int where, std::uint32_t key);
  void put_fresh(std::uint32_t server) { put(server, init_, weight_limit - members_[server].weight); }
  void put_by_position(std::uint32_t server);
  void enter_at_estimate(std::uint32_t server);
  void new_turn();
  std::uint32_t candidate();

  static constexpr std::uint32_t weight_limit = 4096;  // the largest effective weight
  static constexpr std::uint32_t weight_scale = 16;

  std::vector<member> members_;  // by server index
  std::vector<order> orders_;
  int current_ = 0, init_ = 1, next_ = 2;
  std::uint32_t turn_weight_ = 0;  // total weight this turn is made of
  std::uint32_t position_ = 0;     // where the turn stands
  std::uint32_t next_weight_ = 0;  // total weight now: the next turn's
  std::uint64_t rank_ = 0;
  std::vector<std::uint32_t> set_aside_;
};

template <class Busy>
std::uint32_t turns::pick(Busy&& busy, std::uint32_t avoid) {
  set_aside_.clear();
  bool turned = false;
  std::uint32_t chosen = nobody, avoided = nobody;
  while (true) {
    if (turn_weight_ == 0) turn_weight_ = position_ = next_weight_;
    const auto server = candidate();
    if (server == nobody) {
      if (turned) {
        chosen = avoided;  // put back below with the others
        break;
      }
      turned = true;
      new_turn();
      continue;
    }
    auto& m = members_[server];
    if (m.position == 0) m.position = position_;
    m.position += next_weight_ / m.weight;
    m.rest += next_weight_ % m.weight;
    if (m.rest >= m.weight) {
      m.rest -= m.weight;
      ++m.position;
    }
    take_out(m);
    ++position_;
    if (!busy(server)) {
      if (server != avoid) {
        chosen = server;
        put_by_position(server);
        break;
      }
      avoided = server;
    }
    set_aside_.push_back(server);
  }
  for (auto i = set_aside_.size(); i-- > 0;) {
    if (turned)
      put_fresh(set_aside_[i]);
    else
      put_by_position(set_aside_[i]);
  }
  return chosen;
}

}  // namespace ringway::balance

// The order of `balance leastconn` for one group (placement specification, 12.3): by load over weight, equal
// loads in the order in which servers came to them. HAProxy 3.5 picks at random among equals; this is the
// older, repeatable rule, and it shares equal loads out fairly. Not thread-safe: the chooser's mutex guards
// it. Allocates only when made.
#pragma once
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace ringway::balance {

class loads {
 public:
  explicit loads(const std::vector<std::uint32_t>& servers, std::size_t capacity) : members_(capacity) {
    for (auto s : servers) members_[s].node = order_.extract(order_.insert({0, rank_++, s}).first);
  }

  // Sets a server's place; it moves behind its equals if its load changed, or always with `move`.
  void put(std::uint32_t server, std::uint32_t requests, std::uint32_t weight, bool move) {
    auto& m = members_[server];
    const std::uint64_t key = requests == 0 ? 0 : (std::uint64_t{requests} + 1) * 4096 / weight;
    if (m.present) {
      if (!move && m.at->key == key) return;
      m.node = order_.extract(m.at);
    }
    m.node.value() = {key, rank_++, server};
    m.at = order_.insert(std::move(m.node)).position;
    m.present = true;
  }
  void remove(std::uint32_t server) {
    auto& m = members_[server];
    if (!m.present) return;
    m.node = order_.extract(m.at);
    m.present = false;
  }
  bool present(std::uint32_t server) const { return members_[server].present; }

  // The least loaded with room; `avoid` only if no other has room. ~0: nobody.
  template <class Room>
  std::uint32_t pick(Room&& room, std::uint32_t avoid) const {
    std::uint32_t avoided = ~std::uint32_t{0};
    for (const auto& e : order_) {
      if (!room(e.server)) continue;
      if (e.server != avoid) return e.server;
      avoided = e.server;
    }
    return avoided;
  }

 private:
  struct entry {
    std::uint64_t key = 0;
    std::uint64_t rank = 0;
    std::uint32_t server = 0;
    bool operator<(const entry& other) const {
      return key != other.key ? key < other.key : rank < other.rank;
    }
  };
  using order = std::set<entry>;
  struct member {
    order::iterator at;     // valid while present
    order::node_type node;  // its entry otherwise
    bool present = false;
  };
  std::vector<member> members_;  // by server index
  order order_;
  std::uint64_t rank_ = 0;
};

}  // namespace ringway::balance

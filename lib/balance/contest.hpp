// The two ways of ringway's own to turn a key into a server, for `hash-type maglev` and `hash-type rendezvous`;
// HAProxy has neither. Both start from 64 bits of XXH3 over the key and 64 bits that stand for a server.
// Immutable once made; pure; any thread.
//
// Maglev (Eisenbud et al., NSDI 2016, section 3.4): a table of a prime number of slots; every server has a
// permutation of the slots of its own and takes the first free one of it whenever it is its turn. Turns go by
// weight: who would have the fewest slots for its weight comes next, equals in the order of their identities, so
// that neither the order of declaration nor who else is there changes the turns of two servers against each other.
//
// Rendezvous (Thaler and Ravishankar 1998; weights after Schindelhauer and Schomaker 2005): every server draws a
// number u between 0 and 1 from key and identity, and the largest of -weight/ln(u) wins: a server's share is exactly
// its weight's, and a change of a server moves only its own keys. A look-up asks every server.
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ringway::balance {

struct contestant {
  std::uint32_t server = 0;    // index in declared order
  std::uint64_t identity = 0;  // must differ between servers; see told_apart
  std::uint32_t weight = 0;    // above 0
};

// Sorted by identity; where two are equal (one address under hash-key addr), the later declared gets another.
std::vector<contestant> told_apart(std::vector<contestant>);

// Slots of a Maglev table: a prime of at least a hundred slots a server, as the paper advises, and 65537 at least.
std::uint32_t maglev_size(std::size_t servers);
// O(size x log size) steps on average, times log servers when weights differ. Empty without servers.
std::vector<std::uint32_t> maglev_slots(const std::vector<contestant>&, std::uint32_t size);

class rendezvous {
 public:
  explicit rendezvous(const std::vector<contestant>&);

  bool empty() const { return servers_.empty(); }
  std::size_t bytes() const { return identities_.size() * (sizeof(std::uint64_t) + sizeof(std::uint32_t)); }

  // The winner among those not refused; if all are, the winner of all. Not empty.
  template <class Refused>
  std::uint32_t pick(std::uint64_t key, Refused&& refused) const {
    const auto found = best(key, refused);
    return found != nobody ? found : best(key, [](std::uint32_t) { return false; });
  }
  // All servers, the winner first.
  std::vector<std::uint32_t> order(std::uint64_t key) const;

 private:
  static constexpr std::uint32_t nobody = ~std::uint32_t{0};
  struct weight_class {
    double weight = 0;
    std::size_t begin = 0, end = 0;
  };

  static std::uint64_t draw(std::uint64_t key, std::uint64_t identity) {
    std::uint64_t x = key ^ identity;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
  }
  static double score(double weight, std::uint64_t drawn) {
    const double u = (static_cast<double>(drawn >> 11) + 0.5) * 0x1p-53;
    return -weight / std::log(u);
  }

  // Within one weight the largest draw has the largest score: one logarithm a class, not one a server.
  template <class Refused>
  std::uint32_t best(std::uint64_t key, Refused&& refused) const {
    std::uint32_t winner = nobody;
    double most = -1;
    for (const auto& each : classes_) {
      std::uint64_t highest = 0;
      std::size_t at = each.end;
      for (std::size_t i = each.begin; i < each.end; ++i) {
        const auto drawn = draw(key, identities_[i]);
        if ((drawn > highest || at == each.end) && !refused(servers_[i])) {
          highest = drawn;
          at = i;
        }
      }
      if (at == each.end) continue;
      if (classes_.size() == 1) return servers_[at];
      const double reached = score(each.weight, highest);
      if (reached > most) {
        most = reached;
        winner = servers_[at];
      }
    }
    return winner;
  }

  std::vector<std::uint64_t> identities_;  // by weight, then identity
  std::vector<std::uint32_t> servers_;
  std::vector<weight_class> classes_;
};

}  // namespace ringway::balance

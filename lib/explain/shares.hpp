// How a backend spreads its keys: the share of each server beside its due by weight, what each server's loss would do,
// and what real traffic makes of it. Over the proxy's own chooser.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "explain/site.hpp"

namespace ringway::explain {

struct share_row {
  server_index server = balance::no_server;
  unsigned weight = 0;
  double share = 0, due = 0;  // of all keys
  std::size_t points = 0;     // on the ring, or slots of the table
  double off() const { return due > 0 ? share / due - 1 : 0; }  // 0.06: six per cent more than its due
};

struct spread {
  std::vector<share_row> rows;  // servers that take part, in declared order
  std::size_t points = 0;       // all of them; 0: the hash type has none
  double most = 1;              // largest share / due
  double deviation = 0;         // largest distance of a share from its due, as a part of the due
  server_index worst = balance::no_server;
};
spread spread_of(const farm& of);

struct loss {
  server_index lost = balance::no_server;
  double share = 0;                                     // what it had
  std::vector<std::pair<server_index, double>> heirs;   // who takes how much of all keys; largest first
  double needless = 0;                                  // of all keys: moved although their server is there
  double error = 0;                                     // as in movement
};
// `spare`: another chooser of the same state, which has it again afterwards.
loss loss_of(const farm& of, server_index lost, balance::chooser& spare);
loss loss_of(const farm& of, server_index lost);
// Losses that are worth computing for a program: all, up to a number that keeps the answer within seconds.
std::size_t losses_shown(const farm& of);

// Requests seen, in order.
class traffic {
 public:
  explicit traffic(const farm& of) : of_(of), requests_(of.of->servers.size(), 0), keys_(of.of->servers.size(), 0) {}
  void add(std::string_view key, const balance::key_result& hash, server_index server);

  struct hot {
    std::string key;
    std::uint64_t requests = 0;
    server_index server = balance::no_server;
  };
  std::uint64_t total() const { return order_.size(); }
  std::uint64_t distinct() const { return known_.size(); }
  const std::vector<std::uint64_t>& requests() const { return requests_; }  // per server
  const std::vector<std::uint64_t>& keys() const { return keys_; }          // distinct keys per server
  std::vector<hot> hottest(std::size_t count) const;
  // Largest share of requests over its due, leaving out the `without` hottest keys.
  double imbalance(std::size_t without = 0) const;

  // The same requests under hash-balance-factor, `at_once` of them being served at any time.
  struct bounded {
    unsigned factor = 0, at_once = 0;
    std::vector<std::uint64_t> requests;  // per server
    std::uint64_t diverted = 0;           // not served by their key's own server
    double imbalance = 1;
  };
  bounded under(unsigned factor, unsigned at_once) const;

 private:
  struct seen {
    std::uint64_t requests = 0;
    balance::key_result hash;
    server_index server = balance::no_server;
    const std::string* text = nullptr;
  };
  std::vector<double> dues() const;
  double worst(const std::vector<std::uint64_t>& requests) const;

  const farm& of_;
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<seen> all_;
  std::vector<std::uint32_t> order_;
  std::vector<std::uint64_t> requests_, keys_;
};

}  // namespace ringway::explain

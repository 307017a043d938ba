// Which keys move when one state of a backend follows another: exact on rings and tables, drawn by lot (and said so)
// where hashes before and after cannot be laid side by side. Asks two choosers; computes no placement of its own.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "balance/chooser.hpp"

namespace ringway::explain {

using balance::server_index;

struct flow {
  server_index from = balance::no_server, to = balance::no_server;  // of the backend before, of the one after
  double share = 0;                                                // of all keys
};

struct movement {
  double moved = 0;                   // share of keys whose server is another one afterwards
  double least = 0;                   // what any scheme that ends with the same shares must move
  std::vector<flow> flows;            // largest first; servers that stay the same are left out
  std::vector<double> before, after;  // share of each server
  double error = 0;                   // two standard deviations of `moved`; 0: exact
  std::string_view how;               // how it was found, a phrase
};

// `same[s]`: which server of `after` the server s of `before` is; no_server: it is gone. Both hash by a key.
movement movement_of(balance::chooser& before, balance::chooser& after, const std::vector<server_index>& same);

// The same request has the same key under both.
bool same_key(const balance::settings& a, const balance::settings& b);

// Keys drawn by lot, the same for the same seed: strings, and addresses for balance source.
class lot {
 public:
  explicit lot(std::uint64_t seed = 1) : seed_(seed) {}
  std::uint64_t number();
  void draw();  // a made-up request; the first is the caller's to draw
  // Its key; the bytes are valid until the next draw.
  balance::key_result key(const balance::settings& rules) const;

 private:
  std::uint64_t seed_;
  std::string text_;
  balance::request_facts facts_;
};

}  // namespace ringway::explain

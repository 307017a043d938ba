// The hash types side by side, measured: how even, what moves when a server comes or goes, memory, time.
#pragma once
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "explain/json.hpp"

namespace ringway::explain {

struct measured {
  balance::hash_method method = balance::hash_method::map_based;
  std::size_t servers = 0;
  unsigned weight = 1;        // of each server, 0: they differ; more of it is more points on a ring
  double most = 1;            // largest share / due, over the hash space
  double lost = 0;            // keys that move when one server is lost: mean over the first, the middle and the last
  double lost_needless = 0;   // of them, keys of servers that are still there
  double added = 0, added_needless = 0;  // one server more, with the next id
  std::size_t bytes = 0;      // tables that a look-up reads
  double pick_ns = 0;         // one choice by URI: key, hash, look-up
  double change_ms = 0;       // new tables after a server went
};

// `facts`: the servers, with their ids. Takes up to a second for a thousand of them.
measured measure(balance::hash_method method, const std::vector<balance::server_facts>& facts);
std::vector<balance::server_facts> equal_servers(std::size_t count, unsigned weight = 1);

std::string table_of(const std::vector<measured>& rows);
void write(json& out, const std::vector<measured>& rows);

}  // namespace ringway::explain

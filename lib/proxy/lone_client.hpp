// Notices that the clients of a frontend are all one: 'balance source' then sends everything to one server. The usual
// cause is another proxy or a NAT in front (Docker's published ports). Counts the first sessions and is still from then on.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "base/address.hpp"

namespace ringway::proxy {

// One per frontend whose default backend balances by source. Any worker's thread.
class lone_client {
 public:
  static constexpr std::uint32_t enough = 200;  // sessions; so many from two addresses are no chance

  // `said` is shared by all frontends of the process: whoever is first to set it speaks, on the worker's thread.
  lone_client(std::string frontend, std::string backend, std::atomic<bool>& said,
              std::function<void(const std::string& text)> speak);

  // A session of this client began. Costs one load once the question is settled.
  void saw(const address& client) {
    if (!settled_.load(std::memory_order_relaxed)) look(client);
  }
  bool settled() const { return settled_.load(std::memory_order_relaxed); }

 private:
  void look(const address& client);

  const std::string frontend_, backend_;
  std::atomic<bool>& said_;
  const std::function<void(const std::string&)> speak_;
  std::atomic<bool> settled_{false};
  std::mutex mutex_;  // of what follows; taken for the first sessions only
  address first_, second_;
  std::uint32_t sessions_ = 0;
};

}  // namespace ringway::proxy

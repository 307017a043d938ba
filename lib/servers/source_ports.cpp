#include "servers/source_ports.hpp"

namespace ringway::servers {

source_ports::source_ports(std::uint16_t low, std::uint16_t high) {
  for (std::uint32_t port = low; port <= high; ++port) ring_.push_back(static_cast<std::uint16_t>(port));
  count_ = ring_.size();
}

std::optional<std::uint16_t> source_ports::take() {
  const std::lock_guard guard(lock_);
  if (count_ == 0) return std::nullopt;
  const std::uint16_t port = ring_[first_];
  first_ = (first_ + 1) % ring_.size();
  --count_;
  return port;
}

void source_ports::give_back(std::uint16_t port) {
  const std::lock_guard guard(lock_);
  ring_[(first_ + count_) % ring_.size()] = port;
  ++count_;
}

}  // namespace ringway::servers

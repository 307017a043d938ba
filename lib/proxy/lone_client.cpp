#include "proxy/lone_client.hpp"

#include <fmt/format.h>

#include <utility>

namespace ringway::proxy {

lone_client::lone_client(std::string frontend, std::string backend, std::atomic<bool>& said,
                         std::function<void(const std::string&)> speak)
    : frontend_(std::move(frontend)), backend_(std::move(backend)), said_(said), speak_(std::move(speak)) {}

void lone_client::look(const address& client) {
  std::string text;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (settled()) return;
    if (!client.is_ip()) return;  // a unix socket: nobody expects it to tell clients apart
    if (first_.kind == family::none) {
      first_ = client;
    } else if (!client.same_host(first_)) {
      if (second_.kind == family::none) second_ = client;
      else if (!client.same_host(second_)) return settled_.store(true, std::memory_order_relaxed);
    }
    if (++sessions_ < enough) return;
    settled_.store(true, std::memory_order_relaxed);
    if (said_.exchange(true)) return;
    const std::string from = second_.kind == family::none ? "one address, " + first_.host_text()
                                                          : fmt::format("two addresses, {} and {}", first_.host_text(), second_.host_text());
    text = fmt::format(
        "All {} sessions of frontend '{}' so far came from {}: 'balance source' in backend '{}' cannot tell clients apart. Is there "
        "another proxy or a NAT in front? (advice lone-client)",
        sessions_, frontend_, from, backend_);
  }
  speak_(text);
}

}  // namespace ringway::proxy

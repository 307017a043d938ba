#include "proxy/rules_view.hpp"

#include <sys/socket.h>
#include <unistd.h>

namespace ringway::proxy {

address rules_view::client_came_to() const { return of_.local(); }

std::string_view rules_view::frontend_default_backend() const {
  const proxy::backend* back = of_.front.default_backend;
  const bool itself = back != nullptr && of_.front.settings.default_backend.empty();  // a listen section
  return back != nullptr && !itself ? std::string_view(back->settings.name) : std::string_view();
}

// Until a listen section's rules choose another, its backend is itself.
std::uint32_t rules_view::backend() const {
  if (chosen_ != nullptr) return static_cast<std::uint32_t>(chosen_->index);
  if (!of_.front.settings.back) return rules::no_index;
  const auto found = of_.at.all.backend_numbers.find(of_.front.settings.name);
  return found != of_.at.all.backend_numbers.end() ? found->second : rules::no_index;
}

// Whom the kernel lets be bound is here.
bool rules_view::is_of_this_machine(const address& what) const {
  address any_port = what;
  any_port.port = 0;
  const raw_address there = raw(any_port);
  const int fd = ::socket(there.storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool bound = ::bind(fd, there.data(), there.length) == 0;
  ::close(fd);
  return bound;
}

// A disabled frontend has a name and no number: nobody is connected there.
unsigned rules_view::frontend_connections(std::uint32_t front) const {
  const auto& all = of_.at.all.frontends;
  return front < all.size() ? all[front]->connections.load(std::memory_order_relaxed) : 0;
}

std::uint32_t rules_view::backend_named(std::string_view name) const {
  const auto& all = of_.at.all.backend_numbers;
  const auto found = all.find(name);
  if (found == all.end() || at(found->second).settings.kind != of_.front.settings.kind) return rules::no_index;
  return found->second;
}

unsigned rules_view::backend_connections(std::uint32_t back) const {
  return at(back).connections.load(std::memory_order_relaxed);
}

// Active servers; without any, one backup, or all of them under `option allbackups`.
unsigned rules_view::usable_servers(std::uint32_t back) const {
  if (at(back).settings.disabled) return 0;
  const servers::group& group = *at(back).servers;
  if (group.active() > 0) return group.active();
  return at(back).settings.allbackups || group.backup() == 0 ? group.backup() : 1;
}

bool rules_view::server_is_up(std::uint32_t back, std::uint32_t server) const {
  const servers::view now = (*at(back).servers)[server].look();
  return now.alive() && !now.in_maintenance();
}

bool rules_view::server_takes_work(std::uint32_t back, std::uint32_t server) const {
  const servers::group& group = *at(back).servers;
  return group[server].usable() && (!group[server].config().backup || group.active() == 0);
}

unsigned rules_view::server_connections(std::uint32_t back, std::uint32_t server) const {
  return at(back).chooser->served(server);
}

unsigned rules_view::server_limit(std::uint32_t back, std::uint32_t server) const {
  return at(back).chooser->limit(server);
}

unsigned rules_view::server_maxqueue(std::uint32_t back, std::uint32_t server) const {
  return (*at(back).servers)[server].config().maxqueue;
}

unsigned rules_view::server_queue(std::uint32_t back, std::uint32_t server) const {
  return at(back).chooser->waiting(server);
}

unsigned rules_view::server_weight(std::uint32_t back, std::uint32_t server) const {
  return at(back).chooser->weight(server);
}

unsigned rules_view::backend_queue(std::uint32_t back) const {
  return at(back).chooser->waiting(balance::no_server);
}

unsigned rules_view::connections() const { return of_.at.all.connections.load(std::memory_order_relaxed); }

}  // namespace ringway::proxy

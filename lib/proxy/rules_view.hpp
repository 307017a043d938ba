// What rules may see of what runs: this session, and every frontend, backend and server by number.
// Lives on the stack of one step; asks the kernel for nothing unless a rule does.
#pragma once
#include "proxy/session.hpp"
#include "rules/context.hpp"

namespace ringway::proxy {

class rules_view final : public rules::surroundings {
 public:
  // `chosen`: the request's backend; null: none yet.
  rules_view(const session& of, const proxy::backend* chosen) : of_(of), chosen_(chosen) {}

  address client_came_to() const override;
  unsigned listener_id() const override { return of_.bind.id; }
  std::string_view listener_name() const override { return of_.bind.name; }
  std::uint32_t frontend() const override { return static_cast<std::uint32_t>(of_.front.index); }
  unsigned frontend_id() const override { return of_.front.settings.id; }
  std::string_view frontend_name() const override { return of_.front.settings.name; }
  std::string_view frontend_default_backend() const override;
  unsigned frontend_connections(std::uint32_t front) const override;
  std::uint32_t backend() const override;
  unsigned backend_id(std::uint32_t back) const override { return at(back).settings.id; }
  std::string_view backend_name(std::uint32_t back) const override { return at(back).settings.name; }
  std::uint32_t backend_named(std::string_view name) const override;
  bool backend_is_disabled(std::uint32_t back) const override { return at(back).settings.disabled; }
  unsigned backend_connections(std::uint32_t back) const override;
  std::uint32_t server_count(std::uint32_t back) const override { return at(back).servers->size(); }
  unsigned usable_servers(std::uint32_t back) const override;
  bool server_is_up(std::uint32_t back, std::uint32_t server) const override;
  bool server_takes_work(std::uint32_t back, std::uint32_t server) const override;
  unsigned server_connections(std::uint32_t back, std::uint32_t server) const override;
  unsigned server_limit(std::uint32_t back, std::uint32_t server) const override;
  unsigned server_maxqueue(std::uint32_t back, std::uint32_t server) const override;
  unsigned server_queue(std::uint32_t back, std::uint32_t server) const override;
  unsigned server_weight(std::uint32_t back, std::uint32_t server) const override;
  unsigned backend_queue(std::uint32_t back) const override;
  unsigned connections() const override;
  unsigned connection_limit() const override { return of_.at.all.maxconn; }
  unsigned workers() const override { return static_cast<unsigned>(of_.at.all.homes.size()); }
  unsigned worker() const override { return static_cast<unsigned>(of_.at.worker.index()); }
  std::int64_t wall_microseconds() const override { return of_.at.worker.wall_microseconds(); }
  std::uint32_t random() const override { return balance::per_thread_random(); }
  bool client_tls() const override { return false; }
  bool is_of_this_machine(const address& what) const override;

 private:
  const proxy::backend& at(std::uint32_t back) const { return *of_.at.all.backends[back]; }

  const session& of_;
  const proxy::backend* chosen_;
};

}  // namespace ringway::proxy

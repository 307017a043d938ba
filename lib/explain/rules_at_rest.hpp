// What rules see of a proxy that has just started and serves this one request: its names and numbers, and no load.
#pragma once
#include "explain/site.hpp"
#include "rules/context.hpp"

namespace ringway::explain {

class rules_at_rest final : public rules::surroundings {
 public:
  // `back`: the backend whose rules are asked; no_index: none is chosen yet.
  rules_at_rest(const site& of, const proxy::section_settings& front, const proxy::bind_settings* bind,
                std::uint32_t back = rules::no_index)
      : back_(back), of_(of), front_(front), bind_(bind != nullptr ? bind : front.binds.empty() ? nullptr : &front.binds.front()) {}

  address client_came_to() const override { return bind_ != nullptr ? bind_->at : address{}; }
  unsigned listener_id() const override { return bind_ != nullptr ? bind_->id : 0; }
  std::string_view listener_name() const override { return bind_ != nullptr ? std::string_view(bind_->name) : ""; }
  std::uint32_t frontend() const override {
    for (std::uint32_t i = 0; i < of_.fronts().size(); ++i)
      if (of_.fronts()[i] == &front_) return i;
    return rules::no_index;
  }
  unsigned frontend_id() const override { return front_.id; }
  std::string_view frontend_name() const override { return front_.name; }
  std::string_view frontend_default_backend() const override { return front_.default_backend; }
  unsigned frontend_connections(std::uint32_t front) const override { return front == frontend() ? 1 : 0; }
  std::uint32_t backend() const override {  // before one is chosen, a listen section's own
    return back_ == rules::no_index && front_.back ? backend_named(front_.name) : back_;
  }
  unsigned backend_id(std::uint32_t back) const override { return of_.farms()[back].of->id; }
  std::string_view backend_name(std::uint32_t back) const override { return of_.farms()[back].name(); }
  std::uint32_t backend_named(std::string_view name) const override {
    for (std::uint32_t i = 0; i < of_.farms().size(); ++i)
      if (of_.farms()[i].name() == name && of_.farms()[i].of->kind == front_.kind) return i;
    return rules::no_index;
  }
  bool backend_is_disabled(std::uint32_t back) const override { return of_.farms()[back].of->disabled; }
  unsigned backend_connections(std::uint32_t) const override { return 0; }
  std::uint32_t server_count(std::uint32_t back) const override {
    return static_cast<std::uint32_t>(of_.farms()[back].of->servers.size());
  }
  unsigned usable_servers(std::uint32_t back) const override {
    const farm& in = of_.farms()[back];
    unsigned active = 0, backup = 0;
    for (server_index s = 0; s < in.chooser->size(); ++s)
      if (in.chooser->usable(s)) ++(in.of->servers[s].backup ? backup : active);
    return active != 0 ? active : in.of->allbackups ? backup : backup != 0 ? 1 : 0;
  }
  bool server_is_up(std::uint32_t back, std::uint32_t server) const override {
    return of_.farms()[back].chooser->usable(server);
  }
  bool server_takes_work(std::uint32_t back, std::uint32_t server) const override { return server_is_up(back, server); }
  unsigned server_connections(std::uint32_t, std::uint32_t) const override { return 0; }
  unsigned server_limit(std::uint32_t back, std::uint32_t server) const override {
    return of_.farms()[back].chooser->limit(server);
  }
  unsigned server_maxqueue(std::uint32_t back, std::uint32_t server) const override {
    return of_.farms()[back].of->servers[server].maxqueue;
  }
  unsigned server_queue(std::uint32_t, std::uint32_t) const override { return 0; }
  unsigned server_weight(std::uint32_t back, std::uint32_t server) const override {
    return of_.farms()[back].chooser->weight(server);
  }
  unsigned backend_queue(std::uint32_t) const override { return 0; }
  unsigned connections() const override { return 1; }
  unsigned connection_limit() const override { return 0; }
  unsigned workers() const override { return 1; }
  unsigned worker() const override { return 0; }
  std::int64_t wall_microseconds() const override;
  std::uint32_t random() const override { return balance::per_thread_random(); }
  bool client_tls() const override { return false; }

 private:
  std::uint32_t back_;
  const site& of_;
  const proxy::section_settings& front_;
  const proxy::bind_settings* bind_;
};

}  // namespace ringway::explain

#include "servers/pool.hpp"

#include <utility>

#include "servers/state.hpp"

namespace ringway::servers {

bool pool::sound(const link& one) {
  return !one.socket.can_read() && !one.socket.peer_closed() && !one.socket.broken() &&
         one.address_version == one.server->address_version();
}

pool::~pool() { clear(); }

pool::bucket& pool::at(const state& server) {
  if (last_key_ != &server) {
    last_ = &buckets_[&server];  // references to map elements stay valid
    last_key_ = &server;
  }
  return *last_;
}

std::unique_ptr<link> pool::take(const state& server, std::uint32_t proved) {
  bucket& from = at(server);
  link** place = &from.first;
  while (*place != nullptr) {
    link* const seen = *place;
    if (sound(*seen) && seen->requests < proved) {
      place = &seen->next;
      continue;
    }
    *place = std::exchange(seen->next, nullptr);
    took_out(server, from);
    std::unique_ptr<link> one(seen);
    if (sound(*one)) return one;
  }
  return nullptr;
}

// pool-max-conn and ranges of source ports count over all workers; without them nothing shared is touched.
void pool::took_out(const state& server, bucket& from) {
  --from.idle;
  --idle_;
  if (server.counts_idle_links()) server.idle_links().fetch_sub(1, std::memory_order_relaxed);
}

void pool::put(std::unique_ptr<link> one, io::tick now) {
  bucket& to = at(*one->server);
  const settings& rules = one->server->config();
  if (one->socket.has_input() || !sound(*one) || to.idle >= to.peak) return;  // closes it
  if (rules.pool_max_conn == 0 || rules.pool_purge_delay.count() == 0) return;
  if (one->server->counts_idle_links() &&
      one->server->idle_links().fetch_add(1, std::memory_order_relaxed) >= rules.pool_max_conn && rules.pool_max_conn > 0) {
    one->server->idle_links().fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  one->socket.change_owner(nullptr);
  one->idle_since = now;
  one->next = to.first;
  to.first = one.release();
  ++to.idle;
  ++idle_;
}

void pool::purge(io::tick now) {
  for (auto& [server, from] : buckets_) {
    const io::tick delay = server->config().pool_purge_delay.count();
    const bool due = now - from.purged_at >= delay;
    if (due) from.purged_at = now;
    // What is used least sits at the end; half of those that waited too long go.
    std::uint32_t old = 0;
    for (link* one = from.first; due && one != nullptr; one = one->next) old += one->idle_since + delay <= now;
    std::uint32_t keep_old = old / 2;
    link** at = &from.first;
    while (*at != nullptr) {
      link* one = *at;
      const bool aged = due && one->idle_since + delay <= now;
      if (!sound(*one) || (aged && keep_old == 0)) {
        *at = one->next;
        delete one;
        took_out(*server, from);
        continue;
      }
      if (aged) --keep_old;
      at = &one->next;
    }
    from.peak = from.in_use > from.peak / 2 ? from.in_use : from.peak - from.peak / 2;
  }
}

void pool::clear(const state& server) {
  bucket& from = at(server);
  while (from.first != nullptr) {
    link* one = from.first;
    from.first = one->next;
    delete one;
    took_out(server, from);
  }
}

void pool::clear() {
  for (auto& [server, from] : buckets_) {
    if (from.first != nullptr) clear(*server);
  }
}

session_links::~session_links() {
  while (first_ != nullptr) delete std::exchange(first_, first_->next);
}

std::unique_ptr<link> session_links::take(const state& server) {
  link** place = &first_;
  while (*place != nullptr) {
    link* const seen = *place;
    if (seen->server != &server && pool::sound(*seen)) {
      place = &seen->next;
      continue;
    }
    *place = std::exchange(seen->next, nullptr);
    std::unique_ptr<link> one(seen);
    if (pool::sound(*one)) return one;
  }
  return nullptr;
}

void session_links::keep(std::unique_ptr<link> one, unsigned most) {
  if (one->socket.has_input() || !pool::sound(*one)) return;  // closes it
  one->socket.change_owner(nullptr);
  one->next = first_;
  first_ = one.release();
  link** place = &first_;
  for (unsigned i = 0; i < most && *place != nullptr; ++i) place = &(*place)->next;
  while (*place != nullptr) delete std::exchange(*place, (*place)->next);
}

}  // namespace ringway::servers

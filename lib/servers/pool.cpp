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
    --from.idle;
    --idle_;
    std::unique_ptr<link> one(seen);
    if (sound(*one)) return one;
  }
  return nullptr;
}

void pool::put(std::unique_ptr<link> one, io::tick now) {
  bucket& to = at(*one->server);
  if (one->socket.has_input() || !sound(*one) || to.idle >= to.peak) return;  // closes it
  one->socket.change_owner(nullptr);
  one->idle_since = now;
  one->next = to.first;
  to.first = one.release();
  ++to.idle;
  ++idle_;
}

void pool::purge(io::tick now, io::tick delay) {
  for (auto& [server, from] : buckets_) {
    // What is used least sits at the end; half of those that waited too long go.
    std::uint32_t old = 0;
    for (link* one = from.first; one != nullptr; one = one->next) old += one->idle_since + delay <= now;
    std::uint32_t keep_old = old / 2;
    link** at = &from.first;
    while (*at != nullptr) {
      link* one = *at;
      const bool aged = one->idle_since + delay <= now;
      if (!sound(*one) || (aged && keep_old == 0)) {
        *at = one->next;
        delete one;
        --from.idle;
        --idle_;
        continue;
      }
      if (aged) --keep_old;
      at = &one->next;
    }
    from.peak = from.in_use > from.peak / 2 ? from.in_use : from.peak - from.peak / 2;
  }
}

void pool::clear() {
  for (auto& [server, from] : buckets_) {
    while (from.first != nullptr) {
      link* one = from.first;
      from.first = one->next;
      delete one;
    }
    from.idle = 0;
  }
  idle_ = 0;
}

}  // namespace ringway::servers

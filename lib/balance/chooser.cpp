#include "balance/chooser.hpp"

#include <algorithm>
#include <random>

#include "balance/chooser_state.hpp"
#include "base/hash.hpp"

namespace ringway::balance {
namespace {

// After so many refusals on a ring it is cheaper to ask every server once whether to go on.
constexpr std::size_t patience = 64;

}  // namespace

std::uint32_t per_thread_random() {
  // splitmix64: one addition and two multiplications; the state is 64 bits seeded from the system
  thread_local std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  seed += 0x9e3779b97f4a7c15u;
  std::uint64_t z = seed;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<std::uint32_t>((z ^ (z >> 31)) >> 32);
}

std::uint32_t chooser::state::limit(server_index s) const {
  const auto& c = counts[s];
  const auto most = c.maxconn.load(std::memory_order_relaxed);
  if (most == 0) return 0;
  std::uint32_t now = most;
  const auto least = c.minconn.load(std::memory_order_relaxed);
  if (least != 0 && least < most) {
    const auto sum = all_served.load(std::memory_order_relaxed) + all_waiting.load(std::memory_order_relaxed);
    const auto connections = static_cast<std::uint32_t>(std::max(sum, 0));
    if (connections < fullconn)
      now = std::max(least, static_cast<std::uint32_t>(std::uint64_t{connections} * most / fullconn));
  }
  const auto percent = c.limit_percent.load(std::memory_order_relaxed);
  if (percent < 100) now = std::max(1u, static_cast<std::uint32_t>(std::uint64_t{now} * percent / 100));
  return now;
}

bool chooser::state::full(server_index s) const {
  const auto most = limit(s);
  return most != 0 && counts[s].served.load(std::memory_order_relaxed) >= static_cast<std::int64_t>(most);
}

bool chooser::state::busy(server_index s) const {
  if (counts[s].maxconn.load(std::memory_order_relaxed) == 0) return false;
  return counts[s].waiting.load(std::memory_order_relaxed) > 0 || full(s);
}

// Bounded load: the backend's requests, this one included, times the factor are shared out as slots by
// weight; remainders go by the weight declared before each server, which is frozen at the start.
bool chooser::state::within_bound(const line_up& now, server_index s) const {
  const auto served = static_cast<std::uint64_t>(std::max(all_served.load(std::memory_order_relaxed), 0));
  const std::uint64_t all = ((served + 1) * rules.balance_factor + 99) / 100;
  const std::uint64_t each = all / now.total, rest = all % now.total;
  const std::uint64_t weight = counts[s].effective.load(std::memory_order_relaxed);
  const std::uint64_t before = servers[s].weight_before;  // constant after construction
  const auto slots = weight * each + (before + weight) * rest / now.total - before * rest / now.total;
  const auto own = static_cast<std::uint64_t>(std::max(counts[s].served.load(std::memory_order_relaxed), 0));
  return own < std::max<std::uint64_t>(slots, 1);
}

bool chooser::state::refused(const line_up& now, server_index s, server_index avoid) const {
  if (s == avoid) return true;
  if (rules.balance_factor != 0 && !within_bound(now, s)) return true;
  if (rules.preserve == affinity::always) return false;
  const auto most = limit(s);
  if (most == 0) return false;
  const auto& c = counts[s];
  const std::int64_t served = c.served.load(std::memory_order_relaxed);
  if (rules.preserve == affinity::maxconn) return served >= most;
  const auto queue = c.maxqueue.load(std::memory_order_relaxed);
  return queue != 0 && served + c.waiting.load(std::memory_order_relaxed) >= std::int64_t{most} + queue;
}

// The key's own server, or who follows it and is not refused; when all are, the key's own.
template <class Refused>
server_index chooser::state::place_wide(const line_up& now, std::uint64_t key, Refused&& refuses) const {
  if (now.contest) return now.contest->pick(key, refuses);
  const auto& slots = *now.slots;
  const auto first = static_cast<std::size_t>(key % slots.size());
  auto i = first;
  for (std::size_t tries = 1; refuses(slots[i]); ++tries) {
    if (tries == patience && std::none_of(servers.begin(), servers.end(), [&](const member& m) {
          const auto s = static_cast<server_index>(&m - servers.data());
          return m.kind() == now.kind() && counts[s].effective.load(std::memory_order_relaxed) != 0 && !refuses(s);
        }))
      return slots[first];
    if (++i == slots.size()) i = 0;
    if (i == first) break;
  }
  return slots[i];
}

server_index chooser::state::place_on_ring(const line_up& now, std::uint32_t hash, server_index avoid) const {
  if (now.in_use == line_up::group::none) return no_server;
  if (now.in_use == line_up::group::first_backup) return now.first_backup;
  const auto& points = now.points();
  auto i = points.nearest(hash);
  if (plain && avoid == no_server) return points[i].owner;
  const auto refuses = [&](server_index s) { return refused(now, s, avoid); };
  bool wrapped = false;
  for (std::size_t tries = 1; refuses(points[i].owner); ++tries) {
    if (tries == patience && std::none_of(servers.begin(), servers.end(), [&](const member& m) {
          const auto s = static_cast<server_index>(&m - servers.data());
          return m.kind() == now.kind() && counts[s].effective.load(std::memory_order_relaxed) != 0 &&
                 !refuses(s);
        }))
      return points[points.size() - 1].owner;
    if (i + 1 < points.size()) {
      ++i;
    } else if (wrapped) {
      break;  // everybody refused: the owner of the highest point
    } else {
      wrapped = true;
      i = 0;
    }
  }
  return points[i].owner;
}

server_index chooser::state::by_hash(const line_up& now, const key_result& key, server_index avoid) const {
  const auto hash = key.hash;
  if (on_ring) return place_on_ring(now, hash, avoid);
  if (on_wide) {
    if (now.in_use == line_up::group::none) return no_server;
    if (now.in_use == line_up::group::first_backup) return now.first_backup;
    if (plain && avoid == no_server) return place_wide(now, key.wide, [](server_index) { return false; });
    return place_wide(now, key.wide, [&](server_index s) { return refused(now, s, avoid); });
  }
  const auto& slots = *now.slots;  // a map does not know `avoid`
  return slots.empty() ? no_server : slots[hash % slots.size()];
}

// The cursor takes point after point; it stays in the ring it walks until that ring's end.
server_index chooser::state::walk_ring(const line_up& now, server_index avoid) {
  if (now.in_use == line_up::group::none) return no_server;
  if (now.in_use == line_up::group::first_backup) return now.first_backup;
  const auto saved = cursor;
  server_index avoided = no_server;
  const auto steps = now.rings[actives]->size() + now.rings[backups]->size();
  for (std::size_t tries = 1; tries <= steps; ++tries) {
    const auto* walked = cursor.set ? now.rings[cursor.where].get() : nullptr;
    const auto i = walked != nullptr ? walked->following(cursor.at.key, cursor.at.rank) : 0;
    if (walked != nullptr && i < walked->size()) {
      cursor.at = (*walked)[i];
    } else {
      cursor.set = true;
      cursor.where = now.kind();
      cursor.at = now.points()[0];
    }
    const auto s = cursor.at.owner;
    if (!busy(s)) {
      if (s != avoid) return s;
      avoided = s;
    }
    if (tries == patience) {
      server_index s2 = 0;
      while (s2 < servers.size() &&
             (s2 == avoid || counts[s2].effective.load(std::memory_order_relaxed) == 0 || busy(s2)))
        ++s2;
      if (s2 == servers.size()) {
        if (avoid != no_server && counts[avoid].effective.load(std::memory_order_relaxed) != 0 &&
            !busy(avoid))
          avoided = avoid;
        break;
      }
    }
  }
  cursor = saved;  // a full round ends where it began
  return avoided;
}

server_index chooser::state::walk_map(const line_up& now, server_index avoid) {
  const auto& slots = *now.slots;
  if (slots.empty()) return no_server;
  const auto size = static_cast<std::uint32_t>(slots.size());
  if (next_slot >= size) next_slot = 0;
  server_index avoided = no_server;
  std::uint32_t after_avoided = 0;
  std::uint32_t i = next_slot;
  do {
    const auto s = slots[i];
    // Kept past the end, not wrapped, until the next request: a table that grows meanwhile goes on from there.
    const auto after = i + 1;
    i = after == size ? 0 : after;
    if (busy(s)) continue;
    if (s != avoid) {
      next_slot = after;
      return s;
    }
    avoided = s;
    after_avoided = after;
  } while (i != next_slot);
  if (avoided != no_server) next_slot = after_avoided;
  return avoided;
}

// Requests without a key have a made-up one each: by weight in the long run, past servers without room.
server_index chooser::state::walk_wide(const line_up& now, server_index avoid) {
  if (now.in_use == line_up::group::none) return no_server;
  if (now.in_use == line_up::group::first_backup) return now.first_backup;
  const auto number = keyless++;
  const auto key = hash::xxh3({reinterpret_cast<const char*>(&number), sizeof number});
  const auto s = place_wide(now, key, [&](server_index each) { return each == avoid || busy(each); });
  if (!busy(s)) return s;
  return avoid != no_server && counts[avoid].effective.load(std::memory_order_relaxed) != 0 && !busy(avoid)
             ? avoid
             : no_server;
}

server_index chooser::state::next_without_key(server_index avoid) {
  const std::lock_guard lock(walking);
  const published<line_up>::reading now(*shown);
  if (on_wide) return walk_wide(*now, avoid);
  return on_ring ? walk_ring(*now, avoid) : walk_map(*now, avoid);
}

server_index chooser::state::by_turn(server_index avoid) {
  const std::lock_guard lock(changing);
  const auto& now = shown->latest();
  if (now.in_use == line_up::group::none) return no_server;
  if (now.in_use == line_up::group::first_backup) return now.first_backup;
  return turning[now.kind()]->pick([this](server_index s) { return busy(s); }, avoid);
}

server_index chooser::state::by_load(server_index avoid) {
  const std::lock_guard lock(changing);
  const auto& now = shown->latest();
  if (now.in_use == line_up::group::none) return no_server;
  if (now.in_use == line_up::group::first_backup) return now.first_backup;
  const auto room = [this](server_index s) {
    const auto most = limit(s);
    if (most == 0) return true;
    const auto& c = counts[s];
    const std::int64_t load =
        std::int64_t{c.served.load(std::memory_order_relaxed)} + c.waiting.load(std::memory_order_relaxed);
    return load < std::int64_t{most} + c.maxqueue.load(std::memory_order_relaxed);
  };
  return loading[now.kind()]->pick(room, avoid);
}

server_index chooser::state::by_id(server_index avoid) const {
  const published<line_up>::reading now(*shown);
  if (now->in_use == line_up::group::first_backup) return now->first_backup;
  server_index avoided = no_server;
  for (const auto s : *now->by_id) {
    if (busy(s)) continue;
    if (s != avoid) return s;
    avoided = s;
  }
  return avoided;
}

server_index chooser::state::by_lot(server_index avoid, random_bits bits) const {
  const published<line_up>::reading now(*shown);
  server_index best = no_server;
  for (std::uint32_t i = 0; i < std::max(rules.draws, 1u); ++i) {
    const auto s = place_on_ring(*now, bits(), avoid);
    if (s == no_server) return no_server;
    if (best == no_server || s == best) {
      best = s;
      continue;
    }
    const auto load = [this](server_index of, server_index other) {
      return std::int64_t{counts[of].served.load(std::memory_order_relaxed)} *
             counts[other].effective.load(std::memory_order_relaxed);
    };
    if (load(s, best) <= load(best, s)) best = s;  // equal: the later draw
  }
  return busy(best) ? no_server : best;
}

void chooser::state::load_changed(server_index s) {
  if (rules.kind != algorithm::leastconn) return;
  const std::lock_guard lock(changing);
  auto& order = *loading[servers[s].kind()];
  if (!order.present(s)) return;
  const auto& c = counts[s];
  const auto requests = c.served.load() + c.waiting.load();
  order.put(s, static_cast<std::uint32_t>(std::max(requests, 0)), c.effective.load(), false);
}

server_index chooser::pick(const request_facts& request, server_index avoid, random_bits bits) {
  auto& my = *state_;
  switch (my.rules.kind) {
    case algorithm::roundrobin:
      return my.by_turn(avoid);
    case algorithm::leastconn:
      return my.by_load(avoid);
    case algorithm::first:
      return my.by_id(avoid);
    case algorithm::random:
      return my.by_lot(avoid, bits);
    case algorithm::static_rr:
      return my.next_without_key(avoid);
    case algorithm::source:
    case algorithm::uri:
    case algorithm::hdr:
    case algorithm::url_param:
      break;
  }
  {
    const published<line_up>::reading now(*my.shown);
    // With one server in the group the key is not even read, except url_param's: visible with map-based
    // hashing and several backups, and in the cursor of requests without a key.
    if (now->count == 1 && my.rules.kind != algorithm::url_param) return my.by_hash(*now, {}, avoid);
    const auto key = key_of(my.rules, request);
    if (key.present) return my.by_hash(*now, key, avoid);
  }
  return my.next_without_key(avoid);
}

server_index chooser::place(const key_result& key, server_index avoid) {
  if (!key.present) return state_->next_without_key(avoid);
  return state_->by_hash(*published<line_up>::reading(*state_->shown), key, avoid);
}

void chooser::took(server_index s) {
  state_->counts[s].served.fetch_add(1);
  if (state_->counting) state_->all_served.fetch_add(1);
  state_->load_changed(s);
}

bool chooser::try_take(server_index s) {
  auto& served = state_->counts[s].served;
  const auto most = state_->limit(s);
  if (most != 0) {
    auto now = served.load();
    do {
      if (now >= static_cast<std::int64_t>(most)) return false;
    } while (!served.compare_exchange_weak(now, now + 1));
  } else {
    served.fetch_add(1);
  }
  if (state_->counting) state_->all_served.fetch_add(1);
  state_->load_changed(s);
  return true;
}

void chooser::gave_back(server_index s) {
  state_->counts[s].served.fetch_sub(1);
  if (state_->counting) state_->all_served.fetch_sub(1);
  state_->load_changed(s);
}

void chooser::queued(server_index s, int delta) {
  if (state_->counting) state_->all_waiting.fetch_add(delta);
  if (s == no_server) {
    state_->backend_waiting.fetch_add(delta);
    return;
  }
  state_->counts[s].waiting.fetch_add(delta);
  state_->load_changed(s);
}

bool chooser::full(server_index s) const { return state_->full(s); }
bool chooser::busy(server_index s) const { return state_->busy(s); }
bool chooser::queue_full(server_index s) const {
  const auto most = state_->counts[s].maxqueue.load(std::memory_order_relaxed);
  return most != 0 && waiting(s) >= most;
}
unsigned chooser::limit(server_index s) const { return state_->limit(s); }
unsigned chooser::served(server_index s) const {
  return static_cast<unsigned>(std::max(state_->counts[s].served.load(std::memory_order_relaxed), 0));
}
unsigned chooser::waiting(server_index s) const {
  const auto& count = s == no_server ? state_->backend_waiting : state_->counts[s].waiting;
  return static_cast<unsigned>(std::max(count.load(std::memory_order_relaxed), 0));
}
std::size_t chooser::size() const { return state_->servers.size(); }
const settings& chooser::rules() const { return state_->rules; }

}  // namespace ringway::balance

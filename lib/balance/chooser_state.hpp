// Inside of the chooser; included only by its own sources (chooser.cpp: requests, chooser_changes.cpp: state
// changes, chooser_explain.cpp).
//
// Locks: `changing` guards `servers`, `turning`, `loading` and the writing of `shown`. `walking` guards the
// cursors of requests without a key, and is taken inside `changing`. Readers of `shown` need neither.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "balance/chooser.hpp"
#include "balance/contest.hpp"
#include "balance/loads.hpp"
#include "balance/published.hpp"
#include "balance/ring.hpp"
#include "balance/turns.hpp"

namespace ringway::balance {

inline constexpr std::size_t actives = 0, backups = 1;

// Who takes part, as of the last change. Immutable.
struct line_up {
  // first_backup: no active is usable, and without allbackups one backup stands for all
  enum class group : std::uint8_t { none, active, first_backup, backup };
  group in_use = group::none;
  server_index first_backup = no_server;
  std::uint32_t total = 0;                                  // effective weight of the group
  std::uint32_t count = 0;                                  // servers in the group
  std::array<std::shared_ptr<const ring>, 2> rings;         // actives, backups; only for ring and random
  std::shared_ptr<const std::vector<std::uint32_t>> slots;  // only for map-based, static-rr and maglev
  std::shared_ptr<const rendezvous> contest;                // only for rendezvous
  std::shared_ptr<const std::vector<server_index>> by_id;   // only for first

  std::size_t kind() const { return in_use == group::active ? actives : backups; }
  const ring& points() const { return *rings[kind()]; }
};

// What every request touches of a server: a cache line of its own.
struct alignas(64) counters {
  std::atomic<std::int32_t> served{0};
  std::atomic<std::int32_t> waiting{0};
  std::atomic<std::uint32_t> maxconn{0}, minconn{0}, maxqueue{0};
  std::atomic<std::uint32_t> limit_percent{100};  // slow start
  std::atomic<std::uint32_t> effective{0};        // weight in the algorithm's scale; 0: absent
};

// What only changes touch.
struct member {
  server_facts facts;
  std::uint32_t configured = 0;           // user weight at the start
  std::uint32_t weight = 0;               // user weight now
  std::uint32_t elapsed = 0, period = 0;  // slow start; period 0: warm
  bool usable = true;
  std::uint32_t room = 0;           // ring: the most points it has had
  std::uint32_t weight_before = 0;  // bounded load: weight declared before it, as of the start
  std::size_t kind() const { return facts.backup ? backups : actives; }
};

struct chooser::state {
  state(const settings&, std::vector<server_facts>, bool allbackups, bool tcp_mode, unsigned fullconn);

  // chooser.cpp
  server_index place_on_ring(const line_up&, std::uint32_t hash, server_index avoid) const;
  server_index walk_ring(const line_up&, server_index avoid);
  server_index walk_map(const line_up&, server_index avoid);
  server_index walk_wide(const line_up&, server_index avoid);
  template <class Refused>
  server_index place_wide(const line_up&, std::uint64_t key, Refused&&) const;
  // `served` does not allow one more of this key's requests there
  bool refused(const line_up&, server_index, server_index avoid) const;
  server_index next_without_key(server_index avoid);
  server_index by_turn(server_index avoid);
  server_index by_load(server_index avoid);
  server_index by_id(server_index avoid) const;
  server_index by_lot(server_index avoid, random_bits) const;
  server_index by_hash(const line_up&, const key_result&, server_index avoid) const;
  std::uint32_t limit(server_index) const;
  bool full(server_index) const;
  bool busy(server_index) const;
  bool within_bound(const line_up&, server_index) const;
  void load_changed(server_index);

  // chooser_changes.cpp; `changing` is held
  std::uint32_t effective_of(const member&) const;
  std::uint32_t base_of(const member&) const;
  std::uint64_t identity_of(const member&) const;
  void apply(server_index);
  void move_points(line_up&, server_index, std::uint32_t before, std::uint32_t now);
  void drop_points(line_up&, server_index, std::uint32_t from);
  void sum_up(line_up&) const;

  settings rules;
  bool on_ring = false;   // has rings: consistent hash, random
  bool on_map = false;    // has slots: map-based hash, static-rr
  bool on_wide = false;   // maglev, rendezvous
  bool by_key = false;    // source, uri, url_param, hdr
  bool plain = true;      // nobody is refused for his load
  bool counting = false;  // the sums below are kept
  bool allbackups = false;
  std::uint32_t fullconn = 0;
  std::uint32_t divisor = 1;  // of the configured weights

  std::vector<member> servers;
  std::unique_ptr<counters[]> counts;
  alignas(64) std::atomic<std::int32_t> all_served{0};
  std::atomic<std::int32_t> all_waiting{0};
  std::atomic<std::int32_t> backend_waiting{0};

  alignas(64) std::mutex changing;
  std::array<std::unique_ptr<turns>, 2> turning;
  std::array<std::unique_ptr<loads>, 2> loading;
  std::uint32_t rank = 0;  // of the last batch of points

  alignas(64) std::mutex walking;
  std::uint32_t next_slot = 0;
  std::uint64_t keyless = 0;  // maglev, rendezvous: how many requests had no key
  struct {
    std::size_t where = actives;  // which ring it walks
    bool set = false;
    ring::point at;  // the last point taken
  } cursor;

  std::unique_ptr<published<line_up>> shown;
};

}  // namespace ringway::balance

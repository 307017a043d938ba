// Which server takes a request: the same one HAProxy takes. One chooser per backend, shared by all workers.
//
// Every member may be called from any thread. pick() allocates nothing. How each algorithm is guarded:
//   map-based and ring look-ups, random, first   immutable tables behind an atomic pointer: no lock
//   roundrobin, leastconn                         one short mutex per backend
//   static-rr, requests without a key             one short mutex per backend (the shared cursor)
//   took, gave_back, queued                       atomics on their server's own cache line (leastconn: +
//   mutex)
// State changes (set_*) take the mutex and may allocate and rebuild tables; they are for checks, commands,
// slow start: not for the request path.
//
// How the engine uses it:
//   s = pick(facts)
//   s == no_server        none usable -> 503 if !any_usable(), else the request waits in the backend's queue
//   busy(s)               the request waits in that server's queue: queued(s, +1); a hash pick never spills
//   over try_take(s)           took a slot (false: another worker was faster, queue as above) gave_back(s)
//   the slot is free; wake whoever waits (server queue first, then the backend's)
// `avoid` is the server that just failed, after a redispatch.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/key.hpp"
#include "balance/settings.hpp"
#include "base/address.hpp"

namespace ringway::balance {

using server_index = std::uint32_t;  // declared order, from 0
inline constexpr server_index no_server = ~server_index{0};

// Numbers for `random`: 32 uniform bits a call, safe on any thread. per_thread_random is a small generator
// per thread seeded from the system.
using random_bits = std::uint32_t (*)();
std::uint32_t per_thread_random();

struct server_facts {
  std::uint32_t id = 0;  // 1..4294967295; see assign_ids. 0 only if the caller has none
  unsigned weight = 1;   // configured, 0..256
  bool backup = false;
  bool usable = true;  // at the start: not disabled
  address at;          // for hash-key addr and addr-port
  hash_key key = hash_key::id;
  std::string guid;       // for hash-key guid; empty: the id is used
  unsigned maxconn = 0;   // 0: no limit
  unsigned minconn = 0;   // 0: the limit does not move
  unsigned maxqueue = 0;  // 0: no limit
};

// Numbers servers without an explicit id (0) as HAProxy does once a section is read; in place.
void assign_ids(std::vector<server_facts>&);

// One point of a ring, or one slot of a map (then `key` is the slot's index).
struct ring_point {
  std::uint32_t key = 0;
  server_index owner = no_server;
  std::uint32_t number = 0;  // which of the owner's points, from 0; for a slot: 0
};

// How a hash found its server; for `ringway route`.
struct explanation {
  // only_one: one backup stands for all; nothing: no server is usable
  enum class place : std::uint8_t { nothing, only_one, map, ring, maglev, rendezvous };
  place on = place::nothing;
  bool ring = false;         // on == place::ring
  std::uint32_t slot = 0;    // map, maglev: hash mod size
  std::uint32_t slots = 0;   // map, maglev: size
  ring_point before, after;  // ring: the two candidates
  std::uint32_t distance_before = 0, distance_after = 0;
  server_index owner = no_server;   // the nearest one's owner, ignoring load
  std::vector<server_index> order;  // owner, then who follows if those before it were refused
};

// A run of hashes with one owner; ring only. Together they cover all 2^32 hashes, in order.
struct ring_arc {
  std::uint32_t begin = 0;   // first hash
  std::uint64_t length = 0;  // hashes; 2^32: all of them
  server_index owner = no_server;
};

class chooser {
 public:
  // `fullconn` 0 with any minconn: the limit is maxconn at once. Ids must be final (assign_ids).
  // tcp_mode turns uri, url_param and hdr into roundrobin.
  chooser(const settings&, std::vector<server_facts>, bool allbackups, bool tcp_mode = false,
          unsigned fullconn = 0);
  ~chooser();
  chooser(const chooser&) = delete;
  chooser& operator=(const chooser&) = delete;

  // request path -----------------------------------------------------------------------------------------
  // no_server: nothing usable, or (non-hash algorithms, requests without a key) every server is busy.
  server_index pick(const request_facts&, server_index avoid = no_server, random_bits = &per_thread_random);
  // The same with the key at hand (an absent one walks as in section 11). Only for hash algorithms.
  server_index place(const key_result&, server_index avoid = no_server);

  void took(server_index);      // one more request is being served
  bool try_take(server_index);  // took(), unless served has reached the limit
  void gave_back(server_index);
  void queued(server_index, int delta);  // waiting in that server's queue; no_server: in the backend's own
  bool full(server_index) const;         // served has reached the limit
  bool busy(server_index) const;         // full, or requests wait in its queue: a newcomer has to wait
  bool queue_full(server_index) const;   // maxqueue reached: a newcomer gets 503
  unsigned limit(server_index) const;    // maxconn in effect (minconn, slow start); 0: none
  unsigned served(server_index) const;
  unsigned waiting(server_index) const;  // no_server: the backend's own queue

  // state ------------------------------------------------------------------------------------------------
  // Up, not in maintenance, not draining. Weight 0 is judged here, not by the caller.
  void set_usable(server_index, bool);
  // 0..256, in units of the configuration. False (nothing done): map-based and static-rr know only 0 and the
  // configured weight.
  bool set_weight(server_index, unsigned weight);
  // Slow start: `elapsed` whole seconds since it came up, of `period`. period 0 or elapsed >= period: warm.
  // Static algorithms scale only the limit. Call before set_usable(true) with elapsed 0, then as time passes.
  void set_warmth(server_index, unsigned elapsed, unsigned period);
  void set_address(server_index, const address&);  // moves points only under hash-key addr, addr-port
  void set_maxconn(server_index, unsigned maxconn);

  bool usable(server_index) const;                // takes part: usable and weight above 0
  bool any_usable() const;                        // some group has a server
  unsigned weight(server_index) const;            // user weight now
  unsigned effective_weight(server_index) const;  // in the algorithm's scale; 0 when absent
  std::size_t size() const;
  const settings& rules() const;  // kind is roundrobin if tcp_mode made it so

  // explanation (allocates) --------------------------------------------------------------------------------
  explanation explain(std::uint32_t hash) const;
  explanation explain(const key_result&) const;  // of a present key, whatever the hash type
  std::vector<ring_point> points() const;  // of the group in use, in ring order; slots of a map or Maglev table; else empty
  std::vector<ring_arc> arcs() const;      // consistent, and of the ring that random draws on; else empty
  std::size_t table_bytes() const;         // memory of the tables in use that a look-up reads
  std::vector<double> shares() const;  // per server: part of the hash space (hash algorithms), or of weight

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace ringway::balance

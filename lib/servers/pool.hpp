// Idle links of one worker, per server. What may be shared: a link goes to any transaction for the same server
// line of the same backend, as long as the server's address has not changed since it was connected; nothing else
// (address, source, later TLS name) can differ between two requests to one server line. The exception is send-proxy:
// such a link says who its client is, so it never comes here; the client's session keeps it (session::own_link).
// A link that became readable while idle was closed by the server or is out of step: it is never used again.
// Thread: the worker.
#pragma once
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "io/timers.hpp"
#include "servers/link.hpp"

namespace ringway::servers {

class pool {
 public:
  pool() = default;
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // The most recently used sound link that has carried at least `proved` requests; null: none.
  std::unique_ptr<link> take(const state& server, std::uint32_t proved = 1);
  // Nothing came on it while nobody listened, and its server is where it was.
  static bool sound(const link& one);
  // Keeps it, or closes it when more are idle than were in use at the busiest moment of late.
  void put(std::unique_ptr<link> one, io::tick now);

  // Links in use, told by the transactions: the measure of how many are worth keeping.
  void began(const state& server) { bucket& b = at(server); if (++b.in_use > b.peak) b.peak = b.in_use; }
  void ended(const state& server) { --at(server).in_use; }

  // Closes what is dead, and half of what was idle for `delay` (pool-purge-delay) or longer.
  void purge(io::tick now, io::tick delay);
  std::size_t idle() const { return idle_; }
  void clear();

 private:
  struct bucket {
    link* first = nullptr;
    std::uint32_t idle = 0, in_use = 0, peak = 0;
  };
  bucket& at(const state& server);
  std::unordered_map<const state*, bucket> buckets_;
  const state* last_key_ = nullptr;  // the same server twice in a row costs no look-up
  bucket* last_ = nullptr;
  std::size_t idle_ = 0;
};

}  // namespace ringway::servers

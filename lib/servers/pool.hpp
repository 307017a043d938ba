// Idle links. What may be shared: a link goes to any transaction for the same server line of the same backend on the
// same worker, as long as the server's address has not changed since it was connected; nothing else (address, source,
// later TLS name) can differ between two requests to one server line. Not shared, but kept by the session that opened it
// (session_links): every link under `http-reuse never`, one that began with a PROXY header (send-proxy), which names its
// client, and one whose server asked for an authentication that belongs to the connection (NTLM, Negotiate).
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
  // Keeps it, or closes it when more are idle than were in use at the busiest moment of late, or than its server's
  // pool-max-conn allows over all workers.
  void put(std::unique_ptr<link> one, io::tick now);

  // Links in use, told by the transactions: the measure of how many are worth keeping.
  void began(const state& server) { bucket& b = at(server); if (++b.in_use > b.peak) b.peak = b.in_use; }
  void ended(const state& server) { --at(server).in_use; }

  // Closes what is dead; and, of each server once every pool-purge-delay, half of what was idle for that long.
  void purge(io::tick now);
  std::size_t idle() const { return idle_; }
  void clear();
  void clear(const state& server);  // its links only

 private:
  struct bucket {
    link* first = nullptr;
    std::uint32_t idle = 0, in_use = 0, peak = 0;
    io::tick purged_at = 0;
  };
  void took_out(const state& server, bucket& from);
  bucket& at(const state& server);
  std::unordered_map<const state*, bucket> buckets_;
  const state* last_key_ = nullptr;  // the same server twice in a row costs no look-up
  bucket* last_ = nullptr;
  std::size_t idle_ = 0;
};

// Idle links that belong to one session, newest first. Thread: the session's worker.
class session_links {
 public:
  session_links() = default;
  ~session_links();
  session_links(const session_links&) = delete;
  session_links& operator=(const session_links&) = delete;

  bool empty() const { return first_ == nullptr; }
  const link* first() const { return first_; }
  std::unique_ptr<link> take(const state& server);  // null: none that is sound
  // Keeps it; the oldest go when there are more than `most`.
  void keep(std::unique_ptr<link> one, unsigned most);

 private:
  link* first_ = nullptr;
};

}  // namespace ringway::servers

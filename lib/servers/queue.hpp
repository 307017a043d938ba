// Waiting for a place: a queue per server (requests that must go there) and one for the backend (requests that
// take whichever server has room first). Locked only when somebody waits or joins.
//
// Threads: any. A waiter is woken on its own worker; it is shared, so that a wake that was already posted finds
// its session gone instead of freed memory.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "balance/chooser.hpp"
#include "io/worker.hpp"

namespace ringway::servers {

struct waiter {
  io::worker* home = nullptr;
  io::waker* wake = nullptr;  // only touched on `home`; the session clears it when it leaves
  balance::server_index wanted = balance::no_server;  // no_server: any
  // Written under the queue's lock, read by the waiter after it was woken.
  std::atomic<balance::server_index> granted{balance::no_server};
  std::atomic<bool> moved_on{false};  // its server left: choose again
  std::uint64_t order = 0;
  std::uint64_t mark = 0;             // of its queue when it joined
  // Its place in the queue as logs tell it: those that left it between joining and its own leaving, itself included.
  std::uint32_t position = 0;
};

class queue {
 public:
  explicit queue(balance::chooser& chooser, std::size_t servers) : chooser_(chooser), per_server_(servers) {}
  queue(const queue&) = delete;
  queue& operator=(const queue&) = delete;

  // Joins the queue of one->wanted. Afterwards free places are given out at once, perhaps to it.
  void join(const std::shared_ptr<waiter>& one);
  // Leaves without a place. False: a place was granted meanwhile and is the caller's to give back.
  bool leave(const std::shared_ptr<waiter>& one);
  // A place at `server` may be free: hands it to who waited longest. Cheap when nobody waits.
  void serve(balance::server_index server);
  void serve_all();
  // `server` is out of service: its waiters choose again; no_server: those who wait for any. Returns how many.
  unsigned send_away(balance::server_index server);

 private:
  void grant_locked(balance::server_index server);
  static void tell(const std::shared_ptr<waiter>& one);

  balance::chooser& chooser_;
  std::mutex lock_;
  struct line {
    std::list<std::shared_ptr<waiter>> waiting;
    std::uint64_t gone = 0;  // those that got a place or were sent away
  };
  line& line_of(const waiter& one) { return one.wanted == balance::no_server ? any_ : per_server_[one.wanted]; }

  std::vector<line> per_server_;
  line any_;
  std::uint64_t order_ = 0;
  std::atomic<std::uint32_t> waiting_{0};
};

}  // namespace ringway::servers

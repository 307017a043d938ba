// One listening socket of one worker: accepts, keeps the limits, begins sessions. Thread: its worker.
//
// A place below maxconn (bind, frontend, process) is taken before accept(), so that workers together never exceed it,
// and belongs to the session from then on. A listener that finds none pauses and queues in runtime::paused; who frees a
// place wakes the first that can use it, on whichever worker. Without descriptors or memory it pauses as well, and is
// tried again when a session ends or a second later: nobody who is in pays for those who are not.
//
// A listener can let go of its address, so that another process may bind it, and take it back: the socket stays bound,
// without listening. A socket file is not somebody's to take while it listens; there only accepting rests.
#pragma once
#include "io/poller.hpp"
#include "proxy/runtime.hpp"

namespace ringway::proxy {

class listener final : private io::event_source {
 public:
  // Takes a bound, listening, non-blocking descriptor. `backlog`: for listening again. `away`: whether all are to
  // let go of their addresses at this moment; outlives it.
  listener(home& at, frontend& front, const bind_settings& bind, int fd, int backlog, const std::atomic<bool>& away);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  void start();
  void close();
  // Takes in whoever waits already, then closes: closing alone would reset them.
  void drain_and_close();
  // Takes in whoever waits already, then lets go of the address.
  void let_go();
  // Listens again. errno, or 0; after an error it is tried again with try_again().
  int take_back();
  const bind_settings& settings() const { return bind_; }
  const frontend& of() const { return front_; }
  // Called by paused_listeners: there is a place. Housekeeping tries whatever the reason was.
  void resume_if_called();
  void try_again();
  bool paused() const { return paused_ || wanted_back_; }
  // Any thread: is there a place below every limit at this moment?
  bool may_accept() const;

 private:
  friend class paused_listeners;
  void on_event(std::uint32_t) override;
  enum class found : std::uint8_t { more, nobody, limit, no_means };
  found accept_one();
  bool take_place();  // counts the connection to come in, unless a limit forbids it
  void pause(found why);
  void go_on();
  void take_in_all_who_wait();

  home& home_;
  frontend& front_;
  const bind_settings& bind_;
  int fd_;
  const int backlog_;
  const std::atomic<bool>& away_wanted_;
  bool paused_ = false;
  bool away_ = false, wanted_back_ = false;  // it let go of its address; it could not listen there again so far
  // Belong to paused_listeners, under its lock.
  bool listed_ = false, for_limit_ = false;
  std::atomic<bool> called_{false};  // taken from the list to try again
};

}  // namespace ringway::proxy

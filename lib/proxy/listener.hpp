// One listening socket of one worker: accepts, keeps the limits, begins sessions. Thread: its worker.
//
// A place below maxconn (bind, frontend, process) is taken before accept(), so that workers together never exceed it,
// and belongs to the session from then on. A listener that finds none pauses and queues in runtime::paused; who frees a
// place wakes the first that can use it, on whichever worker. Without descriptors or memory it pauses as well, and is
// tried again when a session ends or a second later: nobody who is in pays for those who are not.
#pragma once
#include "io/poller.hpp"
#include "proxy/runtime.hpp"

namespace ringway::proxy {

class listener final : private io::event_source {
 public:
  // Takes a bound, listening, non-blocking descriptor.
  listener(home& at, frontend& front, const bind_settings& bind, int fd);
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  void start();
  void close();
  // Takes in whoever waits already, then closes: closing alone would reset them.
  void drain_and_close();
  // Called by paused_listeners: there is a place. Housekeeping tries whatever the reason was.
  void resume_if_called();
  void try_again();
  bool paused() const { return paused_; }
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

  home& home_;
  frontend& front_;
  const bind_settings& bind_;
  int fd_;
  bool paused_ = false;
  // Belong to paused_listeners, under its lock.
  bool listed_ = false, for_limit_ = false;
  std::atomic<bool> called_{false};  // taken from the list to try again
};

}  // namespace ringway::proxy

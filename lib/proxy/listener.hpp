// One listening socket of one worker: accepts, keeps the limits, begins sessions. Thread: its worker.
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
  // A limit was the reason to pause and may be gone.
  void resume();
  bool paused() const { return paused_; }

 private:
  void on_event(std::uint32_t) override;
  bool may_accept() const;
  void pause();

  home& home_;
  frontend& front_;
  const bind_settings& bind_;
  int fd_;
  bool paused_ = false;
};

}  // namespace ringway::proxy

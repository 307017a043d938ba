// What signals ask for while the proxy runs.
#include <malloc.h>
#include <unistd.h>

#include "app/supervisor_steps.hpp"

namespace ringway::app {

void supervisor::await_signal() {
  signal_input_->async_wait(asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& ec) {
    if (ec) return;
    while (const auto arrived = signals_->take()) obey(arrived->what, arrived->signal);
    if (!control_.stopped()) await_signal();
  });
}

void supervisor::obey(wish what, int signal) {
  switch (what) {
    case wish::stop:
      signal_ = signal;
      if (presence_.notify && !finishing_) warn_if(manager_.tell(stopping_state));
      control_.stop();
      break;
    case wish::finish:
      if (finishing_) break;
      signal_ = signal;
      stop_softly();
      break;
    case wish::reload:
      if (presence_.master) refuse_reload();
      break;
    case wish::states:
      if (presence_.master)
        refuse_reload();
      else
        tell_states();
      break;
    case wish::pause: pause(); break;
    case wish::resume: resume(); break;
    case wish::give_memory: give_memory_back(); break;
  }
}

// What a master would do with a new worker. In the jail there is neither the file nor the right to its ports: what can be
// done is to say so to whoever asked, and to go on.
void supervisor::refuse_reload() {
  if (finishing_) return;
  say("WARNING", "a running process does not read its configuration again: restart it, or start a new one with -sf " +
                     std::to_string(getpid()) + "; this one goes on with the configuration it has");
  if (!presence_.notify) return;
  warn_if(manager_.tell(reloading_state()));
  warn_if(manager_.tell(ready_state(getpid(), "Ready, with the configuration of its start: reload is not possible, restart is.")));
}

void supervisor::pause() {
  if (finishing_ || paused_) return;
  paused_ = true;
  commands_.let_go();
  away_.store(true);
  for (const auto& home : runtime_->homes) home->worker.post([at = home.get()] { at->let_go_of_addresses(); });
  say_of_listeners("Paused", *runtime_);
}

void supervisor::resume() {
  if (finishing_ || !paused_) return;
  paused_ = false;
  warn_if(commands_.take_back());
  away_.store(false);
  for (const auto& home : runtime_->homes) home->worker.post([at = home.get()] { at->take_addresses_back(); });
  say_of_listeners("Resumed", *runtime_);
}

void supervisor::tell_states() {
  say("WARNING", "SIGHUP received, dumping servers states.");
  for (const std::string& line : states_in_words(*runtime_)) say("WARNING", "SIGHUP: " + line);
}

void supervisor::give_memory_back() {
  for (const auto& home : runtime_->homes)
    home->worker.post([at = home.get()] {
      at->drop_spares();
      malloc_trim(0);
    });
  if (!said_.quiet_output() && !presence_.master) say("NOTICE", "SIGQUIT received, giving unused memory back.");
}

// No new connections; what is under way ends by itself, within hard-stop-after.
void supervisor::stop_softly() {
  finishing_ = true;
  if (presence_.notify) warn_if(manager_.tell(stopping_state));
  runtime_->stopping.store(true);
  commands_.stop_listening();
  runtime_->listening.store(static_cast<std::uint32_t>(runtime_->homes.size()));
  for (const auto& home : runtime_->homes)
    home->worker.post([at = home.get()] {
      at->stop_listening_softly();
      at->wake_idle_sessions();
      at->all.listening.fetch_sub(1);
    });
  if (model_.global.hard_stop_after) hard_stop_ = std::chrono::steady_clock::now() + *model_.global.hard_stop_after;
  look_whether_done();
}

void supervisor::look_whether_done() {
  const bool late = model_.global.hard_stop_after && std::chrono::steady_clock::now() >= hard_stop_;
  // Nobody is left once nobody is listening: who waited to be accepted is a session by then.
  const bool done = runtime_->listening.load() == 0 && sessions() == 0;
  if (done || late) {
    if (late && sessions() != 0) say("WARNING", "hard-stop-after has passed, closing the sessions that are left");
    control_.stop();
    return;
  }
  finish_timer_->expires_after(std::chrono::milliseconds(20));
  finish_timer_->async_wait([this](const boost::system::error_code& ec) {
    if (!ec) look_whether_done();
  });
}

}  // namespace ringway::app

// Private to supervisor*.cpp.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <atomic>
#include <chrono>
#include <memory>
#include <vector>

#include "app/announce.hpp"
#include "app/listening.hpp"
#include "app/privileges.hpp"
#include "app/process.hpp"
#include "app/supervisor.hpp"
#include "check/runner.hpp"
#include "io/outside_resolver.hpp"
#include "io/resolver.hpp"
#include "proxy/runtime.hpp"
#include "servers/names.hpp"

namespace ringway::app {

namespace asio = boost::asio;

// To the operator, with the help.
void complain(const complaint& what);
void warn(const complaint& what);
void warn_if(const outcome& failed);

class supervisor {
 public:
  supervisor(proxy::model model, const options& said, origins from)
      : model_(std::move(model)), said_(said), from_(std::move(from)) {}
  ending run();

 private:
  bool prepare();            // everything that can fail, before anybody is served
  bool resolve_log_targets();
  void start_workers();
  void start_control();
  void start_commands();
  void await_signal();
  void obey(wish what, int signal);
  void stop_softly();
  bool follows_names() const;
  void stay_outside_for_names(const identity& who);
  void refuse_reload();
  void pause();
  void resume();
  void tell_states();
  void give_memory_back();
  std::vector<listened_at> where_listened() const;
  void look_whether_done();
  void tick_slow_starts();
  void shut_down();
  std::size_t sessions() const { return runtime_->connections.load(std::memory_order_relaxed); }

  proxy::model model_;
  const options& said_;
  origins from_;
  unsigned workers_ = 1;
  limits_plan plan_;
  presence presence_;
  service_manager manager_;
  owned_fd null_;  // for the standard streams; -1: they stay
  io::fixed_names fixed_;
  std::atomic<bool> away_{false};  // listeners are to let go of their addresses
  std::unique_ptr<proxy::runtime> runtime_;
  opened_sockets sockets_;

  asio::io_context control_{1};
  std::unique_ptr<signal_watch> signals_;
  std::unique_ptr<asio::posix::stream_descriptor> signal_input_;
  std::shared_ptr<io::outside_resolver> outside_;  // with a chroot and names to follow
  std::unique_ptr<io::resolver> resolver_;
  std::unique_ptr<servers::names> names_;
  std::unique_ptr<check::runner> checks_;
  command_service commands_;
  std::unique_ptr<asio::steady_timer> warm_timer_, finish_timer_;
  std::chrono::steady_clock::time_point hard_stop_{};
  int signal_ = 0;
  uid_t started_as_ = 0;
  std::size_t warned_ = 0;  // of names: what -c would have warned of
  bool finishing_ = false, paused_ = false;
};

}  // namespace ringway::app

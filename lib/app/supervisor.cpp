#include "app/supervisor_steps.hpp"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>
#include <system_error>

#include "app/about.hpp"
#include "proxy/listener.hpp"
#include "proxy/session.hpp"

namespace ringway::app {

void complain(const complaint& what) {
  say("ALERT", what.message);
  say_help(what.help);
}

void warn(const complaint& what) {
  say("WARNING", what.message);
  say_help(what.help);
}

void warn_if(const outcome& failed) {
  if (failed) warn(*failed);
}

std::vector<listened_at> supervisor::where_listened() const {
  std::vector<listened_at> out;
  for (const listening_socket& one : sockets_.sockets) {
    const proxy::section_settings& section = model_.sections[one.section];
    if (one.worker == 0)
      out.push_back({section.name, one.at.is_ip() ? one.at.text() : text_of(section.binds[one.bind])});
  }
  return out;
}

void supervisor::start_workers() {
  for (const auto& one : runtime_->backends)
    one->too_many_errors = [this, group = one->servers.get()](balance::server_index server, const char* last) {
      asio::post(control_, [this, group, server, last] { checks_->suspect(*group, server, last); });
    };
  // Model sections to frontends: assemble() kept their order, without those that have no front or are disabled.
  std::vector<proxy::frontend*> of_section(model_.sections.size(), nullptr);
  std::size_t next = 0;
  for (std::size_t i = 0; i < model_.sections.size(); ++i)
    if (model_.sections[i].front && !model_.sections[i].disabled)
      of_section[i] = runtime_->frontends[next++].get();
  for (listening_socket& one : sockets_.sockets) {
    proxy::frontend* front = of_section[one.section];
    if (front == nullptr) continue;
    proxy::home& home = *runtime_->homes[one.worker];
    const proxy::bind_settings& bind = front->settings.binds[one.bind];
    const int backlog = effective_backlog(bind, front->settings, plan_.maxconn);
    home.listeners.push_back(std::make_unique<proxy::listener>(home, *front, bind, one.fd.release(), backlog, away_));
  }
  sockets_.sockets.clear();
  runtime_->cannot_take_back = [](const proxy::frontend& of, const proxy::bind_settings& bind, int error) {
    say("WARNING", "cannot listen again on " + text_of(bind) + " (frontend " + of.settings.name +
                       "): " + std::error_code(error, std::generic_category()).message() + "; it is tried every second");
  };
  for (const auto& home : runtime_->homes) {
    home->worker.post([at = home.get()] {
      for (const auto& one : at->listeners) one->start();
      at->worker.spawn(at->housekeeping());
    });
    home->worker.start();
  }
}

void supervisor::start_control() {
  io::resolver::lookup ask;
  if (outside_) ask = [outside = outside_](const std::string& host) { return outside->ask(host); };
  resolver_ = std::make_unique<io::resolver>(control_, fixed_, 4, std::move(ask));
  servers::name_times times;
  if (said_.resolve_period) times.resolved = times.unresolved = *said_.resolve_period;
  names_ = std::make_unique<servers::names>(control_, *resolver_, times);
  check::options checking;
  checking.on_fault = [](std::string_view text) { say("ALERT", text); };
  checks_ = std::make_unique<check::runner>(control_, checking);
  std::vector<check::subject> subjects;
  for (const auto& one : runtime_->backends) {
    if (follows_names()) names_->follow(*one->servers);
    if (one->settings.disabled) continue;
    check::subject subject;
    subject.group = one->servers.get();
    subject.timeout_connect = one->settings.time.connect;
    subject.timeout_check = one->settings.time.check;
    subjects.push_back(std::move(subject));
  }
  checks_->start(std::move(subjects));
  warm_timer_ = std::make_unique<asio::steady_timer>(control_);
  finish_timer_ = std::make_unique<asio::steady_timer>(control_);
  bool warms = false;
  for (const auto& one : runtime_->backends)
    for (const servers::settings& server : one->settings.servers) warms = warms || server.slowstart.count() > 0;
  if (warms) tick_slow_starts();
  signal_input_ = std::make_unique<asio::posix::stream_descriptor>(control_, signals_->fd());
  await_signal();
}

void supervisor::start_commands() {
  command::process_facts facts;
  facts.version = version_only();
  facts.product = product_text();
  facts.release_date = release_date();
  facts.node = model_.global.node;
  if (facts.node.empty()) {
    char name[256] = "localhost";
    gethostname(name, sizeof name - 1);
    facts.node = name;
  }
  facts.pid = static_cast<int>(getpid());
  facts.threads = workers_;
  facts.memory_mb = said_.memory_mb.value_or(0);
  facts.descriptors = descriptor_limit().rlim_cur;
  facts.maxconn = plan_.maxconn;
  facts.maxpipes = plan_.pipes;
  facts.started = std::chrono::steady_clock::now();
  facts.started_wall = std::chrono::system_clock::now();
  facts.files = std::move(from_.files);
  facts.environment = std::move(from_.environment);
  commands_.start(control_, *runtime_, std::move(facts), [](std::string_view text) { say("ALERT", text); });
}

void supervisor::tick_slow_starts() {
  const auto now = servers::clock::now();
  for (const auto& one : runtime_->backends) one->servers->tick(now);
  warm_timer_->expires_after(std::chrono::seconds(1));
  warm_timer_->async_wait([this](const boost::system::error_code& ec) {
    if (!ec) tick_slow_starts();
  });
}

void supervisor::shut_down() {
  names_->stop();
  checks_->stop();
  commands_.stop();
  resolver_->stop();
  // Each worker lets its sessions go and ends once the last coroutine has returned.
  for (const auto& home : runtime_->homes)
    home->worker.post([at = home.get()] {
      at->stop_listening();
      at->kill_sessions();
      at->worker.stop_when_idle();
    });
  for (const auto& home : runtime_->homes) home->worker.join();
  runtime_->logger->stop();
  names_.reset();
  checks_.reset();
  resolver_.reset();
  signal_input_->release();
}

ending supervisor::run() {
  reset_inherited_signals();
  hold_soft_stop();
  presence_ = decide_presence(said_, model_.global, getpid());
  std::optional<background> behind;
  if (presence_.background) {
    auto started = background::start();
    if (const auto* failed = std::get_if<complaint>(&started)) {
      complain(*failed);
      return {1};
    }
    behind.emplace(std::get<background>(std::move(started)));
  }
  started_as_ = geteuid();
  if (!prepare()) {
    if (sockets_.asked_older || commands_.asked_older()) give_addresses_back(said_.old_pids);
    return {1};
  }
  signals_ = std::make_unique<signal_watch>();
  if (!presence_.silence) announce(model_, said_, started_as_, where_listened());
  if (null_) {
    warn_if(silence_standard_streams(null_.native()));
    null_.reset();
  }
  runtime_->logger->start();
  start_workers();
  start_control();
  start_commands();
  for (const complaint& one : signal_older(said_.old_how, said_.old_pids)) warn(one);
  if (presence_.notify) warn_if(manager_.tell(ready_state(getpid())));
  if (behind) behind->ready();
  const auto guard = asio::make_work_guard(control_);
  control_.run();
  shut_down();
  signals_.reset();
  runtime_.reset();
  return ending_of(signal_, presence_.master);
}

io::fixed_names fixed_names_of(const options& said) {
  io::fixed_names out;
  for (const resolve_override& one : said.resolve) out.add(one.word);
  return out;
}

ending run(proxy::model model, const options& said, origins from) {
  try {
    supervisor one(std::move(model), said, std::move(from));
    return one.run();
  } catch (const std::exception& error) {
    say("ALERT", std::string("cannot start: ") + error.what());
    return {1};
  }
}

}  // namespace ringway::app

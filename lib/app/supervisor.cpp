#include "app/supervisor.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <exception>
#include <memory>
#include <thread>
#include <vector>

#include "app/about.hpp"
#include "app/listening.hpp"
#include "app/ports.hpp"
#include "app/privileges.hpp"
#include "app/process.hpp"
#include "check/runner.hpp"
#include "io/outside_resolver.hpp"
#include "io/resolver.hpp"
#include "proxy/assemble.hpp"
#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "servers/names.hpp"

namespace ringway::app {

namespace asio = boost::asio;

void say(std::string_view severity, std::string_view text) {
  const std::string tag = "[" + std::string(severity) + "]";
  std::fprintf(stderr, "%-10s (%d) : %.*s\n", tag.c_str(), static_cast<int>(getpid()), static_cast<int>(text.size()),
               text.data());
}

namespace {

void complain(const complaint& what) {
  say("ALERT", what.message);
  if (!what.help.empty()) std::fprintf(stderr, "           help: %s\n", what.help.c_str());
}

void warn(const complaint& what) {
  say("WARNING", what.message);
  if (!what.help.empty()) std::fprintf(stderr, "           help: %s\n", what.help.c_str());
}

unsigned usable_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
  return std::max(1u, std::thread::hardware_concurrency());
}

std::string_view tag_of(servers::sentence::console tag) {
  switch (tag) {
    case servers::sentence::console::alert: return "ALERT";
    case servers::sentence::console::notice: return "NOTICE";
    case servers::sentence::console::warning: break;
  }
  return "WARNING";
}

class supervisor {
 public:
  supervisor(proxy::model model, const options& said, origins from)
      : model_(std::move(model)), said_(said), from_(std::move(from)) {}
  int run();

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
  io::fixed_names fixed_;
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
  bool finishing_ = false;
};

bool supervisor::resolve_log_targets() {
  const auto resolve = [&](std::vector<log::target_settings>& targets) {
    for (log::target_settings& one : targets) {
      if (one.via != log::transport::udp || one.resolved.kind != family::none || one.host.empty()) continue;
      const io::resolution found = io::resolve_now(one.host, fixed_);
      if (found.addresses.empty()) {
        say("WARNING", "log target '" + one.host + "' does not resolve (" + found.reason + "), its lines are lost");
        continue;
      }
      one.resolved = found.addresses.front();
      one.resolved.port = one.port;
    }
    std::erase_if(targets, [](const log::target_settings& one) {
      return one.via == log::transport::udp && one.resolved.kind == family::none;
    });
  };
  resolve(model_.global.log.targets);
  for (proxy::section_settings& section : model_.sections) resolve(section.log.targets);
  return true;
}

bool supervisor::follows_names() const { return !said_.resolve_period || said_.resolve_period->count() > 0; }

// In the jail there is neither /etc/hosts nor /etc/resolv.conf.
void supervisor::stay_outside_for_names(const identity& who) {
  bool named = false;
  for (const proxy::section_settings& section : model_.sections)
    for (const servers::settings& one : section.servers) named = named || !one.host.empty();
  if (model_.global.chroot.empty() || model_.global.chroot == "/" || !named || !follows_names()) return;
  std::string failed;
  outside_ = io::outside_resolver::start([&] { return !enter_jail("", who); }, failed);
  if (!outside_)
    say("WARNING", "the addresses of servers given by name are not followed under 'chroot': cannot leave a process outside (" +
                       failed + ")");
}

bool supervisor::prepare() {
  if (const outcome failed = apply_ports(said_.ports, model_)) {
    complain(*failed);
    return false;
  }
  const auto who = resolve_identity(model_.global);
  if (const auto* failed = std::get_if<complaint>(&who)) {
    complain(*failed);
    return false;
  }
  if (said_.diagnose)
    for (const complaint& one : privilege_remarks(model_.global, geteuid())) say("DIAG", one.message);
  workers_ = model_.global.nbthread != 0 ? model_.global.nbthread : usable_processors();
  fixed_ = fixed_names_of(said_);
  resolve_log_targets();

  descriptor_needs needs;
  needs.workers = workers_;
  for (const proxy::section_settings& section : model_.sections) {
    needs.listening += static_cast<unsigned>(section.binds.size()) * workers_;
    needs.logs += static_cast<unsigned>(section.log.targets.size());
    for (const servers::settings& one : section.servers) needs.checks += one.check.enabled ? 1u : 0u;
  }
  if (!model_.global.command_sockets.empty()) needs.commands = model_.global.command_maxconn;
  needs.listening += static_cast<unsigned>(model_.global.command_sockets.size());
  limits_wanted wanted;
  wanted.maxconn = said_.maxconn ? said_.maxconn : model_.global.maxconn;
  wanted.ulimit_n = model_.global.ulimit_n;
  wanted.memory_mb = said_.memory_mb;
  wanted.bufsize = model_.global.bufsize;
  wanted.maxpipes = model_.global.maxpipes;
  wanted.splice = !model_.global.nosplice && !said_.no_splice;
  plan_ = plan_limits(wanted, needs, descriptor_limit());
  if (const outcome failed = raise_descriptors(plan_)) {
    // A limit that somebody asked for by name must hold (strict-limits, on as in HAProxy 3).
    if (!plan_.automatic) {
      complain(*failed);
      return false;
    }
    warn(*failed);
  }
  // Accepting more than there are descriptors for would leave those who are in without a way to a server.
  if (fit_descriptors(plan_, needs, descriptor_limit()))
    say("WARNING", "only " + std::to_string(descriptor_limit().rlim_cur) + " descriptors are to be had (ulimit -n): maxconn is " +
                       std::to_string(plan_.maxconn));

  listening_options listen;
  listen.workers = workers_;
  listen.reuse_port = !said_.one_socket;
  listen.taking_over = said_.takes_over();
  listen.older = said_.old_pids;
  listen.maxconn = plan_.maxconn;
  listen.resolve = [this](const std::string& host) -> std::optional<address> {
    const io::resolution found = io::resolve_now(host, fixed_);
    if (found.addresses.empty()) return std::nullopt;
    return found.addresses.front();
  };
  sockets_ = open_listening(model_, listen);
  for (const complaint& one : sockets_.failures) complain(one);
  if (!sockets_.ok()) return false;
  const std::vector<complaint> unheard = commands_.open(model_.global, listen);
  for (const complaint& one : unheard) complain(one);
  if (!unheard.empty()) return false;

  proxy::assembly how;
  how.workers = workers_;
  how.maxconn = plan_.maxconn;
  how.pipes = plan_.pipes;
  how.frontend_maxconn = said_.maxconn_per_proxy;
  if (!said_.quiet_output())
    how.console = [](const std::string&, const servers::sentence& one) {
      say(tag_of(one.tag), one.console_text.empty() ? one.text : one.console_text);
    };
  if (!said_.quiet_output()) how.notice = [](const std::string& text) { say("NOTICE", text); };
  const auto ask = [this](const std::string& host) { return io::resolve_now(host, fixed_); };
  bool sound = true;
  for (proxy::section_settings& one : model_.sections) {
    if (!one.back) continue;
    const servers::names::start_report report = servers::names::start(one.name, one.servers, ask);
    for (const std::string& text : report.warnings) say("WARNING", text);
    for (const std::string& text : report.errors) say("ALERT", text);
    sound = sound && !report.failed;
  }
  if (!sound) return false;
  runtime_ = proxy::assemble(model_, how);
  for (const std::string& text : runtime_->logger->open()) say("WARNING", text);

  if (!presence_.pidfile.empty())
    if (const outcome failed = write_pidfile(presence_.pidfile, getpid())) {
      complain(*failed);
      return false;
    }
  stay_outside_for_names(std::get<identity>(who));
  if (const outcome failed = enter_jail(model_.global.chroot, std::get<identity>(who))) {
    complain(*failed);
    return false;
  }
  if (said_.memory_mb)
    if (const outcome failed = limit_memory(*said_.memory_mb)) warn(*failed);
  return true;
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
    home.listeners.push_back(
        std::make_unique<proxy::listener>(home, *front, front->settings.binds[one.bind], one.fd.release()));
  }
  sockets_.sockets.clear();
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
      control_.stop();
      break;
    case wish::finish:
      if (finishing_) break;
      signal_ = signal;
      stop_softly();
      break;
    case wish::reload:
      say("WARNING", "reloading is not supported yet: start a new process with -sf " + std::to_string(getpid()));
      break;
  }
}

// No new connections; what is under way ends by itself, within hard-stop-after.
void supervisor::stop_softly() {
  finishing_ = true;
  if (presence_.notify) notify_service_manager(stopping_state);
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

int supervisor::run() {
  reset_inherited_signals();
  presence_ = decide_presence(said_, model_.global, getpid());
  std::optional<background> behind;
  if (presence_.background) {
    auto started = background::start();
    if (const auto* failed = std::get_if<complaint>(&started)) {
      complain(*failed);
      return 1;
    }
    behind.emplace(std::get<background>(std::move(started)));
  }
  if (!prepare()) return 1;
  signals_ = std::make_unique<signal_watch>();
  if (presence_.silence)
    if (const outcome failed = silence_standard_streams()) warn(*failed);
  runtime_->logger->start();
  start_workers();
  start_control();
  start_commands();
  for (const complaint& one : signal_older(said_.old_how, said_.old_pids)) warn(one);
  if (presence_.notify) notify_service_manager(ready_state(getpid()));
  if (behind) behind->ready();
  const auto guard = asio::make_work_guard(control_);
  control_.run();
  shut_down();
  signals_.reset();
  runtime_.reset();
  return exit_status_of(signal_, presence_.master);
}

}  // namespace

io::fixed_names fixed_names_of(const options& said) {
  io::fixed_names out;
  for (const resolve_override& one : said.resolve) out.add(one.word);
  return out;
}

int run(proxy::model model, const options& said, origins from) {
  try {
    supervisor one(std::move(model), said, std::move(from));
    return one.run();
  } catch (const std::exception& error) {
    say("ALERT", std::string("cannot start: ") + error.what());
    return 1;
  }
}

}  // namespace ringway::app

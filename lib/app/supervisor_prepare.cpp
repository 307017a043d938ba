// Everything that can fail, before anybody is served and before there is a second thread.
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "app/ports.hpp"
#include "app/supervisor_steps.hpp"
#include "proxy/assemble.hpp"

namespace ringway::app {

namespace {

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

}  // namespace

bool supervisor::resolve_log_targets() {
  const auto resolve = [&](std::vector<log::target_settings>& targets) {
    for (log::target_settings& one : targets) {
      if (one.via != log::transport::udp || one.resolved.kind != family::none || one.host.empty()) continue;
      const io::resolution found = io::resolve_now(one.host, fixed_);
      if (found.addresses.empty()) {
        ++warned_;
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
  if (!said_.inherit_from.empty()) {
    const std::optional<port_owner> giver = owner_of_file(said_.inherit_from);
    if (!giver) {
      say("WARNING", "Failed to connect to the old process socket '" + said_.inherit_from + "'");
      say("ALERT", "Failed to get the sockets from the old process!");
      return false;
    }
    if (giver->pid > 0) listen.older.push_back(giver->pid);
  }
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
  // Every address is ours: from here on an older process's files are, too.
  std::vector<complaint> misplaced = sockets_.put_files_in_place();
  for (complaint& one : commands_.put_files_in_place()) misplaced.push_back(std::move(one));
  for (const complaint& one : misplaced) complain(one);
  if (!misplaced.empty()) return false;

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
    for (const std::string& text : report.notices) say("NOTICE", text);
    warned_ += report.warnings.size();
    for (const std::string& text : report.errors) say("ALERT", text);
    sound = sound && !report.failed;
  }
  if (sound && said_.warnings_fatal && warned_ > 0) {
    say("ALERT", "Some warnings were found and warnings are fatal (-dW), exiting.");
    return false;
  }
  if (!sound) return false;
  runtime_ = proxy::assemble(model_, how);
  for (const std::string& text : runtime_->logger->open()) say("WARNING", text);

  if (!presence_.pidfile.empty())
    if (const outcome failed = write_pidfile(presence_.pidfile, getpid())) {
      complain(*failed);
      return false;
    }
  // Whatever has a name outside the jail is opened before.
  if (presence_.notify) warn_if(manager_.connect());
  if (presence_.silence) {
    int null = -1;
    warn_if(open_null_device(null));
    null_ = owned_fd(null);
  }
  stay_outside_for_names(std::get<identity>(who));
  if (const outcome failed = enter_jail(model_.global.chroot, std::get<identity>(who))) {
    complain(*failed);
    return false;
  }
  if (said_.memory_mb) warn_if(limit_memory(*said_.memory_mb));
  return true;
}

}  // namespace ringway::app

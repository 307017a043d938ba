#include "proxy/assemble.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "proxy/transaction.hpp"

namespace ringway::proxy {

namespace {

std::vector<balance::server_facts> facts_of(const section_settings& from) {
  std::vector<balance::server_facts> out;
  for (const servers::settings& one : from.servers) {
    balance::server_facts facts;
    facts.id = one.id;
    facts.weight = one.weight;
    facts.backup = one.backup;
    facts.usable = !from.disabled && !one.disabled && !one.tracks_disabled;
    facts.at = one.host.empty() ? one.ip : one.found;
    facts.at.port = one.port;
    facts.key = one.hash_key;
    facts.maxconn = one.maxconn;
    facts.minconn = one.minconn;
    facts.maxqueue = one.maxqueue;
    out.push_back(std::move(facts));
  }
  return out;
}

bool turns_by_itself(balance::algorithm kind) {
  switch (kind) {
    case balance::algorithm::roundrobin:
    case balance::algorithm::static_rr:
    case balance::algorithm::leastconn:
    case balance::algorithm::first:
    case balance::algorithm::random: return true;
    default: return false;
  }
}

// By the name of a backend, a tenth of the clients that may come there: the load at which servers with minconn reach
// their maxconn.
std::unordered_map<std::string_view, unsigned> default_fullconns(const model& all, const assembly& how) {
  std::unordered_map<std::string_view, std::uint64_t> sums;
  for (const section_settings& one : all.sections) {
    if (!one.front || one.disabled) continue;
    std::unordered_set<std::string_view> names{one.default_backend.empty() && one.back ? one.name : one.default_backend};
    for (const rules::backend_choice& choice : one.rules.use_backend) names.insert(choice.name);
    for (const std::string_view name : names) sums[name] += one.maxconn.value_or(how.frontend_maxconn.value_or(how.maxconn));
  }
  std::unordered_map<std::string_view, unsigned> out;
  for (const auto& [name, sum] : sums) out.emplace(name, static_cast<unsigned>((sum + 9) / 10));
  return out;
}

// on-marked-down, on-marked-up
void obey_marks(servers::hooks& told, const backend& self, runtime& all) {
  bool down = false, up = false;
  for (const servers::settings& one : self.settings.servers) {
    down = down || one.shutdown_sessions;
    up = up || one.shutdown_backup_sessions;
  }
  if (down)
    told.marked_down.push_back([back = &self, at = &all](std::uint32_t server) {
      if (back->settings.servers[server].shutdown_sessions) at->end_transactions(*back, server, 'D');
    });
  if (up)
    told.marked_up.push_back([back = &self, at = &all](std::uint32_t server) {
      const servers::settings& one = back->settings.servers[server];
      if (one.shutdown_backup_sessions && !one.backup) at->end_transactions(*back, balance::no_server, 'U');
    });
}

std::unique_ptr<backend> make_backend(const section_settings& from, std::size_t index, runtime& all, unsigned fullconn,
                                      const assembly& how) {
  log::logger& logger = *all.logger;
  auto out = std::make_unique<backend>(from, index);
  out->log = logger.make_pipeline(from.log);
  out->chooser = make_chooser(from, fullconn);
  out->queue = std::make_unique<servers::queue>(*out->chooser, from.servers.size());
  out->turning = turns_by_itself(out->chooser->rules().kind);
  backend* self = out.get();
  servers::hooks told;
  const bool redispatch = from.redispatch.has_value();
  told.left = [self, redispatch](std::uint32_t server) {
    // Without redispatch those who wait for this very server go on waiting, as HAProxy has it.
    // When nobody is left there is nothing to wait for: all are told so at once, as newcomers are.
    const bool nobody = !self->chooser->any_usable();
    return (redispatch || nobody ? self->queue->send_away(server) : 0u) +
           (nobody ? self->queue->send_away(balance::no_server) : 0u);
  };
  told.entered = [self](std::uint32_t) {
    self->queue->serve_all();
    return 0u;
  };
  told.report = [self, console = how.console](const servers::sentence& said) {
    self->log->message(static_cast<log::level>(said.level), said.text);
    if (console) console(self->settings.name, said);
  };
  obey_marks(told, *self, all);
  for (const servers::settings& one : from.servers)
    if (const io::tick delay = one.pool_purge_delay.count(); delay > 0)
      all.purge_period = std::max<io::tick>(std::min(all.purge_period, delay), 10);
  out->servers = std::make_unique<servers::group>(from.name, from.servers, *out->chooser, std::move(told),
                                                  servers::clock::now(), from.front ? "proxy" : "backend");
  return out;
}

// track: in declared order, which decides in which order the followers of one server hear of it.
void follow_tracked(runtime& all) {
  for (const auto& back : all.backends)
    for (std::uint32_t i = 0; i < back->settings.servers.size(); ++i)
      if (const auto& track = back->settings.servers[i].track)
        back->servers->track(i, *all.backends[track->backend_number]->servers, track->server_number);
}

// With one server there is nothing to tell apart.
bool wants_lone_client(const section_settings& front, const backend& back) {
  return front.notice_lone_client && back.settings.notice_lone_client && back.settings.servers.size() > 1 &&
         back.chooser->rules().kind == balance::algorithm::source;
}

}  // namespace

std::unique_ptr<balance::chooser> make_chooser(const section_settings& from, std::optional<unsigned> fullconn) {
  return std::make_unique<balance::chooser>(from.balance, facts_of(from), from.allbackups, from.kind == mode::tcp,
                                            fullconn.value_or(from.fullconn));
}

std::unique_ptr<runtime> assemble(const model& from, const assembly& how) {
  auto out = std::make_unique<runtime>();
  out->global = from.global;
  out->maxconn = how.maxconn;
  out->pipes_reserved = from.global.maxpipes.has_value();
  log::options logging;
  logging.workers = how.workers;
  out->logger = std::make_unique<log::logger>(from.global.log, logging);
  const std::unordered_map<std::string_view, unsigned> fullconns = default_fullconns(from, how);
  std::unordered_map<std::string, backend*> by_name;
  for (const section_settings& section : from.sections) {
    if (!section.back) continue;
    const auto usual = fullconns.find(section.name);
    const unsigned fullconn = section.fullconn != 0 ? section.fullconn : usual != fullconns.end() ? usual->second : 0;
    out->backends.push_back(make_backend(section, out->backends.size(), *out, fullconn, how));
    by_name.emplace(section.name, out->backends.back().get());
    out->backend_numbers.emplace(section.name, static_cast<std::uint32_t>(out->backends.size() - 1));
  }
  follow_tracked(*out);
  for (const section_settings& section : from.sections) {
    if (!section.front || section.disabled) continue;
    auto front = std::make_unique<frontend>(section, out->frontends.size());
    front->log = out->logger->make_pipeline(section.log);
    front->maxconn = section.maxconn.value_or(how.frontend_maxconn.value_or(how.maxconn));
    const std::string& name = section.default_backend.empty() && section.back ? section.name : section.default_backend;
    // A disabled backend is none: a listen section then is its own, as in HAProxy.
    for (const std::string& each : {name, section.back ? section.name : std::string()}) {
      const auto found = by_name.find(each);
      if (front->default_backend == nullptr && found != by_name.end() && !found->second->settings.disabled)
        front->default_backend = found->second;
    }
    if (backend* back = front->default_backend; back != nullptr && wants_lone_client(section, *back))
      front->clients = std::make_unique<lone_client>(section.name, back->settings.name, out->lone_client_said,
                                                     [back, notice = how.notice](const std::string& text) {
                                                       back->log->message(log::level::notice, text);
                                                       if (notice) notice(text);
                                                     });
    out->frontends.push_back(std::move(front));
  }
  const unsigned pipes = from.global.nosplice ? 0 : (how.pipes + how.workers - 1) / how.workers;
  for (unsigned i = 0; i < how.workers; ++i)
    out->homes.push_back(std::make_unique<home>(*out, i, from.global.bufsize, pipes));
  return out;
}

}  // namespace ringway::proxy

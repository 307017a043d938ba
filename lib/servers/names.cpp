#include "servers/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace ringway::servers {

namespace asio = boost::asio;

namespace {

bool is_of(family kind, prefer wanted) {
  return wanted == prefer::none || kind == (wanted == prefer::ipv4 ? family::v4 : family::v6);
}

}  // namespace

address next_address(const address& current, const std::vector<address>& answers, prefer family_first, family only) {
  address best;
  for (const address& one : answers) {
    if (!one.is_ip() || (only != family::none && one.kind != only)) continue;
    // The zone is not part of the question: a link-local answer may come without it.
    if (current.is_ip() && one.same_host(current)) return current;
    if (best.kind == family::none || (!is_of(best.kind, family_first) && is_of(one.kind, family_first)))
      best = one;
  }
  if (best.kind == family::none) return current;
  best.port = 0;
  return best;
}

start_decision start_address(const settings& server, const std::function<io::resolution()>& libc) {
  const bool written = !server.init_addrs.empty();
  std::vector<init_addr_step> steps = server.init_addrs;
  if (!written) {
    init_addr_step one;
    for (const auto how : {init_addr::last, init_addr::libc, init_addr::none}) {
      one.how = how;
      steps.push_back(one);
    }
  }
  start_decision said;
  bool asked = false;
  for (const auto& step : steps) {
    switch (step.how) {
      case init_addr::last:
        break;
      case init_addr::libc: {
        asked = true;
        const io::resolution answer = libc();
        said.at = next_address({}, answer.addresses, server.resolve_prefer, server.resolve_only);
        if (said.at.is_ip()) {
          said.what = start_kind::address;
          return said;
        }
        break;
      }
      case init_addr::none:
        said.what = start_kind::unresolved;
        if (asked)
          said.complaint = fmt::format("could not resolve address '{}', disabling server.", server.host);
        return said;
      case init_addr::ip:
        said.what = start_kind::address;
        said.at = step.ip;
        if (asked) {
          said.complaint =
              fmt::format("could not resolve address '{}', falling back to configured address.", server.host);
        }
        return said;
    }
  }
  said.what = start_kind::fails;
  said.complaint = asked ? fmt::format("could not resolve address '{}'.", server.host)
                         : fmt::format("no method found to resolve address '{}'.", server.host);
  return said;
}

struct names::core : std::enable_shared_from_this<core> {
  core(asio::io_context& on, io::resolver& with, name_times given)
      : context(on), resolver(with), times(given) {}

  asio::io_context& context;
  io::resolver& resolver;
  name_times times;
  bool stopped = false;

  // One name of one group: servers that share it are asked for once.
  struct entry {
    group* of;
    std::string host;
    std::vector<std::uint32_t> servers;
    asio::steady_timer pause;
  };
  std::vector<std::unique_ptr<entry>> entries;

  bool resolved(const entry& one) const {
    return std::all_of(one.servers.begin(), one.servers.end(),
                       [&](std::uint32_t index) { return (*one.of)[index].look().resolved(); });
  }

  void rest(entry& one, milliseconds time) {
    one.pause.expires_after(time);
    one.pause.async_wait([self = shared_from_this(), &one](const boost::system::error_code& error) {
      if (error || self->stopped) return;
      self->ask(one);
    });
  }

  void ask(entry& one) {
    resolver.resolve(one.host, times.limit, [self = shared_from_this(), &one](const io::resolution& said) {
      if (self->stopped) return;
      self->answered(one, said);
    });
  }

  void answered(entry& one, const io::resolution& said) {
    if (said.what == io::resolve_outcome::found) {
      const auto now = clock::now();
      for (const std::uint32_t index : one.servers) {
        const state& server = (*one.of)[index];
        address current = server.where();
        const settings& line = server.config();
        const address next = next_address(current, said.addresses, line.resolve_prefer, line.resolve_only);
        if (!next.is_ip()) continue;
        if (server.look().resolved() && next.same_host(current)) continue;
        one.of->set_address(index, next, "libc resolution", now);
        if (stopped) return;  // a hook ended us
      }
    }
    rest(one, resolved(one) ? times.resolved : times.unresolved);
  }
};

names::names(asio::io_context& on, io::resolver& resolver, name_times times)
    : core_(std::make_shared<core>(on, resolver, times)) {}

names::~names() { stop(); }

names::start_report names::start(std::string_view backend, std::vector<settings>& of,
                                 const std::function<io::resolution(const std::string&)>& ask) {
  start_report report;
  std::map<std::string, io::resolution> known;
  for (settings& server : of) {
    if (server.host.empty()) continue;
    const start_decision said = start_address(server, [&] {
      const auto [here, first] = known.try_emplace(server.host);
      if (first) here->second = ask(server.host);
      return here->second;
    });
    server.found = said.what == start_kind::address ? said.at : address{};
    report.failed = report.failed || said.what == start_kind::fails;
    if (said.complaint.empty()) continue;
    // Where `init-addr` says that it may be so, nobody needs to be warned.
    std::vector<std::string>& to = said.what == start_kind::fails ? report.errors
                                   : server.init_addrs.empty()    ? report.warnings
                                                                  : report.notices;
    to.push_back(fmt::format("'server {}/{}' : {}", backend, server.name, said.complaint));
  }
  return report;
}

void names::follow(group& of) {
  std::map<std::string, core::entry*> by_host;
  std::vector<core::entry*> fresh;
  for (std::uint32_t index = 0; index < of.size(); ++index) {
    const settings& server = of[index].config();
    if (server.host.empty()) continue;
    auto& entry = by_host[server.host];
    if (entry == nullptr) {
      core_->entries.push_back(std::make_unique<core::entry>(
          core::entry{&of, server.host, {}, asio::steady_timer(core_->context)}));
      entry = core_->entries.back().get();
      fresh.push_back(entry);
    }
    entry->servers.push_back(index);
  }
  const auto count = static_cast<std::int64_t>(fresh.size());
  for (std::int64_t i = 0; i < count; ++i) {
    auto& one = *fresh[static_cast<std::size_t>(i)];
    const milliseconds pause = core_->resolved(one) ? core_->times.resolved : core_->times.unresolved;
    core_->rest(one, milliseconds{pause.count() * (i + 1) / count});
  }
}

void names::stop() {
  if (core_->stopped) return;
  core_->stopped = true;
  for (auto& one : core_->entries) one->pause.cancel();
}

}  // namespace ringway::servers

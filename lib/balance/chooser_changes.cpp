// State changes of the chooser: who takes part, with what weight, and the tables that follow from it.
#include <algorithm>
#include <numeric>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "balance/chooser.hpp"
#include "balance/chooser_state.hpp"
#include "balance/map.hpp"
#include "base/hash.hpp"

namespace ringway::balance {
namespace {

constexpr std::uint32_t weight_scale = 16;
constexpr std::uint32_t points_per_id = 4096;

bool is_http_only(algorithm kind) {
  return kind == algorithm::uri || kind == algorithm::url_param || kind == algorithm::hdr;
}

// Word-wise as a little-endian machine reads network order: fixed here, whatever the host.
std::uint32_t swapped(std::uint32_t v) { return v << 24 | (v & 0xff00u) << 8 | (v >> 8 & 0xff00u) | v >> 24; }

}  // namespace

void assign_ids(std::vector<server_facts>& servers) {
  std::set<std::uint32_t> taken;
  for (const auto& s : servers)
    if (s.id != 0) taken.insert(s.id);
  std::uint32_t next = 1;
  for (auto& s : servers) {
    if (s.id == 0) {
      while (taken.count(next) != 0) ++next;
      s.id = next;
      taken.insert(next);
    }
    ++next;  // also past a server that brought its id
  }
}

chooser::state::state(const settings& given, std::vector<server_facts> facts, bool all_backups, bool tcp_mode,
                      unsigned full)
    : rules(given), allbackups(all_backups), fullconn(full), counts(new counters[facts.size()]) {
  if (tcp_mode && is_http_only(rules.kind)) rules.kind = algorithm::roundrobin;
  by_key = rules.kind == algorithm::source || is_http_only(rules.kind);
  on_ring = rules.kind == algorithm::random || (by_key && rules.method == hash_method::consistent);
  on_map = rules.kind == algorithm::static_rr || (by_key && rules.method == hash_method::map_based);
  on_wide = by_key && is_wide(rules.method);
  plain = rules.balance_factor == 0 && rules.preserve == affinity::always;
  counting = rules.balance_factor != 0;

  std::uint32_t common = 0;
  for (const auto& f : facts) common = std::gcd(common, f.weight);
  divisor = std::max(common, 1u);

  servers.reserve(facts.size());
  for (auto& f : facts) {
    auto& c = counts[servers.size()];
    // minconn above maxconn (or alone) means a fixed limit of minconn
    c.maxconn.store(std::max(f.maxconn, f.minconn));
    c.minconn.store(f.minconn);
    c.maxqueue.store(f.maxqueue);
    counting = counting || f.minconn != 0;
    auto& m = servers.emplace_back();
    m.facts = std::move(f);
    m.configured = m.weight = m.facts.weight;
    m.usable = m.facts.usable;
    c.effective.store(effective_of(m));
    m.room = weight_scale * m.configured;
  }

  std::array<std::uint32_t, 2> before{};
  std::array<std::vector<ring::point>, 2> points;
  std::array<std::vector<turns::start>, 2> starts;
  std::array<std::vector<std::uint32_t>, 2> members;
  for (server_index s = 0; s < servers.size(); ++s) {
    auto& m = servers[s];
    const auto weight = counts[s].effective.load();
    if (weight != 0) {
      m.weight_before = before[m.kind()];
      before[m.kind()] += weight;
    }
    starts[m.kind()].push_back({s, weight});
    members[m.kind()].push_back(s);
    if (!on_ring) continue;
    ++rank;
    for (std::uint32_t i = 0; i < weight; ++i)
      points[m.kind()].push_back({ring::key_of_point(base_of(m), i), s, rank, i});
  }
  auto first = std::make_unique<line_up>();
  for (const auto kind : {actives, backups}) {
    if (on_ring) first->rings[kind] = std::make_shared<const ring>(ring::of(std::move(points[kind])));
    if (rules.kind == algorithm::roundrobin)
      turning[kind] = std::make_unique<turns>(starts[kind], servers.size());
    if (rules.kind == algorithm::leastconn) {
      loading[kind] = std::make_unique<loads>(members[kind], servers.size());
      for (const auto& start : starts[kind])
        if (start.weight != 0) loading[kind]->put(start.server, 0, start.weight, true);
    }
  }
  sum_up(*first);
  shown = std::make_unique<published<line_up>>(std::move(first));
}

std::uint32_t chooser::state::effective_of(const member& m) const {
  if (!m.usable || m.weight == 0) return 0;
  if (on_map) return m.weight / divisor;
  if (m.period == 0 || m.elapsed >= m.period) return weight_scale * m.weight;
  return m.weight * ((weight_scale * m.elapsed + m.period) / m.period);
}

std::uint32_t chooser::state::base_of(const member& m) const {
  const auto& at = m.facts.at;
  const std::string_view octets(reinterpret_cast<const char*>(at.bytes.data()), at.bytes.size());
  const std::uint32_t v4 = std::uint32_t{at.bytes[0]} | std::uint32_t{at.bytes[1]} << 8 |
                           std::uint32_t{at.bytes[2]} << 16 | std::uint32_t{at.bytes[3]} << 24;
  switch (m.facts.key) {
    case hash_key::id:
      break;
    case hash_key::id32:
      return hash::avalanche(swapped(m.facts.id));
    case hash_key::guid:
      if (m.facts.guid.empty()) break;
      return hash::xxh32(m.facts.guid, 0);
    case hash_key::addr:
      if (at.kind == family::v4) return hash::avalanche(v4);
      if (at.kind == family::v6) return hash::xxh32(octets, 0);
      break;
    case hash_key::addr_port: {
      const auto port = hash::avalanche(at.port);
      if (at.kind == family::v4) return hash::avalanche(port + v4);
      if (at.kind == family::v6) return hash::xxh32(octets, port);
      break;
    }
  }
  return m.facts.id * points_per_id;
}

// What stands for a server in maglev and rendezvous: the same words as on the ring (hash-key), but all of their bits.
std::uint64_t chooser::state::identity_of(const member& m) const {
  const auto& at = m.facts.at;
  std::string bytes;
  const auto number = [&bytes](std::uint32_t value, int count) {
    for (int i = count - 1; i >= 0; --i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
  };
  const bool by_address = m.facts.key == hash_key::addr || m.facts.key == hash_key::addr_port;
  if (m.facts.key == hash_key::guid && !m.facts.guid.empty()) {
    bytes = m.facts.guid;
  } else if (by_address && at.is_ip()) {
    bytes.assign(reinterpret_cast<const char*>(at.bytes.data()), at.kind == family::v4 ? 4 : 16);
    if (m.facts.key == hash_key::addr_port) number(at.port, 2);
  } else {
    number(m.facts.id, 4);
  }
  return hash::xxh3(bytes);
}

// Group, totals and the tables that are made anew at every change.
void chooser::state::sum_up(line_up& next) const {
  std::array<std::uint32_t, 2> total{}, count{};
  std::array<std::vector<map_share>, 2> shares;
  next.first_backup = no_server;
  for (server_index s = 0; s < servers.size(); ++s) {
    const auto weight = counts[s].effective.load();
    if (weight == 0) continue;
    const auto kind = servers[s].kind();
    total[kind] += weight;
    ++count[kind];
    if (on_map) shares[kind].push_back({s, weight});
    if (kind == backups && next.first_backup == no_server) next.first_backup = s;
  }
  using group = line_up::group;
  next.in_use = count[actives] != 0   ? group::active
                : count[backups] == 0 ? group::none
                : allbackups          ? group::backup
                                      : group::first_backup;
  next.total = total[next.kind()];
  next.count = count[next.kind()];
  if (next.in_use == group::first_backup) {
    next.count = 1;
    next.total = counts[next.first_backup].effective.load();
  }
  if (on_map)
    next.slots =
        std::make_shared<const std::vector<std::uint32_t>>(map_slots(shares[next.kind()], next.total));
  if (on_wide) {
    std::vector<contestant> all;
    for (server_index s = 0; s < servers.size(); ++s) {
      const auto weight = counts[s].effective.load();
      if (weight != 0 && servers[s].kind() == next.kind()) all.push_back({s, identity_of(servers[s]), weight});
    }
    all = told_apart(std::move(all));
    if (rules.method == hash_method::maglev)
      // The size follows the configuration, not who is up: a server that goes must not move all keys.
      next.slots = std::make_shared<const std::vector<std::uint32_t>>(maglev_slots(all, maglev_size(servers.size())));
    else
      next.contest = std::make_shared<const rendezvous>(all);
  }
  if (rules.kind == algorithm::first) {
    std::vector<server_index> order;
    for (server_index s = 0; s < servers.size(); ++s)
      if (counts[s].effective.load() != 0 && servers[s].kind() == next.kind()) order.push_back(s);
    std::sort(order.begin(), order.end(), [this](server_index a, server_index b) {
      const auto x = servers[a].facts.id, y = servers[b].facts.id;
      return x != y ? x < y : a < b;
    });
    next.by_id = std::make_shared<const std::vector<server_index>>(std::move(order));
  }
}

// `walking` is held. A cursor whose point goes moves to the following point, around the end if need be.
void chooser::state::drop_points(line_up& next, server_index s, std::uint32_t from) {
  const auto kind = servers[s].kind();
  auto left = std::make_shared<const ring>(next.rings[kind]->without(s, from));
  if (cursor.set && cursor.where == kind && cursor.at.owner == s && cursor.at.number >= from) {
    if (left->empty()) {
      cursor.set = false;
    } else {
      const auto i = left->following(cursor.at.key, cursor.at.rank);
      cursor.at = (*left)[i == left->size() ? 0 : i];
    }
  }
  next.rings[kind] = std::move(left);
}

void chooser::state::move_points(line_up& next, server_index s, std::uint32_t before, std::uint32_t now) {
  auto& m = servers[s];
  auto& mine = next.rings[m.kind()];
  std::uint32_t from = before;
  if (now < before) drop_points(next, s, now);
  if (before != 0 && now > m.room) {  // beyond what it had room for: all its points come anew
    drop_points(next, s, 0);
    from = 0;
  }
  m.room = std::max(m.room, now);
  if (now > from) mine = std::make_shared<const ring>(mine->with(s, base_of(m), from, now, ++rank));
}

void chooser::state::apply(server_index s) {
  auto& m = servers[s];
  const auto before = counts[s].effective.load();
  const auto now = effective_of(m);
  if (before == now) return;
  counts[s].effective.store(now);
  if (auto* t = turning[m.kind()].get()) {
    if (now == 0)
      t->remove(s);
    else if (before == 0)
      t->insert(s, now);
    else
      t->reweight(s, now);
  }
  if (auto* l = loading[m.kind()].get()) {
    const auto requests = counts[s].served.load() + counts[s].waiting.load();
    if (now == 0)
      l->remove(s);
    else
      l->put(s, static_cast<std::uint32_t>(std::max(requests, 0)), now, true);
  }
  auto next = std::make_unique<line_up>(shown->latest());
  sum_up(*next);
  const std::lock_guard lock(walking);
  if (on_ring) move_points(*next, s, before, now);
  shown->publish(std::move(next));
}

chooser::chooser(const settings& rules, std::vector<server_facts> servers, bool allbackups, bool tcp_mode,
                 unsigned fullconn)
    : state_(std::make_unique<state>(rules, std::move(servers), allbackups, tcp_mode, fullconn)) {}

chooser::~chooser() = default;

void chooser::set_usable(server_index s, bool usable) {
  const std::lock_guard lock(state_->changing);
  state_->servers[s].usable = usable;
  state_->apply(s);
}

bool chooser::set_weight(server_index s, unsigned weight) {
  const std::lock_guard lock(state_->changing);
  auto& m = state_->servers[s];
  if (weight > 256 || (state_->on_map && weight != 0 && weight != m.configured)) return false;
  m.weight = weight;
  state_->apply(s);
  return true;
}

void chooser::set_warmth(server_index s, unsigned elapsed, unsigned period) {
  const std::lock_guard lock(state_->changing);
  auto& m = state_->servers[s];
  m.elapsed = elapsed;
  m.period = period;
  const bool warm = period == 0 || elapsed >= period;
  state_->counts[s].limit_percent.store(
      warm ? 100 : static_cast<std::uint32_t>(std::uint64_t{100} * elapsed / period));
  state_->apply(s);
}

void chooser::set_address(server_index s, const address& at) {
  const std::lock_guard lock(state_->changing);
  auto& m = state_->servers[s];
  const auto before = state_->base_of(m);
  const auto identity = state_->on_wide ? state_->identity_of(m) : 0;
  m.facts.at = at;
  const auto weight = state_->counts[s].effective.load();
  if (state_->on_wide && weight != 0 && state_->identity_of(m) != identity) {
    auto next = std::make_unique<line_up>(state_->shown->latest());
    state_->sum_up(*next);
    state_->shown->publish(std::move(next));
    return;
  }
  if (!state_->on_ring || weight == 0 || state_->base_of(m) == before) return;
  auto next = std::make_unique<line_up>(state_->shown->latest());
  const std::lock_guard walking(state_->walking);
  state_->drop_points(*next, s, 0);
  state_->move_points(*next, s, 0, weight);
  state_->shown->publish(std::move(next));
}

void chooser::set_maxconn(server_index s, unsigned maxconn) { state_->counts[s].maxconn.store(maxconn); }

bool chooser::usable(server_index s) const { return effective_weight(s) != 0; }

bool chooser::any_usable() const {
  return published<line_up>::reading(*state_->shown)->in_use != line_up::group::none;
}

unsigned chooser::weight(server_index s) const {
  const std::lock_guard lock(state_->changing);
  return state_->servers[s].weight;
}

unsigned chooser::effective_weight(server_index s) const { return state_->counts[s].effective.load(); }

}  // namespace ringway::balance

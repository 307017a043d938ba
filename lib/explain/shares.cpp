#include "explain/shares.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "explain/flows.hpp"
#include "proxy/assemble.hpp"

namespace ringway::explain {

using balance::hash_method;
using balance::no_server;

spread spread_of(const farm& of) {
  spread out;
  const auto shares = of.chooser->shares();
  std::vector<std::size_t> points(shares.size(), 0);
  if (of.hashes())
    for (const auto& each : of.chooser->points()) {
      ++points[each.owner];
      ++out.points;
    }
  double total = 0;
  for (server_index s = 0; s < shares.size(); ++s)
    if (shares[s] > 0 || points[s] > 0) total += of.chooser->weight(s);
  for (server_index s = 0; s < shares.size(); ++s) {
    if (shares[s] <= 0 && points[s] == 0) continue;
    share_row row{s, of.chooser->weight(s), shares[s], of.chooser->weight(s) / total, points[s]};
    out.most = std::max(out.most, row.share / row.due);
    if (std::abs(row.off()) > out.deviation || out.worst == no_server) {
      out.deviation = std::abs(row.off());
      out.worst = s;
    }
    out.rows.push_back(row);
  }
  return out;
}

std::size_t losses_shown(const farm& of) {
  const auto servers = of.of->servers.size();
  switch (of.chooser->rules().method) {
    case hash_method::maglev: return std::min<std::size_t>(servers, servers > 655 ? 8 : 100);
    case hash_method::map_based: return std::min<std::size_t>(servers, of.chooser->points().size() > 5000 ? 8 : 100);
    case hash_method::consistent: return std::min<std::size_t>(servers, 1000);
    case hash_method::rendezvous: break;
  }
  return servers;
}

loss loss_of(const farm& of, server_index lost) {
  const auto spare = of.fresh();
  return loss_of(of, lost, *spare);
}

loss loss_of(const farm& of, server_index lost, balance::chooser& spare) {
  loss out;
  out.lost = lost;
  const auto shares = of.chooser->shares();
  out.share = shares[lost];
  spare.set_usable(lost, false);
  if (!spare.any_usable()) {
    spare.set_usable(lost, true);
    return out;
  }
  const auto left = spare.shares();
  if (of.chooser->rules().method == hash_method::rendezvous) {
    // Its keys go by the same draws without it: to everybody by weight, and nothing else moves.
    for (server_index s = 0; s < left.size(); ++s)
      if (left[s] > 0) out.heirs.emplace_back(s, out.share * left[s]);
  } else {
    std::vector<server_index> same(shares.size());
    std::iota(same.begin(), same.end(), server_index{0});
    const auto moved = movement_of(*of.chooser, spare, same);
    out.error = moved.error;
    std::vector<double> taken(shares.size(), 0);
    for (const auto& each : moved.flows) {
      if (each.from == lost)
        taken[each.to] += each.share;
      else
        out.needless += each.share;
    }
    for (server_index s = 0; s < taken.size(); ++s)
      if (taken[s] > 0) out.heirs.emplace_back(s, taken[s]);
  }
  spare.set_usable(lost, true);
  std::sort(out.heirs.begin(), out.heirs.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return out;
}

void traffic::add(std::string_view key, const balance::key_result& hash, server_index server) {
  const auto [at, fresh] = known_.try_emplace(std::string(key), static_cast<std::uint32_t>(all_.size()));
  if (fresh) {
    all_.push_back({0, hash, server, &at->first});
    all_.back().hash.bytes = {};
    ++keys_[server];
  }
  ++all_[at->second].requests;
  ++requests_[server];
  order_.push_back(at->second);
}

std::vector<traffic::hot> traffic::hottest(std::size_t count) const {
  std::vector<const seen*> sorted;
  for (const auto& each : all_) sorted.push_back(&each);
  count = std::min(count, sorted.size());
  std::partial_sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count), sorted.end(),
                    [](const seen* a, const seen* b) {
                      return a->requests != b->requests ? a->requests > b->requests : *a->text < *b->text;
                    });
  std::vector<hot> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({*sorted[i]->text, sorted[i]->requests, sorted[i]->server});
  return out;
}

std::vector<double> traffic::dues() const {
  std::vector<double> out(requests_.size(), 0);
  for (const auto& row : spread_of(of_).rows) out[row.server] = row.due;
  return out;
}

double traffic::worst(const std::vector<std::uint64_t>& requests) const {
  const double all = static_cast<double>(std::accumulate(requests.begin(), requests.end(), std::uint64_t{0}));
  const auto due = dues();
  double most = 1;
  for (std::size_t s = 0; s < due.size(); ++s)
    if (due[s] > 0 && all > 0) most = std::max(most, static_cast<double>(requests[s]) / all / due[s]);
  return most;
}

double traffic::imbalance(std::size_t without) const {
  auto requests = requests_;
  for (const auto& each : hottest(without)) requests[each.server] -= each.requests;
  return worst(requests);
}

traffic::bounded traffic::under(unsigned factor, unsigned at_once) const {
  bounded out;
  out.factor = factor;
  out.at_once = at_once;
  out.requests.assign(requests_.size(), 0);
  proxy::section_settings changed = *of_.of;
  changed.balance.balance_factor = factor;
  const auto by = proxy::make_chooser(changed);
  of_.become(*by);
  std::deque<server_index> served;
  for (const auto which : order_) {
    const auto& key = all_[which];
    const auto s = by->place(key.hash);
    if (s == no_server) continue;
    by->took(s);
    served.push_back(s);
    ++out.requests[s];
    if (s != key.server) ++out.diverted;
    if (served.size() >= at_once) {
      by->gave_back(served.front());
      served.pop_front();
    }
  }
  out.imbalance = worst(out.requests);
  return out;
}

}  // namespace ringway::explain

#include "explain/site.hpp"

#include <fmt/format.h>

#include "balance/keywords.hpp"
#include "config/suggest.hpp"
#include "proxy/assemble.hpp"

namespace ringway::explain {

using balance::algorithm;
using balance::hash_method;

bool farm::hashes() const {
  const auto kind = chooser->rules().kind;
  return kind == algorithm::source || balance::http_only(kind);
}

std::unique_ptr<balance::chooser> farm::fresh() const {
  auto out = proxy::make_chooser(*of);
  become(*out);
  return out;
}

void farm::become(balance::chooser& other) const {
  for (server_index s = 0; s < other.size(); ++s) {
    other.set_weight(s, chooser->weight(s));
    if (s < moved.size() && moved[s]) other.set_address(s, *moved[s]);
    // A weight of nothing makes a server of no use too, without its being down.
    if (chooser->weight(s) != 0) other.set_usable(s, chooser->usable(s));
  }
}

site::site(const proxy::model& from) {
  for (const auto& section : from.sections) {
    if (section.back) farms_.push_back({&section, proxy::make_chooser(section), {}});
    if (section.front && !section.disabled) fronts_.push_back(&section);
  }
}

const farm* site::backend(std::string_view name) const {
  for (const farm& each : farms_)
    if (each.name() == name) return &each;
  return nullptr;
}
farm* site::backend(std::string_view name) {
  for (farm& each : farms_)
    if (each.name() == name) return &each;
  return nullptr;
}

std::string site::take_down(std::string_view name) {
  bool found = false;
  const std::size_t slash = name.find('/');
  const auto server = slash == std::string_view::npos ? name : name.substr(slash + 1);
  for (farm& each : farms_) {
    if (slash != std::string_view::npos && each.name() != name.substr(0, slash)) continue;
    for (server_index s = 0; s < each.of->servers.size(); ++s) {
      if (each.server(s) != server) continue;
      each.chooser->set_usable(s, false);
      found = true;
    }
  }
  if (found) return {};
  const std::string near = config::did_you_mean(server, server_names());
  return fmt::format("there is no server '{}'{}{}", name, near.empty() ? "" : ": ", near);
}

const proxy::section_settings* site::front(std::string_view name, const proxy::bind_settings*& bind) const {
  for (const auto* each : fronts_)
    if (each->name == name) return each;
  for (const auto* each : fronts_)
    for (const auto& one : each->binds)
      if (!one.name.empty() && one.name == name) {
        bind = &one;
        return each;
      }
  return nullptr;
}

std::vector<const proxy::section_settings*> site::fronts_on(std::uint16_t port) const {
  std::vector<const proxy::section_settings*> out;
  for (const auto* each : fronts_)
    for (const auto& one : each->binds)
      if (one.path.empty() && one.at.port == port) {
        out.push_back(each);
        break;
      }
  return out;
}

const farm* site::default_backend(const proxy::section_settings& front) const {
  if (const farm* named = backend(front.default_backend); named != nullptr && !named->of->disabled) return named;
  return front.back ? backend(front.name) : nullptr;
}

std::vector<std::string_view> site::front_names() const {
  std::vector<std::string_view> out;
  for (const auto* each : fronts_) {
    out.push_back(each->name);
    for (const auto& one : each->binds)
      if (!one.name.empty()) out.push_back(one.name);
  }
  return out;
}
std::vector<std::string_view> site::backend_names() const {
  std::vector<std::string_view> out;
  for (const farm& each : farms_) out.push_back(each.name());
  return out;
}
std::vector<std::string_view> site::server_names() const {
  std::vector<std::string_view> out;
  for (const farm& each : farms_)
    for (const auto& one : each.of->servers) out.push_back(one.name);
  return out;
}

std::string address_text(const servers::settings& of) {
  if (!of.unix_path.empty()) return std::string(of.unix_abstract ? prefix_of(of.unix_length) : "") + of.unix_path;
  address at = of.ip;
  at.port = of.port;
  const bool with_port = of.port != 0;
  if (!of.host.empty()) return with_port ? fmt::format("{}:{}", of.host, of.port) : of.host;
  return with_port ? at.text() : at.host_text();
}

std::string address_text(const proxy::bind_settings& of) {
  if (!of.path.empty()) return std::string(of.abstract ? prefix_of(of.length) : "") + of.path;
  if (of.fd >= 0) return fmt::format("fd@{}", of.fd);
  if (!of.host.empty()) return fmt::format("{}:{}", of.host, of.at.port);
  if (of.at.kind == family::v4 && of.at.host_text() == "0.0.0.0") return fmt::format("*:{}", of.at.port);
  return of.at.text();
}

std::string_view algorithm_name(const balance::settings& of) { return balance::name_of(of.kind); }

std::string_view hash_type_name(hash_method of) {
  switch (of) {
    case hash_method::map_based: return "map-based";
    case hash_method::consistent: return "consistent";
    case hash_method::maglev: return "maglev";
    case hash_method::rendezvous: return "rendezvous";
  }
  return "";
}

std::string_view function_name(const balance::settings& of) {
  if (balance::is_wide(of.method)) return "xxh3";
  if (of.kind == algorithm::source) return "xor";
  switch (of.function) {
    case balance::hash_function::sdbm: return "sdbm";
    case balance::hash_function::djb2: return "djb2";
    case balance::hash_function::wt6: return "wt6";
    case balance::hash_function::crc32: return "crc32";
    case balance::hash_function::none: return "none";
  }
  return "";
}

std::string algorithm_text(const balance::settings& of) {
  std::string out = fmt::format("balance {}", algorithm_name(of));
  if (of.kind == algorithm::hdr) out += fmt::format("({}){}", of.name, of.use_domain_only ? " use_domain_only" : "");
  if (of.kind == algorithm::url_param) out += " " + of.name;
  if (of.kind == algorithm::random) out += fmt::format("({})", of.draws);
  if (of.kind == algorithm::uri) {
    if (of.uri_len != 0) out += fmt::format(" len {}", of.uri_len);
    if (of.uri_depth != 0) out += fmt::format(" depth {}", of.uri_depth);
    if (of.uri_whole) out += " whole";
    if (of.uri_path_only) out += " path-only";
  }
  if (of.kind != algorithm::source && !balance::http_only(of.kind)) return out;
  out += fmt::format(", hash-type {}", hash_type_name(of.method));
  if (!balance::is_wide(of.method)) {
    const bool implied = of.method == hash_method::consistent && of.function == balance::hash_function::sdbm && of.avalanche;
    if (!implied && (of.function != balance::hash_function::sdbm || of.avalanche || of.method == hash_method::consistent)) {
      balance::settings named = of;
      named.kind = algorithm::uri;  // source has no function, but its words stand in the file
      out += fmt::format(" {}{}", function_name(named), of.avalanche ? " avalanche" : "");
    }
  }
  if (of.balance_factor != 0) out += fmt::format(", hash-balance-factor {}", of.balance_factor);
  return out;
}

std::string_view what_it_does(algorithm of) {
  switch (of) {
    case algorithm::roundrobin: return "its servers take turns by weight: no request belongs to one of them";
    case algorithm::static_rr: return "its servers take turns by weights fixed at the start: no request belongs to one of them";
    case algorithm::leastconn: return "the server with the fewest connections for its weight comes next: no request belongs to one of them";
    case algorithm::first: return "the server with the smallest id that has room comes next: no request belongs to one of them";
    case algorithm::random: return "the less loaded of a few servers drawn by lot comes next: no request belongs to one of them";
    case algorithm::source:
    case algorithm::uri:
    case algorithm::url_param:
    case algorithm::hdr: break;
  }
  return {};
}

}  // namespace ringway::explain

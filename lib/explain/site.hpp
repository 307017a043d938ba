// A configuration as the proxy would start with it: its sections, and for each backend the proxy's own chooser.
// Nothing is bound, resolved or checked: every server takes part that is not disabled, unless said to be down.
//
// One thread; choosers keep their state (turns) from one question to the next. The model must outlive the site.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/chooser.hpp"
#include "proxy/model.hpp"

namespace ringway::explain {

using balance::server_index;

struct farm {
  const proxy::section_settings* of = nullptr;
  std::unique_ptr<balance::chooser> chooser;
  std::vector<std::optional<address>> moved{};  // by server: where a running process has it; empty: as written

  const std::string& name() const { return of->name; }
  const std::string& server(server_index s) const { return of->servers[s].name; }
  bool hashes() const;         // by a key: source, uri, url_param, hdr
  bool http() const { return of->kind == proxy::mode::http; }
  std::unique_ptr<balance::chooser> fresh() const;  // another one of the same settings and state
  void become(balance::chooser& other) const;       // another of the same servers: the same down, weights and addresses
};

class site {
 public:
  explicit site(const proxy::model& from);

  const std::vector<farm>& farms() const { return farms_; }
  std::vector<farm>& farms() { return farms_; }
  const std::vector<const proxy::section_settings*>& fronts() const { return fronts_; }
  const farm* backend(std::string_view name) const;  // nullptr: none of that name
  farm* backend(std::string_view name);

  // "server", in every backend that has one of that name, or "backend/server". Empty: done; else one sentence.
  std::string take_down(std::string_view name);

  // The frontend of that name, or with a bind of that name; `bind` is set for the latter.
  const proxy::section_settings* front(std::string_view name, const proxy::bind_settings*& bind) const;
  // Frontends that have a TCP address with this port.
  std::vector<const proxy::section_settings*> fronts_on(std::uint16_t port) const;
  // Its default_backend, or itself for a listen section without one; nullptr: none.
  const farm* default_backend(const proxy::section_settings& front) const;

  std::vector<std::string_view> front_names() const;    // with names of binds
  std::vector<std::string_view> backend_names() const;
  std::vector<std::string_view> server_names() const;

 private:
  std::vector<farm> farms_;
  std::vector<const proxy::section_settings*> fronts_;
};

// "app1:5001", "192.0.2.1:80", "/run/app.sock": as the configuration has it.
std::string address_text(const servers::settings& of);
std::string address_text(const proxy::bind_settings& of);
// "balance source, hash-type consistent" and what else decides, in the configuration's words.
std::string algorithm_text(const balance::settings& of);
std::string_view algorithm_name(const balance::settings& of);    // "source"; "hdr(host)" is "hdr"
std::string_view hash_type_name(balance::hash_method of);
std::string_view function_name(const balance::settings& of);     // "sdbm", "xxh3"; of source "xor"

// What an algorithm that uses no key does instead, one sentence; empty: it uses one.
std::string_view what_it_does(balance::algorithm of);

}  // namespace ringway::explain

// From the model to what runs: frontends and backends with their live state, names resolved to pointers. The model
// must be valid (app/validate). Opens no socket and starts no thread.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "proxy/runtime.hpp"

namespace ringway::proxy {

struct assembly {
  unsigned workers = 1;
  unsigned maxconn = 0;  // global; 0: no limit
  unsigned pipes = 0;    // for splicing, shared out among the workers; 0: bodies are copied
  std::optional<unsigned> frontend_maxconn;  // of frontends that say nothing (-N); unset: global's
  // Called on the control thread with every state sentence, besides the backend's own log; empty: not at all.
  std::function<void(const std::string& backend, const servers::sentence&)> console;
  // The same for what workers notice about the configuration; on their threads.
  std::function<void(const std::string& text)> notice;
};

// The chooser of a backend as it is before any check or look-up of names: all servers that are not disabled take part.
// `fullconn`: what it is by default, as far as that is known; unset: as the section says.
std::unique_ptr<balance::chooser> make_chooser(const section_settings& from, std::optional<unsigned> fullconn = {});

std::unique_ptr<runtime> assemble(const model& from, const assembly& how);

}  // namespace ringway::proxy

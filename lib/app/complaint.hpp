// What went wrong at start-up, said so that it can be acted on. The supervisor turns it into a diagnostic.
#pragma once
#include <optional>
#include <string>

#include "config/span.hpp"

namespace ringway::app {

struct complaint {
  std::string id;       // stable kebab-case name of the kind, as in config::diagnostic
  std::string message;  // one sentence, no final dot
  std::string help;     // what to do; empty: nothing to add
  config::span where;   // line 0: the command line or the system, no place in the configuration
};

// nullopt: it worked.
using outcome = std::optional<complaint>;

}  // namespace ringway::app

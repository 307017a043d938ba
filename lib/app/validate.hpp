// What only the whole configuration shows: names that nobody declared, addresses bound twice, settings that do not
// fit the mode. Fills what is derived (ids), so that the model is ready to be assembled.
#pragma once
#include "config/diagnostic.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Main thread. May change the model as it says in its warnings (an HTTP algorithm in tcp mode becomes roundrobin).
void validate(proxy::model& of, config::diagnostics& report);

}  // namespace ringway::app

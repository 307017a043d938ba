// `track` of server lines: which server each follows. Configuration manual 5.2.
#pragma once
#include "config/diagnostic.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Fills in the numbers of every `track`, and refuses what names no server, one that nothing is known of
// (without check and without track), itself, a circle of servers, or stands beside `check`. Call once all
// sections are read.
void resolve_tracks(proxy::model& of, config::diagnostics& report);

}  // namespace ringway::app

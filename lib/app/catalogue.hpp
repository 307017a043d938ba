// Every table of every room, mounted in one readable list.
#pragma once
#include "config/catalogue.hpp"

namespace ringway::app {

// Built at the first call; then only read, from any thread.
const config::catalogue& catalogue();

}  // namespace ringway::app

// Knits the rooms together and runs the process: from a checked model to workers, checks, names and signals, and
// back down. Thread: the main one, which becomes the control thread (checks, names, signals) while workers run.
#pragma once
#include <string>
#include <string_view>

#include "app/command_service.hpp"
#include "app/options.hpp"
#include "app/process.hpp"
#include "io/resolver.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Says one line to the operator, HAProxy's way: "[ALERT]    (pid) : text".
void say(std::string_view severity, std::string_view text);
void say_help(std::string_view text);  // below it; empty: nothing

// What --resolve says, as the resolver's table.
io::fixed_names fixed_names_of(const options& said);

// Runs until told to stop.
ending run(proxy::model model, const options& said, origins from = {});

}  // namespace ringway::app

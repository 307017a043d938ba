// The rows of the subcommands, each defined beside what it does (command_NAME.cpp). Listed in subcommands.cpp.
#pragma once
#include "app/subcommands.hpp"

namespace ringway::app {

extern const subcommand route_command;
extern const subcommand ring_command;
extern const subcommand diff_command;
extern const subcommand migrate_command;

}  // namespace ringway::app

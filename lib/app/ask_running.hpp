// Subcommands that ask a running process over its stats socket. Main thread; blocking, a few seconds at most.
#pragma once
#include <string>
#include <string_view>

#include "app/tools.hpp"
#include "explain/site.hpp"

namespace ringway::app {

// One command, one answer. `where`: a path, unix@PATH, abns@NAME, or ADDRESS:PORT with or without ipv4@,
// ipv6@. Empty: answered; else why not, one sentence.
std::string ask_running(const std::string& where, std::string_view command, std::string& answer);

// The files of the configuration for a subcommand with -f and --running: those of -f, else those that the
// process says it runs. Reads them, and warns of those that changed meanwhile. False: said on stderr.
bool read_configuration_of(const said& words, std::string_view subcommand, configuration& out);
// --running: the site's servers become what the process says. False: said on stderr.
bool follow_running(const said& words, std::string_view subcommand, explain::site& site);

}  // namespace ringway::app

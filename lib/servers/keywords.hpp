// The words of `server` and `default-server` lines (configuration.txt 5.2). The line itself, which knows the
// section, is read by proxy/keywords_server.
#pragma once
#include <span>

#include "config/endpoint.hpp"
#include "config/keyword.hpp"
#include "servers/settings.hpp"

namespace ringway::servers {

std::span<const config::keyword> server_keywords();  // fill servers::settings
std::span<const config::keyword> source_keywords();  // place::source; fill servers::source_settings

}  // namespace ringway::servers

// The rows of `log`, its words, log-tag, log-send-hostname and the log options (configuration.txt 3.1, 4.2, 8).
#pragma once
#include <span>

#include "config/keyword.hpp"
#include "log/settings.hpp"

namespace ringway::log {

std::span<const config::keyword> global_keywords();   // fill log::global_settings
std::span<const config::keyword> section_keywords();  // fill log::settings
std::span<const config::keyword> target_keywords();   // place::log, words behind the address; target_settings

}  // namespace ringway::log

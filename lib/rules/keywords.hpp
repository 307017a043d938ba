// The rows of rules, and the tables behind them as rows of the manual.
#pragma once
#include <span>
#include <string_view>

#include "config/keyword.hpp"
#include "rules/ruleset.hpp"

namespace ringway::rules {

std::span<const config::keyword> section_keywords();    // fill rules::section
std::span<const config::keyword> http_actions();        // place::http_request; fill http_rule
std::span<const config::keyword> connection_actions();  // place::tcp_connection, tcp_session; fill connection_rule
std::span<const config::keyword> fetch_keywords();      // place::fetch; for the manual
std::span<const config::keyword> converter_keywords();  // place::converter; for the manual


// What has no row: a sample, or one with a matching method behind it, that a condition may begin with ("path_beg");
// the name of a variable in formats, without its percent sign ("ci").
bool is_criterion(std::string_view name);
bool is_format_variable(std::string_view name);

}  // namespace ringway::rules

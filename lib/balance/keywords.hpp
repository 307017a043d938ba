// The rows of `balance`, `hash-type` and what belongs to them (configuration.txt 4.2). The words behind `balance`
// are rows too: one for every algorithm.
#pragma once
#include <span>

#include "balance/settings.hpp"
#include "config/keyword.hpp"

namespace ringway::balance {

std::span<const config::keyword> section_keywords();    // lines of proxies; fill balance::settings
std::span<const config::keyword> algorithm_keywords();  // place::balance; fill balance::settings
std::span<const config::choice<hash_key>> hash_key_names();

std::string_view name_of(algorithm kind);
bool http_only(algorithm kind);  // reads the request: useless in tcp mode

}  // namespace ringway::balance

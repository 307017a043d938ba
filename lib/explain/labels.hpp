// Names of servers made short where there is no room for them: what they have in common is left out, so that they stay
// different. Pure.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "explain/site.hpp"

namespace ringway::explain {

// One label for each name, at most `width` cells (from 4), in the same order; names that differ have labels that
// differ. When all names fit they are left alone. "web-prod-eu-west-1a-i-0a1b2c3d4e" in 17: "web-pr…0a1b2c3d4e".
std::vector<std::string> labels_of(const std::vector<std::string_view>& names, std::size_t width);

// The labels of a backend's servers, by server.
std::vector<std::string> labels_of(const farm& of, std::size_t width);

}  // namespace ringway::explain

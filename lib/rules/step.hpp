// One rule looked at: whether its condition holds, and a note of it for whoever wants to know.
#pragma once
#include "rules/ruleset.hpp"

namespace ringway::rules {

bool applies(const rule& one, const section& of, const context& in, trace* seen);

}  // namespace ringway::rules

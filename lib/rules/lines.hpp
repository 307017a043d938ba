// What the lines of rules have in common.
#pragma once
#include <span>

#include "config/arguments.hpp"
#include "config/keyword.hpp"
#include "rules/ruleset.hpp"

namespace ringway::rules {

// False after saying that rules need a defaults section with a name.
bool may_stand(const section& to, config::arguments& from);
bool at_condition(const config::arguments& from);  // the line's end, `if` or `unless` comes next
// The line's place and text, and the condition that ends it; reports, and says false.
bool end_of_rule(section& to, rule& into, config::arguments& from);
// Says that the rule is run before others that stand above it.
void note_order(section& to, section::stage now, config::arguments& from, std::string_view word);
// Criteria of the condition that need a request at a point where there is none yet.
void note_early(const section& of, const rule& one, config::arguments& from);

std::span<const config::keyword> http_lines();        // fill rules::section
std::span<const config::keyword> connection_lines();  // fill rules::section

}  // namespace ringway::rules

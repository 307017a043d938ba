// What `ringway ring` says of one backend, as text and as JSON.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "explain/json.hpp"
#include "explain/picture.hpp"
#include "explain/shares.hpp"

namespace ringway::explain {

struct ring_report {
  const farm* of = nullptr;
  spread by;
  std::vector<loss> losses;         // see losses_wanted
  const traffic* seen = nullptr;    // --keys; null: none
  std::optional<traffic::bounded> bounded;  // hash types that know hash-balance-factor
};
// Called while something takes long: how many of how many are done.
using step_listener = std::function<void(std::size_t done, std::size_t of)>;
enum class losses_wanted : std::uint8_t { for_text, all };  // the few that text_of shows, or as many as is reasonable
// `at_once`: requests served at a time, for what hash-balance-factor does to `seen` (may be null).
ring_report report_on(const farm& of, const traffic* seen, unsigned at_once, losses_wanted which, const step_listener& told = {});

std::string text_of(const ring_report& of, const picture_style& how);
void write(json& out, const ring_report& of);  // one object

}  // namespace ringway::explain

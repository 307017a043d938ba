// "Did you mean …?": the nearest phrase among those allowed at a place.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringway::config {

// The candidate that a person most probably meant by `typed`, or nullopt when none is near enough to be worth
// saying. Knows swapped, missing and doubled letters, case, '-' for '_' (and for a space), and words of a
// phrase in another order ("conect timeout"). Deterministic: of two equally near candidates the first given
// wins. The view returned points into `candidates`.
std::optional<std::string_view> nearest(std::string_view typed, std::span<const std::string_view> candidates);
std::optional<std::string_view> nearest(std::string_view typed, const std::vector<std::string>& candidates);

// "did you mean 'X'?" or empty.
std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates);
std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates);

}  // namespace ringway::config

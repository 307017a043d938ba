// Pieces of a request target.
#pragma once
#include <string_view>

namespace ringway::rules {

// From the first slash of the path on, query included; empty: the target has none ("*", an authority, "http://host").
constexpr std::string_view path_of(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::size_t slash = target.find('/', scheme + 3);
  const std::size_t mark = target.find('?', scheme + 3);
  if (slash == std::string_view::npos || mark < slash) return {};
  return target.substr(slash);
}

}  // namespace ringway::rules

#include "config/environment.hpp"

#include <unistd.h>
#include <algorithm>

#include "base/text.hpp"

namespace ringway::config {

environment environment::of_process() {
  environment result;
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    // Of two entries with one name getenv() finds the first.
    result.values_.try_emplace(std::string(text.substr(0, equals)), text.substr(equals + 1));
  }
  return result;
}

std::optional<std::string_view> environment::find(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

void environment::set(std::string_view name, std::string_view value) {
  values_.insert_or_assign(std::string(name), std::string(value));
}

bool environment::preset(std::string_view name, std::string_view value) {
  return values_.try_emplace(std::string(name), value).second;
}

bool environment::unset(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return false;
  values_.erase(found);
  return true;
}

void environment::reset(const std::vector<std::string>& keep) {
  std::erase_if(values_, [&](const auto& entry) {
    return std::find(keep.begin(), keep.end(), entry.first) == keep.end();
  });
}

std::vector<std::string> environment::entries() const {
  std::vector<std::string> result;
  result.reserve(values_.size());
  for (const auto& [name, value] : values_) result.push_back(name + '=' + value);
  return result;
}

bool environment::valid_name(std::string_view name) {
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_'; });
}

}  // namespace ringway::config

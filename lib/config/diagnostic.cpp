#include "config/diagnostic.hpp"

#include <algorithm>

namespace ringway::config {
namespace {

diagnostic& append(std::vector<diagnostic>& list, severity level, std::string id, span where,
                   std::string message, std::string help) {
  return list.emplace_back(diagnostic{level, std::move(id), where, std::move(message), std::move(help), {}, {}});
}

}  // namespace

diagnostic& diagnostics::alert(std::string id, span where, std::string message, std::string help) {
  return append(list_, severity::alert, std::move(id), where, std::move(message), std::move(help));
}

diagnostic& diagnostics::warning(std::string id, span where, std::string message, std::string help) {
  return append(list_, severity::warning, std::move(id), where, std::move(message), std::move(help));
}

diagnostic& diagnostics::notice(std::string id, span where, std::string message, std::string help) {
  return append(list_, severity::notice, std::move(id), where, std::move(message), std::move(help));
}

diagnostic& diagnostics::diag(std::string id, span where, std::string message, std::string help) {
  return append(list_, severity::diag, std::move(id), where, std::move(message), std::move(help));
}

diagnostic& diagnostics::advice(std::string id, span where, std::string message, std::string help) {
  return append(list_, severity::advice, std::move(id), where, std::move(message), std::move(help));
}

std::size_t diagnostics::count(severity level) const {
  return static_cast<std::size_t>(
      std::count_if(list_.begin(), list_.end(), [&](const diagnostic& each) { return each.level == level; }));
}

}  // namespace ringway::config

// Which lines of the configuration have been refused so far: what is missing below one may have stood there,
// so it is no mistake of its own. Follows the diagnostics as they come; each is looked at once.
#pragma once
#include <cstddef>
#include <cstdint>
#include <set>
#include <utility>

#include "config/diagnostic.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

class refused_lines {
 public:
  // Both outlive it.
  refused_lines(const proxy::model& of, const config::diagnostics& report);
  // An alert points at this line.
  bool has(const config::span& where);
  // An alert points at a line of this section.
  bool within(const proxy::section_settings& section);
  // An alert speaks of a timeout, or of a log line: perhaps of one in defaults.
  bool timeout();
  bool log();

 private:
  using line = std::pair<std::uint32_t, std::uint32_t>;  // file, line
  void catch_up();

  const config::diagnostics& report_;
  std::size_t read_ = 0;  // diagnostics looked at
  std::set<line> lines_, sections_;
  bool timeout_ = false, log_ = false;
};

}  // namespace ringway::app

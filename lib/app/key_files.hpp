// Real requests for `ring --keys` and `diff --keys`: read from logs, placed by a site, counted for each backend.
// Main thread; blocking.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/tools.hpp"
#include "explain/route.hpp"
#include "explain/shares.hpp"

namespace ringway::app {

// "auto", "uri", ...; false: said on stderr. Empty: auto.
bool input_kind_of(std::string_view name, std::string_view subcommand, explain::input_kind& out);

class traffic_of {
 public:
  traffic_of(explain::site& site, std::string_view subcommand);
  // Every file, line by line. False: nothing could be read or placed (said on stderr).
  bool read(std::span<const std::string> files, std::string_view input, const explain::presumed& with);
  // What reached that backend by a key; nullptr: nothing.
  const explain::traffic* of(const explain::farm& back) const;

 private:
  explain::site& site_;
  std::string subcommand_;
  std::vector<std::unique_ptr<explain::traffic>> seen_;  // by number of the backend
};

}  // namespace ringway::app

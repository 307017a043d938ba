// Text -> model: reads files through the catalogue's rows, then validates. Main thread, start-up and reload only.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/condition.hpp"
#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/keyword.hpp"
#include "config/outline.hpp"
#include "config/source.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

struct load_options {
  std::vector<std::string> files;                              // as -f: files, directories, "-"
  std::vector<std::pair<std::string, std::string>> texts;      // name and text, read behind the files
  bool syntax_only = false;   // nothing outside the configuration is looked at
  bool say_no_effect = false;  // -V: a notice for every keyword without effect
  config::build_facts facts;   // for .if
  std::optional<bool> h1_as_haproxy;  // over global's h1-parsing
};

// Reads everything and reports every mistake of every file; the model holds what could be understood. It may be
// used only when the diagnostics did not fail. `variables` is changed by setenv and its kind. Names are not
// resolved, users and groups not looked up. `seen`, if any, gets every line as it was understood. `sources` must outlive the diagnostics.
proxy::model load(const load_options& what, config::environment& variables, config::source_set& sources,
                  config::diagnostics& report, config::outline* seen = nullptr);

// The rows of section words: global, defaults, frontend, listen, backend. For the catalogue.
std::span<const config::keyword> section_openers();

}  // namespace ringway::app

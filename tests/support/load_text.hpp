// A configuration given as text, loaded without a look at anything outside it.
#pragma once
#include <memory>
#include <string>

#include "app/load.hpp"

namespace ringway::test {

struct loaded {
  std::unique_ptr<config::source_set> sources = std::make_unique<config::source_set>();
  config::environment variables;
  config::diagnostics report;
  proxy::model model;
  config::outline outline;

  std::string rendered() const { return render_text(report, *sources, {}); }
};

inline loaded load_text(std::string text, std::string name = "test.cfg", app::load_options how = {}) {
  loaded out;
  how.syntax_only = true;
  how.texts.emplace_back(std::move(name), std::move(text));
  out.model = app::load(how, out.variables, *out.sources, out.report, &out.outline);
  return out;
}

}  // namespace ringway::test

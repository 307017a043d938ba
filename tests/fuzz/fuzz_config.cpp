// Configuration: no text crashes the loader; every message has a place, and is safe to show.
#include "fuzz.hpp"
#include "support/load_text.hpp"

using namespace ringway;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const test::loaded got = test::load_text(std::string(fuzz::text_of(data, size)));
  for (const auto& one : got.report.all()) {
    fuzz::must(!one.message.empty() && !one.id.empty(), "a message says something");
    // A file in which nothing is has no place to point at.
    fuzz::must(one.where.line > 0 || one.id == "nothing-configured", "a message has a place", one.id + ": " + one.message);
  }
  const std::string shown = got.rendered();
  for (const char c : shown)
    fuzz::must(c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), "safe for a terminal",
               shown);
  fuzz::must(render_json(got.report, *got.sources).ends_with("\n"), "JSON is complete");
  return 0;
}

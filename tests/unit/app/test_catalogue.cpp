// The tables themselves: every row does what it says, stands in the manual, and no two share a place.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "app/catalogue.hpp"
#include "base/columns.hpp"
#include "config/manual.hpp"
#include "support/around.hpp"
#include "support/load_text.hpp"

using namespace ringway;
using config::keyword;
using config::place;
using config::status;

namespace {

std::string alerts(const config::diagnostics& report) {
  std::string out;
  for (const config::diagnostic& each : report.all())
    if (each.level == config::severity::alert) out += fmt::format("{}: {}\n", each.id, each.message);
  return out;
}

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("every row that does something takes its own example wherever it is allowed") {
  std::size_t tried = 0;
  for (const auto& each : app::catalogue().all()) {
    const keyword& row = *each.row;
    if (row.state != status::full && row.apply == nullptr) continue;
    CAPTURE(row.name);
    CHECK_FALSE(row.summary.empty());
    REQUIRE_FALSE(row.example.empty());
    const std::string last_word(row.name.substr(row.name.rfind(' ') + 1));
    CHECK(row.example.find(last_word) != std::string_view::npos);
    for (const place here : config::all_places) {
      if (!has(row.allowed, here)) continue;
      const std::string text = test::around(here, row.example) + "http-errors site\n errorfile 503 /dev/null\n";
      CAPTURE(text);
      test::loaded done = test::load_text(text);
      CHECK(alerts(done.report) == "");
      for (const auto& said : done.report.all()) CHECK(said.id != "misplaced-keyword");
      ++tried;
    }
  }
  CHECK(tried > 150);
}

TEST_CASE("every other keyword of HAProxy is known by name, with one message for it alone") {
  std::size_t tried = 0;
  for (const auto& each : app::catalogue().all()) {
    const keyword& row = *each.row;
    if (row.state == status::full || row.apply != nullptr) continue;
    for (const place here : config::all_places) {
      if (!has(row.allowed, here) || here == place::command) continue;
      std::string line = here == place::balance ? fmt::format("balance {}", row.name) : std::string(row.name);
      for (int value = 0; value < row.arity; ++value) line += " value";
      const bool words_of_a_line = here != place::file && here != place::global && !any(here & config::proxies);
      if (here == place::converter) line = "str(x)," + line;
      for (int value = 0; value < row.least; ++value) line += " value";
      if (!words_of_a_line && row.most < 0) line += " some more words";
      const std::string text = test::around(here, line);
      CAPTURE(text);
      test::loaded done = test::load_text(text);
      std::size_t said = 0;
      for (const auto& one : done.report.all()) {
        if (one.level != config::severity::alert) continue;
        CHECK(one.id == "not-supported-yet");
        ++said;
      }
      CHECK(said == (row.state == status::not_yet ? 1 : 0));
      ++tried;
    }
  }
  CHECK(tried > 800);
}

TEST_CASE("two rows of one name in one place are refused when they are mounted") {
  static constexpr keyword rows[] = {{.name = "one", .allowed = place::global | place::listen},
                                     {.name = "two", .allowed = place::global},
                                     {.name = "one", .allowed = place::listen}};
  config::catalogue c;
  CHECK_THROWS_AS(c.mount("test", rows), std::logic_error);
}

TEST_CASE("every row stands in the manual, and conf/KEYWORDS.md is that manual") {
  const std::string manual = config::markdown(app::catalogue());
  for (const auto& each : app::catalogue().all()) {
    CAPTURE(each.row->name);
    const bool bold = manual.find(fmt::format("**{}**", each.row->name)) != std::string::npos;
    const bool listed = manual.find(fmt::format("`{}`", each.row->name)) != std::string::npos;
    CHECK((each.row->state == status::full ? bold : listed));
  }
  const std::string path = RINGWAY_SOURCE_DIR "/conf/KEYWORDS.md";
  if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) std::ofstream(path, std::ios::binary) << manual;
  CHECK_MESSAGE(contents(path) == manual, "run RINGWAY_WRITE_GENERATED=1 test_app and commit the file");
}

TEST_CASE("--help-keywords: what it finds, in 80 columns") {
  const auto& c = app::catalogue();
  for (const std::string_view pattern : {"", "timeout", "hash*", "zzzz", "BALANCE"}) {
    CAPTURE(pattern);
    std::stringstream lines(config::print_keywords(c, pattern));
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(columns_of(line) <= 80);
    }
  }
  const std::string found = config::print_keywords(c, "hash*");
  CHECK(found.find("hash-type map-based|consistent") != std::string::npos);
  CHECK(found.find("roundrobin") == std::string::npos);
  CHECK(config::print_keywords(c, "timeot client").find("did you mean 'timeout client'?") != std::string::npos);
  CHECK(config::print_keywords(c, "stick-table").find("not supported yet") != std::string::npos);
}

// Shares, losses, moves and decisions, each against counting what the chooser answers.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "explain/difference.hpp"
#include "explain/flows.hpp"
#include "explain/ring_report.hpp"
#include "explain/route.hpp"
#include "support/load_text.hpp"

using namespace ringway;
using namespace ringway::explain;

namespace {

std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string written(std::string_view balance, std::string_view servers) {
  return fmt::format("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                     "frontend f\n bind *:80\n default_backend b\nbackend b\n {}\n{}",
                     balance, servers);
}

std::string lines_of(std::initializer_list<std::string_view> words) {
  std::string out;
  int i = 0;
  for (const auto each : words) out += fmt::format(" server {0} 192.0.2.{1}:80{2}\n", each.substr(0, each.find(' ')), ++i,
                                                   each.find(' ') == std::string_view::npos ? "" : each.substr(each.find(' ')));
  return out;
}

// A share counted over n draws lies within four standard deviations.
bool near(double counted, double said, double n) {
  return std::abs(counted - said) <= 4 * std::sqrt(std::max(said * (1 - said), 1e-5) / n);
}

constexpr std::string_view kinds[] = {"balance uri\n hash-type consistent",        "balance uri\n hash-type map-based",
                                      "balance source\n hash-type consistent",     "balance uri\n hash-type consistent wt6 avalanche",
                                      "balance uri\n hash-type maglev",            "balance source\n hash-type rendezvous"};
constexpr double draws = 1'000'000;

}  // namespace

TEST_CASE("shares agree with a count over a million keys, and losses with one after the loss") {
  for (const auto kind : kinds) {
    CAPTURE(kind);
    auto done = test::load_text(written(kind, lines_of({"a", "b weight 3", "c", "d weight 2", "e backup"})));
    site of(done.model);
    farm& back = *of.backend("b");
    const auto spread = spread_of(back);
    CHECK(spread.rows.size() == 4);
    std::vector<double> counted(5, 0);
    lot keys;
    for (int i = 0; i < static_cast<int>(draws); ++i) {
      keys.draw();
      ++counted[back.chooser->place(keys.key(back.chooser->rules()))];
    }
    double sum = 0;
    for (const auto& row : spread.rows) {
      sum += row.share;
      CHECK(near(counted[row.server] / draws, row.share, draws));
    }
    CHECK(sum == doctest::Approx(1));
    const auto lost = loss_of(back, 1);
    double inherited = 0;
    for (const auto& [heir, share] : lost.heirs) inherited += share;
    CHECK(inherited == doctest::Approx(lost.share).epsilon(0.002));
    auto after = back.fresh();
    after->set_usable(1, false);
    std::vector<double> heirs(5, 0);
    double needless = 0;
    lot again(99);
    for (int i = 0; i < 200000; ++i) {
      again.draw();
      const auto key = again.key(back.chooser->rules());
      const auto from = back.chooser->place(key), to = after->place(key);
      if (from == 1)
        ++heirs[to];
      else if (from != to)
        ++needless;
    }
    for (const auto& [heir, share] : lost.heirs) CHECK(std::abs(heirs[heir] / 200000 - share) < 0.006);
    CHECK(std::abs(needless / 200000 - lost.needless) < 0.006);
  }
}

TEST_CASE("the arcs of a ring are its placements") {
  auto done = test::load_text(written(kinds[0], lines_of({"a id 9", "b", "c weight 7", "d id 1048585"})));
  site of(done.model);
  auto& by = *of.backend("b")->chooser;
  std::uint64_t at = 0;
  for (const auto& arc : by.arcs()) {
    CHECK(arc.begin == at);
    at += arc.length;
    for (const std::uint64_t hash : {std::uint64_t{arc.begin}, arc.begin + arc.length / 2, arc.begin + arc.length - 1})
      CHECK(by.explain(static_cast<std::uint32_t>(hash)).owner == arc.owner);
  }
  CHECK(at == std::uint64_t{1} << 32);
}

TEST_CASE("the share that a change moves agrees with a count over a million keys") {
  struct row {
    std::string_view before, after;
    std::string old_servers, new_servers;
  };
  const row rows[] = {
      {kinds[0], kinds[0], lines_of({"a", "b", "c"}), lines_of({"a", "x", "b", "c"})},
      {kinds[0], kinds[0], lines_of({"a", "b", "c"}), lines_of({"a", "c id 3"})},
      {kinds[1], kinds[1], lines_of({"a", "b", "c"}), lines_of({"a", "b weight 2", "c"})},
      {kinds[2], kinds[2], lines_of({"a", "b weight 9", "c"}), lines_of({"a", "b", "c"})},
      {kinds[4], kinds[4], lines_of({"a", "b", "c"}), lines_of({"a", "b", "c", "d"})},
      {kinds[0], kinds[3], lines_of({"a", "b", "c"}), lines_of({"a", "b", "c"})},
      {kinds[1], kinds[4], lines_of({"a", "b", "c"}), lines_of({"a", "b", "c", "d"})},
      {kinds[5], kinds[5], lines_of({"a", "b", "c"}), lines_of({"a", "c"})},
  };
  for (const auto& each : rows) {
    CAPTURE(each.before);
    CAPTURE(each.new_servers);
    auto old_model = test::load_text(written(each.before, each.old_servers), "old.cfg");
    auto new_model = test::load_text(written(each.after, each.new_servers), "new.cfg");
    site before(old_model.model), after(new_model.model);
    const auto changes = backends_changed(before, after, *new_model.sources);
    REQUIRE(changes.size() == 1);
    const auto& told = changes[0];
    REQUIRE(told.hashed);
    double moved = 0;
    lot keys(5);
    for (int i = 0; i < static_cast<int>(draws); ++i) {
      keys.draw();
      const auto from = told.before->chooser->place(keys.key(told.before->chooser->rules()));
      const auto to = told.after->chooser->place(keys.key(told.after->chooser->rules()));
      moved += told.same[from] != to;
    }
    CHECK(std::abs(moved / draws - told.keys.moved) < 0.0025 + told.keys.error);
    CHECK(told.keys.least <= told.keys.moved + 1e-9);
    double flowing = 0;
    for (const auto& flow : told.keys.flows) flowing += flow.share;
    CHECK(flowing == doctest::Approx(told.keys.moved));
  }
}

TEST_CASE("a server in the middle shifts the numbers behind it; the advice keeps every point") {
  struct row {
    std::string before, after;
    std::vector<std::pair<std::string, std::uint32_t>> ids;
  };
  const row rows[] = {
      {lines_of({"a", "b", "c"}), lines_of({"a", "x", "b", "c"}), {{"b", 2}, {"c", 3}}},
      {lines_of({"a", "b", "c"}), lines_of({"b", "c"}), {{"b", 2}}},
      {lines_of({"a", "b", "c"}), lines_of({"a", "b", "c", "x"}), {}},
      {lines_of({"a", "b id 7", "c"}), lines_of({"x", "a", "b id 7", "c"}), {{"a", 1}, {"c", 3}}},
      {lines_of({"a", "b"}), lines_of({"a", "x id 2", "b"}), {}},  // somebody else wrote b's number down
  };
  for (const auto& each : rows) {
    CAPTURE(each.after);
    auto old_model = test::load_text(written(kinds[0], each.before), "old.cfg");
    auto new_model = test::load_text(written(kinds[0], each.after), "new.cfg");
    site before(old_model.model), after(new_model.model);
    const auto told = backends_changed(before, after, *new_model.sources);
    REQUIRE(told.size() == 1);
    std::vector<std::pair<std::string, std::uint32_t>> ids;
    if (told[0].advice)
      for (const auto& [s, id] : told[0].advice->ids) ids.emplace_back(told[0].after->server(s), id);
    CHECK(ids == each.ids);
    if (told[0].advice) CHECK(told[0].advice->moved <= told[0].keys.least + 0.34);
  }
}

TEST_CASE("a server with a new name at its old address is the same server") {
  auto old_model = test::load_text(written(kinds[0], lines_of({"a", "b", "c"})), "old.cfg");
  auto new_model = test::load_text(written(kinds[0], lines_of({"a", "renamed", "c"})), "new.cfg");
  site before(old_model.model), after(new_model.model);
  const auto told = backends_changed(before, after, *new_model.sources);
  CHECK(told[0].renamed.size() == 1);
  CHECK(told[0].keys.moved == 0);
}

TEST_CASE("lines are compared by their words") {
  config::source_set before, after;
  before.add_text("old.cfg", "global\n daemon\ndefaults\n mode   http # so\n timeout client 5s\nbackend b\n server a 1.1.1.1:80\n server b 1.1.1.2:80\nbackend gone\n");
  after.add_text("new.cfg", "global\n  daemon\n\ndefaults\n mode http\n timeout client 9s\nbackend b\n server b 1.1.1.2:80\n server a 1.1.1.1:80\nlisten fresh\n");
  const auto told = sections_changed(before, after);
  REQUIRE(told.size() == 4);
  CHECK(told[0].kind == "defaults");
  REQUIRE(told[0].lines.size() == 2);
  CHECK(told[0].lines[0].text == "timeout client 5s");
  CHECK(told[0].lines[1].added);
  CHECK(told[1].reordered);
  CHECK(told[2].what == change::added);
  CHECK(told[3].name == "gone");
}

TEST_CASE("the tutorial's ring looks as it did: conf/ring.svg and the picture of a terminal") {
  auto done = test::load_text(contents(RINGWAY_SOURCE_DIR "/conf/tutorial/source.cfg"), "source.cfg");
  site of(done.model);
  const farm& back = *of.backend("servers");
  picture_style how;
  how.width = 80;
  struct row {
    std::string path, text;
  };
  const row rows[] = {{RINGWAY_SOURCE_DIR "/conf/ring.svg", svg(back, spread_of(back))},
                      {RINGWAY_SOURCE_DIR "/tests/unit/explain/data/ring.txt", text_of(report_on(back, nullptr, 100, losses_wanted::for_text), how)}};
  for (const auto& each : rows) {
    if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) std::ofstream(each.path, std::ios::binary) << each.text;
    CAPTURE(each.path);
    CHECK_MESSAGE(contents(each.path) == each.text, "run RINGWAY_WRITE_GENERATED=1 test_explain, look at it, commit it");
  }
  how.colour = true;
  CHECK(picture(back, spread_of(back), how).find("\033[48;5;") != std::string::npos);
  for (const std::size_t width : {40, 70, 100, 200}) {
    how = {false, false, width};
    std::istringstream lines(picture(back, spread_of(back), how));
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= width);
  }
}

TEST_CASE("decisions: which frontend, which backend, which server, and why none") {
  const std::string text = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                           "frontend one\n bind *:80 name plain\n default_backend r\nfrontend two\n bind *:81\n default_backend h\n"
                           "listen three\n bind *:82\n balance random\n server x 192.0.2.9:80\n server y 192.0.2.8:80\n"
                           "frontend four\n bind *:83\n"
                           "backend r\n balance leastconn\n server a 192.0.2.1:80\n server b 192.0.2.2:80\n server c 192.0.2.3:80\n"
                           "backend h\n balance hdr(x-user)\n hash-type consistent\n server a 192.0.2.1:80\n server b 192.0.2.2:80\n";
  auto done = test::load_text(text);
  site of(done.model);
  const auto ask = [&](std::string_view line, presumed with = {}) {
    asked what;
    REQUIRE(read_line(line, input_kind::automatic, what) == "");
    return router(of, std::move(with)).explain(what);
  };
  auto told = ask("http://h/x");
  CHECK(told.front->name == "one");
  CHECK(told.server == 0);
  CHECK(told.next == std::vector<server_index>{1, 2});
  CHECK(told.candidates.size() == 3);
  told = ask("http://h:81/x");
  CHECK(told.back->name() == "h");
  CHECK_FALSE(told.keyed);  // no such header: such requests take turns
  CHECK(told.candidates.size() == 2);
  presumed with;
  with.fields.emplace_back("X-User", "me");
  told = ask("http://h:81/x", with);
  CHECK(told.keyed);
  CHECK(told.key == "me");
  CHECK(told.next.size() == 1);
  told = ask("http://h:82/x");
  CHECK(told.server == balance::no_server);  // by lot: nobody can tell
  CHECK(told.candidates.size() == 2);
  CHECK(told.problem.empty());
  CHECK(ask("http://h:83/x").problem.find("no backend") != std::string::npos);
  CHECK(ask("/x").problem.find("one, plain, two, three, four") != std::string::npos);
  with = {};
  with.front = of.front("plain", with.bind);
  REQUIRE(with.bind != nullptr);
  CHECK(ask("/x", with).back->name() == "r");
  CHECK(of.take_down("nobody").find("there is no server") != std::string::npos);
  CHECK(of.take_down("r/a") == "");
  CHECK(ask("http://h/x").server != 0);
  CHECK(of.take_down("b") == "");  // in both
  CHECK(ask("http://h/x").server == 2);
}

// Every row by its own example, sane files, silence, and what is printed from the table.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "advice/advice.hpp"
#include "app/catalogue.hpp"
#include "config/manual.hpp"
#include "support/load_text.hpp"

using namespace ringway;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

struct advised {
  test::loaded done;
  config::diagnostics advice;

  std::string names() const {
    std::string out;
    for (const auto& each : advice.all()) out += fmt::format("{}{}", out.empty() ? "" : " ", each.id);
    return out;
  }
  // The word each caret is at.
  std::string words() const {
    std::string out;
    for (const auto& each : advice.all())
      out += fmt::format("{}{}:{}", out.empty() ? "" : " ", each.where.line,
                         done.sources->line_text(each.where).substr(each.where.column - 1, each.where.length));
    return out;
  }
  std::string rendered() const { return render_text(advice, *done.sources, {}); }
};

advised advise(std::string text, std::vector<std::string> silenced = {}, std::string name = "test.cfg") {
  advised out{test::load_text(std::move(text), std::move(name)), {}};
  advice::give({out.done.model, out.done.outline, *out.done.sources}, silenced, out.advice);
  return out;
}

// Lines of a backend behind a frontend, in a file that has nothing else to be said about.
std::string sane(std::string_view backend, std::string_view frontend = "", std::string_view defaults = "") {
  return fmt::format(
      "global\n log stdout format raw local0\ndefaults\n mode http\n log global\n option forwardfor\n timeout connect 5s\n"
      " timeout client 50s\n timeout server 50s\n{}frontend web\n bind :8080\n{} default_backend shop\nbackend shop\n{}",
      defaults, frontend, backend);
}

}  // namespace

TEST_CASE("every row's example is a valid configuration that provokes this row and no other") {
  for (const advice::row& each : advice::table()) {
    CAPTURE(each.name);
    advised done = advise(std::string(each.example));
    for (const auto& said : done.done.report.all()) CHECK((said.level != config::severity::alert || said.id == "not-supported-yet"));
    CHECK(done.names() == (each.check != nullptr ? each.name : std::string_view{}));
    if (each.check == nullptr) continue;
    const fs::path golden = fs::path(RINGWAY_SOURCE_DIR) / "tests/advice" / fmt::format("{}.expected", each.name);
    if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) {
      fs::create_directories(golden.parent_path());
      std::ofstream(golden, std::ios::binary) << done.rendered();
    }
    CHECK_MESSAGE(contents(golden) == done.rendered(), "run RINGWAY_WRITE_GENERATED=1 test_app, read the difference, commit it");
    CHECK(done.advice.all()[0].level == config::severity::advice);
    CHECK(done.advice.all()[0].where.length > 0);
    CHECK_FALSE(done.advice.all()[0].help.empty());
    CHECK(done.advice.count(config::severity::warning) == 0);
    // Silenced on the command line, by a comment of the line, of the file.
    CHECK(advise(std::string(each.example), {std::string(each.name)}).names() == "");
    CHECK(advise(std::string(each.example), {"all"}).names() == "");
    CHECK(advise(fmt::format("# ringway: allow-file {}\n{}", each.name, each.example)).names() == "");
    std::vector<std::string> lines;
    std::stringstream in{std::string(each.example)};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    const std::size_t at = done.advice.all()[0].where.line - 1;
    std::string behind, above;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      behind += lines[i] + (i == at ? fmt::format(" # ringway: allow {} (so it is)", each.name) : "") + "\n";
      above += (i == at ? fmt::format("  # ringway: allow other-name, {}\n\n", each.name) : "") + lines[i] + "\n";
    }
    CHECK(advise(behind).names() == "");
    CHECK(advise(above).names() == "unknown-advice");
  }
}

TEST_CASE("what is said of a backend, and where") {
  struct sample {
    std::string_view lines, says;
  };
  const sample samples[] = {
      {" server a :1\n", ""},
      {" balance source\n server a :1 check\n server b :2 check backup\n", ""},
      {" balance source\n hash-type map-based\n server a :1 check\n server b :2 check\n", ""},
      {" balance hdr(x)\n server a :1 check\n server b :2 check weight 3\n", "14:hdr(x)"},
      {" balance uri\n hash-type consistent\n server web1 :1 check\n server web2 :2 check\n", ""},
      {" balance uri\n hash-type consistent\n server web1 :1 check\n server web3 :2 check\n", "17:web3"},
      {" balance uri\n hash-type consistent\n server web1 :1 check id 1\n server web3 :2 check id 3\n", ""},
      {" balance uri\n hash-type consistent\n server web10 :1 check\n server web20 :2 check\n", ""},
      {" balance uri\n hash-type consistent\n server a :1 check\n # server of old 1.2\n server b :2 check\n", ""},
      {" balance uri\n hash-type consistent\n server a :1 check\n # server c 192.0.2.3:80 check\n server b :2 check\n", "18:b"},
      {" balance uri\n hash-type consistent\n server a :1 check\n # servers are many\n server b :2 check\n", ""},
      {" balance uri\n hash-type consistent\n default-server hash-key addr\n server a 192.0.2.1:1 check\n #server c 192.0.2.3:1\n server b 192.0.2.2:2 check\n", ""},
      {" server a :1\n server b :2\n", "14:a"},
      {" server a :1\n server b :2 disabled\n", ""},
      {" server a :1\n server b :2 weight 0\n", ""},
      {" default-server check\n server a :1\n server b :2\n", ""},
      {" balance random\n hash-balance-factor 150\n server a :1 check\n server b :2 check\n", ""},
      {" balance static-rr\n server a :1 check maxconn 9 slowstart 5s\n server b :2 check\n", ""},
  };
  for (const sample& each : samples) {
    CAPTURE(each.lines);
    CHECK(advise(sane(each.lines)).words() == each.says);
  }
}

TEST_CASE("what is said of clients, times and rules, and where") {
  struct sample {
    std::string_view frontend, defaults, says;
  };
  const sample samples[] = {
      {"", "", ""},
      {"", " no option forwardfor\n", "11:web"},
      {" http-request set-header X-Real-IP %[src]\n", " no option forwardfor\n", ""},
      {" option forwardfor\n", " no option forwardfor\n", ""},
      {"", " timeout client 1h\n", "10:1h"},
      {"", " timeout client 1h\n timeout http-request 5s\n", ""},
      {"", " timeout client 10m\n", ""},
      {"", " timeout client 30\n", "10:30"},
      {"", " timeout client 30ms\n", ""},
      {"", " timeout connect 500\n", ""},
      {"", " no log\n", "2:stdout"},
      {" use_backend shop if { path /a }\n use_backend shop if { path /b }\n", "", ""},
      {" use_backend shop if { path /a }\n use_backend shop unless { path /a }\n", "", "14:default_backend"},
      {" use_backend shop\n use_backend shop if { path /b }\n", "", "13:use_backend 14:default_backend"},
      {" use_backend shop if { rand(10) lt 5 }\n use_backend shop if { rand(10) lt 5 }\n", "", ""},
      {" use_backend %[path] if { path /a }\n", "", ""},
      {" use_backend shop if FALSE\n", "", "12:use_backend"},
  };
  for (const sample& each : samples) {
    CAPTURE(each.frontend);
    CAPTURE(each.defaults);
    advised done = advise(sane(" server a 192.0.2.1:80\n", each.frontend, each.defaults));
    CHECK(done.words() == each.says);
  }
  const std::string two = sane(" server a 192.0.2.1:80\nbackend other\n server a 192.0.2.1:80\n");
  CHECK(advise(two).names() == "unused-backend");
  CHECK(advise(sane(" server a :1\nbackend other\n server a :1\n", " use_backend %[path,lower] if { path /x }\n")).names() == "");
  CHECK(advise(sane(" server a :1\nbackend other\n stick-table type ip size 9\n", " http-request track-sc0 src table other\n")).names() == "");
  CHECK(advise(sane(" server a :1\nbackend other\n server a :1\n", " acl x nbsrv(other) gt 1\n")).names() == "");
  CHECK(advise(sane(" server a :1\nbackend other # ringway: allow all\n server a :1\n server b :2\n")).names() == "");
}

TEST_CASE("comments that are not understood are said, and change nothing") {
  CHECK(advise(sane(" server a :1 # ringway: alow no-check\n")).names() == "unknown-advice");
  CHECK(advise(sane(" server a :1 # ringway: allow uncheckd-servers\n")).rendered().find("did you mean 'unchecked-servers'?") != std::string::npos);
  CHECK(advise(sane(" server a :1 # ringway: allow\n")).words() == "14:allow");
  CHECK(advise(sane(" server \"#ringway:allow\" :1\n")).names() == "");
}

TEST_CASE("the tutorial gets one gentle piece of advice, the examples of conf/ none") {
  const fs::path conf = fs::path(RINGWAY_SOURCE_DIR) / "conf";
  CHECK(advise(contents(conf / "tutorial/source.cfg")).names() == "no-forwardfor");
  CHECK(advise(contents(conf / "tutorial/uri.cfg")).names() == "no-forwardfor");
  CHECK(advise(contents(conf / "website.cfg")).names() == "");
  CHECK(advise(contents(conf / "tcp.cfg")).names() == "");
}

TEST_CASE("real files: every caret is at a word") {
  const char* named = std::getenv("RINGWAY_CORPUS");
  const fs::path folder = named != nullptr ? fs::path(named) : fs::path(RINGWAY_SOURCE_DIR) / "../shared/corpus";
  if (!fs::is_directory(folder)) {
    MESSAGE("no corpus at " << folder.string());
    return;
  }
  std::size_t files = 0, said = 0;
  for (const auto& each : fs::directory_iterator(folder)) {
    if (each.path().extension() != ".cfg") continue;
    CAPTURE(each.path().filename().string());
    const advised done = advise(contents(each.path()), {}, each.path().filename().string());
    for (const config::diagnostic& one : done.advice.all()) {
      const std::string_view line = done.done.sources->line_text(one.where);
      REQUIRE(one.where.length > 0);
      REQUIRE(one.where.column - 1 + one.where.length <= line.size());
      CHECK(line[one.where.column - 1] != ' ');
      CHECK(one.id != "unknown-advice");
      ++said;
    }
    ++files;
  }
  MESSAGE(said << " pieces of advice on " << files << " files");
}

TEST_CASE("comments: each holds for its own lines, also inside another's") {
  const std::string two = sane(" server a :1\n server b :2\n") + "backend other # ringway: allow unused-backend\n server a :1\n"
                          "# ringway: allow all (the whole section)\nbackend third\n # ringway: allow lost-slowstart\n server a :1\n server b :2\n"
                          "backend fourth\n server a :1\n server b :2\n";
  const advised done = advise(two);
  CHECK(done.words() == "14:a 23:fourth 24:a");
}

TEST_CASE("a backend that a branch not taken names is used, one whose name only begins so is not") {
  const std::string text = sane(" server a :1 check\n") +
                           "backend app\n server a :1 check\nbackend app_static\n server a :1 check\n"
                           ".if defined(NOWHERE)\nlisten more\n bind :1\n use_backend app_static if { path_beg /s }\n.endif\n";
  CHECK(advise(text).words() == "15:app");
}

TEST_CASE("many sections, many servers: the work grows with the file, not with its square") {
  const auto cpu = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
  };
  struct shape {
    const char* what;
    std::string (*text)(unsigned count);
  };
  const shape shapes[] = {
      {"backends", [](unsigned count) {
         std::string out = sane(" server a :1\n");
         for (unsigned i = 0; i < count; ++i) out += fmt::format("backend b{}\n server a :1\n server b :2\n", i);
         return out;
       }},
      {"backends that rules of a branch name", [](unsigned count) {
         std::string out = sane(" server a :1\n") + ".if defined(NOWHERE)\nlisten more\n bind :1\n";
         for (unsigned i = 0; i < count; ++i) out += fmt::format(" use_backend b{0} if {{ path_beg /{0} }}\n", i);
         out += ".endif\n";
         for (unsigned i = 0; i < count; ++i) out += fmt::format("backend b{}\n server a :1\n", i);
         return out;
       }},
      {"servers", [](unsigned count) {
         std::string out = sane("");
         for (unsigned i = 0; i < 4 * count; ++i) out += fmt::format(" server s{} 127.0.0.1:80\n", i);
         return out;
       }},
      {"defaults with backends", [](unsigned count) {
         std::string out = sane(" server a :1\n");
         for (unsigned i = 0; i < count; ++i) out += fmt::format("defaults d{0}\n mode http\nbackend b{0} from d{0}\n server a :1\n", i);
         return out;
       }},
      {"comments", [](unsigned count) {
         std::string out = sane(" server a :1\n");
         for (unsigned i = 0; i < count; ++i) out += fmt::format("backend b{} # ringway: allow unused-backend\n server a :1\n server b :1\n", i);
         return out;
       }},
  };
  for (const shape& each : shapes) {
    CAPTURE(each.what);
    const auto cost = [&](unsigned count) {
      const std::string text = each.text(count);
      double least = 1e9;
      for (int turn = 0; turn < 3; ++turn) {
        const double before = cpu();
        advise(text);
        least = std::min(least, cpu() - before);
      }
      return least;
    };
    const double once = cost(500);
    // Eight times as much: 8 and a little for the sorting; 64 where every one looks at all others.
    CHECK(cost(4000) < 24 * once);
  }
}

TEST_CASE("how it looks") {
  const advised done = advise(sane(" balance source\n server a :1 check\n server b :2 check\n server c :3 check\n"));
  CHECK(done.rendered() ==
        "[ADVICE]   (0) : config : parsing [test.cfg:14] : 'balance source' without 'hash-type consistent': when one of the 3 servers "
        "goes, 67% of the clients move to another server; 33% would do\n"
        "  --> test.cfg:14:10\n"
        "  14 |  balance source\n"
        "     |          ^~~~~~\n"
        "  help: write 'hash-type consistent' below it; 'hash-type map-based' keeps it as it is and ends this advice\n"
        "  see: ringway --help-advice map-based-hash\n"
        "       silence it: # ringway: allow map-based-hash\n"
        "1 piece of advice\n");
}

TEST_CASE("every row stands in the manual, points at an entry, and conf/ADVICE.md is that manual") {
  const std::string keywords = config::markdown(app::catalogue());
  for (const advice::row& each : advice::table()) {
    CAPTURE(each.name);
    CHECK(keywords.find(fmt::format("<a id=\"{}\"></a>", config::anchor_of(each.place, each.keyword))) != std::string::npos);
    CHECK(config::print_keywords(app::catalogue(), each.keyword).starts_with("No keyword") == false);
  }
  const fs::path path = fs::path(RINGWAY_SOURCE_DIR) / "conf/ADVICE.md";
  if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) std::ofstream(path, std::ios::binary) << advice::markdown();
  CHECK_MESSAGE(contents(path) == advice::markdown(), "run RINGWAY_WRITE_GENERATED=1 test_app and commit the file");
}

TEST_CASE("--help-advice in 80 columns") {
  for (const std::string_view pattern : {"", "log*", "zzzz", "unchecked"}) {
    std::stringstream lines(advice::print(pattern));
    for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 80);
  }
  CHECK(advice::print("unchecked-server").starts_with("unchecked-servers\n"));
  CHECK(advice::print("unchekked-servers").find("did you mean 'unchecked-servers'?") != std::string::npos);
}

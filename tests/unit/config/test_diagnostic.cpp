#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/columns.hpp"
#include "config/diagnostic.hpp"
#include "config/excerpt.hpp"
#include "config/source.hpp"

using namespace ringway::config;
using namespace std::string_view_literals;

namespace {

constexpr std::string_view text =
    "global\n"
    "\tmaxcon\t100\n"
    "frontend caf\xc3\xa9 \xe2\x82\xac x\n"
    "  bad \x1b[31m\xff y\n"
    "\n"
    "last line\n";

source_set sources() {
  source_set set;
  set.add_text("a.cfg", std::string(text));
  return set;
}

render_options plain() {
  render_options how;
  how.pid = 12;
  return how;
}

std::string rendered(const diagnostics& report) { return render_text(report, sources(), plain()); }

}  // namespace

TEST_CASE("the first line is HAProxy's, the rest says more") {
  diagnostics report;
  report.alert("unknown-keyword", {0, 2, 2, 6}, "unknown keyword 'maxcon'", "did you mean 'maxconn'?")
      .notes.emplace_back(span{0, 1, 1, 6}, "in this section");
  CHECK(rendered(report) ==
        "[ALERT]    (12) : config : parsing [a.cfg:2] : unknown keyword 'maxcon'\n"
        "  --> a.cfg:2:2\n"
        "  2 |         maxcon  100\n"
        "    |         ^~~~~~\n"
        "  help: did you mean 'maxconn'?\n"
        "  note: in this section\n"
        "  --> a.cfg:1:1\n"
        "  1 | global\n"
        "    | ^~~~~~\n"
        "1 error\n");
}

TEST_CASE("on a terminal nothing is wider than it, and words stay whole; without one a first line is one line") {
  diagnostics report;
  auto& one = report.alert("a", {0, 7, 180, 5}, "a sentence that is longer than the terminal is wide, with 'words-that-have-hyphens' in it",
                           "write something that takes more than one line as well, for instance this\n    bind :80");
  one.notes.emplace_back(span{}, "and a note that goes on for longer than forty columns");
  one.see = "ringway --help-keywords 'a keyword' and then some more of it";
  source_set set;
  set.add_text("a.cfg", "\n\n\n\n\n\n" + std::string(178, 'x') + " wrong " + std::string(200, 'y') + "\n");
  render_options how = plain();
  const std::string piped = render_text(report, set, how);
  CHECK(piped.find("wide, with 'words-that-have-hyphens' in it\n") != std::string::npos);
  CHECK(piped.find("\n            bind :80\n") != std::string::npos);
  const auto words_of = [](std::string_view from) {
    std::string out;
    bool blank = false;
    for (const char c : from.substr(from.find("help:"))) {
      if (c != ' ' && c != '\n') out.append(blank ? " " : "") += c;
      blank = c == ' ' || c == '\n';
    }
    return out;
  };
  for (const std::size_t width : {40, 60, 80, 200}) {
    how.width = width;
    const std::string text = render_text(report, set, how);
    CAPTURE(width);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      CHECK_MESSAGE(ringway::columns_of(std::string_view(text).substr(at, end - at)) <= width, text.substr(at, end - at));
      at = end + 1;
    }
    CHECK(text.find("wrong") != std::string::npos);
    CHECK(words_of(text) == words_of(piped));
  }
}

TEST_CASE("every level has HAProxy's label, and the sum counts") {
  diagnostics report;
  report.notice("n", {}, "for your information");
  report.warning("w", {}, "careful", "first line\nsecond line");
  report.alert("a", {}, "wrong");
  report.alert("b", {}, "wrong too");
  report.diag("d", {}, "suspicious");
  const std::string without =
      "[NOTICE]   (12) : config : for your information\n"
      "[WARNING]  (12) : config : careful\n"
      "  help: first line\n"
      "        second line\n"
      "[ALERT]    (12) : config : wrong\n"
      "[ALERT]    (12) : config : wrong too\n";
  CHECK(rendered(report) == without + "2 errors, 1 warning\n");
  render_options how = plain();
  how.diag = true;
  CHECK(render_text(report, sources(), how) ==
        without + "[DIAG]     (12) : config : suspicious\n2 errors, 1 warning\n");
  CHECK(report.count(severity::alert) == 2);
  CHECK(report.count(severity::diag) == 1);
  CHECK(report.failed());

  diagnostics mild;
  mild.warning("w", {}, "careful");
  mild.warning("w", {}, "careful!");
  CHECK(rendered(mild).ends_with("\n2 warnings\n"));
  CHECK_FALSE(mild.failed());
  CHECK(rendered(diagnostics{}).empty());
  diagnostics quiet;
  quiet.notice("n", {}, "x");
  CHECK(rendered(quiet) == "[NOTICE]   (12) : config : x\n");
}

TEST_CASE("equal ones are shown once, in the order of the first") {
  diagnostics report;
  report.alert("b", {0, 6, 1, 4}, "second line first");
  report.alert("a", {0, 1, 1, 6}, "same");
  report.alert("a", {0, 1, 1, 6}, "same");
  report.alert("a", {0, 1, 1, 5}, "same");
  report.warning("a", {0, 1, 1, 6}, "same");
  report.alert("a", {0, 1, 1, 6}, "same").notes.emplace_back(span{}, "with a note");
  const std::string out = rendered(report);
  CHECK(out.ends_with("4 errors, 1 warning\n"));
  CHECK(out.starts_with("[ALERT]    (12) : config : parsing [a.cfg:6]"));
}

TEST_CASE("carets count code points, tabs and shown escapes") {
  struct row {
    std::uint32_t line, column, length;
    std::string_view shown, marks;
  };
  const row cases[] = {
      {2, 9, 3, "        maxcon  100", "                ^~~"},  // behind two tabs
      {2, 1, 1, "        maxcon  100", "^~~~~~~~"},             // the tab itself
      {3, 10, 5, "frontend caf\xc3\xa9 \xe2\x82\xac x", "         ^~~~"},
      {3, 16, 3, "frontend caf\xc3\xa9 \xe2\x82\xac x", "              ^"},
      {3, 20, 1, "frontend caf\xc3\xa9 \xe2\x82\xac x", "                ^"},
      {4, 7, 6, R"(  bad \x1b[31m\xff y)", "      ^~~~~~~~~~~~"},
      {4, 14, 1, R"(  bad \x1b[31m\xff y)", "                   ^"},
      {1, 7, 1, "global", "      ^"},                                // just behind the end
      {1, 99, 9, "global", "      ^"},                               // far behind
      {1, 4, 99, "global", "   ^~~"},                                // longer than the line
      {4, 3, 0, R"(  bad \x1b[31m\xff y)", "  ^~~~~~~~~~~~~~~~~~"},  // the whole line
      {5, 1, 0, "", "^"},
      {5, 3, 2, "", "^"},
  };
  const source_set set = sources();
  for (const row& each : cases) {
    CAPTURE(each.line);
    CAPTURE(each.column);
    const excerpt out = make_excerpt(set.line_text(0, each.line), each.column, each.length);
    CHECK(out.line == each.shown);
    CHECK(out.marks == each.marks);
  }
}

TEST_CASE("a long line is cut to a window around the mark") {
  std::string line(1000, 'a');
  line.replace(500, 4, "WORD");
  excerpt out = make_excerpt(line, 501, 4);
  CHECK(out.line.starts_with("…aaa"));
  CHECK(out.line.ends_with("aaa…"));
  CHECK(out.line.size() == 120 + 2 * std::string_view("…").size());
  const std::size_t shown_at = out.line.find("WORD") - std::string_view("…").size() + 1;  // in cells
  CHECK(out.marks == std::string(shown_at, ' ') + "^~~~");

  out = make_excerpt(line, 1, 4);
  CHECK(out.line.starts_with("aaaa"));
  CHECK(out.line.ends_with("…"));
  CHECK(out.marks == "^~~~");

  out = make_excerpt(line, 997, 4);
  CHECK(out.line.starts_with("…"));
  CHECK(out.line.ends_with("a"));
  CHECK(out.marks.size() == 121);
  CHECK(out.marks.ends_with(" ^~~~"));

  out = make_excerpt(line, 501, 400);  // the word is cut as well
  CHECK(out.marks.size() <= 121);
  out = make_excerpt(line, 1001, 1);
  CHECK(out.marks.ends_with("  ^"));
  CHECK(out.marks.size() <= 123);
  CHECK(make_excerpt(std::string(120, 'a'), 1, 1).line == std::string(120, 'a'));
}

TEST_CASE("nothing of the configuration reaches the terminal as a command") {
  CHECK(printable("a\x1b[2J\x07\x7f\n\t") == R"(a\x1b[2J\x07\x7f\x0a\x09)");
  CHECK(printable("caf\xc3\xa9 \xf0\x9f\x98\x80") == "caf\xc3\xa9 \xf0\x9f\x98\x80");
  CHECK(printable("\xff\xc3") == R"(\xff\xc3)");
  CHECK(printable("\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80") == R"(\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80)");
  CHECK(printable("\xe2\x80\xae\xc2\x9b") == R"(\u{202e}\u{9b})");
  CHECK(printable(std::string(5000, 'x')).size() < 2010);
  diagnostics report;
  report.alert("x", {0, 4, 7, 4}, "what is \x1b[31m", "help \x1b")
      .notes.emplace_back(span{0, 4, 1, 1}, "\x1b");
  const std::string out = rendered(report);
  CHECK(out.find('\x1b') == std::string::npos);
  source_set odd;
  odd.add_text("na\nme\x1b", "x\n");
  diagnostics named;
  named.alert("x", {0, 1, 1, 1}, "m");
  CHECK(render_text(named, odd, plain())
            .starts_with(R"([ALERT]    (12) : config : parsing [na\x0ame\x1b:1] : m)"));
}

TEST_CASE("colour only when asked for") {
  diagnostics report;
  report.alert("x", {0, 1, 1, 6}, "m", "h");
  CHECK(rendered(report).find('\x1b') == std::string::npos);
  render_options how = plain();
  how.colour = true;
  const std::string out = render_text(report, sources(), how);
  CHECK(out.starts_with("\x1b[1;31m[ALERT]   \x1b[0m (12) : config"));
  CHECK(out.find("\x1b[1;31m^~~~~~\x1b[0m\n") != std::string::npos);
}

TEST_CASE("places that are no places do no harm") {
  diagnostics report;
  report.alert("x", {9, 1, 1, 1}, "no such file");
  report.alert("x", {0, 99, 1, 1}, "no such line");
  report.alert("x", {0, 1, 4000000000u, 4000000000u}, "no such column");
  const std::string out = rendered(report);
  CHECK(out.find("parsing [:1] : no such file") != std::string::npos);
  CHECK(out.find("parsing [a.cfg:99] : no such line") != std::string::npos);
  CHECK(out.find("global\n    |       ^\n") != std::string::npos);
}

TEST_CASE("JSON has stable keys and is valid whatever the bytes") {
  CHECK(render_json(diagnostics{}, sources()) == "[]\n");
  diagnostics report;
  report.alert("unknown-keyword", {0, 2, 2, 6}, "say \"\\\n\t\x01\x7f\xff caf\xc3\xa9", "help")
      .notes.emplace_back(span{0, 1, 1, 6}, "here");
  report.warning("w", {}, "nowhere").notes = {{span{}, "one"}, {span{}, "two"}};
  report.warning("w", {}, "nowhere").notes = {{span{}, "one"}, {span{}, "two"}};
  report.diag("d", {}, "");
  report.notice("n", {}, "");
  CHECK(
      render_json(report, sources()) ==
      "[\n"
      R"(  {"file":"a.cfg","line":2,"column":2,"length":6,"severity":"alert","id":"unknown-keyword",)"
      R"("message":"say \"\\\n\t\u0001\u007f)"
      "\xef\xbf\xbd caf\xc3\xa9"
      R"(","help":"help","notes":[{"file":"a.cfg","line":1,"column":1,"length":6,"message":"here"}],"see":""},)"
      "\n"
      R"(  {"file":null,"line":0,"column":0,"length":0,"severity":"warning","id":"w","message":"nowhere","help":"",)"
      R"("notes":[{"file":null,"line":0,"column":0,"length":0,"message":"one"},)"
      R"({"file":null,"line":0,"column":0,"length":0,"message":"two"}],"see":""},)"
      "\n"
      R"(  {"file":null,"line":0,"column":0,"length":0,"severity":"diag","id":"d","message":"","help":"","notes":[],"see":""},)"
      "\n"
      R"(  {"file":null,"line":0,"column":0,"length":0,"severity":"notice","id":"n","message":"","help":"","notes":[],"see":""})"
      "\n]\n");
}

TEST_CASE("any line and any mark make an excerpt of bounded width") {
  std::uint32_t dice = 4711;
  const auto roll = [&](std::uint32_t sides) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
  };
  for (int round = 0; round < 3000; ++round) {
    std::string line;
    for (std::uint32_t i = roll(300); i > 0; --i) {
      const std::uint32_t kind = roll(6);
      if (kind == 0)
        line += static_cast<char>(roll(256));
      else if (kind == 1)
        line += '\t';
      else if (kind == 2)
        line += "\xe2\x82\xac";
      else
        line += 'a';
    }
    const excerpt out = make_excerpt(line, roll(400), roll(40));
    std::size_t cells = 0;
    for (std::string_view rest = out.line; !rest.empty(); ++cells) {
      const glyph next = first_glyph(rest);
      REQUIRE(next.valid);
      REQUIRE(next.code_point >= 0x20);
      rest.remove_prefix(next.bytes);
    }
    REQUIRE(cells <= 122);
    REQUIRE(out.marks.find('^') != std::string::npos);
    REQUIRE(out.marks.size() <= 124);
  }
}

TEST_CASE("of many the first are shown and the others counted by kind") {
  diagnostics report;
  for (int i = 0; i < 30; ++i) report.alert(i % 3 == 0 ? "odd" : "even", {}, "mistake " + std::to_string(i));
  for (int i = 0; i < 3; ++i) report.warning("w", {}, "warning " + std::to_string(i));
  for (int i = 0; i < 5; ++i) report.advice("idle", {}, "advice " + std::to_string(i));
  auto& noted = report.advice("last", {}, "many places");
  for (int i = 0; i < 9; ++i) noted.notes.emplace_back(span{}, "place " + std::to_string(i));
  render_options how = plain();
  how.most = 4;
  how.most_notes = 2;
  const std::string some = render_text(report, sources(), how);
  const auto has = [](const std::string& in, std::string_view what) { return in.find(what) != std::string::npos; };
  CHECK(has(some, "mistake 3\n"));
  CHECK_FALSE(has(some, "mistake 4\n"));
  CHECK(has(some, "26 more errors: 18 even, 8 odd; --all shows them\n"));
  CHECK(has(some, "warning 2\n"));
  CHECK_FALSE(has(some, "more warnings"));
  CHECK(has(some, "2 more pieces of advice: 1 idle, 1 last; --all shows them\n"));
  CHECK(some.ends_with("30 errors, 3 warnings, 6 pieces of advice\n"));
  how.most = 0;
  CHECK(has(render_text(report, sources(), how), "note: place 1\n  note: and 7 more places; --all shows them\n"));
  how.most_notes = 0;
  const std::string all = render_text(report, sources(), how);
  CHECK(has(all, "mistake 29\n"));
  CHECK(has(all, "place 8\n"));
  CHECK_FALSE(has(all, "--all"));
  // JSON is for programs: always everything.
  CHECK(has(render_json(report, sources()), "mistake 29"));
}

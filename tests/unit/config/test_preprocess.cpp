#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/preprocess.hpp"

using namespace ringway::config;

namespace {

// A configuration of one or more texts, read to its end.
struct reading {
  explicit reading(std::vector<std::string> texts, environment from = environment({{"A", "1"}, {"Z", "0"}}))
      : variables(std::move(from)) {
    for (std::size_t i = 0; i < texts.size(); ++i)
      set.add_text(std::string(1, static_cast<char>('a' + i)), texts[i]);
    facts.features = {"THREAD"};
  }
  reading& run() {
    preprocessor from(set, variables, facts, report);
    while (const auto next = from.next()) {
      lines.push_back(*next);
      const std::vector<word>& words = next->words;
      if (words[0].text == "setenv") variables.set(words.at(1).text, words.at(2).text);
      if (words[0].text == "unsetenv") variables.unset(words.at(1).text);
      if (words[0].text == "section") from.section(words.at(1).text);
      if (!text.empty()) text += '|';
      for (std::size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : " ") + words[i].text;
    }
    CHECK_FALSE(from.next());  // the end stays the end
    return *this;
  }
  // "id:line:column" of each diagnostic, in order.
  std::string said() const {
    std::string out;
    for (const diagnostic& each : report.all()) {
      if (!out.empty()) out += ' ';
      out += each.id + ':' + std::to_string(each.where.line) + ':' + std::to_string(each.where.column);
    }
    return out;
  }

  source_set set;
  environment variables;
  build_facts facts;
  diagnostics report;
  std::vector<line> lines;
  std::string text;
};

struct row {
  std::string_view config;
  std::string_view lines;
  std::string_view said;
};

}  // namespace

TEST_CASE("blocks take the branch that is true, and mistakes have their place") {
  const row cases[] = {
      {"a b\n\n # c\n  d\n", "a b|d", ""},
      {".if 1\na\n.endif\nb\n", "a|b", ""},
      {".if 0\na\n.endif\nb\n", "b", ""},
      {".if\na\n.else\nb\n.endif\n", "b", ""},
      {".if 0\na\n.elif 0\nb\n.elif 1\nc\n.elif 1\nd\n.else\ne\n.endif\n", "c", ""},
      {".if 0\na\n.elif 0\nb\n.else\nc\n.endif\n", "c", ""},
      {".if 1\na\n.else\nb\n.endif\n", "a", ""},
      {"\t.if 1 # why\n a\n  .endif# done\n", "a", ""},
      {".if \"$A\"\na\n.endif\n", "a", ""},
      {".if \"$Z\"\na\n.endif\n", "", ""},
      {".if \"$NONE\"\na\n.else\nb\n.endif\n", "b", ""},
      {".if streq(\"$A\",1) && feature(THREAD)\na\n.endif\n", "a", ""},
      {".if streq(\"a b\",  a b)\na\n.else\nb\n.endif\n", "b", ""},  // words are joined by one space
      {".if streq(\"a b\",a   b)\na\n.endif\n", "a", ""},
      {".if 1\n.if 0\na\n.else\nb\n.endif\nc\n.endif\n", "b|c", ""},
      {".if 0\n.if 1\na\n.else\nb\n.endif\nc\n.else\nd\n.endif\n", "d", ""},
      {".if 1\na\n.elif 1\n.if 1\nb\n.endif\n.else\n.if 1\nc\n.endif\n.endif\nd\n", "a|d", ""},
      // a skipped branch may hold anything
      {".if 0\n \"unclosed\n.unknown\n.alert no\n.if wrong(\n.elif wrong\n.else\n.endif\n${ \\x\n.endif\na\n",
       "a", ""},
      {".if 1\na\n.elif wrong(\n.endif\n", "a", ""},
      {"\".if\" 0\na\n\\.else\n.endif\n", "", ""},
      // mistakes
      {".if 1\na\n", "a", "unterminated-block:1:1"},
      {" .endif\na\n", "a", "lone-directive:1:2"},
      {".else\n.elif 1\na\n", "a", "lone-directive:1:1 lone-directive:2:1"},
      {".if 1\na\n.else\n.else\nb\n.elif 1\nc\n.endif\nd\n", "a|d",
       "branch-after-else:4:1 branch-after-else:6:1"},
      {".if 0\n.else x\na\n.endif y # z\nb\n", "a|b", "unexpected-argument:2:7 unexpected-argument:4:8"},
      {".if  bad\na\n.else\nb\n.endif\nc\n", "c", "bad-condition:1:6"},
      {".if 0\na\n.elif 1 &&\nb\n.else\nc\n.endif\nd\n", "d", "bad-condition:3:11"},
      {".if streq(\"$A\",1) 2\n.endif\na\n", "a", "bad-condition:1:19"},
      {".if \"x\n.else\na\n.endif\nb\n", "b", "unmatched-quote:1:5"},
      {".fi 1\na\n", "a", "unknown-directive:1:1"},
      {".\na\n", "a", "unknown-directive:1:1"},
      {"a\n'b\nc\n", "a|c", "unmatched-quote:2:1"},
      {"a \"$NONE\" b\nc \"\" d\ne '${A}' \"\"f\n", "e ${A} f",
       "unset-variable:1:4 empty-argument:1:3 empty-argument:2:3"},
      {"a \"${NONE[*]}\" b\n", "a b", "unset-variable:1:4"},
      {"a b\"$NONE\"\n", "a b", "unset-variable:1:5"},
      {"\"\" a b\nc\n", "c", "empty-first-word:1:1"},
      {"a b\\\nc\n", "a b\\|c", "trailing-backslash:1:4"},
  };
  for (const row& each : cases) {
    CAPTURE(each.config);
    reading read({std::string(each.config)});
    read.run();
    CHECK(read.text == each.lines);
    CHECK(read.said() == each.said);
  }
}

TEST_CASE("messages have their level") {
  reading read(
      {".notice one\n.warning \"two words\"\n.alert 'three'\n.diag four\n.notice\n.notice a b\na\n"});
  read.run();
  CHECK(read.text == "a");
  const auto& all = read.report.all();
  REQUIRE(all.size() == 6);
  CHECK(all[0].level == severity::notice);
  CHECK(all[0].message == "'one'");
  CHECK(all[1].level == severity::warning);
  CHECK(all[1].message == "'two words'");
  CHECK(all[1].where.column == 1);
  CHECK(all[1].where.length == 20);
  CHECK(all[2].level == severity::alert);
  CHECK(all[2].message == "'three'");
  CHECK(all[3].level == severity::diag);
  CHECK(all[4].message == "''");
  CHECK(all[5].id == "unexpected-argument");
  CHECK(all[5].where.column == 11);
  CHECK(read.report.failed());
}

TEST_CASE("variables act from the line after the one that sets them") {
  reading read(
      {"setenv X 1\n.if defined(X)\na \"$X\"\n.endif\nsetenv X \"2$X\"\na \"$X\"\nunsetenv X\n.if "
       "defined(X)\nb\n"
       ".endif\n"});
  read.run();
  CHECK(read.text == "setenv X 1|a 1|setenv X 21|a 21|unsetenv X");
  CHECK(read.said().empty());
}

TEST_CASE("pseudo-variables know file, line and section") {
  reading read(
      {"a \"${.FILE}:${.LINE}:<${.SECTION}>\"\nsection web\n.if streq(\"$.SECTION\",web)\n\na "
       "\"$.LINE:$.SECTION\"\n"
       ".endif\n",
       "a \"${.FILE}:${.LINE}:<${.SECTION}>\"\n"});
  read.run();
  CHECK(read.text == "a a:1:<>|section web|a 5:web|a b:1:<>");
}

TEST_CASE("files are told apart, and blocks end with them") {
  reading read({"a\n.if 0\n", "", "b\n.endif\nc", "# nothing\n"});
  read.run();
  CHECK(read.text == "a|b|c");
  CHECK(read.said() == "unterminated-block:2:1 lone-directive:2:1");
  REQUIRE(read.lines.size() == 3);
  CHECK(read.lines[0].where.file == 0);
  CHECK(read.lines[1].where.file == 2);
  CHECK(read.lines[1].where.line == 1);
  CHECK(read.lines[2].where.line == 3);
}

TEST_CASE("the place of a line is its statement") {
  reading read({"  bind  :80 \"x y\" # comment\n"});
  read.run();
  REQUIRE(read.lines.size() == 1);
  CHECK(read.lines[0].where.column == 3);
  CHECK(read.lines[0].where.length == 15);
}

TEST_CASE("nesting has HAProxy's limit") {
  const auto nested = [](int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) text += ".if 1\n";
    text += "a\n";
    for (int i = 0; i < depth; ++i) text += ".else\n.endif\n";
    return text + "b\n";
  };
  reading deepest({nested(99)});
  CHECK(deepest.run().text == "a|b");
  CHECK(deepest.said().empty());
  reading deeper({nested(101)});
  deeper.run();
  CHECK(deeper.said() == "too-many-nested-blocks:100:1");
  CHECK(deeper.text.ends_with("b"));
}

TEST_CASE("a directive behind a carriage return is one") {
  reading read({"\r.if 1\r\n\r a\n\r.else\n\rb\n \r.endif\r\n"});
  CHECK(read.run().text == "a");
  CHECK(read.said().empty());
}

TEST_CASE("a configuration that says nothing is an error, said once") {
  for (const std::vector<std::string>& texts : {std::vector<std::string>{""}, {"# a\n\n", ""}, {}}) {
    reading read(texts);
    read.run();
    CHECK(read.said() == "nothing-configured:0:0");
  }
  reading skipped({".if 0\na\n.endif\n"});
  CHECK(skipped.run().said().empty());
}

TEST_CASE("help names what was probably meant") {
  reading read({".elseif 1\na \"$HAPROXY_USR\"\n.warn x\n"},
               environment(environment::values{{"HAPROXY_USER", "x"}}));
  read.run();
  REQUIRE(read.report.all().size() == 4);
  CHECK(read.report.all()[1].help == "did you mean 'HAPROXY_USER'?");
  CHECK(read.report.all()[3].help == "did you mean '.warning'?");
}

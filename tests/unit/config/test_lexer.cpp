#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/lexer.hpp"

using namespace ringway::config;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

environment variables() {
  return environment({{"A", "value"},
                      {"EMPTY", ""},
                      {"LIST", "one two  three"},
                      {"EDGES", " x y "},
                      {"QUOTE", "a\"b $A"},
                      {"A1_b", "under"}});
}

lex_result lex(std::string_view text, const environment& from) {
  lex_context context{from, 3, 7, "some.cfg", "web"};
  return lex_line(text, context);
}

// Words as one text: each in angle brackets.
std::string shown(const lex_result& result) {
  std::string out;
  for (const word& each : result.words) out += '<' + each.text + '>';
  return out;
}

struct good {
  std::string_view text;
  std::string words;
};
struct bad {
  std::string_view text;
  std::string_view id;
  std::uint32_t column;
  std::uint32_t length;
};

}  // namespace

TEST_CASE("lines become words as HAProxy cuts them") {
  const environment from = variables();
  const good cases[] = {
      {"", ""},
      {"   \t ", ""},
      {"# only a comment", ""},
      {"   # \"unclosed in a comment", ""},
      {"a b\tc", "<a><b><c>"},
      {"  global#comment", "<global>"},
      {"a\vb\fc", "<a><b><c>"},
      {"a # b", "<a>"},
      {R"(a\ b)", "<a b>"},
      {R"(a\#b)", "<a#b>"},
      {R"(\\ \' \")", R"(<\><'><">)"},
      {R"(\n\r\t\x41\x7a\x2B)", "<\n\r\tAz+>"},
      {R"(\xff)", "<\xff>"},
      {R"(regsub(\.x\d,\1))", R"(<regsub(\.x\d,\1)>)"},  // no escapes of ours keep their backslash
      {R"(a\$b)", R"(<a\$b>)"},
      {R"("a\$b")", "<a$b>"},
      {R"('a\ b\x41$A#"')", R"(<a\ b\x41$A#">)"},
      {R"('a\')", R"(<a\>)"},
      {R"("a b#'c")", "<a b#'c>"},
      {R"("\#\q\ \x41\"")", R"(<#\q A">)"},
      {"\"tab\there\"", "<tab\there>"},
      {R"(a"b"'c'd)", "<abcd>"},
      {R"(a""b)", "<ab>"},
      {R"("" '')", "<><>"},
      {R"(a "")", "<a><>"},
      {R"("%{+Q}o %t"' %s'\ %{-Q}r)", "<%{+Q}o %t %s %{-Q}r>"},
      {R"($A)", "<$A>"},
      {R"('$A')", "<$A>"},
      {R"("$A")", "<value>"},
      {R"("${A}")", "<value>"},
      {R"("$A.x")", "<value.x>"},
      {R"("x${A}y$A1_b")", "<xvalueyunder>"},
      {R"("$QUOTE")", R"(<a"b $A>)"},  // a value is never read again
      {R"("${A-other}")", "<value>"},
      {R"("${NONE-other}")", "<other>"},
      {R"("${NONE-a b "c$A\}")", R"(<a b "c$A\>)"},
      {R"("${NONE-}")", "<>"},
      {R"("${EMPTY-other}")", "<>"},
      {R"("$EMPTY")", "<>"},
      {R"(a"$EMPTY"b)", "<ab>"},
      {R"("$NONE")", "<>"},
      {R"(a "$NONE" b)", "<a><><b>"},
      {R"("$LIST")", "<one two  three>"},
      {R"("${LIST[*]}")", "<one><two><three>"},
      {R"(x"${LIST[*]}"y)", "<xone><two><threey>"},
      {R"(x"${EDGES[*]}"y)", "<x><x><y><y>"},
      {R"("${EDGES[*]}")", "<x><y>"},
      {R"(a "${EMPTY[*]}" b)", "<a><b>"},
      {R"(a "${NONE[*]}" b)", "<a><b>"},
      {R"(a "${NONE[*]-c d}" b)", "<a><c><d><b>"},
      {R"("$A[*]")", "<value[*]>"},  // only within braces
      {R"("${.FILE}:${.LINE}:$.SECTION")", "<some.cfg:7:web>"},
      {"a\r", "<a>"},
      {"a \r \r", "<a>"},
      {"caf\xc3\xa9 \xff\xfe", "<caf\xc3\xa9><\xff\xfe>"},
  };
  for (const good& each : cases) {
    CAPTURE(each.text);
    const lex_result result = lex(each.text, from);
    REQUIRE_FALSE(result.error);
    CHECK(shown(result) == each.words);
    CHECK(result.remarks.empty());
  }
}

TEST_CASE("mistakes have their place") {
  const environment from = variables();
  const bad cases[] = {
      {R"(a "b c)", "unmatched-quote", 3, 1},
      {R"(it's)", "unmatched-quote", 3, 1},
      {R"("a\")", "unmatched-quote", 1, 1},
      {R"("a\)", "unmatched-quote", 1, 1},
      {R"(a 'b" # c)", "unmatched-quote", 3, 1},
      {R"(x\x4)", "bad-hexadecimal-escape", 2, 3},
      {R"(x\x)", "bad-hexadecimal-escape", 2, 2},
      {R"(x\xzz)", "bad-hexadecimal-escape", 2, 2},
      {R"(x\x4g)", "bad-hexadecimal-escape", 2, 3},
      {R"(x\x00)", "nul-byte", 2, 4},
      {"ab\0c"sv, "nul-byte", 3, 1},
      {R"("$")", "bad-variable-name", 2, 1},
      {R"("${}")", "bad-variable-name", 4, 1},
      {R"("${9}")", "bad-variable-name", 4, 1},
      {R"("a$-")", "bad-variable-name", 4, 1},
      {R"("${)", "bad-variable-name", 2, 2},
      {R"("${A")", "unclosed-brace", 3, 1},
      {R"("${A)", "unclosed-brace", 3, 1},
      {R"("${A-default")", "unclosed-brace", 3, 1},
      {R"("${A b}")", "bad-variable-name", 5, 1},
      {R"("${A.b}")", "bad-variable-name", 5, 1},
      {R"("${LIST[*}")", "bad-word-expansion", 8, 1},
      {R"("${LIST[)", "bad-word-expansion", 8, 1},
      {R"("${LIST[1]}")", "bad-word-expansion", 8, 1},
      {R"("${.FILES}")", "unknown-pseudo-variable", 4, 6},
  };
  for (const bad& each : cases) {
    CAPTURE(each.text);
    const lex_result result = lex(each.text, from);
    REQUIRE(result.error);
    CHECK(result.error->id == each.id);
    CHECK(result.error->level == severity::alert);
    CHECK(result.error->where.file == 3);
    CHECK(result.error->where.line == 7);
    CHECK(result.error->where.column == each.column);
    CHECK(result.error->where.length == each.length);
    CHECK_FALSE(result.error->message.empty());
  }
  CHECK(lex(R"("${.FILES}")", from).error->help == "did you mean '.FILE'?");
  CHECK(lex("don't", from).error->help.find("apostrophe") != std::string::npos);
}

TEST_CASE("what hardly anybody means is remarked upon") {
  const environment from = variables();
  const lex_result backslash = lex(R"(server a \)", from);
  CHECK(shown(backslash) == R"(<server><a><\>)");
  REQUIRE(backslash.remarks.size() == 1);
  CHECK(backslash.remarks[0].id == "trailing-backslash");
  CHECK(backslash.remarks[0].where.column == 10);

  const lex_result before = lex("\r \rmode http", from);
  CHECK(shown(before) == "<mode><http>");
  CHECK(before.remarks.empty());
  const lex_result carriage = lex("mode http\rlog global", from);
  CHECK(shown(carriage) == "<mode><http>");
  REQUIRE(carriage.remarks.size() == 1);
  CHECK(carriage.remarks[0].id == "carriage-return");
  CHECK(carriage.remarks[0].where.column == 10);
}

TEST_CASE("a word knows its place, its quotes and its unset variables") {
  const environment from = variables();
  struct expected {
    std::uint32_t column;
    std::uint32_t length;
    bool quoted;
    bool empty_variable;
  };
  const auto check = [&](std::string_view text, const std::vector<expected>& words) {
    CAPTURE(text);
    const lex_result result = lex(text, from);
    REQUIRE(result.words.size() == words.size());
    for (std::size_t i = 0; i < words.size(); ++i) {
      CAPTURE(i);
      CHECK(result.words[i].where.file == 3);
      CHECK(result.words[i].where.line == 7);
      CHECK(result.words[i].where.column == words[i].column);
      CHECK(result.words[i].where.length == words[i].length);
      CHECK(result.words[i].quoted == words[i].quoted);
      CHECK(result.words[i].empty_variable == words[i].empty_variable);
    }
  };
  check("  ab c# d", {{3, 2, false, false}, {6, 1, false, false}});
  check(R"(a "b c"d 'e')", {{1, 1, false, false}, {3, 6, true, false}, {10, 3, true, false}});
  check(R"(a\ b c)", {{1, 4, false, false}, {6, 1, false, false}});
  check(R"("" x)", {{1, 2, true, false}, {4, 1, false, false}});
  check(R"("$NONE" x)", {{1, 7, true, true}, {9, 1, false, false}});
  check(R"(a"$NONE":80 "$A")", {{1, 11, true, true}, {13, 4, true, false}});
  check(R"("${LIST[*]}" z)",
        {{1, 11, true, false}, {2, 10, true, false}, {2, 11, true, false}, {14, 1, false, false}});
  check(R"("${NONE[*]}"z)", {{1, 13, false, false}});
  check(R"("${NONE[*]}" z)", {{14, 1, false, false}});
}

TEST_CASE("unset variables are listed with their place") {
  const environment from = variables();
  const lex_result result = lex(R"(a "$NONE${A}${OTHER}${X-1}" "${Y[*]}")", from);
  REQUIRE(result.unset.size() == 3);
  CHECK(result.unset[0].name == "NONE");
  CHECK(result.unset[0].where.column == 4);
  CHECK(result.unset[0].where.length == 5);
  CHECK(result.unset[1].name == "OTHER");
  CHECK(result.unset[1].where.column == 13);
  CHECK(result.unset[1].where.length == 8);
  CHECK(result.unset[2].name == "Y");
  CHECK(similar_variable("LITS", from) == "LIST");
  CHECK(similar_variable("SOMETHING", from).empty());
}

TEST_CASE("joined words keep the column of every byte") {
  const environment from = variables();
  const std::string_view text = R"(  .if  "$A"\x41   "" 'b c')";
  std::string joined;
  lex_context context{from, 0, 1, "f", ""};
  const lex_result result = lex_joined(text, context, joined);
  CHECK(joined == ".if valueA  b c");
  REQUIRE(result.columns.size() == joined.size());
  const std::vector<std::uint32_t> expected = {3, 4, 5, 9, 9, 9, 9, 9, 9, 12, 19, 23, 23, 24, 25};
  CHECK(result.columns == expected);
}

TEST_CASE("long lines and many words are no matter") {
  const environment from = variables();
  std::string text(1 << 20, 'x');
  CHECK(lex(text, from).words.at(0).text.size() == text.size());
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "w ";
  CHECK(lex(many, from).words.size() == 100000);
}

TEST_CASE("any bytes are lexed or refused, within the line") {
  const environment from = variables();
  std::uint32_t dice = 12345;
  const auto roll = [&](std::uint32_t sides) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
  };
  static constexpr std::string_view alphabet = "\"'\\$#{}[]*-.x0aA_ \t\r\n\xc3\xa9%!";
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    const std::uint32_t length = roll(24);
    for (std::uint32_t i = 0; i < length; ++i)
      text += roll(8) == 0 ? static_cast<char>(roll(256))
                           : alphabet[roll(static_cast<std::uint32_t>(alphabet.size()))];
    std::string joined;
    lex_context context{from, 0, 1, "f", "s"};
    const lex_result plain = lex_line(text, context);
    const lex_result result = lex_joined(text, context, joined);
    CAPTURE(text);
    REQUIRE(shown(plain) == shown(result));
    if (result.error) {
      REQUIRE(result.error->where.column >= 1);
      REQUIRE(result.error->where.column + result.error->where.length <= text.size() + 1);
      continue;
    }
    REQUIRE(result.columns.size() == joined.size());
    for (std::size_t i = 1; i < result.columns.size(); ++i)
      REQUIRE(result.columns[i - 1] <= result.columns[i]);
    for (const word& each : result.words) {
      REQUIRE(each.where.length >= 1);
      REQUIRE(each.where.column + each.where.length <= text.size() + 1);
    }
  }
}

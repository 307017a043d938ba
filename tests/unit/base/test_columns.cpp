// Text measured, cut and broken in cells of a terminal.
#include <doctest/doctest.h>

#include <string>

#include "base/columns.hpp"

using namespace ringway;

TEST_CASE("cells: wide letters take two, marks none, bytes that are no text one each") {
  struct row {
    std::string_view text;
    std::size_t columns;
  };
  const row rows[] = {{"", 0}, {"abc", 3}, {"größe", 5}, {"e\u0301", 1}, {"日本", 4}, {"…", 1}, {"\xff\xfe", 2}, {"█┃", 2}};
  for (const auto& [text, columns] : rows) CHECK_MESSAGE(columns_of(text) == columns, text);
}

TEST_CASE("cut texts fit and are never cut inside a letter") {
  CHECK(head_of("größe", 3) == "grö");
  CHECK(head_of("日本語", 3) == "日");
  CHECK(tail_of("größe", 3) == "öße");
  CHECK(fitted("abcdef", 6) == "abcdef");
  CHECK(fitted("abcdefgh", 5) == "ab…gh");
  CHECK(fitted("abc", 1) == "…");
  for (const std::string_view text : {"web-prod-eu-west-1a", "日本語のサーバー", "größere-größe-größte"})
    for (std::size_t width = 1; width < 24; ++width) {
      const std::string out = fitted(text, width);
      CHECK(columns_of(out) <= width);
      for (std::string_view rest = out; !rest.empty(); rest.remove_prefix(first_glyph(rest).bytes)) CHECK(first_glyph(rest).valid);
    }
}

TEST_CASE("lines are broken between words only, longer words stand alone") {
  CHECK(wrapped("one two three", 0, 2, 8) == "one two\n  three");
  CHECK(wrapped("one two three", 0, 0, 0) == "one two three");
  CHECK(wrapped("one", 7, 2, 8) == "\n  one");
  CHECK(wrapped("a /a/very/long/path b", 0, 1, 8) == "a\n /a/very/long/path\n b");
  CHECK(wrapped("two\nlines here", 0, 1, 80) == "two\n lines here");
  CHECK(wrapped("  a  b c", 0, 2, 6) == "  a  b\n  c");
  CHECK(wrapped("größe größe", 0, 0, 11) == "größe größe");
}

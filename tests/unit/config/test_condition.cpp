#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "config/condition.hpp"

using namespace ringway::config;

namespace {

build_facts facts() {
  build_facts result;
  result.version = "3.2.0";
  result.features = {"THREAD", "EPOLL"};
  result.enabled = {"POLL", "REUSEPORT"};
  return result;
}

build_facts with_tls() {
  build_facts result = facts();
  result.ssl_library = "OpenSSL 3.0.11 19 Sep 2023";
  result.openssl_version = "3.0.11";
  result.awslc_api = 30;
  result.fips = true;
  return result;
}

environment variables() { return environment({{"SET", "yes"}, {"EMPTY", ""}, {" SPACED ", ""}}); }

struct good {
  std::string_view text;
  bool value;
};
struct bad {
  std::string_view text;
  std::size_t offset;
  std::size_t length;
};

}  // namespace

TEST_CASE("conditions have the values HAProxy gives them") {
  const good cases[] = {
      {"", false},
      {"0", false},
      {"1", true},
      {"-1", true},
      {"+0", false},
      {"00", false},
      {"010", true},
      {"0x0", false},
      {"0x10", true},
      {"99999999999999999999999", true},
      {" 1 ", true},
      {"!1", false},
      {"!!1", true},
      {"! ! ! 0", true},
      {"1 && 0", false},
      {"1&&1", true},
      {"0||1", true},
      {"0 || 0", false},
      {"1 || 0 && 0", true},
      {"(1 || 0) && 0", false},
      {"0 && 0 || 1", true},
      {"! ( 1 ) && ! 0 || 0", false},
      {"!(1&&0)", true},
      {"((((1))))", true},
      {"defined(SET)", true},
      {"defined(EMPTY)", true},
      {"defined(NONE)", false},
      {"defined( SPACED )", true},  // blanks belong to the argument
      {"defined()", false},
      {"!defined(NONE)&&defined(SET)", true},
      {"streq(a,a)", true},
      {"streq(a,b)", false},
      {"streq(a, a)", false},
      {"streq(,)", true},
      {"strneq(a,b)", true},
      {"strneq(a,a)", false},
      {R"(streq("a,b",'a,b'))", true},
      {R"(streq(a\ b,"a b"))", true},
      {R"x(streq("a)b",a")"b))x", true},
      {R"(streq(\n\t\r\\\"\',"\n\t\r\\\"'"))", true},
      {R"(streq('a\nb',"a\nb"))", false},
      {R"(streq(\.,'\.'))", true},
      {"strstr(abc,b)", true},
      {"strstr(abc,)", true},
      {"strstr(abc,d)", false},
      {"feature(THREAD)", true},
      {"feature(thread)", false},
      {"feature(OPENSSL)", false},
      {"enabled(POLL)", true},
      {"enabled(SPLICE)", false},
      {"version_atleast(3.2)", true},
      {"version_atleast(3.2.0)", true},
      {"version_atleast(3.2.1)", false},
      {"version_atleast(3.2-dev5)", true},
      {"version_atleast(3.5-dev4)", false},
      {"version_atleast(v3.5-dev3)", false},
      {"version_atleast(2.8)", true},
      {"version_atleast(3)", true},
      {"version_before(3.2)", false},
      {"version_before(3.2.1)", true},
      {"version_before(3.3-dev1)", true},
      {"version_before(2.4)", false},
      {"openssl_version_atleast(1.1.1)", false},  // built without
      {"openssl_version_before(1.1.1)", false},
      {"ssllib_name_startswith()", false},
      {"awslc_api_atleast(1)", false},
      {"awslc_api_before(1)", false},
      {"fips_mode", false},
      {"fips_mode()", false},
      {"!fips_mode", true},
      {"(fips_mode)", false},
  };
  for (const good& each : cases) {
    CAPTURE(each.text);
    const condition_result result = evaluate(each.text, variables(), facts());
    if (result.error) MESSAGE(result.error->message);
    REQUIRE_FALSE(result.error);
    CHECK(result.value == each.value);
  }
  const good tls[] = {
      {"openssl_version_atleast(1.1.1)", true},
      {"openssl_version_atleast(1.1.1w)", true},
      {"openssl_version_atleast(3.0.11)", true},
      {"openssl_version_atleast(3.0.12-beta1)", false},
      {"openssl_version_before(3.0.11)", false},
      {"openssl_version_before(3.0.11a)", true},
      {"openssl_version_before(3.5.0)", true},
      {"openssl_version_atleast(3.0.11-dev)", true},
      {"ssllib_name_startswith(OpenSSL)", true},
      {"ssllib_name_startswith(wolfSSL)", false},
      {"awslc_api_atleast(30)", true},
      {"awslc_api_atleast(31)", false},
      {"awslc_api_before(31)", true},
      {"fips_mode()", true},
  };
  for (const good& each : tls) {
    CAPTURE(each.text);
    const condition_result result = evaluate(each.text, variables(), with_tls());
    REQUIRE_FALSE(result.error);
    CHECK(result.value == each.value);
  }
}

TEST_CASE("wrong conditions say where") {
  const bad cases[] = {
      {" ", 1, 0},
      {"12abc", 2, 1},
      {"08", 1, 1},
      {"0x", 1, 1},
      {"1 1", 2, 1},
      {"!", 1, 0},
      {"1 &&", 4, 0},
      {"1 && ", 5, 0},
      {"&& 1", 0, 1},
      {"1 & 1", 2, 1},
      {"1 = 1", 2, 1},
      {"1 \xc3\xa9", 2, 2},
      {"(1", 0, 1},
      {"(1 || (0)", 0, 1},
      {"()", 1, 1},
      {"1)", 1, 1},
      {"(1 1)", 3, 1},
      {"foo", 0, 3},
      {"yes", 0, 3},
      {"1 && versoin_atleast(1)", 5, 15},
      {"0 && foo", 5, 3},  // not needed for the value, wrong all the same
      {"1 || foo", 5, 3},
      {"streq(a,b", 5, 1},
      {"streq(a,b) && streq(a", 19, 1},
      {"streq(a)", 6, 1},
      {"streq(a,b,c)", 6, 5},
      {"streq()", 6, 0},
      {"fips_mode(1)", 10, 1},
      {"fips_mode(,)", 10, 1},
      {"streq", 0, 5},
      {"defined (X)", 0, 7},
      {R"(streq("a,b))", 6, 1},
      {R"(streq(a,b\)", 9, 1},
      {"version_atleast(foo)", 16, 3},
      {"version_atleast()", 16, 0},
      {"version_atleast(3.2.)", 16, 4},
      {"version_atleast(1.2.3.4.5)", 16, 9},
      {"version_before(3.2-)", 15, 4},
      {"openssl_version_atleast(x)", 24, 1},
      {"awslc_api_atleast(1.2)", 18, 3},
  };
  for (const bad& each : cases) {
    CAPTURE(each.text);
    const condition_result result = evaluate(each.text, variables(), facts());
    REQUIRE(result.error);
    CHECK(result.error->offset == each.offset);
    CHECK(result.error->length == each.length);
    CHECK_FALSE(result.error->message.empty());
  }
  CHECK(evaluate("verison_before(3)", variables(), facts()).error->help == "did you mean 'version_before'?");
  CHECK(evaluate("1 and 1", variables(), facts()).error->offset == 2);
}

TEST_CASE("nesting is bounded") {
  const std::string deep = std::string(200, '(') + "1" + std::string(200, ')');
  CHECK(evaluate(deep, variables(), facts()).value);
  const std::string deeper = std::string(100000, '(') + "1" + std::string(100000, ')');
  REQUIRE(evaluate(deeper, variables(), facts()).error);
  CHECK(evaluate(deeper, variables(), facts()).error->offset == 256);
  CHECK(evaluate(std::string(100001, '!') + "1", variables(), facts()).value == false);
  std::string chain = "1";
  for (int i = 0; i < 20000; ++i) chain += "&&1";
  CHECK(evaluate(chain, variables(), facts()).value);
}

TEST_CASE("versions are in order") {
  const char* ascending[] = {
      "1.9",         "2.0",     "2.6-dev0",        "2.6-dev1", "2.6-dev1-12",  "2.6-dev10", "2.6-pre1",
      "2.6-rc2",     "2.6",     "2.6.0-4",         "2.6.12-1", "2.6.12-2",     "2.6.12.1",  "2.10",
      "3.2-dev17-5", "3.2-rc1", "3.2.0-gdeadbe-7", "3.5-dev5", "99999999999.1"};
  for (std::size_t i = 1; i < std::size(ascending); ++i) {
    CAPTURE(ascending[i - 1]);
    CAPTURE(ascending[i]);
    REQUIRE(parse_version(ascending[i - 1]));
    REQUIRE(parse_version(ascending[i]));
    CHECK(*parse_version(ascending[i - 1]) < *parse_version(ascending[i]));
  }
  CHECK(*parse_version("3.2") == *parse_version("3.2.0.0"));
  CHECK(*parse_version("3.2") == *parse_version("v3.2"));
  CHECK(*parse_version("3.2-rc1") == *parse_version("3.2-pre1"));
  CHECK(parse_version("2.6.12-1+deb12u4"));
  for (const char* wrong : {"", "v", "a", "3.", ".3", "3..2", "3.2-", "3.2x", "3 2", "-dev1", "3.2-dev1x"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_version(wrong));
  }
}

TEST_CASE("a condition of the command line is lexed first, without comments") {
  const auto value = [](std::string_view text) {
    const condition_result result = evaluate_argument(text, variables(), facts());
    REQUIRE_FALSE(result.error);
    return result.value;
  };
  CHECK(value(R"(streq("$SET",yes))"));
  CHECK(value(R"(streq("$NONE",))"));
  CHECK(value(R"(streq(\"a,b\",\"a,b\"))"));
  CHECK_FALSE(value(""));
  CHECK_FALSE(value("\"$NONE\""));
  CHECK(value("1   &&\t1"));

  const auto error = [](std::string_view text) {
    return evaluate_argument(text, variables(), facts()).error;
  };
  REQUIRE(error("1 # 2"));
  CHECK(error("1 # 2")->offset == 2);
  REQUIRE(error("streq(\"a"));
  CHECK(error("streq(\"a")->offset == 6);
  REQUIRE(error("1  &&   foo"));  // in the text as given, not as joined
  CHECK(error("1  &&   foo")->offset == 8);
  CHECK(error("1  &&   foo")->length == 3);
  REQUIRE(error("1  &&  "));
  CHECK(error("1  &&  ")->offset == 7);
}

TEST_CASE("any bytes are a condition or an error within it") {
  std::uint32_t dice = 99;
  const auto roll = [&](std::uint32_t sides) {
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
  };
  static constexpr std::string_view pieces[] = {
      "(",          ")",        "!",  "&&", "||", "0",  "1",         " ",
      "streq(a,b)", "defined(", ",",  "\"", "'",  "\\", "fips_mode", "version_atleast(3.",
      "x",          "-",        "0x", "$"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::uint32_t i = roll(12); i > 0; --i)
      if (roll(10) == 0)
        text += static_cast<char>(roll(256));
      else
        text += pieces[roll(std::size(pieces))];
    CAPTURE(text);
    for (const condition_result& result :
         {evaluate(text, variables(), facts()), evaluate_argument(text, variables(), facts())}) {
      if (!result.error) continue;
      REQUIRE(result.error->offset + result.error->length <= text.size());
      REQUIRE_FALSE(result.error->message.empty());
    }
  }
}

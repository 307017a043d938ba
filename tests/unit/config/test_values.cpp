// Codecs: text in, value or the exact mistake out.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config/endpoint.hpp"
#include "config/values.hpp"

using namespace ringway;
using namespace ringway::config;
using namespace std::chrono_literals;

TEST_CASE("times") {
  struct row {
    std::string_view text;
    time_unit unit;
    std::int64_t ms;  // -1: an error
  };
  const row rows[] = {
      {"0", time_unit::ms, 0},           {"5", time_unit::ms, 5},           {"5", time_unit::s, 5000},
      {"5", time_unit::d, 432'000'000},  {"5ms", time_unit::s, 5},          {"5s", time_unit::ms, 5000},
      {"5m", time_unit::ms, 300'000},    {"5h", time_unit::ms, 18'000'000}, {"1d", time_unit::ms, 86'400'000},
      {"1000us", time_unit::ms, 1},      {"1001us", time_unit::ms, 2},      {"0us", time_unit::ms, 0},
      {"999us", time_unit::ms, -1},      {"", time_unit::ms, -1},           {"s", time_unit::ms, -1},
      {"-5", time_unit::ms, -1},         {"1.5s", time_unit::ms, -1},       {"5x", time_unit::ms, -1},
      {"5 ", time_unit::ms, -1},         {"5S", time_unit::ms, -1},         {"2147483647", time_unit::ms, 2147483647},
      {"2147483648", time_unit::ms, -1}, {"24d", time_unit::ms, 2'073'600'000}, {"25d", time_unit::ms, -1},
      {"18446744073709551616", time_unit::us, -1}, {"18446744073709551615d", time_unit::ms, -1},
  };
  for (const row& one : rows) {
    CAPTURE(one.text);
    const auto read = parse_duration(one.text, one.unit);
    CHECK(static_cast<bool>(read) == (one.ms >= 0));
    if (one.ms >= 0) CHECK(read.value.count() == one.ms);
    if (one.ms >= 0) CHECK(parse_duration(print_duration(read.value), time_unit::ms).value == read.value);
  }
  const auto odd = parse_duration("15min", time_unit::ms);
  CHECK(odd.tolerated);
  CHECK(odd.value == 15min);
}

TEST_CASE("numbers and sizes") {
  CHECK(parse_number("7", 0, 9).value == 7);
  CHECK(parse_number("9", 0, 9));
  for (const std::string_view bad : {"10", "", "x", "7x", "-1", "+1", " 7", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_number(bad, 0, 9));
  }
  CHECK(parse_number("7x", 0, 9).offset == 1);
  CHECK(parse_size("16k", 0, UINT32_MAX).value == 16384);
  CHECK(parse_size("2M", 0, UINT32_MAX).value == 2097152);
  CHECK(parse_size("1g", 0, UINT32_MAX).value == 1073741824);
  for (const std::string_view bad : {"4g", "k", "1kb", "1t", "99999999999999999999g"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad, 0, UINT32_MAX));
  }
}

TEST_CASE("networks") {
  struct row {
    std::string_view text;
    int bits;  // -1: none
  };
  const row rows[] = {{"10.0.0.0/8", 8},     {"10.0.0.1", 32},          {"10.0.0.0/0", 0},
                      {"10.0.0.0/33", -1},   {"10.0.0.0/255.0.0.0", 8}, {"10.0.0.0/255.0.255.0", -1},
                      {"10.0.0.0/0.0.0.0", 0}, {"2001:db8::/32", 32},   {"::1", 128},
                      {"2001:db8::/129", -1}, {"2001:db8::/255.0.0.0", -1}, {"localhost", -1},
                      {"10.0.0.0/", -1},     {"/8", -1},                {"", -1}};
  for (const row& one : rows) {
    CAPTURE(one.text);
    const auto read = parse_network(one.text);
    REQUIRE(read.has_value() == (one.bits >= 0));
    if (read) CHECK(static_cast<int>(read->bits) == one.bits);
  }
}

TEST_CASE("carets point at the piece that is wrong") {
  struct row {
    std::string_view text;
    std::uint32_t column, length;  // of the diagnostic, the word being at column 10
  };
  const row rows[] = {{"1.2.3.4:x", 18, 1},  {"1.2.3.4:99999", 18, 5}, {"a,b", 11, 1},   {"1.2.3.4:80-70", 18, 5},
                      {"1.2.3.4", 17, 1},    {"foo@1.2.3.4:80", 10, 4}, {"ipv6@1.2.3.4:80", 15, 7}};
  for (const row& one : rows) {
    CAPTURE(one.text);
    word given;
    given.text = std::string(one.text);
    given.where = {0, 1, 10, static_cast<std::uint32_t>(one.text.size())};
    diagnostics report;
    CHECK_FALSE(read_endpoint("bind", given, {.port_needed = true, .range = true}, {}, report));
    REQUIRE(report.all().size() == 1);
    CHECK(report.all()[0].where.column == one.column);
    CHECK(report.all()[0].where.length == one.length);
  }
}

TEST_CASE("variables outside double quotes are replaced in addresses, once") {
  const environment variables({{"A", "192.0.2.1"}, {"P", "80"}, {"N", "n"}, {"K", "ipv4"}, {"NEST", "$A"}, {"A_1", "192.0.2.2"}, {"EMPTY", ""}});
  struct row {
    std::string_view text, becomes;
  };
  const row rows[] = {
      {"", ""},           {"1.2.3.4:80", "1.2.3.4:80"},  {"${A}:80", "192.0.2.1:80"}, {"$A:80", "192.0.2.1:80"},
      {"$A:$P", "192.0.2.1:80"}, {"${A}:${P}", "192.0.2.1:80"}, {"$A_1:80", "192.0.2.2:80"}, {"${A}_1", "192.0.2.1_1"},
      {"$K@$A:1", "ipv4@192.0.2.1:1"}, {"/run/$N.sock", "/run/n.sock"}, {"${NEST}:80", "$A:80"}, {"$NONE:80", ":80"},
      {"${EMPTY}", ""},   {"$", ""},                     {"a$", "a"},                 {"${A", "192.0.2.1"},
      {"${A-x}", "192.0.2.1-x}"}, {"${}:1", ":1"},       {"$9:1", ":1"},              {"\\$A", "\\192.0.2.1"}, {"$$A", "192.0.2.1"}};
  for (const row& one : rows) {
    CAPTURE(one.text);
    CHECK(expand_address(one.text, variables) == one.becomes);
  }
  const auto read = [&](std::string_view text) {
    word given;
    given.text = std::string(text);
    given.where = {0, 1, 10, static_cast<std::uint32_t>(text.size())};
    diagnostics report;
    const auto at = read_endpoint("bind", given, {.port_needed = true, .descriptors = true}, variables, report);
    if (at) return at->fd >= 0 ? fmt::format("fd {}", at->fd) : fmt::format("{}:{}", at->wildcard ? "*" : at->ip.host_text(), at->port);
    REQUIRE(report.all().size() == 1);
    // What is wrong in the value is shown at the whole word.
    CHECK(report.all()[0].where.column == 10);
    CHECK(report.all()[0].where.length == text.size());
    return report.all()[0].message;
  };
  CHECK(read("${A}:$P") == "192.0.2.1:80");
  CHECK(read("$NONE:80") == "*:80");
  CHECK(read("fd@$P") == "fd 80");
  CHECK(read("$NONE") == "'bind': nothing is left of the address '$NONE': its environment variable is not set");
  CHECK(read("${A}:x$P") == "'bind': the port 'x80' is not a number in '192.0.2.1:x80', which '${A}:x$P' stands for");
}

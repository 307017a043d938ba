#include "base/hash.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ringway;

TEST_CASE("byte-string hashes of known texts") {
  struct row {
    std::string_view text;
    std::uint32_t sdbm, djb2, wt6, crc32;
  };
  const row rows[] = {
      {"", 0, 0x1505, 0xf99a0360, 0},
      {"/index.html", 0x33242976, 0xe114b9cf, 0x3101077e, 0xea224b42},
      {"a", 97, 177670, 1900802597, 3904355907},
      {"\xff", 255, 177828, 1932728997, 4278190080},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    CHECK(hash::sdbm(r.text) == r.sdbm);
    CHECK(hash::djb2(r.text) == r.djb2);
    CHECK(hash::wt6(r.text) == r.wt6);
    CHECK(hash::crc32(r.text) == r.crc32);
  }
  CHECK(hash::crc32("123456789") == 0xcbf43926);  // the polynomial's customary check value
}

TEST_CASE("avalanche") {
  CHECK(hash::avalanche(0) == 0xab4ed927);
  CHECK(hash::avalanche(1) == 0x348681b6);
  CHECK(hash::avalanche(0xffffffff) == 0x7e64c182);
  CHECK(hash::avalanche(0xc0000207) == 0x792e96dc);
  CHECK(hash::avalanche(hash::crc32("/index.html")) == 0x220c451c);
}

TEST_CASE("XXH32 of every length up to beyond its block") {
  CHECK(hash::xxh32("", 0) == 0x02cc5d05);
  CHECK(hash::xxh32("a", 0) == 0x550d7456);
  CHECK(hash::xxh32("abc", 0) == 0x32d153ff);
  CHECK(hash::xxh32("srv-a", 0) == 0x5a8f1870);
  CHECK(hash::xxh32("Nobody inspects the spammish repetition", 0) == 0xe2293b2f);
}

TEST_CASE("a text as a decimal number") {
  struct row {
    std::string_view text;
    std::uint32_t value;
  };
  const row rows[] = {
      {"", 0},
      {"0", 0},
      {"7", 7},
      {"+7", 7},
      {"-1", 0xffffffff},
      {"--1", 0},
      {"+-1", 0},
      {"x1", 0},
      {" 1", 0},
      {"12x9", 12},
      {"4294967295", 0xffffffff},
      {"4294967296", 0},
      {"4294967297z", 1},
      {"9223372036854775807", 0xffffffff},
      {"9223372036854775808", 0xffffffff},
      {"99999999999999999999999999", 0xffffffff},
      {"-9223372036854775807", 1},
      {"-9223372036854775808", 0},
      {"-9223372036854775809", 0},
      {"-99999999999999999999999", 0},
      {"-", 0},
      {"+", 0},
  };
  for (const auto& r : rows) {
    CAPTURE(r.text);
    CHECK(hash::decimal(r.text) == r.value);
  }
}

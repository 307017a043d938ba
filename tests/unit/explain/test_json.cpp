#include <doctest/doctest.h>

#include "explain/json.hpp"

using ringway::explain::json;

TEST_CASE("objects, arrays, numbers and text") {
  json out;
  out.open_object().pair("a", 1).pair("b", 0.25).pair("c", true).key("d").open_array().close_array();
  out.key("e").open_array().value("x").value(-3).null().open_object().close_object().close_array().close_object();
  CHECK(out.take() ==
        "{\n  \"a\": 1,\n  \"b\": 0.25,\n  \"c\": true,\n  \"d\": [],\n  \"e\": [\n    \"x\",\n    -3,\n    null,\n    {}\n  ]\n}\n");
  CHECK(out.value(2.0).take() == "2.0\n");
  CHECK(out.value(1.0 / 3).take() == "0.333333\n");
}

TEST_CASE("a string is valid whatever its bytes") {
  json out;
  CHECK(out.value("a\"\\\n\x01\x7f").take() == "\"a\\\"\\\\\\u000a\\u0001\\u007f\"\n");
  CHECK(out.value("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80").take() == "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"\n");
  CHECK(out.value("\xc0\xaf\xed\xa0\x80\xff" "a\xe2\x82").take() == "\"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\\ufffda\\ufffd\\ufffd\"\n");
}

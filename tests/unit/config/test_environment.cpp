#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "config/environment.hpp"

using namespace ringway::config;

TEST_CASE("the four ways to change the environment") {
  environment env({{"A", "1"}, {"B", ""}, {"C", "3"}});
  CHECK(env.find("A") == "1");
  CHECK(env.find("B") == "");
  CHECK_FALSE(env.find("D"));
  CHECK(env.contains("B"));

  CHECK_FALSE(env.preset("A", "9"));
  CHECK_FALSE(env.preset("B", "9"));  // set, though empty
  CHECK(env.preset("D", "4"));
  CHECK(env.find("A") == "1");
  CHECK(env.find("D") == "4");

  env.set("A", "2");
  env.set("E", "5");
  CHECK(env.find("A") == "2");
  CHECK(env.find("E") == "5");

  CHECK(env.unset("E"));
  CHECK_FALSE(env.unset("E"));
  CHECK(env.entries() == std::vector<std::string>{"A=2", "B=", "C=3", "D=4"});

  env.reset({"C", "B", "NONE"});
  CHECK(env.entries() == std::vector<std::string>{"B=", "C=3"});
  env.reset({});
  CHECK(env.all().empty());
}

TEST_CASE("the process's environment is copied, not shared") {
  REQUIRE(::setenv("RINGWAY_TEST_VARIABLE", "a=b", 1) == 0);
  environment env = environment::of_process();
  CHECK(env.find("RINGWAY_TEST_VARIABLE") == "a=b");
  env.set("RINGWAY_TEST_VARIABLE", "changed");
  CHECK(std::string(::getenv("RINGWAY_TEST_VARIABLE")) == "a=b");
  REQUIRE(::unsetenv("RINGWAY_TEST_VARIABLE") == 0);
  CHECK(env.contains("RINGWAY_TEST_VARIABLE"));
}

TEST_CASE("names of variables") {
  for (const char* good : {"A", "_", "a1_B", "HAPROXY_CFGFILES"}) {
    CAPTURE(good);
    CHECK(environment::valid_name(good));
  }
  for (const char* bad : {"", "1A", "A-B", ".FILE", "A=", "\xc3\xa9", "A B"}) {
    CAPTURE(bad);
    CHECK_FALSE(environment::valid_name(bad));
  }
}

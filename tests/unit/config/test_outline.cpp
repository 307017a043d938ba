// Finding sections and lines again by their places, and the defaults that a section begins with.
#include <doctest/doctest.h>

#include "config/outline.hpp"

using namespace ringway::config;

namespace {

line make(std::uint32_t file, std::uint32_t number, std::initializer_list<const char*> words) {
  line out;
  out.where = {file, number, 1, 0};
  for (const char* each : words) {
    word& one = out.words.emplace_back();
    one.text = each;
    one.where = {file, number, 1, 1};
  }
  return out;
}

span at(std::uint32_t file, std::uint32_t number) { return {file, number, 3, 4}; }

}  // namespace

TEST_CASE("sections and lines by place") {
  outline all;
  CHECK(all.at(at(0, 1)) == nullptr);
  all.open(make(0, 2, {"global"}), place::global);
  all.open(make(0, 9, {"backend", "a"}), place::backend);
  all.last().lines = {make(0, 10, {"server", "s"}), make(0, 12, {"server", "t"})};
  all.open(make(2, 3, {"backend", "b"}), place::backend);
  REQUIRE(all.at(at(0, 9)) == &all.all()[1]);
  CHECK(all.at(at(0, 10)) == nullptr);
  CHECK(all.at(at(1, 9)) == nullptr);
  CHECK(all.at(at(2, 3)) == &all.all()[2]);
  CHECK(all.at(at(3, 1)) == nullptr);
  const outline::section& section = all.all()[1];
  CHECK(section.at(at(0, 10)) == &section.lines[0]);
  CHECK(section.at(at(0, 11)) == nullptr);
  CHECK(section.at(at(0, 12)) == &section.lines[1]);
  CHECK(section.at(at(0, 13)) == nullptr);
  CHECK(section.at(at(1, 10)) == nullptr);
  CHECK(all.next_section(at(0, 1)) == 2);
  CHECK(all.next_section(at(0, 2)) == 9);
  CHECK(all.next_section(at(0, 9)) == 0);
  CHECK(all.next_section(at(2, 1)) == 3);
}

TEST_CASE("the defaults that a section begins with") {
  outline all;
  const auto begins = [&all](std::initializer_list<const char*> words, place kind) {
    const auto number = static_cast<std::uint32_t>(all.all().size() + 1);
    all.open(make(0, number, words), kind);
    const outline::section* found = all.defaults_of(all.last());
    return found == nullptr ? 0 : found->head.where.line;
  };
  CHECK(begins({"backend", "before"}, place::backend) == 0);
  CHECK(begins({"defaults"}, place::defaults) == 0);  // 2
  CHECK(begins({"backend", "a"}, place::backend) == 2);
  CHECK(begins({"defaults", "web"}, place::defaults) == 0);                 // 4: not from the one before
  CHECK(begins({"defaults", "api", "from", "web"}, place::defaults) == 4);  // 5
  CHECK(begins({"backend", "b"}, place::backend) == 5);
  CHECK(begins({"backend", "c", "from", "web"}, place::backend) == 4);
  CHECK(begins({"defaults", "web"}, place::defaults) == 0);  // 8: of two, the one below counts
  CHECK(begins({"backend", "d", "from", "web"}, place::backend) == 8);
  CHECK(begins({"backend", "e", "from", "nowhere"}, place::backend) == 0);
  CHECK(begins({"defaults", "own", "from", "own"}, place::defaults) == 0);
}

TEST_CASE("the last line that says it counts, of the section before its defaults") {
  outline all;
  all.open(make(0, 1, {"defaults"}), place::defaults);
  all.last().lines = {make(0, 2, {"timeout", "client", "1s"}), make(0, 3, {"balance", "source"})};
  all.open(make(0, 4, {"backend", "a"}), place::backend);
  all.last().lines = {make(0, 5, {"balance", "uri"}), make(0, 6, {"balance", "first"})};
  const outline::section& section = all.all()[1];
  CHECK(all.find(section, "balance")->where.line == 6);
  CHECK(all.find(section, "timeout client")->where.line == 2);
  CHECK(all.find(section, "timeout server") == nullptr);
}

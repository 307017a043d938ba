// What is kept for later, and when it is given back.
#include <doctest/doctest.h>

#include <cstring>
#include <memory>
#include <set>
#include <vector>

#include "io/slab.hpp"
#include "io/spares.hpp"

using namespace ringway;

TEST_CASE("spares: half of what nobody wanted goes, what was wanted of late stays") {
  io::spares<std::unique_ptr<int>> list(100);
  const auto fill = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) list.put(std::make_unique<int>(1));
  };
  fill(120);
  CHECK(list.size() == 100);
  CHECK(list.shrink(8) == 0);  // they were not there all the time
  CHECK(list.shrink(8) == 50);
  for (int i = 0; i < 40; ++i) list.take();
  fill(40);
  CHECK(list.shrink(8) == 5);  // 10 of 50 were not wanted
  CHECK(list.size() == 45);
  for (int i = 0; i < 20; ++i) list.shrink(8);
  CHECK(list.size() == 8);
  for (int i = 0; i < 20; ++i) list.shrink(0);
  CHECK(list.empty());
}

TEST_CASE("slab: objects of their own, blocks that come and go") {
  for (const std::size_t size : {8u, 24u, 400u, 1000u}) {
    CAPTURE(size);
    io::slab memory(size);
    std::vector<char*> objects;
    std::set<char*> different;
    const auto take = [&](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) {
        objects.push_back(static_cast<char*>(memory.take()));
        std::memset(objects.back(), static_cast<int>(objects.size()), size);
        different.insert(objects.back());
      }
    };
    take(5000);
    CHECK(different.size() == 5000);
    for (std::size_t i = 0; i < objects.size(); ++i)
      REQUIRE(objects[i][size - 1] == static_cast<char>(i + 1));
    CHECK(memory.empty_blocks() == 0);
    CHECK(memory.shrink() == 0);
    // One of a hundred stays: no block with it is given back, and it is untouched.
    std::vector<char*> left;
    for (std::size_t i = 0; i < objects.size(); ++i) {
      if (i % 2500 == 0)
        left.push_back(objects[i]);
      else
        memory.put_back(objects[i]);
    }
    const char first = left[0][0], second = left[1][0];
    CHECK(memory.empty_blocks() > 3);
    memory.shrink();
    const std::size_t empty = memory.empty_blocks();
    CHECK(memory.shrink() > 0);
    CHECK(memory.empty_blocks() == empty - (empty + 1) / 2);
    for (int i = 0; i < 20; ++i) memory.shrink();
    CHECK(memory.empty_blocks() <= 1);
    CHECK(left[0][0] == first);
    CHECK(left[1][0] == second);
    objects.clear();
    different.clear();
    take(1000);
    CHECK(different.size() == 1000);
    for (char* one : objects) memory.put_back(one);
    for (char* one : left) memory.put_back(one);
  }
}

// Every recorded decision of the reference proxy, taken again.
#include <doctest/doctest.h>

#include <string>

#include "base/hash.hpp"
#include "unit/balance/vectors.hpp"

using namespace vectors;

namespace {

std::size_t check_keys(const std::string& path, const std::map<std::string, config>& configs) {
  std::map<std::string, std::unique_ptr<chooser>> made;
  std::size_t checked = 0;
  const auto rows = read_csv(path);
  REQUIRE(rows.size() > 1);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    REQUIRE(rows[i].size() == 3);
    const auto& name = rows[i][0];
    REQUIRE_MESSAGE(configs.count(name) == 1, name);
    const auto& c = configs.at(name);
    auto& balancer = made[name];
    if (!balancer) balancer = c.make();
    const auto chosen = vectors::place(*balancer, c, rows[i][1]);
    if (chosen != index_of(rows[i][2])) {
      CAPTURE(name);
      CAPTURE(rows[i][1]);
      CHECK_MESSAGE(chosen == index_of(rows[i][2]), "another server than the reference");
    }
    ++checked;
  }
  return checked;
}

std::size_t check_sequences(const std::string& path, const std::map<std::string, config>& configs) {
  std::map<std::string, std::unique_ptr<chooser>> made;
  std::size_t checked = 0, other_version = 0;
  const auto rows = read_csv(path);
  REQUIRE(rows.size() > 1);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& row = rows[i];
    REQUIRE(row.size() == 6);
    REQUIRE(configs.count(row[0]) == 1);
    const auto& c = configs.at(row[0]);
    if (!c.for_target) {
      ++other_version;
      continue;
    }
    auto& balancer = made[row[0]];
    if (!balancer) balancer = c.make();
    if (row[2] == "req") {
      request_facts facts;
      facts.method = "GET";
      facts.target = "/";
      const auto chosen = balancer->pick(facts);
      if (chosen != index_of(row[5])) {
        CAPTURE(row[0]);
        CAPTURE(row[1]);
        CHECK_MESSAGE(chosen == index_of(row[5]), "another server than the reference");
      }
      ++checked;
    } else if (row[2] == "down" || row[2] == "up") {
      balancer->set_usable(index_of(row[3]), row[2] == "up");
    } else {
      REQUIRE(row[2] == "weight");
      REQUIRE(balancer->set_weight(index_of(row[3]), static_cast<unsigned>(std::stoul(row[4]))));
    }
  }
  MESSAGE("rows that hold only for 2.6, skipped: " << other_version);
  return checked;
}

void check_hashes(const std::string& path) {
  const auto rows = read_csv(path);
  REQUIRE(rows.size() > 1);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& row = rows[i];
    REQUIRE(row.size() == 11);
    std::string bytes;
    for (std::size_t at = 0; at + 1 < row[0].size(); at += 2)
      bytes.push_back(static_cast<char>(std::stoul(row[0].substr(at, 2), nullptr, 16)));
    CAPTURE(row[0]);
    const std::uint32_t raw[] = {hash::sdbm(bytes), hash::djb2(bytes), hash::wt6(bytes), hash::crc32(bytes)};
    for (std::size_t f = 0; f < 4; ++f) {
      CHECK(raw[f] == std::stoul(row[1 + 2 * f]));
      CHECK(hash::avalanche(raw[f]) == std::stoul(row[2 + 2 * f]));
    }
    CHECK(hash::xxh32(bytes, 0) == std::stoul(row[9]));
    CHECK(hash::xxh32(bytes, 12345) == std::stoul(row[10]));
  }
}

}  // namespace

TEST_CASE("the committed sample of placements") {
  const auto configs = read_configs();
  CHECK(configs.size() == 124);
  CHECK(check_keys(sample_directory() + "/sample.csv", configs) > 1400);
  CHECK(check_sequences(sample_directory() + "/sequences.csv", configs) > 800);
  check_hashes(sample_directory() + "/hashes.csv");
}

TEST_CASE("all recorded placements") {
  const auto directory = full_directory();
  if (directory.empty()) {
    MESSAGE("no full set of vectors here (RINGWAY_VECTORS): the committed sample stands for it");
    return;
  }
  const auto configs = read_configs();
  std::size_t checked = 0;
  for (const char* file : {"src4", "src6", "srcmix", "uri", "param", "hdr", "dom", "fhdr", "num"})
    checked += check_keys(directory + "/" + file + ".csv", configs);
  checked += check_sequences(directory + "/sequences.csv", configs);
  check_hashes(directory + "/hashes.csv");
  MESSAGE("placements compared: " << checked);
}

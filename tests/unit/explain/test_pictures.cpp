// What people see of a backend fits: 80 columns, every server, names that stay different, small drawings.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/columns.hpp"
#include "explain/comparison.hpp"
#include "explain/flows.hpp"
#include "explain/labels.hpp"
#include "explain/ring_report.hpp"
#include "support/load_text.hpp"

using namespace ringway;
using namespace ringway::explain;

namespace {

using names = std::vector<std::string>;

// Names as clouds and people give them; the same for the same number.
names made_of(std::size_t count, int kind) {
  lot dice(3);
  names out;
  for (std::size_t i = 1; i <= count; ++i) {
    const auto hex = [&] { return fmt::format("{:010x}", dice.number() & 0xffffffffffu); };
    switch (kind) {
      case 0: out.push_back(fmt::format("web-prod-eu-west-1a-i-{}", hex())); break;
      case 1: out.push_back(fmt::format("web-prod-eu-west-1a-node-{:03}", i)); break;
      case 2: out.push_back(fmt::format("app{:03}.shop.prod.eu-west-1.compute.internal.example.com", i)); break;
      case 3: out.push_back(fmt::format("10.20.{}.{}", i / 256, i % 256)); break;
      case 4: out.push_back(fmt::format("{}-{}-i-{}", i % 2 != 0 ? "api-gateway-production" : "worker-staging", i % 3 != 0 ? "eu" : "us", hex())); break;
      case 5: out.push_back(std::string(120, 's') + fmt::format("{:03}", i) + std::string(40, 'x')); break;
      default: out.push_back(fmt::format("s{}", i)); break;
    }
  }
  return out;
}
constexpr int kinds = 7;

std::string file_of(const names& of, std::string_view balance, bool weighted, std::string_view backend) {
  std::string out = fmt::format("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nbackend {}\n {}\n", backend, balance);
  for (std::size_t i = 0; i < of.size(); ++i)
    out += fmt::format(" server {} 10.0.{}.{}:80{}\n", of[i], i / 256, i % 256, weighted ? fmt::format(" weight {}", 1 + i * 37 % 256) : "");
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}


}  // namespace

TEST_CASE("labels fit, and differ where names do") {
  for (int kind = 0; kind < kinds; ++kind)
    for (const std::size_t count : {1, 2, 3, 10, 40, 200}) {
      const names all = made_of(count, kind);
      const std::vector<std::string_view> views(all.begin(), all.end());
      for (const std::size_t width : {8, 11, 12, 17, 20, 25, 44, 400}) {
        CAPTURE(kind);
        CAPTURE(count);
        CAPTURE(width);
        const auto labels = labels_of(views, width);
        REQUIRE(labels.size() == count);
        CHECK(std::set<std::string>(labels.begin(), labels.end()).size() == count);
        for (const auto& each : labels) CHECK(columns_of(each) <= width);
      }
    }
}

TEST_CASE("labels keep what tells names apart") {
  struct row {
    std::vector<std::string_view> names;
    std::size_t width;
    std::vector<std::string> labels;
  };
  const row rows[] = {
      {{"web-prod-eu-west-1a-i-0a1b", "web-prod-eu-west-1a-i-77cc"}, 17, {"web-prod-eu-…0a1b", "web-prod-eu-…77cc"}},
      {{"a", "b"}, 8, {"a", "b"}},
      {{"app1.shop.example.com", "app2.shop.example.com"}, 12, {"app1…ple.com", "app2…ple.com"}},
      {{"größe-nord-west", "größe-nord-ost"}, 9, {"größ…west", "größ…ost"}},
      {{"one-very-long-name-that-is-alone"}, 9, {"one-…lone"}},
  };
  for (const auto& each : rows) CHECK(labels_of(each.names, each.width) == each.labels);
}

TEST_CASE("every server of a backend is shown in 80 columns, whatever the names, weights and hash types") {
  for (int kind = 0; kind < kinds; ++kind)
    for (const std::size_t count : {1, 3, 10, 40, 200})
      for (const std::string_view balance : {"balance uri\n hash-type consistent", "balance hdr(X-Forwarded-For) use_domain_only\n hash-type map-based wt6 avalanche",
                                             "balance uri\n hash-type maglev", "balance roundrobin"}) {
        const bool weighted = count <= 40 && balance.find("consistent") != std::string_view::npos;
        CAPTURE(kind);
        CAPTURE(count);
        CAPTURE(balance);
        const names all = made_of(count, kind);
        auto done = test::load_text(file_of(all, balance, weighted, kind == 0 ? "web-prod-eu-west-1-checkout-backend" : "b"));
        site of(done.model);
        const farm& back = of.farms()[0];
        const auto report = report_on(back, nullptr, 100, losses_wanted::for_text);
        const auto lines = lines_of(text_of(report, {.colour = false, .unicode = true, .width = 80}));
        for (const auto& line : lines) CHECK_MESSAGE(columns_of(line) <= 80, line);
        if (!back.hashes()) continue;
        // One figure of the legend for each server.
        std::size_t figures = 0;
        for (const auto& line : lines) {
          if (line.find("->") != std::string::npos) break;
          for (std::size_t at = 0; (at = line.find(" %", at)) != std::string::npos; ++at) ++figures;
        }
        CHECK(figures >= 2 * count);
        CHECK(lines.size() <= (count <= 40 ? 62 : 130));
      }
}

TEST_CASE("a drawing names every server and stays small") {
  for (int kind = 0; kind < kinds; ++kind)
    for (const std::size_t count : {1, 3, 10, 40, 200})
      for (const std::string_view balance : {"balance uri\n hash-type consistent", "balance uri\n hash-type map-based"}) {
        CAPTURE(kind);
        CAPTURE(count);
        const names all = made_of(count, kind);
        auto done = test::load_text(file_of(all, balance, count <= 40, "web-prod-eu-west-1-checkout-backend"));
        site of(done.model);
        const auto drawn = svg(of.farms()[0], spread_of(of.farms()[0]));
        CHECK(drawn.size() < 150'000);
        std::set<std::string> told;
        for (const auto& line : lines_of(drawn))
          if (line.find("Mono") != std::string::npos) told.insert(line.substr(line.find('>')));
        CHECK(told.size() >= count);
      }
}

TEST_CASE("who takes no part is named with the reason") {
  auto done = test::load_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nbackend b\n balance uri\n hash-type consistent\n"
                              " server a 192.0.2.1:80\n server idle 192.0.2.2:80 weight 0\n server off 192.0.2.3:80 disabled\n server spare 192.0.2.4:80 backup\n");
  site of(done.model);
  const auto text = text_of(report_on(of.farms()[0], nullptr, 100, losses_wanted::for_text), {});
  for (const auto part : {"down: off\n", "weight 0, no keys: idle\n", "backup, not in use: spare\n", "1 server on 16 points"})
    CHECK_MESSAGE(text.find(part) != std::string::npos, text);
}

TEST_CASE("the comparison of hash types fits, and is exact where it can be") {
  std::vector<measured> rows;
  for (const auto method : {balance::hash_method::map_based, balance::hash_method::consistent, balance::hash_method::maglev, balance::hash_method::rendezvous})
    rows.push_back(measure(method, equal_servers(10)));
  auto unlike = equal_servers(3);
  unlike[1].weight = 7;
  rows.push_back(measure(balance::hash_method::rendezvous, unlike));
  for (const auto& line : lines_of(table_of(rows))) CHECK_MESSAGE(columns_of(line) <= 80, line);
  CHECK(rows[3].lost == doctest::Approx(0.1).epsilon(1e-9));  // drawn by lot it would be near, and take long
  CHECK(rows[3].added == doctest::Approx(1.0 / 11).epsilon(1e-9));
  CHECK(rows[3].lost_needless == 0);
  CHECK(rows[4].weight == 0);
  CHECK(table_of(rows).find(" own ") != std::string::npos);
}

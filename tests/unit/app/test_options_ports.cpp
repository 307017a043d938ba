#include <doctest/doctest.h>

#include "app/ports.hpp"

using namespace ringway;
using namespace ringway::app;

namespace {

proxy::bind_settings tcp(std::uint16_t port, std::string name = {}) {
  proxy::bind_settings out;
  out.at = *parse_ip("127.0.0.1");
  out.at.port = port;
  out.name = std::move(name);
  return out;
}

proxy::bind_settings file(std::string path) {
  proxy::bind_settings out;
  out.path = std::move(path);
  return out;
}

proxy::section_settings section(std::string name, std::vector<proxy::bind_settings> binds) {
  proxy::section_settings out;
  out.name = std::move(name);
  out.front = true;
  out.binds = std::move(binds);
  return out;
}

// web: 80 and a socket file; api: two named binds; a disabled frontend and a backend that do not count.
proxy::model two_frontends() {
  proxy::model out;
  proxy::bind_settings inherited = tcp(5);
  inherited.fd = 5;
  out.sections.push_back(section("web", {tcp(80), file("/tmp/x"), inherited}));
  out.sections.push_back(section("api", {tcp(81, "plain"), tcp(82, "other")}));
  out.sections.push_back(section("off", {tcp(83)}));
  out.sections.back().disabled = true;
  out.sections.push_back(section("back", {}));
  out.sections.back().front = false;
  return out;
}

proxy::model one_frontend() {
  proxy::model out = two_frontends();
  out.sections.erase(out.sections.begin() + 1);
  return out;
}

}  // namespace

TEST_CASE("--port finds its bind") {
  struct row {
    proxy::model (*model)();
    std::vector<port_override> overrides;
    std::size_t section, bind;
    std::uint16_t port;
  };
  const row rows[] = {
      {one_frontend, {{"", 8080}}, 0, 0, 8080},
      {two_frontends, {{"web", 8080}}, 0, 0, 8080},
      {two_frontends, {{"plain", 8081}}, 1, 0, 8081},
      {two_frontends, {{"plain", 8081}, {"other", 0}}, 1, 1, 0},
      {two_frontends, {{"web", 80}, {"other", 9}}, 1, 1, 9},
  };
  for (const row& one : rows) {
    proxy::model model = one.model();
    const outcome bad = apply_ports(one.overrides, model);
    CAPTURE(bad.value_or(complaint{}).message);
    REQUIRE_FALSE(bad.has_value());
    CHECK(model.sections[one.section].binds[one.bind].at.port == one.port);
    CHECK(model.sections[0].binds[2].at.port == 5);
  }
}

TEST_CASE("one port of several addresses is moved as one") {
  for (const char* name : {"web", ""}) {
    proxy::model model;
    proxy::bind_settings v6 = tcp(25);
    v6.at = *parse_ip("::");
    v6.at.port = 25;
    model.sections.push_back(section("web", {tcp(25), v6}));
    REQUIRE_FALSE(apply_ports({{name, 2525}}, model).has_value());
    CHECK(model.sections[0].binds[0].at.port == 2525);
    CHECK(model.sections[0].binds[1].at.port == 2525);
    CHECK(apply_ports({{"web", 1}, {"", 2}}, model)->id == "port-twice");
  }
}

TEST_CASE("a bind's name is narrower than a frontend's") {
  proxy::model model;
  model.sections.push_back(section("a", {tcp(1, "b"), tcp(2)}));
  model.sections.push_back(section("b", {tcp(3)}));
  REQUIRE_FALSE(apply_ports({{"b", 9}}, model).has_value());
  CHECK(model.sections[0].binds[0].at.port == 9);
  CHECK(model.sections[1].binds[0].at.port == 3);
}

TEST_CASE("--port says why it cannot, and changes nothing") {
  struct row {
    std::vector<port_override> overrides;
    std::string id, message, help;
  };
  const row rows[] = {
      {{{"", 1}},
       "port-ambiguous",
       "there are 3 TCP addresses",
       "web: 127.0.0.1:80, api: plain (127.0.0.1:81)"},
      {{{"api", 1}}, "port-ambiguous", "'api' has 2 TCP addresses", "plain (127.0.0.1:81)"},
      {{{"wbe", 1}}, "port-unknown-name", "named 'wbe'", "web"},
      {{{"off", 1}}, "port-unknown-name", "named 'off'", "there are: web"},
      {{{"back", 1}}, "port-unknown-name", "named 'back'", "there are: web"},
      {{{"web", 1}, {"nobody", 2}}, "port-unknown-name", "named 'nobody'", ""},
  };
  for (const row& one : rows) {
    proxy::model model = two_frontends();
    const outcome bad = apply_ports(one.overrides, model);
    REQUIRE(bad.has_value());
    CHECK(bad->id == one.id);
    CAPTURE(bad->message);
    CAPTURE(bad->help);
    CHECK(bad->message.find(one.message) != std::string::npos);
    CHECK(bad->help.find(one.help) != std::string::npos);
    CHECK(model.sections[0].binds[0].at.port == 80);
  }

  proxy::model model;
  model.sections.push_back(section("a", {tcp(1, "x")}));
  CHECK(apply_ports({{"a", 1}, {"x", 2}}, model)->id == "port-twice");
  model.sections[0].binds = {file("/tmp/x")};
  CHECK(apply_ports({{"a", 1}}, model)->id == "port-nowhere");
}

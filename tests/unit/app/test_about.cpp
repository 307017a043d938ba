#include <doctest/doctest.h>

#include <algorithm>
#include <regex>

#include "app/about.hpp"

using namespace ringway::app;

namespace {
std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }
}  // namespace

TEST_CASE("the program's name decides who speaks") {
  // What deployment tools read a version out of.
  const std::regex tools("^HA-?Proxy version (\\d+(\\.\\d+)*).*$");
  struct row {
    std::string_view argv0, name;
    bool as_haproxy;
  };
  const row rows[] = {
      {"haproxy", "haproxy", true},
      {"/usr/sbin/haproxy", "haproxy", true},
      {"./haproxy-3", "haproxy-3", true},
      {"ringway", "ringway", false},
      {"/opt/haproxy/ringway", "ringway", false},
      {"", "ringway", false},
      {"/usr/sbin/", "ringway", false},
  };
  for (const row& one : rows) {
    CAPTURE(one.argv0);
    CHECK(program_name(one.argv0) == one.name);
    std::smatch match;
    const std::string line = first_line(version_text(program_name(one.argv0)));
    CHECK(std::regex_match(line, match, tools) == one.as_haproxy);
    if (one.as_haproxy)
      CHECK(haproxy_version.starts_with(match[1].str()));
    else
      CHECK(line == "ringway version " RINGWAY_VERSION " - HAProxy 3.5 compatible");
  }
  CHECK(first_line(version_text("haproxy")) == "HAProxy version 3.5-dev5-ringway-" RINGWAY_VERSION);
}

TEST_CASE("-vv has what is grepped, under either name") {
  for (const std::string_view name : {"haproxy", "ringway"}) {
    const std::string text = build_text(name);
    CAPTURE(text);
    CHECK(std::regex_search(
        text, std::regex("(^|\n)HA-?Proxy version 3\\.5-dev5-.*\n[^]*\n  TARGET  = linux-glibc\n")));
    CHECK(text.find("\nFeature list : -51DEGREES +ACCEPT4 ") != std::string::npos);
    CHECK(text.find(" +EPOLL ") != std::string::npos);
    CHECK(text.find(" -LUA ") != std::string::npos);
    CHECK(text.find(
              "balance algorithms : roundrobin static-rr leastconn first random source uri url_param hdr") !=
          std::string::npos);
    CHECK(text.find("Built with Boost version : 1.") != std::string::npos);
    CHECK(text.ends_with("\n"));
  }
  CHECK(first_line(build_text("haproxy")).starts_with("HAProxy version "));
}

TEST_CASE("the brief forms") {
  CHECK(version_only() == "3.5-dev5-ringway-" RINGWAY_VERSION);
  CHECK(version_short() == "3.5-dev5");
  CHECK(version_branch() == "3.5");
  CHECK(version_short().starts_with(version_branch()));
}

TEST_CASE("conditions are answered from the same table that -vv prints") {
  const ringway::config::build_facts facts = facts_for_conditions();
  CHECK(facts.version == haproxy_version);
  for (const feature& one : features()) {
    CAPTURE(one.name);
    CHECK((std::count(facts.features.begin(), facts.features.end(), one.name) == 1) == one.present);
  }
  const auto reuse = [](const ringway::config::build_facts& of) {
    return std::count(of.enabled.begin(), of.enabled.end(), "REUSEPORT");
  };
  CHECK(reuse(facts) == 1);
  CHECK(reuse(facts_for_conditions(false)) == 0);
  const auto splice = [](const ringway::config::build_facts& of) { return std::count(of.enabled.begin(), of.enabled.end(), "SPLICE"); };
  CHECK(splice(facts) == 1);
  CHECK(splice(facts_for_conditions(true, false)) == 0);
  const auto has = [&](std::string_view name) { return std::count(facts.features.begin(), facts.features.end(), name) == 1; };
  for (const std::string_view name : {"LINUX_SPLICE", "PCRE2", "PCRE2_JIT", "THREAD"}) CHECK(has(name));
  for (const std::string_view name : {"OPENSSL", "ZLIB", "LUA", "QUIC", "POLL"}) CHECK_FALSE(has(name));
  CHECK(facts.openssl_version.empty());
}

TEST_CASE("loaded files are paths, the program first") {
  const std::string text = loaded_files();
  CHECK(first_line(text).ends_with("/test_app"));
  CHECK(text.find("/libc.so") != std::string::npos);
  CHECK(std::regex_match(text, std::regex("(/[^\n]+\n)+")));
}

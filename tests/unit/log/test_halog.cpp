// HAProxy's own log analyser reads our lines without a complaint.
#include <doctest/doctest.h>

#include <cstdio>

#include "receivers.hpp"

using namespace ringway;
using namespace ringway::log;

namespace {

struct result {
  std::string text;
  int status;
};

result run(const std::string& command) {
  result made{};
  FILE* const from = ::popen(command.c_str(), "r");
  if (from == nullptr) return {"", -1};
  char part[4096];
  for (std::size_t count; (count = std::fread(part, 1, sizeof part, from)) > 0;)
    made.text.append(part, count);
  made.status = ::pclose(from);
  return made;
}

}  // namespace

TEST_CASE("halog parses every line") {
  if (run("command -v halog").status != 0) {
    MESSAGE("skipped: halog is not installed");
    return;
  }
  use_zone("UTC");
  char path[] = "/tmp/ringway-halog-XXXXXX";
  const descriptor file(::mkstemp(path));
  target_settings target;
  target.via = transport::fd;
  target.fd = *file;
  target.format = line_format::local;
  constexpr int count = 300;
  {
    logger all({});
    const auto to = all.make_pipeline(proxy_with({target}));
    REQUIRE(all.open().empty());
    for (int i = 0; i < count; ++i) {
      auto what = sample();
      const auto server = "s" + std::to_string(i % 3);
      what.server = server;
      what.status = i % 10 == 0 ? 503 : 200;
      what.time_response = what.time_active = i;
      what.uri = i % 2 == 0 ? "/even" : "/odd \"quoted\"";
      if (i % 50 == 0) {
        what.server = what.method = what.uri = what.version = {};
        what.time_request = what.time_queue = what.time_connect = what.time_response = -1;
        what.cause = 'P';
        what.stage = 'R';
      }
      to->emit(0, what);
    }
    all.start();
  }
  // A syslog daemon puts its own host name where <PRI> was.
  const std::string lines = std::string("sed 's/^<[0-9]*>\\(.\\{15\\}\\) /\\1 host /' ") + path + " | ";
  for (const char* what : {"-srv", "-st", "-pct", "-u", "-tc"}) {
    CAPTURE(what);
    const auto said = run(lines + "halog " + what + " 2>&1");
    CHECK(said.status == 0);
    CHECK(said.text.find(" 0 parsing errors") != std::string::npos);
    CHECK(said.text.find(std::to_string(count) + " lines in") != std::string::npos);
  }
  const auto servers = run(lines + "halog -srv -q").text;
  for (const char* name : {"be/s0 ", "be/s1 ", "be/s2 ", "be/<NOSRV> "}) {
    CHECK(servers.find(name) != std::string::npos);
  }
  ::unlink(path);
}

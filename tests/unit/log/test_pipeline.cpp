// Which lines go where, at which level, how long: what `log` and the log options say.
#include <doctest/doctest.h>

#include <vector>

#include "receivers.hpp"

using namespace ringway;
using namespace ringway::log;

namespace {

// Sends through the pipeline, stops, and gives what came, one string a datagram.
template <class Action>
std::vector<std::string> received(const settings& how, const udp_server& from, Action&& act,
                                  const global_settings& global = {}, const options& wishes = {}) {
  logger all(global, wishes);
  const auto pipe = all.make_pipeline(how);
  CHECK(all.open().empty());
  act(*pipe);
  all.start();
  all.stop();
  std::vector<std::string> lines;
  while (auto line = from.socket.read(std::chrono::milliseconds{0})) lines.push_back(*line);
  return lines;
}

}  // namespace

TEST_CASE("errors, as log-separate-errors and dontlog-normal mean them") {
  struct row {
    const char* name;
    char cause;
    int status;
    std::uint32_t retries;
    bool redispatched, http, error;
  };
  const row table[] = {
      {"normal", '-', 200, 0, false, true, false},
      {"404 is the client's", '-', 404, 0, false, true, false},
      {"500", '-', 500, 0, false, true, true},
      {"status of a tcp proxy is nothing", '-', 500, 0, false, false, false},
      {"answered locally", 'L', 200, 0, false, true, false},
      {"answered locally with 503", 'L', 503, 0, false, true, true},
      {"denied", 'P', 403, 0, false, true, true},
      {"client abort", 'C', -1, 0, false, true, true},
      {"client timeout", 'c', 408, 0, false, true, true},
      {"server abort", 'S', 502, 0, false, true, true},
      {"server timeout in tcp", 's', -1, 0, false, false, true},
      {"killed", 'K', 200, 0, false, true, true},
      {"retried", '-', 200, 1, false, true, true},
      {"redispatched", '-', 200, 0, true, true, true},
      {"local, redispatched", 'L', 200, 0, true, true, true},
  };
  for (const auto& one : table) {
    CAPTURE(one.name);
    auto what = sample();
    what.cause = one.cause;
    what.status = one.status;
    what.retries = one.retries;
    what.redispatched = one.redispatched;
    what.http = one.http;
    CHECK(is_error(what) == one.error);
    settings how = proxy_with({});
    CHECK(level_of(how, what) == level::info);
    CHECK(wanted(how, what));
    how.log_separate_errors = how.dont_log_normal = true;
    CHECK(level_of(how, what) == (one.error ? level::err : level::info));
    CHECK(wanted(how, what) == one.error);
    how.format = settings::style::none;  // written at accept, when nothing is known yet
    CHECK(level_of(how, what) == level::info);
    CHECK(wanted(how, what));
  }
}

TEST_CASE("dontlognull is about connections that sent nothing") {
  auto what = sample();
  auto how = proxy_with({});
  how.dont_log_null = true;
  CHECK(wanted(how, what));
  what.bytes_from_client = 0;
  CHECK_FALSE(wanted(how, what));
  what.early = true;  // before the end nobody knows yet
  CHECK(wanted(how, what));
  what.early = false;
  how.dont_log_null = false;
  CHECK(wanted(how, what));
}

TEST_CASE("maximum level filters, minimum level caps, the facility multiplies") {
  struct row {
    level urgency;
    int max_level, min_level, facility;
    const char* line;  // nullptr: none
  };
  const row table[] = {
      {level::info, 7, 0, 16, "<134>text\n"},  {level::info, 6, 0, 16, "<134>text\n"},
      {level::info, 5, 0, 16, nullptr},        {level::notice, 5, 0, 16, "<133>text\n"},
      {level::emerg, 7, 0, 0, "<0>text\n"},    {level::emerg, 7, 1, 16, "<129>text\n"},
      {level::emerg, 5, 5, 16, "<133>text\n"}, {level::info, 7, 1, 16, "<134>text\n"},
      {level::debug, 7, 0, 23, "<191>text\n"}, {level::alert, 0, 0, 16, nullptr},
      {level::emerg, 0, 0, 16, "<128>text\n"},
  };
  for (const auto& one : table) {
    CAPTURE(static_cast<int>(one.urgency));
    udp_server server;
    server.target.format = line_format::priority;
    server.target.max_level = one.max_level;
    server.target.min_level = one.min_level;
    server.target.facility = one.facility;
    const auto lines =
        received(proxy_with({server.target}), server, [&](pipeline& to) { to.message(one.urgency, "text"); });
    REQUIRE(lines.size() == (one.line != nullptr ? 1U : 0U));
    if (one.line != nullptr) CHECK(lines[0] == one.line);
  }
}

TEST_CASE("a sample counts the lines of its own target that pass the level") {
  udp_server server;
  server.target.samples = {{2, 2}, {4, 5}};
  server.target.sample_size = 5;
  server.target.max_level = 6;
  const auto lines = received(proxy_with({server.target}), server, [](pipeline& to) {
    for (int i = 1; i <= 12; ++i) {
      to.message(level::debug, "not counted");
      to.message(level::info, std::to_string(i));
    }
  });
  CHECK(lines == std::vector<std::string>{"2\n", "4\n", "5\n", "7\n", "9\n", "10\n", "12\n"});
}

TEST_CASE("lines are cut to `len`, the newline not counted") {
  use_zone("UTC");
  const std::string long_uri(4000, 'x');
  auto what = sample();
  what.uri = long_uri;
  struct row {
    line_format format;
    std::uint32_t length;
    std::size_t expected;
  };
  const row table[] = {
      {line_format::rfc3164, 1024, 1025},
      {line_format::rfc5424, 1024, 1025},
      {line_format::short_, 120, 121},
      {line_format::raw, 1024, 1024},  // the body has a buffer of 1024 with its final NUL
      {line_format::raw, 80, 81},
      {line_format::raw, 2000, 1024 + 97},
  };
  for (const auto& one : table) {
    CAPTURE(static_cast<int>(one.format));
    CAPTURE(one.length);
    udp_server server;
    server.target.format = one.format;
    server.target.max_length = one.length;
    const auto lines = received(proxy_with({server.target}), server, [&](pipeline& to) { to.emit(0, what); });
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].size() == one.expected);
    CHECK(lines[0].back() == '\n');
  }
}

TEST_CASE("a descriptor's `len` counts the newline") {
  pipe_pair pipe;
  auto target = pipe.target();
  target.max_length = 120;
  logger all({});
  const auto to = all.make_pipeline(proxy_with({target}));
  all.open();
  to->message(level::info, std::string(300, 'y'));
  all.start();
  CHECK(pipe.reader.read_until("\n") == std::string(119, 'y') + '\n');
}

TEST_CASE("tag and hostname: the proxy's, the global's, the defaults") {
  use_zone("UTC");
  struct row {
    const char* proxy_tag;
    const char* global_tag;
    std::optional<std::string> hostname;
    line_format format;
    std::string header;
  };
  const auto pid = "[" + std::to_string(::getpid()) + "]: ";
  const row table[] = {
      {"", "", {}, line_format::unset, "haproxy" + pid},
      {"", "mytag", {}, line_format::unset, "mytag" + pid},
      {"proxytag", "mytag", {}, line_format::local, "proxytag" + pid},
      {"", "", "myhost", line_format::unset, "myhost haproxy" + pid},
      {"", "", "myhost", line_format::local, "haproxy" + pid},
      {"", "", {}, line_format::rfc3164, "localhost haproxy" + pid},
  };
  for (const auto& one : table) {
    CAPTURE(one.header);
    udp_server server;
    server.target.format = one.format;
    auto how = proxy_with({server.target});
    how.tag = one.proxy_tag;
    global_settings global;
    global.tag = one.global_tag;
    global.hostname = one.hostname;
    const auto lines = received(how, server, [](pipeline& to) { to.emit(0, sample()); }, global);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == "<134>Nov 24 00:21:21 " + one.header + body(settings::style::http, sample()) + "\n");
  }
}

TEST_CASE("`log global` adds global's targets to the proxy's own") {
  udp_server own, shared;
  global_settings global;
  global.targets = {shared.target};
  auto how = proxy_with({own.target});
  CHECK(received(how, shared, [](pipeline& to) { to.message(level::info, "a"); }, global).empty());
  how.use_global = true;
  CHECK(received(how, shared, [](pipeline& to) { to.message(level::info, "b"); }, global).size() == 1);
  CHECK(own.socket.read(std::chrono::milliseconds{0}).value() == "a\n");
  CHECK(own.socket.read(std::chrono::milliseconds{0}).value() == "b\n");
}

TEST_CASE("a pipeline says when it wants its record") {
  logger all({});
  auto how = proxy_with({}, settings::style::none);
  CHECK(all.make_pipeline(how)->at_start());
  CHECK(all.make_pipeline(how)->empty());
  how.format = settings::style::tcp;
  how.log_asap = true;
  CHECK_FALSE(all.make_pipeline(how)->at_start());
  CHECK(all.make_pipeline(how)->asap());
  how.use_global = true;  // but global has none
  CHECK(all.make_pipeline(how)->empty());
}

TEST_CASE("one message is one line") {
  udp_server server;
  const auto lines = received(proxy_with({server.target}), server,
                              [](pipeline& to) { to.message(level::info, "a\r\nb\x01\xc3\xa9"); });
  CHECK(lines == std::vector<std::string>{"a  b \xc3\xa9\n"});
}

TEST_CASE("json beside text, from one record") {
  use_zone("UTC");
  udp_server text, object;
  object.target.format = line_format::json;
  const auto how = proxy_with({text.target, object.target});
  const auto lines = received(how, object, [](pipeline& to) {
    to.emit(0, sample());
    to.message(level::alert, "down");
  });
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with(R"({"time":"2026-11-24T00:21:21.517000Z","level":"info",)"));
  CHECK(lines[0].ends_with("\"uri\":\"/a?b=1\"}\n"));
  CHECK(lines[1].ends_with(",\"level\":\"alert\",\"message\":\"down\"}\n"));
  CHECK(text.socket.read().value() == body(settings::style::http, sample()) + "\n");
}

// JSON lines: complete objects of well-formed UTF-8, whatever was in the request and however short the line.
#include <doctest/doctest.h>

#include "samples.hpp"

using namespace ringway;
using namespace ringway::log;

namespace {

std::string json(const record& what, std::size_t room = 4096, std::size_t request_length = 1024) {
  std::string line(room, '\0');
  text_out out(line.data(), line.size());
  dates kept;
  put_json(out, what, level::info, kept, request_length);
  return std::string(out.view());
}

std::string message(std::string_view text, std::size_t room = 4096) {
  std::string line(room, '\0');
  text_out out(line.data(), line.size());
  dates kept;
  put_json_message(out, text, level::alert, sample_date, kept);
  return std::string(out.view());
}

// Ends as an object, with every quote closed.
bool complete(const std::string& line) {
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (inside && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      inside = !inside;
    }
  }
  return !inside && !line.empty() && line.front() == '{' && line.back() == '}';
}

}  // namespace

TEST_CASE("all keys of a request") {
  auto what = sample();
  what.reason = "rate";
  CHECK(
      json(what) ==
      R"({"time":"2026-11-24T00:21:21.517000Z","level":"info","client":"127.0.0.1","client_port":43398,)"
      R"("frontend":"fhttp","tls":false,"backend":"be","server":"s1","status":200,"termination":"----",)"
      R"("reason":"rate","bytes_to_client":68,"bytes_to_server":0,"time_handshake":0,"time_idle":0,)"
      R"("time_request":0,"time_queue":0,"time_connect":0,"time_response":0,"time_active":0,"time_total":0,)"
      R"("asap":false,"actconn":1,"feconn":1,"beconn":0,"srvconn":0,"retries":0,"redispatched":false,)"
      R"("server_queue":0,"backend_queue":0,"method":"GET","version":"HTTP/1.1","uri":"/a?b=1"})");
}

TEST_CASE("all keys of a connection") {
  auto what = sample();
  what.http = false;
  what.server = {};
  what.client = {};
  what.client.kind = family::unix_path;
  CHECK(
      json(what) ==
      R"({"time":"2026-11-24T00:21:21.517000Z","level":"info","client":"unix","frontend":"fhttp","tls":false,)"
      R"("backend":"be","server":null,"termination":"--","bytes_to_client":68,"bytes_to_server":0,)"
      R"("time_handshake":0,"time_queue":0,"time_connect":0,"time_total":0,"asap":false,"actconn":1,"feconn":1,)"
      R"("beconn":0,"srvconn":0,"retries":0,"redispatched":false,"server_queue":0,"backend_queue":0})");
}

TEST_CASE("an unreadable request is null, a raw one is kept") {
  auto what = sample();
  what.method = what.uri = what.version = {};
  CHECK(json(what).ends_with(R"(,"request":null})"));
  what.raw_request = "GARBAGE \x01";
  CHECK(json(what).ends_with(R"(,"request":"GARBAGE \u0001"})"));
}

TEST_CASE("strings are escaped, bytes that are not UTF-8 become U+FFFD") {
  struct row {
    std::string_view in;
    const char* out;
  };
  const row table[] = {
      {"a\"b\\c", R"(a\"b\\c)"},
      {std::string_view("\0\n\x1f\x7f", 4), R"(\u0000\u000a\u001f\u007f)"},
      {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xe9x", R"(\ufffdx)"},
      {"\xc0\xaf", R"(\ufffd\ufffd)"},                      // overlong
      {"\xe0\x80\xaf", R"(\ufffd\ufffd\ufffd)"},            // overlong
      {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},            // a surrogate
      {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},  // beyond U+10FFFF
      {"\xf0\x80\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},  // overlong
      {"\xe2\x82", R"(\ufffd\ufffd)"},                      // ends early
      {"\xff", R"(\ufffd)"},
  };
  for (const auto& one : table) {
    auto line = message(one.in);
    const auto start = line.find("\"message\":\"") + 11;
    CHECK(line.substr(start, line.size() - start - 2) == one.out);
  }
}

TEST_CASE("a line of any length holds a complete object") {
  auto what = sample();
  const std::string uri = "/\xc3\xa9\"\\\x01" + std::string(300, 'u');
  what.uri = uri;
  const auto whole = json(what).size();
  for (std::size_t room = 80; room <= whole; ++room) {
    const auto line = json(what, room);
    CAPTURE(room);
    REQUIRE(complete(line));
    REQUIRE(line.size() <= room);
    REQUIRE((line.find("\"truncated\":true") != std::string::npos) == (room < whole));
  }
  for (std::size_t room = 80; room < 600; ++room) REQUIRE(complete(message(uri, room)));
  CHECK(json(what, 80) == R"({"level":"info","truncated":true})");
  CHECK(json(what, 4096, 3).ends_with(R"("uri":"/\ufffd"})"));  // tune.http.logurilen cuts bytes
}

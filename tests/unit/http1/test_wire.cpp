// Every row of tests/wire through the parsers: what it says, and the same at every cut and drop by drop.
#include <doctest/doctest.h>

#include <sstream>

#include "support/wire.hpp"
#include "support/wire_table.hpp"

using namespace ringway;
using support::read_wire;
using support::reading;
using support::wire_reader;
using support::wire_row;

namespace {

// "200=x 400" of the row, from what was read.
std::string statuses(const reading& of) {
  std::string out;
  for (std::size_t i = 0; i < of.messages.size(); ++i) out += out.empty() ? "200" : " 200";
  if (of.status != 0) out += (out.empty() ? "" : " ") + std::to_string(of.status);
  return out.empty() ? "wait" : out;
}

std::string expected_statuses(const std::string& column) {
  std::string out;
  std::istringstream words(column);
  for (std::string word; words >> word;) {
    const bool status = word.size() >= 3 && word.find_first_not_of("0123456789") >= 3 &&
                        (word.size() == 3 || word[3] == '=');
    if (word == "wait" || (status && out != "wait")) out += (out.empty() ? "" : " ") + word.substr(0, word == "wait" ? 4 : 3);
  }
  return out;
}

// All cuts of a short message; of a long one those near its ends, and some between.
void same_at_every_cut(const wire_row& row, const wire_reader& reader, const reading& whole) {
  const std::size_t size = row.bytes.size();
  const std::size_t step = size <= 1500 ? 1 : size / 150;
  for (std::size_t cut = 1; cut < size; cut += (cut < 200 || cut + 200 > size) ? 1 : step) {
    if (read_wire(row.bytes, reader, cut) == whole) continue;
    CAPTURE(cut);
    const reading other = read_wire(row.bytes, reader, cut);
    CHECK(other.status == whole.status);
    CHECK(other.reason == whole.reason);
    CHECK(other.messages.size() == whole.messages.size());
    FAIL_CHECK("another result at this cut");
    break;
  }
  if (size <= 4000) CHECK(read_wire(row.bytes, reader, 0, true) == whole);
}

// What is sent on is one message, the same, to whoever reads it next.
void reads_back(const reading& whole, const wire_reader& reader) {
  for (const support::message& one : whole.messages) {
    const reading again = read_wire(one.printed, reader);
    CAPTURE(one.printed);
    CHECK(again.status == 0);
    REQUIRE(again.messages.size() == 1);
    CHECK(again.messages.front() == one);
    CHECK(again.rest.empty());
  }
}

constexpr http::parsing every_way[] = {http::parsing::strict, http::parsing::lenient, http::parsing::haproxy,
                                       http::parsing::haproxy_lenient};

}  // namespace

TEST_CASE("requests: each row's answer, at every cut, read back as it is sent on") {
  const auto rows = support::wire_rows("requests.tsv");
  CHECK(rows.size() > 400);
  const auto otherwise = support::wire_answers_as_haproxy("requests");
  CHECK(otherwise.size() > 50);
  for (const wire_row& row : rows) {
    // How long a head may be is the buffer's affair, not the parser's.
    if (row.answers == "414" || row.answers == "431" || row.name == "rl-method-too-long") continue;
    CAPTURE(row.name);
    for (const auto how : every_way) {
      const wire_reader reader(wire_reader::side::requests, how);
      const reading whole = read_wire(row.bytes, reader);
      if (how == http::parsing::strict && !row.ends) CHECK(statuses(whole) == expected_statuses(row.answers));
      if (how == http::parsing::haproxy && !row.ends) {
        const auto other = otherwise.find(row.name);
        CHECK(statuses(whole) == expected_statuses(other == otherwise.end() ? row.answers : other->second));
      }
      same_at_every_cut(row, reader, whole);
      reads_back(whole, reader);
    }
  }
}

TEST_CASE("responses: each row at every cut, read back as it is sent on") {
  for (const wire_row& row : support::wire_rows("responses.tsv")) {
    CAPTURE(row.name);
    const auto asked = row.name.rfind("head-", 0) == 0 ? http::method::head : http::method::get;
    for (const auto how : every_way) {
      const wire_reader reader(wire_reader::side::responses, how, asked);
      const reading whole = read_wire(row.bytes, reader);
      same_at_every_cut(row, reader, whole);
      reads_back(whole, reader);
    }
  }
}

TEST_CASE("option accept-unsafe-violations-in-http-request: what is mended, and what is refused all the same") {
  struct row { const char* bytes; unsigned status; const char* printed; };
  const row rows[] = {
      {"GET /t HTTP/1.1\r\nHost: a\r\nX[]: 1\r\nY: 2\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\nY: 2\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX : 1\r\n 2\r\nY: 2\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\nY: 2\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: 1\x01\x02\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: 1\r\n\t2\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\nX: 1 2\r\n\r\n"},
      {"GET /\xc3\xa9#x HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET /\xc3\xa9#x HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t\r\n\r\n", 0, "GET /t HTTP/1.0\r\n\r\n"},
      {"GET /t HTTP/1.10\r\nHost: a\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/9.9\r\nHost: a\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"DESCRIBE /t RTSP/1.0\r\nHost: a\r\n\r\n", 0, "DESCRIBE /t RTSP/1.0\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/1.1\r\n\r\n", 0, "GET /t HTTP/1.1\r\n\r\n"},
      {"GET http://u@b/t HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET http://u@b/t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT b HTTP/1.1\r\nHost: a\r\n\r\n", 0, "CONNECT b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"CONNECT b:1 HTTP/1.1\r\nHost: a\r\n\r\n", 0, "CONNECT b:1 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0,
       "GET /t HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nconnection: upgrade\r\n\r\n"},
      // Never what tells where a message ends, or whom it is for.
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nhello", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length\x0b: 5\r\n\r\nhello", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding\xa0: chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 5\x01\r\n\r\nhello", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\x01\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost : a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\nHost: a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n", 400, nullptr},
      {"GET /t\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400, nullptr},
      {"POST /t\r\n\r\n", 400, nullptr},
  };
  for (const row& one : rows) {
    const std::string bytes = one.bytes;
    CAPTURE(bytes);
    const reading strict = read_wire(one.bytes, wire_reader(wire_reader::side::requests));
    CHECK(strict.status != 0);
    const reading got = read_wire(one.bytes, wire_reader(wire_reader::side::requests, http::parsing::lenient));
    CHECK(got.status == one.status);
    if (one.printed == nullptr) continue;
    REQUIRE(got.messages.size() == 1);
    CHECK(got.messages.front().printed == one.printed);
  }
}

TEST_CASE("option accept-unsafe-violations-in-http-response: what is mended, and what is refused all the same") {
  struct row { const char* bytes; unsigned status; const char* printed; };
  const row rows[] = {
      {"HTTP/1.1 1234 Odd\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 1234 Odd\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 65535 Odd\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 65535 Odd\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 65536 Odd\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 20 Odd\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nX[]: 1\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 OK\r\nX: a\x01" "b\r\nContent-Length: 2\r\n\r\nhi", 0,
       "HTTP/1.1 200 OK\r\nX: a b\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\nContent-Length: 2\r\n\r\nhi", 0,
       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, "RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.10 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi", 502, nullptr},
      {"\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
  };
  for (const row& one : rows) {
    const std::string bytes = one.bytes;
    CAPTURE(bytes);
    const reading strict = read_wire(one.bytes, wire_reader(wire_reader::side::responses));
    CHECK(strict.status == 502);
    const reading got = read_wire(one.bytes, wire_reader(wire_reader::side::responses, http::parsing::lenient));
    CHECK(got.status == one.status);
    if (one.printed == nullptr) continue;
    REQUIRE(got.messages.size() == 1);
    CHECK(got.messages.front().printed == one.printed);
  }
}

TEST_CASE("an absolute target and Host in one spelling, as HAProxy has them") {
  struct row { const char* method; const char* target; const char* host; const char* sent; const char* host_sent; };
  // Seen with HAProxy 3.5. Where the target's port is not needed, Host becomes what is left of the authority.
  const row rows[] = {
      {"GET", "http://a:80/x", "a", "http://a/x", "a"},       {"GET", "http://a:80/x", "A:80", "http://a/x", "a"},
      {"GET", "http://A:80/x", "a", "http://A/x", "A"},       {"GET", "http://A/x", "a", "http://A/x", "a"},
      {"GET", "http://a/x", "a:80", "http://a/x", "a:80"},    {"GET", "http://a/x", "a:", "http://a/x", "a:"},
      {"GET", "http://a:/x", "a:80", "http://a/x", "a"},      {"GET", "https://a:443/x", "a", "https://a/x", "a"},
      {"GET", "https://a/x", "a:443", "https://a/x", "a:443"}, {"GET", "https://a:80/x", "a:80", "https://a:80/x", "a:80"},
      {"GET", "http://a:443/x", "a:443", "http://a:443/x", "a:443"}, {"GET", "HTTP://a:80/x", "a", "HTTP://a/x", "a"},
      {"GET", "ftp://a:/x", "a:", "ftp://a/x", "a"},          {"GET", "ftp://a:80/x", "a:80", "ftp://a:80/x", "a:80"},
      {"GET", "http://a", "a", "http://a/", "a"},             {"GET", "http://a:80", "a", "http://a/", "a"},
      {"GET", "http://a?x", "a", "http://a?x", "a"},          {"GET", "http://a:80?x", "a", "http://a?x", "a"},
      {"OPTIONS", "http://a:80", "a:80", "http://a", "a"},    {"GET", "http://a:8080", "a:8080", "http://a:8080/", "a:8080"},
      {"GET", "http://[::1]:80/x", "[::1]", "http://[::1]/x", "[::1]"},
      {"GET", "http://a:080/x", "a:080", "http://a:080/x", "a:080"},
      {"CONNECT", "a:80", "a:80", "a:80", "a"},               {"CONNECT", "a:80", "a:", "a:80", "a:"},
      {"CONNECT", "a:443", "a:443", "a:443", "a"},            {"CONNECT", "a:8443", "a:8443", "a:8443", "a:8443"},
      {"CONNECT", "A:80", "a", "A:80", "a"},                  {"CONNECT", "[::1]:80", "[::1]:80", "[::1]:80", "[::1]"},
      {"GET", "http://a:8080/x", "a", nullptr, nullptr},      {"GET", "http://a/x", "a:8080", nullptr, nullptr},
      {"GET", "http://a:080/x", "a", nullptr, nullptr},       {"GET", "http://a:80/x", "a:81", nullptr, nullptr},
      {"GET", "http://a:65536/x", "a:65536", nullptr, nullptr}, {"GET", "/x", "a:65536", nullptr, nullptr},
      {"GET", "/x", "[::1]:99999", nullptr, nullptr},         {"GET", "/x", "a:8o", nullptr, nullptr},
      {"CONNECT", "a", "a", nullptr, nullptr},                {"CONNECT", "a:", "a", nullptr, nullptr},
      {"CONNECT", "a:80", "b:80", nullptr, nullptr},          {"CONNECT", "a:80", "a:443", nullptr, nullptr},
      {"CONNECT", "a:8080", "a", nullptr, nullptr},           {"CONNECT", "http://a:80", "a", nullptr, nullptr},
      {"CONNECT", "/", "a", nullptr, nullptr},                {"CONNECT", "a:65536", "a:65536", nullptr, nullptr},
      {"CONNECT", "a:80/x", "a", nullptr, nullptr},           {"CONNECT", "u@a:80", "a", nullptr, nullptr},
  };
  for (const row& one : rows) {
    const std::string bytes = std::string(one.method) + " " + one.target + " HTTP/1.1\r\nHost: " + one.host + "\r\n\r\n";
    CAPTURE(bytes);
    const reading got = read_wire(bytes, wire_reader(wire_reader::side::requests));
    if (one.sent == nullptr) {
      CHECK(got.status == 400);
      continue;
    }
    REQUIRE(got.messages.size() == 1);
    CHECK(got.messages.front().start == std::string(one.method) + " " + one.sent + " 1");
    CHECK(got.messages.front().fields.front().second == one.host_sent);
  }
}

TEST_CASE("h1-parsing haproxy: what HAProxy reads in it, and what is refused all the same") {
  struct row { const char* bytes; unsigned status; const char* printed; bool closes = false; };
  const row rows[] = {
      {"GET /t HTTP/1.1\r\n\r\n", 0, "GET /t HTTP/1.1\r\n\r\n"},
      {"GET\t /t \tHTTP/1.1\nHost: a\n\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"\n\r\n\n\r\nGET /t HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/9.9\r\nHost: a\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/0.9\r\n\r\n", 0, "GET /t HTTP/1.0\r\n\r\n", true},
      {"GET /t HTTP/1.1\r\nHost: a\r\nHOST: A\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a:8o\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a:8o\r\n\r\n"},
      {"GET http://u@a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 0, "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"GET http://:80/ HTTP/1.1\r\nHost: :80\r\n\r\n", 0, "GET http:/// HTTP/1.1\r\nHost: \r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: a\r\n b\n\tc\r\nY: d\r\n\r\n", 0,
       "GET /t HTTP/1.1\r\nHost: a\r\nX: a   b \tc\r\nY: d\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: a\x0b" "b\x7f\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\nX: a b\r\n\r\n"},
      {"GET /t HTTP/1.1\r\nHost: a\r\nConnection: a b, @, close\r\n\r\n", 0, "GET /t HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 0,
       "POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\n chunked\r\nContent-Length: 6, 6\r\n\r\n0\r\n\r\nG", 0,
       "POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {"POST /t HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG", 0,
       "POST /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0005 \t\r\nhello\r\n0;x[\r\nT: a\n b\n\n", 0,
       "POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: a   b\r\n\r\n"},
      {"TRACE /t HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi", 0,
       "TRACE /t HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},
      // HAProxy refuses these as well.
      {"POST /t HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413, nullptr},
      {"POST /t HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 422, nullptr},
      {"POST /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"\r\nhello\r\n0\r\n\r\n", 400, nullptr},
      {"POST /t HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1 \r\nHost: a\r\n\r\n", 400, nullptr},
      {" GET /t HTTP/1.1\r\nHost: a\r\n\r\n", 400, nullptr},
      {"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.10\r\nHost: a\r\n\r\n", 400, nullptr},
      {"GET /t\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\n Host: a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\r\nX: \rb\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.1\r\nHost: a\x0b\r\n\r\n", 400, nullptr},
      {"GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, nullptr},
      {"GET /t#x HTTP/1.1\r\nHost: a\r\n\r\n", 400, nullptr},
      {"CONNECT a:8o HTTP/1.1\r\nHost: a:8o\r\n\r\n", 400, nullptr},
      {"GET /t HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", 400, nullptr},
      // HAProxy takes them, and what it sends on is read in two ways.
      {"CONNECT a:80/x HTTP/1.1\r\nHost: a\r\n\r\n", 400, nullptr},
      {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 400, nullptr},
  };
  for (const row& one : rows) {
    const std::string bytes = one.bytes;
    CAPTURE(bytes);
    const reading got = read_wire(bytes, wire_reader(wire_reader::side::requests, http::parsing::haproxy));
    CHECK(got.status == one.status);
    if (one.printed == nullptr) continue;
    REQUIRE(got.messages.size() == 1);
    CHECK(got.messages.front().printed == one.printed);
    CHECK(got.closed == one.closes);
  }
}

TEST_CASE("h1-parsing haproxy: responses") {
  struct row { const char* bytes; unsigned status; const char* printed; };
  const row rows[] = {
      {"HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 7 Odd\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 007 Odd\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nhi"},
      {"\r\n\nHTTP/1.1\t 200  OK\nContent-Length: 2\n\nhi", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 200 O K\r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200\nContent-Length: 2\r\n\r\nhi", 0, "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", 0,
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
      {"HTTP/1.1 204 OK\r\nTransfer-Encoding: chunked\r\n\r\n", 0, "HTTP/1.1 204 OK\r\n\r\n"},
      {"HTTP/1.1 1000 Odd\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 20x OK\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.10 200 OK\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"ICY 200 OK\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 200 OK\r\n X: a\r\nContent-Length: 2\r\n\r\nhi", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked,\r\n\r\n0\r\n\r\n", 502, nullptr},
      {"HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502, nullptr},
  };
  for (const row& one : rows) {
    const std::string bytes = one.bytes;
    CAPTURE(bytes);
    const reading got = read_wire(one.bytes, wire_reader(wire_reader::side::responses, http::parsing::haproxy));
    CHECK(got.status == one.status);
    if (one.printed == nullptr) continue;
    REQUIRE(got.messages.size() == 1);
    CHECK(got.messages.front().printed == one.printed);
  }
}

TEST_CASE("what concerns one hop: TE is trailers or nothing, an upgrade is never to HTTP/2") {
  struct row { const char* fields; const char* printed; };
  const row rows[] = {
      {"TE: trailers, gzip\r\n", "TE: trailers\r\nconnection: te\r\n"},
      {"TE: gzip;q=1, Trailers\r\nConnection: TE\r\n", "TE: trailers\r\nconnection: te\r\n"},
      {"TE: trailers;q=0.5\r\n", ""},
      {"TE: gzip\r\nConnection: te\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: tcp\r\n", "Upgrade: tcp\r\nconnection: upgrade\r\n"},
      {"Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: h2c, tcp\r\n", "Upgrade: tcp\r\nconnection: upgrade\r\n"},
      {"Connection: upgrade\r\nUpgrade: tcp, H2C, h2\r\n", "Upgrade: tcp\r\nconnection: upgrade\r\n"},
      {"Connection: upgrade\r\nUpgrade: a, h2c, b\r\n", ""},
      {"Connection: upgrade\r\nUpgrade: ,\r\n", ""},
  };
  for (const row& one : rows) {
    const std::string bytes = std::string("POST /t HTTP/1.1\r\nHost: a\r\n") + one.fields + "Content-Length: 2\r\n\r\nhi";
    CAPTURE(bytes);
    const reading got = read_wire(bytes, wire_reader(wire_reader::side::requests));
    REQUIRE(got.messages.size() == 1);
    std::string printed = got.messages.front().printed;
    printed.erase(printed.find("Content-Length: 2\r\n"), 19);
    CHECK(printed == std::string("POST /t HTTP/1.1\r\nHost: a\r\n") + one.printed + "\r\nhi");
  }
}

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

}  // namespace

TEST_CASE("requests: each row's answer, at every cut, read back as it is sent on") {
  const auto rows = support::wire_rows("requests.tsv");
  CHECK(rows.size() > 400);
  for (const wire_row& row : rows) {
    // How long a head may be is the buffer's affair, not the parser's.
    if (row.answers == "414" || row.answers == "431" || row.name == "rl-method-too-long") continue;
    CAPTURE(row.name);
    for (const auto how : {http::parsing::strict, http::parsing::lenient}) {
      const wire_reader reader(wire_reader::side::requests, how);
      const reading whole = read_wire(row.bytes, reader);
      if (how == http::parsing::strict && !row.ends) CHECK(statuses(whole) == expected_statuses(row.answers));
      same_at_every_cut(row, reader, whole);
      reads_back(whole, reader);
    }
  }
}

TEST_CASE("responses: each row at every cut, read back as it is sent on") {
  for (const wire_row& row : support::wire_rows("responses.tsv")) {
    CAPTURE(row.name);
    const auto asked = row.name.rfind("head-", 0) == 0 ? http::method::head : http::method::get;
    for (const auto how : {http::parsing::strict, http::parsing::lenient}) {
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

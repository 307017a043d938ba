// Bodies and headers against lines the reference wrote (addresses and dates are those of its run).
#include <doctest/doctest.h>

#include <array>

#include "samples.hpp"

using namespace ringway;
using namespace ringway::log;

namespace {

using style = settings::style;

record refused() {  // what is left when the request could not be read
  auto what = sample();
  what.backend = what.frontend = "fcap";
  what.server = {};
  what.method = what.uri = what.version = {};
  what.time_request = what.time_queue = what.time_connect = what.time_response = -1;
  what.status = 400;
  what.bytes_to_client = 0;
  what.cause = 'P';
  what.stage = 'R';
  return what;
}

const std::array<std::string_view, 2> odd_captures = {"odd {a|b} \"q\" #\xc3\xa9 \x09t", ""};
const std::array<std::string_view, 1> response_captures = {"5"};

record captured() {
  auto what = sample();
  what.client.port = 49642;
  what.frontend = "fcap";
  what.accepted_at = what.request_at = 1795479682525000;
  what.request_cookie = "c=zz";
  what.response_cookie = "c=yy";
  what.request_captures = odd_captures;
  what.response_captures = response_captures;
  what.uri = "/a?b=%d";
  return what;
}

record unreachable() {
  auto what = sample();
  what.client.port = 44552;
  what.accepted_at = what.request_at = 1795479842809000;
  what.frontend = "fclf";
  what.tls = true;
  what.backend = "dead";
  what.server = "d1";
  what.uri = "/x\"a";
  what.status = 503;
  what.bytes_to_client = 217;
  what.time_queue = 1;
  what.time_connect = what.time_response = -1;
  what.time_active = 1;
  what.cause = 'S';
  what.stage = 'C';
  what.retries = 2;
  what.redispatched = true;
  return what;
}

record plain_tcp() {
  auto what = sample();
  what.http = false;
  what.client.port = 43882;
  what.accepted_at = 1795479683280000;
  what.frontend = "ftcp";
  what.backend = "bt";
  what.time_queue = 1;
  what.time_total = 251;
  what.bytes_to_client = 61;
  what.actconn = what.feconn = 2;
  what.beconn = what.srvconn = 1;
  return what;
}

record of_unix_socket(record what) {
  what.client = {};
  what.client.kind = family::unix_path;
  what.local = what.client;
  what.listener_id = 7;
  return what;
}

}  // namespace

TEST_CASE("a body is the reference's, byte for byte") {
  use_zone("UTC");
  auto asap = sample();
  asap.asap = true;
  asap.backend = {};
  asap.server = {};
  asap.time_queue = asap.time_connect = asap.time_response = -1;
  asap.bytes_to_client = 192;
  asap.status = 403;
  asap.cause = 'P';
  asap.stage = 'R';
  auto no_answer = sample();
  no_answer.status = -1;
  no_answer.bytes_to_client = 0;
  no_answer.time_response = -1;
  no_answer.cause = 'C';
  no_answer.stage = 'D';
  auto seven = sample();
  seven.client = at("2001:db8::7", 1);
  seven.server_queue = 3;
  seven.backend_queue = 4;
  auto tcp_asap = plain_tcp();
  tcp_asap.asap = true;
  auto tcp_failed = plain_tcp();
  tcp_failed.tls = true;
  tcp_failed.time_connect = -1;
  tcp_failed.bytes_to_client = 0;
  tcp_failed.cause = 'S';
  tcp_failed.stage = 'C';
  tcp_failed.retries = 3;
  auto short_tcp = plain_tcp();
  auto bare = captured();
  bare.request_captures = {};
  bare.response_captures = {};
  bare.request_cookie = bare.response_cookie = {};

  struct row {
    const char* name;
    style how;
    record what;
    const char* line;
  };
  const row table[] = {
      {"http", style::http, sample(),
       R"(127.0.0.1:43398 [24/Nov/2026:00:21:21.517] fhttp be/s1 0/0/0/0/0 200 68 - - ---- 1/1/0/0/0 0/0 "GET /a?b=1 HTTP/1.1")"},
      {"http, captures", style::http, captured(),
       R"(127.0.0.1:49642 [24/Nov/2026:00:21:22.525] fcap be/s1 0/0/0/0/0 200 68 c=zz c=yy ---- 1/1/0/0/0 0/0 {odd #7Ba#7Cb#7D #22q#22 #23#C3#A9 #09t|} {5} "GET /a?b=%d HTTP/1.1")"},
      {"http, unreadable", style::http, refused(),
       R"(127.0.0.1:43398 [24/Nov/2026:00:21:21.517] fcap fcap/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>")"},
      {"http, logasap", style::http, asap,
       R"(127.0.0.1:43398 [24/Nov/2026:00:21:21.517] fhttp fhttp/<NOSRV> 0/-1/-1/-1/+0 403 +192 - - PR-- 1/1/0/0/0 0/0 "GET /a?b=1 HTTP/1.1")"},
      {"http, no answer", style::http, no_answer,
       R"(127.0.0.1:43398 [24/Nov/2026:00:21:21.517] fhttp be/s1 0/0/0/-1/0 -1 0 - - CD-- 1/1/0/0/0 0/0 "GET /a?b=1 HTTP/1.1")"},
      {"http, tls and redispatch", style::http, unreachable(),
       R"(127.0.0.1:44552 [24/Nov/2026:00:24:02.809] fclf~ dead/d1 0/1/-1/-1/1 503 217 - - SC-- 1/1/0/0/+2 0/0 "GET /x#22a HTTP/1.1")"},
      {"http, IPv6 and queues", style::http, seven,
       R"(2001:db8::7:1 [24/Nov/2026:00:21:21.517] fhttp be/s1 0/0/0/0/0 200 68 - - ---- 1/1/0/0/0 3/4 "GET /a?b=1 HTTP/1.1")"},
      {"clf", style::clf, captured(),
       R"(127.0.0.1 - - [24/Nov/2026:00:21:22 +0000] "GET /a?b=%d HTTP/1.1" 200 68 "" "" 49642 525 "fcap" "be" "s1" 0 0 0 0 0 ---- 1 1 0 0 0 0 0 "c=zz" "c=yy" "odd #7Ba#7Cb#7D #22q#22 #23#C3#A9 #09t" "" "5")"},
      {"clf, unreadable", style::clf, refused(),
       R"(127.0.0.1 - - [24/Nov/2026:00:21:21 +0000] "<BADREQ>" 400 0 "" "" 43398 517 "fcap" "fcap" "<NOSRV>" -1 -1 -1 -1 0 PR-- 1 1 0 0 0 0 0 "" "" )"},
      {"clf, tls and redispatch", style::clf, unreachable(),
       R"(127.0.0.1 - - [24/Nov/2026:00:24:02 +0000] "GET /x#22a HTTP/1.1" 503 217 "" "" 44552 809 "fclf~" "dead" "d1" 0 1 -1 -1 1 SC-- 1 1 0 0 +2 0 0 "" "" )"},
      {"clf, unix socket", style::clf, of_unix_socket(bare),
       R"(unix - - [24/Nov/2026:00:21:22 +0000] "GET /a?b=%d HTTP/1.1" 200 68 "" "" 7 525 "fcap" "be" "s1" 0 0 0 0 0 ---- 1 1 0 0 0 0 0 "" "" )"},
      {"tcp", style::tcp, plain_tcp(),
       R"(127.0.0.1:43882 [24/Nov/2026:00:21:23.280] ftcp bt/s1 1/0/251 61 -- 2/2/1/1/0 0/0)"},
      {"tcp, logasap", style::tcp, tcp_asap,
       R"(127.0.0.1:43882 [24/Nov/2026:00:21:23.280] ftcp bt/s1 1/0/+251 +61 -- 2/2/1/1/0 0/0)"},
      {"tcp, tls and failed", style::tcp, tcp_failed,
       R"(127.0.0.1:43882 [24/Nov/2026:00:21:23.280] ftcp~ bt/s1 1/-1/251 0 SC 2/2/1/1/3 0/0)"},
      {"tcp, unix socket", style::tcp, of_unix_socket(plain_tcp()),
       R"(unix:7 [24/Nov/2026:00:21:23.280] ftcp bt/s1 1/0/251 61 -- 2/2/1/1/0 0/0)"},
      {"short", style::none, sample(), "Connect from 127.0.0.1:43398 to 127.0.0.1:39259 (fhttp/HTTP)"},
      {"short, tcp", style::none, short_tcp, "Connect from 127.0.0.1:43882 to 127.0.0.1:39259 (ftcp/TCP)"},
      {"short, unix socket", style::none, of_unix_socket(sample()), "Connect to unix:7 (fhttp/HTTP)"},
  };
  for (const auto& one : table) {
    CAPTURE(one.name);
    CHECK(body(one.how, one.what) == one.line);
  }
}

TEST_CASE("odd bytes are written as #XX") {
  struct row {
    std::string_view in;
    const char* request;
    const char* header;
  };
  const row table[] = {
      {"plain ~ `'%41^\\", "plain ~ `'%41^\\", "plain ~ `'%41^\\"},
      {std::string_view("\0\x1f\x20\x7e\x7f\x80\xff", 7), "#00#1F ~#7F#80#FF", "#00#1F ~#7F#80#FF"},
      {"\"#", "#22#23", "#22#23"},
      {"{|}", "{|}", "#7B#7C#7D"},
      {"", "", ""},
  };
  for (const auto& one : table) {
    char text[64];
    text_out request(text, sizeof text);
    put_quoted(request, one.in);
    CHECK(std::string(request.view()) == one.request);
    text_out header(text, sizeof text);
    put_quoted_header(header, one.in);
    CHECK(std::string(header.view()) == one.header);
  }
}

TEST_CASE("the request is cut to one byte less than tune.http.logurilen, before quoting") {
  use_zone("UTC");
  auto what = sample();
  what.uri = "/1234567890123456789012345678901234567890123456789012345678901234567890";
  const std::string whole = "GET " + std::string(what.uri) + " HTTP/1.1";
  const auto request_of = [&](std::size_t length) {
    const auto line = body(settings::style::http, what, length);
    const auto open = line.find('"');
    return line.substr(open + 1, line.size() - open - 2);
  };
  CHECK(request_of(60) == whole.substr(0, 59));
  CHECK(request_of(78) == whole.substr(0, 77));
  CHECK(request_of(whole.size() + 1) == whole);
  CHECK(request_of(4) == "GET");
  what.raw_request = "\"\"\"\"\"";
  CHECK(request_of(4) == "#22#22#22");
}

TEST_CASE("headers") {
  struct row {
    const char* zone;
    line_format format;
    const char* hostname;
    const char* header;
  };
  const row table[] = {
      {"UTC", line_format::local, "", "<134>Nov 24 00:21:21 haproxy[8156]: "},
      {"UTC", line_format::local, "myhost", "<134>Nov 24 00:21:21 haproxy[8156]: "},
      {"UTC", line_format::rfc3164, "", "<134>Nov 24 00:21:21 localhost haproxy[8156]: "},
      {"UTC", line_format::rfc3164, "myhost", "<134>Nov 24 00:21:21 myhost haproxy[8156]: "},
      {"UTC", line_format::rfc5424, "", "<134>1 2026-11-24T00:21:21.518545+00:00 - haproxy 8156 - - "},
      {"UTC", line_format::rfc5424, "vm", "<134>1 2026-11-24T00:21:21.518545+00:00 vm haproxy 8156 - - "},
      {"UTC", line_format::priority, "vm", "<134>"},
      {"UTC", line_format::short_, "vm", "<6>"},
      {"UTC", line_format::timed, "vm", "<6>2026-11-24T00:21:21.518545+00:00 "},
      {"UTC", line_format::iso, "vm", "2026-11-24T00:21:21.518545+00:00 "},
      {"UTC", line_format::raw, "vm", ""},
      {"Asia/Kolkata", line_format::rfc3164, "vm", "<134>Nov 24 05:51:21 vm haproxy[8156]: "},
      {"Asia/Kolkata", line_format::iso, "", "2026-11-24T05:51:21.518545+05:30 "},
      {"America/St_Johns", line_format::iso, "", "2026-11-23T20:51:21.518545-03:30 "},
  };
  for (const auto& one : table) {
    CAPTURE(one.header);
    use_zone(one.zone);
    char text[256];
    text_out out(text, sizeof text);
    dates kept;
    CHECK(put_header(out, one.format, 16, level::info, sample_date + 1545, {"haproxy", one.hostname, "8156"},
                     kept));
    CHECK(std::string(out.view()) == one.header);
  }
  use_zone("UTC");
}

TEST_CASE("a header that does not fit ends before the part that is too long") {
  use_zone("UTC");
  const std::string tag(115, 't');
  char text[120];
  text_out out(text, sizeof text);
  dates kept;
  CHECK_FALSE(put_header(out, line_format::rfc3164, 16, level::info, sample_date, {tag, "vm", "1"}, kept));
  CHECK(std::string(out.view()) == "<134>Nov 24 00:21:21 vm ");
}

TEST_CASE("days below ten are padded with a space in the syslog date") {
  use_zone("UTC");
  date_cache kept(date_cache::zone::local);
  kept.set(1793750405);  // 4 Nov 2026 00:00:05 UTC
  CHECK(std::string(kept.syslog()) == "Nov  4 00:00:05");
  CHECK(std::string(kept.common()) == "04/Nov/2026:00:00:05");
  CHECK(std::string(kept.iso()) == "2026-11-04T00:00:05");
  kept.set(1793750406);
  CHECK(std::string(kept.syslog()) == "Nov  4 00:00:06");
}

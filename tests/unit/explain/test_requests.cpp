// Lines of logs, URLs and addresses, told apart by themselves.
#include <doctest/doctest.h>

#include <string>

#include "explain/requests.hpp"

using namespace ringway;
using namespace ringway::explain;

namespace {

struct row {
  std::string_view line;
  std::string_view client, method, target, host, frontend;
};
const row good[] = {
    {"/a/b?c=d#e", "", "", "/a/b?c=d", "", ""},
    {"http://shop.example/cart?id=7", "", "", "/cart?id=7", "shop.example", ""},
    {"HTTPS://u:p@h:8443", "", "", "/", "h:8443", ""},
    {"http://h?x=/y", "", "", "/?x=/y", "h", ""},
    {"http://[2001:db8::1]:81/", "", "", "/", "[2001:db8::1]:81", ""},
    {"  http://h/x \r", "", "", "/x", "h", ""},
    {"203.0.113.7", "203.0.113.7", "", "", "", ""},
    {"203.0.113.7:5555", "203.0.113.7", "", "", "", ""},
    {"2001:db8::5", "2001:db8::5", "", "", "", ""},
    {"[2001:db8::5]:80", "2001:db8::5", "", "", "", ""},
    {R"(192.0.2.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326)", "192.0.2.1", "GET", "/a.gif", "", ""},
    {R"~(192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "POST /x?a=1 HTTP/2" 200 - "http://r/" "Mozilla/5.0 (\"x\")")~",
     "192.0.2.1", "POST", "/x?a=1", "", ""},
    {R"(host.example - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 1)", "", "GET", "/a", "", ""},
    {R"(Feb  6 12:14:14 localhost haproxy[14389]: 10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1")",
     "10.0.1.2", "GET", "/index.html", "", "http-in"},
    {R"(::1:33317 [06/Feb/2009:12:14:14.655] web~ b/<NOSRV> -1/-1/-1/-1/0 503 212 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1")",
     "::1", "GET", "/", "", "web"},
    {"10.0.1.2:33313 [06/Feb/2009:12:12:51.443] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0", "10.0.1.2", "", "", "", "fnt"},
};

}  // namespace

TEST_CASE("every kind of line is told from the others and read") {
  asked got;
  for (const auto& each : good) {
    CAPTURE(each.line);
    CHECK(read_line(each.line, input_kind::automatic, got) == "");
    CHECK((got.client ? got.client->host_text() : std::string()) == each.client);
    CHECK(got.method == each.method);
    CHECK(got.target == each.target);
    CHECK(got.host == each.host);
    CHECK(got.frontend == each.frontend);
  }
  CHECK(read_line(good[11].line, input_kind::common, got).empty());
  CHECK(got.referer == "http://r/");
  CHECK(got.user_agent == R"(Mozilla/5.0 (\"x\"))");
}

TEST_CASE("what is none of them is refused, never guessed") {
  asked got;
  for (const std::string_view line :
       {"", "   ", "garbage", "ftp://h/x", "http://", "http:///x", "http://h:99999/", "1.2.3", "GET / HTTP/1.1",
        R"(192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "-" 400 0)", R"(192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a)",
        R"(10.0.1.2:1 [06/Feb/2009:12:14:14.655] f b/s 1 400 0 "<BADREQ>")", "10.0.1.2:1 [06/Feb/2009:12:14:14.655] f"}) {
    CAPTURE(line);
    CHECK(read_line(line, input_kind::automatic, got) != "");
  }
  CHECK(read_line("/x", input_kind::address, got) != "");
  CHECK(read_line("192.0.2.1", input_kind::uri, got) != "");
  CHECK(read_line(good[10].line, input_kind::httplog, got) != "");
  CHECK(read_line(good[13].line, input_kind::uri, got) != "");
}

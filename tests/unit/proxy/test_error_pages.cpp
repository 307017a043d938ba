// What a file may hold to be sent as a page, and what is sent of it.
#include <doctest/doctest.h>

#include <string>

#include "proxy/error_pages.hpp"
#include "support/proxy_rig.hpp"

using namespace ringway;
using proxy::error_page;
using support::peer;
using support::proxy_rig;

TEST_CASE("a page is one whole response, or a reason why not") {
  struct row {
    std::string name;
    std::string_view file, head, body;
    bool framed = false;
    unsigned minor = 1;
    std::string_view wrong{};
  };
  using std::string_view;
  const row rows[] = {
      {"plain", "HTTP/1.0 503 Sorry\r\nCache-Control: no-cache\r\n\r\n<b>\n", "HTTP/1.0 503 Sorry\r\ncache-control: no-cache\r\n",
       "<b>\n", false, 0},
      {"line feeds", "HTTP/1.1 503 Sorry\nX-A: b\n\nx\ny\r\n", "HTTP/1.1 503 Sorry\r\nx-a: b\r\n", "x\ny\r\n"},
      {"framed", "HTTP/1.1 503 Sorry\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 503 Sorry\r\ncontent-length: 3\r\n", "abc", true},
      {"hop by hop", "HTTP/1.1 200 OK\r\nConnection: close, X-A\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n", "", true},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 204 No Content\r\n", "", true},
      {"no reason", "HTTP/1.1 503 \r\n\r\nx", "HTTP/1.1 503 \r\n", "x"},
      {"204 with a body", "HTTP/1.1 204 No\r\n\r\nx", {}, {}, false, 1, "has no body"},
      {"too short a length", "HTTP/1.1 503 S\r\nContent-Length: 3\r\n\r\nlonger", {}, {}, false, 1, "says 3, but 6 bytes"},
      {"too long a length", "HTTP/1.1 503 S\r\nContent-Length: 30\r\n\r\nlonger", {}, {}, false, 1, "says 30, but 6 bytes"},
      {"no number", "HTTP/1.1 503 S\r\nContent-Length: x\r\n\r\nlonger", {}, {}, false, 1, ""},
      {"two lengths", "HTTP/1.1 503 S\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", {}, {}, false, 1, ""},
      {"chunked", "HTTP/1.1 503 S\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {}, {}, false, 1, "Transfer-Encoding"},
      {"interim", "HTTP/1.1 101 Switch\r\n\r\n", {}, {}, false, 1, "interim"},
      {"text", "just text", {}, {}, false, 1, "not an HTTP response"},
      {"a page without a head", "<html>\n\n</html>\n", {}, {}, false, 1, "not an HTTP response"},
      {"cut", "HTTP/1.1 503 S\r\nX-A: b\r\n", {}, {}, false, 1, "ends before"},
      {"space before a colon", "HTTP/1.1 503 S\r\nX-A : b\r\n\r\n", {}, {}, false, 1, "not an HTTP response"},
      {"other version", "HTTP/2.0 503 S\r\n\r\n", {}, {}, false, 1, "not an HTTP response"},
      {"NUL", string_view("HTTP/1.1 503 S\r\nX: \0\r\n\r\n", 24), {}, {}, false, 1, "not an HTTP response"},
  };
  for (const row& one : rows) {
    CAPTURE(one.name);
    std::string wrong;
    const auto page = proxy::parse_error_page(one.file, wrong);
    if (one.head.empty()) {
      CHECK_FALSE(page);
      CHECK_FALSE(wrong.empty());
      CHECK(wrong.find(one.wrong) != std::string::npos);
      continue;
    }
    REQUIRE(page);
    CHECK(page->head == one.head);
    CHECK(page->body == one.body);
    CHECK(page->framed == one.framed);
    CHECK(page->minor == one.minor);
    CHECK_FALSE(page->silent);
  }
  std::string wrong;
  CHECK(proxy::parse_error_page("", wrong)->silent);
}

TEST_CASE("whose page: the backend's, the frontend's, ours") {
  const auto page = [](std::string_view text) {
    std::string wrong;
    return std::make_shared<error_page>(*proxy::parse_error_page(text, wrong));
  };
  const auto front = page("HTTP/1.1 503 Front\r\nContent-Length: 1\r\n\r\nf"), back = page("HTTP/1.1 503 Back\r\nContent-Length: 1\r\n\r\nb");
  for (const int which : {0, 1, 2, 3}) {
    proxy_rig rig([&](proxy::model& m) {
      if ((which & 1) != 0) m.sections[0].errors[503] = front;
      if ((which & 2) != 0) m.sections[1].errors[503] = back;
      m.sections[1].retries = 0;
    });
    rig.servers[0]->stop();
    peer client = rig.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = client.until("\r\n\r\n");
    CHECK(head.starts_with(which >= 2 ? "HTTP/1.1 503 Back\r\n" : which == 1 ? "HTTP/1.1 503 Front\r\n" : "HTTP/1.1 503 Service"));
    CHECK(rig.log_line().find(" 503 ") != std::string::npos);
    if (which == 0) continue;
    // Its end is known, so the connection goes on.
    CHECK(client.exactly(1) == (which >= 2 ? "b" : "f"));
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.until("\r\n\r\n") == head);
  }
}

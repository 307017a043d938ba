// The short way and Beast's way through a head agree wherever the short way says anything.
#include <doctest/doctest.h>

#include <random>

#include "support/plain_head.hpp"

using namespace ringway;

namespace {

// True when the short way took it.
bool agree(const std::string& text, bool request) {
  CAPTURE(text);
  const support::verdict found = request ? support::compare_request(text) : support::compare_response(text);
  CHECK(found != support::verdict::different);
  return found == support::verdict::same;
}

const std::string request =
    "POST /a/b?c=d HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: x/1 (y; z)\r\nContent-Length: 12\r\nCookie: a=b; c=d\r\n"
    "Connection: keep-alive\r\nX-Empty-Not: -\r\nAccept:  */* \r\nDate:now\r\n\r\nbody follows";
const std::string response =
    "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Type: text/plain\r\n"
    "Transfer-Encoding: chunked\r\nConnection: close\r\nSet-Cookie: a=b\r\nKeep-Alive: timeout=5\r\n\r\n";

}  // namespace

TEST_CASE("ordinary heads take the short way") {
  CHECK(agree(request, true));
  CHECK(agree(response, false));
  CHECK(agree("GET / HTTP/1.0\r\n\r\n", true));
  CHECK(agree("HTTP/1.0 404 Not Found\r\nUpgrade: websocket\r\n\r\n", false));
}

TEST_CASE("what is unusual does not") {
  for (const char* text :
       {"GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r", "GET / HTTP/1.1\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n", "GET /\x80 HTTP/1.1\r\n\r\n", "GET / HTTP/1.2\r\n\r\n", "GET / HTTP/1.1 \r\n\r\n",
        "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nA:\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\tc\r\n\r\n", "GET / HTTP/1.1\r\nA: \xe9\r\n\r\n", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", "GET / HTTP/1.1\r\nConnection: a, b\r\n\r\n", " GET / HTTP/1.1\r\n\r\n"}) {
    CAPTURE(text);
    http::request_head head;
    CHECK_FALSE(http1::read_plain(text, {}, head));
  }
}

TEST_CASE("every cut of a plain head is incomplete, not something else") {
  for (std::size_t cut = 0; cut < request.find("\r\n\r\n") + 4; ++cut) {
    http::request_head head;
    CHECK_FALSE(http1::read_plain(std::string_view(request).substr(0, cut), {}, head));
  }
}

TEST_CASE("heads with a byte or two changed, added or taken away: both ways agree") {
  std::mt19937 dice(20261124);
  constexpr char special[] = "\0\t\n\r :,;/?#\"()<>@[]{}\x7f\x80\xff=-_.aZ09";
  const std::string bytes(special, sizeof special - 1);
  unsigned taken = 0;
  for (int turn = 0; turn < 60000; ++turn) {
    const bool is_request = turn % 2 == 0;
    std::string text = is_request ? request : response;
    for (unsigned edits = 1 + dice() % 2; edits > 0; --edits) {
      const std::size_t at = dice() % text.size();
      const char byte = dice() % 4 == 0 ? static_cast<char>(dice()) : bytes[dice() % bytes.size()];
      switch (dice() % 3) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        default: text.erase(at, 1); break;
      }
    }
    taken += agree(text, is_request);
  }
  CHECK(taken > 20000);
}

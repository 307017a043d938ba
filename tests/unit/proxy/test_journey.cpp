// One transaction, over real sockets, with each side behaving and misbehaving.
#include <doctest/doctest.h>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {
constexpr std::string_view get = "GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\nX-Mixed-Case: v\r\n\r\n";
constexpr std::string_view hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
}  // namespace

TEST_CASE("a request reaches the server as it came, and its response the client") {
  proxy_rig rig;
  peer client = rig.client();
  client.send(get);
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") == get);
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
  const std::string line = rig.log_line();
  CHECK(line.find(" fe be/s1 ") != std::string::npos);
  CHECK(line.find(" 200 ") != std::string::npos);
  CHECK(line.find(" ---- ") != std::string::npos);
  CHECK(line.find("\"GET /x?y=1 HTTP/1.1\"") != std::string::npos);

  SUBCASE("the next request of the client goes on the same connection") {
    client.send(get);
    CHECK(server.until("\r\n\r\n") == get);
    server.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
  }
  SUBCASE("a kept connection that the server has closed is not an error for the client") {
    server.close();
    client.send(get);
    peer again = rig.servers[0]->accept();
    CHECK(again.until("\r\n\r\n") == get);
    again.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
  }
  SUBCASE("nor one that dies on the request itself") {
    client.send(get);
    CHECK(server.until("\r\n\r\n") == get);
    server.close();
    peer again = rig.servers[0]->accept();
    CHECK(again.until("\r\n\r\n") == get);
    again.send(hello);
    CHECK(client.exactly(hello.size()) == hello);
  }
}

TEST_CASE("http-reuse: whose connection a request may use") {
  struct row { proxy::reuse_mode how; bool first_takes_idle; };
  const row rows[] = {{proxy::reuse_mode::never, false},
                      {proxy::reuse_mode::safe, false},
                      {proxy::reuse_mode::aggressive, false},  // one answer proves nothing yet
                      {proxy::reuse_mode::always, true}};
  for (const row& one : rows) {
    CAPTURE(static_cast<int>(one.how));
    proxy_rig rig([&](proxy::model& m) { m.sections[1].reuse = one.how; });
    auto [a, first] = rig.at_server(get);
    first.send(hello);
    CHECK(a.exactly(hello.size()) == hello);
    peer b = rig.client();
    b.send(get);
    peer second;
    if (!one.first_takes_idle) second = rig.servers[0]->accept();
    peer& used = one.first_takes_idle ? first : second;
    CHECK(used.until("\r\n\r\n") == get);
    used.send(hello);
    CHECK(b.exactly(hello.size()) == hello);
    // The session's own second request goes over a kept connection in every mode. Where links are shared, one is
    // enough for requests that come one at a time: the pool kept the first.
    b.send(get);
    peer& kept = one.how == proxy::reuse_mode::never ? second : first;
    CHECK(kept.until("\r\n\r\n") == get);
  }
}

TEST_CASE("a kept connection whose server is gone: the request is redispatched") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].redispatch = 1; }, 2);
  auto [client, server] = rig.at_server(get);
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
  client.send(get);
  peer second = rig.servers[1]->accept();
  second.until("\r\n\r\n");
  second.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
  // Round robin is back at the first server, on the kept link, which dies on the request; nobody listens there now.
  client.send(get);
  CHECK(server.until("\r\n\r\n") == get);
  rig.servers[0]->stop();
  server.close();
  // Not on the kept link to the second server, which might be as stale.
  peer fresh = rig.servers[1]->accept();
  CHECK(fresh.until("\r\n\r\n") == get);
  fresh.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
}

TEST_CASE("a section that asks for closing gets it: a frontend on both sides, a backend towards its servers") {
  struct row { proxy::connection_mode front, back; bool client_closes, server_closes; };
  using enum proxy::connection_mode;
  const row rows[] = {{keep_alive, keep_alive, false, false}, {server_close, keep_alive, false, true},
                      {keep_alive, server_close, false, true}, {close, keep_alive, true, true},
                      {keep_alive, close, false, true}};
  for (const row& one : rows) {
    CAPTURE(static_cast<int>(one.front));
    CAPTURE(static_cast<int>(one.back));
    proxy_rig rig([&](proxy::model& m) {
      m.sections[0].connection = one.front;
      m.sections[1].connection = one.back;
    });
    peer client = rig.client();
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    peer server = rig.servers[0]->accept();
    CHECK((server.until("\r\n\r\n").find("connection: close") != std::string::npos) == one.server_closes);
    server.send(hello);
    const std::string answer = client.until("hello");
    CHECK((answer.find("connection: close") != std::string::npos) == one.client_closes);
  }
}

TEST_CASE("a backend that is disabled gets nobody") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].disabled = true; });
  peer client = rig.client();
  client.send(get);
  CHECK(client.until("</html>").substr(0, 12) == "HTTP/1.1 503");
  CHECK(rig.log_line().find(" fe fe/<NOSRV> -1/-1/-1/-1/0 503 ") != std::string::npos);
  CHECK(rig.servers[0]->nobody_comes(1));
}

TEST_CASE("pipelined requests are answered in order") {
  proxy_rig rig;
  peer client = rig.client();
  client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  peer server = rig.servers[0]->accept();
  for (const char* path : {"/1", "/2", "/3"}) {
    CHECK(server.until("\r\n\r\n") == std::string("GET ") + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
    server.send(path);
  }
  for (const char* path : {"/1", "/2", "/3"})
    CHECK(client.exactly(40) == std::string("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n") + path);
}

TEST_CASE("bodies: counted and chunked, both ways, larger than any buffer") {
  proxy_rig rig;
  peer client = rig.client();
  std::string body(300000, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
  std::string sent, want;
  SUBCASE("counted") {
    sent = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + body;
  }
  SUBCASE("chunked, with an extension and a trailer") {
    sent = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 1000) sent += "3e8;x=y\r\n" + body.substr(at, 1000) + "\r\n";
    sent += "0\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n";
  }
  std::thread sender([&] { client.send(sent); });
  peer server = rig.servers[0]->accept();
  const std::string head = server.until("\r\n\r\n");
  std::string got;
  if (head.find("chunked") != std::string::npos) {
    for (;;) {
      const std::string size = server.until("\r\n");
      const std::size_t n = std::stoul(size, nullptr, 16);
      CHECK(size.find(';') == std::string::npos);
      if (n == 0) break;
      got += server.exactly(n);
      CHECK(server.until("\r\n") == "\r\n");
    }
    CHECK(server.until("\r\n\r\n") == "X-Sum: 1\r\n\r\n");
  } else {
    got = server.exactly(body.size());
  }
  CHECK(got == body);
  sender.join();
  std::thread answer([&] { server.send("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body); });
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n");
  CHECK(client.exactly(body.size()) == body);
  answer.join();
}

TEST_CASE("a response until close ends the client's connection") {
  proxy_rig rig;
  auto [client, server] = rig.at_server(get);
  server.send("HTTP/1.1 200 OK\r\n\r\nsome bytes");
  server.close();
  CHECK(client.to_end() == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nsome bytes");
}

TEST_CASE("HTTP/1.0: no chunks for an old client; keep-alive only when asked") {
  proxy_rig rig;
  peer client = rig.client();
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") == "GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n");
  SUBCASE("counted") {
    server.send(hello);
    CHECK(client.until("hello") == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: keep-alive\r\n\r\nhello");
  }
  SUBCASE("chunked") {
    server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    CHECK(client.to_end() == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
  }
}

TEST_CASE("HEAD, 204, 304 and interim responses") {
  proxy_rig rig;
  auto [client, server] = rig.at_server("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
  client.send(get);
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 12345\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 304 Not Modified\r\nContent-Length: 12345\r\n\r\n");
  client.send(get);
  server.until("\r\n\r\n");
  server.send("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
  server.send("HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("Expect: 100-continue crosses in both directions") {
  proxy_rig rig;
  peer client = rig.client();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n").find("Expect: 100-continue") != std::string::npos);
  server.send("HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  CHECK(server.exactly(3) == "abc");
  server.send(hello);
  CHECK(client.exactly(hello.size()) == hello);
}

TEST_CASE("an upgrade becomes a tunnel, each half closing on its own") {
  proxy_rig rig;
  peer client = rig.client();
  client.send("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") ==
        "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        "connection: upgrade\r\n\r\n");
  server.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: x\r\n\r\nfirst");
  CHECK(client.until("first") ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n"
        "connection: upgrade\r\n\r\nfirst");
  client.send("ping");
  CHECK(server.exactly(4) == "ping");
  client.finish();
  CHECK(server.ended());
  server.send("last words");
  server.close();
  CHECK(client.to_end() == "last words");
}

TEST_CASE("a later minor version is taken as HTTP/1.1, and goes on as that") {
  proxy_rig rig;
  peer client = rig.client();
  client.send("GET / HTTP/1.7\r\nHost: a\r\nX: 1\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n\r\n");
  server.send("HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nok");
  CHECK(client.until("ok") == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
}

TEST_CASE("h2c is not an upgrade that we pass on") {
  proxy_rig rig;
  peer client = rig.client();
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("what Connection names stays on its hop; what frames or routes cannot be named away") {
  proxy_rig rig;
  peer client = rig.client();
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Hop, Host\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nX-Stay: 2\r\n\r\n");
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") == "GET / HTTP/1.1\r\nHost: a\r\nX-Stay: 2\r\n\r\n");
  server.send(hello);
  CHECK(client.to_end() == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nconnection: close\r\n\r\nhello");
}

TEST_CASE("refusals") {
  struct row { const char* request; const char* status; };
  const row rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400"},
      {"GET / HTTP/1.1\nHost: a\n\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", "400"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "400"},
      {"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"\x01\x02\x03", "400"},
  };
  for (const row& one : rows) {
    CAPTURE(one.request);
    proxy_rig rig;
    peer client = rig.client();
    client.send(one.request);
    const std::string reply = client.to_end();
    CHECK(reply.substr(0, 12) == std::string("HTTP/1.1 ") + one.status);
    CHECK(rig.servers[0]->nobody_comes(1));
    CHECK(rig.log_line().find("PR--") != std::string::npos);
  }
}

TEST_CASE("a server that is not there: 503 and the letters SC") {
  proxy_rig rig([](proxy::model& m) {
    m.sections[1].retries = 0;
    m.sections[1].servers[0].port = 1;
  });
  peer client = rig.client();
  client.send(get);
  CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 503");
  CHECK(rig.log_line().find(" be/s1 0/0/-1/-1/") != std::string::npos);
}

TEST_CASE("bad responses: 502, and the letters") {
  struct row { const char* response; const char* letters; };
  const row rows[] = {
      {"", "SH--"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "SH--"},
      {"garbage\r\n\r\n", "PH--"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nhello", "PH--"},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", "PH--"},
  };
  for (const row& one : rows) {
    CAPTURE(one.response);
    proxy_rig rig;
    auto [client, server] = rig.at_server(get);
    server.send(one.response);
    server.close();
    CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 502");
    CHECK(rig.log_line().find(one.letters) != std::string::npos);
  }
}

TEST_CASE("a body that ends early is seen to be cut") {
  proxy_rig rig;
  auto [client, server] = rig.at_server(get);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
  server.close();
  CHECK(client.to_end() == "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
  CHECK(rig.log_line().find(" SD-- ") != std::string::npos);
}

TEST_CASE("time limits and their letters") {
  SUBCASE("a silent server: 504 sH") {
    proxy_rig rig([](proxy::model& m) { m.sections[1].time.server = milliseconds{30}; });
    peer client = rig.client();
    client.send(get);
    CHECK(client.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 504");
    CHECK(rig.log_line().find(" sH-- ") != std::string::npos);
  }
  SUBCASE("half a head: 408 cR") {
    proxy_rig rig([](proxy::model& m) { m.sections[0].time.http_request = milliseconds{30}; });
    peer client = rig.client();
    client.send("GET / HT");
    CHECK(client.to_end().substr(0, 12) == "HTTP/1.1 408");
    CHECK(rig.log_line().find(" cR-- ") != std::string::npos);
  }
  SUBCASE("nothing between two requests: closed without a word") {
    proxy_rig rig([](proxy::model& m) { m.sections[0].time.http_keep_alive = milliseconds{30}; });
    auto [client, server] = rig.at_server(get);
    server.send(hello);
    CHECK(client.to_end() == hello);
  }
  SUBCASE("a full server: the queue's limit, 503 sQ") {
    proxy_rig rig([](proxy::model& m) {
      m.sections[1].time.queue = milliseconds{30};
      m.sections[1].servers[0].maxconn = 1;
    });
    auto [first, server] = rig.at_server(get);
    peer second = rig.client();
    second.send(get);
    CHECK(second.until("\r\n\r\n").substr(0, 12) == "HTTP/1.1 503");
    CHECK(rig.log_line().find(" sQ-- ") != std::string::npos);
    server.send(hello);
    CHECK(first.exactly(hello.size()) == hello);
  }
}

TEST_CASE("a full server: who waits gets the place") {
  proxy_rig rig([](proxy::model& m) { m.sections[1].servers[0].maxconn = 1; });
  peer first = rig.client(), second = rig.client();
  first.send(get);
  peer server = rig.servers[0]->accept();
  server.until("\r\n\r\n");
  second.send(get);
  CHECK(rig.servers[0]->nobody_comes(1));
  server.send(hello);
  CHECK(first.exactly(hello.size()) == hello);
  peer other = rig.servers[0]->accept();
  other.until("\r\n\r\n");
  other.send(hello);
  CHECK(second.exactly(hello.size()) == hello);
}

TEST_CASE("maxconn of a bind: who comes too many waits until one leaves") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].binds[0].maxconn = 1; });
  auto [first, server] = rig.at_server(get);
  peer second = rig.client();
  second.send(get);
  CHECK(rig.servers[0]->nobody_comes(1));
  first.close();
  server.send(hello);
  peer other = rig.servers[0]->accept();
  CHECK(other.until("\r\n\r\n") == get);
}

TEST_CASE("option logasap: the line comes with the head, before the body ends") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].log.log_asap = true; });
  auto [client, server] = rig.at_server(get);
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe");
  const std::string line = rig.log_line();
  CHECK(line.find(" 200 +") != std::string::npos);
  server.send("llo");
  CHECK(client.until("hello").size() > 5);
}

TEST_CASE("without a log option: the short line, when the request comes") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].log.format = log::settings::style::none; });
  {
    peer nonsense = rig.client();
    nonsense.send("GET\r\n\r\n");
    CHECK(nonsense.until("</html>\n").starts_with("HTTP/1.1 400 "));
  }
  peer client = rig.client();
  client.send(get);
  CHECK(rig.log_line().find("Connect from 127.0.0.1:") != std::string::npos);
  rig.stop();
  CHECK(rig.log_rest().empty());  // a head that could not be read is none
}

TEST_CASE("forwardfor adds the client's address last") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].forwardfor.enabled = true; });
  peer client = rig.client();
  client.send(get);
  peer server = rig.servers[0]->accept();
  CHECK(server.until("\r\n\r\n") ==
        std::string(get.substr(0, get.size() - 2)) + "X-Forwarded-For: 127.0.0.1\r\n\r\n");
}

TEST_CASE("mode tcp: bytes both ways, and a server that speaks first") {
  proxy_rig rig([](proxy::model& m) {
    m.sections[0].kind = m.sections[1].kind = proxy::mode::tcp;
    m.sections[0].log.format = log::settings::style::tcp;
  });
  peer client = rig.client();
  peer server = rig.servers[0]->accept();
  server.send("220 hello\r\n");
  CHECK(client.until("\n") == "220 hello\r\n");
  client.send("QUIT\r\n");
  client.finish();
  CHECK(server.to_end() == "QUIT\r\n");
  server.send("bye");
  server.close();
  CHECK(client.to_end() == "bye");
  CHECK(rig.log_line().find(" fe be/s1 ") != std::string::npos);
}

TEST_CASE("requests put behind the last one of a connection do not destroy its answer") {
  proxy_rig rig;
  peer client = rig.client();
  std::string behind;
  while (behind.size() < 100000) behind += get;
  client.send("GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + behind);
  peer server = rig.servers[0]->accept();
  server.until("\r\n\r\n");
  server.send(hello);
  CHECK(rig.log_line().find("/last") != std::string::npos);
  // Whoever goes on sending learns nothing of it before it has read the answer: no reset, but the end.
  client.send(behind);
  const std::string answer = client.until("hello");
  CHECK(answer.substr(answer.size() - 5) == "hello");
  CHECK(client.ended());
}

TEST_CASE("redispatch that leads to the same dead server again waits before it tries") {
  proxy_rig rig(
      [](proxy::model& m) {
        m.sections[1].balance.kind = balance::algorithm::leastconn;
        m.sections[1].redispatch = 1;
        m.sections[1].time.connect = milliseconds{200};
        for (auto& one : m.sections[1].servers) one.maxconn = 1;
      },
      2);
  peer first = rig.client(), second = rig.client();
  first.send(get);
  peer holder;
  std::size_t alive = 0;
  for (; alive < 2; ++alive) {
    if (rig.servers[alive]->nobody_comes(500)) continue;
    holder = rig.servers[alive]->accept();
    break;
  }
  REQUIRE(alive < 2);
  holder.until("\r\n\r\n");
  rig.servers[1 - alive]->stop();
  second.send(get);  // refused there, and the other one is full
  CHECK(rig.servers[alive]->nobody_comes(100));
  holder.send(hello);
  CHECK(first.until("hello").find(" 200 ") != std::string::npos);
  holder.close();
  peer taken = rig.servers[alive]->accept();
  CHECK(taken.until("\r\n\r\n") == get);
  taken.send(hello);
  CHECK(second.until("hello").find(" 200 ") != std::string::npos);
}

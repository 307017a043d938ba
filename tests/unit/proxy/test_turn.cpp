// The loop's turn: who could go on for long does not keep others from theirs. What is counted is counted by the worker
// itself, once in every turn of its loop; no clock is looked at.
#include <doctest/doctest.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>

#include <atomic>
#include <memory>
#include <thread>

#include "support/proxy_rig.hpp"

using namespace ringway;
using support::peer;
using support::proxy_rig;

namespace {

constexpr int roomy = 1 << 20;  // bytes asked of the kernel for one direction of a socket; it gives what it may

std::string head_for(std::size_t size) { return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n"; }

void make_roomy(int fd) {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &roomy, sizeof roomy);
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &roomy, sizeof roomy);
}

peer roomy_client(std::uint16_t port) {
  peer one(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  make_roomy(one.fd());
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(one.fd(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  return one;
}

// As much of `bytes` as the kernel takes while nobody reads.
std::size_t place(const peer& into, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t n = ::send(into.fd(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) break;
    sent += static_cast<std::size_t>(n);
  }
  return sent;
}

// What the proxy has read from and written to a client so far.
struct moved {
  std::uint64_t in = 0, out = 0;
};
moved moved_by(const proxy::session& one) {
  tcp_info info{};
  socklen_t length = sizeof info;
  int unread = 0, unacknowledged = 0;
  REQUIRE(getsockopt(one.socket.native(), IPPROTO_TCP, TCP_INFO, &info, &length) == 0);
  REQUIRE(ioctl(one.socket.native(), SIOCINQ, &unread) == 0);
  REQUIRE(ioctl(one.socket.native(), SIOCOUTQ, &unacknowledged) == 0);
  return {info.tcpi_bytes_received - static_cast<std::uint64_t>(unread),
          info.tcpi_bytes_acked + static_cast<std::uint64_t>(unacknowledged)};
}

// `look(home)` on the worker's thread, once in each turn of its loop, until it says that it has seen enough.
template <typename Look>
void each_turn(proxy_rig& rig, Look look) {
  struct watch {
    proxy::home& home;
    Look& look;
    std::promise<void> over;
    void operator()() {
      if (look(home)) return over.set_value();
      home.worker.post([this] { (*this)(); });
    }
  };
  watch one{*rig.all->homes.front(), look, {}};
  rig.on_worker([&](proxy::home&) { one(); });
  one.over.get_future().wait();
}

proxy::session& newest(proxy::home& home) { return *home.first_session; }

// Reads and forgets in the background until the other side ends the connection.
class reader {
 public:
  explicit reader(const peer& from) : fd_(::dup(from.fd())), thread_([fd = fd_] {
    std::string into(1 << 16, ' ');
    while (::recv(fd, into.data(), into.size(), 0) > 0) {}
  }) {}
  ~reader() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

 private:
  int fd_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a client that pipelines what is answered here does not keep the worker to itself") {
  struct row {
    const char* name;
    void (*edit)(proxy::model&);
  };
  const row rows[] = {
      {"monitor-uri", [](proxy::model& m) { m.sections[0].monitor_uri = "/"; }},
      {"no backend", [](proxy::model& m) { m.sections[0].default_backend.clear(); }},
      {"no server", [](proxy::model& m) { m.sections[1].disabled = true; }},
      {"deny",
       [](proxy::model& m) {
         rules::http_rule one;
         one.what = rules::http_rule::action::deny;
         m.sections[0].rules.http_request.push_back(one);
       }},
      {"redirect",
       [](proxy::model& m) {
         rules::http_rule one;
         one.what = rules::http_rule::action::redirect;
         one.redirect = std::make_shared<rules::redirect_settings>();
         m.sections[0].rules.http_request.push_back(one);
       }},
  };
  constexpr std::string_view get = "GET / HTTP/1.1\r\nHost:a\r\n\r\n";
  constexpr std::size_t many = 10000;
  std::string requests;
  for (std::size_t i = 0; i < many; ++i) requests += get;
  for (const row& one : rows) {
    CAPTURE(one.name);
    proxy_rig rig([&](proxy::model& m) {
      one.edit(m);
      m.sections[0].log.targets.clear();
    });
    peer first = roomy_client(rig.port);
    proxy::session* flood = nullptr;
    first.send(get);  // answered: the worker knows it
    while (first.until("\r\n\r\n").empty()) {}
    rig.on_worker([&](proxy::home& home) { flood = &newest(home); });
    const reader answers(first);
    peer second = rig.client();
    second.send(get);
    second.until("\r\n\r\n");
    std::uint32_t before = 0, after = 0;
    std::size_t placed = 0;
    bool asked = false;
    proxy::session* other = nullptr;
    each_turn(rig, [&](proxy::home& home) {
      if (placed == 0) {
        other = &newest(home);
        before = flood->requests;
        placed = place(first, requests) / get.size();
        return false;
      }
      // The second one's request comes when the first is under way.
      if (!asked) {
        asked = true;
        place(second, get);
        return false;
      }
      after = flood->requests;
      return other->requests == 2;
    });
    REQUIRE(placed >= many / 2);
    CHECK(after - before < placed / 2);
    CHECK(after - before < 4000);
  }
}

TEST_CASE("bodies that could go on do not keep a small request waiting, in either direction") {
  struct row {
    const char* name;
    bool up;
    proxy::mode kind;
    const char* head;  // of what carries the body
  };
  const row rows[] = {
      {"download", false, proxy::mode::http, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"},
      {"download until close", false, proxy::mode::http, "HTTP/1.1 200 OK\r\n\r\n"},
      {"download in chunks", false, proxy::mode::http, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5f5e100\r\n"},
      {"upload", true, proxy::mode::http, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n"},
      {"upload in chunks", true, proxy::mode::http,
       "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5f5e100\r\n"},
      {"tunnel, down", false, proxy::mode::tcp, "hello"},
      {"tunnel, up", true, proxy::mode::tcp, "hello"},
  };
  constexpr std::size_t many = 64;
  for (const bool splice : {true, false}) {
    for (const row& one : rows) {
      CAPTURE(one.name);
      CAPTURE(splice);
      proxy_rig rig([&](proxy::model& m) {
        for (proxy::section_settings& each : m.sections) each.kind = one.kind;
        m.sections[0].monitor_uri = "/monitor";
        m.global.nosplice = !splice;
      });
      make_roomy(rig.servers[0]->fd);
      std::vector<peer> clients, servers;
      std::vector<proxy::session*> sessions;
      for (std::size_t i = 0; i < many; ++i) {
        clients.push_back(roomy_client(rig.port));
        if (one.up || one.kind == proxy::mode::tcp)
          clients.back().send(one.up ? one.head : "hello");
        else
          clients.back().send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        servers.push_back(rig.servers[0]->accept());
        make_roomy(servers.back().fd());
        servers.back().until(one.kind == proxy::mode::tcp ? "hello" : "\r\n\r\n");
        if (!one.up) {
          servers.back().send(one.head);
          clients.back().until(one.kind == proxy::mode::tcp ? "hello" : "\r\n\r\n");
        }
        rig.on_worker([&](proxy::home& home) { sessions.push_back(&newest(home)); });
      }
      peer small = rig.client();
      const std::string_view question =
          one.kind == proxy::mode::tcp ? "question" : "GET /monitor HTTP/1.1\r\nHost: a\r\n\r\n";
      proxy::session* other = nullptr;
      while (other == nullptr)
        rig.on_worker([&](proxy::home& home) {
          if (&newest(home) != sessions.back()) other = &newest(home);
        });
      const std::string body(600000, 'x');
      std::size_t placed = 0;
      std::uint64_t before = 0, after = 0;
      const auto sum = [&] {
        std::uint64_t bytes = 0;
        for (const proxy::session* each : sessions) bytes += one.up ? moved_by(*each).in : moved_by(*each).out;
        return bytes;
      };
      each_turn(rig, [&](proxy::home&) {
        if (placed == 0) {
          before = sum();
          for (std::size_t i = 0; i < many; ++i) placed += place(one.up ? clients[i] : servers[i], body);
          place(small, question);
          return false;
        }
        after = sum();
        return moved_by(*other).in == question.size();
      });
      // Two buffers or one small piece of a pipe each, and then half as much as all of them may spend together.
      constexpr std::size_t enough = many * 96 * 1024 + io::turn::most / 2 + io::turn::later_share;
      REQUIRE(placed > 2 * enough);
      CHECK(after - before < enough);
    }
  }
}

TEST_CASE("chunks that have arrived go on as one, whoever is to get them") {
  constexpr std::size_t size = 200000;
  std::string body, data;
  for (std::size_t i = 0; i < size; ++i) {
    data += static_cast<char>('a' + i % 26);
    body += "1\r\n";
    body += data.back();
    body += "\r\n";
  }
  body += "0\r\nX-Sum: 1\r\n\r\n";
  proxy_rig rig;
  SUBCASE("a server") {
    peer client = rig.client();
    std::thread sender([&] { client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body); });
    peer server = rig.servers[0]->accept();
    server.until("\r\n\r\n");
    const std::string got = server.until("\r\n0\r\nX-Sum: 1\r\n\r\n");
    sender.join();
    CHECK(got.ends_with("\r\n0\r\nX-Sum: 1\r\n\r\n"));
    CHECK(got.size() < 2 * size);
    http1::chunk_decoder decoder;
    std::string_view input = got, piece;
    std::string decoded;
    while (decoder.next(input, piece) == http1::chunk_decoder::step::data) decoded += piece;
    CHECK(decoder.at_end());
    CHECK(decoder.trailers() == "X-Sum: 1\r\n");
    CHECK(decoded == data);
  }
  SUBCASE("a client") {
    auto [client, server] = rig.at_server("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    std::thread sender([&server = server, &body] {
      server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    });
    client.until("\r\n\r\n");
    const std::string got = client.until("\r\n0\r\nX-Sum: 1\r\n\r\n");
    sender.join();
    CHECK(got.size() < 2 * size);
    http1::chunk_decoder decoder;
    std::string_view input = got, piece;
    std::string decoded;
    while (decoder.next(input, piece) == http1::chunk_decoder::step::data) decoded += piece;
    CHECK(decoder.at_end());
    CHECK(decoded == data);
  }
  SUBCASE("a client of old, who knows no chunks") {
    auto [client, server] = rig.at_server("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
    std::thread sender([&server = server, &body] {
      server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
    });
    client.until("\r\n\r\n");
    CHECK(client.to_end() == data);
    sender.join();
  }
}

TEST_CASE("a chunk that has arrived waits for no other") {
  proxy_rig rig;
  auto [client, server] = rig.at_server("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.until("\r\n\r\n");
  for (const char* each : {"1\r\na\r\n", "2\r\nbc\r\n", "1\r\nd\r\n"}) {
    server.send(each);
    CHECK(client.exactly(std::string_view(each).size()) == each);
  }
  server.send("0\r\n\r\n");
  CHECK(client.exactly(5) == "0\r\n\r\n");
}

TEST_CASE("a chunked request that went to a server which died goes to the next one as it was") {
  for (const bool whole : {true, false}) {
    CAPTURE(whole);
    proxy_rig rig([](proxy::model& m) {
      m.sections[1].retry_on.bits = servers::retry_conditions::empty_response;
    });
    peer client = rig.client();
    const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string end = "2\r\nij\r\n0\r\nX-Sum: 1\r\n\r\n";
    client.send(head + "3\r\nabc\r\n1;x=y\r\nd\r\n4\r\nefgh\r\n" + (whole ? end : ""));
    peer server = rig.servers[0]->accept();
    const std::string first = whole ? "a\r\nabcdefghij\r\n0\r\nX-Sum: 1\r\n\r\n" : "8\r\nabcdefgh\r\n";
    CHECK(server.exactly(head.size() + first.size()) == head + first);
    server.close();
    peer next = rig.servers[0]->accept();
    CHECK(next.exactly(head.size() + first.size()) == head + first);
    if (!whole) {
      client.send(end);
      CHECK(next.exactly(end.size()) == end);
    }
    next.send(head_for(2) + "ok");
    CHECK(client.exactly(head_for(2).size() + 2) == head_for(2) + "ok");
  }
}

TEST_CASE("what a burst needed is given back within a minute of quiet") {
  proxy_rig rig([](proxy::model& m) { m.sections[0].splice_response = true; });
  constexpr std::size_t many = 150;
  const auto held = [&] {
    std::size_t out[4] = {};
    rig.on_worker([&](proxy::home& home) {
      out[0] = home.worker.memory().spare();
      out[1] = home.pipes.spare();
      out[2] = home.spare.size();
      out[3] = home.session_memory.empty_blocks();
    });
    return std::array{out[0], out[1], out[2], out[3]};
  };
  {
    std::vector<peer> clients, servers;
    for (std::size_t i = 0; i < many; ++i) {
      auto [client, server] = rig.at_server("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      clients.push_back(std::move(client));
      servers.push_back(std::move(server));
      // The client does not read: some of it stays in a pipe for every one of them.
      if (i < 16) servers.back().flood();
    }
    for (std::size_t i = 0; i < many; ++i) {
      servers[i].send(head_for(300000) + std::string(300000, 'x'));
      clients[i].until("\r\n\r\n");
      clients[i].exactly(300000);
      clients[i].to_end();
    }
  }
  while (rig.sessions() > 0) {}
  const auto peak = held();
  CHECK(peak[0] > 100);
  CHECK(peak[1] > 0);
  CHECK(peak[2] > 100);
  CHECK(peak[3] > 2);
  for (int second = 0; second < 60; ++second) {
    rig.skip(1000);
    held();  // a turn of the loop
  }
  const auto after = held();
  CHECK(after[0] <= io::buffers::kept);
  CHECK(after[1] == 0);
  CHECK(after[2] <= proxy::home::kept);
  CHECK(after[3] <= 1);
  // And it still serves.
  auto [client, server] = rig.at_server("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.send(head_for(2) + "ok");
  CHECK(client.exactly(head_for(2).size() + 2) == head_for(2) + "ok");
}

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "servers/connect_fault.hpp"
#include "servers/connector.hpp"
#include "servers/source_ports.hpp"

using namespace ringway::servers;
using step = connect_step;

TEST_CASE("only descriptors and memory concern the process, whichever errno there is") {
  constexpr std::array ours = {EMFILE, ENFILE, ENOBUFS, ENOMEM};
  for (const step at : {step::address, step::socket, step::bind, step::connect, step::watch}) {
    for (const bool unix_socket : {false, true}) {
      for (int error = 1; error < 134; ++error) {
        CAPTURE(std::strerror(error));
        const bool process = std::find(ours.begin(), ours.end(), error) != ours.end();
        CHECK((concern_of(at, error, unix_socket) == concern::process) == process);
      }
    }
  }
}

TEST_CASE("what kept links may hold is a port, not an address that is not here") {
  CHECK(concern_of(step::connect, EADDRNOTAVAIL, false) == concern::local_ports);
  CHECK(concern_of(step::connect, EADDRINUSE, false) == concern::local_ports);
  CHECK(concern_of(step::connect, EAGAIN, false) == concern::local_ports);
  CHECK(concern_of(step::bind, EADDRINUSE, false) == concern::local_ports);
  CHECK(concern_of(step::bind, EADDRNOTAVAIL, false) == concern::server);
  CHECK(concern_of(step::connect, EAGAIN, true) == concern::server);  // the server's queue is full
  for (const int error : {ENOENT, ECONNREFUSED, EACCES, EPERM, ENETUNREACH, EHOSTUNREACH, EAFNOSUPPORT, EINVAL, ETIMEDOUT})
    CHECK(concern_of(step::connect, error, false) == concern::server);
}

TEST_CASE("what is said of it") {
  struct {
    step at;
    int error;
    bool unix_socket;
    int level;
    std::string text;
  } const cases[] = {
      {step::bind, EADDRNOTAVAIL, false, 0, "Cannot bind to source address before connect() for backend b."},
      {step::bind, EMFILE, false, 0, "Cannot bind to source address before connect() for backend b."},
      {step::connect, EADDRNOTAVAIL, false, 3, "Connect() failed for backend b: no free ports."},
      {step::connect, EAGAIN, false, 3, "Connect() failed for backend b: no free ports."},
      {step::connect, EADDRINUSE, false, 3, "Connect() failed for backend b: local address already in use."},
      {step::connect, EAGAIN, true, 3,
       "Connect() failed for backend b: can't connect to destination unix socket, check backlog size on the server "
       "(Resource temporarily unavailable)."},
      {step::socket, EMFILE, false, 0, "Proxy b reached process FD limit (maxsock=20). Please check 'ulimit-n' and restart."},
      {step::socket, ENFILE, false, 0, "Proxy b reached system FD limit (maxsock=20). Please check system tunables."},
      {step::socket, ENOBUFS, false, 0, "Proxy b reached system memory limit (maxsock=20). Please check system tunables."},
      {step::socket, ENOMEM, false, 0, "Proxy b reached system memory limit (maxsock=20). Please check system tunables."},
      {step::socket, EACCES, false, 0, "Proxy b cannot create a server socket: Permission denied"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.text);
    const connect_remark said = remark_of(one.at, one.error, one.unix_socket, "b", 20);
    CHECK(said.level == one.level);
    CHECK(said.text == one.text);
  }
  for (const int error : {ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ENOENT, EACCES, EPERM, EMFILE, ENOMEM})
    CHECK(remark_of(step::connect, error, false, "b", 20).text.empty());
  CHECK(remark_of(step::socket, EAFNOSUPPORT, false, "b", 20).text.empty());
}

TEST_CASE("the ports of a range: each once, in turn, the one that rested longest first") {
  source_ports range(100, 102);
  CHECK(range.size() == 3);
  {
    held_port first(range, *range.take()), second(range, *range.take());
    CHECK(range.take() == 102);
    CHECK_FALSE(range.take());
    first.give_back();
    first.give_back();  // once is enough
    CHECK(range.take() == 100);
    CHECK_FALSE(range.take());
    const held_port moved = std::move(second);
    CHECK_FALSE(range.take());
  }
  CHECK(range.take() == 101);
  range.give_back(102);
  range.give_back(100);
  range.give_back(101);
  CHECK(range.take() == 102);
  source_ports whole(1, 65535);
  CHECK(whole.size() == 65535);
}

TEST_CASE("without an address of ours nobody has a port to give back") {
  connect_result failed;
  failed.step = connect_step::connect;
  failed.error = EADDRNOTAVAIL;
  CHECK(failed.about() == concern::local_ports);
  failed.no_way = true;
  CHECK(failed.about() == concern::server);
  CHECK(remark_of(failed, "b").text == "Connect() failed for backend b: no free ports.");  // HAProxy's words for both
}

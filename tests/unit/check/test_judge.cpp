#include <doctest/doctest.h>

#include <cerrno>
#include <string_view>

#include "check/judge.hpp"

using namespace ringway;
using namespace ringway::check;
using servers::check_kind;

namespace {

servers::check_settings rules(unsigned rise, unsigned fall) {
  servers::check_settings made;
  made.enabled = true;
  made.rise = rise;
  made.fall = fall;
  return made;
}

struct row {
  const char* what;
  unsigned rise, fall;
  std::string_view results;  // + passed, - failed
  std::string_view up;       // U up, D down after each, starting up
};

const row rows[] = {
    {"an unchecked server falls at its first failure", 2, 3, "-", "D"},
    {"one success makes it need fall failures", 2, 3, "+---", "UUUD"},
    {"a success in between starts the count again", 2, 3, "+--+--+---", "UUUUUUUUUD"},
    {"rise successes in a row bring it up", 2, 3, "-++", "DDU"},
    {"a failure on the way up starts again", 2, 3, "-+-++", "DDDDU"},
    {"up again it has full health", 2, 3, "-++---", "DDUUUD"},
    {"rise 1 fall 1 follows every result", 1, 1, "-+-+", "DUDU"},
    {"rise 1", 1, 2, "-+--+", "DUUDU"},
    {"fall 1", 3, 1, "+-+++", "UDDDU"},
    {"failures when down change nothing", 3, 2, "----+++", "DDDDDDU"},
    // The trace of HAProxy 2.6.12, rise 2 fall 3, with option log-health-checks.
    {"trace", 2, 3, "-++--+---+-++---", "DDUUUUUUDDDDUUUD"},
};

}  // namespace

TEST_CASE("rise and fall") {
  for (const row& one : rows) {
    CAPTURE(one.what);
    const auto how = rules(one.rise, one.fall);
    unsigned health = first_health(how);
    bool up = true;
    std::string seen;
    for (const char c : one.results) {
      const verdict said = judge(how, health, c == '+');
      health = said.health;
      CHECK(health <= top_health(how));
      if (said.to == turn::up) up = true;
      if (said.to == turn::down) up = false;
      CHECK(up == (health >= how.rise));
      seen += up ? 'U' : 'D';
    }
    CHECK(seen == one.up);
  }
}

TEST_CASE("only a change of health counts") {
  const auto how = rules(2, 3);
  CHECK(judge(how, 2, true).counted);
  CHECK(judge(how, 2, true).health == 4);
  CHECK_FALSE(judge(how, 4, true).counted);
  CHECK(judge(how, 4, true).to == turn::up);  // an operator's "down" does not survive a success
  CHECK(judge(how, 4, false).counted);
  CHECK_FALSE(judge(how, 0, false).counted);
  CHECK(judge(how, 0, false).to == turn::down);
  CHECK(judge(how, 1, false).health == 0);
}

TEST_CASE("the interval follows the health") {
  auto how = rules(2, 3);
  how.inter = milliseconds{800};
  const milliseconds plain = how.inter;
  for (unsigned health = 0; health <= 4; ++health) CHECK(next_interval(how, health) == plain);
  how.fastinter = milliseconds{300};
  how.downinter = milliseconds{500};
  const int expected[] = {500, 300, 300, 300, 800};
  for (unsigned health = 0; health <= 4; ++health)
    CHECK(next_interval(how, health).count() == expected[health]);
  // fall 1: not yet checked is already the top
  auto brittle = rules(2, 1);
  brittle.fastinter = milliseconds{300};
  CHECK(next_interval(brittle, first_health(brittle)) == brittle.inter);
}

TEST_CASE("how long a connect may take") {
  using limit = std::optional<milliseconds>;
  struct {
    int inter;
    limit connect, check;
    int expected;
  } const cases[] = {
      {3000, limit{300}, {}, 3000},  // without timeout check the interval is for the whole
      {700, {}, {}, 700},
      {700, {}, limit{300}, 700},
      {3000, limit{2000}, limit{300}, 2000},
      {700, limit{2000}, limit{300}, 700},
      {700, limit{0}, limit{300}, 700},
      {700, limit{100}, limit{0}, 700},
  };
  for (const auto& one : cases) {
    auto how = rules(2, 3);
    how.inter = milliseconds{one.inter};
    how.fastinter = milliseconds{10};
    CHECK(connect_limit(how, one.connect, one.check).count() == one.expected);
  }
}

TEST_CASE("first checks are spread") {
  // Traced on 2.6.12: fourteen checks, least interval of a second or more: 1 s.
  struct {
    int own;
    std::size_t position;
    int expected;
  } const cases[] = {{1000, 0, 0},    {10000, 1, 714}, {10000, 2, 1428}, {500, 3, 214},
                     {4000, 4, 1142}, {6000, 5, 2142}, {1000, 13, 928}};
  for (const auto& one : cases) {
    CHECK(first_delay(milliseconds{one.own}, milliseconds{1000}, one.position, 14).count() == one.expected);
  }
  CHECK(first_delay(milliseconds{1000}, milliseconds{1000}, 0, 0).count() == 0);
  // Traced on 3.5: with 800, 500, 200 and 100 ms nobody waits for a second.
  const int own[] = {800, 500, 200, 100}, expected[] = {0, 125, 100, 75};
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(first_delay(milliseconds{own[i]}, milliseconds{0}, i, 4).count() == expected[i]);
}

TEST_CASE("reasons and their words") {
  const milliseconds took{7};
  using step = servers::connect_step;
  constexpr std::string_view problem = "Layer4 connection problem";
  // As HAProxy 3.5 has them, the shared and the misspelt name included.
  struct {
    step at;
    int error;
    bool late, unix_socket;
    std::string_view reason, info;
  } const cases[] = {
      {step::connect, ECONNREFUSED, true, false, problem, "ECONNREFUSED returned by OS (Connection refused)"},
      {step::connect, ECONNRESET, true, false, problem, "ECONNRESET returned by OS (Connection reset by peer)"},
      {step::connect, EHOSTUNREACH, true, false, problem, "ENETUNREACH returned by OS (No route to host)"},
      {step::connect, ENETUNREACH, true, false, problem, "ENETUNREACH returned by OS (Network is unreachable)"},
      {step::connect, ENOTCONN, true, false, problem, "ENCONN returned by OS (Transport endpoint is not connected)"},
      {step::connect, EINVAL, true, false, problem, "EINVAL returned by OS (Invalid argument)"},
      {step::connect, EPIPE, true, false, problem, "EPIPE returned by OS (Broken pipe)"},
      {step::connect, ENOBUFS, true, false, problem, "ENOBUFS returned by OS (No buffer space available)"},
      {step::connect, ENOMEM, true, false, problem, "ENOMEM returned by OS (Cannot allocate memory)"},
      {step::connect, ETIMEDOUT, true, false, problem, "General socket error (Connection timed out)"},
      {step::connect, EACCES, true, false, problem, "General socket error (Permission denied)"},
      {step::connect, ENETUNREACH, false, false, problem, "General socket error (Network is unreachable)"},
      {step::connect, EHOSTUNREACH, false, false, problem, "General socket error (No route to host)"},
      {step::connect, ECONNREFUSED, false, false, problem, "General socket error (Connection refused)"},
      {step::connect, EPERM, false, false, problem, "General socket error (Operation not permitted)"},
      {step::connect, EADDRNOTAVAIL, false, false, problem,
       "Out of local source ports on the system (Cannot assign requested address)"},
      {step::connect, EADDRINUSE, false, false, problem, "Local source address already in use (Address already in use)"},
      {step::connect, EAGAIN, false, false, problem, "Out of local source ports on the system"},
      {step::bind, EADDRNOTAVAIL, false, false, problem, "Can't bind to source address (Cannot assign requested address)"},
      {step::bind, EADDRINUSE, false, false, problem, "Can't bind to source address (Address already in use)"},
      {step::socket, EMFILE, false, false, problem, "Too many sockets on the process (Too many open files)"},
      {step::socket, ENFILE, false, false, problem, "Too many sockets on the system (Too many open files in system)"},
      {step::socket, ENOMEM, false, false, problem, "Out of system buffers (Cannot allocate memory)"},
      {step::socket, ENOBUFS, false, false, problem, "Out of system buffers (No buffer space available)"},
      {step::socket, EAFNOSUPPORT, false, false, problem,
       "Protocol or address family not supported (Address family not supported by protocol)"},
      {step::socket, EACCES, false, false, problem, "General socket error (Permission denied)"},
      {step::connect, ENOENT, false, true, "Socket error", "General socket error (No such file or directory)"},
      {step::connect, ECONNREFUSED, false, true, "Socket error", "General socket error (Connection refused)"},
      {step::connect, EAGAIN, false, true, "Socket error", "General socket error (Resource temporarily unavailable)"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.info);
    const result found = refused(one.at, one.error, one.late, one.unix_socket, took);
    CHECK(found.kind == (one.unix_socket ? check_kind::socket_error : check_kind::l4_refused));
    CHECK(reason_of(found.kind) == one.reason);
    CHECK(found.info == one.info);
    CHECK(found.duration == took);
    CHECK_FALSE(found.passed());
  }
  CHECK(reason_of(timed_out(took).kind) == "Layer4 timeout");
  CHECK(timed_out(took).info.empty());
  CHECK(connected(took).passed());
  CHECK(reason_of(connected(took).kind) == "Layer4 check passed");
}

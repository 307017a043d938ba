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
}

TEST_CASE("reasons and their words") {
  const milliseconds took{7};
  struct {
    int error;
    bool immediate, unix_socket;
    check_kind kind;
    std::string_view reason, info;
  } const cases[] = {
      {ECONNREFUSED, false, false, check_kind::l4_refused, "Layer4 connection problem", "Connection refused"},
      {ECONNREFUSED, true, false, check_kind::l4_refused, "Layer4 connection problem", "Connection refused"},
      {EHOSTUNREACH, false, false, check_kind::l4_refused, "Layer4 connection problem", "No route to host"},
      {ENETUNREACH, true, false, check_kind::l4_refused, "Layer4 connection problem",
       "General socket error (Network is unreachable)"},
      {ENOENT, true, true, check_kind::socket_error, "Socket error",
       "General socket error (No such file or directory)"},
      {ECONNREFUSED, true, true, check_kind::socket_error, "Socket error",
       "General socket error (Connection refused)"},
      {EMFILE, true, false, check_kind::socket_error, "Socket error", "Too many open files"},
      {ETIMEDOUT, false, false, check_kind::l4_timeout, "Layer4 timeout", ""},
  };
  for (const auto& one : cases) {
    const result found = refused(one.error, one.immediate, one.unix_socket, took);
    CHECK(found.kind == one.kind);
    CHECK(reason_of(found.kind) == one.reason);
    CHECK(found.info == one.info);
    CHECK(found.duration == took);
    CHECK_FALSE(found.passed());
  }
  CHECK(cannot_bind(EADDRNOTAVAIL, took).info ==
        "Can't bind to source address (Cannot assign requested address)");
  CHECK(connected(took).passed());
  CHECK(reason_of(connected(took).kind) == "Layer4 check passed");
}

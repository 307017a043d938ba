// What becomes of a server whose traffic fails: runner::suspect, by each `on-error`. The checks themselves pass.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "balance/chooser.hpp"
#include "check/runner.hpp"

using namespace ringway;
using namespace ringway::check;

namespace {

class listening {
 public:
  listening() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const raw_address where = raw(*parse_ip("127.0.0.1"));
    REQUIRE(::bind(fd_, where.data(), where.length) == 0);
    REQUIRE(::listen(fd_, 100) == 0);
    raw_address got;
    got.length = sizeof got.storage;
    REQUIRE(::getsockname(fd_, got.data(), &got.length) == 0);
    port = from_raw(got.data(), got.length).port;
  }
  ~listening() { ::close(fd_); }
  listening(const listening&) = delete;
  listening& operator=(const listening&) = delete;
  std::uint16_t port = 0;

 private:
  int fd_;
};

constexpr milliseconds for_ever{3'600'000};

// Checked once at the start, and then not for an hour unless something hastens it.
struct bench {
  explicit bench(servers::on_error action, milliseconds fastinter = milliseconds{0})
      : chooser({}, facts(), false), group("b", {observed(action, fastinter)}, chooser, told(), servers::clock::now()) {
    subject one;
    one.group = &group;
    std::vector<subject> all;
    all.push_back(std::move(one));
    checks.start(std::move(all));
    run_until([this] { return group[0].health() == 4; });  // rise 2, fall 3: the top
  }
  ~bench() {
    checks.stop();
    on.run_for(seconds{5});
    CHECK(checks.running() == 0);
  }
  static std::vector<balance::server_facts> facts() {
    std::vector<balance::server_facts> made(1);
    balance::assign_ids(made);
    return made;
  }
  servers::settings observed(servers::on_error action, milliseconds fastinter) const {
    servers::settings made;
    made.name = "s";
    made.ip = *parse_ip("127.0.0.1");
    made.port = origin.port;
    made.check.enabled = true;
    made.check.inter = for_ever;
    made.check.fastinter = fastinter;
    made.check.watch = servers::observe::layer4;
    made.check.action = action;
    made.check.error_limit = 7;
    return made;
  }
  servers::hooks told() {
    servers::hooks made;
    made.report = [this](const servers::sentence& one) { said.push_back(one.text); };
    return made;
  }
  template <typename Done>
  void run_until(Done done) {
    const auto deadline = servers::clock::now() + seconds{10};
    while (!done() && servers::clock::now() < deadline) on.run_one_until(deadline);
    REQUIRE(done());
  }
  void suspect() { checks.suspect(group, 0, "Wrong http response"); }

  listening origin;
  boost::asio::io_context on{1};
  std::vector<std::string> said;
  balance::chooser chooser;
  servers::group group;
  runner checks{on};
};

const std::string down =
    "Server b/s is DOWN, reason: Health analyze, info: \"Detected 7 consecutive errors, last one was: Wrong http response\". "
    "0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.";

}  // namespace

TEST_CASE("on-error fail-check: each time counts as a check that failed") {
  bench b(servers::on_error::fail_check);
  b.suspect();
  CHECK(b.group[0].health() == 3);
  b.suspect();
  CHECK(b.group[0].health() == 2);
  CHECK(b.said.empty());
  b.suspect();
  REQUIRE(b.said.size() == 2);
  CHECK(b.said[0] == down);
  CHECK(b.group[0].health() == 0);
  CHECK(b.group[0].failed_checks() == 3);
  b.suspect();  // nothing is left to lose
  CHECK(b.said.size() == 2);
  CHECK(b.group[0].failed_checks() == 3);
}

TEST_CASE("on-error sudden-death: one more failure is enough") {
  bench b(servers::on_error::sudden_death);
  b.suspect();
  CHECK(b.said.empty());
  CHECK(b.group[0].health() == 2);
  b.suspect();
  CHECK(b.said.front() == down);
}

TEST_CASE("on-error mark-down: at once") {
  bench b(servers::on_error::mark_down);
  b.suspect();
  CHECK(b.said.front() == down);
  CHECK(b.group[0].health() == 0);
}

TEST_CASE("on-error fastinter: only the next check comes sooner, as with all of them") {
  bench b(servers::on_error::fastinter, milliseconds{1});
  const auto before = b.checks.attempts();
  b.suspect();
  CHECK(b.group[0].health() == 4);
  b.run_until([&] { return b.checks.attempts() == before + 1; });
  CHECK(b.said.empty());

  bench counting(servers::on_error::fail_check, milliseconds{1});
  counting.suspect();
  CHECK(counting.group[0].health() == 3);
  counting.run_until([&] { return counting.group[0].health() == 4; });  // a check that passed takes the suspicion away
  CHECK(counting.said.empty());
}

TEST_CASE("a check that is due earlier is not put off") {
  bench b(servers::on_error::fastinter, for_ever * 2);
  const auto before = b.checks.attempts();
  b.suspect();
  b.on.poll();
  CHECK(b.checks.attempts() == before);
}

TEST_CASE("no suspicion in maintenance, after the stop, or of another's servers") {
  bench b(servers::on_error::mark_down);
  b.group.set_admin(0, servers::admin::forced_maint, true, {}, servers::clock::now());
  b.said.clear();
  b.suspect();
  CHECK(b.said.empty());
  b.group.set_admin(0, servers::admin::forced_maint, false, {}, servers::clock::now());
  b.said.clear();
  bench other(servers::on_error::mark_down);
  b.checks.suspect(other.group, 0, "Wrong http response");
  CHECK(b.said.empty());
  CHECK(other.said.empty());
  b.checks.stop();
  b.suspect();
  CHECK(b.said.empty());
}

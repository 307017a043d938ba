#include "servers/retry.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace ringway::servers;
using on = retry_conditions;

namespace {

// s: same server, o: other server, "s s o -" for the retries 1, 2, 3 and one more.
std::string places(unsigned retries, std::optional<int> redispatch, bool turning = false, unsigned active = 2) {
  retry_rules rules;
  rules.retries = retries;
  rules.redispatch = redispatch;
  rules.turning = turning;
  rules.active = active;
  std::string out;
  for (unsigned i = 1; i <= retries + 1; ++i) {
    const next_try where = place_of_retry(rules, i, true);
    out += where == next_try::same_server ? 's' : where == next_try::other_server ? 'o' : '-';
  }
  return out;
}

}  // namespace

TEST_CASE("where each retry goes") {
  CHECK(places(3, std::nullopt) == "sss-");
  CHECK(places(0, 1) == "-");
  CHECK(places(3, -1) == "sso-");  // option redispatch
  CHECK(places(3, -2) == "sos-");
  CHECK(places(3, -3) == "oss-");
  CHECK(places(3, -4) == "sss-");
  CHECK(places(3, 1) == "ooo-");
  CHECK(places(3, 2) == "sos-");
  CHECK(places(3, 3) == "sso-");
  CHECK(places(6, 2) == "sososo-");
  // An algorithm that takes turns does not come back while there are others.
  CHECK(places(3, -1, true) == "ooo-");
  CHECK(places(3, -1, true, 1) == "sso-");
  CHECK(places(3, std::nullopt, true) == "sss-");
}

TEST_CASE("a server that is no longer in use is left at once, if it may be left") {
  retry_rules rules;
  CHECK(place_of_retry(rules, 1, false) == next_try::same_server);
  rules.redispatch = -1;
  CHECK(place_of_retry(rules, 1, false) == next_try::other_server);
}

TEST_CASE("what is sent again, and how") {
  struct row {
    const char* why;
    attempt last;
    std::uint32_t on_bits;
    std::optional<int> redispatch;
    char want;  // s, o, - and S, O after a pause
    bool counts = true, fresh = false;
  };
  const auto sent = [](failure how, bool kept, bool untouched, bool whole, bool idempotent) {
    attempt out;
    out.how = how;
    out.kept = kept;
    out.untouched = untouched;
    out.whole = whole;
    out.idempotent = idempotent;
    return out;
  };
  const auto unsent = [](failure how) {
    attempt out;
    out.how = how;
    return out;
  };
  attempt at_once = unsent(failure::refused);
  at_once.at_once = true;
  attempt unavailable = sent(failure::status, false, false, true, false);
  unavailable.status = 503;
  const std::uint32_t usual = on::conn_failure;
  const std::optional<int> stay, always = 1;
  const row rows[] = {
      {"refused", unsent(failure::refused), usual, stay, 'S'},
      {"refused, redispatch", unsent(failure::refused), usual, always, 'o'},
      {"a timeout was a pause already", unsent(failure::connect_timeout), usual, stay, 's'},
      {"no descriptor, and one was waited for", unsent(failure::no_means), usual, stay, 's'},
      {"refused by this machine at once", at_once, usual, stay, 's'},
      {"refused by this machine at once, redispatch", at_once, usual, always, 'o'},
      {"not asked for", unsent(failure::refused), on::empty_response, stay, '-'},
      {"none", unsent(failure::refused), 0, always, '-'},
      {"stale, GET", sent(failure::closed, true, false, true, true), usual, stay, 's', false, true},
      {"stale, POST that may have been processed", sent(failure::closed, true, false, true, false), usual, always, '-'},
      {"stale, POST that cannot have been", sent(failure::closed, true, true, true, false), usual, stay, 's', false, true},
      {"stale, body gone", sent(failure::closed, true, true, false, true), usual, always, '-'},
      {"stale, none", sent(failure::closed, true, true, true, true), 0, always, '-'},
      {"fresh, GET", sent(failure::closed, false, false, true, true), usual, stay, '-'},
      {"fresh, GET, redispatch", sent(failure::closed, false, false, true, true), usual, always, 'o', true, true},
      {"fresh, GET, this retry stays", sent(failure::closed, false, false, true, true), usual, 2, '-'},
      {"fresh, POST, redispatch", sent(failure::closed, false, false, true, false), usual, always, '-'},
      {"fresh, untouched POST", sent(failure::closed, false, true, true, false), usual, stay, 'S', true, true},
      {"empty-response, POST", sent(failure::closed, false, false, true, false), on::empty_response, stay, 's', true, true},
      {"junk", sent(failure::junk, false, false, true, true), usual, always, '-'},
      {"junk-response", sent(failure::junk, false, false, true, false), on::junk_response, stay, 's'},
      {"timeout", sent(failure::timeout, false, false, true, true), usual, always, '-'},
      {"response-timeout", sent(failure::timeout, false, false, true, false), on::response_timeout, always, 'o'},
      {"response-timeout, too long to keep", sent(failure::timeout, false, false, false, true), on::response_timeout,
       stay, '-'},
      {"503", unavailable, on::bit_of(503), stay, 's'},
      {"503 not asked for", unavailable, on::bit_of(500) | on::all_retryable, always, '-'},
  };
  for (const row& one : rows) {
    CAPTURE(one.why);
    retry_rules rules;
    rules.redispatch = one.redispatch;
    rules.on.bits = one.on_bits;
    rules.active = 2;
    const next_step step = after(rules, one.last, {});
    const char where = step.where == next_try::give_up ? '-' : step.where == next_try::same_server ? 's' : 'o';
    CHECK((step.pause ? static_cast<char>(where - 'a' + 'A') : where) == one.want);
    if (one.want == '-') continue;
    CHECK(step.counts == one.counts);
    CHECK(step.fresh == one.fresh);
  }
}

TEST_CASE("a request that ended a server does not meet them all") {
  retry_rules rules;
  rules.redispatch = 1;
  rules.retries = 10;
  attempt last;
  last.how = failure::closed;
  last.untouched = false;
  last.idempotent = true;
  const next_step first = after(rules, last, {0, false});
  CHECK(first.where == next_try::other_server);
  CHECK(first.moves);
  CHECK(after(rules, last, {1, true}).where == next_try::give_up);
  // Who asks for it gets it.
  rules.on.bits |= on::empty_response;
  CHECK(after(rules, last, {1, true}).where == next_try::other_server);
}

TEST_CASE("statuses of retry-on") {
  retry_conditions conditions;
  CHECK_FALSE(conditions.any_status());
  for (const unsigned status : retry_conditions::statuses) {
    conditions.bits = retry_conditions::bit_of(status);
    CHECK(conditions.any_status());
    for (unsigned other = 100; other < 600; ++other) CHECK(conditions.on_status(other) == (other == status));
  }
}

TEST_CASE("many instant retries give the others a turn") {
  retry_rules rules;
  rules.retries = 1000;
  attempt last;
  last.at_once = true;
  for (unsigned failed = 0; failed < 50; ++failed) CHECK(after(rules, last, {failed, false}).pause == (failed >= most_instant_retries));
}

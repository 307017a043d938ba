// fullconn, unless it is said: a tenth of the clients that may come (configuration manual 4.2, fullconn).
#include <doctest/doctest.h>

#include "proxy/assemble.hpp"
#include "proxy/listener.hpp"
#include "proxy/session.hpp"
#include "proxy/transaction.hpp"

using namespace ringway;
using namespace ringway::proxy;

namespace {

section_settings front(const char* name, unsigned maxconn, const char* by_default, std::vector<std::string> by_rule = {}) {
  section_settings made;
  made.name = name;
  made.front = true;
  if (maxconn != 0) made.maxconn = maxconn;
  made.default_backend = by_default;
  for (std::string& each : by_rule) {
    rules::backend_choice choice;
    choice.name = std::move(each);
    made.rules.use_backend.push_back(std::move(choice));
  }
  return made;
}

section_settings back(const char* name, unsigned fullconn = 0) {
  section_settings made;
  made.name = name;
  made.back = true;
  made.fullconn = fullconn;
  servers::settings server;
  server.name = "s";
  server.ip = *parse_ip("192.0.2.1");
  server.port = 80;
  server.id = 1;
  server.minconn = 10;
  server.maxconn = 100;
  made.servers.push_back(server);
  return made;
}

// The load at which the one server of `name` reaches its maxconn.
unsigned fullconn_of(const model& from, const char* name) {
  assembly how;
  how.workers = 1;
  how.maxconn = 4000;
  const auto all = assemble(from, how);
  balance::chooser& chooser = *all->backends[all->backend_numbers.at(name)]->chooser;
  CHECK(chooser.limit(0) == 10);
  unsigned load = 0;
  while (chooser.limit(0) < 100 && load < 5000) {
    chooser.took(0);
    ++load;
    // In between it grows with the load, and never falls below minconn.
    CHECK(chooser.limit(0) >= 10);
  }
  return load;
}

}  // namespace

TEST_CASE("fullconn: a tenth of the maxconn of every frontend that leads there") {
  model all;
  all.sections = {front("a", 1000, "shop"), front("b", 500, "other", {"shop", "shop"}), front("c", 300, "other"),
                  front("d", 70, "", {"shop_%[hdr(host)]"}), back("shop"), back("other"), back("said", 33), back("nobody")};
  CHECK(fullconn_of(all, "shop") == 150);  // a and b, each once; a computed name is not counted
  CHECK(fullconn_of(all, "other") == 80);
  CHECK(fullconn_of(all, "said") == 33);
  all.sections[0].disabled = true;
  CHECK(fullconn_of(all, "shop") == 50);
}

TEST_CASE("fullconn: a frontend without maxconn counts with the process's, a listen section with itself") {
  model all;
  section_settings both = back("both");
  both.front = true;
  both.maxconn = 205;
  all.sections = {front("a", 0, "shop"), back("shop"), both};
  CHECK(fullconn_of(all, "shop") == 400);
  CHECK(fullconn_of(all, "both") == 21);  // rounded up
}

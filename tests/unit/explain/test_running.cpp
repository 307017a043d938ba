#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "explain/running.hpp"

using namespace ringway;
using namespace ringway::explain;

namespace {

const std::string header =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state "
    "srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr "
    "srv_agent_port\n";

std::string row(const std::string& back, const std::string& server, const std::string& addr, int operation,
                int admin, int weight, int configured = 10) {
  return "3 " + back + " 1 " + server + " " + addr + " " + std::to_string(operation) + " " +
         std::to_string(admin) + " " + std::to_string(weight) + " " + std::to_string(configured) +
         " 20 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n";
}

// backend b: balance uri, hash-type consistent, s1 to s3 of weight 10.
proxy::model example() {
  proxy::model out;
  out.sections.emplace_back();
  proxy::section_settings& one = out.sections.back();
  one.name = "b";
  one.kind = proxy::mode::http;
  one.back = true;
  one.balance.kind = balance::algorithm::uri;
  one.balance.method = balance::hash_method::consistent;
  for (std::uint32_t id = 1; id <= 3; ++id) {
    servers::settings line;
    line.name = "s" + std::to_string(id);
    line.ip = *parse_ip("127.0.0.1");
    line.port = 8001;
    line.id = id;
    line.weight = 10;
    one.servers.push_back(line);
  }
  return out;
}

struct outcome {
  std::string why;
  std::vector<std::string> remarks;
};
outcome follow_text(site& of, const std::string& text) {
  std::vector<server_report> reported;
  outcome out;
  out.why = read_servers_state(text, reported);
  if (out.why.empty()) out.why = follow(of, reported, out.remarks);
  return out;
}

}  // namespace

TEST_CASE("a site becomes as the process says") {
  const proxy::model model = example();
  site of(model);
  const auto seen =
      follow_text(of, header + row("b", "s1", "127.0.0.1", 0, 0, 10) + row("b", "s2", "127.0.0.9", 2, 0, 30) +
                          row("b", "s3", "127.0.0.1", 1, 0, 10) + "\n");
  CHECK(seen.why.empty());
  REQUIRE(seen.remarks.size() == 1);
  CHECK(seen.remarks[0].starts_with("server 'b/s3' is still warming up"));
  const farm& b = of.farms()[0];
  CHECK_FALSE(b.chooser->usable(0));
  CHECK(b.chooser->weight(1) == 30);
  CHECK(b.chooser->usable(2));
  // And so do the copies that look ahead.
  const auto ahead = b.fresh();
  CHECK_FALSE(ahead->usable(0));
  CHECK(ahead->weight(1) == 30);
  CHECK(ahead->shares() == b.chooser->shares());
}

TEST_CASE("who takes work") {
  struct {
    unsigned operation, admin;
    bool takes;
  } const rows[] = {{2, 0, true},  {1, 0, true}, {0, 0, false},    {3, 0, false},    {2, 1, false},
                    {2, 8, false}, {2, 4, true}, {2, 0x10, false}, {2, 0x20, false}, {0, 5, false}};
  for (const auto& one : rows) {
    server_report each;
    each.operation = one.operation;
    each.admin = one.admin;
    CAPTURE(one.operation);
    CAPTURE(one.admin);
    CHECK(each.takes_work() == one.takes);
  }
}

TEST_CASE("process and files about different servers") {
  const proxy::model model = example();
  const std::string three = row("b", "s1", "-", 2, 0, 10) + row("b", "s2", "-", 2, 0, 10);
  const std::string last = row("b", "s3", "-", 2, 0, 10);
  struct {
    std::string text;
    const char* why;
  } const rows[] = {
      {header + three + last + "\n", ""},
      {header + three + "\n", "the configuration has a server 'b/s3' that the process does not have"},
      {header + "\n", "the configuration has a backend 'b' that the process does not have"},
      {header + three + last + row("b", "s4", "-", 2, 0, 10) + "\n",
       "the process has a server 'b/s4' that the configuration does not have"},
      {header + three + last + row("c", "s1", "-", 2, 0, 10) + "\n",
       "the process has a backend 'c' that the configuration does not have"},
      {header + three + row("b", "s3", "-", 2, 0, 10, 5) + "\n",
       "server 'b/s3' began with weight 5 in the process and has 10 in the configuration: these are not the "
       "files it runs"},
      {header + three + last, "its list of servers has no end: the connection broke"},
      {header + "3 b 1 s1\n\n", "a line of its list of servers is not understood: '3 b 1 s1'"},
      {"2\n" + header.substr(2) + "\n", "its format version 2 is not known, only 1 is"},
      {"1\n# be_id be_name\n\n", "its list of servers has no column srv_name"},
      {"HTTP/1.1 400 Bad Request\r\n", "what answers does not speak HAProxy's runtime API"},
      {"", "what answers does not speak HAProxy's runtime API"},
  };
  for (const auto& one : rows) {
    CAPTURE(one.text);
    site of(model);
    CHECK(follow_text(of, one.text).why == one.why);
  }
}

TEST_CASE("startup files") {
  std::vector<startup_file> out;
  CHECK(read_startup_files("# bytes xxh3 path\n12 00000000000000ff /etc/a b.cfg\n\n", out).empty());
  REQUIRE(out.size() == 1);
  CHECK(out[0].hash == 255);
  CHECK(out[0].path == "/etc/a b.cfg");
  CHECK(read_startup_files("# bytes xxh3 path\n12 ff -\n\n", out) ==
        "it read its configuration from standard input");
  CHECK(read_startup_files("# bytes xxh3 path\nx\n\n", out) ==
        "a line about its files is not understood: 'x'");
  CHECK(read_startup_files("Unknown\n\n", out) == "it does not say which files it was started from");
}

// Whole configurations: golden messages (tests/conf), real files (the corpus), and what lines do to the model.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "app/load.hpp"
#include "support/load_text.hpp"

using namespace ringway;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<fs::path> configurations(const fs::path& folder) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& each : fs::directory_iterator(folder))
    if (each.path().extension() == ".cfg") out.push_back(each.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string ids(const config::diagnostics& report) {
  std::string out;
  for (const config::diagnostic& each : report.all()) out += each.id + " ";
  return out;
}

}  // namespace

TEST_CASE("every configuration of tests/conf is answered as the file beside it says") {
  const auto files = configurations(fs::path(RINGWAY_SOURCE_DIR) / "tests/conf");
  REQUIRE(files.size() >= 10);
  for (const fs::path& path : files) {
    test::loaded done = test::load_text(contents(path), path.filename().string());
    const std::string said = done.rendered();
    fs::path expected = path;
    expected.replace_extension(".expected");
    if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) std::ofstream(expected, std::ios::binary) << said;
    CAPTURE(path.filename().string());
    CHECK_MESSAGE(contents(expected) == said, "run RINGWAY_WRITE_GENERATED=1 test_app, read the difference, commit it");
  }
}

TEST_CASE("a misspelt section before any other leaves nothing behind in the outline") {
  const test::loaded read = test::load_text("fronted web\n    bind *:80\n    mode http\n");
  CHECK(read.outline.all().empty());
  CHECK(read.rendered().find("frontend") != std::string::npos);
}

TEST_CASE("the examples of conf/ load without a word") {
  std::vector<fs::path> files = configurations(fs::path(RINGWAY_SOURCE_DIR) / "conf");
  for (const fs::path& path : configurations(fs::path(RINGWAY_SOURCE_DIR) / "conf/tutorial")) files.push_back(path);
  REQUIRE(files.size() >= 2);
  for (const fs::path& path : files) {
    CAPTURE(path.string());
    test::loaded done = test::load_text(contents(path), path.filename().string());
    CHECK(done.rendered() == "");
  }
}

TEST_CASE("real configurations: only what is to come is refused") {
  const char* named = std::getenv("RINGWAY_CORPUS");
  const fs::path folder = named != nullptr ? fs::path(named) : fs::path(RINGWAY_SOURCE_DIR) / "../shared/corpus";
  const auto files = configurations(folder);
  if (files.empty()) {
    MESSAGE("no corpus at " << folder.string());
    return;
  }
  // What HAProxy refuses, too.
  std::vector<std::string> erroneous;
  std::ifstream index(folder / "INDEX.tsv");
  for (std::string line; std::getline(index, line);)
    if (line.find("\tsyntax\t") != std::string::npos) erroneous.push_back(line.substr(0, line.find('\t')));
  for (const fs::path& path : files) {
    const std::string name = path.filename().string();
    test::loaded done = test::load_text(contents(path), name);
    for (const config::diagnostic& each : done.report.all()) {
      if (each.level != config::severity::alert || each.id == "not-supported-yet") continue;
      if (each.id == "unset-variable" || each.id == "empty-argument") continue;  // the environment is not supplied
      // … so that a line which declares an acl may be lost.
      if (each.id == "unknown-name" && ids(done.report).find("empty-argument") != std::string::npos) continue;
      // HAProxy refuses them for that too, once their certificates are supplied.
      if (each.id == "unknown-backend" && (name == "077.cfg" || name == "103.cfg")) continue;
      if (each.id == "unknown-name" && name == "102.cfg") continue;
      // A port that is a variable without a value, ciphers in two words: HAProxy 3.5 refuses the same lines.
      if (each.id == "invalid-address" && name == "049.cfg") continue;
      if (each.id == "extra-argument" && name == "127.cfg") continue;
      const bool known_bad = std::find(erroneous.begin(), erroneous.end(), name) != erroneous.end();
      CHECK_MESSAGE((known_bad && each.id != "unknown-keyword"),
                    name << ":" << each.where.line << " " << each.id << " " << each.message);
    }
  }
}

TEST_CASE("what lines do to a section") {
  using proxy::connection_mode;
  using proxy::section_settings;
  struct row {
    std::string lines;  // of a listen section in mode http
    std::function<bool(const section_settings&)> holds;
  };
  const row rows[] = {
      {"timeout client 5", [](auto& s) { return s.time.client == 5ms; }},
      {"timeout client 5s", [](auto& s) { return s.time.client == 5s; }},
      {"timeout client 5\n timeout client 0", [](auto& s) { return !s.time.client; }},
      {"timeout server 1500us", [](auto& s) { return s.time.server == 2ms; }},
      {"timeout tunnel 1h\n timeout queue 2m\n timeout tarpit 1d",
       [](auto& s) { return s.time.tunnel == 1h && s.time.queue == 2min && s.time.tarpit == 24h; }},
      {"clitimeout 7", [](auto& s) { return s.time.client == 7ms; }},
      {"option httpclose", [](auto& s) { return s.connection == connection_mode::close; }},
      {"option forceclose", [](auto& s) { return s.connection == connection_mode::close; }},
      {"option http-server-close", [](auto& s) { return s.connection == connection_mode::server_close; }},
      {"option http-server-close\n no option httpclose",
       [](auto& s) { return s.connection == connection_mode::server_close; }},
      {"option httpclose\n no option httpclose", [](auto& s) { return s.connection == connection_mode::keep_alive; }},
      {"option redispatch", [](auto& s) { return s.redispatch == -1; }},
      {"option redispatch 3", [](auto& s) { return s.redispatch == 3; }},
      {"option redispatch -2", [](auto& s) { return s.redispatch == -2; }},
      {"option redispatch 0", [](auto& s) { return !s.redispatch; }},
      {"option redispatch\n no option redispatch", [](auto& s) { return !s.redispatch; }},
      {"option allbackups\n default option allbackups", [](auto& s) { return !s.allbackups; }},
      {"option tcpka", [](auto& s) { return s.tcpka_client && s.tcpka_server; }},
      {"option forwardfor except 10.0.0.0/8 header X-A if-none",
       [](auto& s) {
         return s.forwardfor.enabled && s.forwardfor.except_bits == 8 && s.forwardfor.except->text() == "10.0.0.0:0" &&
                s.forwardfor.header == "X-A" && s.forwardfor.if_none;
       }},
      {"option originalto except 2001:db8::/32 header X-A",
       [](auto& s) {
         return s.originalto.enabled && s.originalto.except_bits == 32 && s.originalto.header == "X-A" && !s.forwardfor.enabled;
       }},
      {"option originalto", [](auto& s) { return s.originalto.header == "X-Original-To" && !s.originalto.except; }},
      {"option forwardfor except 10.0.0.0/255.128.0.0", [](auto& s) { return s.forwardfor.except_bits == 9; }},
      {"maxconn 5\n maxconn 0", [](auto& s) { return !s.maxconn; }},
      {"retries 0\n backlog 7\n fullconn 8", [](auto& s) { return s.retries == 0 && s.backlog == 7 && s.fullconn == 8; }},
      {"description the \"best shop\" here", [](auto& s) { return s.description == "the best shop here"; }},
      {"disabled\n enabled", [](auto& s) { return !s.disabled; }},
      {"option httplog", [](auto& s) { return s.log.format == log::settings::style::http; }},
      {"option httplog clf", [](auto& s) { return s.log.format == log::settings::style::clf; }},
      {"option httplog\n option tcplog", [](auto& s) { return s.log.format == log::settings::style::tcp; }},
      {"log global\n log stderr local1", [](auto& s) { return s.log.use_global && s.log.targets.size() == 1; }},
      {"log global\n log stderr local1\n no log", [](auto& s) { return !s.log.use_global && s.log.targets.empty(); }},

      {"balance", [](auto& s) { return s.balance.kind == balance::algorithm::roundrobin; }},
      {"balance hdr(Host) use_domain_only",
       [](auto& s) {
         return s.balance.kind == balance::algorithm::hdr && s.balance.name == "Host" && s.balance.use_domain_only;
       }},
      {"balance random", [](auto& s) { return s.balance.kind == balance::algorithm::random && s.balance.draws == 2; }},
      {"balance random(7)", [](auto& s) { return s.balance.draws == 7; }},
      {"balance uri whole depth 2 path-only len 9",
       [](auto& s) {
         return s.balance.uri_whole && s.balance.uri_path_only && s.balance.uri_depth == 2 && s.balance.uri_len == 9;
       }},
      {"balance uri depth 2\n balance uri", [](auto& s) { return s.balance.uri_depth == 0; }},
      {"balance url_param user check_post 64", [](auto& s) { return s.balance.name == "user"; }},
      // The only implicit avalanche.
      {"hash-type consistent", [](auto& s) { return s.balance.avalanche; }},
      {"hash-type consistent sdbm", [](auto& s) { return !s.balance.avalanche; }},
      {"hash-type consistent sdbm avalanche", [](auto& s) { return s.balance.avalanche; }},
      {"hash-type map-based", [](auto& s) { return !s.balance.avalanche; }},
      {"hash-type map-based crc32 avalanche",
       [](auto& s) {
         return s.balance.avalanche && s.balance.function == balance::hash_function::crc32 &&
                s.balance.method == balance::hash_method::map_based;
       }},
      {"hash-type consistent\n hash-type map-based", [](auto& s) { return !s.balance.avalanche; }},
      {"hash-type consistent wt6", [](auto& s) { return s.balance.function == balance::hash_function::wt6; }},
      {"hash-balance-factor 150", [](auto& s) { return s.balance.balance_factor == 150; }},
  };
  for (const row& one : rows) {
    CAPTURE(one.lines);
    test::loaded done = test::load_text("listen x\n mode http\n bind :1\n " + one.lines + "\n");
    CHECK_FALSE(done.report.failed());
    REQUIRE(done.model.sections.size() == 1);
    CHECK(one.holds(done.model.sections[0]));
  }
}

TEST_CASE("what words do to a server") {
  using servers::settings;
  struct row {
    std::string words;  // behind "server s "
    std::function<bool(const settings&)> holds;
  };
  const row rows[] = {
      {"192.0.2.1:80", [](auto& s) { return s.ip.host_text() == "192.0.2.1" && s.port == 80 && !s.port_relative; }},
      {"192.0.2.1", [](auto& s) { return s.port == 0 && s.port_relative && s.port_offset == 0; }},
      {"192.0.2.1:0", [](auto& s) { return s.port == 0 && s.port_relative; }},
      {"192.0.2.1:+10", [](auto& s) { return s.port_relative && s.port_offset == 10; }},
      {"192.0.2.1:-10", [](auto& s) { return s.port_relative && s.port_offset == -10; }},
      {"2001:db8::1:80", [](auto& s) { return s.ip.kind == family::v6 && s.port == 80; }},
      {"[2001:db8::1]", [](auto& s) { return s.ip.kind == family::v6 && s.port == 0; }},
      {"app.example:80", [](auto& s) { return s.host == "app.example" && !s.ip.is_ip(); }},
      {"ipv4@app.example:80", [](auto& s) { return s.resolve_only == family::v4; }},
      {"unix@/run/a", [](auto& s) { return s.unix_path == "/run/a" && !s.unix_abstract && !s.port_relative; }},
      {"abns@a", [](auto& s) { return s.unix_path == "a" && s.unix_abstract && s.unix_length == abstract_length::whole; }},
      {"abnsz@a", [](auto& s) { return s.unix_path == "a" && s.unix_abstract && s.unix_length == abstract_length::exact; }},
      {"192.0.2.1:80 check inter 3s rise 4 fall 5 port 81 addr 192.0.2.9",
       [](auto& s) {
         return s.check.enabled && s.check.inter == 3s && s.check.rise == 4 && s.check.fall == 5 &&
                s.check.port == 81 && s.check.addr->host_text() == "192.0.2.9";
       }},
      {"192.0.2.1:80 fastinter 5 downinter 6",
       [](auto& s) { return s.check.fastinter == 5ms && s.check.downinter == 6ms; }},
      {"192.0.2.1:80 weight 0 backup disabled maxconn 3 minconn 2 maxqueue 1 slowstart 9s",
       [](auto& s) {
         return s.weight == 0 && s.backup && s.disabled && s.maxconn == 3 && s.minconn == 2 && s.maxqueue == 1 &&
                s.slowstart == 9s;
       }},
      {"192.0.2.1:80 check no-check backup no-backup disabled enabled",
       [](auto& s) { return !s.check.enabled && !s.backup && !s.disabled; }},
      {"192.0.2.1:80 source 192.0.2.9:1000-2000 interface lo weight 7",
       [](auto& s) {
         return s.source.from->text() == "192.0.2.9:1000" && s.source.port_high == 2000 &&
                s.source.interface == "lo" && s.weight == 7;
       }},
      {"192.0.2.1:80 source *", [](auto& s) { return s.source.from.has_value(); }},
      {"app:80 init-addr last,192.0.2.7,none",
       [](auto& s) { return s.init_addrs.size() == 3 && s.init_addrs[1].ip.host_text() == "192.0.2.7"; }},
      {"192.0.2.1:80 hash-key addr-port", [](auto& s) { return s.hash_key == balance::hash_key::addr_port; }},
  };
  for (const row& one : rows) {
    CAPTURE(one.words);
    test::loaded done = test::load_text("backend x\n server s " + one.words + "\n");
    CHECK_FALSE(done.report.failed());
    REQUIRE(done.model.sections.size() == 1);
    REQUIRE(done.model.sections[0].servers.size() == 1);
    CHECK(one.holds(done.model.sections[0].servers[0]));
  }
}

TEST_CASE("addresses of bind") {
  struct row {
    std::string address;
    std::vector<std::string> at;  // text() of each, or path, or fd
  };
  const row rows[] = {
      {":80", {"0.0.0.0:80"}},
      {"*:80", {"0.0.0.0:80"}},
      {"ipv6@*:80", {"[::]:80"}},
      {":::80", {"[::]:80"}},
      {"[::1]:80", {"[::1]:80"}},
      {"::1:80", {"[::1]:80"}},
      {"ipv4@127.0.0.1:80", {"127.0.0.1:80"}},
      {":8000-8002", {"0.0.0.0:8000", "0.0.0.0:8001", "0.0.0.0:8002"}},
      {":80,127.0.0.1:81", {"0.0.0.0:80", "127.0.0.1:81"}},
      {"/run/x", {"/run/x"}},
      {"unix@/run/x", {"/run/x"}},
      {"abns@x", {"@x"}},
      {"fd@7", {"fd 7"}},
      {"edge.example:80", {"edge.example 80"}},
  };
  for (const row& one : rows) {
    CAPTURE(one.address);
    test::loaded done = test::load_text("frontend x\n timeout client 1s\n bind " + one.address + " name n id 9\n");
    CHECK(done.rendered() == "");
    std::vector<std::string> at;
    for (const proxy::bind_settings& each : done.model.sections.at(0).binds) {
      CHECK(each.name == "n");
      if (each.fd >= 0) at.push_back("fd " + std::to_string(each.fd));
      else if (!each.path.empty()) at.push_back(each.abstract ? "@" + each.path : each.path);
      else if (!each.host.empty()) at.push_back(each.host + " " + std::to_string(each.at.port));
      else at.push_back(each.at.text());
    }
    CHECK(at == one.at);
    CHECK(done.model.sections[0].binds[0].id == 9);
  }
}

TEST_CASE("defaults are copied, by order or by name") {
  test::loaded done = test::load_text(
      "defaults one\n mode http\n retries 1\n default-server weight 5\n log stderr local0\n"
      "defaults two from one\n retries 2\n"
      "defaults\n"
      "backend plain\n server s 192.0.2.1:80\n"
      "backend named from two\n server s 192.0.2.1:80\n default-server weight 6\n server t 192.0.2.1:80\n"
      "backend again from one\n no log\n");
  CHECK_FALSE(done.report.failed());
  const auto& s = done.model.sections;
  REQUIRE(s.size() == 3);
  CHECK(s[0].kind == proxy::mode::tcp);
  CHECK(s[0].retries == 3);
  CHECK(s[0].servers[0].weight == 1);
  CHECK(s[1].kind == proxy::mode::http);
  CHECK(s[1].retries == 2);
  CHECK(s[1].servers[0].weight == 5);
  CHECK(s[1].servers[1].weight == 6);
  CHECK(s[1].log.targets.size() == 1);
  CHECK(s[2].retries == 1);
  CHECK(s[2].log.targets.empty());
}

TEST_CASE("ids of servers and proxies that bring none") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"-,1,-,2,-,2147483647", "3 1 5 2 7 2147483647 "}, {"-,-,-", "1 2 3 "}, {"2,-,-", "2 3 4 "}, {"-,2,-", "1 2 3 "}};
  for (const auto& [given, expected] : rows) {
    CAPTURE(given);
    std::string text = "backend x\n";
    std::stringstream in(given);
    int number = 0;
    for (std::string id; std::getline(in, id, ',');)
      text += fmt::format(" server s{} 192.0.2.1:80{}\n", number++, id == "-" ? "" : " id " + id);
    test::loaded done = test::load_text(text);
    std::string got;
    for (const servers::settings& each : done.model.sections.at(0).servers) got += fmt::format("{} ", each.id);
    CHECK(got == expected);
  }
  test::loaded done = test::load_text("backend a\nbackend b\n id 3\nbackend c\nbackend d\n id 1\n");
  CHECK(done.model.sections[0].id == 2);
  CHECK(done.model.sections[2].id == 4);
  CHECK(done.model.sections[3].id == 1);
}

TEST_CASE("variables set in global are seen below") {
  test::loaded done = test::load_text(
      "global\n setenv A 81\n presetenv A 82\n presetenv B 83\n setenv C 84\n unsetenv C\n"
      "frontend x\n timeout client 1s\n bind \":${A}\"\n bind \":${B}\"\n bind \":${C-85}\"\n");
  CHECK(done.rendered() == "");
  std::string ports;
  for (const proxy::bind_settings& each : done.model.sections.at(0).binds) ports += fmt::format("{} ", each.at.port);
  CHECK(ports == "81 83 85 ");
}

TEST_CASE("keywords without effect are said only when asked for") {
  const std::string text = "global\n tune.h2.max-frame-size 20000\n";
  test::loaded quiet = test::load_text(text);
  CHECK(ids(quiet.report) == "");
  app::load_options options;
  options.say_no_effect = true;
  test::loaded loud = test::load_text(text, "test.cfg", options);
  CHECK(ids(loud.report) == "no-effect ");
}

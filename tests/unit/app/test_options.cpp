#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "app/options.hpp"

using namespace ringway;
using namespace ringway::app;

namespace {

using arguments = std::vector<std::string>;

std::variant<options, usage_error> parse(const arguments& words, const surroundings& around = {}) {
  std::vector<const char*> argv = {"ringway"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data(), around);
}

std::string joined(const arguments& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("words of the command line and what they mean") {
  struct row {
    arguments words;
    bool (*holds)(const options&);
  };
  const row rows[] = {
      {{"-f", "a"}, [](const options& o) { return o.what == action::run && o.files == arguments{"a"}; }},
      {{"--config", "a"}, [](const options& o) { return o.files == arguments{"a"}; }},
      {{"--config=a=b"}, [](const options& o) { return o.files == arguments{"a=b"}; }},
      {{"-f", "a", "-f", "b", "--", "c", "-d", "--x"},
       [](const options& o) { return o.files == arguments{"a", "b", "c", "-d", "--x"} && !o.debug; }},
      {{"--", "a"}, [](const options& o) { return o.files == arguments{"a"}; }},
      {{"-f", "-"}, [](const options& o) { return o.files == arguments{"-"}; }},
      {{"-f", "-strange"}, [](const options& o) { return o.files == arguments{"-strange"}; }},
      {{"-c", "-f", "a"},
       [](const options& o) { return o.what == action::check && !o.syntax_only && !o.try_bind; }},
      {{"-f", "a", "-c", "-q"}, [](const options& o) { return o.what == action::check && o.quiet_output(); }},
      {{"-c", "--syntax-only", "-f", "a"},
       [](const options& o) { return o.what == action::check && o.syntax_only; }},
      {{"--try-bind", "-f", "a"}, [](const options& o) { return o.what == action::check && o.try_bind; }},
      {{"-dM", "-dI", "-dW", "-cc", "feature(THREAD)"},
       [](const options& o) {
         return o.what == action::evaluate_condition && o.condition == "feature(THREAD)" && o.warnings_fatal;
       }},
      {{"-cc", ""},
       [](const options& o) { return o.what == action::evaluate_condition && o.condition.empty(); }},
      {{"-cc", "-1"}, [](const options& o) { return o.condition == "-1"; }},
      {{"-d", "-f", "a"}, [](const options& o) { return o.debug && !o.daemon && !o.foreground; }},
      {{"-D", "-f", "a"}, [](const options& o) { return o.daemon && !o.debug; }},
      {{"-db", "-f", "a"}, [](const options& o) { return o.foreground && !o.debug; }},
      {{"-W", "-db", "-f", "a"},
       [](const options& o) { return o.master && o.foreground && !o.service_notify; }},
      {{"-Ws", "-S", "fd@5", "-f", "a"},
       [](const options& o) { return o.master && o.service_notify && o.master_socket == "fd@5"; }},
      {{"-S", "/run/m.sock,mode,600", "-f", "a"},
       [](const options& o) { return o.master_socket == "/run/m.sock,mode,600"; }},
      {{"-dM0x50,no-merge", "-dMhelp", "-dM", "-f", "a"}, [](const options& o) { return !o.debug; }},
      {{"-dKcfg,smp", "-f", "a"}, [](const options& o) { return o.dump_keywords == "cfg,smp"; }},
      {{"-dC", "-f", "a"}, [](const options& o) { return o.dump_configuration == ""; }},
      {{"-dC12", "-f", "a"}, [](const options& o) { return o.dump_configuration == "12"; }},
      {{"-dt", "-f", "a"}, [](const options& o) { return o.files == arguments{"a"}; }},
      {{"-dt", "h1:error", "-f", "a"}, [](const options& o) { return o.files == arguments{"a"}; }},
      {{"-dA/tmp/x.tar", "-f", "a"}, [](const options& o) { return o.files == arguments{"a"}; }},
      {{"-dR", "-dD", "-dr", "-4", "-dL", "-f", "a"},
       [](const options& o) {
         return o.one_socket && o.diagnose && o.ignore_unresolved && o.only_ipv4 && o.dump_libraries;
       }},
      {{"-dV", "-dG", "-dZ", "-dF", "-dT", "-de", "-dp", "-dk", "-dv", "-dc", "-ds", "-f", "a"},
       [](const options& o) { return o.files == arguments{"a"} && !o.debug && !o.verbose; }},
      {{"-q", "-V", "-f", "a"}, [](const options& o) { return o.quiet && o.verbose && !o.quiet_output(); }},
      {{"-p", "/x", "-L", "me", "-C", "/d", "-x", "/s", "-f", "a"},
       [](const options& o) {
         return o.pidfile == "/x" && o.local_peer == "me" && o.directory == "/d" && o.inherit_from == "/s";
       }},
      {{"-n", "10", "-N", "20", "-m", "30", "-f", "a"},
       [](const options& o) { return o.maxconn == 10U && o.maxconn_per_proxy == 20U && o.memory_mb == 30U; }},
      {{"-sf", "12", "34", "-f", "a"},
       [](const options& o) {
         return o.old_how == takeover::finish && o.old_pids == std::vector<int>{12, 34} &&
                o.files.size() == 1;
       }},
      {{"-st", "-f", "a"},
       [](const options& o) { return o.old_how == takeover::terminate && o.old_pids.empty(); }},
      {{"-f", "a", "-sf", "12 34\n5", ""},
       [](const options& o) { return o.old_pids == std::vector<int>{12, 34, 5}; }},
      {{"-f", "a", "-sf"}, [](const options& o) { return o.old_how == takeover::finish && !o.takes_over(); }},
      {{"--port", "8080", "-f", "a"},
       [](const options& o) {
         return o.ports.size() == 1 && o.ports[0].name.empty() && o.ports[0].port == 8080;
       }},
      {{"--port=web=81", "--port", "api=0", "-f", "a"},
       [](const options& o) {
         return o.ports.size() == 2 && o.ports[0].name == "web" && o.ports[0].port == 81 &&
                o.ports[1].name == "api" && o.ports[1].port == 0;
       }},
      {{"--port", "a=b=7", "-f", "a"},
       [](const options& o) { return o.ports[0].name == "a=b" && o.ports[0].port == 7; }},
      {{"--resolve", "App.Internal:10.0.0.7", "-f", "a"},
       [](const options& o) {
         return o.resolve.size() == 1 && o.resolve[0].host == "app.internal" &&
                o.resolve[0].to == *parse_ip("10.0.0.7") && o.resolve[0].word == "App.Internal:10.0.0.7";
       }},
      {{"--resolve", "db:[2001:db8::1]", "--resolve=db:::1", "-f", "a"},
       [](const options& o) {
         return o.resolve.size() == 2 && o.resolve[0].to == *parse_ip("2001:db8::1") &&
                o.resolve[1].to == *parse_ip("::1");
       }},
      {{"--resolve-period", "30s", "-f", "a"},
       [](const options& o) { return o.resolve_period == seconds(30); }},
      {{"--resolve-period=0", "-f", "a"},
       [](const options& o) { return o.resolve_period == milliseconds(0); }},
      {{"--diagnostics", "json", "-f", "a"},
       [](const options& o) { return o.diagnostics == diagnostics_style::json; }},
      {{"--diagnostics=text", "-f", "a"},
       [](const options& o) { return o.diagnostics == diagnostics_style::text; }},
      {{"-v"}, [](const options& o) { return o.what == action::version; }},
      {{"--version"}, [](const options& o) { return o.what == action::version; }},
      {{"-dM", "-dI", "-dW", "-vv"}, [](const options& o) { return o.what == action::build_facts; }},
      {{"-vq"}, [](const options& o) { return o.what == action::version_only; }},
      {{"-vqs"}, [](const options& o) { return o.what == action::version_short; }},
      {{"-vqb"}, [](const options& o) { return o.what == action::version_branch; }},
      {{"-v", "-vv", "-h"}, [](const options& o) { return o.what == action::version; }},
      {{"-f", "a", "-c", "-v"}, [](const options& o) { return o.what == action::version; }},
      {{"-v", "-c"}, [](const options& o) { return o.what == action::version; }},
      {{"-h"}, [](const options& o) { return o.what == action::help; }},
      {{"--help"}, [](const options& o) { return o.what == action::help; }},
      {{"--help-keywords"},
       [](const options& o) { return o.what == action::help_keywords && o.keyword_pattern.empty(); }},
      {{"--help-keywords", "time"}, [](const options& o) { return o.keyword_pattern == "time"; }},
      {{"--help-keywords=time"}, [](const options& o) { return o.keyword_pattern == "time"; }},
      {{"--help-keywords", "-q"}, [](const options& o) { return o.keyword_pattern.empty() && o.quiet; }},
  };
  for (const row& one : rows) {
    CAPTURE(joined(one.words));
    const auto result = parse(one.words);
    if (const usage_error* bad = std::get_if<usage_error>(&result)) CAPTURE(bad->message);
    REQUIRE(std::holds_alternative<options>(result));
    CHECK(one.holds(std::get<options>(result)));
  }
}

TEST_CASE("what is refused, and what is said") {
  struct row {
    arguments words;
    std::string message, help;  // parts
    int exit_code = 1;
  };
  const row rows[] = {
      {{"-f"}, "option '-f' needs FILE|DIR", ""},
      {{"-f", "-c"}, "option '-f' needs FILE|DIR, found the option '-c'", "./-c"},
      {{"--config"}, "option '--config' needs FILE|DIR", ""},
      {{"--config="}, "option '--config' needs FILE|DIR", ""},
      {{"--port", "-c"}, "option '--port' needs [NAME=]PORT", ""},
      {{"-cc"}, "option '-cc' needs CONDITION", "", 2},
      {{"-f", "a", "b"}, "'b' is not an option", "-f b"},
      {{"-sf", "1", "-q", "b"}, "'b' is not an option", "-f b"},
      {{"--help-keywords", "a", "b"}, "'b' is not an option", "-f b"},
      {{"-dC", "b"}, "'b' is not an option", "-f b"},
      {{"-z"}, "unknown option '-z'", "--help"},
      {{"-dX", "-f", "a"}, "unknown option '-dX'", "--help"},
      {{"--prot", "80"}, "unknown option '--prot'", "'--port'"},
      {{"--resolv", "80"}, "unknown option '--resolv'", "'--resolve'"},
      {{"--sintax-only"}, "unknown option '--sintax-only'", "'--syntax-only'"},
      {{"-port", "80"}, "unknown option '-port'", "'--port'"},
      {{"-version"}, "unknown option '-version'", "'--version'"},
      {{"--vv"}, "unknown option '--vv'", "'-vv'"},
      {{"--f", "a"}, "unknown option '--f'", "--help"},
      {{"--dM"}, "unknown option '--dM'", "'-dM'"},
      {{"--hel"}, "unknown option '--hel'", "'--help'"},
      {{"--help=x"}, "option '--help' takes no value", ""},
      {{"-n", "many"}, "option '-n': 'many' is not understood", "number"},
      {{"-n", "-5"}, "option '-n': '-5' is not understood", "number"},
      {{"-m", "4294967296"}, "option '-m': '4294967296' is not understood", "number"},
      {{"-n", "5x"}, "option '-n': '5x' is not understood", "number"},
      {{"-sf", "12", "x"}, "option '-sf'", "process numbers"},
      {{"-sf", "0"}, "option '-sf': '0'", "process numbers"},
      {{"--port", "65536"}, "'65536' is not understood", "65535"},
      {{"--port", "=80"}, "'=80' is not understood", "NAME=PORT"},
      {{"--port", "web="}, "'web=' is not understood", "NAME=PORT"},
      {{"--port", "1", "--port", "2"}, "'2' is not understood", "given twice"},
      {{"--port", "a=1", "--port", "a=2"}, "'a=2' is not understood", "port of 'a' is given twice"},
      {{"--port", "1", "--port", "a=2", "-f", "x"},
       "--port without a name is only possible alone",
       "NAME=PORT"},
      {{"--resolve", "10.0.0.1"}, "'10.0.0.1' is not understood", "HOST:ADDRESS"},
      {{"--resolve", ":10.0.0.1"}, "':10.0.0.1' is not understood", "HOST:ADDRESS"},
      {{"--resolve", "a:80:10.0.0.1"}, "is not understood", "without a port"},
      {{"--resolve", "a:[10.0.0.1]"}, "is not understood", "HOST:ADDRESS"},
      {{"--resolve", "a:b"}, "is not understood", "HOST:ADDRESS"},
      {{"--resolve-period", "soon"}, "'soon' is not understood", "30s"},
      {{"--diagnostics", "xml"}, "'xml' is not understood", "'json'"},
      {{"--syntax-only", "--try-bind", "-f", "a"}, "exclude each other", ""},
  };
  for (const row& one : rows) {
    CAPTURE(joined(one.words));
    const auto result = parse(one.words);
    REQUIRE(std::holds_alternative<usage_error>(result));
    const usage_error& bad = std::get<usage_error>(result);
    CAPTURE(bad.message);
    CAPTURE(bad.help);
    CHECK(bad.message.find(one.message) != std::string::npos);
    CHECK(bad.help.find(one.help) != std::string::npos);
    CHECK(bad.exit_code == one.exit_code);
  }
}

TEST_CASE("without -f process 1 reads the conventional file, the image's place first; anybody else gets the help") {
  struct row {
    std::set<std::string> present;
    bool first;
    arguments words;
    action what;
    arguments files;
  };
  const std::string image(conventional_files[0]), distribution(conventional_files[1]);
  const row rows[] = {
      {{image, distribution}, true, {}, action::run, {image}},
      {{distribution}, true, {"-c"}, action::check, {distribution}},
      {{image}, true, {"-f", "mine"}, action::run, {"mine"}},
      {{image}, true, {"-v"}, action::version, {}},
      {{image, distribution}, false, {}, action::usage, {}},
      {{image, distribution}, false, {"-V"}, action::usage, {}},
      {{image, distribution}, false, {"-c", "-q"}, action::usage, {}},
      {{image, distribution}, false, {"-D", "-p", "/x"}, action::usage, {}},
      {{image}, false, {"-f", "mine"}, action::run, {"mine"}},
      {{image}, false, {"-v"}, action::version, {}},
  };
  for (const row& one : rows) {
    CAPTURE(joined(one.words));
    surroundings around;
    around.exists = [&](const std::string& path) { return one.present.count(path) == 1; };
    around.first_process = one.first;
    const auto result = parse(one.words, around);
    REQUIRE(std::holds_alternative<options>(result));
    CHECK(std::get<options>(result).what == one.what);
    CHECK(std::get<options>(result).files == one.files);
  }
  surroundings nowhere;
  nowhere.first_process = true;
  for (const arguments& words : {arguments{}, arguments{"-c"}}) {
    const auto result = parse(words, nowhere);
    REQUIRE(std::holds_alternative<usage_error>(result));
    CHECK(std::get<usage_error>(result).message.find("no configuration") != std::string::npos);
    CHECK(std::get<usage_error>(result).message.find(image) != std::string::npos);
  }
}

TEST_CASE("periods") {
  struct row {
    std::string_view text;
    std::optional<milliseconds> means;
  };
  const row rows[] = {
      {"0", milliseconds(0)},
      {"15", milliseconds(15)},
      {"15ms", milliseconds(15)},
      {"2s", milliseconds(2000)},
      {"3m", milliseconds(180000)},
      {"1h", milliseconds(3600000)},
      {"1d", milliseconds(86400000)},
      {"1us", milliseconds(1)},
      {"2000us", milliseconds(2)},
      {"24d", milliseconds(24LL * 86400000)},
      {"25d", std::nullopt},
      {"", std::nullopt},
      {"s", std::nullopt},
      {"-1s", std::nullopt},
      {"1 s", std::nullopt},
      {"1w", std::nullopt},
      {"99999999999999999999", std::nullopt},
  };
  for (const row& one : rows) {
    CAPTURE(one.text);
    CHECK(parse_period(one.text) == one.means);
  }
}

TEST_CASE("the table is sound") {
  std::set<std::string_view> seen;
  for (const option_row& row : option_table()) {
    CAPTURE(row.spellings);
    for (const std::string_view spelling : spellings_of(row)) CHECK(seen.insert(spelling).second);
    CHECK(row.argument.empty() == (row.takes == option_takes::nothing));
    CHECK_FALSE(row.help.empty());
    CHECK(row.help.size() <= 53);
    CHECK(row.help.back() != '.');
    if (!row.detail.empty()) CHECK(row.detail.back() == '.');
    CHECK((row.apply != nullptr));
  }
}

TEST_CASE("--help fits a screen and names everything") {
  const std::string text = help_text("ringway");
  std::istringstream lines(text);
  std::string line;
  std::size_t count = 0;
  while (std::getline(lines, line)) {
    CAPTURE(line);
    CHECK(line.size() <= 80);
    ++count;
  }
  CHECK(count <= 40);
  for (const option_row& row : option_table()) {
    if (row.spellings.starts_with("-d") && row.spellings.size() == 2) continue;  // -d is under -db
    for (const std::string_view spelling : spellings_of(row)) {
      CAPTURE(spelling);
      CHECK(text.find(spelling) != std::string::npos);
    }
  }
}

TEST_CASE("manual page and completion are those of the table") {
  struct row {
    std::string path, text;
  };
  const std::string conf = RINGWAY_SOURCE_DIR "/conf/";
  const row rows[] = {{conf + "ringway.1", manual_page()},
                      {conf + "completion/ringway.bash", bash_completion()},
                      {conf + "completion/_ringway", zsh_completion()},
                      {conf + "completion/ringway.fish", fish_completion()}};
  for (const row& one : rows) {
    if (std::getenv("RINGWAY_WRITE_GENERATED") != nullptr) std::ofstream(one.path) << one.text;
    CAPTURE(one.path);
    CHECK_MESSAGE(contents(one.path) == one.text,
                  "run RINGWAY_WRITE_GENERATED=1 test_app and commit the file");
  }
}

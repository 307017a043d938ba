// Each row of the table by its own example; what stays as it was; real files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "migrate/migrate.hpp"

using namespace ringway;
using migrate::verdict;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string plain(std::string_view text, migrate::version to = migrate::newest) {
  return migrate::migrate(text, "x.cfg", {.to = to, .comments = false}).text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

constexpr std::string_view mark = "# ringway migrate: ";

}  // namespace

TEST_CASE("every row's example comes out as it says, is explained, and a second run changes nothing") {
  std::size_t tried = 0;
  for (const migrate::known& each : migrate::all_known()) {
    CAPTURE(each.old_spelling);
    const std::string before = example_of(each, false), after = example_of(each, true);
    CHECK(plain(before) == after);
    CHECK(plain(after) == after);
    const migrate::result said = migrate::migrate(before, "x.cfg");
    CHECK(migrate::migrate(said.text, "x.cfg").text == said.text);
    REQUIRE_FALSE(said.changes.empty());
    const bool kept = before == after;
    CHECK((said.count(verdict::kept) > 0) == kept);
    for (const migrate::change& one : said.changes) {
      CHECK(one.line > 0);
      CHECK(one.column > 0);
      CHECK_FALSE(one.reason.empty());
      CHECK((one.what == verdict::kept) == one.new_text.empty());
      CHECK(said.text.find(fmt::format("{}{}", mark, one.reason)) != std::string::npos);
    }
    ++tried;
  }
  CHECK(tried > 60);
}

TEST_CASE("lines and what becomes of them") {
  struct sample {
    std::string_view before, after;
  };
  const sample samples[] = {
      // layout, comments, quotes
      {"defaults\n\tclitimeout\t\t50000   # why\n", "defaults\n\ttimeout client\t\t50000   # why\n"},
      {"# clitimeout 5\ndefaults\n  #contimeout 5\n", "# clitimeout 5\ndefaults\n  #contimeout 5\n"},
      {"defaults\n  log-format \"clitimeout %ci\"\n", "defaults\n  log-format \"clitimeout %ci\"\n"},
      {"defaults\r\n  redispatch\r\n  grace 1s\r\n", "defaults\r\n  option redispatch\r\n  # grace 1s\r\n"},
      {"listen a :80\r\n  mode http\r\n", "listen a\r\n  bind :80\r\n  mode http\r\n"},
      {"listen a :80", "listen a\n    bind :80\n"},
      {"defaults\n  mode http", "defaults\n  mode http\n"},
      {"", ""},
      {"\n\n", "\n\n"},
      {"defaults\n  clitimeout \"$T\"\n  reqadd \"X: $T\"\n", "defaults\n  timeout client \"$T\"\n  reqadd \"X: $T\"\n"},
      {"defaults\n  bad \"quote\n  clitimeout 5\n", "defaults\n  bad \"quote\n  timeout client 5\n"},
      {".if streq(a,b)\ndefaults\n  redispatch\n.endif\n", ".if streq(a,b)\ndefaults\n  option redispatch\n.endif\n"},
      // words are retired only where they had that meaning
      {"global\n  grace 1s\n", "global\n  grace 1s\n"},
      {"resolvers r\n  redispatch\n", "resolvers r\n  redispatch\n"},
      {"frontend a from b\n  bind :80\n", "frontend a from b\n  bind :80\n"},
      {"listen a :80 from b\n", "listen a from b\n    bind :80\n"},
      {"frontend f\n  acl cook path /\n  use_backend b if cook\n", "frontend f\n  acl cook path /\n  use_backend b if cook\n"},
      {"frontend f\n  acl a req.cook(x) -m found\n  acl b hdr(cook) a\n", "frontend f\n  acl a req.cook(x) -m found\n  acl b hdr(cook) a\n"},
      // headers
      {"frontend f\n  reqadd X-A:\\ 50%\\ of\\ \\\"b\\\"\n", "frontend f\n  http-request add-header X-A \"50%% of \\\"b\\\"\"\n"},
      {"frontend f\n  reqadd X-A:\n", "frontend f\n  http-request add-header X-A \"\"\n"},
      {"frontend f\n  reqadd nonsense\n", "frontend f\n  reqadd nonsense\n"},
      {"frontend f\n  reqadd X:y unless { ssl_fc } or a\n", "frontend f\n  http-request add-header X y unless { ssl_fc } or a\n"},
      {"backend b\n  reqdel ^X-\n", "backend b\n  reqdel ^X-\n"},
      {"backend b\n  rspidel ^Set-Cookie:\\ SID=\n", "backend b\n  rspidel ^Set-Cookie:\\ SID=\n"},
      // rewriting
      {"backend b\n  reqrep ^([^\\ ]*)\\ /a/(.*)\\ (.*) \\1\\ /b/\\2\\ \\3\n", "backend b\n  http-request replace-path ^/a/(.*) /b/\\1\n"},
      {"backend b\n  reqirep ^([^\\ :]*)\\ /a\\?x=(.*) \\1\\ /b/\\2\n", "backend b\n  http-request replace-pathq (?i)^/a\\?x=(.*) /b/\\1\n"},
      {"backend b\n  reqrep ^([^\\ :]*)\\ /a/(.*) \\1\\ /b/\\1/\\2\n", "backend b\n  reqrep ^([^\\ :]*)\\ /a/(.*) \\1\\ /b/\\1/\\2\n"},
      {"backend b\n  reqrep ^GET\\ /a/(.*) GET\\ /b/\\1\n", "backend b\n  reqrep ^GET\\ /a/(.*) GET\\ /b/\\1\n"},
      {"backend b\n  reqrep ^Host:\\ (.*) X-Host:\\ \\1\n", "backend b\n  reqrep ^Host:\\ (.*) X-Host:\\ \\1\n"},
      {"backend b\n  rspirep ^(Set-Cookie:.*) \\1;\\ Secure\n", "backend b\n  rspirep ^(Set-Cookie:.*) \\1;\\ Secure\n"},
      // judging: a condition keeps its meaning
      {"frontend f\n  reqdeny ^[^\\ :]*\\ /a if b or c\n", "frontend f\n  reqdeny ^[^\\ :]*\\ /a if b or c\n"},
      {"frontend f\n  reqdeny ^[^\\ :]*\\ /a if b c\n", "frontend f\n  http-request deny if { url_reg ^/a } b c\n"},
      {"frontend f\n  reqdeny ^[^\\ :]*\\ /a unless b c\n", "frontend f\n  reqdeny ^[^\\ :]*\\ /a unless b c\n"},
      {"frontend f\n  block if { req_ver 1.0 }\n", "frontend f\n  http-request deny if { req.ver 1.0 }\n"},
      // checks
      {"backend b\n  option httpchk GET / HTTP/1.0\\r\\nA:\\ b\\ c\\r\\n\\r\\nbody\n",
       "backend b\n  option httpchk GET / HTTP/1.0\n  http-check send hdr A \"b c\" body body\n"},
      {"backend b\n  option httpchk GET /\n", "backend b\n  option httpchk GET /\n"},
      {"listen x\n  mode tcp\n  monitor-net 192.0.2.0/24\n", "listen x\n  mode tcp\n  tcp-request connection reject if { src 192.0.2.0/24 }\n"},
      {"defaults\n  mode http\nfrontend x\n  monitor-net 192.0.2.1\n", "defaults\n  mode http\nfrontend x\n  http-request return status 200 if { src 192.0.2.1 }\n"},
      {"backend b\n  dispatch :80\n  server s :81\n", "backend b\n  dispatch :80\n  server s :81\n"},
      // names
      {"frontend w *:80\n  default_backend w\nfrontend w_front\nbackend w\n",
       "frontend w_front2\n  bind *:80\n  default_backend w\nfrontend w_front\nbackend w\n"},
      {"frontend a\n  use_backend b if { fe_conn(b) gt 1 } { nbsrv(b) gt 0 }\nfrontend b\nbackend b\n",
       "frontend a\n  use_backend b if { fe_conn(b_front) gt 1 } { nbsrv(b) gt 0 }\nfrontend b_front\nbackend b\n"},
      {"backend \"a b\"\nfrontend f\n  default_backend 'a b'\n  acl x nbsrv(a\\ b) gt 1\n", "backend a_b\nfrontend f\n  default_backend a_b\n  acl x nbsrv(a\\ b) gt 1\n"},
      // words of lines
      {"frontend f\n  bind :443 ssl crt x npn h2 alpn h2\n", "frontend f\n  bind :443 ssl crt x alpn h2\n"},
  };
  for (const sample& each : samples) {
    CAPTURE(each.before);
    CHECK(plain(each.before) == each.after);
    CHECK(plain(each.after) == each.after);
  }
}

TEST_CASE("only spellings of the wanted version") {
  CHECK(plain("global\n  master-worker\n", 302) == "global\n  master-worker\n");
  CHECK(plain("defaults\n  option accept-invalid-http-request\n", 206) == "defaults\n  option accept-invalid-http-request\n");
  CHECK(plain("frontend f\n  http-request set-tos 1\n  block if a\n", 206) == "frontend f\n  http-request set-tos 1\n  http-request deny if a\n");
}

TEST_CASE("a change says where it was, and a comment of an earlier run is not repeated") {
  const migrate::result first = migrate::migrate("defaults\n  mode tcp\n\tclitimeout 5\n\tappsession x len 5 timeout 1h\n", "x.cfg");
  CHECK(first.text ==
        "defaults\n  mode tcp\n\t# ringway migrate: HAProxy 2.1 dropped the old name\n\ttimeout client 5\n"
        "\t# ringway migrate: HAProxy 1.6 dropped it: 'cookie NAME prefix', or 'stick store-response res.cook(NAME)' with "
        "'stick match req.cook(NAME)', keep clients at their server\n\tappsession x len 5 timeout 1h\n");
  REQUIRE(first.changes.size() == 2);
  CHECK(first.changes[0].line == 3);
  CHECK(first.changes[0].column == 2);
  CHECK(first.changes[0].old_text == "clitimeout 5");
  CHECK(first.changes[0].new_text == "timeout client 5");
  CHECK(first.changes[1].what == verdict::kept);
  CHECK(migrate::migrate(first.text, "x.cfg").text == first.text);
}

TEST_CASE("the tutorial's files are today's already") {
  for (const char* name : {"source.cfg", "uri.cfg"}) {
    const std::string text = contents(fs::path(RINGWAY_SOURCE_DIR) / "conf/tutorial" / name);
    REQUIRE_FALSE(text.empty());
    const migrate::result made = migrate::migrate(text, name);
    CHECK(made.text == text);
    CHECK(made.changes.empty());
  }
}

TEST_CASE("real files: a second run changes nothing, and no line is lost") {
  const char* named = std::getenv("RINGWAY_CORPUS");
  const fs::path folder = named != nullptr ? fs::path(named) : fs::path(RINGWAY_SOURCE_DIR) / "../shared/corpus";
  std::size_t files = 0, changed = 0, kept = 0;
  std::vector<fs::path> paths;
  if (fs::is_directory(folder))
    for (const auto& each : fs::directory_iterator(folder))
      if (each.path().extension() == ".cfg") paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    const std::string text = contents(path);
    CAPTURE(path.filename().string());
    const migrate::result made = migrate::migrate(text, path.string());
    CHECK(migrate::migrate(made.text, path.string()).text == made.text);
    ++files;
    kept += made.count(verdict::kept);
    if (!made.changes.empty()) ++changed;
    // Every line that was not changed stands there still, as often as before and in its order; what was added are
    // the lines of changes and their comments.
    std::vector<std::string> now = lines_of(made.text);
    std::erase_if(now, [](const std::string& line) { return line.find(mark) != std::string::npos; });
    std::size_t at = 0;
    std::uint32_t number = 0;
    for (const std::string& line : lines_of(text)) {
      ++number;
      const migrate::change* found = nullptr;
      for (const migrate::change& each : made.changes)
        if (each.line == number && each.what != verdict::kept) found = &each;
      std::vector<std::string> wanted{line};
      if (found != nullptr) {
        wanted = lines_of(found->new_text);
        if (wanted.size() == 1 && found->new_text == found->old_text) wanted = {line};
      }
      for (const std::string& one : wanted) {
        REQUIRE(at < now.size());
        const bool whole = found == nullptr || one == line;
        CHECK((whole ? now[at] == one : now[at].find(one.substr(0, one.find('\r'))) != std::string::npos));
        ++at;
      }
    }
    CHECK(at == now.size());
  }
  if (files == 0) MESSAGE("no corpus at " << folder.string());
  else MESSAGE(files << " files, " << changed << " changed, " << kept << " lines kept");
}

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/source.hpp"

using namespace ringway::config;
using namespace std::string_literals;
namespace fs = std::filesystem;

namespace {

// A directory of this test alone, gone afterwards.
class scratch {
 public:
  scratch() {
    std::string name = (fs::temp_directory_path() / "ringway-source-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch() { fs::remove_all(path_); }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;

  std::string file(const std::string& name, std::string_view text) const {
    const fs::path full = path_ / name;
    fs::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary) << text;
    return full.string();
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

std::string only_id(const diagnostics& report) {
  REQUIRE(report.all().size() == 1);
  return report.all()[0].id;
}

}  // namespace

TEST_CASE("files are read in the order given, and twice if named twice") {
  const scratch dir;
  const std::string b = dir.file("b.cfg", "global\n");
  const std::string a = dir.file("a.conf", "defaults\n mode http\n");  // a file may have any name
  source_set set;
  diagnostics report;
  CHECK(set.add(b, report));
  CHECK(set.add(a, report));
  CHECK(set.add(b, report));
  CHECK(report.all().empty());
  CHECK(set.files() == std::vector<std::string>{b, a, b});
  CHECK(set.text(1) == "defaults\n mode http\n");
  CHECK(set.joined_names() == b + ";" + a + ";" + b);
  CHECK(set.name(7).empty());
  CHECK(set.text(7).empty());
}

TEST_CASE("a directory gives its *.cfg files in byte order") {
  const scratch dir;
  for (const char* name :
       {"d/b.cfg", "d/a.cfg", "d/B.cfg", "d/10.cfg", "d/9.cfg", "d/\xc3\xa9.cfg", "d/.hidden.cfg",
        "d/c.cfg.bak", "d/cfg", "d/x.CFG", "d/sub.cfg/inner.cfg", "d/sub/inner.cfg"})
    dir.file(name, "#\n");
  fs::create_symlink(dir / "d/a.cfg", dir / "d/link.cfg");
  source_set set;
  diagnostics report;
  CHECK(set.add(dir / "d", report));
  CHECK(report.all().empty());
  const std::string at = dir / "d/";
  CHECK(set.files() == std::vector<std::string>{at + "10.cfg", at + "9.cfg", at + "B.cfg", at + "a.cfg",
                                                at + "b.cfg", at + "link.cfg", at + "\xc3\xa9.cfg"});
  source_set slashed;
  CHECK(slashed.add(dir / "d/", report));
  CHECK(slashed.files() == set.files());
}

TEST_CASE("what cannot be read is an error with a reason") {
  const scratch dir;
  const auto refused = [&](const std::string& path) {
    source_set set;
    diagnostics report;
    CHECK_FALSE(set.add(path, report));
    CHECK(report.failed());
    CHECK(set.files().empty());
    CHECK(report.all()[0].message.find(path) != std::string::npos);
    return only_id(report);
  };
  CHECK(refused(dir / "none.cfg") == "missing-file");
  CHECK(refused(dir.file("nul.cfg", "global\n\0x\n"s)) == "binary-file");
  CHECK(refused(dir.file("le.cfg", "\xff\xfeg\0l\0"s)) == "wrong-encoding");
  CHECK(refused(dir.file("be.cfg", "\xfe\xff\0g\0l"s)) == "wrong-encoding");
  fs::create_directories(dir / "empty");
  CHECK(refused(dir / "empty") == "no-configuration-file");
  dir.file("other/readme.txt", "x\n");
  CHECK(refused(dir / "other") == "no-configuration-file");
  const std::string locked = dir.file("locked.cfg", "global\n");
  fs::permissions(locked, fs::perms::none);
  if (::geteuid() != 0) CHECK(refused(locked) == "unreadable-file");  // root reads everything
  dir.file("dangling/ok.cfg", "global\n");
  fs::create_symlink(dir / "nowhere", dir / "dangling/z.cfg");
  source_set set;
  diagnostics report;
  CHECK_FALSE(set.add(dir / "dangling", report));
  CHECK(only_id(report) == "missing-file");
  CHECK(set.files().size() == 1);  // what could be read is there
}

TEST_CASE("a file above the limit is refused, one at the limit is not") {
  const scratch dir;
  const std::string large = dir.file("large.cfg", "#\n");
  const auto add = [&](std::size_t bytes) {
    std::string text(bytes, '#');
    text.back() = '\n';
    dir.file("large.cfg", text);
    source_set set;
    diagnostics report;
    const bool good = set.add(large, report);
    return good ? "read"s : only_id(report);
  };
  CHECK(add(source_set::largest_bytes) == "read");
  CHECK(add(source_set::largest_bytes + 1) == "file-too-large");
  source_set set;
  diagnostics report;
  CHECK_FALSE(set.add("/dev/zero", report));  // endless: it is not read for ever
  CHECK(only_id(report) == "file-too-large");
}

TEST_CASE("marks, line ends and a missing last line feed are tolerated") {
  const scratch dir;
  source_set set;
  diagnostics report;
  CHECK(set.add(dir.file("bom.cfg", "\xef\xbb\xbfglobal\n"), report));
  CHECK(set.add(dir.file("crlf.cfg", "global\r\n daemon\r\n"), report));
  CHECK(report.all().empty());
  CHECK(set.text(0) == "global\n");
  CHECK(set.line_text(1, 1) == "global");
  CHECK(set.line_text(1, 2) == " daemon");

  CHECK(set.add(dir.file("cut.cfg", "global\n maxconn 10"), report));
  CHECK(only_id(report) == "missing-newline");
  CHECK(report.all()[0].level == severity::warning);
  CHECK(report.all()[0].where.file == 2);
  CHECK(report.all()[0].where.line == 2);
  CHECK(set.line_text(2, 2) == " maxconn 10");

  CHECK(set.add(dir.file("empty.cfg", ""), report));
  CHECK(report.all().back().id == "empty-file");
  CHECK(report.all().back().level == severity::warning);
  CHECK_FALSE(report.failed());
}

TEST_CASE("lines by number and by span") {
  source_set set;
  const std::uint32_t empty = set.add_text("empty", "");
  const std::uint32_t text = set.add_text("text", "one\n\n three\r\n\nlast");
  CHECK(set.line_count(empty) == 0);
  CHECK(set.line_text(empty, 1).empty());
  CHECK(set.line_count(text) == 5);
  CHECK(set.line_text(text, 1) == "one");
  CHECK(set.line_text(text, 2).empty());
  CHECK(set.line_text(text, 3) == " three");
  CHECK(set.line_text(text, 4).empty());
  CHECK(set.line_text(text, 5) == "last");
  CHECK(set.line_text(text, 6).empty());
  CHECK(set.line_text(text, 0).empty());
  CHECK(set.line_text(span{text, 3, 2, 5}) == " three");
  CHECK(set.line_text(span{}).empty());
  CHECK(set.line_count(set.add_text("n", "a\n")) == 1);
  CHECK(set.line_count(set.add_text("n", "\n\n")) == 2);
  CHECK(set.line_count(9) == 0);
}

TEST_CASE("views stay where they are when files are added") {
  source_set set;
  set.add_text("first", "short\n");
  const std::string_view line = set.line_text(0, 1);
  for (int i = 0; i < 1000; ++i) set.add_text("more", "x\n");
  CHECK(line.data() == set.line_text(0, 1).data());
  CHECK(line == "short");
}

TEST_CASE("standard input is read once, pipes included") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const std::string text = "global\n daemon\n";
  REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  const int kept = ::dup(STDIN_FILENO);
  REQUIRE(::dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
  ::close(ends[0]);
  source_set set;
  diagnostics report;
  CHECK(set.add("-", report));
  CHECK(set.text(0) == text);
  CHECK(::fcntl(STDIN_FILENO, F_GETFD) >= 0);  // not ours to close
  CHECK_FALSE(set.add("/dev/stdin", report));
  CHECK(only_id(report) == "stdin-twice");
  if (kept >= 0) {
    ::dup2(kept, STDIN_FILENO);
    ::close(kept);
  }
}

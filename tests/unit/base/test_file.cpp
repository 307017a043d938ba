// What cannot be read must not look like an empty file.
#include "base/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

using ringway::file_text;
using ringway::read_descriptor;
using ringway::read_file;

namespace {

struct folder {
  std::string path;
  folder() {
    char name[] = "/tmp/ringway-file-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~folder() {
    for (const char* each : {"/full", "/empty", "/link", "/loop"}) ::unlink((path + each).c_str());
    ::rmdir((path + "/dir").c_str());
    ::rmdir(path.c_str());
  }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path + name, std::ios::binary) << bytes;
    return path + name;
  }
};

}  // namespace

TEST_CASE("a file is read whole") {
  const folder in;
  const std::string bytes = std::string("a\0b\n", 4) + std::string(100'000, 'x');
  const std::string full = in.write("/full", bytes);
  const file_text read = read_file(full, bytes.size());
  CHECK(bool(read));
  CHECK(read.bytes == bytes);
  CHECK(read_file(in.write("/empty", ""), 10).bytes == "");
  CHECK(bool(read_file(in.path + "/empty", 0)));
  REQUIRE(::symlink(full.c_str(), (in.path + "/link").c_str()) == 0);
  CHECK(read_file(in.path + "/link", 1 << 20).bytes == bytes);
  // Files of /proc say that they have 0 bytes.
  CHECK_FALSE(read_file("/proc/self/status", 1 << 20).bytes.empty());
}

TEST_CASE("what cannot be read says why") {
  const folder in;
  REQUIRE(::mkdir((in.path + "/dir").c_str(), 0700) == 0);
  REQUIRE(::symlink("loop", (in.path + "/loop").c_str()) == 0);
  const struct {
    std::string path;
    int error;
    std::string why;
  } cases[] = {
      {in.path + "/dir", EISDIR, "Is a directory"},
      {in.path + "/gone", ENOENT, "No such file or directory"},
      {in.path + "/loop", ELOOP, "Too many levels of symbolic links"},
      {"/proc/self/mem", EIO, "Input/output error"},  // opens, and its first byte cannot be read
      {"", ENOENT, "No such file or directory"},
      {std::string("/dev/null\0x", 11), EINVAL, "Invalid argument"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.path);
    const file_text read = read_file(each.path, 1 << 20);
    CHECK_FALSE(bool(read));
    CHECK(read.error == each.error);
    CHECK(read.why == each.why);
    CHECK(read.bytes == "");
    CHECK_FALSE(read.too_large);
  }
  CHECK(read_descriptor(-1, 10).error == EBADF);
}

TEST_CASE("more bytes than asked for are an error, not a shorter file") {
  const folder in;
  const std::string full = in.write("/full", "12345");
  CHECK(read_file(full, 5).bytes == "12345");
  const file_text read = read_file(full, 4);
  CHECK(read.too_large);
  CHECK(read.why == "it is larger than 4 bytes");
  CHECK(read.bytes == "");
  const file_text endless = read_file("/dev/zero", 1 << 20);
  CHECK(endless.too_large);
  CHECK(endless.why == "it is larger than 1 MiB");
}

TEST_CASE("a pipe is read to its end") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::write(ends[1], "abc", 3) == 3);
  ::close(ends[1]);
  CHECK(read_descriptor(ends[0], 10).bytes == "abc");
  ::close(ends[0]);
}

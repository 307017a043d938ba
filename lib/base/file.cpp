#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace ringway {
namespace {

file_text failed(int error) {
  file_text out;
  out.error = error;
  out.why = std::generic_category().message(error);
  return out;
}

}  // namespace

file_text read_descriptor(int fd, std::size_t most_bytes) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return failed(errno);
  if (S_ISDIR(facts.st_mode)) return failed(EISDIR);
  file_text out;
  std::string& into = out.bytes;
  const std::size_t room = most_bytes + 1;  // one more shows that there is more
  std::size_t used = 0;
  // Pipes and files of /proc have no size to ask for; one that grows meanwhile is read to its new end.
  if (S_ISREG(facts.st_mode) && facts.st_size > 0)
    into.resize(std::min(room, static_cast<std::size_t>(facts.st_size) + 1));
  while (used <= most_bytes) {
    if (used == into.size()) into.resize(std::min(room, std::max<std::size_t>(16384, used * 2)));
    const ssize_t got = ::read(fd, into.data() + used, into.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  into.resize(used);
  if (used > most_bytes) {
    into = {};
    out.too_large = true;
    out.error = EFBIG;
    out.why = "it is larger than " + (most_bytes >> 20 > 0 ? std::to_string(most_bytes >> 20) + " MiB"
                                                            : std::to_string(most_bytes) + " bytes");
  }
  return out;
}

file_text read_file(const std::string& path, std::size_t most_bytes) {
  if (path.find('\0') != std::string::npos) return failed(EINVAL);
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) return failed(errno);
  file_text out = read_descriptor(fd, most_bytes);
  ::close(fd);
  return out;
}

}  // namespace ringway

// Socket files and abstract names.
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/listening_steps.hpp"
#include "app/privileges.hpp"

namespace ringway::app {
namespace {

complaint refusal(const bind_place& place, std::string_view doing, int error, std::string help = {}) {
  complaint out;
  out.id = error == EADDRINUSE ? "address-in-use" : "cannot-bind";
  out.where = place.bind.where;
  out.message = fmt::format("starting frontend {}: {} ({}) for [{}]", place.section.name, doing,
                            std::strerror(error), text_of(place.bind));
  out.help = std::move(help);
  return out;
}

std::string help_for(int error) {
  switch (error) {
    case ENOENT:
      return "its directory does not exist; after chroot the path is still that outside";
    case EACCES:
    case EPERM:
      return fmt::format("user {} may not create files in its directory", geteuid());
    case EROFS:
      return "the file system is read-only";
    case EADDRINUSE:
      return "another process holds the name; `ss -lxp` shows it";
    default:
      return {};
  }
}

// Removes the temporary file whatever happens.
struct temporary_file {
  std::string path;
  ~temporary_file() {
    if (!path.empty()) unlink(path.c_str());
  }
};

outcome owner_of_file(const bind_place& place, uid_t& uid, gid_t& gid) {
  const proxy::bind_settings& bind = place.bind;
  uid = bind.uid ? *bind.uid : static_cast<uid_t>(-1);
  gid = bind.gid ? *bind.gid : static_cast<gid_t>(-1);
  if (!bind.user.empty()) {
    std::variant<uid_t, complaint> found = user_id(bind.user);
    if (complaint* bad = std::get_if<complaint>(&found)) {
      bad->where = bind.where;
      return std::move(*bad);
    }
    uid = std::get<uid_t>(found);
  }
  if (!bind.group.empty()) {
    std::variant<gid_t, complaint> found = group_id(bind.group);
    if (complaint* bad = std::get_if<complaint>(&found)) {
      bad->where = bind.where;
      return std::move(*bad);
    }
    gid = std::get<gid_t>(found);
  }
  return std::nullopt;
}

outcome bind_name(const bind_place& place, const std::string& path, bool abstract, owned_fd& out) {
  const std::optional<raw_address> at = sockaddr_of_path(path, abstract, place.bind.length);
  if (!at) {
    return refusal(
        place, "cannot bind UNIX socket", ENAMETOOLONG,
        fmt::format("{} bytes; the kernel takes about a hundred, and some are needed for a temporary name",
                    place.bind.path.size()));
  }
  out = owned_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!out) return refusal(place, "cannot create UNIX socket", errno);
  if (::bind(out.native(), at->data(), at->length) < 0) {
    const int error = errno;
    return refusal(place, "cannot bind UNIX socket", error, help_for(error));
  }
  return std::nullopt;
}

// Binds path.PID.tmp beside the place where the socket will be, with owner and mode.
outcome prepare(const bind_place& place, temporary_file& file, owned_fd& out) {
  const proxy::bind_settings& bind = place.bind;
  struct stat seen{};
  if (lstat(bind.path.c_str(), &seen) == 0 && !S_ISSOCK(seen.st_mode)) {
    return refusal(place, "cannot replace what is not a socket", EEXIST, "remove the file, or name another");
  }
  uid_t uid = 0;
  gid_t gid = 0;
  if (outcome bad = owner_of_file(place, uid, gid)) return bad;
  const std::string temporary = fmt::format("{}.{}.tmp", bind.path, getpid());
  unlink(temporary.c_str());  // of a former process with our number
  if (outcome bad = bind_name(place, temporary, false, out)) return bad;
  file.path = temporary;
  if ((uid != static_cast<uid_t>(-1) || gid != static_cast<gid_t>(-1)) &&
      chown(temporary.c_str(), uid, gid) < 0) {
    return refusal(place, "cannot change UNIX socket ownership", errno, "only root may give files away");
  }
  if (bind.mode_bits && chmod(temporary.c_str(), static_cast<mode_t>(*bind.mode_bits)) < 0) {
    return refusal(place, "cannot change UNIX socket mode", errno);
  }
  return std::nullopt;
}

}  // namespace

outcome open_unix_socket(const bind_place& place, int backlog, owned_fd& out) {
  const proxy::bind_settings& bind = place.bind;
  temporary_file file;
  outcome bad = bind.abstract ? bind_name(place, bind.path, true, out) : prepare(place, file, out);
  if (bad) return bad;
  if (::listen(out.native(), backlog) < 0) return refusal(place, "cannot listen to socket", errno);
  if (bind.abstract) return std::nullopt;
  if (std::rename(file.path.c_str(), bind.path.c_str()) < 0) {
    const int error = errno;
    return refusal(place, "cannot switch final and temporary UNIX sockets", error, help_for(error));
  }
  file.path.clear();
  return std::nullopt;
}

outcome try_unix_socket(const bind_place& place) {
  temporary_file file;
  owned_fd fd;
  if (place.bind.abstract) return bind_name(place, place.bind.path, true, fd);
  return prepare(place, file, fd);
}

unsigned first_unprivileged_port() {
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  unsigned port = 0;
  return file >> port ? port : 1024;
}

}  // namespace ringway::app

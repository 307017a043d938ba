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
  out.message = error == 0 ? fmt::format("starting frontend {}: {} for [{}]", place.section.name, doing, text_of(place.bind))
                           : fmt::format("starting frontend {}: {} ({}) for [{}]", place.section.name, doing,
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

outcome owner_wanted(const bind_place& place, uid_t& uid, gid_t& gid) {
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

// Whoever commands by it or serves it would lose it without a word.
outcome served_by_others(const bind_place& place, const std::vector<int>& older) {
  const std::optional<port_owner> owner = owner_of_file(place.bind.path);
  if (!owner || owner->pid == getpid() || is_one_of(owner->pid, older)) return std::nullopt;
  complaint bad = refusal(place, "cannot bind UNIX socket", EADDRINUSE);
  if (owner->pid == 0) {
    bad.message += ", served by a process of another container or namespace";
    bad.help = "stop it, or name another path; a file that nobody serves is replaced";
  } else {
    bad.message += fmt::format(", served by process {} ({})", owner->pid, owner->program);
    bad.help = is_proxy(owner->pid) ? fmt::format("stop it, take over with -sf {}, or name another path", owner->pid)
                                    : "stop it, or name another path";
  }
  return bad;
}

// Binds path.PID.tmp beside the place where the socket will be, with owner and mode.
outcome prepare(const bind_place& place, const std::vector<int>& older, std::optional<waiting_file>& file, owned_fd& out) {
  const proxy::bind_settings& bind = place.bind;
  struct stat seen{};
  if (lstat(bind.path.c_str(), &seen) == 0 && !S_ISSOCK(seen.st_mode)) {
    return refusal(place, "cannot replace what is not a socket", EEXIST, "remove the file, or name another");
  }
  if (outcome bad = served_by_others(place, older)) return bad;
  uid_t uid = 0;
  gid_t gid = 0;
  if (outcome bad = owner_wanted(place, uid, gid)) return bad;
  const std::string temporary = fmt::format("{}.{}.tmp", bind.path, getpid());
  unlink(temporary.c_str());  // of a former process with our number
  if (outcome bad = bind_name(place, temporary, false, out)) return bad;
  file.emplace(temporary, bind.path, refusal(place, "cannot switch final and temporary UNIX sockets", 0));
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

waiting_file::~waiting_file() {
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

outcome waiting_file::put_in_place() {
  if (std::rename(temporary_.c_str(), place_.c_str()) < 0) {
    const int error = errno;
    complaint bad = refused_;
    bad.message += fmt::format(": {}", std::strerror(error));
    bad.help = help_for(error);
    return bad;
  }
  temporary_.clear();
  return std::nullopt;
}

outcome open_unix_socket(const bind_place& place, int backlog, const std::vector<int>& older, opened_sockets& to, owned_fd& out) {
  const proxy::bind_settings& bind = place.bind;
  std::optional<waiting_file> file;
  outcome bad = bind.abstract ? bind_name(place, bind.path, true, out) : prepare(place, older, file, out);
  if (bad) return bad;
  if (::listen(out.native(), backlog) < 0) return refusal(place, "cannot listen to socket", errno);
  if (file) to.files.push_back(std::move(*file));
  return std::nullopt;
}

outcome try_unix_socket(const bind_place& place, const std::vector<int>& older) {
  std::optional<waiting_file> file;
  owned_fd fd;
  if (place.bind.abstract) return bind_name(place, place.bind.path, true, fd);
  return prepare(place, older, file, fd);
}

unsigned first_unprivileged_port() {
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  unsigned port = 0;
  return file >> port ? port : 1024;
}

}  // namespace ringway::app

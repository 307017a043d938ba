#include "app/privileges.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <variant>

namespace ringway::app {
namespace {

constexpr rlim_t most_descriptors = 1048576;  // what the tables of a kernel hold without special settings
constexpr unsigned least_automatic = 100;

std::string words_of(int error) { return std::strerror(error); }

// The C library's own limit for its text is only a hint, so the room grows as asked.
template <class Entry, class Lookup>
const Entry* look_up(Entry& entry, std::vector<char>& room, Lookup lookup, int& error) {
  room.resize(1024);
  Entry* found = nullptr;
  while ((error = lookup(&entry, room.data(), room.size(), &found)) == ERANGE) room.resize(room.size() * 2);
  return found;
}

complaint unknown(std::string_view what, const std::string& name, std::string_view file, int error) {
  const bool number = !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  return {fmt::format("unknown-{}", what),
          fmt::format("there is no {} '{}'{}", what, name, error == 0 ? "" : ": " + words_of(error)),
          number ? fmt::format("a number is given with {}", what == "user" ? "uid" : "gid")
                 : fmt::format("add it to {}, or name one that is there", file),
          {}};
}

}  // namespace

std::variant<uid_t, complaint> user_id(const std::string& name) {
  passwd entry{};
  std::vector<char> room;
  int error = 0;
  const passwd* found = look_up(
      entry, room,
      [&](passwd* into, char* text, std::size_t size, passwd** out) {
        return getpwnam_r(name.c_str(), into, text, size, out);
      },
      error);
  if (found == nullptr) return unknown("user", name, "/etc/passwd", error);
  return found->pw_uid;
}

std::variant<gid_t, complaint> group_id(const std::string& name) {
  group entry{};
  std::vector<char> room;
  int error = 0;
  const group* found = look_up(
      entry, room,
      [&](group* into, char* text, std::size_t size, group** out) {
        return getgrnam_r(name.c_str(), into, text, size, out);
      },
      error);
  if (found == nullptr) return unknown("group", name, "/etc/group", error);
  return found->gr_gid;
}

std::variant<identity, complaint> resolve_identity(const proxy::global_settings& global) {
  identity out;
  if (global.uid) out.uid = *global.uid;
  if (global.gid) out.gid = *global.gid;
  if (!global.user.empty()) {
    std::variant<uid_t, complaint> found = user_id(global.user);
    if (complaint* bad = std::get_if<complaint>(&found)) return std::move(*bad);
    out.uid = std::get<uid_t>(found);
  }
  if (!global.group.empty()) {
    std::variant<gid_t, complaint> found = group_id(global.group);
    if (complaint* bad = std::get_if<complaint>(&found)) return std::move(*bad);
    out.gid = std::get<gid_t>(found);
  }
  return out;
}

std::vector<complaint> privilege_remarks(const proxy::global_settings& global, uid_t effective) {
  std::vector<complaint> out;
  const bool other_user = !global.user.empty() || global.uid.has_value();
  const bool other_group = !global.group.empty() || global.gid.has_value();
  if (effective != 0) return out;
  if (!other_user) {
    out.push_back({"runs-as-root",
                   "the proxy runs as root: neither 'user' nor 'uid' is set in the global section",
                   "give it a user of its own; addresses are bound before the change",
                   {}});
  } else if (!other_group) {
    out.push_back({"keeps-root-group",
                   "the proxy changes its user but keeps root's groups",
                   "set 'group' or 'gid' beside 'user' in the global section",
                   {}});
  }
  if (!other_user && !global.chroot.empty()) {
    out.push_back({"chroot-as-root", "'chroot' without 'user' holds nobody: root can leave it", "", {}});
  }
  return out;
}

outcome enter_jail(const std::string& chroot_directory, const identity& who) {
  if (!chroot_directory.empty() && (chroot(chroot_directory.c_str()) < 0 || chdir("/") < 0)) {
    const int error = errno;
    std::string help;
    if (error == EPERM) help = "this needs root or CAP_SYS_CHROOT; remove 'chroot' where there is neither";
    if (error == ENOENT) help = "make the directory first; it may be empty";
    return complaint{
        "cannot-chroot", fmt::format("cannot chroot({}): {}", chroot_directory, words_of(error)), help, {}};
  }
  const bool change_group = who.gid && (*who.gid != getgid() || *who.gid != getegid());
  const bool change_user = who.uid && (*who.uid != getuid() || *who.uid != geteuid());
  // Supplementary groups of root would outlive the change. Without the privilege there are none of root's.
  if (who.gid && setgroups(0, nullptr) < 0 && errno != EPERM) {
    return complaint{"cannot-set-group", "cannot drop the supplementary groups: " + words_of(errno), "", {}};
  }
  if (change_group && setgid(*who.gid) < 0) {
    return complaint{
        "cannot-set-group",
        fmt::format("cannot set gid {}: {}", *who.gid, words_of(errno)),
        fmt::format("only root may; this is user {}. Start as root, or remove 'group'", getuid()),
        {}};
  }
  if (change_user && setuid(*who.uid) < 0) {
    return complaint{"cannot-set-user",
                     fmt::format("cannot set uid {}: {}", *who.uid, words_of(errno)),
                     fmt::format("only root may; this is user {}. Start as root, or remove 'user'", getuid()),
                     {}};
  }
  if (change_user && *who.uid != 0 && setuid(0) == 0) {
    return complaint{"cannot-set-user",
                     fmt::format("uid {} was set but root can be regained", *who.uid),
                     "take CAP_SETUID from the process",
                     {}};
  }
  return std::nullopt;
}

unsigned fixed_descriptors(const descriptor_needs& needs) {
  // Standard streams, signals, the resolver's and the pid file's, and a few that libraries open.
  constexpr unsigned process = 16;
  constexpr unsigned per_worker = 4;  // poller, waker, timer, one spare to accept with
  return process + needs.listening + needs.checks + needs.logs + needs.commands + per_worker * needs.workers;
}

limits_plan plan_limits(const limits_wanted& wanted, const descriptor_needs& needs, const rlimit& now) {
  const rlim_t fixed = fixed_descriptors(needs);
  limits_plan out;
  if (wanted.maxconn && *wanted.maxconn > 0) {
    out.maxconn = *wanted.maxconn;
  } else {
    out.automatic = true;
    rlim_t usable = std::max(now.rlim_cur, now.rlim_max);  // RLIM_INFINITY is the greatest number
    if (wanted.ulimit_n) usable = *wanted.ulimit_n;
    usable = std::min(usable, most_descriptors);
    const rlim_t left = usable > fixed ? usable - fixed : 0;
    rlim_t found = std::max<rlim_t>(left / 2, least_automatic);
    if (wanted.memory_mb && *wanted.memory_mb > 0) {
      // A buffer for each direction and as much as one more for everything else a connection holds.
      const rlim_t each = 3 * rlim_t{wanted.bufsize};
      const rlim_t bytes = rlim_t{*wanted.memory_mb} * 1024 * 1024;
      found = std::max<rlim_t>(std::min(found, bytes / each), 1);
    }
    out.maxconn = static_cast<unsigned>(found);
  }
  out.descriptors = fixed + 2 * rlim_t{out.maxconn};
  if (wanted.splice && wanted.maxpipes) {
    out.pipes = *wanted.maxpipes;
    out.descriptors += 2 * rlim_t{out.pipes};
  } else if (wanted.splice) {
    // Nobody asked for pipes: they live on descriptors of connections that are not there (runtime::room_for_pipes).
    out.pipes = std::max(out.maxconn / 4, 1u);
  }
  if (wanted.ulimit_n) out.descriptors = std::max(out.descriptors, rlim_t{*wanted.ulimit_n});
  return out;
}

rlimit descriptor_limit() {
  rlimit out{};
  getrlimit(RLIMIT_NOFILE, &out);
  return out;
}

outcome raise_descriptors(const limits_plan& plan) {
  const rlimit now = descriptor_limit();
  if (now.rlim_cur >= plan.descriptors) return std::nullopt;
  rlimit wanted = now;
  wanted.rlim_cur = plan.descriptors;
  wanted.rlim_max = std::max(now.rlim_max, plan.descriptors);
  if (setrlimit(RLIMIT_NOFILE, &wanted) == 0) return std::nullopt;
  const int error = errno;
  // An automatic maxconn of at least 100 may ask for more than there is; then as many as possible will do.
  wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
  if (plan.automatic && now.rlim_max < plan.descriptors) {
    if (now.rlim_cur == now.rlim_max || setrlimit(RLIMIT_NOFILE, &wanted) == 0) return std::nullopt;
  }
  return complaint{
      "descriptor-limit",
      fmt::format("cannot raise FD limit to {}, limit is {} ({})", plan.descriptors, now.rlim_max,
                  words_of(error)),
      fmt::format("maxconn {} needs two descriptors a connection: lower it, or raise the hard limit "
                  "(ulimit -Hn, LimitNOFILE=, --ulimit nofile)",
                  plan.maxconn),
      {}};
}

bool fit_descriptors(limits_plan& plan, const descriptor_needs& needs, const rlimit& now) {
  if (!plan.automatic || now.rlim_cur >= plan.descriptors) return false;
  const rlim_t fixed = fixed_descriptors(needs);
  plan.maxconn = static_cast<unsigned>(std::max<rlim_t>(now.rlim_cur > fixed ? (now.rlim_cur - fixed) / 2 : 0, 1));
  plan.descriptors = fixed + 2 * rlim_t{plan.maxconn};
  return true;
}

outcome limit_memory(unsigned memory_mb) {
  if (memory_mb == 0) return std::nullopt;
  rlimit wanted{};
  wanted.rlim_cur = wanted.rlim_max = rlim_t{memory_mb} * 1024 * 1024;
  if (setrlimit(RLIMIT_DATA, &wanted) == 0) return std::nullopt;
  return complaint{"memory-limit",
                   fmt::format("cannot limit memory to {} megabytes: {}", memory_mb, words_of(errno)),
                   "",
                   {}};
}

}  // namespace ringway::app

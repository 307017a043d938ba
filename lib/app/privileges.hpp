// What the process may use and whom it is: file descriptors, memory, chroot, group, user.
// Order at start: plan_limits, raise_descriptors, bind, write the pid file, enter_jail, limit_memory,
// threads. configuration.txt: maxconn, ulimit-n, chroot, user, group, uid, gid; management.txt section 13.
#pragma once
#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "app/complaint.hpp"
#include "base/units.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// Unset: stays as it is.
struct identity {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
};

// Looks `user` and `group` up (uid and gid are taken as they stand).
std::variant<identity, complaint> resolve_identity(const proxy::global_settings& global);
// One name; used for socket files as well. `keyword` is for the message: "user" or "group".
std::variant<uid_t, complaint> user_id(const std::string& name);
std::variant<gid_t, complaint> group_id(const std::string& name);

// Worth a word with -dD: root without user, user without group, nothing to gain by chroot. Never fatal.
std::vector<complaint> privilege_remarks(const proxy::global_settings& global, uid_t effective);

// chroot, then supplementary groups, gid, uid; checks that root cannot be regained. Call once, with one
// thread and after everything that needs a privilege.
outcome enter_jail(const std::string& chroot_directory, const identity& who);

// Descriptors that are needed besides two for each connection.
struct descriptor_needs {
  unsigned listening = 0;  // sockets, over all workers
  unsigned checks = 0;     // servers with checks: one connection at a time each
  unsigned workers = 1;    // each has a poller and a waker
  unsigned logs = 0;
  unsigned commands = 0;   // connections on stats sockets
};
unsigned fixed_descriptors(const descriptor_needs& needs);

struct limits_plan {
  unsigned maxconn = 0;    // what holds; never below 1
  bool automatic = false;  // nobody set maxconn
  rlim_t descriptors = 0;  // what RLIMIT_NOFILE must allow
  unsigned pipes = 0;      // for splicing, two descriptors each; 0: bodies are copied
};

struct limits_wanted {
  std::optional<unsigned> maxconn;    // -n, else global's
  std::optional<unsigned> ulimit_n;   // global's
  std::optional<unsigned> memory_mb;  // -m, MiB
  std::uint32_t bufsize = 16384;      // bytes
  std::optional<unsigned> maxpipes{};  // global's; unset: a quarter of maxconn, while connections are few
  bool splice = true;                 // false: nosplice, -dS
};

// The automatic maxconn: what is left of the limit (soft or hard, the higher; ulimit-n if set; never more
// than a million descriptors) after the fixed ones, halved, for a connection has two sides; at least 100.
// With -m not more than the memory holds.
limits_plan plan_limits(const limits_wanted& wanted, const descriptor_needs& needs, const rlimit& now);

rlimit descriptor_limit();  // RLIMIT_NOFILE as it is
// Raises the soft limit, and the hard one if that is needed and allowed. Never lowers.
outcome raise_descriptors(const limits_plan& plan);
// Where fewer descriptors are to be had than an automatic maxconn wants: as many connections as they serve. True: lowered.
bool fit_descriptors(limits_plan& plan, const descriptor_needs& needs, const rlimit& now);
// RLIMIT_DATA: what the process allocates, without the address space that threads merely reserve.
outcome limit_memory(unsigned memory_mb);

}  // namespace ringway::app

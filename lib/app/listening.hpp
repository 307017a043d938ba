// Listening sockets for the binds of a model: opened before privileges are dropped, one per worker where the
// kernel can share an address (SO_REUSEPORT), else one that is duplicated. Thread: the main one, at start.
// Nothing is accepted here. HAProxy: configuration.txt 4.2 "bind", 5.1.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/complaint.hpp"
#include "base/address.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// A descriptor that is closed unless released.
class owned_fd {
 public:
  owned_fd() = default;
  explicit owned_fd(int fd) : fd_(fd) {}
  owned_fd(owned_fd&& other) noexcept : fd_(other.release()) {}
  owned_fd& operator=(owned_fd&& other) noexcept;
  ~owned_fd() { reset(); }

  int native() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

struct listening_socket {
  owned_fd fd;              // bound, listening, O_NONBLOCK, FD_CLOEXEC; release() it to the listener
  std::size_t section = 0;  // index into model::sections
  std::size_t bind = 0;     // index into that section's binds
  unsigned worker = 0;      // from 0
  address at;               // as the kernel has it: the real port where 0 was asked for
};

struct listening_options {
  unsigned workers = 1;
  bool reuse_port = true;  // false (-dR): one socket per address, duplicated for the workers
  // -sf, -st: older processes hold the addresses and let go later. Otherwise an address that another process
  // holds is an error, although the kernel would let two processes of one user share it silently.
  bool taking_over = false;
  std::vector<int> older;  // -sf, -st, behind -x: their pids. What they listen on is listened on further, where the kernel
                           // lets us; else they are asked to let go of it for a moment
  unsigned maxconn = 0;  // the process's; decides the backlog where nothing else does; 0: unknown
  // Names of binds. Unset: the C library, which may block.
  std::function<std::optional<address>(const std::string& host)> resolve;
};

// A socket file that listens already, under a name beside its place. Removed unless it is put there.
class waiting_file {
 public:
  waiting_file(std::string temporary, std::string place, complaint refused)
      : temporary_(std::move(temporary)), place_(std::move(place)), refused_(std::move(refused)) {}
  waiting_file(waiting_file&& other) noexcept
      : temporary_(std::exchange(other.temporary_, {})), place_(std::move(other.place_)), refused_(std::move(other.refused_)) {}
  waiting_file& operator=(waiting_file&&) = delete;
  ~waiting_file();
  // Replaces what is there, without a gap for clients.
  outcome put_in_place();

 private:
  std::string temporary_, place_;
  complaint refused_;  // without the reason
};

struct opened_sockets {
  std::vector<listening_socket> sockets;  // by section, bind, worker
  std::vector<complaint> failures;        // every bind that failed, not only the first
  std::vector<waiting_file> files;        // to be put in place once every address is open
  bool asked_older = false;  // older processes let go of their addresses for us: they must take them back should we fail
  bool ok() const { return failures.empty(); }
  std::vector<complaint> put_files_in_place();
};

// Whether there is anything to listen on: a bind of a section that is not disabled, or a stats socket.
bool has_listener(const proxy::model& of);

// Disabled sections are passed over. On failure the sockets already opened are in the answer and close with
// it. No socket file is replaced before put_files_in_place(), and none that a process serves which is not an older one.
opened_sockets open_listening(const proxy::model& from, const listening_options& how);

// The stats sockets of the global section, one descriptor each. Complaints call them frontend GLOBAL, as HAProxy does.
opened_sockets open_command_sockets(const proxy::global_settings& from, listening_options how);

// `-c --try-bind`: binds every address without listening and lets it go; replaces no socket file.
std::vector<complaint> try_bind(const proxy::model& from, const listening_options& how);

// bind's backlog, else the frontend's, else its maxconn or the bind's, else the process's, else 1024. The
// kernel caps it at net.core.somaxconn.
int effective_backlog(const proxy::bind_settings& bind, const proxy::section_settings& section,
                      unsigned process_maxconn);

// "127.0.0.1:80", "[::1]:80", "name:80", "/run/x.sock", "abns@name", "fd@5": as HAProxy would write it.
std::string text_of(const proxy::bind_settings& bind);

// The process that listens at an address, if this one may know: /proc/net/tcp{,6} gives the socket,
// /proc/*/fd the owner. Sockets of other users are only seen by root.
struct port_owner {
  pid_t pid = 0;
  std::string program;  // as in /proc/PID/comm
};
// May it be asked to let go, with -sf: does it run ringway's or HAProxy's program?
bool is_proxy(pid_t pid);
// Who serves a socket file: pid 0 where the kernel does not say (another pid namespace). nullopt: nobody, or it cannot be
// known. Connects for a moment.
std::optional<port_owner> owner_of_file(const std::string& path);
// Is it one of them, its child (a master's worker) or its parent?
bool is_one_of(pid_t pid, const std::vector<int>& pids);
std::optional<port_owner> owner_of(const address& at, bool both_families);
// Inode numbers of listening sockets that overlap `at` (an any-address overlaps all of its family), from the
// text of /proc/net/tcp or tcp6. `both_families`: an IPv6 socket that takes IPv4 too.
std::vector<unsigned long> listening_inodes(std::string_view proc_net_tcp, bool table_is_v6,
                                            const address& at, bool both_families);

}  // namespace ringway::app

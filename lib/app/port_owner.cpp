// Whose port is it? Reads /proc; knows nothing for sure, so every failure is just "unknown".
#include <dirent.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "app/listening.hpp"

namespace ringway::app {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

template <class Number>
bool number(std::string_view text, Number& out, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while ((at = line.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(line.find_first_of(" \t", at), line.size());
    out.push_back(line.substr(at, end - at));
    at = end;
  }
  return out;
}

// "0100007F:1F90": 32-bit words as the machine has them in memory, the port as a number.
std::optional<address> parse_entry(std::string_view text, bool v6) {
  const std::size_t digits = v6 ? 32 : 8;
  if (text.size() != digits + 5 || text[digits] != ':') return std::nullopt;
  address out;
  out.kind = v6 ? family::v6 : family::v4;
  for (std::size_t word = 0; word < digits / 8; ++word) {
    std::uint32_t value = 0;
    if (!number(text.substr(word * 8, 8), value, 16)) return std::nullopt;
    std::memcpy(out.bytes.data() + word * 4, &value, 4);
  }
  if (!number(text.substr(digits + 1), out.port, 16)) return std::nullopt;
  return out;
}

bool is_any(const address& one) {
  return std::all_of(one.bytes.begin(), one.bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool is_mapped(const address& one) {
  static constexpr std::uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return one.kind == family::v6 && std::memcmp(one.bytes.data(), prefix, sizeof prefix) == 0;
}

struct close_directory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using directory = std::unique_ptr<DIR, close_directory>;

}  // namespace

std::vector<unsigned long> listening_inodes(std::string_view proc_net_tcp, bool table_is_v6,
                                            const address& at, bool both_families) {
  std::vector<unsigned long> out;
  while (!proc_net_tcp.empty()) {
    const std::size_t end = std::min(proc_net_tcp.find('\n'), proc_net_tcp.size());
    const std::vector<std::string_view> words = words_of(proc_net_tcp.substr(0, end));
    proc_net_tcp.remove_prefix(std::min(end + 1, proc_net_tcp.size()));
    if (words.size() < 10 || words[3] != "0A") continue;  // 0A: listening
    const std::optional<address> held = parse_entry(words[1], table_is_v6);
    unsigned long inode = 0;
    if (!held || held->port != at.port || !number(words[9], inode, 10)) continue;
    bool overlaps = false;
    if (held->kind == at.kind) {
      overlaps = is_any(*held) || is_any(at) || held->bytes == at.bytes;
    } else if (held->kind == family::v6) {
      // :: usually takes IPv4 as well; a mapped address always is one.
      overlaps =
          is_any(*held) ||
          (is_mapped(*held) && (is_any(at) || std::memcmp(held->bytes.data() + 12, at.bytes.data(), 4) == 0));
    } else {
      overlaps = both_families && is_any(at);
    }
    if (overlaps) out.push_back(inode);
  }
  return out;
}

std::optional<port_owner> owner_of(const address& at, bool both_families) {
  std::vector<unsigned long> inodes = listening_inodes(contents("/proc/net/tcp"), false, at, both_families);
  const std::vector<unsigned long> more =
      listening_inodes(contents("/proc/net/tcp6"), true, at, both_families);
  inodes.insert(inodes.end(), more.begin(), more.end());
  if (inodes.empty()) return std::nullopt;

  const directory processes(opendir("/proc"));
  if (!processes) return std::nullopt;
  while (const dirent* process = readdir(processes.get())) {
    port_owner found;
    if (!number(std::string_view(process->d_name), found.pid, 10)) continue;
    const std::string folder = std::string("/proc/") + process->d_name;
    const directory descriptors(opendir((folder + "/fd").c_str()));
    if (!descriptors) continue;  // another user's, or gone
    while (const dirent* entry = readdir(descriptors.get())) {
      char target[64];
      const ssize_t length = readlinkat(dirfd(descriptors.get()), entry->d_name, target, sizeof target);
      if (length <= 0) continue;
      const std::string_view link(target, static_cast<std::size_t>(length));
      unsigned long inode = 0;
      if (!link.starts_with("socket:[") || !link.ends_with("]") ||
          !number(link.substr(8, link.size() - 9), inode, 10)) {
        continue;
      }
      if (std::find(inodes.begin(), inodes.end(), inode) == inodes.end()) continue;
      found.program = contents(folder + "/comm");
      while (!found.program.empty() && found.program.back() == '\n') found.program.pop_back();
      return found;
    }
  }
  return std::nullopt;
}

bool is_proxy(pid_t pid) {
  std::error_code bad;
  std::string program = std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", bad).filename().string();
  if (bad) return false;
  constexpr std::string_view replaced = " (deleted)";  // by a newer version
  if (program.ends_with(replaced)) program.resize(program.size() - replaced.size());
  return program == "ringway" || program == "haproxy";
}

std::optional<port_owner> owner_of_file(const std::string& path) {
  const std::optional<raw_address> at = sockaddr_of_path(path, false);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (!at || fd < 0) {
    if (fd >= 0) ::close(fd);
    return std::nullopt;
  }
  const int error = ::connect(fd, at->data(), at->length) < 0 ? errno : 0;
  port_owner out;
  ucred who{};
  socklen_t size = sizeof who;
  if (error == 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0) out.pid = who.pid;
  ::close(fd);
  // A full queue is somebody's; so is a socket of another kind.
  if (error != 0 && error != EAGAIN && error != EPROTOTYPE) return std::nullopt;
  if (out.pid > 0) {
    out.program = contents("/proc/" + std::to_string(out.pid) + "/comm");
    while (!out.program.empty() && out.program.back() == '\n') out.program.pop_back();
  }
  return out;
}

bool is_one_of(pid_t pid, const std::vector<int>& pids) {
  const auto parent_of = [](pid_t of) {
    // "PID (name, which may hold anything) S PARENT ..."
    const std::string text = contents("/proc/" + std::to_string(of) + "/stat");
    const std::size_t end = text.rfind(')');
    if (end == std::string::npos) return pid_t{0};
    const std::vector<std::string_view> words = words_of(std::string_view(text).substr(end + 1));
    pid_t out = 0;
    return words.size() > 1 && number(words[1], out, 10) ? out : pid_t{0};
  };
  return pid > 0 && std::any_of(pids.begin(), pids.end(), [&](int one) {
           return pid == one || parent_of(pid) == one || parent_of(one) == pid;
         });
}

}  // namespace ringway::app

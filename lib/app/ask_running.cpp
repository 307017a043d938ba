#include "app/ask_running.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>

#include "app/listening.hpp"
#include "base/hash.hpp"
#include "explain/running.hpp"

namespace ringway::app {
namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::size_t longest_answer = std::size_t{1} << 30;

std::optional<raw_address> tcp_place(std::string_view where) {
  if (where.starts_with("ipv4@") || where.starts_with("ipv6@")) where.remove_prefix(5);
  const std::size_t colon = where.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = where.substr(0, colon);
  const std::string_view digits = where.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  auto at = parse_ip(host);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!at || error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  at->port = port;
  return raw(*at);
}

std::optional<raw_address> place_of(std::string_view where) {
  if (where.starts_with("abns@")) return sockaddr_of_path(where.substr(5), true);
  if (where.starts_with("abnsz@")) return sockaddr_of_path(where.substr(6), true, abstract_length::exact);
  if (where.starts_with("unix@")) return sockaddr_of_path(where.substr(5), false);
  if (where.find('/') == std::string_view::npos)
    if (const auto tcp = tcp_place(where)) return tcp;
  return sockaddr_of_path(where, false);
}

std::string cannot_connect(const std::string& where, int error) {
  switch (error) {
    case ENOENT:
      return fmt::format("there is no socket '{}': its configuration names it with 'stats socket'", where);
    case ECONNREFUSED:
      return fmt::format("nobody listens at '{}': the process that did is gone", where);
    case EACCES:
    case EPERM:
      return fmt::format("'{}' is closed to this user: its mode and owner say who may ask", where);
    case ENOTSOCK:
    case EPROTOTYPE:
      return fmt::format("'{}' is not a stats socket", where);
    default:
      return fmt::format("cannot connect to '{}': {}", where, std::strerror(error));
  }
}

class limit {
 public:
  limit() : end_(std::chrono::steady_clock::now() + patience) {}
  // False: time is up.
  bool wait(int fd, short events) const {
    for (;;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
      pollfd one{fd, events, 0};
      const int ready = left.count() > 0 ? ::poll(&one, 1, static_cast<int>(left.count())) : 0;
      if (ready >= 0 || errno != EINTR) return ready > 0;
    }
  }

 private:
  std::chrono::steady_clock::time_point end_;
};

std::string receive(const std::string& where, int fd, const limit& until, std::string& answer) {
  char piece[65536];
  for (;;) {
    if (!until.wait(fd, POLLIN)) return fmt::format("'{}' does not answer", where);
    const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
    if (n == 0) return {};
    if (n < 0 && errno != EAGAIN && errno != EINTR)
      return fmt::format("'{}' broke off: {}", where, std::strerror(errno));
    if (n > 0) answer.append(piece, static_cast<std::size_t>(n));
    if (answer.size() > longest_answer) return fmt::format("'{}' does not stop answering", where);
  }
}

// A line that a process writes instead of what was asked.
std::string refusal(const std::string& where, std::string_view command, std::string_view answer) {
  if (answer.starts_with("Permission denied"))
    return fmt::format("'{}' does not permit '{}': the level of its 'stats socket' is too low", where,
                       command);
  if (answer.empty()) return fmt::format("'{}' closed the connection without an answer", where);
  return {};
}

}  // namespace

std::string ask_running(const std::string& where, std::string_view command, std::string& answer) {
  const auto at = place_of(where);
  if (!at) return fmt::format("'{}' is neither a path nor ADDRESS:PORT", where);
  const owned_fd link(::socket(at->data()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!link) return cannot_connect(where, errno);
  const limit until;
  if (::connect(link.native(), at->data(), at->length) != 0) {
    if (errno != EINPROGRESS && errno != EAGAIN) return cannot_connect(where, errno);
    int error = 0;
    socklen_t size = sizeof error;
    if (!until.wait(link.native(), POLLOUT)) return fmt::format("'{}' does not answer", where);
    if (getsockopt(link.native(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
    if (error != 0) return cannot_connect(where, error);
  }
  const std::string line = fmt::format("{}\n", command);
  if (::send(link.native(), line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return fmt::format("cannot ask '{}': {}", where, std::strerror(errno));
  if (std::string why = receive(where, link.native(), until, answer); !why.empty()) return why;
  return refusal(where, command, answer);
}

bool read_configuration_of(const said& words, std::string_view subcommand, configuration& out) {
  const auto given = words.all("config");
  std::vector<std::string> files(given.begin(), given.end());
  const std::string where(words.last("running"));
  if (where.empty() || !files.empty()) return read_configuration(std::move(files), words.all("resolve"), out);

  const auto fail = [&](const std::string& why) {
    complain(subcommand, fmt::format("{}; -f names the files", why));
    return false;
  };
  std::string answer;
  if (const std::string why = ask_running(where, "show startup-files", answer); !why.empty())
    return fail(why);
  if (answer.starts_with("Unknown command"))
    return fail(fmt::format("'{}' is HAProxy's, which does not say its files", where));
  std::vector<explain::startup_file> known;
  if (const std::string why = explain::read_startup_files(answer, known); !why.empty())
    return fail(fmt::format("'{}': {}", where, why));
  for (const explain::startup_file& each : known) files.push_back(each.path);
  if (!read_configuration(std::move(files), words.all("resolve"), out)) return false;
  for (std::uint32_t file = 0; file < out.sources.files().size() && file < known.size(); ++file)
    if (hash::xxh3(out.sources.text(file)) != known[file].hash)
      complain(subcommand,
               fmt::format(
                   "warning: '{}' has changed since the process was started; the answer is about the file as "
                   "it is now",
                   known[file].path));
  return true;
}

bool follow_running(const said& words, std::string_view subcommand, explain::site& site) {
  const std::string where(words.last("running"));
  if (where.empty()) return true;
  std::string answer;
  std::string why = ask_running(where, "show servers state", answer);
  std::vector<explain::server_report> reported;
  if (why.empty()) {
    why = explain::read_servers_state(answer, reported);
    if (!why.empty()) why = fmt::format("'{}': {}", where, why);
  }
  std::vector<std::string> remarks;
  if (why.empty()) why = explain::follow(site, reported, remarks);
  for (const std::string& each : remarks) complain(subcommand, each);
  if (why.empty()) return true;
  complain(subcommand, why);
  return false;
}

}  // namespace ringway::app

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "app/listening.hpp"

using namespace ringway;
using namespace ringway::app;

namespace {

struct scratch {
  std::filesystem::path path;
  scratch() {
    char name[] = "/tmp/ringway-test-XXXXXX";
    path = mkdtemp(name);
  }
  ~scratch() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::size_t files() const {
    std::size_t out = 0;
    for (const auto& each : std::filesystem::directory_iterator(path)) out += each.exists() ? 1 : 0;
    return out;
  }
};

proxy::bind_settings tcp(std::string_view host, std::uint16_t port) {
  proxy::bind_settings out;
  out.at = *parse_ip(host);
  out.at.port = port;
  return out;
}

proxy::model model_of(std::vector<proxy::bind_settings> binds) {
  proxy::section_settings section;
  section.name = "web";
  section.front = true;
  section.binds = std::move(binds);
  proxy::model out;
  out.sections.push_back(std::move(section));
  return out;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  getsockopt(fd, level, name, &value, &size);
  return value;
}

bool ready_for_use(int fd) {
  return option(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1 && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0 &&
         (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0;
}

bool can_connect(const raw_address& to, int domain) {
  const owned_fd fd(socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return connect(fd.native(), to.data(), to.length) == 0;
}

bool has_ipv6() {
  const owned_fd fd(socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const raw_address at = raw(*parse_ip("::1"));
  return fd && bind(fd.native(), at.data(), at.length) == 0;
}

// Another process that listens on 127.0.0.1 in the most sharing way; ends with the object.
struct neighbour {
  pid_t pid = 0;
  std::uint16_t port = 0;
  int hold = -1;
  explicit neighbour(int sockets = 1) {
    int told[2], held[2];
    REQUIRE(pipe2(told, O_CLOEXEC) == 0);
    REQUIRE(pipe2(held, O_CLOEXEC) == 0);
    pid = fork();
    if (pid == 0) {
      ::close(held[1]);
      raw_address at = raw(*parse_ip("127.0.0.1"));
      for (int i = 0; i < sockets; ++i) {
        const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const int on = 1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
        if (bind(fd, at.data(), at.length) != 0 || listen(fd, 32) != 0) _exit(1);
        getsockname(fd, at.data(), &at.length);
      }
      const std::uint16_t mine = from_raw(at.data(), at.length).port;
      if (write(told[1], &mine, sizeof mine) != sizeof mine) _exit(2);
      char byte = 0;
      _exit(read(held[0], &byte, 1) == 0 ? 0 : 3);
    }
    ::close(told[1]);
    ::close(held[0]);
    hold = held[1];
    const bool heard = read(told[0], &port, sizeof port) == sizeof port;
    ::close(told[0]);
    REQUIRE(heard);
  }
  ~neighbour() {
    ::close(hold);
    waitpid(pid, nullptr, 0);
  }
};

}  // namespace

TEST_CASE("a socket per worker, or one shared by all") {
  struct row {
    unsigned workers;
    bool reuse_port;
    bool own_inode;  // every worker has a socket of its own
  };
  const row rows[] = {{1, true, true}, {3, true, true}, {3, false, false}, {1, false, true}};
  for (const row& one : rows) {
    CAPTURE(one.workers);
    CAPTURE(one.reuse_port);
    listening_options how;
    how.workers = one.workers;
    how.reuse_port = one.reuse_port;
    const opened_sockets opened = open_listening(model_of({tcp("127.0.0.1", 0), tcp("127.0.0.1", 0)}), how);
    REQUIRE(opened.ok());
    REQUIRE(opened.sockets.size() == 2 * one.workers);
    for (std::size_t i = 0; i < opened.sockets.size(); ++i) {
      const listening_socket& socket = opened.sockets[i];
      CHECK(ready_for_use(socket.fd.native()));
      CHECK(socket.section == 0);
      CHECK(socket.bind == i / one.workers);
      CHECK(socket.worker == i % one.workers);
      CHECK(socket.at.port != 0);
      CHECK(socket.at.port == opened.sockets[i - i % one.workers].at.port);
      struct stat first{}, seen{};
      fstat(opened.sockets[i - i % one.workers].fd.native(), &first);
      fstat(socket.fd.native(), &seen);
      if (socket.worker > 0) CHECK((first.st_ino != seen.st_ino) == one.own_inode);
      CHECK(option(socket.fd.native(), SOL_SOCKET, SO_REUSEPORT) == (one.reuse_port ? 1 : 0));
      CHECK(can_connect(raw(socket.at), AF_INET));
    }
    CHECK(opened.sockets[0].at.port != opened.sockets[one.workers].at.port);
  }
}

TEST_CASE("two binds of one configuration may share an address, and disabled sections do not listen") {
  std::uint16_t port = 0;
  {
    const opened_sockets probe = open_listening(model_of({tcp("127.0.0.1", 0)}), {});
    REQUIRE(probe.ok());
    port = probe.sockets[0].at.port;
  }
  proxy::model model = model_of({tcp("127.0.0.1", port), tcp("127.0.0.1", port)});
  CHECK(open_listening(model, {}).sockets.size() == 2);
  model.sections[0].disabled = true;
  CHECK(open_listening(model, {}).sockets.empty());
  model.sections[0].disabled = false;
  model.sections[0].front = false;
  CHECK(open_listening(model, {}).sockets.empty());
}

TEST_CASE("IPv6") {
  if (!has_ipv6()) return;
  struct row {
    bool v4v6, v6only;
    bool takes_v4;
  };
  const row rows[] = {{true, false, true}, {false, true, false}};
  for (const row& one : rows) {
    proxy::bind_settings bind = tcp("::", 0);
    bind.v4v6 = one.v4v6;
    bind.v6only = one.v6only;
    const opened_sockets opened = open_listening(model_of({bind}), {});
    REQUIRE(opened.ok());
    address v4 = *parse_ip("127.0.0.1"), v6 = *parse_ip("::1");
    v4.port = v6.port = opened.sockets[0].at.port;
    CHECK(can_connect(raw(v6), AF_INET6));
    CHECK(can_connect(raw(v4), AF_INET) == one.takes_v4);
  }
}

TEST_CASE("another process has the port") {
  const neighbour other;
  const proxy::model model = model_of({tcp("127.0.0.1", other.port)});
  const std::string held =
      fmt::format("cannot bind socket (Address already in use) for [127.0.0.1:{}], held by process {} (",
                  other.port, other.pid);
  const opened_sockets opened = open_listening(model, {});
  REQUIRE(opened.failures.size() == 1);
  CHECK(opened.sockets.empty());
  CHECK(opened.failures[0].id == "address-in-use");
  CAPTURE(opened.failures[0].message);
  CHECK(opened.failures[0].message.find("starting frontend web: " + held) != std::string::npos);
  // Only a proxy understands it.
  CHECK(opened.failures[0].help.find("-sf") == std::string::npos);
  CHECK(opened.failures[0].help.find("--port web=") != std::string::npos);

  const std::vector<complaint> tried = try_bind(model, {});
  REQUIRE(tried.size() == 1);
  CHECK(tried[0].message == opened.failures[0].message);

  SUBCASE("an any-address meets it as well") {
    const opened_sockets any = open_listening(model_of({tcp("0.0.0.0", other.port)}), {});
    REQUIRE(any.failures.size() == 1);
    CHECK(any.failures[0].message.find(fmt::format("process {} ", other.pid)) != std::string::npos);
  }
  SUBCASE("unless it is being taken over") {
    listening_options how;
    how.taking_over = true;
    CHECK(open_listening(model, how).ok());
    CHECK(try_bind(model, how).empty());
  }
  SUBCASE("every failure is told and nothing else is opened") {
    const opened_sockets more = open_listening(
        model_of({tcp("127.0.0.1", other.port), tcp("127.0.0.1", 0), tcp("192.0.2.1", 1)}), {});
    CHECK(more.failures.size() == 2);
    CHECK(more.sockets.empty());
    CHECK(more.failures[1].id == "address-not-here");
  }
}

TEST_CASE("who waits in an older process's sockets is not lost with it") {
  auto older = std::make_unique<neighbour>(3);
  proxy::bind_settings bind = tcp("127.0.0.1", older->port);
  const raw_address to = raw(bind.at);
  std::vector<owned_fd> clients;
  for (int i = 0; i < 12; ++i) {
    clients.emplace_back(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(connect(clients.back().native(), to.data(), to.length) == 0);
  }
  listening_options how;
  how.workers = 2;
  how.taking_over = true;
  how.older = {older->pid};
  const opened_sockets opened = open_listening(model_of({bind}), how);
  older.reset();
  REQUIRE(opened.ok());
  std::vector<unsigned> workers;
  int waiting = 0;
  for (const listening_socket& one : opened.sockets) {
    workers.push_back(one.worker);
    CHECK(ready_for_use(one.fd.native()));
    while (owned_fd(accept(one.fd.native(), nullptr, nullptr))) ++waiting;
  }
  CHECK(workers == std::vector<unsigned>{0, 1, 0});  // it had one more
  CHECK(waiting == 12);
}

TEST_CASE("trying lets everything go again") {
  const scratch at;
  proxy::bind_settings file;
  file.path = at.file("s");
  std::uint16_t port = 0;
  {
    const opened_sockets probe = open_listening(model_of({tcp("127.0.0.1", 0)}), {});
    port = probe.sockets[0].at.port;
  }
  CHECK(try_bind(model_of({tcp("127.0.0.1", port), tcp("127.0.0.1", port), file}), {}).empty());
  CHECK(at.files() == 0);
  address was = *parse_ip("127.0.0.1");
  was.port = port;
  CHECK_FALSE(can_connect(raw(was), AF_INET));
}

TEST_CASE("ports that need a privilege") {
  unsigned first = 1024;
  std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first;
  if (geteuid() != 0 || first <= 1) return;
  int answer[2];
  REQUIRE(pipe2(answer, O_CLOEXEC) == 0);
  const pid_t child = fork();
  if (child == 0) {
    if (setuid(65534) != 0) _exit(1);
    const opened_sockets opened = open_listening(model_of({tcp("127.0.0.1", 1)}), {});
    if (opened.failures.size() != 1) _exit(2);
    const std::string text = opened.failures[0].id + "|" + opened.failures[0].help;
    _exit(write(answer[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 3);
  }
  ::close(answer[1]);
  char heard[500];
  const ssize_t length = read(answer[0], heard, sizeof heard);
  ::close(answer[0]);
  waitpid(child, nullptr, 0);
  REQUIRE(length > 0);
  const std::string text(heard, static_cast<std::size_t>(length));
  CAPTURE(text);
  CHECK(text.starts_with("port-privilege|"));
  CHECK(text.find("CAP_NET_BIND_SERVICE") != std::string::npos);
  CHECK(text.find("ip_unprivileged_port_start=1") != std::string::npos);
  CHECK(text.find("--port web=8001") != std::string::npos);
}

TEST_CASE("socket files") {
  const scratch at;
  proxy::bind_settings bind;
  bind.path = at.file("web.sock");
  bind.mode_bits = 0600;
  const raw_address where = *sockaddr_of_path(bind.path, false);
  listening_options how;
  how.workers = 2;

  opened_sockets first = open_listening(model_of({bind}), how);
  REQUIRE(first.ok());
  REQUIRE(first.sockets.size() == 2);
  CHECK_FALSE(can_connect(where, AF_UNIX));  // until nothing else can fail
  CHECK(first.put_files_in_place().empty());
  for (const listening_socket& each : first.sockets) CHECK(ready_for_use(each.fd.native()));
  struct stat seen{};
  REQUIRE(stat(bind.path.c_str(), &seen) == 0);
  CHECK((seen.st_mode & 07777) == 0600);
  CHECK(can_connect(where, AF_UNIX));
  CHECK(at.files() == 1);  // no temporary name is left

  SUBCASE("a stale one is replaced") {
    first.sockets.clear();
    CHECK_FALSE(can_connect(where, AF_UNIX));
    opened_sockets second = open_listening(model_of({bind}), how);
    REQUIRE(second.ok());
    CHECK(second.put_files_in_place().empty());
    CHECK(can_connect(where, AF_UNIX));
    CHECK(at.files() == 1);
  }
  SUBCASE("what is not put in place leaves nothing behind") {
    open_listening(model_of({bind}), how);
    CHECK(can_connect(where, AF_UNIX));
    CHECK(at.files() == 1);
  }
  SUBCASE("trying leaves the one that serves") {
    CHECK(try_bind(model_of({bind}), {}).empty());
    CHECK(can_connect(where, AF_UNIX));
    CHECK(at.files() == 1);
  }
  SUBCASE("a failure leaves the one that serves") {
    bind.user = "no-such-user-here";
    const opened_sockets second = open_listening(model_of({bind}), {});
    REQUIRE(second.failures.size() == 1);
    CHECK(second.failures[0].id == "unknown-user");
    CHECK(can_connect(where, AF_UNIX));
    CHECK(at.files() == 1);
  }
}

TEST_CASE("a socket file that another process serves is replaced only when that process is taken over") {
  const scratch at;
  proxy::bind_settings bind;
  bind.path = at.file("live.sock");
  const raw_address where = *sockaddr_of_path(bind.path, false);
  int ready[2];
  REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
  const pid_t other = fork();
  if (other == 0) {
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    const bool listens = ::bind(fd, where.data(), where.length) == 0 && listen(fd, 4) == 0;
    if (write(ready[1], "x", 1) != 1 || !listens) _exit(1);
    while (true) pause();
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);

  const opened_sockets refused = open_listening(model_of({bind}), {});
  REQUIRE(refused.failures.size() == 1);
  CHECK(refused.failures[0].id == "address-in-use");
  CAPTURE(refused.failures[0].message);
  CHECK(refused.failures[0].message.find(fmt::format("for [{}], served by process {} (", bind.path, other)) != std::string::npos);
  CHECK(refused.failures[0].help.find("-sf") == std::string::npos);
  CHECK(try_bind(model_of({bind}), {}).size() == 1);
  listening_options how;
  how.taking_over = true;
  how.older = {1};  // somebody else: its parent is not this one's
  CHECK(open_listening(model_of({bind}), how).failures.size() == (getpid() == 1 ? 0 : 1));
  how.older = {other};
  opened_sockets taken = open_listening(model_of({bind}), how);
  REQUIRE(taken.ok());
  CHECK(taken.put_files_in_place().empty());
  CHECK(owner_of_file(bind.path)->pid == getpid());
  kill(other, SIGKILL);
  waitpid(other, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
  taken.sockets.clear();
  CHECK_FALSE(owner_of_file(bind.path).has_value());
  CHECK(open_listening(model_of({bind}), {}).ok());
  CHECK(at.files() == 1);
}

TEST_CASE("an older process's only socket is shared by all workers of the new one") {
  // As -dR opens it: nobody else can bind its address.
  struct row {
    bool reuse_port;
    unsigned workers;
  };
  for (const row& one : {row{true, 3}, row{false, 3}, row{true, 1}}) {
    CAPTURE(one.workers);
    int ready[2];
    REQUIRE(pipe2(ready, O_CLOEXEC) == 0);
    const pid_t other = fork();
    if (other == 0) {
      listening_options alone;
      alone.reuse_port = false;
      const opened_sockets mine = open_listening(model_of({tcp("127.0.0.1", 0)}), alone);
      const std::uint16_t port = mine.ok() ? mine.sockets[0].at.port : 0;
      if (write(ready[1], &port, sizeof port) != sizeof port) _exit(1);
      while (true) pause();
    }
    std::uint16_t port = 0;
    REQUIRE(read(ready[0], &port, sizeof port) == sizeof port);
    close(ready[0]);
    close(ready[1]);
    REQUIRE(port != 0);
    listening_options how;
    how.taking_over = true;
    how.reuse_port = one.reuse_port;
    how.workers = one.workers;
    how.older = {other};
    const opened_sockets opened = open_listening(model_of({tcp("127.0.0.1", port)}), how);
    CAPTURE(opened.failures.size() == 1 ? opened.failures[0].message : "");
    CHECK(opened.ok());
    CHECK(opened.sockets.size() == one.workers);
    CHECK_FALSE(opened.asked_older);
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
  }
}

TEST_CASE("socket files that cannot be") {
  const scratch at;
  std::ofstream(at.file("precious")) << "data";
  struct row {
    std::string path;
    std::string message, help;
  };
  const row rows[] = {
      {at.file("precious"), "not a socket", "remove the file"},
      {at.file("no/such/s"), "No such file or directory", "directory does not exist"},
      {at.file(std::string(100, 'x')), "File name too long", "bytes"},
  };
  for (const row& one : rows) {
    proxy::bind_settings bind;
    bind.path = one.path;
    const proxy::model model = model_of({bind});
    const opened_sockets opened = open_listening(model, {});
    REQUIRE(opened.failures.size() == 1);
    CAPTURE(opened.failures[0].message);
    CHECK(opened.failures[0].message.find(one.message) != std::string::npos);
    CHECK(opened.failures[0].help.find(one.help) != std::string::npos);
    CHECK(try_bind(model, {}).size() == 1);
    CHECK(at.files() == 1);
  }
}

TEST_CASE("abstract names") {
  proxy::bind_settings bind;
  bind.path = "ringway-test-" + std::to_string(getpid());
  bind.abstract = true;
  const opened_sockets opened = open_listening(model_of({bind}), {});
  REQUIRE(opened.ok());
  CHECK(opened.sockets[0].at.kind == family::abstract);
  CHECK(can_connect(*sockaddr_of_path(bind.path, true), AF_UNIX));
  const opened_sockets again = open_listening(model_of({bind}), {});
  REQUIRE(again.failures.size() == 1);
  CHECK(again.failures[0].id == "address-in-use");
  CHECK(again.failures[0].message.find("[abns@" + bind.path + "]") != std::string::npos);
}

TEST_CASE("inherited descriptors") {
  const raw_address any = raw(*parse_ip("127.0.0.1"));
  const owned_fd listening(socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(bind(listening.native(), any.data(), any.length) == 0);
  REQUIRE(listen(listening.native(), 5) == 0);
  proxy::bind_settings inherited;
  inherited.fd = listening.native();

  SUBCASE("one number in two binds, for two workers") {
    listening_options how;
    how.workers = 2;
    const opened_sockets opened = open_listening(model_of({inherited, inherited}), how);
    REQUIRE(opened.ok());
    REQUIRE(opened.sockets.size() == 4);
    for (const listening_socket& each : opened.sockets) {
      CHECK(ready_for_use(each.fd.native()));
      CHECK(each.fd.native() != listening.native());
      CHECK(can_connect(raw(each.at), AF_INET));
    }
    CHECK(try_bind(model_of({inherited}), {}).empty());
    CHECK(fcntl(listening.native(), F_GETFD) == FD_CLOEXEC);
  }
  SUBCASE("bound but not listening yet") {
    const owned_fd bound_only(socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(bind(bound_only.native(), any.data(), any.length) == 0);
    inherited.fd = bound_only.native();
    const opened_sockets opened = open_listening(model_of({inherited}), {});
    REQUIRE(opened.ok());
    CHECK(ready_for_use(opened.sockets[0].fd.native()));
  }
  SUBCASE("what is refused") {
    const owned_fd datagram(socket(AF_INET, SOCK_DGRAM, 0)), unbound(socket(AF_INET, SOCK_STREAM, 0)),
        plain(open("/dev/null", O_RDONLY)), connected(socket(AF_INET, SOCK_STREAM, 0));
    raw_address to;
    to.length = sizeof to.storage;
    getsockname(listening.native(), to.data(), &to.length);
    REQUIRE(connect(connected.native(), to.data(), to.length) == 0);
    struct row {
      int fd;
      const char* message;
    };
    const row rows[] = {{datagram.native(), "not a stream socket"},
                        {unbound.native(), "not bound"},
                        {plain.native(), "not a socket"},
                        {connected.native(), "a connection"},
                        {987654, "Bad file descriptor"}};
    for (const row& one : rows) {
      inherited.fd = one.fd;
      const opened_sockets opened = open_listening(model_of({inherited}), {});
      REQUIRE(opened.failures.size() == 1);
      CAPTURE(opened.failures[0].message);
      CHECK(opened.failures[0].id == "bad-descriptor");
      CHECK(opened.failures[0].message.find(one.message) != std::string::npos);
      CHECK(try_bind(model_of({inherited}), {}).size() == 1);
    }
  }
}

TEST_CASE("names of binds") {
  proxy::bind_settings bind;
  bind.host = "edge.test";
  bind.at.port = 0;
  listening_options how;
  how.resolve = [](const std::string& host) -> std::optional<address> {
    if (host != "edge.test") return std::nullopt;
    return parse_ip("127.0.0.1");
  };
  const opened_sockets opened = open_listening(model_of({bind}), how);
  REQUIRE(opened.ok());
  CHECK(opened.sockets[0].at.host_text() == "127.0.0.1");
  bind.host = "other.test";
  const opened_sockets bad = open_listening(model_of({bind}), how);
  REQUIRE(bad.failures.size() == 1);
  CHECK(bad.failures[0].id == "unresolved-bind");
  CHECK(bad.failures[0].help.find("--resolve other.test:ADDRESS") != std::string::npos);
}

TEST_CASE("an interface that is not there") {
  proxy::bind_settings bind = tcp("127.0.0.1", 0);
  bind.interface = "no-such-if0";
  const opened_sockets opened = open_listening(model_of({bind}), {});
  REQUIRE(opened.failures.size() == 1);
  CHECK(opened.failures[0].message.find("'no-such-if0'") != std::string::npos);
}

TEST_CASE("backlog") {
  struct row {
    int of_bind, of_section;
    unsigned maxconn_bind;
    std::optional<unsigned> maxconn_section;
    unsigned process;
    int means;
  };
  const row rows[] = {
      {5, 6, 7, 8, 9, 5},
      {0, 6, 7, 8, 9, 6},
      {0, 0, 7, 8, 9, 7},
      {0, 0, 0, 8, 9, 8},
      {0, 0, 0, std::nullopt, 9, 9},
      {0, 0, 0, std::nullopt, 0, 1024},
      {0, 0, 0, 4294967295U, 9, 1 << 30},
  };
  for (const row& one : rows) {
    proxy::bind_settings bind;
    bind.backlog = one.of_bind;
    bind.maxconn = one.maxconn_bind;
    proxy::section_settings section;
    section.backlog = one.of_section;
    section.maxconn = one.maxconn_section;
    CHECK(effective_backlog(bind, section, one.process) == one.means);
  }
}

TEST_CASE("who listens, from the kernel's tables") {
  const std::string v4 =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 "
      "100 0\n"
      "   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0 "
      "100 0\n"
      "   2: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 "
      "100 0\n"
      "broken line\n";
  const std::string v6 =
      "  sl  local_address remote_address st\n"
      "   0: 00000000000000000000000000000000:0051 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 "
      "201 1\n"
      "   1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 "
      "202 1\n"
      "   2: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 "
      "203 1\n";
  struct row {
    bool table_is_v6;
    std::string_view host;
    std::uint16_t port;
    bool both;
    std::vector<unsigned long> inodes;
  };
  const row rows[] = {
      {false, "127.0.0.1", 8080, false, {101}},
      {false, "127.0.0.2", 8080, false, {}},
      {false, "0.0.0.0", 8080, false, {101}},
      {false, "127.0.0.1", 80, false, {102}},
      {false, "::", 80, false, {}},
      {false, "::", 80, true, {102}},
      {false, "::1", 80, true, {}},
      {true, "::1", 8080, false, {202}},
      {true, "::2", 8080, false, {}},
      {true, "::", 8080, false, {202}},
      {true, "::2", 81, false, {201}},
      {true, "127.0.0.1", 81, false, {201}},
      {true, "127.0.0.1", 8080, false, {}},
      {true, "127.0.0.1", 8081, false, {203}},
      {true, "127.0.0.2", 8081, false, {}},
  };
  for (const row& one : rows) {
    address at = *parse_ip(one.host);
    at.port = one.port;
    CAPTURE(at.text());
    CHECK(listening_inodes(one.table_is_v6 ? v6 : v4, one.table_is_v6, at, one.both) == one.inodes);
  }
  CHECK(listening_inodes("", false, *parse_ip("127.0.0.1"), false).empty());
}

#include "app/about.hpp"

#include <fmt/format.h>
#include <link.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <boost/version.hpp>
#include <thread>

namespace ringway::app {
namespace {

// Only what is really there; a claim that is not true is found out by -cc feature(...).
constexpr feature feature_table[] = {
    {"51DEGREES", false}, {"ACCEPT4", true}, {"ACME", false}, {"BACKTRACE", false}, {"CLOSEFROM", false},
    {"CPU_AFFINITY", false}, {"CRYPT_H", false}, {"DEVICEATLAS", false}, {"DL", false}, {"ECH", false},
    {"ENGINE", false}, {"EPOLL", true}, {"EVPORTS", false}, {"FCGI", false}, {"GETADDRINFO", true},
    {"H2", false}, {"HAVE_TCP_MD5SIG", false}, {"KQUEUE", false}, {"KTLS", false}, {"LIBATOMIC", false},
    {"LIBCRYPT", false}, {"LINUX_CAP", false}, {"LINUX_SPLICE", true}, {"LINUX_TPROXY", false},
    {"LUA", false}, {"MATH", false}, {"MEMORY_PROFILING", false}, {"NETFILTER", false}, {"NS", false},
    {"OBSOLETE_LINKER", false}, {"OPENSSL", false}, {"OPENSSL_AWSLC", false}, {"OPENSSL_WOLFSSL", false},
    {"OT", false}, {"PCRE", false}, {"PCRE2", true}, {"PCRE2_JIT", true}, {"PCRE_JIT", false},
    {"POLL", false}, {"PRCTL", false}, {"PROCCTL", false}, {"PROMEX", false}, {"PTHREAD_EMULATION", false},
    {"QUIC", false}, {"QUIC_OPENSSL_COMPAT", false}, {"RT", false}, {"SHM_OPEN", false}, {"SLZ", false},
    {"SPOE", false}, {"SSL", false}, {"STATIC_PCRE", false}, {"STATIC_PCRE2", false}, {"SYSTEMD", true},
    {"TFO", false}, {"THREAD", true}, {"THREAD_DUMP", false}, {"TPROXY", false}, {"TRACE", false},
    {"WURFL", false}, {"ZLIB", false},
};

constexpr std::string_view algorithm_table[] = {"roundrobin", "static-rr", "leastconn", "first",    "random",
                                                "source",     "uri",       "url_param", "hdr(NAME)"};

std::string_view compiler() {
#if defined(__clang__)
  return "clang " __clang_version__;
#elif defined(__GNUC__)
  return "gcc " __VERSION__;
#else
  return "unknown";
#endif
}

constexpr std::string_view build_kind() {
#ifdef NDEBUG
  return "release";
#else
  return "debug";
#endif
}

std::string_view sanitizers() {
#if defined(__SANITIZE_ADDRESS__)
  return "address";
#elif defined(__SANITIZE_THREAD__)
  return "thread";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return "address";
#elif __has_feature(thread_sanitizer)
  return "thread";
#else
  return "none";
#endif
#else
  return "none";
#endif
}

}  // namespace

std::span<const feature> features() { return feature_table; }
std::span<const std::string_view> balance_algorithms() { return algorithm_table; }

std::string_view program_name(std::string_view argv0) {
  const std::size_t slash = argv0.rfind('/');
  if (slash != std::string_view::npos) argv0.remove_prefix(slash + 1);
  return argv0.empty() ? std::string_view("ringway") : argv0;
}

std::string version_only() { return fmt::format("{}-ringway-{}", haproxy_version, RINGWAY_VERSION); }

std::string product_text() { return fmt::format("ringway {}", RINGWAY_VERSION); }

// From the build (CMakeLists.txt), so that the same source says the same.
std::string release_date() { return RINGWAY_RELEASE_DATE; }

std::string version_text(std::string_view program) {
  if (program.starts_with("haproxy")) {
    return fmt::format(
        "HAProxy version {}\nStatus: this is ringway {}, a proxy of its own that reads HAProxy {} "
        "configurations.\n",
        version_only(), RINGWAY_VERSION, haproxy_branch);
  }
  return fmt::format("ringway version {} - HAProxy {} compatible\n", RINGWAY_VERSION, haproxy_branch);
}

std::string build_text(std::string_view program) {
  std::string out = version_text(program);
  // Whoever asks for all of it gets HAProxy's first line too: its test runner greps it under any name.
  if (!program.starts_with("haproxy")) out += fmt::format("HAProxy version {} (claimed)\n", version_only());
  utsname system{};
  if (uname(&system) == 0) {
    out += fmt::format("Running on: {} {} {} {}\n", system.sysname, system.release, system.version,
                       system.machine);
  }
  out += fmt::format(
      "Build options :\n  TARGET  = linux-glibc\n  CC      = {}\n  KIND    = {}\n  SANITIZER = {}\n",
      compiler(), build_kind(), sanitizers());
  out += "\nFeature list :";
  for (const feature& one : features()) out += fmt::format(" {}{}", one.present ? '+' : '-', one.name);
  out += "\n\nDefault settings :\n  bufsize = 16384, maxrewrite = 1024\n\n";
  out += fmt::format("Built with multi-threading support (default={}).\n",
                     std::max(1U, std::thread::hardware_concurrency()));
  out += fmt::format("Built with Boost version : {}.{}.{}\n", BOOST_VERSION / 100000,
                     BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  out += fmt::format("Built with fmt version : {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                     FMT_VERSION % 100);
  out +=
      "\nAvailable polling systems :\n      epoll : pref=300,  test result OK\n"
      "Total: 1 (1 usable), will use epoll.\n";
  out += "\nAvailable balance algorithms :";
  for (const std::string_view one : balance_algorithms()) out += fmt::format(" {}", one);
  out += "\n";
  return out;
}

std::string loaded_files() {
  std::string out;
  char self[4096];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof self);
  if (length > 0) out.assign(self, static_cast<std::size_t>(length)).push_back('\n');
  dl_iterate_phdr(
      [](dl_phdr_info* one, std::size_t, void* into) {
        // The program itself has no name here; neither has the kernel's page a path.
        const std::string_view name = one->dlpi_name;
        if (name.starts_with('/')) static_cast<std::string*>(into)->append(name).push_back('\n');
        return 0;
      },
      &out);
  return out;
}

config::build_facts facts_for_conditions(bool reuse_port, bool splice) {
  config::build_facts out;
  out.version = haproxy_version;
  for (const feature& one : features()) {
    if (one.present) out.features.emplace_back(one.name);
  }
  out.enabled = {"EPOLL", "GETADDRINFO"};
  if (reuse_port) out.enabled.emplace_back("REUSEPORT");
  if (splice) out.enabled.emplace_back("SPLICE");
  return out;
}

}  // namespace ringway::app

#include "app/tools.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <system_error>

#include "app/about.hpp"
#include "app/load.hpp"
#include "base/text.hpp"
#include "io/resolver.hpp"
#include "servers/names.hpp"

namespace ringway::app {
namespace {

std::string reason() { return std::generic_category().message(errno); }

bool placed_by_address(const servers::settings& one) {
  return one.hash_key == balance::hash_key::addr || one.hash_key == balance::hash_key::addr_port;
}

std::string shortened(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 60)) out += static_cast<unsigned char>(c) < 32 || c == 127 ? '?' : c;
  return text.size() > 60 ? out + "..." : out;
}

}  // namespace

bool read_configuration(std::vector<std::string> files, std::span<const std::string> resolve, configuration& out) {
  if (files.empty()) {
    for (const std::string_view path : conventional_files)
      if (files.empty() && access(std::string(path).c_str(), F_OK) == 0) files.emplace_back(path);
    if (files.empty()) {
      std::fputs("ringway: no configuration: -f FILE names it\n", stderr);
      return false;
    }
  }
  io::fixed_names fixed;
  for (const std::string& word : resolve)
    if (!fixed.add(word)) {
      std::fprintf(stderr, "ringway: --resolve '%s' is not understood: expected HOST:ADDRESS\n", word.c_str());
      return false;
    }
  load_options what;
  what.files = std::move(files);
  what.facts = facts_for_conditions();
  config::environment variables = config::environment::of_process();
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  variables.preset("HOSTNAME", name);
  variables.set("HAPROXY_LOCALPEER", name);
  variables.set("HAPROXY_MWORKER", "0");
  {
    const progress shown("ringway", "reading the configuration");
    out.model = load(what, variables, out.sources, out.report);
  }
  if (out.report.failed()) {
    config::render_options how;
    how.colour = colours(STDERR_FILENO);
    how.width = stderr_width();
    how.program = "ringway";
    how.pid = static_cast<int>(getpid());
    const std::string text = config::render_text(out.report, out.sources, how);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return false;
  }
  for (auto& section : out.model.sections) {
    for (auto& server : section.servers)
      if (const auto* found = server.host.empty() ? nullptr : fixed.find(server.host)) server.found = found->front();
    // Only then does it matter where a server is: its address is what places it.
    if (std::any_of(section.servers.begin(), section.servers.end(), placed_by_address))
      servers::names::start(section.name, section.servers, [&](const std::string& host) { return io::resolve_now(host, fixed); });
  }
  return true;
}

bool is_configuration(const std::string& word) {
  struct stat facts {};
  return word.ends_with(".cfg") || (stat(word.c_str(), &facts) == 0 && S_ISREG(facts.st_mode));
}

line_source::~line_source() {
  if (fd_ > STDIN_FILENO) close(fd_);
}

bool line_source::open(const std::string& path, std::string& why) {
  name_ = path == "-" ? "standard input" : path;
  fd_ = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (fd_ < 0 || fstat(fd_, &facts) != 0) {
    why = fmt::format("cannot read '{}': {}", path, reason());
    return false;
  }
  if (S_ISDIR(facts.st_mode)) {
    why = fmt::format("cannot read '{}': it is a directory", path);
    return false;
  }
  if (S_ISREG(facts.st_mode)) size_ = static_cast<std::uint64_t>(facts.st_size);
  buffer_.resize(std::size_t{1} << 20);
  return true;
}

bool line_source::fill() {
  if (ended_) return false;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());  // one line longer than all of it
  ssize_t n = 0;
  do n = read(fd_, buffer_.data() + end_, buffer_.size() - end_);
  while (n < 0 && errno == EINTR);
  if (n < 0) failure_ = fmt::format("cannot read {}: {}", name_, reason());
  if (n <= 0) {
    ended_ = true;
    return false;
  }
  end_ += static_cast<std::size_t>(n);
  read_ += static_cast<std::uint64_t>(n);
  return true;
}

bool line_source::next(std::string_view& line) {
  std::size_t searched = begin_;
  for (;;) {
    if (const void* found = std::memchr(buffer_.data() + searched, '\n', end_ - searched)) {
      const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
      line = {buffer_.data() + begin_, at - begin_};
      begin_ = at + 1;
      ++number_;
      return true;
    }
    const std::size_t had = end_ - begin_;
    if (!fill()) {
      if (had == 0) return false;
      line = {buffer_.data() + begin_, had};
      begin_ = end_;
      ++number_;
      return true;
    }
    searched = begin_ + had;
  }
}

double line_source::progress() const {
  return size_ == 0 ? -1 : static_cast<double>(read_) / static_cast<double>(size_);
}

bool answer::flush() {
  std::size_t done = 0;
  while (!broken_ && done < buffer_.size()) {
    const ssize_t n = write(STDOUT_FILENO, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) broken_ = true;
    if (n > 0) done += static_cast<std::size_t>(n);
  }
  buffer_.clear();
  return !broken_;
}

void malformed::add(std::string_view file, std::uint64_t line, std::string_view why, std::string_view text) {
  if (++count_ <= named) complain(subcommand_, fmt::format("{}, line {}: {}: {}", file, line, why, shortened(text)));
}

void malformed::sum_up(std::string_view of) const {
  if (count_ == 0) return;
  complain(subcommand_, fmt::format("{} {}{}", count_, of,
                                    count_ > named ? fmt::format(" (the first {} are named above)", named) : ""));
}

bool write_file(const std::string& path, std::string_view text, std::string& why) {
  std::FILE* out = path == "-" ? stdout : std::fopen(path.c_str(), "wb");
  bool good = out != nullptr && std::fwrite(text.data(), 1, text.size(), out) == text.size();
  if (out != nullptr && out != stdout) good = std::fclose(out) == 0 && good;
  if (!good) why = fmt::format("cannot write '{}': {}", path, reason());
  return good;
}

bool colours(int fd) {
  const char* term = std::getenv("TERM");
  const char* no = std::getenv("NO_COLOR");
  return isatty(fd) != 0 && (no == nullptr || *no == '\0') && term != nullptr && std::strcmp(term, "dumb") != 0;
}

unsigned columns(int fd) {
  unsigned out = 0;
  if (const char* said = std::getenv("COLUMNS"); said != nullptr) {
    const char* const end = said + std::strlen(said);
    if (const auto [at, error] = std::from_chars(said, end, out); error == std::errc{} && at == end && out > 0) return std::max(out, 40u);
  }
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return std::max<unsigned>(size.ws_col, 40);
  return 80;
}

}  // namespace ringway::app

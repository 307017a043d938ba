// Lines on stderr as HAProxy writes them, broken between words where they are read: on a terminal. What reads a pipe finds
// each in one line.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "app/supervisor.hpp"
#include "app/tools.hpp"
#include "base/columns.hpp"

namespace ringway::app {

std::size_t stderr_width() { return isatty(STDERR_FILENO) != 0 ? columns(STDERR_FILENO) : 0; }

void say(std::string_view severity, std::string_view text) {
  const std::string begin = fmt::format("{:<10} ({}) : ", fmt::format("[{}]", severity), getpid());
  const std::string line = begin + wrapped(text, begin.size(), 4, stderr_width()) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void say_help(std::string_view text) {
  if (text.empty()) return;
  const std::string line = "           help: " + wrapped(text, 17, 17, stderr_width()) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace ringway::app

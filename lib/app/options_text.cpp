// --help, from the table of options.
#include <fmt/format.h>

#include "app/options.hpp"
#include "app/subcommands.hpp"
#include "base/columns.hpp"

namespace ringway::app {
namespace {

constexpr std::size_t help_column = 27;
constexpr std::size_t help_width = 80;

std::string left_side(const option_row& row) {
  std::string out(row.spellings);
  if (row.argument.empty()) return out;
  if (row.takes != option_takes::rest) out += ' ';
  out += row.argument;
  return out;
}

// Rows that --help shows together with another one to stay on a screen.
bool folded(const option_row& row) {
  return row.kind == option_kind::without_effect || row.spellings.starts_with("-vq") ||
         row.spellings == "-d" || row.spellings == "-st" || row.spellings == "-Ws" || row.spellings == "-V" ||
         row.spellings == "-dL" || row.spellings == "--" || row.spellings == "-x" || row.spellings == "-dr" ||
         row.spellings == "-dS";
}

}  // namespace

std::string help_text(std::string_view program) {
  std::string out =
      fmt::format("usage: {} -f FILE|DIR... [option]...   HAProxy's options and ours:\n", program);
  std::string tools;
  for (const subcommand* row : subcommands()) tools += (tools.empty() ? "" : "|") + std::string(row->name);
  if (!tools.empty())
    out += fmt::format("       {} {} ...   explained by {} NAME --help\n", program, tools, program);
  for (const option_row& row : option_table()) {
    if (folded(row)) continue;
    out += fmt::format("  {:<{}} {}\n", left_side(row), help_column - 3, row.help);
  }
  std::string quiet =
      "As -sf, at once: -st. Sockets of a process: -x. As -W for systemd: -Ws. Undo -q: -V. Libraries: -dL. Never splice: -dS. "
      "Names need not resolve: -dr (here always). Files only: --. Without -f only process 1 of a container starts. Taken "
      "without effect:";
  for (const option_row& row : option_table()) {
    if (row.kind == option_kind::without_effect) quiet += " " + std::string(row.spellings);
  }
  out += wrapped(quiet, 0, 0, help_width) + "\n";
  return out;
}

}  // namespace ringway::app

// What is printed from the table of options: --help, the manual page, the shell completion.
#include <fmt/format.h>

#include <algorithm>

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
         row.spellings == "-dL" || row.spellings == "--" || row.spellings == "-x";
}

// A hyphen that is typed must be a minus in roff; a leading dot or quote would be a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string capital(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') out.front() = static_cast<char>(out.front() - 32);
  return out;
}

void roff_options(std::string& out, bool with_effect) {
  for (const option_row& row : option_table()) {
    if ((row.kind != option_kind::without_effect) != with_effect) continue;
    std::string heading;
    for (const std::string_view spelling : spellings_of(row)) {
      if (!heading.empty()) heading += ", ";
      heading += "\\fB" + roff(spelling) + "\\fR";
    }
    if (!row.argument.empty()) {
      heading += (row.takes == option_takes::rest ? "\\fI" : " \\fI") + roff(row.argument) + "\\fR";
    }
    out += ".TP\n" + heading + "\n" + roff(capital(row.help)) + ".\n";
    if (!row.detail.empty()) out += roff(row.detail) + "\n";
    if (row.kind == option_kind::ours) out += "Not known to HAProxy.\n";
  }
}

void roff_subcommands(std::string& out) {
  if (subcommands().empty()) return;
  out += ".SH SUBCOMMANDS\nA name as the first word does something else than being a proxy. Not known to HAProxy.\n";
  for (const subcommand* row : subcommands()) {
    out += ".SS \"ringway " + std::string(row->name) + " " + roff(row->usage) + "\"\n";
    out += capital(row->summary) + ".\n" + roff(row->detail) + "\n";
    for (const subcommand_option& one : row->options) {
      out += ".TP\n\\fB" + roff(one.spellings) + "\\fR";
      if (!one.argument.empty()) out += " \\fI" + roff(one.argument) + "\\fR";
      out += "\n" + roff(capital(one.help)) + ".\n";
    }
    out += ".PP\n" + roff(row->statuses) + "\n";
  }
}

// One function per subcommand would be more: the words of all options, and names of files otherwise.
std::string completion_of_subcommands() {
  std::string out;
  for (const subcommand* row : subcommands()) {
    std::string words = "--help";
    for (const subcommand_option& one : row->options)
      words += " " + std::string(one.spellings.substr(0, one.spellings.find(',')));
    out += fmt::format("    {}) [[ $word == -* ]] && mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\") || "
                       "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); return ;;\n",
                       row->name, words);
  }
  return out;
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
      "As -sf, at once: -st. Sockets of a process: -x. As -W for systemd: -Ws. Undo -q: -V. Libraries: -dL. Files only: --. "
      "Without -f only a container's process 1 starts: " +
      std::string(conventional_files[0]) + ", else " + std::string(conventional_files[1]) + ". Taken without effect:";
  for (const option_row& row : option_table()) {
    if (row.kind == option_kind::without_effect) quiet += " " + std::string(row.spellings);
  }
  out += wrapped(quiet, 0, 0, help_width) + "\n";
  return out;
}

std::string manual_page() {
  std::string out =
      ".\\\" Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.\n"
      ".TH RINGWAY 1 \"\" \"ringway " RINGWAY_VERSION
      "\" \"User commands\"\n"
      ".SH NAME\n"
      "ringway \\- reverse proxy and load balancer that reads HAProxy's configuration\n"
      ".SH SYNOPSIS\n"
      ".B ringway\n"
      "[\\fB\\-f\\fR \\fIFILE\\fR|\\fIDIR\\fR]... [\\fIoption\\fR]...\n"
      ".SH DESCRIPTION\n"
      "Accepts connections and HTTP requests, chooses a server for each and forwards both ways. The "
      "configuration\n"
      "file, the options, the log lines and the choice of servers are those of HAProxy; called by the name\n"
      ".I haproxy\n"
      "it presents itself as such.\n"
      ".SH OPTIONS\n";
  roff_options(out, true);
  out += ".SH OPTIONS WITHOUT EFFECT\nAccepted so that scripts written for HAProxy keep working.\n";
  roff_options(out, false);
  roff_subcommands(out);
  out += ".SH SIGNALS\n";
  struct signal_row {
    std::string_view name, meaning;
  };
  constexpr signal_row signals[] = {
      {"SIGTERM, SIGINT", "Stop at once; connections are closed."},
      {"SIGUSR1", "Stop listening, finish what is under way, then leave."},
      {"SIGTTOU", "Let go of the addresses, as a new process asks for that cannot bind them; connections go on."},
      {"SIGTTIN", "Listen again."},
      {"SIGHUP", "Tell the states of servers on standard error. With -W or -Ws the same as SIGUSR2."},
      {"SIGUSR2", "Without -W or -Ws: ignored. With: a reload is asked for, which is refused in words; a new "
                  "configuration is taken by a restart, or by a new process with -sf."},
      {"SIGQUIT", "Give unused memory back to the system."},
      {"SIGPIPE, SIGALRM", "Ignored."},
  };
  for (const signal_row& row : signals) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", row.name, roff(row.meaning));
  }
  out += ".SH EXIT STATUS\n";
  constexpr signal_row statuses[] = {
      {"0", "The configuration is valid; the work is done; the proxy stopped as asked by SIGUSR1."},
      {"1", "The command line or the configuration is wrong, or the proxy could not start. With -cc: false."},
      {"2", "With -c: valid, but there is nothing to listen on. With -cc: the condition is not understood."},
      {"130",
       "With -W or -Ws: interrupted by SIGINT; after SIGTERM it is 0. Without, the process dies of SIGINT and of SIGTERM, "
       "of which a shell makes 130 and 143."},
  };
  for (const signal_row& row : statuses) {
    out += fmt::format(".TP\n\\fB{}\\fR\n{}\n", row.name, roff(row.meaning));
  }
  out += ".SH FILES\n";
  for (const std::string_view path : conventional_files) out += ".TP\n.I " + std::string(path) + "\n";
  out += "Read when no file is named, the first that exists, by process 1 of a container only.\n";
  out += ".SH ENVIRONMENT\n.TP\n.B NOTIFY_SOCKET\nWhere \\fB\\-Ws\\fR says that the proxy is ready.\n";
  return out;
}

std::string bash_completion() {
  std::string all, files, directories, nothing, names;
  for (const subcommand* row : subcommands()) names += (names.empty() ? "" : " ") + std::string(row->name);
  for (const option_row& row : option_table()) {
    for (const std::string_view spelling : spellings_of(row)) {
      if (spelling == "--") continue;
      all += (all.empty() ? "" : " ") + std::string(spelling);
      std::string* kind = nullptr;
      if (row.argument.starts_with("FILE") || row.argument == "SOCKET")
        kind = &files;
      else if (row.argument == "DIR")
        kind = &directories;
      else if (row.takes == option_takes::next && row.argument != "text|json")
        kind = &nothing;
      if (kind != nullptr && row.takes == option_takes::next) {
        *kind += (kind->empty() ? "" : "|") + std::string(spelling);
      }
    }
  }
  return fmt::format(
      R"bash(# Completion for bash; source it, or put it into /usr/share/bash-completion/completions as ringway.
# Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.
_ringway() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  COMPREPLY=()
  if [[ $COMP_CWORD -gt 1 ]]; then case ${{COMP_WORDS[1]}} in
{}  esac; fi
  case $before in
    {})
      mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
    {})
      mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
    --diagnostics)
      mapfile -t COMPREPLY < <(compgen -W "text json" -- "$word"); return ;;
    -sf|-st)
      mapfile -t COMPREPLY < <(compgen -W "$(pidof ringway haproxy)" -- "$word"); return ;;
    {})
      return ;;
  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "{}" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "{}" -- "$word")); fi
  fi
}}
complete -o filenames -F _ringway ringway
)bash",
      completion_of_subcommands(), files, directories, nothing, all, names);
}

}  // namespace ringway::app

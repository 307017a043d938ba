// Completions of three shells from the tables of options and subcommands.
#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.hpp"
#include "app/subcommands.hpp"

namespace ringway::app {
namespace {

constexpr std::string_view generated = "# Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.\n";

enum class completes : std::uint8_t { files, directories, words, processes, nothing };

struct kind_of_value {
  completes what = completes::nothing;
  std::string_view words{};
};

// What may stand behind an option whose table row says `argument`.
kind_of_value kind_of(std::string_view argument) {
  if (argument.starts_with("FILE") || argument == "SOCKET") return {completes::files, {}};
  if (argument == "DIR") return {completes::directories, {}};
  if (argument == "text|json") return {completes::words, "text json"};
  if (argument == "KIND") return {completes::words, "auto uri address common combined httplog"};
  if (argument == "PID...") return {completes::processes, {}};
  return {};
}

// One option of either table.
struct entry {
  std::vector<std::string_view> spellings;
  std::string_view argument, help;
  option_takes takes = option_takes::nothing;
};

std::vector<entry> entries() {
  std::vector<entry> out;
  for (const option_row& row : option_table())
    if (row.spellings != "--") out.push_back({spellings_of(row), row.argument, row.help, row.takes});
  return out;
}

std::vector<entry> entries(const subcommand& of) {
  std::vector<entry> out;
  for (const subcommand_option& row : of.options) {
    entry one{{}, row.argument, row.help, row.argument.empty() ? option_takes::nothing : option_takes::next};
    const std::size_t comma = row.spellings.find(", ");
    one.spellings.push_back(row.spellings.substr(0, comma));
    if (comma != std::string_view::npos) one.spellings.push_back(row.spellings.substr(comma + 2));
    out.push_back(std::move(one));
  }
  out.push_back({{"--help", "-h"}, {}, "this text", option_takes::nothing});
  return out;
}

std::string names_of_subcommands(std::string_view between) {
  std::string out;
  for (const subcommand* row : subcommands()) out.append(out.empty() ? "" : between).append(row->name);
  return out;
}

// ---- bash

std::string bash_values(const std::vector<entry>& all, std::string_view indent) {
  std::string out;
  const auto row = [&](const std::string& spellings, std::string_view action) {
    if (!spellings.empty()) out += fmt::format("{0}{1})\n{0}  {2}return ;;\n", indent, spellings, action);
  };
  std::string files, directories, nothing;
  for (const entry& each : all) {
    if (each.takes != option_takes::next && each.takes != option_takes::all_plain) continue;
    std::string names;
    for (const std::string_view spelling : each.spellings) names.append(names.empty() ? "" : "|").append(spelling);
    const kind_of_value kind = kind_of(each.argument);
    const auto add = [&names](std::string& to) { to += (to.empty() ? "" : "|") + names; };
    if (kind.what == completes::files) add(files);
    if (kind.what == completes::directories) add(directories);
    if (kind.what == completes::nothing) add(nothing);
    if (kind.what == completes::words) row(names, fmt::format("mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\"); ", kind.words));
    if (kind.what == completes::processes) row(names, "mapfile -t COMPREPLY < <(compgen -W \"$(pidof ringway haproxy)\" -- \"$word\"); ");
  }
  row(files, "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); ");
  row(directories, "mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); ");
  row(nothing, "");
  return out;
}

std::string words_of(const std::vector<entry>& all) {
  std::string out;
  for (const entry& each : all)
    for (const std::string_view spelling : each.spellings) out.append(out.empty() ? "" : " ").append(spelling);
  return out;
}

// ---- zsh and fish

std::string escaped(std::string_view text, std::string_view these) {
  std::string out;
  for (const char c : text) {
    if (these.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string in_quotes(std::string_view text) {  // zsh, inside '...'
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

std::string zsh_value(std::string_view argument) {
  const std::string name = escaped(argument, ":[]\\");
  const kind_of_value kind = kind_of(argument);
  switch (kind.what) {
    case completes::files: return ":" + name + ":_files";
    case completes::directories: return ":" + name + ":_files -/";
    case completes::words: return fmt::format(":{}:({})", name, kind.words);
    case completes::processes: return "::" + name + ":_pids";
    case completes::nothing: break;
  }
  return ":" + name + ":";
}

std::string zsh_arguments(const std::vector<entry>& all, std::string_view indent) {
  std::string out;
  for (const entry& each : all)
    for (const std::string_view spelling : each.spellings) {
      std::string spec = "*" + std::string(spelling);
      if (each.takes == option_takes::rest) spec += "-";
      spec += "[" + escaped(each.help, "[]\\:") + "]";
      if (each.takes == option_takes::next || each.takes == option_takes::all_plain) spec += zsh_value(each.argument);
      if (each.takes == option_takes::next_if_plain || each.takes == option_takes::rest) spec += ":" + zsh_value(each.argument);
      out += fmt::format("{}'{}' \\\n", indent, in_quotes(spec));
    }
  return out;
}

std::string fish_quoted(std::string_view text) { return "'" + escaped(text, "'\\") + "'"; }

std::string fish_lines(const std::vector<entry>& all, std::string_view condition) {
  std::string out;
  for (const entry& each : all) {
    std::string line = fmt::format("complete -c ringway -n {}", fish_quoted(condition));
    for (const std::string_view spelling : each.spellings) {
      if (spelling.starts_with("--"))
        line += fmt::format(" -l {}", spelling.substr(2));
      else
        line += fmt::format(" -{} {}", spelling.size() == 2 ? 's' : 'o', spelling.substr(1));
    }
    const kind_of_value kind = kind_of(each.argument);
    if (each.takes == option_takes::next || each.takes == option_takes::all_plain) {
      line += kind.what == completes::files ? " -r -F" : " -x";
      if (kind.what == completes::words) line += fmt::format(" -a {}", fish_quoted(kind.words));
      if (kind.what == completes::directories) line += " -a '(__fish_complete_directories)'";
      if (kind.what == completes::processes) line += " -a '(__fish_complete_pids)'";
    }
    out += line + " -d " + fish_quoted(each.help) + "\n";
  }
  return out;
}

}  // namespace

std::string bash_completion() {
  std::string tools;
  for (const subcommand* row : subcommands()) {
    const auto all = entries(*row);
    tools += fmt::format("    {}) if [[ $COMP_CWORD -gt 1 ]]; then\n      case $before in\n{}      esac\n"
                         "      if [[ $word == -* ]]; then mapfile -t COMPREPLY < <(compgen -W \"{}\" -- \"$word\")\n"
                         "      else mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); fi\n      return\n    fi ;;\n",
                         row->name, bash_values(all, "        "), words_of(all));
  }
  const auto all = entries();
  return fmt::format(
      R"bash(# Completion for bash: /usr/share/bash-completion/completions/ringway (cmake --install puts it there), or source it.
# Where haproxy is a link to ringway, link completions/haproxy to this file too: the name is completed only then.
{}_ringway() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  COMPREPLY=()
  case ${{COMP_WORDS[1]}} in
{}  esac
  case $before in
{}  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "{}" -- "$word")
  else
    mapfile -t COMPREPLY < <(compgen -f -- "$word")
    if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY+=($(compgen -W "{}" -- "$word")); fi
  fi
}}
complete -o filenames -F _ringway ringway
if [[ $(readlink -f "$(type -P haproxy)" 2>/dev/null) == */ringway ]]; then complete -o filenames -F _ringway haproxy; fi
)bash",
      generated, tools, bash_values(all, "    "), words_of(all), names_of_subcommands(" "));
}

std::string zsh_completion() {
  std::string cases, listed;
  for (const subcommand* row : subcommands()) {
    listed += fmt::format("    '{}:{}'\n", row->name, in_quotes(escaped(row->summary, ":\\")));
    cases += fmt::format("      {})\n        shift words; (( CURRENT-- ))\n        _arguments \\\n{}          '*:file:_files'\n        return ;;\n", row->name,
                         zsh_arguments(entries(*row), "          "));
  }
  return fmt::format(
      R"zsh(#compdef ringway haproxy
# Completion for zsh: a file _ringway in a directory of $fpath, such as /usr/share/zsh/site-functions (cmake --install puts
# it there). The name haproxy is completed like this only where it is a link to ringway.
{}_ringway() {{
  if [[ $service == haproxy && ${{commands[haproxy]:A:t}} != ringway ]]; then _default; return; fi
  local -a tools
  tools=(
{}  )
  if (( CURRENT > 2 )); then
    case $words[2] in
{}    esac
  elif [[ $PREFIX != -* ]]; then
    _describe -t commands 'subcommand' tools
  fi
  _arguments \
{}    '*:file:_files'
}}
_ringway "$@"
)zsh",
      generated, listed, cases, zsh_arguments(entries(), "    "));
}

std::string fish_completion() {
  std::string out = fmt::format(
      "# Completion for fish: vendor_completions.d/ringway.fish (cmake --install puts it there) or ~/.config/fish/completions.\n"
      "# Where haproxy is a link to ringway, link haproxy.fish to this file too: the name is completed only then.\n"
      "{}complete -c ringway -e\n",
      generated);
  for (const subcommand* row : subcommands())
    out += fmt::format("complete -c ringway -n __fish_use_subcommand -a {} -d {}\n", row->name, fish_quoted(row->summary));
  out += fish_lines(entries(), "not __fish_seen_subcommand_from " + names_of_subcommands(" "));
  for (const subcommand* row : subcommands()) out += fish_lines(entries(*row), fmt::format("__fish_seen_subcommand_from {}", row->name));
  out += "if set -l found (command -s haproxy); and test (basename (realpath $found)) = ringway\n"
         "    complete -c haproxy -w ringway\n"
         "end\n";
  return out;
}

}  // namespace ringway::app

#include "advice/advice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>

#include "base/text.hpp"
#include "config/lexer.hpp"
#include "config/manual.hpp"

namespace ringway::advice {
namespace {

using config::span;

// Where the comment of a line begins, from 0; npos: it has none.
std::size_t comment_at(std::string_view text) {
  const config::environment nothing;
  const config::lex_result lexed = config::lex_line(text, {nothing, 0, 1, {}, {}});
  return lexed.error || lexed.comment == 0 ? std::string_view::npos : lexed.comment - 1;
}

bool says_nothing(std::string_view text) {
  text = trim(text);
  return text.empty() || text.starts_with('#');
}

// The last line of the section that begins on `line`.
std::uint32_t end_of_section(const subject& of, std::uint32_t file, std::uint32_t line) {
  const std::uint32_t next = of.lines.next_section({file, line, 1, 0});
  return next != 0 ? next - 1 : of.sources.line_count(file);
}

bool opens_section(const subject& of, std::uint32_t file, std::uint32_t line) {
  return of.lines.at({file, line, 1, 0}) != nullptr;
}

bool silenced_by(std::span<const std::string> names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& one) { return one == name || one == "all"; });
}

}  // namespace

allowances::allowances(const subject& of) {
  for (std::uint32_t file = 0; file < of.sources.files().size(); ++file) {
    if (of.sources.text(file).find("ringway:") == std::string_view::npos) continue;
    const std::uint32_t count = of.sources.line_count(file);
    for (std::uint32_t line = 1; line <= count; ++line) {
      const std::string_view text = of.sources.line_text(file, line);
      if (text.find("ringway:") == std::string_view::npos) continue;
      std::size_t at = comment_at(text);
      if (at == std::string_view::npos) continue;
      while (at < text.size() && (text[at] == '#' || text[at] == ' ' || text[at] == '\t')) ++at;
      if (!text.substr(at).starts_with("ringway:")) continue;
      at += 8;
      // Words with their places.
      std::vector<std::pair<std::string_view, std::size_t>> words;
      while (at < text.size()) {
        const std::size_t begin = text.find_first_not_of(" \t,", at);
        if (begin == std::string_view::npos) break;
        at = std::min(text.find_first_of(" \t,", begin), text.size());
        words.emplace_back(text.substr(begin, at - begin), begin);
      }
      const auto mistake = [&](std::size_t begin, std::size_t length, std::string message, std::string help) {
        mistakes_.push_back({{file, line, static_cast<std::uint32_t>(begin + 1), static_cast<std::uint32_t>(length)},
                                std::move(message), std::move(help), {}});
      };
      if (words.empty() || (words[0].first != "allow" && words[0].first != "allow-file")) {
        const std::size_t begin = words.empty() ? text.find("ringway:") : words[0].second;
        mistake(begin, words.empty() ? 8 : words[0].first.size(), "this comment for ringway is not understood",
                "write '# ringway: allow NAME' or '# ringway: allow-file NAME'");
        continue;
      }
      range made{file, line, line, line};
      std::vector<std::string> names;
      for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view name = words[i].first;
        if (name.starts_with('(') || name.starts_with('-')) break;  // a reason for people
        if (name != "all" && find(name) == nullptr) {
          std::string help = similar(name);
          mistake(words[i].second, name.size(), fmt::format("there is no advice '{}'", name),
                  help.empty() ? "ringway --help-advice lists all; a reason goes into brackets" : help);
          continue;
        }
        names.emplace_back(name);
      }
      if (words.size() == 1) mistake(words[0].second, words[0].first.size(), "a name is missing behind it", "ringway --help-advice lists all");
      if (words[0].first == "allow-file") {
        made.first = 1;
        made.last = count;
      } else {
        // Alone on its line it is about the next line that says something.
        std::uint32_t about = line;
        if (says_nothing(text))
          while (about < count && says_nothing(of.sources.line_text(file, about))) ++about;
        made.first = made.last = about;
        if (opens_section(of, file, about)) made.last = end_of_section(of, file, about);
      }
      for (const std::string& name : names) by_name_[name].push_back(made);
    }
  }
  for (auto& [name, ranges] : by_name_) {
    std::sort(ranges.begin(), ranges.end(),
              [](const range& a, const range& b) { return std::tie(a.file, a.first) < std::tie(b.file, b.first); });
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      ranges[i].reach = ranges[i].last;
      if (i > 0 && ranges[i - 1].file == ranges[i].file) ranges[i].reach = std::max(ranges[i].reach, ranges[i - 1].reach);
    }
  }
}

bool allowances::hold(std::string_view name, const span& where) const {
  const auto in = [&where](const std::vector<range>& ranges) {
    const auto behind = std::upper_bound(ranges.begin(), ranges.end(), where, [](const span& wanted, const range& one) {
      return std::tie(wanted.file, wanted.line) < std::tie(one.file, one.first);
    });
    return behind != ranges.begin() && std::prev(behind)->file == where.file && std::prev(behind)->reach >= where.line;
  };
  for (const std::string_view key : {name, std::string_view("all")})
    if (const auto found = by_name_.find(key); found != by_name_.end() && in(found->second)) return true;
  return false;
}

std::string see(const row& of) {
  return fmt::format("ringway --help-advice {0}\nsilence it: # ringway: allow {0}", of.name);
}

void give(const subject& of, std::span<const std::string> silenced, config::diagnostics& to) {
  const allowances said(of);
  struct told {
    const row* by;
    finding what;
  };
  std::vector<told> all;
  for (const row& each : table()) {
    if (each.check == nullptr || silenced_by(silenced, each.name)) continue;
    std::vector<finding> found;
    each.check(of, found);
    // What stands in defaults is found by every section below it: said once.
    std::set<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> places;
    for (finding& one : found) {
      if (said.hold(each.name, one.where)) continue;
      if (places.emplace(one.where.file, one.where.line, one.where.column).second) all.push_back({&each, std::move(one)});
    }
  }
  std::sort(all.begin(), all.end(), [](const told& a, const told& b) {
    const auto key = [](const told& one) {
      return std::tuple(one.what.where.file, one.what.where.line, one.what.where.column, one.by);
    };
    return key(a) < key(b);
  });
  for (told& one : all) {
    config::diagnostic& made = to.advice(std::string(one.by->name), one.what.where, std::move(one.what.message),
                                         one.what.help.empty() ? std::string(one.by->help) : std::move(one.what.help));
    made.notes = std::move(one.what.notes);
    made.see = see(*one.by);
  }
  if (silenced_by(silenced, "all")) return;
  for (const finding& one : said.mistakes()) to.advice("unknown-advice", one.where, one.message, one.help);
}

std::string print(std::string_view pattern, std::size_t width) {
  std::string out;
  for (const row& each : table()) {
    if (!pattern.empty() && !config::matches(pattern, each.name) && !config::matches(pattern, each.title)) continue;
    if (!out.empty()) out += '\n';
    out += fmt::format("{}\n", each.name);
    config::wrap(out, each.title, 4, width);
    config::wrap(out, each.detail, 4, width);
    config::wrap(out, fmt::format("help: {}", each.help), 4, width);
    config::wrap(out, fmt::format("see: ringway --help-keywords '{}'", each.keyword), 4, width);
  }
  if (out.empty()) {
    config::wrap(out, fmt::format("There is no advice '{}'. {}", pattern, similar(pattern)), 0, width);
    return out;
  }
  if (!pattern.empty()) return out;
  out += '\n';
  config::wrap(out, "Advice is said by -c. It is no warning and changes no exit status. To silence one: '# ringway: allow NAME' at "
                    "the end of the line or on a line above it (above or on a section line: for the whole section), "
                    "'# ringway: allow-file NAME' anywhere in the file, or --no-advice NAME.",
               0, width);
  return out;
}

std::string markdown() {
  std::string out =
      "# Advice\n\n"
      "What `ringway -c` says of a valid configuration that costs people most. Written by the program from its own table; a test "
      "compares. To write it anew: `RINGWAY_WRITE_GENERATED=1 build/test_app`.\n\n"
      "Advice is no warning: it changes no exit status, not even under `-dW`, and a start does not say it. To silence one:\n\n"
      "- `# ringway: allow NAME` at the end of the line it points at, or on a line of its own above; on or above a section's line it "
      "holds for the section. HAProxy takes it for a comment.\n"
      "- `# ringway: allow-file NAME` anywhere holds for the file. `all` is every name; a reason may follow in brackets.\n"
      "- `--no-advice NAME` on the command line.\n";
  for (const row& each : table()) {
    out += fmt::format("\n## {}\n\n*{}{}.* {}\n\nWhat to do: {}. Read on: [`{}`](KEYWORDS.md#{}).\n", each.name,
                       static_cast<char>(each.title[0] >= 'a' && each.title[0] <= 'z' ? each.title[0] - 32 : each.title[0]),
                       each.title.substr(1), each.detail, each.help, each.keyword, config::anchor_of(each.place, each.keyword));
    if (each.check != nullptr) out += fmt::format("\n```\n{}```\n", each.example);
  }
  return out;
}

}  // namespace ringway::advice

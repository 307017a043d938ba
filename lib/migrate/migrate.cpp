#include "migrate/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/lexer.hpp"
#include "migrate/rewrite.hpp"

namespace ringway::migrate {
namespace {

using config::place;
using config::word;

constexpr std::string_view mark = "# ringway migrate: ";

struct raw_line {
  std::string_view text;  // without its end
  std::string_view end;   // "\n", "\r\n", or nothing
};

std::vector<raw_line> split(std::string_view text) {
  std::vector<raw_line> out;
  while (!text.empty()) {
    const std::size_t feed = text.find('\n');
    std::string_view whole = text.substr(0, feed);
    std::string_view end = feed == std::string_view::npos ? std::string_view{} : text.substr(feed, 1);
    if (!end.empty() && whole.ends_with('\r')) {
      end = text.substr(feed - 1, 2);
      whole.remove_suffix(1);
    }
    out.push_back({whole, end});
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
  }
  return out;
}

place kind_of(std::string_view word) {
  if (word == "global") return place::global;
  if (word == "defaults") return place::defaults;
  if (word == "frontend") return place::frontend;
  if (word == "listen") return place::listen;
  if (word == "backend") return place::backend;
  return place::nowhere;
}

// Section words that have no rows, so that their lines are not taken for a proxy's.
bool opens_section(const std::vector<word>& words) {
  if (words.empty() || words[0].quoted) return false;
  if (kind_of(words[0].text) != place::nowhere) return true;
  constexpr std::string_view others[] = {"peers",  "resolvers",   "cache",    "userlist",    "mailers",
                                         "program", "ring",       "http-errors", "crt-store", "fcgi-app",
                                         "log-forward", "log-profile", "traces", "acme", "healthcheck"};
  const bool named = words.size() >= 2;
  return named && words[0].where.column == 1 &&
         std::find(std::begin(others), std::end(others), words[0].text) != std::end(others);
}

struct read_line {
  raw_line raw;
  std::vector<word> words;  // empty: blank, a comment, a directive, or not to be read
  std::size_t section = 0;  // index into file_facts::sections, 0 is what stands before any
  bool opens = false;
  std::string unreadable;   // why it could not be lexed
};

std::string indent_of(std::string_view text) {
  return std::string(text.substr(0, std::min(text.find_first_not_of(" \t"), text.size())));
}

bool starts_with(const std::vector<word>& words, std::size_t from, std::string_view phrase, std::size_t& length) {
  length = 0;
  while (!phrase.empty()) {
    const std::size_t blank = std::min(phrase.find(' '), phrase.size());
    if (from + length >= words.size() || words[from + length].text != phrase.substr(0, blank)) return false;
    ++length;
    phrase.remove_prefix(blank < phrase.size() ? blank + 1 : blank);
  }
  return true;
}

class migration {
 public:
  migration(std::string_view text, std::string_view name, const options& how) : name_(name), how_(how) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    read(split(text));
  }

  result run() {
    find_bad_names(file_);
    for (std::size_t i = 0; i < lines_.size(); ++i) line(i);
    return std::move(out_);
  }

 private:
  void read(const std::vector<raw_line>& raw) {
    file_.sections.emplace_back();
    std::size_t defaults = 0;
    std::uint32_t number = 0;
    for (const raw_line& one : raw) {
      ++number;
      read_line& line = lines_.emplace_back();
      line.raw = one;
      config::lex_result lexed =
          config::lex_line(one.text, {nothing_, 0, number, name_, file_.sections.back().name});
      if (lexed.error) {
        line.unreadable = lexed.error->message;
      } else if (!lexed.words.empty() && !lexed.words[0].text.starts_with('.')) {
        line.words = std::move(lexed.words);
        line.opens = opens_section(line.words);
        if (line.opens) {
          section_facts fresh;
          fresh.kind = kind_of(line.words[0].text);
          if (line.words.size() > 1 && line.words[1].text != "from") fresh.name = line.words[1].text;
          if (fresh.kind == place::defaults) {
            defaults = file_.sections.size();
          } else {
            fresh.mode = file_.sections[named_defaults(line.words, defaults)].mode;
          }
          file_.sections.push_back(std::move(fresh));
        } else {
          learn(file_.sections.back(), line);
        }
      }
      line.section = file_.sections.size() - 1;
    }
  }

  std::size_t named_defaults(const std::vector<word>& words, std::size_t otherwise) const {
    for (std::size_t i = 1; i + 1 < words.size(); ++i)
      if (words[i].text == "from")
        for (std::size_t at = file_.sections.size(); at-- > 1;)
          if (file_.sections[at].kind == place::defaults && file_.sections[at].name == words[i + 1].text) return at;
    return otherwise;
  }

  static void learn(section_facts& of, const read_line& line) {
    if (of.indent.empty()) of.indent = indent_of(line.raw.text);
    const std::string& first = line.words[0].text;
    if (first == "mode" && line.words.size() > 1) of.mode = line.words[1].text;
    if (first == "server" || first == "server-template") of.servers = true;
    if (first == "stick-table") of.stick_table = true;
  }

  void line(std::size_t index) {
    const read_line& from = lines_[index];
    const auto number = static_cast<std::uint32_t>(index + 1);
    const bool last = index + 1 == lines_.size();
    const std::string_view end = !from.raw.end.empty() ? from.raw.end : end_of_file_line();
    statement one(from.raw.text, from.words, file_.sections[from.section], file_);
    if (!from.unreadable.empty()) one.keep(fmt::format("this line cannot be read: {}", from.unreadable));
    else if (!from.words.empty()) rewrite(one, from.opens);

    const std::vector<std::string> now = one.lines();
    if (how_.comments) {
      for (const statement::said& each : one.reasons()) {
        const std::string comment = fmt::format("{}{}{}", one.indent(), mark, each.reason);
        if (each.what == verdict::kept && said_above(index, comment)) continue;
        out_.text.append(comment).append(end);
      }
    }
    for (std::size_t i = 0; i < now.size(); ++i) out_.text.append(now[i]).append(end);
    std::string old_text(from.raw.text.substr(indent_of(from.raw.text).size()));
    for (const statement::said& each : one.reasons()) {
      std::string fresh;
      if (each.what != verdict::kept)
        for (const std::string& text : now)
          fresh += (fresh.empty() ? "" : "\n") + text.substr(indent_of(text).size());
      out_.changes.push_back({each.what, number, each.column, old_text, std::move(fresh), each.reason});
    }
    if (last && from.raw.end.empty())
      out_.changes.push_back({verdict::translated, number, static_cast<std::uint32_t>(from.raw.text.size() + 1), old_text,
                              old_text, "the last line had no line feed, which HAProxy refuses as a file cut short"});
  }

  // The comments of an earlier run stand directly above the line.
  bool said_above(std::size_t index, std::string_view comment) const {
    while (index-- > 0) {
      const std::string_view text = lines_[index].raw.text;
      if (text == comment) return true;
      if (text.find(mark) == std::string_view::npos) return false;
    }
    return false;
  }

  std::string_view end_of_file_line() const { return lines_.size() > 1 ? lines_.front().raw.end : "\n"; }

  void rewrite(statement& one, bool opens) {
    rewrite_names(one);
    const place here = opens ? place::file : one.section().kind;
    const std::vector<word>& words = one.words();
    const std::size_t head = !opens && words.size() > 1 && (words[0].text == "no" || words[0].text == "default") ? 1 : 0;
    one.set_head(head);
    apply_rows(one, here);
    // A line that is kept is not touched at all, and a comment needs no further change.
    const auto& reasons = one.reasons();
    const bool done = std::any_of(reasons.begin(), reasons.end(), [](const auto& each) { return each.what != verdict::translated; });
    if (!opens && !done && one.section().kind != place::nowhere) rewrite_words(one);
  }

  void apply_rows(statement& one, place here) {
    const std::vector<word>& words = one.words();
    for (const row& each : rows()) {
      if (!has(each.allowed, here) || each.from > how_.to) continue;
      std::size_t length = 0;
      if (!starts_with(words, one.head(), each.phrase, length)) continue;
      if (each.rewrite != nullptr) {
        if (each.rewrite(one, each)) return;
        continue;
      }
      if (!each.today.empty()) {
        one.replace(one.head(), one.head() + length - 1, std::string(each.today));
        one.because(verdict::translated, std::string(each.reason), words[one.head()].where.column);
      } else if (each.other == verdict::removed) {
        one.make_comment();
        one.because(verdict::removed, std::string(each.reason));
      } else {
        one.keep(std::string(each.reason));
      }
      return;
    }
  }

  const config::environment nothing_;
  std::string_view name_;
  const options& how_;
  std::vector<read_line> lines_;
  file_facts file_;
  result out_;
};

}  // namespace

std::string_view name_of(verdict what) {
  switch (what) {
    case verdict::translated: return "translated";
    case verdict::removed: return "removed";
    case verdict::kept: break;
  }
  return "kept";
}

std::size_t result::count(verdict what) const {
  return static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [&](const change& each) { return each.what == what; }));
}

result migrate(std::string_view text, std::string_view name, const options& how) {
  return migration(text, name, how).run();
}

std::vector<known> all_known() {
  std::vector<known> out;
  for (const row& each : rows()) {
    const verdict what = !each.today.empty() ? verdict::translated : each.other;
    out.push_back({each.phrase, each.today, each.reason, what, each.before, each.after, each.from});
  }
  for (const known& each : word_rows()) out.push_back(each);
  return out;
}

std::string example_of(const known& of, bool migrated) {
  return std::string(migrated ? of.after : of.before) + "\n";
}

}  // namespace ringway::migrate

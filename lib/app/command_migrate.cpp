// `ringway migrate`: files in and out, and what is said about them; the work is migrate::migrate's.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <system_error>

#include "app/about.hpp"
#include "app/load.hpp"
#include "app/subcommand_rows.hpp"
#include "app/tools.hpp"
#include "base/columns.hpp"
#include "config/diagnostic.hpp"
#include "config/excerpt.hpp"
#include "config/source.hpp"
#include "migrate/migrate.hpp"

namespace ringway::app {
namespace {

constexpr int all_good = 0, needs_a_decision = 1, not_done = 2;

constexpr subcommand_option options_of_migrate[] = {
    {"--output, -o", "FILE", "write here instead of to standard output"},
    {"--in-place, -i", "", "write into the file itself; the old one stays beside it as FILE.orig"},
    {"--to", "VERSION", "a spelling that HAProxy VERSION understands, such as 2.6; the newest unless given. What ringway does not take is not said then"},
    {"--no-comments", "", "do not explain each change on the line above"},
    {"--json", "", "one array with an object for each file: file, changes, refused, text"},
    {"--list", "", "list every old spelling that is known"},
};

int refuse(std::string_view text, std::string_view help = {}) {
  complain("migrate", text);
  complain_help(help);
  return not_done;
}

std::string reason() { return std::error_code(errno, std::generic_category()).message(); }

std::optional<migrate::version> read_version(std::string_view text) {
  unsigned major = 0, minor = 0;
  const char* const end = text.data() + text.size();
  const auto [dot, bad] = std::from_chars(text.data(), end, major);
  if (bad != std::errc{} || dot == end || *dot != '.') return std::nullopt;
  const auto [rest, worse] = std::from_chars(dot + 1, end, minor);
  if (worse != std::errc{} || (rest != end && *rest != '.') || minor > 99 || major > 99) return std::nullopt;
  return major * 100 + minor;
}

// 0, or errno.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

// Whole, or not at all: written beside it first, with the old one's permissions. False after saying why.
bool put_file(const std::string& path, std::string_view text, const struct stat* like) {
  const std::string fresh = fmt::format("{}.new.{}", path, getpid());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, like != nullptr ? 0600 : 0666);
  if (fd < 0) return refuse(fmt::format("cannot write '{}': {}", fresh, reason())) == 0;
  bool good = write_all(fd, text);
  if (good && like != nullptr) {
    // Somebody else's file may stay ours; its permissions must not become wider.
    const bool owned = ::fchown(fd, like->st_uid, like->st_gid) == 0;
    good = ::fchmod(fd, like->st_mode & (owned ? 07777u : 0700u)) == 0;
  }
  good = good && ::fsync(fd) == 0;
  const int kept = errno;
  ::close(fd);
  errno = kept;
  if (good && ::rename(fresh.c_str(), path.c_str()) == 0) return true;
  const std::string why = reason();
  ::unlink(fresh.c_str());
  return refuse(fmt::format("cannot write '{}': {}", path, why)) == 0;
}

bool put_in_place(const std::string& given, const migrate::result& made) {
  // A link stays a link: what it points at is what is rewritten.
  char* const real = ::realpath(given.c_str(), nullptr);
  const std::string path = real != nullptr ? real : given;
  std::free(real);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return refuse(fmt::format("cannot look at '{}': {}", path, reason())) == 0;
  const std::string backup = path + ".orig";
  if (::link(path.c_str(), backup.c_str()) != 0) {
    if (errno == EEXIST)
      return refuse(fmt::format("'{}' is there already, so that '{}' was left alone", backup, path),
                    "it may be the only copy of an older file: move it away first") == 0;
    return refuse(fmt::format("cannot keep the old file as '{}': {}", backup, reason())) == 0;
  }
  return put_file(path, made.text, &status);
}

// What ringway itself refuses of a migrated text: words that it does not support yet, and mistakes that were there before.
// Nothing outside the text is looked at. The spans are the new text's.
struct verdict_of_ringway {
  std::vector<config::diagnostic> refused;
  std::size_t lines = 0, unsupported = 0;  // lines that are refused; of them, for a word that is not supported yet
};

verdict_of_ringway judge(const std::vector<std::pair<std::string, std::string>>& texts, std::uint32_t file) {
  load_options what;
  what.texts = texts;
  what.syntax_only = true;
  what.facts = facts_for_conditions();
  config::environment variables = config::environment::of_process();
  config::source_set sources;
  config::diagnostics said_of_text;
  load(what, variables, sources, said_of_text);
  verdict_of_ringway out;
  std::map<std::uint32_t, bool> lines;
  for (const config::diagnostic& each : said_of_text.all()) {
    if (each.level != config::severity::alert || (each.where.line != 0 && each.where.file != file)) continue;
    const bool twice = std::any_of(out.refused.begin(), out.refused.end(), [&](const config::diagnostic& other) {
      return other.where.line == each.where.line && other.where.column == each.where.column && other.message == each.message;
    });
    if (twice) continue;
    out.refused.push_back(each);
    const auto at = lines.try_emplace(each.where.line, true).first;
    at->second = at->second && each.id == "not-supported-yet";
  }
  out.lines = lines.size();
  for (const auto& [number, unsupported] : lines) out.unsupported += unsupported;
  return out;
}

std::string numbers_text(const std::vector<std::uint32_t>& lines) {
  std::string out = lines.size() == 1 ? "line " : "lines ";
  for (std::size_t i = 0; i < lines.size(); ++i) out += fmt::format("{}{}", i == 0 ? "" : ", ", lines[i]);
  return out;
}

// Each cause once with the lines of the new text.
void tell(std::string_view name, const verdict_of_ringway& of) {
  if (of.refused.empty()) return;
  std::vector<std::pair<std::string, std::vector<std::uint32_t>>> causes;
  for (const config::diagnostic& each : of.refused) {
    const auto found = std::find_if(causes.begin(), causes.end(), [&](const auto& one) { return one.first == each.message; });
    auto& cause = found != causes.end() ? *found : causes.emplace_back(each.message, std::vector<std::uint32_t>{});
    if (each.where.line != 0 && (cause.second.empty() || cause.second.back() != each.where.line)) cause.second.push_back(each.where.line);
  }
  std::string out = fmt::format("{}: ringway does not take the new text:\n", config::printable(name));
  for (const auto& [message, lines] : causes)
    out += "  " + wrapped(fmt::format("{}{}", lines.empty() ? "" : numbers_text(lines) + ": ", config::printable(message)), 2, 4, stderr_width()) + "\n";
  std::fwrite(out.data(), 1, out.size(), stderr);
}

std::string json_of(std::string_view file, const migrate::result& made, const verdict_of_ringway& judged) {
  using config::json_string;
  std::string out = fmt::format("{{\"file\":{},\"changes\":[", json_string(file));
  bool first = true;
  for (const migrate::change& each : made.changes) {
    out += fmt::format("{}\n    {{\"file\":{},\"line\":{},\"column\":{},\"what\":\"{}\",\"old\":{},\"new\":{},\"reason\":{}}}",
                       first ? "" : ",", json_string(file), each.line, each.column, name_of(each.what),
                       json_string(each.old_text), json_string(each.new_text), json_string(each.reason));
    first = false;
  }
  out += fmt::format("{}],\n  \"refused\":[", first ? "" : "\n  ");
  first = true;
  for (const config::diagnostic& each : judged.refused) {
    out += fmt::format("{}\n    {{\"line\":{},\"column\":{},\"id\":{},\"message\":{},\"help\":{}}}", first ? "" : ",", each.where.line,
                       each.where.line == 0 ? 0 : each.where.column, json_string(each.id), json_string(each.message), json_string(each.help));
    first = false;
  }
  out += fmt::format("{}],\n  \"text\":{}}}", first ? "" : "\n  ", json_string(made.text));
  return out;
}

// What nobody but its author can decide, with carets; then the sum.
void report(const config::source_set& sources, std::uint32_t file, const migrate::result& made, const verdict_of_ringway& judged) {
  config::diagnostics kept;
  for (const migrate::change& each : made.changes)
    if (each.what == migrate::verdict::kept)
      kept.warning("not-translated", {file, each.line, each.column, 0}, fmt::format("kept as it was: {}", each.reason));
  config::render_options how;
  how.colour = colours(STDERR_FILENO);
  how.width = stderr_width();
  how.pid = static_cast<int>(getpid());
  const std::string text = render_text(kept, sources, how);
  std::fwrite(text.data(), 1, text.size(), stderr);
  const auto counted = [&](migrate::verdict what) { return made.count(what); };
  tell(sources.name(file), judged);
  std::string sum =
      fmt::format("{}: {} translated, {} without effect now comments, {} kept", config::printable(sources.name(file)),
                  counted(migrate::verdict::translated), counted(migrate::verdict::removed), counted(migrate::verdict::kept));
  if (judged.lines != 0) {
    sum += fmt::format("; {} line{} refused by ringway", judged.lines, judged.lines == 1 ? "" : "s");
    if (judged.unsupported == judged.lines)
      sum += ", for words not supported yet";
    else if (judged.unsupported != 0)
      sum += fmt::format(", {} for words not supported yet", judged.unsupported);
  }
  sum = wrapped(sum, 0, 2, stderr_width()) + "\n";
  std::fwrite(sum.data(), 1, sum.size(), stderr);
}

int list() {
  std::string out = "Old spellings, and what they became:\n";
  for (const migrate::known& each : migrate::all_known()) {
    out += fmt::format("\n{}\n", each.old_spelling);
    const auto show = [&](std::string_view label, std::string_view text) {
      for (bool first = true; !text.empty(); first = false) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        out += fmt::format("    {:<7} {}\n", first ? label : "", wrapped(line, 12, 12 + indent + 4, 80));
        text.remove_prefix(end < text.size() ? end + 1 : end);
      }
    };
    show("before", each.before);
    show(each.what == migrate::verdict::kept ? "kept" : "after", each.after);
    if (!each.reason.empty()) out += "    " + wrapped(each.reason, 4, 4, 80) + "\n";
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  return 0;
}

int run_migrate(const said& words) {
  if (words.has("list")) return list();
  const bool in_place = words.has("in-place"), json = words.has("json");
  migrate::options how;
  how.comments = !words.has("no-comments");
  if (words.has("to")) {
    const auto version = read_version(words.last("to"));
    if (!version) return refuse(fmt::format("'{}' is no version", words.last("to")), "write it as 2.6 or 3.2");
    if (*version < 206) return refuse(fmt::format("HAProxy {} is too old to migrate to", words.last("to")), "2.6 is the oldest");
    how.to = *version;
  }
  if (words.words.empty()) return refuse("which file?", "usage: ringway migrate OLD.cfg > NEW.cfg");
  if (in_place && (words.has("output") || json)) return refuse("--in-place stands alone: neither --output nor --json goes with it");

  config::source_set sources;
  config::diagnostics said_of_files;
  for (const std::string& path : words.words) sources.add(path, said_of_files);
  if (said_of_files.failed()) {
    config::diagnostics alerts;
    for (const config::diagnostic& each : said_of_files.all())
      if (each.level == config::severity::alert) alerts.alert(each.id, each.where, each.message, each.help);
    const std::string text = render_text(alerts, sources, {.pid = static_cast<int>(getpid())});
    std::fwrite(text.data(), 1, text.size(), stderr);
    return not_done;
  }
  const auto count = static_cast<std::uint32_t>(sources.files().size());
  if (count > 1 && !in_place && !json)
    return refuse("several files would become one", "write --in-place or --json, or migrate them one by one");

  // Together, as the files of one configuration name each other's sections.
  std::vector<migrate::result> all;
  std::vector<std::pair<std::string, std::string>> texts;
  for (std::uint32_t file = 0; file < count; ++file) {
    const std::string name(sources.name(file));
    all.push_back(migrate::migrate(sources.text(file), name, how));
    texts.emplace_back(name, all.back().text);
  }
  bool kept = false;
  std::string out = json ? "[" : "";
  for (std::uint32_t file = 0; file < count; ++file) {
    const std::string name(sources.name(file));
    const migrate::result& made = all[file];
    // Who writes for a HAProxy of some version does not ask what ringway takes.
    const verdict_of_ringway judged = words.has("to") ? verdict_of_ringway{} : judge(texts, file);
    kept = kept || made.count(migrate::verdict::kept) > 0 || judged.lines > 0;
    if (json) {
      out += fmt::format("{}{}", file == 0 ? "" : ",\n ", json_of(name, made, judged));
      continue;
    }
    if (in_place) {
      if (name == "-" || name == "/dev/stdin") return refuse("standard input cannot be written in place");
      if (made.text != sources.text(file) && !put_in_place(name, made)) return not_done;
    } else {
      out = made.text;
    }
    report(sources, file, made, judged);
  }
  if (json) out += "]\n";
  if (words.has("output")) {
    struct stat status {};
    const std::string path(words.last("output"));
    const bool there = ::stat(path.c_str(), &status) == 0;
    if (there && !S_ISREG(status.st_mode)) {
      const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);  // a device or a pipe is written to, never replaced
      const bool good = fd >= 0 && write_all(fd, out);
      if (fd >= 0) ::close(fd);
      if (!good) return refuse(fmt::format("cannot write '{}': {}", path, reason()));
    } else if (!put_file(path, out, there ? &status : nullptr)) {
      return not_done;
    }
  } else if (!in_place && !write_all(STDOUT_FILENO, out)) {
    return refuse(fmt::format("cannot write to standard output: {}", reason()));
  }
  return kept ? needs_a_decision : all_good;
}

}  // namespace

const subcommand migrate_command = {
    "migrate",
    "[option]... FILE|DIR...",
    "an old configuration in today's spelling",
    "Prints the file with retired keywords translated into today's; each change is explained by a comment on the line "
    "above it. Comments, order, layout and line ends stay. What has no effect any more becomes a comment; what cannot be "
    "translated stays as it is and is reported, and so is every line of the new text that ringway refuses, by its new "
    "number: a word of HAProxy's that it does not support yet, or a mistake. Nothing is looked up outside the file.",
    "Exit status 0: nothing retired is left, and ringway takes the file; 1: some lines were kept or are refused and need a "
    "decision; 2: it could not be done.",
    options_of_migrate,
    not_done,
    run_migrate,
};

}  // namespace ringway::app

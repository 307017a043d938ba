#include "config/preprocess.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <utility>

#include "config/lexer.hpp"
#include "config/suggest.hpp"

namespace ringway::config {
namespace {

constexpr std::array<std::string_view, 8> directives = {".if",   ".elif",   ".else",    ".endif",
                                                        ".diag", ".notice", ".warning", ".alert"};

bool is_structure(std::string_view name) {
  return std::find(directives.begin(), directives.begin() + 4, name) != directives.begin() + 4;
}

// The first word as it stands, without the lexer: lines of a skipped branch may be anything.
std::string_view raw_first_word(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(leading_blanks);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = text.find_first_of(" \t\v\f\r#", begin);
  return text.substr(begin, end == std::string_view::npos ? end : end - begin);
}

span whole(const std::vector<word>& words) {
  const span first = words.front().where;
  const span last = words.back().where;
  return {first.file, first.line, first.column, last.column + last.length - first.column};
}

}  // namespace

preprocessor::preprocessor(const source_set& sources, environment& variables, const build_facts& facts,
                           diagnostics& report)
    : sources_(sources), variables_(variables), facts_(facts), report_(report) {}

std::optional<line> preprocessor::next() {
  while (file_ < sources_.files().size()) {
    if (line_ == sources_.line_count(file_)) {
      end_of_file();
      ++file_;
      line_ = 0;
      continue;
    }
    const std::uint32_t number = ++line_;
    const std::string_view text = sources_.line_text(file_, number);
    const std::string_view raw = raw_first_word(text);
    if (raw.empty() || raw.front() == '#') continue;
    anything_ = true;
    const span where{file_, number, static_cast<std::uint32_t>(raw.data() - text.data() + 1),
                     static_cast<std::uint32_t>(raw.size())};
    if (structure(raw, text, where) || skipping()) continue;
    std::optional<line> found = lex(text, number);
    if (!found) continue;
    // HAProxy takes a line whose first word is empty for an empty line.
    if (found->words.front().text.empty()) {
      report_.diag("empty-first-word", found->words.front().where,
                   "the first word is empty: the line is ignored",
                   "remove the line, or write it as a comment");
      continue;
    }
    if (found->words.front().text.front() == '.') {
      // A directive in quotes or with escapes is one as well.
      if (!structure(found->words.front().text, text, found->words.front().where)) say(*found);
      continue;
    }
    if (complete(*found)) return found;
  }
  if (!ended_ && !anything_ && !report_.failed())
    report_.alert("nothing-configured", {}, "the configuration is empty",
                  "every file that was named is empty or holds comments only");
  ended_ = true;
  return std::nullopt;
}

lex_context preprocessor::context(std::uint32_t number) const {
  return {variables_, file_, number, sources_.name(file_), section_};
}

std::optional<line> preprocessor::lex(std::string_view text, std::uint32_t number) {
  lex_result result = lex_line(text, context(number));
  for (diagnostic& remark : result.remarks)
    report_.warning(std::move(remark.id), remark.where, std::move(remark.message), std::move(remark.help));
  if (result.error) {
    report_.alert(std::move(result.error->id), result.error->where, std::move(result.error->message),
                  std::move(result.error->help));
    return std::nullopt;
  }
  for (const unset_variable& each : result.unset) {
    const std::string similar = similar_variable(each.name, variables_);
    report_.diag("unset-variable", each.where, fmt::format("environment variable '{}' is not set", each.name),
                 similar.empty() ? std::string() : fmt::format("did you mean '{}'?", similar));
  }
  if (result.words.empty()) return std::nullopt;
  const span where = whole(result.words);
  return line{std::move(result.words), where};
}

// All that follows an empty word would be lost in HAProxy's parsers, so it refuses such lines (since 3.3;
// before, it ignored the rest).
bool preprocessor::complete(const line& what) {
  for (const word& each : what.words) {
    if (!each.text.empty()) continue;
    if (each.empty_variable)
      report_.alert(
          "empty-argument", each.where, "this argument is empty because the variable is not set",
          "set the variable, give it a default with \"${NAME-default}\", or write \"${NAME[*]}\" if no "
          "argument is meant then");
    else
      report_.alert("empty-argument", each.where, "this argument is empty", "remove it, or give it a value");
    return false;
  }
  return true;
}

bool preprocessor::structure(std::string_view name, std::string_view text, span where) {
  if (name == ".if") {
    // .SECTION and the like may be used in conditions; nothing of a skipped block is looked at.
    if (blocks_.size() >= deepest_nesting) {
      if (too_deep_++ == 0)
        report_.alert("too-many-nested-blocks", where,
                      fmt::format("more than {} blocks of '.if' within one another", deepest_nesting));
    } else {
      const branch state = skipping() ? branch::skipped : decide(text, where);
      blocks_.push_back({where, state, std::nullopt});
    }
    return true;
  }
  if (!is_structure(name)) return false;
  if (name == ".else" || name == ".endif") expect_nothing_after(name, text, where);
  if (too_deep_ != 0) {
    if (name == ".endif") --too_deep_;
    return true;
  }
  if (blocks_.empty()) {
    report_.alert("lone-directive", where, fmt::format("'{}' has no '.if' before it", name));
    return true;
  }
  block& current = blocks_.back();
  if (name == ".endif") {
    blocks_.pop_back();
    return true;
  }
  if (current.last) {
    report_.alert("branch-after-else", where, fmt::format("'{}' stands after '.else'", name))
        .notes.emplace_back(*current.last, "the '.else' is here");
    current.state = branch::skipped;
    return true;
  }
  if (name == ".else") current.last = where;
  if (current.state == branch::taken)
    current.state = branch::skipped;
  else if (current.state == branch::waiting)
    current.state = name == ".else" ? branch::taken : decide(text, where);
  return true;
}

// The words behind the directive are joined by single spaces, and that is the condition. With a mistake in it
// no branch is taken: what they hold would only give errors that follow from this one.
preprocessor::branch preprocessor::decide(std::string_view text, span where) {
  std::string joined;
  lex_result result = lex_joined(text, context(where.line), joined);
  if (result.error) {
    report_.alert(std::move(result.error->id), result.error->where, std::move(result.error->message),
                  std::move(result.error->help));
    return branch::skipped;
  }
  const std::size_t start = std::min(result.words.front().text.size() + 1, joined.size());
  const condition_result answer = evaluate(std::string_view(joined).substr(start), variables_, facts_);
  if (!answer.error) return answer.value ? branch::taken : branch::waiting;
  const std::vector<std::uint32_t>& columns = result.columns;
  const std::size_t at = start + answer.error->offset;
  const std::size_t last = at + std::max<std::size_t>(answer.error->length, 1) - 1;
  span place = where;
  if (at < columns.size()) {
    place.column = columns[at];
    place.length = columns[std::min(last, columns.size() - 1)] - columns[at] + 1;
  } else {
    const span end = result.words.back().where;
    place.column = end.column + end.length;
    place.length = 1;
  }
  diagnostic& said = report_.alert("bad-condition", place, answer.error->message, answer.error->help);
  // What was read may differ from what is written.
  if (text.find('$') != std::string_view::npos)
    said.notes.emplace_back(span{}, fmt::format("with its variables the condition reads: {}",
                                                std::string_view(joined).substr(start)));
  return branch::skipped;
}

void preprocessor::expect_nothing_after(std::string_view name, std::string_view text, span where) {
  const lex_result result = lex_line(text, context(where.line));
  if (result.error)
    report_.alert(result.error->id, result.error->where, result.error->message, result.error->help);
  else if (result.words.size() > 1)
    report_.alert("unexpected-argument", result.words[1].where, fmt::format("'{}' takes no argument", name),
                  name == ".else" ? "write '.elif' for another condition" : "a comment starts with '#'");
}

void preprocessor::say(const line& what) {
  const word& name = what.words.front();
  const auto found = std::find(directives.begin() + 4, directives.end(), name.text);
  if (found == directives.end()) {
    report_.alert("unknown-directive", name.where, fmt::format("unknown directive '{}'", name.text),
                  did_you_mean(name.text, std::span<const std::string_view>(directives)));
    return;
  }
  if (what.words.size() > 2) {
    report_.alert("unexpected-argument", what.words[2].where,
                  fmt::format("'{}' takes one message only", name.text),
                  "put a message with spaces into quotes");
    return;
  }
  std::string message =
      fmt::format("'{}'", what.words.size() == 2 ? std::string_view(what.words[1].text) : "");
  if (name.text == ".alert")
    report_.alert("message", what.where, std::move(message));
  else if (name.text == ".warning")
    report_.warning("message", what.where, std::move(message));
  else if (name.text == ".notice")
    report_.notice("message", what.where, std::move(message));
  else
    report_.diag("message", what.where, std::move(message));
}

void preprocessor::end_of_file() {
  for (const block& open : blocks_)
    report_.alert("unterminated-block", open.opened, "this '.if' has no '.endif'",
                  "blocks end in the file that opens them");
  blocks_.clear();
  too_deep_ = 0;
  section_.clear();
}

}  // namespace ringway::config

#include "config/condition.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.hpp"
#include "config/lexer.hpp"
#include "config/suggest.hpp"

namespace ringway::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }
bool name_char(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || is_digit(c) || c == '_'; }

// A number at the front of `text`, which is cut. False when there is none; very large ones are all the same
// to us.
bool take_number(std::string_view& text, std::uint32_t& value) {
  if (text.empty() || !is_digit(text.front())) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) value = std::numeric_limits<std::uint32_t>::max();
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Library versions: 1.1.1, 1.1.1k, 3.0.11, 3.5.0-beta1.
struct library_version {
  std::array<std::uint32_t, 3> parts{};
  std::uint32_t stage = 4;  // 1 development, 2 alpha, 3 beta or candidate, 4 release
  std::uint32_t stage_number = 0;
  std::string letters;
  auto operator<=>(const library_version&) const = default;
};

std::optional<library_version> parse_library_version(std::string_view text) {
  library_version result;
  for (std::size_t i = 0;; ++i) {
    if (i == result.parts.size() || !take_number(text, result.parts[i])) return std::nullopt;
    if (!take(text, ".")) break;
  }
  while (!text.empty() && lower(text.front()) >= 'a' && lower(text.front()) <= 'z') {
    result.letters += lower(text.front());
    text.remove_prefix(1);
  }
  if (!take(text, "-")) return text.empty() ? std::optional(result) : std::nullopt;
  if (take(text, "dev")) {
    result.stage = 1;
  } else if (take(text, "alpha")) {
    result.stage = 2;
  } else if (take(text, "beta") || take(text, "pre") || take(text, "rc")) {
    result.stage = 3;
  } else {
    return std::nullopt;
  }
  take_number(text, result.stage_number);
  return text.empty() ? std::optional(result) : std::nullopt;
}

enum class predicate {
  defined,
  feature,
  streq,
  strneq,
  strstr,
  version_atleast,
  version_before,
  openssl_version_atleast,
  openssl_version_before,
  ssllib_name_startswith,
  awslc_api_atleast,
  awslc_api_before,
  enabled,
  fips_mode,
};

struct predicate_row {
  std::string_view name;
  predicate kind;
  std::size_t arguments;
  std::string_view form;
};

constexpr std::array predicates = {
    predicate_row{"defined", predicate::defined, 1, "defined(NAME)"},
    predicate_row{"feature", predicate::feature, 1, "feature(NAME)"},
    predicate_row{"streq", predicate::streq, 2, "streq(TEXT,TEXT)"},
    predicate_row{"strneq", predicate::strneq, 2, "strneq(TEXT,TEXT)"},
    predicate_row{"strstr", predicate::strstr, 2, "strstr(TEXT,PART)"},
    predicate_row{"version_atleast", predicate::version_atleast, 1, "version_atleast(VERSION)"},
    predicate_row{"version_before", predicate::version_before, 1, "version_before(VERSION)"},
    predicate_row{"openssl_version_atleast", predicate::openssl_version_atleast, 1,
                  "openssl_version_atleast(VERSION)"},
    predicate_row{"openssl_version_before", predicate::openssl_version_before, 1,
                  "openssl_version_before(VERSION)"},
    predicate_row{"ssllib_name_startswith", predicate::ssllib_name_startswith, 1,
                  "ssllib_name_startswith(TEXT)"},
    predicate_row{"awslc_api_atleast", predicate::awslc_api_atleast, 1, "awslc_api_atleast(NUMBER)"},
    predicate_row{"awslc_api_before", predicate::awslc_api_before, 1, "awslc_api_before(NUMBER)"},
    predicate_row{"enabled", predicate::enabled, 1, "enabled(OPTION)"},
    predicate_row{"fips_mode", predicate::fips_mode, 0, "fips_mode()"},
};

struct argument {
  std::string text;
  std::size_t at;
  std::size_t length;
};

// expression := conjunction { "||" conjunction };  conjunction := term { "&&" term };
// term := { "!" } ( integer | "(" expression ")" | predicate ). Everything is checked, whatever the value is.
class parser {
 public:
  parser(std::string_view text, const environment& variables, const build_facts& facts)
      : text_(text), variables_(variables), facts_(facts) {}

  condition_result run() {
    if (text_.empty()) return {};
    const bool value = expression(0);
    skip_blanks();
    if (!error_ && at_ < text_.size()) unexpected();
    condition_result result;
    result.value = !error_ && value;
    result.error = std::move(error_);
    return result;
  }

 private:
  static constexpr std::size_t deepest = 256;

  bool expression(std::size_t depth) {
    bool value = conjunction(depth);
    while (!error_ && operator_here("||")) value = conjunction(depth) || value;
    return value;
  }

  bool conjunction(std::size_t depth) {
    bool value = term(depth);
    while (!error_ && operator_here("&&")) value = term(depth) && value;
    return value;
  }

  bool term(std::size_t depth) {
    skip_blanks();
    bool negated = false;
    while (at_ < text_.size() && text_[at_] == '!') {
      negated = !negated;
      ++at_;
      skip_blanks();
    }
    if (at_ == text_.size())
      return fail(at_, 0,
                  text_.empty() || at_ == 0 ? "a condition is missing" : "the condition ends too early",
                  "write a number, a predicate such as defined(NAME), or an expression in parentheses");
    if (const std::optional<bool> number = integer()) return *number != negated;
    if (text_[at_] == '(') return parentheses(depth) != negated;
    return call() != negated;
  }

  // As C writes them, octal and hexadecimal included.
  std::optional<bool> integer() {
    std::size_t at = at_;
    if (text_[at] == '+' || text_[at] == '-') ++at;
    if (at == text_.size() || !is_digit(text_[at])) return std::nullopt;
    const auto hexadecimal = [&](std::size_t i) {
      return i < text_.size() && (is_digit(text_[i]) || (lower(text_[i]) >= 'a' && lower(text_[i]) <= 'f'));
    };
    bool zero = true;
    if (text_[at] == '0' && at + 1 < text_.size() && lower(text_[at + 1]) == 'x' && hexadecimal(at + 2)) {
      for (at += 2; hexadecimal(at); ++at) zero = zero && text_[at] == '0';
    } else {
      const char last_digit = text_[at] == '0' ? '7' : '9';
      for (; at < text_.size() && text_[at] >= '0' && text_[at] <= last_digit; ++at)
        zero = zero && text_[at] == '0';
    }
    at_ = at;
    return !zero;
  }

  bool parentheses(std::size_t depth) {
    const std::size_t opened = at_++;
    if (depth == deepest) return fail(opened, 1, fmt::format("more than {} nested parentheses", deepest), {});
    const bool value = expression(depth + 1);
    if (error_) return false;
    skip_blanks();
    if (at_ == text_.size()) return fail(opened, 1, "'(' is not closed", {});
    if (text_[at_] != ')') {
      unexpected();
      return false;
    }
    ++at_;
    return value;
  }

  bool call() {
    const std::size_t begin = at_;
    std::size_t end = begin;
    while (end < text_.size() && name_char(text_[end])) ++end;
    const std::string_view name = text_.substr(begin, end - begin);
    if (name.empty()) {
      unexpected();
      return false;
    }
    const auto row = std::find_if(predicates.begin(), predicates.end(),
                                  [&](const predicate_row& each) { return each.name == name; });
    if (row == predicates.end()) return unknown(name, begin);
    at_ = end;
    std::vector<argument> arguments;
    if (at_ < text_.size() && text_[at_] == '(') {
      if (!read_arguments(*row, arguments)) return false;
    } else if (row->arguments != 0) {
      return fail(begin, name.size(),
                  fmt::format("'{}' needs its arguments in parentheses right after it", name),
                  fmt::format("write {}", row->form));
    }
    return answer(row->kind, arguments);
  }

  bool unknown(std::string_view name, std::size_t at) {
    std::vector<std::string_view> names;
    for (const predicate_row& row : predicates) names.push_back(row.name);
    std::string help = did_you_mean(name, std::span<const std::string_view>(names));
    if (same_text(name, "and")) help = "write && for a logical and";
    if (same_text(name, "or")) help = "write || for a logical or";
    if (same_text(name, "not")) help = "write ! for a negation";
    if (same_text(name, "true") || same_text(name, "yes")) help = "write 1 for true";
    if (same_text(name, "false") || same_text(name, "no")) help = "write 0 for false";
    if (help.empty()) help = "compare texts with streq(TEXT,TEXT); an unset variable may have left this word";
    return fail(at, name.size(), fmt::format("unknown predicate '{}' in condition", name), std::move(help));
  }

  bool read_arguments(const predicate_row& row, std::vector<argument>& into) {
    const std::size_t opened = at_++;
    const std::size_t first = at_;
    for (;;) {
      into.push_back({{}, at_, 0});
      if (!read_argument(into.back())) return false;
      if (at_ == text_.size())
        return fail(opened, 1, fmt::format("'(' of '{}' is not closed", row.name),
                    fmt::format("write {}", row.form));
      if (text_[at_++] == ')') break;
    }
    if (row.arguments == 0 && into.size() == 1 && into[0].length == 0) return true;
    if (into.size() == row.arguments) return true;
    return fail(first, at_ - 1 - first,
                fmt::format("'{}' takes {} argument{}, not {}", row.name, row.arguments,
                            row.arguments == 1 ? "" : "s", into.size()),
                fmt::format("write {}{}", row.form,
                            into.size() > row.arguments
                                ? R"(; a comma within a text needs quotes of its own: \"a,b\")"
                                : ""));
  }

  // The second level of quoting, configuration.txt, "Quoting and escaping". Blanks are part of the argument.
  bool read_argument(argument& into) {
    char quote = 0;
    std::size_t quoted_at = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote == 0 && (c == ',' || c == ')')) break;
      if ((c == '"' || c == '\'') && (quote == 0 || quote == c)) {
        quote = quote == 0 ? c : '\0';
        quoted_at = at_;
      } else if (c == '\\' && quote != '\'') {
        if (at_ + 1 == text_.size()) return fail(at_, 1, "a backslash ends the condition", {});
        switch (text_[at_ + 1]) {
          case '\\':
          case ' ':
          case '"':
          case '\'':
            into.text += text_[++at_];
            break;
          case 'r':
            into.text += '\r', ++at_;
            break;
          case 'n':
            into.text += '\n', ++at_;
            break;
          case 't':
            into.text += '\t', ++at_;
            break;
          default:
            into.text += c;
            break;
        }
      } else {
        into.text += c;
      }
    }
    if (quote != 0) return fail(quoted_at, 1, "the quote is not closed", {});
    into.length = at_ - into.at;
    return true;
  }

  bool answer(predicate kind, const std::vector<argument>& arguments) {
    const auto& facts = facts_;
    const auto contains = [](const std::vector<std::string>& list, const std::string& what) {
      return std::find(list.begin(), list.end(), what) != list.end();
    };
    switch (kind) {
      case predicate::defined:
        return variables_.contains(arguments[0].text);
      case predicate::feature:
        return contains(facts.features, arguments[0].text);
      case predicate::enabled:
        return contains(facts.enabled, arguments[0].text);
      case predicate::streq:
        return arguments[0].text == arguments[1].text;
      case predicate::strneq:
        return arguments[0].text != arguments[1].text;
      case predicate::strstr:
        return arguments[0].text.find(arguments[1].text) != std::string::npos;
      case predicate::version_atleast:
      case predicate::version_before:
        return version(kind == predicate::version_before, arguments[0]);
      case predicate::openssl_version_atleast:
      case predicate::openssl_version_before:
        return library(kind == predicate::openssl_version_before, arguments[0]);
      case predicate::ssllib_name_startswith:
        return !facts.ssl_library.empty() && facts.ssl_library.starts_with(arguments[0].text);
      case predicate::awslc_api_atleast:
      case predicate::awslc_api_before:
        return awslc(kind == predicate::awslc_api_before, arguments[0]);
      case predicate::fips_mode:
        return facts.fips;
    }
    return false;
  }

  bool version(bool before, const argument& wanted) {
    const auto asked = parse_version(wanted.text);
    if (!asked) return bad_version(wanted, "for example 3.2, 3.2.1 or 3.2-dev5");
    const version_number ours = parse_version(facts_.version).value_or(version_number{});
    return before ? ours < *asked : ours >= *asked;
  }

  bool library(bool before, const argument& wanted) {
    const auto asked = parse_library_version(wanted.text);
    if (!asked) return bad_version(wanted, "for example 1.1.1 or 3.5.0");
    const auto ours = parse_library_version(facts_.openssl_version);
    if (!ours) return false;
    return before ? *ours < *asked : *ours >= *asked;
  }

  bool awslc(bool before, const argument& wanted) {
    std::string_view rest = wanted.text;
    std::uint32_t asked = 0;
    if (!take_number(rest, asked) || !rest.empty()) return bad_version(wanted, "for example 35");
    if (facts_.awslc_api <= 0) return false;
    const auto ours = static_cast<std::uint32_t>(facts_.awslc_api);
    return before ? ours < asked : ours >= asked;
  }

  bool bad_version(const argument& wanted, std::string help) {
    return fail(wanted.at, wanted.length, fmt::format("'{}' is not a version", wanted.text), std::move(help));
  }

  bool operator_here(std::string_view which) {
    skip_blanks();
    if (text_.substr(at_, 2) != which) return false;
    at_ += 2;
    return true;
  }

  void unexpected() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && (text_[end] & 0xc0) == 0x80) ++end;  // a whole UTF-8 character
    const std::string_view here = text_.substr(at_, end - at_);
    std::string help;
    if (here == "&") help = "write && for a logical and";
    if (here == "|") help = "write || for a logical or";
    if (here == "=") help = "compare texts with streq(TEXT,TEXT)";
    if (here == ")") help = "there is no '(' for it, or nothing stands before it";
    fail(at_, end - at_, fmt::format("'{}' is not expected here in the condition", here), std::move(help));
  }

  void skip_blanks() {
    while (at_ < text_.size() && blank(text_[at_])) ++at_;
  }

  bool fail(std::size_t at, std::size_t length, std::string message, std::string help) {
    if (!error_) error_.emplace(condition_error{at, length, std::move(message), std::move(help)});
    return false;
  }

  std::string_view text_;
  const environment& variables_;
  const build_facts& facts_;
  std::size_t at_ = 0;
  std::optional<condition_error> error_;
};

}  // namespace

condition_result evaluate(std::string_view text, const environment& variables, const build_facts& facts) {
  return parser(text, variables, facts).run();
}

condition_result evaluate_argument(std::string_view text, const environment& variables,
                                   const build_facts& facts) {
  lex_context context{variables, 0, 1, {}, {}};
  context.comments = false;
  std::string joined;
  const lex_result words = lex_joined(text, context, joined);
  condition_result result;
  if (words.error) {
    result.error.emplace(condition_error{words.error->where.column - 1, words.error->where.length,
                                         words.error->message, words.error->help});
    return result;
  }
  result = evaluate(joined, variables, facts);
  if (result.error) {
    condition_error& error = *result.error;
    const std::size_t end = error.offset + error.length;
    const auto place = [&](std::size_t at) {
      return at < words.columns.size() ? std::size_t{words.columns[at]} - 1 : text.size();
    };
    error.length = error.length == 0 ? 0 : place(end - 1) + 1 - place(error.offset);
    error.offset = place(error.offset);
  }
  return result;
}

std::optional<version_number> parse_version(std::string_view text) {
  version_number result;
  take(text, "v");
  for (std::size_t i = 0;; ++i) {
    if (i == result.parts.size() || !take_number(text, result.parts[i])) return std::nullopt;
    if (!take(text, ".")) break;
  }
  if (text.empty()) return result;
  if (!take(text, "-")) return std::nullopt;
  if (take(text, "dev")) {
    result.stage = 1;
  } else if (take(text, "rc") || take(text, "pre")) {
    result.stage = 2;
  }
  if (result.stage != 3) {
    take_number(text, result.stage_number);
    if (text.empty()) return result;
    if (!take(text, "-")) return std::nullopt;
  }
  // The commits are the last part, when it is a number: "-12", but also "-g1a2b3c-12" of a packager.
  const std::size_t dash = text.rfind('-');
  std::string_view last = dash == std::string_view::npos ? text : text.substr(dash + 1);
  if (last.empty()) return std::nullopt;
  std::uint32_t commits = 0;
  if (take_number(last, commits) && last.empty()) result.commits = commits;
  return result;
}

}  // namespace ringway::config

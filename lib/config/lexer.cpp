#include "config/lexer.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/suggest.hpp"

namespace ringway::config {
namespace {

bool blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }
bool name_first(char c) { return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_'; }
bool name_char(char c) { return name_first(c) || is_digit(c); }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char low = lower(c);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

// One pass over one line. A word exists once something says so: a character, an escape, a pair of quotes, a
// variable.
class scanner {
 public:
  scanner(std::string_view text, const lex_context& context, bool want_columns)
      : text_(text), context_(context), want_columns_(want_columns) {}

  lex_result run() {
    at_ = std::min(text_.find_first_not_of(leading_blanks), text_.size());
    while (at_ < text_.size() && !result_.error) {
      const char c = text_[at_];
      if (c == '\r') {
        carriage_return();
        break;
      }
      if (c == '\0')
        fail("nul-byte", at_, 1, "a NUL byte cannot be part of a configuration", {});
      else if (quote_ == '\'')
        strong(c);
      else if (quote_ == '"')
        weak(c);
      else if (c == '#' && context_.comments) {
        result_.comment = column_of(at_);
        break;
      }
      else
        plain(c);
    }
    if (!result_.error && quote_ != 0) unclosed_quote();
    if (!result_.error) finish_word(std::min(at_, text_.size()));
    return std::move(result_);
  }

 private:
  // Outside quotes.
  void plain(char c) {
    if (blank(c)) {
      finish_word(at_);
      ++at_;
      return;
    }
    begin_word(at_);
    if (c == '"' || c == '\'') {
      open_quote(c);
    } else if (c == '\\') {
      escape();
    } else {
      put(c, at_++);
    }
  }

  void strong(char c) {
    if (c == '\'')
      close_quote();
    else
      put(c, at_++);
  }

  void weak(char c) {
    if (c == '"')
      close_quote();
    else if (c == '\\')
      escape();
    else if (c == '$')
      variable();
    else
      put(c, at_++);
  }

  void open_quote(char c) {
    quote_ = c;
    quote_at_ = at_;
    quotes_count_ = true;
    quoted_ = true;
    ++at_;
  }

  // Empty quotes make an empty word, but not around "${X[*]}", which may well stand for no word at all.
  void close_quote() {
    if (quotes_count_) exists_ = true;
    if (!exists_) quoted_ = false;
    quote_ = 0;
    ++at_;
  }

  void put(char c, std::size_t from) {
    if (!exists_ && current_.text.empty()) begin_word(from);
    exists_ = true;
    if (want_columns_) column(from);
    current_.text += c;
  }

  void column(std::size_t from) {
    // The space that will join this word to the one before it.
    if (current_.text.empty() && !result_.words.empty()) result_.columns.push_back(column_of(from));
    result_.columns.push_back(column_of(from));
  }

  static std::uint32_t column_of(std::size_t at) { return static_cast<std::uint32_t>(at + 1); }

  void begin_word(std::size_t at) {
    if (started_) return;
    started_ = true;
    start_ = at;
  }

  void finish_word(std::size_t end) {
    if (exists_) {
      if (want_columns_ && current_.text.empty() && !result_.words.empty())
        result_.columns.push_back(column_of(start_));
      current_.where = place(start_, end - start_);
      current_.quoted = quoted_;
      result_.words.push_back(std::move(current_));
    }
    current_ = word{};
    exists_ = started_ = false;
    quoted_ = quote_ != 0;
  }

  // Only what has a meaning loses its backslash; "\." of a regular expression stays as it is.
  void escape() {
    const std::size_t from = at_;
    const char next = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    const bool strange_end = at_ + 1 == text_.size();
    at_ += 2;
    switch (next) {
      case ' ':
      case '\\':
      case '\'':
      case '"':
        return put(next, from);
      case 't':
        return put('\t', from);
      case 'n':
        return put('\n', from);
      case 'r':
        return put('\r', from);
      case '#':
        if (context_.comments) return put('#', from);
        break;
      case '$':
        if (quote_ == '"') return put('$', from);
        break;
      case 'x':
        return hexadecimal(from);
      default:
        break;
    }
    at_ = from + 1;
    if (strange_end && quote_ == 0)
      remark("trailing-backslash", from, 1, "a backslash at the end of a line stands for itself",
             "a line cannot be continued on the next one; write it as one line");
    put('\\', from);
  }

  void hexadecimal(std::size_t from) {
    const int high = from + 2 < text_.size() ? hex_value(text_[from + 2]) : -1;
    const int low = from + 3 < text_.size() ? hex_value(text_[from + 3]) : -1;
    if (high < 0 || low < 0) {
      const std::size_t length = 2 + (high >= 0 ? 1 : 0);
      return fail("bad-hexadecimal-escape", from, length, "\\x must be followed by two hexadecimal digits",
                  R"(write \x0a for a line feed; for a backslash before an 'x', write \\x)");
    }
    if (high == 0 && low == 0)
      return fail("nul-byte", from, 4, "a NUL byte cannot be part of a configuration", {});
    at_ = from + 4;
    put(static_cast<char>(high * 16 + low), from);
  }

  // $NAME, ${NAME}, ${NAME-default}, ${NAME[*]}, ${NAME[*]-default}; .FILE, .LINE, .SECTION wherever NAME may
  // stand.
  void variable() {
    const std::size_t from = at_;
    std::size_t at = from + 1;
    const bool braces = at < text_.size() && text_[at] == '{';
    if (braces) ++at;
    const std::size_t name_at = at;
    const char first = at < text_.size() ? text_[at] : '\0';
    if (!name_first(first) && first != '.') return bad_name(from, name_at);
    do ++at;
    while (at < text_.size() && name_char(text_[at]));
    const std::string_view name = text_.substr(name_at, at - name_at);

    std::optional<std::string> value;
    if (first == '.') {
      value = pseudo_variable(name, name_at);
      if (!value) return;
    } else if (const auto found = context_.variables.find(name)) {
      value = std::string(*found);
    }
    bool split = false;
    if (braces && at < text_.size() && text_[at] == '[') {
      if (text_.substr(at, 3) != "[*]")
        return fail("bad-word-expansion", at, 1, "'[' in a variable must be followed by '*]'",
                    "\"${NAME[*]}\" makes one word of each word in the variable");
      split = true;
      at += 3;
    }
    if (braces) {
      const bool has_default = at < text_.size() && text_[at] == '-';
      const std::size_t end = has_default ? text_.find('}', at) : at;
      if (end >= text_.size() || text_[end] != '}') return unclosed_brace(from, end);
      if (has_default && !value) value = std::string(text_.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    at_ = at;
    if (split) quotes_count_ = false;
    if (value)
      expand(*value, from, split);
    else
      unset(name, from, split);
  }

  void expand(std::string_view value, std::size_t from, bool split) {
    for (const char c : value) {
      if (split && (blank(c) || c == '\n' || c == '\r'))
        finish_word(at_);
      else
        put(c, from);
    }
  }

  void unset(std::string_view name, std::size_t from, bool split) {
    result_.unset.push_back({std::string(name), place(from, at_ - from)});
    if (split) return;
    exists_ = true;
    current_.empty_variable = true;
  }

  std::optional<std::string> pseudo_variable(std::string_view name, std::size_t at) {
    if (name == ".LINE") return std::to_string(context_.line);
    if (name == ".FILE") return std::string(context_.file_name);
    if (name == ".SECTION") return std::string(context_.section_name);
    static const std::vector<std::string> known = {".FILE", ".LINE", ".SECTION"};
    std::string help = did_you_mean(name, known);
    if (help.empty()) help = "only .FILE, .LINE and .SECTION exist";
    fail("unknown-pseudo-variable", at, name.size(), fmt::format("unknown pseudo-variable '{}'", name), help);
    return std::nullopt;
  }

  void bad_name(std::size_t dollar, std::size_t at) {
    if (at >= text_.size() || text_[at] == '"')
      return fail("bad-variable-name", dollar, at - dollar, "'$' is not followed by the name of a variable",
                  R"(write \$ for a dollar, or put the text into single quotes)");
    fail("bad-variable-name", at, 1,
         "the name of an environment variable must start with a letter or an underscore",
         R"(write \$ for a dollar, or put the text into single quotes)");
  }

  void unclosed_brace(std::size_t dollar, std::size_t end) {
    if (end < text_.size() && text_[end] != '"')
      return fail("bad-variable-name", end, 1, "this cannot be part of a variable between '{' and '}'",
                  "names have letters, digits and underscores; a default is written \"${NAME-default}\"");
    fail("unclosed-brace", dollar + 1, 1, "'{' of an environment variable is not closed",
         "write \"${NAME}\" or \"${NAME-default}\"");
  }

  void unclosed_quote() {
    const bool apostrophe = quote_ == '\'' && quote_at_ > 0 && name_char(text_[quote_at_ - 1]);
    std::string help = apostrophe ? R"(write \' for an apostrophe, or put the text into double quotes)"
                                  : fmt::format(
                                        "close it with another {0} on this line, or write \\{0} for the "
                                        "character itself",
                                        quote_);
    fail("unmatched-quote", quote_at_, 1,
         quote_ == '"' ? "double quote is not closed" : "single quote is not closed", std::move(help));
  }

  // HAProxy ends the line here and loses the rest without a word.
  void carriage_return() {
    const std::size_t rest = text_.find_first_not_of(" \t\r", at_);
    if (rest == std::string_view::npos) return;
    remark("carriage-return", at_, 1, "everything after a carriage return within a line is ignored",
           R"(end lines with a line feed; write \r for the character itself)");
  }

  span place(std::size_t at, std::size_t length) const {
    return {context_.file, context_.line, static_cast<std::uint32_t>(at + 1),
            static_cast<std::uint32_t>(length)};
  }

  void remark(std::string id, std::size_t at, std::size_t length, std::string message, std::string help) {
    result_.remarks.push_back(
        {severity::warning, std::move(id), place(at, length), std::move(message), std::move(help), {}, {}});
  }

  void fail(std::string id, std::size_t at, std::size_t length, std::string message, std::string help) {
    result_.error.emplace(diagnostic{
        severity::alert, std::move(id), place(at, length), std::move(message), std::move(help), {}, {}});
  }

  std::string_view text_;
  const lex_context& context_;
  const bool want_columns_;
  lex_result result_;
  std::size_t at_ = 0;
  char quote_ = 0;             // the quote we are in, or 0
  std::size_t quote_at_ = 0;   // where it was opened
  bool quotes_count_ = false;  // closing it makes a word even if nothing was in it
  word current_;
  bool exists_ = false;   // current_ is a word, even if its text is empty
  bool started_ = false;  // start_ is set
  std::size_t start_ = 0;
  bool quoted_ = false;
};

}  // namespace

lex_result lex_line(std::string_view text, const lex_context& context) {
  return scanner(text, context, false).run();
}

lex_result lex_joined(std::string_view text, const lex_context& context, std::string& joined) {
  lex_result result = scanner(text, context, true).run();
  joined.clear();
  for (std::size_t i = 0; i < result.words.size(); ++i) {
    if (i != 0) joined += ' ';
    joined += result.words[i].text;
  }
  return result;
}

std::string similar_variable(std::string_view name, const environment& variables) {
  std::vector<std::string_view> names;
  for (const auto& entry : variables.all()) names.push_back(entry.first);
  const auto found = nearest(name, std::span<const std::string_view>(names));
  return found ? std::string(*found) : std::string();
}

}  // namespace ringway::config

// One line of configuration text into words: quotes, escapes, comments, environment variables.
// configuration.txt, "Quoting and escaping" and "Environment variables".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/word.hpp"

namespace ringway::config {

// What may stand before the first word of a line: carriage returns too, which behind a word end it (as in HAProxy).
inline constexpr std::string_view leading_blanks = " \t\v\f\r";

// What a line may look up while it is lexed. References must outlive the call only.
struct lex_context {
  const environment& variables;
  std::uint32_t file = 0;         // for the spans
  std::uint32_t line = 1;         // for the spans and ${.LINE}
  std::string_view file_name;     // ${.FILE}
  std::string_view section_name;  // ${.SECTION}; empty before the first section
  bool comments = true;           // '#' starts a comment; not so in a condition of the command line
};

struct unset_variable {
  std::string name;
  span where;  // from the dollar to the end of the reference
};

struct lex_result {
  std::vector<word> words;  // in order; empty: a blank line or a comment. Not to be used with an error.
  std::uint32_t comment = 0;  // the column of the '#' that ends what is said; 0: there is no comment
  std::vector<unset_variable> unset;  // references to variables that do not exist and have no default
  std::vector<diagnostic> remarks;    // what HAProxy accepts silently and hardly anybody means
  std::optional<diagnostic> error;    // what stopped the lexer, with its exact place and help
  // The column that each byte of the words, joined by single spaces, came from. Filled for conditions only.
  std::vector<std::uint32_t> columns;
};

// `text` is the line without its line end. Never throws but for memory; linear in the text and the variables.
lex_result lex_line(std::string_view text, const lex_context& context);

// The same, with lex_result::columns filled and the words joined by single spaces into `joined`: how a
// condition is read (configuration.txt, "Conditional blocks").
lex_result lex_joined(std::string_view text, const lex_context& context, std::string& joined);

// The name in `variables` that is nearest to one that is not set; "" when none is near.
std::string similar_variable(std::string_view name, const environment& variables);

}  // namespace ringway::config

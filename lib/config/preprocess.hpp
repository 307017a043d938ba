// The configuration line by line, as sections read it: conditional blocks and messages (.if … .endif, .notice
// …) are resolved here, and each line is lexed only when it is asked for, so that setenv and its kind act on
// the lines below them. configuration.txt, "Conditional blocks".
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/condition.hpp"
#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/lexer.hpp"
#include "config/source.hpp"
#include "config/word.hpp"

namespace ringway::config {

// Start-up only; one thread. Keeps references to all it is given.
class preprocessor {
 public:
  static constexpr std::size_t deepest_nesting = 99;  // .if inside .if; HAProxy's own limit

  preprocessor(const source_set& sources, environment& variables, const build_facts& facts,
               diagnostics& report);

  // The next line that says something, lexed with the environment of this moment. Lines that cannot be lexed
  // are reported and left out. nullopt: the end of the last file. A new file begins where line::where.file
  // changes (sections end there).
  std::optional<line> next();

  // To be called by whoever opens a section: what ${.SECTION} gives from the next line on. The name of the
  // section, or its type when it has none. Emptied by itself at the start of each file.
  void section(std::string_view name) { section_ = std::string(name); }

  environment& variables() { return variables_; }

 private:
  enum class branch {
    taken,    // its lines are read
    waiting,  // no branch was true so far: the next .elif or .else may be
    skipped,  // a branch was taken before, or an enclosing block is skipped, or the condition was wrong
  };
  struct block {
    span opened;  // the .if
    branch state;
    std::optional<span> last;  // the .else, once it was seen
  };

  std::optional<line> lex(std::string_view text, std::uint32_t number);
  // True when the line was one of .if, .elif, .else, .endif, and is dealt with. `name` is its first word.
  bool structure(std::string_view name, std::string_view text, span where);
  void say(const line& what);
  bool complete(const line& what);
  branch decide(std::string_view text, span where);
  void expect_nothing_after(std::string_view name, std::string_view text, span where);
  bool skipping() const { return !blocks_.empty() && blocks_.back().state != branch::taken; }
  void end_of_file();
  lex_context context(std::uint32_t number) const;

  const source_set& sources_;
  environment& variables_;
  const build_facts& facts_;
  diagnostics& report_;
  std::vector<block> blocks_;
  std::string section_;
  std::uint32_t file_ = 0;
  std::uint32_t line_ = 0;    // lines of file_ already read
  std::size_t too_deep_ = 0;  // .if beyond the limit that wait for their .endif
  bool anything_ = false;     // some line was not blank
  bool ended_ = false;
};

}  // namespace ringway::config

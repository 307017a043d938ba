// What we tell the author of a configuration: one cause each, the place, and help apart from the message.
// Rendered as HAProxy's first line (greppable), then the source line with a caret, or as JSON.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/span.hpp"

namespace ringway::config {

class source_set;

enum class severity { notice, warning, alert, diag, advice };  // diag: said only with -dD; advice: by -c

struct diagnostic {
  severity level = severity::alert;
  std::string id;  // stable kebab-case name of the kind: "unknown-keyword", "not-supported-yet", "retired", …
  span where;      // line 0: no place
  std::string message;  // one sentence, no final dot, starts lower-case after the place
  std::string help;     // what to do; empty: none
  std::vector<std::pair<span, std::string>> notes;  // other places that matter ("first declared here")
  std::string see{};  // where to read on; empty: nowhere
};

class diagnostics {
 public:
  diagnostic& alert(std::string id, span where, std::string message, std::string help = {});
  diagnostic& warning(std::string id, span where, std::string message, std::string help = {});
  diagnostic& notice(std::string id, span where, std::string message, std::string help = {});
  diagnostic& diag(std::string id, span where, std::string message, std::string help = {});
  diagnostic& advice(std::string id, span where, std::string message, std::string help = {});

  const std::vector<diagnostic>& all() const { return list_; }
  std::size_t count(severity level) const;
  bool failed() const { return count(severity::alert) > 0; }

 private:
  std::vector<diagnostic> list_;
};

struct render_options {
  bool colour = false;
  std::string_view program = "haproxy";  // for the [NOTICE] (pid) prefix
  int pid = 0;
  bool diag = false;  // -dD: severity::diag is shown too
  std::size_t width = 0;  // columns of the terminal: lines are broken between words; 0: none, and they are not
  std::size_t most = 0;  // of errors, of warnings, and of pieces of advice; the others are counted by kind. 0: all
  std::size_t most_notes = 0;  // further places of one diagnostic; 0: all
};
// Text: "[ALERT]    (PID) : config : parsing [file:line] : message" as HAProxy's own, so that what greps for
// it still finds it; then an arrow with the column, the line, a caret below the word, "help: …"; at the end
// the sum, with what was left out by kind. Identical diagnostics are shown once. All bytes are safe for a terminal.
// Empty when there is nothing to say. A first line is one line wherever it may be grepped: it is broken on a terminal only.
std::string render_text(const diagnostics& from, const source_set& sources, const render_options& how);
// One array of objects, with a final newline; keys file (null: no place), line, column, length, severity, id,
// message, help, notes (file, line, column, length, message). Valid UTF-8 whatever the bytes of the source.
std::string render_json(const diagnostics& from, const source_set& sources);

}  // namespace ringway::config

// The commands, one row each: words, level, one line of help, handler. From the rows come `help`, look-up,
// the answer to an unknown command and the list in this room's README. Management manual 9.3. Thread: the
// control thread. Handlers return at once; what workers have to do they are told to do.
#pragma once
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "command/subject.hpp"
#include "proxy/model.hpp"

namespace ringway::command {

using level = proxy::command_level;

// How grave an answer is: syslog's numbers, as severity-output prints them. none: a listing, which never
// says.
enum class severity : std::int8_t { none = -1, error = 3, warning = 4, notice = 5, info = 6 };

struct reply {
  std::string text;  // whole lines; empty: done, nothing to say
  severity grave = severity::none;
};
reply failed(std::string sentence);  // one line, an error; the line feed is added
reply told(std::string sentence, severity grave = severity::info);

// One client's conversation, which some commands change.
struct conversation {
  level may = level::operator_;
  proxy::severity_form form = proxy::severity_form::none;
  bool interactive = false;  // `prompt`
  bool over = false;         // `quit`
  std::chrono::milliseconds timeout{10000};
};

struct call {
  conversation& client;
  const subject& of;
  std::span<const std::string> words;  // behind the row's own
  std::string_view payload;            // lines after `<<`; empty: none
};
using handler = reply (*)(const call&);

struct row {
  std::string_view words;      // "show servers state"
  std::string_view arguments;  // "[<backend>]"
  std::string_view help;       // no final dot
  level needs = level::user;
  handler run = nullptr;
};
std::span<const row> rows();

// The row whose words begin `typed`, the longest of several; nullptr: none. `used`: how many words that are.
const row* find(std::span<const std::string> typed, std::size_t& used);
// Whether a row takes a command that begins so.
bool has_row(std::string_view words);
// The command of HAProxy's that `typed` begins with and that is not there yet; empty: none.
std::string_view not_yet(std::span<const std::string> typed);
// Every name of such a command, for documentation and tests.
std::span<const std::string_view> not_yet_names();

// "  show env [var]                          : ...", a line each; of those that match, or all.
std::string help_text(std::span<const std::string> typed, std::string_view title_all,
                      std::string_view title_near);

// One command with its payload: what is to be written, with the empty line that ends it. Nothing after
// `quit`.
std::string execute(const subject& of, conversation& client, std::string_view line, std::string_view payload);

}  // namespace ringway::command

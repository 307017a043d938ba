// Advice on a valid configuration: one table of rows, from which come messages, help and manual.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.hpp"
#include "config/outline.hpp"
#include "config/source.hpp"
#include "proxy/model.hpp"

namespace ringway::advice {

// What is looked at; all of one configuration, valid, and outliving the call.
struct subject {
  const proxy::model& model;
  const config::outline& lines;
  const config::source_set& sources;
};

struct finding {
  config::span where;   // the word it is about
  std::string message;  // one sentence, no final dot
  std::string help;     // what to do; empty: the row's
  std::vector<std::pair<config::span, std::string>> notes;
};

struct row {
  std::string_view name;     // stable, kebab-case; how it is silenced
  std::string_view title;    // one line, no final dot
  std::string_view detail;   // why it matters and when it is said; a paragraph
  std::string_view help;     // what to do, one line
  config::place place;       // of the keyword's row in the manual
  std::string_view keyword;  // whose entry explains
  std::string_view example;  // a whole configuration that provokes this row and no other
  void (*check)(const subject& of, std::vector<finding>& to) = nullptr;  // nullptr: noticed while running
};

std::span<const row> table();
const row* find(std::string_view name);  // nullptr: none
// "did you mean …?" or empty.
std::string similar(std::string_view name);

// Adds all advice that is not silenced, by `silenced` (names, or "all") or by comments of the files.
void give(const subject& of, std::span<const std::string> silenced, config::diagnostics& to);

// What the files' comments silence: `# ringway: allow NAME...` and `allow-file NAME...`. Read once.
class allowances {
 public:
  explicit allowances(const subject& of);
  // Is the row silenced at this place? For those without a check: ask with the section's.
  bool hold(std::string_view name, const config::span& where) const;
  const std::vector<finding>& mistakes() const { return mistakes_; }

 private:
  struct range {
    std::uint32_t file = 0;
    std::uint32_t first = 0, last = 0;  // lines for which it holds
    std::uint32_t reach = 0;            // the greatest `last` of the file's ranges up to this one
  };
  std::map<std::string, std::vector<range>, std::less<>> by_name_;  // "all": every row
  std::vector<finding> mistakes_;
};

// Where to read on: the manual's entry, and how to silence the row.
std::string see(const row& of);

std::string print(std::string_view pattern, std::size_t width = 80);  // --help-advice
std::string markdown();                                               // conf/ADVICE.md

}  // namespace ringway::advice

// An old configuration's text in today's spelling. Pure: no file is read or written, no name is looked up.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringway::migrate {

// HAProxy's versions as numbers: 2.6 is 206.
using version = unsigned;
inline constexpr version newest = 305;

enum class verdict : std::uint8_t {
  translated,  // the line says the same in today's words
  removed,     // it has had no effect for long: it became a comment
  kept,        // no translation is known: it stands as it was, and whoever reads it must decide
};
std::string_view name_of(verdict what);

struct change {
  verdict what = verdict::translated;
  std::uint32_t line = 0;    // of the old text, from 1
  std::uint32_t column = 0;  // in bytes, from 1
  std::string old_text;      // the old line without its indentation
  std::string new_text;      // what stands there now, lines joined by a line feed; empty when kept
  std::string reason;        // one sentence without final dot
};

struct options {
  version to = newest;   // spellings that only newer versions have are not used
  bool comments = true;  // each change is explained on the line above
};

struct result {
  std::string text;
  std::vector<change> changes;  // in the order of the lines
  std::size_t count(verdict what) const;
};

// `text` is a whole file; `name` is what "${.FILE}" would be. Line ends are kept as each line has them.
result migrate(std::string_view text, std::string_view name, const options& how = {});

// One row of the table, as the list shows it.
struct known {
  std::string_view old_spelling;
  std::string_view today;  // empty: no equivalent, or nothing
  std::string_view reason;
  verdict what;
  std::string_view before, after;  // whole lines of the example's section; see example_of
  version from;
};
std::vector<known> all_known();
// A whole file in which the row's line stands; for the tests. `migrated`: the line as it should come out.
std::string example_of(const known& row, bool migrated);

}  // namespace ringway::migrate

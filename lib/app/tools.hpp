// What the subcommands share: a configuration read for a look at it, lines read quickly, answers written.
// Main thread; blocking.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/subcommands.hpp"
#include "config/diagnostic.hpp"
#include "config/source.hpp"
#include "proxy/model.hpp"

namespace ringway::app {

// A configuration and where its words stand. Not copied, not moved: spans and names point into it.
struct configuration {
  config::source_set sources;
  config::diagnostics report;
  proxy::model model;
};

// Reads files as the proxy would (warnings are not repeated: -c says them). Empty `files`: the conventional places.
// `resolve`: HOST:ADDRESS words for servers that are placed by their address. False: said on stderr.
bool read_configuration(std::vector<std::string> files, std::span<const std::string> resolve, configuration& out);

// A configuration where something else was expected: a file that is there, or a name that ends as theirs do.
bool is_configuration(const std::string& word);

// "ringway NAME: text" on stderr.
void complain(std::string_view subcommand, std::string_view text);
void complain_help(std::string_view text);  // below it: what to do; empty: nothing

// Lines of a file or of standard input ("-"), a mebibyte at a time. A line without its line feed at the end counts.
class line_source {
 public:
  ~line_source();
  line_source() = default;
  line_source(const line_source&) = delete;
  line_source& operator=(const line_source&) = delete;
  bool open(const std::string& path, std::string& why);
  bool next(std::string_view& line);  // valid until the next call
  std::uint64_t number() const { return number_; }  // of the last line, from 1
  const std::string& name() const { return name_; }
  const std::string& failure() const { return failure_; }  // reading stopped early; empty: it did not
  // 0..1 of a file whose size is known; negative: unknown.
  double progress() const;

 private:
  bool fill();
  int fd_ = -1;
  std::string name_, failure_, buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  std::uint64_t number_ = 0, read_ = 0, size_ = 0;
};

// Standard output, gathered. False from flush(): the reader is gone.
class answer {
 public:
  ~answer() { flush(); }
  void put(std::string_view text) {
    buffer_.append(text);
    if (buffer_.size() > limit) flush();
  }
  bool flush();

 private:
  static constexpr std::size_t limit = std::size_t{1} << 18;
  std::string buffer_;
  bool broken_ = false;
};

// Says on stderr what is being done, how far it is and for how long: on a terminal only, from the second second on, and
// wipes the line at the end. A thread of its own looks at the clock, so that whatever takes long is covered. One at a time.
class progress {
 public:
  explicit progress(std::string_view subcommand, std::string_view what = {});
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  void doing(std::string what);               // "backend web: losses"
  void at(std::uint64_t lines, double part);  // cheap; part of a whole 0..1, negative: unknown
  void step(std::size_t done, std::size_t of);

 private:
  struct state;
  std::unique_ptr<state> state_;  // null: no terminal
};

// Lines that could not be understood: the first few are named, all are counted.
class malformed {
 public:
  explicit malformed(std::string_view subcommand) : subcommand_(subcommand) {}
  void add(std::string_view file, std::uint64_t line, std::string_view why, std::string_view text);
  std::uint64_t count() const { return count_; }
  void sum_up(std::string_view of) const;  // "3 of 100 lines ..." when there were any

 private:
  static constexpr std::uint64_t named = 10;
  std::string subcommand_;
  std::uint64_t count_ = 0;
};

bool write_file(const std::string& path, std::string_view text, std::string& why);
std::size_t stderr_width();  // columns of the terminal that stderr is; 0: it is none, and lines are not broken
bool colours(int fd);  // a terminal that has them, and NO_COLOR is not set
unsigned columns(int fd = 1);  // COLUMNS, or the terminal's; 80 when there is none; at least 40

}  // namespace ringway::app

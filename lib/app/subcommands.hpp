// `ringway NAME ...`: what the program does besides being a proxy. HAProxy's command line knows no bare word as
// first argument, so a name there cannot be mistaken for one of its options. One row per subcommand, one row per
// option: parsing, `ringway NAME --help`, the manual page and the completion come from them.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/options.hpp"

namespace ringway::app {

struct subcommand_option {
  std::string_view spellings;  // "--config, -f"; one long, at most one short
  std::string_view argument;   // empty: a switch
  std::string_view help;       // one line of --help, no final dot
};

// What a command line said. Values are kept as typed and in order.
class said {
 public:
  bool has(std::string_view option) const { return !all(option).empty() || is_set(option); }
  // By the long name without dashes. Empty: not said.
  std::span<const std::string> all(std::string_view option) const;
  std::string_view last(std::string_view option, std::string_view otherwise = {}) const;

  std::vector<std::string> words;  // what is no option, in order
  void add(std::string option, std::vector<std::string> values);

 private:
  bool is_set(std::string_view option) const;
  struct entry {
    std::string option;
    std::vector<std::string> values;
  };
  std::vector<entry> entries_;
};

struct subcommand {
  std::string_view name;
  std::string_view usage;    // what follows the name: "-f FILE [option]... [URL]"
  std::string_view summary;  // one line, no final dot
  std::string_view detail;   // a paragraph for --help and the manual page
  std::string_view statuses;  // what its exit statuses mean, one sentence
  std::span<const subcommand_option> options;
  int usage_status;               // exit status of a wrong command line
  int (*run)(const said& words);  // returns the exit status; prints by itself
};

// In the order in which they are listed.
std::span<const subcommand* const> subcommands();
// The row of that name; nullptr: none.
const subcommand* find_subcommand(std::string_view name);

// `words`: everything behind the name. --help is an option of every one.
std::variant<said, usage_error> parse_subcommand(const subcommand& row, const std::vector<std::string>& words);

std::string help_of(const subcommand& row, std::string_view program);  // at most 80 columns
// argv[1] was the row's name: parses, runs; the exit status.
int run_subcommand(const subcommand& row, int argc, const char* const* argv);

}  // namespace ringway::app

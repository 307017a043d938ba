// The command line: a superset of HAProxy's (management.txt, "Starting HAProxy"). One table of rows says
// what exists; parsing, --help, the manual page and the shell completion are all derived from it.
// Plain values, no I/O: what must be asked of the system (is there a conventional file?) the caller supplies.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/complaint.hpp"
#include "base/address.hpp"
#include "base/units.hpp"

namespace ringway::app {

enum class action : std::uint8_t {
  run,
  check,               // -c
  evaluate_condition,  // -cc: exit 0 true, 1 false, 2 not understood
  version,             // -v
  build_facts,         // -vv
  version_only,        // -vq
  version_short,       // -vqs
  version_branch,      // -vqb
  help,
  usage,  // nothing to read: help, and exit 1
  help_keywords,
  help_advice,
};

enum class takeover : std::uint8_t { none, finish, terminate };  // -sf sends SIGUSR1, -st SIGTERM
enum class diagnostics_style : std::uint8_t { text, json };

struct port_override {
  std::string name;  // of a frontend or a bind; empty: the only TCP bind there is
  std::uint16_t port = 0;
};

// Several for one name give it several addresses.
struct resolve_override {
  std::string word;  // as typed, what io::fixed_names::add takes
  std::string host;  // lower case
  address to;        // port 0
};

struct options {
  action what = action::run;
  std::vector<std::string> files;  // -f and -- in the order given; files or directories
  bool syntax_only = false;        // with -c: no look at files, users or names outside the configuration
  bool try_bind = false;           // with -c: also try every address
  std::string condition;           // -cc
  std::string keyword_pattern;     // --help-keywords, --help-advice; empty: all
  std::vector<std::string> no_advice;  // names of advice that is not to be given, or "all"

  bool debug = false;           // -d: foreground; HAProxy also prints events
  bool foreground = false;      // -db
  bool daemon = false;          // -D
  bool master = false;          // -W or -Ws
  bool service_notify = false;  // -Ws
  bool quiet = false;           // -q, undone by -V
  bool verbose = false;         // -V

  bool warnings_fatal = false;                    // -dW
  bool diagnose = false;                          // -dD
  bool all_diagnostics = false;                   // --all: none is left out
  bool ignore_unresolved = false;                 // -dr
  std::optional<bool> h1_as_haproxy;              // --h1-parsing
  bool no_splice = false;                         // -dS: bodies are copied
  bool one_socket = false;                        // -dR: no SO_REUSEPORT
  bool only_ipv4 = false;                         // -4
  std::optional<std::string> dump_configuration;  // -dC[KEY]; empty: no key
  std::optional<std::string> dump_keywords;       // -dK CLASS,...
  bool dump_libraries = false;                    // -dL

  std::string directory;                      // -C; empty: stay
  std::string pidfile;                        // -p; empty: the configuration's
  std::string local_peer;                     // -L; empty: the host's name
  std::string master_socket;                  // -S ADDRESS[,words]; empty: none
  std::string inherit_from;                   // -x; empty: none
  std::optional<unsigned> maxconn;            // -n, over global's maxconn
  std::optional<unsigned> maxconn_per_proxy;  // -N
  std::optional<unsigned> memory_mb;          // -m; MiB
  takeover old_how = takeover::none;
  std::vector<int> old_pids;  // may be empty although old_how is set: `-sf $(cat pidfile)` without a file

  std::vector<port_override> ports;
  std::vector<resolve_override> resolve;
  std::optional<milliseconds> resolve_period;  // unset: the resolver's own; 0: names are looked up once
  diagnostics_style diagnostics = diagnostics_style::text;

  // Somebody else holds the addresses and knows of us. An empty list after -sf (no pid file yet) is a first
  // start.
  bool takes_over() const { return !old_pids.empty() || !inherit_from.empty(); }
  bool quiet_output() const { return quiet && !verbose; }
};

struct usage_error {
  std::string message;  // one sentence, no final dot
  std::string help;     // empty: none
  int exit_code = 1;    // 2 for -cc without something to evaluate, else 1 as HAProxy
};

// What the parser may ask of its caller.
struct surroundings {
  std::function<bool(const std::string& path)> exists;  // unset: no conventional file is looked for
  bool first_process = false;  // process 1, of a container: the only one that may do without -f
};

// argv[0] is skipped. Never exits, never prints.
std::variant<options, usage_error> parse_options(int argc, const char* const* argv,
                                                 const surroundings& around);

// Without -f process 1 of a container reads the first of these that exists: the official image's place, then the
// distributions'. Anybody else gets the help: on a machine the file is the service's, and a second process would be in its way.
inline constexpr std::string_view conventional_files[] = {"/usr/local/etc/haproxy/haproxy.cfg",
                                                          "/etc/haproxy/haproxy.cfg"};

// The table.
enum class option_kind : std::uint8_t { ours, haproxy, without_effect };
enum class option_takes : std::uint8_t {
  nothing,
  next,           // the next word
  rest,           // glued to the spelling, may be absent: -dM0x50
  next_if_plain,  // the next word unless it begins with '-'
  all_plain,      // all next words until one begins with '-'
};

struct option_row {
  std::string_view spellings;  // "-f, --config"; the first is the row's key
  std::string_view argument;   // "FILE|DIR"; empty: none
  option_takes takes;
  option_kind kind;
  std::string_view help;    // one line of --help, at most 53 columns, no final dot
  std::string_view detail;  // more, for the manual page; may be empty
  // Writes the meaning into `out`; false: the value is not understood (`why` says what was expected).
  bool (*apply)(options& out, const std::vector<std::string>& values, std::string& why);
};
std::span<const option_row> option_table();

// "-f, --config" -> {"-f", "--config"}
std::vector<std::string_view> spellings_of(const option_row& row);

std::string help_text(std::string_view program);  // at most 80 columns and 40 lines
std::string manual_page();                        // conf/ringway.1, roff
std::string bash_completion();                    // conf/completion/ringway.bash
std::string zsh_completion();                     // conf/completion/_ringway
std::string fish_completion();                    // conf/completion/ringway.fish

// HAProxy's time: a number and us, ms, s, m, h or d; no unit means milliseconds. nullopt: not understood.
std::optional<milliseconds> parse_period(std::string_view text);

// The spelling of the table nearest to `typed`; empty: nothing is near.
std::string_view nearest_option(std::string_view typed);

}  // namespace ringway::app

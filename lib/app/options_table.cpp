// The rows of the command line. To add an option: one row here, then RINGWAY_WRITE_GENERATED=1 test_app
// writes the manual page and the completion again.
#include <algorithm>
#include <charconv>

#include "advice/advice.hpp"
#include "app/options.hpp"

namespace ringway::app {
namespace {

using values = const std::vector<std::string>&;
using kind = option_kind;
using takes = option_takes;

template <class Number>
bool number(std::string_view text, Number low, Number high, Number& out) {
  Number read{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error != std::errc{} || end != text.data() + text.size() || read < low || read > high) return false;
  out = read;
  return true;
}

bool limit(values from, std::optional<unsigned>& out, std::string& why) {
  unsigned read = 0;
  why = "expected a number from 0 to 2147483647";
  if (!number(from.front(), 0U, 2147483647U, read)) return false;
  out = read;
  return true;
}

// The first of several question-like options wins, as it would where each exits as soon as it is read.
void ask(options& out, action what) {
  if (out.what == action::run || out.what == action::check) out.what = what;
}

bool pids(options& out, values from, takeover how, std::string& why) {
  out.old_how = how;
  for (const std::string& word : from) {
    // `-sf "$(cat file)"` gives one word with several pids, or an empty one.
    std::size_t at = 0;
    while ((at = word.find_first_not_of(" \t\n", at)) != std::string::npos) {
      const std::size_t end = std::min(word.find_first_of(" \t\n", at), word.size());
      int pid = 0;
      why = "expected process numbers above 0";
      if (!number(std::string_view(word).substr(at, end - at), 1, 2147483647, pid)) return false;
      out.old_pids.push_back(pid);
      at = end;
    }
  }
  return true;
}

bool port(options& out, values from, std::string& why) {
  const std::string& text = from.front();
  port_override made;
  const std::size_t equals = text.rfind('=');
  if (equals != std::string::npos) made.name = text.substr(0, equals);
  why = "expected PORT or NAME=PORT, the port from 0 to 65535";
  if (equals == 0) return false;
  if (!number(std::string_view(text).substr(equals == std::string::npos ? 0 : equals + 1), std::uint16_t{0},
              std::uint16_t{65535}, made.port)) {
    return false;
  }
  for (const port_override& other : out.ports) {
    why = made.name.empty() ? "the port is given twice" : "the port of '" + made.name + "' is given twice";
    if (other.name == made.name) return false;
  }
  out.ports.push_back(std::move(made));
  return true;
}

bool resolve(options& out, values from, std::string& why) {
  const std::string& text = from.front();
  const std::size_t colon = text.find(':');
  why = "expected HOST:ADDRESS, the address IPv4 or IPv6, without a port";
  if (colon == std::string::npos || colon == 0) return false;
  std::string_view literal = std::string_view(text).substr(colon + 1);
  if (literal.size() > 2 && literal.front() == '[' && literal.back() == ']') {
    literal = literal.substr(1, literal.size() - 2);
    if (literal.find(':') == std::string_view::npos) return false;
  }
  const std::optional<address> to = parse_ip(literal);
  if (!to) return false;
  resolve_override made;
  made.word = text;
  for (const char c : std::string_view(text).substr(0, colon)) {
    made.host.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  made.to = *to;
  out.resolve.push_back(std::move(made));
  return true;
}

bool nothing(options&, values, std::string&) { return true; }

#define RINGWAY_SET(member)                \
  [](options& out, values, std::string&) { \
    out.member = true;                     \
    return true;                           \
  }
#define RINGWAY_TEXT(member)                    \
  [](options& out, values from, std::string&) { \
    out.member = from.front();                  \
    return true;                                \
  }
#define RINGWAY_LIMIT(member) \
  [](options& out, values from, std::string& why) { return limit(from, out.member, why); }
#define RINGWAY_ASK(what)                  \
  [](options& out, values, std::string&) { \
    ask(out, action::what);                \
    return true;                           \
  }

constexpr option_row rows[] = {
    {"-f, --config", "FILE|DIR", takes::next, kind::haproxy,
     "read this file, or a directory's *.cfg; repeatable",
     "A directory stands for its files ending in .cfg that are not hidden, in byte order. Without -f this "
     "help is printed and the status is 1; only process 1 of a container reads the first existing of "
     "/usr/local/etc/haproxy/haproxy.cfg and /etc/haproxy/haproxy.cfg.",
     [](options& out, values from, std::string&) {
       out.files.push_back(from.front());
       return true;
     }},
    {"--", "FILE...", takes::all_plain, kind::haproxy, "all following words are files, as after -f", "",
     [](options& out, values from, std::string&) {
       out.files.insert(out.files.end(), from.begin(), from.end());
       return true;
     }},
    {"-c, --check", "", takes::nothing, kind::haproxy, "check the configuration and exit: 0 valid, 1 not",
     "A valid configuration gets advice at most, on standard error; -V also says that it is valid.", RINGWAY_ASK(check)},
    {"--syntax-only", "", takes::nothing, kind::ours, "with -c: judge the text alone, look nothing up",
     "No name is resolved, no user or file is looked for: the answer is the same on every machine.",
     [](options& out, values, std::string&) {
       out.syntax_only = true;
       ask(out, action::check);
       return true;
     }},
    {"--try-bind", "", takes::nothing, kind::ours, "with -c: also try whether every address can be bound",
     "Reports the process that holds an address. Nothing is ever accepted and no socket file is replaced.",
     [](options& out, values, std::string&) {
       out.try_bind = true;
       ask(out, action::check);
       return true;
     }},
    {"-cc", "CONDITION", takes::next, kind::haproxy, "evaluate a condition: 0 true, 1 false, 2 error", "",
     [](options& out, values from, std::string&) {
       out.condition = from.front();
       ask(out, action::evaluate_condition);
       return true;
     }},
    {"--diagnostics", "text|json", takes::next, kind::ours, "how problems are reported; text is the default",
     "json is one array with stable keys, for editors and pipelines.",
     [](options& out, values from, std::string& why) {
       why = "expected 'text' or 'json'";
       if (from.front() != "text" && from.front() != "json") return false;
       out.diagnostics = from.front() == "json" ? diagnostics_style::json : diagnostics_style::text;
       return true;
     }},
    {"--all", "", takes::nothing, kind::ours, "show every problem of a configuration",
     "Otherwise the first 20 errors, warnings and pieces of advice each, and how many more of which kind. JSON has all.",
     RINGWAY_SET(all_diagnostics)},
    {"--no-advice", "NAME|all", takes::next, kind::ours, "do not give this advice; repeatable", "In a file: # ringway: allow NAME.",
     [](options& out, values from, std::string& why) {
       const std::string& name = from.front();
       why = advice::similar(name);
       if (why.empty()) why = "--help-advice lists the names";
       if (name != "all" && advice::find(name) == nullptr) return false;
       out.no_advice.push_back(name);
       return true;
     }},
    {"-dW", "", takes::nothing, kind::haproxy, "a warning about the configuration prevents the start",
     "The same as zero-warning in the global section.", RINGWAY_SET(warnings_fatal)},
    {"-dD", "", takes::nothing, kind::haproxy, "also report what is merely suspicious",
     "Never prevents the start and never changes the exit status.", RINGWAY_SET(diagnose)},
    {"-q", "", takes::nothing, kind::haproxy, "say less at start",
     "In the foreground, standard output and error are no longer written to once the proxy runs.",
     RINGWAY_SET(quiet)},
    {"-V", "", takes::nothing, kind::haproxy, "say more at start; undoes -q", "", RINGWAY_SET(verbose)},

    {"-D", "", takes::nothing, kind::haproxy, "run in the background",
     "The command returns once the proxy listens, or with the reason why it cannot. Never done as process 1.",
     RINGWAY_SET(daemon)},
    {"-db", "", takes::nothing, kind::haproxy, "stay in the foreground, whatever is configured", "",
     RINGWAY_SET(foreground)},
    {"-d", "", takes::nothing, kind::haproxy, "stay in the foreground, for debugging", "",
     RINGWAY_SET(debug)},
    {"-W", "", takes::nothing, kind::haproxy, "behave as HAProxy's master, in a single process",
     "Interrupted by SIGINT, the exit status is 130; after SIGTERM or SIGUSR1 it is 0.", RINGWAY_SET(master)},
    {"-Ws", "", takes::nothing, kind::haproxy, "as -W, in the foreground, and tell systemd when ready",
     "Sends READY=1 to the socket named by NOTIFY_SOCKET, for units of Type=notify.",
     [](options& out, values, std::string&) {
       out.master = out.service_notify = true;
       return true;
     }},
    {"-C", "DIR", takes::next, kind::haproxy, "change to this directory before files are read", "",
     RINGWAY_TEXT(directory)},
    {"-p", "FILE", takes::next, kind::haproxy, "write the process number to this file", "",
     RINGWAY_TEXT(pidfile)},
    {"-sf", "PID...", takes::all_plain, kind::haproxy, "take over; older processes finish and leave",
     "They receive SIGUSR1 once this one listens. The list may be empty and ends at the next option.",
     [](options& out, values from, std::string& why) { return pids(out, from, takeover::finish, why); }},
    {"-st", "PID...", takes::all_plain, kind::haproxy, "take over; older processes stop at once",
     "They receive SIGTERM once this one listens.",
     [](options& out, values from, std::string& why) { return pids(out, from, takeover::terminate, why); }},
    {"-n", "NUMBER", takes::next, kind::haproxy, "most connections at a time, over global's maxconn", "",
     RINGWAY_LIMIT(maxconn)},
    {"-N", "NUMBER", takes::next, kind::haproxy, "maxconn of a frontend that does not set it", "",
     RINGWAY_LIMIT(maxconn_per_proxy)},
    {"-m", "MEGABYTES", takes::next, kind::haproxy, "most memory the process may allocate", "",
     RINGWAY_LIMIT(memory_mb)},
    {"-L", "NAME", takes::next, kind::haproxy, "this peer's name; the host's unless given",
     "Readable in the configuration as $HAPROXY_LOCALPEER.", RINGWAY_TEXT(local_peer)},

    {"--port", "[NAME=]PORT", takes::next, kind::ours, "listen on PORT instead; NAME is a frontend or a bind",
     "Repeatable. Without NAME there must be exactly one TCP address in the configuration.", port},
    {"--resolve", "HOST:ADDRESS", takes::next, kind::ours, "this name has this address; repeatable",
     "As curl's option, without a port. The name is never asked of the resolver; several for one name give "
     "it several addresses.",
     resolve},
    {"--h1-parsing", "WAY", takes::next, kind::ours, "strict or haproxy: which HTTP/1 messages are taken",
     "Over global's h1-parsing. strict takes what the RFCs allow. haproxy takes and treats as HAProxy 3.x does what they do not: HTTP/1.1 without Host "
     "or with an odd one, lines that end in LF alone, blanks and tabs in a request line, folded lines, Content-Length "
     "beside Transfer-Encoding and Transfer-Encoding in HTTP/1.0 (the chunks count, the connection ends), user information "
     "in a target, a status below 100.",
     [](options& out, values from, std::string& why) {
       why = "expected 'strict' or 'haproxy'";
       if (from.front() != "strict" && from.front() != "haproxy") return false;
       out.h1_as_haproxy = from.front() == "haproxy";
       return true;
     }},
    {"--resolve-period", "TIME", takes::next, kind::ours, "how often names of servers are looked up again",
     "A number with us, ms, s, m, h or d; milliseconds without. 0: once, at the start.",
     [](options& out, values from, std::string& why) {
       why = "expected a time such as 30s";
       out.resolve_period = parse_period(from.front());
       return out.resolve_period.has_value();
     }},
    {"-dr", "", takes::nothing, kind::haproxy, "start although names do not resolve (here always)",
     "A server whose name has no address yet is down until it has one.", RINGWAY_SET(ignore_unresolved)},
    {"-dR", "", takes::nothing, kind::haproxy, "one socket per address instead of one per thread", "",
     RINGWAY_SET(one_socket)},
    {"-dC", "[KEY]", takes::rest, kind::haproxy, "print the configuration as understood",
     "With a key other than 0, what is confidential is left out.",
     [](options& out, values from, std::string&) {
       out.dump_configuration = from.front();
       return true;
     }},
    {"-dK", "CLASS,...", takes::rest, kind::haproxy, "list the known keywords: -dKall, -dKhelp", "",
     [](options& out, values from, std::string&) {
       out.dump_keywords = from.front();
       return true;
     }},
    {"-dL", "", takes::nothing, kind::haproxy, "list the shared libraries in use", "",
     RINGWAY_SET(dump_libraries)},

    {"-v, --version", "", takes::nothing, kind::haproxy, "the version (-vq -vqs -vqb: only, short, branch)",
     "", RINGWAY_ASK(version)},
    {"-vv", "", takes::nothing, kind::haproxy, "version, build, features", "", RINGWAY_ASK(build_facts)},
    {"-vq", "", takes::nothing, kind::haproxy, "only the version", "", RINGWAY_ASK(version_only)},
    {"-vqs", "", takes::nothing, kind::haproxy, "only the version, without suffix", "",
     RINGWAY_ASK(version_short)},
    {"-vqb", "", takes::nothing, kind::haproxy, "only the branch", "", RINGWAY_ASK(version_branch)},
    {"-h, --help", "", takes::nothing, kind::ours, "this text", "", RINGWAY_ASK(help)},
    {"--help-keywords", "[PATTERN]", takes::next_if_plain, kind::ours, "explain configuration keywords",
     "All, or those that contain PATTERN.",
     [](options& out, values from, std::string&) {
       if (!from.empty()) out.keyword_pattern = from.front();
       ask(out, action::help_keywords);
       return true;
     }},
    {"--help-advice", "[PATTERN]", takes::next_if_plain, kind::ours, "explain the advice that -c gives", "All, or what contains PATTERN.",
     [](options& out, values from, std::string&) {
       if (!from.empty()) out.keyword_pattern = from.front();
       ask(out, action::help_advice);
       return true;
     }},

    {"-S", "ADDRESS[,WORD...]", takes::next, kind::without_effect, "where the master's command line listens",
     "There is no command line of the master yet.", RINGWAY_TEXT(master_socket)},
    {"-x", "SOCKET", takes::next, kind::haproxy, "take listening sockets from the process behind SOCKET",
     "The start fails where nobody serves SOCKET. That process goes on unless -sf or -st name it.",
     RINGWAY_TEXT(inherit_from)},
    {"-4", "", takes::nothing, kind::without_effect, "use only IPv4 addresses of names",
     "resolve-prefer ipv4 on a server line has that effect.", RINGWAY_SET(only_ipv4)},
    {"-dM", "[BYTE][,WORD...]", takes::rest, kind::without_effect, "memory debugging",
     "Memory is checked by builds with sanitizers instead.", nothing},
    {"-dA", "[FILE]", takes::rest, kind::without_effect, "archive of libraries",
     "No archive is written; see -dL.", nothing},
    {"-dI", "", takes::nothing, kind::without_effect, "permit forking",
     "The proxy never forks while it runs.", nothing},
    {"-dV", "", takes::nothing, kind::without_effect, "do not verify servers' certificates",
     "There is no TLS towards servers yet.", nothing},
    {"-dT", "", takes::nothing, kind::without_effect, "no kernel TLS", "It is not used.", nothing},
    {"-dS", "", takes::nothing, kind::haproxy, "bodies are copied, never spliced", "", RINGWAY_SET(no_splice)},
    {"-dZ", "", takes::nothing, kind::without_effect, "no zero-copy forwarding", "", nothing},
    {"-dF", "", takes::nothing, kind::without_effect, "no fast-forwarding", "", nothing},
    {"-dG", "", takes::nothing, kind::without_effect, "no getaddrinfo()",
     "There is no other way to resolve names here.", nothing},
    {"-de", "", takes::nothing, kind::without_effect, "no epoll", "epoll is the only poller.", nothing},
    {"-dp", "", takes::nothing, kind::without_effect, "no poll", "It is not used.", nothing},
    {"-dk", "", takes::nothing, kind::without_effect, "no kqueue", "It is not used.", nothing},
    {"-dv", "", takes::nothing, kind::without_effect, "no event ports", "They are not used.", nothing},
    {"-dc", "", takes::nothing, kind::without_effect, "report CPU affinity", "Threads are not bound to CPUs.",
     nothing},
    {"-ds", "", takes::nothing, kind::without_effect, "no speculative polling", "A word of older versions.",
     nothing},
    {"-dt", "[TRACE,...]", takes::next_if_plain, kind::without_effect, "traces",
     "There are no traces to activate.", nothing},
};

#undef RINGWAY_SET
#undef RINGWAY_TEXT
#undef RINGWAY_LIMIT
#undef RINGWAY_ASK

}  // namespace

std::span<const option_row> option_table() { return rows; }

std::vector<std::string_view> spellings_of(const option_row& row) {
  std::vector<std::string_view> out;
  std::string_view rest = row.spellings;
  while (true) {
    const std::size_t comma = rest.find(", ");
    out.push_back(rest.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    rest.remove_prefix(comma + 2);
  }
}

std::optional<milliseconds> parse_period(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  struct scale {
    std::string_view name;
    std::uint64_t ms;
  };
  constexpr scale scales[] = {{"", 1}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
  constexpr std::uint64_t most = 2147483647;  // HAProxy's timers end at about 24 days
  if (unit == "us")
    return count / 1000 > most ? std::nullopt : std::optional(milliseconds((count + 999) / 1000));
  for (const scale& one : scales) {
    if (unit != one.name) continue;
    if (count > most / one.ms) return std::nullopt;
    return milliseconds(count * one.ms);
  }
  return std::nullopt;
}

}  // namespace ringway::app

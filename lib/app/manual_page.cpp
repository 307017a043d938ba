// conf/ringway.1 from the tables of options and subcommands.
#include <fmt/format.h>

#include <span>

#include "app/options.hpp"
#include "app/subcommands.hpp"

namespace ringway::app {
namespace {

// A hyphen that is typed must be a minus in roff; a leading dot or quote would be a request.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string capital(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out.front() >= 'a' && out.front() <= 'z') out.front() = static_cast<char>(out.front() - 32);
  return out;
}

std::string words(std::string_view text) {  // what a person types: bold
  return "\\fB" + roff(text) + "\\fR";
}

void roff_options(std::string& out, bool with_effect) {
  for (const option_row& row : option_table()) {
    if ((row.kind != option_kind::without_effect) != with_effect) continue;
    std::string heading;
    for (const std::string_view spelling : spellings_of(row)) {
      if (!heading.empty()) heading += ", ";
      heading += "\\fB" + roff(spelling) + "\\fR";
    }
    if (!row.argument.empty()) {
      heading += (row.takes == option_takes::rest ? "\\fI" : " \\fI") + roff(row.argument) + "\\fR";
    }
    out += ".TP\n" + heading + "\n" + roff(capital(row.help)) + ".\n";
    if (!row.detail.empty()) out += roff(row.detail) + "\n";
    if (row.kind == option_kind::ours) out += "Not known to HAProxy.\n";
  }
}

void roff_subcommands(std::string& out) {
  if (subcommands().empty()) return;
  out += ".SH SUBCOMMANDS\nA name as the first word does something else than being a proxy. Not known to HAProxy.\n";
  for (const subcommand* row : subcommands()) {
    out += ".SS \"ringway " + std::string(row->name) + " " + roff(row->usage) + "\"\n";
    out += capital(row->summary) + ".\n" + roff(row->detail) + "\n";
    for (const subcommand_option& one : row->options) {
      out += ".TP\n\\fB" + roff(one.spellings) + "\\fR";
      if (!one.argument.empty()) out += " \\fI" + roff(one.argument) + "\\fR";
      out += "\n" + roff(capital(one.help)) + ".\n";
    }
    out += ".PP\n" + roff(row->statuses) + "\n";
  }
}

struct named {
  std::string_view name, meaning;
};

constexpr named signals[] = {
    {"SIGTERM, SIGINT", "Stop at once; connections are closed, and the process dies of the signal."},
    {"SIGUSR1", "Stop listening, finish what is under way, then leave with status 0. What -sf sends."},
    {"SIGTTOU", "Let go of the addresses, as a new process asks for that cannot bind them; connections go on."},
    {"SIGTTIN", "Listen again."},
    {"SIGHUP", "Tell the states of servers on standard error. With -W or -Ws the same as SIGUSR2."},
    {"SIGUSR2",
     "Without -W or -Ws: ignored. With: a reload is asked for, which is refused in words; a new configuration is taken by a "
     "restart, or by a new process with -sf."},
    {"SIGQUIT", "Give unused memory back to the system."},
    {"SIGPIPE, SIGALRM", "Ignored."},
};

constexpr named statuses[] = {
    {"0", "The configuration is valid; the work is done; the proxy stopped as asked by SIGUSR1."},
    {"1", "The command line or the configuration is wrong, or the proxy could not start. With -cc: false."},
    {"2", "With -c: valid, but there is nothing to listen on. With -cc: the condition is not understood."},
    {"130",
     "With -W or -Ws: interrupted by SIGINT; after SIGTERM it is 0. Without, the process dies of SIGINT and of SIGTERM, of "
     "which a shell makes 130 and 143."},
};

constexpr named environment[] = {
    {"NO_COLOR", "Not empty: no colours. Without it they appear on terminals only."},
    {"COLUMNS", "How wide texts for people are; without it as the terminal, or 80."},
    {"LC_ALL, LC_CTYPE, LANG", "The first that is set decides whether bars are drawn with block characters: it names UTF-8."},
    {"NOTIFY_SOCKET", "Where -Ws says that the proxy is ready."},
    {"HAPROXY_LOCALPEER, HAPROXY_MWORKER, HOSTNAME", "Set for the configuration, which may use every variable of the environment."},
};

constexpr named files[] = {
    {"the pidfile of global, or -p", "The process number of the proxy."},
    {"FILE.orig", "What migrate --in-place leaves of the old FILE."},
};

constexpr named examples[] = {
    {"ringway -c -f haproxy.cfg", "Is the file valid, and what will it regret?"},
    {"ringway -f haproxy.cfg --port 8080", "Run it on another port, in the foreground."},
    {"ringway -D -f haproxy.cfg -p /run/ringway.pid -sf $(cat /run/ringway.pid)", "Take over from the process that runs; its requests end well."},
    {"ringway route -f haproxy.cfg http://shop.example/cart?id=7", "Which server gets this request, and why?"},
    {"ringway route -f haproxy.cfg < access.log", "Which servers get the requests of a log?"},
    {"ringway ring -f haproxy.cfg --svg ring.svg", "How evenly are the keys of a backend spread?"},
    {"ringway diff --fail-above 40% old.cfg new.cfg", "What does a change move? Exit status 1 when it is too much."},
    {"ringway migrate old.cfg > new.cfg", "Today's spelling of an old file."},
    {"ringway --help-keywords 'hash-type'", "What a keyword means."},
};

void list(std::string& out, std::string_view title, std::span<const named> rows) {
  out += fmt::format(".SH {}\n", title);
  for (const named& row : rows) out += fmt::format(".TP\n{}\n{}\n", words(row.name), roff(row.meaning));
}

}  // namespace

std::string manual_page() {
  std::string out =
      ".\\\" Written by the test of the option table: RINGWAY_WRITE_GENERATED=1 test_app. Do not edit.\n"
      ".TH RINGWAY 1 \"\" \"ringway " RINGWAY_VERSION
      "\" \"User commands\"\n"
      ".SH NAME\n"
      "ringway \\- reverse proxy and load balancer that reads HAProxy's configuration\n"
      ".SH SYNOPSIS\n"
      ".B ringway\n"
      "[\\fB\\-f\\fR \\fIFILE\\fR|\\fIDIR\\fR]... [\\fIoption\\fR]...\n";
  for (const subcommand* row : subcommands())
    out += fmt::format(".br\n.B ringway {}\n{}\n", row->name, roff(row->usage));
  out +=
      ".SH DESCRIPTION\n"
      "Accepts connections and HTTP requests, chooses a server for each and forwards both ways. The "
      "configuration\n"
      "file, the options, the log lines and the choice of servers are those of HAProxy; called by the name\n"
      ".I haproxy\n"
      "it presents itself as such.\n"
      ".PP\n"
      "With the name of a subcommand as the first word it answers a question about a configuration instead:\n";
  for (const subcommand* row : subcommands())
    out += fmt::format(".TP\n{}\n{}.\n", words(row->name), roff(capital(row->summary)));
  out += ".SH OPTIONS\n";
  roff_options(out, true);
  out += ".SH OPTIONS WITHOUT EFFECT\nAccepted so that scripts written for HAProxy keep working.\n";
  roff_options(out, false);
  roff_subcommands(out);
  list(out, "SIGNALS", signals);
  list(out, "EXIT STATUS", statuses);
  out += ".PP\nThose of the subcommands stand with them.\n";
  list(out, "ENVIRONMENT", environment);
  out += ".SH FILES\n";
  for (const std::string_view path : conventional_files)
    out += fmt::format(".TP\n.I {}\n{}\n", path, path == conventional_files[0] ? "Read when no file is named, the first that exists, by process 1 of a container only." : "The same.");
  for (const named& row : files) out += fmt::format(".TP\n.I {}\n{}\n", roff(row.name), roff(row.meaning));
  list(out, "EXAMPLES", examples);
  out +=
      ".SH SEE ALSO\n"
      ".BR haproxy (1),\n"
      ".BR halog (1),\n"
      ".BR systemd.service (5)\n"
      ".PP\n"
      "\\fBringway \\-\\-help\\-keywords\\fR explains the keywords of the configuration, \\fBringway \\-\\-help\\-advice\\fR what\n"
      "\\fB\\-c\\fR advises. HAProxy's configuration manual, https://docs.haproxy.org/, says the rest.\n";
  return out;
}

}  // namespace ringway::app

#include <fmt/format.h>

#include "config/places.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::proxy {
namespace {

using config::arguments;
using config::keyword;
using config::place;
using config::setting;
using config::status;
using config::verb;
using config::word;

void daemon(global_settings& to, arguments& from) {
  if (from.finish()) to.daemon = true;
}

// 0 threads would be none at all; HAProxy's own limit is 64 in one group.
void process_maxconn(global_settings& to, arguments& from) {
  unsigned read = 0;
  if (!from.read(read, {.max = 0x7fff'ffff}) || !from.finish()) return;
  if (read == 0)
    to.maxconn.reset();
  else
    to.maxconn = read;
}

template <std::string global_settings::*Member, config::span global_settings::*Where>
void owner(global_settings& to, arguments& from) {
  const word* name = from.need("a name");
  if (name == nullptr) return;
  to.*Member = name->text;
  to.*Where = name->where;
  from.finish();
}

void description(global_settings& to, arguments& from) {
  const word* first = from.need("a text");
  if (first == nullptr) return;
  std::string text = first->text;
  while (!from.empty()) text += " " + from.take().text;
  to.description = std::move(text);
}

template <std::uint32_t global_settings::*Member, std::uint32_t Min>
void bytes(global_settings& to, arguments& from) {
  const auto read = from.size({.min = Min == 0 ? 0u : 1u, .max = 0x7fff'ffff});
  if (!read || !from.finish()) return;
  to.*Member = static_cast<std::uint32_t>(*read);
  if (*read >= Min) return;
  from.warn("invalid-value", from.last(), fmt::format("'{}': {} is too small to be of use", from.phrase(), *read),
            fmt::format("{} is used", Min));
  to.*Member = Min;
}

const word* variable_name(arguments& from) {
  const word* name = from.need("the name of a variable");
  if (name == nullptr) return nullptr;
  if (config::environment::valid_name(name->text)) return name;
  from.wrong("invalid-value", *name, fmt::format("'{}': '{}' is not the name of a variable", from.phrase(), name->text),
             "names are letters, digits and underscores and do not begin with a digit");
  return nullptr;
}

template <bool Overwrite>
void set_variable(global_settings&, arguments& from) {
  const word* name = variable_name(from);
  if (name == nullptr) return;
  const word* value = from.need("a value");
  if (value == nullptr || !from.finish()) return;
  if (Overwrite)
    from.with().variables.set(name->text, value->text);
  else
    from.with().variables.preset(name->text, value->text);
}

void unset_variables(global_settings&, arguments& from) {
  if (from.empty()) {
    variable_name(from);
    return;
  }
  while (!from.empty()) {
    const word* name = variable_name(from);
    if (name == nullptr) return;
    from.with().variables.unset(name->text);
  }
}

void reset_variables(global_settings&, arguments& from) {
  std::vector<std::string> keep;
  while (!from.empty()) {
    const word* name = variable_name(from);
    if (name == nullptr) return;
    keep.push_back(name->text);
  }
  from.with().variables.reset(keep);
}

void h1_parsing(global_settings& to, arguments& from) {
  constexpr std::string_view ways[] = {"strict", "haproxy"};
  const word* given = from.need("'strict' or 'haproxy'");
  if (given == nullptr) return;
  if (given->text != ways[0] && given->text != ways[1]) {
    from.wrong_choice(*given, ways, "a way to read HTTP/1");
    return;
  }
  if (from.finish()) to.h1_as_haproxy = given->text == ways[1];
}

void stats_socket(global_settings& to, arguments& from) {
  const word* first = from.empty() ? nullptr : &from.peek();
  for (bind_settings& each : read_bind_line("stats socket", "a path or an address, for example /run/haproxy.sock", from)) {
    if (each.accept_proxy)
      from.wrong("not-supported-yet", *first, "'accept-proxy' on a stats socket is not supported by ringway yet");
    to.command_sockets.push_back(std::move(each));
  }
}

constexpr place here = place::global;
constexpr std::uint64_t int_max = 0x7fff'ffff;

constexpr std::array rows = {
    verb<&daemon>({.name = "daemon", .allowed = here, .summary = "The process goes to the background.",
        .example = "daemon", .since = "1.0"}),
    setting<&global_settings::nbthread>({.name = "nbthread", .allowed = here, .grammar = "<number>",
        .summary = "Worker threads, 1 to 1024; one for each usable processor unless said.", .example = "nbthread 4",
        .since = "1.8", .min = 1, .max = 1024}),
    verb<&process_maxconn>({.name = "maxconn", .allowed = here, .grammar = "<number>",
        .summary = "Clients at once in the whole process. 0 or absent: what the limit of open files allows.",
        .example = "maxconn 20000", .since = "1.0"}),
    verb<&owner<&global_settings::user, &global_settings::user_where>>({.name = "user", .allowed = here, .grammar = "<name>",
        .summary = "The user the process becomes once its addresses are bound.", .example = "user haproxy",
        .since = "1.2"}),
    verb<&owner<&global_settings::group, &global_settings::group_where>>({.name = "group", .allowed = here, .grammar = "<name>",
        .summary = "The group the process becomes.", .example = "group haproxy", .since = "1.2"}),
    setting<&global_settings::uid>({.name = "uid", .allowed = here, .grammar = "<number>",
        .summary = "The same as user, by number.", .example = "uid 1000", .since = "1.0"}),
    setting<&global_settings::gid>({.name = "gid", .allowed = here, .grammar = "<number>",
        .summary = "The same as group, by number.", .example = "gid 1000", .since = "1.0"}),
    setting<&global_settings::chroot>({.name = "chroot", .allowed = here, .grammar = "<directory>",
        .summary = "The directory that becomes the root of what the process can see.",
        .example = "chroot /var/lib/haproxy", .since = "1.0"}),
    setting<&global_settings::pidfile>({.name = "pidfile", .allowed = here, .grammar = "<file>",
        .summary = "Where the process id is written.", .example = "pidfile /run/haproxy.pid", .since = "1.1"}),
    verb<&description>({.name = "description", .allowed = here, .grammar = "<text>",
        .summary = "A text for people.", .example = "description edge of the shop", .since = "1.4"}),
    setting<&global_settings::node>({.name = "node", .allowed = here, .grammar = "<name>",
        .summary = "A name for this machine among those that share an address.", .example = "node edge1",
        .since = "1.4"}),
    setting<&global_settings::ulimit_n>({.name = "ulimit-n", .allowed = here, .grammar = "<number>",
        .summary = "Limit of open files; counted from maxconn unless said.", .example = "ulimit-n 65536",
        .since = "1.0", .max = int_max}),
    setting<&global_settings::hard_stop_after>({.name = "hard-stop-after", .allowed = here, .grammar = "<time>",
        .summary = "Longest time that a stopping process waits for its clients.", .example = "hard-stop-after 30s",
        .since = "1.8"}),
    verb<&stats_socket>({.name = "stats socket", .allowed = here, .grammar = "<address>[,...] [<words>]",
        .summary = "A socket for commands while running (management manual 9.3), with the words of bind: /run/x.sock, abns@x, "
                   "ipv4@127.0.0.1:9999.",
        .example = "stats socket /run/haproxy.sock mode 600 level admin", .since = "1.3"}),
    setting<&global_settings::command_timeout>({.name = "stats timeout", .allowed = here, .grammar = "<time>",
        .summary = "Longest silence on a stats socket before the connection is closed; 10s unless said.",
        .example = "stats timeout 2m", .since = "1.3", .min = 1}),
    setting<&global_settings::command_maxconn>({.name = "stats maxconn", .allowed = here, .grammar = "<number>",
        .summary = "Connections at once on all stats sockets together; 10 unless said, others wait.",
        .example = "stats maxconn 20", .since = "1.3", .min = 1, .max = int_max}),
    verb<&bytes<&global_settings::bufsize, 1024>>({.name = "tune.bufsize", .allowed = here, .grammar = "<size>",
        .summary = "Bytes of a buffer; a request's head must fit, less tune.maxrewrite. 16384 unless said.",
        .example = "tune.bufsize 32k", .since = "1.3"}),
    verb<&bytes<&global_settings::maxrewrite, 0>>({.name = "tune.maxrewrite", .allowed = here, .grammar = "<size>",
        .summary = "Bytes of a buffer kept free for headers that are added; 1024 unless said.",
        .example = "tune.maxrewrite 1024", .since = "1.3"}),
    verb<&h1_parsing>({.name = "h1-parsing", .allowed = here, .grammar = "strict|haproxy",
        .summary = "Which HTTP/1 messages are taken. strict, unless said: what RFC 9110 and 9112 allow. haproxy: what "
                   "HAProxy 3.x takes, too: no Host or an odd one, lines that end in LF, blanks in a request line, folded "
                   "lines, Content-Length beside Transfer-Encoding. option accept-unsafe-violations-in-http-... adds to either.",
        .example = "h1-parsing haproxy", .since = "ringway"}),
    setting<&global_settings::nosplice>({.name = "nosplice", .allowed = here,
        .summary = "Bodies are copied, never passed inside the kernel.", .example = "nosplice", .since = "1.3"}),
    setting<&global_settings::maxpipes>({.name = "maxpipes", .allowed = here, .grammar = "<number>",
        .summary = "Kernel pipes for splicing bodies, in the whole process; a body that finds none is copied. A quarter "
                   "of maxconn unless said.",
        .example = "maxpipes 500", .since = "1.3", .max = int_max}),
    verb<&bytes<&global_settings::pipesize, 0>>({.name = "tune.pipesize", .allowed = here, .grammar = "<size>",
        .summary = "Bytes asked of the kernel for each pipe; 524288 unless said, 0 leaves the kernel's own size.",
        .example = "tune.pipesize 1m", .since = "1.4"}),
    verb<&set_variable<false>>({.name = "presetenv", .allowed = here, .grammar = "<name> <value>",
        .summary = "Sets an environment variable that is not set yet, for the lines below.",
        .example = "presetenv PORT 8080", .since = "1.7"}),
    verb<&set_variable<true>>({.name = "setenv", .allowed = here, .grammar = "<name> <value>",
        .summary = "Sets an environment variable for the lines below.", .example = "setenv PORT 8080",
        .since = "1.7"}),
    verb<&unset_variables>({.name = "unsetenv", .allowed = here, .grammar = "<name> ...",
        .summary = "Forgets environment variables.", .example = "unsetenv PORT", .since = "1.7"}),
    verb<&reset_variables>({.name = "resetenv", .allowed = here, .grammar = "[<name> ...]",
        .summary = "Forgets all environment variables but these.", .example = "resetenv PATH HOME",
        .since = "1.7"}),
};

}  // namespace

std::span<const config::keyword> global_keywords() { return rows; }

}  // namespace ringway::proxy

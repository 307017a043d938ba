// What belongs to the process or stands in the configuration itself (configuration.txt 7.3.2).
#include <unistd.h>

#include "rules/fetch.hpp"

namespace ringway::rules {
namespace {

template <bool Value>
bool constant(const context&, const argument_list&, cursor&, sample& out) {
  out.set_bool(Value);
  return true;
}
// The words "true" and "false" were turned into numbers when the line was read.
bool boolean(const context&, const argument_list& args, cursor&, sample& out) {
  out.set_bool(args[0].number != 0);
  return true;
}
bool integer(const context&, const argument_list& args, cursor&, sample& out) {
  out.set_integer(args[0].number);
  return true;
}
bool text(const context&, const argument_list& args, cursor&, sample& out) {
  out.set_text(args[0].text);
  return true;
}
bool ip(const context&, const argument_list& args, cursor&, sample& out) {
  out.set_ip(args[0].ip);
  return true;
}
// expression.cpp has put the value where the name was; a variable that is not set has no argument's kind.
bool environment_value(const context&, const argument_list& args, cursor&, sample& out) {
  if (args[0].as == takes::nothing) return false;
  out.set_text(args[0].text);
  return true;
}

bool date(const context& in, const argument_list& args, cursor&, sample& out) {
  const std::int64_t now = in.around.wall_microseconds();
  const std::string_view unit = args.size() > 1 ? std::string_view(args[1].text) : "s";
  std::int64_t value = unit == "us" ? now : unit == "ms" ? now / 1000 : now / 1'000'000;
  if (!args.empty()) value += args[0].number;
  out.set_integer(value);
  return true;
}
bool date_us(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.wall_microseconds() % 1'000'000);
  return true;
}
bool host_name(const context&, const argument_list&, cursor&, sample& out) {
  static const std::string name = [] {
    char at[256] = {};
    return std::string(::gethostname(at, sizeof at - 1) == 0 ? at : "");
  }();
  out.set_text(name);
  return true;
}
bool process(const context&, const argument_list&, cursor&, sample& out) {
  out.set_integer(1);
  return true;
}
bool thread(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.worker());
  return true;
}
bool threads(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.workers());
  return true;
}
bool act_conn(const context& in, const argument_list&, cursor&, sample& out) {
  out.set_integer(in.around.connections());
  return true;
}
bool random(const context& in, const argument_list& args, cursor&, sample& out) {
  std::uint64_t value = in.around.random();
  if (!args.empty() && args[0].number > 0) value = value * static_cast<std::uint64_t>(args[0].number) >> 32;
  out.set_integer(static_cast<std::int64_t>(value));
  return true;
}

constexpr std::array rows = {
    fetch_row{.name = "always_true", .summary = "True.", .example = "always_true", .since = "1.3",
        .run = &constant<true>},
    fetch_row{.name = "always_false", .summary = "False.", .example = "always_false", .since = "1.3",
        .run = &constant<false>},
    fetch_row{.name = "bool", .arguments = "(<bool>)", .takes_ = {takes::text}, .required = 1,
        .summary = "The value itself: true, false, 1 or 0.", .example = "bool(true)", .since = "1.5", .run = &boolean},
    fetch_row{.name = "int", .arguments = "(<integer>)", .takes_ = {takes::number}, .required = 1,
        .gives = kind::integer, .summary = "The number itself.", .example = "int(3) gt 2", .since = "1.5",
        .run = &integer},
    fetch_row{.name = "str", .arguments = "(<text>)", .takes_ = {takes::text}, .required = 1, .gives = kind::text,
        .summary = "The text itself.", .example = "str(blue) blue", .since = "1.5", .run = &text},
    fetch_row{.name = "ipv4", .arguments = "(<address>)", .takes_ = {takes::ip}, .required = 1, .gives = kind::ip,
        .summary = "The address itself.", .example = "ipv4(192.0.2.1) 192.0.2.0/24", .since = "1.5", .run = &ip},
    fetch_row{.name = "ipv6", .arguments = "(<address>)", .takes_ = {takes::ip}, .required = 1, .gives = kind::ip,
        .summary = "The address itself.", .example = "ipv6(2001:db8::1) 2001:db8::/32", .since = "1.5", .run = &ip},
    fetch_row{.name = "env", .arguments = "(<name>)", .takes_ = {takes::text}, .required = 1, .gives = kind::text,
        .summary = "The environment variable as it was when the program started.", .example = "env(STAGE) test",
        .since = "1.5", .run = &environment_value},
    fetch_row{.name = "date", .arguments = "([<offset>[,<unit>]])", .takes_ = {takes::number, takes::text},
        .gives = kind::integer, .summary = "Seconds (or ms, us) since 1970, plus the offset.",
        .example = "date gt 1700000000", .since = "1.5", .run = &date},
    fetch_row{.name = "date_us", .gives = kind::integer, .summary = "Microseconds within the second of date.",
        .example = "date_us lt 500000", .since = "1.8", .run = &date_us},
    fetch_row{.name = "hostname", .gives = kind::text, .summary = "The name of this machine.",
        .example = "hostname -m found", .since = "1.8", .run = &host_name},
    fetch_row{.name = "nbproc", .gives = kind::integer, .summary = "Number of processes: 1.", .example = "nbproc 1",
        .since = "1.5", .run = &process},
    fetch_row{.name = "proc", .gives = kind::integer, .summary = "Number of this process: 1.", .example = "proc 1",
        .since = "1.5", .run = &process},
    fetch_row{.name = "nbthread", .gives = kind::integer, .summary = "Number of workers.", .example = "nbthread gt 1",
        .since = "1.8", .run = &threads},
    fetch_row{.name = "thread", .gives = kind::integer, .summary = "Number of the worker that asks, from 0.",
        .example = "thread 0", .since = "1.8", .run = &thread},
    fetch_row{.name = "act_conn", .gives = kind::integer, .summary = "Client connections of the process.",
        .example = "act_conn gt 1000", .since = "2.5", .run = &act_conn},
    fetch_row{.name = "rand", .arguments = "([<range>])", .takes_ = {takes::number}, .gives = kind::integer,
        .summary = "A random number from 0 to below the range (2^32). Not for secrets.", .example = "rand(100) lt 5",
        .since = "1.5", .run = &random},
};

}  // namespace

std::span<const fetch_row> fetches_of_process() { return rows; }

}  // namespace ringway::rules

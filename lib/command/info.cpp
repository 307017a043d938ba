// `show info`: one row each fact. Numbers and tags are HAProxy's (management manual 9.2 on tags); what this
// program does not count has no row.
#include <fmt/format.h>

#include <cmath>

#include "command/commands.hpp"

namespace ringway::command {
namespace {

struct value {
  enum class kind : std::uint8_t { text, u32, u64, seconds } what = kind::u32;
  std::string text{};
  double number = 0;
};
value text(std::string of) { return {value::kind::text, std::move(of), 0}; }
value u32(std::uint64_t of) { return {value::kind::u32, {}, static_cast<double>(of)}; }

double uptime(const subject& of) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - of.process.started).count();
}

std::string uptime_text(const subject& of) {
  const auto all = static_cast<std::uint64_t>(uptime(of));
  return fmt::format("{}d {}h{:02}m{:02}s", all / 86400, all % 86400 / 3600, all % 3600 / 60, all % 60);
}

struct fact {
  unsigned number;
  std::string_view name, tags, about;
  value (*read)(const subject&);
};

constexpr fact facts[] = {
    {0, "Name", "POS", "Product whose socket this speaks like",
     [](const subject&) { return text("HAProxy"); }},
    {1, "Version", "POS", "Version whose behaviour is claimed, and this program's",
     [](const subject& of) { return text(of.process.version); }},
    {2, "Release_date", "POS", "Date of the newest change in the source",
     [](const subject& of) { return text(of.process.release_date); }},
    {3, "Nbthread", "CGS", "Worker threads", [](const subject& of) { return u32(of.process.threads); }},
    {4, "Nbproc", "CGS", "Worker processes, always 1", [](const subject&) { return u32(1); }},
    {5, "Process_num", "KGP", "Number of this process, always 1", [](const subject&) { return u32(1); }},
    {6, "Pid", "SGP", "Process id",
     [](const subject& of) { return u32(static_cast<std::uint64_t>(of.process.pid)); }},
    {7, "Uptime", "MDP", "Time since the start, in days, hours, minutes and seconds",
     [](const subject& of) { return text(uptime_text(of)); }},
    {8, "Uptime_sec", "MDP", "Seconds since the start",
     [](const subject& of) { return value{value::kind::seconds, {}, uptime(of)}; }},
    {9, "Memmax_MB", "CLP", "Limit on memory in megabytes (-m), 0: none",
     [](const subject& of) { return u32(of.process.memory_mb); }},
    {13, "Ulimit-n", "CLP", "Descriptors that may be open",
     [](const subject& of) { return u32(of.process.descriptors); }},
    {14, "Maxsock", "CLP", "Sockets that may be open",
     [](const subject& of) { return u32(of.process.descriptors); }},
    {15, "Maxconn", "CLP", "Client connections at once",
     [](const subject& of) { return u32(of.process.maxconn); }},
    {16, "Hard_maxconn", "CLP", "Client connections at once that the limits allow",
     [](const subject& of) { return u32(of.process.maxconn); }},
    {17, "CurrConns", "MGP", "Client connections now",
     [](const subject& of) { return u32(of.runtime.connections.load(std::memory_order_relaxed)); }},
    {23, "Maxpipes", "CLP", "Pipes for splicing at once",
     [](const subject& of) { return u32(of.process.maxpipes); }},
    {50, "node", "COS", "Name of this node", [](const subject& of) { return text(of.process.node); }},
    {52, "Stopping", "MGP", "1 while the process finishes what is under way",
     [](const subject& of) { return u32(of.runtime.stopping.load() ? 1 : 0); }},
    {66, "Build info", "POS", "This program", [](const subject& of) { return text(of.process.product); }},
    {67, "Memmax_bytes", "CLP", "Limit on memory in bytes (-m), 0: none",
     [](const subject& of) {
       return value{value::kind::u64, {}, static_cast<double>(of.process.memory_mb) * 1024 * 1024};
     }},
    {70, "Start_time_sec", "MDP", "When the process started, in seconds since 1970",
     [](const subject& of) {
       return value{value::kind::seconds,
                    {},
                    std::chrono::duration<double>(of.process.started_wall.time_since_epoch()).count()};
     }},
};

std::string printed(const value& of, bool exact) {
  if (of.what == value::kind::text) return of.text;
  if (of.what == value::kind::seconds && exact) return fmt::format("{:.6f}", of.number);
  return fmt::format("{}", static_cast<std::uint64_t>(of.number));
}

std::string_view type_of(const value& of, bool exact) {
  switch (of.what) {
    case value::kind::text:
      return "str";
    case value::kind::u32:
      return "u32";
    case value::kind::u64:
      return "u64";
    case value::kind::seconds:
      return exact ? "flt" : "u32";
  }
  return "";
}

// The letters of typed output, spelled out in JSON.
std::string_view spelled(std::size_t place, char letter) {
  switch (place * 256 + static_cast<unsigned char>(letter)) {
    case 'C':
      return "Config";
    case 'K':
      return "Key";
    case 'M':
      return "Metric";
    case 'P':
      return "Product";
    case 'S':
      return "Status";
    case 256 + 'D':
      return "Duration";
    case 256 + 'G':
      return "Gauge";
    case 256 + 'L':
      return "Limit";
    case 256 + 'O':
      return "Output";
    case 512 + 'P':
      return "Process";
    case 512 + 'S':
      return "Service";
    default:
      return "";
  }
}

std::string escaped(std::string_view of) {
  std::string out;
  for (const char c : of) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 32)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += c;
  }
  return out;
}

std::string as_json(const fact& each, const value& of, bool exact) {
  const std::string shown =
      of.what == value::kind::text ? fmt::format("\"{}\"", escaped(of.text)) : printed(of, exact);
  return fmt::format(
      R"({{"field":{{"pos":{},"name":"{}"}},"processNum":1,"tags":{{"origin":"{}","nature":"{}","scope":"{}"}},)"
      R"("value":{{"type":"{}","value":{}}}}})",
      each.number, each.name, spelled(0, each.tags[0]), spelled(1, each.tags[1]), spelled(2, each.tags[2]),
      type_of(of, exact), shown);
}

}  // namespace

reply show_info(const call& asked) {
  bool about = false, exact = false, typed = false, json = false;
  for (const std::string& word : asked.words) {
    if (word == "desc") about = true;
    if (word == "float") exact = true;
    if (word == "typed") typed = true;
    if (word == "json") json = true;
  }
  reply out;
  for (const fact& each : facts) {
    const value of = each.read(asked.of);
    if (json) {
      out.text += fmt::format("{}{}", out.text.empty() ? "[" : ",", as_json(each, of, exact));
      continue;
    }
    if (typed)
      out.text += fmt::format("{}.{}.1:{}:{}:{}", each.number, each.name, each.tags, type_of(of, exact),
                              printed(of, exact));
    else
      out.text += fmt::format("{}: {}", each.name, printed(of, exact));
    out.text += about ? fmt::format(":\"{}\"\n", each.about) : "\n";
  }
  if (json) out.text += "]\n";
  return out;
}

}  // namespace ringway::command

#include "explain/running.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "servers/state.hpp"

namespace ringway::explain {
namespace {

// The next line of `rest`, without its end.
std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return line;
}

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> out;
  while (!line.empty()) {
    const std::size_t end = line.find(' ');
    if (end != 0) out.push_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  return out;
}

template <class Number>
bool number(std::string_view text, Number& out, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return error == std::errc{} && end == text.data() + text.size();
}

enum column : std::size_t {
  be_name,
  srv_name,
  srv_addr,
  srv_op_state,
  srv_admin_state,
  srv_uweight,
  srv_iweight,
  srv_port,
  columns
};
constexpr std::array<std::string_view, columns> names = {"be_name",      "srv_name",        "srv_addr",
                                                         "srv_op_state", "srv_admin_state", "srv_uweight",
                                                         "srv_iweight",  "srv_port"};

bool read_row(const std::vector<std::string_view>& words, const std::array<std::size_t, columns>& at,
              server_report& out) {
  if (std::any_of(at.begin(), at.end(), [&](std::size_t one) { return one >= words.size(); })) return false;
  out.backend = words[at[be_name]];
  out.server = words[at[srv_name]];
  out.address = words[at[srv_addr]];
  return number(words[at[srv_op_state]], out.operation) && number(words[at[srv_admin_state]], out.admin) &&
         number(words[at[srv_uweight]], out.weight) && number(words[at[srv_iweight]], out.configured) &&
         number(words[at[srv_port]], out.port);
}

std::string carry_over(farm& of, server_index s, const server_report& from,
                       std::vector<std::string>& remarks) {
  const std::string name = fmt::format("{}/{}", from.backend, from.server);
  const servers::settings& line = of.of->servers[s];
  if (from.configured != line.weight)
    return fmt::format(
        "server '{}' began with weight {} in the process and has {} in the configuration: these are not the "
        "files "
        "it runs",
        name, from.configured, line.weight);
  if (from.weight != of.chooser->weight(s) && !of.chooser->set_weight(s, from.weight))
    return fmt::format("server '{}' has weight {} in the process, which {} does not know", name, from.weight,
                       algorithm_text(of.chooser->rules()));
  if (auto where = parse_ip(from.address)) {
    where->port = from.port;
    of.moved.resize(of.of->servers.size());
    of.moved[s] = *where;
    of.chooser->set_address(s, *where);
  }
  of.chooser->set_usable(s, from.takes_work());
  if (from.operation == 1 && from.takes_work())
    remarks.push_back(fmt::format(
        "server '{}' is still warming up (slowstart): its share is smaller than its weight's", name));
  return {};
}

}  // namespace

bool server_report::takes_work() const {
  const bool serving = operation == static_cast<unsigned>(servers::running::up) ||
                       operation == static_cast<unsigned>(servers::running::starting);
  return serving && (admin & (servers::maintenance_bits | servers::drain_bits)) == 0;
}

std::string read_servers_state(std::string_view text, std::vector<server_report>& out) {
  constexpr std::string_view stranger = "what answers does not speak HAProxy's runtime API";
  const std::string_view version = take_line(text);
  if (version != "1") {
    unsigned other = 0;
    return number(version, other) ? fmt::format("its format version {} is not known, only 1 is", other)
                                  : std::string(stranger);
  }
  std::string_view header = take_line(text);
  if (!header.starts_with("# ")) return std::string(stranger);
  header.remove_prefix(2);
  const auto titles = split(header);
  std::array<std::size_t, columns> at{};
  for (std::size_t i = 0; i < columns; ++i) {
    at[i] = static_cast<std::size_t>(std::find(titles.begin(), titles.end(), names[i]) - titles.begin());
    if (at[i] == titles.size()) return fmt::format("its list of servers has no column {}", names[i]);
  }
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) return {};  // the end of the answer
    server_report one;
    if (!read_row(split(line), at, one))
      return fmt::format("a line of its list of servers is not understood: '{}'", line);
    out.push_back(std::move(one));
  }
  return "its list of servers has no end: the connection broke";
}

std::string follow(site& of, const std::vector<server_report>& reported, std::vector<std::string>& remarks) {
  std::set<std::pair<const farm*, server_index>> seen;
  for (const server_report& each : reported) {
    farm* back = of.backend(each.backend);
    if (back == nullptr)
      return fmt::format("the process has a backend '{}' that the configuration does not have", each.backend);
    const auto& lines = back->of->servers;
    const auto found = std::find_if(lines.begin(), lines.end(),
                                    [&](const servers::settings& line) { return line.name == each.server; });
    if (found == lines.end())
      return fmt::format("the process has a server '{}/{}' that the configuration does not have",
                         each.backend, each.server);
    const auto s = static_cast<server_index>(found - lines.begin());
    seen.emplace(back, s);
    if (std::string wrong = carry_over(*back, s, each, remarks); !wrong.empty()) return wrong;
  }
  for (const farm& each : of.farms())
    for (server_index s = 0; s < each.of->servers.size(); ++s) {
      if (seen.contains({&each, s})) continue;
      const bool whole = std::none_of(reported.begin(), reported.end(),
                                      [&](const server_report& one) { return one.backend == each.name(); });
      return whole ? fmt::format("the configuration has a backend '{}' that the process does not have",
                                 each.name())
                   : fmt::format("the configuration has a server '{}/{}' that the process does not have",
                                 each.name(), each.server(s));
    }
  return {};
}

std::string read_startup_files(std::string_view text, std::vector<startup_file>& out) {
  if (take_line(text) != "# bytes xxh3 path") return "it does not say which files it was started from";
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.empty()) break;
    const std::size_t first = line.find(' '), second = line.find(' ', first + 1);
    startup_file one;
    if (second == std::string_view::npos || !number(line.substr(first + 1, second - first - 1), one.hash, 16))
      return fmt::format("a line about its files is not understood: '{}'", line);
    one.path = line.substr(second + 1);
    if (one.path == "-") return "it read its configuration from standard input";
    out.push_back(std::move(one));
  }
  if (out.empty()) return "it does not say which files it was started from";
  return {};
}

}  // namespace ringway::explain

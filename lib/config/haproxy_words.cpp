#include "config/haproxy_words.hpp"

#include <algorithm>
#include <charconv>

namespace ringway::config {
namespace {

std::string_view summary_of(place allowed) {
  struct row {
    place at;
    std::string_view text;
  };
  constexpr row rows[] = {
      {place::file, "A section of its own."},
      {place::global, "Of the whole process."},
      {proxies, "A line of proxies."},
      {place::bind, "A word of bind lines."},
      {server_lines, "A word of server lines."},
      {place::http_request | place::http_response | place::http_after_response | place::tcp_connection |
           place::tcp_session | place::tcp_content | place::tcp_response | place::quic_initial,
       "An action of rules."},
      {place::fetch, "A sample."},
      {place::criterion, "A sample with its matching method, in conditions."},
      {place::converter, "Something done to a sample."},
      {place::log_variable, "A variable in the format of a line."},
      {place::filter, "A filter."},
      {place::service, "A service that answers requests."},
      {place::command, "A command of the runtime API."},
  };
  for (const row& each : rows)
    if (any(each.at & allowed)) return each.text;
  return "A line of a section that is not supported yet.";
}

void add(std::vector<keyword>& to, const word_list& list) {
  std::string_view rest = list.names;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    keyword row;
    if (const std::size_t equals = name.find('='); equals != std::string_view::npos) {
      std::from_chars(name.data() + equals + 1, name.data() + name.size(), row.arity);
      name = name.substr(0, equals);
    }
    row.name = name;
    row.allowed = list.allowed;
    row.state = status::not_yet;
    row.summary = summary_of(list.allowed);
    row.since = list.seen == release::newer ? "after 2.6" : list.seen == release::older ? "until 3.4 at the latest" : "";
    row.negatable = true;
    to.push_back(row);
  }
}

}  // namespace

const std::vector<keyword>& haproxy_words() {
  static const std::vector<keyword> all = [] {
    std::vector<keyword> out;
    for (const auto lists : {haproxy_words_of_language(), haproxy_words_of_samples()})
      for (const word_list& list : lists) add(out, list);
    return out;
  }();
  return all;
}

}  // namespace ringway::config

#include "app/known_words.hpp"

namespace ringway::app {
namespace {

using config::keyword;
using config::place;
using config::status;

void add(std::vector<keyword>& to, const word_group& group) {
  std::string_view rest = group.names;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(",\n"), rest.size());
    std::string_view name = rest.substr(0, end);
    rest.remove_prefix(end < rest.size() ? end + 1 : end);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) continue;
    keyword row;
    row.name = name;
    row.allowed = group.allowed;
    row.state = group.state;
    row.arity = group.arity;
    row.least = group.least;
    row.most = group.most;
    row.summary = group.summary;
    row.instead = group.instead;
    row.negatable = true;
    to.push_back(row);
  }
}

}  // namespace

const std::vector<keyword>& known_words() {
  static const std::vector<keyword> all = [] {
    std::vector<keyword> out;
    for (const word_group& group : known_global_words()) add(out, group);
    for (const word_group& group : known_proxy_words()) add(out, group);
    for (const word_group& group : known_line_words()) add(out, group);
    return out;
  }();
  return all;
}

}  // namespace ringway::app

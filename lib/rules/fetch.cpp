// The names of all fetches and converters.
#include "rules/fetch.hpp"

#include <algorithm>
#include <unordered_map>

#include "rules/convert.hpp"

namespace ringway::rules {
namespace {

template <class Row>
using by_name = std::unordered_map<std::string_view, const Row*>;

const by_name<fetch_row>& fetches() {
  static const by_name<fetch_row> all = [] {
    by_name<fetch_row> out;
    for (const auto rows : {fetches_of_connections(), fetches_of_requests(), fetches_of_process()})
      for (const fetch_row& row : rows) out.emplace(row.name, &row);
    return out;
  }();
  return all;
}

const by_name<converter_row>& converters() {
  static const by_name<converter_row> all = [] {
    by_name<converter_row> out;
    for (const auto rows : {converters_of_text(), converters_of_numbers()})
      for (const converter_row& row : rows) out.emplace(row.name, &row);
    return out;
  }();
  return all;
}

}  // namespace

const fetch_row* find_fetch(std::string_view name) {
  const auto found = fetches().find(name);
  return found == fetches().end() ? nullptr : found->second;
}

const converter_row* find_converter(std::string_view name) {
  const auto found = converters().find(name);
  return found == converters().end() ? nullptr : found->second;
}

std::vector<std::string_view> fetch_names() {
  std::vector<std::string_view> out;
  for (const auto rows : {fetches_of_connections(), fetches_of_requests(), fetches_of_process()})
    for (const fetch_row& row : rows) out.push_back(row.name);
  return out;
}

std::vector<std::string_view> converter_names() {
  std::vector<std::string_view> out;
  for (const auto rows : {converters_of_text(), converters_of_numbers()})
    for (const converter_row& row : rows) out.push_back(row.name);
  return out;
}


}  // namespace ringway::rules

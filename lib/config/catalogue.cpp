#include "config/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace ringway::config {
namespace {

constexpr std::size_t longest_phrase = 3;  // words

std::string_view first_word_of(std::string_view phrase) { return phrase.substr(0, phrase.find(' ')); }

}  // namespace

void catalogue::mount(std::string_view room, std::span<const keyword> rows) {
  add(room, rows, nullptr, nullptr, nullptr);
}

void catalogue::add(std::string_view room, std::span<const keyword> rows, void* (*project)(void*),
                    const char* outer, const char* inner) {
  for (const keyword& row : rows) {
    const std::string name(row.name);
    if (inner != nullptr && row.type != nullptr && row.type != inner)
      throw std::logic_error(fmt::format("the row of '{}' fills another struct than it is mounted on", name));
    const char* type = outer != nullptr ? outer : row.type;
    for (const place one : all_places) {
      if (!has(row.allowed, one)) continue;
      if (type != nullptr) {
        const auto [known, fresh] = type_of_place_.emplace(static_cast<std::uint32_t>(one), type);
        if (!fresh && known->second != type)
          throw std::logic_error(fmt::format("the row of '{}' does not fit the struct of {}", name, name_of(one)));
      }
    }
    for (const std::size_t other : by_name_[name])
      if (any(entries_[other].row->allowed & row.allowed))
        throw std::logic_error(fmt::format("two rows are named '{}' in one place", name));
    by_name_[name].push_back(entries_.size());
    heads_[std::string(first_word_of(row.name))] |= static_cast<std::uint32_t>(row.allowed);
    entries_.push_back({&row, project, room});
  }
}

void catalogue::fill(std::string_view room, std::span<const keyword> rows, bool (*works)(place, std::string_view)) {
  for (const keyword& row : rows) {
    auto free = static_cast<std::uint32_t>(row.allowed);
    const place taken = places_of(row.name);
    free &= ~static_cast<std::uint32_t>(taken);
    if (any(taken & proxies)) free &= ~static_cast<std::uint32_t>(proxies);
    for (const place one : all_places)
      if (works != nullptr && has(static_cast<place>(free), one) && works(one, row.name)) free &= ~static_cast<std::uint32_t>(one);
    if (free == 0) continue;
    keyword& narrowed = narrowed_.emplace_back(row);
    narrowed.allowed = static_cast<place>(free);
    add(room, std::span(&narrowed, 1), nullptr, nullptr, nullptr);
  }
}

catalogue::match catalogue::find(place here, const std::vector<word>& words, std::size_t first) const {
  match best;
  std::string phrase;
  for (std::size_t count = 1; count <= longest_phrase && first + count <= words.size(); ++count) {
    if (count > 1) phrase += ' ';
    phrase += words[first + count - 1].text;
    auto known = by_name_.find(phrase);
    // "set-proxy-v2-tlv-fmt(0x20)": an argument in brackets is not part of the name.
    if (known == by_name_.end() && count == 1) known = by_name_.find(phrase.substr(0, phrase.find('(')));
    if (known == by_name_.end()) continue;
    for (const std::size_t at : known->second)
      if (any(entries_[at].row->allowed & here)) best = {&entries_[at], count};
  }
  return best;
}

catalogue::match catalogue::find_anywhere(const std::vector<word>& words, std::size_t first) const {
  const match section = find(place::file | place::global | proxies, words, first);
  if (section.found != nullptr) return section;
  return find(static_cast<place>(~0u), words, first);
}

place catalogue::places_of(std::string_view name) const {
  place out = place::nowhere;
  const auto known = by_name_.find(std::string(name));
  if (known == by_name_.end()) return out;
  for (const std::size_t at : known->second) out = out | entries_[at].row->allowed;
  return out;
}

bool catalogue::has_head(place here, std::string_view first_word) const {
  const auto known = heads_.find(std::string(first_word));
  return known != heads_.end() && (known->second & static_cast<std::uint32_t>(here)) != 0;
}

std::vector<std::string_view> catalogue::phrases(place here) const {
  std::vector<std::string_view> out;
  for (const bool works : {true, false})
    for (const entry& each : entries_)
      if (any(each.row->allowed & here) && (each.row->state == status::full) == works) out.push_back(each.row->name);
  return out;
}

std::vector<std::string_view> catalogue::second_words(place here, std::string_view head) const {
  std::vector<std::string_view> out;
  for (const std::string_view phrase : phrases(here)) {
    if (phrase.size() <= head.size() || !phrase.starts_with(head) || phrase[head.size()] != ' ') continue;
    std::string_view rest = phrase.substr(head.size() + 1);
    rest = rest.substr(0, rest.find(' '));
    if (std::find(out.begin(), out.end(), rest) == out.end()) out.push_back(rest);
  }
  return out;
}

}  // namespace ringway::config

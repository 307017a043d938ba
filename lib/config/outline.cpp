#include "config/outline.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace ringway::config {

bool begins_with(const line& one, std::string_view phrase) {
  for (std::size_t i = 0; !phrase.empty(); ++i) {
    const std::size_t blank = std::min(phrase.find(' '), phrase.size());
    if (i >= one.words.size() || one.words[i].text != phrase.substr(0, blank)) return false;
    phrase.remove_prefix(blank < phrase.size() ? blank + 1 : blank);
  }
  return true;
}

void outline::open(const line& head, place kind) {
  section fresh{head, kind, {}};
  const std::vector<word>& words = head.words;
  const std::string* wanted = nullptr;
  for (std::size_t i = 1; i + 1 < words.size(); ++i)
    if (words[i].text == "from") wanted = &words[i + 1].text;
  // A defaults section begins with another one only when it names it.
  if (wanted != nullptr) {
    if (const auto found = named_defaults_.find(*wanted); found != named_defaults_.end())
      fresh.begins_with = found->second;
  } else if (kind != place::defaults) {
    fresh.begins_with = last_defaults_;
  }
  if (kind == place::defaults) {
    last_defaults_ = sections_.size();
    if (words.size() > 1) named_defaults_[words[1].text] = last_defaults_;
  }
  sections_.push_back(std::move(fresh));
}

const line* outline::section::at(const span& where) const {
  const auto found =
      std::lower_bound(lines.begin(), lines.end(), where, [](const line& one, const span& wanted) {
        return std::tie(one.where.file, one.where.line) < std::tie(wanted.file, wanted.line);
      });
  return found != lines.end() && found->where.line == where.line && found->where.file == where.file ? &*found
                                                                                                    : nullptr;
}

const outline::section* outline::at(const span& where) const {
  const auto found =
      std::lower_bound(sections_.begin(), sections_.end(), where, [](const section& one, const span& wanted) {
        return std::tie(one.head.where.file, one.head.where.line) < std::tie(wanted.file, wanted.line);
      });
  if (found == sections_.end()) return nullptr;
  return found->head.where.file == where.file && found->head.where.line == where.line ? &*found : nullptr;
}

std::uint32_t outline::next_section(const span& where) const {
  const auto found =
      std::upper_bound(sections_.begin(), sections_.end(), where, [](const span& wanted, const section& one) {
        return std::tie(wanted.file, wanted.line) < std::tie(one.head.where.file, one.head.where.line);
      });
  return found != sections_.end() && found->head.where.file == where.file ? found->head.where.line : 0;
}

const outline::section* outline::defaults_of(const section& of) const {
  return of.begins_with == none ? nullptr : &sections_[of.begins_with];
}

const line* outline::find(const section& of, std::string_view phrase) const {
  for (const section* look = &of; look != nullptr; look = defaults_of(*look))
    for (auto each = look->lines.rbegin(); each != look->lines.rend(); ++each)
      if (begins_with(*each, phrase)) return &*each;
  return nullptr;
}

}  // namespace ringway::config

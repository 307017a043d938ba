#include "config/outline.hpp"

#include <algorithm>

namespace ringway::config {

bool begins_with(const line& one, std::string_view phrase) {
  for (std::size_t i = 0; !phrase.empty(); ++i) {
    const std::size_t blank = std::min(phrase.find(' '), phrase.size());
    if (i >= one.words.size() || one.words[i].text != phrase.substr(0, blank)) return false;
    phrase.remove_prefix(blank < phrase.size() ? blank + 1 : blank);
  }
  return true;
}

const outline::section* outline::at(const span& where) const {
  for (const section& each : sections)
    if (each.head.where.file == where.file && each.head.where.line == where.line) return &each;
  return nullptr;
}

const outline::section* outline::defaults_of(const section& of) const {
  std::string_view wanted;
  for (std::size_t i = 1; i + 1 < of.head.words.size(); ++i)
    if (of.head.words[i].text == "from") wanted = of.head.words[i + 1].text;
  // A defaults section begins with another one only when it names it.
  if (wanted.empty() && of.kind == place::defaults) return nullptr;
  const section* found = nullptr;
  for (const section& each : sections) {
    if (&each == &of) break;
    if (each.kind != place::defaults) continue;
    if (!wanted.empty() && (each.head.words.size() < 2 || each.head.words[1].text != wanted)) continue;
    found = &each;
  }
  return found;
}

const line* outline::find(const section& of, std::string_view phrase) const {
  for (const section* look = &of; look != nullptr; look = defaults_of(*look))
    for (auto each = look->lines.rbegin(); each != look->lines.rend(); ++each)
      if (begins_with(*each, phrase)) return &*each;
  return nullptr;
}

}  // namespace ringway::config

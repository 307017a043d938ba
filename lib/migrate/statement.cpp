#include <algorithm>

#include "migrate/rewrite.hpp"

namespace ringway::migrate {

std::string_view statement::raw_from(std::size_t word) const {
  if (word >= words_.size()) return {};
  const config::span first = words_[word].where, last = words_.back().where;
  return raw_.substr(first.column - 1, last.column + last.length - first.column);
}

std::string statement::indent() const {
  return std::string(raw_.substr(0, std::min(raw_.find_first_not_of(" \t"), raw_.size())));
}

std::string statement::inner_indent() const { return section_.indent.empty() ? "    " : section_.indent; }

void statement::replace(const config::word& one, std::string text) {
  edits_.push_back({one.where.column - 1, one.where.length, std::move(text)});
}

void statement::replace(std::size_t first, std::size_t last, std::string text) {
  const std::size_t begin = words_[first].where.column - 1;
  edits_.push_back({begin, words_[last].where.column - 1 + words_[last].where.length - begin, std::move(text)});
}

void statement::replace_until(std::size_t first, std::size_t next, std::string text) {
  const std::size_t begin = words_[first].where.column - 1;
  edits_.push_back({begin, words_[next].where.column - 1 - begin, std::move(text)});
}

void statement::replace_part(const config::word& one, std::size_t offset, std::size_t length, std::string text) {
  edits_.push_back({one.where.column - 1 + offset, length, std::move(text)});
}

void statement::remove(std::size_t first, std::size_t last) {
  const std::size_t begin =
      first == 0 ? words_[first].where.column - 1 : words_[first - 1].where.column - 1 + words_[first - 1].where.length;
  edits_.push_back({begin, words_[last].where.column - 1 + words_[last].where.length - begin, {}});
}

void statement::because(verdict what, std::string reason, std::uint32_t column) {
  if (column == 0) column = words_.empty() ? 1 : words_.front().where.column;
  reasons_.push_back({what, std::move(reason), column});
}

std::vector<std::string> statement::lines() const {
  std::vector<const edit*> ordered;
  for (const edit& one : edits_) ordered.push_back(&one);
  // At the same place the one that came first wins; they stand in one vector.
  std::sort(ordered.begin(), ordered.end(),
            [](const edit* a, const edit* b) { return a->at != b->at ? a->at < b->at : a < b; });
  std::string text;
  std::size_t at = 0;
  for (const edit* each : ordered) {
    const edit& one = *each;
    if (one.at < at) continue;  // a whole part was replaced already: the first edit there wins
    text.append(raw_, at, one.at - at);
    text += one.text;
    at = one.at + one.length;
  }
  text.append(raw_, at, raw_.size() - at);
  if (removed_) text.insert(indent().size(), "# ");
  std::vector<std::string> out{std::move(text)};
  out.insert(out.end(), below_.begin(), below_.end());
  return out;
}

std::string as_word(std::string_view text, bool format) {
  std::string doubled;
  for (const char c : text) {
    doubled += c;
    if (format && c == '%') doubled += '%';
  }
  if (doubled.empty()) return "\"\"";
  const bool quotes = doubled.find_first_of(" \t\n\r'\"#") != std::string::npos;
  std::string out;
  for (std::size_t i = 0; i < doubled.size(); ++i) {
    const char c = doubled[i];
    if (c == '\n') out += "\\n";
    else if (c == '\r') out += "\\r";
    else if (c == '\t') out += "\\t";
    else if (c == '"' || (c == '$' && quotes)) out.append("\\").append(1, c);
    else if (c == '\\') {
      // Only before these would the backslash be taken for an escape.
      const char next = i + 1 < doubled.size() ? doubled[i + 1] : ' ';
      out += std::string_view(" \\'\"#tnrx$\n\r\t").find(next) != std::string_view::npos ? "\\\\" : "\\";
    } else out += c;
  }
  return quotes ? '"' + out + '"' : out;
}

}  // namespace ringway::migrate

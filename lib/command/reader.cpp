#include "command/reader.hpp"

namespace ringway::command {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

// "<<" at the line's end. Glued to a word it is part of that word, which no command has; but the lines behind
// it are a payload all the same, and must not be taken for commands.
bool announces_payload(std::string_view line) { return line.ends_with("<<"); }
bool glued(std::string_view line) { return line.size() > 2 && !blank(line[line.size() - 3]); }

}  // namespace

void reader::forget() {
  held_.erase(0, taken_);
  taken_ = 0;
  if (!done_) return;
  line_.clear();
  payload_.clear();
  done_ = false;
}

reader::found reader::next() {
  forget();
  return inside_ ? take_payload() : take_line();
}

reader::found reader::take_line() {
  std::size_t end = 0;
  while (end < held_.size() && held_[end] != '\n' && held_[end] != ';') end += held_[end] == '\\' ? 2 : 1;
  if (end >= held_.size()) return held_.size() > limit_ ? found::too_long : found::nothing;
  if (end > limit_) return found::too_long;
  std::string_view line = std::string_view(held_).substr(0, end);
  within_line_ = held_[end] == ';';
  taken_ = end + 1;
  if (!within_line_ && line.ends_with('\r')) line.remove_suffix(1);
  line = line.substr(0, line.find('\0'));
  if (!within_line_ && announces_payload(line)) {
    line_ = glued(line) ? line : line.substr(0, line.size() - 2);
    inside_ = true;
    return found::payload;
  }
  line_ = line;
  done_ = true;
  return found::command;
}

reader::found reader::take_payload() {
  const std::size_t end = held_.find('\n');
  if (line_.size() + payload_.size() + (end == std::string::npos ? held_.size() : end) > limit_)
    return found::too_long;
  if (end == std::string::npos) return found::nothing;
  std::string_view line = std::string_view(held_).substr(0, end);
  taken_ = end + 1;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (!line.empty()) {
    payload_.append(line).push_back('\n');
    return found::payload;
  }
  inside_ = false;
  done_ = true;
  return found::command;
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && blank(line[at])) ++at;
    if (at >= line.size()) return out;
    std::string word;
    for (; at < line.size() && !blank(line[at]); ++at) {
      if (line[at] == '\\' && at + 1 < line.size()) ++at;
      word += line[at];
    }
    out.push_back(std::move(word));
  }
}

}  // namespace ringway::command

// Words broken into lines, for help texts. Pure.
#pragma once
#include <string>
#include <string_view>

namespace ringway::app {

// Every line but the first is indented; the first is taken to begin at `indent` already.
inline std::string wrapped(std::string_view words, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  while (!words.empty()) {
    const std::size_t space = words.find(' ');
    const std::string_view word = words.substr(0, space);
    if (column > indent && column + 1 + word.size() > width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    words.remove_prefix(space == std::string_view::npos ? words.size() : space + 1);
  }
  return out;
}

}  // namespace ringway::app

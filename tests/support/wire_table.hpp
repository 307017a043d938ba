// The tables of tests/wire (their README.md has the notation).
#pragma once
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ringway::support {

struct wire_row {
  std::string name, answers, bytes, why;
  bool ends = false;  // the sender closes
};

inline std::string plain_wire(std::string_view text, bool& ends) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out.push_back(text[at++]);
      continue;
    }
    const char c = text[at + 1];
    at += 2;
    switch (c) {
      case 'r': out.push_back('\r'); break;
      case 'n': out.push_back('\n'); break;
      case 't': out.push_back('\t'); break;
      case '0': out.push_back('\0'); break;
      case '|': break;
      case '$': ends = true; break;
      case 'x':
        out.push_back(static_cast<char>(std::strtoul(std::string(text.substr(at, 2)).c_str(), nullptr, 16)));
        at += 2;
        break;
      case '{': {
        // "TEXT*N}": the first star that only digits and the brace follow
        std::size_t star = at;
        std::size_t close = 0;
        for (;; ++star) {
          star = text.find('*', star);
          REQUIRE(star != std::string_view::npos);
          close = text.find_first_not_of("0123456789", star + 1);
          if (close != std::string_view::npos && close > star + 1 && text[close] == '}') break;
        }
        const std::string_view body = text.substr(at, star - at);
        const unsigned long times = std::strtoul(std::string(text.substr(star + 1, close - star - 1)).c_str(), nullptr, 10);
        for (unsigned long n = 0; n < times; ++n) {
          std::string one(body);
          if (const std::size_t number = one.find("%d"); number != std::string::npos)
            one.replace(number, 2, std::to_string(n));
          out += plain_wire(one, ends);
        }
        at = close + 1;
        break;
      }
      default: out.push_back(c);
    }
  }
  return out;
}

inline std::vector<wire_row> wire_rows(const char* table) {
  std::ifstream in(std::string(RINGWAY_SOURCE_DIR "/tests/wire/") + table, std::ios::binary);
  REQUIRE(in.good());
  std::vector<wire_row> out;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::vector<std::string> cells(1);
    for (const char c : line) {
      if (c == '\t')
        cells.emplace_back();
      else
        cells.back().push_back(c);
    }
    REQUIRE(cells.size() == 4);
    wire_row row{cells[0], cells[1], {}, cells[3], false};
    row.bytes = plain_wire(cells[2], row.ends);
    out.push_back(std::move(row));
  }
  return out;
}

// What rows of a table ("requests") come to with h1-parsing haproxy, where that is something else.
inline std::map<std::string, std::string> wire_answers_as_haproxy(const std::string& table) {
  std::ifstream in(RINGWAY_SOURCE_DIR "/tests/wire/haproxy.tsv", std::ios::binary);
  REQUIRE(in.good());
  std::map<std::string, std::string> out;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(table + "\t", 0) != 0) continue;
    const std::size_t name = table.size() + 1, answers = line.find('\t', name) + 1;
    out[line.substr(name, answers - 1 - name)] = line.substr(answers, line.find('\t', answers) - answers);
  }
  return out;
}

}  // namespace ringway::support

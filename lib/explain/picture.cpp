#include "explain/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr std::size_t ring_rows = 15, ring_columns = 32, most_rows = 26;

// 256-colour number of "#rrggbb": the nearest of the 6x6x6 cube.
int cube(const std::string& colour) {
  const auto step = [&](std::size_t at) {
    const int v = std::stoi(colour.substr(at, 2), nullptr, 16);
    return v < 48 ? 0 : v < 115 ? 1 : (v - 35) / 40;
  };
  return 16 + 36 * step(1) + 6 * step(3) + step(5);
}

std::string painted(const std::string& text, std::size_t row, const picture_style& how) {
  if (!how.colour) return text;
  return fmt::format("\033[48;5;{}m\033[38;5;16m{}\033[0m", cube(colour_of(row)), text);
}

// Columns that a terminal needs for text with block characters in it.
std::size_t columns_of(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
  return n;
}

std::string padded(std::string text, std::size_t width) {
  const auto has = columns_of(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

// Which row owns each of `cells` equal parts of the circle; rows.size(): none.
std::vector<std::size_t> parts(const farm& of, const spread& by, std::size_t cells) {
  std::vector<std::size_t> row_of(of.of->servers.size(), by.rows.size());
  for (std::size_t r = 0; r < by.rows.size(); ++r) row_of[by.rows[r].server] = r;
  std::vector<std::size_t> out(cells, by.rows.size());
  const auto method = of.chooser->rules().method;
  if (method == hash_method::consistent) {
    const auto arcs = of.chooser->arcs();
    std::size_t a = 0;
    for (std::size_t c = 0; c < cells; ++c) {
      const double middle = (static_cast<double>(c) + 0.5) / static_cast<double>(cells) * 4294967296.0;
      while (a + 1 < arcs.size() && static_cast<double>(arcs[a + 1].begin) <= middle) ++a;
      if (a < arcs.size()) out[c] = row_of[arcs[a].owner];
    }
  } else if (const auto slots = of.chooser->points(); method == hash_method::map_based && !slots.empty()) {
    for (std::size_t c = 0; c < cells; ++c) out[c] = row_of[slots[c * slots.size() / cells].owner];
  } else {  // a table of thousands of shuffled slots, or none: only the shares can be seen
    double sum = 0;
    std::size_t r = 0;
    for (std::size_t c = 0; c < cells && !by.rows.empty(); ++c) {
      while (r + 1 < by.rows.size() && sum + by.rows[r].share <= (static_cast<double>(c) + 0.5) / static_cast<double>(cells))
        sum += by.rows[r++].share;
      out[c] = r;
    }
  }
  return out;
}

std::vector<std::string> circle(const farm& of, const spread& by, const picture_style& how) {
  constexpr std::size_t cells = 720;
  const auto owner = parts(of, by, cells);
  const bool ring = of.chooser->rules().method == hash_method::consistent;
  const std::string inside[] = {of.name().substr(0, 20), by.points != 0 ? fmt::format("{} {}", by.points, ring ? "points" : "slots")
                                                                        : std::string("no table")};
  const double radius = ring_rows / 2.0 - 0.2, middle_y = (ring_rows - 1) / 2.0, middle_x = (ring_columns - 1) / 2.0;
  std::vector<std::string> lines;
  for (std::size_t y = 0; y < ring_rows; ++y) {
    std::vector<std::string> line(ring_columns, " ");
    for (std::size_t x = 0; x < ring_columns; ++x) {
      const double dx = (static_cast<double>(x) - middle_x) / 2.05, dy = static_cast<double>(y) - middle_y;
      const double r = std::sqrt(dx * dx + dy * dy);
      if (r > radius || r < radius - 2.5) continue;
      double turn = std::atan2(dx, -dy) / (2 * std::numbers::pi);  // from the top, clockwise
      if (turn < 0) turn += 1;
      const auto row = owner[std::min(cells - 1, static_cast<std::size_t>(turn * cells))];
      line[x] = row < by.rows.size() ? painted(std::string(1, letter_of(row)), row, how) : ".";
    }
    const std::size_t text = y + 1 - ring_rows / 2;  // wraps to a large number above the middle
    if (text < std::size(inside)) {
      const auto begin = (ring_columns - inside[text].size()) / 2;
      for (std::size_t i = 0; i < inside[text].size(); ++i) line[begin + i] = inside[text].substr(i, 1);
    }
    lines.emplace_back();
    for (const auto& cell : line) lines.back() += cell;
  }
  return lines;
}

// A bar of `width` columns for `share` of `largest`, with a mark where `due` is.
std::string bar(const share_row& row, std::size_t number, double largest, std::size_t width, const picture_style& how) {
  const auto cells = static_cast<std::size_t>(std::lround(row.share / largest * static_cast<double>(width)));
  const auto mark = std::min(width - 1, static_cast<std::size_t>(row.due / largest * static_cast<double>(width)));
  std::string out;
  for (std::size_t c = 0; c < width; ++c) {
    if (c == mark)
      out += how.unicode ? (c < cells ? (how.colour ? fmt::format("\033[48;5;{}m\033[38;5;16m│\033[0m", cube(colour_of(number)))
                                                    : std::string("┃"))
                                      : std::string("│"))
                         : "|";
    else if (c < cells)
      out += how.colour ? painted(" ", number, how) : how.unicode ? "█" : "#";
    else
      out += how.unicode ? "·" : ".";
  }
  return out;
}

std::vector<std::string> legend(const farm& of, const spread& by, std::size_t width, const picture_style& how) {
  std::size_t name = 6;
  double largest = 0;
  const std::size_t shown = std::min(by.rows.size(), most_rows);
  for (std::size_t r = 0; r < shown; ++r) {
    name = std::max(name, of.server(by.rows[r].server).size());
    largest = std::max({largest, by.rows[r].share, by.rows[r].due});
  }
  name = std::min<std::size_t>(name, 16);
  const std::size_t numbers = 27;  // " 33.3 % of 33.3 %  -10.0 %"
  const std::size_t cells = width > name + numbers + 10 ? std::min<std::size_t>(width - name - numbers - 4, 30) : 0;
  std::vector<std::string> out;
  for (std::size_t r = 0; r < shown; ++r) {
    const auto& row = by.rows[r];
    std::string line = painted(std::string(1, letter_of(r)), r, how) + " " +
                       padded(of.server(row.server).substr(0, name), name) + " ";
    if (cells > 0) line += bar(row, r, largest, cells, how) + " ";
    line += fmt::format("{:5.1f} % of {:4.1f} % {:+6.1f} %", 100 * row.share, 100 * row.due, 100 * row.off());
    out.push_back(std::move(line));
  }
  if (shown < by.rows.size()) out.push_back(fmt::format("... and {} more", by.rows.size() - shown));
  return out;
}

}  // namespace

char letter_of(std::size_t row) {
  if (row < 26) return static_cast<char>('A' + row);
  if (row < 52) return static_cast<char>('a' + row - 26);
  return '+';
}

std::string colour_of(std::size_t row) {
  constexpr std::string_view known[] = {"#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#0072b2", "#d55e00",
                                        "#f0e442", "#999999", "#88ccaa", "#aa88dd", "#ddaa77", "#77aadd"};
  if (row < std::size(known)) return std::string(known[row]);
  const double hue = std::fmod(static_cast<double>(row) * 0.618033988749895, 1.0) * 6;
  const double light = row % 2 == 0 ? 0.85 : 0.65;
  const auto channel = [&](double shift) {
    const double h = std::fmod(hue + shift, 6.0);
    const double v = h < 1 ? h : h < 3 ? 1 : h < 4 ? 4 - h : 0;
    return static_cast<int>(255 * light * (0.35 + 0.65 * v));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", channel(2), channel(0), channel(4));
}

std::string picture(const farm& of, const spread& by, const picture_style& how) {
  std::string out;
  if (how.width >= ring_columns + 44) {
    const auto left = circle(of, by, how);
    const auto right = legend(of, by, how.width - ring_columns - 3, how);
    const std::size_t first = right.size() < left.size() ? (left.size() - right.size()) / 2 : 0;
    for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
      std::string line = i < left.size() ? left[i] : std::string(ring_columns, ' ');
      if (i >= first && i - first < right.size()) line += "   " + right[i - first];
      while (line.ends_with(' ')) line.pop_back();
      out += line + "\n";
    }
    return out;
  }
  const auto owner = parts(of, by, how.width);
  for (const auto row : owner) out += row < by.rows.size() ? painted(std::string(1, letter_of(row)), row, how) : ".";
  out += "\n";
  for (const auto& line : legend(of, by, how.width, how)) out += line + "\n";
  return out;
}

}  // namespace ringway::explain

#include "explain/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/columns.hpp"
#include "explain/labels.hpp"

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr std::size_t ring_rows = 15, ring_columns = 32;

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

// One letter a cell; a wide one takes the next cell as well.
void write_into(std::vector<std::string>& cells, std::size_t at, std::string_view text) {
  while (!text.empty()) {
    const auto letter = text.substr(0, first_glyph(text).bytes);
    const std::size_t width = columns_of(letter);
    if (width == 0) cells[at - 1] += letter;
    if (width > 0) cells[at] = letter;
    if (width > 1) cells[at + 1].clear();
    at += width;
    text.remove_prefix(letter.size());
  }
}

std::vector<std::string> circle(const farm& of, const spread& by, const picture_style& how) {
  constexpr std::size_t cells = 720;
  const auto owner = parts(of, by, cells);
  const bool ring = of.chooser->rules().method == hash_method::consistent;
  const std::string inside[] = {fitted(of.name(), 17), by.points != 0 ? fmt::format("{} {}", by.points, ring ? "points" : "slots")
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
      write_into(line, (ring_columns - columns_of(inside[text])) / 2, inside[text]);
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

constexpr std::size_t shortest_bar = 8, longest_bar = 30;

// The lines of a legend: a row's letter, its name in `name` cells, a bar of `bar` cells (0: none), its numbers.
struct legend_style {
  std::size_t name = 0, bar = 0;
  bool letters = true;
};

std::string numbers_of(const share_row& row, bool equal) {
  return equal ? fmt::format("{:5.1f} % {:+6.1f} %", 100 * row.share, 100 * row.off())
               : fmt::format("{:5.1f} of {:4.1f} % {:+6.1f} %", 100 * row.share, 100 * row.due, 100 * row.off());
}

std::vector<std::string> legend(const farm& of, const spread& by, const legend_style& as, const picture_style& how) {
  const auto names = labels_of(of, as.name);
  const bool equal = equal_dues(by);
  double largest = 0;
  for (const auto& row : by.rows) largest = std::max({largest, row.share, row.due});
  std::vector<std::string> out;
  for (std::size_t r = 0; r < by.rows.size(); ++r) {
    const auto& row = by.rows[r];
    std::string line = as.letters ? painted(std::string(1, letter_of(r)), r, how) + " " : std::string();
    line += padded(names[row.server], as.name) + " ";
    if (as.bar > 0) line += bar(row, r, largest, as.bar, how) + " ";
    out.push_back(line + numbers_of(row, equal));
  }
  return out;
}

std::size_t numbers_width(const spread& by) {
  std::size_t out = 0;
  for (const auto& row : by.rows) out = std::max(out, numbers_of(row, equal_dues(by)).size());
  return out;
}

std::size_t widest_name(const farm& of, const spread& by) {
  std::size_t out = 0;
  for (const auto& row : by.rows) out = std::max(out, columns_of(of.server(row.server)));
  return out;
}

legend_style style_for(std::size_t width, std::size_t longest, std::size_t numbers, bool letters) {
  legend_style out;
  out.letters = letters;
  const std::size_t fixed = (letters ? 2 : 0) + 1 + numbers;
  const std::size_t room = width > fixed + 4 ? width - fixed : 4;  // for the name, and a bar with a blank behind it
  const bool barred = room >= 20 + 1 + shortest_bar || room >= longest + 1 + shortest_bar;
  out.name = std::min(longest, barred ? room - 1 - shortest_bar : room);
  if (barred) out.bar = std::min(longest_bar, room - out.name - 1);
  return out;
}

std::string trimmed(std::string line) {
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

// Below the ring: one column with bars, or two when that would be long.
std::string legend_below(const farm& of, const spread& by, const picture_style& how) {
  const std::size_t numbers = numbers_width(by), longest = widest_name(of, by);
  const bool letters = by.rows.size() <= most_letters;
  const std::size_t half = how.width > 2 ? how.width / 2 - 1 : 1;
  const std::size_t fixed = (letters ? 2 : 0) + 1 + numbers;
  std::string out;
  if (by.rows.size() <= ring_rows + 1 || half < fixed + std::min<std::size_t>(longest, 11)) {
    for (const auto& line : legend(of, by, style_for(how.width, longest, numbers, letters), how)) out += trimmed(line);
    return out;
  }
  const legend_style as{std::min(longest, half - fixed), 0, letters};
  const auto lines = legend(of, by, as, how);
  const std::size_t rows = (lines.size() + 1) / 2;
  for (std::size_t i = 0; i < rows; ++i) {
    std::string line = lines[i];
    if (i + rows < lines.size()) {
      const std::size_t has = fixed - numbers + as.name + numbers_of(by.rows[i], equal_dues(by)).size();
      line += std::string(half + 2 - std::min(has, half), ' ') + lines[i + rows];
    }
    out += trimmed(line);
  }
  return out;
}

}  // namespace

char letter_of(std::size_t row) {
  if (row < 26) return static_cast<char>('A' + row);
  if (row < 52) return static_cast<char>('a' + row - 26);
  return static_cast<char>('0' + (row - 52) % 10);
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

bool equal_dues(const spread& by) {
  return std::all_of(by.rows.begin(), by.rows.end(), [&](const share_row& row) { return row.weight == by.rows[0].weight; });
}

std::string picture(const farm& of, const spread& by, const picture_style& how) {
  if (by.rows.size() > most_letters) return legend_below(of, by, how);
  std::string out;
  if (how.width < ring_columns + 3) {  // no room for a circle: the ring unrolled
    for (const auto row : parts(of, by, how.width)) out += row < by.rows.size() ? painted(std::string(1, letter_of(row)), row, how) : ".";
    return out + "\n" + legend_below(of, by, how);
  }
  const auto ring = circle(of, by, how);
  const std::size_t room = how.width - ring_columns - 3, longest = widest_name(of, by), numbers = numbers_width(by);
  const bool beside = by.rows.size() <= ring_rows && room >= 2 + std::min<std::size_t>(longest, 20) + 1 + numbers;
  std::vector<std::string> right;
  if (beside) right = legend(of, by, style_for(room, longest, numbers, true), how);
  const std::size_t first = (ring_rows - right.size()) / 2;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    std::string line = ring[i];
    if (i >= first && i - first < right.size()) line += "   " + right[i - first];
    out += trimmed(line);
  }
  return beside ? out : out + "\n" + legend_below(of, by, how);
}

}  // namespace ringway::explain

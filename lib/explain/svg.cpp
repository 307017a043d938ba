// The ring as a drawing: for each server one path of all its arcs, and a legend of every server.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/columns.hpp"
#include "explain/labels.hpp"
#include "explain/picture.hpp"

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr double centre = 210, outer = 180, inner = 112, middle = (outer + inner) / 2, page = 860, margin = 24;
constexpr std::size_t finest = 1440;  // stripes of the circle: three quarters of a pixel on its outer edge
constexpr std::size_t most_beside = 10;  // servers whose legend stands beside the ring

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

struct stripe {
  double begin = 0, end = 0;  // of a turn, from the top, clockwise
  std::size_t row = 0;
};

std::vector<std::size_t> rows_by_server(const farm& of, const spread& by) {
  std::vector<std::size_t> out(of.of->servers.size(), 0);
  for (std::size_t r = 0; r < by.rows.size(); ++r) out[by.rows[r].server] = r;
  return out;
}

// Thousands of stripes are more than a screen can show: then each of `finest` has the owner of its middle.
std::vector<stripe> thinned(std::vector<stripe> all) {
  std::vector<stripe> out;
  const auto add = [&out](const stripe& one) {
    if (!out.empty() && out.back().row == one.row)
      out.back().end = one.end;
    else
      out.push_back(one);
  };
  if (all.size() <= finest) {
    for (const auto& each : all) add(each);
    return out;
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < finest; ++i) {
    const double begin = static_cast<double>(i) / finest, end = static_cast<double>(i + 1) / finest;
    while (at + 1 < all.size() && all[at].end <= (begin + end) / 2) ++at;
    add({begin, end, all[at].row});
  }
  return out;
}

std::vector<stripe> stripes_of(const farm& of, const spread& by) {
  const auto row_of = rows_by_server(of, by);
  const auto method = of.chooser->rules().method;
  std::vector<stripe> out;
  if (method == hash_method::consistent) {
    for (const auto& arc : of.chooser->arcs()) {
      const auto begin = static_cast<double>(arc.begin);
      out.push_back({begin / 4294967296.0, (begin + static_cast<double>(arc.length)) / 4294967296.0, row_of[arc.owner]});
    }
  } else if (const auto slots = of.chooser->points(); method == hash_method::map_based && !slots.empty()) {
    const auto size = static_cast<double>(slots.size());
    for (std::size_t i = 0; i < slots.size(); ++i)
      out.push_back({static_cast<double>(i) / size, static_cast<double>(i + 1) / size, row_of[slots[i].owner]});
  } else {  // shuffled slots, or none: only the shares can be seen
    double sum = 0;
    for (std::size_t r = 0; r < by.rows.size(); ++r) {
      out.push_back({sum, sum + by.rows[r].share, r});
      sum += by.rows[r].share;
    }
  }
  return thinned(std::move(out));
}

std::string point(double turn, double radius) {  // from the top, clockwise
  const double angle = 2 * std::numbers::pi * turn;
  return fmt::format("{:.1f} {:.1f}", centre + radius * std::sin(angle), centre - radius * std::cos(angle));
}

std::string ring_of(const std::vector<stripe>& stripes, std::size_t rows) {
  std::string out;
  for (std::size_t r = 0; r < rows; ++r) {
    std::string arcs;
    for (const auto& each : stripes) {
      if (each.row != r) continue;
      if (each.end - each.begin >= 0.99999) {
        out += fmt::format("<circle cx=\"{0}\" cy=\"{0}\" r=\"{1}\" stroke=\"{2}\"/>\n", centre, middle, colour_of(r));
        continue;
      }
      // A hair into the next one, and grey below all, so that no white shines through the seams.
      const double end = std::min(each.end + 0.0002, each.begin + 0.9999);
      arcs += fmt::format("M{}A{} {} 0 {} 1 {}", point(each.begin, middle), middle, middle, end - each.begin > 0.5 ? 1 : 0, point(end, middle));
    }
    if (!arcs.empty()) out += fmt::format("<path d=\"{}\" stroke=\"{}\"/>\n", arcs, colour_of(r));
  }
  return fmt::format("<g fill=\"none\" stroke-width=\"{0}\">\n<circle cx=\"{1}\" cy=\"{1}\" r=\"{2}\" stroke=\"#999\"/>\n{3}</g>\n", outer - inner, centre,
                     middle, out);
}

// The points themselves, as ticks on the inner edge; too many are a grey band.
std::string ticks_of(const farm& of, const spread& by) {
  if (of.chooser->rules().method != hash_method::consistent) return {};
  const auto points = of.chooser->points();
  if (points.size() > 600) return {};
  const auto row_of = rows_by_server(of, by);
  std::vector<std::string> lines(by.rows.size());
  for (const auto& each : points) {
    const double turn = each.key / 4294967296.0;
    lines[row_of[each.owner]] += fmt::format("M{}L{}", point(turn, inner - 3), point(turn, inner - 11));
  }
  std::string out;
  for (std::size_t r = 0; r < lines.size(); ++r)
    if (!lines[r].empty()) out += fmt::format("<path d=\"{}\" stroke=\"{}\" stroke-width=\"2\"/>\n", lines[r], colour_of(r));
  return out;
}

std::string text(double x, double y, double size, std::string_view more, std::string_view words) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" {}>{}</text>\n", x, y, size, more, escaped(words));
}

// Every letter is 0.6 of the size wide, so that what is cut to a number of letters fits.
constexpr std::string_view grey = "fill=\"#555\"", right_grey = "fill=\"#555\" text-anchor=\"end\"",
                           strong = "fill=\"#222\" font-weight=\"600\"", right = "fill=\"#222\" text-anchor=\"end\"",
                           name_font = "fill=\"#222\" font-family=\"'DejaVu Sans Mono', ui-monospace, Menlo, Consolas, monospace\"",
                           centred_strong = "fill=\"#222\" text-anchor=\"middle\" font-weight=\"600\"",
                           centred = "fill=\"#555\" text-anchor=\"middle\"";

// "35.1 of 33.3 % (+5.3 %)"; more digits where shares are small.
std::string numbers_of(const share_row& row, int digits) {
  return fmt::format("{:.{}f} of {:.{}f} % ({:+.1f} %)", 100 * row.share, digits, 100 * row.due, digits, 100 * row.off());
}

// How many letters of a name (each 0.602 of `size` wide) stand in `width` in front of these numbers, whose letters are
// wider than 0.57 of it only now and then.
std::size_t room_for_names(const spread& by, int digits, double width, double size) {
  std::size_t longest = 0;
  for (const auto& row : by.rows) longest = std::max(longest, numbers_of(row, digits).size());
  return static_cast<std::size_t>(std::max(4.0, (width / size - 0.57 * static_cast<double>(longest) - 0.6) / 0.602));
}

double largest_of(const spread& by) {
  double out = 0;
  for (const auto& row : by.rows) out = std::max({out, row.share, row.due});
  return out;
}

std::string bar_of(const share_row& row, std::size_t r, double largest, double x, double y, double width, double height) {
  std::string out = fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" fill=\"#ececea\"/>\n", x, y, width, height);
  out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" fill=\"{}\"/>\n", x, y,
                     width * row.share / largest, height, colour_of(r));
  const double mark = x + std::min(width - 1, width * row.due / largest);
  return out + fmt::format("<path d=\"M{0:.1f} {1:.1f} V{2:.1f}\" stroke=\"#222\" stroke-width=\"1.5\"/>\n", mark, y - 2, y + height + 2);
}

// Beside the ring, with room for bars.
std::string legend_beside(const farm& of, const spread& by, double left, double top) {
  const double width = page - margin - left, step = std::min(64.0, (400 - top) / static_cast<double>(std::max<std::size_t>(by.rows.size(), 1)));
  const double size = std::min(14.0, step * 0.42), height = std::clamp(step * 0.3, 3.0, 18.0);
  const auto names = labels_of(of, room_for_names(by, 1, width, size));
  std::string out;
  for (std::size_t r = 0; r < by.rows.size(); ++r) {
    const auto& row = by.rows[r];
    const double y = top + step * static_cast<double>(r);
    out += text(left, y + size, size, name_font, names[row.server]);
    out += text(left + width, y + size, size, right, numbers_of(row, 1));
    out += bar_of(row, r, largest_of(by), left, y + size + 4, width, height);
  }
  return out;
}

// Beside the ring when the legend is below it: who is furthest from what its weight is due.
std::string furthest(const farm& of, const spread& by, double left, double top) {
  std::vector<std::size_t> order(by.rows.size());
  for (std::size_t r = 0; r < order.size(); ++r) order[r] = r;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = std::abs(by.rows[a].off()), y = std::abs(by.rows[b].off());
    return x != y ? x > y : a < b;
  });
  order.resize(std::min<std::size_t>(order.size(), 8));
  std::string out = text(left, top + 10, 13, strong, "furthest from it:");
  const double width = page - margin - left;
  const auto names = labels_of(of, room_for_names(by, 2, width, 12));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& row = by.rows[order[i]];
    const double y = top + 20 + 34 * static_cast<double>(i);
    out += text(left, y + 12, 12, name_font, names[row.server]);
    out += text(left + width, y + 12, 12, right, numbers_of(row, 2));
    out += bar_of(row, order[i], largest_of(by), left, y + 18, width, 7);
  }
  return out;
}

constexpr double line = 18;

std::size_t columns_below(const spread& by) { return by.rows.size() > 40 ? 3 : 2; }
double height_below(const spread& by) {
  const std::size_t columns = columns_below(by);
  return 20 + line * static_cast<double>((by.rows.size() + columns - 1) / columns);
}

std::string legend_below(const farm& of, const spread& by, double top) {
  const std::size_t columns = columns_below(by), rows = (by.rows.size() + columns - 1) / columns;
  const double gap = 24, width = (page - 2 * margin - gap * static_cast<double>(columns - 1)) / static_cast<double>(columns);
  const double size = columns == 3 ? 10 : 12, swatch = size + 6;
  const auto names = labels_of(of, room_for_names(by, 2, width - swatch, size));
  std::string out;
  for (std::size_t r = 0; r < by.rows.size(); ++r) {
    const auto& row = by.rows[r];
    const double x = margin + (width + gap) * static_cast<double>(r / rows), y = top + line * static_cast<double>(r % rows);
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{}\" height=\"{}\" rx=\"2\" fill=\"{}\"/>\n", x, y - size + 1, size, size, colour_of(r));
    out += text(x + swatch, y, size, name_font, names[row.server]);
    out += text(x + width, y, size, right_grey, numbers_of(row, 2));
  }
  return out;
}

}  // namespace

std::string svg(const farm& of, const spread& by) {
  const auto& rules = of.chooser->rules();
  const bool beside = by.rows.size() <= most_beside;
  const double height = beside ? 420 : 420 + height_below(by);
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" width=\"{0:.0f}\" height=\"{1:.0f}\" "
      "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" role=\"img\">\n<title>{2}</title>\n"
      "<rect width=\"{0:.0f}\" height=\"{1:.0f}\" rx=\"14\" fill=\"#fbfbfa\"/>\n",
      page, height, escaped(fmt::format("backend {}: {}", of.name(), algorithm_text(rules))));
  out += ring_of(stripes_of(of, by), by.rows.size()) + ticks_of(of, by);

  const std::string counted = by.points == 0 ? std::string("no table")
                              : fmt::format("{} {}", by.points, rules.method == hash_method::consistent ? "points" : "slots");
  const std::string name = fitted(of.name(), 24);
  const double name_size = std::min(22.0, 180 / (0.68 * static_cast<double>(std::max<std::size_t>(columns_of(name), 1))));
  out += text(centre, centre - 14, name_size, centred_strong, name) + text(centre, centre + 12, 15, centred, counted) +
         text(centre, centre + 34, 15, centred, fmt::format("at most {:.2f} of due", by.most));

  const double left = 440;
  double y = 38;
  std::string_view rest;
  const std::string title = wrapped(algorithm_text(rules), 0, 0, 40);
  for (rest = title; !rest.empty(); y += 21) {
    const auto end = std::min(rest.find('\n'), rest.size());
    out += text(left, y, 16, strong, fitted(rest.substr(0, end), 42));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out += text(left, y, 12, grey, "share of the key space; the line marks what the weight is due");
  out += beside ? legend_beside(of, by, left, y + 18) : furthest(of, by, left, y + 14) + legend_below(of, by, 440);
  return out + "</svg>\n";
}

}  // namespace ringway::explain

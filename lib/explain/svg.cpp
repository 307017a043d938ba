// The ring as a drawing: one sector for each run of hashes with one owner, and a legend.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "explain/picture.hpp"

namespace ringway::explain {
namespace {

using balance::hash_method;

constexpr double centre = 210, outer = 180, inner = 112;
constexpr std::size_t most_rows = 18;

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

std::string point(double turn, double radius) {  // from the top, clockwise
  const double angle = 2 * std::numbers::pi * turn;
  return fmt::format("{:.2f} {:.2f}", centre + radius * std::sin(angle), centre - radius * std::cos(angle));
}

std::string sector(double begin, double end, const std::string& colour) {
  if (end - begin >= 0.99999)
    return fmt::format("<circle cx=\"{0}\" cy=\"{0}\" r=\"{1}\" fill=\"none\" stroke=\"{2}\" stroke-width=\"{3}\"/>\n", centre,
                       (outer + inner) / 2, colour, outer - inner);
  const int large = end - begin > 0.5 ? 1 : 0;
  return fmt::format("<path d=\"M{} A{} {} 0 {} 1 {} L{} A{} {} 0 {} 0 {} Z\" fill=\"{}\"/>\n", point(begin, outer), outer, outer,
                     large, point(end, outer), point(end, inner), inner, inner, large, point(begin, inner), colour);
}

}  // namespace

std::string svg(const farm& of, const spread& by) {
  const auto& rules = of.chooser->rules();
  std::vector<std::size_t> row_of(of.of->servers.size(), 0);
  for (std::size_t r = 0; r < by.rows.size(); ++r) row_of[by.rows[r].server] = r;
  const std::size_t shown = std::min(by.rows.size(), most_rows);
  const std::string title = fmt::format("backend {}: {}", of.name(), algorithm_text(rules));

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 420\" width=\"860\" height=\"420\" "
      "font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" role=\"img\">\n<title>{0}</title>\n"
      "<rect width=\"860\" height=\"420\" rx=\"14\" fill=\"#fbfbfa\"/>\n",
      escaped(title));
  if (rules.method == hash_method::consistent) {
    for (const auto& arc : of.chooser->arcs())
      out += sector(arc.begin / 4294967296.0, (static_cast<double>(arc.begin) + static_cast<double>(arc.length)) / 4294967296.0,
                    colour_of(row_of[arc.owner]));
    // The points themselves, as ticks on the inner edge; too many are a grey band.
    const auto points = of.chooser->points();
    if (points.size() <= 600)
      for (const auto& each : points) {
        const double turn = each.key / 4294967296.0;
        const auto from = point(turn, inner - 3), to = point(turn, inner - 11);
        out += fmt::format("<path d=\"M{} L{}\" stroke=\"{}\" stroke-width=\"2\"/>\n", from, to, colour_of(row_of[each.owner]));
      }
  } else if (const auto slots = of.chooser->points(); rules.method == hash_method::map_based && slots.size() <= 4096) {
    for (std::size_t i = 0; i < slots.size(); ++i)
      out += sector(static_cast<double>(i) / static_cast<double>(slots.size()),
                    static_cast<double>(i + 1) / static_cast<double>(slots.size()), colour_of(row_of[slots[i].owner]));
  } else {
    double sum = 0;
    for (std::size_t r = 0; r < by.rows.size(); ++r) {
      out += sector(sum, sum + by.rows[r].share, colour_of(r));
      sum += by.rows[r].share;
    }
  }
  const std::string counted = by.points == 0 ? std::string("no table")
                              : fmt::format("{} {}", by.points, rules.method == hash_method::consistent ? "points" : "slots");
  out += fmt::format("<text x=\"{0}\" y=\"{1}\" text-anchor=\"middle\" font-size=\"22\" font-weight=\"600\" fill=\"#222\">{2}</text>\n"
                     "<text x=\"{0}\" y=\"{3}\" text-anchor=\"middle\" font-size=\"15\" fill=\"#555\">{4}</text>\n"
                     "<text x=\"{0}\" y=\"{5}\" text-anchor=\"middle\" font-size=\"15\" fill=\"#555\">at most {6:.2f} of due</text>\n",
                     centre, centre - 14, escaped(of.name().substr(0, 18)), centre + 12, counted, centre + 34, by.most);

  const double left = 440, width = 390, top = 78;
  const double step = std::min(64.0, 310.0 / static_cast<double>(std::max<std::size_t>(shown, 1)));
  out += fmt::format("<text x=\"{}\" y=\"40\" font-size=\"17\" font-weight=\"600\" fill=\"#222\">{}</text>\n"
                     "<text x=\"{}\" y=\"60\" font-size=\"13\" fill=\"#555\">share of the key space; the line marks what the weight is due"
                     "</text>\n",
                     left, escaped(algorithm_text(rules).substr(0, 46)), left);
  double largest = 0;
  for (std::size_t r = 0; r < shown; ++r) largest = std::max({largest, by.rows[r].share, by.rows[r].due});
  for (std::size_t r = 0; r < shown; ++r) {
    const auto& row = by.rows[r];
    const double y = top + step * static_cast<double>(r);
    const double size = std::min(15.0, step * 0.45), height = std::clamp(step * 0.32, 3.0, 18.0);
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" fill=\"#222\">{}</text>\n", left, y + size, size,
                       escaped(of.server(row.server).substr(0, 24)));
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\" font-size=\"{:.1f}\" fill=\"#222\">{:.1f} % of {:.1f} % "
                       "({:+.1f} %)</text>\n",
                       left + width, y + size, size, 100 * row.share, 100 * row.due, 100 * row.off());
    const double bar_y = y + size + 4;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" fill=\"#ececea\"/>\n", left, bar_y,
                       width, height);
    out += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"2\" fill=\"{}\"/>\n", left, bar_y,
                       width * row.share / largest, height, colour_of(r));
    const double mark = left + std::min(width - 1, width * row.due / largest);
    out += fmt::format("<path d=\"M{0:.1f} {1:.1f} V{2:.1f}\" stroke=\"#222\" stroke-width=\"1.5\"/>\n", mark, bar_y - 2,
                       bar_y + height + 2);
  }
  if (shown < by.rows.size())
    out += fmt::format("<text x=\"{}\" y=\"408\" font-size=\"13\" fill=\"#555\">and {} more servers</text>\n", left,
                       by.rows.size() - shown);
  return out + "</svg>\n";
}

}  // namespace ringway::explain

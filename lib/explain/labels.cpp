#include "explain/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/columns.hpp"

namespace ringway::explain {
namespace {

using names = std::vector<std::string_view>;

bool all_differ(const std::vector<std::string>& labels, const names& of) {
  std::set<std::string_view> shown, told;
  for (const auto& each : labels) shown.insert(each);
  for (const auto each : of) told.insert(each);
  return shown.size() == told.size();
}

std::size_t widest(const names& of) {
  std::size_t out = 0;
  for (const auto each : of) out = std::max(out, columns_of(each));
  return out;
}

bool is_separator(char c) { return c == '-' || c == '_' || c == '.' || c == ':' || c == '/'; }

// Bytes that all begin with: whole parts of the names where that costs little, never part of a letter.
std::size_t common_head(const names& of) {
  std::size_t same = of[0].size();
  for (const auto each : of) same = static_cast<std::size_t>(std::mismatch(of[0].begin(), of[0].begin() + static_cast<std::ptrdiff_t>(std::min(same, each.size())), each.begin()).first - of[0].begin());
  std::size_t out = 0, part = 0;
  while (out < same) {
    const std::size_t bytes = first_glyph(of[0].substr(out)).bytes;
    if (out + bytes > same) break;
    out += bytes;
    if (is_separator(of[0][out - 1])) part = out;
  }
  return out - part <= 4 ? part : out;  // "app-01", "app-02" differ by "01" and "02", not by "1" and "2"
}

std::size_t common_tail(const names& of, std::size_t head) {
  std::size_t same = of[0].size() - head;
  for (const auto each : of) {
    same = std::min(same, each.size() - head);
    std::size_t n = 0;
    while (n < same && each[each.size() - 1 - n] == of[0][of[0].size() - 1 - n]) ++n;
    same = n;
  }
  for (std::size_t n = same; n > 0; --n)  // what follows the first separator in there
    if (is_separator(of[0][of[0].size() - n])) return n;
  while (same > 0 && (static_cast<unsigned char>(of[0][of[0].size() - same]) & 0xc0u) == 0x80u) --same;
  return same > 4 ? same : 0;
}

// What differs, `room` cells of it, the same cut in every name. Empty: none keeps them apart.
std::vector<std::string> cut_alike(const names& of, std::size_t room) {
  std::vector<std::size_t> heads{room / 3};
  for (std::size_t head = 0; head < room; ++head) heads.push_back(head);
  for (const std::size_t head : heads) {
    std::vector<std::string> out;
    for (const auto each : of)
      out.push_back(columns_of(each) <= room ? std::string(each)
                                             : std::string(head_of(each, head)).append("…").append(tail_of(each, room - 1 - head)));
    if (all_differ(out, of)) return out;
  }
  return {};
}

std::vector<std::string> numbered(const names& of, std::size_t width) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < of.size(); ++i) {
    const std::string number = fmt::format("#{}", i + 1);
    out.push_back(std::string(head_of(of[i], width > number.size() + 1 ? width - number.size() - 1 : 0)).append("…").append(number));
  }
  return out;
}

}  // namespace

std::vector<std::string> labels_of(const std::vector<std::string_view>& of, std::size_t width) {
  if (of.empty()) return {};
  width = std::max<std::size_t>(width, 4);
  if (widest(of) <= width) return {of.begin(), of.end()};
  if (of.size() == 1) return {fitted(of[0], width)};
  const std::size_t head = common_head(of), tail = common_tail(of, head);
  names middle;
  for (const auto each : of) middle.push_back(each.substr(head, each.size() - head - tail));
  const std::string_view before = of[0].substr(0, head), behind = of[0].substr(of[0].size() - tail);
  const std::size_t needs = widest(middle) + (head > 0 ? 1 : 0) + (tail > 0 ? 1 : 0);
  if (needs <= width) {
    // What is left goes to the beginning, which says most; then to the end.
    std::size_t room = width - needs;
    const bool whole_head = columns_of(before) <= room + 1;
    if (!whole_head && room < 3) room = 0;  // a letter or two of it say nothing
    const std::string first = head == 0 ? "" : whole_head ? std::string(before) : std::string(head_of(before, room)).append("…");
    room -= head == 0 ? 0 : std::min(room, columns_of(first) - 1);
    const bool whole_tail = columns_of(behind) <= room + 1;
    const std::string last = tail == 0 ? "" : whole_tail ? std::string(behind) : std::string("…").append(tail_of(behind, room));
    std::vector<std::string> out;
    for (const auto each : middle) out.push_back(std::string(first).append(each).append(last));
    return out;
  }
  const std::size_t marks = (head > 0 ? 1 : 0) + (tail > 0 ? 1 : 0);
  if (width > marks + 3) {
    auto out = cut_alike(middle, width - marks);
    for (auto& each : out) each = (head > 0 ? "…" : "") + each + (tail > 0 ? "…" : "");
    if (!out.empty()) return out;
  }
  auto out = cut_alike(of, width);
  return out.empty() ? numbered(of, width) : out;
}

std::vector<std::string> labels_of(const farm& of, std::size_t width) {
  std::vector<std::string_view> all;
  for (const auto& each : of.of->servers) all.push_back(each.name);
  return labels_of(all, width);
}

}  // namespace ringway::explain

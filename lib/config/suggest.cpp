#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/text.hpp"

namespace ringway::config {
namespace {

// In tenths of a letter. What fingers and memory do often costs little.
constexpr int other_letter = 10;
constexpr int swapped = 6;          // "cleint"
constexpr int doubled = 5;          // "serverr", or one of two left out: "adress"
constexpr int other_separator = 2;  // '-', '_', '.', ' '
constexpr int other_case = 1;
constexpr int moved_word = 3;  // "conect timeout"
constexpr std::size_t longest = 128;
constexpr std::size_t most_words = 5;

bool separator(char c) { return c == '-' || c == '_' || c == '.' || c == ' '; }

int replace_cost(char a, char b) {
  if (a == b) return 0;
  if (lower(a) == lower(b)) return other_case;
  return separator(a) && separator(b) ? other_separator : other_letter;
}

// Leaving out text[at]: cheap for a separator and for one of two equal letters.
int leave_out_cost(std::string_view text, std::size_t at) {
  if (separator(text[at])) return doubled;
  const bool twin = at > 0 && lower(text[at - 1]) == lower(text[at]);
  return twin ? doubled : other_letter;
}

// Optimal string alignment with the costs above; anything above `bound` comes back as more than `bound`.
int distance(std::string_view a, std::string_view b, int bound) {
  const std::size_t apart = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (static_cast<int>(apart) * doubled > bound || std::max(a.size(), b.size()) > longest) return bound + 1;
  std::array<std::array<int, longest + 1>, 3> rows;
  auto* before = &rows[0];
  auto* above = &rows[1];
  auto* row = &rows[2];
  (*above)[0] = 0;
  for (std::size_t j = 1; j <= b.size(); ++j) (*above)[j] = (*above)[j - 1] + leave_out_cost(b, j - 1);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const int leave_a = leave_out_cost(a, i - 1);
    int least = (*row)[0] = (*above)[0] + leave_a;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      int best = (*above)[j - 1] + replace_cost(a[i - 1], b[j - 1]);
      best = std::min(best, (*above)[j] + leave_a);
      best = std::min(best, (*row)[j - 1] + leave_out_cost(b, j - 1));
      if (i > 1 && j > 1 && a[i - 1] != a[i - 2] && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1]))
        best = std::min(best, (*before)[j - 2] + swapped);
      (*row)[j] = best;
      least = std::min(least, best);
    }
    // A swap may still reach back over this row, which costs at least `swapped` more than the row above it.
    if (least > bound + other_letter) return bound + 1;
    std::swap(before, above);
    std::swap(above, row);
  }
  return (*above)[b.size()];
}

// Which letters occur, whatever their case and number; digits count as one letter, others not at all.
std::uint32_t letters_of(std::string_view text) {
  std::uint32_t set = 0;
  for (const char c : text) {
    const char small = lower(c);
    if (small >= 'a' && small <= 'z') set |= 1u << (small - 'a');
    if (is_digit(c)) set |= 1u << 26;
  }
  return set;
}

// Nobody is nearer than that: a letter that only one of them has was left out or added, or is half of a replacement.
int least_distance(std::uint32_t letters_a, std::uint32_t letters_b) {
  return std::popcount(letters_a ^ letters_b) * doubled;
}

// How much may differ: a third of the letters, nothing for very short ones (they are all near to each other).
int allowed(std::string_view typed, std::string_view candidate) {
  const std::size_t length = std::min(typed.size(), candidate.size());
  if (length < 3) return other_separator;
  if (length < 5) return other_letter;
  return std::min(static_cast<int>(length) * other_letter / 3, 4 * other_letter);
}

std::vector<std::string_view> split(std::string_view phrase) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < phrase.size();) {
    const std::size_t end = std::min(phrase.find(' ', at), phrase.size());
    if (end > at) words.push_back(phrase.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// The same words in another order: every word pays for its spelling, and a little for having moved.
int reordered_distance(const std::vector<std::string_view>& a, std::string_view phrase, int bound) {
  const std::vector<std::string_view> b = split(phrase);
  if (a.size() < 2 || a.size() != b.size() || a.size() > most_words) return bound + 1;
  std::array<std::array<int, most_words>, most_words> costs{};
  for (std::size_t i = 0; i < a.size(); ++i)
    for (std::size_t j = 0; j < b.size(); ++j)
      costs[i][j] = distance(a[i], b[j], std::min(bound, allowed(a[i], b[j])));
  std::vector<std::size_t> order(a.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  int best = bound + 1;
  do {
    int cost = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
      const int word = costs[i][order[i]];
      cost += word > allowed(a[i], b[order[i]]) ? bound + 1 : word;
      if (order[i] != i) cost += moved_word;
    }
    best = std::min(best, cost);
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

// A word that breaks off ("timeout conn", ".warn"): dearer than any slip of the fingers, so only when nothing
// is nearer.
int completion_cost(std::string_view typed, std::string_view candidate, int bound) {
  constexpr std::size_t enough = 4;
  if (typed.size() < enough || candidate.size() <= typed.size() || typed.back() == ' ') return bound + 1;
  const std::size_t missing = candidate.size() - typed.size();
  if (missing > typed.size() || !same_text(typed, candidate.substr(0, typed.size()))) return bound + 1;
  return 5 * other_letter + static_cast<int>(missing);
}

template <typename Range>
std::optional<std::string_view> nearest_of(std::string_view typed, const Range& candidates) {
  if (typed.empty() || typed.size() > longest) return std::nullopt;
  const std::vector<std::string_view> words = split(typed);
  const std::uint32_t letters = letters_of(typed);
  std::optional<std::string_view> best;
  int least = std::numeric_limits<int>::max();
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate == typed) continue;  // what was typed is no news
    const int bound = std::min(allowed(typed, candidate), least - 1);
    int cost = bound + 1;
    if (least_distance(letters, letters_of(candidate)) <= bound) {
      cost = distance(typed, candidate, bound);
      if (cost > bound) cost = reordered_distance(words, candidate, bound);
    }
    if (cost > bound) {
      cost = completion_cost(typed, candidate, least - 1);
      if (cost >= least) continue;
    }
    least = cost;
    best = candidate;
    if (least == 0) break;
  }
  return best;
}

std::string question(std::optional<std::string_view> answer) {
  return answer ? "did you mean '" + std::string(*answer) + "'?" : std::string();
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view typed,
                                        std::span<const std::string_view> candidates) {
  return nearest_of(typed, candidates);
}

std::optional<std::string_view> nearest(std::string_view typed, const std::vector<std::string>& candidates) {
  return nearest_of(typed, candidates);
}

std::string did_you_mean(std::string_view typed, std::span<const std::string_view> candidates) {
  return question(nearest(typed, candidates));
}

std::string did_you_mean(std::string_view typed, const std::vector<std::string>& candidates) {
  return question(nearest(typed, candidates));
}

}  // namespace ringway::config

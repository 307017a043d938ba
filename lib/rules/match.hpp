// Patterns, and how a value is compared with them (configuration.txt 7.1.1 to 7.1.6). Look-ups cost the same for ten
// and for a hundred thousand patterns where the method allows it: str, beg and end by hash, int and ip by binary search;
// sub, dir, dom and reg go through their list.
// Built at start; then read by any thread.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "rules/expression.hpp"

namespace ringway::rules {

struct match_name {
  std::string_view name;
  match how;
  std::string_view summary;
};
std::span<const match_name> match_names();  // the words behind -m
std::string_view name_of(match how);

// What a sample must be for a method; nullopt: any.
std::optional<kind> wanted_kind(match how);
// The method of a type without -m; nullopt: there is none (binary).
std::optional<match> default_match(kind of);

class patterns {
 public:
  explicit patterns(match how) : how_(how) {}

  match how() const { return how_; }
  // What is wrong with it, or empty. `ignore_case`: -i.
  std::string add(std::string_view text, bool ignore_case);
  // Behind eq, ge, gt, le, lt (method int and len only).
  enum class comparison : std::uint8_t { eq, ge, gt, le, lt };
  static std::optional<comparison> operator_named(std::string_view text);
  std::string add_number(std::string_view text, comparison by);
  // Once, after the last pattern.
  void finish();
  std::size_t count() const { return count_; }

  // `value` is cast as the method wants it; false: no pattern matches.
  bool matches(sample& value, arena& memory) const;

 private:
  struct number_range {
    std::int64_t low, high;
  };
  struct ip_range {
    std::array<std::uint8_t, 16> low, high;
  };
  struct plain_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct folded_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const;
  };
  struct folded_equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const;
  };
  using plain_set = std::unordered_set<std::string, plain_hash, std::equal_to<>>;
  using folded_set = std::unordered_set<std::string, folded_hash, folded_equal>;

  std::string add_ip(std::string_view text);
  bool text_matches(std::string_view text) const;
  bool ip_matches(const address& ip) const;
  bool in_numbers(std::int64_t number) const;
  template <bool Fold>
  bool listed(std::string_view text, const std::vector<std::string>& list) const;

  match how_;
  std::size_t count_ = 0;
  std::vector<number_range> numbers_;       // int, len: sorted, apart
  std::vector<ip_range> v4_, v6_;           // ip: sorted, apart
  std::vector<network> odd_;                // masks with holes
  plain_set exact_;                         // str, bin, beg, end
  folded_set folded_;
  std::vector<std::size_t> exact_sizes_, folded_sizes_;  // beg, end: lengths that occur, ascending
  std::vector<std::string> list_, folded_list_;          // sub, dir, dom
  std::vector<std::shared_ptr<const regex>> regexes_;
};

}  // namespace ringway::rules

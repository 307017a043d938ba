// All keywords of the program, by place and phrase. Filled once at start (lib/app/catalogue.cpp), then only
// read, from any thread.
#pragma once
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/keyword.hpp"

namespace ringway::config {

class catalogue {
 public:
  struct entry {
    const keyword* row = nullptr;
    void* (*project)(void*) = nullptr;  // from the place's struct to the row's; null: the same
    std::string_view room;
  };

  // Rows whose struct is the place's own. `rows` must outlive the catalogue. Throws std::logic_error when two
  // rows of one name meet in one place, or structs do not agree: a mistake of ours that every test meets.
  void mount(std::string_view room, std::span<const keyword> rows);
  // Rows whose struct is a member of the place's: mount<&section_settings::time>("proxy", rows).
  template <auto Member>
  void mount(std::string_view room, std::span<const keyword> rows) {
    using owner = typename detail::member_of<decltype(Member)>::owner;
    using value = typename detail::member_of<decltype(Member)>::value;
    add(
        room, rows, [](void* outer) -> void* { return &(static_cast<owner*>(outer)->*Member); },
        &type_tag<owner>, &type_tag<value>);
  }

  // Rows of words that are merely known: each is taken for those of its places only in which no row of its name
  // stands yet, and among proxies only when it stands in none of them (where it is allowed, the room's row knows
  // best). `works` says of further words that they need no row. Call behind every mount().
  void fill(std::string_view room, std::span<const keyword> rows, bool (*works)(place, std::string_view) = nullptr);

  struct match {
    const entry* found = nullptr;
    std::size_t words = 0;  // length of the phrase
  };
  // The longest phrase allowed at `here` that the words from `first` on begin with.
  match find(place here, const std::vector<word>& words, std::size_t first) const;
  // The same anywhere; `allowed` of the row says where.
  match find_anywhere(const std::vector<word>& words, std::size_t first) const;

  place places_of(std::string_view name) const;  // of all rows of this name
  bool has_head(place here, std::string_view first_word) const;  // "timeout": some phrase begins with it
  // What one may write at a place, for suggestions: rows that do something (full) first, then the others.
  std::vector<std::string_view> phrases(place here) const;
  std::vector<std::string_view> second_words(place here, std::string_view head) const;
  const std::vector<entry>& all() const { return entries_; }

 private:
  void add(std::string_view room, std::span<const keyword> rows, void* (*project)(void*), const char* outer,
           const char* inner);

  std::vector<entry> entries_;
  std::deque<keyword> narrowed_;  // rows of fill(), with the places that were free; never move
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::unordered_map<std::string, std::uint32_t> heads_;  // first word -> places
  std::unordered_map<std::uint32_t, const char*> type_of_place_;
};

}  // namespace ringway::config

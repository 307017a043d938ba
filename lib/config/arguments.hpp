// The words behind a keyword, taken one by one. Every taker reports what is wrong with its caret and then
// says false or nothing; whoever calls it simply stops. One mistake of a line is one diagnostic.
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/units.hpp"
#include "config/diagnostic.hpp"
#include "config/environment.hpp"
#include "config/word.hpp"

namespace ringway::config {

class catalogue;
enum class place : std::uint32_t;

enum class time_unit : std::uint8_t { us, ms, s, m, h, d };

struct bounds {
  std::uint64_t min = 0, max = UINT32_MAX;
  time_unit unit = time_unit::ms;
};

// One name of a closed choice: what is written, what it means.
template <class T>
struct choice {
  std::string_view name;
  T value;
};

// What reading a configuration may use and change. References outlive the reading.
struct reading {
  const catalogue& keywords;
  diagnostics& report;
  environment& variables;
  bool syntax_only = false;    // no users, groups or files are looked up
  bool say_no_effect = false;  // -V: notices for keywords without effect
};

namespace detail {
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
}  // namespace detail

class arguments {
 public:
  enum class prefix : std::uint8_t { none, no, standard };  // standard: `default option …`

  // `first`: index of the first word behind the phrase, which is words [head, first).
  arguments(const line& of, std::size_t head, std::size_t first, prefix before, reading& with)
      : line_(of), head_(head), first_(first), next_(first), prefix_(before), with_(with) {}

  // --- the line
  std::string phrase() const;  // "timeout client", for messages
  span phrase_where() const;   // from its first to its last word
  std::size_t left() const { return line_.words.size() - next_; }
  bool empty() const { return left() == 0; }
  const line& whole() const { return line_; }
  reading& with() const { return with_; }
  diagnostics& report() const { return with_.report; }
  bool negated() const { return prefix_ == prefix::no; }
  bool resets() const { return prefix_ == prefix::standard; }

  // --- words
  const word& peek(std::size_t ahead = 0) const { return line_.words[next_ + ahead]; }
  const word& take() { return line_.words[next_++]; }
  bool take_if(std::string_view text);  // takes the next word when it says exactly this
  void skip(std::size_t count) { next_ += count < left() ? count : left(); }
  void skip_all() { next_ = line_.words.size(); }
  // The next word, or nullptr after reporting that `what` ("a header name") is missing.
  const word* need(std::string_view what);
  // The last word taken (the phrase's last when none was).
  const word& last() const { return line_.words[next_ - 1]; }
  // False after reporting that words are left over.
  bool finish();

  // --- values; `bounds` are inclusive. They report and return false/nullopt.
  bool read(bool& to, const bounds& within);  // no word: true, false behind `no`
  bool read(std::string& to, const bounds& within);
  bool read(milliseconds& to, const bounds& within);
  template <std::integral T>
  bool read(T& to, const bounds& within) {
    bounds narrowed = within;
    if (narrowed.max > static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
      narrowed.max = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
    const std::optional<std::uint64_t> value = number(narrowed);
    if (value) to = static_cast<T>(*value);
    return value.has_value();
  }
  template <class T>
  bool read(std::optional<T>& to, const bounds& within) {
    T inner{};
    if (!read(inner, within)) return false;
    to = std::move(inner);
    return true;
  }
  std::optional<std::uint64_t> number(const bounds& within, std::string_view what = "a number");
  std::optional<std::uint64_t> size(const bounds& within, std::string_view what = "a size");
  std::optional<milliseconds> duration(time_unit unit);

  // One of a closed list, with the nearest name when it is none of them.
  template <class T>
  std::optional<T> one_of(std::span<const choice<T>> list, std::string_view what) {
    const word* given = need(what);
    if (given == nullptr) return std::nullopt;
    for (const choice<T>& each : list)
      if (each.name == given->text) return each.value;
    std::vector<std::string_view> names;
    for (const choice<T>& each : list) names.push_back(each.name);
    wrong_choice(*given, names, what);
    return std::nullopt;
  }
  void wrong_choice(const word& given, std::span<const std::string_view> names, std::string_view what);

  // Reads the rest of the line as words of a place (`bind`, `server`, …), each a row that fills `target`.
  // Unknown, misplaced and not yet supported words are reported one by one.
  void words(place here, void* target);
  // The same for one word and its values; false when the next word is none of that place's, or there is none.
  bool word_of(place here, void* target);

  // --- what is wrong
  diagnostic& wrong(std::string id, const word& at, std::string message, std::string help = {}) const {
    return report().alert(std::move(id), at.where, std::move(message), std::move(help));
  }
  diagnostic& warn(std::string id, const word& at, std::string message, std::string help = {}) const {
    return report().warning(std::move(id), at.where, std::move(message), std::move(help));
  }

 private:
  const line& line_;
  std::size_t head_;
  std::size_t first_;
  std::size_t next_;
  prefix prefix_;
  reading& with_;
};

}  // namespace ringway::config

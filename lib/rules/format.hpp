// Text with holes: "https://%[hdr(host)]%[path]", "%ci" (configuration.txt 8.2.4), read once, filled in per request.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/expression.hpp"

namespace ringway::rules {

// A variable such as %ci: how it is written, what it stands for.
struct format_variable {
  std::string_view name;
  std::string_view summary;
  bool (*run)(const context&, sample&);
};
std::span<const format_variable> format_variables();

class format {
 public:
  // The word as such a text; reports and returns nullopt. `literal`: holes mean nothing. `lines`: the text itself may end a
  // line ("\r\n", for one more field behind it).
  static std::optional<format> parse(const config::word& in, config::arguments& line, bool literal = false, bool lines = false);

  // The whole text. What is not found is left out; control characters of values become %XX, so that none ends a line.
  // Lives as long as the arena's content, or the configuration.
  std::string_view fill(const context& in) const;
  bool fixed() const { return pieces_.empty() || (pieces_.size() == 1 && !pieces_[0].what && !pieces_[0].variable); }
  const std::string& text() const { return text_; }  // as written

  // For resolve().
  template <class Visit>
  void each_expression(Visit&& visit) {
    for (piece& one : pieces_)
      if (one.what) visit(*one.what);
  }

 private:
  struct piece {
    std::string text;
    std::optional<expression> what;
    const format_variable* variable = nullptr;
    bool quoted = false;
  };
  std::vector<piece> pieces_;
  std::string text_;
};

}  // namespace ringway::rules

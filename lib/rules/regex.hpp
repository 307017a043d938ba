// Regular expressions (PCRE2, as HAProxy in Debian is built): compiled once, then read by every worker.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace ringway::rules {

struct regex_error {
  std::string text;        // what PCRE2 says
  std::size_t offset = 0;  // byte of the pattern
};

class regex {
 public:
  // null: `error` says why. JIT where the machine has it; a match limit keeps hostile input from costing more than
  // milliseconds: a match that runs into it fails.
  static std::shared_ptr<const regex> compile(std::string_view pattern, bool ignore_case, regex_error& error);
  ~regex();
  regex(const regex&) = delete;
  regex& operator=(const regex&) = delete;

  bool matches(std::string_view text) const;
  // Start and end of the whole match and of the first nine groups; groups that took no part are [0, 0).
  using groups = std::array<std::array<std::size_t, 2>, 10>;
  bool find(std::string_view text, std::size_t from, groups& out) const;

 private:
  explicit regex(void* code) : code_(code) {}
  void* code_;
};

}  // namespace ringway::rules

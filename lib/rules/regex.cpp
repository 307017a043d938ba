#include "rules/regex.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

namespace ringway::rules {
namespace {

constexpr std::uint32_t most_steps = 1'000'000;   // some milliseconds
constexpr std::uint32_t most_depth = 10'000;

// One per worker: PCRE2's work space for a match.
struct work_space {
  pcre2_match_data* data = pcre2_match_data_create(10, nullptr);
  pcre2_match_context* context = pcre2_match_context_create(nullptr);
  work_space() {
    pcre2_set_match_limit(context, most_steps);
    pcre2_set_depth_limit(context, most_depth);
  }
  ~work_space() {
    pcre2_match_context_free(context);
    pcre2_match_data_free(data);
  }
  work_space(const work_space&) = delete;
  work_space& operator=(const work_space&) = delete;
};
thread_local work_space mine;

const pcre2_code* as_code(const void* code) { return static_cast<const pcre2_code*>(code); }

int run(const void* code, std::string_view text, std::size_t from) {
  return pcre2_match(as_code(code), reinterpret_cast<PCRE2_SPTR>(text.data() != nullptr ? text.data() : ""), text.size(),
                     from, 0, mine.data, mine.context);
}

}  // namespace

std::shared_ptr<const regex> regex::compile(std::string_view pattern, bool ignore_case, regex_error& error) {
  int code = 0;
  PCRE2_SIZE offset = 0;
  pcre2_code* made = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   ignore_case ? PCRE2_CASELESS : 0, &code, &offset, nullptr);
  if (made == nullptr) {
    PCRE2_UCHAR text[256];
    pcre2_get_error_message(code, text, sizeof text);
    error.text = reinterpret_cast<const char*>(text);
    error.offset = offset;
    return nullptr;
  }
  pcre2_jit_compile(made, PCRE2_JIT_COMPLETE);  // without JIT it is interpreted
  return std::shared_ptr<const regex>(new regex(made));
}

regex::~regex() { pcre2_code_free(static_cast<pcre2_code*>(code_)); }

bool regex::matches(std::string_view text) const { return run(code_, text, 0) >= 0; }

bool regex::find(std::string_view text, std::size_t from, groups& out) const {
  const int count = run(code_, text, from);
  if (count < 0) return false;
  const PCRE2_SIZE* at = pcre2_get_ovector_pointer(mine.data);
  const int known = count == 0 ? 10 : count;
  for (int i = 0; i < 10; ++i) {
    if (i < known && at[2 * i] != PCRE2_UNSET)
      out[static_cast<std::size_t>(i)] = {at[2 * i], at[2 * i + 1]};
    else
      out[static_cast<std::size_t>(i)] = {0, 0};
  }
  return true;
}

}  // namespace ringway::rules

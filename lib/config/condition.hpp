// Conditions of .if, .elif and of the command line's -cc: configuration.txt, "Conditional blocks".
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"

namespace ringway::config {

// What this program is, as far as a configuration may ask. Filled by the app; tests fill their own.
struct build_facts {
  std::string version = "3.5-dev5";    // the HAProxy version whose language we claim: version_atleast()
  std::vector<std::string> features;  // feature(): names that -vv shows with a '+', e.g. "THREAD"
  std::vector<std::string> enabled;   // enabled(): run-time options that are on, e.g. "EPOLL", "REUSEPORT"
  std::string ssl_library;      // ssllib_name_startswith(); "OpenSSL 3.0.11 …"; empty: built without TLS
  std::string openssl_version;  // openssl_version_atleast(); "3.0.11"; empty: always false
  int awslc_api = 0;            // awslc_api_atleast(); 0: not AWS-LC, always false
  bool fips = false;            // fips_mode()
};

struct condition_error {
  std::size_t offset = 0;  // byte of the condition's text where it is wrong; may be its end
  std::size_t length = 0;  // bytes of the wrong piece; 0: just the place
  std::string message;     // one sentence, no final dot
  std::string help;        // empty: none
};

struct condition_result {
  bool value = false;  // not to be used with an error
  std::optional<condition_error> error;
};

// The empty text is false. Nothing is evaluated after an error; the whole text is checked even where its
// value is already known. Nesting is bounded, so any bytes are safe.
condition_result evaluate(std::string_view text, const environment& variables, const build_facts& facts);

// The same for a condition given with -cc: quotes, escapes and variables are resolved first, offsets are in
// `text`.
condition_result evaluate_argument(std::string_view text, const environment& variables,
                                   const build_facts& facts);

// A HAProxy version as -v shows it: up to four numbers, then "-dev5", "-rc1" or "-pre1", then "-" and a
// number of commits. Missing parts are zero; 3.2-dev5 < 3.2-rc1 < 3.2 < 3.2.0-4 < 3.2.1. A leading 'v' is
// allowed.
struct version_number {
  std::array<std::uint32_t, 4> parts{};
  std::uint32_t stage = 3;         // 1: development, 2: candidate, 3: release
  std::uint32_t stage_number = 0;  // 5 in -dev5
  std::uint32_t commits = 0;
  auto operator<=>(const version_number&) const = default;
};
std::optional<version_number> parse_version(std::string_view text);  // nullopt: not a version

}  // namespace ringway::config

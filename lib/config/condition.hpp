// Conditions of .if, .elif and of the command line's -cc: configuration.txt, "Conditional blocks".
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.hpp"

namespace ringway::config {

// What this program is, as far as a configuration may ask. Filled by the app; tests fill their own.
struct build_facts {
  std::string version =
      "3.2.0";  // the HAProxy version whose configuration language we claim: version_atleast()
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

// "3.2-dev5" before "3.2" before "3.2.1"; missing parts are zero. nullopt: not a version.
struct version_number {
  int major = 0, minor = 0, patch = 0;
  int rank = 0;  // development and candidate builds sort before the release: -dev5 < -rc1 < release
};
std::optional<version_number> parse_version(std::string_view text);
int compare(const version_number& a, const version_number& b);  // <0, 0, >0

}  // namespace ringway::config

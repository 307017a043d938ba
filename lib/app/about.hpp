// What the program says of itself: -v, -vv, -vq, and what -cc may ask (config::build_facts).
// Called as haproxy, the first line is HAProxy's, because scripts read the version out of it; called by any
// other name it is ours. Pure text; build_text asks the kernel for its name (uname).
#pragma once
#include <span>
#include <string>
#include <string_view>

#include "config/condition.hpp"

namespace ringway::app {

// The HAProxy whose language and behaviour is claimed.
inline constexpr std::string_view haproxy_version = "3.5-dev5";
inline constexpr std::string_view haproxy_branch = "3.5";

// A feature as -vv lists them: +NAME or -NAME. The names are HAProxy's build options.
struct feature {
  std::string_view name;
  bool present;
};
std::span<const feature> features();
std::span<const std::string_view> balance_algorithms();  // words after `balance`

// The last part of argv[0]; "ringway" when empty.
std::string_view program_name(std::string_view argv0);

std::string version_text(std::string_view program);                  // -v
std::string build_text(std::string_view program);                    // -vv
std::string version_only();                                          // -vq: what version_text says, alone
std::string product_text();                                          // "ringway 0.1.0"
std::string release_date();                                          // of the newest change in the source: "2026/11/24"
inline std::string_view version_short() { return haproxy_version; }  // -vqs
inline std::string_view version_branch() { return haproxy_branch; }  // -vqb

// -dL: the program and the shared libraries it has loaded, one path a line.
std::string loaded_files();

// For .if and -cc. `reuse_port` false under -dR, `splice` under -dS.
config::build_facts facts_for_conditions(bool reuse_port = true, bool splice = true);

}  // namespace ringway::app

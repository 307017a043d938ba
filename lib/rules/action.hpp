// Actions: what rules do. One row each in keywords_*.cpp; run by ruleset.cpp.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/condition.hpp"
#include "rules/format.hpp"
#include "rules/regex.hpp"

namespace ringway::rules {

// What every rule has.
struct rule {
  config::span where;  // the whole line
  std::string text;
  condition when;
};

// use_backend <name> [if|unless …]
struct backend_choice : rule {
  std::string name;
  config::span name_where;
  std::optional<format> computed;   // "%[…]" in the name: looked up for every request
  std::uint32_t target = no_index;  // number of the backend; filled once all sections are known
  bool never_seen = false;          // asks about a request, in mode tcp
};

// tcp-request connection|session …
struct connection_rule : rule {
  enum class verdict : std::uint8_t { accept, reject, expect_proxy };
  verdict what = verdict::accept;
};

struct redirect_settings {
  enum class target : std::uint8_t { location, prefix, scheme };
  target how = target::location;
  format to;
  unsigned code = 302;
  bool drop_query = false, keep_query = false, append_slash = false, ignore_empty = false;
  std::string cookie;  // the value of a Set-Cookie field; empty: none
  std::optional<format> cookie_made;  // set-cookie-fmt
};

// http-request …, and redirect.
struct http_rule : rule {
  enum class action : std::uint8_t {
    none,
    allow,        // no further http-request rule of the section
    deny,
    redirect,
    set_header,   // removes the fields of the name first
    add_header,
    del_header,
    replace_header,  // a regex over each whole field of a name
    replace_value,   // over each value between commas
    set_path,     // query kept
    set_pathq,
    set_query,
    set_uri,
    replace_path,
    replace_pathq,
    replace_uri
  };
  action what = action::none;
  unsigned status = 403;               // deny
  bool bare = false;                   // deny status <code>: without a page
  std::string name;                    // of fields
  match name_by = match::str;          // del-header
  std::shared_ptr<const regex> pattern;  // replace-…; del-header -m reg
  format value;
  std::shared_ptr<const redirect_settings> redirect;
};

}  // namespace ringway::rules

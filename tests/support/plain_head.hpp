// The short way through a head beside Beast's.
#pragma once
#include <string>
#include <string_view>

#include "http1/plain_head.hpp"

namespace ringway::support {

enum class verdict { not_plain, same, different };

inline bool same_fields(const http::field_list& plain, const http::field_list& beast) {
  if (plain.size() != beast.size()) return false;
  for (std::size_t i = 0; i < plain.size(); ++i)
    if (plain[i].name != beast[i].name || plain[i].value != beast[i].value || plain[i].line != beast[i].line ||
        plain[i].id != beast[i].id)
      return false;
  return true;
}

// parse_* takes the short way only at its first look; `scanned` says that this is a later one.
inline verdict compare_request(std::string_view text) {
  http::request_head plain, beast;
  if (!http1::read_plain(text, {}, plain)) return verdict::not_plain;
  std::string scratch;
  std::size_t scanned = 1;
  const bool same = http1::parse_request(text, scanned, {}, beast, scratch).what == http1::head_state::complete &&
                    plain.method_text == beast.method_text && plain.verb == beast.verb && plain.target == beast.target &&
                    plain.minor == beast.minor && plain.bytes == beast.bytes && same_fields(plain.fields, beast.fields);
  return same ? verdict::same : verdict::different;
}

inline verdict compare_response(std::string_view text) {
  http::response_head plain, beast;
  if (!http1::read_plain(text, {}, plain)) return verdict::not_plain;
  std::string scratch;
  std::size_t scanned = 1;
  const bool same = http1::parse_response(text, scanned, {}, beast, scratch).what == http1::head_state::complete &&
                    plain.status == beast.status && plain.reason == beast.reason && plain.minor == beast.minor &&
                    plain.bytes == beast.bytes && same_fields(plain.fields, beast.fields);
  return same ? verdict::same : verdict::different;
}

}  // namespace ringway::support

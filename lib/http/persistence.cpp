#include "http/persistence.hpp"

#include "base/text.hpp"

namespace ringway::http {

namespace {

// What Connection may not take away: it would change who is asked or where the message ends.
bool is_protected(const field& one) {
  switch (one.id) {
    case known::host:
    case known::content_length:
    case known::transfer_encoding:
    case known::trailer:
    case known::cookie:
    case known::set_cookie:
    case known::date:
    case known::upgrade: return true;
    default: break;
  }
  return same_text(one.name, "authorization") || same_text(one.name, "cache-control") ||
         same_text(one.name, "content-type") || same_text(one.name, "content-encoding") ||
         same_text(one.name, "x-forwarded-for") || same_text(one.name, "forwarded");
}

}  // namespace

connection_options take_hop_by_hop(field_list& fields, bool keep_te_trailers) {
  connection_options out;
  bool any = false;
  for (const field& one : fields)
    any = any || one.id == known::connection || one.id == known::keep_alive || one.id == known::proxy_connection ||
          one.id == known::te || one.id == known::upgrade;
  if (!any) return out;  // the common case: nothing concerns this hop

  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != known::connection) continue;
    std::string_view rest = fields[i].value;
    while (!rest.empty()) {
      const std::string_view option = next_element(rest);
      if (option.empty()) continue;
      if (same_text(option, "close")) {
        out.close = true;
      } else if (same_text(option, "keep-alive")) {
        out.keep_alive = true;
      } else if (same_text(option, "upgrade")) {
        out.upgrade = true;
      } else if (same_text(option, "te")) {
        out.te = true;
      } else {
        for (field& one : fields)
          if (!one.dropped && same_text(one.name, option) && !is_protected(one)) one.dropped = true;
      }
    }
    fields[i].dropped = true;
  }
  out.te = false;
  for (field& one : fields) {
    if (one.id == known::keep_alive || one.id == known::proxy_connection) one.dropped = true;
    if (one.id == known::upgrade && !out.upgrade) one.dropped = true;
    if (one.id == known::te && !one.dropped) {
      bool trailers = false;
      std::string_view rest = one.value;
      while (!rest.empty()) trailers = same_text(next_element(rest), "trailers") || trailers;
      if (trailers && keep_te_trailers && !out.te) {
        one.value = "trailers";
        one.line = {};
        out.te = true;
      } else {
        one.dropped = true;
      }
    }
  }
  return out;
}

}  // namespace ringway::http

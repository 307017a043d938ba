#include "http/head.hpp"

#include "base/text.hpp"

namespace ringway::http {

method method_of(std::string_view text) {
  switch (text.size()) {
    case 3:
      if (text == "GET") return method::get;
      if (text == "PUT") return method::put;
      break;
    case 4:
      if (text == "POST") return method::post;
      if (text == "HEAD") return method::head;
      break;
    case 5:
      if (text == "PATCH") return method::patch;
      if (text == "TRACE") return method::trace;
      break;
    case 6:
      if (text == "DELETE") return method::delete_;
      break;
    case 7:
      if (text == "OPTIONS") return method::options;
      if (text == "CONNECT") return method::connect;
      break;
    default: break;
  }
  return method::other;
}

const field* find(const field_list& fields, std::string_view name) {
  for (const field& one : fields)
    if (!one.dropped && same_text(one.name, name)) return &one;
  return nullptr;
}

const field* find(const field_list& fields, known id) {
  for (const field& one : fields)
    if (one.id == id && !one.dropped) return &one;
  return nullptr;
}

void drop_all(field_list& fields, known id) {
  for (field& one : fields)
    if (one.id == id) one.dropped = true;
}

void request_head::clear() {
  verb = method::other;
  method_text = target = protocol = {};
  minor = 1;
  fields.clear();
  bytes = 0;
  two_lengths = false;
}

void response_head::clear() {
  minor = 1;
  status = 0;
  reason = protocol = {};
  fields.clear();
  bytes = 0;
  two_lengths = false;
}

}  // namespace ringway::http

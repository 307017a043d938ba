#include "http/check.hpp"

#include "base/text.hpp"

namespace ringway::http {

namespace {

bool is_http2(std::string_view element) { return same_text(element, "h2") || same_text(element.substr(0, 3), "h2c"); }

// The value without elements at either end that are empty or HTTP/2; nothing when one is left between others.
std::string_view without_http2(std::string_view value) {
  const auto unwanted = [](std::string_view element) { return element.empty() || is_http2(element); };
  while (!value.empty()) {
    std::string_view rest = value;
    if (!unwanted(next_element(rest))) break;
    value = trim(rest);
  }
  while (!value.empty()) {
    const std::size_t comma = value.rfind(',');
    if (comma == std::string_view::npos || !unwanted(trim(value.substr(comma + 1)))) break;
    value = trim(value.substr(0, comma));
  }
  std::string_view rest = value;
  while (!rest.empty())
    if (is_http2(next_element(rest))) return {};
  return value;
}

// An upgrade is passed on when it can end in a tunnel, with a body as well (RFC 9110 7.8: the server reads it first),
// but not in HTTP/1.0 nor with CONNECT, and never to HTTP/2, which would carry requests past every check of ours.
bool take_upgrade(request_head& head) {
  bool any = false;
  for (field& one : head.fields) {
    if (one.id != known::upgrade || one.dropped) continue;
    const std::string_view value = without_http2(one.value);
    if (value.empty() || head.minor == 0 || head.verb == method::connect) {
      one.dropped = true;
      continue;
    }
    any = true;
    if (value.size() == one.value.size()) continue;
    one.value = value;
    one.line = {};
  }
  return any;
}

bool names_websocket(const field_list& fields) {
  for (const field& one : fields) {
    if (one.id != known::upgrade || one.dropped) continue;
    std::string_view rest = one.value;
    while (!rest.empty())
      if (same_text(next_element(rest), "websocket")) return true;
  }
  return false;
}

// RFC 6455 4.1: the opening handshake has a key, 16 bytes in base64.
bool lacks_websocket_key(const request_head& head) {
  if (!names_websocket(head.fields)) return false;
  const field* const key = find(head.fields, "sec-websocket-key");
  return key == nullptr || key->value.size() != 24;
}

}  // namespace

refusal check_request(request_head& head, parsing how, request_meaning& out, std::string& room) {
  out = {};
  refusal refused = check_target(head, how, out.form);
  if (!refused) normalise_target(head, out.form, room);
  if (!refused) refused = request_body(head, out.body, how);
  out.wants = take_hop_by_hop(head.fields, head.minor >= 1);
  if (refused) return refused;
  if (find(head.fields, known::upgrade) != nullptr) {
    // HAProxy asks for the key in HTTP/1.0, too.
    if (!is_lenient(how) && (head.minor >= 1 || as_haproxy(how)) && lacks_websocket_key(head))
      return {400, "a WebSocket handshake without a valid Sec-WebSocket-Key"};
    out.upgrade = take_upgrade(head);
  }
  for (field& one : head.fields)
    if (same_text(one.name, "http2-settings")) one.dropped = true;
  if (head.minor == 0) drop_all(head.fields, known::expect);  // RFC 9110 10.1.1
  return {};
}

refusal check_switch(const response_head& head, parsing how) {
  // HAProxy, too, asks that the field is there; what it says is between the two ends.
  if (!is_lenient(how) && names_websocket(head.fields) && find(head.fields, "sec-websocket-accept") == nullptr)
    return {502, "a switch to WebSocket without Sec-WebSocket-Accept"};
  return {};
}

}  // namespace ringway::http

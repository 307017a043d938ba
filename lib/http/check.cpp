#include "http/check.hpp"

#include "base/text.hpp"

namespace ringway::http {

namespace {

// An upgrade is passed on only when it can end in a tunnel: with HTTP/1.1, without a body, and never to h2c, which
// would carry requests past every check of ours.
bool may_upgrade(const request_head& head, const body_length& body) {
  const field* const upgrade = find(head.fields, known::upgrade);
  if (upgrade == nullptr || head.minor == 0 || body.how != body_length::kind::none) return false;
  for (const field& one : head.fields) {
    if (one.id != known::upgrade || one.dropped) continue;
    std::string_view rest = one.value;
    while (!rest.empty())
      if (same_text(next_element(rest).substr(0, 3), "h2c")) return false;
  }
  return true;
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

refusal check_request(request_head& head, parsing how, request_meaning& out) {
  out = {};
  refusal refused = check_target(head, how, out.form);
  if (!refused) refused = request_body(head, out.body);
  out.wants = take_hop_by_hop(head.fields, head.minor >= 1);
  if (refused) return refused;
  out.upgrade = may_upgrade(head, out.body);
  if (out.upgrade && how == parsing::strict && lacks_websocket_key(head))
    return {400, "a WebSocket handshake without a valid Sec-WebSocket-Key"};
  if (!out.upgrade) {
    drop_all(head.fields, known::upgrade);
    for (field& one : head.fields)
      if (same_text(one.name, "http2-settings")) one.dropped = true;
  }
  if (head.minor == 0) drop_all(head.fields, known::expect);  // RFC 9110 10.1.1
  return {};
}

refusal check_switch(const response_head& head, parsing how) {
  // HAProxy, too, asks that the field is there; what it says is between the two ends.
  if (how == parsing::strict && names_websocket(head.fields) && find(head.fields, "sec-websocket-accept") == nullptr)
    return {502, "a switch to WebSocket without Sec-WebSocket-Accept"};
  return {};
}

}  // namespace ringway::http

// The request target and the Host field: which forms are allowed with which method, and that both name the same
// authority (RFC 9112 3.2, RFC 9110 7.2). No I/O.
#pragma once
#include <string_view>

#include "http/framing.hpp"
#include "http/head.hpp"

namespace ringway::http {

enum class target_form : std::uint8_t { origin, absolute, authority, asterisk };

// Accepts or refuses the target and Host of a request; sets `form`. Where an absolute target names the same authority in
// other words than Host ("a:80", "A"), Host takes those of the target (RFC 9112 3.2.2), unless how is lenient.
refusal check_target(request_head& head, parsing how, target_form& form);

// host [":" port] with a registered name, IPv4 or bracketed IPv6 (RFC 3986 3.2.2); empty host allowed by `may_be_empty`.
bool is_authority(std::string_view text, bool may_be_empty);

}  // namespace ringway::http

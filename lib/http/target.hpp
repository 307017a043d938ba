// The request target and the Host field: which forms are allowed with which method, and that both name the same
// authority (RFC 9112 3.2, RFC 9110 7.2). No I/O.
#pragma once
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/head.hpp"

namespace ringway::http {

enum class target_form : std::uint8_t { origin, absolute, authority, asterisk };

// Accepts or refuses the target and Host of a request; sets `form`.
refusal check_target(request_head& head, parsing how, target_form& form);

// One spelling for what means the same (RFC 9110 4.2.3), as HAProxy does before any rule: of an absolute target, a port
// that is empty or the scheme's own goes, and Host is then what is left of the authority; an empty path is "/", unless a
// query follows or OPTIONS asks. A CONNECT keeps its port, and Host loses it when it is 80 or 443. For a head that
// check_target() accepted. `room` holds the new target, and Host's value, as long as the head lives.
void normalise_target(request_head& head, target_form form, std::string& room);

// host [":" port] with a registered name, IPv4 or bracketed IPv6 (RFC 3986 3.2.2); empty host allowed by `may_be_empty`.
bool is_authority(std::string_view text, bool may_be_empty);

}  // namespace ringway::http

// Everything about a request's head that can be refused, or that changes before anybody else sees it, in one call:
// target and Host, framing, what concerns this hop only, upgrades, Expect. No I/O.
#pragma once
#include "http/framing.hpp"
#include "http/head.hpp"
#include "http/persistence.hpp"
#include "http/target.hpp"

namespace ringway::http {

// What an accepted head means.
struct request_meaning {
  target_form form = target_form::origin;
  body_length body;
  connection_options wants;  // read also when the request is refused
  bool upgrade = false;      // the Upgrade field stands, and may end in a tunnel
};

// `room`: as normalise_target().
refusal check_request(request_head& head, parsing how, request_meaning& out, std::string& room);
// A 101 to a request whose upgrade stood; hop-by-hop fields are taken already.
refusal check_switch(const response_head& head, parsing how);

}  // namespace ringway::http

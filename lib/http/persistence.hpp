// Whether a connection goes on after a message, and what of a head concerns only one hop (RFC 9110 7.6.1, 7.8).
#pragma once
#include "http/head.hpp"

namespace ringway::http {

struct connection_options {
  bool close = false, keep_alive = false, upgrade = false;
  bool te = false;  // a TE field was kept: it needs the option on the next hop, too (RFC 9110 10.1.4)
};

// Reads the Connection (and, on HTTP/1.0, Proxy-Connection) fields; drops them, what they nominate, and the
// fields that never cross a hop: Connection, Keep-Alive, Proxy-Connection. TE becomes "trailers" when it says so without
// a weight, whether Connection names it or not, or goes.
// Fields that frame or route a message cannot be nominated away: such a nomination is ignored.
// Upgrade stays only together with the upgrade option; the caller writes the new Connection field.
connection_options take_hop_by_hop(field_list& fields, bool keep_te_trailers);

// Does the sender want the connection to persist after this message? (RFC 9112 9.3)
constexpr bool wants_persistence(unsigned minor, const connection_options& options) {
  if (options.close) return false;
  return minor >= 1 || options.keep_alive;
}

}  // namespace ringway::http

// From a request to the 32-bit number a hash algorithm places (placement specification, sections 6 and 7).
// Pure functions on views: no state, no allocation, any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "balance/settings.hpp"
#include "base/address.hpp"

namespace ringway::balance {

// What a request shows to the balancer. Views into the caller's buffers, read only during the call.
struct request_facts {
  std::string_view method;
  std::string_view
      target;             // as held after all request rules; absolute forms already through normalise_target
  address source;         // the client's address in effect; none: no IP, the request has no source key
  std::string_view body;  // first data block of a POST, for url_param; empty: none or not needed
  // Value of the first header line of that name (compared without case), untrimmed or trimmed; `fields` is
  // handed back untouched. Null function: no headers at all (TCP).
  const void* fields = nullptr;
  std::optional<std::string_view> (*field)(const void* fields, std::string_view name) = nullptr;
};

// A key, or its absence: an absent key is placed by the walk of section 11.
struct key_result {
  bool present = false;
  std::uint32_t hash = 0;
  std::string_view bytes;  // what was hashed, for explanations; empty for `source` with HAProxy's hash types
  std::uint64_t wide = 0;  // XXH3 of the key: of maglev and rendezvous, whose `hash` is 0
};

// The key of a request under source, uri, url_param, hdr. Any other algorithm: absent.
key_result key_of(const settings&, const request_facts&);

// True if key_of may need the first block of the request's body: url_param, POST, not found in the query.
bool wants_body(const settings&, std::string_view method, std::string_view target);

// A key of these bytes, hashed as the settings say. The bytes must outlive it.
key_result keyed(const settings&, std::string_view bytes);

// f(bytes), then the avalanche if asked.
std::uint32_t hash_of(const settings&, std::string_view bytes);

// XOR of the big-endian words of an IP address; nullopt for anything else.
std::optional<std::uint32_t> fold(const address&);

// The target as it is held at balancing time: an absolute form loses an empty or default port, and gets a '/'
// when nothing follows the authority (except with OPTIONS). Anything else is returned as it came. The result
// is a view of `target` if nothing changed, else of `scratch`.
std::string_view normalise_target(std::string_view method, std::string_view target, std::string& scratch);

}  // namespace ringway::balance

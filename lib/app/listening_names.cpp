// Addresses of binds that are given by name.
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include "app/listening_steps.hpp"

namespace ringway::app {
namespace {

std::optional<address> resolve_with_library(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return std::nullopt;
  std::optional<address> out;
  for (const addrinfo* one = list; one != nullptr && !out; one = one->ai_next) {
    const address found = from_raw(one->ai_addr, one->ai_addrlen);
    if (found.is_ip()) out = found;
  }
  freeaddrinfo(list);
  return out;
}

}  // namespace

outcome resolve_place(const bind_place& place, const listening_options& how, address& at) {
  at = place.bind.at;
  if (at.is_ip()) return std::nullopt;
  const std::optional<address> found =
      how.resolve ? how.resolve(place.bind.host) : resolve_with_library(place.bind.host);
  if (!found || !found->is_ip()) {
    complaint bad;
    bad.id = "unresolved-bind";
    bad.where = place.bind.where;
    bad.message = fmt::format("starting frontend {}: the name '{}' has no address", place.section.name,
                              place.bind.host);
    bad.help = fmt::format("an address is better here; --resolve {}:ADDRESS gives it one", place.bind.host);
    return bad;
  }
  const std::uint16_t port = at.port;
  at = *found;
  at.port = port;
  return std::nullopt;
}

}  // namespace ringway::app

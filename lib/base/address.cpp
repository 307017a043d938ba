#include "base/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>

namespace ringway {

std::size_t address::write_host(char* out) const {
  if (kind == family::v4) {
    char* p = out;
    for (int i = 0; i < 4; ++i) {
      const unsigned byte = bytes[static_cast<std::size_t>(i)];
      if (i) *p++ = '.';
      if (byte >= 100) *p++ = static_cast<char>('0' + byte / 100);
      if (byte >= 10) *p++ = static_cast<char>('0' + byte / 10 % 10);
      *p++ = static_cast<char>('0' + byte % 10);
    }
    return static_cast<std::size_t>(p - out);
  }
  if (kind == family::v6) {
    inet_ntop(AF_INET6, bytes.data(), out, INET6_ADDRSTRLEN);
    return std::strlen(out);
  }
  if (kind == family::none) return 0;
  std::memcpy(out, "unix", 4);
  return 4;
}

std::string address::host_text() const {
  char text[INET6_ADDRSTRLEN];
  return {text, write_host(text)};
}

std::string address::text() const {
  if (kind == family::v6) return "[" + host_text() + "]:" + std::to_string(port);
  if (kind == family::v4) return host_text() + ":" + std::to_string(port);
  return host_text();
}

std::optional<address> parse_ip(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = 0;
  if (std::memchr(copy, 0, text.size()) != nullptr) return std::nullopt;
  address result;
  if (inet_pton(AF_INET, copy, result.bytes.data()) == 1) {
    result.kind = family::v4;
    return result;
  }
  if (inet_pton(AF_INET6, copy, result.bytes.data()) == 1) {
    result.kind = family::v6;
    return result;
  }
  return std::nullopt;
}

raw_address raw(const address& from) {
  raw_address out;
  if (from.kind == family::v4) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(from.port);
    std::memcpy(&in.sin_addr, from.bytes.data(), 4);
    std::memcpy(&out.storage, &in, sizeof in);
    out.length = sizeof in;
  } else if (from.kind == family::v6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(from.port);
    in.sin6_scope_id = from.scope;
    std::memcpy(&in.sin6_addr, from.bytes.data(), 16);
    std::memcpy(&out.storage, &in, sizeof in);
    out.length = sizeof in;
  }
  return out;
}

address from_raw(const sockaddr* from, socklen_t length) {
  address out;
  if (length < static_cast<socklen_t>(sizeof(sa_family_t))) return out;
  if (from->sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, from, sizeof in);
    out.kind = family::v4;
    out.port = ntohs(in.sin_port);
    std::memcpy(out.bytes.data(), &in.sin_addr, 4);
  } else if (from->sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, from, sizeof in);
    out.kind = family::v6;
    out.port = ntohs(in.sin6_port);
    out.scope = in.sin6_scope_id;
    std::memcpy(out.bytes.data(), &in.sin6_addr, 16);
  } else if (from->sa_family == AF_UNIX) {
    out.kind = family::unix_path;
  }
  return out;
}

std::optional<raw_address> sockaddr_of_path(std::string_view path, bool abstract, abstract_length length) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  const bool exact = abstract && length == abstract_length::exact;
  // A file's path and a filled-up name keep their last NUL.
  if (path.empty() || path.size() >= sizeof un.sun_path - (exact ? 0 : 1)) return std::nullopt;
  std::memcpy(un.sun_path + (abstract ? 1 : 0), path.data(), path.size());
  raw_address out;
  std::memcpy(&out.storage, &un, sizeof un);
  out.length = static_cast<socklen_t>(abstract && !exact ? sizeof un : offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

}  // namespace ringway

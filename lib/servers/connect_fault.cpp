#include "servers/connect_fault.hpp"

#include <fmt/format.h>

#include <cstring>

namespace ringway::servers {

namespace {

// A connection under way that failed: the names that HAProxy gives, one of them misspelt and one shared by two.
const char* name_of_late(int error) {
  switch (error) {
    case EBADF: return "EBADF";
    case EFAULT: return "EFAULT";
    case EINVAL: return "EINVAL";
    case EPIPE: return "EPIPE";
    case ENOMEM: return "ENOMEM";
    case ENOBUFS: return "ENOBUFS";
    case ENOTCONN: return "ENCONN";
    case ECONNREFUSED: return "ECONNREFUSED";
    case ECONNRESET: return "ECONNRESET";
    case ENETUNREACH:
    case EHOSTUNREACH: return "ENETUNREACH";
    default: return nullptr;
  }
}

const char* words_of_socket(int error) {
  switch (error) {
    case EMFILE: return "Too many sockets on the process";
    case ENFILE: return "Too many sockets on the system";
    case ENOBUFS:
    case ENOMEM: return "Out of system buffers";
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT: return "Protocol or address family not supported";
    default: return "General socket error";
  }
}

const char* words_of_connect(int error) {
  switch (error) {
    case EAGAIN:
    case EADDRNOTAVAIL: return "Out of local source ports on the system";
    case EADDRINUSE: return "Local source address already in use";
    default: return "General socket error";
  }
}

}  // namespace

connect_remark remark_of(connect_step step, int error, bool unix_socket, std::string_view backend,
                         unsigned long long descriptors) {
  constexpr int emergency = 0, failure = 3;
  switch (step) {
    case connect_step::socket:
    case connect_step::watch:
      if (error == EMFILE)
        return {emergency, fmt::format("Proxy {} reached process FD limit (maxsock={}). Please check 'ulimit-n' and restart.",
                                       backend, descriptors)};
      if (error == ENFILE)
        return {emergency, fmt::format("Proxy {} reached system FD limit (maxsock={}). Please check system tunables.",
                                       backend, descriptors)};
      if (error == ENOBUFS || error == ENOMEM)
        return {emergency, fmt::format("Proxy {} reached system memory limit (maxsock={}). Please check system tunables.",
                                       backend, descriptors)};
      if (error == EAFNOSUPPORT) return {};
      return {emergency, fmt::format("Proxy {} cannot create a server socket: {}", backend, std::strerror(error))};
    case connect_step::bind:
      return {emergency, fmt::format("Cannot bind to source address before connect() for backend {}.", backend)};
    case connect_step::connect:
      if (unix_socket && error == EAGAIN)
        return {failure, fmt::format("Connect() failed for backend {}: can't connect to destination unix socket, check backlog "
                                     "size on the server ({}).", backend, std::strerror(error))};
      if (error == EAGAIN || error == EADDRNOTAVAIL)
        return {failure, fmt::format("Connect() failed for backend {}: no free ports.", backend)};
      if (error == EADDRINUSE)
        return {failure, fmt::format("Connect() failed for backend {}: local address already in use.", backend)};
      return {};
    case connect_step::none:
    case connect_step::address: return {};
  }
  return {};
}

std::string check_info_of(connect_step step, int error, bool unix_socket, bool late) {
  const char* what = nullptr;
  const char* const name = late ? name_of_late(error) : nullptr;
  if (name != nullptr) return fmt::format("{} returned by OS ({})", name, std::strerror(error));
  if (late) {
    what = "General socket error";
  } else {
    switch (step) {
      case connect_step::socket:
      case connect_step::watch: what = words_of_socket(error); break;
      case connect_step::bind: what = "Can't bind to source address"; break;
      case connect_step::connect: what = unix_socket ? "General socket error" : words_of_connect(error); break;
      default: what = "General socket error"; break;
    }
  }
  if (error == EAGAIN && !unix_socket) return what;  // HAProxy does not take it for a reason
  return fmt::format("{} ({})", what, std::strerror(error));
}

}  // namespace ringway::servers

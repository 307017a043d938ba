// What a rule can see, and when. Filled by lib/proxy at each point; nothing here is copied or allocated.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "http/head.hpp"
#include "rules/sample.hpp"

namespace ringway::rules {

inline constexpr std::uint32_t no_index = ~std::uint32_t{0};

// The points of a connection's and a request's life at which rules are run, in their order; a set of bits.
// (configuration.txt: tcp-request connection, tcp-request session, use_backend, http-request)
enum class point : std::uint8_t { connection = 1, session = 2, request = 4 };

// What a fetch needs; a set of bits. A fetch that needs a request is never found at the first two points.
enum class needs : std::uint8_t { nothing = 0, client = 1, request = 2, backend = 4 };
constexpr bool available(needs what, point at) { return what != needs::request || at == point::request; }

// Names and numbers of what runs. Backends and frontends are counted in the order of the configuration, each kind from 0;
// servers within their backend. Implemented by lib/proxy; any worker's thread.
class surroundings {
 public:
  virtual ~surroundings() = default;
  virtual address client_came_to() const = 0;  // where the connection was accepted; kind none: unknown
  virtual unsigned listener_id() const = 0;    // so_id
  virtual std::string_view listener_name() const = 0;
  virtual std::uint32_t frontend() const = 0;  // this connection's
  virtual unsigned frontend_id() const = 0;
  virtual std::string_view frontend_name() const = 0;
  virtual std::string_view frontend_default_backend() const = 0;  // empty: none
  virtual unsigned frontend_connections(std::uint32_t front) const = 0;
  virtual std::uint32_t backend() const = 0;   // chosen for this request, before that a listen's own; no_index: none yet
  virtual unsigned backend_id(std::uint32_t back) const = 0;
  virtual std::string_view backend_name(std::uint32_t back) const = 0;
  virtual std::uint32_t backend_named(std::string_view name) const = 0;  // no_index: none of the frontend's mode
  virtual bool backend_is_disabled(std::uint32_t back) const = 0;
  virtual unsigned backend_connections(std::uint32_t back) const = 0;
  virtual std::uint32_t server_count(std::uint32_t back) const = 0;
  virtual unsigned usable_servers(std::uint32_t back) const = 0;  // as nbsrv counts: active ones, else backups
  virtual bool server_is_up(std::uint32_t back, std::uint32_t server) const = 0;
  virtual bool server_takes_work(std::uint32_t back, std::uint32_t server) const = 0;
  virtual unsigned server_connections(std::uint32_t back, std::uint32_t server) const = 0;
  virtual unsigned server_limit(std::uint32_t back, std::uint32_t server) const = 0;      // maxconn now; 0: none
  virtual unsigned server_maxqueue(std::uint32_t back, std::uint32_t server) const = 0;   // 0: none
  virtual unsigned server_queue(std::uint32_t back, std::uint32_t server) const = 0;
  virtual unsigned server_weight(std::uint32_t back, std::uint32_t server) const = 0;
  virtual unsigned backend_queue(std::uint32_t back) const = 0;   // waiting for any server, not for a certain one
  virtual unsigned connections() const = 0;       // of the process
  virtual unsigned connection_limit() const = 0;  // 0: none
  virtual unsigned workers() const = 0;
  virtual unsigned worker() const = 0;            // this one, from 0
  virtual std::int64_t wall_microseconds() const = 0;
  virtual std::uint32_t random() const = 0;       // 32 even bits
  virtual bool client_tls() const = 0;
  // Does this machine have the address? Unless somebody can ask the kernel: the loopback addresses.
  virtual bool is_of_this_machine(const address& at) const;
};

struct context {
  const surroundings& around;
  const address& client;
  arena& memory;                               // for what is made on the way
  point at = point::request;
  const http::request_head* request = nullptr; // null before there is one
  bool first_request = true;                   // of its connection
  std::uint64_t chunked_bytes = 0;             // of a body in chunks: of those whose size has arrived
};

}  // namespace ringway::rules

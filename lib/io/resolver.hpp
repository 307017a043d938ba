// Names to addresses with the C library's getaddrinfo, on threads of its own: a slow name server never holds
// a worker. Answers are posted to the io_context given (the control thread's).
//
// A few threads work side by side so that one slow name does not hold the others; the same name asked twice
// while the first question is open is asked once. A question has a time limit: when it passes, the asker gets
// `timed_out` and the late answer is dropped. getaddrinfo itself cannot be interrupted, so stop() does not
// wait for it: a thread stuck in it owns everything it touches, and ends when the C library lets it.
//
// Threads: every member is called on the thread that runs `deliver_to`; handlers run there as well.
#pragma once
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/units.hpp"

namespace ringway::io {

// Names answered without asking anybody, as given by `--resolve HOST:ADDRESS`. Case of names does not matter.
class fixed_names {
 public:
  // Adds one address (several calls for one name give several). The word is HOST:ADDRESS, an IPv6 address
  // with or without brackets. False: not of that form.
  bool add(std::string_view word);
  // nullptr: this name is not in the table.
  const std::vector<address>* find(std::string_view host) const;
  bool empty() const { return names_.empty(); }

 private:
  std::map<std::string, std::vector<address>> names_;  // keys in lower case
};

enum class resolve_outcome : std::uint8_t { found, no_such_name, failed, timed_out };

struct resolution {
  resolve_outcome what = resolve_outcome::failed;
  std::vector<address>
      addresses;       // IP only, port 0, no duplicates, the C library's order; empty unless found
  std::string reason;  // the C library's words when not found
};

// Blocks. For start-up, before there are workers. The table is asked first.
resolution resolve_now(const std::string& host, const fixed_names& fixed);

class resolver {
 public:
  using handler = std::function<void(resolution)>;
  using lookup =
      std::function<resolution(const std::string& host)>;  // may block; called on any of the threads

  // `ask` empty: getaddrinfo. `parallel` threads are started as questions come, at least one.
  explicit resolver(boost::asio::io_context& deliver_to, fixed_names fixed = {}, unsigned parallel = 4,
                    lookup ask = {});
  ~resolver();  // stop()
  resolver(const resolver&) = delete;
  resolver& operator=(const resolver&) = delete;

  // The handler runs exactly once, never from inside this call; not at all after stop().
  void resolve(const std::string& host, milliseconds limit, handler done);
  // Drops all questions and returns at once, whatever the C library is doing.
  void stop();

 private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace ringway::io

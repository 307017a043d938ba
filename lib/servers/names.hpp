// Servers given by name: their first address (`init-addr`), and the addresses that follow.
//
// At start every name is looked up as `init-addr` says. When the line says nothing of it, a name without an
// address is no reason to stay down: the server starts in maintenance ("unresolved") and the name is asked
// again. When `init-addr` is written and its list ends without an address, the start fails, as HAProxy
// documents. While running, each name is asked again from time to time. The current address is kept as long
// as it is among the answers; a name that stops resolving keeps its last address, and health checks judge it.
//
// Threads: the control thread. next_address and start_address are pure.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/units.hpp"
#include "io/resolver.hpp"
#include "servers/settings.hpp"
#include "servers/state.hpp"

namespace ringway::servers {

// The address to use now. `current` (kind none: no address yet) stays if it is among the answers; else the
// first answer of the preferred family, else the first: the C library puts what this machine cannot reach last. Answers
// of another family than `only` do not count. No answers: `current`.
address next_address(const address& current, const std::vector<address>& answers, prefer family_first,
                     family only = family::none);

enum class start_kind : std::uint8_t {
  address,     // `at` is set
  unresolved,  // starts in maintenance
  fails        // the process must not start
};
struct start_decision {
  start_kind what = start_kind::unresolved;
  address at;             // port 0
  std::string complaint;  // for stderr, after "'server B/S' : "; empty: nothing to say. fails: an error
};
// `libc` is called at most once, when a step `libc` is reached. `last` finds nothing: there is no state file
// yet.
start_decision start_address(const settings& server, const std::function<io::resolution()>& libc);

struct name_times {
  milliseconds unresolved{3000};  // pause before the next question while there is no address
  milliseconds resolved{5000};    // and while there is one
  milliseconds limit{10000};      // for one question
};

// Asks again for the names of any number of groups.
class names {
 public:
  // All referred to must outlive it (stop() ends the references).
  names(boost::asio::io_context& on, io::resolver& resolver, name_times times = {});
  ~names();  // stop()
  names(const names&) = delete;
  names& operator=(const names&) = delete;

  struct start_report {
    bool failed = false;                // some server cannot start
    std::vector<std::string> warnings;  // "'server B/S' : could not resolve address 'x', disabling server."
    std::vector<std::string> notices;   // the same where `init-addr` says that it may be so
    std::vector<std::string> errors;    // "'server B/S' : could not resolve address 'x'."
  };
  // Before there is a group, and a chooser that would take one server before another: fills `found` of the servers of
  // `backend`. Blocks on the C library, each distinct name asked once. `ask` replaces it in tests.
  static start_report start(std::string_view backend, std::vector<settings>& of,
                            const std::function<io::resolution(const std::string&)>& ask);

  // Begins to follow the names of this group. The first questions are spread over the pause.
  void follow(group& of);
  void stop();

 private:
  struct core;
  std::shared_ptr<core> core_;
};

}  // namespace ringway::servers

// The live state of servers: what is true of a server now, as opposed to what its line says (settings.hpp).
// It outlives a configuration's snapshot.
//
// Threads: transitions (every non-const member of `group`) happen on the control thread only. Readers may be
// anywhere: `look()` is one atomic load, `where()` a sequence lock over three words; neither blocks.
//
// State model after HAProxy (management manual, "show servers state"): an operational state moved by health
// checks, and administrative flags, any of which overrides it. A server takes new work when it is up (or
// starting), in no maintenance, not draining and its weight is not zero (configuration manual 5.2).
#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/units.hpp"
#include "servers/settings.hpp"
#include "servers/source_ports.hpp"

namespace ringway::balance {
class chooser;
}

namespace ringway::servers {

using clock = std::chrono::steady_clock;

// Values as the runtime API prints them (srv_op_state).
enum class running : std::uint8_t { down = 0, starting = 1, up = 2, stopping = 3 };

// Reasons for being out of service, a bit each; values as the runtime API prints them (srv_admin_state).
enum class admin : std::uint8_t {
  forced_maint = 0x01,      // an operator's order
  inherited_maint = 0x02,   // from a tracked server
  configured_maint = 0x04,  // `disabled` on the server line; stays for information after the order is lifted
  forced_drain = 0x08,
  inherited_drain = 0x10,
  unresolved = 0x20,  // the name gave no address yet
  bad_name = 0x40,
};
constexpr std::uint8_t bit(admin flag) { return static_cast<std::uint8_t>(flag); }
inline constexpr std::uint8_t maintenance_bits = 0x01 | 0x02 | 0x20 | 0x40;
inline constexpr std::uint8_t drain_bits = 0x08 | 0x10;

// What one load tells a reader. Trivial.
class view {
 public:
  constexpr explicit view(std::uint32_t word = 0) : word_(word) {}
  // May a new request without persistence be sent there? The chooser knows the same.
  bool usable() const { return (word_ >> 10 & 1) != 0; }
  running operation() const { return static_cast<running>(word_ >> 8 & 3); }
  // Up, starting or stopping, whatever the administrator says: healthy enough for a persistent session.
  bool alive() const { return operation() != running::down; }
  std::uint8_t admin_bits() const { return static_cast<std::uint8_t>(word_); }
  bool in_maintenance() const { return (admin_bits() & maintenance_bits) != 0; }
  bool draining() const { return (admin_bits() & drain_bits) != 0; }
  // An address is known (always for literals and unix sockets).
  bool resolved() const { return (word_ >> 11 & 1) != 0; }
  // How far a slow start went, 0..100; 100 when there is none. For statistics: limits and weights are scaled
  // by the chooser.
  unsigned warmth_percent() const { return word_ >> 12 & 0x7f; }
  unsigned weight() const { return word_ >> 19 & 0x1ff; }  // user weight now, 0..256
  std::uint32_t word() const { return word_; }

 private:
  std::uint32_t word_;
};

// What the last check found; kinds and words of HAProxy's check status (configuration manual 9.1 of
// statistics).
enum class check_kind : std::uint8_t { none, l4_ok, l4_timeout, l4_refused, socket_error, analysis };
struct last_check {
  check_kind kind = check_kind::none;
  std::uint32_t milliseconds = 0;
};

class group;

class state {
 public:
  state(const settings& from, std::uint32_t index, clock::time_point now);
  state(const state&) = delete;
  state& operator=(const state&) = delete;

  const settings& config() const { return config_; }  // own copy, never changes
  const std::string& name() const { return config_.name; }
  std::uint32_t index() const { return index_; }  // place in the group = index in the chooser
  std::uint32_t id() const { return config_.id; }

  view look() const { return view{word_.load(std::memory_order_acquire)}; }
  bool usable() const { return look().usable(); }
  // The address to connect to, with the port of the server line (port 0 or a relative one is for the caller).
  // kind none: not resolved; kind unix_path/abstract: the path is config().unix_path.
  address where() const;
  // Grows with every change of address, so that a holder of idle links can see that they went elsewhere.
  std::uint32_t address_version() const { return address_sequence_.load(std::memory_order_acquire) / 2; }

  // Statistics; exact on the control thread, at worst a little old elsewhere.
  std::uint64_t failed_checks() const { return failed_checks_.load(std::memory_order_relaxed); }
  std::uint64_t times_down() const { return times_down_.load(std::memory_order_relaxed); }
  seconds down_time(clock::time_point now) const;  // all time spent down
  clock::time_point last_change() const {
    return clock::time_point{clock::duration{since_.load(std::memory_order_relaxed)}};
  }
  last_check last() const;
  // Shared idle links over all workers; counted only where somebody asks. Any thread.
  bool counts_idle_links() const { return config_.pool_max_conn > 0 || source_range_; }
  std::atomic<std::int32_t>& idle_links() const { return idle_links_; }
  // The ports of its `source`; null: no range. Any thread.
  source_ports* source_range() const { return source_range_.get(); }
  // What a request learnt of it (`observe`). True: error-limit errors in a row, just now. Any thread.
  bool learnt(bool good) const;
  // Health of the checks, 0..rise+fall-1; up from `rise` on. Written by check::runner through group.
  unsigned health() const { return health_.load(std::memory_order_relaxed); }
  // The line says `check`, and no operator switched it off.
  bool checked() const { return checked_.load(std::memory_order_relaxed); }

 private:
  friend class group;
  void write_address(const address& to);

  const settings config_;
  const std::uint32_t index_;
  std::atomic<std::uint32_t> word_{0};
  std::atomic<std::uint32_t> address_sequence_{0};  // odd while being written
  std::array<std::atomic<std::uint64_t>, 3> address_words_{};
  std::atomic<std::uint64_t> failed_checks_{0}, times_down_{0}, last_check_{0};
  std::atomic<clock::rep> since_{0}, down_for_{0};
  std::atomic<unsigned> health_{0};
  const std::unique_ptr<source_ports> source_range_;
  mutable std::atomic<std::int32_t> idle_links_{0};
  mutable std::atomic<std::uint32_t> errors_in_row_{0};
  std::atomic<bool> checked_{false};

  // Control thread only; word_ is made from these.
  running operation_ = running::up;
  std::uint8_t admin_ = 0;
  unsigned weight_ = 1;
  unsigned warmth_ = 100;  // percent
  clock::time_point warm_since_{}, next_step_{};
  bool counted_ = false;  // in active_ or backup_
  struct follower {
    group* of = nullptr;
    std::uint32_t index = 0;
  };
  std::vector<follower> followers_;  // servers that track this one, in declared order
  const state* tracked_ = nullptr;
  std::string via_;  // " via backend/server"; empty: tracks nobody
  std::uint16_t port_ = 0;  // beside any address; the line's until an operator says another
  bool moved_ = false;      // an operator said where it is: names are not asked any more
};

// One sentence for the logs and for stderr.
struct sentence {
  int level = 5;  // syslog severity, 0 emergency .. 7 debug
  enum class console : std::uint8_t { notice, warning, alert } tag = console::warning;
  std::string text;          // for the backend's logs, with the final full stop
  std::string console_text;  // for stderr; empty: the same text
};

// What the engine does for and tells the group. Called on the control thread; empty members are skipped.
struct hooks {
  // The server has just left the chooser: move the requests that wait for it; returns how many were moved.
  std::function<unsigned(std::uint32_t server)> left;
  // The server has just entered the chooser: let waiting requests of the backend have it; returns how many.
  std::function<unsigned(std::uint32_t server)> entered;
  // The server went down (health or maintenance): `on-marked-down` and the like. In order.
  std::vector<std::function<void(std::uint32_t server)>> marked_down;
  // It came up, from either, and takes new work: `on-marked-up`. In order.
  std::vector<std::function<void(std::uint32_t server)>> marked_up;
  std::function<void(const sentence&)> report;
};

// Why a server changed. All empty: no such part in the sentence.
struct cause {
  std::string_view words;                // as they are: "changed from CLI"; excludes the others
  std::string_view reason;               // after "reason: ": "Layer4 connection problem"
  std::string_view info;                 // inside quotes; empty: none
  std::optional<milliseconds> duration;  // "check duration: Nms"
};

// The servers of one backend. Owns the states; refers to the chooser, which must outlive it.
class group {
 public:
  // `backend`: name for the sentences. Servers take the order of `from`, which is the chooser's order.
  // Sets the chooser's usable/weight of every server to what is true at start. No sentence is reported.
  // `word`: "backend", or "proxy" for a `listen` section, in the sentence about the last server.
  group(std::string backend, const std::vector<settings>& from, balance::chooser& chooser, hooks told,
        clock::time_point now, std::string word = "backend");
  ~group();
  group(const group&) = delete;
  group& operator=(const group&) = delete;

  const std::string& backend() const { return backend_; }
  std::uint32_t size() const { return static_cast<std::uint32_t>(states_.size()); }
  const state& operator[](std::uint32_t index) const { return *states_[index]; }
  const state* find(std::string_view name) const;
  // Usable servers; any thread.
  unsigned active() const { return active_.load(std::memory_order_relaxed); }
  unsigned backup() const { return backup_.load(std::memory_order_relaxed); }
  std::uint64_t times_down() const { return times_down_.load(std::memory_order_relaxed); }

  // `track`: this server follows another's health, and its maintenance and drain as inherited ones. Said
  // before the workers start, silently; chains in any order, no circles (app/tracks.cpp refuses them). The
  // other group must live as long as either changes.
  void track(std::uint32_t index, group& of, std::uint32_t tracked);

  // Health. Each is a no-op when the server is already so.
  void go_down(std::uint32_t index, const cause& why, clock::time_point now);
  void come_up(std::uint32_t index, const cause& why, clock::time_point now);
  void go_stopping(std::uint32_t index, const cause& why, clock::time_point now);
  void note_check(std::uint32_t index, last_check found, bool failed, unsigned health);
  // Checks go on or rest, as an operator says; of no effect where the line has no `check`.
  void set_checked(std::uint32_t index, bool on);
  // An operator's word on health: what the next check starts from.
  void set_health(std::uint32_t index, unsigned health);

  // Administration. `detail`: said in brackets after the sentence; empty: nothing.
  void set_admin(std::uint32_t index, admin flag, bool on, std::string_view detail, clock::time_point now);
  // False, and nothing done: the algorithm is static and the weight neither 0 nor the configured one.
  bool set_weight(std::uint32_t index, unsigned weight);

  // A name's answer. First address of an unresolved server: it leaves that maintenance.
  // `by`: "libc resolution".
  void set_address(std::uint32_t index, const address& host, std::string_view by, clock::time_point now);
  // An operator's order, with its port; names have no say any more. No sentence, as in HAProxy. Not for unix sockets.
  void move_to(std::uint32_t index, const address& where, clock::time_point now);

  // Slow start: moves every warming server on. Call at next_step(), or every second.
  void tick(clock::time_point now);
  std::optional<clock::time_point> next_step() const;  // nullopt: nobody is warming up

 private:
  std::string subject(const state& one) const;
  // state_admin.cpp
  void enter_maintenance(state& one, std::uint8_t before, std::string_view detail, clock::time_point now);
  void leave_maintenance(state& one, admin flag, clock::time_point now);
  void stay_in_maintenance(state& one, admin flag, bool on);
  void change_drain(state& one, std::uint8_t before, std::string_view detail, clock::time_point now);
  void report_drain_that_stays(const state& one);
  void pass_on_admin(state& one, admin flag, bool on, std::string_view detail, clock::time_point now);
  void pass_on_silently(state& one);
  template <typename Change>
  static void each_follower(state& one, Change change) {
    // Last declared first, as HAProxy goes through them.
    for (auto next = one.followers_.rbegin(); next != one.followers_.rend(); ++next)
      change(*next->of, next->index);
  }
  unsigned usable_left() const { return active() + backup(); }
  void enter_chooser(state& one, clock::time_point now);
  unsigned leave_chooser(state& one);
  void to_operation(state& one, running next, clock::time_point now);
  void mark_down(state& one, clock::time_point now);
  void sync(state& one);
  std::string left_tail(const state& one, unsigned moved) const;
  std::string online_tail(const state& one, unsigned taken) const;
  void report(int level, std::string text);
  void report_if_empty(unsigned usable_before);

  std::string backend_, word_;
  std::vector<std::unique_ptr<state>> states_;
  balance::chooser& chooser_;
  hooks told_;
  std::atomic<unsigned> active_{0}, backup_{0};
  std::atomic<std::uint64_t> times_down_{0};
};

}  // namespace ringway::servers

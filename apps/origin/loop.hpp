// One epoll loop: reads requests, lets the route's answer begin, and moves each connection as far as it goes.
// Thread: its own; nothing is shared with other loops but the sites' counters.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "connection.hpp"

namespace origin {

class loop {
 public:
  explicit loop(std::vector<std::pair<int, site*>> listeners);
  [[noreturn]] void run();

  // Starts an answer. `length` is the body's; until_close and chunked do not announce it.
  void start_answer(connection& c, unsigned status, framing how, std::uint64_t length,
                    std::string_view extra = {});
  void answer_text(connection& c, unsigned status, std::string_view text, std::string_view extra = {});
  void wait(connection& c, milliseconds time);
  void reset(connection& c);
  void drop(connection& c);

 private:
  // loop.cpp
  int patience() const;
  void fire_timers();
  void accept_all(std::pair<int, site*>& from);
  void serve(connection& c, std::uint32_t events);
  // Moves a connection as far as its input and the socket allow, then says what it waits for.
  void advance(connection& c);
  // False: the socket takes no more now, or is gone.
  bool flush(connection& c);
  bool put(connection& c, const char* data, std::size_t size, std::size_t& counted);
  // One move of the state machine; false when only input, the socket or a timer can bring it further.
  bool step(connection& c);
  // request_body.cpp
  bool take_head(connection& c);
  // Reads the request body: echoed as it comes, or counted. False when more input is needed.
  bool take_body(connection& c);
  bool take_length(connection& c);
  bool take_chunks(connection& c);
  void take_data(connection& c, std::size_t size);
  // answer.cpp
  bool continue_answer(connection& c);
  void finish(connection& c);
  // Closing with unread input would turn our answer into a reset: say "no more" and read for a moment.
  void begin_linger(connection& c);
  static void forget_input(connection& c, std::size_t size);

  static constexpr std::uint64_t answered =
      UINT64_MAX;  // answer_at: the answer went out before the body ended
  static inline std::atomic<std::uint64_t> next_serial_{1024};
  int poll_ = -1;
  std::vector<std::pair<int, site*>> listeners_;
  std::map<std::uint64_t, std::unique_ptr<connection>> open_;
  std::multimap<steady::time_point, std::uint64_t> timers_;
  std::vector<std::uint64_t> gone_;
};

}  // namespace origin

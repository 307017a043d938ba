// One keyword of the language is one row: its phrase, where it may stand, what it does, how it is explained.
// Rooms keep constexpr arrays of rows beside the structs they fill; lib/app/catalogue.cpp mounts them.
// Nothing else knows a keyword's name: parsing, "allowed in …", suggestions and the manual all read these
// rows.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <string_view>

#include "config/arguments.hpp"

namespace ringway::config {

// Where a row may stand: in a section, or as a word of another keyword's line. A set of bits.
enum class place : std::uint32_t {
  nowhere = 0,
  file = 1u << 0,  // opens a section
  global = 1u << 1,
  defaults = 1u << 2,
  frontend = 1u << 3,
  listen = 1u << 4,
  backend = 1u << 5,
  bind = 1u << 6,    // words after the addresses of `bind`
  server = 1u << 7,  // words after the address of `server`
  default_server = 1u << 8,
  log = 1u << 9,       // words after the address of `log`
  balance = 1u << 10,  // algorithms
  source = 1u << 11,   // words after the address of a server's `source`
  fetch = 1u << 12,      // samples: what a condition asks
  converter = 1u << 13,  // behind a comma, what is done to a sample
  http_errors = 1u << 14,  // a section of error pages
  http_request = 1u << 15,    // actions of `http-request`
  tcp_connection = 1u << 16,  // of `tcp-request connection`
  tcp_session = 1u << 17,     // of `tcp-request session`
  // Known words of HAProxy stand here, too, of which nothing works yet.
  http_response = 1u << 18,        // actions of `http-response`
  http_after_response = 1u << 19,  // of `http-after-response`
  tcp_content = 1u << 20,          // of `tcp-request content`
  tcp_response = 1u << 21,         // of `tcp-response content`
  quic_initial = 1u << 22,         // of `quic-initial`
  criterion = 1u << 23,            // names for a sample with its matching method: path_beg
  log_variable = 1u << 24,         // %ci and its like
  filter = 1u << 25,               // behind `filter`
  service = 1u << 26,              // behind `use-service`
  command = 1u << 27,              // of the runtime API
  section_word = 1u << 28,         // lines of sections that are refused as a whole: "peers peer"
};
constexpr place operator|(place a, place b) {
  return static_cast<place>(static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b));
}
constexpr place operator&(place a, place b) {
  return static_cast<place>(static_cast<std::uint32_t>(a) & static_cast<std::uint32_t>(b));
}
constexpr bool any(place p) { return p != place::nowhere; }
constexpr bool has(place set, place one) { return any(set & one); }

inline constexpr place proxies = place::defaults | place::frontend | place::listen | place::backend;
inline constexpr place front_side = place::defaults | place::frontend | place::listen;
inline constexpr place back_side = place::defaults | place::backend | place::listen;
inline constexpr place named_proxies = place::frontend | place::listen | place::backend;
inline constexpr place server_lines = place::server | place::default_server;
inline constexpr std::array all_places = {
    place::file, place::global, place::defaults,       place::frontend, place::listen,  place::backend,
    place::bind, place::server, place::default_server, place::log,      place::balance, place::source,
    place::fetch, place::converter, place::http_errors, place::http_request, place::tcp_connection, place::tcp_session,
    place::http_response, place::http_after_response, place::tcp_content, place::tcp_response, place::quic_initial,
    place::criterion, place::log_variable, place::filter, place::service, place::command, place::section_word};
std::string_view name_of(place one);  // "global", …; "server line" for words of lines

enum class status : std::uint8_t {
  full,       // does what HAProxy's manual says
  no_effect,  // accepted; tunes something this program does not have
  not_yet,    // a HAProxy keyword; an error that says so
  retired     // an old spelling, accepted with a warning that shows today's
};
std::string_view name_of(status state);

struct keyword;
using apply_function = void (*)(void* target, arguments& from, const keyword& row);

struct keyword {
  std::string_view name;  // the phrase: "timeout client"
  place allowed = place::nowhere;
  std::string_view grammar{};  // what follows: "<time>"; empty: nothing, or what the member's type says
  std::string_view summary{};
  std::string_view
      example{};             // a whole line that this program accepts; rows of words: the word and its value
  std::string_view since{};  // HAProxy's version; empty: before 1.3; "ringway": a word that HAProxy does not have
  status state = status::full;
  std::string_view instead{};  // retired and not_yet: what to write today; empty: nothing known
  bool negatable = false;      // may follow `no` and `default`
  bool strict = false;         // misplaced among proxies it is an error; otherwise a warning, as in HAProxy
  int arity = 0;               // words of lines that are not read: how many values follow; -1: all the rest
  int least = 0, most = -1;    // lines that are not read (no_effect): how many words may follow; -1: any number
  std::uint64_t min = 0;       // numbers and sizes
  std::uint64_t max = std::numeric_limits<std::uint32_t>::max();
  time_unit unit = time_unit::ms;  // durations: of a bare number
  // Filled by setting<> and verb<>.
  apply_function apply = nullptr;
  const char* type = nullptr;  // which struct `apply` expects; see type_tag
};

template <class T>
inline constexpr char type_tag = 0;

namespace detail {
template <class M>
struct member_of;
template <class C, class T>
struct member_of<T C::*> {
  using owner = C;
  using value = T;
};
template <class F>
struct target_of;
template <class C>
struct target_of<void (*)(C&, arguments&)> {
  using type = C;
};
template <class C>
struct target_of<void (*)(C&, arguments&, const keyword&)> {
  using type = C;
};
template <class T>
constexpr std::string_view grammar_of() {
  if constexpr (std::is_same_v<T, bool>)
    return "";
  else if constexpr (is_optional<T>::value)
    return grammar_of<typename T::value_type>();
  else if constexpr (std::is_same_v<T, milliseconds>)
    return "<time>";
  else if constexpr (std::is_integral_v<T>)
    return "<number>";
  else
    return "<word>";
}
}  // namespace detail

// A row that fills one member; the member's type chooses how its value is read (arguments::read).
template <auto Member>
constexpr keyword setting(keyword row) {
  using owner = typename detail::member_of<decltype(Member)>::owner;
  using value = typename detail::member_of<decltype(Member)>::value;
  row.apply = [](void* target, arguments& from, const keyword& self) {
    value& to = static_cast<owner*>(target)->*Member;
    if (from.resets()) {
      to = owner{}.*Member;
      from.finish();
      return;
    }
    value read{};
    if (from.read(read, {self.min, self.max, self.unit})) {
      if (from.finish()) to = std::move(read);
    }
  };
  row.type = &type_tag<owner>;
  if (row.grammar.empty()) row.grammar = detail::grammar_of<value>();
  if constexpr (std::is_same_v<value, bool>) row.negatable = true;
  return row;
}

// A word of a line without a value: sets one bool to what the word means.
template <auto Member, bool Value = true>
constexpr keyword flag(keyword row) {
  using owner = typename detail::member_of<decltype(Member)>::owner;
  row.apply = [](void* target, arguments&, const keyword&) { static_cast<owner*>(target)->*Member = Value; };
  row.type = &type_tag<owner>;
  return row;
}

// A word of a line followed by one value.
template <auto Member>
constexpr keyword value(keyword row) {
  using owner = typename detail::member_of<decltype(Member)>::owner;
  using type = typename detail::member_of<decltype(Member)>::value;
  row.apply = [](void* target, arguments& from, const keyword& self) {
    type read{};
    if (from.read(read, {self.min, self.max, self.unit}))
      static_cast<owner*>(target)->*Member = std::move(read);
  };
  row.type = &type_tag<owner>;
  if (row.grammar.empty()) row.grammar = detail::grammar_of<type>();
  return row;
}

// A row with structure: Function(target, arguments) reads the rest of the line.
template <auto Function>
constexpr keyword verb(keyword row) {
  using owner = typename detail::target_of<decltype(Function)>::type;
  row.apply = [](void* target, arguments& from, const keyword& self) {
    if constexpr (std::is_invocable_v<decltype(Function), owner&, arguments&>) {
      (void)self;
      Function(*static_cast<owner*>(target), from);
    } else {
      Function(*static_cast<owner*>(target), from, self);
    }
  };
  row.type = &type_tag<owner>;
  return row;
}

}  // namespace ringway::config

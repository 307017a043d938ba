// Requests as people write them down: a URL, a client's address, a line of an access log. Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/address.hpp"

namespace ringway::explain {

enum class input_kind : std::uint8_t {
  automatic,  // each line by itself
  uri,        // http://host/path, or a path
  address,    // of a client, with or without a port
  common,     // the common log format; combined too: it only has more behind
  httplog     // HAProxy's httplog or tcplog, with or without a syslog header
};

// What a line says of a request. Views into the line, or into `scratch`; empty: it does not say.
struct asked {
  std::string_view method, target;  // target: as a browser sends it, origin form
  std::string_view host;            // Host
  std::string_view user_agent, referer;
  std::optional<address> client;
  std::string_view frontend;        // httplog: where it came in
  std::uint16_t port = 0;           // that the URL goes to; 0: none said
  std::string scratch;
};

// Fills `out`. Empty: understood; else what is wrong, a phrase.
std::string_view read_line(std::string_view line, input_kind kind, asked& out);

// "http://u@h:80/p?q#f" -> host "h:80", target "/p?q". False: it is none (or of another scheme).
bool read_url(std::string_view text, asked& out);

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"; the port is not kept.
std::optional<address> read_client(std::string_view text);

}  // namespace ringway::explain

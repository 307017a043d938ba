#include <algorithm>
#include <cstring>
#include <optional>

#include "proxy_protocol/header.hpp"
#include "proxy_protocol/wire.hpp"

namespace ringway::proxy_protocol {

namespace {

header bad(fault why) {
  header out;
  out.what = state::bad;
  out.why = why;
  return out;
}

std::uint8_t byte_at(std::string_view text, std::size_t at) { return static_cast<std::uint8_t>(text[at]); }
std::size_t number_at(std::string_view text, std::size_t at) {
  return static_cast<std::size_t>(byte_at(text, at)) << 8 | byte_at(text, at + 1);
}

// --- version 1

constexpr std::string_view word = "PROXY ";

// 0 to `most` in decimal without leading zeroes.
std::optional<unsigned> number(std::string_view text, unsigned most) {
  if (text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > most) return std::nullopt;
  return value;
}

// Up to the next space, which is taken as well; none left: the rest.
std::string_view next_word(std::string_view& rest, bool& followed) {
  const std::size_t space = rest.find(' ');
  followed = space != std::string_view::npos;
  const std::string_view out = rest.substr(0, space);
  rest.remove_prefix(followed ? space + 1 : rest.size());
  return out;
}

std::optional<address> host(std::string_view text, family kind) {
  const auto found = parse_ip(text);
  if (!found || found->kind != kind || found->scope != 0) return std::nullopt;
  if (kind == family::v4) {
    // parse_ip may be as tolerant as it likes about zeroes; here each number has one spelling.
    char canonical[64];
    if (std::string_view(canonical, found->write_host(canonical)) != text) return std::nullopt;
  }
  return found;
}

header read_v1(std::string_view input) {
  const std::size_t feed = input.substr(0, longest_v1).find('\n');
  if (feed == std::string_view::npos) return input.size() < longest_v1 ? header{} : bad(fault::malformed);
  if (input[feed - 1] != '\r') return bad(fault::malformed);
  std::string_view line = input.substr(0, feed - 1);
  line.remove_prefix(std::min(line.size(), word.size()));
  header out;
  out.what = state::done;
  out.bytes = feed + 1;
  bool followed = false;
  const std::string_view protocol = next_word(line, followed);
  if (protocol == "UNKNOWN") return out;
  if (protocol != "TCP4" && protocol != "TCP6") return bad(fault::unknown_protocol);
  const family kind = protocol == "TCP4" ? family::v4 : family::v6;
  std::optional<address> ends[2];
  for (auto& one : ends) {
    if (!followed) return bad(fault::malformed);
    one = host(next_word(line, followed), kind);
    if (!one) return bad(fault::malformed);
  }
  for (auto& one : ends) {
    if (!followed) return bad(fault::malformed);
    const auto port = number(next_word(line, followed), 65535);
    if (!port) return bad(fault::malformed);
    one->port = static_cast<std::uint16_t>(*port);
  }
  if (followed) return bad(fault::malformed);
  out.names_client = true;
  out.who = {*ends[0], *ends[1]};
  return out;
}

// --- version 2

// Type, length (two bytes), value; one after another until the end, none of them over it.
template <class Each>
bool each_value(std::string_view rest, Each&& each) {
  while (!rest.empty()) {
    if (rest.size() < 3) return false;
    const std::size_t size = number_at(rest, 1);
    if (rest.size() - 3 < size) return false;
    if (!each(byte_at(rest, 0), rest.substr(3, size))) return false;
    rest.remove_prefix(3 + size);
  }
  return true;
}

bool sound_value(std::uint8_t type, std::string_view value, std::string_view whole) {
  switch (type) {
    case wire::authority: return value.size() <= 255;  // a host name
    case wire::unique_id: return value.size() <= 128;
    case wire::crc32c: {
      if (value.size() != 4) return false;
      const std::size_t at = static_cast<std::size_t>(value.data() - whole.data());
      const std::uint32_t said = static_cast<std::uint32_t>(number_at(value, 0) << 16 | number_at(value, 2));
      return said == checksum(whole.substr(0, at), whole.substr(at + 4));
    }
    case wire::tls:  // what the client is, whether its certificate was verified, then values of its own
      return value.size() >= 5 && each_value(value.substr(5), [](std::uint8_t, std::string_view) { return true; });
    default: return true;
  }
}

address address_at(std::string_view text, family kind, std::size_t at, std::size_t port_at) {
  address out;
  out.kind = kind;
  std::memcpy(out.bytes.data(), text.data() + at, kind == family::v4 ? 4 : 16);
  out.port = static_cast<std::uint16_t>(number_at(text, port_at));
  return out;
}

header read_v2(std::string_view input, std::size_t most) {
  if (input.size() > 12 && (byte_at(input, 12) & 0xf0) != wire::version) return bad(fault::no_header);
  if (input.size() < fixed_v2) return {};
  const unsigned command = byte_at(input, 12) & 0x0f;
  const unsigned kind = byte_at(input, 13) >> 4, transport = byte_at(input, 13) & 0x0f;
  const std::size_t size = fixed_v2 + number_at(input, 14);
  if (command > wire::command_proxy || size > most) return bad(fault::malformed);
  if (command == wire::command_proxy && (kind > wire::unix_socket || transport > wire::datagram))
    return bad(fault::malformed);
  constexpr std::size_t addresses[] = {0, 12, 36, 216};  // by family
  if (command == wire::command_proxy && size < fixed_v2 + addresses[kind]) return bad(fault::malformed);
  if (input.size() < size) return {};

  header out;
  out.what = state::done;
  out.bytes = size;
  // LOCAL: the whole block is void. UNSPEC: how long the addresses are is unknown, and with them where values begin.
  if (command == wire::command_local || kind == wire::unspec) return out;
  const std::string_view whole = input.substr(0, size);
  const bool sound = each_value(whole.substr(fixed_v2 + addresses[kind]), [&](std::uint8_t type, std::string_view value) {
    return sound_value(type, value, whole);
  });
  if (!sound) return bad(fault::malformed);
  if (transport != wire::stream || kind == wire::unix_socket) return out;
  out.names_client = true;
  const std::string_view block = whole.substr(fixed_v2);
  out.who = kind == wire::inet
                ? endpoints{address_at(block, family::v4, 0, 8), address_at(block, family::v4, 4, 10)}
                : endpoints{address_at(block, family::v6, 0, 32), address_at(block, family::v6, 16, 34)};
  return out;
}

bool begins_like(std::string_view input, std::string_view pattern) {
  const std::size_t size = std::min(input.size(), pattern.size());
  return input.substr(0, size) == pattern.substr(0, size);
}

}  // namespace

header read(std::string_view input, std::size_t most) {
  if (input.empty()) return {};
  if (begins_like(input, wire::signature)) return read_v2(input, most);
  if (begins_like(input, word)) return read_v1(input);
  return bad(fault::no_header);
}

}  // namespace ringway::proxy_protocol

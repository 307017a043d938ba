#include "config/endpoint.hpp"

#include <fmt/format.h>

#include <array>

#include "config/places.hpp"
#include "config/values.hpp"

namespace ringway::config {
namespace {

enum class kind { automatic, inet, unix_socket, abstract, abstract_exact, descriptor, unsupported };
struct prefix_row {
  std::string_view name;
  kind what;
  family wanted;
  bool stream;
};
constexpr std::array prefixes = {
    prefix_row{"ip", kind::inet, family::none, true},
    prefix_row{"ipv4", kind::inet, family::v4, true},
    prefix_row{"ipv6", kind::inet, family::v6, true},
    prefix_row{"tcp", kind::inet, family::none, true},
    prefix_row{"tcp4", kind::inet, family::v4, true},
    prefix_row{"tcp6", kind::inet, family::v6, true},
    prefix_row{"udp", kind::inet, family::none, false},
    prefix_row{"udp4", kind::inet, family::v4, false},
    prefix_row{"udp6", kind::inet, family::v6, false},
    prefix_row{"unix", kind::unix_socket, family::none, true},
    prefix_row{"uxst", kind::unix_socket, family::none, true},
    prefix_row{"uxdg", kind::unix_socket, family::none, false},
    prefix_row{"abns", kind::abstract, family::none, true},
    prefix_row{"abnsz", kind::abstract_exact, family::none, true},
    prefix_row{"fd", kind::descriptor, family::none, true},
    prefix_row{"sockpair", kind::unsupported, family::none, true},
    prefix_row{"mptcp", kind::unsupported, family::none, true},
    prefix_row{"mptcp4", kind::unsupported, family::none, true},
    prefix_row{"mptcp6", kind::unsupported, family::none, true},
    prefix_row{"quic", kind::unsupported, family::none, true},
    prefix_row{"quic4", kind::unsupported, family::none, true},
    prefix_row{"quic6", kind::unsupported, family::none, true},
    prefix_row{"rhttp", kind::unsupported, family::none, true},
    prefix_row{"rev", kind::unsupported, family::none, true},
};

class reader {
 public:
  // `written`: what stood in the file, of which the text that is read may be the expansion.
  reader(std::string_view keyword, const word& from, std::size_t offset, std::string_view written,
         const endpoint_rules& rules, diagnostics& report)
      : keyword_(keyword), from_(from), offset_(offset), written_(written), rules_(rules), report_(report) {}

  std::optional<endpoint> read(std::string_view text) {
    whole_ = text;
    expanded_ = text != written_;
    if (text.empty() && expanded_) {
      report_.alert("unset-variable", piece(0, 0),
                    fmt::format("'{}': nothing is left of the address '{}': its environment variable is not set", keyword_,
                                written_),
                    "set the variable, or give a default in the file: \"${NAME-value}\"");
      return std::nullopt;
    }
    std::string_view rest = text;
    bool stream = true;
    if (take(rest, "stream+")) stream = true;
    else if (take(rest, "dgram+")) stream = false;

    kind what = kind::automatic;
    family wanted = family::none;
    const std::size_t at = rest.find('@');
    if (at != std::string_view::npos && rest.find('/') > at) {
      const std::string_view name = rest.substr(0, at);
      const prefix_row* row = nullptr;
      for (const prefix_row& each : prefixes)
        if (each.name == name) row = &each;
      if (row == nullptr) {
        fail("invalid-address", text, 0, at + 1, fmt::format("'{}@' is no kind of address", name),
             "the kinds are ipv4@, ipv6@, unix@, abns@, abnsz@ and fd@");
        return std::nullopt;
      }
      what = row->what;
      wanted = row->wanted;
      stream = stream && row->stream;
      rest.remove_prefix(at + 1);
      if (what == kind::unsupported) {
        report_.alert("not-supported-yet", piece(0, at + 1),
                      fmt::format("'{}': addresses of the kind '{}@' are known to HAProxy and not supported here yet",
                                  keyword_, name));
        return std::nullopt;
      }
    } else if (rest.starts_with('/')) {
      what = kind::unix_socket;
    }
    out_.stream = stream;
    if (!stream && !rules_.datagram) {
      report_.alert("not-supported-yet", piece(0, text.size()),
                    fmt::format("'{}': datagram addresses are known to HAProxy and not supported here yet", keyword_));
      return std::nullopt;
    }
    if (what == kind::abstract_exact) out_.length = abstract_length::exact;
    if (what == kind::unix_socket) return socket_path(rest, false);
    if (what == kind::abstract || what == kind::abstract_exact) return socket_path(rest, true);
    if (what == kind::descriptor) return descriptor(rest);
    return inet(rest, wanted);
  }

 private:
  static bool take(std::string_view& text, std::string_view start) {
    if (!text.starts_with(start)) return false;
    text.remove_prefix(start.size());
    return true;
  }

  // Places in what was expanded are none of the file: then it is the whole.
  span piece(std::size_t at, std::size_t length) const {
    return expanded_ ? part_of(from_, offset_, written_.size()) : part_of(from_, offset_ + at, length);
  }

  void fail(std::string id, std::string_view of, std::size_t at, std::size_t length, std::string message,
            std::string help = {}) {
    const std::size_t start = static_cast<std::size_t>(of.data() - whole_.data()) + at;
    report_.alert(std::move(id), piece(start, length == 0 ? 1 : length),
                  fmt::format("'{}': {} in '{}'{}", keyword_, message, whole_,
                              expanded_ ? fmt::format(", which '{}' stands for", written_) : std::string()),
                  std::move(help));
  }

  std::optional<endpoint> socket_path(std::string_view path, bool abstract) {
    if (!rules_.unix_sockets) {
      fail("invalid-address", whole_, 0, whole_.size(), "a unix socket is not possible here");
      return std::nullopt;
    }
    if (path.empty()) {
      fail("invalid-address", whole_, 0, whole_.size(), "the path is missing");
      return std::nullopt;
    }
    if (!sockaddr_of_path(path, abstract, out_.length)) {
      fail("invalid-address", path, 0, path.size(), "the path is longer than the 107 bytes of a socket address");
      return std::nullopt;
    }
    out_.path = std::string(path);
    out_.abstract = abstract;
    return out_;
  }

  std::optional<endpoint> descriptor(std::string_view text) {
    if (!rules_.descriptors) {
      fail("invalid-address", whole_, 0, whole_.size(), "a file descriptor is not possible here");
      return std::nullopt;
    }
    const auto number = parse_number(text, 0, 1'048'576);
    if (!number) {
      fail("invalid-address", text, 0, text.size(), fmt::format("the file descriptor '{}' {}", text, number.error));
      return std::nullopt;
    }
    out_.fd = static_cast<int>(number.value);
    return out_;
  }

  std::optional<endpoint> inet(std::string_view text, family wanted) {
    // The port begins behind the last colon, unless a bracket closes behind it: "::1:80" is ::1, port 80.
    std::string_view host = text, port;
    const std::size_t colon = text.rfind(':');
    const std::size_t bracket = text.rfind(']');
    bool has_port = false;
    if (colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket)) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
      has_port = !port.empty();
    }
    if (!read_host(host, text, wanted)) return std::nullopt;
    if (has_port) {
      if (!read_port(port)) return std::nullopt;
    } else if (rules_.port_needed) {
      fail("invalid-address", text, text.size(), 1, "the port is missing",
           host.find_first_not_of("0123456789") == std::string_view::npos && !host.empty()
               ? fmt::format("write :{} for that port on every address", host)
               : "write address:port, or :port for every address");
      return std::nullopt;
    }
    return out_;
  }

  bool read_host(std::string_view host, std::string_view text, family wanted) {
    out_.wanted = wanted;
    const std::string_view written = host;
    bool bracketed = false;
    if (host.starts_with('[')) {
      if (!host.ends_with(']')) {
        fail("invalid-address", host, 0, host.size(), "the bracket '[' is not closed");
        return false;
      }
      bracketed = true;
      host = host.substr(1, host.size() - 2);
    }
    if (!bracketed && (host.empty() || host == "*")) {
      out_.wildcard = true;
      out_.ip.kind = wanted == family::v6 ? family::v6 : family::v4;
      return true;
    }
    if (const auto literal = parse_ip(host)) {
      if (wanted != family::none && literal->kind != wanted) {
        fail("invalid-address", written, 0, written.size(),
             wanted == family::v4 ? "an IPv6 address behind an IPv4 prefix" : "an IPv4 address behind an IPv6 prefix");
        return false;
      }
      out_.ip = *literal;
      return true;
    }
    if (bracketed || host.find(':') != std::string_view::npos) {
      fail("invalid-address", text, 0, text.size(), fmt::format("'{}' is not an IPv6 address", host),
           parse_ip(text) ? fmt::format("write [{}] for an IPv6 address without a port", text) : std::string());
      return false;
    }
    // Digits and dots only would be an address, and four numbers are missing or too large.
    if (host.find_first_not_of("0123456789.") == std::string_view::npos &&
        host.find('.') != std::string_view::npos) {
      fail("invalid-address", written, 0, written.size(), fmt::format("'{}' is not an IPv4 address", host));
      return false;
    }
    for (std::size_t at = 0; at < host.size(); ++at) {
      const char c = host[at];
      const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                        c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
      if (good) continue;
      fail("invalid-address", host, at, 1, fmt::format("'{}' cannot be part of a host name", c));
      return false;
    }
    if (!rules_.names) {
      fail("invalid-address", written, 0, written.size(), fmt::format("'{}' is a name; an address is needed", host));
      return false;
    }
    out_.host = std::string(host);
    return true;
  }

  std::optional<std::uint16_t> port_number(std::string_view text) {
    const auto number = parse_number(text, rules_.zero_port ? 0 : 1, 65535);
    if (!number) {
      fail("invalid-port", text, number.offset, number.length > 0 ? number.length : text.size(),
           fmt::format("the port '{}' {}", text, number.error));
      return std::nullopt;
    }
    return static_cast<std::uint16_t>(number.value);
  }

  bool read_port(std::string_view text) {
    if (!rules_.port_allowed) {
      fail("invalid-port", text, 0, text.size(), "a port is not possible here");
      return false;
    }
    if (text[0] == '+' || text[0] == '-') {
      if (!rules_.offset) {
        fail("invalid-port", text, 0, text.size(), "a port offset is not possible here");
        return false;
      }
      const auto number = parse_number(text.substr(1), 0, 65535);
      if (!number) {
        fail("invalid-port", text, 0, text.size(), fmt::format("the port offset '{}' {}", text, number.error));
        return false;
      }
      out_.relative = true;
      out_.port_offset = static_cast<int>(number.value) * (text[0] == '-' ? -1 : 1);
      out_.port_given = true;
      return true;
    }
    const std::size_t dash = text.find('-');
    const auto low = port_number(text.substr(0, dash));
    if (!low) return false;
    out_.port = *low;
    out_.port_given = true;
    if (dash == std::string_view::npos) return true;
    if (!rules_.range) {
      fail("invalid-port", text, 0, text.size(), "a range of ports is not possible here");
      return false;
    }
    const auto high = port_number(text.substr(dash + 1));
    if (!high) return false;
    if (*high < *low) {
      fail("invalid-port", text, 0, text.size(), fmt::format("the port range '{}' runs backwards", text));
      return false;
    }
    out_.port_high = *high;
    return true;
  }

  std::string_view keyword_;
  const word& from_;
  std::size_t offset_;
  std::string_view written_;
  bool expanded_ = false;
  const endpoint_rules& rules_;
  diagnostics& report_;
  std::string_view whole_;
  endpoint out_;
};

}  // namespace

std::string expand_address(std::string_view text, const environment& variables) {
  const auto name_char = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '$') {
      out += text[at++];
      continue;
    }
    ++at;
    const bool braced = at < text.size() && text[at] == '{';
    if (braced) ++at;
    const std::size_t begin = at;
    while (at < text.size() && name_char(text[at])) ++at;
    out += variables.find(text.substr(begin, at - begin)).value_or(std::string_view());
    if (braced && at < text.size() && text[at] == '}') ++at;
  }
  return out;
}

std::optional<endpoint> read_endpoint(std::string_view keyword, const word& from, std::size_t offset,
                                      std::string_view text, const endpoint_rules& rules, const environment& variables,
                                      diagnostics& report) {
  if (text.find('$') == std::string_view::npos) return reader(keyword, from, offset, text, rules, report).read(text);
  const std::string expanded = expand_address(text, variables);
  return reader(keyword, from, offset, text, rules, report).read(expanded);
}

std::optional<endpoint> read_endpoint(std::string_view keyword, const word& from, const endpoint_rules& rules,
                                      const environment& variables, diagnostics& report) {
  return read_endpoint(keyword, from, 0, from.text, rules, variables, report);
}

std::optional<network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  network out;
  out.base = *base;
  const unsigned width = base->kind == family::v4 ? 32 : 128;
  out.bits = width;
  if (slash == std::string_view::npos) return out;
  const std::string_view mask = text.substr(slash + 1);
  if (const auto bits = parse_number(mask, 0, width)) {
    out.bits = static_cast<unsigned>(bits.value);
    return out;
  }
  const auto dotted = parse_ip(mask);
  if (!dotted || dotted->kind != family::v4 || base->kind != family::v4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t at = 0; at < 4; ++at) value = value << 8 | dotted->bytes[at];
  unsigned bits = 0;
  while (bits < 32 && (value & (0x8000'0000u >> bits)) != 0) ++bits;
  const std::uint32_t expected = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
  if (value != expected) return std::nullopt;
  out.bits = bits;
  return out;
}

}  // namespace ringway::config

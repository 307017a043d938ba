#include <algorithm>
#include <charconv>
#include <cstring>

#include "proxy_protocol/header.hpp"
#include "proxy_protocol/wire.hpp"

namespace ringway::proxy_protocol {

namespace {

// An IPv4 address as IPv6 has it: ::ffff:192.0.2.1
address as_v6(const address& from) {
  if (from.kind != family::v4) return from;
  address out;
  out.kind = family::v6;
  out.port = from.port;
  out.bytes[10] = out.bytes[11] = 0xff;
  std::copy_n(from.bytes.begin(), 4, out.bytes.begin() + 12);
  return out;
}

class output {
 public:
  explicit output(written& into) : into_(into) {}
  void text(std::string_view more) {
    std::memcpy(into_.data() + size_, more.data(), more.size());
    size_ += more.size();
  }
  void byte(std::uint8_t one) { into_[size_++] = static_cast<char>(one); }
  void two(std::size_t value) {
    byte(static_cast<std::uint8_t>(value >> 8));
    byte(static_cast<std::uint8_t>(value));
  }
  void host(const address& of) { size_ += of.write_host(into_.data() + size_); }
  void bytes(const address& of, std::size_t count) {
    std::memcpy(into_.data() + size_, of.bytes.data(), count);
    size_ += count;
  }
  void decimal(unsigned value) {
    size_ = static_cast<std::size_t>(std::to_chars(into_.data() + size_, into_.data() + into_.size(), value).ptr - into_.data());
  }
  std::size_t size() const { return size_; }

 private:
  written& into_;
  std::size_t size_ = 0;
};

constexpr std::size_t checksum_value = 7;  // type, length, four bytes

std::size_t with_checksum(output& out, written& into) {
  out.byte(wire::crc32c);
  out.two(4);
  const std::uint32_t crc = checksum({into.data(), out.size()}, {});
  out.two(crc >> 16);
  out.two(crc & 0xffff);
  return out.size();
}

}  // namespace

std::size_t write_v1(const endpoints& who, written& into) {
  output out(into);
  if (!who.source.is_ip() || !who.destination.is_ip()) {
    out.text("PROXY UNKNOWN\r\n");
    return out.size();
  }
  const bool v4 = who.source.kind == family::v4 && who.destination.kind == family::v4;
  out.text(v4 ? "PROXY TCP4 " : "PROXY TCP6 ");
  out.host(v4 ? who.source : as_v6(who.source));
  out.text(" ");
  out.host(v4 ? who.destination : as_v6(who.destination));
  out.text(" ");
  out.decimal(who.source.port);
  out.text(" ");
  out.decimal(who.destination.port);
  out.text("\r\n");
  return out.size();
}

std::size_t write_v2(const endpoints& who, bool with_crc, written& into) {
  if (!who.source.is_ip() || !who.destination.is_ip()) return write_local_v2(with_crc, into);
  const bool v4 = who.source.kind == family::v4 && who.destination.kind == family::v4;
  const std::size_t size = v4 ? 4 : 16;
  output out(into);
  out.text(wire::signature);
  out.byte(wire::version | wire::command_proxy);
  out.byte(static_cast<std::uint8_t>((v4 ? wire::inet : wire::inet6) << 4 | wire::stream));
  out.two(2 * size + 4 + (with_crc ? checksum_value : 0));
  out.bytes(v4 ? who.source : as_v6(who.source), size);
  out.bytes(v4 ? who.destination : as_v6(who.destination), size);
  out.two(who.source.port);
  out.two(who.destination.port);
  return with_crc ? with_checksum(out, into) : out.size();
}

std::size_t write_local_v2(bool with_crc, written& into) {
  output out(into);
  out.text(wire::signature);
  out.byte(wire::version | wire::command_local);
  out.byte(0);
  out.two(with_crc ? checksum_value : 0);
  return with_crc ? with_checksum(out, into) : out.size();
}

}  // namespace ringway::proxy_protocol

// Tables of headers; each is read at every cut, and with bytes behind it.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy_protocol/header.hpp"

using namespace ringway;
using namespace ringway::proxy_protocol;

namespace {

constexpr std::size_t most = 16384;

std::string bytes_of(std::initializer_list<unsigned> values) {
  std::string out;
  for (const unsigned one : values) out.push_back(static_cast<char>(one));
  return out;
}

std::string v2(unsigned version_command, unsigned protocol, const std::string& block) {
  return std::string("\r\n\r\n\0\r\nQUIT\n", 12) +
         bytes_of({version_command, protocol, static_cast<unsigned>(block.size() >> 8),
                   static_cast<unsigned>(block.size() & 255)}) +
         block;
}
std::string value(unsigned type, const std::string& text) {
  return bytes_of({type, static_cast<unsigned>(text.size() >> 8), static_cast<unsigned>(text.size() & 255)}) + text;
}

const std::string ip4 = bytes_of({192, 0, 2, 1, 192, 0, 2, 2, 4, 87, 8, 174});  // ports 1111, 2222
const std::string ip6 = bytes_of({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) +
                        bytes_of({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}) + bytes_of({4, 87, 8, 174});
const std::string paths = std::string("/run/a") + std::string(102, '\0') + std::string("/run/b") + std::string(102, '\0');

std::string with_crc(std::string text, std::size_t at) {
  const std::uint32_t crc = checksum(text.substr(0, at), text.substr(at + 4));
  for (unsigned i = 0; i < 4; ++i) text[at + i] = static_cast<char>(crc >> (24 - 8 * i));
  return text;
}
const std::string checked = with_crc(v2(0x21, 0x11, ip4 + value(3, "0000") + value(4, "xyz")), 31);

struct row {
  const char* name;
  std::string text;
  state what;
  const char* means;  // done: "source destination", "": the connection's own; bad: unused
  fault why = fault::none;
};

const std::vector<row>& rows() {
  static const std::vector<row> all = {
      {"v4", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n", state::done, "192.0.2.1:1111 192.0.2.2:2222"},
      {"v4 greatest", "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", state::done,
       "255.255.255.255:65535 255.255.255.255:65535"},
      {"v4 least", "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", state::done, "0.0.0.0:0 0.0.0.0:0"},
      {"v6", "PROXY TCP6 2001:db8::1 2001:DB8::2 1111 2222\r\n", state::done, "[2001:db8::1]:1111 [2001:db8::2]:2222"},
      {"v6 long", "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe 65535 65535\r\n",
       state::done,
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 [ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe]:65535"},
      {"v6 mapped", "PROXY TCP6 ::ffff:1.2.3.4 ::1 1 2\r\n", state::done, "[::ffff:1.2.3.4]:1 [::1]:2"},
      {"unknown", "PROXY UNKNOWN\r\n", state::done, ""},
      {"unknown with more", "PROXY UNKNOWN ffff::1 nonsense 1 2 3\r\n", state::done, ""},
      {"unknown as long as may be", "PROXY UNKNOWN " + std::string(91, 'x') + "\r\n", state::done, ""},
      {"unknown, too long", "PROXY UNKNOWN " + std::string(92, 'x') + "\r\n", state::bad, "", fault::malformed},
      {"no end", "PROXY UNKNOWN " + std::string(400, 'x'), state::bad, "", fault::malformed},
      {"zero in front of an octet", "PROXY TCP4 192.0.02.1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::malformed},
      {"zero in front of a port", "PROXY TCP4 192.0.2.1 192.0.2.2 01111 2222\r\n", state::bad, "", fault::malformed},
      {"port too great", "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2222\r\n", state::bad, "", fault::malformed},
      {"port with a sign", "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2222\r\n", state::bad, "", fault::malformed},
      {"two spaces", "PROXY TCP4 192.0.2.1  192.0.2.2 1111 2222\r\n", state::bad, "", fault::malformed},
      {"tab", "PROXY TCP4\t192.0.2.1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::unknown_protocol},
      {"space at the end", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222 \r\n", state::bad, "", fault::malformed},
      {"a word too many", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222 3\r\n", state::bad, "", fault::malformed},
      {"a word too few", "PROXY TCP4 192.0.2.1 192.0.2.2 1111\r\n", state::bad, "", fault::malformed},
      {"no port", "PROXY TCP4 192.0.2.1 192.0.2.2\r\n", state::bad, "", fault::malformed},
      {"no words", "PROXY TCP4\r\n", state::bad, "", fault::malformed},
      {"bare line feed", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\n", state::bad, "", fault::malformed},
      {"bare line feed of unknown", "PROXY UNKNOWN\n", state::bad, "", fault::malformed},
      {"carriage return inside", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 22\r22\r\n", state::bad, "", fault::malformed},
      {"v6 where v4 is said", "PROXY TCP4 ::1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::malformed},
      {"v4 where v6 is said", "PROXY TCP6 ::1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::malformed},
      {"zone", "PROXY TCP6 fe80::1%lo ::1 1111 2222\r\n", state::bad, "", fault::malformed},
      {"other protocol", "PROXY TCP5 192.0.2.1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::unknown_protocol},
      {"udp", "PROXY UDP4 192.0.2.1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::unknown_protocol},
      {"lower case", "proxy TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n", state::bad, "", fault::no_header},
      {"a request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", state::bad, "", fault::no_header},
      {"a request that begins alike", "PROXYX / HTTP/1.1\r\n\r\n", state::bad, "", fault::no_header},
      {"empty lines", "\r\n\r\n\r\n", state::bad, "", fault::no_header},
      {"TLS", bytes_of({0x16, 3, 1}), state::bad, "", fault::no_header},

      {"2 v4", v2(0x21, 0x11, ip4), state::done, "192.0.2.1:1111 192.0.2.2:2222"},
      {"2 v6", v2(0x21, 0x21, ip6), state::done, "[2001:db8::1]:1111 [2001:db8::2]:2222"},
      {"2 unix", v2(0x21, 0x31, paths), state::done, ""},
      {"2 local", v2(0x20, 0x00, ""), state::done, ""},
      {"2 local with a block", v2(0x20, 0x11, ip4), state::done, ""},
      {"2 local with anything", v2(0x20, 0x99, "anything"), state::done, ""},
      {"2 unspec", v2(0x21, 0x00, ""), state::done, ""},
      {"2 unspec with a block", v2(0x21, 0x00, "who knows"), state::done, ""},
      {"2 datagrams", v2(0x21, 0x12, ip4), state::done, ""},
      {"2 family without transport", v2(0x21, 0x10, ip4), state::done, ""},
      {"2 version 1", v2(0x11, 0x11, ip4), state::bad, "", fault::no_header},
      {"2 version 3", v2(0x31, 0x11, ip4), state::bad, "", fault::no_header},
      {"2 command", v2(0x22, 0x11, ip4), state::bad, "", fault::malformed},
      {"2 family", v2(0x21, 0x41, ip4), state::bad, "", fault::malformed},
      {"2 transport", v2(0x21, 0x13, ip4), state::bad, "", fault::malformed},
      {"2 v4 too short", v2(0x21, 0x11, ip4.substr(1)), state::bad, "", fault::malformed},
      {"2 v6 too short", v2(0x21, 0x21, ip6.substr(1)), state::bad, "", fault::malformed},
      {"2 unix too short", v2(0x21, 0x31, paths.substr(1)), state::bad, "", fault::malformed},
      {"2 values", v2(0x21, 0x11, ip4 + value(1, "h2") + value(2, "example.com") + value(5, std::string(128, 'u')) + value(0xea, "")),
       state::done, "192.0.2.1:1111 192.0.2.2:2222"},
      {"2 value runs over", v2(0x21, 0x11, ip4 + bytes_of({4, 0, 9}) + "abc"), state::bad, "", fault::malformed},
      {"2 value cut", v2(0x21, 0x11, ip4 + bytes_of({4, 0})), state::bad, "", fault::malformed},
      {"2 long id", v2(0x21, 0x11, ip4 + value(5, std::string(129, 'u'))), state::bad, "", fault::malformed},
      {"2 long authority", v2(0x21, 0x11, ip4 + value(2, std::string(256, 'a'))), state::bad, "", fault::malformed},
      {"2 tls", v2(0x21, 0x11, ip4 + value(0x20, bytes_of({1, 0, 0, 0, 0}) + value(0x21, "TLSv1.3") + value(0x22, "me"))),
       state::done, "192.0.2.1:1111 192.0.2.2:2222"},
      {"2 tls too short", v2(0x21, 0x11, ip4 + value(0x20, bytes_of({1, 0, 0, 0}))), state::bad, "", fault::malformed},
      {"2 tls value runs over", v2(0x21, 0x11, ip4 + value(0x20, bytes_of({1, 0, 0, 0, 0, 0x21, 0, 8}) + "TLSv1.3")), state::bad,
       "", fault::malformed},
      {"2 checksum", checked, state::done, "192.0.2.1:1111 192.0.2.2:2222"},
      {"2 wrong checksum", v2(0x21, 0x11, ip4 + value(3, "abcd")), state::bad, "", fault::malformed},
      {"2 short checksum", v2(0x21, 0x11, ip4 + value(3, "abc")), state::bad, "", fault::malformed},
      {"2 long", v2(0x21, 0x11, ip4 + value(4, std::string(most - 16 - 12 - 3, 'x'))), state::done,
       "192.0.2.1:1111 192.0.2.2:2222"},
      {"2 too long", v2(0x21, 0x11, ip4 + value(4, std::string(most - 16 - 12 - 2, 'x'))), state::bad, "", fault::malformed},
  };
  return all;
}

std::string text_of(const header& from) {
  return from.names_client ? from.who.source.text() + " " + from.who.destination.text() : std::string();
}

}  // namespace

TEST_CASE("each header means what it says, at every cut and whatever follows") {
  for (const row& one : rows()) {
    CAPTURE(one.name);
    const header whole = read(one.text, most);
    CHECK(whole.what == one.what);
    CHECK(whole.why == one.why);
    if (one.what == state::done) {
      CHECK(whole.bytes == one.text.size());
      CHECK(text_of(whole) == one.means);
      for (const std::string& more : {std::string("G"), std::string("\n"), std::string("\r\n\r\n\0\r\nQUIT\n!", 13)}) {
        const header followed = read(one.text + more, most);
        CHECK(followed.what == state::done);
        CHECK(followed.bytes == one.text.size());
        CHECK(text_of(followed) == one.means);
      }
    }
    // The beginning asks for more until the verdict is there, and that never changes.
    bool decided = false;
    for (std::size_t size = 0; size < one.text.size(); size += size < 300 ? 1 : 97) {
      const header part = read(std::string_view(one.text).substr(0, size), most);
      if (one.what == state::done) {
        REQUIRE(part.what == state::more);
      } else if (decided || part.what == state::bad) {
        decided = true;
        REQUIRE(part.what == state::bad);
        REQUIRE(part.why == one.why);
      }
    }
  }
}

TEST_CASE("a header that cannot become one is refused at the first byte that shows it") {
  CHECK(read("", most).what == state::more);
  CHECK(read("G", most).what == state::bad);
  CHECK(read("PROXZ", most).what == state::bad);
  CHECK(read("\r\n\r\nG", most).what == state::bad);
  CHECK(read(std::string_view("\r\n\r\n\0\r\nQUIT\n\x11", 13), most).what == state::bad);
  CHECK(read(std::string_view("\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16), most).what == state::bad);
}

TEST_CASE("one changed bit is seen by the checksum, except in the signature's place") {
  for (std::size_t at = 16; at < checked.size(); ++at)
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string changed = checked;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      // The type of the checksum itself, changed, makes it another value that is not checked.
      if (at == 28) continue;
      CAPTURE(at);
      CHECK(read(changed, most).what == state::bad);
    }
}

TEST_CASE("the checksum is CRC-32C") {
  // RFC 9260 appendix A is that of RFC 3720, whose B.4 has vectors: 32 zero bytes.
  CHECK(checksum(std::string(14, '\0'), std::string(14, '\0')) == 0x8a9136aa);
}

TEST_CASE("what is written is what is read") {
  const auto ip = [](const char* text, std::uint16_t port) {
    address out = *parse_ip(text);
    out.port = port;
    return out;
  };
  address nowhere, socket_file;
  socket_file.kind = family::unix_path;
  struct written_row {
    endpoints who;
    const char* means;
    const char* line;
  };
  const written_row table[] = {
      {{ip("192.0.2.1", 1111), ip("192.0.2.2", 80)}, "192.0.2.1:1111 192.0.2.2:80", "PROXY TCP4 192.0.2.1 192.0.2.2 1111 80\r\n"},
      {{ip("2001:db8::1", 1), ip("::1", 65535)}, "[2001:db8::1]:1 [::1]:65535", "PROXY TCP6 2001:db8::1 ::1 1 65535\r\n"},
      {{ip("192.0.2.1", 1), ip("::1", 2)}, "[::ffff:192.0.2.1]:1 [::1]:2", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"},
      {{ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535), ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)},
       "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535 [ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
       "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"},
      {{socket_file, socket_file}, "", "PROXY UNKNOWN\r\n"},
      {{ip("192.0.2.1", 1), nowhere}, "", "PROXY UNKNOWN\r\n"},
  };
  for (const written_row& one : table) {
    written out;
    const std::string_view line(out.data(), write_v1(one.who, out));
    CHECK(line == one.line);
    CHECK(text_of(read(line, most)) == one.means);
    for (const bool crc : {false, true}) {
      const std::string_view block(out.data(), write_v2(one.who, crc, out));
      const header again = read(block, most);
      CHECK(again.what == state::done);
      CHECK(again.bytes == block.size());
      CHECK(text_of(again) == one.means);
    }
  }
  written out;
  CHECK(std::string_view(out.data(), write_local_v2(false, out)) == v2(0x20, 0, ""));
  // As HAProxy 2.6 writes it.
  CHECK(std::string_view(out.data(), write_local_v2(true, out)) == v2(0x20, 0, bytes_of({3, 0, 4, 0xa9, 0xb8, 0x7e, 0x8f})));
}

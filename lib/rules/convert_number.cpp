// Arithmetic, hashes and networks (configuration.txt 7.3.1).
#include <bit>

#include "base/hash.hpp"
#include "rules/convert.hpp"

namespace ringway::rules {
namespace {

// Sums and products are kept within 64 bits, as HAProxy does.
std::int64_t saturated(bool overflow, std::int64_t value, bool towards_max) {
  return overflow ? (towards_max ? INT64_MAX : INT64_MIN) : value;
}
bool add(const context&, const argument_list& args, sample& io) {
  std::int64_t out = 0;
  const bool over = __builtin_add_overflow(io.number, args[0].number, &out);
  io.number = saturated(over, out, io.number > 0);
  return true;
}
bool subtract(const context&, const argument_list& args, sample& io) {
  std::int64_t out = 0;
  const bool over = __builtin_sub_overflow(io.number, args[0].number, &out);
  io.number = saturated(over, out, io.number > 0);
  return true;
}
bool multiply(const context&, const argument_list& args, sample& io) {
  std::int64_t out = 0;
  const bool over = __builtin_mul_overflow(io.number, args[0].number, &out);
  io.number = saturated(over, out, (io.number > 0) == (args[0].number > 0));
  return true;
}
bool divide(const context&, const argument_list& args, sample& io) {
  const std::int64_t by = args[0].number;
  if (by == 0) io.number = INT64_MAX;
  else if (io.number == INT64_MIN && by == -1) io.number = INT64_MAX;
  else io.number /= by;
  return true;
}
bool modulo(const context&, const argument_list& args, sample& io) {
  const std::int64_t by = args[0].number;
  if (by == 0 || (io.number == INT64_MIN && by == -1)) io.number = 0;
  else io.number %= by;
  return true;
}
bool bits_and(const context&, const argument_list& args, sample& io) { return io.number &= args[0].number, true; }
bool bits_or(const context&, const argument_list& args, sample& io) { return io.number |= args[0].number, true; }
bool bits_xor(const context&, const argument_list& args, sample& io) { return io.number ^= args[0].number, true; }
bool complement(const context&, const argument_list&, sample& io) { return io.number = ~io.number, true; }
bool negate(const context&, const argument_list&, sample& io) {
  io.number = io.number == INT64_MIN ? INT64_MAX : -io.number;
  return true;
}
bool truth(const context&, const argument_list&, sample& io) { return io.set_bool(io.number != 0), true; }
bool invert(const context&, const argument_list&, sample& io) { return io.set_bool(io.number == 0), true; }
bool is_odd(const context&, const argument_list&, sample& io) { return io.set_bool((io.number & 1) != 0), true; }
bool is_even(const context&, const argument_list&, sample& io) { return io.set_bool((io.number & 1) == 0), true; }

template <std::uint32_t (*Hash)(std::string_view)>
bool hashed(const context&, const argument_list& args, sample& io) {
  std::uint32_t value = Hash(io.text);
  if (!args.empty() && args[0].number != 0) value = hash::avalanche(value);
  io.set_integer(value);
  return true;
}
bool xxh32(const context&, const argument_list& args, sample& io) {
  io.set_integer(hash::xxh32(io.text, args.empty() ? 0 : static_cast<std::uint32_t>(args[0].number)));
  return true;
}

// An IPv4 address that is written as one of IPv6: mapped, of ::/96 (with it :: and ::1), 6to4. As HAProxy has it.
address as_v4(const address& at) {
  if (at.kind != family::v6) return at;
  const auto& b = at.bytes;
  const auto zero = [&b](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i)
      if (b[i] != 0) return false;
    return true;
  };
  std::size_t begin = 12;
  if (b[0] == 0x20 && b[1] == 0x02)
    begin = 2;
  else if (!zero(0, 10) || !((b[10] == 0xff && b[11] == 0xff) || zero(10, 12)))
    return at;
  address out;
  out.kind = family::v4;
  out.port = at.port;
  for (std::size_t i = 0; i < 4; ++i) out.bytes[i] = b[begin + i];
  return out;
}

bool mask(const context&, const argument_list& args, sample& io) {
  io.ip = as_v4(io.ip);
  const bool v4 = io.ip.kind == family::v4;
  if (!v4 && args.size() < 2) return false;
  const auto& by = v4 ? args[0].ip.bytes : args[1].ip.bytes;
  for (std::size_t i = 0; i < (v4 ? 4u : 16u); ++i) io.ip.bytes[i] &= by[i];
  return true;
}

#define ON_NUMBERS .expects = kind::integer, .gives = kind::integer
#define ONE_NUMBER .arguments = "(<number>|<variable>)", .takes_ = {takes::amount}, .required = 1, ON_NUMBERS
#define TRUTH .expects = kind::integer, .gives = kind::boolean
#define HASH .arguments = "([<avalanche>])", .takes_ = {takes::number}, .expects = kind::binary, .gives = kind::integer

constexpr std::array rows = {
    converter_row{.name = "add", ONE_NUMBER, .summary = "Adds.", .example = "dst_port,add(1) 81", .since = "1.6",
        .run = &add},
    converter_row{.name = "sub", ONE_NUMBER, .summary = "Subtracts.", .example = "dst_port,sub(80) 0", .since = "1.6",
        .run = &subtract},
    converter_row{.name = "mul", ONE_NUMBER, .summary = "Multiplies.", .example = "nbsrv(shop),mul(2) gt 4",
        .since = "1.6", .run = &multiply},
    converter_row{.name = "div", ONE_NUMBER, .summary = "Divides; by 0 the largest number.",
        .example = "be_conn(shop),div(10) gt 5", .since = "1.6", .run = &divide},
    converter_row{.name = "mod", ONE_NUMBER, .summary = "The rest of a division; by 0: 0.",
        .example = "src,mod(2) 0", .since = "1.6", .run = &modulo},
    converter_row{.name = "and", ONE_NUMBER, .summary = "Bitwise and.", .example = "src_port,and(1) 1", .since = "1.6",
        .run = &bits_and},
    converter_row{.name = "or", ONE_NUMBER, .summary = "Bitwise or.", .example = "src_port,or(1) 1", .since = "1.6",
        .run = &bits_or},
    converter_row{.name = "xor", ONE_NUMBER, .summary = "Bitwise exclusive or.", .example = "src_port,xor(1) 1",
        .since = "1.6", .run = &bits_xor},
    converter_row{.name = "cpl", ON_NUMBERS, .summary = "All bits turned.", .example = "int(0),cpl eq -1", .since = "1.6",
        .run = &complement},
    converter_row{.name = "neg", ON_NUMBERS, .summary = "The sign turned.", .example = "int(1),neg eq -1", .since = "1.6",
        .run = &negate},
    converter_row{.name = "bool", TRUTH, .summary = "True unless 0.", .example = "hdr_cnt(via),bool", .since = "1.6",
        .run = &truth},
    converter_row{.name = "not", TRUTH, .summary = "True if 0 or false.", .example = "hdr_cnt(via),not", .since = "1.6",
        .run = &invert},
    converter_row{.name = "odd", TRUTH, .summary = "The number is odd.", .example = "src_port,odd", .since = "1.6",
        .run = &is_odd},
    converter_row{.name = "even", TRUTH, .summary = "The number is even.", .example = "src_port,even", .since = "1.6",
        .run = &is_even},
    converter_row{.name = "crc32", HASH, .summary = "CRC-32, as Ethernet and zlib have it; 1: with avalanche.",
        .example = "path,crc32,mod(2) 0", .since = "1.6", .run = &hashed<&hash::crc32>},
    converter_row{.name = "djb2", HASH, .summary = "The hash djb2; 1: with avalanche.",
        .example = "path,djb2,mod(2) 0", .since = "1.5", .run = &hashed<&hash::djb2>},
    converter_row{.name = "sdbm", HASH, .summary = "The hash sdbm; 1: with avalanche.",
        .example = "path,sdbm(1),mod(2) 0", .since = "1.5", .run = &hashed<&hash::sdbm>},
    converter_row{.name = "wt6", HASH, .summary = "The hash wt6; 1: with avalanche.",
        .example = "path,wt6,mod(2) 0", .since = "1.5", .run = &hashed<&hash::wt6>},
    converter_row{.name = "xxh32", .arguments = "([<seed>])", .takes_ = {takes::number}, .expects = kind::binary,
        .gives = kind::integer, .summary = "The hash XXH32.", .example = "path,xxh32,mod(2) 0", .since = "1.5",
        .run = &xxh32},
    converter_row{.name = "ipmask", .arguments = "(<mask4>[,<mask6>])", .takes_ = {takes::mask4, takes::mask6},
        .required = 1, .expects = kind::ip, .gives = kind::ip,
        .summary = "Keeps the bits of the mask: a number of bits or a dotted mask; IPv6 needs one of its own, unless it is an IPv4 address "
                   "in another form.",
        .example = "src,ipmask(24,64) 192.0.2.0", .since = "1.5", .run = &mask},
};

#undef ON_NUMBERS
#undef ONE_NUMBER
#undef TRUTH
#undef HASH

}  // namespace

std::span<const converter_row> converters_of_numbers() { return rows; }

}  // namespace ringway::rules

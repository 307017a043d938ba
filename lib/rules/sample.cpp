#include "rules/sample.hpp"

#include <charconv>
#include <cstring>

namespace ringway::rules {

std::string_view name_of(kind what) {
  switch (what) {
    case kind::boolean: return "boolean";
    case kind::integer: return "integer";
    case kind::ip: return "ip";
    case kind::text: return "string";
    case kind::binary: return "binary";
  }
  return "";
}

char* arena::take(std::size_t size) {
  while (current_ < blocks_.size() && blocks_[current_].size - used_ < size) {
    ++current_;
    used_ = 0;
  }
  if (current_ == blocks_.size()) {
    const std::size_t fresh = size > block_size ? size : block_size;
    blocks_.push_back({std::unique_ptr<char[]>(new char[fresh]), fresh});
  }
  char* out = blocks_[current_].bytes.get() + used_;
  used_ += size;
  return out;
}

std::string_view arena::keep(std::string_view text) {
  if (text.empty()) return {};
  char* at = take(text.size());
  text.copy(at, text.size());
  return {at, text.size()};
}

void arena::clear() {
  if (blocks_.size() > most_kept) blocks_.resize(most_kept);
  current_ = used_ = 0;
}

bool castable(kind from, kind to) {
  if (from == to) return true;
  switch (to) {
    case kind::boolean: return from == kind::integer || from == kind::text;
    case kind::integer: return from != kind::binary;
    case kind::ip: return from == kind::text || from == kind::integer || from == kind::binary;
    case kind::text: return true;
    case kind::binary: return true;
  }
  return false;
}

namespace {

// The digits at the beginning, with a sign; saturated to 64 bits, 0 without any. An empty text is no number.
bool leading_number(std::string_view text, std::int64_t& out) {
  if (text.empty()) return false;
  if (text.starts_with('+')) text.remove_prefix(1);
  out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc::result_out_of_range) out = text[0] == '-' ? INT64_MIN : INT64_MAX;
  return true;
}

std::string_view decimal(std::int64_t number, arena& memory) {
  char* at = memory.take(20);
  const auto [end, error] = std::to_chars(at, at + 20, number);
  memory.shrink(static_cast<std::size_t>(at + 20 - end));
  return {at, static_cast<std::size_t>(end - at)};
}

bool to_integer(sample& value) {
  if (value.what == kind::text) {
    std::int64_t number = 0;
    if (!leading_number(value.text, number)) return false;
    value.number = number;
  } else if (value.what == kind::ip) {
    const auto& b = value.ip.bytes;
    if (value.ip.kind == family::v4) {
      value.number = std::int64_t{b[0]} << 24 | b[1] << 16 | b[2] << 8 | b[3];
    } else {
      std::uint64_t low = 0;
      for (std::size_t i = 8; i < 16; ++i) low = low << 8 | b[i];
      value.number = static_cast<std::int64_t>(low);
    }
  }
  return true;
}

bool to_ip(sample& value) {
  if (value.what == kind::text) {
    const std::optional<address> read = parse_ip(value.text);
    if (!read) return false;
    value.ip = *read;
  } else if (value.what == kind::integer) {
    address out;
    out.kind = family::v4;
    for (std::size_t i = 0; i < 4; ++i) out.bytes[i] = static_cast<std::uint8_t>(value.number >> (24 - 8 * i));
    value.ip = out;
  } else {
    address out;
    if (value.text.size() != 4 && value.text.size() != 16) return false;
    out.kind = value.text.size() == 4 ? family::v4 : family::v6;
    std::memcpy(out.bytes.data(), value.text.data(), value.text.size());
    value.ip = out;
  }
  return true;
}

}  // namespace

bool cast(sample& value, kind to, arena& memory) {
  if (value.what == to) return true;
  if (!castable(value.what, to)) return false;
  switch (to) {
    case kind::boolean:
    case kind::integer:
      if (!to_integer(value)) return false;
      if (to == kind::boolean) value.number = value.number != 0;
      break;
    case kind::ip:
      if (!to_ip(value)) return false;
      break;
    case kind::text:
    case kind::binary:
      if (value.what == kind::ip && to == kind::binary) {
        value.text = memory.keep({reinterpret_cast<const char*>(value.ip.bytes.data()),
                                  value.ip.kind == family::v4 ? std::size_t{4} : std::size_t{16}});
      } else if (value.what == kind::integer && to == kind::binary) {
        char* at = memory.take(8);
        for (std::size_t i = 0; i < 8; ++i) at[i] = static_cast<char>(value.number >> (56 - 8 * i));
        value.text = {at, 8};
      } else if (value.what == kind::ip) {
        char* at = memory.take(46);
        const std::size_t size = value.ip.write_host(at);
        memory.shrink(46 - size);
        value.text = {at, size};
      } else if (value.what == kind::boolean || value.what == kind::integer) {
        value.text = decimal(value.number, memory);
      }
      break;
  }
  value.what = to;
  return true;
}

}  // namespace ringway::rules

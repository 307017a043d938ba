#include "config/values.hpp"

#include <fmt/format.h>

#include <limits>

namespace ringway::config {
namespace {

struct digits {
  std::uint64_t value = 0;
  std::size_t end = 0;
  bool overflow = false;
};

digits take_digits(std::string_view text) {
  digits out;
  while (out.end < text.size() && text[out.end] >= '0' && text[out.end] <= '9') {
    const unsigned digit = static_cast<unsigned>(text[out.end] - '0');
    if (out.value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10)
      out.overflow = true;
    else
      out.value = out.value * 10 + digit;
    ++out.end;
  }
  return out;
}

bool multiplied(std::uint64_t& value, std::uint64_t factor) {
  if (factor != 0 && value > std::numeric_limits<std::uint64_t>::max() / factor) return false;
  value *= factor;
  return true;
}

parsed<std::uint64_t> out_of_range(std::uint64_t min, std::uint64_t max) {
  parsed<std::uint64_t> out;
  out.error = fmt::format("is out of range ({} to {})", min, max);
  return out;
}

template <class T>
parsed<T> stray(std::string_view text, std::size_t at, std::string_view kind) {
  parsed<T> out;
  out.error =
      at == 0 ? fmt::format("is not {}", kind) : fmt::format("has '{}' after its digits", text.substr(at));
  out.offset = at;
  out.length = at == 0 ? 0 : text.size() - at;
  return out;
}

}  // namespace

parsed<std::uint64_t> parse_number(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const digits read = take_digits(text);
  if (read.end != text.size() || text.empty()) {
    auto out = stray<std::uint64_t>(text, read.end, "a number");
    if (!text.empty() && text[0] == '-') out.error = fmt::format("is not a number from {} to {}", min, max);
    return out;
  }
  if (read.overflow || read.value < min || read.value > max) return out_of_range(min, max);
  parsed<std::uint64_t> out;
  out.value = read.value;
  return out;
}

parsed<std::uint64_t> parse_size(std::string_view text, std::uint64_t min, std::uint64_t max) {
  const digits read = take_digits(text);
  if (read.end == 0) return stray<std::uint64_t>(text, 0, "a size");
  std::uint64_t value = read.value;
  bool fits = !read.overflow;
  const std::string_view suffix = text.substr(read.end);
  if (suffix == "k" || suffix == "K")
    fits = fits && multiplied(value, std::uint64_t{1} << 10);
  else if (suffix == "m" || suffix == "M")
    fits = fits && multiplied(value, std::uint64_t{1} << 20);
  else if (suffix == "g" || suffix == "G")
    fits = fits && multiplied(value, std::uint64_t{1} << 30);
  else if (!suffix.empty()) {
    auto out = stray<std::uint64_t>(text, read.end, "a size");
    out.help = "sizes end in k, m or g, or in nothing for bytes";
    return out;
  }
  if (!fits || value < min || value > max) return out_of_range(min, max);
  parsed<std::uint64_t> out;
  out.value = value;
  return out;
}

parsed<milliseconds> parse_duration(std::string_view text, time_unit unit) {
  constexpr std::uint64_t longest = std::numeric_limits<std::int32_t>::max();
  const digits read = take_digits(text);
  if (read.end == 0) {
    auto out = stray<milliseconds>(text, 0, "a time");
    out.help = "write a number and us, ms, s, m, h or d, for example 30s";
    return out;
  }
  const std::string_view suffix = text.substr(read.end);
  if (suffix == "us")
    unit = time_unit::us;
  else if (suffix == "ms")
    unit = time_unit::ms;
  else if (suffix == "s")
    unit = time_unit::s;
  else if (suffix == "m")
    unit = time_unit::m;
  else if (suffix == "h")
    unit = time_unit::h;
  else if (suffix == "d")
    unit = time_unit::d;
  else if (const auto letter = std::string_view("smhd").find(suffix.empty() ? ' ' : suffix[0]);
           letter != std::string_view::npos) {
    constexpr time_unit units[] = {time_unit::s, time_unit::m, time_unit::h, time_unit::d};
    auto out = parse_duration(text.substr(0, read.end), units[letter]);
    if (!out) return out;
    out.tolerated = true;
    out.error = fmt::format("has '{}' behind its unit; it is read as {}", suffix.substr(1),
                            text.substr(0, read.end + 1));
    out.offset = read.end + 1;
    out.length = suffix.size() - 1;
    out.help = "the units are us, ms, s, m, h and d";
    return out;
  } else if (!suffix.empty()) {
    auto out = stray<milliseconds>(text, read.end, "a time");
    out.help = suffix[0] == '.' || suffix[0] == ','
                   ? "times are whole numbers: write 1500ms for one and a half seconds"
                   : "the units are us, ms, s, m, h and d";
    return out;
  }
  std::uint64_t value = read.value;
  bool fits = !read.overflow;
  switch (unit) {
    case time_unit::us: {
      parsed<milliseconds> out;
      if (value > 0 && value < 1000 && fits) {
        out.error = "is less than a millisecond";
        out.help = "the shortest time is 1ms; 0 is no limit";
        return out;
      }
      value = (value + 999) / 1000;
      break;
    }
    case time_unit::ms:
      break;
    case time_unit::s:
      fits = fits && multiplied(value, 1000);
      break;
    case time_unit::m:
      fits = fits && multiplied(value, 60'000);
      break;
    case time_unit::h:
      fits = fits && multiplied(value, 3'600'000);
      break;
    case time_unit::d:
      fits = fits && multiplied(value, 86'400'000);
      break;
  }
  parsed<milliseconds> out;
  if (!fits || value > longest) {
    out.error = "is too long a time";
    out.help = "the longest is 2147483647ms, almost 25 days";
    return out;
  }
  out.value = milliseconds{static_cast<std::int64_t>(value)};
  return out;
}

std::string print_duration(milliseconds value) {
  const auto ms = value.count();
  if (ms == 0) return "0";
  if (ms % 86'400'000 == 0) return fmt::format("{}d", ms / 86'400'000);
  if (ms % 3'600'000 == 0) return fmt::format("{}h", ms / 3'600'000);
  if (ms % 60'000 == 0) return fmt::format("{}m", ms / 60'000);
  if (ms % 1000 == 0) return fmt::format("{}s", ms / 1000);
  return fmt::format("{}ms", ms);
}

std::optional<std::size_t> bad_name_byte(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); ++at) {
    const char c = name[at];
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == ':' || c == '_' || c == '-';
    if (!good) return at;
  }
  return std::nullopt;
}

}  // namespace ringway::config

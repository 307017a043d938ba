#include "log/text.hpp"

#include <ctime>

namespace ringway::log {

void date_cache::set(std::int64_t second) {
  if (second == second_) return;
  second_ = second;
  const auto clock = static_cast<std::time_t>(second);
  std::tm when{};
  if (where_ == zone::local) {
    localtime_r(&clock, &when);
  } else {
    gmtime_r(&clock, &when);
  }
  static constexpr std::string_view names = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto month = names.substr(static_cast<std::size_t>(when.tm_mon) * 3, 3);
  const auto number = [](int n) { return static_cast<unsigned>(n); };
  const auto clock_time = [&](text_out& out) {
    out.padded(number(when.tm_hour), 2) << ':';
    out.padded(number(when.tm_min), 2) << ':';
    out.padded(number(when.tm_sec), 2);
  };
  text_out common(common_.data(), common_.size());
  common.padded(number(when.tm_mday), 2) << '/' << month << '/';
  common.padded(number(when.tm_year + 1900) % 10000, 4) << ':';
  clock_time(common);

  text_out syslog(syslog_.data(), syslog_.size());
  syslog << month << ' ';
  if (when.tm_mday < 10) {
    syslog << ' ' << when.tm_mday;
  } else {
    syslog << when.tm_mday;
  }
  syslog << ' ';
  clock_time(syslog);

  text_out iso(iso_.data(), iso_.size());
  iso.padded(number(when.tm_year + 1900) % 10000, 4) << '-';
  iso.padded(number(when.tm_mon + 1), 2) << '-';
  iso.padded(number(when.tm_mday), 2) << 'T';
  clock_time(iso);

  const auto minutes = when.tm_gmtoff / 60;
  const auto size = static_cast<unsigned>(minutes < 0 ? -minutes : minutes);
  text_out offset(offset_.data(), offset_.size());
  offset << (minutes < 0 ? '-' : '+');
  offset.padded(size / 60 % 100, 2) << ':';
  offset.padded(size % 60, 2);
}

}  // namespace ringway::log

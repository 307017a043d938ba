#include "app/key_files.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/suggest.hpp"

namespace ringway::app {

bool input_kind_of(std::string_view name, std::string_view subcommand, explain::input_kind& out) {
  using explain::input_kind;
  struct row {
    std::string_view name;
    input_kind kind;
  };
  constexpr row kinds[] = {{"auto", input_kind::automatic}, {"uri", input_kind::uri},         {"address", input_kind::address},
                           {"common", input_kind::common},  {"combined", input_kind::common}, {"httplog", input_kind::httplog}};
  std::vector<std::string_view> names;
  for (const auto& each : kinds) {
    names.push_back(each.name);
    if (each.name == name || (name.empty() && each.kind == input_kind::automatic)) {
      out = each.kind;
      return true;
    }
  }
  const auto near = config::did_you_mean(name, names);
  complain(subcommand, fmt::format("there is no kind of input '{}'; {}", name,
                                   near.empty() ? fmt::format("there is {}", fmt::join(names, ", ")) : near));
  return false;
}

traffic_of::traffic_of(explain::site& site, std::string_view subcommand) : site_(site), subcommand_(subcommand) {
  for (const auto& each : site.farms()) seen_.push_back(std::make_unique<explain::traffic>(each));
}

bool traffic_of::read(std::span<const std::string> files, std::string_view input, const explain::presumed& with) {
  explain::input_kind kind{};
  if (!input_kind_of(input, subcommand_, kind)) return false;
  explain::router router(site_, with);
  malformed bad(subcommand_), lost(subcommand_);
  explain::asked what;
  std::uint64_t placed = 0;
  for (const std::string& path : files) {
    line_source in;
    std::string why;
    if (!in.open(path, why)) {
      complain(subcommand_, why);
      return false;
    }
    progress shown(subcommand_, "keys");
    std::string_view line;
    while (in.next(line)) {
      shown.at(in.number(), in.progress());
      if (const auto wrong = read_line(line, kind, what); !wrong.empty()) {
        bad.add(in.name(), in.number(), wrong, line);
        continue;
      }
      explain::farm* back = nullptr;
      const auto server = router.quick(what, back);
      if (server == balance::no_server) {
        lost.add(in.name(), in.number(), router.why(), line);
        continue;
      }
      ++placed;
      if (!router.keyed()) continue;
      seen_[static_cast<std::size_t>(back - site_.farms().data())]->add(router.key(), router.hash(), server);
    }
    if (!in.failure().empty()) complain(subcommand_, in.failure());
  }
  bad.sum_up("lines were not understood");
  lost.sum_up("requests found no server");
  if (placed == 0) complain(subcommand_, "no request of the keys was placed");
  return placed != 0;
}

const explain::traffic* traffic_of::of(const explain::farm& back) const {
  const auto& one = seen_[static_cast<std::size_t>(&back - site_.farms().data())];
  return one->total() == 0 ? nullptr : one.get();
}

}  // namespace ringway::app

#include "app/subcommands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cstdio>

#include "app/about.hpp"
#include "app/subcommand_rows.hpp"
#include "app/tools.hpp"
#include "base/columns.hpp"
#include "config/suggest.hpp"

namespace ringway::app {
namespace {

namespace po = boost::program_options;

constexpr std::array rows = {&route_command, &ring_command, &diff_command, &migrate_command};

constexpr subcommand_option help_row = {"--help, -h", "", "this text"};

std::string_view long_name(const subcommand_option& row) {
  return row.spellings.substr(2, row.spellings.find(',') - 2);
}
std::string_view short_name(const subcommand_option& row) {
  const std::size_t comma = row.spellings.find(", ");
  return comma == std::string_view::npos ? std::string_view{} : row.spellings.substr(comma + 3);
}

void describe(po::options_description& into, const subcommand_option& row) {
  std::string name(long_name(row));
  if (const std::string_view letter = short_name(row); !letter.empty()) name.append(",").append(letter);
  if (row.argument.empty())
    into.add_options()(name.c_str(), "");
  else
    into.add_options()(name.c_str(), po::value<std::string>(), "");
}

std::string help_for_unknown(const subcommand& row, std::string_view typed) {
  std::vector<std::string_view> known;
  for (const subcommand_option& one : row.options) known.push_back(one.spellings.substr(0, one.spellings.find(',')));
  const std::string near = config::did_you_mean(typed, known);
  if (typed == "-f" || typed == "--config") return fmt::format("files are given without it: ringway {} {}", row.name, row.usage);
  const std::string all = fmt::format("ringway {} --help lists its options", row.name);
  return near.empty() ? all : near + " " + all;
}

}  // namespace

std::span<const std::string> said::all(std::string_view option) const {
  for (const entry& one : entries_)
    if (one.option == option) return one.values;
  return {};
}

std::string_view said::last(std::string_view option, std::string_view otherwise) const {
  const auto values = all(option);
  return values.empty() ? otherwise : std::string_view(values.back());
}

bool said::is_set(std::string_view option) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const entry& one) { return one.option == option; });
}

void said::add(std::string option, std::vector<std::string> values) {
  for (entry& one : entries_) {
    if (one.option != option) continue;
    one.values.insert(one.values.end(), values.begin(), values.end());
    return;
  }
  entries_.push_back({std::move(option), std::move(values)});
}

std::span<const subcommand* const> subcommands() { return rows; }

const subcommand* find_subcommand(std::string_view name) {
  for (const subcommand* row : rows)
    if (row->name == name) return row;
  return nullptr;
}

std::variant<said, usage_error> parse_subcommand(const subcommand& row, const std::vector<std::string>& words) {
  po::options_description described;
  for (const subcommand_option& one : row.options) describe(described, one);
  describe(described, help_row);
  const auto refuse = [&](std::string message, std::string help) {
    return usage_error{std::move(message), std::move(help), row.usage_status};
  };
  const std::string all = fmt::format("ringway {} --help lists its options", row.name);
  try {
    namespace style = po::command_line_style;
    const po::parsed_options parsed = po::command_line_parser(words)
                                          .options(described)
                                          .style(style::unix_style & ~style::allow_guessing)
                                          .run();
    said out;
    for (const po::option& option : parsed.options) {
      if (option.string_key.empty() || option.position_key >= 0) {
        out.words.insert(out.words.end(), option.value.begin(), option.value.end());
        continue;
      }
      out.add(option.string_key, option.value);
    }
    return out;
  } catch (const po::unknown_option& error) {
    return refuse(fmt::format("unknown option '{}'", error.get_option_name()),
                  help_for_unknown(row, error.get_option_name()));
  } catch (const po::invalid_command_line_syntax& error) {
    const std::string name = error.get_option_name();
    for (const subcommand_option& one : row.options) {
      const bool same = "--" + std::string(long_name(one)) == name || "-" + std::string(short_name(one)) == name;
      if (!same) continue;
      if (one.argument.empty()) return refuse(fmt::format("option '{}' takes no value", name), all);
      return refuse(fmt::format("option '{}' needs {}", name, one.argument), all);
    }
    return refuse(error.what(), all);
  } catch (const po::error& error) {
    return refuse(error.what(), all);
  }
}

std::string help_of(const subcommand& row, std::string_view program) {
  constexpr std::size_t column = 25, width = 80;
  std::string out = wrapped(fmt::format("usage: {} {} {}", program, row.name, row.usage), 0, 0, width) + "\n";
  const auto option = [&](const subcommand_option& one) {
    // Short first, as everywhere: "-f, --config FILE".
    const std::string_view letter = short_name(one);
    std::string left = letter.empty() ? fmt::format("  --{}", long_name(one))
                                      : fmt::format("  -{}, --{}", letter, long_name(one));
    if (!one.argument.empty()) left.append(" ").append(one.argument);
    left += left.size() + 1 < column ? std::string(column - left.size(), ' ') : "\n" + std::string(column, ' ');
    out += left + wrapped(one.help, column, column, width) + "\n";
  };
  out += wrapped(row.detail, 0, 0, width) + "\n\n";
  for (const subcommand_option& one : row.options) option(one);
  option(help_row);
  out += "\n" + wrapped(row.statuses, 0, 0, width) + "\n";
  return out;
}

int run_subcommand(const subcommand& row, int argc, const char* const* argv) {
  std::vector<std::string> words;
  if (argc > 2) words.assign(argv + 2, argv + argc);
  auto parsed = parse_subcommand(row, words);
  if (const auto* wrong = std::get_if<usage_error>(&parsed)) {
    complain(row.name, wrong->message);
    complain_help(wrong->help);
    return wrong->exit_code;
  }
  const said& what = std::get<said>(parsed);
  if (what.has("help")) {
    const std::string text = help_of(row, program_name(argv[0]));
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  return row.run(what);
}

}  // namespace ringway::app

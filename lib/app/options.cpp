#include "app/options.hpp"

#include <boost/program_options/cmdline.hpp>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>

#include "app/subcommands.hpp"
#include "config/suggest.hpp"

namespace ringway::app {
namespace {

namespace po = boost::program_options;

struct found_row {
  const option_row* row = nullptr;
  std::string_view rest;  // what is glued to the spelling
};

bool is_long(std::string_view spelling) { return spelling.size() > 2 && spelling.starts_with("--"); }
bool looks_like_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

// The whole word, or the longest spelling that takes something glued on.
found_row find(std::string_view word) {
  found_row best;
  std::size_t best_length = 0;
  for (const option_row& row : option_table()) {
    for (const std::string_view spelling : spellings_of(row)) {
      if (word == spelling) return {&row, {}};
      if (row.takes == option_takes::rest && word.starts_with(spelling) && spelling.size() > best_length) {
        best = {&row, word.substr(spelling.size())};
        best_length = spelling.size();
      }
    }
  }
  return best;
}

std::string key_of(const option_row& row) {
  const std::string_view first = spellings_of(row).front();
  return std::string(is_long(first) ? first.substr(2) : first);
}

[[noreturn]] void refuse(std::string message, std::string help = {}, int exit_code = 1) {
  throw usage_error{std::move(message), std::move(help), exit_code};
}

std::string help_for_unknown(std::string_view word) {
  const std::string_view near = nearest_option(word.substr(0, word.find('=')));
  if (!near.empty()) return "did you mean '" + std::string(near) + "'? --help lists all options";
  return "--help lists all options";
}

// HAProxy's spellings for Boost.Program_options: one dash and several letters, lists of values, glued values.
// Boost also calls it with a single word to ask whether that word is an option; then nothing may be missing.
class haproxy_style {
 public:
  std::vector<po::option> operator()(std::vector<std::string>& words) const {
    if (words.empty() || !looks_like_option(words.front())) return {};
    const std::string word = words.front();
    const found_row at = find(word);
    // Boost's own style knows every long option but those whose value may be absent.
    if (is_long(word) && (at.row == nullptr || at.row->takes != option_takes::next_if_plain)) return {};
    if (at.row == nullptr) refuse("unknown option '" + word + "'", help_for_unknown(word));

    po::option made;
    made.string_key = key_of(*at.row);
    made.original_tokens.push_back(word);
    std::size_t taken = 1;
    const auto take = [&] {
      made.value.push_back(words[taken]);
      made.original_tokens.push_back(words[taken]);
      ++taken;
    };
    switch (at.row->takes) {
      case option_takes::nothing:
        break;
      case option_takes::rest:
        made.value.emplace_back(at.rest);
        break;
      case option_takes::next:
        if (words.size() < 2) missing(*at.row, word, {});
        // `-f -c` is a forgotten name, not a file called "-c"; negative numbers are told apart later.
        if (looks_like_option(words[1]) && find(words[1]).row != nullptr) missing(*at.row, word, words[1]);
        take();
        break;
      case option_takes::next_if_plain:
        if (words.size() > 1 && !looks_like_option(words[1])) take();
        break;
      case option_takes::all_plain:
        // Everything after "--" is a file; a list of pids ends at the next option.
        while (taken < words.size() && (word == "--" || !looks_like_option(words[taken]))) take();
        break;
    }
    words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(taken));
    return {made};
  }

 private:
  [[noreturn]] static void missing(const option_row& row, const std::string& word, std::string_view found) {
    std::string message = "option '" + word + "' needs " + std::string(row.argument);
    if (!found.empty()) message += ", found the option '" + std::string(found) + "'";
    refuse(std::move(message), found.empty() ? "" : "a file of that name is written ./" + std::string(found),
           word == "-cc" ? 2 : 1);
  }
};

// How many words an option may have, as Boost sees it: it would hand a stray word to an option that takes
// more.
po::value_semantic* words_for(const option_row& row) {
  switch (row.takes) {
    case option_takes::nothing:
      return new po::untyped_value(true);
    case option_takes::next:
    case option_takes::rest:
      return po::value<std::string>();
    case option_takes::next_if_plain:
      return po::value<std::string>()->implicit_value({});
    case option_takes::all_plain:
      return po::value<std::vector<std::string>>()->multitoken()->zero_tokens();
  }
  return nullptr;
}

void describe(po::options_description& into) {
  for (const option_row& row : option_table()) {
    for (const std::string_view spelling : spellings_of(row)) {
      // A short spelling keeps its dash in the name, so that "--f" is not one.
      const std::string name(is_long(spelling) ? spelling.substr(2) : spelling);
      into.add_options()(name.c_str(), words_for(row), "");
    }
  }
}

const option_row* row_of(const po::option& option) {
  for (const option_row& row : option_table()) {
    for (const std::string_view spelling : spellings_of(row)) {
      if (option.string_key == (is_long(spelling) ? spelling.substr(2) : spelling)) return &row;
    }
  }
  return nullptr;
}

std::string shown(const po::option& option, const option_row& row) {
  if (option.original_tokens.empty()) return std::string(spellings_of(row).front());
  const std::string& token = option.original_tokens.front();
  return token.substr(0, is_long(token) ? token.find('=') : std::string::npos);
}

options read(int argc, const char* const* argv) {
  options out;
  if (argc < 2) return out;
  const std::vector<std::string> words(argv + 1, argv + argc);
  po::options_description described;
  describe(described);

  namespace style = po::command_line_style;
  const po::parsed_options parsed =
      po::command_line_parser(words)
          .options(described)
          .style(style::allow_long | style::long_allow_adjacent | style::long_allow_next)
          .extra_style_parser(haproxy_style{})
          .run();

  for (const po::option& option : parsed.options) {
    if (option.string_key.empty()) {
      const std::string word = option.value.empty() ? "" : option.value.front();
      std::vector<std::string_view> names;
      for (const subcommand* row : subcommands()) names.push_back(row->name);
      const std::string near = config::did_you_mean(word, names);
      refuse("'" + word + "' is not an option",
             near.empty() ? "a configuration is given as -f: -f " + word + ", or after --" : near);
    }
    const option_row* row = row_of(option);
    if (row == nullptr) refuse("unknown option '" + option.string_key + "'");
    std::string why;
    if (!row->apply(out, option.value, why)) {
      const std::string value = option.value.empty() ? "" : option.value.front();
      refuse("option '" + shown(option, *row) + "': '" + value + "' is not understood", why);
    }
  }
  return out;
}

void settle(options& out, const surroundings& around) {
  const bool reads_files = out.what == action::run || out.what == action::check;
  if (!reads_files) return;
  if (out.syntax_only && out.try_bind) {
    refuse("--syntax-only and --try-bind exclude each other", "--try-bind looks names and users up");
  }
  for (const port_override& one : out.ports) {
    if (one.name.empty() && out.ports.size() > 1) {
      refuse("--port without a name is only possible alone", "write --port NAME=PORT for each of them");
    }
  }
  if (!out.files.empty()) return;
  if (!around.first_process) {
    out.what = action::usage;
    return;
  }
  if (around.exists) {
    for (const std::string_view path : conventional_files) {
      if (around.exists(std::string(path))) {
        out.files.emplace_back(path);
        return;
      }
    }
  }
  refuse("no configuration: there is no -f, and neither " + std::string(conventional_files[0]) + " nor " +
             std::string(conventional_files[1]) + " exists",
         "usage: ringway -f FILE; --help lists all options");
}

}  // namespace

std::string_view nearest_option(std::string_view typed) {
  std::vector<std::string_view> candidates;
  for (const option_row& row : option_table()) {
    for (const std::string_view spelling : spellings_of(row)) {
      // Among one-letter options everything is near to everything.
      if (is_long(spelling) || (typed.size() > 2 && spelling.size() > 2)) candidates.push_back(spelling);
    }
  }
  // One dash too few or too many is the commonest slip.
  for (const std::string_view candidate : candidates) {
    if (candidate == "-" + std::string(typed) || "-" + std::string(candidate) == typed) return candidate;
  }
  return config::nearest(typed, candidates).value_or(std::string_view{});
}

std::variant<options, usage_error> parse_options(int argc, const char* const* argv,
                                                 const surroundings& around) {
  try {
    options out = read(argc, argv);
    settle(out, around);
    return out;
  } catch (usage_error& error) {
    return std::move(error);
  } catch (const po::unknown_option& error) {
    return usage_error{"unknown option '" + error.get_option_name() + "'",
                       help_for_unknown(error.get_option_name()), 1};
  } catch (const po::invalid_command_line_syntax& error) {
    const std::string name = error.get_option_name();
    for (const option_row& row : option_table()) {
      for (const std::string_view spelling : spellings_of(row)) {
        if (spelling != name) continue;
        if (row.takes == option_takes::nothing) {
          return usage_error{"option '" + name + "' takes no value", "", 1};
        }
        return usage_error{"option '" + name + "' needs " + std::string(row.argument), "", 1};
      }
    }
    return usage_error{error.what(), "--help lists all options", 1};
  } catch (const po::error& error) {
    return usage_error{error.what(), "--help lists all options", 1};
  }
}

}  // namespace ringway::app

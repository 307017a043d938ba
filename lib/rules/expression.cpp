#include "rules/expression.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/text.hpp"
#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"
#include "rules/keywords.hpp"
#include "rules/regex.hpp"

namespace ringway::rules {
namespace {

using config::part_of;
using config::word;

struct form_name {
  std::string_view suffix;
  match how;
};
constexpr form_name forms[] = {{"_beg", match::beg}, {"_dir", match::dir}, {"_dom", match::dom}, {"_end", match::end},
                               {"_len", match::len}, {"_reg", match::reg}, {"_sub", match::sub}};

bool name_char(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '_' || c == '.' || c == '-' || c == '+';
}

struct raw_argument {
  std::string text;
  std::size_t offset = 0, length = 0;
};

// "txn.name": what HAProxy takes for a number, it also takes from a variable.
bool names_variable(std::string_view text) {
  for (const std::string_view scope : {"proc.", "sess.", "psess.", "txn.", "ptxn.", "req.", "res.", "check.", "global."})
    if (text.size() > scope.size() && text.starts_with(scope)) return true;
  return false;
}

class parser {
 public:
  parser(const word& in, char stop, config::arguments& line) : in_(in), stop_(stop), line_(line) {}

  std::optional<expression> run(std::size_t from, bool with_forms, std::size_t& end) {
    expression out;
    std::size_t at = from;
    const std::size_t name_end = name_at(at);
    const std::string_view name = std::string_view(in_.text).substr(at, name_end - at);
    if (name.empty()) {
      wrong("missing-argument", at, 1, "a sample fetch is expected here", {});
      return std::nullopt;
    }
    out.fetch = find_fetch(name);
    if (out.fetch == nullptr && with_forms) find_form(name, out);
    if (out.fetch == nullptr) {
      unknown("sample fetch", name, at, with_forms ? config::place::fetch | config::place::criterion : config::place::fetch);
      return std::nullopt;
    }
    at = name_end;
    if (!arguments_of(out.fetch->name, out.fetch->takes_, out.fetch->required, at, out.args)) return std::nullopt;
    if (!special(out, from)) return std::nullopt;
    kind now = out.fetch->gives;
    while (at < in_.text.size() && in_.text[at] == ',') {
      ++at;
      const std::size_t conv_end = name_at(at);
      const std::string_view conv = std::string_view(in_.text).substr(at, conv_end - at);
      conversion step;
      step.row = find_converter(conv);
      if (step.row == nullptr) {
        unknown("converter", conv, at, config::place::converter);
        return std::nullopt;
      }
      if (!castable(now, step.row->expects)) {
        wrong("invalid-value", at, conv.size(),
              fmt::format("converter '{}' works on a value of type {}, not on {}", conv, name_of(step.row->expects),
                          name_of(now)),
              {});
        return std::nullopt;
      }
      const std::size_t began = at;
      at = conv_end;
      if (!arguments_of(conv, step.row->takes_, step.row->required, at, step.args)) return std::nullopt;
      if (!regex_of(step, began)) return std::nullopt;
      for (const argument& each : step.args) step.never = step.never || each.as == takes::variable;
      now = step.row->gives;
      // ltrim and their like keep what they were given.
      out.steps.push_back(std::move(step));
    }
    if (at < in_.text.size() && in_.text[at] != stop_) {
      wrong("invalid-value", at, 1, fmt::format("'{}' is not expected behind '{}'", in_.text[at],
                                                in_.text.substr(from, at - from)),
            {});
      return std::nullopt;
    }
    if (!out.steps.empty()) out.form.reset();
    out.text = in_.text.substr(from, at - from);
    out.where = part_of(in_, from, at - from);
    end = at;
    return out;
  }

 private:
  std::size_t name_at(std::size_t at) const {
    while (at < in_.text.size() && name_char(in_.text[at])) ++at;
    return at;
  }

  void wrong(std::string id, std::size_t at, std::size_t length, std::string message, std::string help) {
    line_.report().alert(std::move(id), part_of(in_, at, length),
                         fmt::format("'{}': {}", line_.phrase(), message), std::move(help));
  }

  static void find_form(std::string_view name, expression& out) {
    for (const form_name& each : forms) {
      if (!name.ends_with(each.suffix)) continue;
      const fetch_row* row = find_fetch(name.substr(0, name.size() - each.suffix.size()));
      if (row == nullptr || !row->derived) continue;
      out.fetch = row;
      out.form = each.how;
    }
  }

  void unknown(std::string_view what, std::string_view name, std::size_t at, config::place here) {
    const bool with_forms = has(here, config::place::criterion);
    std::string_view plain = name;
    for (const form_name& each : forms)
      if (with_forms && name.ends_with(each.suffix)) plain = name.substr(0, name.size() - each.suffix.size());
    const config::catalogue& known = line_.with().keywords;
    if (any(known.places_of(name) & here) || any(known.places_of(plain) & here)) {
      wrong("not-supported-yet", at, name.size(),
            fmt::format("'{}' is a {} of HAProxy that ringway does not support yet", name, what), {});
      return;
    }
    if (what == "sample fetch" && !with_forms && (any(known.places_of(name) & config::place::criterion) || is_criterion(name))) {
      wrong("invalid-value", at, name.size(), fmt::format("'{}' is a sample fetch in conditions only", name), {});
      return;
    }
    std::vector<std::string> made;
    if (with_forms)
      for (const std::string_view each : fetch_names())
        if (find_fetch(each)->derived)
          for (const form_name& form : forms) made.push_back(fmt::format("{}{}", each, form.suffix));
    std::vector<std::string_view> names(made.begin(), made.end());
    for (const std::string_view each : known.phrases(here)) names.push_back(each);  // what works stands in front
    wrong("unknown-keyword", at, std::max<std::size_t>(name.size(), 1), fmt::format("unknown {} '{}'", what, name),
          config::did_you_mean(name, names));
  }

  // "(a,b,"c d")"; quotes and backslashes as HAProxy reads them.
  bool split(std::size_t& at, std::vector<raw_argument>& out) {
    if (at >= in_.text.size() || in_.text[at] != '(') return true;
    const std::size_t open = at++;
    raw_argument one;
    one.offset = at;
    char quote = 0;
    for (; at < in_.text.size(); ++at) {
      const char c = in_.text[at];
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (c == '\\' && quote != '\'' && at + 1 < in_.text.size()) {
        const char next = in_.text[at + 1];
        if (next == '\\' || next == ' ' || next == '"' || next == '\'' || next == ',') {
          one.text += next;
          ++at;
        } else if (next == 'n' || next == 'r' || next == 't') {
          one.text += next == 'n' ? '\n' : next == 'r' ? '\r' : '\t';
          ++at;
        } else {
          one.text += c;
        }
      } else if (quote == 0 && (c == ',' || c == ')')) {
        one.length = at - one.offset;
        out.push_back(std::move(one));
        one = {};
        one.offset = at + 1;
        if (c == ')') {
          ++at;
          // "()" is no argument, not an empty one; see arguments_of().
          if (out.size() == 1 && out[0].text.empty() && out[0].length == 0) out.clear();
          return true;
        }
      } else {
        one.text += c;
      }
    }
    wrong("invalid-value", open, 1, "this bracket is never closed",
          "blanks inside brackets need quotes around the whole word");
    return false;
  }

  bool arguments_of(std::string_view name, const std::array<takes, 3>& wanted, int required, std::size_t& at,
                    argument_list& out) {
    const std::size_t began = at;
    std::vector<raw_argument> given;
    if (!split(at, given)) return false;
    std::size_t most = 0;
    while (most < wanted.size() && wanted[most] != takes::nothing) ++most;
    if (given.size() > most) {
      const raw_argument& extra = given[most];
      wrong("extra-argument", extra.offset, std::max<std::size_t>(extra.length, 1),
            most == 0 ? fmt::format("'{}' takes nothing in brackets", name)
                      : fmt::format("'{}' takes {} argument{} only", name, most, most == 1 ? "" : "s"),
            {});
      return false;
    }
    // "()" is the empty text for what is made of one: str(), ltrim().
    if (given.empty() && required == 1 && wanted[0] == takes::text && at > began) given.push_back({{}, began + 1, 0});
    if (given.size() < static_cast<std::size_t>(required)) {
      wrong("missing-argument", began == 0 ? 0 : began - 1, 1,
            fmt::format("'{}' needs {} argument{} in brackets", name, required, required == 1 ? "" : "s"), {});
      return false;
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
      argument one;
      one.as = wanted[i];
      one.text = std::move(given[i].text);
      one.where = part_of(in_, given[i].offset, given[i].length);
      if (!value_of(name, one, given[i])) return false;
      out.push_back(std::move(one));
    }
    // Without a name the section's own backend or frontend is meant: resolve() fills it in.
    if (out.empty() && (wanted[0] == takes::backend || wanted[0] == takes::frontend)) {
      argument own;
      own.as = wanted[0];
      own.where = part_of(in_, 0, in_.text.size());
      out.push_back(std::move(own));
    }
    return true;
  }

  bool value_of(std::string_view name, argument& one, const raw_argument& raw) {
    const auto refuse = [&](std::string_view what) {
      wrong("invalid-value", raw.offset, std::max<std::size_t>(raw.length, 1),
            fmt::format("'{}' of '{}' is not {}", one.text, name, what), {});
      return false;
    };
    switch (one.as) {
      case takes::amount:
        if (names_variable(one.text)) {
          one.as = takes::variable;
          return true;
        }
        one.as = takes::number;
        [[fallthrough]];
      case takes::number: {
        std::string_view text = one.text;
        if (text.empty()) return true;  // left out: as 0
        if (text.starts_with('+')) text.remove_prefix(1);
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), one.number);
        if (error == std::errc() && end == text.data() + text.size()) return true;
        if (names_variable(one.text)) {
          wrong("not-supported-yet", raw.offset, std::max<std::size_t>(raw.length, 1),
                fmt::format("'{}' of '{}' is a variable of HAProxy's, which ringway does not support yet", one.text, name), {});
          return false;
        }
        return refuse("a whole number");
      }
      case takes::ip: {
        const auto read = parse_ip(one.text);
        if (!read) return refuse("an address");
        one.ip = *read;
        return true;
      }
      case takes::mask4:
      case takes::mask6: {
        const auto read = one.as == takes::mask4 ? parse_mask4(one.text) : parse_mask6(one.text);
        if (!read) return refuse("a mask or a number of bits");
        one.ip = *read;
        return true;
      }
      default: return true;
    }
  }

  bool special(expression& out, std::size_t from) {
    const std::string_view name = out.fetch->name;
    if (name == "bool") {
      const std::string& text = out.args[0].text;
      out.args[0].number = text == "true" || text == "1";
      if (text != "true" && text != "false" && text != "1" && text != "0") {
        wrong("invalid-value", from, in_.text.size() - from, fmt::format("'{}' is neither true nor false", text), {});
        return false;
      }
    } else if (name == "env") {
      const auto value = line_.with().variables.find(out.args[0].text);
      if (value)
        out.args[0].text = *value;
      else
        out.args[0].as = takes::nothing;
    } else if (name == "date" && out.args.size() > 1) {
      const std::string& unit = out.args[1].text;
      if (unit != "s" && unit != "ms" && unit != "us") {
        wrong("invalid-value", from, in_.text.size() - from, fmt::format("'{}' is not a unit of date", unit),
              "one of s, ms or us");
        return false;
      }
    }
    return true;
  }

  bool regex_of(conversion& step, std::size_t at) {
    if (step.row->takes_[0] != takes::pattern) return true;
    const std::string_view flags = step.args.size() > 2 ? std::string_view(step.args[2].text) : std::string_view();
    for (const char c : flags)
      if (c != 'g' && c != 'i') {
        wrong("invalid-value", at, step.row->name.size(), fmt::format("unknown flag '{}' of '{}'", c, step.row->name),
              "g: every match; i: letters of any case");
        return false;
      }
    regex_error error;
    step.args[0].pattern = regex::compile(step.args[0].text, flags.find('i') != std::string_view::npos, error);
    if (step.args[0].pattern != nullptr) return true;
    wrong("invalid-value", at, step.row->name.size(),
          fmt::format("'{}' is not a regular expression: {}", step.args[0].text, error.text), {});
    return false;
  }

  const word& in_;
  char stop_;
  config::arguments& line_;
};

}  // namespace

bool is_criterion(std::string_view name) {
  if (find_fetch(name) != nullptr) return true;
  for (const form_name& each : forms) {
    if (!name.ends_with(each.suffix)) continue;
    const fetch_row* row = find_fetch(name.substr(0, name.size() - each.suffix.size()));
    if (row != nullptr && row->derived) return true;
  }
  return false;
}

std::optional<expression> parse_expression(const word& in, std::size_t from, char stop, bool with_forms,
                                           std::size_t& end, config::arguments& line) {
  return parser(in, stop, line).run(from, with_forms, end);
}

bool expression::evaluate(const context& in, cursor& at, sample& out) const {
  if (!available(fetch->wants, in.at) || (fetch->wants == needs::request && in.request == nullptr)) return false;
  for (;;) {
    at.more = false;
    if (!fetch->run(in, args, at, out)) return false;
    bool good = true;
    for (const conversion& step : steps) {
      good = !step.never && cast(out, step.row->expects, in.memory) && step.row->run(in, step.args, out);
      if (!good) break;
    }
    if (good) return true;
    if (!at.every || !at.more) return false;
  }
}

std::optional<address> parse_mask4(std::string_view text) {
  address out;
  out.kind = family::v4;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (bits > 32) return std::nullopt;
    for (unsigned i = 0; i < bits; ++i) out.bytes[i / 8] = static_cast<std::uint8_t>(out.bytes[i / 8] | 0x80u >> i % 8);
    return out;
  }
  const auto dotted = parse_ip(text);
  if (!dotted || dotted->kind != family::v4) return std::nullopt;
  return dotted;
}

std::optional<address> parse_mask6(std::string_view text) {
  address out;
  out.kind = family::v6;
  unsigned bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error == std::errc() && end == text.data() + text.size()) {
    if (bits > 128) return std::nullopt;
    for (unsigned i = 0; i < bits; ++i) out.bytes[i / 8] = static_cast<std::uint8_t>(out.bytes[i / 8] | 0x80u >> i % 8);
    return out;
  }
  const auto read = parse_ip(text);
  if (!read || read->kind != family::v6) return std::nullopt;
  return read;
}

namespace {

// "127.1", "10.12": the last number stands at the end, the zeroes between are left out (configuration.txt 7.1.6).
std::optional<address> short_v4(std::string_view text) {
  std::array<unsigned, 4> parts{};
  std::size_t count = 0;
  while (true) {
    if (count == 4) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parts[count]);
    if (error != std::errc() || parts[count] > 255) return std::nullopt;
    ++count;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) break;
    if (text[0] != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  address out;
  out.kind = family::v4;
  for (std::size_t i = 0; i + 1 < count; ++i) out.bytes[i] = static_cast<std::uint8_t>(parts[i]);
  out.bytes[3] = static_cast<std::uint8_t>(parts[count - 1]);
  return out;
}

}  // namespace

std::optional<network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const bool v6 = host.find(':') != std::string_view::npos;
  const std::optional<address> at = v6 ? parse_ip(host) : short_v4(host);
  if (!at) return std::nullopt;
  const std::string_view bits = slash == std::string_view::npos ? (v6 ? "128" : "32") : text.substr(slash + 1);
  const std::optional<address> mask = v6 ? parse_mask6(bits) : parse_mask4(bits);
  if (!mask) return std::nullopt;
  network out{*at, mask->bytes};
  for (std::size_t i = 0; i < out.at.bytes.size(); ++i) out.at.bytes[i] &= out.mask[i];
  return out;
}

}  // namespace ringway::rules

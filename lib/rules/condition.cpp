#include "rules/condition.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"

namespace ringway::rules {
namespace {

using config::word;

bool acl_name_char(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '-' || c == '_' || c == '.' || c == ':';
}

// A criterion of our own, from our own table.
test test_of(std::string_view text, config::arguments& from) {
  config::line line;
  line.where = from.whole().where;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    config::word one;
    one.text = std::string(text.substr(0, end));
    one.where = from.phrase_where();
    line.words.push_back(std::move(one));
    text.remove_prefix(end < text.size() ? end + 1 : end);
  }
  config::arguments inner(line, 0, 0, config::arguments::prefix::none, from.with());
  return *parse_test(0, line.words.size(), inner);
}

}  // namespace

std::optional<std::uint32_t> acl_list::find(std::string_view name) const {
  for (std::size_t i = visible_from_; i < all_.size(); ++i)
    if (!all_[i]->name.empty() && all_[i]->name == name) return static_cast<std::uint32_t>(i);
  return std::nullopt;
}

void acl_list::read(config::arguments& from) {
  const word* name = from.need("a name");
  if (name == nullptr) return;
  for (std::size_t i = 0; i < name->text.size(); ++i) {
    if (acl_name_char(name->text[i])) continue;
    from.report().alert("invalid-name", config::part_of(*name, i, 1),
                        fmt::format("'{}' cannot be part of the name of an acl", name->text[i]),
                        "names are made of letters, digits and . : _ -");
    return;
  }
  if (same_text(name->text, "or")) {
    from.wrong("invalid-name", *name, fmt::format("an acl named '{}' could never be used: the word joins conditions", name->text),
               "give it another name");
    return;
  }
  if (from.need("a criterion, such as path_beg or src") == nullptr) return;
  const std::size_t first = from.whole().words.size() - from.left() - 1;
  std::optional<test> made = parse_test(first, from.whole().words.size(), from);
  from.skip_all();
  const std::optional<std::uint32_t> known = find(name->text);
  auto next = std::make_shared<acl>();
  if (known && !all_[*known]->predefined) {
    *next = *all_[*known];
  } else {
    next->name = name->text;
    next->where = name->where;
  }
  // A criterion that could not be understood still declares the name: its uses are no mistakes of their own.
  if (made) next->tests.push_back(std::move(*made));
  if (known && !all_[*known]->predefined)
    all_[*known] = std::move(next);
  else
    all_.push_back(std::move(next));
}

std::optional<std::uint32_t> acl_list::named(const word& at, std::string_view name, config::arguments& from) {
  // A later acl of a ready-made one's name stands behind it in the list, and counts from its line on.
  std::optional<std::uint32_t> found;
  for (std::size_t i = visible_from_; i < all_.size(); ++i)
    if (!all_[i]->name.empty() && all_[i]->name == name) found = static_cast<std::uint32_t>(i);
  if (found) return found;
  std::vector<std::string_view> names;
  for (std::size_t i = visible_from_; i < all_.size(); ++i)
    if (!all_[i]->name.empty()) names.push_back(all_[i]->name);
  for (const predefined_acl& each : predefined_acls()) {
    names.push_back(each.name);
    if (each.name != name) continue;
    if (each.text.empty()) {
      from.wrong("not-supported-yet", at,
                 fmt::format("'{}': the acl '{}' of HAProxy is not supported yet", from.phrase(), name));
      return std::nullopt;
    }
    auto made = std::make_shared<acl>();
    made->name = name;
    made->predefined = true;
    made->where = at.where;
    made->tests.push_back(test_of(each.text, from));
    all_.push_back(std::move(made));
    return static_cast<std::uint32_t>(all_.size() - 1);
  }
  std::string help = config::did_you_mean(name, names);
  std::string_view criterion = name.substr(0, name.find('('));
  if (find_fetch(criterion) == nullptr) criterion = criterion.substr(0, criterion.rfind('_'));
  if (help.empty() && find_fetch(criterion) != nullptr)
    help = fmt::format("a criterion stands between braces with blanks around them: {{ {} … }}", name);
  if (help.empty() && (name.starts_with('{') || name.ends_with('}')))
    help = "braces need a blank before and behind them";
  if (help.empty()) help = "an acl must be declared above its use, in the same section";
  from.wrong("unknown-name", at, fmt::format("'{}': there is no acl '{}'", from.phrase(), name), std::move(help));
  return std::nullopt;
}

bool acl_list::terms(config::arguments& from, condition& out) {
  out.any_of.emplace_back();
  bool negated = false;
  const word* bang = nullptr;
  while (!from.empty()) {
    const word& given = from.take();
    std::string_view text = given.text;
    if (!given.quoted && (same_text(text, "or") || text == "||")) {
      if (bang != nullptr || out.any_of.back().empty()) {
        from.wrong("invalid-condition", given, fmt::format("'{}': nothing stands before '{}'", from.phrase(), text));
        return false;
      }
      out.any_of.emplace_back();
      continue;
    }
    while (text.starts_with('!')) {
      negated = !negated;
      bang = &given;
      text.remove_prefix(1);
    }
    if (text.empty()) continue;
    condition::term term;
    term.negated = negated;
    negated = false;
    bang = nullptr;
    if (text == "{") {
      const std::size_t first = from.whole().words.size() - from.left();
      std::size_t last = first;
      while (last < from.whole().words.size() && from.whole().words[last].text != "}") ++last;
      if (last == from.whole().words.size()) {
        from.wrong("invalid-condition", given, fmt::format("'{}': this brace is never closed", from.phrase()),
                   "write a blank and '}' behind the criterion");
        return false;
      }
      if (last == first) {
        from.wrong("invalid-condition", given, fmt::format("'{}': there is nothing between the braces", from.phrase()));
        return false;
      }
      std::optional<test> made = parse_test(first, last, from);
      from.skip(last - first + 1);
      if (!made) {
        from.skip_all();
        return false;
      }
      auto one = std::make_shared<acl>();
      one->where = made->where;
      one->tests.push_back(std::move(*made));
      all_.push_back(std::move(one));
      term.acl = static_cast<std::uint32_t>(all_.size() - 1);
    } else {
      const std::optional<std::uint32_t> found = named(given, text, from);
      if (!found) {
        from.skip_all();
        return false;
      }
      term.acl = *found;
    }
    out.any_of.back().push_back(term);
  }
  if (bang != nullptr || out.any_of.back().empty()) {
    from.report().alert("missing-argument", config::behind(from.last()),
                        fmt::format("'{}': the condition ends too early", from.phrase()));
    return false;
  }
  return true;
}

std::optional<condition> acl_list::read_condition(config::arguments& from) {
  condition out;
  if (from.empty()) return out;
  const word& first = from.peek();
  if (first.text != "if" && first.text != "unless") {
    from.wrong("extra-argument", first,
               fmt::format("'{}': a condition begins with 'if' or 'unless', not with '{}'", from.phrase(), first.text));
    from.skip_all();
    return std::nullopt;
  }
  out.unless = from.take().text == "unless";
  if (from.empty()) {
    from.report().alert("missing-argument", config::behind(first),
                        fmt::format("'{}': '{}' needs a condition", from.phrase(), first.text));
    return std::nullopt;
  }
  if (!terms(from, out)) return std::nullopt;
  return out;
}

bool condition::holds(const context& in, const std::vector<std::shared_ptr<const acl>>& acls, trace_step* seen) const {
  if (any_of.empty()) return true;
  bool result = false;
  for (const std::vector<term>& all_of : any_of) {
    bool every = true;
    for (const term& each : all_of) {
      const acl& one = *acls[each.acl];
      trace_test* said = nullptr;
      if (seen != nullptr) {
        seen->tests.emplace_back();
        said = &seen->tests.back();
        said->text = fmt::format("{}{}", each.negated ? "!" : "",
                                 one.name.empty() ? fmt::format("{{ {} }}", one.tests[0].text) : one.name);
      }
      const bool held = one.holds(in, said != nullptr ? &said->value : nullptr) != each.negated;
      if (said != nullptr) said->held = held;
      if (held) continue;
      every = false;
      break;
    }
    if (!every) continue;
    result = true;
    break;
  }
  return result != unless;
}

}  // namespace ringway::rules

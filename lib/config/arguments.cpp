#include "config/arguments.hpp"

#include <fmt/format.h>

#include "config/catalogue.hpp"
#include "config/places.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"

namespace ringway::config {
namespace {

template <class T>
std::optional<T> checked(const arguments& from, const word& given, const parsed<T>& read) {
  if (read.error.empty()) return read.value;
  const span where = read.length > 0 ? part_of(given, read.offset, read.length) : given.where;
  if (read.tolerated) {
    from.report().warning("invalid-value", where, fmt::format("'{}': '{}' {}", from.phrase(), given.text, read.error),
                          read.help);
    return read.value;
  }
  from.report().alert("invalid-value", where, fmt::format("'{}': '{}' {}", from.phrase(), given.text, read.error),
                      read.help);
  return std::nullopt;
}

}  // namespace

span part_of(const word& whole, std::size_t offset, std::size_t length) {
  span out = whole.where;
  if (whole.quoted || whole.where.length != whole.text.size()) return out;
  out.column += static_cast<std::uint32_t>(offset);
  out.length = static_cast<std::uint32_t>(length);
  return out;
}

span behind(const word& one) {
  span out = one.where;
  out.column += out.length;
  out.length = 1;
  return out;
}

span joined(const span& from, const span& to) {
  span out = from;
  if (to.line == from.line && to.column >= from.column) out.length = to.column + to.length - from.column;
  return out;
}

std::string arguments::phrase() const {
  std::string out;
  for (std::size_t at = head_; at < line_.words.size() && (at == head_ || at < first_); ++at) {
    if (!out.empty()) out += ' ';
    out += line_.words[at].text;
  }
  return out;
}

span arguments::phrase_where() const {
  const std::size_t end = first_ > head_ ? first_ - 1 : head_;
  return joined(line_.words[head_].where, line_.words[end].where);
}

bool arguments::take_if(std::string_view text) {
  if (empty() || peek().text != text) return false;
  ++next_;
  return true;
}

const word* arguments::need(std::string_view what) {
  if (!empty()) return &take();
  report().alert("missing-argument", behind(last()), fmt::format("'{}' needs {}", phrase(), what));
  return nullptr;
}

bool arguments::finish() {
  if (empty()) return true;
  wrong("extra-argument", peek(), fmt::format("'{}': '{}' is one word too many", phrase(), peek().text));
  return false;
}

bool arguments::read(bool& to, const bounds&) {
  to = !negated();
  return true;
}

bool arguments::read(std::string& to, const bounds&) {
  const word* given = need("a value");
  if (given == nullptr) return false;
  to = given->text;
  return true;
}

bool arguments::read(milliseconds& to, const bounds& within) {
  const word* given = need("a time");
  if (given == nullptr) return false;
  const auto value = checked(*this, *given, parse_duration(given->text, within.unit));
  if (!value) return false;
  if (static_cast<std::uint64_t>(value->count()) < within.min) {
    wrong("invalid-value", *given, fmt::format("'{}': the shortest time is {}", phrase(),
                                               print_duration(milliseconds(static_cast<std::int64_t>(within.min)))));
    return false;
  }
  to = *value;
  return true;
}

std::optional<std::uint64_t> arguments::number(const bounds& within, std::string_view what) {
  const word* given = need(what);
  if (given == nullptr) return std::nullopt;
  return checked(*this, *given, parse_number(given->text, within.min, within.max));
}

std::optional<std::uint64_t> arguments::size(const bounds& within, std::string_view what) {
  const word* given = need(what);
  if (given == nullptr) return std::nullopt;
  return checked(*this, *given, parse_size(given->text, within.min, within.max));
}

std::optional<milliseconds> arguments::duration(time_unit unit) {
  milliseconds out{};
  if (!read(out, {.unit = unit})) return std::nullopt;
  return out;
}

void arguments::wrong_choice(const word& given, std::span<const std::string_view> names, std::string_view what) {
  std::string help = did_you_mean(given.text, names);
  if (help.empty()) {
    help = "one of ";
    for (std::size_t at = 0; at < names.size(); ++at) {
      if (at > 0) help += at + 1 == names.size() ? " or " : ", ";
      help += names[at];
    }
  }
  wrong("invalid-value", given, fmt::format("'{}': '{}' is not {}", phrase(), given.text, what), std::move(help));
}

void arguments::words(place here, void* target) {
  bool lost = false;  // behind a word nobody knows: its values are not mistakes of their own
  while (!empty()) {
    if (word_of(here, target)) {
      lost = false;
      continue;
    }
    const word& given = take();
    if (lost) continue;
    lost = true;
    const auto other = with_.keywords.find_anywhere(line_.words, next_ - 1);
    if (other.found != nullptr && any(other.found->row->allowed & (server_lines | place::bind))) {
      wrong("misplaced-keyword", given,
            fmt::format("'{}': '{}' is not a word of the {}", phrase(), given.text, name_of(here)),
            fmt::format("it belongs to the {}", places_text(other.found->row->allowed)));
      continue;
    }
    wrong("unknown-keyword", given, fmt::format("'{}': unknown word '{}'", phrase(), given.text),
          did_you_mean(given.text, with_.keywords.phrases(here)));
  }
}

bool arguments::word_of(place here, void* target) {
  if (empty()) return false;
  const auto known = with_.keywords.find(here, line_.words, next_);
  if (known.found == nullptr) return false;
  const keyword& row = *known.found->row;
  arguments inner(line_, next_, next_ + known.words, prefix::none, with_);
  judge(row, inner, name_of(here));
  if (row.state == status::not_yet || row.apply == nullptr) {
    if (row.arity < 0)
      inner.skip_all();
    else
      inner.skip(static_cast<std::size_t>(row.arity));
  } else {
    row.apply(known.found->project != nullptr ? known.found->project(target) : target, inner, row);
  }
  next_ = inner.next_;
  return true;
}

bool judge(const keyword& row, const arguments& at, std::string_view of_line) {
  std::string what = fmt::format("'{}'", row.name);
  if (!of_line.empty()) what += fmt::format(" of the {}", of_line);
  switch (row.state) {
    case status::full: break;
    case status::no_effect:
      if (at.with().say_no_effect)
        at.report().notice("no-effect", at.phrase_where(), fmt::format("{} has no effect here", what));
      break;
    case status::not_yet: {
      auto& said = at.report().alert(
          "not-supported-yet", at.phrase_where(),
          row.instead.empty() ? fmt::format("{} is a HAProxy keyword that ringway does not support yet", what)
                              : fmt::format("{} was a HAProxy keyword, which ringway does not support yet", what));
      if (!row.instead.empty()) said.help = fmt::format("today it is written {}", row.instead);
      return false;
    }
    case status::retired:
      at.report().warning("retired", at.phrase_where(), fmt::format("{} is an old spelling", what),
                          row.instead.empty() ? "it has no effect any more: leave it out"
                                              : fmt::format("today it is written '{}'", row.instead));
      break;
  }
  return true;
}

std::string places_text(place allowed) {
  std::vector<std::string_view> names;
  for (const place one : all_places)
    if (has(allowed, one)) names.push_back(name_of(one));
  std::string out;
  for (std::size_t at = 0; at < names.size(); ++at) {
    if (at > 0) out += at + 1 == names.size() ? " and " : ", ";
    out += names[at];
  }
  return out;
}

}  // namespace ringway::config

#include "config/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/places.hpp"
#include "config/suggest.hpp"

namespace ringway::config {

namespace {

place kind_of_section(std::string_view word) {
  for (const place each : {place::global, place::defaults, place::frontend, place::listen, place::backend})
    if (name_of(each) == word) return each;
  return place::nowhere;
}

}  // namespace

void section_reader::run() {
  std::optional<std::uint32_t> file;
  while (const std::optional<line> one = lines_.next()) {
    if (!file || *file != one->where.file) {
      leave();
      file = one->where.file;
      any_ = false;
      strays_said_ = false;
      now_ = {};
    }
    take(*one);
  }
  leave();
}

void section_reader::leave() {
  if (open_) host_.close();
  open_ = false;
}

void section_reader::take(const line& one) {
  if (section_line(one)) return;
  if (seen_ != nullptr && !seen_->all().empty()) seen_->last().lines.push_back(one);
  if (!any_) {
    if (misspelt_section(one)) return;
    if (!strays_said_) {
      strays_said_ = true;
      if (!misplaced(one, 0))
        with_.report.alert("unknown-section", one.words[0].where,
                           fmt::format("'{}' stands before any section", one.words[0].text),
                           "a configuration begins with a section: global, defaults, frontend, backend or listen");
    }
    return;
  }
  if (one.words[0].where.column > 1) indented_ = true;
  if (now_.here == place::nowhere) {
    // Even while skipping, a misspelt section word in column 1 ends what is skipped.
    if (one.words[0].where.column == 1 && indented_) misspelt_section(one);
    return;
  }
  statement(one);
}

bool section_reader::section_line(const line& one) {
  const std::vector<word> head(one.words.begin(), one.words.begin() + 1);
  const auto known = with_.keywords.find(place::file, head, 0);
  if (known.found == nullptr || one.words[0].quoted) return false;
  if (seen_ != nullptr) seen_->open(one, kind_of_section(one.words[0].text));
  // A section whose keyword is also a word of the open section's own (none today) would be the section's.
  open(one, *known.found->row);
  return true;
}

void section_reader::open(const line& one, const keyword& row) {
  leave();
  any_ = true;
  indented_ = false;
  section_word_ = std::string(row.name);
  arguments from(one, 0, 1, arguments::prefix::none, with_);
  now_ = {};
  if (!judge(row, from, {})) {
    lines_.section(section_word_);
    return;
  }
  if (row.state == status::no_effect || row.apply == nullptr) {
    if (row.state != status::full) return;
  }
  now_ = host_.open(row, from);
  open_ = true;
  lines_.section(now_.name.empty() ? section_word_ : now_.name);
}

void section_reader::statement(const line& one) {
  std::size_t head = 0;
  auto before = arguments::prefix::none;
  if ((one.words[0].text == "no" || one.words[0].text == "default") && !one.words[0].quoted) {
    before = one.words[0].text == "no" ? arguments::prefix::no : arguments::prefix::standard;
    if (one.words.size() == 1) {
      with_.report.alert("missing-argument", behind(one.words[0]),
                         fmt::format("'{}' needs an option to turn {}", one.words[0].text,
                                     before == arguments::prefix::no ? "off" : "to its default"));
      return;
    }
    head = 1;
  }
  const auto known = with_.keywords.find(now_.here, one.words, head);
  if (known.found == nullptr) {
    if (!misplaced(one, head)) unknown(one, head);
    return;
  }
  const keyword& row = *known.found->row;
  arguments from(one, head, head + known.words, before, with_);
  if (!judge(row, from, {})) return;
  if (before != arguments::prefix::none && !row.negatable && row.state == status::full) {
    with_.report.alert("invalid-prefix", one.words[0].where,
                       fmt::format("'{}' cannot stand before '{}'", one.words[0].text, row.name),
                       "it stands before options, log and some global switches");
    return;
  }
  if (row.apply == nullptr) {
    if (row.state == status::no_effect) count_words(row, from);
    return;
  }
  row.apply(known.found->project != nullptr ? known.found->project(now_.target) : now_.target, from, row);
}

// What has no effect here is a mistake where it would be one in HAProxy.
void section_reader::count_words(const keyword& row, arguments& from) {
  for (int i = 0; i < row.least; ++i)
    if (from.need("a value") == nullptr) return;
  if (row.most < 0) return;
  from.skip(static_cast<std::size_t>(row.most - row.least));
  from.finish();
}

bool section_reader::misplaced(const line& one, std::size_t head) {
  const auto other = with_.keywords.find_anywhere(one.words, head);
  if (other.found == nullptr) return false;
  const keyword& row = *other.found->row;
  if (has(row.allowed, place::file)) return false;
  const bool line_of_its_own = any(row.allowed & (place::global | proxies));
  const arguments at(one, head, head + other.words, arguments::prefix::none, with_);
  if (!line_of_its_own) {
    // Only words that cannot be a misspelling of something else: "check", "inter 2s"; not "id" and its like.
    if (!any(row.allowed & (server_lines | place::bind))) return false;
    with_.report.alert("misplaced-keyword", at.phrase_where(),
                       fmt::format("'{}' is a word of the {}, not a line of its own", row.name,
                                   places_text(row.allowed)));
    return true;
  }
  const std::string help = fmt::format(
      "it is allowed in {}",
      places_text(with_.keywords.places_of(row.name) & (place::global | proxies)));
  if (now_.here == place::nowhere) {
    with_.report.alert("misplaced-keyword", at.phrase_where(),
                       fmt::format("'{}' stands before any section", row.name), help);
    return true;
  }
  const bool among_proxies = any(row.allowed & named_proxies) && any(now_.here & named_proxies);
  if (among_proxies && !row.strict) {
    with_.report.warning("misplaced-keyword", at.phrase_where(),
                         fmt::format("'{}' is ignored in a {} section", row.name, section_word_), help);
    return true;
  }
  with_.report.alert("misplaced-keyword", at.phrase_where(),
                     fmt::format("'{}' is not allowed in a {} section", row.name, section_word_), help);
  return true;
}

bool section_reader::misspelt_section(const line& one) {
  const auto names = with_.keywords.phrases(place::file);
  const auto guess = nearest(one.words[0].text, names);
  if (!guess) return false;
  std::vector<word> corrected = one.words;
  corrected[0].text = std::string(*guess);
  with_.report.alert("unknown-section", one.words[0].where, fmt::format("unknown section '{}'", one.words[0].text),
                     fmt::format("did you mean '{}'?", *guess));
  const auto known = with_.keywords.find(place::file, {corrected[0]}, 0);
  leave();
  any_ = true;
  indented_ = false;
  now_ = {};
  section_word_ = std::string(*guess);
  const keyword& row = *known.found->row;
  if (row.state != status::full) return true;  // one mistake, one message
  line as_meant = one;
  as_meant.words = std::move(corrected);
  arguments from(as_meant, 0, 1, arguments::prefix::none, with_);
  now_ = host_.open(row, from);
  open_ = true;
  lines_.section(now_.name.empty() ? section_word_ : now_.name);
  return true;
}

void section_reader::unknown(const line& one, std::size_t head) {
  const word& first = one.words[head];
  const std::string section = fmt::format("{} section", section_word_);
  if (with_.keywords.has_head(now_.here, first.text)) {
    const auto seconds = with_.keywords.second_words(now_.here, first.text);
    if (one.words.size() == head + 1) {
      with_.report.alert("missing-argument", behind(first), fmt::format("'{}' needs a word behind it", first.text),
                         seconds.size() > 8 ? std::string() : fmt::format("one of {}", fmt::join(seconds, ", ")));
      return;
    }
    const word& second = one.words[head + 1];
    std::string help;
    if (const auto guess = nearest(second.text, seconds)) help = fmt::format("did you mean '{} {}'?", first.text, *guess);
    with_.report.alert("unknown-keyword", second.where,
                       fmt::format("unknown keyword '{} {}' in a {}", first.text, second.text, section), std::move(help));
    return;
  }
  if (head == 0 && first.where.column == 1 && indented_ && misspelt_section(one)) return;

  const auto phrases = with_.keywords.phrases(now_.here);
  std::vector<std::string_view> single, heads;
  for (const std::string_view phrase : phrases) {
    const std::size_t blank = phrase.find(' ');
    if (blank == std::string_view::npos) single.push_back(phrase);
    else if (std::find(heads.begin(), heads.end(), phrase.substr(0, blank)) == heads.end())
      heads.push_back(phrase.substr(0, blank));
  }
  std::string help;
  if (const auto word_guess = nearest(first.text, single)) help = fmt::format("did you mean '{}'?", *word_guess);
  if (const auto head_guess = nearest(first.text, heads); help.empty() && head_guess && one.words.size() > head + 1) {
    const auto seconds = with_.keywords.second_words(now_.here, *head_guess);
    const std::string& typed = one.words[head + 1].text;
    const bool right = std::find(seconds.begin(), seconds.end(), typed) != seconds.end();
    if (const auto second = right ? std::optional<std::string_view>(typed) : nearest(typed, seconds))
      help = fmt::format("did you mean '{} {}'?", *head_guess, *second);
  }
  if (help.empty() && one.words.size() > head + 1)
    help = did_you_mean(fmt::format("{} {}", first.text, one.words[head + 1].text), phrases);
  // "httplog" alone: its option; "client 30s": its timeout.
  if (help.empty())
    for (const std::string_view head_word : {"option", "timeout"})
      for (const std::string_view second : with_.keywords.second_words(now_.here, head_word))
        if (second == first.text) help = fmt::format("did you mean '{} {}'?", head_word, second);
  if (help.empty() && head == 0 && first.where.column == 1 && misspelt_section(one)) return;
  with_.report.alert("unknown-keyword", first.where, fmt::format("unknown keyword '{}' in a {}", first.text, section),
                     std::move(help));
}

}  // namespace ringway::config

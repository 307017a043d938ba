// Names that today's HAProxy refuses: a frontend and a backend of one name, and bytes that names cannot have.
#include <fmt/format.h>

#include <set>

#include "config/values.hpp"
#include "migrate/rewrite.hpp"

namespace ringway::migrate {
namespace {

using config::place;
using config::word;

bool front(const section_facts& one) { return one.kind == place::frontend; }
bool back(const section_facts& one) { return one.kind == place::backend || one.kind == place::listen; }

std::string cleaned(std::string_view name) {
  std::string out(name);
  while (const auto bad = config::bad_name_byte(out)) out[*bad] = '_';
  return out;
}

const std::string* new_name(const std::map<std::string, std::string, std::less<>>& of, std::string_view old) {
  const auto found = of.find(old);
  return found == of.end() ? nullptr : &found->second;
}

void rename(statement& one, const word& at, std::size_t offset, std::string_view old, const std::string& fresh, std::string_view why) {
  // A quoted name is replaced as a whole.
  if (offset == 0 && old.size() == at.text.size()) one.replace(at, fresh);
  else one.replace_part(at, offset, old.size(), fresh);
  one.because(verdict::translated, fmt::format("'{}' is called '{}' now: {}", old, fresh, why), at.where.column);
}

constexpr std::string_view twins = "HAProxy 3.3 wants another name for a frontend than for a backend; tools that name it must follow";
constexpr std::string_view bytes = "names have letters, digits and . : _ - only";

// Names in the brackets of samples: nbsrv(NAME), fe_conn(NAME), table_cnt(NAME), sc0_conn_rate(NAME).
void in_brackets(statement& one, const word& at, const std::map<std::string, std::string, std::less<>>& names, bool fronts,
                 std::string_view why) {
  const std::string_view raw = one.raw_of(at);
  for (std::size_t open = raw.find('('); open != std::string_view::npos; open = raw.find('(', open + 1)) {
    std::size_t begin = open;
    while (begin > 0 && (config::bad_name_byte(raw.substr(begin - 1, 1)) == std::nullopt)) --begin;
    const bool of_frontend = raw.substr(begin, open - begin).starts_with("fe_");
    if (of_frontend != fronts) continue;
    const std::size_t close = raw.find(')', open);
    if (close == std::string_view::npos) return;
    for (std::size_t from = open + 1; from <= close;) {
      const std::size_t end = std::min(raw.find(',', from), close);
      const std::string_view part = raw.substr(from, end - from);
      const std::string_view name = part.substr(0, part.find('/'));
      if (const std::string* fresh = new_name(names, name)) rename(one, at, from, name, *fresh, why);
      else if (const std::string* whole = new_name(names, part)) rename(one, at, from, part, *whole, why);
      from = end + 1;
    }
  }
}

}  // namespace

void find_bad_names(file_facts& file) {
  std::set<std::string, std::less<>> used;
  for (const section_facts& each : file.sections) used.insert(each.name);
  const auto unique = [&](std::string wanted) {
    for (unsigned i = 2; used.contains(wanted); ++i) wanted = fmt::format("{}{}", wanted, i);
    used.insert(wanted);
    return wanted;
  };
  for (const section_facts& each : file.sections) {
    if (each.name.empty() || (!front(each) && !back(each)) || !config::bad_name_byte(each.name)) continue;
    auto& names = front(each) ? file.frontends : file.backends;
    if (!names.contains(each.name)) names.emplace(each.name, unique(cleaned(each.name)));
  }
  for (const section_facts& one : file.sections) {
    if (!front(one) || config::bad_name_byte(one.name)) continue;
    for (const section_facts& other : file.sections)
      if (other.kind == place::backend && other.name == one.name && !file.frontends.contains(one.name))
        file.frontends.emplace(one.name, unique(one.name + "_front"));
  }
}

void rewrite_names(statement& one) {
  const auto& words = one.words();
  const file_facts& file = one.file();
  const std::string& first = words[0].text;
  const auto why = [](std::string_view old) { return config::bad_name_byte(old) ? bytes : twins; };

  if (first == "server" && words.size() > 2 && has(config::named_proxies, one.section().kind) && !words[1].empty_variable &&
      config::bad_name_byte(words[1].text))
    rename(one, words[1], 0, words[1].text, cleaned(words[1].text), bytes);
  if (file.backends.empty() && file.frontends.empty()) return;

  const bool opens = first == "frontend" || first == "backend" || first == "listen";
  if (opens && words.size() > 1) {
    const std::string* fresh = new_name(first == "frontend" ? file.frontends : file.backends, words[1].text);
    if (fresh != nullptr) rename(one, words[1], 0, words[1].text, *fresh, why(words[1].text));
    return;
  }
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& before = words[i - 1].text;
    const bool names_backend = (i == 1 && (first == "use_backend" || first == "default_backend")) || before == "table";
    const std::string* fresh = names_backend ? new_name(file.backends, words[i].text) : nullptr;
    if (fresh != nullptr) rename(one, words[i], 0, words[i].text, *fresh, why(words[i].text));
    else if (words[i].text.find('(') != std::string::npos && !words[i].quoted) {
      for (const bool fronts : {false, true})
        in_brackets(one, words[i], fronts ? file.frontends : file.backends, fronts, fronts ? twins : bytes);
    }
  }
  // A table of the frontend that gets another name, unless the backend has one, too.
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i - 1].text != "table" || file.backends.contains(words[i].text)) continue;
    const std::string* fresh = new_name(file.frontends, words[i].text);
    if (fresh == nullptr) continue;
    for (const section_facts& each : file.sections)
      if (front(each) && each.name == words[i].text && each.stick_table)
        rename(one, words[i], 0, words[i].text, *fresh, twins);
  }
}

}  // namespace ringway::migrate

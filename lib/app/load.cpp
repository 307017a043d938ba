#include "app/load.hpp"

#include <fmt/format.h>

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "app/catalogue.hpp"
#include "app/validate.hpp"
#include "config/places.hpp"
#include "config/preprocess.hpp"
#include "config/sections.hpp"
#include "config/suggest.hpp"
#include "config/values.hpp"
#include "proxy/keywords.hpp"

namespace ringway::app {
namespace {

using config::arguments;
using config::keyword;
using config::opened_section;
using config::place;
using config::status;
using config::word;
using proxy::section_settings;

class loader final : public config::section_host {
 public:
  explicit loader(proxy::model& into) : into_(into) {}

  opened_section open(const keyword& row, arguments& from) override {
    if (has(row.allowed, place::file) && row.name == "global") {
      from.finish();
      return {place::global, &into_.global, "global"};
    }
    if (row.name == "defaults") return open_defaults(from);
    if (row.name == "http-errors") return open_errors(from);
    if (row.name == "frontend") return open_proxy(place::frontend, "frontend", from);
    if (row.name == "listen") return open_proxy(place::listen, "listen", from);
    return open_proxy(place::backend, "backend", from);
  }

  void close() override {
    if (proxy_ != nullptr) give_server_ids(*proxy_);
    proxy_ = nullptr;
  }

 private:
  struct defaults_section {
    std::string name;
    config::span where;
    section_settings settings;
  };

  // `from NAME` at the end of a section line. nullptr: none, or not found (reported).
  const defaults_section* read_from(arguments& from, bool& said) {
    said = false;
    if (from.empty() || from.peek().text != "from") return nullptr;
    from.take();
    said = true;
    const word* name = from.need("the name of a defaults section");
    if (name == nullptr) return nullptr;
    const auto known = defaults_by_name_.find(name->text);
    const defaults_section* found = known != defaults_by_name_.end() ? known->second.last : nullptr;
    const defaults_section* other = found != nullptr ? known->second.before : nullptr;
    if (found == nullptr) {
      std::vector<std::string_view> names;
      for (const defaults_section& each : defaults_)
        if (!each.name.empty()) names.push_back(each.name);
      from.wrong("unknown-name", *name, fmt::format("there is no defaults section '{}' above", name->text),
                 config::did_you_mean(name->text, names));
    } else if (other != nullptr) {
      auto& wrong = from.wrong("ambiguous-name", *name,
                               fmt::format("there are several defaults sections '{}'", name->text));
      wrong.notes.emplace_back(other->where, "one is here");
      wrong.notes.emplace_back(found->where, "another is here");
    }
    return found;
  }

  static section_settings begin_with(const defaults_section* base) {
    if (base == nullptr) return {};
    section_settings out = base->settings;
    out.rules = base->settings.rules.inherited();
    out.log.of_defaults = false;
    out.log.format_option = {};
    return out;
  }

  // Rules of a defaults section are for the sections of one side that begin with it (configuration manual 4.2,
  // http-request): for frontends or for backends. False: reported, and the section goes on without them.
  bool may_begin_with(const defaults_section& base, place here, const std::string& who, const config::span& where,
                      config::diagnostics& report) {
    const rules::section& given = base.settings.rules;
    if (!given.has_rules()) return true;
    std::string_view what, help = "name another one with 'from', or write the rules in the section itself";
    if (here == place::defaults || here == place::listen) {
      what = "that has rules";
    } else if (here == place::backend && (!given.connection.empty() || !given.session.empty())) {
      what = "that has rules for connections of clients";
    } else if (const place first = sides_.try_emplace(&base, here).first->second; first != here) {
      what = first == place::frontend ? "whose rules are a frontend's already" : "whose rules are a backend's already";
      help = "give frontends and backends a defaults section with rules of their own each";
    } else {
      return true;
    }
    auto& wrong = report.alert("misplaced-keyword", where, fmt::format("{} cannot begin with a defaults section {}", who, what),
                               std::string(help));
    wrong.notes.emplace_back(base.where, "the defaults section is here");
    return false;
  }

  bool good_name(const word& name, arguments& from, std::string_view kind) {
    const auto bad = config::bad_name_byte(name.text);
    if (!bad) return true;
    from.report().alert("invalid-name", config::part_of(name, *bad, 1),
                        fmt::format("'{}' cannot be part of the name of a {}", name.text[*bad], kind),
                        "names are made of letters, digits and . : _ -");
    return false;
  }

  opened_section open_defaults(arguments& from) {
    defaults_section fresh;
    fresh.where = from.phrase_where();
    if (!from.empty() && from.peek().text != "from") {
      const word& name = from.take();
      good_name(name, from, "defaults section");
      fresh.name = name.text;
      fresh.where = name.where;
    }
    bool said = false;
    if (const defaults_section* base = read_from(from, said)) {
      fresh.settings = begin_with(base);
      if (!may_begin_with(*base, place::defaults, fmt::format("defaults '{}'", fresh.name), fresh.where, from.report()))
        fresh.settings.rules = {};
    }
    from.finish();
    fresh.settings.log.of_defaults = true;
    fresh.settings.rules.of = fresh.name.empty() ? rules::section_kind::anonymous_defaults
                                                 : rules::section_kind::named_defaults;
    defaults_.push_back(std::move(fresh));
    current_ = &defaults_.back();
    named_defaults& same = defaults_by_name_[current_->name];
    same.before = std::exchange(same.last, current_);
    return {place::defaults, &defaults_.back().settings, defaults_.back().name};
  }

  opened_section open_errors(arguments& from) {
    proxy::error_group fresh;
    fresh.where = from.phrase_where();
    const word* name = from.need("a name");
    if (name != nullptr) {
      good_name(*name, from, "http-errors section");
      fresh.name = name->text;
      fresh.where = name->where;
      from.finish();
      for (const proxy::error_group& other : into_.error_groups) {
        if (other.name != fresh.name) continue;
        auto& wrong = from.wrong("duplicate-section", *name,
                                 fmt::format("http-errors '{}' has the name of another section", name->text));
        wrong.notes.emplace_back(other.where, "first declared here");
        break;
      }
    }
    into_.error_groups.push_back(std::move(fresh));
    return {place::http_errors, &into_.error_groups.back(), into_.error_groups.back().name};
  }

  opened_section open_proxy(place here, std::string_view kind, arguments& from) {
    const word* name = nullptr;
    const std::vector<word>& words = from.whole().words;
    config::span where = words[0].where;
    if (from.empty()) {
      from.need("a name");
    } else {
      name = &from.take();
      where = name->where;
      good_name(*name, from, kind);
    }
    std::vector<proxy::bind_settings> old_binds;
    if (here != place::backend && !from.empty() && from.peek().text != "from") {
      const word& given = from.take();
      from.warn("retired", given, fmt::format("an address on the {} line is an old spelling", kind),
                fmt::format("today it is written on a line of its own: 'bind {}'", given.text));
      old_binds = proxy::read_bind_addresses(kind, given, from);
    }
    bool said = false;
    const defaults_section* base = read_from(from, said);
    if (!said) base = current_;
    from.finish();

    section_settings fresh = begin_with(base);
    if (base != nullptr && !may_begin_with(*base, here, fmt::format("{} '{}'", kind, name != nullptr ? name->text : ""), where,
                                           from.report()))
      fresh.rules = {};
    fresh.name = name != nullptr ? name->text : std::string();
    fresh.where = where;
    fresh.front = here != place::backend;
    fresh.back = here != place::frontend;
    fresh.binds = std::move(old_binds);
    if (name != nullptr) same_name(fresh, *name, kind, from);
    // The vector may move while a section is open only between sections: none is open now.
    into_.sections.push_back(std::move(fresh));
    proxy_ = &into_.sections.back();
    return {here, proxy_, proxy_->name};
  }

  void same_name(const section_settings& fresh, const word& name, std::string_view kind, arguments& from) {
    const auto [known, first] = sections_by_name_.try_emplace(fresh.name, into_.sections.size());
    if (!first) {
      const section_settings& other = into_.sections[known->second];
      if ((other.front && fresh.front) || (other.back && fresh.back)) {
        auto& wrong = from.wrong("duplicate-section", name,
                                 fmt::format("{} '{}' has the name of another section", kind, name.text),
                                 "give one of them another name");
        wrong.notes.emplace_back(other.where, "first declared here");
      } else {
        auto& warned = from.warn("retired", name,
                                 fmt::format("a frontend and a backend are both named '{}'", name.text),
                                 "HAProxy 3.3 refuses this: give one of them another name, or write one 'listen'");
        warned.notes.emplace_back(other.where, "the other is here");
      }
    }
  }

  // A server without an id takes the next number that no server of the section has; the count goes on with every
  // server, also those that brought their own.
  static void give_server_ids(section_settings& of) {
    std::set<std::uint32_t> used;
    for (servers::settings& server : of.servers) {
      server.id_said = server.id != 0;
      if (server.id_said) used.insert(server.id);
    }
    std::uint32_t next = 1;
    for (servers::settings& server : of.servers) {
      if (server.id == 0) {
        while (used.contains(next)) ++next;
        server.id = next;
        used.insert(next);
      }
      ++next;
    }
  }

  struct named_defaults {
    const defaults_section* last = nullptr;
    const defaults_section* before = nullptr;  // another of that name
  };

  proxy::model& into_;
  std::unordered_map<std::string, std::size_t> sections_by_name_;  // the first of each name
  std::unordered_map<std::string, named_defaults> defaults_by_name_;
  std::deque<defaults_section> defaults_;  // never move: a section line may still point at one
  std::unordered_map<const defaults_section*, place> sides_;  // which begin with one that has rules
  const defaults_section* current_ = nullptr;
  section_settings* proxy_ = nullptr;
};

constexpr std::array openers = {
    keyword{.name = "global", .allowed = place::file, .summary = "Settings of the whole process.",
            .example = "global"},
    keyword{.name = "defaults", .allowed = place::file, .grammar = "[<name>] [from <defaults>]",
            .summary = "What the sections below begin with, until the next defaults section.",
            .example = "defaults web"},
    keyword{.name = "frontend", .allowed = place::file, .grammar = "<name> [from <defaults>]",
            .summary = "Where clients are awaited.", .example = "frontend public"},
    keyword{.name = "backend", .allowed = place::file, .grammar = "<name> [from <defaults>]",
            .summary = "Servers, and how one is chosen.", .example = "backend shop"},
    keyword{.name = "http-errors", .allowed = place::file, .grammar = "<name>",
            .summary = "Error pages that sections import with errorfiles.", .example = "http-errors pages",
            .since = "2.2"},
    keyword{.name = "listen", .allowed = place::file, .grammar = "<name> [from <defaults>]",
            .summary = "A frontend and its backend in one.", .example = "listen shop"},
};

}  // namespace

std::span<const config::keyword> section_openers() { return openers; }

proxy::model load(const load_options& what, config::environment& variables, config::source_set& sources,
                  config::diagnostics& report, config::outline* seen) {
  for (const std::string& path : what.files) sources.add(path, report);
  for (const auto& [name, text] : what.texts) sources.add_text(name, text);
  proxy::model out;
  config::reading with{catalogue(), report, variables, what.syntax_only, what.say_no_effect};
  config::preprocessor lines(sources, variables, what.facts, report);
  loader host(out);
  config::section_reader(lines, with, host, seen).run();
  if (what.h1_as_haproxy) out.global.h1_as_haproxy = *what.h1_as_haproxy;
  validate(out, report);
  return out;
}

}  // namespace ringway::app

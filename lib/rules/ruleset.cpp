#include "rules/ruleset.hpp"

#include <fmt/format.h>

#include "config/suggest.hpp"

namespace ringway::rules {
namespace {

class resolver {
 public:
  resolver(const owner& by, const directory& names, config::diagnostics& report)
      : by_(by), names_(names), report_(report) {}

  void arguments(argument_list& list, std::string_view of) {
    for (argument& each : list) {
      if (each.as == takes::backend) back(each, of);
      if (each.as == takes::frontend) front(each, of);
      if (each.as == takes::server) server(each, of);
    }
  }

  static bool needed(const expression& in) {
    for (const argument& each : in.args)
      if (each.as == takes::backend || each.as == takes::frontend || each.as == takes::server) return true;
    return false;
  }

 private:
  void unknown(const argument& at, std::string message, std::string help) {
    report_.alert("unknown-name", at.where, fmt::format("{} '{}': {}", by_.word, by_.name, message), std::move(help));
  }
  void back(argument& one, std::string_view of) {
    if (one.text.empty()) {
      one.index = by_.back;
      if (one.index == no_index)
        unknown(one, fmt::format("'{}' does not say which backend it asks about", of),
                fmt::format("a frontend has no backend of its own: write '{}(<backend>)'", of));
      return;
    }
    one.index = names_.backend(one.text);
    if (one.index == no_index)
      unknown(one, fmt::format("there is no backend '{}'", one.text), config::did_you_mean(one.text, names_.backends()));
  }
  void front(argument& one, std::string_view of) {
    if (one.text.empty()) {
      one.index = by_.front;
      if (one.index == no_index)
        unknown(one, fmt::format("'{}' does not say which frontend it asks about", of),
                fmt::format("write '{}(<frontend>)'", of));
      return;
    }
    one.index = names_.frontend(one.text);
    if (one.index == no_index)
      unknown(one, fmt::format("there is no frontend '{}'", one.text),
              config::did_you_mean(one.text, names_.frontends()));
  }
  void server(argument& one, std::string_view of) {
    const std::size_t slash = one.text.find('/');
    const std::string_view text = one.text;
    const std::string_view back_name = slash == std::string_view::npos ? std::string_view() : text.substr(0, slash);
    const std::string_view name = slash == std::string_view::npos ? text : text.substr(slash + 1);
    one.index = back_name.empty() ? by_.back : names_.backend(back_name);
    if (one.index == no_index) {
      unknown(one,
              back_name.empty() ? fmt::format("'{}' does not say which backend's server '{}' is meant", of, name)
                                : fmt::format("there is no backend '{}'", back_name),
              back_name.empty() ? fmt::format("write '{}(<backend>/{})'", of, name)
                                : config::did_you_mean(back_name, names_.backends()));
      return;
    }
    one.server = names_.server(one.index, name);
    if (one.server == no_index)
      unknown(one, fmt::format("there is no server '{}' in backend '{}'", name, back_name.empty() ? by_.name : back_name),
              config::did_you_mean(name, names_.servers(one.index)));
  }

  const owner& by_;
  const directory& names_;
  config::diagnostics& report_;
};

trace_step* step(trace* seen, const config::span& where, const std::string& text) {
  if (seen == nullptr) return nullptr;
  seen->emplace_back();
  seen->back().where = where;
  seen->back().text = text;
  return &seen->back();
}

}  // namespace

section section::inherited() const {
  section out = *this;
  out.of = section_kind::proxy;
  out.acls.hide_names();
  return out;
}

void resolve(section& of, const owner& by, const directory& names, config::diagnostics& report) {
  resolver with(by, names, report);
  for (std::shared_ptr<const acl>& each : of.acls.all()) {
    bool needed = false;
    for (const test& one : each->tests) needed = needed || resolver::needed(one.what);
    if (!needed) continue;
    auto mine = std::make_shared<acl>(*each);
    for (test& one : mine->tests) with.arguments(one.what.args, one.what.fetch->name);
    each = std::move(mine);
  }
}

std::uint32_t choose_backend(const section& of, const context& in, trace* seen) {
  for (const backend_choice& rule : of.use_backend) {
    trace_step* said = step(seen, rule.where, rule.text);
    if (!rule.when.holds(in, of.acls.all(), said)) continue;
    if (said != nullptr) said->applied = true;
    return rule.target;
  }
  return no_index;
}

}  // namespace ringway::rules

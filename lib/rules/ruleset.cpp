#include "rules/ruleset.hpp"

#include <fmt/format.h>

#include "config/suggest.hpp"
#include "rules/step.hpp"

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

  void expression_of(expression& one) { arguments(one.args, one.fetch->name); }

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

// Does anything of the condition need a request?
bool asks_request(const condition& when, const acl_list& acls) {
  for (const auto& all_of : when.any_of)
    for (const condition::term& each : all_of)
      for (const test& one : acls.all()[each.acl]->tests)
        if (one.what.fetch->wants == needs::request) return true;
  return false;
}

}  // namespace

section section::inherited() const {
  section out = *this;
  out.of = section_kind::proxy;
  out.latest = stage::nothing;
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
    for (test& one : mine->tests) with.expression_of(one.what);
    each = std::move(mine);
  }
  const auto visit = [&](expression& one) { with.expression_of(one); };
  for (auto* list : {&of.http_request, &of.redirects})
    for (http_rule& each : *list) {
      each.value.each_expression(visit);
      if (each.redirect == nullptr) continue;
      auto mine = std::make_shared<redirect_settings>(*each.redirect);
      mine->to.each_expression(visit);
      if (mine->cookie_made) mine->cookie_made->each_expression(visit);
      each.redirect = std::move(mine);
    }
  for (backend_choice& each : of.use_backend)
    if (each.computed) each.computed->each_expression(visit);
  if (by.http) return;
  const auto ignored = [&](std::vector<http_rule>& list, std::string_view word) {
    if (list.empty()) return;
    report.warning("needs-http", list[0].where,
                   fmt::format("'{}' rules of {} '{}' need mode http and are ignored", word, by.word, by.name));
    list.clear();
  };
  ignored(of.http_request, "http-request");
  ignored(of.redirects, "redirect");
  for (backend_choice& each : of.use_backend) each.never_seen = asks_request(each.when, of.acls);
}

static trace_step* begin_step(trace* seen, const rule& one) {
  if (seen == nullptr) return nullptr;
  seen->emplace_back();
  seen->back().where = one.where;
  seen->back().text = one.text;
  return &seen->back();
}

bool applies(const rule& one, const section& of, const context& in, trace* seen) {
  trace_step* said = begin_step(seen, one);
  const bool out = one.when.holds(in, of.acls.all(), said);
  if (said != nullptr) said->applied = out;
  return out;
}

std::uint32_t choose_backend(const section& of, const context& in, trace* seen) {
  for (const backend_choice& each : of.use_backend) {
    if (!applies(each, of, in, seen)) continue;
    const std::uint32_t found = each.computed ? in.around.backend_named(each.computed->fill(in)) : each.target;
    // A backend that is disabled is passed over; a name that no backend has means the default backend: as in HAProxy.
    if (found == no_index || !in.around.backend_is_disabled(found)) return found;
  }
  return no_index;
}

admission admit(const section& of, const std::vector<connection_rule>& rules, const context& in, trace* seen) {
  admission out;
  for (const connection_rule& each : rules) {
    if (!applies(each, of, in, seen)) continue;
    if (each.what == connection_rule::verdict::expect_proxy) {
      out.expect_proxy = true;
      continue;
    }
    out.accepted = each.what == connection_rule::verdict::accept;
    break;
  }
  return out;
}

bool monitor_fails(const section& of, const context& in, trace* seen) {
  for (const rule& each : of.monitor_fail)
    if (applies(each, of, in, seen)) return true;
  return false;
}

}  // namespace ringway::rules

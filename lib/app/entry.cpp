#include "app/entry.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "advice/advice.hpp"
#include "app/about.hpp"
#include "app/catalogue.hpp"
#include "app/listening.hpp"
#include "app/load.hpp"
#include "app/lookups.hpp"
#include "app/options.hpp"
#include "app/ports.hpp"
#include "app/subcommands.hpp"
#include "app/supervisor.hpp"
#include "app/tools.hpp"
#include "config/manual.hpp"
#include "io/resolver.hpp"

namespace ringway::app {

namespace {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void render(const config::diagnostics& report, const config::source_set& sources, const options& said) {
  if (said.diagnostics == diagnostics_style::json) {
    const std::string text = config::render_json(report, sources);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return;
  }
  if (report.all().empty() || (said.quiet_output() && !report.failed())) return;
  config::render_options how;
  how.colour = colours(STDERR_FILENO);
  how.width = stderr_width();
  how.pid = static_cast<int>(getpid());
  how.diag = said.diagnose;
  if (!said.all_diagnostics) {
    how.most = 20;
    how.most_notes = 5;
  }
  const std::string text = config::render_text(report, sources, how);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

config::environment surroundings_of(const options& said) {
  config::environment out = config::environment::of_process();
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  out.preset("HOSTNAME", name);
  out.set("HAPROXY_LOCALPEER", said.local_peer.empty() ? name : said.local_peer);
  out.set("HAPROXY_MWORKER", said.master ? "1" : "0");
  return out;
}

int evaluate_condition(const options& said) {
  const config::environment variables = surroundings_of(said);
  const config::condition_result found =
      config::evaluate_argument(said.condition, variables, facts_for_conditions(!said.one_socket, !said.no_splice));
  if (!found.error) return found.value ? 0 : 1;
  say("ALERT", "condition '" + said.condition + "': " + found.error->message);
  say_help(found.error->help);
  return 2;
}

int dump_keywords() {
  for (const config::place here : config::all_places) {
    std::string rows;
    for (const auto& each : catalogue().all())
      if (has(each.row->allowed, here) && each.row->state != config::status::not_yet) rows.append("\t").append(each.row->name).append("\n");
    if (rows.empty()) continue;
    print("# " + std::string(config::name_of(here)) + ":\n" + rows);
  }
  return 0;
}

int help_keywords(const options& said) {
  const std::string text = config::print_keywords(catalogue(), said.keyword_pattern);
  print(text);
  return text.empty() ? 1 : 0;
}

bool try_bind_all(const proxy::model& model, const options& said) {
  const io::fixed_names fixed = fixed_names_of(said);
  listening_options how;
  how.taking_over = said.takes_over();
  how.resolve = [&fixed](const std::string& host) -> std::optional<address> {
    const io::resolution found = io::resolve_now(host, fixed);
    if (found.addresses.empty()) return std::nullopt;
    return found.addresses.front();
  };
  const std::vector<complaint> failures = try_bind(model, how);
  for (const complaint& one : failures) {
    say("ALERT", one.message);
    say_help(one.help);
  }
  return failures.empty();
}

ending with_configuration(const options& said) {
  const bool checking = said.what == action::check;
  load_options what;
  what.files = said.files;
  what.syntax_only = said.syntax_only;
  what.say_no_effect = said.verbose;
  what.h1_as_haproxy = said.h1_as_haproxy;
  what.facts = facts_for_conditions(!said.one_socket, !said.no_splice);
  config::environment variables = surroundings_of(said);
  config::source_set sources;
  config::diagnostics report;
  config::outline lines;
  proxy::model model = load(what, variables, sources, report, &lines);
  if (!said.syntax_only && !report.failed()) {
    look_up_owners(model, report);
    const io::fixed_names fixed = fixed_names_of(said);
    if (checking) look_up_names(model, [&fixed](const std::string& host) { return io::resolve_now(host, fixed); }, report);
  }
  const advice::subject looked_at{model, lines, sources};
  if (checking && !report.failed()) advice::give(looked_at, said.no_advice, report);
  render(report, sources, said);
  if (report.failed()) {
    if (said.diagnostics == diagnostics_style::text)
      say("ALERT", checking ? "Fatal errors found in configuration." : "Fatal errors found in configuration, not starting.");
    return {1};
  }
  if (said.warnings_fatal && report.count(config::severity::warning) > 0) {
    say("ALERT", "Some warnings were found and warnings are fatal (-dW), exiting.");
    return {1};
  }
  if (said.dump_configuration) {
    for (std::uint32_t file = 0; file < sources.files().size(); ++file) print(sources.text(file));
    return {0};
  }
  if (said.daemon) model.global.daemon = true;
  if (checking) {
    if (said.try_bind) {
      if (const outcome failed = apply_ports(said.ports, model)) {
        say("ALERT", failed->message);
        return {1};
      }
      if (!try_bind_all(model, said)) return {1};
    }
    if (!said.syntax_only && !has_listener(model)) {
      if (!said.quiet_output()) print("Configuration file has no error but will not start (no listener) => exit(2).\n");
      return {2};
    }
    if (said.verbose) print("Configuration file is valid\n");
    return {0};
  }
  // A master waits for a configuration that has one.
  if (!said.master && !has_listener(model)) {
    say("ALERT", "No listener: no frontend or listen section has a 'bind' line, not starting.");
    say_help("add one such as 'bind *:80'");
    return {1};
  }
  const auto unwanted = [&](const std::string& name) { return name == "all" || name == "lone-client"; };
  const bool silent = std::any_of(said.no_advice.begin(), said.no_advice.end(), unwanted);
  const advice::allowances allowed(looked_at);
  for (proxy::section_settings& section : model.sections)
    section.notice_lone_client = !silent && !allowed.hold("lone-client", section.where);
  return run(std::move(model), said, origins_of(sources, variables));
}

}  // namespace

int entry(int argc, char** argv) {
  const std::string program(program_name(argc > 0 ? argv[0] : ""));
  if (argc > 1) {
    if (const subcommand* row = find_subcommand(argv[1])) return run_subcommand(*row, argc, argv);
  }
  surroundings around{[](const std::string& path) { return access(path.c_str(), F_OK) == 0; }};
  around.first_process = getpid() == 1;
  const auto parsed = parse_options(argc, argv, around);
  if (const auto* wrong = std::get_if<usage_error>(&parsed)) {
    say("ALERT", wrong->message);
    say_help(wrong->help);
    return wrong->exit_code;
  }
  const options& said = std::get<options>(parsed);
  switch (said.what) {
    case action::version: print(version_text(program)); return 0;
    case action::build_facts: print(build_text(program)); return 0;
    case action::version_only: print(version_only() + "\n"); return 0;
    case action::version_short: print(std::string(version_short()) + "\n"); return 0;
    case action::version_branch: print(std::string(version_branch()) + "\n"); return 0;
    case action::help: print(help_text(program)); return 0;
    case action::usage:
      print(version_text(program));
      std::fputs(help_text(program).c_str(), stderr);
      return 1;
    case action::help_keywords: return help_keywords(said);
    case action::help_advice: print(advice::print(said.keyword_pattern)); return 0;
    case action::evaluate_condition: return evaluate_condition(said);
    case action::check:
    case action::run: break;
  }
  if (said.dump_libraries) {
    print(loaded_files());
    return 0;
  }
  if (said.dump_keywords) return dump_keywords();
  if (!said.directory.empty() && chdir(said.directory.c_str()) != 0) {
    say("ALERT", "cannot change to directory '" + said.directory + "': " +
                     std::error_code(errno, std::generic_category()).message());
    return 1;
  }
  return end_as(with_configuration(said));
}

}  // namespace ringway::app

// Lines of a section, a request, and a proxy that is made of numbers.
#pragma once
#include <fmt/format.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "config/catalogue.hpp"
#include "config/lexer.hpp"
#include "rules/keywords.hpp"
#include "rules/ruleset.hpp"

namespace ringway::test {

struct fake_server {
  std::string name;
  bool up = true, takes_work = true;
  unsigned used = 0, limit = 0, maxqueue = 0, waiting = 0, weight = 1;
};
struct fake_backend {
  std::string name;
  unsigned usable = 0, connections = 0, waiting = 0;
  std::vector<fake_server> servers;
};

class world final : public rules::surroundings, public rules::directory {
 public:
  std::vector<fake_backend> backs;
  address local = *parse_ip("192.0.2.80");
  unsigned clients = 7;
  std::int64_t wall = 1'700'000'000'123'456;
  std::uint32_t dice = 0x8000'0000;
  std::uint32_t chosen = rules::no_index;

  world() { local.port = 8080; }
  address client_came_to() const override { return local; }
  unsigned listener_id() const override { return 3; }
  std::string_view listener_name() const override { return "door"; }
  std::uint32_t frontend() const override { return 0; }
  unsigned frontend_id() const override { return 2; }
  std::string_view frontend_name() const override { return "www"; }
  std::string_view frontend_default_backend() const override { return "shop"; }
  unsigned frontend_connections(std::uint32_t) const override { return clients; }
  std::uint32_t backend() const override { return chosen; }
  unsigned backend_id(std::uint32_t back) const override { return back + 10; }
  std::string_view backend_name(std::uint32_t back) const override { return backs[back].name; }
  std::uint32_t backend_named(std::string_view name) const override { return backend(name); }
  bool backend_is_disabled(std::uint32_t back) const override {
    return back < backs.size() && backs[back].name == "disabled";
  }
  unsigned backend_connections(std::uint32_t back) const override { return backs[back].connections; }
  std::uint32_t server_count(std::uint32_t back) const override {
    return static_cast<std::uint32_t>(backs[back].servers.size());
  }
  unsigned usable_servers(std::uint32_t back) const override { return backs[back].usable; }
  bool server_is_up(std::uint32_t back, std::uint32_t s) const override { return backs[back].servers[s].up; }
  bool server_takes_work(std::uint32_t back, std::uint32_t s) const override {
    return backs[back].servers[s].takes_work;
  }
  unsigned server_connections(std::uint32_t back, std::uint32_t s) const override { return backs[back].servers[s].used; }
  unsigned server_limit(std::uint32_t back, std::uint32_t s) const override { return backs[back].servers[s].limit; }
  unsigned server_maxqueue(std::uint32_t back, std::uint32_t s) const override {
    return backs[back].servers[s].maxqueue;
  }
  unsigned server_queue(std::uint32_t back, std::uint32_t s) const override { return backs[back].servers[s].waiting; }
  unsigned server_weight(std::uint32_t back, std::uint32_t s) const override { return backs[back].servers[s].weight; }
  unsigned backend_queue(std::uint32_t back) const override { return backs[back].waiting; }
  unsigned connections() const override { return 20; }
  unsigned connection_limit() const override { return 100; }
  unsigned workers() const override { return 4; }
  unsigned worker() const override { return 1; }
  std::int64_t wall_microseconds() const override { return wall; }
  std::uint32_t random() const override { return dice; }
  bool client_tls() const override { return false; }

  std::uint32_t backend(std::string_view name) const override {
    for (std::size_t i = 0; i < backs.size(); ++i)
      if (backs[i].name == name) return static_cast<std::uint32_t>(i);
    return rules::no_index;
  }
  std::uint32_t frontend(std::string_view name) const override { return name == "www" ? 0 : rules::no_index; }
  std::uint32_t server(std::uint32_t back, std::string_view name) const override {
    for (std::size_t i = 0; i < backs[back].servers.size(); ++i)
      if (backs[back].servers[i].name == name) return static_cast<std::uint32_t>(i);
    return rules::no_index;
  }
  std::vector<std::string_view> backends() const override {
    std::vector<std::string_view> out;
    for (const auto& each : backs) out.push_back(each.name);
    return out;
  }
  std::vector<std::string_view> frontends() const override { return {"www"}; }
  std::vector<std::string_view> servers(std::uint32_t back) const override {
    std::vector<std::string_view> out;
    for (const auto& each : backs[back].servers) out.push_back(each.name);
    return out;
  }
};

// A request as text; its views point into itself.
class request {
 public:
  // "GET /path HTTP/1.1\nHost: x\n…"
  explicit request(std::string text) : text_(std::move(text)) {
    std::string_view rest = text_;
    const auto line = [&] {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view one = rest.substr(0, end);
      rest.remove_prefix(end < rest.size() ? end + 1 : end);
      return one;
    };
    const std::string_view first = line();
    const std::size_t a = first.find(' '), b = first.rfind(' ');
    head.method_text = first.substr(0, a);
    head.verb = http::method_of(head.method_text);
    head.target = first.substr(a + 1, b - a - 1);
    head.minor = first.ends_with("1.0") ? 0 : 1;
    while (!rest.empty()) {
      const std::string_view one = line();
      const std::size_t colon = one.find(':');
      http::field field;
      field.name = one.substr(0, colon);
      field.value = one.substr(colon + 1);
      while (field.value.starts_with(' ')) field.value.remove_prefix(1);
      if (field.name == "Content-Length") field.id = http::known::content_length;
      if (field.name == "Host") field.id = http::known::host;
      head.fields.push_back(field);
    }
    head.bytes = text_.size();
  }
  request(const request&) = delete;
  http::request_head head;

 private:
  std::string text_;
};

// Lines as they stand in a section, read by the room's own rows.
struct lines {
  config::catalogue keywords;
  config::diagnostics report;
  config::environment variables;
  rules::section rules;
  bool syntax_only = false;

  lines() { 
    keywords.mount("rules", rules::section_keywords());
    keywords.mount("rules", rules::http_actions());
    keywords.mount("rules", rules::connection_actions());
  }
  explicit lines(std::string_view text) : lines() { read(text); }

  void read(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::string one;
    for (std::uint32_t number = 1; std::getline(in, one); ++number) {
      auto lexed = config::lex_line(one, config::lex_context{variables, 0, number, {}, {}});
      if (lexed.words.empty()) continue;
      config::line line{std::move(lexed.words), {0, number, 1, static_cast<std::uint32_t>(one.size())}};
      const auto found = keywords.find(config::proxies, line.words, 0);
      if (found.found == nullptr) throw std::logic_error("not a line of rules: " + one);
      config::reading with{keywords, report, variables, syntax_only, false};
      config::arguments from(line, 0, found.words, config::arguments::prefix::none, with);
      found.found->row->apply(&rules, from, *found.found->row);
    }
  }
  std::string said() const {
    std::string out;
    for (const auto& each : report.all())
      out += fmt::format("{}{} {}:{}+{} {}{}\n", each.level == config::severity::alert ? "" : "warning ", each.id,
                         each.where.line, each.where.column, each.where.length, each.message,
                         each.help.empty() ? "" : " | " + each.help);
    return out;
  }
};

}  // namespace ringway::test

// Every word of HAProxy's is known in its place, and what works here is not listed as missing.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <map>
#include <string>

#include "app/catalogue.hpp"
#include "command/reader.hpp"
#include "command/table.hpp"
#include "config/haproxy_words.hpp"
#include "rules/keywords.hpp"
#include "support/around.hpp"
#include "support/load_text.hpp"

using namespace ringway;
using config::place;
using config::status;

namespace {

struct known_word {
  std::string place, seen, text;
};

std::vector<known_word> list() {
  std::ifstream in(RINGWAY_SOURCE_DIR "/tests/conf/haproxy_words.tsv");
  std::vector<known_word> out;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    const std::size_t first = line.find('\t'), second = line.find('\t', first + 1);
    out.push_back({line.substr(0, first), line.substr(first + 1, second - first - 1), line.substr(second + 1)});
  }
  return out;
}

const std::map<std::string_view, place> places = {
    {"file", place::file}, {"global", place::global}, {"defaults", place::defaults}, {"frontend", place::frontend},
    {"listen", place::listen}, {"backend", place::backend}, {"bind", place::bind}, {"server", place::server},
    {"default_server", place::default_server}, {"fetch", place::fetch}, {"converter", place::converter},
    {"criterion", place::criterion}, {"http_request", place::http_request}, {"http_response", place::http_response},
    {"http_after_response", place::http_after_response}, {"tcp_connection", place::tcp_connection},
    {"tcp_session", place::tcp_session}, {"tcp_content", place::tcp_content}, {"tcp_response", place::tcp_response},
    {"quic_initial", place::quic_initial}, {"log_variable", place::log_variable}, {"filter", place::filter},
    {"service", place::service}, {"section_word", place::section_word}, {"command", place::command}};

}  // namespace

TEST_CASE("no word of HAProxy's is unknown in its place") {
  const auto words = list();
  CHECK(words.size() > 2600);
  for (const known_word& word : words) {
    CAPTURE(word.place);
    CAPTURE(word.text);
    REQUIRE(places.contains(word.place));
    const place here = places.at(word.place);
    if (here == place::command) {
      const auto typed = command::words_of(word.text);
      std::size_t used = 0;
      CHECK((command::find(typed, used) != nullptr || !command::not_yet(typed).empty()));
      continue;
    }
    const std::string line = here == place::converter ? "str(x)," + word.text : word.text;
    test::loaded done = test::load_text(test::around(here, line));
    for (const auto& said : done.report.all()) {
      CAPTURE(said.message);
      CHECK(said.id != "unknown-keyword");
      CHECK(said.id != "unknown-section");
      CHECK(said.message.find("unknown") == std::string::npos);
    }
  }
}

TEST_CASE("a word that a room has a row for is not listed as missing") {
  for (const auto& missing : app::catalogue().all()) {
    if (missing.room != "haproxy") continue;
    CAPTURE(missing.row->name);
    for (const auto& other : app::catalogue().all())
      if (other.room != "haproxy" && other.row->name == missing.row->name)
        CHECK_FALSE(any(other.row->allowed & missing.row->allowed));
    if (any(missing.row->allowed & (place::criterion | place::fetch)))
      CHECK_FALSE(rules::is_criterion(missing.row->name));
    if (any(missing.row->allowed & place::log_variable)) CHECK_FALSE(rules::is_format_variable(missing.row->name));
    if (any(missing.row->allowed & place::command)) CHECK_FALSE(command::has_row(missing.row->name));
  }
}

TEST_CASE("words that are merely known give way to rows of rooms") {
  static constexpr config::keyword own[] = {{.name = "both", .allowed = place::listen, .summary = "works"},
                                            {.name = "word", .allowed = place::bind, .summary = "works"}};
  static constexpr config::keyword known[] = {
      {.name = "both", .allowed = config::proxies, .state = status::not_yet},
      {.name = "word", .allowed = place::bind | place::server, .state = status::not_yet},
      {.name = "else", .allowed = place::global | place::command, .state = status::not_yet}};
  config::catalogue c;
  c.mount("room", own);
  c.fill("haproxy", known, [](place at, std::string_view) { return at == place::command; });
  CHECK(c.places_of("both") == place::listen);  // where it is allowed, the room knows best
  CHECK(c.places_of("word") == (place::bind | place::server));
  CHECK(c.places_of("else") == place::global);
  std::size_t works = 0;
  for (const auto& each : c.all()) works += each.row->state == status::full ? 1 : 0;
  CHECK(works == 2);
  CHECK(c.all().size() == 4);
}

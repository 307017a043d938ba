#include "balance/key.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/hash.hpp"

using namespace ringway;
using namespace ringway::balance;

namespace {

key_result key_from(const settings& rules, std::string_view target, std::string_view method = "GET",
                    std::string_view body = {}) {
  request_facts facts;
  facts.method = method;
  facts.target = target;
  facts.body = body;
  return key_of(rules, facts);
}

}  // namespace

TEST_CASE("what part of the target is the key") {
  struct row {
    bool whole, path_only;
    std::uint32_t len, depth;
    std::string_view target, key;
  };
  const row rows[] = {
      {false, false, 0, 0, "/a/b?c", "/a/b"},
      {true, false, 0, 0, "/a/b?c", "/a/b?c"},
      {false, false, 0, 1, "/a/b/c", "/a"},
      {false, false, 0, 2, "/a/b/c", "/a/b"},
      {false, false, 0, 1, "//a/b", "/"},
      {false, false, 0, 2, "//a/b", "//a"},
      {false, false, 0, 1, "a", "a"},
      {true, false, 0, 1, "/a?b/c", "/a?b"},
      {false, false, 3, 0, "/abcdef", "/ab"},
      {false, false, 3, 0, "/a", "/a"},
      {false, false, 3, 1, "/a/b", "/a"},
      {false, false, 0, 1, "http://h/x", "http:/"},
      {false, false, 0, 2, "http://h/x", "http://h"},
      {false, false, 0, 0, "http://h/x?y", "http://h/x"},
      {false, true, 0, 0, "http://h/x?y", "/x"},
      {true, true, 0, 0, "http://h/x?y", "/x?y"},
      {true, true, 0, 0, "http://h?y", "?y"},
      {false, true, 0, 0, "http://h", ""},
      {false, true, 0, 0, "*", ""},
      {false, true, 0, 0, "host:443", ""},
      {false, true, 0, 0, "/http://h/x", "/http://h/x"},
      {false, false, 0, 0, "*", "*"},
      {false, false, 0, 0, "?x", ""},
      {false, false, 0, 0, "/a%2F/../B", "/a%2F/../B"},
  };
  for (const auto& r : rows) {
    settings rules;
    rules.kind = algorithm::uri;
    rules.uri_whole = r.whole;
    rules.uri_path_only = r.path_only;
    rules.uri_len = r.len;
    rules.uri_depth = r.depth;
    CAPTURE(r.target);
    const auto key = key_from(rules, r.target);
    CHECK(key.present);
    CHECK(key.bytes == r.key);
    CHECK(key.hash == hash::sdbm(r.key));
  }
}

TEST_CASE("an absolute target is brought to one form") {
  struct row {
    std::string_view method, target, held;
  };
  const row rows[] = {
      {"GET", "/a:80/", "/a:80/"},
      {"GET", "http://h:80/x", "http://h/x"},
      {"GET", "HTTP://H:80/x", "HTTP://H/x"},
      {"GET", "http://h:/x", "http://h/x"},
      {"GET", "http://h:080/x", "http://h:080/x"},
      {"GET", "http://h:443/x", "http://h:443/x"},
      {"GET", "https://h:443/x", "https://h/x"},
      {"GET", "https://h:80/x", "https://h:80/x"},
      {"GET", "http://h", "http://h/"},
      {"GET", "http://h:80", "http://h/"},
      {"OPTIONS", "http://h", "http://h"},
      {"OPTIONS", "http://h:80", "http://h"},
      {"GET", "http://h:80?q", "http://h?q"},
      {"GET", "http://h?q:80", "http://h?q:80"},
      {"GET", "http://u:80@h/x", "http://u:80@h/x"},
      {"GET", "http://u:p@h:80/x", "http://u:p@h/x"},
      {"GET", "http://[::1]:80/x", "http://[::1]/x"},
      {"GET", "http://[::80]/x", "http://[::80]/x"},
      {"CONNECT", "h:80", "h:80"},
      {"OPTIONS", "*", "*"},
  };
  for (const auto& r : rows) {
    std::string scratch;
    CAPTURE(r.target);
    CHECK(normalise_target(r.method, r.target, scratch) == r.held);
  }
}

TEST_CASE("url_param finds its value in the query, then in a POST's body") {
  struct row {
    std::string_view method, target, body;
    bool present;
    std::string_view key;
  };
  const row rows[] = {
      {"GET", "/?uid=7", "", true, "7"},
      {"GET", "/?uid=", "", true, ""},
      {"GET", "/?uid", "", false, ""},
      {"GET", "/?xuid=1&uid=2&uid=3", "", true, "2"},
      {"GET", "/?UID=1", "", false, ""},
      {"GET", "/?a;uid=1", "", false, ""},
      {"GET", "/?uid=a%20b=c", "", true, "a%20b=c"},
      {"GET", "/uid=1", "", false, ""},
      {"GET", "/?a?uid=1", "", false, ""},
      {"GET", "/?uid=x?y", "", true, "x?y"},
      {"GET", "/", "uid=1", false, ""},
      {"POST", "/", "uid=1", true, "1"},
      {"POST", "/?uid=q", "uid=1", true, "q"},
      {"POST", "/", "a=b&uid=12&c", true, "12"},
      {"POST", "/", "uid=12\r\nx", true, "12"},
      {"POST", "/", "uid=1 2", true, "1"},
      {"POST", "/", "uid=1\t", true, "1"},
      {"POST", "/", "uid= 1", true, ""},
      {"POST", "/", "uid=1/2", false, ""},
      {"POST", "/", "uid=\"1\"", false, ""},
      {"POST", "/", "uid=", true, ""},
      {"POST", "/", "", false, ""},
  };
  settings rules;
  rules.kind = algorithm::url_param;
  rules.name = "uid";
  for (const auto& r : rows) {
    CAPTURE(r.target);
    CAPTURE(r.body);
    const auto key = key_from(rules, r.target, r.method, r.body);
    CHECK(key.present == r.present);
    CHECK(key.bytes == r.key);
  }
  CHECK(wants_body(rules, "POST", "/"));
  CHECK_FALSE(wants_body(rules, "POST", "/?uid=1"));
  CHECK_FALSE(wants_body(rules, "PUT", "/"));
}

TEST_CASE("hdr takes the first element, or one label of it") {
  struct row {
    bool domain;
    std::string_view value;
    bool present;
    std::string_view key;
  };
  const row rows[] = {
      {false, "one, two", true, "one"},
      {false, "  one\t", true, "one"},
      {false, "Mozilla (KHTML, like Gecko)", true, "Mozilla (KHTML"},
      {false, "\"a,b\",c", true, "\"a,b\""},
      {false, "\"a\\\",b\",c", true, "\"a\\\",b\""},
      {false, "", false, ""},
      {false, " ", false, ""},
      {false, "host:80", true, "host:80"},
      {true, "www.foo.co.uk:80", true, "co"},
      {true, "www.foo.com", true, "foo"},
      {true, "localhost", true, "localhost"},
      {true, "a..c", true, "a."},
      {true, ".c", true, ".c"},
      {true, "a.", true, "a"},
      {true, "a.b", true, "a"},
  };
  for (const auto& r : rows) {
    settings rules;
    rules.kind = algorithm::hdr;
    rules.name = "x-user";
    rules.use_domain_only = r.domain;
    request_facts facts;
    facts.fields = &r.value;
    facts.field = [](const void* value, std::string_view name) -> std::optional<std::string_view> {
      CHECK(name == "x-user");
      return *static_cast<const std::string_view*>(value);
    };
    CAPTURE(r.value);
    const auto key = key_of(rules, facts);
    CHECK(key.present == r.present);
    CHECK(key.bytes == r.key);
  }
  settings rules;
  rules.kind = algorithm::hdr;
  CHECK_FALSE(key_of(rules, {}).present);
}

TEST_CASE("source folds the address, whatever the function") {
  settings rules;
  rules.kind = algorithm::source;
  rules.function = hash_function::crc32;
  const auto hash_from = [&](const char* text) {
    request_facts facts;
    facts.source = parse_ip(text).value();
    facts.source.port = 1234;
    return key_of(rules, facts).hash;
  };
  CHECK(hash_from("192.0.2.7") == 0xc0000207);
  CHECK(hash_from("2001:db8::5") == 0x20010dbd);
  CHECK(hash_from("::ffff:192.0.2.7") == 0xc000fdf8);
  rules.avalanche = true;
  CHECK(hash_from("192.0.2.7") == 0x792e96dc);
  CHECK_FALSE(key_of(rules, {}).present);
}

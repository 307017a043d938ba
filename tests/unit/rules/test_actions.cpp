// What rules do: the table of http-request actions over one request, redirects, connections, what is noted on the way, and
// that nothing is allocated for it once the arenas are warm.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "http/target.hpp"
#include "rig.hpp"

using namespace ringway;
using rules::outcome;

namespace {

std::size_t allocations = 0;

struct done {
  outcome out;
  std::string location, cookie, target, fields;
  bool target_changed = false, host_changed = false;
};

// The lines are run over the request; what is left of it as "name=value;…".
done run(std::string_view lines, std::string_view asked, rules::trace* seen = nullptr) {
  test::lines text(lines);
  CAPTURE(text.said());
  CHECK(text.report.count(config::severity::alert) == 0);
  test::world in;
  in.backs = {{"shop", 1, 0, 0, {}}};
  rules::resolve(text.rules, {"listen", "www", 0, 0, true}, in, text.report);
  test::request request{std::string(asked)};
  const address client = *parse_ip("192.0.2.7");
  rules::arena memory, keep;
  const rules::context with{.around = in, .client = client, .memory = memory, .request = &request.head};
  rules::editable edited{.request = request.head, .keep = keep};
  done out;
  out.out = rules::on_request(text.rules, with, edited, seen);
  out.location = out.out.location;
  out.cookie = out.out.cookie;
  out.target = request.head.target;
  out.target_changed = edited.target_changed;
  out.host_changed = edited.host_changed;
  for (const http::field& one : request.head.fields)
    if (!one.dropped) out.fields += fmt::format("{}={};", one.name, one.value);
  return out;
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  ++allocations;
  if (void* at = std::malloc(size)) return at;
  throw std::bad_alloc();
}
void operator delete(void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
#endif

TEST_CASE("fields: set, add, remove, replace") {
  struct {
    const char *lines, *fields;
  } const rows[] = {
      {"http-request set-header A x", "Host=h;B=2;A=x;"},
      {"http-request add-header A x", "Host=h;A=1;B=2;a=3;A=x;"},
      {"http-request del-header a", "Host=h;B=2;"},
      {"http-request del-header [ab] -m reg", "Host=h;"},
      {"http-request del-header b -m beg", "Host=h;A=1;a=3;"},
      {"http-request del-header st -m end", "A=1;B=2;a=3;"},
      {"http-request del-header OS -m sub", "A=1;B=2;a=3;"},
      {"http-request set-header A %[hdr(a)]+%[hdr(b)]", "Host=h;B=2;A=3+2;"},
      {"http-request set-header A x if { hdr(b) 3 }", "Host=h;A=1;B=2;a=3;"},
      {"http-request set-header A x\nhttp-request set-header B %[hdr(a)]", "Host=h;A=x;B=x;"},
      {"http-request set-header A \"%[path] %ci %HM %HV %%\"", "Host=h;B=2;A=/p 192.0.2.7 GET HTTP/1.1 %;"},
      {"http-request replace-header A ^([0-9])$ <\\1>", "Host=h;A=<1>;B=2;a=<3>;"},
      {"http-request replace-header A 1 \\0\\0", "Host=h;A=11;B=2;a=3;"},
      {"http-request set-header A \"  x \"", "Host=h;B=2;A=  x ;"},
      {"http-request replace-header A 1 \" \\\\0 \"", "Host=h;A= 1 ;B=2;a=3;"},
      {"http-request set-header Connection x", "Host=h;A=1;B=2;a=3;"},
      {"http-request allow\nhttp-request set-header A x", "Host=h;A=1;B=2;a=3;"},
      {"http-request allow if { path /other }\nhttp-request del-header A", "Host=h;B=2;"},
  };
  for (const auto& each : rows) {
    CAPTURE(std::string(each.lines));
    CHECK(run(each.lines, "GET /p?q HTTP/1.1\nHost: h\nA: 1\nB: 2\na: 3").fields == each.fields);
  }
  // A value never ends its line, whatever the client escaped.
  CHECK(run("http-request set-header A %[url_param(x),url_dec]", "GET /?x=a%0d%0ab HTTP/1.1").fields == "A=a%0D%0Ab;");
}

TEST_CASE("targets: set and replaced, in every form") {
  struct {
    const char *lines, *target, *becomes;
  } const rows[] = {
      {"http-request set-path /new", "/a/b?c", "/new?c"},
      {"http-request set-path new", "/a", "/new"},
      {"http-request set-path /new", "http://h/a?c", "http://h/new?c"},
      {"http-request set-path /new", "*", "*"},
      {"http-request set-path /x%[url_param(c),url_dec]", "/a?c=%20%23%0d%3f", "/x%20%23%0D??c=%20%23%0d%3f"},
      {"http-request set-query x=1", "/a?c", "/a?x=1"},
      {"http-request set-query ?x", "/a", "/a??x"},
      {"http-request set-query %[query]y", "/a??x", "/a??xy"},
      {"http-request set-query %[hdr(nope)]", "/a?c", "/a?"},
      {"http-request set-query %[hdr(nope)]", "/a", "/a"},
      {"http-request set-pathq /x?y", "/a?c", "/x?y"},
      {"http-request set-uri /whole", "http://h/a", "/whole"},
      {"http-request set-uri http://x:81%[path]", "/a", "http://x:81/a"},
      {"http-request replace-path /a(.*) \\1/x", "/a/b?c", "/b/x?c"},
      {"http-request replace-path /z /x", "/a/b?c", "/a/b?c"},
      {"http-request replace-pathq ^(.*)\\?(.*) /\\2\\1", "/a?c", "/c/a"},
      {"http-request replace-uri ^http://[^/]+(.*) \\1", "http://h/a?b", "/a?b"},
      {"http-request set-header Host other", "http://h:81/a?b", "http://other/a?b"},
      {"http-request set-header Host other", "/a", "/a"},
  };
  for (const auto& each : rows) {
    CAPTURE(std::string(each.lines));
    CAPTURE(std::string(each.target));
    const done got = run(each.lines, fmt::format("GET {} HTTP/1.1\nHost: h", each.target));
    CHECK(got.target == each.becomes);
    CHECK(got.target_changed == (std::string_view(each.target) != each.becomes));
  }
  CHECK(run("http-request set-header Host x", "GET / HTTP/1.1\nHost: h").host_changed);
  CHECK(run("http-request del-header host", "GET / HTTP/1.1\nHost: h").host_changed);
  CHECK(run("http-request set-uri http://x:81%[path]", "GET /a HTTP/1.1\nHost: h\nA: 1").fields == "Host=x:81;A=1;");
  CHECK(run("http-request replace-uri (.*) http://x?\\1", "GET /a HTTP/1.1\nHost: h").fields == "Host=x;");
}

TEST_CASE("answers: deny and redirect") {
  struct {
    const char *lines, *target;
    outcome::kind what;
    unsigned status;
    const char* location;
  } const rows[] = {
      {"http-request deny", "/", outcome::kind::deny, 403, ""},
      {"http-request deny deny_status 429", "/", outcome::kind::deny, 429, ""},
      {"http-request deny status 418", "/", outcome::kind::deny, 418, ""},
      {"http-request deny if { path /x }", "/", outcome::kind::go_on, 0, ""},
      {"http-request redirect location /x%[path] code 301", "/a?b", outcome::kind::redirect, 301, "/x/a"},
      {"http-request redirect location %[hdr(nope)] ignore-empty", "/", outcome::kind::go_on, 0, ""},
      {"http-request redirect prefix https://x", "/a?b", outcome::kind::redirect, 302, "https://x/a?b"},
      {"http-request redirect prefix / drop-query", "/a?b", outcome::kind::redirect, 302, "/a"},
      {"http-request redirect prefix /p drop-query append-slash", "/a?b", outcome::kind::redirect, 302, "/p/a/"},
      {"http-request redirect scheme https code 308", "/a?b", outcome::kind::redirect, 308, "https://h:80/a?b"},
      {"http-request redirect scheme https", "http://h:80/a", outcome::kind::redirect, 302, "https://h:80/a"},
      {"http-request redirect scheme https", "*", outcome::kind::redirect, 302, "https://h:80/"},
      {"redirect location /lit%[path]", "/a", outcome::kind::redirect, 302, "/lit%[path]"},
      {"redirect location /late\nhttp-request deny", "/a", outcome::kind::deny, 403, ""},
      {"http-request allow\nredirect location /late\nhttp-request deny", "/a", outcome::kind::redirect, 302, "/late"},
  };
  for (const auto& each : rows) {
    CAPTURE(std::string(each.lines));
    const done got = run(each.lines, fmt::format("GET {} HTTP/1.1\nHost: h:80", each.target));
    CHECK(got.out.what == each.what);
    CHECK(got.out.status == each.status);
    CHECK(got.location == each.location);
  }
  CHECK(run("redirect location / set-cookie A=b", "GET / HTTP/1.1").cookie == "A=b; path=/;");
  CHECK(run("redirect location / clear-cookie A=", "GET / HTTP/1.1").cookie == "A=; path=/; Max-Age=0;");
}

TEST_CASE("connections: the first accept or reject counts, expect-proxy goes on; monitor fail is any of its lines") {
  test::lines text(
      "tcp-request connection expect-proxy layer4 if { src 10.0.0.0/8 }\n"
      "tcp-request connection accept if { src 10.1.0.0/16 }\n"
      "tcp-request connection reject if { src 10.0.0.0/8 192.0.2.0/24 }\n"
      "tcp-request session reject unless { src_port 1 }\n"
      "monitor fail if { src 10.9.0.1 }\n"
      "monitor fail if { src 10.9.0.2 } or { src 10.9.0.3 }\n");
  REQUIRE(text.said() == "");
  test::world in;
  rules::arena memory;
  const auto asked = [&](const char* from, const std::vector<rules::connection_rule>& list) {
    const address client = *parse_ip(from);
    return rules::admit(text.rules, list, {.around = in, .client = client, .memory = memory, .at = rules::point::connection});
  };
  CHECK(asked("10.1.2.3", text.rules.connection).accepted);
  CHECK(asked("10.1.2.3", text.rules.connection).expect_proxy);
  CHECK_FALSE(asked("10.2.2.3", text.rules.connection).accepted);
  CHECK_FALSE(asked("192.0.2.3", text.rules.connection).accepted);
  CHECK(asked("198.51.100.3", text.rules.connection).accepted);
  CHECK_FALSE(asked("198.51.100.3", text.rules.connection).expect_proxy);
  CHECK_FALSE(asked("198.51.100.3", text.rules.session).accepted);
  const std::pair<const char*, bool> monitors[] = {{"10.9.0.1", true}, {"10.9.0.3", true}, {"10.9.0.4", false}};
  for (const auto& [from, fails] : monitors) {
    const address client = *parse_ip(from);
    CHECK(rules::monitor_fails(text.rules, {.around = in, .client = client, .memory = memory}) == fails);
  }
}

TEST_CASE("every rule that is looked at is noted, with what it saw") {
  rules::trace seen;
  run("acl local src 10.0.0.0/8\n"
      "http-request set-header A 1 if local\n"
      "http-request deny if !local { path_beg /x }\n"
      "http-request del-header A\n",
      "GET /x/y HTTP/1.1", &seen);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].text == "http-request set-header A 1 if local");
  CHECK_FALSE(seen[0].applied);
  CHECK(seen[0].tests[0].value == "192.0.2.7");
  CHECK(seen[1].where.line == 3);
  CHECK(seen[1].applied);
  CHECK(seen[1].tests[0].text == "!local");
  CHECK(seen[1].tests[1].text == "{ path_beg /x }");
  CHECK(seen[1].tests[1].value == "\"/x/y\"");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("running rules allocates nothing once the arenas are warm") {
  test::lines text(
      "acl is_api path_sub -i /API /v1\n"
      "acl host hdr(host),lower -m str www.example.com\n"
      "acl old path_reg ^/old/[0-9]+\n"
      "http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]\n"
      "http-request set-header X-Path %[path,lower,regsub(/,.,g)]:%[hdr_cnt(host)] if is_api\n"
      "http-request deny if old || { src -m str 10.0.0.1 }\n"
      "http-request set-path /x%[path]\n"
      "http-request redirect location /%[path] if { path_end .gone }\n"
      "use_backend shop_%[hdr(host),field(1,:)] if is_api host\n");
  REQUIRE(text.said() == "");
  test::world in;
  in.backs = {{"shop_www.example.com", 1, 0, 0, {}}};
  const address client = *parse_ip("192.0.2.7");
  rules::arena memory, keep;
  test::request request("GET /api/users HTTP/1.1\nHost: www.example.com\nAccept: */*");
  const std::size_t fields = request.head.fields.size();
  const std::string_view target = request.head.target;
  request.head.fields.reserve(16);
  std::size_t before = 0;
  for (int i = 0; i < 1000; ++i) {
    if (i == 10) before = allocations;
    memory.clear();
    keep.clear();
    request.head.fields.resize(fields);
    request.head.target = target;
    const rules::context with{.around = in, .client = client, .memory = memory, .request = &request.head};
    rules::editable edited{.request = request.head, .keep = keep};
    if (rules::on_request(text.rules, with, edited).what != outcome::kind::go_on) FAIL("answered");
    if (rules::choose_backend(text.rules, with) != 0) FAIL("another backend");
  }
  CHECK(allocations == before);
  CHECK(request.head.target == "/x/api/users");
}
#endif

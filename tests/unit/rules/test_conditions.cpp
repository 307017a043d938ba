// What holds of which request: one table for conditions, fetches, converters and matching methods. Each row also stands in
// tests/compat/rules.py's language: what a running HAProxy says of the same conditions is compared there.
#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "rig.hpp"

using namespace ringway;
using rules::no_index;

namespace {

const char* const one_request =
    "GET /api/v1/users?lang=de&page=12;x=%41+b HTTP/1.1\n"
    "Host: Www.Example.com:8080\n"
    "User-Agent: curl/8.0, (test)\n"
    "X-Forwarded-For: 203.0.113.9, 10.1.2.3:4711\n"
    "X-Forwarded-For: [2001:db8::9], nonsense\n"
    "Accept: text/html, \"a,b\", */*\n"
    "Cookie: id=abc; stage=beta; id=def\n"
    "Cookie: n=42; empty=\n"
    "X-Empty:\n"
    "Content-Length: 120\n"
    "Connection: keep-alive, upgrade";

struct row {
  const char* criterion;
  bool holds;
};

bool holds(std::string_view condition, const http::request_head& head, test::world& in, std::string* said = nullptr) {
  test::lines text(fmt::format("use_backend x {}", condition));
  CAPTURE(text.said());
  CHECK(text.report.count(config::severity::alert) == 0);
  if (text.rules.use_backend.empty()) return false;
  const rules::owner self{"listen", "www", 0, 0, true};
  rules::resolve(text.rules, self, in, text.report);
  if (said != nullptr) *said = text.said();
  address client = *parse_ip("198.51.100.7");
  client.port = 40001;
  rules::arena memory;
  const rules::context with{.around = in, .client = client, .memory = memory, .request = &head, .first_request = true};
  return text.rules.use_backend[0].when.holds(with, text.rules.acls.all());
}

test::world shops() {
  test::world out;
  out.backs = {{"shop", 2, 5, 3, {{"s1", true, true, 4, 10, 20, 1, 5}, {"s2", false, false, 0, 10, 20, 0, 7}}},
               {"spare", 0, 0, 4, {{"only", true, true, 1, 0, 0, 0, 1}}}};
  return out;
}

}  // namespace

TEST_CASE("criteria: what they ask, and how it is compared") {
  static constexpr row rows[] = {
      {"always_true", true}, {"always_false", false}, {"bool(true)", true}, {"bool(0)", false},
      {"int(3) eq 3", true}, {"int(-3) lt 0", true}, {"int(3) 1:2", false}, {"int(3) 1:2 3:", true},
      {"int(3) :2", false}, {"int(3) gt 2", true}, {"int(3) gt 3", false}, {"int(3) ge 3", true},
      {"int(3) le 3", true}, {"int(3) lt 3", false}, {"int(3) lt 1 2 9", true}, {"str(blue) red blue", true},
      {"str(blue) Blue", false}, {"str(blue) -i Blue", true}, {"str(12) -m int 10:20", true},
      {"str(12x) -m int 10:20", true}, {"'str(a b)' 'a b'", true}, {"ipv4(192.0.2.1) 192.0.2.0/24", true},
      {"ipv6(2001:db8::1) 2001:db8::/32", true}, {"ipv6(::ffff:10.0.0.1) 10.0.0.0/8", true},
      {"ipv6(2002:0a00:0001::) 10.0.0.0/8", true}, {"ipv4(10.0.0.1) ::ffff:10.0.0.0/104", true},

      {"src 198.51.100.7", true}, {"src 198.51.100.0/24", true}, {"src 198.51.101.0/24", false},
      {"src 198.51.100.0/255.255.255.0", true}, {"src 198.0.100.0/255.0.255.0", true}, {"src 198.51.100.7/32 ::1", true},
      {"src 127.1", false}, {"src_port 40000:50000", true}, {"src_port gt 40001", false}, {"src_is_local", false},
      {"dst 192.0.2.80", true}, {"dst_port 8080", true}, {"so_id 3", true}, {"so_name door", true}, {"fe_id 2", true},
      {"fe_name www", true}, {"fe_defbe shop", true}, {"fe_conn 7", true}, {"fe_conn(www) gt 7", false},
      {"ssl_fc", false}, {"be_name -m found", false},

      {"nbsrv 2", true}, {"nbsrv(spare) 0", true}, {"nbsrv(shop) lt 2", false}, {"be_conn(shop) 5", true},
      {"queue(shop) 4", true}, {"avg_queue(shop) 2", true}, {"avg_queue(spare) 8", true}, {"connslots(shop) 25", true},
      {"connslots(spare) eq -1", true}, {"be_conn_free(shop) 6", true}, {"be_conn_free(spare) -1", true},
      {"srv_is_up(shop/s1)", true}, {"srv_is_up(s2)", false}, {"srv_conn(shop/s1) 4", true},
      {"srv_conn_free(s1) 6", true}, {"srv_queue(s1) 1", true}, {"srv_uweight(shop/s2) 7", true},

      {"date 1700000000", true}, {"date(5) 1700000005", true}, {"date(0,ms) 1700000000123", true},
      {"date_us 123456", true}, {"nbproc 1", true}, {"proc 1", true}, {"nbthread 4", true}, {"thread 1", true},
      {"rand(10) 5", true}, {"act_conn 20", true},
      {"env(SURELY_NOT_SET) -m found", false},

      {"method GET", true}, {"method POST GET", true}, {"method get", false}, {"method -i get", false}, {"method -m str -i get", true},
      {"path /api/v1/users", true}, {"path -m len 13", true}, {"path_len gt 12", true}, {"path_beg /api", true},
      {"path_beg /API", false}, {"path_beg -i /API", true}, {"path_beg /x /y /api/", true}, {"path_end users", true},
      {"path_end -i USERS", true}, {"path_end .php", false}, {"path_dir api", true}, {"path_dir ap", false},
      {"path_dir v1/users", true}, {"path_dir /api/v1", true}, {"path_sub v1/u", true}, {"path_sub V1", false},
      {"path_reg ^/api/v[0-9]+/", true}, {"path_reg -i ^/API/", true}, {"path_reg ^/api$", false},
      {"pathq -m beg /api/v1/users?lang", true}, {"query -m beg lang=", true}, {"query -m found", true},
      {"url_beg /api", true}, {"url_end b", true}, {"base Www.Example.com:8080/api/v1/users", true},
      {"base_dom example", false}, {"base_dom -i example.com", true}, {"base_dom 8080", true}, {"base_dom user", false},
      {"baseq -m end +b", true},

      {"url_param(lang) de", true}, {"urlp(page) 12", true}, {"url_param(x) %41+b", true}, {"url_param(nope) -m found", false},
      {"urlp_val(page) gt 11", true}, {"url_param de", true}, {"url_param 12", true}, {"urlp_beg(lang) d", true},
      {"url_param(x),url_dec(1) 'A b'", true}, {"url_param(x),url_dec A+b", true},

      {"hdr(host) Www.Example.com:8080", true}, {"hdr(host) www.example.com:8080", false},
      {"hdr(Host) -i www.example.com:8080", true}, {"hdr_beg(host) -i www.", true}, {"hdr_end(host) :8080", true},
      {"hdr_dom(host) -i example.com", true}, {"hdr_sub(user-agent) curl", true}, {"hdr_reg(host) -i ^www\\..*\\.com", true},
      {"hdr(accept) text/html", true}, {"hdr(accept) */*", true}, {"hdr(accept) '\"a,b\"'", true}, {"hdr(accept) b", false},
      {"hdr(accept,2) '\"a,b\"'", true}, {"hdr(accept,-1) */*", true}, {"hdr(accept,-3) text/html", true},
      {"hdr(accept,4) -m found", false}, {"hdr(accept,-4) -m found", false}, {"hdr_cnt(accept) 3", true},
      {"hdr_cnt(nope) 0", true}, {"req.fhdr(user-agent) 'curl/8.0, (test)'", true}, {"req.fhdr_cnt(cookie) 2", true},
      {"hdr(x-empty) -m found", true}, {"hdr(nope) -m found", false}, {"hdr(nope) ''", false},
      {"hdr_val(content-length) gt 100", true}, {"hdr_val(content-length) 120", true},
      {"hdr_ip(x-forwarded-for) 203.0.113.9", true}, {"hdr_ip(x-forwarded-for) 10.0.0.0/8", true},
      {"hdr_ip(x-forwarded-for) 2001:db8::/32", true}, {"hdr_ip(x-forwarded-for,1) 10.0.0.0/8", false},
      {"hdr_ip(x-forwarded-for,-1) -m found", false}, {"hdr(connection) -i upgrade", true},
      {"req.hdr_names -m sub user-agent,x-forwarded-for", true}, {"req.hdr_names(:) -m beg host:", true},
      {"hdr_len(host) 20", true},

      {"cook(stage) beta", true}, {"req.cook(id) abc", true}, {"cook(id) def", true}, {"cook(empty) -m found", true},
      {"cook(none) -m found", false}, {"cook_cnt(id) 2", true}, {"cook_cnt 5", true}, {"cook_val(n) 42", true},
      {"cook_beg(id) ab", true}, {"cook(STAGE) beta", false},
      {"req.ver 1.1", true}, {"req_ver 1.0", false}, {"req.proto_http", true}, {"http_first_req", true},
      {"req.body_size 120", true},

      {"path,lower /api/v1/users", true}, {"hdr(host),lower www.example.com:8080", true}, {"method,lower get", true},
      {"hdr(host),upper WWW.EXAMPLE.COM:8080", true}, {"path,length 13", true}, {"path,field(2,/) api", true},
      {"path,word(1,/) api", true}, {"path,word(-1,/) users", true}, {"path,field(1,/) -m found", true},
      {"path,field(9,/) -m found", false}, {"path,word(2,/,0) v1/users", true}, {"path,word(1,/,2) api/v1", true},
      {"path,field(-2,/,2) api/v1", true}, {"path,bytes(0,4) -m str /api", true}, {"path,bytes(99) -m len 0", true},
      {"path,ltrim(/) api/v1/users", true}, {"path,rtrim(sre) /api/v1/u", true}, {"path,hex -m beg 2F617069", true},
      {"str(ff),hex2i 255", true}, {"str(hello),base64 aGVsbG8=", true}, {"str(aGVsbG8=),b64dec -m str hello", true},
      {"str(aGVsbG8),b64dec -m found", false}, {"str(aGVsbG8=),b64dec -m bin 68656c6c6f", true},
      {"hdr(host),host_only -i www.example.com", true}, {"hdr(host),port_only 8080", true},
      {"hdr(nope),host_only -m found", false}, {"ssl_fc,iif(https,http) http", true}, {"path,url_enc -m beg %2Fapi", true},
      {"path,regsub(^/api,) /v1/users", true}, {"path,regsub(/,.,g) .api.v1.users", true},
      {"'path,regsub(\"/(api)/(v1)\",\"/\\2/\\1\")' /v1/api/users", true},
      {"path,regsub(API,x,i) /x/v1/users", true},
      {"int(5),add(2) 7", true}, {"int(5),sub(7) -2", true}, {"int(5),mul(3) 15", true}, {"int(7),div(2) 3", true},
      {"int(7),div(0) 9223372036854775807", true}, {"int(7),mod(4) 3", true}, {"int(6),and(3) 2", true},
      {"int(6),or(1) 7", true}, {"int(6),xor(3) 5", true}, {"int(0),cpl -1", true}, {"int(4),neg -4", true},
      {"int(4),even", true}, {"int(4),odd", false}, {"int(4),not", false}, {"int(4),bool", true}, {"str(4),even", true},
      {"int(9223372036854775807),add(1) 9223372036854775807", true},
      {"src,ipmask(24) 198.51.100.0", true}, {"src,ipmask(255.255.0.0) 198.51.0.0", true},
      {"ipv6(2001:db8::1),ipmask(24,32) 2001:db8::", true}, {"ipv6(2001:db8::1),ipmask(24) -m found", false},
      {"ipv6(::ffff:192.0.2.9),ipmask(24) 192.0.2.0", true}, {"ipv6(::ffff:192.0.2.9),ipmask(16,64) 192.0.0.0", true},
      {"ipv6(2002:c000:0209::),ipmask(24) 192.0.2.0", true}, {"ipv6(::1),ipmask(24) 0.0.0.0", true},
      {"str() -m len 0", true}, {"path,bytes(txn.x) -m found", false}, {"int(1),add(txn.x) -m found", false},
      {"str(hello),crc32 907060870", true}, {"str(hello),djb2 261238937", true}, {"str(hello),sdbm 684824882", true},
      {"src -m str 198.51.100.7", true}, {"src,hex C6336407", true}, {"src -m beg 198.51.", true},
      {"dst_port -m str 8080", true}, {"dst_port,add(1) 8081", true}, {"dst_port -m bool", true},
      {"src -m found", true}, {"path -m found", true}, {"path -m str -- /api/v1/users", true},
      {"path -i -m beg -n /API", true}, {"str(-i) -m str -- -i", true},
  };
  test::request asked(one_request);
  test::world in = shops();
  for (const row& each : rows) {
    CAPTURE(std::string(each.criterion));
    CHECK(holds(fmt::format("if {{ {} }}", each.criterion), asked.head, in) == each.holds);
    CHECK(holds(fmt::format("unless {{ {} }}", each.criterion), asked.head, in) != each.holds);
    CHECK(holds(fmt::format("if !{{ {} }}", each.criterion), asked.head, in) != each.holds);
  }
}

TEST_CASE("conditions: and, or, not, names, the ready-made acls") {
  static constexpr row rows[] = {
      {"if TRUE", true}, {"if FALSE", false}, {"unless FALSE", true}, {"if TRUE FALSE", false}, {"if TRUE or FALSE", true},
      {"if FALSE || TRUE", true}, {"if FALSE TRUE or TRUE", true}, {"if TRUE or FALSE TRUE", true}, {"if !TRUE", false},
      {"if ! TRUE", false}, {"if !!TRUE", true}, {"if ! ! ! FALSE", true}, {"if !FALSE !FALSE", true},
      {"unless FALSE or FALSE", true}, {"unless TRUE FALSE or TRUE", false}, {"if METH_GET", true}, {"if METH_HEAD", false},
      {"if METH_POST or METH_GET HTTP_1.1", true}, {"if HTTP", true}, {"if HTTP_1.0", false}, {"if HTTP_CONTENT", true},
      {"if HTTP_URL_SLASH", true}, {"if HTTP_URL_ABS", false}, {"if HTTP_URL_STAR", false}, {"if LOCALHOST", false},
      {"if WAIT_END", true}, {"if { path_beg /x } or { path_beg /api }", true}, {"if { path_beg /x } { always_true }", false},
      {"if !{ path_beg /x } METH_GET", true}, {"if ! { path_beg /x }", true}, {"", true},
  };
  test::request asked(one_request);
  test::world in = shops();
  for (const row& each : rows) {
    CAPTURE(std::string(each.criterion));
    CHECK(holds(each.criterion, asked.head, in) == each.holds);
  }
}

TEST_CASE("forms of the target: path, query, url and base of each") {
  struct {
    const char *target, *criterion;
    bool holds;
  } const rows[] = {
      {"http://a.example/x?y", "path /x", true},     {"http://a.example/x?y", "url_beg http://", true},
      {"http://a.example/x?y", "query y", true},     {"http://a.example", "path -m found", false},
      {"http://a.example?q", "path -m found", false}, {"*", "path -m found", false},
      {"*", "url *", true},                          {"*", "base a.example", true},
      {"a.example:443", "path -m found", false},     {"/", "path /", true},
      {"/?", "query -m found", true},                {"/?", "query -m len 0", true},
      {"/", "query -m found", false},                {"//x//y", "path_dir x", true},
      {"/a?b=/c", "path_end a", true},               {"/a?b=1&b=2", "urlp(b) 2", true},
      {"/a?b=1&b=2", "urlp(b),add(0) 1", true},      {"/a?b", "urlp(b) -m found", false},
      {"/a?b=", "urlp(b) -m found", true},           {"/a;b=1?c=2", "urlp(b,;) 1?c=2", true},
  };
  test::world in = shops();
  for (const auto& each : rows) {
    CAPTURE(std::string(each.target));
    CAPTURE(std::string(each.criterion));
    test::request asked(fmt::format("GET {} HTTP/1.1\nHost: a.example", each.target));
    CHECK(holds(fmt::format("if {{ {} }}", each.criterion), asked.head, in) == each.holds);
  }
}

TEST_CASE("acls: lines of one name are or-ed, one's own wins over a ready-made one, first rule that holds") {
  test::lines text(
      "acl is_api path_beg /api\n"
      "acl is_img path_end .png\n"
      "acl is_api hdr_beg(host) -i api.\n"
      "acl METH_GET method PUT\n"
      "use_backend put if METH_GET\n"
      "use_backend img if is_img !is_api\n"
      "use_backend api if is_api\n"
      "use_backend all\n"
      "use_backend never if TRUE\n");
  REQUIRE(text.said() == "");
  for (std::size_t i = 0; i < text.rules.use_backend.size(); ++i) text.rules.use_backend[i].target = static_cast<std::uint32_t>(i);
  const auto choice = [&](std::string_view asked_for, rules::trace* seen) {
    test::request asked{std::string(asked_for)};
    test::world in;
    const address client = *parse_ip("::1");
    rules::arena memory;
    return choose_backend(text.rules, {.around = in, .client = client, .memory = memory, .request = &asked.head}, seen);
  };
  CHECK(choice("PUT /api HTTP/1.1", nullptr) == 0);
  CHECK(choice("GET /x.png HTTP/1.1\nHost: a", nullptr) == 1);
  CHECK(choice("GET /x.png HTTP/1.1\nHost: API.a", nullptr) == 2);
  CHECK(choice("GET / HTTP/1.1\nHost: a", nullptr) == 3);
  rules::trace seen;
  CHECK(choice("GET /x.png HTTP/1.1\nHost: API.a", &seen) == 2);
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].text == "use_backend put if METH_GET");
  CHECK(seen[0].where.line == 5);
  CHECK_FALSE(seen[0].applied);
  CHECK(seen[0].tests[0].value == "\"GET\"");
  CHECK(seen[1].tests[1].text == "!is_api");
  CHECK_FALSE(seen[1].tests[1].held);
  CHECK(seen[2].applied);
  CHECK(seen[2].tests[0].value == "\"/x.png\", \"API.a\"");
}

TEST_CASE("what a defaults section's rules call by name is not seen below, and goes on working") {
  test::lines text("acl local src 127.0.0.0/8\nuse_backend a if local\n");
  text.rules = text.rules.inherited();
  text.read("use_backend b if local\n");
  CHECK(text.said().starts_with("unknown-name 1:18+5 'use_backend': there is no acl 'local'"));
  REQUIRE(text.rules.use_backend.size() == 1);
  text.read("acl local path /\nuse_backend c if local\n");
  REQUIRE(text.rules.use_backend.size() == 2);
  test::request asked("GET / HTTP/1.1");
  test::world in;
  const address client = *parse_ip("10.0.0.1");
  rules::arena memory;
  const rules::context with{.around = in, .client = client, .memory = memory, .request = &asked.head};
  CHECK_FALSE(text.rules.use_backend[0].when.holds(with, text.rules.acls.all()));
  CHECK(text.rules.use_backend[1].when.holds(with, text.rules.acls.all()));
}

TEST_CASE("before there is a request, what needs one is not found; not even its negation surprises") {
  test::lines text("use_backend a if { path_beg / }\nuse_backend b if !{ path_beg / }\nuse_backend c if { src 10.0.0.1 }\n");
  REQUIRE(text.said() == "");
  test::world in;
  const address client = *parse_ip("10.0.0.1");
  rules::arena memory;
  const rules::context with{.around = in, .client = client, .memory = memory, .at = rules::point::session};
  const auto& all = text.rules.use_backend;
  CHECK_FALSE(all[0].when.holds(with, text.rules.acls.all()));
  CHECK(all[1].when.holds(with, text.rules.acls.all()));
  CHECK(all[2].when.holds(with, text.rules.acls.all()));
}

TEST_CASE("pattern files: lines, comments, blanks, case, order of flags; a hundred thousand lines") {
  const std::string path = fmt::format("{}/ringway_patterns_{}.lst", std::getenv("TMPDIR") != nullptr ? std::getenv("TMPDIR") : "/tmp",
                                       static_cast<int>(::getpid()));
  {
    std::ofstream out(path);
    out << "# hosts\n\n  a.example\r\n #not a comment\nB.Example\nlast one";
    for (int i = 0; i < 100'000; ++i) out << "\nhost" << i << ".example";
  }
  test::world in = shops();
  const auto host = [&](std::string_view name, std::string_view flags) {
    test::request asked(fmt::format("GET / HTTP/1.1\nHost: {}", name));
    return holds(fmt::format("if {{ hdr(host) {} }}", flags), asked.head, in);
  };
  const std::string plain = "-f " + path, folded = "-i -f " + path;
  CHECK(host("a.example", plain));
  CHECK(host("#not a comment", plain));
  CHECK_FALSE(host("# hosts", plain));
  CHECK_FALSE(host("b.example", plain));
  CHECK(host("b.example", folded));
  CHECK(host("last one", plain));
  CHECK(host("host99999.example", plain));
  CHECK_FALSE(host("host100000.example", plain));
  CHECK_FALSE(host("", plain));
  CHECK(host("extra", plain + " extra"));
  CHECK_FALSE(host("b.example", "-f " + path + " -i -- extra"));
  CHECK(host("EXTRA", "-f " + path + " -i -- extra"));
  std::remove(path.c_str());
  test::lines gone(fmt::format("acl x hdr(host) -f {}\n", path));
  CHECK(gone.said() == fmt::format("unreadable-file 1:20+{} 'acl': the pattern file '{}' cannot be read: No such file or directory\n", path.size(), path));
  // A list that opens and cannot be read is not an empty one: rules would let everybody through.
  for (const auto& [unreadable, why] : {std::pair{"/tmp", "Is a directory"}, std::pair{"/proc/self/mem", "Input/output error"}})
    for (const char* form : {"", "file@", "opt@"}) {
      test::lines refused(fmt::format("acl x hdr(host) -f {}{}\n", form, unreadable));
      CAPTURE(refused.said());
      CHECK(refused.said().find(fmt::format("the pattern file '{}' cannot be read: {}", unreadable, why)) != std::string::npos);
    }
  test::lines absent("acl x hdr(host) -f opt@/nonexistent/list\n");
  CHECK(absent.said() == "");
  {
    std::ofstream out(path);
    out << "good" << std::endl << "b" << '\0' << "d" << std::endl;
  }
  test::lines binary(fmt::format("acl x hdr(host) -f {}\n", path));
  CHECK(binary.said().find("line 2: there is a NUL byte") != std::string::npos);
  std::remove(path.c_str());
  test::lines unread;
  unread.syntax_only = true;
  unread.read(fmt::format("acl x hdr(host) -f {}\n", path));
  CHECK(unread.said() == "");
}

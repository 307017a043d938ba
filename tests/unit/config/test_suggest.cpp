#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "config/suggest.hpp"

using namespace ringway::config;

namespace {

const std::vector<std::string> keywords = {"acl",
                                           "backend",
                                           "balance",
                                           "bind",
                                           "capture request header",
                                           "cookie",
                                           "default_backend",
                                           "default-server",
                                           "defaults",
                                           "errorfile",
                                           "frontend",
                                           "global",
                                           "http-request",
                                           "http-response",
                                           "listen",
                                           "log",
                                           "log-format",
                                           "maxconn",
                                           "mode",
                                           "monitor-uri",
                                           "option forwardfor",
                                           "option http-keep-alive",
                                           "option http-server-close",
                                           "option httpchk",
                                           "option httplog",
                                           "option redispatch",
                                           "option tcplog",
                                           "redirect",
                                           "retries",
                                           "server",
                                           "stats enable",
                                           "stats uri",
                                           "tcp-request",
                                           "timeout check",
                                           "timeout client",
                                           "timeout client-fin",
                                           "timeout connect",
                                           "timeout http-request",
                                           "timeout queue",
                                           "timeout server",
                                           "timeout server-fin",
                                           "use_backend",
                                           "use-server"};

struct row {
  std::string_view typed;
  std::string_view meant;  // "": nothing is offered
};

}  // namespace

TEST_CASE("the nearest keyword is offered") {
  const row cases[] = {
      {"bakcend", "backend"},
      {"backedn", "backend"},
      {"balence", "balance"},
      {"ballance", "balance"},
      {"bnid", "bind"},
      {"bin", "bind"},
      {"bnd", "bind"},
      {"Bind", "bind"},
      {"FRONTEND", "frontend"},
      {"fronted", "frontend"},
      {"frontends", "frontend"},
      {"sever", "server"},
      {"serverr", "server"},
      {"lisen", "listen"},
      {"maxcon", "maxconn"},
      {"max-conn", "maxconn"},
      {"default-backend", "default_backend"},
      {"default_server", "default-server"},
      {"defaultbackend", "default_backend"},
      {"use-backend", "use_backend"},
      {"use_server", "use-server"},
      {"http_request", "http-request"},
      {"httprequest", "http-request"},
      {"http-respons", "http-response"},
      {"error-file", "errorfile"},
      {"timeout conect", "timeout connect"},
      {"timeout connnect", "timeout connect"},
      {"timeout cleint", "timeout client"},
      {"timout client", "timeout client"},
      {"tiemout sever", "timeout server"},
      {"timeout-client", "timeout client"},
      {"timeoutclient", "timeout client"},
      {"connect timeout", "timeout connect"},
      {"conect timeout", "timeout connect"},
      {"client-fin timeout", "timeout client-fin"},
      {"timeout clientfin", "timeout client-fin"},
      {"request capture header", "capture request header"},
      {"option htpchk", "option httpchk"},
      {"option http-keepalive", "option http-keep-alive"},
      {"option forward-for", "option forwardfor"},
      {"options httplog", "option httplog"},
      {"retrys", "retries"},
      {"glboal", "global"},
      {"default", "defaults"},
      {"timeout conn", "timeout connect"},  // it breaks off
      {"redir", "redirect"},
      {"lod", "log"},
  };
  for (const row& each : cases) {
    CAPTURE(each.typed);
    const auto found = nearest(each.typed, keywords);
    REQUIRE(found);
    CHECK(*found == each.meant);
  }
}

TEST_CASE("nothing silly is offered") {
  for (const std::string_view typed : {"",
                                       "x",
                                       "ab",
                                       "foo",
                                       "http",
                                       "nbproc",
                                       "weather",
                                       "include",
                                       "upstream",
                                       "timeout tunnel-of-love",
                                       "option banana",
                                       "banana",
                                       "ssl-default-bind-ciphers",
                                       "lua-load",
                                       "stick-table",
                                       "peers",
                                       "userlist",
                                       "1234",
                                       "----",
                                       "    "}) {
    CAPTURE(typed);
    const auto found = nearest(typed, keywords);
    if (found) CAPTURE(*found);
    CHECK_FALSE(found);
  }
  CHECK_FALSE(nearest("acl", std::vector<std::string>{"acl"}));  // what was typed is no news
  CHECK_FALSE(nearest(std::string(1000, 'a'), std::vector<std::string>{std::string(1001, 'a')}));
  CHECK_FALSE(nearest("bind", std::vector<std::string>{}));
}

TEST_CASE("of equally near ones the first wins, and the nearer one wins wherever it is") {
  CHECK(*nearest("timeout x-fix", std::vector<std::string>{"timeout a-fix", "timeout b-fix"}) ==
        "timeout a-fix");
  CHECK(*nearest("timeout x-fix", std::vector<std::string>{"timeout b-fix", "timeout a-fix"}) ==
        "timeout b-fix");
  CHECK(*nearest("serve", std::vector<std::string>{"servant", "server", "service"}) == "server");
}

TEST_CASE("the question") {
  CHECK(did_you_mean("bnid", keywords) == "did you mean 'bind'?");
  CHECK(did_you_mean("banana", keywords).empty());
  const std::string_view few[] = {"one", "three"};
  CHECK(did_you_mean("theree", few) == "did you mean 'three'?");
}

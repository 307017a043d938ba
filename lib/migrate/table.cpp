// Every retired spelling that is known, with an example of its own: whole lines of a small file.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "migrate/rewrite.hpp"

namespace ringway::migrate {
namespace {

using config::place;
using config::word;

constexpr place fronts = place::frontend | place::listen;
constexpr place proxies = config::proxies;
constexpr place back_side = config::back_side;

// `listen web 0.0.0.0:80`, `frontend web :80`
bool bind_line(statement& one, const row&) {
  const auto& words = one.words();
  if (words.size() < 3 || words[2].text == "from") return false;
  one.remove(2, 2);
  one.add_below(fmt::format("{}bind {}", one.inner_indent(), one.raw_of(words[2])));
  one.because(verdict::translated, fmt::format("an address stands on a 'bind' line of its own since HAProxy 2.0"),
              words[2].where.column);
  return true;
}

bool monitor_net(statement& one, const row&) {
  const auto& words = one.words();
  if (words.size() != 2 || one.head() != 0) return false;
  const std::string net(one.raw_of(words[1]));
  if (one.section().mode == "http" || one.section().mode == "health") {
    one.replace(0, 1, fmt::format("http-request return status 200 if {{ src {} }}", net));
    one.because(verdict::translated, "'monitor-net' ended with HAProxy 2.2; the answer is the same");
  } else {
    one.replace(0, 1, fmt::format("tcp-request connection reject if {{ src {} }}", net));
    one.because(verdict::translated, "'monitor-net' ended with HAProxy 2.2; such connections are closed without a line in the log");
  }
  return true;
}

bool mode_health(statement& one, const row&) {
  const auto& words = one.words();
  one.replace(words[1], "http");
  one.add_below(one.indent() + "http-request return status 200");
  one.because(verdict::translated, "'mode health' ended with HAProxy 2.2; every request is answered with 200", words[1].where.column);
  return true;
}

// A proxy that has no server but one address for everything.
bool one_address(statement& one, const row& by) {
  const bool dispatch = by.phrase == "dispatch";
  if (one.head() != 0) return false;
  if (one.section().kind == place::defaults || one.section().servers || (dispatch && one.words().size() != 2)) {
    one.keep(fmt::format("'{}' ends with HAProxy 3.3: write a 'server' line instead", by.phrase));
    return true;
  }
  if (dispatch) one.replace(0, 0, "server dispatch");
  else one.replace(0, one.words().size() - 1, "server transparent 0.0.0.0");
  one.because(verdict::translated, fmt::format("'{}' ends with HAProxy 3.3; a server line does the same", by.phrase));
  return true;
}

constexpr std::string_view timeouts = "HAProxy 2.1 dropped the old name";
constexpr std::string_view gone_processes = "there is one process with a thread for each processor since HAProxy 2.5";

constexpr row table[] = {
    // --- section lines
    {"listen", place::file, {}, {}, "listen web 0.0.0.0:80,:8080  # all\n  mode http",
     "listen web  # all\n  bind 0.0.0.0:80,:8080\n  mode http", bind_line},
    {"frontend", place::file, {}, {}, "frontend web *:80\n    mode http", "frontend web\n    bind *:80\n    mode http", bind_line},
    {"program", place::file, {}, "HAProxy 3.3 starts no other programs: let the service manager do it",
     "program helper\n    command /bin/true", "program helper\n    command /bin/true", nullptr, verdict::kept, 303},

    // --- global
    {"nbproc", place::global, {}, gone_processes, "global\n    nbproc 4  # cores", "global\n    # nbproc 4  # cores"},
    {"stats bind-process", place::global, {}, gone_processes, "global\n    stats bind-process 1", "global\n    # stats bind-process 1"},
    {"debug", place::global, {}, "it is '-d' on the command line", "global\n    debug", "global\n    # debug"},
    {"quiet", place::global, {}, "it is '-q' on the command line", "global\n    quiet", "global\n    # quiet"},
    {"nosepoll", place::global, {}, "there is no such poller since HAProxy 1.5", "global\n    nosepoll", "global\n    # nosepoll"},
    {"tune.chksize", place::global, {}, "checks use buffers of 'tune.bufsize' since HAProxy 2.4",
     "global\n    tune.chksize 16384", "global\n    # tune.chksize 16384"},
    {"tune.ssl.capture-cipherlist-size", place::global, "tune.ssl.capture-buffer-size", "the name is a new one since HAProxy 2.5",
     "global\n    tune.ssl.capture-cipherlist-size 800", "global\n    tune.ssl.capture-buffer-size 800", nullptr, {}, 206},
    {"master-worker", place::global, {}, "HAProxy 3.5 wants '-W' or '-Ws' on the command line instead",
     "global\n    master-worker", "global\n    # master-worker", nullptr, verdict::removed, 305},

    // --- time limits and retries
    {"clitimeout", proxies, "timeout client", timeouts, "defaults\n    clitimeout 50000", "defaults\n    timeout client 50000"},
    {"srvtimeout", proxies, "timeout server", timeouts, "defaults\n    srvtimeout 50000", "defaults\n    timeout server 50000"},
    {"contimeout", proxies, "timeout connect", timeouts, "defaults\n    contimeout 5s", "defaults\n    timeout connect 5s"},
    {"timeout clitimeout", proxies, "timeout client", timeouts, "defaults\n    timeout clitimeout 50s", "defaults\n    timeout client 50s"},
    {"timeout srvtimeout", proxies, "timeout server", timeouts, "defaults\n    timeout srvtimeout 50s", "defaults\n    timeout server 50s"},
    {"timeout contimeout", proxies, "timeout connect", timeouts, "defaults\n    timeout contimeout 5s", "defaults\n    timeout connect 5s"},
    {"redispatch", proxies, "option redispatch", timeouts, "defaults\n    redispatch", "defaults\n    option redispatch"},
    {"redisp", proxies, "option redispatch", timeouts, "defaults\n    redisp", "defaults\n    option redispatch"},
    {"grace", proxies, {}, "a stop waits for 'hard-stop-after' of the global section since HAProxy 2.5",
     "defaults\n    grace 1s", "defaults\n    # grace 1s"},
    {"bind-process", proxies, {}, gone_processes, "listen x\n    bind-process odd", "listen x\n    # bind-process odd"},

    // --- options
    {"option forceclose", proxies, "option httpclose", "both mean the same since HAProxy 2.0",
     "defaults\n    option forceclose", "defaults\n    option httpclose"},
    {"option http-tunnel", proxies, {}, "HAProxy 2.1 dropped it: every request is looked at",
     "defaults\n    option http-tunnel", "defaults\n    # option http-tunnel"},
    {"option http-use-htx", proxies, {}, "there is nothing to choose since HAProxy 2.1",
     "defaults\n  no option http-use-htx", "defaults\n  # no option http-use-htx"},
    {"option http_proxy", proxies, {},
     "HAProxy 2.5 dropped it: 'http-request do-resolve' with 'http-request set-dst' send a request where its address says",
     "listen x\n    option http_proxy", "listen x\n    option http_proxy", nullptr, verdict::kept},
    {"option independant-streams", proxies, "option independent-streams", "the spelling was mended",
     "defaults\n    option independant-streams", "defaults\n    option independent-streams"},
    {"option tcpsplice", proxies, "option splice-auto", "the name is a new one since HAProxy 1.4",
     "defaults\n    option tcpsplice", "defaults\n    option splice-auto"},
    {"option accept-invalid-http-request", proxies, "option accept-unsafe-violations-in-http-request",
     "HAProxy 3.1 says in the name what it does", "defaults\n    option accept-invalid-http-request",
     "defaults\n    option accept-unsafe-violations-in-http-request", nullptr, {}, 301},
    {"option accept-invalid-http-response", proxies, "option accept-unsafe-violations-in-http-response",
     "HAProxy 3.1 says in the name what it does", "defaults\n    no option accept-invalid-http-response",
     "defaults\n    no option accept-unsafe-violations-in-http-response", nullptr, {}, 301},
    {"option lb-agent-chk", back_side, {}, "an agent is asked with 'agent-check' and 'agent-port' on the server lines since HAProxy 1.5",
     "backend x\n    option lb-agent-chk", "backend x\n    option lb-agent-chk", nullptr, verdict::kept},
    {"option httpchk", proxies, {}, {}, "backend x\n    option httpchk GET /up HTTP/1.1\\r\\nHost:\\ example.com",
     "backend x\n    option httpchk GET /up HTTP/1.1\n    http-check send hdr Host example.com", rewrite_httpchk},
    {"option transparent", back_side, {}, {}, "listen x\n    bind :80\n    option transparent",
     "listen x\n    bind :80\n    server transparent 0.0.0.0", one_address, {}, 303},
    {"transparent", back_side, {}, {}, "listen x\n    bind :80\n    transparent",
     "listen x\n    bind :80\n    server transparent 0.0.0.0", one_address, {}, 303},
    {"dispatch", back_side, {}, {}, "listen x\n    bind :80\n    dispatch 192.0.2.1:80",
     "listen x\n    bind :80\n    server dispatch 192.0.2.1:80", one_address, {}, 303},
    {"hash-type avalanche", proxies, "hash-type map-based sdbm avalanche", "it was an experiment of HAProxy 1.5",
     "backend x\n    hash-type avalanche", "backend x\n    hash-type map-based sdbm avalanche"},
    {"mode health", proxies, {}, {}, "listen x\n    bind :80\n    mode health",
     "listen x\n    bind :80\n    mode http\n    http-request return status 200", mode_health},
    {"monitor-net", proxies, {}, {}, "frontend x\n    mode http\n    monitor-net 192.0.2.0/24",
     "frontend x\n    mode http\n    http-request return status 200 if { src 192.0.2.0/24 }", monitor_net},
    {"appsession", back_side, {},
     "HAProxy 1.6 dropped it: 'cookie NAME prefix', or 'stick store-response res.cook(NAME)' with 'stick match req.cook(NAME)', "
     "keep clients at their server",
     "backend x\n    appsession SID len 52 timeout 3h", "backend x\n    appsession SID len 52 timeout 3h", nullptr, verdict::kept},

    // --- rules
    {"block", fronts | place::backend, "http-request deny", "HAProxy 2.1 dropped the old name; it stands with the other rules now",
     "listen x\n    block if !{ src 192.0.2.0/24 }", "listen x\n    http-request deny if !{ src 192.0.2.0/24 }"},
    {"http-request set-mark", proxies, "http-request set-fc-mark", "HAProxy 3.0 says in the name which side is meant",
     "frontend x\n    http-request set-mark 20", "frontend x\n    http-request set-fc-mark 20", nullptr, {}, 300},
    {"http-request set-tos", proxies, "http-request set-fc-tos", "HAProxy 3.0 says in the name which side is meant",
     "frontend x\n    http-request set-tos 0x10", "frontend x\n    http-request set-fc-tos 0x10", nullptr, {}, 300},
    {"http-response set-mark", proxies, "http-response set-fc-mark", "HAProxy 3.0 says in the name which side is meant",
     "frontend x\n    http-response set-mark 20", "frontend x\n    http-response set-fc-mark 20", nullptr, {}, 300},
    {"http-response set-tos", proxies, "http-response set-fc-tos", "HAProxy 3.0 says in the name which side is meant",
     "frontend x\n    http-response set-tos 46", "frontend x\n    http-response set-fc-tos 46", nullptr, {}, 300},
    {"reqadd", proxies, {}, {}, "frontend x\n    reqadd X-Proto:\\ https if { ssl_fc }",
     "frontend x\n    http-request add-header X-Proto https if { ssl_fc }", rewrite_add},
    {"rspadd", proxies, {}, {}, "frontend x\n    rspadd X-Via:\\ a\\ b", "frontend x\n    http-response add-header X-Via \"a b\"", rewrite_add},
    {"reqdel", proxies, {}, {}, "frontend x\n    reqdel ^X-Via:.*", "frontend x\n    http-request del-header X-Via", rewrite_delete},
    {"reqidel", proxies, {}, {}, "frontend x\n    reqidel ^x-via:", "frontend x\n    http-request del-header x-via", rewrite_delete},
    {"rspdel", proxies, {}, {}, "frontend x\n    rspdel ^Server", "frontend x\n    rspdel ^Server", rewrite_delete},
    {"rspidel", proxies, {}, {}, "frontend x\n    rspidel ^Server:\\ .*", "frontend x\n    http-response del-header Server", rewrite_delete},
    {"reqrep", proxies, {}, {}, "backend x\n    reqrep ^([^\\ :]*)\\ /api/(.*)     \\1\\ /\\2",
     "backend x\n    http-request replace-path ^/api/(.*) /\\1", rewrite_replace},
    {"reqirep", proxies, {}, {}, "frontend x\n    reqirep ^Host:\\ www.(.*)$ Host:\\ \\1 if { ssl_fc }",
     "frontend x\n    http-request replace-header Host (?i)^www.(.*)$ \\1 if { ssl_fc }", rewrite_replace},
    {"rsprep", proxies, {}, {}, "backend x\n    rsprep ^Location:\\ http://(.*) Location:\\ https://\\1",
     "backend x\n    http-response replace-header Location ^http://(.*) https://\\1", rewrite_replace},
    {"rspirep", proxies, {}, {}, "backend x\n    rspirep ^HTTP/1.1\\ 404 HTTP/1.1\\ 200",
     "backend x\n    rspirep ^HTTP/1.1\\ 404 HTTP/1.1\\ 200", rewrite_replace},
    {"cliexp", proxies, {}, {}, "backend x\n    cliexp ^([^\\ ]*\\ /)old[/]?(.*) \\1\\2",
     "backend x\n    http-request replace-path ^/old[/]?(.*) /\\1", rewrite_replace},
    {"srvexp", proxies, {}, {}, "backend x\n    srvexp ^Server:.* Server:\\ x", "backend x\n    http-response replace-header Server ^.* x", rewrite_replace},
    {"reqdeny", proxies, {}, {}, "frontend x\n    reqdeny ^[^\\ :]*\\ /private",
     "frontend x\n    http-request deny if { url_reg ^/private }", rewrite_judge},
    {"reqideny", proxies, {}, {}, "frontend x\n    reqideny ^User-Agent:\\ .*bot unless { src 192.0.2.1 }",
     "frontend x\n    http-request deny if { req.hdr(User-Agent) -i -m reg ^.*bot } !{ src 192.0.2.1 }", rewrite_judge},
    {"reqtarpit", proxies, {}, {}, "frontend x\n    reqtarpit ^[^\\ :]*\\ /trap",
     "frontend x\n    http-request tarpit if { url_reg ^/trap }", rewrite_judge},
    {"reqitarpit", proxies, {}, {}, "frontend x\n    reqitarpit ^[^\\ :]*\\ /trap",
     "frontend x\n    http-request tarpit if { url_reg -i ^/trap }", rewrite_judge},
    {"reqallow", proxies, {}, {}, "frontend x\n    reqallow ^[^\\ :]*\\ /public",
     "frontend x\n    http-request allow if { url_reg ^/public }", rewrite_judge},
    {"reqiallow", proxies, {}, {}, "frontend x\n    reqiallow ^[^\\ :]*\\ /public",
     "frontend x\n    http-request allow if { url_reg -i ^/public }", rewrite_judge},
    {"rspdeny", proxies, {}, {}, "backend x\n    rspdeny ^X-Secret:\\ yes",
     "backend x\n    http-response deny if { res.hdr(X-Secret) -m reg ^yes }", rewrite_judge},
    {"rspideny", proxies, {}, {}, "backend x\n    rspideny ^X-Secret:\\ yes",
     "backend x\n    http-response deny if { res.hdr(X-Secret) -i -m reg ^yes }", rewrite_judge},
    {"reqpass", proxies, {}, "HAProxy 2.1 dropped it: say in the other rules what they leave alone", "frontend x\n    reqpass ^X:",
     "frontend x\n    reqpass ^X:", nullptr, verdict::kept},
    {"reqipass", proxies, {}, "HAProxy 2.1 dropped it: say in the other rules what they leave alone", "frontend x\n    reqipass ^X:",
     "frontend x\n    reqipass ^X:", nullptr, verdict::kept},
    {"reqsetbe", proxies, {}, "HAProxy 1.5 dropped it: 'use_backend NAME if { … }' chooses a backend",
     "frontend x\n    reqsetbe ^X: y", "frontend x\n    reqsetbe ^X: y", nullptr, verdict::kept},
    {"reqisetbe", proxies, {}, "HAProxy 1.5 dropped it: 'use_backend NAME if { … }' chooses a backend",
     "frontend x\n    reqisetbe ^X: y", "frontend x\n    reqisetbe ^X: y", nullptr, verdict::kept},
};

// --- words inside lines
struct word_row {
  std::string_view old_name, today;
};
constexpr word_row samples[] = {
    {"req_len", "req.len"},
    {"req_proto_http", "req.proto_http"},
    {"rdp_cookie", "req.rdp_cookie"},
    {"rdp_cookie_cnt", "req.rdp_cookie_cnt"},
    {"req_rdp_cookie", "req.rdp_cookie"},
    {"req_rdp_cookie_cnt", "req.rdp_cookie_cnt"},
    {"req_ssl_hello_type", "req.ssl_hello_type"},
    {"req_ssl_sni", "req.ssl_sni"},
    {"req_ssl_ver", "req.ssl_ver"},
    {"rep_ssl_hello_type", "res.ssl_hello_type"},
    {"req_ver", "req.ver"},
    {"resp_ver", "res.ver"},
    {"cook", "req.cook"},
    {"cook_cnt", "req.cook_cnt"},
    {"cook_val", "req.cook_val"},
    {"scook", "res.cook"},
    {"scook_cnt", "res.cook_cnt"},
    {"scook_val", "res.cook_val"},
    {"shdr", "res.hdr"},
    {"shdr_cnt", "res.hdr_cnt"},
    {"shdr_ip", "res.hdr_ip"},
    {"shdr_val", "res.hdr_val"},
    {"ssl_fc_npn", "ssl_fc_alpn"},
};

void sample(statement& one, const word& at) {
  if (at.quoted) return;
  const std::string_view raw = one.raw_of(at);
  std::size_t begin = 0;
  const std::size_t end = std::min(raw.find_first_of("(,"), raw.size());
  const std::string_view name = raw.substr(begin, end - begin);
  for (const word_row& each : samples) {
    if (each.old_name != name) continue;
    one.replace_part(at, begin, name.size(), std::string(each.today));
    one.because(verdict::translated, fmt::format("the sample '{}' is called '{}' today", name, each.today), at.where.column);
    return;
  }
}

void conditions(statement& one) {
  const auto& words = one.words();
  if (words[0].text == "acl" && words.size() > 2) sample(one, words[2]);
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i].text == "{" || words[i].text == "!{") sample(one, words[i + 1]);
}

// `process 1` and `npn` behind an address.
void bind_words(statement& one) {
  const auto& words = one.words();
  const bool socket = words[0].text == "stats" && words.size() > 1 && words[1].text == "socket";
  const bool server = words[0].text == "server" || words[0].text == "default-server";
  if (words[0].text != "bind" && !socket && !server) return;
  const bool alpn = std::any_of(words.begin(), words.end(), [](const word& each) { return each.text == "alpn"; });
  for (std::size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i].text == "process" && !server) {
      one.remove(i, i + 1);
      one.because(verdict::translated, "there is one process since HAProxy 2.5", words[i].where.column);
    } else if (words[i].text == "npn") {
      if (alpn) one.remove(i, i + 1);
      else one.replace(words[i], "alpn");
      one.because(verdict::translated, "clients ask by ALPN, not by NPN", words[i].where.column);
    } else {
      continue;
    }
    ++i;
  }
}

}  // namespace

std::span<const row> rows() { return table; }

void rewrite_words(statement& one) {
  conditions(one);
  bind_words(one);
}

std::vector<known> word_rows() {
  std::vector<known> out;
  out.push_back({"bind … process", {}, "there is one process since HAProxy 2.5", verdict::translated,
                 "frontend x\n    bind :80 process 1 name a", "frontend x\n    bind :80 name a", 0});
  out.push_back({"bind … npn", "bind … alpn", "clients ask by ALPN, not by NPN", verdict::translated,
                 "frontend x\n    bind :80 npn h2", "frontend x\n    bind :80 alpn h2", 0});
  static const std::vector<std::pair<std::string, std::string>> examples = [] {
    std::vector<std::pair<std::string, std::string>> made;
    for (const word_row& each : samples)
      made.emplace_back(fmt::format("frontend x\n    acl a {}(b) -m found\n    acl c src 192.0.2.1 if {{ {},lower x }}", each.old_name, each.old_name),
                        fmt::format("frontend x\n    acl a {}(b) -m found\n    acl c src 192.0.2.1 if {{ {},lower x }}", each.today, each.today));
    return made;
  }();
  for (std::size_t i = 0; i < std::size(samples); ++i)
    out.push_back({samples[i].old_name, samples[i].today, "the name of a sample in a condition", verdict::translated,
                   examples[i].first, examples[i].second, 0});
  out.push_back({"frontend and backend of one name", {}, "HAProxy 3.3 wants names of their own", verdict::translated,
                 "frontend web\n    default_backend web\nbackend web", "frontend web_front\n    default_backend web\nbackend web", 0});
  out.push_back({"names with other characters than letters, digits and . : _ -", {}, "HAProxy refuses them", verdict::translated,
                 "frontend a\n    use_backend b/c if { path /b/c }\nbackend b/c\n    server s/1 :80",
                 "frontend a\n    use_backend b_c if { path /b/c }\nbackend b_c\n    server s_1 :80", 0});
  return out;
}

}  // namespace ringway::migrate

// Words of defaults, frontend, listen and backend.
#include "app/known_words.hpp"

namespace ringway::app {
namespace {

using config::back_side;
using config::front_side;
using config::named_proxies;
using config::place;
using config::proxies;
using config::status;

constexpr place fronts = place::frontend | place::listen;
constexpr place backs = place::backend | place::listen;

constexpr word_group groups[] = {
    {proxies, status::not_yet, 0, "Rules on requests and responses.", {},
     "http-response, http-after-response,"
     "tcp-request content, tcp-request inspect-delay, tcp-response content, tcp-response inspect-delay,"
     "quic-initial"},
    {proxies, status::not_yet, 0, "Our own error pages.", {}, "http-error"},
    {place::http_request, status::not_yet, -1, "What is done with a request.", {},
     "add-acl, auth, cache-use, capture, del-acl, del-headers-bin, del-map, disable-l7-retry, do-log, do-resolve, early-hint,"
     "normalize-uri, pause, reject, return, sc-add-gpc, sc-inc-gpc, sc-inc-gpc0, sc-inc-gpc1, sc-set-gpt, sc-set-gpt0,"
     "send-spoe-group, set-bc-mark, set-bc-tos, set-dst, set-dst-port, set-fc-mark, set-fc-tos, set-headers-bin, set-log-level, set-map,"
     "set-mark, set-method, set-nice, set-priority-class, set-priority-offset, set-retries, set-src, set-src-port,"
     "set-timeout, set-tos, set-var, set-var-fmt, silent-drop, strict-mode, tarpit, track-sc0, track-sc1, track-sc2,"
     "track-sc, unset-var, use-service, wait-for-body, wait-for-handshake"},
    {place::tcp_connection | place::tcp_session, status::not_yet, -1, "What becomes of a connection.", {},
     "sc-add-gpc, sc-inc-gpc, sc-inc-gpc0, sc-inc-gpc1, sc-set-gpt, sc-set-gpt0, set-bc-mark, set-bc-tos, set-dst, set-dst-port,"
     "set-fc-mark, set-fc-tos, set-mark, set-src, set-src-port, set-tos, set-var, set-var-fmt, silent-drop, track-sc0, track-sc1,"
     "track-sc2, unset-var, do-log"},
    {place::tcp_connection, status::not_yet, -1, "What becomes of a connection.", {}, "capture, expect-netscaler-cip"},
    {place::tcp_session, status::not_yet, -1, "What becomes of a connection.", {}, "attach-srv"},
    {proxies, status::not_yet, 0, "Compression of responses.", {}, "compression"},
    {proxies, status::not_yet, 0, "Filters.", {}, "filter"},
    {proxies, status::not_yet, 0, "The statistics page.", {},
     "stats admin, stats auth, stats enable, stats hide-version, stats http-request, stats realm, stats refresh,"
     "stats scope, stats show-desc, stats show-legends, stats show-modules, stats show-node, stats uri, stats"},
    {proxies, status::not_yet, 0, "E-mail alerts.", {},
     "email-alert from, email-alert level, email-alert mailers, email-alert myhostname, email-alert to"},
    {proxies, status::not_yet, 0, "A log line of one's own.", {},
     "log-format, log-format-sd, error-log-format, log-steps, option httpslog, option log-health-checks"},
    {proxies, status::not_yet, 0, "A number for every request.", {}, "unique-id-format, unique-id-header"},
    {proxies, status::not_yet, 0, "A limit on the rate of new clients.", {}, "rate-limit sessions"},
    {fronts, status::not_yet, 0, "Keeps parts of messages for the log.", {},
     "capture cookie, capture request header, capture response header, declare capture"},
    {front_side, status::not_yet, 0, "The process's clients kept apart.", {}, "force-be-switch, ssl-f-use"},
    {backs, status::not_yet, 0, "Which server is used, by condition.", {},
     "use-server, force-persist, ignore-persist, stick on, stick match, stick store-request, stick store-response,"
     "stick, dispatch, use-fcgi-app, server-template"},
    {named_proxies, status::not_yet, 0, "Counts and remembers by key.", {}, "stick-table"},
    {back_side, status::not_yet, 0, "Keeps a client at its server.", {},
     "cookie, dynamic-cookie-key, persist rdp-cookie, appsession, http-send-name-header"},
    {back_side, status::not_yet, 0, "Checks that understand a protocol.", {},
     "http-check comment, http-check connect, http-check disable-on-404, http-check expect, http-check send,"
     "http-check send-state, http-check set-var, http-check set-var-fmt, http-check unset-var, http-check,"
     "tcp-check comment, tcp-check connect, tcp-check expect, tcp-check send, tcp-check send-lf,"
     "tcp-check send-binary, tcp-check send-binary-lf, tcp-check set-var, tcp-check set-var-fmt,"
     "tcp-check unset-var, tcp-check, external-check command, external-check path, option httpchk,"
     "option ldap-check, option mysql-check, option pgsql-check, option redis-check, option smtpchk,"
     "option spop-check, option ssl-hello-chk, option tcp-check, option external-check, option lb-agent-chk"},
    {back_side, status::not_yet, 0, "How links to servers are shared.", {},
     "http-drop-request-trailers, http-drop-response-trailers"},
    {back_side, status::not_yet, 0, "The local address of links to servers.", {}, "source, transparent"},
    {back_side, status::not_yet, 0, "State of servers kept over restarts.", {},
     "load-server-state-from-file, server-state-file-name"},
    {proxies, status::not_yet, 0, "Keep-alives of TCP in detail.", {},
     "clitcpka-cnt, clitcpka-idle, clitcpka-intvl, srvtcpka-cnt, srvtcpka-idle, srvtcpka-intvl"},
    {proxies, status::not_yet, 0, "An option of HAProxy.", {},
     "option checkcache, option disable-h2-upgrade, option h1-case-adjust-bogus-client,"
     "option h1-case-adjust-bogus-server, option http-buffer-request, option http-drop-request-trailers,"
     "option http-drop-response-trailers,"
     "option http-restrict-req-hdr-names, option http-use-proxy-header, option idle-close-on-response,"
     "option forwarded, option persist, option transparent, option use-small-buffers,"
     "option http_proxy, option assume-rfc6587-ntf,"
     "option dont-parse-log, option host"},
    {proxies, status::not_yet, 0, "A name for the statistics of other processes.", {}, "guid"},

    // --- no effect: speed and counting, not meaning
    {proxies, status::no_effect, 0, "Tunes how HAProxy moves bytes and counts them.", {},
     "option http-no-delay, option contstats, option socket-stats, option independent-streams", 0, 0},
    {proxies, status::no_effect, 0, "An old spelling of option independent-streams.", {}, "option independant-streams", 0, 0},
    {proxies, status::no_effect, 0, "Ties a proxy to processes; workers are threads.", {}, "bind-process"},

    // --- retired
    {proxies, status::retired, 0, "A tunnel after the first request.", {}, "option http-tunnel"},
    {proxies, status::retired, 0, "An internal representation of HTTP.", {}, "option http-use-htx"},
    {proxies, status::retired, 0, "Nothing since long.", {},
     "grace"},
    {proxies, status::not_yet, 0, "Rewrites a request.", "http-request replace-header (or replace-path, replace-uri)",
     "reqrep, reqirep, reqtarpit, reqitarpit"},
    {proxies, status::not_yet, 0, "Adds a header to a request.", "http-request add-header", "reqadd"},
    {proxies, status::not_yet, 0, "Removes a header of a request.", "http-request del-header", "reqdel, reqidel"},
    {proxies, status::not_yet, 0, "Refuses a request.", "http-request deny", "reqdeny, reqideny, block"},
    {proxies, status::not_yet, 0, "Accepts a request.", "http-request allow",
     "reqallow, reqiallow, reqpass, reqipass"},
    {proxies, status::not_yet, 0, "Chooses a backend.", "use_backend", "reqsetbe, reqisetbe"},
    {proxies, status::not_yet, 0, "Rewrites a response.", "http-response replace-header", "rsprep, rspirep"},
    {proxies, status::not_yet, 0, "Adds a header to a response.", "http-response add-header", "rspadd"},
    {proxies, status::not_yet, 0, "Removes a header of a response.", "http-response del-header", "rspdel, rspidel"},
    {proxies, status::not_yet, 0, "Refuses a response.", "http-response deny", "rspdeny, rspideny"},
};

}  // namespace

std::span<const word_group> known_proxy_words() { return groups; }

}  // namespace ringway::app

// Words of bind, server and default-server lines.
#include "app/known_words.hpp"

namespace ringway::app {
namespace {

using config::place;
using config::server_lines;
using config::status;

constexpr word_group groups[] = {
    // --- bind
    {place::bind, status::not_yet, 0, "TLS towards clients.", {},
     "ssl, allow-0rtt, force-sslv3, force-tlsv10, force-tlsv11, force-tlsv12, force-tlsv13, "
     "generate-certificates, no-alpn, no-ca-names, no-sslv3, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12,"
     "no-tlsv13, prefer-client-ciphers, strict-sni, no-strict-sni, tls-tickets, ktls-auto"},
    {place::bind, status::not_yet, 1, "TLS towards clients.", {},
     "alpn, ca-file, ca-ignore-err, ca-sign-file, ca-sign-pass, ca-verify-file, ciphers, ciphersuites, client-sigalgs,"
     "crl-file, crt, crt-ignore-err, crt-list, curves, default-crt, ecdhe, ktls, npn, renegotiate, sigalgs, ssl-max-ver,"
     "ssl-min-ver, tls-ticket-keys, verify, ech"},
    {place::bind, status::not_yet, 0, "Who speaks first, and for whom.", {},
     "transparent, quic-force-retry"},
    {place::bind, status::not_yet, 1, "Who speaks first, and for whom.", {},
     "accept-netscaler-cip, proto, namespace, tcp-ut, label, nbconn,"
     "quic-cc-algo, quic-socket, tcp-ss, guid-prefix, cc, acme, guid"},
    {place::bind, status::no_effect, 0, "Tunes the socket.", {}, "tfo, defer-accept"},
    {place::bind, status::no_effect, 1, "Tunes the socket or the threads behind it.", {},
     "mss, nice, process, shards, thread, idle-ping, tcp-md5sig"},

    // --- server
    {server_lines, status::not_yet, 0, "TLS towards the server.", {},
     "ssl, no-ssl, check-ssl, no-check-ssl, allow-0rtt, force-sslv3, force-tlsv10, force-tlsv11, force-tlsv12,"
     "force-tlsv13, no-sslv3, no-ssl-reuse, no-tls-tickets, no-tlsv10, no-tlsv11, no-tlsv12, no-tlsv13, no-verifyhost,"
     "ssl-reuse, tls-tickets, no-sni-auto, sni-auto, check-sni-auto, no-check-sni-auto, renegotiate, no-renegotiate"},
    {server_lines, status::not_yet, 1, "TLS towards the server.", {},
     "alpn, ca-file, check-alpn, check-sni, ciphers, ciphersuites, client-sigalgs, crl-file, crt, curves, npn, sigalgs,"
     "sni, ssl-max-ver, ssl-min-ver, verify, verifyhost, ktls, ech"},
    {server_lines, status::not_yet, 0, "Tells the server who the client is.", {},
     "send-proxy-v2-ssl, send-proxy-v2-ssl-cn, no-send-proxy-v2-ssl, no-send-proxy-v2-ssl-cn, check-via-socks4"},
    {server_lines, status::not_yet, 1, "Tells the server who the client is.", {}, "set-proxy-v2-tlv-fmt, socks4"},
    {server_lines, status::not_yet, 0, "Checks by an agent, and persistence.", {},
     "agent-check, no-agent-check, stick, non-stick, check-reuse-pool, no-check-reuse-pool"},
    {server_lines, status::not_yet, 1, "Checks by an agent, observation, persistence.", {},
     "agent-addr, agent-inter, agent-port, agent-send, cookie, redir, healthcheck, check-proto, check-pool-conn-name, init-state"},
    {server_lines, status::not_yet, 1, "How names become addresses while running.", {},
     "resolvers, resolve-net, resolve-opts"},
    {server_lines, status::not_yet, 1, "How links to the server are kept.", {},
     "pool-conn-name, proto, namespace, log-proto, log-bufsize,"
     "tcp-ut, ws, guid, idle-ping, tcp-md5sig, cc"},
    {server_lines, status::not_yet, 0, "How links to the server are kept.", {}, "strict-maxconn, usesrc"},
    {server_lines, status::no_effect, 0, "Tunes the socket.", {}, "tfo, no-tfo"},
};

}  // namespace

std::span<const word_group> known_line_words() { return groups; }

}  // namespace ringway::app

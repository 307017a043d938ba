// Sections and words of the global section.
#include "app/known_words.hpp"

namespace ringway::app {
namespace {

using config::place;
using config::status;

constexpr word_group groups[] = {
    {place::file, status::not_yet, 0, "A section of its own.", {},
     "peers, resolvers, cache, userlist, mailers, program, ring, crt-store, fcgi-app, log-forward,"
     "log-profile, traces, acme, healthcheck"},

    // --- not yet: they change what happens
    {place::global, status::not_yet, 0, "Programs in Lua.", {}, "lua-load, lua-load-per-thread, lua-prepend-path"},
    {place::global, status::not_yet, 0, "Variables of the process.", {}, "set-var, set-var-fmt"},
    {place::global, status::not_yet, 0, "Limits of the whole process on rates and sizes.", {},
     "maxconnrate, maxsessrate, fd-hard-limit, tune.http.maxhdr"},
    {place::global, status::not_yet, 0, "How HTTP/1 is spelled towards old peers.", {},
     "h1-case-adjust, h1-case-adjust-file, h1-accept-payload-with-any-method, h2-workaround-bogus-websocket-clients,"
     "h1-do-not-close-on-insecure-transfer-encoding"},
    {place::global, status::not_yet, 0, "A default for all unix sockets.", {}, "unix-bind"},
    {place::global, status::not_yet, 0, "How relative paths are read.", {}, "default-path"},
    {place::global, status::not_yet, 0, "Known to HAProxy.", {},
     "stats-file, dns-accept-family, shm-stats-file, shm-stats-file-max-objects"},

    // --- without effect: they tune parts of HAProxy that do not exist here, or that their own words would need
    {place::global, status::no_effect, 0, "Processes and processors; workers are threads, one for each processor.", {},
     "cpu-map, cpu-set, cpu-policy, cpu-affinity, numa-cpu-mapping, thread-group, stats bind-process, "
     "profiling.tasks, profiling.memory, profiling, ssl-engine, ssl-mode-async, anonkey"},
    {place::global, status::no_effect, 0, "Processes and processors; workers are threads, one for each processor.", {},
     "busy-polling, strict-limits, insecure-setuid-wanted, zero-warning, no-memory-trimming, noepoll, "
     "nokqueue, noevports, nopoll, nogetaddrinfo, noreuseport, expose-experimental-directives", 0, 0},
    {place::global, status::no_effect, 0, "Processes and processors; workers are threads, one for each processor.", {},
     "thread-groups, thread-hard-limit, mworker-max-reloads", 1, 1},
    {place::global, status::no_effect, 0, "Processes and processors; workers are threads, one for each processor.", {},
     "master-worker", 0, 1},
    {place::global, status::no_effect, 0, "Settings of TLS, which binds and servers would have to ask for.", {},
     "ssl-default-bind-options, ssl-default-server-options, ssl-load-extra-del-ext, ssl-load-extra-files, "
     "ssl-passphrase-cmd, ssl-propquery, ssl-provider, ssl-provider-path, ocsp-update.mode, "
     "ocsp-update.mindelay, ocsp-update.maxdelay, ocsp-update.disable, no-quic, ssl-security-level, "
     "ssl-skip-self-issued-ca"},
    {place::global, status::no_effect, 0, "Settings of TLS, which binds and servers would have to ask for.", {},
     "limited-quic", 0, 0},
    {place::global, status::no_effect, 0, "Settings of TLS, which binds and servers would have to ask for.", {},
     "ca-base, crt-base, key-base, issuers-chain-path, ssl-default-bind-ciphers, "
     "ssl-default-bind-ciphersuites, ssl-default-bind-curves, ssl-default-bind-sigalgs, "
     "ssl-default-bind-client-sigalgs, ssl-default-server-ciphers, ssl-default-server-ciphersuites, "
     "ssl-default-server-curves, ssl-default-server-sigalgs, ssl-default-server-client-sigalgs, "
     "ssl-dh-param-file, ocsp-update.httpproxy, acme.scheduler, ssl-server-verify", 1, 1},
    {place::global, status::no_effect, 0, "Limits and spreading of work that is not done here.", {},
     "close-spread-time, warn-blocked-traffic-after, force-cfg-parser-pause"},
    {place::global, status::no_effect, 0, "Limits and spreading of work that is not done here.", {},
     "expose-deprecated-directives", 0, 0},
    {place::global, status::no_effect, 0, "Limits and spreading of work that is not done here.", {},
     "maxsslrate, maxsslconn, maxcomprate, maxcompcpuusage, maxzlibmem, spread-checks, max-spread-checks", 1, 1},
    {place::global, status::no_effect, 0, "Limits and spreading of work that is not done here.", {},
     "set-dumpable", 0, 1},
    {place::global, status::no_effect, 0, "Of use only with other keywords, which say themselves that they are not supported yet.", {},
     "server-state-base, server-state-file"},
    {place::global, status::no_effect, 0, "Of use only with other keywords, which say themselves that they are not supported yet.", {},
     "insecure-fork-wanted, pp2-never-send-local", 0, 0},
    {place::global, status::no_effect, 0, "Of use only with other keywords, which say themselves that they are not supported yet.", {},
     "localpeer, cluster-secret", 1, 1},
    {place::global, status::no_effect, 0, "Of use only with other keywords, which say themselves that they are not supported yet.", {},
     "external-check", 0, 1},
    {place::global, status::no_effect, 0, "Settings of HAProxy's own HTTP client.", {},
     "httpclient.resolvers.disabled, httpclient.resolvers.prefer, httpclient.retries, httpclient.ssl.verify, "
     "httpclient.timeout.connect", 1, 1},
    {place::global, status::no_effect, 0, "Settings of HAProxy's own HTTP client.", {},
     "httpclient.resolvers.id, httpclient.ssl.ca-file", 0, 1},
    {place::global, status::no_effect, 0, "Device detection.", {},
     "51degrees-cache-size, 51degrees-data-file, 51degrees-property-name-list, 51degrees-property-separator, "
     "51degrees-allow-unmatched, 51degrees-difference, 51degrees-drift, 51degrees-use-performance-graph, "
     "51degrees-use-predictive-graph, deviceatlas-json-file, deviceatlas-log-level, "
     "deviceatlas-properties-cookie, deviceatlas-separator, wurfl-cache-size, wurfl-data-file, "
     "wurfl-engine-mode, wurfl-information-list, wurfl-information-list-separator, wurfl-patch-file, "
     "wurfl-useragent-priority"},
    {place::global, status::no_effect, 0, "Tunes a part of HAProxy.", {},
     "tune.defaults.purge, tune.fd.edge-triggered, tune.h2.fe.max-concurrent-streams, "
     "tune.lua.bool-sample-conversion, tune.lua.burst-timeout, tune.lua.forced-yield, tune.lua.log.loggers, "
     "tune.lua.log.stderr, tune.lua.maxmem, tune.lua.openlibs, tune.lua.service-timeout, "
     "tune.lua.session-timeout, tune.lua.task-timeout, tune.stick-counters, tune.ssl.certificate-compression, "
     "tune.ssl.ocsp-update.maxdelay, tune.ssl.ocsp-update.mindelay, tune.vars.check-max-size, "
     "tune.vars.global-max-size, tune.vars.proc-max-size, tune.vars.reqres-max-size, tune.vars.sess-max-size, "
     "tune.vars.txn-max-size, tune.chksize, tune.quic.backend.max-idle-timeout, "
     "tune.quic.be.cc.cubic-min-losses, tune.quic.be.cc.hystart, tune.quic.be.cc.max-frame-loss, "
     "tune.quic.be.cc.max-win-size, tune.quic.be.cc.reorder-ratio, tune.quic.be.max-idle-timeout, "
     "tune.quic.be.sec.glitches-threshold, tune.quic.be.stream.data-ratio, "
     "tune.quic.be.stream.max-concurrent, tune.quic.be.stream.max-total, tune.quic.be.stream.rxbuf, "
     "tune.quic.be.tx.pacing, tune.quic.be.tx.udp-gso, tune.quic.cc-hystart, tune.quic.cc.cubic.min-losses, "
     "tune.quic.disable-tx-pacing, tune.quic.disable-udp-gso, tune.quic.fe.cc.cubic-min-losses, "
     "tune.quic.fe.cc.hystart, tune.quic.fe.cc.max-frame-loss, tune.quic.fe.cc.max-win-size, "
     "tune.quic.fe.cc.reorder-ratio, tune.quic.fe.max-idle-timeout, tune.quic.fe.sec.glitches-threshold, "
     "tune.quic.fe.sec.retry-threshold, tune.quic.fe.sock-per-conn, tune.quic.fe.stream.data-ratio, "
     "tune.quic.fe.stream.max-concurrent, tune.quic.fe.stream.max-total, tune.quic.fe.stream.rxbuf, "
     "tune.quic.fe.tx.pacing, tune.quic.fe.tx.udp-gso, tune.quic.frontend.conn-tx-buffers.limit, "
     "tune.quic.frontend.default-max-window-size, tune.quic.frontend.glitches-threshold, "
     "tune.quic.frontend.max-data-size, tune.quic.frontend.max-idle-timeout, "
     "tune.quic.frontend.max-streams-bidi, tune.quic.frontend.max-tx-mem, "
     "tune.quic.frontend.stream-data-ratio, tune.quic.listen, tune.quic.max-frame-loss, tune.quic.mem.tx-max, "
     "tune.quic.reorder-ratio, tune.quic.retry-threshold, tune.quic.socket-owner, tune.quic.zero-copy-fwd-send"},
    {place::global, status::no_effect, 0, "Tunes a part of HAProxy.", {},
     "tune.disable-fast-forward, tune.disable-zero-copy-forwarding, tune.ssl.force-private-cache", 0, 0},
    {place::global, status::no_effect, 0, "Tunes a part of HAProxy.", {},
     "tune.applet.zero-copy-forwarding, tune.bufsize.large, tune.bufsize.small, tune.cli.max-payload-size, "
     "tune.comp.maxlevel, tune.events.max-events-at-once, tune.glitches.kill.cpu-usage, "
     "tune.h1.zero-copy-fwd-recv, tune.h1.zero-copy-fwd-send, tune.h2.be.rxbuf, tune.h2.fe.rxbuf, "
     "tune.h2.header-table-size, tune.h2.log-errors, tune.h2.max-frame-size, tune.h2.zero-copy-fwd-send, "
     "tune.http.cookielen, tune.http.logurilen, tune.idle-pool.shared, tune.idletimer, "
     "tune.listener.default-shards, tune.listener.multi-queue, tune.max-rules-at-once, tune.maxaccept, "
     "tune.maxpollevents, tune.memory.hot-size, tune.notsent-lowat.client, tune.notsent-lowat.server, "
     "tune.pattern.cache-size, tune.peers.max-updates-at-once, tune.pool-high-fd-ratio, "
     "tune.pool-low-fd-ratio, tune.pt.zero-copy-forwarding, tune.rcvbuf.backend, tune.rcvbuf.client, "
     "tune.rcvbuf.frontend, tune.rcvbuf.server, tune.recv_enough, tune.runqueue-depth, "
     "tune.sched.low-latency, tune.sndbuf.backend, tune.sndbuf.client, tune.sndbuf.frontend, "
     "tune.sndbuf.server, tune.takeover-other-tg-connections, tune.ssl.cachesize, "
     "tune.ssl.capture-buffer-size, tune.ssl.capture-cipherlist-size, tune.ssl.default-dh-param, "
     "tune.ssl.hard-maxrecord, tune.ssl.keylog, tune.ssl.lifetime, tune.ssl.maxrecord, "
     "tune.ssl.ssl-ctx-cache-size, tune.zlib.memlevel, tune.zlib.windowsize", 1, 1},
    {place::global, status::no_effect, 0, "Tunes a part of HAProxy.", {},
     "tune.buffers.limit, tune.buffers.reserve, tune.epoll.mask-events, tune.fail-alloc, "
     "tune.h1.be.glitches-threshold, tune.h1.fe.glitches-threshold, tune.h2.be.glitches-threshold, "
     "tune.h2.be.initial-window-size, tune.h2.be.max-concurrent-streams, tune.h2.be.max-frames-at-once, "
     "tune.h2.fe.glitches-threshold, tune.h2.fe.initial-window-size, tune.h2.fe.max-frames-at-once, "
     "tune.h2.fe.max-rst-at-once, tune.h2.fe.max-total-streams, tune.h2.initial-window-size, "
     "tune.h2.max-concurrent-streams, tune.max-checks-per-thread, tune.renice.runtime, tune.renice.startup, "
     "tune.ring.queues", 0, 1},

    {place::global, status::no_effect, 0, "Prints nothing; -q on the command line does.", {}, "quiet", 0, 0},
    {place::global, status::no_effect, 0, "Keeps listening for a while when a soft stop begins.", {}, "grace", 1, 1},

    // --- retired
    {place::global, status::retired, 0, "Processes; workers are threads.", "nbthread", "nbproc"},
    {place::global, status::retired, 0, "Prints what happens.", "-d on the command line", "debug"},
    {place::global, status::retired, 0, "Events of the kernel.", {}, "nosepoll"},
};

}  // namespace

std::span<const word_group> known_global_words() { return groups; }

}  // namespace ringway::app

// Written by scripts/haproxy_words from what two HAProxy programs have registered and their manuals' tables list.
// Names and places only.
#include "config/haproxy_words.hpp"

namespace ringway::config {
namespace {

constexpr word_list lists[] = {
    {place::backend,
     release::newer,
     "unique-id-format"},
    {place::backend,
     release::older,
     "option tcplog"},
    {place::backend | place::defaults | place::frontend | place::listen,
     release::both,
     "acl,clitcpka-cnt,clitcpka-idle,clitcpka-intvl,clitimeout,compression,contimeout,disabled,email-alert from,"
     "email-alert level,email-alert mailers,email-alert myhostname,email-alert to,enabled,errorfile,errorfiles,"
     "errorloc,errorloc302,errorloc303,filter,http-after-response,http-error,http-request,http-response,log,"
     "log-tag,max-keep-alive-queue,mode,option abortonclose,option allbackups,option checkcache,option clitcpka,"
     "option contstats,option disable-h2-upgrade,option dontlog-normal,option dontlognull,option forwardfor,"
     "option h1-case-adjust-bogus-client,option h1-case-adjust-bogus-server,option http-buffer-request,"
     "option http-ignore-probes,option http-keep-alive,option http-no-delay,option http-pretend-keepalive,"
     "option http-restrict-req-hdr-names,option http-server-close,option http-use-proxy-header,option httpclose,"
     "option idle-close-on-response,option independent-streams,option log-health-checks,"
     "option log-separate-errors,option logasap,option nolinger,option originalto,option persist,"
     "option prefer-last-server,option socket-stats,option splice-auto,option splice-request,"
     "option splice-response,option srvtcpka,option tcp-smart-accept,option tcp-smart-connect,option tcpka,"
     "option transparent,retry-on,srvtcpka-cnt,srvtcpka-idle,srvtcpka-intvl,srvtimeout,stats auth,stats enable,"
     "stats hide-version,stats realm,stats refresh,stats scope,stats show-desc,stats show-legends,stats show-node,"
     "stats uri,tcp-request content,tcp-request inspect-delay,timeout http-keep-alive,timeout http-request,"
     "timeout tarpit,use-fcgi-app"},
    {place::backend | place::defaults | place::frontend | place::listen,
     release::newer,
     "be-unpublished,filter-sequence,force-be-switch,guid,hash-preserve-affinity,log-steps,"
     "option accept-unsafe-violations-in-http-request,option accept-unsafe-violations-in-http-response,"
     "option http-drop-request-trailers,option http-drop-response-trailers,ssl-f-use,stats show-version"},
    {place::backend | place::defaults | place::frontend | place::listen,
     release::older,
     "bind-process,option accept-invalid-http-request,option accept-invalid-http-response"},
    {place::backend | place::defaults | place::listen,
     release::both,
     "balance,cookie,default-server,external-check command,external-check path,fullconn,hash-type,"
     "http-check comment,http-check connect,http-check disable-on-404,http-check expect,http-check send,"
     "http-check send-state,http-check set-var,http-check unset-var,http-reuse,http-send-name-header,"
     "load-server-state-from-file,option external-check,option httpchk,option ldap-check,option mysql-check,"
     "option pgsql-check,option redis-check,option redispatch,option smtpchk,option spop-check,"
     "option ssl-hello-chk,option tcp-check,persist rdp-cookie,retries,server-state-file-name,source,"
     "tcp-check comment,tcp-check connect,tcp-check expect,tcp-check send,tcp-check send-binary,"
     "tcp-check send-binary-lf,tcp-check send-lf,tcp-check set-var,tcp-check unset-var,tcp-response content,"
     "tcp-response inspect-delay,timeout check,timeout connect,timeout queue,timeout server,timeout server-fin,"
     "timeout tunnel"},
    {place::backend | place::defaults | place::listen,
     release::newer,
     "hash-balance-factor,option forwarded,option use-small-buffers"},
    {place::backend | place::frontend | place::listen,
     release::both,
     "description,id,redirect,stats admin,stats http-request,stick-table"},
    {place::backend | place::listen,
     release::both,
     "force-persist,ignore-persist,server,server-template,stick match,stick on,stick store-request,"
     "stick store-response,use-server"},
    {place::backend | place::listen,
     release::older,
     "dispatch"},
    {place::bind,
     release::both,
     "accept-netscaler-cip=1,accept-proxy,allow-0rtt,alpn=1,backlog=1,ca-file=1,ca-ignore-err=1,ca-sign-file=1,"
     "ca-sign-pass=1,ca-verify-file=1,ciphers=1,ciphersuites=1,crl-file=1,crt=1,crt-ignore-err=1,crt-list=1,"
     "curves=1,defer-accept,ecdhe=1,expose-fd=1,force-sslv3,force-tlsv10,force-tlsv11,force-tlsv12,force-tlsv13,"
     "generate-certificates,gid=1,group=1,id=1,interface=1,level=1,maxconn=1,mode=1,mss=1,name=1,namespace=1,"
     "nice=1,no-ca-names,no-sslv3,no-tls-tickets,no-tlsv10,no-tlsv11,no-tlsv12,no-tlsv13,npn=1,"
     "prefer-client-ciphers,process=1,proto=1,severity-output=1,shards=1,ssl-max-ver=1,ssl-min-ver=1,strict-sni,"
     "tcp-ut=1,tfo,thread=1,tls-ticket-keys=1,transparent,uid=1,user=1,v4v6,v6only,verify=1"},
    {place::bind,
     release::newer,
     "cc=1,client-sigalgs=1,default-crt=1,guid-prefix=1,idle-ping=1,ktls=1,label=1,nbconn=1,no-alpn,no-strict-sni,"
     "sigalgs=1,tcp-md5sig=1,tcp-ss=1,tls-tickets"},
    {place::default_server,
     release::newer,
     "name=1"},
    {place::default_server | place::server,
     release::both,
     "addr=1,agent-addr=1,agent-check,agent-inter=1,agent-port=1,agent-send=1,allow-0rtt,alpn=1,backup,ca-file=1,"
     "check,check-alpn=1,check-proto=1,check-send-proxy,check-sni=1,check-ssl,check-via-socks4,ciphers=1,"
     "ciphersuites=1,cookie=1,crl-file=1,crt=1,disabled,downinter=1,enabled,error-limit=1,fall=1,fastinter=1,"
     "force-sslv3,force-tlsv10,force-tlsv11,force-tlsv12,force-tlsv13,id=1,init-addr=1,inter=1,log-proto=1,"
     "max-reuse=1,maxconn=1,maxqueue=1,minconn=1,namespace=1,no-agent-check,no-backup,no-check,"
     "no-check-send-proxy,no-check-ssl,no-send-proxy,no-send-proxy-v2,no-send-proxy-v2-ssl,"
     "no-send-proxy-v2-ssl-cn,no-ssl,no-ssl-reuse,no-sslv3,no-tfo,no-tls-tickets,no-tlsv10,no-tlsv11,no-tlsv12,"
     "no-tlsv13,non-stick,npn=1,observe=1,on-error=1,on-marked-down=1,on-marked-up=1,pool-low-conn=1,"
     "pool-max-conn=1,pool-purge-delay=1,port=1,proto=1,proxy-v2-options=1,redir=1,resolve-net=1,resolve-opts=1,"
     "resolve-prefer=1,resolvers=1,rise=1,send-proxy,send-proxy-v2,send-proxy-v2-ssl,send-proxy-v2-ssl-cn,"
     "slowstart=1,sni=1,socks4=1,source=-1,ssl,ssl-max-ver=1,ssl-min-ver=1,ssl-reuse,stick,tcp-ut=1,tfo,"
     "tls-tickets,track=1,usesrc,verify=1,verifyhost=1,weight=1,ws=1"},
    {place::default_server | place::server,
     release::newer,
     "cc=1,check-pool-conn-name=1,check-reuse-pool,check-sni-auto,client-sigalgs=1,curves=1,from=1,guid=1,"
     "hash-key=1,healthcheck=1,idle-ping=1,init-state=1,ktls=1,log-bufsize=1,no-check-reuse-pool,"
     "no-check-sni-auto,no-renegotiate,no-sni-auto,pool-conn-name=1,renegotiate,set-proxy-v2-tlv-fmt,shard=1,"
     "sigalgs=1,sni-auto,strict-maxconn,tcp-md5sig=1"},
    {place::defaults | place::frontend | place::listen,
     release::both,
     "backlog,default_backend,error-log-format,log-format,log-format-sd,maxconn,monitor-uri,option httplog,"
     "option httpslog,option tcplog,rate-limit sessions,tcp-request connection,tcp-request session,timeout client,"
     "timeout client-fin,unique-id-format,unique-id-header"},
    {place::defaults | place::frontend | place::listen,
     release::newer,
     "max-session-srv-conns,quic-initial,timeout client-hs"},
    {place::file,
     release::both,
     "peers,userlist"},
    {place::file,
     release::newer,
     "acme,crt-store,traces"},
    {place::frontend | place::listen,
     release::both,
     "bind,capture cookie,capture request header,capture response header,declare capture,monitor fail,use_backend"},
    {place::frontend | place::listen,
     release::newer,
     "crt"},
    {place::global,
     release::both,
     "51degrees-cache-size,51degrees-data-file,51degrees-property-name-list,51degrees-property-separator,"
     "busy-polling,ca-base,chroot,close-spread-time,cluster-secret,cpu-map,crt-base,daemon,default-path,"
     "description,deviceatlas-json-file,deviceatlas-log-level,deviceatlas-properties-cookie,deviceatlas-separator,"
     "expose-experimental-directives,external-check,fd-hard-limit,gid,grace,group,"
     "h1-accept-payload-with-any-method,h1-case-adjust,h1-case-adjust-file,h2-workaround-bogus-websocket-clients,"
     "hard-stop-after,httpclient.resolvers.id,httpclient.resolvers.prefer,httpclient.ssl.ca-file,"
     "httpclient.ssl.verify,insecure-fork-wanted,insecure-setuid-wanted,issuers-chain-path,localpeer,log,"
     "log-send-hostname,log-tag,lua-load,lua-load-per-thread,lua-prepend-path,max-spread-checks,maxcompcpuusage,"
     "maxcomprate,maxconn,maxconnrate,maxpipes,maxsessrate,maxsslconn,maxsslrate,maxzlibmem,mworker-max-reloads,"
     "nbthread,no-memory-trimming,node,noepoll,noevports,nogetaddrinfo,nokqueue,nopoll,noreuseport,nosplice,"
     "numa-cpu-mapping,pidfile,pp2-never-send-local,presetenv,profiling.tasks,quiet,resetenv,server-state-base,"
     "server-state-file,set-dumpable,set-var,set-var-fmt,setenv,spread-checks,ssl-default-bind-ciphers,"
     "ssl-default-bind-ciphersuites,ssl-default-bind-curves,ssl-default-bind-options,ssl-default-server-ciphers,"
     "ssl-default-server-ciphersuites,ssl-default-server-options,ssl-dh-param-file,ssl-engine,"
     "ssl-load-extra-del-ext,ssl-load-extra-files,ssl-mode-async,ssl-propquery,ssl-provider,ssl-provider-path,"
     "ssl-server-verify,ssl-skip-self-issued-ca,stats,strict-limits,thread-group,thread-groups,tune.buffers.limit,"
     "tune.buffers.reserve,tune.bufsize,tune.comp.maxlevel,tune.fail-alloc,tune.fd.edge-triggered,"
     "tune.h2.header-table-size,tune.h2.initial-window-size,tune.h2.max-concurrent-streams,tune.h2.max-frame-size,"
     "tune.http.cookielen,tune.http.logurilen,tune.http.maxhdr,tune.idle-pool.shared,tune.idletimer,"
     "tune.listener.multi-queue,tune.lua.forced-yield,tune.lua.maxmem,tune.lua.service-timeout,"
     "tune.lua.session-timeout,tune.lua.task-timeout,tune.maxaccept,tune.maxpollevents,tune.maxrewrite,"
     "tune.pattern.cache-size,tune.peers.max-updates-at-once,tune.pipesize,tune.pool-high-fd-ratio,"
     "tune.pool-low-fd-ratio,tune.rcvbuf.client,tune.rcvbuf.server,tune.recv_enough,tune.runqueue-depth,"
     "tune.sched.low-latency,tune.sndbuf.client,tune.sndbuf.server,tune.ssl.cachesize,"
     "tune.ssl.capture-buffer-size,tune.ssl.capture-cipherlist-size,tune.ssl.default-dh-param,"
     "tune.ssl.force-private-cache,tune.ssl.hard-maxrecord,tune.ssl.keylog,tune.ssl.lifetime,tune.ssl.maxrecord,"
     "tune.ssl.ssl-ctx-cache-size,tune.vars.check-max-size,tune.vars.global-max-size,tune.vars.proc-max-size,"
     "tune.vars.reqres-max-size,tune.vars.sess-max-size,tune.vars.txn-max-size,tune.zlib.memlevel,"
     "tune.zlib.windowsize,uid,ulimit-n,unix-bind,unsetenv,user,wurfl-cache-size,wurfl-data-file,"
     "wurfl-information-list,wurfl-information-list-separator,zero-warning"},
    {place::global,
     release::newer,
     "51degrees-allow-unmatched,51degrees-difference,51degrees-drift,51degrees-use-performance-graph,"
     "51degrees-use-predictive-graph,acme.scheduler,anonkey,cpu-affinity,cpu-policy,cpu-set,debug.counters,"
     "dns-accept-family,expose-deprecated-directives,force-cfg-parser-pause,"
     "h1-do-not-close-on-insecure-transfer-encoding,harden.reject-privileged-ports.quic,"
     "harden.reject-privileged-ports.tcp,http-err-codes,http-fail-codes,httpclient.resolvers.disabled,"
     "httpclient.retries,httpclient.timeout.connect,jwt.decrypt_alg_list,jwt.decrypt_enc_list,key-base,"
     "limited-quic,master-worker,max-threads-per-group,nbproc,noktls,ocsp-update.disable,ocsp-update.httpproxy,"
     "ocsp-update.maxdelay,ocsp-update.mindelay,ocsp-update.mode,prealloc-fd,profiling.memory,setcap,"
     "shm-stats-file,shm-stats-file-max-objects,ssl-default-bind-client-sigalgs,ssl-default-bind-sigalgs,"
     "ssl-default-server-client-sigalgs,ssl-default-server-curves,ssl-default-server-sigalgs,ssl-passphrase-cmd,"
     "ssl-security-level,stats-file,stress-level,thread-hard-limit,tune.applet.zero-copy-forwarding,"
     "tune.bufsize.large,tune.bufsize.small,tune.chksize,tune.cli.max-payload-size,tune.defaults.purge,"
     "tune.disable-fast-forward,tune.disable-zero-copy-forwarding,tune.epoll.mask-events,"
     "tune.events.max-events-at-once,tune.fd.tables,tune.glitches.kill.cpu-usage,tune.h1.be.glitches-threshold,"
     "tune.h1.fe.glitches-threshold,tune.h1.zero-copy-fwd-recv,tune.h1.zero-copy-fwd-send,"
     "tune.h2.be.glitches-threshold,tune.h2.be.initial-window-size,tune.h2.be.max-concurrent-streams,"
     "tune.h2.be.max-frames-at-once,tune.h2.be.rxbuf,tune.h2.fe.glitches-threshold,tune.h2.fe.initial-window-size,"
     "tune.h2.fe.max-concurrent-streams,tune.h2.fe.max-frames-at-once,tune.h2.fe.max-rst-at-once,"
     "tune.h2.fe.max-total-streams,tune.h2.fe.rxbuf,tune.h2.log-errors,tune.h2.zero-copy-fwd-send,"
     "tune.listener.default-shards,tune.lua.bool-sample-conversion,tune.lua.burst-timeout,tune.lua.log.loggers,"
     "tune.lua.log.stderr,tune.lua.openlibs,tune.max-checks-per-thread,tune.max-rules-at-once,"
     "tune.memory.hot-size,tune.notsent-lowat.client,tune.notsent-lowat.server,tune.pt.zero-copy-forwarding,"
     "tune.quic.be.cc.cubic-min-losses,tune.quic.be.cc.hystart,tune.quic.be.cc.max-frame-loss,"
     "tune.quic.be.cc.max-win-size,tune.quic.be.cc.reorder-ratio,tune.quic.be.max-idle-timeout,"
     "tune.quic.be.sec.glitches-threshold,tune.quic.be.stream.data-ratio,tune.quic.be.stream.max-concurrent,"
     "tune.quic.be.stream.rxbuf,tune.quic.be.tx.pacing,tune.quic.be.tx.udp-gso,tune.quic.fe.cc.cubic-min-losses,"
     "tune.quic.fe.cc.hystart,tune.quic.fe.cc.max-frame-loss,tune.quic.fe.cc.max-win-size,"
     "tune.quic.fe.cc.reorder-ratio,tune.quic.fe.max-idle-timeout,tune.quic.fe.sec.glitches-threshold,"
     "tune.quic.fe.sec.retry-threshold,tune.quic.fe.sock-per-conn,tune.quic.fe.stream.data-ratio,"
     "tune.quic.fe.stream.max-concurrent,tune.quic.fe.stream.max-total,tune.quic.fe.stream.rxbuf,"
     "tune.quic.fe.tx.pacing,tune.quic.fe.tx.udp-gso,tune.quic.listen,tune.quic.mem.tx-max,"
     "tune.quic.zero-copy-fwd-send,tune.rcvbuf.backend,tune.rcvbuf.frontend,tune.renice.runtime,"
     "tune.renice.startup,tune.ring.queues,tune.sndbuf.backend,tune.sndbuf.frontend,"
     "tune.ssl.certificate-compression,tune.ssl.keyupdate-rate-limit,tune.ssl.ocsp-update.maxdelay,"
     "tune.ssl.ocsp-update.mindelay,tune.stick-counters,tune.streams-elasticity,"
     "tune.takeover-other-tg-connections,warn-blocked-traffic-after"},
    {place::global,
     release::older,
     "tune.quic.frontend.conn-tx-buffers.limit,tune.quic.frontend.max-idle-timeout,"
     "tune.quic.frontend.max-streams-bidi,tune.quic.retry-threshold"},
    {place::http_after_response,
     release::both,
     "add-header,allow,capture,del-header,replace-header,replace-value,set-header,set-status,set-var,set-var-fmt,"
     "strict-mode,unset-var"},
    {place::http_after_response,
     release::newer,
     "add-headers-bin,del-acl,del-headers-bin,del-map,do-log,sc-add-gpc,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,"
     "sc-set-gpt,sc-set-gpt0,set-headers-bin,set-log-level,set-map"},
    {place::http_after_response,
     release::older,
     "ot-group"},
    {place::http_request,
     release::both,
     "add-acl,add-header,allow,auth,cache-use,capture,del-acl,del-header,del-map,deny,disable-l7-retry,do-resolve,"
     "early-hint,normalize-uri,redirect,reject,replace-header,replace-path,replace-pathq,replace-uri,"
     "replace-value,return,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,send-spoe-group,set-dst,"
     "set-dst-port,set-header,set-log-level,set-map,set-mark,set-method,set-nice,set-path,set-pathq,"
     "set-priority-class,set-priority-offset,set-query,set-src,set-src-port,set-timeout,set-tos,set-uri,set-var,"
     "set-var-fmt,silent-drop,strict-mode,tarpit,track-sc,track-sc0,track-sc1,track-sc10,track-sc11,track-sc2,"
     "track-sc3,track-sc4,track-sc5,track-sc6,track-sc7,track-sc8,track-sc9,unset-var,use-service,wait-for-body,"
     "wait-for-handshake"},
    {place::http_request,
     release::newer,
     "add-headers-bin,del-headers-bin,do-log,pause,sc-add-gpc,set-bandwidth-limit,set-bc-mark,set-bc-tos,"
     "set-fc-mark,set-fc-tos,set-headers-bin,set-retries"},
    {place::http_request,
     release::older,
     "ot-group"},
    {place::http_response,
     release::both,
     "add-acl,add-header,allow,cache-store,capture,del-acl,del-header,del-map,deny,redirect,replace-header,"
     "replace-value,return,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,send-spoe-group,set-header,"
     "set-log-level,set-map,set-mark,set-nice,set-status,set-tos,set-var,set-var-fmt,silent-drop,strict-mode,"
     "track-sc,track-sc0,track-sc1,track-sc10,track-sc11,track-sc2,track-sc3,track-sc4,track-sc5,track-sc6,"
     "track-sc7,track-sc8,track-sc9,unset-var,wait-for-body"},
    {place::http_response,
     release::newer,
     "add-headers-bin,del-headers-bin,do-log,pause,sc-add-gpc,set-bandwidth-limit,set-fc-mark,set-fc-tos,"
     "set-headers-bin,set-timeout"},
    {place::http_response,
     release::older,
     "ot-group"},
    {place::quic_initial,
     release::newer,
     "accept,dgram-drop,do-log,reject,send-retry"},
    {place::section_word,
     release::newer,
     "acme account-key,acme acme-vars,acme bits,acme challenge,acme challenge-ready,acme contact,acme curves,"
     "acme directory,acme dns-delay,acme dns-timeout,acme eab-key-id,acme eab-mac-alg,acme eab-mac-key,"
     "acme keytype,acme map,acme profile,acme provider-name,acme reuse-key,crt-store crt-base,crt-store key-base,"
     "crt-store load,traces trace,userlist group,userlist user"},
    {place::tcp_connection,
     release::both,
     "accept,expect-netscaler-cip,reject,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,set-dst,"
     "set-dst-port,set-mark,set-src,set-src-port,set-tos,set-var,set-var-fmt,silent-drop,track-sc0,track-sc1,"
     "track-sc2,unset-var"},
    {place::tcp_connection,
     release::newer,
     "do-log,sc-add-gpc,set-fc-mark,set-fc-tos"},
    {place::tcp_connection,
     release::older,
     "expect-proxy"},
    {place::tcp_content,
     release::both,
     "accept,capture,do-resolve,reject,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,send-spoe-group,"
     "set-dst,set-dst-port,set-log-level,set-mark,set-nice,set-priority-class,set-priority-offset,set-src,"
     "set-src-port,set-tos,set-var,set-var-fmt,silent-drop,switch-mode,track-sc0,track-sc1,track-sc2,unset-var,"
     "use-service"},
    {place::tcp_content,
     release::newer,
     "do-log,sc-add-gpc,set-bandwidth-limit,set-bc-mark,set-bc-tos,set-fc-mark,set-fc-tos,set-retries"},
    {place::tcp_content,
     release::older,
     "ot-group"},
    {place::tcp_response,
     release::both,
     "accept,close,reject,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,send-spoe-group,set-log-level,"
     "set-mark,set-nice,set-tos,set-var,set-var-fmt,silent-drop,unset-var"},
    {place::tcp_response,
     release::newer,
     "do-log,sc-add-gpc,set-bandwidth-limit,set-fc-mark,set-fc-tos"},
    {place::tcp_response,
     release::older,
     "ot-group"},
    {place::tcp_session,
     release::both,
     "accept,reject,sc-inc-gpc,sc-inc-gpc0,sc-inc-gpc1,sc-set-gpt,sc-set-gpt0,set-dst,set-dst-port,set-mark,"
     "set-src,set-src-port,set-tos,set-var,set-var-fmt,silent-drop,track-sc0,track-sc1,track-sc2,unset-var"},
    {place::tcp_session,
     release::newer,
     "attach-srv,do-log,sc-add-gpc,set-fc-mark,set-fc-tos"},
};

}  // namespace

std::span<const word_list> haproxy_words_of_language() { return lists; }

}  // namespace ringway::config

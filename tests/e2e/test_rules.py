"""Rules, beside HAProxy: one configuration, the same requests to both programs, and what either decided.

Every criterion of a table becomes a line `http-request add-header X-Holds N if { … }`, every expression a line
`http-request add-header X-Value N=%[…]`, so that one request asks them all at once: the origin tells what reached it.
"""
from rules_rig import REQUESTS, Echo, ask, both, braces, needs_haproxy, request, values  # noqa: F401 (a fixture)

# Asked of every request below. ringway is to say what HAProxy says.
CRITERIA = r"""
always_true
always_false
bool(true)
int(3) eq 3
int(-3) lt 0
int(3) 1:2
int(3) 1:2 3:
int(3) :2
int(3) gt 3
int(3) lt 1 2 9
str(blue) red blue
str(blue) -i BLUE
str(12) -m int 10:20
str(12x) -m int 10:20
str(1) -m bool
ipv4(192.0.2.1) 192.0.2.0/24
ipv6(2001:db8::1) 2001:db8::/32
ipv6(::ffff:10.0.0.1) 10.0.0.0/8
ipv6(2002:0a00:0001::) 10.0.0.0/8
ipv4(10.0.0.1) ::ffff:10.0.0.0/104
src 127.0.0.0/8
src 127.1
src 10.0.0.0/8 ::1
src 127.0.0.1/255.0.255.255
src -m str 127.0.0.1
src -m beg 127.
src,ipmask(8) 127.0.0.0
src,hex 7F000001
src_port gt 0
dst 127.0.0.1
dst_port gt 1023
dst_port -m len 5
fe_name www
fe_conn ge 1
fe_conn gt 900
nbsrv(alone) 1
nbsrv(nobody) 0
srv_is_up(alone/s)
connslots(alone) eq -1
queue(alone) 0
avg_queue(nobody) 0
ssl_fc
proc 1
thread ge 0
method GET
method POST PUT
method get
method -i get
method -m str GET
method -m beg G
method,lower get
path /
path /api/v1/users
path -m len gt 5
path_beg /api
path_beg -i /API
path_beg /API
path_beg /
path_end users
path_end -i .PHP
path_dir api
path_dir /api/
path_dir ap
path_dir v1/users
path_dir -i V1
path_dom api
path_sub v1/u
path_sub -i V1
path_len 1
path_len ge 5
path_reg ^/api/v[0-9]+/
path_reg -i ^/API/
path_reg \.php$
path -m found
pathq -m beg /api/v1/users?lang
pathq -m end =
query -m found
query -m beg lang=
query -m len 0
url_beg /
url_beg http://
url *
url_dom www
url_dir api
url_len gt 20
url_sub %
base -m beg www
base -i www.example.com/
base_beg -i www.example.com
base_dom example
base_dom -i example.com
base_dom 8080
base_end /
base_sub 8080/
baseq -m sub ?
url_param(lang) de
url_param(lang) -m found
url_param(LANG) -m found
url_param(page) 12
urlp(page) 12
urlp_val(page) gt 11
urlp_val(page) 0
url_param de
url_param(x) -m found
urlp_len(lang) 2
urlp_reg(lang) ^d
urlp(lang,;) de
hdr(host) www.example.com
hdr(Host) -i www.example.com
hdr(host) -m found
hdr_beg(host) -i www.
hdr_end(host) -i .com
hdr_dom(host) -i example.com
hdr_dom(host) -i www
hdr_dom(host) 8080
hdr_sub(user-agent) curl
hdr_reg(user-agent) -i ^CURL/[0-9.]+
hdr_len(host) gt 14
hdr_len(x-empty) 0
hdr_dir(x-list) b
hdr(accept) text/html
hdr(accept) */*
hdr(accept) b
hdr(accept,1) text/html
hdr(accept,2) text/html
hdr(accept,-1) */*
hdr(accept,-2) -m found
hdr(accept,9) -m found
hdr(accept,-9) -m found
hdr_cnt(accept) 3
hdr_cnt(accept) gt 0
hdr_cnt(accept) 0
hdr_cnt(x-list)
hdr_cnt(x-list) 4
hdr_cnt(x-empty) 0
hdr_cnt(x-empty) 1
req.hdr_cnt(nope) 0
req.fhdr_cnt(x-list) 2
req.fhdr_cnt(cookie) gt 1
req.fhdr(user-agent) -m sub (
req.fhdr(x-list) -m beg a
req.fhdr(x-list,1) -m found
req.hdr(x-list,3) c
hdr(x-empty) -m found
hdr(nope) -m found
hdr_val(content-length) gt 0
hdr_val(content-length) 5
hdr_val(x-number) 42
hdr_val(x-number) lt 0
hdr_val(x-number) 0
hdr_ip(x-forwarded-for) 203.0.113.9
hdr_ip(x-forwarded-for) 10.0.0.0/8
hdr_ip(x-forwarded-for,1) 203.0.113.9
hdr_ip(x-forwarded-for,-1) -m found
hdr_ip(x-forwarded-for) -m found
hdr(connection) -i upgrade
hdr(connection) -i close
hdr(upgrade) -i websocket
hdr(transfer-encoding) -m found
req.hdr_names -m sub host
req.hdr_names(;) -m sub ;
cook(stage) beta
cook(stage) -m found
cook(id) abc
cook(id) def
cook(empty) -m found
cook(quoted) x
cook(none) -m found
cook(STAGE) -m found
cook_cnt(id) 2
cook_cnt(id) 0
cook_cnt gt 2
cook_val(n) 42
cook_beg(id) ab
cook_len(id) 3
req.ver 1.1
req.ver 1.0
req.proto_http
http_first_req
path,lower /api/v1/users
path,upper -m beg /API
path,length gt 5
path,field(2,/) api
path,field(1,/) -m found
path,field(9,/) -m found
path,field(-1,/) users
path,field(-2,/,2) api/v1
path,field(2,/,0) api/v1/users
path,word(1,/) api
path,word(-1,/) users
path,word(9,/) -m found
path,word(2,/,0) v1/users
path,word(1,/,2) api/v1
path,bytes(1) -m str api/v1/users
path,bytes(0,4) -m str /api
path,bytes(99) -m found
path,bytes(99) -m len 0
path,hex -m beg 2F61
path,base64 Lw==
path,url_dec /a b
path,crc32 gt 2147483647
path,djb2,mod(2) 0
path,sdbm(1),mod(2) 0
path,wt6,mod(3) 0
path,xxh32(1),and(1) 1
path,regsub(/,.,g) .api.v1.users
path,regsub(^/api,) /v1/users
path,regsub(API,x,i) /x/v1/users
url_param(x),url_dec 'A b'
url_param(x),url_dec(1) 'A b'
hdr(host),host_only -i www.example.com
hdr(host),port_only 8080
hdr(host),port_only 0
hdr(host),lower,field(1,:) www.example.com
hdr(x-b64),b64dec -m str hello
hdr(x-b64),b64dec -m bin 68656c6c6f
hdr(x-b64),b64dec -m found
hdr(x-number),add(1) 43
hdr(x-number) -m int 42
hdr(x-number),bool
hdr(x-number),even
hdr(x-number),hex2i 66
int(7),div(2) 3
int(7),div(0) gt 0
int(-7),div(2) eq -3
int(-7),mod(4) eq -3
int(6),xor(3) 5
int(0),cpl eq -1
int(4),neg eq -4
int(9223372036854775807),add(1) gt 0
int(-9223372036854775807),sub(10) lt 0
int(4),odd
int(4),not
ssl_fc,iif(https,http) http
src,ipmask(255.0.0.0) 127.0.0.0
date gt 1700000000
rand(1) 0
env(HOME) -m found
env(SURELY_NOT_SET_ANYWHERE) -m found
""".strip().splitlines()

# Conditions, with acls of the list below.
CONDITIONS = r"""
if is_api
if !is_api
unless is_api
if is_api is_get
if is_api !is_get
if is_api or is_get
if is_api || is_get
if !is_api !is_get or is_get
if is_get is_api or LOCALHOST !is_api
unless is_api or is_get
if ! is_api
if !!is_api
if { path_beg /api } is_get
if is_get !{ path_beg /api }
if many
if !many
if TRUE
if FALSE
if METH_GET
if METH_POST or METH_HEAD
if METH_PUT or METH_DELETE or METH_OPTIONS or METH_CONNECT or METH_TRACE
if HTTP
if HTTP_1.0
if HTTP_1.1
if HTTP_2.0
if HTTP_CONTENT
if HTTP_URL_ABS
if HTTP_URL_SLASH
if HTTP_URL_STAR
if LOCALHOST
""".strip().splitlines()

EXPRESSIONS = r"""
src
dst
path
pathq
query
url
base
baseq
base32
url32
method
req.ver
hdr(host)
hdr(accept)
hdr(accept,1)
hdr(x-list)
hdr(x-list,2)
hdr(x-list,-2)
req.fhdr(x-list)
req.fhdr(accept)
hdr(nope)
hdr_cnt(accept)
hdr_ip(x-forwarded-for,1)
hdr_ip(x-forwarded-for,2)
hdr_val(x-number)
cook(id)
cook(stage)
cook
url_param(lang)
url_param(page)
url_param(x)
url_param
path,lower
path,length
path,word(1,/)
path,word(2,/,0)
path,word(-1,/)
path,field(2,/)
path,field(2,/,2)
path,field(-1,/)
path,field(-3,/,2)
path,bytes(2,3)
path,hex
path,base64
path,url_dec
path,crc32
path,crc32(1)
path,djb2
path,djb2(1)
path,sdbm
path,sdbm(1)
path,wt6
path,wt6(1)
path,xxh32
path,xxh32(7)
path,regsub(/,::,g)
path,regsub([aeiou],,g)
path,regsub(API,x,i)
query,url_dec
query,url_dec(1)
hdr(host),host_only
hdr(host),port_only
hdr(host),upper
hdr(x-b64),b64dec
hdr(x-number),add(1)
hdr(x-number),mul(-3)
hdr(x-number),mod(5)
src,ipmask(16)
ssl_fc
bool(true)
int(12),div(5)
fe_name
nbsrv(alone)
http_first_req
""".strip().splitlines()

# HAProxy's numbers in fields wrap around at 32 bits; ours stop at the largest.
NOT_COPIED = {("hdr_val(x-number)", "<1661992959>")}


@needs_haproxy
def test_criteria_and_conditions_hold_as_in_haproxy(both):  # noqa: F811
    rules = [f"http-request add-header X-Holds {n} if {{{{ {braces(one)} }}}}" for n, one in enumerate(CRITERIA)]
    rules += [f"http-request add-header X-Holds c{n} {braces(one)}" for n, one in enumerate(CONDITIONS)]
    mine, reference = both("""
frontend www
    bind 127.0.0.1:{port}
    acl is_api path_beg /api
    acl is_get method GET
    acl many path_end .php
    acl many hdr_cnt(accept) ge 2
    acl many path_beg /API
    """ + "\n    ".join(rules) + """
    default_backend alone
backend alone
    server s 127.0.0.1:{origin}
backend nobody
""", origin=Echo().port)
    asked = {str(n): one for n, one in enumerate(CRITERIA)} | {f"c{n}": one for n, one in enumerate(CONDITIONS)}
    differences = []
    for data in REQUESTS:
        ours, theirs = ask(mine, data), ask(reference, data)
        first = data.split(b"\r\n")[0].decode()
        if ours[2] is None or theirs[2] is None:
            assert (ours[0], ours[2]) == (theirs[0], theirs[2]), first
            continue
        here, there = set(values(ours[2], "x-holds")), set(values(theirs[2], "x-holds"))
        assert len(there) > 20
        differences += [f"{first}: {asked[n]} holds for {'ringway' if n in here else 'HAProxy'} only"
                        for n in sorted(here ^ there)]
    assert not differences, "\n".join(differences)


@needs_haproxy
def test_expressions_give_what_they_give_in_haproxy(both):  # noqa: F811
    rules = [f"http-request add-header X-Value {n}=<%[{one}]>" for n, one in enumerate(EXPRESSIONS)]
    rules += [f"http-request add-header X-Value {one}=<%{one}>" for one in ("ci", "f", "HM", "HV", "HU", "HPO", "H")]
    rules += ["http-request add-header X-Value quoted=%{{+Q}}[path]%%%[hdr(nope)]-"]
    mine, reference = both("""
frontend www
    bind 127.0.0.1:{port}
    """ + "\n    ".join(rules) + """
    default_backend alone
backend alone
    server s 127.0.0.1:{origin}
""", origin=Echo().port)
    differences = []
    for data in REQUESTS:
        ours, theirs = ask(mine, data)[2], ask(reference, data)[2]
        first = data.split(b"\r\n")[0].decode()
        if ours is None or theirs is None:
            assert ours == theirs, first
            continue
        here = dict(one.split("=", 1) for one in values(ours, "x-value"))
        there = dict(one.split("=", 1) for one in values(theirs, "x-value"))
        assert here.keys() == there.keys()
        for key in there:
            if here[key] != there[key]:
                name = EXPRESSIONS[int(key)] if key.isdigit() else key
                if (name, there[key]) not in NOT_COPIED:
                    differences.append(f"{first}: {name}: ringway {here[key]}, HAProxy {there[key]}")
    assert not differences, "\n".join(differences)

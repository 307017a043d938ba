"""What rules do, beside HAProxy: where requests go, what is denied, redirected, rewritten and turned away."""
import json
import re
import socket

from rules_rig import HEAD, Echo, ask, both, needs_haproxy, request, values  # noqa: F401 (a fixture)


@needs_haproxy
def test_use_backend_sends_where_haproxy_sends(both):  # noqa: F811
    names = ["api", "img", "post", "host_a.example", "all"]
    echoes = {name: Echo(name) for name in names}
    backends = "\n".join(f"backend {name}\n    server s 127.0.0.1:{echo.port}" for name, echo in echoes.items())
    mine, reference = both("""
frontend www
    bind 127.0.0.1:{port}
    acl is_api path_beg /api
    acl is_api hdr_beg(host) -i api.
    acl is_img path_end -i .png .jpg
    use_backend api if is_api !is_img
    use_backend img if is_img or {{ path_dir images }}
    use_backend post if METH_POST
    use_backend host_%[hdr(host),lower] if {{ hdr(x-by-host) yes }}
    use_backend all unless {{ path /none }} || {{ nbsrv(api) lt 1 }}
""" + backends + "\n")
    requests = [request("GET /api HTTP/1.1"), request("GET /api/x.PNG HTTP/1.1"), request("GET / HTTP/1.1", host="API.x"),
                request("GET /images/ HTTP/1.1"), request("GET /my/images?x HTTP/1.1"), request("GET /imagesx HTTP/1.1"),
                request("POST / HTTP/1.1", body=b"x"), request("GET / HTTP/1.1", "X-By-Host: yes", host="A.example"),
                request("GET / HTTP/1.1", "X-By-Host: yes", host="b.example"), request("GET /none HTTP/1.1"),
                request("GET /else HTTP/1.1")]
    for data in requests:
        ours, theirs = ask(mine, data), ask(reference, data)
        assert (ours[0], ours[2] and ours[2]["name"]) == (theirs[0], theirs[2] and theirs[2]["name"]), data


@needs_haproxy
def test_denied_redirected_and_rewritten_as_by_haproxy(both):  # noqa: F811
    mine, reference = both("""
frontend www
    bind 127.0.0.1:{port}
    http-request allow if {{ path /allowed }}
    http-request deny if {{ path_beg /deny }} !{{ path_beg /deny/ }}
    http-request deny deny_status 429 if {{ path /deny/429 }}
    http-request deny status 503 if {{ path /deny/503 }}
    http-request deny if {{ path /allowed }}
    http-request redirect location /new%[path]?from=%[src] code 301 if {{ path_beg /loc }}
    http-request redirect location %[hdr(x-to)] if {{ path /split }}
    http-request redirect location %[hdr(nope)] ignore-empty if {{ path /empty }}
    http-request redirect prefix https://%[hdr(host)]/p code 307 if {{ path_beg /pre }}
    http-request redirect prefix /p drop-query append-slash code 308 if {{ path_beg /slash }}
    http-request redirect scheme https set-cookie A=b if {{ path_beg /sch }}
    http-request redirect scheme https drop-query clear-cookie A code 303 if {{ path_beg /clear }}
    redirect prefix / code 302 if {{ path_beg /root }}
    redirect location /lit%[path] if {{ path /literal }}
    http-request set-header X-Set one
    http-request set-header X-Set two-%[hdr(x-set)] if {{ path_beg /set }}
    http-request add-header X-Add %[path] if {{ path_beg /add }}
    http-request del-header X-Gone
    http-request del-header x-pre -m beg
    http-request del-header fix$ -m reg
    http-request set-header Host other.example if {{ path_beg /host }} METH_GET
    http-request replace-header X-Rep (.*)b(.*) \\2-b-\\1
    http-request replace-value X-Val ^([0-9]+)$ <\\1>
    http-request set-path /set%[path] if {{ path_beg /sp }}
    http-request set-query a=%[path] if {{ path_beg /sq }}
    http-request set-query %[query] if {{ path /same }}
    http-request set-query %[hdr(nope)] if {{ path /noquery }}
    http-request set-query %[url_param(v),url_dec] if {{ path /marked }}
    http-request set-pathq /pq?x if {{ path_beg /pq }}
    http-request replace-path /rp/(.*) /\\1/rp
    http-request replace-pathq /rq(.*)y /\\1
    http-request set-uri /whole?x if {{ path /uri }}
    http-request set-uri http://%[url_param(to)]/abs if {{ path /abs }}
    http-request replace-uri ^/away/([^/]*)(.*) http://\\1\\2 if {{ path_beg /away/ }}
    http-request set-header X-Control a%[url_param(c),url_dec]b if {{ url_param(c) -m found }}
    default_backend alone
backend alone
    http-request deny if {{ path /behind }}
    http-request set-header X-Back %[be_name]
    redirect location /from-back if {{ path /back }}
    server s 127.0.0.1:{origin}
""", origin=Echo().port)
    lines = ["/", "/allowed", "/deny", "/deny/x", "/deny/429", "/deny/503", "/loc/x?y", "/split", "/empty", "/pre/x?y=z",
             "/slash?a=b", "/slash/", "/sch/x?y", "/clear?x", "/root/x?y", "/literal", "/set?x", "/add/1", "/host", "/sp/x?y",
             "/sq/x?y", "/sq", "/same??x", "/same", "/same?", "/noquery", "/noquery?x", "/noquery?", "/marked?v=%3fx", "/marked",
             "/pq/a?b", "/rp/a/b?c", "/rqxyz", "/rq?ay", "/uri?z", "/behind", "/back", "/x?c=%0d%0aX:1",
             "http://www.example.com/host?x", "http://www.example.com/sp", "http://www.example.com/loc", "/abs?to=x.example",
             "/abs?to=x.example:81", "/away/y.example/z?q", "http://www.example.com/abs?to=x"]
    fields = ["X-Set: zero", "X-Set: null", "X-Gone: 1", "x-gone: 2", "X-Prefix: 1", "X-Suffix: 2", "X-Rep: abc", "X-Rep: xyz",
              "X-Val: 1, two, 33", "X-To: /t?o"]
    for line in lines:
        data = request(f"GET {line} HTTP/1.1", *fields)
        ours, theirs = ask(mine, data), ask(reference, data)
        assert ours[0] == theirs[0], line
        if theirs[2] is None:
            assert ours[1] == theirs[1], line
            continue
        assert ours[2]["line"] == theirs[2]["line"], line
        here, there = ([sorted([name.lower(), value] for name, value in one["fields"] if name.lower() != "connection")]
                       for one in (ours[2], theirs[2]))
        assert here == there, line


def test_denied_and_redirected_in_the_log(proxy):
    one = proxy("""
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend www
    bind 127.0.0.1:{port}
    http-request deny if {{ path /deny }}
    http-request set-path /other if {{ path /set }}
    redirect location / if {{ path /redirect }}
    default_backend alone
backend alone
    http-request deny deny_status 404 if {{ path /behind }}
    server s 127.0.0.1:{origin}
""", origin=Echo().port)
    for path in ("/deny", "/redirect", "/behind", "/set"):
        ask(one.port, request(f"GET {path} HTTP/1.1"))
    assert " www www/<NOSRV> 0/-1/-1/-1/0 403 " in one.wait_line("GET /deny ")
    assert " PR-- " in one.wait_line("GET /deny ")
    assert " www www/<NOSRV> " in one.wait_line("GET /redirect ") and " 302 " in one.wait_line("GET /redirect ")
    assert " LR-- " in one.wait_line("GET /redirect ")
    assert " www alone/<NOSRV> " in one.wait_line("GET /behind ") and " PR-- " in one.wait_line("GET /behind ")
    assert " www alone/s " in one.wait_line("GET /set ")  # as it came


@needs_haproxy
def test_connections_turned_away_as_by_haproxy(both):  # noqa: F811
    mine, reference = both("""
frontend www
    bind 127.0.0.1:{port}
    tcp-request connection accept if {{ src 127.0.0.2 }}
    tcp-request connection reject if {{ src 127.0.0.2 127.0.0.3 }}
    tcp-request session reject if {{ src 127.0.0.4 }}
    tcp-request connection expect-proxy layer4 if {{ src 127.0.0.5 }}
    tcp-request session reject if {{ src 192.0.2.66 }}
    http-request set-header X-Src %[src]
    default_backend alone
backend alone
    server s 127.0.0.1:{origin}
""", origin=Echo().port)

    def outcome(port, source, data):
        try:
            with socket.create_connection(("127.0.0.1", port), 5, source_address=(source, 0)) as link:
                link.settimeout(5)
                link.sendall(data)
                answer = link.recv(65536)
        except ConnectionError:
            answer = b""
        echo = re.search(rb"(?i)\r\nx-echo: (.*)\r\n", answer)
        return values(json.loads(echo[1]), "x-src") if echo else "turned away"

    plain = request("GET / HTTP/1.1")
    header = b"PROXY TCP4 %s 192.0.2.2 1111 80\r\n"
    for source, data in (("127.0.0.1", plain), ("127.0.0.2", plain), ("127.0.0.3", plain), ("127.0.0.4", plain),
                         ("127.0.0.5", header % b"192.0.2.1" + plain), ("127.0.0.5", header % b"192.0.2.66" + plain)):
        assert outcome(mine, source, data) == outcome(reference, source, data), (source, data)


def test_a_pattern_file_of_many_lines(proxy, tmp_path):
    listed = tmp_path / "hosts.lst"
    listed.write_text("# hosts\n" + "".join(f"host{n}.example\n" for n in range(50000)))
    networks = tmp_path / "networks.lst"
    networks.write_text("".join(f"10.{n // 256}.{n % 256}.0/24\n" for n in range(0, 60000, 2)) + "127.0.0.1\n")
    echoes = [Echo("listed"), Echo("other")]
    one = proxy(HEAD + """
frontend www
    bind 127.0.0.1:{port}
    acl listed hdr(host) -i -f {listed}
    acl known src -f {networks}
    use_backend listed if listed known
    default_backend other
backend listed
    server s 127.0.0.1:{a}
backend other
    server s 127.0.0.1:{b}
""", listed=listed, networks=networks, a=echoes[0].port, b=echoes[1].port)
    assert ask(one.port, request("GET / HTTP/1.1", host="HOST49999.example"))[2]["name"] == "listed"
    assert ask(one.port, request("GET / HTTP/1.1", host="host50000.example"))[2]["name"] == "other"

"""What a request becomes by our own rules, whom it reaches by them, and the pages that answer it, byte for byte on the wire.
What is expected is what HAProxy 3.5 does, unless a line says otherwise."""
import re
import socket
import threading

import pytest

from rules_rig import HEAD, Echo, ask, request, values

FRONT = """
frontend www
    bind 127.0.0.1:{port}
"""
BACK = """
    default_backend echo
backend echo
    server s 127.0.0.1:{origin}
"""


@pytest.fixture
def asked(proxy):
    """rules -> a function that sends a request and gives (status, fields, what the origin saw)."""

    def start(rules, front=FRONT, back=BACK, **names):
        one = proxy(HEAD + front + rules + back, origin=Echo().port, **names)
        return lambda data: ask(one.port, data)

    return start


# ---- what rules made is no fault of the client's

# rules, request, the line that reaches the origin (None: 500), its Host fields
REWRITES = [
    ("set-header Host %[req.hdr(Host),lower]", request("GET / HTTP/1.0", host=None), "GET / HTTP/1.0", [""]),
    ("set-header Host %[req.hdr(Host),lower]", request("GET / HTTP/1.1", host="A.Example"), "GET / HTTP/1.1", ["a.example"]),
    ("del-header Host", request("GET / HTTP/1.0", host=None), "GET / HTTP/1.0", []),
    ("del-header Host", request("GET / HTTP/1.1"), "GET / HTTP/1.1", []),
    ("del-header Host", request("GET http://www.example.com/ HTTP/1.1"), "GET http://www.example.com/ HTTP/1.1", []),
    ("add-header Host b", request("GET / HTTP/1.1", host="a"), "GET / HTTP/1.1", ["a", "b"]),
    ("set-header Host \"a b/c\"", request("GET / HTTP/1.1"), "GET / HTTP/1.1", ["a b/c"]),
    ("set-header Host a:99999", request("GET / HTTP/1.1"), "GET / HTTP/1.1", ["a:99999"]),
    ("set-uri foo", request("GET / HTTP/1.1"), "GET foo HTTP/1.1", ["foo"]),
    ("set-uri *", request("GET / HTTP/1.1", host="a"), "GET * HTTP/1.1", ["a"]),
    ("set-uri http://u@x/", request("GET / HTTP/1.1"), "GET http://u@x/ HTTP/1.1", ["x"]),
    ("set-uri http://x:99999/y", request("GET / HTTP/1.1"), "GET http://x:99999/y HTTP/1.1", ["x:99999"]),
    ("set-uri ftp://x", request("GET / HTTP/1.1"), "GET ftp://x HTTP/1.1", ["x"]),
    ("set-uri http://", request("GET / HTTP/1.1"), None, None),
]


@pytest.mark.parametrize("rule, data, line, hosts", REWRITES, ids=[f"{one[0]}|{one[1][:18].decode()}" for one in REWRITES])
def test_a_rewritten_request_goes_on(asked, rule, data, line, hosts):
    status, _, seen = asked(f"    http-request {rule}\n")(data)
    if line is None:
        assert status == 500
        return
    assert (status, seen["line"], values(seen, "host")) == (200, line, hosts)


def test_what_does_not_fit_is_500(proxy):
    """The room is that of HAProxy's buffer, to the field: 16384 bytes, 8 for each field."""
    one = proxy(HEAD + """
    log stdout format raw local0
    option httplog
""" + FRONT + "    http-request set-header X-A %[req.hdr(L)]%[req.hdr(L)]%[req.hdr(L)]%[req.hdr(M)]\n    http-request deny deny_status 404\n")
    assert ask(one.port, request("GET /fits HTTP/1.1", "L: " + "x" * 4000, "M: " + "y" * 41))[0] == 404
    assert ask(one.port, request("GET /more HTTP/1.1", "L: " + "x" * 4000, "M: " + "y" * 241))[0] == 500
    assert " www www/<NOSRV> -1/-1/-1/-1/" in one.wait_line("GET /more ")
    assert " 500 " in one.wait_line("GET /more ") and " PR-- " in one.wait_line("GET /more ")


def test_blanks_around_a_value_stay(proxy):
    """On the wire; who asks for the value gets it without them."""
    listener = socket.create_server(("127.0.0.1", 0))
    got = []

    def serve():
        link, _ = listener.accept()
        data = b""
        while b"\r\n\r\n" not in data:
            data += link.recv(65536)
        got.append(data)
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        link.close()

    thread = threading.Thread(target=serve)
    thread.start()
    one = proxy(HEAD + FRONT + r"""
    http-request set-header X-A "  a b  "
    http-request set-header X-Asked <%[req.hdr(X-A)]>
    http-request replace-header X-B (.*) "  \\1  "
    http-request replace-value X-C (.) " \\1 "
""" + BACK, origin=listener.getsockname()[1])
    assert ask(one.port, request("GET / HTTP/1.1", "X-B: q", "X-C: q"))[0] == 200
    thread.join()
    lines = got[0].split(b"\r\n")
    assert b"X-A:   a b  " in lines and b"X-B:   q  " in lines and b"X-C:  q " in lines and b"X-Asked: <a b>" in lines
    listener.close()


# ---- disabled backends, and names in a listen section

CHOICE = """
    use_backend off if {{ path /off }}
    use_backend %[url_param(b)] if {{ url_param(b) -m found }}
    use_backend second if {{ path /off }} || {{ url_param(b) -m found }}
"""
BACKENDS = """
backend first
    http-request set-header X-Be first
    server s 127.0.0.1:{origin}
backend second
    http-request set-header X-Be second
    server s 127.0.0.1:{origin}
backend off
    disabled
    server s 127.0.0.1:{origin}
"""


# the section, its default_backend line, and who gets /off, /?b=off, /?b=nobody, /else (None: 503)
@pytest.mark.parametrize("section, default, wanted", [
    ("frontend", "default_backend first", ["second", "second", "first", "first"]),
    ("frontend", "default_backend off", ["second", "second", None, None]),
    ("frontend", "", ["second", "second", None, None]),
    ("listen", "server s 127.0.0.1:{origin}", ["second", "second", "itself", "itself"]),
    ("listen", "default_backend off\n    server s 127.0.0.1:{origin}", ["second", "second", "itself", "itself"]),
])
def test_disabled_backends_are_passed_over(asked, section, default, wanted):
    see = asked(CHOICE + f"    {default}\n", front=FRONT.replace("frontend", section), back=BACKENDS)
    found = []
    for path in ("/off", "/?b=off", "/?b=nobody", "/else"):
        status, _, seen = see(request(f"GET {path} HTTP/1.1"))
        found.append(None if status == 503 else (values(seen, "x-be") or ["itself"])[0])
    assert found == wanted


def test_without_a_backend_no_time_is_counted(proxy):
    one = proxy(HEAD + "    log stdout format raw local0\n    option httplog\n" + FRONT)
    assert ask(one.port, request("GET /x HTTP/1.1"))[0] == 503
    assert " www www/<NOSRV> -1/-1/-1/-1/" in one.wait_line("GET /x ")


NAMES = "    http-request set-header X-Names %[be_name]/%[fe_name]/%[fe_defbe]/%[be_conn]/%[nbsrv]\n"


def test_a_listen_section_is_its_own_backend(asked):
    see = asked(NAMES + "    use_backend other if {{ be_name www }} {{ path /other }}\n    server s 127.0.0.1:{origin}\n",
                front=FRONT.replace("frontend", "listen"), back="backend other\n    server s 127.0.0.1:{origin}\n")
    for path in ("/", "/other"):
        status, _, seen = see(request(f"GET {path} HTTP/1.1"))
        assert (status, values(seen, "x-names")) == (200, ["www/www//0/1"])


# ---- pages

PAGES = [("HTTP/1.0", "", True), ("HTTP/1.0", "Connection: close\r\n", False), ("HTTP/1.0", "Connection: keep-alive\r\n", True),
         ("HTTP/1.1", "", True), ("HTTP/1.1", "Connection: close\r\n", False), ("HTTP/1.1", "Connection: X-A, close\r\n", False)]


@pytest.mark.parametrize("version, field, stays", PAGES)
def test_a_page_may_close_the_connection(proxy, tmp_path, version, field, stays):
    page = tmp_path / "503.http"
    page.write_bytes(f"{version} 503 Sorry\r\n{field}Content-Length: 6\r\n\r\nsorry\n".encode())
    one = proxy(HEAD + FRONT + f"    errorfile 503 {page}\n")
    answer, how = one.exchange(request("GET / HTTP/1.1") * 2, timeout=2, until_bytes=b"sorry\n" if not stays else b"sorry\nHTTP")
    if stays:
        assert how == "found" and b"connection: close" not in answer
        return
    answer, how = one.exchange(request("GET / HTTP/1.1") * 2, timeout=2)
    assert how == "closed" and answer.count(b"sorry\n") == 1
    assert (b"connection: close\r\n" in answer) == (version == "HTTP/1.1")


# ---- bodies in chunks

@pytest.mark.parametrize("body, size", [(b"5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\n\r\n", 8), (b"5\r\nhello\r\na\r\nabc", 15), (b"0\r\n\r\n", 0)])
def test_size_of_a_body_in_chunks(asked, body, size):
    see = asked("    http-request deny deny_status 404 if {{ req.body_size " + str(size) + " }}\n    http-request deny\n")
    assert see(request("POST / HTTP/1.1", "Transfer-Encoding: chunked") + body)[0] == 404


# ---- spellings

def test_redirects_in_all_spellings(asked):
    see = asked(r"""
    http-request redirect location /q keep-query if {{ path /keep }}
    http-request redirect location /q?a=b keep-query if {{ path /join }}
    http-request redirect location /q keep-query drop-query if {{ path /both }}
    http-request redirect prefix /p keep-query if {{ path /prefix }}
    http-request redirect location / set-cookie-fmt A=%[src] if {{ path /made }}
    http-request redirect location / set-cookie "A=b; Secure" if {{ path /secure }}
    http-request redirect location "/a\r\nX-More: %[url_param(x),url_dec]" if {{ path /more }}
    redirect location /r keep-query if {{ path /plain }}
""")
    wanted = {"/keep?z=1": "/q?z=1", "/keep": "/q", "/keep?": "/q", "/join?z=1": "/q?a=b&z=1", "/join": "/q?a=b", "/both?z=1": "/q",
              "/prefix?z=1": "/p/prefix?z=1", "/plain?z": "/r?z"}
    for path, location in wanted.items():
        status, fields, _ = see(request(f"GET {path} HTTP/1.1"))
        assert (status, dict(fields)["location"]) == (302, location), path
    assert dict(see(request("GET /made HTTP/1.1"))[1])["set-cookie"] == "A=127.0.0.1; path=/;"
    assert dict(see(request("GET /secure HTTP/1.1"))[1])["set-cookie"] == "A=b; Secure; path=/;"
    # A line end of the configuration's own is one; a client's never is.
    fields = dict(see(request("GET /more?x=1%0d%0aX-Evil:2 HTTP/1.1"))[1])
    assert fields["location"] == "/a" and fields["x-more"] == "1%0D%0AX-Evil:2" and "x-evil" not in fields


@pytest.mark.parametrize("status, phrase", [(200, b"OK"), (414, b"URI Too Long"), (431, b"Request Header Fields Too Large")])
def test_deny_status_of_every_page(proxy, status, phrase):
    one = proxy(HEAD + FRONT + f"    http-request deny deny_status {status}\n")
    answer, _ = one.exchange(request("GET / HTTP/1.1"), until_bytes=b"</html>")
    assert answer.startswith(b"HTTP/1.1 %d %s\r\n" % (status, phrase))
    assert re.search(rb"<h1>%d %s</h1>" % (status, phrase), answer)


@pytest.mark.parametrize("expression, wanted", [
    ("url_param(A,,i)", "1"), ("url_param(A)", ""), ("url_param(A,,x)", ""), ("url_param(a,?,i)", "1"), ("urlp_val(N,,i)", "42"),
    ("str(),length", "0"), ("path,bytes(txn.a)", ""), ("path,bytes(0,txn.a)", ""), ("int(5),add(txn.a)", ""),
    ("str(::ffff:192.168.1.7),ipmask(24)", "192.168.1.0"), ("str(::ffff:192.168.1.7),ipmask(24,64)", "192.168.1.0"),
    ("str(::192.168.1.7),ipmask(24)", "192.168.1.0"), ("str(2002:c0a8:0107::),ipmask(24)", "192.168.1.0"),
    ("str(2001:db8::1:2:3),ipmask(24,64)", "2001:db8::"), ("str(2001:db8::1),ipmask(24)", ""), ("src_is_local", "1"),
    ("dst_is_local", "1"), ("src,ipmask(24)", "127.0.0.0")])
def test_values_of_expressions(asked, expression, wanted):
    see = asked(f"    http-request set-header X-Value <%[{expression}]>\n")
    assert values(see(request("GET /?a=1&n=42 HTTP/1.1"))[2], "x-value") == [f"<{wanted}>"]


def test_a_colon_behind_a_name_is_no_part_of_it(asked):
    see = asked("    http-request set-header X-Foo: new\n    http-request del-header X-Gone:\n")
    seen = see(request("GET / HTTP/1.1", "X-Foo: old", "X-Gone: 1"))[2]
    assert values(seen, "x-foo") == ["new"] and values(seen, "x-gone") == []


def test_a_bare_default_server(run, tmp_path):
    text = HEAD + "listen www\n    bind 127.0.0.1:1\n    default-server\n    server s 127.0.0.1:2\n"
    path = tmp_path / "bare.cfg"
    path.write_text(text.format())
    assert run("-c", "-f", str(path)).returncode == 0

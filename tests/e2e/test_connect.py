"""Tunnels that a request asks for: CONNECT, and Upgrade behind a body. And one spelling of what an absolute target names,
before any rule. As HAProxy 3.5, seen beside it, except where a line says otherwise."""
import json
import re
import socket
import threading

import pytest

from conftest import PATIENCE, exchange, until

CONFIG = """
global
    log stdout format raw local0
{globally}
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    timeout tunnel 10s
    retries 0
    {options}
listen f
    bind 127.0.0.1:{port}
{rules}
    server s1 127.0.0.1:{server}
"""
CONNECT = b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"
GRANTED = b"HTTP/1.1 200 OK\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: tcp\r\n\r\n"


class Server:
    """Answers a head (and `body` bytes behind it) with `answer`, then echoes. Keeps what came, a connection apart."""

    def __init__(self, answer, body=0, hold=None):
        self.answer, self.body, self.hold = answer, body, hold
        self.got, self.ended = [], []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            self.got.append(b"")
            self.ended.append(False)
            threading.Thread(target=self._serve, args=(link, len(self.got) - 1), daemon=True).start()

    def _serve(self, link, n):
        asked = 0
        try:
            with link:
                while data := link.recv(65536):
                    self.got[n] += data
                    if asked == 0 and b"\r\n\r\n" in self.got[n] and \
                            len(self.got[n].split(b"\r\n\r\n", 1)[1]) >= self.body:
                        asked = 1
                        if self.hold:
                            self.hold.wait(10 * PATIENCE)
                        link.sendall(self.answer)
                    elif asked:
                        link.sendall(b"echo:" + data)
        except OSError:
            pass
        self.ended[n] = True


@pytest.fixture
def rig(proxy):
    made = []

    def start(answer=GRANTED, options="", rules="", globally="", flags=(), **more):
        server = Server(answer, **more)
        made.append(server)
        one = proxy(CONFIG, *flags, options=options, rules=rules, globally=globally, server=server.port)
        one.server = server
        return one

    yield start
    for server in made:
        server.close()


class Talk:
    def __init__(self, port):
        self.link = socket.create_connection(("127.0.0.1", port), 5 * PATIENCE)
        self.data = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def send(self, data):
        self.link.sendall(data)

    def until(self, wanted):
        while not self.data.endswith(wanted):
            piece = self.link.recv(65536)
            assert piece, f"closed after {self.data!r}, wanted {wanted!r}"
            self.data += piece

    def rest(self):
        while piece := self.link.recv(65536):
            self.data += piece
        return self.data


@pytest.mark.parametrize("answer, head, first", [
    (GRANTED, GRANTED, b""),
    (b"HTTP/1.1 299 Yes\r\n\r\n", b"HTTP/1.1 299 Yes\r\n\r\n", b""),
    (b"HTTP/1.1 204 Yes\r\n\r\n", b"HTTP/1.1 204 Yes\r\n\r\n", b""),
    (b"HTTP/1.0 200 OK\r\n\r\n", GRANTED, b""),
    # RFC 9110 9.3.6: lengths mean nothing there; what follows is the tunnel's.
    (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", GRANTED, b"hello"),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n", GRANTED, b"0\r\n\r\n"),
    (b"HTTP/1.1 103 Hints\r\n\r\n" + GRANTED, b"HTTP/1.1 103 Hints\r\n\r\n" + GRANTED, b""),
])
def test_a_granted_connect_is_a_tunnel(rig, answer, head, first):
    one = rig(answer)
    with Talk(one.port) as talk:
        talk.send(CONNECT)
        talk.until(head + first)
        talk.send(b"GET / HTTP/1.1\r\n\r\n")
        talk.until(head + first + b"echo:GET / HTTP/1.1\r\n\r\n")
        talk.link.shutdown(socket.SHUT_WR)
        assert talk.rest() == head + first + b"echo:GET / HTTP/1.1\r\n\r\n"
    assert one.server.got == [b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n"]
    status = answer.split(b" ")[1] if b"103" not in answer else b"200"
    line = one.wait_line(r'"CONNECT a:80 HTTP/1.1"')
    assert re.search(rf" f f/s1 \d+/\d+/\d+/\d+/\d+ {status.decode()} {len(head + first) + 23} - - ---- ", line), line


def test_what_comes_ahead_waits_for_the_grant(rig):
    """Bytes behind a CONNECT reach no server before it has granted the tunnel."""
    hold = threading.Event()
    one = rig(hold=hold)
    with Talk(one.port) as talk:
        talk.send(CONNECT + b"early")
        until(lambda: one.server.got and one.server.got[0].endswith(b"\r\n\r\n"), 5, "the head")
        assert one.server.got == [b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n"]
        hold.set()
        talk.until(GRANTED + b"echo:early")


def test_a_refused_connect_keeps_the_connection(rig):
    """As proxy authentication needs: the second try comes on the same connection."""
    one = rig(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic\r\nContent-Length: 2\r\n\r\nno")
    with Talk(one.port) as talk:
        talk.send(CONNECT)
        talk.until(b"\r\n\r\nno")
        assert b"Proxy-Authenticate: Basic\r\n" in talk.data and b"onnection" not in talk.data
        talk.send(CONNECT)
        until(lambda: b"".join(one.server.got).count(b"CONNECT") == 2, 5, "the second try")
    one.wait_line(r" 407 \d+ - - ---- .*\"CONNECT a:80 HTTP/1.1\"")


@pytest.mark.parametrize("late", [False, True], ids=["with it", "behind it"])
def test_what_was_meant_for_a_refused_tunnel_is_no_request(rig, late):
    """HAProxy takes it for the next request: somebody else may have chosen those bytes."""
    hold = threading.Event()
    one = rig(b"HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", hold=hold)
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    with Talk(one.port) as talk:
        talk.send(CONNECT + (b"" if late else smuggled))
        until(lambda: one.server.got, 5, "the request")
        if late:
            talk.send(smuggled)
        hold.set()
        data = talk.rest()
    assert data.startswith(b"HTTP/1.1 403 ") and b"connection: close\r\n" in data and data.endswith(b"\r\n\r\nno")
    assert b"smuggled" not in b"".join(one.server.got) and "smuggled" not in one.output


def test_rules_see_a_connect(rig):
    one = rig(rules="    http-request deny deny_status 405 if METH_CONNECT { url_end :22 }\n"
                    "    http-request set-header X-Seen u=%[url],p=%[path],b=%[base],h=%[hdr(host)],m=%[method]\n")
    with Talk(one.port) as talk:
        talk.send(b"CONNECT a:22 HTTP/1.1\r\nHost: a:22\r\n\r\n")
        talk.until(b"</html>\n")
        assert talk.data.startswith(b"HTTP/1.1 405 ")
        talk.data = b""
        talk.send(CONNECT)
        talk.until(GRANTED)
    assert b"\r\nX-Seen: u=a:80,p=,b=a,h=a,m=CONNECT\r\n" in one.server.got[0]
    one.wait_line(r' f/<NOSRV> .* 405 .* PR-- .*"CONNECT a:22 HTTP/1.1"')


def test_connect_and_an_older_client(rig):
    one = rig(options="option http-server-close")
    with Talk(one.port) as talk:
        talk.send(b"CONNECT [::1]:443 HTTP/1.0\r\n\r\n")
        talk.until(GRANTED)
        talk.send(b"x")
        talk.until(b"echo:x")
    assert one.server.got[0].startswith(b"CONNECT [::1]:443 HTTP/1.0\r\n")


UPGRADE = b"POST /exec HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"


@pytest.mark.parametrize("framing, body, size", [
    (b"Content-Length: 2\r\n\r\n", b"{}", 2),
    (b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n{}\r\n0\r\n\r\n", 12),
])
def test_an_upgrade_behind_a_body(rig, framing, body, size):
    """As the API of container engines has it for exec and attach (RFC 9110 7.8)."""
    one = rig(SWITCHED, body=size)
    with Talk(one.port) as talk:
        talk.send(UPGRADE + framing)
        talk.send(body)
        talk.until(b"\r\n\r\n")
        assert talk.data.startswith(b"HTTP/1.1 101 ")
        talk.send(b"ls")
        talk.until(b"echo:ls")
    head, rest = one.server.got[0].split(b"\r\n\r\n", 1)
    assert rest == body + b"ls"
    assert b"\r\nUpgrade: tcp\r\n" in head and b"\r\nconnection: upgrade" in head


def test_a_switch_before_the_end_of_the_body(rig):
    one = rig(SWITCHED)
    with Talk(one.port) as talk:
        talk.send(UPGRADE + b"Content-Length: 8\r\n\r\n{}")
        talk.until(b"</html>\n")
        assert talk.data.startswith(b"HTTP/1.1 502 ")
    one.wait_line(r' f/s1 \d+/\d+/\d+/-1/\d+ 502 \d+ - - PH-- .*"POST /exec HTTP/1.1"')


TARGETS = [  # target, Host, which backend, what the server reads
    (b"http://a.example/x", b"a.example", b"site", b"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://a.example:80/x", b"a.example", b"site", b"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://a.example:80/x", b"a.example:80", b"site", b"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://a.example:/x", b"A.example:", b"site", b"GET http://a.example/x HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://A.EXAMPLE/x", b"a.example", b"site", b"GET http://A.EXAMPLE/x HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://a.example/x", b"a.example:80", b"other", b"GET http://a.example/x HTTP/1.1\r\nHost: a.example:80\r\n"),
    (b"http://a.example", b"a.example", b"root", b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"),
    (b"http://a.example:80", b"a.example", b"root", b"GET http://a.example/ HTTP/1.1\r\nHost: a.example\r\n"),
]
SPELLINGS = """
global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend f
    bind 127.0.0.1:{port}
    use_backend root if {{ path / }}
    use_backend site if {{ hdr(host) -m str a.example }}
    default_backend other
backend root
    http-request set-header X-Backend root
    server s1 127.0.0.1:{server}
backend site
    http-request set-header X-Backend site
    server s1 127.0.0.1:{server}
backend other
    http-request set-header X-Backend other
    server s1 127.0.0.1:{server}
"""


def test_one_spelling_of_an_absolute_target_before_any_rule(proxy, run):
    server = Server(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    try:
        one = proxy(SPELLINGS, server=server.port)
        for target, host, backend, sent in TARGETS:
            server.got.clear()
            exchange(one.port, b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (target, host),
                     until_bytes=b"ok")
            assert server.got[-1].startswith(sent), (target, server.got)
            assert b"\r\nX-Backend: %s\r\n" % backend in server.got[-1], (target, server.got)
        # A URL is what a client makes a request of: without a port that is the scheme's.
        for url, backend in (("http://a.example:80/x", "site"), ("http://a.example:/x", "site"), ("http://a.example:80", "root"),
                             ("http://a.example:81/x", "other"), ("https://a.example:80/x", "other")):
            told = json.loads(run("route", "-f", one.config, url, "--json").stdout)
            assert told["backend"] == backend, (url, told)
    finally:
        server.close()


def test_a_path_that_is_set_into_a_target_without_one(rig):
    one = rig(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", rules="    http-request set-path /public%[path]\n")
    for target, sent in ((b"/", b"/public/"), (b"http://a", b"http://a/public/"), (b"http://a?q=1", b"http://a/public?q=1")):
        exchange(one.port, b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % target, until_bytes=b"ok")
        assert one.server.got[-1].startswith(b"GET %s HTTP/1.1\r\n" % sent), one.server.got


def test_the_way_of_parsing_is_told_by_file_and_command_line(rig, run, tmp_path):
    ask = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    for globally, flags, status in (("", (), b"400"), ("    h1-parsing haproxy", (), b"200"), ("    h1-parsing strict", (), b"400"),
                                    ("", ("--h1-parsing", "haproxy"), b"200"),
                                    ("    h1-parsing haproxy", ("--h1-parsing", "strict"), b"400")):
        one = rig(answer, globally=globally, flags=flags)
        data, _ = exchange(one.port, ask, until_bytes=b"\r\n\r\n")
        assert data.split(b" ")[1] == status, (globally, flags)
    config = tmp_path / "wrong.cfg"
    config.write_text("global\n    h1-parsing loose\n")
    told = run("-c", "-f", config)
    assert told.returncode == 1 and "one of strict or haproxy" in told.stderr + told.stdout
    assert run("--h1-parsing", "loose", "-c", "-f", config).returncode == 1

"""Heads that grow: beyond a buffer by configuration, by rules, by what waits before them. Whole or not at all; and what a
response's head says to a client that cannot read all of it."""
import contextlib
import re
import socket
import threading

import pytest

import judge
import wire
from conftest import PATIENCE

CONFIG = """
global
    nbthread 1
    log stdout format raw local0
    {globally}
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    retries 0
frontend fe
    bind 127.0.0.1:{port}
    {rules}
    default_backend be
backend be
    {back}
    server s1 127.0.0.1:{server}
"""
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: evil\r\n\r\n"


@pytest.fixture
def rig(proxy):
    origin = wire.Origin()

    def start(globally="", rules="", back=""):
        one = proxy(CONFIG, globally=globally, rules=rules, back=back, server=origin.port)
        one.origin = origin
        return one

    yield start
    origin.close()


def asked(one, head, body=HIDDEN, version=b"HTTP/1.1"):
    """One request with a body that is a request: (status, the messages that reached the origin)."""
    one.origin.begin()
    with wire.Client(one.port) as client:
        client.send([b"POST /t " + version + b"\r\nHost: a\r\n" + head + b"Content-Length: %d\r\n\r\n" % len(body) + body])
        found, rest = client.until(1, [b"POST"])
    seen, rests, broken = one.origin.taken()
    assert not broken and not rests and not rest
    return found[0].status, seen


def test_a_buffer_larger_than_any_usual_head(rig):
    one = rig(globally="tune.bufsize 131072")
    for size in (60000, 65300, 65536, 100000, 120000):
        status, seen = asked(one, b"X-A: " + b"a" * size + b"\r\n")
        assert status == 200
        assert [(each.start[1], each.body, len(each.one(b"x-a"))) for each in seen] == [(b"/t", HIDDEN, size)]
        one.origin.begin([b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * size + b"\r\nContent-Length: 5\r\n\r\nhello"])
        with wire.Client(one.port) as client:
            client.send([wire.CANARY])
            found, _ = client.until(1, [b"GET"])
        assert (len(found[0].one(b"x-a")), found[0].body) == (size, b"hello")


RULES = {
    "set-header": "\n    ".join(f"http-request set-header X-{n} %[req.hdr(x-a)]" for n in range(9)),
    "add-header": "\n    ".join("http-request add-header X-Again %[req.hdr(x-a)]" for _ in range(9)),
    "replace-header": "http-request replace-header X-A (.*) " + r"\1" * 9,
    "replace-value": "http-request replace-value X-A (.*) " + r"\1" * 9,
    "set-path": "http-request set-path /" + "%[req.hdr(x-a)]" * 9,
    "replace-path": "http-request replace-path /(t).* /" + r"\1" * 70000,
}


@pytest.mark.parametrize("rule", RULES)
def test_a_head_that_rules_make_too_long_goes_nowhere(rig, rule):
    """500, as HAProxy answers a rule that finds no room; not a head that lacks what did not fit."""
    one = rig(rules=RULES[rule])
    status, seen = asked(one, b"X-A: " + b"a" * 12000 + b"\r\n")
    assert (status, seen) == (500, [])
    one.wait_line(r" fe fe/<NOSRV> .* 500 \d+ - - PR-- ")


@pytest.mark.parametrize("rule", ["replace-header", "replace-value"])
def test_a_field_that_grows_beyond_a_usual_buffer_is_replaced_whole(rig, rule):
    one = rig(globally="tune.bufsize 65536", rules=f"http-request {rule} X-A (.*)z$ \\1y")
    status, seen = asked(one, b"X-A: " + b"a" * 30000 + b"z\r\n")
    assert status == 200 and [each.one(b"x-a") for each in seen] == [b"a" * 30000 + b"y"]


def interim(number, size):
    return b"".join(b"HTTP/1.1 103 Early Hints\r\nX-%d: %s\r\n\r\n" % (n, b"a" * size) for n in range(number))


def test_interim_responses_larger_than_a_buffer(rig):
    one = rig()
    one.origin.begin([interim(40, 3000), b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
    with wire.Client(one.port) as client:
        client.send([wire.CANARY])
        found, _ = client.until(1, [b"GET"])
        everything, _ = judge.responses(client.data, [b"GET"])
    assert [each.body for each in found] == [b"hello"] and len(everything) == 41


def test_an_upgrade_ends_at_the_next_hop_in_an_interim_response_too(rig):
    """RFC 9110 7.8: the judge breaks over Upgrade without its connection option."""
    one = rig()
    one.origin.begin([b"HTTP/1.1 103 Early Hints\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n"
                      b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"])
    with wire.Client(one.port) as client:
        client.send([wire.CANARY])
        found, _ = client.until(1, [b"GET"])
    assert [each.body for each in found] == [b"hello"]


@pytest.mark.parametrize("size,status", [(15000, 200), (20000, 502), (30000, 502)])
def test_a_response_head_has_its_limit_however_it_is_cut(rig, size, status):
    """tune.bufsize less tune.maxrewrite, as HAProxy; the buffer itself is larger."""
    one = rig()
    head = b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * size + b"\r\nContent-Length: 5\r\n\r\nhello"
    for script in ([head], [head[:16000], wire.PAUSE, head[16000:]]):
        one.origin.begin(script)
        with wire.Client(one.port) as client:
            client.send([wire.CANARY])
            found, _ = client.until(1, [b"GET"])
        assert [each.status for each in found] == [status]


def small_client(port):
    """One whose kernel takes little for it."""
    link = socket.socket()
    link.settimeout(5 * PATIENCE)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    link.connect(("127.0.0.1", port))
    return link


class Server:
    """One connection to be accepted, read and answered by the test itself."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(5 * PATIENCE)
        self.port = self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def asked(self):
        """The connection and the head of its request."""
        link, _ = self.socket.accept()
        link.settimeout(5 * PATIENCE)
        head = b""
        while b"\r\n\r\n" not in head:
            head += link.recv(65536)
        return link, head


@contextlib.contextmanager
def one_that_does_not_read(proxy, request):
    """(the proxy, a client whose request is at the server and that reads nothing by itself, the server's connection)"""
    with Server() as server:
        one = proxy(CONFIG, globally="", rules="", back="", server=server.port)
        with small_client(one.port) as client:
            client.sendall(request)
            link, _ = server.asked()
            with link:
                yield one, client, link


@pytest.mark.parametrize("final,status", [(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200),
                                          (b"garbage\r\n\r\n", 502), (b"", 502)], ids=["answer", "garbage", "nothing"])
def test_a_client_that_does_not_read_interim_responses(proxy, final, status):
    """It finds every one of them whole, and behind them what became of its request."""
    with one_that_does_not_read(proxy, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as (one, client, link):
        sender = threading.Thread(target=lambda: (link.sendall(interim(60, 14000) + final), link.shutdown(socket.SHUT_WR)))
        sender.start()
        assert wire.settles(one.pid)
        data, found = b"", []
        while not found or found[-1].status < 200:
            piece = client.recv(65536)
            assert piece
            data += piece
            found, _ = judge.responses(data, [b"GET"], False)
        sender.join()
    assert [each.status for each in found] == [103] * 60 + [status]


def test_a_hundred_that_waits_for_the_client_goes_when_it_reads(proxy):
    """The client's socket is full; the server waits for the body, and the client for the word to send it."""
    asking = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    with one_that_does_not_read(proxy, asking) as (one, client, link):
        link.sendall(interim(6, 14000) + b"HTTP/1.1 100 Continue\r\n\r\n")
        assert wire.settles(one.pid)
        data = b""
        while b"HTTP/1.1 100 Continue\r\n\r\n" not in data:
            data += client.recv(65536)
        client.sendall(b"hello")
        assert link.recv(65536) == b"hello"
        link.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        while b"HTTP/1.1 204" not in data:
            data += client.recv(65536)
    found, _ = judge.responses(data, [b"POST"])
    assert [each.status for each in found] == [103] * 6 + [100, 204]


OLD = {
    "HEAD": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n",
    "GET": b"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n",
    "POST": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n",
}


@pytest.mark.parametrize("method", OLD)
def test_an_old_client_never_hears_of_transfer_codings(rig, method):
    """RFC 9112 6.1: not in a response to HTTP/1.0, and with HEAD and 304 neither."""
    one = rig()
    one.origin.begin([OLD[method]])
    with wire.Client(one.port) as client:
        client.send([method.encode() + b" / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n"])
        wire.until(lambda: client._more(1) and b"\r\n\r\n" in client.data, 5, "an answer")
    head = client.data.partition(b"\r\n\r\n")[0].lower()
    assert b"transfer-encoding" not in head and b"trailer" not in head


@pytest.mark.parametrize("answer", [b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"Content-Length: 2\r\n\r\nok"])
def test_an_old_client_is_told_of_the_end_in_the_words_of_the_answers_version(rig, answer):
    """RFC 9112 9.3: the answer says HTTP/1.1, which would keep the connection; as HAProxy."""
    one = rig()
    one.origin.begin([b"HTTP/1.1 200 OK\r\n" + answer])
    keeping = answer.startswith(b"Content")
    for asking in (b"", b"Connection: keep-alive\r\n"):
        with wire.Client(one.port) as client:
            client.send([b"GET / HTTP/1.0\r\n" + asking + b"\r\n"])
            found, _ = client.until(1, [b"GET"])
        assert [each.body for each in found] == [b"ok"]
        assert found[0].options() == ([b"keep-alive"] if keeping and asking else [b"close"])


def test_an_upgrade_that_is_required_is_named(rig):
    """RFC 9110 15.5.22: 426 says to what; elsewhere Upgrade ends at the next hop."""
    one = rig()
    for status, wanted in ((b"426 Upgrade Required", [b"websocket"]), (b"200 OK", [])):
        one.origin.begin([b"HTTP/1.1 " + status + b"\r\nConnection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"])
        for closing in (b"", b"Connection: close\r\n"):
            with wire.Client(one.port) as client:
                client.send([b"GET / HTTP/1.1\r\nHost: a\r\n" + closing + b"\r\n"])
                found, _ = client.until(1, [b"GET"])
            assert found[0].all(b"upgrade") == wanted
            assert (b"upgrade" in found[0].options()) == bool(wanted)
            assert (b"close" in found[0].options()) == bool(closing)


def test_a_switch_without_the_connection_option_is_none(rig):
    """RFC 9110 7.8; as HAProxy."""
    one = rig()
    one.origin.begin([b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: foo\r\n\r\nbytes"])
    with wire.Client(one.port) as client:
        client.send([b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: foo\r\n\r\n"])
        found, rest = client.until(1, [b"GET"])
    assert [each.status for each in found] == [502] and not rest


def test_who_waits_with_a_body_that_the_balancer_wants_is_told_to_go_on(rig):
    """RFC 9110 10.1.1: no server can say so, as none is chosen before the body is here."""
    one = rig(back="balance url_param id check_post")
    for framing, body in ((b"Content-Length: 4", b"id=1"), (b"Transfer-Encoding: chunked", b"4\r\nid=1\r\n0\r\n\r\n")):
        one.origin.begin()
        with wire.Client(one.port) as client:
            client.send([b"POST /t HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n" + framing + b"\r\n\r\n"])
            wire.until(lambda: client._more(1) and b"\r\n\r\n" in client.data, 5, "100")
            assert re.fullmatch(rb"HTTP/1.1 100 Continue\r\n\r\n", client.data)
            client.send([body, wire.CANARY])
            found, _ = client.until(2, [b"POST", b"GET"])
        assert [each.status for each in found] == [200, 200]
        assert [(each.start[1], each.body, each.all(b"expect")) for each in one.origin.taken()[0]] == [
            (b"/t", b"id=1", []), (b"/canary", b"", [])]


def test_an_expectation_that_only_hints_answered_ends_the_connection(proxy):
    """103 is not the word that the client waits for: after a final answer nobody knows whether the body still comes."""
    with Server() as server:
        one = proxy(CONFIG, globally="", rules="", back="", server=server.port)
        with wire.Client(one.port) as client:
            client.send([b"POST /t HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 38\r\n\r\n"])
            link, head = server.asked()
            with link:
                link.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n")
                found, _ = client.until(1, [b"POST"])
                assert [each.status for each in found] == [417] and b"close" in found[0].options()
                client.send([HIDDEN])
                assert client.closed()
                assert head.endswith(b"\r\n\r\n")
                with contextlib.suppress(ConnectionResetError):
                    assert link.recv(65536) == b""

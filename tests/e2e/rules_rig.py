"""What the tests of rules stand on: both programs on one configuration, requests of every kind, an origin that tells what
reached it."""
import json
import shutil
import socket
import threading

import pytest

from conftest import Process, accepts, exchange, free_port, until

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
needs_haproxy = pytest.mark.skipif(not shutil.which(HAPROXY), reason="no haproxy here")

FIELDS = [
    "User-Agent: curl/8.0 (test)", "X-Forwarded-For: 203.0.113.9, 10.1.2.3:4711",
    "X-Forwarded-For: [2001:db8::9], nonsense", "Accept: text/html, \"a,b\", */*", "X-List: a, b", "X-List: c,",
    "Cookie: id=abc; stage=beta; id=def", "Cookie: n=42; empty=; quoted=\"x\"", "X-Empty:", "X-Number: 42",
    "X-B64: aGVsbG8="]


def request(line, *fields, host="www.example.com", body=b""):
    head = [line] + ([f"Host: {host}"] if host is not None else []) + list(fields)
    if body:
        head.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body


REQUESTS = [
    request("GET / HTTP/1.1"),
    request("GET / HTTP/1.0", host=None),
    request("GET /api/v1/users?lang=de&page=12;x=%41+b HTTP/1.1", *FIELDS, host="Www.Example.com:8080"),
    request("POST /API/index.PHP?x= HTTP/1.1", "X-Number: -7", body=b"12345"),
    request("HEAD /api?x&lang=de&lang=en HTTP/1.1", "Accept:*/*", "Accept: x"),
    request("OPTIONS * HTTP/1.1"),
    request("GET http://www.example.com/a/b%20c?d=/e HTTP/1.1", "X-Number: 12abc"),
    request("GET http://www.example.com/ HTTP/1.1"),  # with an empty path 2.6 and 3.x differ: wire/requests.tsv
    request("PUT //api//v1?? HTTP/1.1", "X-List: ,", "X-Number: 5", body=b"x"),
    request("DELETE /x?a=1&a=2&page=7&lang= HTTP/1.1", "Cookie: id=1;id=2 ; stage = beta", "X-B64: aGVsbG8"),
    request("PATCH /a;b=c?lang=de HTTP/1.1", "X-Forwarded-For: 1.2.3.4"),
    request("GET /chat HTTP/1.1", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
    request("GET /close HTTP/1.1", "Connection: close", "X-Empty: ", "X-Number: 99999999999999999999"),
]


class Echo(threading.Thread):
    """Answers every request with what it was, in JSON, and closes."""

    def __init__(self, name="echo"):
        super().__init__(daemon=True)
        self.label = name
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                link, _ = self.listener.accept()
            except OSError:
                return
            with link:
                data = b""
                while b"\r\n\r\n" not in data:
                    piece = link.recv(65536)
                    if not piece:
                        break
                    data += piece
                if not data:
                    continue
                line, *fields = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
                told = json.dumps({"name": self.label, "line": line,
                                   "fields": [[part.strip() for part in one.split(":", 1)] for one in fields]}).encode()
                link.sendall(b"HTTP/1.1 200 OK\r\nX-Echo: " + told + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


HEAD = """
global
    nbthread 1
defaults
    mode http
    timeout connect 2s
    timeout client 5s
    timeout server 5s
"""


@pytest.fixture
def both(proxy, tmp_path):
    """Starts ringway and HAProxy on one text ({port} and names filled in); gives their ports."""
    started = []

    def start(text, **names):
        mine = proxy(HEAD + text, **names)
        port = free_port()
        config = tmp_path / "reference.cfg"
        config.write_text((HEAD + text).format(port=port, **names))
        reference = Process([HAPROXY, "-db", "-f", config], tmp_path / "reference.log")
        started.append(reference)
        until(lambda: accepts(port) or not reference.running, 10, "the reference")
        assert reference.running, reference.output
        return mine.port, port

    yield start
    for one in started:
        one.stop()


def ask(port, data):
    """(status, fields in lower case and sorted, what the origin saw)."""
    answer, how = exchange(port, data, until_bytes=b"\r\n\r\n", timeout=5)
    assert how in ("found", "closed"), (how, answer)
    head = answer.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    fields = sorted((name.lower(), value.strip()) for name, value in (one.split(":", 1) for one in head[1:]))
    seen = next((json.loads(value) for name, value in fields if name == "x-echo"), None)
    kept = [(name, value) for name, value in fields if name not in ("x-echo", "connection", "date")]
    return int(head[0].split()[1]), kept, seen


def values(seen, name):
    return [value for key, value in seen["fields"] if key.lower() == name]


def braces(text):
    return text.replace("{", "{{").replace("}", "}}")

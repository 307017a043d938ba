"""Bodies: memory that does not depend on their size or on anybody's speed; every framing to every other."""
import http.client
import pathlib
import re
import socket
import threading
import time

import pytest

from conftest import PATIENCE, until

CONFIG = """
global
    nbthread 1
    log stdout format raw local0
    {options}
defaults
    mode {mode}
    log global
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend web
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    server one 127.0.0.1:{server}
"""
SOME = 200


def resident(pid):
    """Resident memory in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def steady(measure, seconds=0.5):
    """The value of measure() once it has not changed for a while."""
    last, since = measure(), time.monotonic()
    end = time.monotonic() + 30 * PATIENCE
    while time.monotonic() < end and time.monotonic() - since < seconds:
        time.sleep(0.05)
        now = measure()
        if now != last:
            last, since = now, time.monotonic()
    return last


def slow_client(port, request):
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    link.settimeout(20 * PATIENCE)
    link.connect(("127.0.0.1", port))
    link.sendall(request)
    return link


@pytest.mark.release_only
@pytest.mark.parametrize("options", ["", "nosplice"])
@pytest.mark.parametrize("path", ["/bytes/1073741824", "/chunked/1073741824"])
def test_slow_readers_of_a_large_response(proxy, origin, path, options):
    one = proxy(CONFIG, server=origin.ports[0], mode="http", options=options)
    before = resident(one.pid)
    links = [slow_client(one.port, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()) for _ in range(SOME)]
    for link in links:
        assert link.recv(100).startswith(b"HTTP/1.1 200")
    for _ in range(3):  # they take a little now and then
        for link in links:
            link.recv(2000)
    grown = steady(lambda: resident(one.pid)) - before
    # Two buffers of 16 KiB a transaction, and what a session needs besides.
    assert grown < SOME * 64, f"{grown} KiB for {SOME} connections"
    for link in links:
        link.close()
    until(lambda: one.fetch("/bytes/1").status == 200, 10)


@pytest.mark.release_only
def test_a_server_that_reads_slowly(proxy):
    listener = socket.create_server(("127.0.0.1", 0))
    one = proxy(CONFIG, server=listener.getsockname()[1], mode="http", options="")
    before = resident(one.pid)
    held, links = [], []

    def serve():
        while len(held) < SOME:
            held.append(listener.accept()[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    piece = b"x" * 65536
    for _ in range(SOME):
        link = socket.create_connection(("127.0.0.1", one.port), 20 * PATIENCE)
        link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n")
        link.setblocking(False)
        links.append(link)
    thread.join(20 * PATIENCE)
    assert len(held) == SOME
    end = time.monotonic() + 2
    while time.monotonic() < end:
        moved = 0
        for link in links:
            try:
                moved += link.send(piece)
            except BlockingIOError:
                pass
        if not moved:
            break
    grown = steady(lambda: resident(one.pid)) - before
    assert grown < SOME * 64, f"{grown} KiB for {SOME} connections"
    for link in links + held:
        link.close()
    listener.close()


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("mode", ["http", "tcp"])
def test_both_directions_at_once(proxy, origin, chunked, mode):
    """The server answers while it reads, byte for byte: whoever waits for one direction first would stop both."""
    one = proxy(CONFIG, server=origin.ports[0], mode=mode, options="")
    size = 20 << 20
    body = bytes(range(256)) * (size // 256)
    with socket.create_connection(("127.0.0.1", one.port), 30 * PATIENCE) as link:
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size

        def send():
            link.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + framing + b"\r\n\r\n")
            if not chunked:
                link.sendall(body)
                return
            for at in range(0, size, 30000):
                piece = body[at:at + 30000]
                link.sendall(b"%x\r\n" % len(piece) + piece + b"\r\n")
            link.sendall(b"0\r\n\r\n")

        sender = threading.Thread(target=send)
        sender.start()
        response = http.client.HTTPResponse(link)
        response.begin()
        time.sleep(0.2)  # nobody reads for a moment: everything in between fills up
        assert response.read() == body
        sender.join()


@pytest.mark.parametrize("path", ["/bytes/100000", "/chunked/100000/777", "/close/100000"])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_every_framing_to_every_client(proxy, origin, path, version):
    one = proxy(CONFIG, server=origin.ports[0], mode="http", options="")
    got, how = one.exchange(f"GET {path} HTTP/{version}\r\nHost: a\r\nConnection: close\r\n\r\n".encode(), timeout=10)
    head, _, body = got.partition(b"\r\n\r\n")
    assert how == "closed" and head.startswith(b"HTTP/1.1 200"), head
    chunked = b"transfer-encoding: chunked" in head.lower()
    assert chunked == (path.startswith("/chunked") and version == "1.1"), head
    if chunked:
        whole = b""
        while True:
            size, _, body = body.partition(b"\r\n")
            if int(size, 16) == 0:
                assert body == b"\r\n"
                break
            whole, body = whole + body[:int(size, 16)], body[int(size, 16) + 2:]
        body = whole
    assert len(body) == 100000

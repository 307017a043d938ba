"""How the program ends while it is used: nothing that was begun is lost, and the process that takes over misses nobody."""
import http.client
import os
import signal
import socket
import threading
import time

import pytest

from conftest import PATIENCE, accepts, fetch, until

SANITIZED = "RINGWAY_SANITIZED" in os.environ

CONFIG = """
global
    nbthread 2
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    {options}
frontend front
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    server s1 127.0.0.1:{server}
"""


def start(proxy, origin, *flags, options="", **more):
    return proxy(CONFIG, *flags, server=origin.ports[0], options=options, **more)


def ask(port, path, more=""):
    link = socket.create_connection(("127.0.0.1", port), 10 * PATIENCE)
    link.settimeout(20 * PATIENCE)
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n{more}\r\n".encode())
    return link


def rest(link):
    got = b""
    try:
        while piece := link.recv(65536):
            got += piece
        return got, "closed"
    except OSError as fault:
        return got, repr(fault)


def test_a_soft_stop_lets_every_started_response_end(proxy, origin, together):
    one = start(proxy, origin)
    idle = [ask(one.port, "/") for _ in range(10)]
    for link in idle:
        assert b"200 OK" in link.recv(65536)
    # Begun and not yet answered, begun and half answered, half asked.
    waiting = [ask(one.port, "/delay/800") for _ in range(10)]
    dripping = [ask(one.port, "/drip/40/25") for _ in range(10)]
    for link in dripping:
        assert b"200" in link.recv(20, socket.MSG_PEEK)
    asking = [ask(one.port, "/null", "Content-Length: 10\r\n") for _ in range(10)]
    for link in asking:
        link.sendall(b"01234")
    until(lambda: origin.count()[0] >= 30, 5, "all of them to be at the server")
    one.send(signal.SIGUSR1)
    until(lambda: not accepts(one.port), 5, "the port to be closed")
    for link in asking:
        link.sendall(b"56789")
    answers = together(rest, waiting + dripping + asking)
    idle_ends = together(rest, idle)
    status = one.wait(5)
    whole = sum(how == "closed" and b" 200 OK\r\n" in got for got, how in answers)
    print(f"30 begun, {whole} answered whole, {len(answers) - whole} lost; exit status {status}")
    assert whole == 30
    assert all(len(got.partition(b"\r\n\r\n")[2]) == 40 for got, _ in answers[10:20])
    assert all(end == (b"", "closed") for end in idle_ends)
    assert status == 0


@pytest.mark.parametrize("since", [0, 1.2], ids=["just asked", "long idle"])
def test_a_request_that_lies_in_a_kept_connection_is_answered_by_a_soft_stop(proxy, origin, since):
    """The stop and the requests come while the process does nothing: it finds both at once."""
    one = start(proxy, origin)
    links = [ask(one.port, "/") for _ in range(100)]
    for link in links:
        assert b"200 OK" in link.recv(65536)
    time.sleep(since)  # the connections are idle for so long
    one.send(signal.SIGSTOP)
    one.send(signal.SIGUSR1)
    for link in links:
        link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    one.send(signal.SIGCONT)
    answers = [rest(link) for link in links]
    answered = sum(end == "closed" and b" 200 OK\r\n" in got for got, end in answers)
    print(f"100 sent, {answered} answered, {100 - answered} lost")
    assert answered == 100
    assert one.wait(5) == 0


def test_a_kept_connection_that_was_busy_may_ask_once_more(proxy, origin):
    one = start(proxy, origin)
    link = ask(one.port, "/")
    assert b"200 OK" in link.recv(65536)
    one.send(signal.SIGUSR1)
    until(lambda: not accepts(one.port), 5, "the port to be closed")
    link.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    got, end = rest(link)
    assert end == "closed" and b" 200 OK\r\n" in got and b"connection: close" in got.lower()
    assert one.wait(5) == 0


def test_a_stop_is_at_once(proxy, origin):
    one = start(proxy, origin)
    links = [ask(one.port, "/delay/200000") for _ in range(20)] + [ask(one.port, "/drip/1000/200") for _ in range(20)]
    until(lambda: origin.count()[1] >= 40, 5, "all of them to be at the server")
    began = time.monotonic()
    assert one.stop(signal.SIGTERM, seconds=60) == -signal.SIGTERM  # what is open would take minutes
    print(f"40 open requests, ended after {(time.monotonic() - began) * 1e3:.0f} ms")
    for link in links:
        rest(link)


def test_who_waits_to_be_accepted_is_answered_before_a_soft_stop(proxy, origin, together):
    """The listener is at its limit: connections wait in the kernel. Closing it would reset them."""
    one = start(proxy, origin, options="maxconn 2\n    backlog 100")
    inside = [ask(one.port, "/delay/600") for _ in range(2)]
    until(lambda: origin.count()[1] >= 2, 5, "two to be in")
    outside = [ask(one.port, "/") for _ in range(30)]
    one.send(signal.SIGUSR1)
    answers = together(rest, inside + outside)
    answered = sum(b" 200 OK\r\n" in got for got, _ in answers)
    print(f"32 sent, {answered} answered, {32 - answered} lost")
    assert answered == 32
    assert one.wait(5) == 0


@pytest.mark.parametrize("how", ["close", "kept"])
def test_a_new_process_takes_over_under_load(proxy, origin, together, how):
    one = start(proxy, origin)
    port, stop, times = one.port, threading.Event(), 2 if SANITIZED else 5
    done = [0] * 7  # answers that each client has had; the first is no client

    def closing(n):
        sent = answered = 0
        lost = []
        while not stop.is_set():
            sent += 1
            try:
                got, end = rest(ask(port, "/", "Connection: close\r\n"))
                if end == "closed" and b" 200 OK\r\n" in got:
                    answered += 1
                    done[n] = answered
                else:
                    lost.append(f"{end} after {got[:60]!r}")
            except OSError as fault:
                lost.append(repr(fault))
        return sent, answered, lost, 0

    def kept(n):
        """A kept connection may be closed by the one that leaves just as the next request starts: asked again, as browsers do."""
        sent = answered = again = 0
        lost = []
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
        fresh = True
        while not stop.is_set():
            sent += 1
            for _ in range(2):
                try:
                    fresh = link.sock is None
                    link.request("GET", "/")
                    response = link.getresponse()
                    response.read()
                    answered += response.status == 200
                    done[n] = answered
                    if response.status != 200:
                        lost.append(response.status)
                    break
                except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as fault:
                    link.close()
                    if fresh:
                        lost.append(f"on a new connection: {fault!r}")
                        break
                    again += 1
            else:
                lost.append("twice")
        link.close()
        return sent, answered, lost, again

    def all_went_on():
        """Every client has had ten more answers since."""
        marks = [count + 10 for count in done]
        until(lambda: stop.is_set() or all(count >= mark for count, mark in zip(done[1:], marks[1:])), 20, "the clients to go on")

    def take_over(_):
        before = one
        try:
            for _ in range(times):
                all_went_on()
                after = start(proxy, origin, "-sf", str(before.pid), port=port)
                assert before.wait(10) == 0
                before = after
            all_went_on()
        finally:
            stop.set()
        return 0, 0, [], 0

    work = closing if how == "close" else kept
    counts = together(lambda n: take_over(n) if n == 0 else work(n), list(range(7)))
    sent, answered, again = (sum(each[n] for each in counts) for n in (0, 1, 3))
    lost = [each for count in counts for each in count[2]]
    print(f"{times} times taken over: {sent} sent, {answered} answered, {len(lost)} lost, {again} asked again on a kept connection")
    assert not lost, lost[:5]
    assert sent == answered > 100

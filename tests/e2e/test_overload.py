"""More than there is room for, and faults around the proxy: each with what was sent, answered, lost."""
import contextlib
import ctypes
import http.client
import os
import pathlib
import re
import resource
import select
import selectors
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import PATIENCE, accepts, fetch, free_port, until

SANITIZED = "RINGWAY_SANITIZED" in os.environ

CONFIG = """
global
    nbthread {threads}
    {globals}
defaults
    mode http
    timeout connect 2s
    timeout client 30s
    timeout server 30s
    timeout queue 10s
    backlog 1024
    {options}
frontend front
    bind 127.0.0.1:{port} {bind}
    {front}
    default_backend servers
backend servers
    {back}
    {servers}
"""
REQUEST = b"GET /name HTTP/1.1\r\nHost: a\r\n\r\n"


def start(proxy, ports, *flags, threads=2, globals="", options="", bind="", front="", back="", check="", **more):
    servers = "\n    ".join(f"server s{n + 1} 127.0.0.1:{port} {check}" for n, port in enumerate(ports))
    return proxy(CONFIG, *flags, threads=threads, globals=globals, options=options, bind=bind, front=front, back=back,
                 servers=servers, **more)


def status_of(pid, word):
    """A figure of /proc/PID/status, in KiB where it is a size."""
    return int(re.search(rf"^{word}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Clients:
    """Plain connections, driven together: who is in, who was answered, who was lost."""

    def __init__(self, port):
        self.port, self.all = port, []

    def connect(self, count):
        new = []
        for _ in range(count):
            one = socket.socket()
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", self.port))
            new.append(one)
        self.all += new
        return new

    def ask(self, which=None, request=REQUEST):
        for one in which if which is not None else self.all:
            select.select([], [one], [], 5 * PATIENCE)
            one.send(request)

    def answers(self, which=None, seconds=10, wanted=None):
        """Reads one answer of each, as they come: {socket: status}; 0: closed without one, missing: none in time."""
        which = which if which is not None else self.all
        found, text = {}, {one: b"" for one in which}
        end = time.monotonic() + seconds * PATIENCE
        with selectors.DefaultSelector() as select_on:
            for one in which:
                select_on.register(one, selectors.EVENT_READ)
            while len(found) < (len(which) if wanted is None else wanted) and time.monotonic() < end:
                for key, _ in select_on.select(0.1):
                    one = key.fileobj
                    try:
                        piece = one.recv(65536)
                    except BlockingIOError:
                        continue
                    except OSError:
                        piece = b""
                    text[one] += piece
                    head, mark, body = text[one].partition(b"\r\n\r\n")
                    length = re.search(rb"content-length: *(\d+)", head, re.I)
                    if mark and (not length or len(body) >= int(length[1])):
                        found[one] = int(head.split()[1])
                    elif not piece:
                        found[one] = 0
                    else:
                        continue
                    select_on.unregister(one)
        return found

    def leave(self, which=None):
        for one in list(which if which is not None else self.all):
            one.close()
            self.all.remove(one)


@pytest.fixture
def clients():
    made = []

    def start(port):
        made.append(Clients(port))
        return made[-1]

    yield start
    for one in made:
        one.leave()


LIMITS = {
    "process": dict(globals="maxconn 4"),
    "frontend": dict(front="maxconn 4"),
    "bind": dict(bind="maxconn 4"),
}


@pytest.mark.parametrize("whose", LIMITS)
def test_a_limit_holds_over_all_workers_and_a_free_place_is_taken_at_once(proxy, origin, clients, whose):
    one = start(proxy, origin.ports, threads=4, **LIMITS[whose])
    group = clients(one.port)
    group.connect(40)
    group.ask()
    waits, left = [], list(group.all)
    inside = group.answers(left, wanted=4)
    assert list(inside.values()) == [200] * 4, f"let in: {inside}"
    assert not group.answers(left_out(left, inside), seconds=0.3), "more than the limit were let in"
    while True:
        left = left_out(left, inside)
        if not left:
            break
        # One leaves, one comes in, on whichever worker it waits.
        gone = next(iter(inside))
        inside.pop(gone)
        began = time.monotonic()
        group.leave([gone])
        new = group.answers(left, seconds=5, wanted=1)
        waits.append(time.monotonic() - began)
        assert list(new.values()) == [200], f"{len(left)} were still waiting, {len(waits)} had come in"
        inside.update(new)
    waits.sort()
    print(f"{whose}: 40 sent, 40 answered, {len(waits)} waited for a place: median {waits[len(waits) // 2] * 1e3:.1f} ms, "
          f"worst {waits[-1] * 1e3:.1f} ms")
    assert waits[-1] < 0.5 * PATIENCE


def left_out(sockets, inside):
    return [one for one in sockets if one not in inside]


def few_descriptors(count):
    """For the child: `ulimit -n count`, and no way to raise it, not even for root."""
    def set_limit():
        ctypes.CDLL(None).prctl(24, 24, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_RESOURCE; without the right to it is lost anyway
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    return set_limit


def is_idle(pid, seconds=1.2):
    """The processor time of a while in which nothing can happen, and whether it is next to none."""
    used, began = cpu_seconds(pid), time.monotonic()
    while time.monotonic() < began + seconds:
        time.sleep(0.1)
    used = cpu_seconds(pid) - used
    return used, used <= 0.06 * PATIENCE


def all_in_turn(group, waiting):
    """Everybody asks, and leaves once answered: {status: how many}, and who still waits."""
    group.ask(waiting)
    statuses, end = {}, time.monotonic() + 30 * PATIENCE
    while waiting and time.monotonic() < end:
        got = group.answers(waiting, seconds=5, wanted=1)
        for status in got.values():
            statuses[status] = statuses.get(status, 0) + 1
        group.leave(list(got))
        waiting = left_out(waiting, got)
    return statuses, waiting


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own descriptors are in the way")
def test_with_few_descriptors_as_many_are_let_in_as_can_be_served(proxy, origin, clients):
    one = start(proxy, origin.ports, threads=2, before=few_descriptors(64))
    maxconn = int(re.search(r"maxconn is (\d+)", one.output)[1])
    group = clients(one.port)
    first = group.connect(maxconn)
    group.ask(first)
    assert list(group.answers(first).values()) == [200] * maxconn
    crowd = group.connect(100)
    used, idle = is_idle(one.pid)
    print(f"64 descriptors: {maxconn} in, 100 wait, {descriptors(one.pid)} in use; "
          f"{used:.2f} s of processor time in 1.2 s of waiting")
    assert idle
    for n in range(3):
        group.ask(first)
        assert list(group.answers(first).values()) == [200] * maxconn, f"round {n}"
    group.leave(first)
    statuses, waiting = all_in_turn(group, crowd)
    print(f"100 more sent, answered {statuses}, still waiting {len(waiting)}")
    assert (statuses, waiting) == ({200: 100}, [])


def test_descriptors_run_out_and_come_back(proxy, origin, clients):
    """The limit falls while the proxy runs: it had counted on more."""
    one = start(proxy, origin.ports, threads=2)
    fetch(one.port)
    until(lambda: status_of(one.pid, "Threads") >= 3, 5, "threads")
    hard = resource.prlimit(one.pid, resource.RLIMIT_NOFILE)[1]
    group = clients(one.port)
    first = group.connect(8)
    group.ask(first)
    assert list(group.answers(first).values()) == [200] * 8
    limit = descriptors(one.pid) + 14
    resource.prlimit(one.pid, resource.RLIMIT_NOFILE, (limit, hard))
    crowd = group.connect(60)
    until(lambda: descriptors(one.pid) >= limit, 5, "descriptors to run out")
    used, idle = is_idle(one.pid)
    print(f"68 connections, {descriptors(one.pid)} descriptors; {used:.2f} s of processor time in 1.2 s of waiting")
    assert idle, f"busy while nothing can be accepted: {used} s"
    # Who is in and has a link at hand is served; nobody who was in is dropped.
    for n in range(3):
        group.ask(first[:1])
        got = group.answers(first[:1])
        assert list(got.values()) == [200], f"request {n}: {got}"
    # Descriptors come back as others leave, and everybody gets an answer in the end.
    group.leave(first[1:])
    statuses, waiting = all_in_turn(group, crowd)
    print(f"60 more sent, answered {statuses}, still waiting {len(waiting)}")
    assert (statuses, waiting) == ({200: 60}, [])
    # And a process that was starved is as good as new.
    resource.prlimit(one.pid, resource.RLIMIT_NOFILE, (hard, hard))
    crowd = group.connect(60)
    group.ask(crowd)
    assert list(group.answers(crowd).values()) == [200] * 60

"""More than there is room for, and faults around the proxy: each with what was sent, answered, lost."""
import contextlib
import ctypes
import http.client
import itertools
import os
import pathlib
import re
import resource
import select
import selectors
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import PATIENCE, fetch, free_port, until

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


def writable(one):
    poll = select.poll()  # select() knows no descriptor above 1023
    poll.register(one, select.POLLOUT)
    poll.poll(5000 * PATIENCE)


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
            writable(one)
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
    assert waits[len(waits) // 2] < 0.5 * PATIENCE, waits


def left_out(sockets, inside):
    return [one for one in sockets if one not in inside]


def few_descriptors(count):
    """For the child: `ulimit -n count`, and no way to raise it, not even for root."""
    def set_limit():
        ctypes.CDLL(None).prctl(24, 24, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_SYS_RESOURCE; without the right to it is lost anyway
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
    return set_limit


def is_idle(pid, seconds=1.2):
    """The processor time of a while in which nothing can happen, and whether it is next to none.

    On a busy machine what came before may reach into it: who is busy for its own sake is so the third time, too.
    """
    for _ in range(3):
        used, began = cpu_seconds(pid), time.monotonic()
        while time.monotonic() < began + seconds:
            time.sleep(0.1)
        used = cpu_seconds(pid) - used
        if used <= 0.06 * PATIENCE:
            return used, True
    return used, False


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


def raise_own_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (max(hard, 1 << 16), hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            break
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def test_ten_thousand_connections(proxy, origin, clients):
    room = raise_own_limit()
    count = 400 if SANITIZED else min(10000, room // 2 - 300)
    one = start(proxy, origin.ports, threads=2, globals=f"maxconn {count}\n    nosplice", options="timeout http-keep-alive 60s\n    default-server pool-purge-delay 200ms")
    before, empty = status_of(one.pid, "VmRSS"), descriptors(one.pid)
    group, lost = clients(one.port), 0
    for _ in range(0, count, 500):
        new = group.connect(min(500, count - len(group.all)))
        group.ask(new)
        got = group.answers(new, seconds=60)
        lost += sum(got.get(each) != 200 for each in new)
    grown = status_of(one.pid, "VmRSS") - before
    used, idle = is_idle(one.pid, 0.5)
    through = group.all[::max(1, count // 1000)]
    group.ask(through)
    again = group.answers(through, seconds=20)
    lost += sum(again.get(each) != 200 for each in through)
    print(f"{count} connections kept, {count + len(through)} requests, lost {lost}; resident memory +{grown} KiB, "
          f"{grown / count:.2f} KiB a connection; {used:.2f} s of processor time in half a second of silence")
    assert lost == 0 and idle
    assert SANITIZED or grown / count < 4
    group.leave()
    until(lambda: descriptors(one.pid) <= empty + 20, 20, "descriptors to be given back")


def test_everybody_reconnects_at_once(proxy, origin, clients):
    raise_own_limit()
    crowd, rounds = (100, 2) if SANITIZED else (1500, 4)
    one = start(proxy, origin.ports, threads=2)
    group, answered, worst = clients(one.port), 0, 0
    for _ in range(rounds):
        for each in group.all:
            each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        group.leave()
        began = time.monotonic()
        new = group.connect(crowd)
        group.ask(new)
        got = group.answers(new, seconds=60)
        worst = max(worst, time.monotonic() - began)
        answered += sum(got.get(each) == 200 for each in new)
    print(f"{rounds} times {crowd} clients at once: {rounds * crowd} sent, {answered} answered; slowest round {worst:.2f} s")
    assert answered == rounds * crowd


class Flapping:
    """A server in this process that can go and come back within milliseconds."""

    def __init__(self):
        self.port, self.links, self.lock = free_port(), set(), threading.Lock()
        self.listening = None
        self.start()

    def start(self):
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(512)
        self.listening = listening
        threading.Thread(target=self.accept, args=(listening,), daemon=True).start()

    def accept(self, listening):
        with contextlib.suppress(OSError):
            while True:
                link, _ = listening.accept()
                with self.lock:
                    if self.listening is not listening:
                        link.close()
                        return
                    self.links.add(link)
                threading.Thread(target=self.serve, args=(link,), daemon=True).start()

    def serve(self, link):
        with contextlib.suppress(OSError):
            while link.recv(65536):
                link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        with self.lock:
            self.links.discard(link)
        link.close()

    def stop(self):
        with self.lock:
            listening, self.listening = self.listening, None
            links, self.links = self.links, set()
        # shutdown wakes the thread that accepts; what waits in the queue is reset.
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for link in links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


def test_a_server_that_flaps_costs_only_what_it_was_answering(proxy, together):
    servers = [Flapping() for _ in range(3)]
    one = start(proxy, [each.port for each in servers], threads=2, options="option redispatch 1\n    retries 3",
                check="check inter 100ms fall 1 rise 1")
    stop = threading.Event()

    def client(n):
        statuses = {}
        link = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20 * PATIENCE)
        while not stop.is_set():
            link.request("GET", f"/{n}")
            response = link.getresponse()
            response.read()
            statuses[response.status] = statuses.get(response.status, 0) + 1
            done[n] += 1
        return statuses

    times = 25
    done = [0] * 7  # answers that each client has had; the first is no client
    mark = [0]

    def went_on():
        """Every so often: all clients together have had sixty more answers."""
        if sum(done) < mark[0] + 60:
            return False
        mark[0] = sum(done)
        return True

    def flap(_):
        try:
            for _ in range(times):
                until(lambda: servers[0].links and went_on(), 10, "it to be in use")
                servers[0].stop()
                until(went_on, 10, "the clients to go on without it")
                servers[0].start()
        finally:
            stop.set()
        return {}

    counts = together(lambda n: flap(n) if n == 0 else client(n), list(range(7)))[1:]
    sums = {status: sum(each.get(status, 0) for each in counts) for each in counts for status in each}
    print(f"{times} times down and up: {sum(sums.values())} sent, {sums}")
    # A request that it had taken, or that waited in its kernel, is lost with it; nobody waits, nobody is refused.
    assert sums[200] > 100 and set(sums) <= {200, 502}
    assert all(each.get(502, 0) <= times for each in counts), f"more than the request at hand each time: {counts}"
    for each in servers:
        each.stop()


def test_a_server_that_accepts_and_never_answers(proxy, origin, clients):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(256)
        one = start(proxy, [silent.getsockname()[1], *origin.ports], threads=2, back="timeout server 600ms",
                    check="check inter 200ms")
        group = clients(one.port)
        group.connect(60)
        began = time.monotonic()
        group.ask()
        got = list(group.answers(seconds=30).values())
        took = time.monotonic() - began
        print(f"60 sent: {got.count(200)} answered, {got.count(504)} times 504 within {took:.2f} s")
        assert sorted(set(got)) == [200, 504] and len(got) == 60
        assert 20 <= got.count(504) <= 40
        assert took > 0.55  # who waited in vain did so for the whole `timeout server`
        group.leave()
        assert is_idle(one.pid)[1]


class LogTarget:
    """A datagram socket that counts the lines of requests: UDP on a port, or a unix socket."""

    def __init__(self, kind, at=None):
        self.kind = kind
        self.at = at if at is not None else ("127.0.0.1", free_port())
        self.socket = None
        self.open()

    def open(self):
        self.socket = socket.socket(self.kind, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(self.at)
        self.socket.setblocking(False)

    def close(self):
        self.socket.close()
        if self.kind == socket.AF_UNIX:
            os.unlink(self.at)

    def take(self, seen):
        with contextlib.suppress(BlockingIOError):
            while True:
                seen.update(re.findall(rb"GET /name\?(\d+) ", self.socket.recv(65536)))
        return len(seen)


@pytest.mark.parametrize("kind", ["udp", "unix"])
def test_a_log_target_goes_and_comes_back(proxy, origin, tmp_path, kind):
    target = LogTarget(socket.AF_INET) if kind == "udp" else LogTarget(socket.AF_UNIX, str(tmp_path / "log"))
    place = f"127.0.0.1:{target.at[1]}" if kind == "udp" else target.at
    one = start(proxy, origin.ports, globals=f"log {place} local0", options="log global\n    option httplog")
    sent = itertools.count()

    def requests(count):
        for _ in range(count):
            assert fetch(one.port, f"/name?{next(sent)}").status == 200

    seen = set()
    requests(50)
    until(lambda: target.take(seen) == 50, 5, "50 lines")
    target.close()
    requests(100)
    target.open()
    requests(50)
    # A unix socket that is gone refuses, and the lines are kept; a datagram to nobody is lost like any other.
    wanted = 100 if kind == "udp" else 200
    until(lambda: target.take(seen) >= wanted, 8, f"{wanted} lines, {len(seen)} came")
    print(f"{kind}: 200 sent, 200 answered, {len(seen)} lines, {200 - len(seen)} lost while nobody was there")
    assert len(seen) >= wanted
    target.close()


def test_a_full_disk_costs_lines_and_nothing_else(proxy, origin):
    most = 6000

    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    one = start(proxy, origin.ports, globals="log stdout format raw local0", options="log global\n    option httplog",
                before=small_files)
    for n in range(100):
        assert fetch(one.port, f"/name?{n}").status == 200
    until(lambda: pathlib.Path(one.log_path).stat().st_size >= most - 300, 5, "the file to be full")
    assert one.running
    resource.prlimit(one.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for n in range(100, 150):
        assert fetch(one.port, f"/name?{n}").status == 200
    one.wait_line(r"/name\?149 ")
    lines = [line for line in one.lines if "GET /name?" in line]
    whole = [line for line in lines if re.fullmatch(r'127\.0\.0\.1:\d+ \[.*\] front servers/s1 .* "GET /name\?\d+ HTTP/1\.1"', line)]
    print(f"150 sent, 150 answered, {len(lines)} lines, {len(whole)} of them whole")
    assert len(lines) - len(whole) <= 1, "only the line that met the end of the disk may be cut"
    after = sum(int(re.search(r"/name\?(\d+) ", line)[1]) >= 100 for line in whole)
    assert after >= 49


@pytest.mark.skipif(SANITIZED, reason="the sanitizer's own memory is far beyond the limit")
def test_the_memory_limit_is_kept(proxy, origin, clients):
    raise_own_limit()
    limit = 48
    one = start(proxy, origin.ports, "-m", str(limit), threads=2)
    group, most = clients(one.port), 0
    answered = lost = 0
    body = b"x" * 60000
    for _ in range(4):
        new = group.connect(400)
        group.ask(new, b"POST /null HTTP/1.1\r\nHost: a\r\nContent-Length: 120000\r\n\r\n" + body)
        most = max(most, status_of(one.pid, "VmData"))
        for each in new:
            writable(each)
            rest = memoryview(body)
            while rest:
                writable(each)
                rest = rest[each.send(rest):]
        got = group.answers(new, seconds=60)
        most = max(most, status_of(one.pid, "VmData"))
        answered += sum(status == 200 for status in got.values())
        lost += 400 - len(got)
        group.leave(new[::2])
    print(f"-m {limit}: 1600 uploads of 120 kB, up to 1000 at once: {answered} answered, {lost} lost; {most} KiB allocated at most")
    assert (answered, lost) == (1600, 0)
    assert most <= limit * 1024


def private_files(**instead):
    """For the child: a mount namespace in which files of /etc are others."""
    def mount():
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.unshare(0x20000) == 0  # CLONE_NEWNS
        assert libc.mount(b"none", b"/", None, 0x44000, None) == 0  # MS_REC | MS_PRIVATE
        for name, path in instead.items():
            target = f"/etc/{name.replace('_', '.')}".encode()
            assert libc.mount(str(path).encode(), target, None, 0x1000, None) == 0  # MS_BIND
    return mount


@pytest.mark.skipif(subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0,
                    reason="no mount namespace to be had")
def test_names_are_gone_for_a_while(proxy, origin, tmp_path):
    hosts, servers = tmp_path / "hosts", tmp_path / "resolv"
    known = "127.0.0.1 origin.ringway.test\n"
    hosts.write_text(known)
    servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")  # nobody there: every question fails
    one = proxy(CONFIG, "--resolve-period", "50ms", threads=2, globals="", options="", bind="", front="", back="",
                servers=f"server s1 origin.ringway.test:{origin.ports[0]} check inter 100ms",
                before=private_files(hosts=hosts, resolv_conf=servers))
    counts = {}

    def requests(when, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            status = fetch(one.port).status
            counts[when, status] = counts.get((when, status), 0) + 1

    requests("known", 0.2)
    hosts.write_text("127.0.0.1 somebody.else\n")
    requests("gone", 1.0)  # asked twenty times in vain
    hosts.write_text(known.replace("127.0.0.1", "127.0.0.2"))
    one.wait_line(r"s1 changed its IP from 127\.0\.0\.1 to 127\.0\.0\.2")
    print(f"{sum(counts.values())} sent: {counts}")
    assert set(counts) == {("known", 200), ("gone", 200)}

"""A server that cannot be reached is one server's trouble: whatever the kernel says to socket(), bind() or connect(), others
are served as before, and the answer, the letters and the words in the log are HAProxy's. Ranges of source ports, abstract
unix sockets, and names under chroot."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from conftest import PATIENCE, exchange, fetch, free_port, until

GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
CONFIG = """
global
    log stdout format raw local0
    nbthread {threads}
defaults
    mode {mode}
    log global
    option {mode}log
    timeout connect 2s
    timeout client 10s
    timeout server 10s
    retries 2
listen healthy
    bind 127.0.0.1:{port}
    server s1 127.0.0.1:{origin}
"""


class Full:
    """A unix socket whose queue is full."""

    def __init__(self, path):
        self.path, self.held = str(path), []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(0)
        while True:
            one = socket.socket(socket.AF_UNIX)
            one.setblocking(False)
            try:
                one.connect(self.path)
            except BlockingIOError:
                return
            self.held.append(one)


def unreachable(tmp_path):
    """(name, what stands behind the server's name, what the log says of each try; None: nothing)."""
    missing, refusing = tmp_path / "missing", tmp_path / "refusing"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(refusing))
    dead.close()
    full = Full(tmp_path / "full")
    taken = socket.socket()
    taken.bind(("127.0.0.9", 0))
    taken.listen(1)
    return [
        ("address_elsewhere", "127.0.0.1:9 source 192.0.2.9", "Cannot bind to source address before connect() for backend {}."),
        ("port_in_use", f"127.0.0.1:9 source 127.0.0.9:{taken.getsockname()[1]}",
         "Cannot bind to source address before connect() for backend {}."),
        ("broadcast", "255.255.255.255:9", None),
        ("missing", missing, None),
        ("refusing", refusing, None),
        ("full", full.path, "Connect() failed for backend {}: can't connect to destination unix socket, check backlog size on the "
                            "server (Resource temporarily unavailable)."),
    ], (full, taken)


@pytest.mark.parametrize("mode", ["http", "tcp"])
@pytest.mark.parametrize("threads", [1, 4])
def test_what_one_server_lacks_nobody_else_feels(proxy, origin, tmp_path, mode, threads, together):
    rows, held = unreachable(tmp_path)
    ports = {name: free_port() for name, _, _ in rows}
    text = CONFIG.format(port="{port}", threads=threads, mode=mode, origin=origin.ports[0])
    for name, server, _ in rows:
        text += f"listen {name}\n    bind 127.0.0.1:{ports[name]}\n    server s1 {server}\n"
    one = proxy(text.replace("{port}", str(port := free_port())), port=port)
    stop, worst = threading.Event(), []

    def victim():
        while not stop.is_set():
            began = time.monotonic()
            assert fetch(port).status == 200
            worst.append(time.monotonic() - began)

    watch = threading.Thread(target=victim)
    watch.start()
    try:
        for _ in range(3):
            for name, answer in zip(ports, together(lambda name: exchange(ports[name], GET, timeout=9), list(ports))):
                assert answer[0][:12] == (b"HTTP/1.1 503" if mode == "http" else b""), (name, answer)
    finally:
        stop.set()
        watch.join()
    # A try that held the process would hold it for two seconds, as timeout connect says.
    assert worst and max(worst) < 1.9 * PATIENCE, max(worst)
    until(lambda: sum("SC" in line for line in one.lines) >= 3 * len(rows), 5, one.output[-2000:])
    for name, _, said in rows:
        letters = [line for line in one.lines if f" {name} {name}/s1 " in line]
        assert len(letters) == 3, letters
        for line in letters:
            # No pause between the tries: two would be two seconds.
            took = re.search(r" 0/0/-1/-1/(\d+) 503 " if mode == "http" else r" 0/-1/(\d+) 0 ", line)
            assert took and int(took[1]) < 1500 * PATIENCE, line
            assert re.search(r"SC(--)? ", line) and re.search(r"/2 \d+/\d+", line), line
        spoken = [line for line in one.lines if line.startswith(("Connect()", "Cannot bind")) and name in line]
        assert spoken == ([said.format(name)] * 9 if said else []), (name, spoken)


def test_the_next_server_is_tried_at_once(proxy, origin, tmp_path):
    text = CONFIG.format(port="{port}", threads=1, mode="http", origin=origin.ports[0]).replace("{port}", str(port := free_port()))
    front = free_port()
    text += f"""
listen both
    bind 127.0.0.1:{front}
    option redispatch
    server gone 127.0.0.1:9 source 192.0.2.9
    server here 127.0.0.1:{origin.ports[0]}
"""
    one = proxy(text, port=port)
    for _ in range(4):
        began = time.monotonic()
        assert fetch(front).status == 200
        assert time.monotonic() - began < 0.9 * PATIENCE  # a pause is a second
    assert one.running


class Holder:
    """An origin that answers once it is told to, and remembers where its clients came from."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port, self.ports, self.go = self.socket.getsockname()[1], [], threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                link, peer = self.socket.accept()
            except OSError:
                return
            self.ports.append(peer[1])
            threading.Thread(target=self.one, args=(link,), daemon=True).start()

    def one(self, link):
        data = b""
        with link, contextlib.suppress(ConnectionResetError):  # kept links are reset, not closed
            while piece := link.recv(65536):
                data += piece
                if data.endswith(b"\r\n\r\n"):
                    self.go.wait(20)
                    link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                    data = b""


def test_as_many_connections_as_ports_and_each_given_back(proxy, origin):
    holder = Holder()
    low = free_port()  # of 127.0.0.8 nobody has any
    foreign = socket.socket()
    foreign.bind(("127.0.0.8", low + 2))  # somebody else's: passed over
    foreign.listen(1)
    front = free_port()
    text = CONFIG.format(port="{port}", threads=2, mode="http", origin=origin.ports[0]).replace("{port}", str(port := free_port()))
    text += f"""
listen ranged
    bind 127.0.0.1:{front}
    server s1 127.0.0.1:{holder.port} source 127.0.0.8:{low}-{low + 4}
"""
    proxy(text, port=port)
    for _ in range(3):
        holder.go.clear()
        holder.ports.clear()
        links = [socket.create_connection(("127.0.0.1", front)) for _ in range(4)]
        for link in links:
            link.settimeout(10 * PATIENCE)
            link.sendall(GET)
        until(lambda: len(holder.ports) == 4, 5, f"four connections side by side: {holder.ports}")
        assert sorted(holder.ports) == [low, low + 1, low + 3, low + 4]
        assert fetch(front).status == 503  # no fifth port
        assert fetch(port).status == 200   # nobody else's trouble
        holder.go.set()
        for link in links:
            assert link.recv(1000).startswith(b"HTTP/1.1 200")
            link.close()


def test_ports_of_idle_connections_of_another_worker_are_no_reason_to_fail(proxy, origin):
    holder = Holder()
    holder.go.set()
    low, front = free_port(), free_port()
    text = CONFIG.format(port="{port}", threads=4, mode="http", origin=origin.ports[0]).replace("{port}", str(port := free_port()))
    text += f"""
listen ranged
    bind 127.0.0.1:{front}
    http-reuse always
    server s1 127.0.0.1:{holder.port} source 127.0.0.8:{low}-{low + 1}
"""
    proxy(text, port=port)
    for _ in range(40):  # one after the other, so that two ports are enough; the kernel spreads them over the workers
        assert fetch(front).status == 200


@pytest.mark.parametrize("kind", ["abns", "abnsz"])
def test_abstract_sockets_have_the_length_that_haproxy_gives_them(proxy, origin, kind):
    name, front = f"ringway-test-{os.getpid()}", free_port()
    text = CONFIG.format(port="{port}", threads=1, mode="http", origin=origin.ports[0]).replace("{port}", str(port := free_port()))
    text += f"""
listen inner
    bind {kind}@{name}
    server s1 127.0.0.1:{origin.ports[0]}
listen outer
    bind 127.0.0.1:{front}
    server s1 {kind}@{name}
"""
    proxy(text, port=port)
    assert fetch(front).status == 200
    shown = next(line.split()[-1] for line in pathlib.Path("/proc/net/unix").read_text().splitlines() if name in line)
    assert shown == ("@" + name).ljust(108, "@") if kind == "abns" else shown == "@" + name


NAMES = """
import pathlib, socket, subprocess, sys, threading, time
program, folder = sys.argv[1:]
def origin(address, word):
    listening = socket.create_server((address, 9023), backlog=64)
    def run():
        while True:
            link, _ = listening.accept()
            link.recv(65536)
            link.sendall(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(word), word))
            link.close()
    threading.Thread(target=run, daemon=True).start()
def hosts(text): pathlib.Path("/etc/hosts").write_text("127.0.0.1 localhost\\n" + text)
def ask(path):
    with socket.create_connection(("127.0.0.1", 9022)) as link:
        link.sendall(b"GET %s HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n" % path)
        data = b""
        while piece := link.recv(65536): data += piece
        return data.split(b"\\r\\n\\r\\n")[-1] if b" 200 " in data[:15] else data[9:12]
for address, word in (("127.77.9.3", b"old"), ("127.77.9.4", b"new"), ("127.77.9.5", b"late")): origin(address, word)
hosts("127.77.9.3 app.example\\n")
proxy = subprocess.Popen([program, "-db", "--resolve-period", "100ms", "-f", folder + "/chroot.cfg"])
def until(path, word):
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            if ask(path) == word: return
        except OSError: pass
        time.sleep(.05)
    sys.exit(f"{path} never said {word}, last {ask(path)}")
until(b"/", b"old")
assert ask(b"/late") == b"503"
hosts("127.77.9.4 app.example\\n127.77.9.5 late.example\\n")
until(b"/", b"new")
until(b"/late", b"late")
children = pathlib.Path(f"/proc/{proxy.pid}/task/{proxy.pid}/children").read_text().split()
assert len(children) == 1, children
status = pathlib.Path(f"/proc/{children[0]}/status").read_text()
assert "Uid:\\t65534\\t65534" in status, status
assert len(list(pathlib.Path(f"/proc/{children[0]}/fd").iterdir())) <= 4
proxy.terminate(); proxy.wait(10)
end = time.monotonic() + 10
while pathlib.Path(f"/proc/{children[0]}/stat").exists() and pathlib.Path(f"/proc/{children[0]}/stat").read_text().split()[2] != "Z":
    if time.monotonic() > end: sys.exit("the process outside lives on")
    time.sleep(.01)
"""


def can_unshare():
    return os.geteuid() == 0 and shutil.which("unshare") and subprocess.run(
        ["unshare", "-n", "-m", "true"], capture_output=True).returncode == 0


@pytest.mark.skipif(not can_unshare(), reason="needs root and namespaces")
def test_names_are_followed_from_a_jail(program, tmp_path):
    jail = tmp_path / "jail"
    jail.mkdir()
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    (tmp_path / "names.py").write_text(NAMES)
    (tmp_path / "chroot.cfg").write_text(textwrap.dedent(f"""
        global
          nbthread 2
          chroot {jail}
          uid 65534
          gid 65534
        defaults
          mode http
          timeout connect 2s
          timeout client 10s
          timeout server 10s
        frontend f
          bind 127.0.0.1:9022
          use_backend late if {{ path /late }}
          default_backend app
        backend app
          server s1 app.example:9023
        backend late
          server s1 late.example:9023 init-addr last,libc,none
    """))
    done = subprocess.run(["unshare", "-n", "-m", "sh", "-ec", "ip link set lo up; mount --make-rprivate /; "
                           "mount --bind \"$0\" /etc/hosts; exec \"$@\"", tmp_path / "hosts", sys.executable,
                           tmp_path / "names.py", program, tmp_path], capture_output=True, text=True, timeout=60 * PATIENCE)
    assert done.returncode == 0, done.stdout + done.stderr

"""Runs one table of misbehaviours against a proxy, and says of each what the client saw and what the log told.

A row is a function that plays both the client and the server, in one thread, over real sockets: the order of what happens
is the order of its lines. Every row has a frontend and a backend of its own, so that all rows run at the same time in
one process of the proxy. `outcomes(program, rows)` gives for each row a text such as

    504 closed | 504 sH-- nnn-n s1 +0

status and end as the client saw them (open: still connected), then for each log line the status, the termination
letters, which timers are set (n) or -1 (-), the server's name, and the retries.
"""
import fcntl
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time

PATIENCE = float(os.environ.get("RINGWAY_PATIENCE", "1"))
WAIT = 6 * PATIENCE      # longest wait for anything, seconds
GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
HTTP_LINE = re.compile(r" (?P<timers>[-+\d]+/[-+\d]+/[-+\d]+/[-+\d]+/[-+\d]+) (?P<status>[-\d]+) \+?(?P<bytes>\d+) \S+ \S+ "
                       r"(?P<letters>\S{4}) \S+?/(?P<retries>\+?\d+) \d+/\d+ ")
TCP_LINE = re.compile(r" (?P<timers>[-+\d]+/[-+\d]+/[-+\d]+) \+?(?P<bytes>\d+) (?P<letters>\S{2}) \S+?/(?P<retries>\+?\d+) \d+/\d+")
SERVER = re.compile(r"\] f_(?P<row>\w+)~? (?P<backend>[^/ ]+)/(?P<server>\S+) ")


class End:
    """One end of a connection, as a row plays it."""

    def __init__(self, link):
        self.link = link
        self.link.settimeout(WAIT)
        self.seen = b""
        self.how = "open"

    def send(self, data):
        try:
            self.link.sendall(data)
        except OSError:
            pass
        return self

    def flood(self, most=64 << 20):
        """Sends until the other side takes no more for a while; returns how many bytes went out."""
        sent, piece = 0, b"x" * 65536
        self.link.settimeout(0.15)
        try:
            while sent < most:
                sent += self.link.send(piece)
        except socket.timeout:
            pass
        except OSError:
            self.how = "reset"
        self.link.settimeout(WAIT)
        return sent

    def delivered(self):
        """Waits until the other side's kernel has all that was sent."""
        limit = time.monotonic() + WAIT
        while struct.unpack("i", fcntl.ioctl(self.link, termios.TIOCOUTQ, b"\0" * 4))[0] > 0 and time.monotonic() < limit:
            time.sleep(0.002)
        return self

    def until(self, mark, seconds=WAIT):
        """Reads until `mark` was seen (or the end)."""
        self.link.settimeout(seconds)
        try:
            while mark not in self.seen:
                piece = self.link.recv(65536)
                if not piece:
                    self.how = "closed" if self.how == "open" else self.how
                    break
                self.seen += piece
        except socket.timeout:
            pass
        except OSError:
            self.how = "reset"
        self.link.settimeout(WAIT)
        return self

    def rest(self, seconds=WAIT):
        """Reads to the end; how it ended is remembered. "open" when nothing ended it in that time."""
        return self.until(b"\0never\0", seconds)

    def half(self):
        try:
            self.link.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self

    def close(self):
        self.link.close()
        if self.how == "open":
            self.how = "left"
        return self

    def reset(self):
        self.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self.close()

    @property
    def status(self):
        found = [line[9:12].decode() for line in re.findall(rb"HTTP/1\.[01] \d\d\d", self.seen)]
        return ",".join(found) or "none"


class Stage:
    """What a row's function gets: its client and its server."""

    def __init__(self, row, port, listener):
        self.row, self.port, self.listener = row, port, listener
        self.first = None
        self.note = ""
        self.kept = []

    def client(self, data=b"", small=False):
        link = socket.socket()
        if small:  # a client that does not read fills up quickly
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.settimeout(WAIT)
        link.connect(("127.0.0.1", self.port))
        one = End(link)
        if self.first is None:
            self.first = one
        self.kept.append(one)
        return one.send(data) if data else one

    def server(self, until=b"\r\n\r\n", seconds=WAIT):
        """The next connection that comes to the server, after `until` was read from it."""
        self.listener.settimeout(seconds)
        link, _ = self.listener.accept()
        one = End(link)
        self.kept.append(one)
        return one.until(until) if until else one

    def nobody_comes(self, seconds=0.2):
        self.listener.settimeout(seconds * PATIENCE)
        try:
            self.kept.append(End(self.listener.accept()[0]))
            return False
        except socket.timeout:
            return True


class Row:
    def __init__(self, name, play, wanted, theirs=None, why="", front="", back="", server="", mode="http", kind="open",
                 compare_bytes=False):
        self.name, self.play, self.wanted, self.theirs, self.why = name, play, wanted, theirs, why
        self.front, self.back, self.server, self.mode, self.kind = front, back, server, mode, kind
        self.compare_bytes = compare_bytes
        if theirs and not why:
            raise ValueError(f"row {name}: a difference needs its reason")


def _indent(text):
    return "".join(f"    {line.strip()}\n" for line in text.split(";") if line.strip())


def configuration(rows, ports, servers, log_port):
    text = f"global\n    nbthread 1\n    maxconn 2000\n    log 127.0.0.1:{log_port} format raw local0\n"
    text += "defaults\n    log global\n    timeout client 5s\n    timeout server 5s\n    timeout connect 5s\n    retries 0\n"
    for row, port, to in zip(rows, ports, servers):
        log = "option httplog" if row.mode == "http" else "option tcplog"
        text += f"frontend f_{row.name}\n    mode {row.mode}\n    {log}\n    bind 127.0.0.1:{port}\n"
        text += _indent(row.front) + f"    default_backend b_{row.name}\n"
        text += f"backend b_{row.name}\n    mode {row.mode}\n" + _indent(row.back)
        text += f"    server s1 127.0.0.1:{to} {row.server}\n"
    return text


def _listener(kind):
    """open: accepts; full: a queue that is full, so that connecting hangs; refused: nobody there."""
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    if kind == "refused":
        return one, []
    one.listen(0 if kind == "full" else 64)
    fill = []
    if kind == "full":
        for _ in range(2):
            link = socket.socket()
            link.setblocking(False)
            link.connect_ex(one.getsockname())
            fill.append(link)
    return one, fill


def describe(row, lines):
    told = []
    for line in lines:
        found = (HTTP_LINE if row.mode == "http" else TCP_LINE).search(line)
        where = SERVER.search(line)
        if not found or not where:
            told.append("? " + line)
            continue
        timers = "".join("-" if word.lstrip("+") == "-1" else "n" for word in found["timers"].split("/"))
        status = found["status"] + " " if row.mode == "http" else ""
        size = f" {found['bytes']}B" if row.compare_bytes else ""
        told.append(f"{status}{found['letters']} {timers} {where['server']} {found['retries']}{size}")
    return " ; ".join(told) or "no line"


def outcomes(program, rows, folder=None, flags=("-db",)):
    """Runs all rows at the same time against `program`; {row name: outcome}."""
    from conftest import free_port, accepts
    folder = pathlib.Path(folder or tempfile.mkdtemp())
    log = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    log.bind(("127.0.0.1", 0))
    lines, ended = {}, threading.Event()

    def collect():
        log.settimeout(0.1)
        while True:
            try:
                line = log.recv(8192).decode(errors="replace")
            except socket.timeout:
                if ended.is_set():
                    return
                continue
            found = SERVER.search(line)
            if found:
                lines.setdefault(found["row"], []).append(line)

    listeners = [_listener(row.kind) for row in rows]
    servers = [one.getsockname()[1] for one, _ in listeners]
    ports = [free_port() for _ in rows]
    config = folder / f"{pathlib.Path(program).name}.cfg"
    config.write_text(configuration(rows, ports, servers, log.getsockname()[1]))
    collector = threading.Thread(target=collect)
    collector.start()
    output = open(folder / f"{pathlib.Path(program).name}.out", "wb")
    process = subprocess.Popen([str(program), *flags, "-f", str(config)], stdin=subprocess.DEVNULL, stdout=output,
                               stderr=subprocess.STDOUT)
    results = {}

    def play(row, port, listener):
        stage = Stage(row, port, listener)
        try:
            row.play(stage)
        except Exception as fault:  # told in the outcome, where it is compared
            stage.note = f" !{type(fault).__name__}: {fault}"
        saw = f"{stage.first.status} {stage.first.how}" if stage.first else "nobody"
        if row.mode == "tcp" and stage.first:
            saw = f"{stage.first.seen[:60].decode(errors='replace')!r} {stage.first.how}"
        limit = time.monotonic() + 10 * PATIENCE
        if "no line" not in row.wanted:
            while row.name not in lines and time.monotonic() < limit:
                time.sleep(0.02)
        results[row.name] = (saw, stage)

    try:
        until = time.monotonic() + 10 * PATIENCE
        while process.poll() is None and not accepts_quietly(ports[-1]):
            if time.monotonic() > until:
                raise AssertionError("the proxy did not start")
            time.sleep(0.02)
        if process.poll() is not None:
            raise AssertionError(f"{program} ended at start:\n" + pathlib.Path(output.name).read_text()[-3000:])
        threads = [threading.Thread(target=play, args=(row, port, one)) for row, port, (one, _) in
                   zip(rows, ports, listeners)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(0.2)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        ended.set()
        collector.join()
        output.close()
    text = pathlib.Path(output.name).read_text(errors="replace")
    if "AddressSanitizer" in text or "ThreadSanitizer" in text or "runtime error:" in text:
        raise AssertionError(text[:6000])
    told = {}
    for row in rows:
        saw, stage = results[row.name]
        mine = lines.get(row.name, [])
        if row.name == rows[-1].name and mine:
            mine = mine[1:] if " probe" in mine[0] else mine
        told[row.name] = f"{saw}{stage.note} | {describe(row, mine)}"
    for one, fill in listeners:
        one.close()
        for link in fill:
            link.close()
    return told


def accepts_quietly(port):
    """Whether somebody listens there, without connecting to it: a connection would be one more line in the log."""
    wanted = f":{port:04X} "
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(wanted in line.split("00000000:0000")[0] and " 0A " in line for line in table)

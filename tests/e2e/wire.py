"""The tables of tests/wire, and what plays the two ends of the wire: a recording origin, a client of raw bytes.

Notation of the tables (tests/wire/README.md): escapes as in C; \\{text*N} is text N times, %d in it the number;
\\| a pause between two writes; \\$ the end of the sender's bytes.
"""
import pathlib
import re
import socket
import threading
import time

import judge
from conftest import PATIENCE, ROOT, until  # noqa: F401

FOLDER = ROOT / "tests" / "wire"
PAUSE, END, BLINK = object(), object(), object()  # BLINK: as long as one read takes
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", '"': b'"'}


def pieces(text):
    """The notation as a list of bytes, PAUSE and END."""
    out, now, at = [], b"", 0
    while at < len(text):
        c = text[at]
        at += 1
        if c != "\\":
            now += c.encode()
            continue
        c = text[at]
        at += 1
        if c == "x":
            now += bytes([int(text[at:at + 2], 16)])
            at += 2
        elif c == "{":
            end = re.compile(r"\*(\d+)\}").search(text, at)
            body = text[at:end.start()]
            now += b"".join(b"".join(pieces(body.replace("%d", str(n)))) for n in range(int(end[1])))
            at = end.end()
        elif c in "|$":
            out += [now, PAUSE if c == "|" else END]
            now = b""
        else:
            now += ESCAPES[c]
    return [piece for piece in [*out, now] if piece != b""]


def plain(text):
    """The bytes alone."""
    return b"".join(piece for piece in pieces(text) if isinstance(piece, bytes))


def rows(name):
    for line in (FOLDER / name).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


def answers_as_haproxy(table):
    """{name: answers} of the rows of a table that come to something else with `h1-parsing haproxy`."""
    return {name: answers for kind, name, answers, *_ in rows("haproxy.tsv") if kind == table}


class Origin:
    """Answers what it can read with 200 (or what `answer` says), and keeps every byte, a connection apart."""

    def __init__(self, loose=False):
        self.loose = loose                # what judge.requests() is told
        self.seen, self.broken = [], []   # bytes of each connection; what the judge found
        self.answer = None                # pieces to send for each request; None: 200 and a small body
        self.greet = False                # sends its answer before it was asked
        self.played = 0                   # answers that were sent to their last byte
        self.rest = {}
        self._guard = threading.Lock()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._socket.getsockname()[1]
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._socket.close()

    def begin(self, answer=None, greet=False):
        """A new case: what came before is forgotten."""
        with self._guard:
            self.seen, self.broken, self.rest, self.connections, self.played = [], [], {}, 0, 0
            self.answer, self.greet = answer, greet

    def taken(self):
        """(whole requests, bytes of unfinished ones, what breaks the grammar)"""
        with self._guard:
            return list(self.seen), [rest for rest in self.rest.values() if rest], list(self.broken)

    def _accept(self):
        while True:
            try:
                link, _ = self._socket.accept()
            except OSError:
                return
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        data = b""
        with self._guard:
            self.connections += 1
        try:
            with link:
                greeted = self.greet
                if greeted and not play(link, self.answer):
                    return
                while True:
                    try:
                        found, data = judge.requests(data, loose=self.loose)
                    except judge.Broken as fault:
                        with self._guard:
                            self.broken.append(f"{fault} in {data[:2000]!r}")
                        return
                    with self._guard:
                        self.rest[id(link)] = data
                        self.seen += found
                    for request in found:
                        if greeted:
                            continue
                        if self.answer is not None:
                            whole = play(link, self.answer)
                            self.played += 1
                            if not whole:
                                return
                            continue
                        body = b"" if request.start[0] == b"HEAD" else b"ok " + request.start[1][:40]
                        size = len(b"ok " + request.start[1][:40])
                        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, body))
                    more = link.recv(65536)
                    if not more:
                        return
                    data += more
        except OSError:
            pass


def play(link, script, pause=0.02):
    """Sends pieces; False: the end was among them."""
    for piece in script:
        if piece is PAUSE:
            time.sleep(pause * PATIENCE)
        elif piece is BLINK:
            time.sleep(0.0005 * PATIENCE)
        elif piece is END:
            link.shutdown(socket.SHUT_WR)
            return False
        else:
            link.sendall(piece)
    return True


class Client:
    """A connection that sends anything and reads through the judge."""

    def __init__(self, port, timeout=3.0, loose=False):
        self.loose = loose                # what judge.responses() is told
        self.link = socket.create_connection(("127.0.0.1", port), timeout * PATIENCE)
        self.link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.data, self.ended, self.how = b"", False, ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.close()

    def send(self, script):
        try:
            return play(self.link, script)
        except OSError:
            return False  # refused before it was said to the end

    def _more(self, seconds):
        self.link.settimeout(seconds * PATIENCE)
        try:
            piece = self.link.recv(65536)
        except socket.timeout:
            return False
        except OSError:
            self.ended, self.how = True, "reset"
            return True
        if not piece:
            self.ended, self.how = True, self.how or "closed"
        self.data += piece
        return True

    def finals(self, methods):
        found, rest = judge.responses(self.data, methods, self.ended, self.loose)
        return [one for one in found if not 100 <= one.status < 200 or one.status == 101], rest

    def until(self, count, methods, seconds=3.0):
        """Waits for `count` final responses, or the end; returns them and what is left over."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            found, rest = self.finals(methods)
            left = end - time.monotonic()
            if len(found) >= count or self.ended or left <= 0:
                return found, rest
            self._more(left)

    def silent(self, seconds):
        """True: nothing more comes in that time."""
        return not self._more(seconds)

    def closed(self, seconds=3.0):
        """Waits for the end of what comes; True: it came."""
        end = time.monotonic() + seconds * PATIENCE
        while not self.ended and time.monotonic() < end:
            self._more(end - time.monotonic())
        return self.ended


def cpu(pid):
    """Nanoseconds that all threads of a process have run."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            pass
    return total


def settles(pid, window=0.02, most=1_000_000, seconds=5.0):
    """Waits until the process runs less than `most` nanoseconds in a window; False: it never does."""
    end = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < end:
        before = cpu(pid)
        time.sleep(window)
        if cpu(pid) - before < most:
            return True
    return False


CANARY = b"GET /canary HTTP/1.1\r\nHost: canary\r\n\r\n"


def next_is_answered(client, count, methods):
    """What is wrong with the connection for the request behind `count` answers; nothing when it is served."""
    client.send([CANARY])
    found, rest = client.until(count + 1, methods)
    if len(found) == count + 1 and found[-1].body.endswith(b"/canary"):
        return []
    return [f"the next request is not answered: {found[count:]} {rest[:100]!r}"]


def reached(origin, served):
    """(what is wrong with what reached the origin, its messages, parts of messages). `served`: the body of each request
    that was to reach it, None for any."""
    seen, rests, broken = origin.taken()
    faults = [f"reached the origin: {fault}" for fault in broken]
    seen = [each for each in seen if each.start[1] != b"/canary"]
    if len(seen) != len(served):
        faults.append(f"{len(seen)} messages reached the origin: {[each.raw[:200] for each in seen]}")
    for message, body in zip(seen, served):
        if body is not None and message.body != body:
            faults.append(f"the origin saw the body {message.body[:200]!r}")
    return faults, seen, rests

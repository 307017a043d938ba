"""PROXY headers, pages of errors, monitor-uri and probes: the same bytes to HAProxy and to the program, the same answers and
the same log lines, but for the differences that are listed here with their reason."""
import pathlib
import re
import shutil
import socket
import struct
import time

import pytest

from conftest import PATIENCE, Process, accepts, free_port, until

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
pytestmark = pytest.mark.skipif(not pathlib.Path(HAPROXY).exists(), reason="no haproxy here")

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = bytes([192, 0, 2, 1, 192, 0, 2, 2]) + struct.pack(">HH", 1111, 2222)
V6 = bytes.fromhex("20010db8000000000000000000000001" * 2) + struct.pack(">HH", 1111, 2222)
GET = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def v2(command, family, block):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(block)) + block


class Talk:
    """What came back, how it ended, how long that took. Silence of `seconds` ends it, once something came."""

    def __init__(self, port, data, shut=False, seconds=5.0):
        began = time.monotonic()
        self.bytes, self.end = b"", "silent"
        with socket.create_connection(("127.0.0.1", port), seconds * PATIENCE) as link:
            link.settimeout(max(seconds, 5.0) * PATIENCE)  # a busy machine may take its time for the first byte
            try:
                link.sendall(data)
                if shut:
                    link.shutdown(socket.SHUT_WR)
                while piece := link.recv(65536):
                    self.bytes += piece
                    link.settimeout(seconds * PATIENCE)
                self.end = "closed"
            except socket.timeout:
                pass
            except (ConnectionResetError, BrokenPipeError, OSError):
                self.end = "closed"  # by a reset: bytes of ours lay unread
        self.seconds = time.monotonic() - began


def plain(line):
    """A log line without what differs from run to run: ports of ours, dates, timers, counts."""
    line = re.sub(r"^127\.0\.0\.1:\d+", "127.0.0.1:PORT", line)
    line = re.sub(r"\[\d\d/\w+/[^\]]+\]", "[DATE]", line)
    line = re.sub(r" -?\d+(/-?\d+){4} (\d+) \+?\d+ ", r" TIMERS \2 BYTES ", line)
    line = re.sub(r" -?\d+(/-?\d+){2} \+?\d+ ", r" TIMERS BYTES ", line)
    return re.sub(r" \d+/\d+/\d+/\d+/\+?\d+ \d+/\d+( |$)", " COUNTS ", line)


@pytest.fixture
def both(proxy, program, tmp_path):
    """Starts HAProxy and the program on the same text; `{name}` for each name in `fronts` becomes a port of its own."""
    made = []

    def start(text, fronts, **more):
        out = []
        for which in ("haproxy", "ringway"):
            ports = {name: free_port() for name in fronts}
            config = text.format(**ports, **more)
            first = next(iter(ports.values()))
            if which == "ringway":
                one = proxy(config, port=first)
            else:
                path = tmp_path / "reference.cfg"
                path.write_text(config)
                one = Process([HAPROXY, "-db", "-f", path], tmp_path / "reference.log")
                made.append(one)
                until(lambda: accepts(first) or not one.running, 10, "HAProxy")
            one.wait_line(r"^127\.0\.0\.1:\d+ \[")  # of the connection that asked whether it is there
            out.append((one, ports))
        return out

    yield start
    for one in made:
        one.stop()


CONFIG = """
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 1s
    timeout server 2s
"""

PROXY_CONFIG = CONFIG + """
frontend named
    bind 127.0.0.1:{named} accept-proxy name pp
    default_backend servers
frontend nameless
    bind 127.0.0.1:{nameless} accept-proxy id 7
    option dontlognull
    default_backend servers
frontend bytes
    mode tcp
    option tcplog
    bind 127.0.0.1:{bytes} accept-proxy
    default_backend tcp_servers
backend servers
    server one 127.0.0.1:{origin}
backend tcp_servers
    mode tcp
    server one 127.0.0.1:{origin}
"""

# name, bytes, whether our side closes then; and where the two differ, why.
STRICT = "the specification is stricter"
TOLERANT = "the specification is more tolerant"
HEADERS = [
    ("v1", b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n" + GET, False, None),
    ("v1 v6", b"PROXY TCP6 2001:db8::1 2001:db8::2 1111 2222\r\n" + GET, False, None),
    ("v1 unknown", b"PROXY UNKNOWN\r\n" + GET, False, None),
    ("v1 unknown with more", b"PROXY UNKNOWN some thing\r\n" + GET, False, TOLERANT),
    ("v1 zero before a number", b"PROXY TCP4 192.0.02.1 192.0.2.2 1111 2222\r\n" + GET, False, STRICT),
    ("v1 zero before a port", b"PROXY TCP4 192.0.2.1 192.0.2.2 01111 2222\r\n" + GET, False, STRICT),
    ("v1 port too great", b"PROXY TCP4 192.0.2.1 192.0.2.2 65536 2222\r\n" + GET, False, STRICT),
    ("v1 two spaces", b"PROXY TCP4 192.0.2.1  192.0.2.2 1111 2222\r\n" + GET, False, None),
    ("v1 bare line feed", b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\n" + GET, False, None),
    ("v1 a word too many", b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222 3\r\n" + GET, False, None),
    ("v1 family and address", b"PROXY TCP4 2001:db8::1 192.0.2.2 1111 2222\r\n" + GET, False, None),
    ("v1 other protocol", b"PROXY TCP5 192.0.2.1 192.0.2.2 1111 2222\r\n" + GET, False, None),
    ("v1 lower case", b"proxy TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n" + GET, False, None),
    ("no header", GET, False, None),
    ("nothing", b"", True, None),
    ("the beginning of v1", b"PROXY TC", True, None),
    ("the beginning of v2", v2(0x21, 0x11, V4)[:20], True, None),
    ("v2", v2(0x21, 0x11, V4) + GET, False, None),
    ("v2 v6", v2(0x21, 0x21, V6) + GET, False, None),
    ("v2 local", v2(0x20, 0, b"") + GET, False, None),
    ("v2 local with addresses", v2(0x20, 0x11, V4) + GET, False, None),
    ("v2 unspec", v2(0x21, 0, b"") + GET, False, TOLERANT),
    ("v2 unix", v2(0x21, 0x31, bytes(216)) + GET, False, TOLERANT),
    ("v2 datagrams", v2(0x21, 0x12, V4) + GET, False, TOLERANT),
    ("v2 too short", v2(0x21, 0x11, V4[:8]) + GET, False, None),
    ("v2 command", v2(0x22, 0x11, V4) + GET, False, None),
    ("v2 version", v2(0x11, 0x11, V4) + GET, False, None),
    ("v2 family", v2(0x21, 0x41, V4) + GET, False, None),
    ("v2 value", v2(0x21, 0x11, V4 + b"\x04\0\x03abc") + GET, False, None),
    ("v2 value over the end", v2(0x21, 0x11, V4 + b"\x04\0\x09abc") + GET, False, "HAProxy's line names the header's client"),
    ("v2 checksum", v2(0x21, 0x11, V4 + b"\x03\0\x04abcd") + GET, False, "HAProxy's line names the header's client"),
    ("v2 large", v2(0x21, 0x11, V4 + b"\x04" + struct.pack(">H", 5000) + bytes(5000)) + GET, False, None),
    ("v2 larger than a buffer", v2(0x21, 0x11, V4 + b"\x04" + struct.pack(">H", 20000) + bytes(20000)) + GET, False,
     "HAProxy calls it truncated"),
    ("silence", b"", False, None),
]


def test_proxy_headers(both, origin):
    pair = both(PROXY_CONFIG, ("named", "nameless", "bytes"), origin=origin.ports[0])
    for front in ("named", "nameless", "bytes"):
        for name, data, shut, differs in HEADERS:
            if front != "named" and name.startswith("v"):
                if name not in ("v1", "v1 two spaces", "v2", "v2 command"):
                    continue
            seen = []
            for one, ports in pair:
                before = len(one.lines)
                talk = Talk(ports[front], data, shut)
                quiet = front == "nameless" and name in ("nothing", "silence")
                if not quiet:
                    until(lambda: len(one.lines) > before, 5, f"a line for {name}")
                seen.append((talk.bytes[:12], talk.end, [plain(line) for line in one.lines[before:]]))
                assert talk.bytes or "proxy" in seen[-1][2][0].lower() if seen[-1][2] else quiet, name
            if differs:
                assert seen[0] != seen[1], f"{name}: no longer different"
                continue
            assert seen[0] == seen[1], (front, name)
    refused = sum("PROXY protocol header" in line for line in pair[1][0].lines)
    assert refused > 25


def test_a_header_in_pieces_is_waited_for_until_the_limit(proxy, origin):
    port = free_port()
    one = proxy(PROXY_CONFIG, port=port, named=port, nameless=free_port(), bytes=free_port(), origin=origin.ports[0])
    for data in (b"PROXY TCP4 192.0", v2(0x21, 0x11, V4)[:27], b""):
        talk = Talk(port, data, seconds=30)
        assert not talk.bytes and talk.end == "closed"
        assert talk.seconds > 0.9
    until(lambda: sum("Timeout while waiting for PROXY protocol header" in line for line in one.lines) == 3, 5, "three lines")
    assert origin.count()[1] == 0


def test_the_same_server_for_a_thousand_addresses_behind_a_header(both, origins):
    three = origins(3)
    lines = "\n".join(f"    server s{n} 127.0.0.1:{port}" for n, port in enumerate(three.ports))
    pair = both(CONFIG + """
frontend f
    bind 127.0.0.1:{f} accept-proxy
    default_backend b
backend b
    balance source
""" + lines + "\n", ("f",))
    wanted = [f"TCP4 {n * 7 % 223 + 1}.{n % 256}.{n // 4}.{n * 13 % 251} 192.0.2.2" for n in range(500)]
    wanted += [f"TCP6 2001:db8:{n:x}::{n * n % 65536:x} 2001:db8::2" for n in range(500)]

    def served(port, address):
        with socket.create_connection(("127.0.0.1", port), 10 * PATIENCE) as link:
            link.sendall(f"PROXY {address} 1111 2222\r\n".encode() + GET)
            got = b""
            while piece := link.recv(65536):
                got += piece
        return re.search(rb"(?i)x-served-by: *([^\r]*)", got)[1]

    chosen = [[served(ports["f"], address) for address in wanted] for _, ports in pair]
    assert chosen[0] == chosen[1]
    assert len(set(chosen[1])) == 3


PAGES = {
    "plain": b"HTTP/1.0 503 Service Sorry\r\nCache-Control: no-cache\r\nContent-Type: text/html\r\n\r\n<b>sorry</b>\n",
    "feeds": b"HTTP/1.0 503 Service Sorry\nContent-Type: text/html\n\n<b>sorry</b>\n",
    "framed": b"HTTP/1.1 503 Sorry\r\nContent-Length: 3\r\nX-Mixed: Case\r\n\r\nabc",
    "framed_old": b"HTTP/1.0 503 Sorry\r\nContent-Length: 3\r\n\r\nabc",
    "other": b"HTTP/1.1 200 Fine\r\nX-A: b\r\nConnection: keep-alive\r\n\r\nok\n",
    "nothing": b"HTTP/1.1 503 Sorry\r\n\r\n",
    "no_content": b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n",
}

PAGES_CONFIG = CONFIG + """
frontend plain
    bind 127.0.0.1:{plain}
    errorfile 503 {folder}/plain.http
    errorfile 200 {folder}/other.http
    monitor-uri /alive
frontend feeds
    bind 127.0.0.1:{feeds}
    errorfile 503 {folder}/plain.http
    default_backend nobody
backend nobody
    errorfile 503 {folder}/feeds.http
frontend framed
    bind 127.0.0.1:{framed}
    errorfile 503 {folder}/framed.http
frontend framed_old
    bind 127.0.0.1:{framed_old}
    errorfile 503 {folder}/framed_old.http
frontend other
    bind 127.0.0.1:{other}
    errorfile 503 {folder}/other.http
    errorfile 400 /dev/null
frontend nothing
    bind 127.0.0.1:{nothing}
    errorfile 503 {folder}/nothing.http
frontend no_content
    bind 127.0.0.1:{no_content}
    errorfile 503 {folder}/no_content.http
frontend silent
    bind 127.0.0.1:{silent}
    errorfile 503 /dev/null
    errorfile 408 /dev/null
    monitor-uri /alive
frontend elsewhere
    bind 127.0.0.1:{elsewhere}
    errorfile 503 {folder}/plain.http
    errorloc 503 http://sorry.example/
frontend elsewhere_get
    bind 127.0.0.1:{elsewhere_get}
    errorloc303 503 /sorry
    monitor-uri http://whole.example/alive
frontend group
    bind 127.0.0.1:{group}
    errorfiles site 503
frontend group_over
    bind 127.0.0.1:{group_over}
    errorfile 503 {folder}/plain.http
    errorfiles site
    errorloc302 504 /x
http-errors site
    errorfile 503 {folder}/framed.http
    errorfile 400 /dev/null
"""


def test_files_that_cannot_be_sent_are_refused_at_start(run, tmp_path):
    bad = {"cut": b"HTTP/1.1 503 S\r\nX: y\r\n", "text": b"sorry", "length": b"HTTP/1.1 503 S\r\nContent-Length: 9\r\n\r\nx",
           "large": b"HTTP/1.1 503 S\r\n\r\n" + bytes(20000), "huge": b"HTTP/1.1 503 S\r\n\r\n" + bytes(2 << 20)}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    for name in [*bad, "absent", "."]:
        path = tmp_path / name
        config = tmp_path / "bad.cfg"
        config.write_text(CONFIG + f"frontend f\n    bind 127.0.0.1:{free_port()}\n    errorfile 503 {path}\n")
        done = run("-c", "-f", config)
        reference = Process([HAPROXY, "-c", "-f", config], tmp_path / "reference.log")
        assert reference.wait() == 1
        assert done.returncode == 1, name
        assert f"bad.cfg:{config.read_text().count(chr(10))}]" in done.stderr and "errorfile" in done.stderr, done.stderr
    assert run("-c", "--syntax-only", "-f", config).returncode == 0


@pytest.mark.parametrize("text", ["", "frontend f\n    bind 127.0.0.1:{port}\n    disabled\n", "backend b\n    server s 127.0.0.1:1\n"])
def test_nothing_to_listen_on(run, tmp_path, text):
    """-c says so and exits with 2; the proxy does not start, and does not sit there as if it served."""
    config = tmp_path / "none.cfg"
    config.write_text(f"global\n    maxconn 50\n{CONFIG}{text.format(port=free_port())}")
    reference = Process([HAPROXY, "-c", "-f", config], tmp_path / "reference.log")
    done = run("-c", "-f", config)
    assert (done.returncode, reference.wait()) == (2, 2)
    assert done.stdout and done.stdout in reference.output
    assert run("-c", "--syntax-only", "-f", config).returncode == 0
    reference = Process([HAPROXY, "-db", "-f", config], tmp_path / "start.log")
    started = run("-db", "-f", config)
    assert (started.returncode, reference.wait()) == (1, 1)
    assert "no frontend or listen section has a 'bind' line" in started.stderr


def test_a_command_socket_alone_is_a_listener(run, tmp_path):
    config = tmp_path / "commands.cfg"
    config.write_text(f"global\n    stats socket {tmp_path}/s\n")
    reference = Process([HAPROXY, "-c", "-f", config], tmp_path / "reference.log")
    assert (run("-c", "-f", config).returncode, reference.wait()) == (0, 0)


def request(target, version="1.1", method="GET", host="Host: a\r\n"):
    return f"{method} {target} HTTP/{version}\r\n{host}\r\n".encode()


def kept(talk):
    return (talk.bytes, talk.end)


def test_pages_of_errors(both, tmp_path):
    for name, content in PAGES.items():
        (tmp_path / f"{name}.http").write_bytes(content)
    fronts = re.findall(r"bind 127.0.0.1:\{(\w+)\}", PAGES_CONFIG)
    pair = both(PAGES_CONFIG, fronts, folder=tmp_path)
    probes = [request("/x"), request("/x", "1.0", host=""), request("/x", method="HEAD"),
              request("/x", "1.0", host="Connection: keep-alive\r\n")]
    for front in fronts:
        for probe in probes:
            seen = []
            for one, ports in pair:
                before = len(one.lines)
                talk = Talk(ports[front], probe, seconds=0.3)
                until(lambda: len(one.lines) > before, 5, "a line")
                seen.append((talk.bytes, talk.end, [plain(line) for line in one.lines[before:]]))
            assert seen[0] == seen[1], (front, probe)
    # A page for what cannot be read: HAProxy 2.6 heeds /dev/null alone there.
    for one, ports in pair:
        assert Talk(ports["other"], b"bad\r\n\r\n").bytes == b""
    assert Talk(pair[1][1]["silent"], b"bad\r\n\r\n").bytes.startswith(b"HTTP/1.1 400 ")
    # 408 from /dev/null.
    for one, ports in pair:
        assert Talk(ports["silent"], b"GET").bytes == b""
        one.wait_line(r" 408 .* cR-- ")


def test_monitor_uri(both, tmp_path):
    for name, content in PAGES.items():
        (tmp_path / f"{name}.http").write_bytes(content)
    fronts = re.findall(r"bind 127.0.0.1:\{(\w+)\}", PAGES_CONFIG)
    pair = both(PAGES_CONFIG, fronts, folder=tmp_path)
    monitors = [("silent", request("/alive")), ("silent", request("/alive", "1.0", host="")),
                ("silent", request("/alive", "1.0", host="Connection: keep-alive\r\n")),
                ("silent", request("/alive", method="HEAD")), ("silent", request("http://a/alive")),
                ("silent", request("/alive") * 2), ("plain", request("/alive")),
                ("elsewhere_get", request("http://whole.example/alive", host="Host: whole.example\r\n"))]
    others = [("silent", request("/alive?x=1")), ("silent", request("/alive/")), ("silent", request("/ALIVE")),
              ("elsewhere_get", request("/alive", host="Host: whole.example\r\n"))]
    for front, probe in monitors:
        answers = [kept(Talk(ports[front], probe, seconds=0.3)) for _, ports in pair]
        assert answers[0] == answers[1], probe
        assert b" 200 " in answers[1][0]
    for one, _ in pair:
        assert not any("alive" in line for line in one.lines)
    for front, probe in others:
        seen = []
        for one, ports in pair:
            before = len(one.lines)
            talk = Talk(ports[front], probe, seconds=0.3)
            until(lambda: len(one.lines) > before, 5, "a line")
            seen.append((talk.bytes, talk.end, [plain(line) for line in one.lines[before:]]))
        assert seen[0] == seen[1], probe


PROBES_CONFIG = CONFIG + """
    timeout http-request 300ms
frontend as_it_is
    bind 127.0.0.1:{as_it_is}
frontend unlogged
    bind 127.0.0.1:{unlogged}
    option dontlognull
frontend ignored
    bind 127.0.0.1:{ignored}
    option http-ignore-probes
frontend both_options
    bind 127.0.0.1:{both_options}
    option http-ignore-probes
    option dontlognull
defaults
    mode http
    log global
    timeout client 1s
frontend short
    bind 127.0.0.1:{short}
"""


def test_connections_that_say_nothing(both):
    fronts = re.findall(r"bind 127.0.0.1:\{(\w+)\}", PROBES_CONFIG)
    pair = both(PROBES_CONFIG, fronts)
    rows = [("silence", b"", False), ("closed at once", b"", True), ("half a head", b"GET / HT", False),
            ("half a head and closed", b"GET / HT", True), ("no head", b"GET\r\n\r\n", False),
            ("a head", request("/"), False)]
    for front in fronts:
        for name, data, shut in rows:
            seen = []
            for one, ports in pair:
                before = len(one.lines)
                talk = Talk(ports[front], data, shut)
                status = talk.bytes[9:12]
                # The line of a connection that is logged comes before the next one's.
                Talk(ports["as_it_is"], request("/mark"), seconds=0.3)
                until(lambda: any("/mark" in line for line in one.lines[before:]), 5, "the mark")
                lines = [plain(line) for line in one.lines[before:] if "/mark" not in line]
                seen.append((status, talk.end, [re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", line) for line in lines]))
            assert seen[0] == seen[1], (front, name)

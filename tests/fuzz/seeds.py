#!/usr/bin/env python3
"""Seeds of a fuzz target, from the tables and configurations that the tests have.

usage: tests/fuzz/seeds.py TARGET FOLDER

A function of the target's name yields bytes; a target without one starts from nothing.
"""
import hashlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
WIRE = ROOT / "tests" / "wire"
ESCAPES = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\", '"': b'"', "|": b"", "$": b""}


def plain(text):
    """The bytes of the notation of tests/wire; long repetitions are kept short: length is no idea."""
    out, at = b"", 0
    while at < len(text):
        c, at = text[at], at + 1
        if c != "\\":
            out += c.encode()
            continue
        c, at = text[at], at + 1
        if c == "x":
            out, at = out + bytes([int(text[at:at + 2], 16)]), at + 2
        elif c == "{":
            end = re.compile(r"\*(\d+)\}").search(text, at)
            body = text[at:end.start()]
            out += b"".join(plain(body.replace("%d", str(n))) for n in range(min(int(end[1]), 120)))
            at = end.end()
        else:
            out += ESCAPES[c]
    return out


def column(table, number):
    for line in (WIRE / table).read_text().splitlines():
        if line and not line.startswith("#"):
            yield plain(line.split("\t")[number])


def request():
    yield from column("requests.tsv", 2)


def response():
    yield from column("responses.tsv", 2)


def plain_head():
    yield from request()
    yield from response()


def chunk():
    for one in [*request(), *response()]:
        head, _, body = one.partition(b"\r\n\r\n")
        if b"chunked" in head and body:
            yield body


def config():
    for folder in ("conf", "tests/conf", "compose"):
        for path in sorted((ROOT / folder).rglob("*.cfg")):
            yield path.read_bytes()


def log():
    for style in range(4):
        for room in (3, 30, 120, 255):
            yield bytes([style, room]) + b"GET\0/a?b=%d\"#{|}\0HTTP/1.1\0\0c=zz\0c=yy\0why\0odd \xc3\xa9 \t\0x"
            yield bytes([style, room]) + b"\0\0\0raw \x01 \x7f line\0\0\0\0\0"


def transaction():
    """Stage directions: see fuzz_transaction.cpp."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    plain_get = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
    for n, one in enumerate(request()):
        yield bytes([n % 4]) + one + b"\xf7\xf2" + answer + b"\xf7"
        yield b"\x00" + one[:len(one) // 2] + b"\xf7" + one[len(one) // 2:] + b"\xf7\xf2" + answer + b"\xf7\xf0" + plain_get
    for n, one in enumerate(response()):
        yield bytes([n % 4]) + plain_get + b"\xf7\xf2" + one + b"\xf7\xf0" + plain_get + b"\xf7"
    post = b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    for way in (b"\xf4", b"\xf3", b"\xf5\x40", b"\xf2\xf4", b"\xf2\xf3", b"\xf2" + answer + b"\xf7\xf5\x40",
                b"0\r\n\r\n\xf2" + answer, b"\xf6\xf2" + answer, b"\xf1" + plain_get + b"\xf7\xf2" + answer):
        for kind in range(4):
            yield bytes([kind]) + post + b"\xf7" + way + b"\xf7"
    switch = b"HTTP/1.1 101 Go\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
    yield b"\x00GET /c HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n\xf7\xf2" + switch + b"\xf7abc\xf0def\xf7\xf3"


def proxy_header():
    signature, v4, v6 = b"\r\n\r\n\0\r\nQUIT\n", bytes(range(12)), bytes(range(36))
    yield from (b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 65535\r\nGET", b"PROXY TCP6 2001:db8::1 ::ffff:1.2.3.4 0 1\r\n",
                b"PROXY UNKNOWN and more\r\n", b"PROXY TCP5 ")
    values = (b"", b"\x04\0\x03abc", b"\x03\0\x04\0\0\0\0", b"\x02\0\x01a\x05\0\x02id",
              b"\x20\0\x0c\1\0\0\0\0\x21\0\x04TLS1")
    for command, family, block in ((0x21, 0x11, v4), (0x21, 0x21, v6), (0x21, 0x31, bytes(216)), (0x20, 0, b"")):
        for value in values:
            whole = block + value
            yield signature + bytes([command, family, len(whole) >> 8, len(whole) & 255]) + whole


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for one in globals().get(target, lambda: ())():
        (folder / hashlib.sha1(one).hexdigest()).write_bytes(one)


if __name__ == "__main__":
    main()

"""Hostile bytes from both sides, over real sockets: tests/wire/requests.tsv and responses.tsv, row by row. A judge that
shares nothing with the engine (judge.py) reads everything that reaches the origin and everything the client gets."""
import random
import re
import select

import pytest

import judge
import wire

CONFIG = """
global
    nbthread 1
    h1-parsing {parsing}
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    retries 0
    no option abortonclose
    {options}
frontend fe
    bind 127.0.0.1:{port}
    default_backend be
backend be
    http-reuse {reuse}
    server s1 127.0.0.1:{server}
"""


@pytest.fixture
def rig(proxy):
    origin = wire.Origin()

    def start(options="", reuse="always", parsing="strict"):
        one = proxy(CONFIG, options=options, server=origin.port, reuse=reuse, parsing=parsing)
        one.origin = origin
        origin.loose = parsing == "haproxy"
        return one

    yield start
    origin.close()


def expected(column):
    """"200=hello 400" -> [(200, b"hello"), (400, None)], stays open"""
    if column == "wait":
        return [], True
    # A body may hold blanks: statuses begin a new answer only where "NNN" or "NNN=" follows.
    parts = re.split(r" (?=\d{3}(?:=| |$)|closed$)", column)
    answers = []
    for part in parts:
        if part == "closed":
            return answers, False
        status, has_body, body = part.partition("=")
        answers.append((int(status), wire.plain(body) if has_body else None))
    return answers, answers[-1][0] == 200


def one_request(one, name, answers_column, script_column):
    """Runs one row; returns what is wrong with it."""
    origin = one.origin
    origin.begin()
    answers, open_end = expected(answers_column)
    script = wire.pieces(script_column)
    raw = b"".join(piece for piece in script if isinstance(piece, bytes))
    methods = [b"HEAD" if raw.startswith(b"HEAD ") else b"GET"] + [b"GET"] * len(answers)
    faults = []
    with wire.Client(one.port, loose=origin.loose) as client:
        client.send(script)
        try:
            if answers_column == "wait":
                if not client.silent(0.05):
                    faults.append(f"answered {client.data[:200]!r}")
                if not wire.settles(one.pid):
                    faults.append("busy while it waits")
            else:
                found, rest = client.until(len(answers), methods)
                if [each.status for each in found] != [status for status, _ in answers]:
                    faults.append(f"answered {[each.status for each in found]}, left over {rest[:200]!r}")
                if not open_end:
                    if not client.closed():
                        faults.append("the connection stays open")
                    client.finals(methods[:len(answers)])
                elif wire.END not in script and not faults:
                    faults += wire.next_is_answered(client, len(answers), methods + [b"GET"])
        except judge.Broken as fault:
            faults.append(f"the client got {fault}")
    served = [body for status, body in answers if status == 200]
    wrong, _, rests = wire.reached(origin, served)
    faults += wrong
    if answers_column != "wait" and 0 < len(rests) and not any(piece is wire.END for piece in script) and not served:
        faults.append(f"a part reached the origin: {rests!r}")
    if not wire.settles(one.pid):
        faults.append("busy afterwards")
    return [f"{name}: {fault}" for fault in faults]


BOTH = pytest.mark.parametrize("parsing", ["strict", "haproxy"])


def answers_of(table, parsing):
    """Rows with the answers that this way of parsing gives."""
    other = wire.answers_as_haproxy(table) if parsing == "haproxy" else {}
    return [(name, other.pop(name, answers), script) for name, answers, script, _ in wire.rows(table + ".tsv")], other


@BOTH
def test_requests_row_by_row(rig, parsing):
    one = rig(parsing=parsing)
    wrong, count = [], 0
    rows, unknown = answers_of("requests", parsing)
    assert not unknown
    for name, answers, script in rows:
        wrong += one_request(one, name, answers, script)
        count += 1
        assert one.running, f"ended at {name}"
    assert not wrong, f"{len(wrong)} of {count} rows:\n" + "\n".join(wrong)
    assert count > 400


def one_response(one, name, answer, script_column, early=False):
    """Runs one row; returns what is wrong with it."""
    origin = one.origin
    origin.begin(wire.pieces(script_column), greet=early)
    words = answer.split(" ")
    status, has_body, body = words[0].partition("=")
    method = b"HEAD" if name.startswith("head-") else b"GET"
    faults = []
    connections = origin.connections
    client = wire.Client(one.port, loose=origin.loose)
    try:
        client.send([b"%s /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (method, name.encode())])
        if "cut" in words:
            if not client.closed():
                faults.append("the connection stays open")
            found, rest = client.finals([method])
            if found or not rest.startswith(b"HTTP/1.1 " + status.encode()):
                faults.append(f"not seen to be cut: {client.data[:200]!r}")
        else:
            found, rest = client.until(1, [method])
            if [each.status for each in found] != [int(status)]:
                faults.append(f"answered {client.data[:300]!r}, {client.how}")
            elif has_body and found[0].body != wire.plain(body):
                faults.append(f"the body is {found[0].body[:200]!r}")
            if found and b"close" in found[0].options() and not client.closed():
                faults.append("the connection stays open after close")
        # The next request: its own answer, over a connection of its own unless this one may be kept.
        origin.answer, origin.greet = None, False
        used = origin.connections
        if "late" in words:
            wire.until(lambda: origin.played, 5, "the late bytes to be sent")
        fresh = client if not client.ended else wire.Client(one.port, loose=origin.loose)
        before = len(client.finals([method])[0]) if fresh is client else 0
        fresh.send([wire.CANARY])
        found, rest = fresh.until(before + 1, [method] * before + [b"GET"])
        if len(found) <= before or found[-1].status != 200 or not found[-1].body.endswith(b"/canary"):
            faults.append(f"the next request is not answered by its own answer: {fresh.data[:300]!r}")
        reused = origin.connections == used
        if reused != ("keeps" in words):
            faults.append("the server's connection is used again" if reused else "the server's connection is not kept")
        if fresh is not client:
            fresh.link.close()
    except judge.Broken as fault:
        faults.append(f"the client got {fault}")
    finally:
        client.link.close()
    _, _, broken = origin.taken()
    faults += [f"reached the origin: {fault}" for fault in broken]
    letters = next((word for word in words[1:] if word.isupper() and len(word) == 2), "--")
    line = one.wait_line(rf'"{method.decode()} /{re.escape(name)} HTTP/1.1"')
    got = re.search(r" - - (\S\S)-- ", line)
    if not got or got[1] != letters:
        faults.append(f"logged {line}")
    if not wire.settles(one.pid):
        faults.append("busy afterwards")
    return [f"{name}: {fault}" for fault in faults]


@BOTH
def test_responses_row_by_row(rig, parsing):
    one = rig(parsing=parsing)
    wrong, count = [], 0
    rows, unknown = answers_of("responses", parsing)
    assert not unknown
    for name, answer, script in rows:
        count += 1
        if not name.startswith("early-") and answer != "wait":
            wrong += one_response(one, name, answer, script)
        assert one.running, f"ended at {name}"
    assert not wrong, f"{len(wrong)} faults in {count} rows:\n" + "\n".join(wrong)
    assert count > 100


def test_a_response_that_comes_before_its_request(rig):
    one = rig(reuse="never", options="option http-server-close")
    rows = [row for row in wire.rows("responses.tsv") if row[0].startswith("early-")]
    for name, answer, script, _ in rows:
        assert not one_response(one, name, answer.replace(" keeps", ""), script, early=True)
    assert rows


def alone(one, script, wait=3.0):
    """Sends, closes its side, reads to the end: (statuses, whole requests at the origin, faults)."""
    one.origin.begin()
    with wire.Client(one.port) as client:
        client.send([*script, wire.END])
        ended = client.closed(wait)
        seen, _, broken = one.origin.taken()
        faults = [] if ended else ["stays open"]
        try:
            methods = [each.start[0] for each in seen]
            found, rest = client.finals([*methods, b"GET"])
            if rest:  # a refused HEAD is answered without a body
                found, rest = client.finals([*methods, b"HEAD"])
        except judge.Broken as fault:
            found, rest, faults = [], b"", [*faults, f"the client got {fault}"]
        if rest:
            faults.append(f"an incomplete answer {rest[:100]!r}")
    return [each.status for each in found], seen, faults + [f"reached the origin: {fault}" for fault in broken]


def again_by_h11(message):
    """The message as an independent parser reads it: (method, target, body), and nothing is left."""
    h11 = pytest.importorskip("h11")
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(message.raw)
    head, body = reader.next_event(), b""
    assert isinstance(head, h11.Request), message.raw
    while True:
        event = reader.next_event()
        if isinstance(event, h11.EndOfMessage):
            break
        assert isinstance(event, h11.Data), (event, message.raw)
        body += event.data
    assert reader.trailing_data[0] == b"", message.raw
    return head.method, head.target, body


def mutations(count, seed):
    """Messages near those of the table: bytes, lines and lengths changed."""
    dice = random.Random(seed)
    bases = [wire.plain(row[2]) for row in wire.rows("requests.tsv")]
    bases = [base for base in bases if 20 < len(base) < 1500]
    odd = [b"\r", b"\n", b"\0", b" ", b"\t", b":", b";", b",", b"\x0b", b"\x7f", b"\x80", b"\xff", b"0", b"9", b"\r\n", b"#",
           b"chunked", b"Content-Length: 3\r\n", b"Transfer-Encoding: chunked\r\n", b"Host: b\r\n", b"HTTP/1.0", b"\r\n\r\n"]
    for _ in range(count):
        message = bytearray(dice.choice(bases))
        for _ in range(dice.choice((1, 1, 1, 2, 3))):
            at = dice.randrange(len(message) + 1)
            kind = dice.randrange(6)
            if kind == 0:
                message[at:at] = dice.choice(odd)
            elif kind == 1:
                del message[at:at + dice.choice((1, 1, 2, 5))]
            elif kind == 2:
                message[at:at + 1] = dice.choice(odd)
            elif kind == 3:
                lines = bytes(message).split(b"\r\n")
                line = dice.randrange(len(lines))
                lines.insert(dice.randrange(len(lines) + 1), lines[line])
                message = bytearray(b"\r\n".join(lines))
            elif kind == 4:
                other = dice.choice(bases)
                message = bytearray(bytes(message[:at]) + other[dice.randrange(len(other)):])
            else:
                message += dice.choice(bases)
            if not message:
                message = bytearray(b"X")
        yield bytes(message)


@BOTH
@pytest.mark.parametrize("lenient", [False, True], ids=["plain", "lenient"])
def test_whatever_is_accepted_is_one_message_to_others(rig, lenient, parsing):
    one = rig("option accept-unsafe-violations-in-http-request" if lenient else "", parsing=parsing)
    statuses, wrong, read = {}, [], 0
    for message in mutations(300, seed=7 if lenient else 11):
        got, seen, faults = alone(one, [message])
        # What the option lets through by its meaning: no Host, another Host, a fragment, bytes above 127, CONNECT.
        meant = [each for each in faults if re.match(r"reached the origin: (0 Host|Host: |not a request|b'h|CONNECT)", each)]
        if lenient and (meant or b"CONNECT" in message):
            faults = [each for each in faults if each not in meant and not each.startswith("the client got")]
        wrong += [f"{message!r}: {fault}" for fault in faults]
        for status in got:
            statuses[status] = statuses.get(status, 0) + 1
        for each in seen:
            host = each.one(b"host")
            if each.start[1].startswith((b"/", b"h", b"*")) and host and judge.HOST.fullmatch(host):
                assert again_by_h11(each) == (each.start[0], each.start[1], each.body)
                read += 1
        assert one.running
    assert not wrong, "\n".join(wrong[:20])
    assert statuses.get(200, 0) > 30 and statuses.get(400, 0) > 30, statuses
    assert read > 30
    assert wire.settles(one.pid)


CUT = ["te-trailing-ows", "chunk-ext-quoted", "chunk-trailer-host", "cl-list-same", "hf-te-trailers", "pipe-posts",
       "te-space-before-colon", "tecl-both", "chunk-spill", "chunk-ext-cr", "rl-bare-lf", "hf-fold", "host-dup-same", "cl-hex"]


@pytest.mark.parametrize("name", CUT)
def test_every_cut_of_a_message_gives_the_same(rig, name):
    """Two writes that meet at each byte, and drop by drop; the parsers' own test does it for every row."""
    one = rig()
    message = wire.plain(next(row[2] for row in wire.rows("requests.tsv") if row[0] == name))
    whole = alone(one, [message])
    shape = (whole[0], [(each.start, each.fields, each.body, each.trailers) for each in whole[1]])
    assert not whole[2]
    for cut in range(1, len(message)):
        got = alone(one, [message[:cut], wire.BLINK, message[cut:]])
        assert not got[2]
        assert (got[0], [(each.start, each.fields, each.body, each.trailers) for each in got[1]]) == shape, cut
    drops = [piece for byte in message for piece in (bytes([byte]), wire.BLINK)]
    got = alone(one, drops, 10)
    assert (got[0], [(each.start, each.fields, each.body, each.trailers) for each in got[1]], got[2]) == (*shape, [])


REFUSED = {  # request, status, letters, and what the log knows of the request
    "te-twice": ("400", "PR", "<BADREQ>"), "te-gzip-chunked": ("422", "PR", "<BADREQ>"),
    "rl-connect-no-port": ("400", "PR", "<BADREQ>"), "rl-http-2.0": ("505", "PR", "<BADREQ>"),
    "cl-http10-get": ("413", "PR", "<BADREQ>"), "hf-huge-64k": ("431", "PR", "<BADREQ>"),
    "rl-target-too-long": ("414", "PR", "<BADREQ>"), "host-missing": ("400", "PR", "<BADREQ>"),
    "rl-tls-hello": ("400", "PR", "<BADREQ>"),
}


def test_refusals_are_logged_with_haproxys_letters(rig):
    one = rig()
    table = {row[0]: row[2] for row in wire.rows("requests.tsv")}
    seen = 0
    for name, (status, letters, request) in REFUSED.items():
        alone(one, [wire.plain(table[name])])
        line = wire.until(lambda: next((each for each in one.lines[seen:] if " - - CR" not in each and not each.startswith("[")), None), 5, "a line")
        seen = len(one.lines)
        assert re.search(rf" fe fe/<NOSRV> -1/-1/-1/-1/\d+ {status} \d+ - - {letters}-- .* \"{request}\"$", line), line


def test_a_body_after_an_early_answer_is_never_a_request(proxy):
    """CVE-2025-4366: the server answers at the head; what the client sends then is still the body."""
    hidden = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    for framing, body in ((b"Content-Length: %d" % len(hidden), hidden),
                          (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(hidden), hidden))):
        # A server of its own: the canary that it leaves unanswered is asked again on a fresh connection.
        with wire.socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(5)
            one = proxy(CONFIG, options="", reuse="always", server=server.getsockname()[1], parsing="strict")
            with wire.Client(one.port) as client:
                client.send([b"POST /early HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n"])
                first, _ = server.accept()
                reached = {first: first.recv(65536)}
                first.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
                found, _ = client.until(1, [b"POST"])
                assert [each.status for each in found] == [403]
                # Whether the connection goes on or not: the body is no request, only what follows it may be one.
                client.send([body, wire.CANARY])
                for _ in range(8):
                    for link in select.select([server, *reached], [], [], 0.05 * wire.PATIENCE)[0]:
                        if link is server:
                            reached[server.accept()[0]] = b""
                        else:
                            reached[link] += link.recv(65536)
                for link, data in reached.items():
                    link.close()
                    whole, rest = judge.requests(data)
                    assert {each.start[1] for each in whole} <= {b"/early", b"/canary"}
                    assert not rest or rest.startswith(b"POST /early ")
        assert not [line for line in one.lines if "smuggled" in line]

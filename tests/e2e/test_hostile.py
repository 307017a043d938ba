"""Hostile bytes from both sides, over real sockets: tests/wire/requests.tsv and responses.tsv, row by row. A judge that
shares nothing with the engine (judge.py) reads everything that reaches the origin and everything the client gets."""
import re

import pytest

import judge
import wire

CONFIG = """
global
    nbthread 1
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    retries 0
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

    def start(options="", reuse="always"):
        one = proxy(CONFIG, options=options, server=origin.port, reuse=reuse)
        one.origin = origin
        return one

    yield start
    origin.close()


CANARY = b"GET /canary HTTP/1.1\r\nHost: canary\r\n\r\n"


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
    with wire.Client(one.port) as client:
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
                    client.send([CANARY])
                    found, rest = client.until(len(answers) + 1, methods + [b"GET"])
                    if len(found) != len(answers) + 1 or not found[-1].body.endswith(b"/canary"):
                        faults.append(f"the next request is not answered: {found[len(answers):]} {rest[:100]!r}")
        except judge.Broken as fault:
            faults.append(f"the client got {fault}")
    seen, rests, broken = origin.taken()
    faults += [f"reached the origin: {fault}" for fault in broken]
    seen = [each for each in seen if each.start[1] != b"/canary"]
    served = [body for status, body in answers if status == 200]
    if len(seen) != len(served):
        faults.append(f"{len(seen)} messages reached the origin: {[each.raw[:200] for each in seen]}")
    for message, body in zip(seen, served):
        if body is not None and message.body != body:
            faults.append(f"the origin saw the body {message.body[:200]!r}")
    if answers_column != "wait" and 0 < len(rests) and not any(piece is wire.END for piece in script) and not served:
        faults.append(f"a part reached the origin: {rests!r}")
    if not wire.settles(one.pid):
        faults.append("busy afterwards")
    return [f"{name}: {fault}" for fault in faults]


def test_requests_row_by_row(rig):
    one = rig()
    wrong, count = [], 0
    for name, answers, script, _ in wire.rows("requests.tsv"):
        wrong += one_request(one, name, answers, script)
        count += 1
        assert one.running, f"ended at {name}"
    assert not wrong, f"{len(wrong)} of {count} rows:\n" + "\n".join(wrong)
    assert count > 400

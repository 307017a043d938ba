"""Health of servers beside HAProxy: the sentences of servers that track others, the time limit of a check's connect, and
what monitor-uri says of it all. The same configuration for both; what they say is compared."""
import re
import socket

import pytest

from conftest import PATIENCE, fetch, free_port, until
from test_beside_haproxy import CONFIG, both, pytestmark  # noqa: F401 (a fixture, and what it needs)

SENTENCE = re.compile(r"(?:Backup )?(?:[Ss]erver |Health |backend |proxy ).*")


def sentences(one, count):
    """The first `count` sentences about servers, without what differs from run to run."""
    def look():
        found = [line for line in one.lines if SENTENCE.fullmatch(line)]
        return found if len(found) >= count else None
    found = until(look, 10, f"{count} sentences in {one.output[-2000:]}")
    # 2.6 says of a refused connection only what stands in the brackets.
    found = [re.sub(r'"E[A-Z]+ returned by OS \((.*?)\)"', r'"\1"', line) for line in found]
    return [re.sub(r"duration: \d+ms", "duration: Nms", line) for line in found]


class Switch:
    """A listening socket that can be taken away and given back."""

    def __init__(self):
        self.port = free_port()
        self.on()

    def on(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(("127.0.0.1", self.port))
        self.socket.listen(64)

    def off(self):
        self.socket.close()


@pytest.fixture
def switch():
    one = Switch()
    yield one
    one.off()


TRACK = CONFIG + """
frontend front
    bind 127.0.0.1:{front}
    monitor-uri /alive
    monitor fail if {{ nbsrv(b) lt 2 }}
    monitor fail unless {{ nbsrv(c) gt 0 }}
    default_backend a
backend a
    server s1 127.0.0.1:{server} check inter 50ms rise 2 fall 2
    server off 127.0.0.1:{server} check inter 50ms disabled
backend b
    server t1 127.0.0.1:{server} track a/s1
    server t2 127.0.0.1:{server} track a/s1
    server t3 127.0.0.1:{server} track t2
    server t4 127.0.0.1:{server} track a/off
listen c
    bind 127.0.0.1:{other}
    server u1 127.0.0.1:{server} track b/t1 backup
    server u2 127.0.0.1:{server} backup
"""


def test_servers_that_track_another_go_with_it(both, switch):  # noqa: F811
    (reference, theirs), (one, ours) = both(TRACK, ["front", "other"], server=switch.port)
    fronts = (reference, theirs["front"]), (one, ours["front"])
    for process, port in fronts:
        assert fetch(port, "/alive").status == 200, process
    # Down: s1, "no server", t2, t3, t1, "no server", u1.
    switch.off()
    for process, port in fronts:
        sentences(process, 7)
        answer = fetch(port, "/alive")
        assert answer.status == 503 and answer["connection"] != "keep-alive", answer
        assert fetch(port, "/").status == 503
    switch.on()
    for process, port in fronts:
        sentences(process, 12)
        assert fetch(port, "/alive").status == 200, process
    said, expected = sentences(one, 12), sentences(reference, 12)
    assert said == expected
    assert "Backup Server c/u1 is DOWN via b/t1. 0 active and 1 backup servers left. Running on backup. " \
           "0 sessions active, 0 requeued, 0 remaining in queue." in said, said


UNANSWERED = CONFIG + """
frontend front
    bind 127.0.0.1:{front}
    default_backend whole
# Without timeout check the interval is for all of it, whatever timeout connect says.
backend whole
    timeout connect 200ms
    server s 127.0.0.1:{server} check inter 600ms fall 1
# With it the connect has the lesser of timeout connect and the interval...
backend connect
    timeout connect 200ms
    timeout check 30s
    server s 127.0.0.1:{server} check inter 600ms fall 1
backend interval
    timeout connect 30s
    timeout check 30s
    server s 127.0.0.1:{server} check inter 400ms fall 1
# ... and its own time only begins once it is connected.
backend behind
    timeout connect 30s
    timeout check 100ms
    server s 127.0.0.1:{server} check inter 600ms fall 1
"""


def test_timeout_check_is_a_limit_of_its_own_behind_the_connect(both):  # noqa: F811
    # A full queue of a listening socket: connects get no answer.
    server = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = server.getsockname()[1]
    fillers = [socket.socket() for _ in range(4)]
    for filler in fillers:
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
    took = {}
    try:
        for process, _ in both(UNANSWERED, ["front"], server=port):
            for name in ("whole", "connect", "interval", "behind"):
                line = process.wait_line(rf"^Server {name}/s is DOWN, reason: Layer4 timeout", 8)
                took.setdefault(name, []).append(int(re.search(r"duration: (\d+)ms", line)[1]))
    finally:
        for each in (server, *fillers):
            each.close()
    for name, limit in (("whole", 600), ("connect", 200), ("interval", 400), ("behind", 600)):
        theirs, ours = took[name]
        assert limit <= ours < limit + 150 * PATIENCE, took
        # HAProxy's limits run from a start that is cut to whole milliseconds: 599 is 600 there, once in a dozen runs.
        assert limit - 1 <= theirs < limit + 150 * PATIENCE, took

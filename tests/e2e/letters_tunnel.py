"""The same for tunnels: after 101, and mode tcp. See letters_rig.py for the notation."""
import time

from letters_rig import Row
from letters_rows import MUCH, SOON, SWITCH, UPGRADE

ROWS = []
TCP = {"mode": "tcp"}


def row(wanted, theirs=None, why="", **settings):
    def add(play):
        ROWS.append(Row(play.__name__, play, wanted, theirs, why, **settings))
        return play
    return add


def _tunnel(x):
    c = x.client(UPGRADE)
    s = x.server().send(SWITCH)
    c.until(b"\r\n\r\n").send(b"to")
    s.until(b"to").send(b"fro")
    c.until(b"fro")
    return c, s


# ---- after 101

@row("101 closed | 101 ---- nnnnn s1 0")
def ws_client_closes_first(x):
    c, s = _tunnel(x)
    c.half()
    s.rest().close()
    c.rest()


@row("101 closed | 101 ---- nnnnn s1 0")
def ws_server_closes_first(x):
    c, s = _tunnel(x)
    s.half()
    c.rest().close()
    s.rest()


@row("101 closed | 101 cD-- nnnnn s1 0", front="timeout client 300ms")
def ws_client_idle(x):
    c, s = _tunnel(x)
    c.rest()


@row("101 closed | 101 sD-- nnnnn s1 0", back="timeout server 300ms")
def ws_server_idle(x):
    c, s = _tunnel(x)
    c.rest()


@row("101 closed | 101 cD-- nnnnn s1 0", front="timeout client 100ms", back="timeout server 100ms; timeout tunnel 500ms")
def ws_tunnel_idle(x):
    c, s = _tunnel(x)
    c.until(b"never", 0.25)
    assert c.how == "open"
    c.rest()


@row("101 left (reset) | 101 CD-- nnnnn s1 0")
def ws_client_resets(x):
    c, s = _tunnel(x)
    c.reset()
    x.note = f" ({s.rest().how})"


@row("101 reset | 101 SD-- nnnnn s1 0", theirs="101 closed | 101 SD-- nnnnn s1 0",
     why="a stream that was cut is not to look complete")
def ws_server_resets(x):
    c, s = _tunnel(x)
    s.reset()
    c.rest()


@row("101 reset (100000) | 101 SD-- nnnnn s1 0", theirs="101 closed (100000) | 101 SD-- nnnnn s1 0",
     why="a stream that was cut is not to look complete")
def ws_server_resets_behind_much(x):
    c = x.client(UPGRADE, small=True)
    s = x.server().send(SWITCH + MUCH)
    s.delivered().reset()
    time.sleep(SOON)  # the reset is seen before the client goes on reading
    c.rest()
    x.note = f" ({c.seen.count(b'z')})"


@row("101 closed | 101 cD-- nnnnn s1 0", front="timeout client-fin 200ms")
def ws_client_fin(x):
    c, s = _tunnel(x)
    s.half()
    c.until(b"never", SOON)
    s.rest()


# ---- mode tcp

@row("'' closed | SC n-n s1 0", kind="refused", **TCP)
def tcp_refused(x):
    x.client(b"hello").rest()


@row("'' closed | SC n-n s1 1", kind="refused", back="retries 1; timeout connect 100ms", **TCP)
def tcp_refused_again(x):
    x.client(b"hello").rest()


@row("'' closed | sC n-n s1 0", kind="full", back="timeout connect 200ms", **TCP)
def tcp_connect_hangs(x):
    x.client(b"hello").rest()


@row("'' left | CC n-n s1 0", kind="full", back="option abortonclose", **TCP, theirs="'' left | sC n-n s1 0",
     why="the manual: CC; 3.5 waits for the time limit, 2.6 says CC")
def tcp_client_closes_in_connect(x):
    x.client(b"hello").until(b"never", SOON).close()


@row("'' left | CC n-n s1 0", kind="full", **TCP, theirs="'' left | sC n-n s1 0",
     why="the manual: CC when the client aborts before the connection is established")
def tcp_client_resets_in_connect(x):
    x.client(b"hello").until(b"never", SOON).reset()


@row("'' closed | sC n-n s1 0", kind="full", back="timeout connect 400ms", **TCP)
def tcp_client_half_closes_in_connect(x):
    x.client(b"hello").until(b"never", SOON).half().rest()


@row("'one' closed | sQ n-n <NOSRV> 0 ; -- nnn s1 0", server="maxconn 1", back="timeout queue 200ms", **TCP)
def tcp_queue_too_long(x):
    first = x.client(b"a")
    s = x.server(b"a").send(b"one")
    first.until(b"one")
    second = x.client(b"b").rest()
    assert second.how in ("closed", "reset"), second.how
    s.close()
    first.rest().half()


@row("'one' closed | CQ n-n <NOSRV> 0 ; -- nnn s1 0", server="maxconn 1", back="option abortonclose", **TCP)
def tcp_client_closes_in_queue(x):
    first = x.client(b"a")
    s = x.server(b"a").send(b"one")
    first.until(b"one")
    x.client(b"b").until(b"never", SOON).close()
    first.until(b"never", SOON)
    s.close()
    first.rest().half()


@row("'bye' closed | -- nnn s1 0 3B", compare_bytes=True, **TCP)
def tcp_client_closes_first(x):
    c = x.client(b"hello").half()
    s = x.server(b"hello").rest()
    s.send(b"bye").close()
    c.rest()


@row("'bye' closed | -- nnn s1 0 3B", compare_bytes=True, **TCP)
def tcp_server_closes_first(x):
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"bye").half()
    c.rest().send(b"more").half()
    s.rest()
    assert s.seen == b"hellomore", s.seen


@row("'220 here' closed | -- nnn s1 0 8B", compare_bytes=True, **TCP)
def tcp_server_speaks_first(x):
    c = x.client()
    s = x.server(b"").send(b"220 here")
    c.until(b"220 here").send(b"QUIT")
    s.until(b"QUIT").close()
    c.rest().close()


@row("'hi' left (reset) | CD nnn s1 0", **TCP)
def tcp_client_resets(x):
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"hi")
    c.until(b"hi").reset()
    x.note = f" ({s.rest().how})"


@row("'hi' reset | SD nnn s1 0", **TCP, theirs="'hi' closed | SD nnn s1 0",
     why="a stream that was cut is not to look complete")
def tcp_server_resets(x):
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"hi")
    c.until(b"hi")
    s.reset()
    c.rest()


def _resets_behind(x, seen, by):
    """What came before the reset lies in three sockets' buffers."""
    by.send(MUCH).delivered().reset()
    time.sleep(SOON)  # the reset is seen before anybody goes on reading
    seen.rest()
    x.note = f" ({seen.seen.count(b'z')} {seen.how})"
    seen.seen = b""


@row("'' reset (100000 reset) | SD nnn s1 0", **TCP, theirs="'' closed (100000 closed) | SD nnn s1 0",
     why="a stream that was cut is not to look complete")
def tcp_server_resets_behind_much(x):
    c = x.client(b"hi", small=True)
    _resets_behind(x, c, x.server(b"hi"))


@row("'' reset (100000 reset) | SD nnn s1 0", **TCP, theirs="'' closed (100000 closed) | SD nnn s1 0",
     why="a stream that was cut is not to look complete", back="option splice-response")
def tcp_server_resets_behind_much_spliced(x):
    c = x.client(b"hi", small=True)
    _resets_behind(x, c, x.server(b"hi"))


@row("'' reset (100000 reset) | SD nnn s1 0", **TCP, theirs="*", why="how much comes is chance there")
def tcp_server_resets_behind_much_without_reading(x):
    """Its reset is seen first by who writes to it; what it sent is still to be read."""
    c = x.client(b"hi", small=True)
    s = x.server(b"hi")
    c.send(b"x" * 30000)
    _resets_behind(x, c, s)


@row("'' left (100000 reset) | CD nnn s1 0", **TCP, theirs="*", why="how much comes is chance there")
def tcp_client_resets_behind_much(x):
    c = x.client(b"hi")
    s = x.server(b"hi")
    _resets_behind(x, s, c)


@row("'' left (100000 reset) | CD nnn s1 0", **TCP, front="option splice-request", theirs="*", why="how much comes is chance there")
def tcp_client_resets_behind_much_spliced(x):
    c = x.client(b"hi")
    s = x.server(b"hi")
    _resets_behind(x, s, c)


@row("'' left (hello reset) | CD nnn s1 0", **TCP)
def tcp_client_resets_behind_its_first_words(x):
    x.client(b"hello").reset()
    s = x.server(b"").rest()
    x.note = f" ({s.seen.decode()} {s.how})"


@row("'back' closed | -- nnn s1 0", **TCP)
def tcp_client_half_closes_behind_its_words(x):
    c = x.client(b"hello").half()
    s = x.server(b"hello").rest()
    s.send(b"back").close()
    c.rest()


@row("'back' closed | -- nnn s1 0", back="option abortonclose", **TCP)
def tcp_client_half_closes_behind_its_words_abortonclose(x):
    c = x.client(b"hello").half()
    s = x.server(b"hello").rest()
    s.send(b"back").close()
    c.rest()


@row("'back' closed | -- nnn s1 0", **TCP)
def tcp_client_half_closes_without_a_word(x):
    c = x.client().half()
    s = x.server(b"").rest()
    s.send(b"back").close()
    c.rest()


@row("'' left | -- nnn s1 0", **TCP)
def tcp_client_connects_and_leaves(x):
    c = x.client()
    s = x.server(b"")
    c.until(b"never", SOON).close()
    s.rest().close()


@row("'' left | CC n-n s1 0", kind="full", **TCP)
def tcp_silent_client_closes_in_connect(x):
    x.client().until(b"never", SOON).close()


@row("'hi' closed | cD nnn s1 0", front="timeout client 300ms", **TCP)
def tcp_client_idle(x):
    c = x.client(b"hello")
    x.server(b"hello").send(b"hi")
    c.rest()


@row("'hi' closed | sD nnn s1 0", back="timeout server 300ms", **TCP)
def tcp_server_idle(x):
    c = x.client(b"hello")
    x.server(b"hello").send(b"hi")
    c.rest()


@row("'hi' closed | cD nnn s1 0", front="timeout client 100ms", back="timeout server 100ms; timeout tunnel 500ms", **TCP)
def tcp_tunnel_idle(x):
    c = x.client(b"hello")
    x.server(b"hello").send(b"hi")
    c.until(b"never", 0.25)
    assert c.how == "open"
    c.rest()


@row("'hi' closed | cD nnn s1 0", front="timeout client-fin 200ms", **TCP)
def tcp_client_fin(x):
    """The server has closed; the client has this long to do so too."""
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"hi").half()
    c.rest()
    s.rest()


@row("'hi' closed | sD nnn s1 0", back="timeout server-fin 200ms", **TCP)
def tcp_server_fin(x):
    """The client has closed; the server has this long to do so too."""
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"hi")
    c.until(b"hi").half()
    c.rest()
    s.rest()


@row("'hi' closed | sD nnn s1 0", front="timeout client 200ms", back="timeout server 2s", **TCP)
def tcp_half_closed_client_idle(x):
    """Nothing more can come from the client: it is the server that is waited for."""
    c = x.client(b"hello")
    s = x.server(b"hello").send(b"hi")
    c.until(b"hi").half()
    c.rest()


@row("'' open | cD nnn s1 0", front="timeout client 300ms", **TCP)
def tcp_client_never_reads(x):
    x.client(b"hello", small=True)
    s = x.server(b"hello")
    s.flood()
    s.rest()


@row("'' reset | sD nnn s1 0", back="timeout server 300ms", **TCP, theirs="'' closed | sD nnn s1 0",
     why="a stream that was cut is not to look complete")
def tcp_server_never_reads(x):
    c = x.client(b"hello")
    x.server(b"hello")
    c.flood()
    c.rest()

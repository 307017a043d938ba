"""What clients and servers do wrong, at each stage, and what must come of it: see letters_rig.py for the notation."""
import time

from letters_rig import GET, HELLO, PATIENCE, Row

POST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n"
HUGE = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n"
SOON = 0.15  # a look that is expected to find nothing

ROWS = []


def row(wanted, theirs=None, why="", **settings):
    def add(play):
        ROWS.append(Row(play.__name__, play, wanted, theirs, why, **settings))
        return play
    return add


# ---- connect

@row("503 open | 503 SC-- nn--n s1 0", kind="refused")
def connect_refused(x):
    x.client(GET).until(b"</html>")


@row("503 open | 503 SC-- nn--n s1 1", kind="refused", back="retries 1; timeout connect 100ms")
def connect_refused_again(x):
    x.client(GET).until(b"</html>")


@row("503 open | 503 sC-- nn--n s1 0", kind="full", back="timeout connect 200ms")
def connect_hangs(x):
    x.client(GET).until(b"</html>")


@row("503 open | 503 sC-- nn--n s1 2", kind="full", back="timeout connect 150ms; retries 2")
def connect_hangs_thrice(x):
    x.client(GET).until(b"</html>")


@row("none left | -1 CC-- nn--n s1 0", kind="full", back="option abortonclose")
def client_resets_in_connect(x):
    x.client(GET).until(b"never", SOON).reset()


@row("none left | -1 CC-- nn--n s1 0", kind="full", back="option abortonclose")
def client_closes_in_connect(x):
    x.client(GET).until(b"never", SOON).close()


@row("503 closed | 503 sC-- nn--n s1 0", kind="full", back="timeout connect 400ms; no option abortonclose")
def client_half_closes_in_connect(x):
    x.client(GET).until(b"never", SOON).half().rest()


@row("none closed | -1 CC-- nn--n s1 0", kind="full", back="timeout connect 2s")
def client_half_closes_in_connect_by_default(x):
    x.client(GET).until(b"never", SOON).half().rest()


@row("none left | -1 CC-- nn--n s1 1", kind="refused", back="option abortonclose; retries 3; timeout connect 2s")
def client_closes_between_tries(x):
    x.client(GET).until(b"never", SOON).close()


@row("503 open | 503 SC-- nn--n s1 0", kind="refused")
def connect_refused_with_a_body(x):
    x.client(POST + b"abcdefghij").until(b"</html>")


@row("503,503 open | 503 SC-- nn--n s1 0 ; 503 SC-- nn--n s1 0", kind="refused")
def connect_refused_before_the_body(x):
    c = x.client(POST + b"abc").until(b"</html>")
    c.seen = c.seen.replace(b"</html>", b"")
    c.send(b"defghij" + GET).until(b"</html>")


# ---- queue

def _occupy(x):
    first = x.client(GET)
    return first, x.server()


@row("200 open | 503 sQ-- nn--n <NOSRV> 0 ; 200 ---- nnnnn s1 0", server="maxconn 1", back="timeout queue 200ms")
def queue_too_long(x):
    first, s = _occupy(x)
    second = x.client(GET).until(b"</html>")
    assert second.status == "503"
    s.send(HELLO)
    first.until(b"hello")


@row("200 open | -1 CQ-- nn--n <NOSRV> 0 ; 200 ---- nnnnn s1 0", server="maxconn 1", back="option abortonclose")
def client_closes_in_queue(x):
    first, s = _occupy(x)
    x.client(GET).until(b"never", SOON).close()
    first.until(b"never", SOON)
    s.send(HELLO)
    first.until(b"hello")


@row("200 open | -1 CQ-- nn--n <NOSRV> 0 ; 200 ---- nnnnn s1 0", server="maxconn 1", back="option abortonclose")
def client_resets_in_queue(x):
    first, s = _occupy(x)
    x.client(GET).until(b"never", SOON).reset()
    first.until(b"never", SOON)
    s.send(HELLO)
    first.until(b"hello")


# ---- request head

@row("408 closed | 408 cR-- ----n <NOSRV> 0", front="timeout http-request 200ms")
def silent_client(x):
    x.client().rest()


@row("408 closed | 408 cR-- ----n <NOSRV> 0", front="timeout client 200ms")
def silent_client_without_http_request(x):
    x.client().rest()


@row("408 closed | 408 cR-- ----n <NOSRV> 0", front="timeout http-request 200ms")
def half_a_head(x):
    x.client(GET[:-2]).rest()


@row("408 closed | 408 cR-- ----n <NOSRV> 0", front="timeout client 200ms")
def half_a_head_without_http_request(x):
    x.client(GET[:-2]).rest()


@row("400 closed | 400 CR-- ----n <NOSRV> 0")
def half_a_head_then_fin(x):
    x.client(GET[:-2]).half().rest()


@row("none left | 400 CR-- ----n <NOSRV> 0")
def half_a_head_then_reset(x):
    c = x.client(GET[:-2])
    c.until(b"never", SOON).reset()


@row("none left | 400 CR-- ----n <NOSRV> 0")
def connects_and_closes(x):
    x.client().until(b"never", SOON).close()


@row("none left | 400 CR-- ----n <NOSRV> 0")
def connects_and_resets(x):
    x.client().until(b"never", SOON).reset()


@row("400 closed | 400 CR-- ----n <NOSRV> 0")
def connects_and_half_closes(x):
    x.client().half().rest()


@row("400 closed | 400 PR-- ----n <NOSRV> 0")
def bad_head(x):
    x.client(b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n").rest()


@row("200,408 closed | 200 ---- nnnnn s1 0 ; 408 cR-- ----n <NOSRV> 0", front="timeout http-request 300ms")
def second_request_half_a_head(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.until(b"hello").send(GET[:-2]).rest()


@row("200,400 closed | 200 ---- nnnnn s1 0 ; 400 CR-- ----n <NOSRV> 0")
def second_request_half_a_head_then_fin(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.until(b"hello").send(GET[:-2]).half().rest()


@row("200 closed | 200 ---- nnnnn s1 0", front="timeout http-keep-alive 200ms")
def keep_alive_expires(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0", front="timeout http-request 200ms")
def keep_alive_expires_by_http_request(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0", front="timeout client 200ms")
def keep_alive_expires_by_client(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0")
def fin_between_requests(x):
    c = x.client(GET)
    x.server().send(HELLO)
    c.until(b"hello").half().rest()


@row("400 closed | 400 PR-- ----n <NOSRV> 0")
def pipelined_behind_a_bad_one(x):
    x.client(b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n" + GET).rest()
    assert x.nobody_comes()


@row("200,400 closed | 200 ---- nnnnn s1 0 ; 400 PR-- ----n <NOSRV> 0")
def bad_one_behind_a_good_one(x):
    c = x.client(GET + b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n")
    x.server().send(HELLO)
    c.rest()


@row("502,200 open | 502 SH-- nnn-n s1 0 ; 200 ---- nnnnn s1 0")
def pipelined_behind_a_failing_one(x):
    c = x.client(GET + GET)
    x.server().close()
    x.server().send(HELLO)
    c.until(b"hello")


# ---- request body

@row("400 closed | 400 cH-- nnn-n s1 0", front="timeout client 200ms")
def body_stalls(x):
    c = x.client(POST + b"abc")
    x.server(b"abc")
    c.rest()


@row("400 closed | 400 cH-- nnn-n s1 0", front="timeout client 200ms")
def body_never_begins(x):
    c = x.client(POST)
    x.server()
    c.rest()


@row("400 closed | 400 CH-- nnn-n s1 0", theirs="none closed | 400 CH-- nnn-n s1 0",
     why="a client that only half-closed is told so")
def body_ends_early(x):
    c = x.client(POST + b"abc")
    x.server(b"abc")
    c.half().rest()


@row("none left | 400 CH-- nnn-n s1 0")
def client_resets_in_body(x):
    c = x.client(POST + b"abc")
    s = x.server(b"abc")
    c.reset()
    s.rest()


@row("400 closed | 400 PH-- nnn-n s1 0", theirs="none closed | 400 PH-- nnn-n s1 0", why="the client is told so")
def bad_chunk(x):
    c = x.client(CHUNKED + b"3\r\nabc\r\n")
    x.server(b"abc")
    c.send(b"zz\r\n").rest()


@row("504 closed | 504 sH-- nnn-n s1 0", back="timeout server 300ms", theirs="502 closed | 502 SH-- nnn-n s1 0",
     why="the manual: sH and 504 when timeout server strikes before the response head")
def server_reads_no_body(x):
    c = x.client(HUGE)
    s = x.server()
    c.flood()
    c.rest()


@row("502 closed | 502 SH-- nnn-n s1 0")
def server_closes_in_body(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").close()
    c.rest()


@row("502 closed | 502 SH-- nnn-n s1 0")
def server_resets_in_body(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").reset()
    c.rest()


@row("200,200 open | 200 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0")
def early_answer_then_the_rest(x):
    c = x.client(POST + b"abc")
    s = x.server(b"abc").send(HELLO)
    c.until(b"hello").send(b"defghij").until(b"never", SOON)
    c.send(GET)
    s.until(b"GET /x", SOON)
    if b"GET /x" not in s.seen:
        s = x.server()
    s.send(HELLO)
    c.seen += b" "
    while c.seen.count(b"hello") < 2 and c.how == "open":
        before = len(c.seen)
        c.until(b"\0", SOON)
        if len(c.seen) == before:
            break


@row("200 open | 200 ---- nnnnn s1 0")
def early_answer_and_close(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello").close()
    c.until(b"hello").send(b"defghij").rest(2)


@row("413 open | 413 SL-- nnnnn s1 0")
def early_refusal_of_a_large_body(x):
    c = x.client(HUGE)
    s = x.server()
    c.send(b"x" * 200000)
    s.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 5\r\n\r\nlarge").close()
    c.until(b"large")
    c.flood(4 << 20)
    c.until(b"never", SOON)


@row("200 closed | 200 cL-- nnnnn s1 0", front="timeout client 300ms")
def early_answer_then_client_stalls(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").send(HELLO)
    c.until(b"hello").rest()


@row("200 closed | 200 CL-- nnnnn s1 0")
def early_answer_then_client_ends(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").send(HELLO)
    c.until(b"hello").half().rest()


@row("200 closed | 200 CL-- nnnnn s1 0", theirs="200 left | 200 cL-- nnnnn s1 0",
     why="the client is shown the end of its answer at once")
def early_answer_to_a_closing_client(x):
    c = x.client(POST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"abc")
    x.server(b"abc").send(HELLO)
    c.rest().close()


@row("200 closed | 200 CL-- nnnnn s1 0", theirs="200 closed | 200 CD-- nnnnn s1 0",
     why="the response had ended: stage L")
def early_answer_until_close(x):
    c = x.client(POST + b"abc")
    x.server(b"abc").send(b"HTTP/1.1 200 OK\r\n\r\nhello").close()
    c.rest()
    assert c.seen.endswith(b"hello"), c.seen
    c.close()


@row("503 open | 503 SC-- n---n <NOSRV> 0", server="disabled")
def no_server_is_up(x):
    x.client(GET).until(b"</html>")


# ---- response head

@row("504 open | 504 sH-- nnn-n s1 0", back="timeout server 200ms")
def server_never_answers(x):
    c = x.client(GET)
    x.server()
    c.until(b"</html>")


@row("504 open | 504 sH-- nnn-n s1 0", back="timeout server 200ms")
def server_never_answers_a_body(x):
    c = x.client(POST + b"abcdefghij")
    x.server(b"abcdefghij")
    c.until(b"</html>")


@row("504 open | 504 sH-- nnn-n s1 0", back="timeout server 200ms")
def half_a_response_head(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 200 OK\r\nContent-")
    c.until(b"</html>")


@row("504 open | 504 sH-- nnn-n s1 0", back="timeout server 300ms")
def dripping_response_head(x):
    """An idle limit would let it drip for ever."""
    c = x.client(GET)
    s = x.server()
    for byte in b"HTTP/1.1 200":
        s.send(bytes([byte]))
        c.until(b"</html>", 0.05 * PATIENCE)
        if c.seen:
            break
    c.until(b"</html>")


@row("502 open | 502 SH-- nnn-n s1 0")
def server_closes_without_a_word(x):
    c = x.client(GET)
    x.server().close()
    c.until(b"</html>")


@row("502 open | 502 SH-- nnn-n s1 0")
def server_half_closes_without_a_word(x):
    c = x.client(GET)
    x.server().half()
    c.until(b"</html>")


@row("502 open | 502 SH-- nnn-n s1 0")
def server_resets(x):
    c = x.client(GET)
    x.server().reset()
    c.until(b"</html>")


@row("502 open | 502 SH-- nnn-n s1 0", theirs="502 open | 502 PH-- nnn-n s1 0",
     why="the manual: SH when the server aborts before its full response head")
def server_closes_in_head(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 200 OK\r\nContent-").close()
    c.until(b"</html>")


@row("502 open | 502 SH-- nnn-n s1 0", theirs="502 open | 502 PH-- nnn-n s1 0",
     why="the manual: SH when the server aborts before its full response head")
def server_resets_in_head(x):
    c = x.client(GET)
    s = x.server().send(b"HTTP/1.1 200 OK\r\nContent-")
    c.until(b"never", SOON)
    s.reset()
    c.until(b"</html>")


@row("502 open | 502 PH-- nnn-n s1 0")
def bad_response(x):
    c = x.client(GET)
    x.server().send(b"garbage\r\n\r\n")
    c.until(b"</html>")


@row("502 open | 502 PH-- nnn-n s1 0")
def response_head_too_large(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"x" * 40000 + b"\r\n\r\n")
    c.until(b"</html>")


@row("none left | 400 CH-- nnn-n s1 0", back="option abortonclose")
def client_closes_before_response(x):
    c = x.client(GET)
    s = x.server()
    c.close()
    s.rest()


@row("none left | 400 CH-- nnn-n s1 0", back="option abortonclose", theirs="none left | 400 CD-- nnn-n s1 0",
     why="the manual: CH when the client aborts while the server is to respond")
def client_resets_before_response(x):
    c = x.client(GET)
    s = x.server()
    c.reset()
    s.rest()


@row("400 closed | 400 CH-- nnn-n s1 0", back="option abortonclose")
def client_half_closes_before_response(x):
    c = x.client(GET)
    s = x.server()
    c.half()
    s.rest()
    c.rest()


# A FIN right behind the request: the server is never asked, or its answer is not waited for.

@row("400 closed | 400 CH-- nnn-n s1 0")
def client_half_closes_behind_its_request(x):
    x.client(GET).half().rest()


@row("400 closed | 400 CH-- nnn-n s1 0")
def old_client_half_closes_behind_its_request(x):
    x.client(b"GET /x HTTP/1.0\r\n\r\n").half().rest()


@row("400 closed | 400 CH-- nnn-n s1 0")
def client_half_closes_behind_its_body(x):
    x.client(POST + b"abcdefghij").half().rest()


@row("400 closed | 400 CH-- nnn-n s1 0")
def client_half_closes_behind_its_chunks(x):
    x.client(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n").half().rest()


@row("400 closed | 400 CH-- nnn-n s1 0", theirs="*", why="HAProxy says nothing to the client, and sometimes CR")
def client_half_closes_in_its_body(x):
    x.client(POST + b"abcdefg").half().rest()


@row("400 closed | 400 CH-- nnn-n s1 0")
def client_half_closes_behind_three_requests(x):
    x.client(GET * 3).half().rest()


@row("302 closed | 302 LR-- n---n <NOSRV> 0", front="http-request redirect location /y")
def client_half_closes_behind_much_that_nobody_reads(x):
    """Closing with unread input would be a reset, which destroys the answer on its way."""
    x.client(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"x" * 300000).half().rest()


@row("200,200,200 closed | 200 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0",
     back="no option abortonclose", theirs="*", why="HAProxy forgets what lies behind the first request")
def client_half_closes_behind_three_requests_and_waits(x):
    c = x.client(GET * 3).half()
    s = x.server()
    for _ in range(3):
        s.until(b"\r\n\r\n").send(HELLO)
        s.seen = b""
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0", back="no option abortonclose")
def client_half_closes_and_waits(x):
    c = x.client(GET).half()
    s = x.server()
    c.until(b"never", SOON)
    s.send(HELLO)
    c.rest()


@row("400 closed | 400 CH-- nnn-n s1 0")
def client_half_closes_before_response_by_default(x):
    c = x.client(GET)
    s = x.server()
    c.half()
    s.rest()
    c.rest()


@row("100,504 open | 504 sH-- nnn-n s1 0", back="timeout server 200ms")
def interim_then_silence(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 100 Continue\r\n\r\n")
    c.until(b"</html>")


@row("103,502 open | 502 SH-- nnn-n s1 0")
def interim_then_close(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n").close()
    c.until(b"</html>")


@row("200,200 open | 200 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0")
def server_answers_twice(x):
    c = x.client(GET)
    x.server().send(HELLO + b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    c.until(b"hello").send(GET)
    x.server().send(HELLO.replace(b"hello", b"again"))
    c.until(b"again")


# ---- response body

@row("200 closed | 200 sD-- nnnnn s1 0", back="timeout server 200ms")
def response_stalls(x):
    c = x.client(GET)
    x.server().send(LONG + b"abc")
    c.rest()


@row("200 closed | 200 sD-- nnnnn s1 0", back="timeout server 200ms")
def response_body_never_begins(x):
    c = x.client(GET)
    x.server().send(LONG)
    c.rest()


@row("200 closed | 200 SD-- nnnnn s1 0")
def response_ends_early(x):
    c = x.client(GET)
    x.server().send(LONG + b"abc").close()
    c.rest()


@row("200 closed | 200 SD-- nnnnn s1 0")
def server_resets_in_response(x):
    c = x.client(GET)
    s = x.server().send(LONG + b"abc")
    c.until(b"abc")
    s.reset()
    c.rest()


@row("200 closed | 200 SD-- nnnnn s1 0")
def chunked_response_ends_early(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").close()
    c.rest()


@row("200 closed | 200 PD-- nnnnn s1 0")
def bad_chunk_in_response(x):
    c = x.client(GET)
    s = x.server().send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    c.until(b"abc")
    s.send(b"zz\r\n")
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0")
def response_until_close(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 200 OK\r\n\r\nabc").close()
    c.rest()


@row("200 reset | 200 SD-- nnnnn s1 0", theirs="200 closed | 200 SD-- nnnnn s1 0",
     why="a body that ends with the connection would look whole after a plain close")
def response_until_reset(x):
    c = x.client(GET)
    s = x.server().send(b"HTTP/1.1 200 OK\r\n\r\nabc")
    c.until(b"abc")
    s.reset()
    c.rest()


MUCH = b"z" * 100000


def _resets_behind(x, response):
    """A slow client: what the server sent before it reset lies in three sockets' buffers."""
    c = x.client(GET, small=True)
    s = x.server().send(response)
    s.delivered().reset()
    time.sleep(SOON)  # the reset is seen before the client goes on reading
    c.rest()
    x.note = f" ({c.seen.count(b'z')})"


@row("200 reset (100000) | 200 SD-- nnnnn s1 0", theirs="200 closed (100000) | 200 SD-- nnnnn s1 0",
     why="a body that ends with the connection would look whole after a plain close")
def server_resets_behind_much_until_close(x):
    _resets_behind(x, b"HTTP/1.1 200 OK\r\n\r\n" + MUCH)


@row("200 reset (100000) | 200 SD-- nnnnn s1 0", theirs="200 closed (100000) | 200 SD-- nnnnn s1 0",
     why="a body that ends with the connection would look whole after a plain close", back="option splice-response")
def server_resets_behind_much_until_close_spliced(x):
    _resets_behind(x, b"HTTP/1.1 200 OK\r\n\r\n" + MUCH)


@row("200 closed (100000) | 200 SD-- nnnnn s1 0")
def server_resets_behind_much_of_a_length(x):
    _resets_behind(x, b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + MUCH)


@row("200 closed (100000) | 200 SD-- nnnnn s1 0", back="option splice-response")
def server_resets_behind_much_of_a_length_spliced(x):
    _resets_behind(x, b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + MUCH)


@row("200 closed (100000) | 200 SD-- nnnnn s1 0")
def server_resets_behind_many_chunks(x):
    _resets_behind(x, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"3e8\r\n" + b"z" * 1000 + b"\r\n") * 100)


@row("103,200 open | 200 ---- nnnnn s1 0")
def server_resets_behind_an_interim_and_its_answer(x):
    c = x.client(GET)
    x.server().send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + HELLO).reset()
    c.until(b"hello")


@row("none open | 200 cD-- nnnnn s1 0", front="timeout client 300ms")
def client_never_reads(x):
    x.client(GET, small=True)
    s = x.server().send(LONG)
    s.flood()
    s.rest()


@row("200 left | 200 CD-- nnnnn s1 0")
def client_resets_in_response(x):
    c = x.client(GET)
    s = x.server().send(LONG)
    c.until(b"\r\n\r\n")
    c.reset()
    s.flood()


@row("200 left | 200 CD-- nnnnn s1 0")
def client_closes_in_response(x):
    c = x.client(GET)
    s = x.server().send(LONG)
    c.until(b"\r\n\r\n")
    c.close()
    s.flood()


@row("200 closed | 200 ---- nnnnn s1 0", back="no option abortonclose")
def client_half_closes_in_response(x):
    c = x.client(GET)
    s = x.server().send(HELLO[:-3])
    c.until(b"he").half().until(b"never", SOON)
    s.send(b"llo")
    c.rest()


@row("200 closed | 200 ---- nnnnn s1 0", back="option abortonclose", theirs="200 closed | 200 CD-- nnnnn s1 0",
     why="the manual: once a server is at work, it decides; HAProxy cuts the response")
def client_half_closes_in_response_abortonclose(x):
    c = x.client(GET)
    s = x.server().send(HELLO[:-3])
    c.until(b"he").half().until(b"never", SOON)
    s.send(b"llo")
    c.rest()


# ---- kinds of messages

@row("100,200 open | 200 ---- nnnnn s1 0")
def expect_continue(x):
    c = x.client(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    s = x.server()
    assert b"100-continue" in s.seen
    s.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    c.until(b"\r\n\r\n").send(b"abcdefghij")
    s.until(b"abcdefghij").send(HELLO)
    c.until(b"hello")


@row("417 closed | 417 ---- nnnnn s1 0", theirs="417 open | 417 cL-- nnnnn s1 0",
     why="nobody knows whether the body still comes: the connection is closed at once (RFC 9110 10.1.1)")
def expect_refused(x):
    c = x.client(POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n"))
    x.server().send(b"HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno")
    c.until(b"\r\n\r\nno").until(b"never", SOON)


@row("200 closed | 200 ---- nnnnn s1 0", theirs="*", why="HAProxy hands chunks to an HTTP/1.0 client")
def old_client_chunked_server(x):
    c = x.client(b"GET /x HTTP/1.0\r\n\r\n")
    x.server().send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
    c.rest()
    assert c.seen.endswith(b"\r\n\r\nabc"), c.seen


@row("200,200 open | 200 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0")
def head_then_get(x):
    c = x.client(b"HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n")
    s = x.server().send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    c.until(b"\r\n\r\n").send(GET)
    s.until(b"GET").send(HELLO)
    c.until(b"hello")


@row("204,304,200 open | 204 ---- nnnnn s1 0 ; 304 ---- nnnnn s1 0 ; 200 ---- nnnnn s1 0")
def no_body_by_status(x):
    c = x.client(GET)
    s = x.server().send(b"HTTP/1.1 204 No Content\r\n\r\n")
    c.until(b"204 No Content\r\n").until(b"\r\n\r\n").send(GET)
    s.seen = b""
    s.until(b"\r\n\r\n").send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
    c.until(b"304").until(b"Content-Length: 5".lower(), SOON).send(GET)
    s.seen = b""
    s.until(b"\r\n\r\n").send(HELLO)
    c.until(b"hello")


@row("200 open | 200 ---- nnnnn s1 0")
def trailers_both_ways(x):
    c = x.client(CHUNKED + b"3\r\nabc\r\n0\r\nX-One: 1\r\n\r\n")
    s = x.server(b"1\r\n\r\n")
    assert b"x-one: 1" in s.seen.lower(), s.seen
    s.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Two: 2\r\n\r\n")
    c.until(b"2\r\n\r\n")
    assert b"x-two: 2" in c.seen.lower(), c.seen

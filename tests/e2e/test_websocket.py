"""WebSocket through the tunnel, with a real client and a real server (Debian's python3-websockets)."""
import asyncio
import random

import pytest

from conftest import PATIENCE, free_port

websockets = pytest.importorskip("websockets", reason="python3-websockets is not installed")
from websockets.exceptions import ConnectionClosed  # noqa: E402

CONFIG = """
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    timeout tunnel 30s
frontend web
    bind 127.0.0.1:{port}
    default_backend ws
backend ws
    server one 127.0.0.1:{server}
"""
WAIT = 20 * PATIENCE
# Where the length's form changes (RFC 6455 5.2), and around the proxy's buffer.
SIZES = [0, 1, 125, 126, 127, 1000, 16383, 16384, 16385, 65535, 65536, 65537, 300_000, 1 << 20,
         2_000_000]


async def echo(link):
    """Echoes; a text "close N" closes with that code."""
    async for message in link:
        if isinstance(message, str) and message.startswith("close "):
            await link.close(int(message.split()[1]), "as asked")
            return
        await link.send(message)


def through(proxy, talk, handler=echo, **server_options):
    """Runs talk(url) against an echo server, or one that does `handler`, behind the proxy."""
    server_port = free_port()
    one = proxy(CONFIG, server=server_port)

    async def run():
        async with websockets.serve(handler, "127.0.0.1", server_port, max_size=None, **server_options):
            await asyncio.wait_for(talk(f"ws://127.0.0.1:{one.port}/chat"), WAIT)

    asyncio.run(run())
    return one


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_every_size_text_and_binary(proxy, compression):
    async def talk(url):
        async with websockets.connect(url, max_size=None, compression=compression) as link:
            for size in SIZES:
                binary = random.Random(size).randbytes(size)
                await link.send(binary)
                assert await link.recv() == binary
                await link.send("é" * (size // 2))
                assert await link.recv() == "é" * (size // 2)

    through(proxy, talk, compression=compression)


def test_fragments_and_pings_between_them(proxy):
    async def talk(url):
        async with websockets.connect(url, max_size=None) as link:
            async def pieces():
                for n in range(50):
                    yield bytes([n]) * (n * 37)
                    await (await link.ping(b"%d" % n))  # the pong comes while the message is under way
            await link.send(pieces())
            assert await link.recv() == b"".join(bytes([n]) * (n * 37) for n in range(50))
            for size in (0, 1, 125):
                await (await link.ping(b"p" * size))

    through(proxy, talk)


def test_fragments_from_the_server(proxy):
    """A message in fragments of every size class, empty ones among them, stays the fragments it was."""
    lengths = [0, 1, 125, 126, 127, 65535, 65536, 0, 3]

    async def in_pieces(link):
        async def pieces():
            for n, length in enumerate(lengths):
                yield bytes([n]) * length
        await link.send(pieces())
        await link.wait_closed()

    async def talk(url):
        async with websockets.connect(url, max_size=None) as link:
            assert await link.recv() == b"".join(bytes([n]) * length for n, length in enumerate(lengths))

    through(proxy, talk, handler=in_pieces)


# RFC 6455 7.4: those that may stand in a frame, those of the registry, and both ends of the ranges that are free.
CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]


@pytest.mark.parametrize("code", CODES)
def test_close_codes_of_the_server(proxy, code):
    async def talk(url):
        async with websockets.connect(url) as link:
            await link.send(f"close {code}")
            with pytest.raises(ConnectionClosed) as ended:
                await link.recv()
            assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (code, "as asked")

    one = through(proxy, talk)
    one.wait_line(r" ws/one .* 101 .* ---- ")


@pytest.mark.parametrize("code", CODES)
def test_close_codes_of_the_client(proxy, code):
    seen = []

    async def until_closed(link):
        await link.wait_closed()
        seen.append((link.close_code, link.close_reason))

    async def talk(url):
        link = await websockets.connect(url)
        await link.close(code, "enough")
        assert link.close_code == code
        while not seen:
            await asyncio.sleep(0)

    one = through(proxy, talk, handler=until_closed)
    one.wait_line(r" ws/one .* 101 .* ---- ")
    assert seen == [(code, "enough")]


def test_a_close_without_a_code_and_an_end_without_a_close(proxy):
    """What the other side makes of it: 1005, no code was there; 1006, the connection was lost (RFC 6455 7.1.5)."""
    async def at_once(link):
        how = await link.recv()
        if how == "empty":
            link.transport.write(b"\x88\x00")
        else:
            link.transport.abort()

    async def talk(url):
        for how, code in (("empty", 1005), ("gone", 1006)):
            link = await websockets.connect(url)
            await link.send(how)
            await link.wait_closed()
            assert link.close_code == code

    through(proxy, talk, handler=at_once)


def test_two_hundred_at_once(proxy):
    async def one_of_them(url, n):
        dice = random.Random(n)
        async with websockets.connect(url, max_size=None, open_timeout=WAIT) as link:
            for _ in range(5):
                message = dice.randbytes(dice.choice([1, 126, 5000, 70000]))
                await link.send(message)
                assert await link.recv() == message

    async def talk(url):
        await asyncio.gather(*(one_of_them(url, n) for n in range(200)))

    through(proxy, talk)

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
SIZES = [0, 1, 125, 126, 127, 1000, 16383, 16384, 16385, 65535, 65536, 65537, 300_000, 2_000_000]


async def echo(link):
    """Echoes; a text "close N" closes with that code."""
    async for message in link:
        if isinstance(message, str) and message.startswith("close "):
            await link.close(int(message.split()[1]), "as asked")
            return
        await link.send(message)


def through(proxy, talk, **server_options):
    """Runs talk(url) against an echo server behind the proxy."""
    server_port = free_port()
    one = proxy(CONFIG, server=server_port)

    async def run():
        async with websockets.serve(echo, "127.0.0.1", server_port, max_size=None, **server_options):
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


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1008, 1011, 3000, 4999])
def test_close_codes_of_the_server(proxy, code):
    async def talk(url):
        async with websockets.connect(url) as link:
            await link.send(f"close {code}")
            with pytest.raises(ConnectionClosed) as ended:
                await link.recv()
            assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (code, "as asked")

    one = through(proxy, talk)
    one.wait_line(r" ws/one .* 101 .* ---- ")


def test_the_client_closes(proxy):
    async def talk(url):
        link = await websockets.connect(url)
        await link.close(4001, "enough")
        assert link.close_code == 4001

    one = through(proxy, talk)
    one.wait_line(r" ws/one .* 101 .* ---- ")


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

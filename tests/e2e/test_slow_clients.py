"""Clients that drip: they get no more than their time, and nobody else waits for them."""
import asyncio
import resource
import shutil
import subprocess
import time

import pytest

from conftest import PATIENCE, fetch

CONFIG = """
global
    nbthread 1
    maxconn 8000
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client {client}
    timeout server 20s
    timeout http-request {request}
    backlog 6000
frontend web
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    server one 127.0.0.1:{server}
"""
HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /null HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"


async def drip(port, first, piece, pause, number):
    """Sends `first`, then `piece` every `pause` seconds until told off; (seconds held, what was answered)."""
    began = time.monotonic()
    # Several addresses: 5,000 connections and their leftovers would exhaust one address's ports.
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.2.{number % 200 + 1}", 0))
    writer.write(first)
    answer = b""
    try:
        while True:
            try:
                answer = await asyncio.wait_for(reader.read(4096), pause)
                break
            except asyncio.TimeoutError:
                writer.write(piece)
    except OSError:
        pass
    writer.close()
    return time.monotonic() - began, answer


async def honest(port, server, stop):
    """One request after another on connections of their own, in turn to the proxy and past it; the times they took."""
    times = {port: [], server: []}
    while not stop.is_set():
        for at, taken in times.items():
            began = time.monotonic()
            reader, writer = await asyncio.open_connection("127.0.0.1", at)
            writer.write(b"GET /bytes/10 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
            taken.append(time.monotonic() - began)
        await asyncio.sleep(0.02)
    return times[port], times[server]


def waits_for_nobody(through, past):
    """Requests through the proxy take about as long as those past it, on the same machine in the same seconds."""
    through, past = sorted(through), sorted(past)
    middle, usual = through[len(through) // 2], past[len(past) // 2]
    assert middle < 0.25 * PATIENCE + 20 * usual, f"{middle:.3f} s, {usual:.3f} s without the proxy"


def crowd(port, server, count, first, piece, pause):
    async def run():
        stop = asyncio.Event()
        others = asyncio.create_task(honest(port, server, stop))
        tasks = []
        for n in range(count):
            tasks.append(asyncio.create_task(drip(port, first, piece, pause, n)))
            if n % 50 == 49:
                await asyncio.sleep(0.002)
        told = await asyncio.gather(*tasks)
        stop.set()
        return told, await others
    return asyncio.run(run())


def room_for(count):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 18000:
        pytest.skip("too few descriptors allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * count)), hard))


@pytest.mark.release_only
@pytest.mark.parametrize("what", ["head", "body"])
def test_five_thousand_slow_clients(proxy, origin, what):
    count, limit = 5000, 3 * PATIENCE
    room_for(count)
    head = what == "head"
    one = proxy(CONFIG, server=origin.ports[0], request=f"{int(limit * 1000)}ms" if head else "1h",
                client="1h" if head else f"{int(limit * 1000)}ms")
    # A head drips for ever within any idle limit. A body is held by its silence: it stops after the first bytes.
    told, times = crowd(one.port, origin.ports[0], count, HEAD if head else POST + b"x", b"X: y\r\n" if head else b"",
                        1.0 * PATIENCE if head else 600 * PATIENCE)
    held = sorted(seconds for seconds, _ in told)
    wanted = b"HTTP/1.1 408" if head else b"HTTP/1.1 400"
    assert all(answer.startswith(wanted) for _, answer in told)
    assert held[0] > limit * 0.9
    # The other limit is an hour. No closer bound: this process, dripping 5,000 times, is itself slow.
    assert held[-1] < 300 * PATIENCE
    assert len(times[0]) >= 5
    waits_for_nobody(*times)
    assert one.fetch("/bytes/10").status == 200


@pytest.mark.parametrize("kind", ["-H", "-B", "-X"])
def test_slowhttptest(proxy, origin, kind, tmp_path):
    """slow head, slow body, slow read: the service stays available while it attacks."""
    tool = shutil.which("slowhttptest")
    if tool is None:
        pytest.skip("no slowhttptest here")
    one = proxy(CONFIG, server=origin.ports[0], request="1s", client="1s")
    path = "/bytes/1000000" if kind == "-X" else "/null"
    attack = subprocess.Popen([tool, kind, "-c", "500", "-r", "500", "-i", "1", "-l", "4", "-p", "2", "-u",
                               f"http://127.0.0.1:{one.port}{path}", "-w", "10", "-y", "20", "-n", "1", "-z", "32", "-k",
                               "3"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
    times = {one.port: [], origin.ports[0]: []}
    while attack.poll() is None and len(times[one.port]) < 500:
        for port, taken in times.items():
            began = time.monotonic()
            assert fetch(port, "/bytes/10").status == 200
            taken.append(time.monotonic() - began)
        time.sleep(0.02)
    attack.wait(60 * PATIENCE)
    waits_for_nobody(*times.values())
    wanted = {"-H": " 408 .* cR-- ", "-B": " 400 .* cH-- |400 .* CH-- |-1 .* CH-- ", "-X": " 200 .* [cC]D-- "}[kind]
    one.wait_line(wanted)

"""The path of a request through the real program: bodies, stops of either side, names, logs, signals."""
import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from conftest import PATIENCE, fetch, free_port, until

CONFIG = """
global
    nbthread 2
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 2s
    timeout client 20s
    timeout server 20s
    retries 3
    {options}
frontend http_front
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    balance roundrobin
    {servers}
"""


def start(proxy, ports, options="", check="check inter 100ms fall 1 rise 1", flags=()):
    servers = "\n    ".join(f"server server{n + 1} 127.0.0.1:{port} {check}" for n, port in enumerate(ports))
    return proxy(CONFIG, *flags, options=options, servers=servers)


def resident(pid):
    """Resident memory in KiB."""
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def test_large_bodies_both_ways_in_constant_memory(proxy, origin):
    size = int(os.environ.get("RINGWAY_BODY_MIB", "64")) << 20
    one = start(proxy, origin.ports)
    link = http.client.HTTPConnection("127.0.0.1", one.port, timeout=60 * PATIENCE)
    piece = bytes(1 << 20)

    def exchange(megabytes):
        link.request("GET", f"/bytes/{megabytes << 20}")
        response, seen = link.getresponse(), 0
        while part := response.read(1 << 20):
            seen += len(part)
        assert seen == megabytes << 20
        link.putrequest("POST", "/null")
        link.putheader("Content-Length", str(megabytes << 20))
        link.endheaders()
        for _ in range(megabytes):
            link.send(piece)
        assert str(megabytes << 20) in link.getresponse().read().decode()

    exchange(1)
    before = resident(one.pid)
    exchange(size >> 20)
    grown = resident(one.pid) - before
    print(f"resident before {before} KiB, grown by {grown} KiB over {size >> 20} MiB each way")
    assert grown < 1024 * PATIENCE


def test_a_name_without_address_holds_only_its_server_down(proxy, origin):
    one = proxy(CONFIG, "--resolve-period", "100ms", options="",
                servers=f"server gone nowhere.invalid:80 check\n    server here 127.0.0.1:{origin.ports[0]} check")
    for _ in range(4):
        assert one.fetch().status == 200
    assert "nowhere.invalid" in one.output


def test_resolve_answers_names_from_the_command_line(proxy, origin):
    one = proxy(CONFIG, "--resolve", "app1:127.0.0.1", options="", servers=f"server one app1:{origin.ports[0]} check")
    assert one.fetch().status == 200


def test_no_server_is_503_and_says_so(proxy):
    one = proxy(CONFIG, options="", servers=f"server one 127.0.0.1:{free_port()} check inter 100ms fall 1")
    one.wait_line(r"Server servers/one is DOWN, reason: Layer4 connection problem")
    answer = one.fetch("/x")
    assert answer.status == 503
    assert "No server is available" in answer.text
    one.wait_line(r"http_front servers/<NOSRV> \S+/-1/-1/-1/\S+ 503 \d+ - - SC-- ")


@pytest.mark.parametrize("number, status", [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, -signal.SIGINT), (signal.SIGUSR1, 0)])
def test_an_ordered_stop_exits_with_0(proxy, origin, number, status):
    one = start(proxy, origin.ports)
    assert one.fetch().status == 200
    assert one.stop(number) == status


def test_a_soft_stop_lets_the_response_end(proxy, origin):
    one = start(proxy, origin.ports)
    link = http.client.HTTPConnection("127.0.0.1", one.port, timeout=20 * PATIENCE)
    link.request("GET", "/delay/700")
    until(lambda: origin.count()[1] >= 1, 10, "the request to arrive")
    one.send(signal.SIGUSR1)
    response = link.getresponse()
    assert response.status == 200
    response.read()
    assert one.wait() == 0


def test_a_taken_port_is_named_with_its_owner(proxy, origin, run, tmp_path):
    one = start(proxy, origin.ports)
    second = run("-db", "-f", one.config)
    assert second.returncode == 1
    assert f"127.0.0.1:{one.port}" in second.stderr
    assert str(one.pid) in second.stderr
    assert one.fetch().status == 200


def test_halog_reads_our_lines(proxy, origin):
    halog = shutil.which("halog") or "/usr/sbin/halog"
    if not os.path.exists(halog):
        pytest.skip("no halog here")
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(10 * PATIENCE)
    target = f"log 127.0.0.1:{receiver.getsockname()[1]} format rfc3164 local0"
    one = proxy(CONFIG.replace("log stdout format raw local0", target), options="",
                servers=f"server server1 127.0.0.1:{origin.ports[0]}")
    for _ in range(20):
        assert one.fetch("/page").status == 200
    for _ in range(5):
        assert one.fetch("/status/503").status == 503
    lines = [receiver.recv(4096).decode() for _ in range(25)]
    text = "\n".join(line.split(">", 1)[1].strip() for line in lines) + "\n"
    for flag, wanted in (("-srv", "servers/server1"), ("-st", "200 20"), ("-u", "/page")):
        found = subprocess.run([halog, flag], input=text, capture_output=True, text=True)
        assert wanted in found.stdout, found.stdout + found.stderr
        assert not re.search(r"[1-9]\d* parsing errors", found.stderr), found.stderr


def test_websocket_like_upgrade_is_a_tunnel(proxy, origin):
    one = start(proxy, origin.ports)
    with socket.create_connection(("127.0.0.1", one.port), 10 * PATIENCE) as link:
        link.sendall(b"GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += link.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 ")
        link.sendall(b"to and fro")
        seen = head.split(b"\r\n\r\n", 1)[1]
        while len(seen) < 10:
            seen += link.recv(4096)
        assert seen == b"to and fro"

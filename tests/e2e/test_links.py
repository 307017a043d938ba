"""Connections to servers: kills under load, retries, redispatch."""
import http.client
import signal
import threading
import time

import pytest

from conftest import PATIENCE, free_port, until

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
    {servers}
"""


def start(proxy, ports, options="", check="check inter 100ms fall 1 rise 1"):
    servers = "\n    ".join(f"server server{n + 1} 127.0.0.1:{port} {check}" for n, port in enumerate(ports))
    return proxy(CONFIG, options=options, servers=servers)


class Load:
    """Clients that send GET after GET until they are stopped; every answer but 200 and every broken connection is kept."""

    def __init__(self, port, clients=4):
        self.port, self.stop, self.wrong, self.worst = port, threading.Event(), [], [0.0]
        self.done = [0] * clients
        self.threads = [threading.Thread(target=self.client, args=(n,)) for n in range(clients)]
        for each in self.threads:
            each.start()

    def client(self, n):
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20 * PATIENCE)
        while not self.stop.is_set():
            began = time.monotonic()
            try:
                link.request("GET", f"/{n}")
                response = link.getresponse()
                response.read()
                if response.status != 200:
                    self.wrong.append(response.status)
            except (OSError, http.client.HTTPException) as fault:
                self.wrong.append(repr(fault))
                link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20 * PATIENCE)
            self.worst[-1] = max(self.worst[-1], time.monotonic() - began)
            self.done[n] += 1

    def more(self, count=50):
        mark = sum(self.done)
        until(lambda: sum(self.done) > mark + count, 20, "requests")

    def end(self):
        self.stop.set()
        for each in self.threads:
            each.join()


def kill_five_times(three, load):
    for victim in (0, 1, 2, 0, 1):
        load.more()
        load.worst.append(0.0)  # of the requests since this server was killed
        process = three._running[victim]
        process.send(signal.SIGKILL)
        process.wait()
        load.more()
        three.start(victim)
    load.end()
    print(f"{sum(load.done)} requests, worst {max(load.worst) * 1000:.0f} ms, failed {load.wrong}")


@pytest.mark.parametrize("balance", ["roundrobin", "uri", "leastconn"])
def test_five_servers_killed_under_load_cost_no_request_and_no_pause(proxy, origins, balance):
    three = origins(3)
    one = start(proxy, three.ports, f"option redispatch 1\n    balance {balance}"
                if balance != "uri" else "option redispatch 1\n    balance uri\n    hash-type consistent")
    load = Load(one.port)
    kill_five_times(three, load)
    assert load.wrong == []
    # HAProxy pauses for a second before it tries the same server again. A pause of the program's own would follow every
    # time a server is killed, a pause of the machine's does not.
    assert sorted(load.worst[1:])[2] < 0.5 * PATIENCE, load.worst


def test_without_redispatch_a_dead_server_is_tried_again_after_a_pause(proxy):
    one = start(proxy, [free_port()], "timeout connect 300ms", check="")
    took = []
    for _ in range(3):
        began = time.monotonic()
        assert one.fetch().status == 503
        took.append(time.monotonic() - began)
    assert min(took) > 0.85  # three times as long as to connect
    assert min(took) < 3 * PATIENCE, took
    one.wait_line(r" servers/server1 \d+/\d+/-1/-1/\d+ 503 \d+ - - SC-- \d+/\d+/\d+/\d+/3 0/0 ")


def test_redispatch_of_algorithms_that_take_turns_is_immediate(proxy, origin):
    one = start(proxy, [free_port(), origin.ports[0]], "option redispatch", check="")
    took = []
    for _ in range(4):
        began = time.monotonic()
        for _ in range(2):  # one of the two begins at the server that is not there
            assert one.fetch().status == 200
        took.append(time.monotonic() - began)
    assert min(took) < 0.5 * PATIENCE, took  # a pause would be there each time
    one.wait_line(r" servers/server2 .* 200 \d+ - - ---- \d+/\d+/\d+/\d+/\+1 0/0 ")

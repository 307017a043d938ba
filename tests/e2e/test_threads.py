"""Several workers under load from several clients at once: every answer right, every key at its one server."""
import http.client
import signal

import pytest

from conftest import PATIENCE, fetch

pytestmark = [pytest.mark.threads, pytest.mark.smoke]

CONFIG = """
global
    nbthread 4
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 20s
    timeout server 20s
frontend http_front
    bind 127.0.0.1:{port}
    default_backend servers
backend servers
    balance {balance}
    {more}
    server server1 127.0.0.1:{one} check inter 200ms
    server server2 127.0.0.1:{two} check inter 200ms
    server server3 127.0.0.1:{three} check inter 200ms
"""


def start(proxy, three, balance, more=""):
    return proxy(CONFIG, balance=balance, more=more, one=three.ports[0], two=three.ports[1], three=three.ports[2])


def walk(port, paths):
    """The paths in turn on one kept connection: [(path, status, served by)]."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=20 * PATIENCE)
    seen = []
    for path in paths:
        link.request("GET", path)
        response = link.getresponse()
        response.read()
        seen.append((path, response.status, response.getheader("x-served-by")))
    link.close()
    return seen


def test_each_uri_has_one_server_whichever_worker_answers(proxy, origins, together):
    one = start(proxy, origins(3), "uri", "hash-type consistent")
    paths = [f"/item/{n}" for n in range(60)]
    home = {}
    for seen in together(lambda _: walk(one.port, paths), range(8)):
        for path, status, server in seen:
            assert status == 200
            assert home.setdefault(path, server) == server
    assert set(home.values()) == {"Flask App 1", "Flask App 2", "Flask App 3"}


def test_round_robin_is_one_order_over_all_workers(proxy, origins, together):
    three = origins(3)
    one = start(proxy, three, "roundrobin")
    seen = [row for rows in together(lambda _: walk(one.port, ["/"] * 30), range(8)) for row in rows]
    assert all(status == 200 for _, status, _ in seen)
    counts = [sum(server == name for _, _, server in seen) for name in three.names]
    assert counts == [80, 80, 80]


def test_every_request_is_logged_once(proxy, origins, together):
    one = start(proxy, origins(3), "roundrobin")
    together(lambda client: walk(one.port, [f"/log/{client}/{n}" for n in range(25)]), range(8))
    assert one.stop(signal.SIGUSR1) == 0
    logged = [line for line in one.lines if "/log/" in line]
    assert len(logged) == 200
    assert len({line.split('"')[1] for line in logged}) == 200


def test_bodies_in_both_directions_at_once_stay_whole(proxy, origins, together):
    one = start(proxy, origins(3), "roundrobin")
    bodies = [bytes([65 + n]) * (300_000 + n) for n in range(8)]
    answers = together(lambda body: fetch(one.port, "/echo", method="POST", body=body, timeout=30), bodies)
    assert [answer.body == body for answer, body in zip(answers, bodies)] == [True] * 8


def test_a_server_that_dies_under_load_costs_answers_of_its_own_only(proxy, origins, together):
    three = origins(3)
    one = start(proxy, three, "roundrobin", "option redispatch")
    together(lambda _: walk(one.port, ["/"] * 5), range(8))
    three.stop(1)
    one.wait_line(r"servers/server2 is DOWN", 10)
    seen = [row for rows in together(lambda _: walk(one.port, ["/"] * 20), range(8)) for row in rows]
    assert {status for _, status, _ in seen} == {200}
    assert {server for _, _, server in seen} == {"Flask App 1", "Flask App 3"}
    three.start(1)
    one.wait_line(r"servers/server2 is UP", 10)
    seen = [row for rows in together(lambda _: walk(one.port, ["/"] * 20), range(8)) for row in rows]
    assert {server for _, _, server in seen} == {"Flask App 1", "Flask App 2", "Flask App 3"}

"""ringway route and ring --running: a process is asked how its servers are, ringway's or HAProxy's, and the answer is where
the process really sends each request."""
import json
import os
import pathlib
import shutil
import socket
import threading

import pytest

from conftest import Process, accepts, fetch, free_port, until
from test_command import ask
from test_explain import tool

HAPROXY = shutil.which("haproxy") or "/usr/sbin/haproxy"
KEYS = [f"/item/{number}?q={number % 7}" for number in range(300)]

CONFIG = """
global
    stats socket {path} mode 600 level admin
    stats socket {user} mode 600 level user
defaults
    mode http
    timeout connect 2s
    timeout client 10s
    timeout server 10s
frontend web
    bind 127.0.0.1:{port}
    default_backend app
backend app
    balance uri
    hash-type consistent
    server one 127.0.0.1:{a} check inter 50ms fall 1 rise 1 weight 10
    server two 127.0.0.1:{b} check inter 50ms fall 1 rise 1 weight 10
    server three 127.0.0.1:{c} check inter 50ms fall 1 rise 1 weight 10
"""


@pytest.fixture(params=["ringway", "haproxy"])
def live(request, proxy, origins, tmp_path):
    if request.param == "haproxy" and not pathlib.Path(HAPROXY).exists():
        pytest.skip("no haproxy here")
    at = origins(3)
    port, path = free_port(), tmp_path / "live.sock"
    text = CONFIG.format(path=path, user=tmp_path / "user.sock", port=port, a=at.ports[0], b=at.ports[1], c=at.ports[2])
    if request.param == "ringway":
        one = proxy(text, port=port)
    else:
        config = tmp_path / "live.cfg"
        config.write_text(text)
        one = Process([HAPROXY, "-db", "-f", config], tmp_path / "live.log")
        one.config, one.port = config, port
        until(lambda: accepts(port), 10, "HAProxy")
    one.kind, one.socket, one.user, one.origins = request.param, path, tmp_path / "user.sock", at
    yield one
    one.stop()


def agrees(live, *words):
    """Where 300 keys go, told and done."""
    names = dict(zip(("one", "two", "three"), live.origins.names))
    told = tool("route", "--running", live.socket, *words, stdin="\n".join(KEYS) + "\n").stdout.splitlines()
    told = [names[line.split("\t")[1].removeprefix("app/")] for line in told]
    done = [fetch(live.port, key).served_by for key in KEYS]
    assert told == done
    return set(told)


def test_three_hundred_keys_in_every_state(live):
    words = () if live.kind == "ringway" else ("-f", live.config)
    column = lambda server, number: next(line.split()[number] for line in ask(live.socket, "show servers state\n").splitlines()
                                         if f" {server} " in line)
    everybody = set(live.origins.names)
    assert agrees(live, *words) == everybody
    plain = tool("route", "-f", live.config, stdin="\n".join(KEYS) + "\n").stdout
    live.origins.stop(0)
    until(lambda: column("one", 5) == "0", 10, "the server down")
    assert agrees(live, *words) == everybody - {live.origins.names[0]}
    live.origins.start(0)
    until(lambda: column("one", 5) == "2", 10, "the server up")
    assert agrees(live, *words) == everybody
    ask(live.socket, "set server app/two state maint\n")
    assert agrees(live, *words) == everybody - {live.origins.names[1]}
    ask(live.socket, "set server app/two state ready;set weight app/three 200%;set server app/one weight 3\n")
    assert agrees(live, *words) == everybody
    changed = tool("route", "--running", live.socket, *words, stdin="\n".join(KEYS) + "\n").stdout
    assert changed != plain  # the weights were heard
    ask(live.socket, "set server app/one state drain\n")
    assert agrees(live, *words) == everybody - {live.origins.names[0]}
    one = json.loads(tool("route", "--running", live.socket, *words, "--json", KEYS[0]).stdout)
    assert one["running"] == str(live.socket) and one["server"] != "one"
    assert json.loads(tool("route", "-f", live.config, "--json", KEYS[0]).stdout)["running"] is None
    assert f"running    {live.socket}" in tool("route", "--running", live.socket, *words, KEYS[0]).stdout
    assert "down: one\n" in tool("ring", "--running", live.socket, *words).stdout


def test_files_of_the_process(live):
    if live.kind == "haproxy":
        wrong = tool("route", "--running", live.socket, "/x", status=1).stderr
        assert wrong == f"ringway route: '{live.socket}' is HAProxy's, which does not say its files; -f names the files\n"
        return
    assert "warning" not in tool("route", "--running", live.socket, "/x").stderr
    wrong = tool("route", "--running", live.user, "/x", status=1).stderr
    assert f"'{live.user}' does not permit 'show startup-files'" in wrong
    tool("route", "--running", live.user, "-f", live.config, "/x")
    text = live.config.read_text()
    live.config.write_text(text + "# a remark\n")
    assert f"warning: '{live.config}' has changed since the process was started" in tool(
        "route", "--running", live.socket, "/x").stderr
    live.config.write_text(text.replace("server two", "server zwei"))
    assert "the process has a server 'app/two' that the configuration does not have" in tool(
        "route", "--running", live.socket, "/x", status=1).stderr
    live.config.write_text(text.replace("weight 10", "weight 11"))
    assert "these are not the files it runs" in tool("route", "--running", live.socket, "/x", status=1).stderr
    live.config.unlink()
    assert str(live.config) in tool("route", "--running", live.socket, "/x", status=1).stderr


def test_sockets_that_do_not_answer(tmp_path):
    config = tmp_path / "a.cfg"
    config.write_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                      "frontend f\n bind *:80\n default_backend b\nbackend b\n balance uri\n server s 192.0.2.1:80\n")
    said = lambda where: tool("route", "-f", config, "--running", where, "/x", status=1).stderr
    missing = tmp_path / "none.sock"
    assert said(missing) == f"ringway route: there is no socket '{missing}': its configuration names it with 'stats socket'\n"
    stale = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(stale))
    assert f"nobody listens at '{stale}'" in said(stale)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(tmp_path / "log.sock"))
        assert f"'{tmp_path}/log.sock' is not a stats socket" in said(tmp_path / "log.sock")
    assert "nobody listens at" in said(f"127.0.0.1:{free_port()}")
    with socket.create_server(("127.0.0.1", 0)) as other:
        def answer():
            link, _ = other.accept()
            link.recv(100)
            link.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            link.close()
        thread = threading.Thread(target=answer)
        thread.start()
        assert "does not speak HAProxy's runtime API" in said("127.0.0.1:%d" % other.getsockname()[1])
        thread.join()

"""mode tcp with real protocols: Redis and PostgreSQL from the distribution, each with its own client."""
import contextlib
import glob
import os
import pathlib
import pwd
import shutil
import socket
import subprocess

import pytest

from conftest import PATIENCE, Process, accepts, free_port, until

CONFIG = """
global
    log stdout format raw local0
    nbthread {threads}
defaults
    mode tcp
    log global
    option tcplog
    timeout connect 5s
    timeout client 20s
    timeout server 20s
    {options}
frontend front
    bind 127.0.0.1:{port}
    default_backend data
backend data
    balance {balance}
    {servers}
"""


def start(proxy, ports, balance="roundrobin", options="", extra="", threads=2):
    servers = "\n    ".join(f"server s{n + 1} 127.0.0.1:{port} {extra}" for n, port in enumerate(ports))
    return proxy(CONFIG, balance=balance, options=options, servers=servers, threads=threads)


def program(*names):
    for name in names:
        found = shutil.which(name) or next(iter(sorted(glob.glob(name), reverse=True)), None)
        if found:
            return found
    pytest.skip(f"no {names[0]} here")


@pytest.fixture
def redis(tmp_path):
    server, port = program("redis-server", "/usr/bin/redis-server"), free_port()
    one = Process([server, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmp_path],
                  tmp_path / "redis.log")
    until(lambda: accepts(port), 20, "redis")
    yield port
    one.stop()


def redis_cli(port, *words, **more):
    return subprocess.run([program("redis-cli"), "-p", str(port), *words], capture_output=True, text=True,
                          timeout=60 * PATIENCE, **more)


def test_redis(proxy, redis):
    one = start(proxy, [redis])
    value = "x" * 1_000_000
    assert redis_cli(one.port, "-x", "set", "large", input=value).stdout.strip() == "OK"
    assert redis_cli(one.port, "get", "large").stdout.strip() == value
    # Many commands on one connection, sent before the answers are read; --pipe counts both.
    commands = "".join(f"*3\r\n$3\r\nSET\r\n${len(str(n)) + 1}\r\nk{n}\r\n$1\r\nv\r\n" for n in range(20000))
    told = redis_cli(one.port, "--pipe", input=commands)
    assert "errors: 0, replies: 20000" in told.stdout, told.stdout + told.stderr
    assert redis_cli(one.port, "dbsize").stdout.strip() == "20001"
    line = one.wait_line(r" front data/s1 \d+/\d+/\d+ \d+ -- \d+/\d+/\d+/\d+/0 0/0$")
    assert line.startswith("127.0.0.1:")


def test_redis_benchmark_in_parallel(proxy, redis):
    one = start(proxy, [redis])
    told = subprocess.run([program("redis-benchmark"), "-p", str(one.port), "-c", "50", "-n", "5000", "-q", "-t",
                           "ping,set,get,lrange_100"], capture_output=True, text=True, timeout=120 * PATIENCE)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "rror" not in told.stdout + told.stderr


def test_redis_subscriber_hears_at_once(proxy, redis):
    """The server speaks whenever it likes; nothing waits for the client."""
    one = start(proxy, [redis])
    with socket.create_connection(("127.0.0.1", one.port), 10 * PATIENCE) as link:
        link.sendall(b"SUBSCRIBE news\r\n")
        seen = b""
        while b":1\r\n" not in seen:
            seen += link.recv(4096)
        assert redis_cli(one.port, "publish", "news", "hello").stdout.strip() == "1"
        seen = b""
        while b"hello\r\n" not in seen:
            piece = link.recv(4096)
            assert piece
            seen += piece


def test_postgresql(proxy, tmp_path):
    binaries = pathlib.Path(program("/usr/lib/postgresql/*/bin"))
    psql = program("psql")
    port, data = free_port(), tmp_path / "data"
    demote = {}
    if os.getuid() == 0:  # it refuses to run as root
        try:
            who = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("no user postgres here")
        for folder in [tmp_path, *tmp_path.parents]:
            if folder.owner() == "root" and folder != pathlib.Path("/"):
                folder.chmod(folder.stat().st_mode | 0o111)
        data.mkdir()
        shutil.chown(data, "postgres")
        demote = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
    made = subprocess.run([binaries / "initdb", "-D", data, "-A", "trust", "-U", "me", "--no-sync"], capture_output=True,
                          text=True, timeout=120 * PATIENCE, cwd="/", **demote)
    assert made.returncode == 0, made.stderr
    log = open(tmp_path / "postgres.log", "wb")
    server = subprocess.Popen([binaries / "postgres", "-D", data, "-p", str(port), "-k", data, "-c",
                               "listen_addresses=127.0.0.1", "-c", "fsync=off"], stdout=log, stderr=log, cwd="/", **demote)
    try:
        until(lambda: accepts(port), 30, "postgres")
        one = start(proxy, [port])

        def ask(text, **more):
            return subprocess.run([psql, "-h", "127.0.0.1", "-p", str(one.port), "-U", "me", "-d", "postgres", "-At",
                                   "-v", "ON_ERROR_STOP=1", "-c", text], capture_output=True, text=True,
                                  timeout=60 * PATIENCE, **more)

        assert ask("select 6 * 7").stdout.strip() == "42"
        assert ask("create table t(n int, s text)").returncode == 0
        rows = "".join(f"{n}\t{'y' * 200}\n" for n in range(20000))
        assert ask("copy t from stdin", input=rows).returncode == 0
        assert ask("select count(*), sum(n) from t").stdout.strip() == "20000|199990000"
        assert ask("copy t to stdout").stdout == rows
        one.wait_line(r" front data/s1 \d+/\d+/\d+ \d+ -- ")
    finally:
        server.terminate()
        server.wait(30)
        log.close()


class Speaker:
    """Servers that say their number and close."""

    def __init__(self, count):
        import threading
        self.listeners, self.ports = [], []
        for n in range(count):
            one = socket.create_server(("127.0.0.1", 0))
            self.listeners.append(one)
            self.ports.append(one.getsockname()[1])
            threading.Thread(target=self.serve, args=(one, n), daemon=True).start()

    @staticmethod
    def serve(listener, n):
        while True:
            try:
                link, _ = listener.accept()
            except OSError:
                return
            with link, contextlib.suppress(ConnectionError):  # a client that left at once
                link.sendall(b"%d" % (n + 1))


def ask_from(port, source):
    with socket.socket() as link:
        link.settimeout(10 * PATIENCE)
        link.bind((source, 0))
        link.connect(("127.0.0.1", port))
        return link.recv(10).decode()


@pytest.mark.parametrize("balance", ["roundrobin", "static-rr", "leastconn", "first", "random", "source"])
def test_balance(proxy, balance):
    servers = Speaker(3)
    one = start(proxy, servers.ports, balance, threads=1)
    seen = [ask_from(one.port, f"127.0.1.{n % 20 + 1}") for n in range(40)]
    assert set(seen) <= {"1", "2", "3"}
    if balance in ("roundrobin", "static-rr"):
        assert sorted(seen[:39]) == ["1"] * 13 + ["2"] * 13 + ["3"] * 13
    elif balance == "source":
        assert seen[:20] == seen[20:] and len(set(seen)) == 3
    elif balance == "first":
        assert set(seen) == {"1"}
    else:
        assert len(set(seen)) >= (1 if balance == "leastconn" else 2)


def test_a_server_that_is_gone_costs_nobody_anything(proxy):
    servers = Speaker(2)
    one = start(proxy, [servers.ports[0], free_port()], options="option redispatch 1")
    assert [ask_from(one.port, "127.0.0.1") for _ in range(6)] == ["1"] * 6
    one.wait_line(r" data/s1 \d+/\d+/\d+ \d+ -- \d+/\d+/\d+/\d+/\+1 0/0$")

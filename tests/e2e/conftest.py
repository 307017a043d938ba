"""What every end-to-end test stands on: the programs, origins, proxies, raw exchanges.

The program under test is $RINGWAY_PROGRAM, or $RINGWAY_BUILD/ringway, or build/release/ringway. A test never sleeps for
readiness: `proxy(...)` returns once the port accepts. When a proxy ends, its output is searched for reports of the
sanitizers and for crashes, so that a test cannot pass over them.
"""
import http.client
import itertools
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("RINGWAY_BUILD", "build/release")
PROGRAM = pathlib.Path(os.environ.get("RINGWAY_PROGRAM", BUILD / "ringway"))
ORIGIN = pathlib.Path(os.environ.get("RINGWAY_ORIGIN", BUILD / "origin"))
# A build with sanitizers is several times slower; limits on waiting are stretched by this.
PATIENCE = float(os.environ.get("RINGWAY_PATIENCE", "1"))
REPORTS = re.compile(r"(ERROR: AddressSanitizer|ERROR: LeakSanitizer|WARNING: ThreadSanitizer|: runtime error: )")


def pytest_configure(config):
    config.addinivalue_line("markers", "threads: several workers at once; also run under ThreadSanitizer")
    config.addinivalue_line("markers", "smoke: the few that show the program works at all")
    config.addinivalue_line("markers", "release_only: measures or drives the release build, no use under sanitizers")


def pytest_collection_modifyitems(items):
    if "RINGWAY_SANITIZED" in os.environ:
        for item in items:
            if item.get_closest_marker("release_only"):
                item.add_marker(pytest.mark.skip(reason="of no use under sanitizers"))


_ports = itertools.count(20000 + (os.getpid() * 37) % 9000)


def free_port():
    """A port nobody listens on, below the kernel's own range so that no outgoing connection takes it meanwhile."""
    for port in _ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def until(condition, seconds=10, what="the condition"):
    """Waits until `condition()` is true and returns its value; fails after that time."""
    end = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds * PATIENCE:.0f} s in vain for {what}")
        time.sleep(0.01)


def accepts(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False


class Answer:
    """A response as a test wants to look at it."""

    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    def __getitem__(self, name):
        values = [value for key, value in self.fields if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    @property
    def text(self):
        return self.body.decode(errors="replace")

    @property
    def served_by(self):
        return self["x-served-by"]

    def __repr__(self):
        return f"<Answer {self.status} {self.fields} {self.body[:80]!r}>"


def fetch(port, path="/", method="GET", body=None, headers=None, source=None, timeout=10):
    """One request on a connection of its own."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout * PATIENCE,
                                      source_address=(source, 0) if source else None)
    try:
        link.request(method, path, body=body, headers=headers or {})
        response = link.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        link.close()


def exchange(port, data, timeout=2.0, shut=False, until_bytes=None):
    """Sends bytes, returns everything that comes back until the peer closes, or falls silent for `timeout` seconds.

    Returns (bytes, how), how being "closed", "reset" or "silent". With `until_bytes` it returns as soon as the answer
    contains them, so that a kept connection costs no waiting; how is then "found".
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout * PATIENCE) as link:
        link.settimeout(timeout * PATIENCE)
        try:
            link.sendall(data)
            if shut:
                link.shutdown(socket.SHUT_WR)
            while until_bytes is None or until_bytes not in received:
                piece = link.recv(65536)
                if not piece:
                    return received, "closed"
                received += piece
            return received, "found"
        except socket.timeout:
            return received, "silent"
        except (ConnectionResetError, BrokenPipeError):
            return received, "reset"


class Process:
    """A started program whose output is kept."""

    def __init__(self, command, log, env=None, cwd=None, before=None):
        self.log_path = log
        self._output = open(log, "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                        stdout=self._output, stderr=subprocess.STDOUT, preexec_fn=before,
                                        env={**os.environ, **(env or {})}, cwd=cwd)

    @property
    def pid(self):
        return self.process.pid

    @property
    def output(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    @property
    def lines(self):
        return self.output.splitlines()

    def wait_line(self, pattern, seconds=5):
        """The first line of output that matches, waited for."""
        def look():
            return next((line for line in self.lines if re.search(pattern, line)), None)
        return until(look, seconds, f"a line with {pattern!r} in {self.lines[-10:]}")

    @property
    def running(self):
        return self.process.poll() is None

    def send(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=10):
        return self.process.wait(seconds * PATIENCE)

    def stop(self, number=signal.SIGTERM, seconds=10):
        """Ends the process and returns its exit status (negative: died of that signal)."""
        if self.running:
            self.send(number)
            try:
                self.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"did not end {seconds * PATIENCE:.0f} s after signal {number}:\n{self.output[-3000:]}")
        self._output.close()
        return self.process.returncode

    def judge(self):
        """Fails the test when the program crashed or a sanitizer reported something."""
        found = REPORTS.search(self.output)
        if found:
            pytest.fail(f"sanitizer report:\n{self.output[found.start():][:6000]}", pytrace=False)
        if self.process.returncode in (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS, -signal.SIGILL,
                                       -signal.SIGFPE):
            pytest.fail(f"crashed with signal {-self.process.returncode}:\n{self.output[-3000:]}", pytrace=False)


class Origins:
    """Several origins, each its own process, so that one can be stopped and brought back."""

    def __init__(self, folder, count, names=None):
        self.folder = folder
        self.names = names or [f"Flask App {n + 1}" for n in range(count)]
        self.ports = [free_port() for _ in self.names]
        self._running = [None] * len(self.names)
        for n in range(len(self.names)):
            self.start(n)

    def start(self, n):
        log = self.folder / f"origin{n + 1}-{self.ports[n]}.log"
        self._running[n] = Process([ORIGIN, "--port", self.ports[n], "--name", self.names[n]], log)
        until(lambda: accepts(self.ports[n]), 10, f"origin {n + 1}")

    def stop(self, n):
        self._running[n].stop()
        self._running[n] = None

    def stop_all(self):
        for n, process in enumerate(self._running):
            if process:
                self.stop(n)

    def count(self, n=0):
        """(connections, requests) the n-th origin has seen, without this question and the readiness probe."""
        words = fetch(self.ports[n], "/count").text.split()
        return int(words[1]) - 2, int(words[3]) - 1


class Proxy(Process):
    def __init__(self, command, log, port, **more):
        super().__init__(command, log, **more)
        self.port = port

    def fetch(self, path="/", **more):
        return fetch(self.port, path, **more)

    def exchange(self, data, **more):
        return exchange(self.port, data, **more)

    def reload(self):
        self.send(signal.SIGUSR2)


def _need(path, what):
    if not path.exists():
        pytest.fail(f"{path} is missing: build {what} first (scripts/build)", pytrace=False)
    return path


@pytest.fixture(scope="session")
def program():
    """Path of the program under test."""
    return _need(PROGRAM, "ringway")


@pytest.fixture
def origins(tmp_path):
    """Factory: origins(3) starts three, `origins(1, names=[...])` with names of your own."""
    _need(ORIGIN, "origin")
    made = []

    def start(count=1, names=None):
        made.append(Origins(tmp_path, count, names))
        return made[-1]

    yield start
    for one in made:
        one.stop_all()


@pytest.fixture
def origin(origins):
    """One origin; `origin.ports[0]` is its port."""
    return origins(1)


@pytest.fixture
def proxy(program, tmp_path):
    """Factory: proxy(text) writes the configuration, starts the program and waits until it accepts.

    `{port}` in the text is filled with a free port (other names from keyword arguments); to write braces that mean
    themselves, double them. `before` runs in the child before the program. Returns a Proxy: .port, .fetch(), .exchange(), .lines, .wait_line(), .reload(), .stop().
    """
    made = []

    def start(text, *flags, port=None, env=None, ready=True, cwd=None, before=None, **names):
        port = port or free_port()
        config = tmp_path / f"haproxy-{len(made)}.cfg"
        config.write_text(text.format(port=port, **names) if "{port}" in text or names else text)
        one = Proxy([program, "-db", *flags, "-f", config], tmp_path / f"proxy-{len(made)}.log", port, env=env, cwd=cwd,
                    before=before)
        one.config = config
        made.append(one)
        if ready:
            until(lambda: accepts(port) or not one.running, 10, f"port {port}; output: {one.output[-2000:]}")
            if not one.running:
                pytest.fail(f"ended with {one.process.returncode} at start:\n{one.output[-3000:]}", pytrace=False)
            # A port accepts as soon as it is bound; what is bound after it may take a moment more.
            for path in re.findall(r"^\s*stats socket (/\S+)", config.read_text(), re.M):
                until(lambda: os.path.exists(path) or not one.running, 10, path)
        return one

    yield start
    for one in made:
        # The short way out: a test that cares how the program ends has stopped it already.
        one.stop(signal.SIGTERM)
    for one in made:
        one.judge()


@pytest.fixture
def run(program):
    """Factory: run("-c", "-f", path) runs the program to its end; returns subprocess.CompletedProcess with text."""
    def start(*words, seconds=20, **more):
        return subprocess.run([str(program), *[str(word) for word in words]], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=seconds * PATIENCE, **more)
    return start


@pytest.fixture
def together():
    """Runs a function in several threads at once and hands back the results in order; the first exception is raised."""
    def start(function, arguments):
        results, faults = [None] * len(arguments), []

        def one(n, argument):
            try:
                results[n] = function(argument)
            except BaseException as fault:  # handed to the test, whatever it is
                faults.append(fault)

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(arguments)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return results
    return start

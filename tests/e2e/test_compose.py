"""compose/ as a reader would use it: built, brought up, asked, an app stopped and brought back, taken down.

Skipped, with the reason, where no Docker Engine answers or no base image can be had. The image takes the program from
build/release when that was built on the image's own distribution, and compiles it otherwise, or when
RINGWAY_COMPOSE_COMPILE=1 (the way a plain `docker-compose up --build` goes).
"""
import collections
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import PROGRAM, ROOT, exchange, fetch, free_port, until

pytestmark = pytest.mark.release_only

COMPOSE = ROOT / "compose"
BASES = ["debian:bookworm", "debian:bookworm-slim", "python:3.9-slim"]  # as the tutorial and ringway's Dockerfile name them


def docker(*words, seconds=120, **more):
    return subprocess.run(["docker", *words], capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL,
                          **more)


def compose_command():
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]) and subprocess.run([*command, "version"], capture_output=True).returncode == 0:
            return command
    pytest.skip("no docker-compose here")


def have_bases():
    missing = [image for image in BASES if docker("image", "inspect", image).returncode != 0]
    if not missing:
        return
    made = subprocess.run([ROOT / "scripts/images", *missing], capture_output=True, text=True, timeout=600)
    if made.returncode == 0:
        return
    for image in missing:
        if docker("pull", "-q", image, seconds=300).returncode != 0:
            pytest.skip(f"{image} can neither be pulled nor made: {made.stderr.strip()[-300:]}")


def program_from():
    """Where the image takes the program from; a program built elsewhere may want other libraries."""
    given = ROOT / "build/release/ringway"
    release = pathlib.Path("/etc/os-release").read_text() if pathlib.Path("/etc/os-release").exists() else ""
    if os.environ.get("RINGWAY_COMPOSE_COMPILE") or not given.exists() or "bookworm" not in release:
        return "compile"
    return "given"


class Stack:
    """One project of docker-compose."""

    def __init__(self, command, folder, project, rules, front):
        self.folder, self.front = folder, front
        self.port = free_port()
        self.command = [*command, "-p", project, "-f", str(folder / "docker-compose.yml")]
        self.env = {**os.environ, "RULES": rules, "PROGRAM": program_from(), "RINGWAY_PORT": str(self.port),
                    "DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0"),
                    **{f"APP{n}_PORT": str(free_port()) for n in (1, 2, 3)}}

    def run(self, *words, seconds=1800, check=True):
        done = subprocess.run([*self.command, *words], env=self.env, capture_output=True, text=True, timeout=seconds,
                              stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            pytest.fail(f"{' '.join(words)}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}", pytrace=False)
        return done

    def up(self):
        self.run("build")
        # The apps first: a server that is still starting would be taken out for a moment, and its keys with it.
        self.run("up", "-d", "app1", "app2", "app3")
        for n in (1, 2, 3):
            until(lambda: self.app(n), 30, f"app {n}")
        self.run("up", "-d")
        until(lambda: self.ask("/").startswith("Hello"), 30, "a first answer")

    def down(self):
        self.run("down", "--volumes", "--timeout", "5", check=False)

    def container(self, service):
        return self.run("ps", "-q", service).stdout.strip()

    def app(self, n):
        """Whether the app answers, asked past the proxy."""
        try:
            return fetch(int(self.env[f"APP{n}_PORT"]), "/").status == 200
        except (OSError, http.client.HTTPException):
            return False  # docker's own port forwarder accepts before the app does

    def ask(self, path):
        try:
            return fetch(self.port, path).text
        except (OSError, http.client.HTTPException) as fault:
            return str(fault)

    def ask_from(self, service, path="/"):
        """A request from inside another container, hence from another address."""
        code = f"import urllib.request as u; print(u.urlopen('http://{self.front}{path}', timeout=5).read().decode())"
        return self.run("exec", "-T", service, "python", "-c", code).stdout.strip()

    def logs(self):
        return docker("logs", self.container(self.front)).stdout


@pytest.fixture(scope="module")
def engine():
    if shutil.which("docker") is None or docker("info").returncode != 0:
        pytest.skip("no Docker Engine answers here")
    command = compose_command()
    have_bases()
    return command


@pytest.fixture(scope="module")
def image(engine, program):
    """ringway:latest, of this tree."""
    built = docker("build", "-q", "-t", "ringway:latest", "-f", str(COMPOSE / "ringway/Dockerfile"),
                   "--build-arg", f"PROGRAM={program_from()}", str(ROOT), seconds=1800,
                   env={**os.environ, "DOCKER_BUILDKIT": os.environ.get("DOCKER_BUILDKIT", "0")})
    assert built.returncode == 0, built.stdout[-2000:] + built.stderr[-2000:]


@pytest.fixture
def stack(engine):
    made = []

    def start(rules, folder=COMPOSE, front="ringway"):
        one = Stack(engine, folder, f"ringwaytest{os.getpid()}{len(made)}", rules, front)
        made.append(one)
        one.up()
        return one

    yield start
    for one in made:
        one.down()


def test_source_sends_each_client_to_one_app(stack):
    one = stack("source")
    apps = {f"Hello from Flask App {n}!" for n in (1, 2, 3)}
    assert {one.ask(f"/{n}") for n in range(12)} < apps
    assert len({one.ask(f"/{n}") for n in range(12)}) == 1
    for client in ("app1", "app2", "app3"):
        answers = {one.ask_from(client, f"/{n}") for n in range(4)}
        assert len(answers) == 1 and answers < apps

    # The image's conventions, seen on the running container.
    container = one.container("ringway")
    inspected = json.loads(docker("inspect", container).stdout)[0]
    assert inspected["Config"]["User"] == "haproxy"
    assert inspected["Config"]["StopSignal"] == "SIGUSR1"
    assert docker("exec", container, "id", "-u").stdout.strip() == "99"
    assert " -W -db -f " in docker("top", container, "-eo", "pid,args").stdout
    until(lambda: json.loads(docker("inspect", container).stdout)[0]["State"]["Health"]["Status"] == "healthy", 30, "health")
    assert docker("exec", container, "haproxy", "-c", "-f", "/usr/local/etc/haproxy/haproxy.cfg").returncode == 0
    assert 'GET /3 HTTP/1.1"' in one.logs()

    # docker stop: SIGUSR1, and the container ends by itself, with success; who is killed leaves 137.
    docker("stop", "-t", "100", container)
    assert json.loads(docker("inspect", container).stdout)[0]["State"]["ExitCode"] == 0


def test_uri_sends_each_path_to_one_app_while_apps_come_and_go(stack):
    one = stack("uri")
    paths = [f"/item/{n}" for n in range(24)]
    before = {path: one.ask(path) for path in paths}
    assert {path: one.ask(path) for path in paths} == before
    assert {path: one.ask_from("app2", path) for path in paths[:4]} == {path: before[path] for path in paths[:4]}
    assert set(before.values()) == {f"Hello from Flask App {n}!" for n in (1, 2, 3)}

    lost = "Hello from Flask App 2!"
    probe = next(path for path in paths if before[path] == lost)
    one.run("stop", "-t", "5", "app2")
    until(lambda: one.ask(probe).startswith("Hello"), 30, "app2 to be taken out")
    during = {path: one.ask(path) for path in paths}
    assert lost not in during.values()
    assert {path: app for path, app in during.items() if before[path] != lost} == \
           {path: app for path, app in before.items() if app != lost}

    one.run("start", "app2")
    until(lambda: one.ask(probe) == lost, 30, "app2 to be taken back")
    assert {path: one.ask(path) for path in paths} == before
    states = collections.Counter(line.split("Server servers/server2 is ")[1][:4].strip()
                                 for line in one.logs().splitlines() if "Server servers/server2 is " in line)
    assert states == {"DOWN": 1, "UP.": 1} or states == {"DOWN": 1, "UP,": 1}


def test_the_tutorials_own_files_need_only_another_from(stack, image):
    assert (COMPOSE / "tutorial/haproxy.cfg").read_bytes() == (ROOT / "conf/tutorial/source.cfg").read_bytes()
    one = stack("source", COMPOSE / "tutorial", "haproxy")
    assert len({one.ask(f"/{n}") for n in range(6)}) == 1
    received, _ = exchange(one.port, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"Hello from Flask App " in received


def test_base_images_are_those_that_can_be_made():
    named = {line.split()[1] for path in COMPOSE.rglob("Dockerfile*") for line in path.read_text().splitlines()
             if line.startswith("FROM")} - {"ringway:latest"}
    assert named == set(BASES)
    offered = subprocess.run([ROOT / "scripts/images", "--help"], capture_output=True, text=True).stdout
    assert all(image in offered for image in named)


def test_the_entrypoint_knows_the_programs_own_words(program):
    usage = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True).stdout
    words = set(re.search(r"ringway ([a-z|]+) \.\.\.", usage)[1].split("|"))
    script = (COMPOSE / "ringway/docker-entrypoint.sh").read_text()
    known = set(re.search(r"^ +([a-z |]+)\) set -- ringway", script, re.M)[1].split(" | "))
    assert known == words


CFG = "/usr/local/etc/haproxy/haproxy.cfg"


@pytest.mark.parametrize("words, expected", [
    (["-v"], "version"), (["haproxy", "-v"], "version"), (["ringway", "-v"], "version"), (["haproxy", "-vv"], "version"),
    (["-c", "-V", "-f", CFG], "Configuration file is valid"), (["haproxy", "-c", "-V", "-f", CFG], "Configuration file is valid"),
    (["ringway", "-c", "-V", "-f", CFG], "Configuration file is valid"),
    (["route", "-f", CFG, "http://a/b"], "server"), (["ringway", "route", "-f", CFG, "http://a/b"], "server"),
    (["ring", "-f", CFG], "of the ring"), (["haproxy", "ring", "-f", CFG], "of the ring"),
    (["diff", CFG, CFG], ""), (["ringway", "diff", CFG, CFG], ""), (["migrate", CFG], "balance uri"),
    (["ringway", "migrate", CFG], "balance uri"), (["sh", "-c", "echo other commands run as they are"], "as they are")])
def test_the_entrypoint_takes_what_people_type(image, words, expected):
    done = docker("run", "--rm", "--network", "none", "-v", f"{ROOT}/conf/tutorial/uri.cfg:{CFG}:ro", "ringway:latest", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert expected in done.stdout + done.stderr


def test_the_image_is_small_labelled_and_not_roots(image):
    inspected = json.loads(docker("image", "inspect", "ringway:latest").stdout)[0]
    labels = {name.rsplit(".", 1)[-1]: value for name, value in inspected["Config"]["Labels"].items()
              if name.startswith("org.opencontainers.image.")}
    assert labels["title"] == "ringway" and labels["licenses"] == "MIT" and labels["description"] and labels["revision"]
    version = subprocess.run([PROGRAM, "-v"], capture_output=True, text=True).stdout
    assert f" {labels['version']} " in version
    assert inspected["Config"]["User"] == "haproxy"
    # What apt keeps for the next time is no part of it; what is left is Debian, three libraries and a program.
    left = docker("run", "--rm", "--network", "none", "ringway:latest", "sh", "-c",
                  "find /var/cache/apt /var/lib/apt/lists -type f -size +0; id -u").stdout.split()
    assert left == ["99"]
    base = json.loads(docker("image", "inspect", "debian:bookworm-slim").stdout)[0]
    assert inspected["Size"] - base["Size"] < 20e6

"""The first command: scripts/demo plays both files of the tutorial, wherever its ports are; the set-up asks nothing."""
import os
import pathlib
import re
import shutil
import socket
import subprocess

import pytest

from conftest import ORIGIN, PROGRAM, ROOT

DEMO = ["sh", str(ROOT / "scripts/demo")]


def run(command, seconds=120, **env):
    return subprocess.run(command, text=True, timeout=seconds, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env={**os.environ, **env})


def play(rules):
    return run([*DEMO, "--once", "--no-build", "--without-setup", rules], RINGWAY_PROGRAM=str(PROGRAM),
               RINGWAY_ORIGIN=str(ORIGIN))


def all_as_it_should_be(done):
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    assert done.stdout.count("  ok   ") == 5


@pytest.mark.release_only
@pytest.mark.parametrize("rules", ["source", "uri"])
def test_demo_plays_the_tutorial(program, rules):
    all_as_it_should_be(play(rules))


@pytest.fixture
def taken():
    """Holds the tutorial's ports as docker does; those that somebody has already are taken as well."""
    held = []
    for address, port in [(f"127.0.0.{n}", port) for n in range(1, 10) for port in (5001, 5002, 5003)] + [("0.0.0.0", 8080)]:
        one = socket.socket()
        held.append(one)
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((address, port))
            one.listen()
        except OSError:
            pass
    yield
    for one in held:
        one.close()


@pytest.mark.release_only
def test_demo_takes_other_ports_and_says_so(program, taken):
    done = play("source")
    all_as_it_should_be(done)
    apps = re.search(r"ports 5001 to 5003 are taken; the apps listen on (\d+) (\d+) (\d+),", done.stdout)
    assert apps and not {"5001", "5002", "5003"} & set(apps.groups())
    assert re.search(r"port 8080 is taken; ringway listens on \d+", done.stdout)


def test_demo_looks_at_the_ports_before_it_builds(taken, tmp_path):
    """A build that fails comes after the word about ports."""
    tools = tmp_path / "cmake"
    tools.write_text("#!/bin/sh\nexit 1\n")
    tools.chmod(0o755)
    shutil.copytree(ROOT / "scripts", tmp_path / "clone/scripts")
    shutil.copy(ROOT / "CMakePresets.json", tmp_path / "clone")
    done = run(["sh", str(tmp_path / "clone/scripts/demo"), "--without-setup", "--once"],
               PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 1, done.stdout
    assert done.stdout.index("ports 5001 to 5003 are taken") < done.stdout.index("configuring failed")


def test_the_commands_tell_how_to_use_them():
    for name, first in (("demo", "The tutorial on this machine"), ("test", "usage: scripts/test"),
                        ("setup", "usage: scripts/setup")):
        done = run(["sh", str(ROOT / "scripts" / name), "--help"], 20)
        assert done.returncode == 0
        assert done.stdout.startswith(first)
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert run(["sh", str(ROOT / "scripts" / name), "--twice"], 20).returncode == 2


def test_the_stages_are_listed_and_a_wrong_one_is_refused():
    done = run(["sh", str(ROOT / "scripts/test"), "--list"], 20)
    assert {"build", "checks", "fresh", "unit", "e2e"} <= set(done.stdout.split())
    done = run(["sh", str(ROOT / "scripts/test"), "--only", "unit,units"], 20)
    assert done.returncode == 2 and "'units'" in done.stdout


# ---------------------------------------------------------------- a machine with little on it


class Machine:
    """A PATH with only what is put there: the shell's own tools, and programs that write down what they were asked."""

    def __init__(self, folder):
        self.folder, self.asked = folder / "bin", folder / "asked"
        self.folder.mkdir()
        self.asked.touch()
        for name in ("sh", "dash", "sed", "awk", "cat", "date", "dirname", "fold", "grep", "head", "mktemp", "rm", "sort",
                     "tail", "tr", "env", "mkdir", "printf", "tee", "chmod", "cut"):
            path = shutil.which(name)
            if path:
                (self.folder / name).symlink_to(path)

    def has(self, name, script="exit 0"):
        file = self.folder / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >>{self.asked}\n{script}\n')
        file.chmod(0o755)

    def run(self, *words):
        return run(["sh", *map(str, words)], 60, PATH=str(self.folder), HOME=str(self.folder.parent))

    def orders(self):
        return [line for line in self.asked.read_text().splitlines() if re.match(r"sudo|apt-get", line)]


APT = """case "$*" in
  *--print-uris*) printf "'http://x/a' a_1.deb 41500000 SHA256:0\\n'http://x/b' b_1.deb 1000000 SHA256:0\\n" ;;
esac"""
POLICY = 'case $2 in wrk) ;; *) printf "$2:\\n  Installed: (none)\\n  Candidate: 1.0\\n" ;; esac'


@pytest.fixture
def machine(tmp_path):
    one = Machine(tmp_path)
    one.has("apt-get", APT)
    one.has("apt-cache", f'if [ "$1" = policy ]; then {POLICY}; fi')
    one.has("dpkg-query")  # nothing is installed
    one.has("id", "echo 0")
    return one


def installs(orders):
    return [line for line in orders if "--print-uris" not in line and " install " in line]


def test_setup_tells_names_and_megabytes_before_it_installs(machine):
    done = machine.run(ROOT / "scripts/setup", "--plan", "demo")
    assert done.returncode == 0, done.stdout
    assert "43 MB to fetch" in done.stdout
    assert re.search(r"\bcmake\b.*\bninja-build\b", done.stdout)
    assert "python3" in done.stdout
    assert installs(machine.orders()) == []
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_who_is_neither_root_nor_sudoer_is_told_what_is_missing(machine):
    machine.has("id", "echo 1000")
    done = machine.run(ROOT / "scripts/setup", "demo")
    assert done.returncode == 1
    assert "cmake" in done.stdout and "needed" in done.stdout
    assert installs(machine.orders()) == []
    # A sudo that would ask is not asked where nobody can answer.
    machine.has("sudo", 'case $1 in -n) exit 1 ;; *) echo asked; exit 1 ;; esac')
    done = machine.run(ROOT / "scripts/setup", "demo")
    assert done.returncode == 1 and "asked" not in done.stdout
    assert [line for line in machine.orders() if line.startswith("sudo") and not line.startswith("sudo -n")] == []


def test_what_is_only_useful_stops_nobody(machine):
    machine.has("id", "echo 1000")
    done = machine.run(ROOT / "scripts/setup", "measure")
    assert done.returncode == 0, done.stdout
    assert "wrk" in done.stdout and "goaccess" in done.stdout


def test_gcc_alone_is_enough_where_nothing_can_be_installed(machine):
    machine.has("id", "echo 1000")
    machine.has("apt-cache", f'if [ "$1" = policy ]; then {POLICY}; else echo clang-19; fi')
    assert re.search("needed.*clang-19", machine.run(ROOT / "scripts/setup", "compile").stdout, re.S)
    machine.has("g++")
    done = machine.run(ROOT / "scripts/setup", "compile")
    assert re.search("only useful.*clang-19.*needed", done.stdout, re.S)
    assert "clang" not in done.stdout.partition("needed")[2]


def test_demo_and_test_install_first(machine):
    """Nothing but a POSIX shell: what comes first is the set-up, not a complaint about Python, bash or CMake."""
    machine.has("id", "echo 1000")
    for command, wanted in (("demo", "python3"), ("test", "curl")):
        done = machine.run(ROOT / "scripts" / command)
        assert done.returncode == 1
        assert "setup:" in done.stdout and wanted in done.stdout
        assert "not found" not in done.stdout
    done = machine.run(ROOT / "scripts/test")
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"
    machine.asked.write_text("")
    for command in ("demo", "test"):
        assert machine.run(ROOT / "scripts" / command, "--without-setup").returncode == 1
    assert machine.orders() == []


def test_without_apt_the_tools_themselves_count(tmp_path):
    bare = Machine(tmp_path)
    done = bare.run(ROOT / "scripts/setup", "demo")
    assert done.returncode == 1 and "no apt here" in done.stdout
    if not pathlib.Path("/usr/include/boost/version.hpp").exists():
        pytest.skip("no Boost here")
    for tool in ("bash", "g++", "cmake", "ninja", "python3"):
        bare.has(tool)
    assert bare.run(ROOT / "scripts/setup", "demo").returncode == 0

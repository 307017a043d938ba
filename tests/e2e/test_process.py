"""The process among others: signals, jails and who waits outside them, addresses and files of another process."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

import pytest

from conftest import PATIENCE, PROGRAM, accepts, fetch, free_port, until

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: chroot, and a user to become")

CONFIG = """
global
    nbthread 2
    {globals}
defaults
    mode http
    timeout connect 2s
    timeout client 20s
    timeout server 20s
listen front
    bind 127.0.0.1:{port}
    monitor-uri /
    {more}
"""


def start(proxy, *flags, globals="", more="", **others):
    return proxy(CONFIG, *flags, globals=globals, more=more, **others)


def write(path, port, globals="", more=""):
    path.write_text(CONFIG.format(port=port, globals=globals, more=more))
    return path


def serves(one):
    return one.running and one.fetch("/").status == 200


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGALRM, signal.SIGPIPE, signal.SIGUSR2, signal.SIGHUP,
                                    signal.SIGTTIN, signal.SIGCONT, signal.SIGWINCH], ids=lambda number: number.name)
@pytest.mark.parametrize("how", [[], ["-W"]], ids=["worker", "master"])
def test_signals_that_leave_it_running(proxy, how, number):
    one = start(proxy, *how)
    one.wait_line("is ready")
    one.send(number)
    assert serves(one)
    one.send(number)
    assert serves(one)


@pytest.mark.parametrize("how, number, status", [
    ([], signal.SIGTERM, -signal.SIGTERM), ([], signal.SIGINT, -signal.SIGINT), ([], signal.SIGUSR1, 0),
    (["-W"], signal.SIGTERM, 0), (["-W"], signal.SIGINT, 130), (["-W"], signal.SIGUSR1, 0)])
def test_how_it_ends(proxy, how, number, status):
    """SIGINT is ignored when it starts, as a shell does it for its background jobs."""
    one = start(proxy, *how, before=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    one.wait_line("is ready")  # a start itself dies of both
    assert one.stop(number) == status


def binds(port):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            other.bind(("127.0.0.1", port))
            other.listen()
            return True
        except OSError:
            return False


@pytest.mark.parametrize("how", [[], ["-dR"]], ids=["a socket each", "one socket"])
def test_ttou_lets_go_of_the_addresses_and_ttin_takes_them_back(proxy, how):
    one = start(proxy, *how)
    kept = socket.create_connection(("127.0.0.1", one.port), 5)
    for _ in range(3):
        one.send(signal.SIGTTOU)
        until(lambda: not accepts(one.port), 5, "the port to be let go")
        until(lambda: binds(one.port), 5, "the port to be free")
        kept.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b" 200 " in kept.recv(65536)
        one.send(signal.SIGTTIN)
        until(lambda: accepts(one.port), 5, "the port to be back")
        assert serves(one)
    assert [line.split(" : ")[1] for line in one.lines if "aused" in line or "esumed" in line] == \
        ["Paused proxy front.", "Resumed proxy front."] * 3
    one.send(signal.SIGTTOU)
    one.send(signal.SIGUSR1)
    kept.close()
    assert one.wait(5) == 0


def test_an_address_that_somebody_took_meanwhile_is_taken_back_when_it_is_free(proxy):
    one = start(proxy)
    one.send(signal.SIGTTOU)
    until(lambda: not accepts(one.port), 5, "the port to be let go")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", one.port))
        other.listen()
        one.send(signal.SIGTTIN)
        one.wait_line("cannot listen again on 127.0.0.1")
    until(lambda: accepts(one.port) and serves(one), 5, "the port to be back")


def test_the_states_of_servers_on_sighup(proxy):
    one = start(proxy, more=f"server s1 127.0.0.1:{free_port()}\n    server s2 127.0.0.1:1 disabled")
    one.send(signal.SIGHUP)
    one.wait_line(r"SIGHUP: Server front/s1 is UP\. Conn: 0 act, 0 pend")
    one.wait_line(r"SIGHUP: Server front/s2 is DOWN\.")
    one.wait_line(r"SIGHUP: Proxy front has 1 active servers and 0 backup servers available\.")


def test_a_takeover_that_fails_leaves_the_older_process_as_it_was(proxy, run, tmp_path):
    """The new process cannot have one of its addresses: it asks the older one to let go, and gives back."""
    admin = tmp_path / "admin.sock"
    one = start(proxy, globals=f"stats socket {admin}")
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen()
    config = write(tmp_path / "new.cfg", one.port, globals=f"stats socket {admin}", more=f"bind 127.0.0.1:{held.getsockname()[1]}")
    ended = run("-db", "-f", config, "-sf", one.pid)
    assert ended.returncode == 1 and "Address already in use" in ended.stderr
    assert f"-sf {os.getpid()}" not in ended.stderr  # this test is no proxy
    assert "Paused proxy front." in one.output
    until(lambda: accepts(one.port) and serves(one), 5, "it to serve again")
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(admin))
    link.sendall(b"show info\n")
    assert f"Pid: {one.pid}\n".encode() in link.recv(65536)
    held.close()


@pytest.mark.parametrize("old", [[], ["-dR"]], ids=["shared", "-dR"])
@pytest.mark.parametrize("new", [[], ["-dR"]], ids=["shared", "-dR"])
@pytest.mark.parametrize("word, status", [("-sf", 0), ("-st", -signal.SIGTERM)])
def test_taking_over_however_both_listen(proxy, tmp_path, old, new, word, status):
    admin = tmp_path / "admin.sock"
    one = start(proxy, *old, "-S", str(tmp_path / "master.sock"), globals=f"stats socket {admin}")
    two = start(proxy, *new, word, str(one.pid), port=one.port, globals=f"stats socket {admin}", ready=False)
    assert one.wait(10) == status
    until(lambda: accepts(two.port) and serves(two), 10, "the new one to serve")
    assert two.running


def test_taking_sockets_from_the_process_behind_x(proxy, run, tmp_path):
    admin = tmp_path / "admin.sock"
    one = start(proxy, "-dR", globals=f"stats socket {admin}")
    ended = run("-db", "-f", one.config, "-x", tmp_path / "nobody.sock")
    assert ended.returncode == 1 and "Failed to get the sockets from the old process" in ended.stderr
    two = start(proxy, "-x", str(admin), "-sf", str(one.pid), port=one.port, globals=f"stats socket {admin}", ready=False)
    assert one.wait(10) == 0
    until(lambda: accepts(two.port) and serves(two), 10, "the new one to serve")


@pytest.mark.parametrize("where", ["stats socket {}", "bind unix@{}"], ids=["stats socket", "bind"])
def test_a_file_that_another_process_serves_is_not_taken(proxy, run, tmp_path, where):
    file = tmp_path / "live.sock"
    line = where.format(file)
    part = "globals" if line.startswith("stats") else "more"
    one = start(proxy, **{part: line})
    config = write(tmp_path / "new.cfg", free_port(), **{part: line})
    ended = run("-db", "-f", config)
    assert ended.returncode == 1
    assert f"[{file}], served by process {one.pid} (ringway)" in ended.stderr
    assert f"take over with -sf {one.pid}" in ended.stderr
    assert run("-c", "--try-bind", "-f", config).returncode == 1
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(file))  # still there
    link.close()
    # A restart: nobody serves it any more, although it is there.
    one.stop()
    assert file.exists()
    again = start(proxy, port=one.port, **{part: line})
    assert serves(again)


def test_without_a_file_there_is_help_and_nothing_starts(run):
    for words in [], ["-V"], ["-c"], ["-D"], ["-W", "-q"]:
        ended = run(*words)
        assert ended.returncode == 1, words
        assert ended.stderr.startswith("usage: ") and "ringway version" in ended.stdout


def test_a_start_in_the_foreground_says_where_it_listens(proxy):
    one = start(proxy)
    assert f"is ready: front at 127.0.0.1:{one.port}" in one.wait_line(r"\[NOTICE\].*ready")
    for quiet in "-q", "-d":
        silent = start(proxy, quiet)
        assert silent.stop() == -signal.SIGTERM
        assert "ready" not in silent.output and "root" not in silent.output


@pytest.mark.parametrize("globals, words", [
    ("", ["without 'chroot'", "without 'user'"]), ("user root", ["without 'chroot'"]), ("uid 0\n    chroot /", []),
    ("chroot {empty}\n    user {user}", [])])
@ROOT_ONLY
def test_root_is_warned_where_haproxy_warns(proxy, tmp_path, globals, words):
    user = pwd.getpwuid(65534).pw_name
    one = start(proxy, globals=globals.format(empty=tmp_path, user=user))
    one.wait_line("is ready")
    said = [line for line in one.lines if "started as root" in line]
    assert len(said) == len(words) and all(word in line for word, line in zip(words, said))


class Manager:
    """A service manager's socket, as systemd has it."""

    def __init__(self, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name.startswith("@") else name)
        self.socket.settimeout(5 * PATIENCE)

    def hear(self):
        return self.socket.recv(4096).decode().splitlines()


@ROOT_ONLY
@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_a_service_manager_hears_from_inside_the_jail(proxy, tmp_path, abstract):
    name = f"@ringway-test-{os.getpid()}-{time.monotonic_ns()}" if abstract else str(tmp_path / "notify")
    manager = Manager(name)
    jail = tmp_path / "jail"
    jail.mkdir()
    user = pwd.getpwuid(65534)
    # The search for leaks at the end of a build with sanitizers needs /proc, which a jail has not.
    env = {"NOTIFY_SOCKET": name, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    one = start(proxy, "-Ws", env=env, globals=f"chroot {jail}\n    uid {user.pw_uid}\n    gid {user.pw_gid}")
    assert manager.hear() == ["READY=1", f"MAINPID={one.pid}", "STATUS=Ready."]
    for number in signal.SIGUSR2, signal.SIGHUP:
        one.send(number)
        said = manager.hear()
        assert said[0] == "RELOADING=1" and said[1].startswith("MONOTONIC_USEC=")
        said = manager.hear()
        assert said[:2] == ["READY=1", f"MAINPID={one.pid}"] and "reload is not possible" in said[2]
    assert serves(one)
    assert one.stop() == 0
    assert manager.hear()[0] == "STOPPING=1"


@pytest.mark.parametrize("jailed", [pytest.param(True, marks=ROOT_ONLY), False], ids=["jailed", "free"])
def test_in_the_background_nothing_of_the_caller_stays_open(tmp_path, jailed):
    jail = tmp_path / "jail"
    jail.mkdir()
    pidfile, port = tmp_path / "pid", free_port()
    config = write(tmp_path / "daemon.cfg", port, globals=f"chroot {jail}\n    uid 65534" if jailed else "")
    caller = subprocess.Popen([PROGRAM, "-D", "-p", pidfile, "-f", config], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
    try:
        output, _ = caller.communicate(timeout=10 * PATIENCE)  # the end of the pipe
        assert caller.returncode == 0 and output == b""
        assert fetch(port).status == 200
    finally:
        if pidfile.exists():
            os.kill(int(pidfile.read_text()), signal.SIGTERM)
    until(lambda: not accepts(port), 5, "the end")


REFUSED = [
    ("user", "user nosuchuser", "", ""),
    ("group", "group nosuchgroup", "", ""),
    ("stats socket user", "stats socket {folder}/s user nosuchuser", "", ""),
    ("stats socket group", "stats socket {folder}/s group nosuchgroup", "", ""),
    ("bind user", "", "bind {folder}/b user nosuchuser", ""),
    ("bind group", "", "bind {folder}/b group nosuchgroup", ""),
    ("bind name", "", "bind nosuch.invalid:9045", ""),
    ("init-addr libc", "", "server s nosuch.invalid:80 init-addr libc", ""),
    ("init-addr last", "", "server s nosuch.invalid:80 init-addr last", ""),
]


@pytest.mark.parametrize("globals, more, word", [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_a_check_finds_what_the_start_refuses(run, tmp_path, globals, more, word):
    config = write(tmp_path / "h.cfg", free_port(), globals.format(folder=tmp_path), more.format(folder=tmp_path))
    checked, started = run("-c", "-f", config), run("-db", "-f", config)
    assert (checked.returncode, started.returncode) == (1, 1), checked.stderr + started.stderr
    assert "nosuch" in checked.stderr and "[ALERT]" in checked.stderr
    assert run("-c", "--syntax-only", "-f", config).returncode == 0
    haproxy = os.environ.get("HAPROXY_PROGRAM", shutil.which("haproxy") or "").split(",")[0]
    if haproxy and pathlib.Path(haproxy).exists():
        theirs = subprocess.run([haproxy, "-c", "-f", config], capture_output=True, stdin=subprocess.DEVNULL, timeout=20)
        assert theirs.returncode == 1


@pytest.mark.parametrize("globals, more, level", [
    ("log nosuch.invalid local0", "", "WARNING"),
    ("", "server s nosuch.invalid:80", "WARNING"),
    ("", "server s nosuch.invalid:80 init-addr libc,none", "NOTICE"),
    ("", "server s nosuch.invalid:80 init-addr none", "")])
def test_a_check_warns_of_what_the_start_warns_of(proxy, run, tmp_path, globals, more, level):
    config = write(tmp_path / "h.cfg", free_port(), globals, more)
    checked = run("-c", "-f", config)
    assert checked.returncode == 0
    assert (f"[{level}]" in checked.stderr and "nosuch.invalid" in checked.stderr) if level else "nosuch" not in checked.stderr
    one = start(proxy, globals=globals, more=more)
    one.wait_line("is ready")
    said = [line for line in one.lines if "nosuch.invalid" in line]
    assert [line.split("]")[0][1:] for line in said] == ([level] if level else [])
    if level == "WARNING":
        assert run("-c", "-dW", "-f", config).returncode == 1
        assert run("-db", "-dW", "-f", config).returncode == 1

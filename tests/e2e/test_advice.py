"""Advice: said by -c, never by a start, never with an exit status; and what a running process notices by itself."""
import json

import pytest

from conftest import fetch

FILE = """global
    log stdout format raw local0
defaults
    mode http
    log global
    timeout http-request 5s
    timeout connect 2s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:{port}
    default_backend shop
backend shop
    balance source{allow}
    server a 127.0.0.1:{a} check
    server b 127.0.0.1:{b}
"""


@pytest.fixture
def file(tmp_path):
    def write(allow=""):
        path = tmp_path / "advised.cfg"
        path.write_text(FILE.format(port=8080, a=1, b=2, allow=allow).replace("127.0.0.1:8080", ":8080"))
        return path
    return write


def names(done):
    return [each["id"] for each in json.loads(done.stderr)]


def test_a_check_says_it_and_stays_valid(run, file):
    for more in ([], ["-dW"], ["-V"]):
        done = run("-c", *more, "-f", file())
        assert done.returncode == 0
        assert done.stderr.count("[ADVICE]") == 3 and "3 pieces of advice" in done.stderr
        assert "see: ringway --help-advice map-based-hash\n" in done.stderr
        assert "warning" not in done.stderr.lower()
    assert run("-c", "-q", "-f", file()).stderr == ""


def test_json_and_silence(run, file):
    both = run("-c", "--diagnostics", "json", "-f", file())
    assert both.returncode == 0
    assert names(both) == ["no-forwardfor", "map-based-hash", "unchecked-servers"]
    (_, one, _) = json.loads(both.stderr)
    assert (one["severity"], one["line"], one["column"], one["length"]) == ("advice", 14, 13, 6)
    assert one["see"].startswith("ringway --help-advice map-based-hash\n")
    assert names(run("-c", "--diagnostics", "json", "--no-advice", "unchecked-servers", "--no-advice", "no-forwardfor", "-f", file())) == ["map-based-hash"]
    assert run("-c", "--no-advice", "all", "-f", file()).stderr == ""
    assert names(run("-c", "--diagnostics", "json", "-f", file("  # ringway: allow map-based-hash (sessions are short)"))) == [
        "no-forwardfor", "unchecked-servers"]


def test_an_unknown_name_is_refused(run, file):
    done = run("-c", "--no-advice", "map-based-hush", "-f", file())
    assert done.returncode == 1 and "map-based-hash" in done.stderr


def test_haproxy_takes_the_comments(file):
    import shutil
    import subprocess
    if shutil.which("haproxy") is None:
        pytest.skip("no haproxy")
    done = subprocess.run(["haproxy", "-c", "-f", file("  # ringway: allow map-based-hash")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_invalid_file_gets_no_advice(run, file):
    path = file()
    path.write_text(path.read_text() + "    sever c 192.0.2.1:80\n")
    done = run("-c", "-f", path)
    assert done.returncode == 1 and "[ADVICE]" not in done.stderr


def test_the_help_explains_each(run):
    done = run("--help-advice", "lone-client")
    assert done.returncode == 0 and done.stdout.startswith("lone-client\n") and "Docker" in done.stdout


SAID = "so far came from one address, 127.0.0.1: 'balance source' in backend 'shop' cannot tell clients apart"


def test_a_running_process_notices_that_all_clients_are_one(proxy, origins):
    ports = origins(2).ports
    one = proxy(FILE, a=ports[0], b=ports[1], allow="")
    assert "[ADVICE]" not in one.output
    for _ in range(205):
        fetch(one.port)
    one.wait_line(r"\[NOTICE\].*All 200 sessions of frontend 'web' " + SAID.replace("(", r"\("))
    for _ in range(10):
        fetch(one.port)
    one.stop()
    # Once on standard error, and once in the log, which goes to standard output here.
    assert one.output.count(SAID) == 2


def test_it_is_silent_about_clients_of_three_addresses_and_when_allowed(proxy, origins):
    ports = origins(2).ports
    many = proxy(FILE, a=ports[0], b=ports[1], allow="")
    for n in range(205):
        fetch(many.port, source=f"127.0.0.{2 + n % 3}")
    many.stop()
    allowed = proxy(FILE, a=ports[0], b=ports[1], allow=" # ringway: allow-file lone-client")
    for _ in range(205):
        fetch(allowed.port)
    allowed.stop()
    assert SAID not in allowed.output and "cannot tell clients apart" not in many.output

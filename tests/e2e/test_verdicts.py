"""What is said of a configuration, beside what HAProxy says: valid, valid with a warning (which stops a start under -dW), or
refused. HAProxy of the table is 3.5-dev5; $HAPROXY_PROGRAM names one to compare with, and only its verdicts are looked at."""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import PROGRAM

HAPROXY = os.environ.get("HAPROXY_PROGRAM") or shutil.which("haproxy") or "/usr/sbin/haproxy"

DEFAULTS = "defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
LOGGED = DEFAULTS + " log stdout local0\n"
TCP = DEFAULTS.replace("mode http", "mode tcp")
BACKEND = "backend b\n server s 127.0.0.1:1\n"
VARIABLES = {"A": "127.0.0.1", "P": "26022", "N": "name", "K": "ipv4", "EMPTY": ""}


def front(lines="", address="127.0.0.1:26013", name="f"):
    return f"frontend {name}\n bind {address}\n{lines} default_backend b\n"


def back(lines="", server="127.0.0.1:1"):
    return f"backend b\n{lines} server s {server}\n"


# name: (configuration, HAProxy's verdict, ours where it differs and why)
CASES = {
    # lines that do not do what they look like: advice, no warning
    "no server": (DEFAULTS + front() + "backend b\n", "valid"),
    "no server in tcp": (TCP + front() + "backend b\n", "valid"),
    "no server, but a page": (DEFAULTS + front() + "backend b\n errorfile 503 /dev/null\n", "valid"),
    "no server, but a redirect": (DEFAULTS + front() + "backend b\n http-request redirect location /x\n", "valid"),
    "no port": (DEFAULTS + front() + back(server="127.0.0.1"), "valid"),
    "no port in tcp": (TCP + front() + back(server="127.0.0.1"), "valid"),
    "an address of two proxies": (DEFAULTS + front() + front(name="g") + BACKEND, "valid"),
    "an address twice in one": (DEFAULTS + front(" bind 127.0.0.1:26013\n") + BACKEND, "valid"),
    "minconn alone": (DEFAULTS + front() + back(server="127.0.0.1:1 minconn 5"), "valid"),
    "minconn above maxconn": (DEFAULTS + front() + back(server="127.0.0.1:1 minconn 5 maxconn 3"), "valid"),
    "observe without check": (DEFAULTS + front() + back(server="127.0.0.1:1 observe layer4"), "valid"),
    "a rule about Connection": (DEFAULTS + front(" http-request set-header Connection close\n") + BACKEND, "valid"),
    "maxrewrite above bufsize": ("global\n tune.bufsize 16384\n tune.maxrewrite 20000\n" + DEFAULTS + front() + BACKEND, "valid"),
    "a request asked about in tcp": (TCP + front(" use_backend b if { path /x }\n") + BACKEND, "valid"),
    "unused backend": (DEFAULTS + front() + BACKEND + "backend c\n server s 127.0.0.1:1\n", "valid"),
    "an old word that is still taken": ("global\n quiet\n grace 5s\n" + DEFAULTS + front() + BACKEND, "valid"),
    # warnings
    "no timeouts": ("defaults\n mode http\n" + front() + BACKEND, "warning"),
    "balance uri in tcp": (TCP + front() + back(" balance uri\n"), "warning"),
    "httplog in tcp": (TCP + " log stdout local0\n" + front(" option httplog\n") + BACKEND, "warning"),
    "forwardfor in tcp": (TCP + front(" option forwardfor\n") + BACKEND, "warning"),
    "monitor-uri in tcp": (TCP + front(" monitor-uri /x\n") + BACKEND, "warning"),
    "http rules in tcp": (TCP + front(" http-request deny\n") + BACKEND, "warning"),
    "no bind": (DEFAULTS + front() + BACKEND + "frontend g\n default_backend b\n", "warning"),
    "an acl without values": (DEFAULTS + front(" acl a path_beg\n http-request deny if a\n") + BACKEND, "warning"),
    "rules out of order": (DEFAULTS + front(" use_backend b if { path /x }\n http-request deny if { path /y }\n") + BACKEND, "warning"),
    "a request asked about at the connection": (DEFAULTS + front(" tcp-request connection reject if { path /y }\n") + BACKEND,
                                                "warning"),
    "balance in a frontend": (DEFAULTS + front(" balance leastconn\n") + BACKEND, "warning"),
    "a page that is missing": (DEFAULTS + front() + "http-errors e\n errorfile 503 /dev/null\n" + back(" errorfiles e 404\n"), "warning"),
    "a unit with more behind": (DEFAULTS.replace("client 1s", "client 1sec") + front() + BACKEND, "warning"),
    # log formats
    "httplog in a backend": (LOGGED + front() + back(" option httplog\n"), "warning"),
    "tcplog in a backend": (LOGGED + front() + back(" option tcplog\n"), "warning"),
    "httplog, tcplog": (LOGGED + front(" option httplog\n option tcplog\n") + BACKEND, "valid"),
    "httplog, tcplog in defaults": (LOGGED + " option httplog\n option tcplog\n" + front() + BACKEND, "warning"),
    "tcplog twice in defaults": (LOGGED + " option tcplog\n option tcplog\n" + front() + BACKEND, "warning"),
    "httplog in defaults, tcplog below": (LOGGED + " option httplog\n" + front(" option tcplog\n") + BACKEND, "valid"),
    "no option httplog": (LOGGED + front(" option httplog\n no option httplog\n") + BACKEND, "refused"),
    "no option tcplog": (LOGGED + front(" no option tcplog\n") + BACKEND, "refused"),
    "httplog without a log": (DEFAULTS + front(" option httplog\n") + BACKEND, "warning"),
    "httplog of defaults without a log": (DEFAULTS + " option httplog\n" + front() + BACKEND, "warning"),
    "httplog with an empty log global": (DEFAULTS + " option httplog\n log global\n" + front() + BACKEND, "warning"),
    "httplog with log global": ("global\n log stdout local0\n" + DEFAULTS + " option httplog\n log global\n" + front() + BACKEND, "valid"),
    "httplog of a disabled frontend": (DEFAULTS + " option httplog\n" + front(" disabled\n") + front(address="127.0.0.1:26014", name="g")
                                       .replace("default_backend", "log stdout local0\n default_backend") + BACKEND, "valid"),
    # one word too many, or too few, behind what has no effect here
    "http-no-delay x": (DEFAULTS + front(" option http-no-delay x\n") + BACKEND, "refused"),
    "contstats x": (DEFAULTS + front(" option contstats x\n") + BACKEND, "refused"),
    "noepoll x": ("global\n noepoll x\n" + DEFAULTS + front() + BACKEND, "refused"),
    "spread-checks 5 6": ("global\n spread-checks 5 6\n" + DEFAULTS + front() + BACKEND, "refused"),
    "maxsslconn 5 6": ("global\n maxsslconn 5 6\n" + DEFAULTS + front() + BACKEND, "refused"),
    "maxcomprate": ("global\n maxcomprate\n" + DEFAULTS + front() + BACKEND, "refused"),
    "ca-base": ("global\n ca-base\n" + DEFAULTS + front() + BACKEND, "refused"),
    "ca-base of two": ("global\n ca-base /a /b\n" + DEFAULTS + front() + BACKEND, "refused"),
    "tune.idletimer 5 6": ("global\n tune.idletimer 5 6\n" + DEFAULTS + front() + BACKEND, "refused"),
}
# Variables outside double quotes are replaced in addresses.
for text, verdict in {
        "${A}:26020": "valid", "$A:26020": "valid", "'${A}:26020'": "valid", "${A}:${P}": "valid", "$A:$P": "valid",
        "${NONE}:26020": "valid", "$NONE:26020": "valid", '"${NONE}:26020"': "valid", "${EMPTY}:26020": "valid", "*:$P": "valid",
        "ipv4@${A}:26020": "valid", "$K@$A:26020": "valid", "${A}:26020,${A}:26021": "valid", "/tmp/$N.sock": "valid", "abns@$N": "valid",
        "${A-x}:26020": "refused", "${A}:26020x": "refused", "$": "refused", "127.0.0.1:${NONE}": "refused", "${A": "refused",
        "fd@${NONE}": "refused"}.items():
    CASES[f"bind {text}"] = (DEFAULTS + front(address=text) + BACKEND, verdict)
for text, verdict in {"${A}:80": "valid", "$A:80": "valid", "127.0.0.1:$P": "valid", "/tmp/$N.sock": "valid", "$NONE": "refused",
                      "127.0.0.1:80 addr ${A}": "valid", "127.0.0.1:80 source $A": "valid", "127.0.0.1:80 addr $NONE": "refused"}.items():
    CASES[f"server {text}"] = (DEFAULTS + front() + back(server=text), verdict)
for text, verdict in {"log $A local0": "valid", "log ${A}:${P} local0": "valid", "log $NONE local0": "refused", "log fd@1 local0": "valid",
                      "stats socket $A:26030": "valid", "stats socket ${NONE}": "refused"}.items():
    CASES[text] = (f"global\n {text}\n" + DEFAULTS + front() + BACKEND, verdict)


def verdict_of(program, text, folder):
    path = folder / "c.cfg"
    path.write_text(text)
    run = subprocess.run([program, "-c", "-f", path], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                         env={"PATH": os.environ["PATH"], **VARIABLES})
    said = run.stdout + run.stderr
    assert run.returncode in (0, 1), said
    if run.returncode == 1:
        return "refused", said
    strict = subprocess.run([program, "-c", "-dW", "-f", path], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                            env={"PATH": os.environ["PATH"], **VARIABLES})
    assert strict.returncode == (1 if "[WARNING]" in said else 0), strict.stdout + strict.stderr
    return "warning" if "[WARNING]" in said else "valid", said


@pytest.mark.parametrize("name", CASES)
def test_verdict(name, tmp_path):
    text, expected = CASES[name]
    found, said = verdict_of(PROGRAM, text, tmp_path)
    assert found == expected, f"{text}\n{said}"


def newest():
    if not pathlib.Path(HAPROXY).exists():
        return "no haproxy here"
    version = subprocess.run([HAPROXY, "-v"], capture_output=True, text=True).stdout.split()[2]
    return "" if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) >= (3, 3) else f"HAProxy {version} is older than the table"


@pytest.mark.skipif(bool(newest()), reason=newest())
@pytest.mark.parametrize("name", CASES)
def test_the_table_is_haproxys(name, tmp_path):
    text, expected = CASES[name]
    found, said = verdict_of(HAPROXY, text, tmp_path)
    assert found == expected, f"{text}\n{said}"


def test_thousands_of_mistakes_are_counted(tmp_path):
    path = tmp_path / "c.cfg"
    path.write_text("global\n" + "".join(f" no-such-word{i}\n" for i in range(3000)) + DEFAULTS + front() + BACKEND)
    few = subprocess.run([PROGRAM, "-c", "-f", path], capture_output=True, text=True, timeout=60)
    assert few.returncode == 1
    lines = few.stderr.splitlines()
    assert len(lines) < 120
    assert "2980 more errors: 2980 unknown-keyword; --all shows them" in lines
    assert "3000 errors" in few.stderr
    every = subprocess.run([PROGRAM, "-c", "--all", "-f", path], capture_output=True, text=True, timeout=60)
    assert every.returncode == 1
    assert every.stderr.count("[ALERT]") == 3001  # and the sum
    json = subprocess.run([PROGRAM, "-c", "--diagnostics", "json", "-f", path], capture_output=True, text=True, timeout=60)
    assert json.stderr.count('"unknown-keyword"') == 3000


def test_thousands_of_pieces_of_advice_are_counted(tmp_path):
    path = tmp_path / "c.cfg"
    path.write_text(DEFAULTS + front() + BACKEND + "".join(f"backend b{i}\n server s 127.0.0.1:1\n" for i in range(2000)))
    few = subprocess.run([PROGRAM, "-c", "-f", path], capture_output=True, text=True, timeout=60)
    assert few.returncode == 0
    assert len(few.stderr.splitlines()) < 200
    assert "more pieces of advice: " in few.stderr


def test_conditions_know_what_is_there():
    def holds(text):
        return subprocess.run([PROGRAM, "-cc", text], capture_output=True, timeout=20).returncode

    assert holds("version_atleast(3.5-dev5)") == 0
    assert holds("version_atleast(3.5)") == 1
    assert holds("feature(LINUX_SPLICE) && feature(PCRE2) && enabled(SPLICE)") == 0
    assert holds("feature(OPENSSL)") == 1
    assert subprocess.run([PROGRAM, "-dS", "-cc", "enabled(SPLICE)"], capture_output=True, timeout=20).returncode == 1

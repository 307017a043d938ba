"""ringway route, ring, diff: their answers against where proxies really send requests, their inputs, their exit statuses."""
import fcntl
import importlib.util
import json
import os
import pathlib
import pty
import random
import re
import resource
import select
import shutil
import string
import struct
import subprocess
import sys
import termios
import time

import pytest

from conftest import PATIENCE, PROGRAM, ROOT

TUTORIAL = ROOT / "conf/tutorial/source.cfg"
BY_URI = ROOT / "conf/tutorial/uri.cfg"


def tool(*words, stdin="", status=0):
    done = subprocess.run([PROGRAM, *map(str, words)], input=stdin, capture_output=True, text=True, timeout=120 * PATIENCE,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"})
    assert done.returncode == status, done.stdout + done.stderr
    return done


# ---------------------------------------------------------------- the same server as the proxies

def placement():
    spec = importlib.util.spec_from_file_location("placement", ROOT / "tests/compat/placement.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Section:
    """What placement.py drives: a listen section and its requests; `lines` are the same requests for `ringway route`."""
    ordered = False

    def __init__(self, r, number, balance, hash_type, ports, count):
        self.number, self.answers, self.sources = number, {}, None
        self.config = [f"  mode http", f"  balance {balance}", f"  hash-type {hash_type}"]
        servers = r.randint(2, 12)
        down = r.randrange(servers)
        for i in range(servers):
            words = f"  server s{i + 1:02d} 127.0.0.1:{ports[i]} weight {r.randint(1, 5)}"
            self.config.append(words + (" disabled" if i == down and r.random() < 0.5 else ""))
        self.lines, self.requests = [], []
        kind = balance.split()[0].split("(")[0]
        word = lambda n: "".join(r.choices(string.ascii_letters + string.digits + "-_.~", k=r.randint(1, n)))
        for _ in range(count):
            target, agent = "/" + "/".join(word(8) for _ in range(r.randint(1, 4))), word(20)
            if kind == "url_param":
                target += f"?a={word(3)}&uid={word(9)}"
            elif r.random() < 0.3:
                target += "?" + word(9)
            self.requests.append(f"GET {target} HTTP/1.1\r\nHost: h\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n".encode())
            if kind == "hdr":
                self.lines.append(f'192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET {target} HTTP/1.1" 200 1 "-" "{agent}"')
            else:
                self.lines.append(target)
        if kind == "source":
            self.sources = [f"127.{r.randrange(256)}.{r.randrange(256)}.{r.randrange(1, 255)}" for _ in range(count)]
            self.lines = self.sources

    def text(self, port):
        return "\n".join([f"listen c{self.number}", f"  bind 127.0.0.1:{port}"] + self.config) + "\n"


@pytest.mark.release_only
def test_route_agrees_with_both_proxies_about_ten_thousand_requests(tmp_path):
    rig = placement()
    r = random.Random(20261124)
    rules = [("source", 600), ("uri", 1400), ("uri depth 2 whole", 1000), ("url_param uid", 1000), ("hdr(User-Agent)", 1000)]
    origin = subprocess.Popen([sys.executable, ROOT / "tests/compat/placement.py", "--origin"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    running = []
    try:
        ports = list(map(int, origin.stdout.readline().split()))
        sections = [Section(r, 2 * i + j, balance, hash_type, ports, count)
                    for i, (balance, count) in enumerate(rules) for j, hash_type in enumerate(("consistent", "map-based"))]
        programs = {"ringway": str(PROGRAM)}
        if shutil.which("haproxy") or os.path.exists("/usr/sbin/haproxy"):
            programs["haproxy"] = shutil.which("haproxy") or "/usr/sbin/haproxy"
        lanes = []
        for side, program in programs.items():
            running.append(rig.Proxy(program, sections, tmp_path, side))
            for i, section in enumerate(sections):
                lanes += rig.lanes_of(section, running[-1].ports[i], side)
        rig.ask(lanes)
    finally:
        for each in running:
            each.stop()
        origin.stdin.close()
        origin.wait(5)
    assert sum(len(s.requests) for s in sections) == 10000
    for section in sections:
        told = tool("route", "-f", tmp_path / "ringway.cfg", "--listener", f"c{section.number}",
                    stdin="\n".join(section.lines) + "\n").stdout.splitlines()
        expected = [f"{line}\tc{section.number}/s" for line in section.lines]
        for side in programs:
            assert [e + a for e, a in zip(expected, section.answers[side])] == told, (side, section.config)


# ---------------------------------------------------------------- route

def test_one_request_is_told_whole():
    text = " ".join(tool("route", "-f", TUTORIAL, "--client", "203.0.113.7", "http://shop.example/cart?id=7").stdout.split())
    for part in ("frontend http_front", "default_backend servers", "balance source, hash-type consistent",
                 "203.0.113.7 = cb 00 71 07", "0xf213c4cf", "servers/server2", "server3, then server1"):
        assert part in text
    told = json.loads(tool("route", "-f", BY_URI, "/cart?id=7", "--json").stdout)
    assert told["frontend"] == "http_front" and told["backend"] == "servers" and told["algorithm"] == "uri"
    assert told["key"] == "/cart" and told["hash"] == "0x4f7f036e" and told["server"] == "server2"
    assert told["next"] == ["server3", "server1"] and told["rules"] == []
    down = json.loads(tool("route", "-f", BY_URI, "/cart?id=7", "--json", "--down", "server2").stdout)
    assert down["server"] == told["next"][0]


def test_lines_of_every_kind_are_answered_in_order():
    lines = ["/index.html", "http://h/index.html?x", "garbage", "",
             '192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /index.html HTTP/1.0" 200 2326',
             '10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http_front a/b 1/0/3/6/10 200 2 - - ---- 1/1/1/1/0 0/0 "GET /index.html HTTP/1.1"',
             "203.0.113.7"]
    done = tool("route", "-f", BY_URI, stdin="\n".join(lines), status=1)
    assert done.stdout.splitlines() == [line + "\t" + ("servers/server3" if "index" in line else "-") for line in lines]
    assert "line 3" in done.stderr and "line 4" in done.stderr and "2 lines were not understood" in done.stderr
    assert "line 7: it is placed by its path" in done.stderr
    tool("route", "-f", BY_URI, stdin="/a\n/b\n")
    forced = tool("route", "-f", BY_URI, "--input", "address", stdin="/a\n", status=1)
    assert "no request was placed" in forced.stderr


def test_rules_are_told_with_their_place(tmp_path):
    cfg = tmp_path / "r.cfg"
    cfg.write_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                   "frontend f\n bind *:80\n acl api path_beg /api\n use_backend b if api { src 10.0.0.0/8 }\n default_backend a\n"
                   "backend a\n balance uri\n server s 192.0.2.1:80\n"
                   "backend b\n balance roundrobin\n server t 192.0.2.2:80\n server u 192.0.2.3:80\n")
    told = json.loads(tool("route", "-f", cfg, "--client", "10.1.1.1", "/api/x", "--json").stdout)
    assert told["backend"] == "b" and told["takes_turns"] and told["server"] == "t" and told["next"] == ["u"]
    (rule,) = told["rules"]
    assert rule["line"] == 9 and rule["matched"] and [t["held"] for t in rule["tests"]] == [True, True]
    told = json.loads(tool("route", "-f", cfg, "--client", "192.0.2.77", "/api/x", "--json").stdout)
    assert told["backend"] == "a" and not told["rules"][0]["matched"]
    assert told["rules"][0]["tests"][1]["value"] == "192.0.2.77"


def test_rules_that_rewrite_refuse_and_redirect_are_obeyed(tmp_path, proxy, origins):
    """What route says is what the running proxy does, rewritten path and all."""
    three = origins(3)
    servers = "".join(f" server s{n + 1} 127.0.0.1:{port}\n" for n, port in enumerate(three.ports))
    one = proxy("defaults\n mode http\n timeout connect 5s\n timeout client 5s\n timeout server 5s\n"
                "frontend f\n bind 127.0.0.1:{port}\n http-request deny if {{ path /private }}\n"
                " redirect location /new code 301 if {{ path /old }}\n http-request set-path /item/7 if {{ path_beg /alias/ }}\n"
                " default_backend b\nbackend b\n http-request set-path /item/9 if {{ path /item/8 }}\n"
                " balance uri\n hash-type consistent\n" + servers)
    for path in [f"/alias/{n}" for n in range(5)] + [f"/item/{n}" for n in range(20)]:
        told = json.loads(tool("route", "-f", one.config, "--json", path).stdout)
        number = int(told["server"][1:])
        before = [three.count(n)[1] for n in range(3)]
        one.fetch(path)
        moved = [three.count(n)[1] - was for n, was in enumerate(before)]
        assert moved.index(max(moved)) == number - 1, (path, told["server"], moved)
    assert json.loads(tool("route", "-f", one.config, "--json", "/alias/x").stdout)["key"] == "/item/7"
    assert json.loads(tool("route", "-f", one.config, "--json", "/item/8").stdout)["key"] == "/item/9"
    assert "denies this request with 403" in tool("route", "-f", one.config, "/private", status=1).stdout
    assert "with 301 to /new" in tool("route", "-f", one.config, "/old", status=1).stdout


@pytest.mark.parametrize("words, sentence", [
    (["--down", "serve1", "/"], "did you mean 'server1'"), (["--listener", "http", "/"], "there is no frontend"),
    (["--backend", "server", "/"], "did you mean 'servers'"), (["--client", "1.2.3", "/"], "is no IP address"),
    (["-H", "x", "/"], "not of the form"), (["--input", "httplg", "/"], "did you mean 'httplog'"), (["--bogus"], "unknown option"),
    (["/a", "/b"], "one request at a time"), (["ftp://x/"], "neither a path nor"), (["/a b"], "is no line of a common"),
    (["--down", "server1", "--down", "server2", "--down", "server3", "/"], "no server of backend 'servers' is up")])
def test_what_cannot_be_answered_is_exit_one_and_a_sentence(words, sentence):
    done = tool("route", "-f", BY_URI, *words, status=1)
    assert sentence in done.stderr + done.stdout


@pytest.mark.release_only
def test_a_million_lines_take_seconds():
    lines = "".join(f"/a/{i * 7919 % 1000003}?x={i}\n" for i in range(1000000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = tool("route", "-f", BY_URI, stdin=lines)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.stdout.count("\n") == 1000000
    # Processor time: what else this machine does is not counted.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 5


# ---------------------------------------------------------------- ring

def test_ring_in_text_json_and_svg(tmp_path):
    text = tool("ring", "-f", TUTORIAL).stdout
    for part in ("48 points", "A server1", "Largest deviation: server2 has 11.5 % less", "server2  29.5 % -> server1 16.5 %"):
        assert part in text
    assert "\033" not in text
    told = json.loads(tool("ring", "-f", TUTORIAL, "--json", "--svg", tmp_path / "ring.svg").stdout)
    assert abs(sum(s["share"] for s in told["servers"]) - 1) < 1e-5 and told["points"] == 48
    assert (tmp_path / "ring.svg").read_text() == (ROOT / "conf/ring.svg").read_text()
    assert "There is no ring: the server with the fewest connections" in tool("ring", "-f", ROOT / "conf/website.cfg").stdout


def test_ring_weighed_by_real_keys(tmp_path):
    log = tmp_path / "log"
    log.write_text("/hot\n" * 900 + "".join(f"/{i}\n" for i in range(100)) + "nonsense\n")
    done = tool("ring", "-f", BY_URI, "--keys", log, "--json")
    told = json.loads(done.stdout)["traffic"]
    assert told["requests"] == 1000 and told["keys"] == 101 and told["hottest"][0]["key"] == "/hot"
    assert told["imbalance"] > 2.5 and told["hash_balance_factor"]["imbalance"] < 1.3
    assert "line 1001" in done.stderr
    assert "cannot read" in tool("ring", "-f", BY_URI, "--keys", tmp_path / "none", status=1).stderr


# ---------------------------------------------------------------- diff

def test_diff_finds_the_needless_reshuffle_and_its_cure(tmp_path):
    old, new = tmp_path / "old.cfg", tmp_path / "new.cfg"
    old.write_text(BY_URI.read_text())
    new.write_text(BY_URI.read_text().replace("    server server2", "    server fresh app9:5009 check\n    server server2"))
    told = json.loads(tool("diff", old, new, "--json").stdout)
    (moves,) = told["moves"]
    assert told["servers"]["added"] == ["servers/fresh"] and moves["moved"] > 0.5 and moves["least"] < 0.35
    words = {a["server"]: a["id"] for a in moves["advice"]["ids"]}
    assert words == {"server2": 2, "server3": 3}
    text = new.read_text()
    for server, number in words.items():
        text = text.replace(f"    server {server} ", f"    server {server} ").replace(
            next(l for l in text.splitlines() if l.startswith(f"    server {server} ")),
            next(l for l in text.splitlines() if l.startswith(f"    server {server} ")) + f" id {number}")
    new.write_text(text)
    (moves,) = json.loads(tool("diff", old, new, "--json").stdout)["moves"]
    assert abs(moves["moved"] - moves["least"]) < 1e-6 and moves["advice"] is None
    tool("diff", old, new, "--fail-above", "1%", status=1)
    tool("diff", old, new, "--fail-above", "40%")
    keys = "".join(f"/{i}\n" for i in range(20000))
    weighed = json.loads(tool("diff", old, new, "--keys", "-", "--json", stdin=keys).stdout)["traffic"]
    assert abs(weighed["moved"] / weighed["requests"] - moves["moved"]) < 0.015
    assert "No line differs" in tool("diff", old, old).stdout
    for words in ([old], [old, tmp_path / "none"], [old, new, "--fail-above", "x"], [old, new, "--nonsense"]):
        tool("diff", *words, status=2)


# ---------------------------------------------------------------- for people

@pytest.mark.parametrize("words", [("ring", "-f", BY_URI, "--keys", "-"), ("diff", BY_URI, BY_URI, "--keys", "-"), ("route", "-f", BY_URI)],
                         ids=lambda words: words[0])
def test_what_takes_long_says_how_far_it_is_on_a_terminal_only(words):
    master, terminal = pty.openpty()
    running = subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=terminal,
                               env={**os.environ, "COLUMNS": "60"})
    os.close(terminal)
    running.stdin.write(b"/a\n/b\n")
    running.stdin.flush()
    said = b""
    while b"2 lines" not in said:  # it waits for more, and says so in the end
        ready, _, _ = select.select([master], [], [], 30 * PATIENCE)
        assert ready, said
        said += os.read(master, 4096)
    running.stdin.close()
    assert running.stdout.read() and running.wait(30 * PATIENCE) == 0
    while select.select([master], [], [], 0)[0]:
        try:
            more = os.read(master, 4096)
        except OSError:
            break
        said += more
        if not more:
            break
    os.close(master)
    assert said.endswith(b"\r\033[K")  # wiped
    assert all(len(line) < 60 for line in said.decode().replace("\033[K", "").split("\r"))
    assert tool(*words, stdin="/a\n/b\n").stderr == ""


NAMES = [f"web-prod-eu-west-1a-i-{i * 2654435761 % 2**32:08x}" for i in range(1, 41)]


@pytest.fixture(scope="module")
def forty(tmp_path_factory):
    cfg = tmp_path_factory.mktemp("forty") / "prod.cfg"
    cfg.write_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\n"
                   "frontend web-prod-eu-west-1-public\n bind *:80\n default_backend web-prod-eu-west-1-checkout-backend\n"
                   "backend web-prod-eu-west-1-checkout-backend\n balance uri\n hash-type consistent\n"
                   + "".join(f" server {name} 10.0.0.{i}:8080 weight {1 + i * 37 % 256}\n" for i, name in enumerate(NAMES)))
    return cfg


def test_forty_weighted_servers_with_real_names_fit_a_screen_and_a_small_file(forty, tmp_path):
    text = tool("ring", "-f", forty).stdout
    assert max(map(len, text.splitlines())) <= 80 and len(text.splitlines()) <= 50
    assert all(name[-8:] in text for name in NAMES)
    drawn = tmp_path / "ring.svg"
    tool("ring", "-f", forty, "--svg", drawn)
    assert drawn.stat().st_size < 100_000
    assert all(name[-8:] in drawn.read_text() for name in NAMES)


def test_answers_for_people_fit_eighty_columns(forty, tmp_path):
    newer = tmp_path / "newer.cfg"
    lines = forty.read_text().splitlines()
    newer.write_text("\n".join(lines[:20] + lines[23:] + [" server web-prod-eu-west-1a-i-newcomer 10.0.1.1:8080 weight 99"]) + "\n")
    older = tmp_path / "an-older-file-with-a-long-name.cfg"
    older.write_text(forty.read_text().replace("hash-type consistent", "hash-type map-based"))
    for words, status in ((("route", "-f", forty, "http://shop.example.com/some/path/that/goes/on?id=7"), 0), (("diff", forty, newer), 0),
                          (("diff", older, forty), 0), (("ring", "--compare", "-f", forty), 0)):
        text = tool(*words, status=status).stdout
        wide = [line for line in text.splitlines() if len(line) > 80 and len(max(line.split(), key=len)) < 50]
        assert not wide, "\n".join(wide)


# ---------------------------------------------------------------- what people type

@pytest.mark.parametrize("words, asks", [
    (("route", "t.cfg"), "ringway route -f t.cfg [URL|PATH|ADDRESS]"),
    (("route", "/there/t.cfg"), "ringway route -f /there/t.cfg [URL|PATH|ADDRESS]"),
    (("route", "plain"), "ringway route -f plain [URL|PATH|ADDRESS]"),
    (("route", "t.cfg", "/cart"), "ringway route -f t.cfg [URL|PATH|ADDRESS]"),
    (("ring", "t.cfg"), "ringway ring -f t.cfg"),
    (("-c", "t.cfg"), "-f t.cfg"),
    (("t.cfg",), "-f t.cfg"),
    (("diff", "-f", "t.cfg", "t.cfg"), "ringway diff [option]... OLD NEW"),
    (("migrate", "-f", "t.cfg"), "ringway migrate [option]... FILE|DIR..."),
], ids=lambda words: " ".join(words) if isinstance(words, tuple) else "")
def test_a_file_without_its_option_is_recognised(words, asks, tmp_path):
    for name in ("t.cfg", "plain"):
        (tmp_path / name).write_text(BY_URI.read_text())
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, cwd=tmp_path, timeout=30 * PATIENCE)
    assert done.returncode in (1, 2) and done.stdout == ""
    (said,) = [line for line in done.stderr.splitlines() if "help:" in line]
    assert asks in said


def test_a_path_stays_a_path_when_the_configuration_is_named(tmp_path):
    page = tmp_path / "index.html"
    page.write_text("x")
    assert "servers/server" in tool("route", "-f", BY_URI, page).stdout


def on_a_terminal(*words, columns=80, **more):
    """What a terminal of so many columns is told on stderr."""
    master, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    running = subprocess.Popen([PROGRAM, *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=terminal,
                               env={**{k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}, "TERM": "xterm", **more})
    os.close(terminal)
    said = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    running.wait(30 * PATIENCE)
    os.close(master)
    return said.decode().replace("\r\n", "\n")


WRONG = ("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend web\n bind :80\n default_backend nowhere-to-be-found\n"
         " blance roundrobin and here is a line that goes on and on behind the right margin of a terminal, so that it is cut there\n"
         " http-response set-header X-Frame-Options DENY\nbackend shop\n balance source\n server a 192.0.2.1:80\n server b 192.0.2.2:80\n server c 192.0.2.3:80\n")


@pytest.mark.parametrize("columns", [80, 60, 132])
def test_diagnostics_are_broken_between_words_on_a_terminal(columns, tmp_path):
    cfg = tmp_path / "a.cfg"
    for text in (WRONG, WRONG.replace("nowhere-to-be-found", "shop").replace(" blance", " #").replace(" http-response", " #")):
        cfg.write_text(text)
        said = on_a_terminal("-c", "-f", cfg, columns=columns)
        plain = re.sub(r"\x1b\[[0-9;]*m", "", said)
        assert plain != said  # colours
        assert all(len(line) <= columns or len(line.split()) <= 2 for line in plain.splitlines()), plain
        # Not one word is lost or cut, and what reads a pipe has one line for each.
        piped = subprocess.run([PROGRAM, "-c", "-f", cfg], capture_output=True, text=True).stderr
        first = [line for line in piped.splitlines() if line.startswith("[")]
        joined = " ".join(re.sub(r"\(\d+\)", "", plain).split())
        for line in first:
            assert " ".join(re.sub(r"\(\d+\)", "", line).split()) in joined
        assert "\x1b[" not in piped
    assert "\x1b[" not in on_a_terminal("-c", "-f", cfg, NO_COLOR="1")
    assert "\x1b[" not in on_a_terminal("route", "-f", cfg, "/", NO_COLOR="1")

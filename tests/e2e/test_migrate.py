"""`ringway migrate`: files in and out, and real old files that Debian's HAProxy takes afterwards."""
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CORPUS = pathlib.Path(os.environ.get("RINGWAY_CORPUS", ROOT / "../shared/corpus"))
OLD = "listen web 127.0.0.1:80\n  mode http\n  clitimeout 5s  # why\n  appsession SID len 5 timeout 1h\n"


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "old.cfg"
    path.write_text(OLD)
    return path


def test_prints_the_file_and_says_what_was_kept(run, old):
    done = run("migrate", old)
    assert done.returncode == 1
    lines = [line for line in done.stdout.splitlines() if "# ringway migrate:" not in line]
    assert lines == ["listen web", "  bind 127.0.0.1:80", "  mode http", "  timeout client 5s  # why",
                     "  appsession SID len 5 timeout 1h"]
    assert "2 translated, 0 without effect now comments, 1 kept" in done.stderr
    assert "kept as it was: HAProxy 1.6 dropped it" in done.stderr and "old.cfg:4" in done.stderr
    assert old.read_text() == OLD


def test_nothing_to_do_is_the_same_file(run):
    path = ROOT / "conf/tutorial/source.cfg"
    done = run("migrate", path)
    assert (done.returncode, done.stdout) == (0, path.read_text())


def test_json_has_every_change_with_its_place(run, old):
    done = run("migrate", "--json", old)
    assert (done.returncode, done.stderr) == (1, "")
    (one,) = json.loads(done.stdout)
    assert one["file"] == str(old)
    assert [(each["line"], each["column"], each["what"]) for each in one["changes"]] == [
        (1, 12, "translated"), (3, 3, "translated"), (4, 3, "kept")]
    assert one["changes"][1]["old"] == "clitimeout 5s  # why" and one["changes"][1]["new"] == "timeout client 5s  # why"
    assert all(each["reason"] for each in one["changes"])
    assert one["text"] == run("migrate", old).stdout


UNSUPPORTED = ("defaults\n mode http\n clitimeout 1s\n timeout connect 1s\n timeout server 1s\n"
               "frontend f\n bind :80\n stick-table type ip size 1k\n http-response set-header A b\n http-response set-header C d\n default_backend b\n"
               "backend b\n blance uri\n server s 192.0.2.1:80\n")


def refused_lines(run, path):
    done = run("-c", "--syntax-only", "--diagnostics", "json", "-f", path)
    return {each["line"] for each in json.loads(done.stderr or "[]") if each["severity"] == "alert"}


def test_the_list_fits_eighty_columns(run):
    assert [line for line in run("migrate", "--list").stdout.splitlines() if len(line) > 80] == []


def test_what_ringway_refuses_afterwards_is_named_and_counted(run, tmp_path):
    path, made = tmp_path / "new.cfg", tmp_path / "made.cfg"
    path.write_text(UNSUPPORTED)
    done = run("migrate", "-o", made, path)
    assert done.returncode == 1
    refused = refused_lines(run, made)
    assert len(refused) == 4 and f"1 translated, 0 without effect now comments, 0 kept; 4 lines refused by ringway, 3 for words not supported yet" in done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("  line")]
    assert {int(number) for line in told for number in re.findall(r"\d+", line.split(":")[0])} == refused
    (one,) = json.loads(run("migrate", "--json", path).stdout)
    assert {each["line"] for each in one["refused"]} == refused
    assert {each["id"] for each in one["refused"]} >= {"not-supported-yet"}
    older = run("migrate", "--to", "2.6", path)  # for HAProxy: what ringway takes is not asked
    assert older.returncode == 0 and "refused" not in older.stderr


def test_files_of_one_configuration_are_judged_together(run, tmp_path):
    (tmp_path / "a.cfg").write_text("defaults\n mode http\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nfrontend f\n bind :80\n default_backend b\n")
    (tmp_path / "b.cfg").write_text("backend b\n server s 192.0.2.1:80\n")
    done = run("migrate", "--json", tmp_path)
    assert done.returncode == 0 and [each["refused"] for each in json.loads(done.stdout)] == [[], []]


def test_in_place_keeps_the_old_file_and_never_a_second_time_over_it(run, old):
    old.chmod(0o640)
    link = old.parent / "link.cfg"
    link.symlink_to(old)
    assert run("migrate", "-i", link).returncode == 1
    kept = old.parent / "old.cfg.orig"
    assert kept.read_text() == OLD and "timeout client 5s" in old.read_text() and link.is_symlink()
    assert stat.S_IMODE(old.stat().st_mode) == 0o640
    assert run("migrate", "-i", old).returncode == 1  # nothing more to do, nothing written
    old.write_text(OLD)
    refused = run("migrate", "-i", old)
    assert refused.returncode == 2 and "is there already" in refused.stderr and old.read_text() == OLD
    assert sorted(each.name for each in old.parent.iterdir()) == ["link.cfg", "old.cfg", "old.cfg.orig"]


def test_output_goes_into_a_file(run, old, tmp_path):
    into = tmp_path / "new.cfg"
    assert run("migrate", "--no-comments", "-o", into, old).returncode == 1
    assert into.read_text().startswith("listen web\n  bind 127.0.0.1:80\n  mode http\n")
    assert run("migrate", "-o", "/dev/null", old).returncode == 1
    assert run("migrate", "-o", tmp_path / "missing/new.cfg", old).returncode == 2


@pytest.mark.parametrize("words,says", [
    ([], "which file?"),
    (["missing.cfg"], "cannot open configuration file 'missing.cfg'"),
    (["--to", "new", "x"], "'new' is no version"),
    (["--to", "1.5", "x"], "too old"),
    (["-i", "--json", "x"], "stands alone"),
    (["--wrong"], "unknown option"),
])
def test_what_cannot_be_done_is_said(run, words, says):
    done = run("migrate", *words)
    assert done.returncode == 2 and says in done.stderr and done.stdout == ""


def test_the_list_names_every_old_spelling(run):
    done = run("migrate", "--list")
    assert done.returncode == 0 and "\nreqirep\n" in done.stdout and "\nclitimeout\n" in done.stdout


# --- real files -------------------------------------------------------------------------------------------------

MISSING = [re.compile(pattern) for pattern in (
    r"unable to stat SSL certificate from file '([^']+)'", r"error opening file '([^']+)'",
    r"failed to open pattern file <([^>]+)>", r"cannot open file '([^']+)'", r"Couldn't open the ca-file '([^']+)'",
    r"Could not open configuration file ([^ ']+)", r"unable to load (/[^ ']+)", r"unable to open file <([^>]+)>",
    r"cannot open the file '([^']+)'", r"unable to stat '?([^' ]+)'? ")]
# What these files say wrong in words that were never retired; HAProxy stops at the retired ones before it comes to these.
OWN_MISTAKES = {"102.cfg": "no such ACL : 'host_www'", "103.cfg": "unable to find required use_backend: 'matrix'",
                "127.cfg": "cannot handle unexpected argument"}
# What stands in other files that are not part of the corpus.
ELSEWHERE = {"030.cfg": "No SPOE agent found", "067.cfg": "No SPOE agent found", "089.cfg": "No SPOE agent found",
             "077.cfg": "unable to find required use_backend: 'b_letsencrypt'"}
NAMES = [re.compile(pattern) for pattern in (r"could not resolve address '([^']+)'", r"invalid address: '([^']+)' in")]
ACCOUNTS = [re.compile(r"unknown (?:group|user) name '([^']+)'"), re.compile(r"cannot find (?:group|user) id for '([^']+)'")]


class Judge:
    """`haproxy -c` on a text, with the files, hosts and accounts that it asks for supplied one after another."""

    def __init__(self, folder):
        self.folder = folder
        self.pem = folder / "pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=x", "-days", "2",
                        "-keyout", folder / "key", "-out", folder / "crt"], check=True, capture_output=True)
        self.pem.write_bytes((folder / "crt").read_bytes() + (folder / "key").read_bytes())

    def alerts(self, text):
        path = self.folder / "judged.cfg"
        for _ in range(60):
            path.write_bytes(text)
            ports = {name: "1080" for name in re.findall(r"\$\{?(\w+_PORT)\b", text.decode(errors="replace"))}
            done = subprocess.run(["haproxy", "-c", "-f", path], capture_output=True, cwd=self.folder, env={**os.environ, **ports})
            said = [line.split(") : ", 1)[-1] for line in done.stderr.decode(errors="replace").splitlines() if "[ALERT]" in line]
            said = [line for line in said if not re.search(r"Error\(s\) found|Fatal errors|Failed to initialize server", line)]
            if done.returncode == 0:
                return []
            fresh = text
            for line in said:
                fresh = self.supply(line, fresh)
            if fresh == text:
                return said
            text = fresh
        return said

    def supply(self, line, text):
        for pattern in MISSING:
            for name in pattern.findall(line):
                if name.startswith(str(self.folder)):
                    continue
                stand_in = self.pem
                if "errorfile" in line:
                    stand_in = self.folder / "503.http"
                    stand_in.write_text("HTTP/1.0 503 Service Unavailable\r\n\r\nx\n")
                elif "filter" in line:
                    stand_in = self.folder / "spoe.conf"
                    stand_in.write_text("")
                elif "pattern file" in line:
                    stand_in = self.folder / "empty"
                    stand_in.write_text("")
                elif "crt-list" in line:
                    stand_in = self.folder / "crt-list"
                    stand_in.write_text(f"{self.pem}\n")
                text = re.sub(rb"(?<![\w/.-])" + re.escape(name.encode()) + rb"(?![\w/.-])", str(stand_in).encode(), text)
        for pattern in NAMES:
            for name in pattern.findall(line):
                text = re.sub(rb"(?m)^([ \t]*(?:bind|server[ \t]+\S+)[ \t]+)" + re.escape(name.encode()) + rb"(?=[:, \t\r\n])",
                              rb"\g<1>127.0.0.1", text)
        for pattern in ACCOUNTS:
            for name in pattern.findall(line):
                text = re.sub(rb"((?:user|group)[ \t]+)" + re.escape(name.encode()) + rb"\b", rb"\1root", text)
        return text


def indexed():
    if not (CORPUS / "INDEX.tsv").exists():
        return []
    rows = [line.split("\t") for line in (CORPUS / "INDEX.tsv").read_text().splitlines()[1:]]
    return [(row[0], row[4]) for row in rows]


@pytest.mark.skipif(not indexed(), reason="no corpus beside the checkout")
@pytest.mark.skipif(not (shutil.which("haproxy") and shutil.which("openssl")), reason="no haproxy or openssl")
def test_real_files_are_taken_by_haproxy_afterwards(program, tmp_path):
    judge = Judge(tmp_path)
    refused, rescued = {}, 0
    for name, before in indexed():
        if before == "syntax":
            continue
        done = subprocess.run([program, "migrate", "--to", "2.6", CORPUS / name], capture_output=True)  # bytes
        assert done.returncode == 0, f"{name}: {done.stderr.decode(errors='replace')}"
        beyond_us = OWN_MISTAKES.get(name) or ELSEWHERE.get(name)
        said = [line for line in judge.alerts(done.stdout) if not (beyond_us and beyond_us in line)]
        if said:
            refused[name] = said
        elif before == "removed-keyword":
            rescued += 1
    assert refused == {}
    assert rescued == sum(1 for _, before in indexed() if before == "removed-keyword")


@pytest.mark.skipif(not indexed(), reason="no corpus beside the checkout")
def test_real_files_have_nothing_retired_left_for_ringway(run, tmp_path):
    for name, _ in indexed():
        text = CORPUS / name
        made = tmp_path / name
        (told,) = json.loads(run("migrate", "--json", text).stdout)
        status = run("migrate", "-o", made, text).returncode
        done = run("-c", "--syntax-only", "--diagnostics", "json", "-f", made)
        said = json.loads(done.stderr or "[]")
        refused = {each["line"] for each in said if each["severity"] == "alert"}
        assert refused == {each["line"] for each in told["refused"]}, name
        assert status == (1 if refused or any(each["what"] == "kept" for each in told["changes"]) else 0), name
        old = [each for each in said if each["id"] == "retired"]
        assert old == [], name

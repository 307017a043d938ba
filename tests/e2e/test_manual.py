"""The manual page and the completions: what the tools that read them say, and what a person gets."""
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "conf/ringway.1"
BASH, ZSH, FISH = ROOT / "conf/completion/ringway.bash", ROOT / "conf/completion/_ringway", ROOT / "conf/completion/ringway.fish"


def need(tool):
    return pytest.mark.skipif(not shutil.which(tool), reason=f"no {tool}")


def output(*words, **more):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=60, **more)
    return done.stdout + done.stderr


def test_the_page_has_every_section_and_every_subcommand():
    text = PAGE.read_text()
    sections = re.findall(r"^\.SH (.+)$", text, re.M)
    assert sections == ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "OPTIONS WITHOUT EFFECT", "SUBCOMMANDS", "SIGNALS", "EXIT STATUS",
                        "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"]
    synopsis = text[text.index(".SH SYNOPSIS"):text.index(".SH DESCRIPTION")]
    for name in ("route", "ring", "diff", "migrate"):
        assert f".B ringway {name}\n" in synopsis and f'.SS "ringway {name} ' in text


@need("mandoc")
def test_mandoc_finds_nothing_to_warn_of():
    said = output("mandoc", "-T", "lint", "-W", "warning", PAGE)
    assert [line for line in said.splitlines() if "missing date" not in line] == []  # a date would change with every commit


@need("man")
def test_man_renders_it_without_a_warning(tmp_path):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", str(PAGE)], capture_output=True, text=True, timeout=60,
                          env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)})
    assert done.returncode == 0 and done.stderr == ""
    if done.stdout.count("\n") < 50:
        pytest.skip("man pages are not rendered on this machine")
    assert max(len(re.sub(r".\x08", "", line)) for line in done.stdout.splitlines()) <= 80


@need("bash")
@pytest.mark.parametrize("words, there, gone", [
    (["--re"], ["--resolve", "--resolve-period"], ["--port"]),
    (["ri"], ["ring"], ["route"]),
    (["ring", "--s"], ["--svg"], ["--syntax-only"]),
    (["ring", "--input", "com"], ["common", "combined"], ["httplog"]),
    (["--diagnostics", ""], ["text", "json"], []),
    (["migrate", "--"], ["--in-place", "--help"], ["--running"]),
], ids=" ".join)
def test_bash_completes(words, there, gone):
    assert output("bash", "-n", BASH) == ""
    line = " ".join(f"'{word}'" for word in ["ringway", *words])
    said = output("bash", "-c", f"source {BASH}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; _ringway; printf '%s\\n' \"${{COMPREPLY[@]}}\"").split()
    assert set(there) <= set(said) and not set(gone) & set(said)


@need("bash")
def test_bash_completes_haproxy_where_it_is_ringway_only(tmp_path):
    (tmp_path / "ringway").write_text("#!/bin/sh\n")
    (tmp_path / "ringway").chmod(0o755)
    asked = f"source {BASH}; complete -p haproxy 2>&1"
    assert "_ringway" not in output("bash", "-c", asked, env={"PATH": "/usr/bin:/bin"})
    (tmp_path / "haproxy").symlink_to("ringway")
    assert "_ringway haproxy" in output("bash", "-c", asked, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})


@need("zsh")
def test_zsh_takes_the_completion(tmp_path):
    assert output("zsh", "-n", ZSH) == ""
    said = output("zsh", "-fc", f"fpath=({ZSH.parent} $fpath); autoload -Uz compinit; compinit -u -D; "
                                "print $_comps[ringway] $_comps[haproxy]; autoload +X _ringway && print loaded")
    assert said.split() == ["_ringway", "_ringway", "loaded"]


# A terminal of its own, as completion needs its line editor.
ZSH_ASKS = r"""
zmodload zsh/zpty
zpty shell 'zsh -fi'
zpty -w shell "PS1=; fpath=(FOLDER \$fpath); autoload -Uz compinit; compinit -u -D; zstyle ':completion:*' list-colors ''; LISTMAX=0"
zpty -w shell "print rea''dy"
zpty -r -m shell line '*ready*'
zpty -w -n shell $'WORDS\t\t'
zpty -r -m shell line '*EXPECTED*' && print -r -- found
zpty -d shell
"""


@need("zsh")
@pytest.mark.parametrize("words, expected", [("ringway --resolve-p", "--resolve-period"), ("ringway ri", "ringway ring"), ("ringway ring --sv", "--svg")])
def test_zsh_completes(words, expected):
    script = ZSH_ASKS.replace("FOLDER", str(ZSH.parent)).replace("WORDS", words).replace("EXPECTED", expected)
    try:
        assert "found" in output("zsh", "-fc", script)
    except subprocess.TimeoutExpired:
        pytest.fail(f"'{words}' is not completed to '{expected}'")


@need("fish")
@pytest.mark.parametrize("words, there, gone", [
    ("ringway --re", ["--resolve", "--resolve-period"], ["--port"]),
    ("ringway ", ["route", "ring", "diff", "migrate"], []),
    ("ringway ring --s", ["--svg"], ["--syntax-only"]),
    ("ringway ring --input com", ["common", "combined"], ["httplog"]),
    ("ringway -d", ["-dW", "-db"], []),
])
def test_fish_completes(words, there, gone, tmp_path):
    home = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    assert output("fish", "--no-execute", FISH, env=home) == ""
    said = [line.split("\t")[0] for line in output("fish", "-c", f"source {FISH}; complete -C '{words}'", env=home).splitlines()]
    assert set(there) <= set(said) and not set(gone) & set(said)


@need("cmake")
def test_they_are_installed(program, tmp_path):
    done = subprocess.run(["cmake", "--install", program.parent, "--prefix", tmp_path], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    for path, like in (("share/man/man1/ringway.1", PAGE), ("share/bash-completion/completions/ringway", BASH),
                       ("share/zsh/site-functions/_ringway", ZSH), ("share/fish/vendor_completions.d/ringway.fish", FISH)):
        assert (tmp_path / path).read_text() == like.read_text()
    assert (tmp_path / "bin/ringway").exists()

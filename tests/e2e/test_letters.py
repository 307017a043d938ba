"""What clients and servers do wrong at each stage: the status, the end, the log's letters and timers that come of it.

The tables are letters_rows.py and letters_tunnel.py. HAProxy, where it is installed, runs the same rows and must say what
the table says of it: so the table is known to be about HAProxy and not about us.
"""
import pathlib
import re
import shutil
import subprocess

import pytest

from letters_old import OLD
from letters_rig import outcomes
from letters_rows import ROWS as HTTP_ROWS
from letters_tunnel import ROWS as TUNNEL_ROWS

ROWS = HTTP_ROWS + TUNNEL_ROWS
NAMES = [row.name for row in ROWS]


def found_by(program, wanted, folder):
    """Outcomes of all rows; those that are not as wanted get two more tries, alone: the machine may have been busy."""
    found = outcomes(program, ROWS, folder)
    for _ in range(2):
        doubtful = [row for row in ROWS if wanted(row) not in ("*", found[row.name])]
        if not doubtful:
            break
        found.update(outcomes(program, doubtful, folder))
    return found


@pytest.fixture(scope="module")
def ours(program, tmp_path_factory):
    return found_by(program, lambda row: row.wanted, tmp_path_factory.mktemp("letters"))


def reference():
    """(program, major version) of the HAProxy here, or None."""
    found = shutil.which("haproxy") or ("/usr/sbin/haproxy" if pathlib.Path("/usr/sbin/haproxy").exists() else None)
    if not found:
        return None
    told = subprocess.run([found, "-v"], capture_output=True, text=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", told)
    return (found, (int(version[1]), int(version[2]))) if version else None


def wanted_of_reference(row, version):
    if version < (3, 4):
        if version != (2, 6):
            return "*"  # between the two that the table knows
        if row.name in OLD:
            return OLD[row.name]
    return row.theirs or row.wanted


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    here = reference()
    if here is None:
        pytest.skip("no HAProxy here")
    program, version = here
    return found_by(program, lambda row: wanted_of_reference(row, version), tmp_path_factory.mktemp("reference"))


@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_letters(ours, row):
    assert ours[row.name] == row.wanted


@pytest.mark.release_only
@pytest.mark.parametrize("row", ROWS, ids=NAMES)
def test_letters_of_haproxy(theirs, row):
    wanted = wanted_of_reference(row, reference()[1])
    if wanted != "*":
        assert theirs[row.name] == wanted, row.why

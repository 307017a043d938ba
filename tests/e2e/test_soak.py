"""A short run of scripts/soak: every request of a mixed load with faults on both sides is accounted for."""
import os
import subprocess
import sys

from conftest import PATIENCE, PROGRAM, ROOT

SECONDS = 20


def test_every_request_of_a_mixed_load_is_accounted_for():
    run = subprocess.run([sys.executable, ROOT / "scripts" / "soak", str(SECONDS), "--seed", "11", "--program", PROGRAM],
                         capture_output=True, text=True, timeout=(SECONDS + 60) * max(1, PATIENCE / 2),
                         env={**os.environ})
    print(run.stdout[-3000:])
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-3000:]

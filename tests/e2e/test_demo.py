"""scripts/demo --once plays both files of the tutorial, with an app that goes away and comes back."""
import os
import subprocess
import sys

import pytest

from conftest import ORIGIN, PROGRAM, ROOT


@pytest.mark.release_only
@pytest.mark.parametrize("rules", ["source", "uri"])
def test_demo_plays_the_tutorial(program, rules):
    done = subprocess.run([sys.executable, ROOT / "scripts/demo", "--once", "--no-build", rules], text=True, timeout=120,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "RINGWAY_PROGRAM": str(PROGRAM), "RINGWAY_ORIGIN": str(ORIGIN)})
    assert done.returncode == 0, done.stdout
    assert "FAIL" not in done.stdout
    assert done.stdout.count("  ok   ") == 5


def test_demo_tells_how_to_use_it():
    done = subprocess.run([sys.executable, ROOT / "scripts/demo", "--help"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0
    assert done.stdout.lstrip().startswith("The tutorial on this machine")
    done = subprocess.run([sys.executable, ROOT / "scripts/demo", "--twice"], capture_output=True, text=True, timeout=20)
    assert done.returncode == 2

"""The scenarios of tests/scenarios, played by varnishtest as HAProxy's users play theirs: launch, inherited sockets, logs."""
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from conftest import PATIENCE, PROGRAM, REPORTS, ROOT

RUNNER = shutil.which("vtest") or shutil.which("varnishtest")
SCENARIOS = sorted((ROOT / "tests/scenarios").glob("*.vtc"))


@pytest.mark.skipif(RUNNER is None, reason="neither vtest nor varnishtest is here (package varnish)")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=[file.stem for file in SCENARIOS])
def test_scenario_passes(scenario):
    # The scenario's unix sockets lie in that folder: its path must be short.
    with tempfile.TemporaryDirectory(prefix="rs", dir="/tmp") as folder:
        environment = dict(os.environ, TMPDIR=folder, HAPROXY_PROGRAM=str(pathlib.Path(PROGRAM).resolve()),
                           HAPROXY_ARGS="-dM -dI -dW")
        limit = int(20 * PATIENCE)
        result = subprocess.run([RUNNER, "-v", "-k", "-t", str(limit), str(scenario)], env=environment, cwd=folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                timeout=limit + 20, text=True, errors="replace")
        assert not REPORTS.search(result.stdout), result.stdout[-5000:]
        assert result.returncode == 0, result.stdout[-5000:]

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The pandas example of the documentation gives what the view `ci` gives.

Usage: test-pandas.py PROSE-SIM PROJECT-DIRECTORY
"""
import csv
import io
import math
import pathlib
import subprocess
import sys
import tempfile

from campaigns import CAMPAIGN, call, read, write

prose_sim, example = sys.argv[1], pathlib.Path(sys.argv[2]) / "doc" / "pandas-example.py"
try:
    import pandas  # noqa: F401
except ImportError:
    print(f"skipped: {sys.executable} has no pandas; apt-get install --no-install-recommends python3-pandas")
    sys.exit(77)

with tempfile.TemporaryDirectory() as name:
    directory = pathlib.Path(name)
    path = write(directory, CAMPAIGN.replace("ues = 2, 3\n", "").replace("g.count = $ues\n", ""))
    assert call(prose_sim, "campaign", path, "-o", directory / "out").returncode == 0
    db = read(directory / "out")
    for metric in ("pc5.sent", "keys.request-to-key.mean"):
        result = subprocess.run([sys.executable, example, directory / "out", "delay", metric], capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stderr
        rows = [[float(v) for v in row] for row in list(csv.reader(io.StringIO(result.stdout)))[1:] if row]
        want = db.execute("SELECT f.si, n, mean, sd, half95 FROM ci JOIN factor AS f USING (config) WHERE f.name = 'delay' AND ci.name = ?"
                          " AND entity = '' ORDER BY f.si", (metric,)).fetchall()
        assert len(rows) == len(want) == 2
        for row, expected in zip(rows, want):
            assert all(math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12) for a, b in zip(row, expected)), (row, expected)
    code = [line for line in example.read_text().splitlines() if line and not line.startswith("#")]
    assert len(code) <= 10, len(code)
print("pandas and the view agree")

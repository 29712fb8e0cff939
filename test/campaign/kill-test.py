#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Kills a campaign, or one of its runs, with signal 9 at random instants, and goes on with --resume until it is whole.

Usage: kill-test.py PROSE-SIM COUNT [SEED]

COUNT kills are spread over as many campaigns as it takes. Each campaign has to end with every run exactly once and with the contents of one
that nobody disturbed. The instants are drawn from SEED, over the time that an undisturbed campaign takes.
"""
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter

from campaigns import CAMPAIGN, dump, read, write

prose_sim, count = sys.argv[1], int(sys.argv[2])
random.seed(int(sys.argv[3]) if len(sys.argv) > 3 else 1)


def start(path, directory):
    resume = ["--resume"] if (directory / "results.sqlite").exists() else []
    return subprocess.Popen([prose_sim, "campaign", str(path), "-o", str(directory), "-j", "2", *resume], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def kill_one(process, whom):
    """Whether there was somebody to kill."""
    victims = children(process.pid) if whom == "run" else [process.pid]
    if not victims or process.poll() is not None:
        return False
    try:
        os.kill(random.choice(victims), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def finish(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out + err


with tempfile.TemporaryDirectory() as name:
    parent = pathlib.Path(name)
    path = write(parent, CAMPAIGN)
    began = time.monotonic()
    status, said = finish(start(path, parent / "whole"))
    takes = time.monotonic() - began
    assert status == 0, said
    want, n_runs = dump(parent / "whole"), len(dump(parent / "whole")["run"])
    n_rows = Counter(row[0] for row in want["metric"])
    killed = {"campaign": 0, "run": 0}
    campaigns = 0
    while sum(killed.values()) < count:
        directory = parent / f"killed{campaigns}"
        campaigns += 1
        for attempt in range(1000):
            process = start(path, directory)
            kills = sum(killed.values()) < count and attempt < 20
            if kills:
                time.sleep(random.uniform(0, takes))
                whom = random.choice(["campaign", "run"])
                killed[whom] += kill_one(process, whom)
            status, said = finish(process)
            if directory.exists() and (directory / "results.sqlite").exists():
                db = read(directory)
                if db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'run'").fetchone()[0]:
                    # Rows of a run are there whole or not at all, whatever happened just now.
                    for run_id, state, rows in db.execute("SELECT run_id, status, (SELECT count(*) FROM metric AS m WHERE m.run_id = r.run_id)"
                                                          " FROM run AS r").fetchall():
                        assert rows == (n_rows[run_id] if state == "done" else 0), (run_id, state, rows)
                db.close()
            if status == 0:
                break
            assert status in (1, -signal.SIGKILL), (status, said)
            assert "Traceback" not in said and "cannot" not in said, said
        got = dump(directory)
        assert got == want, {table: (len(got[table]), len(want[table])) for table in want if got[table] != want[table]}
        assert len(got["run"]) == n_runs == len({row[1:4] for row in got["run"]})
        assert sorted(f.name for f in directory.iterdir()) == ["results.sqlite"], list(directory.iterdir())
    print(f"{killed['campaign']} times the campaign and {killed['run']} times a run killed, in {campaigns} campaigns: each run is there exactly once")

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What a campaign gains from a second worker, and what it spends outside its runs.

Usage: bench-campaign.py PROSE-SIM PROJECT-DIRECTORY [TIMES]

64 runs of examples/first-responders.ini with one worker and with two, in turn, best of TIMES (3). On a machine that others use too the wall
clock says little; the processor time that is not the runs' own holds what a second worker cannot share,
of which a ratio of 1.9 allows 5 %, and what new processes do before their runs begin, which it can: 10 % together.
"""
import os
import pathlib
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time

prose_sim, project = sys.argv[1], pathlib.Path(sys.argv[2])
times = int(sys.argv[3]) if len(sys.argv) > 3 else 3
TARGET, SHARE = 1.9, 0.10

CAMPAIGN = f"""
[campaign]
scenario = {project.resolve()}/examples/first-responders.ini
runs = 1..16
[sweep]
loss = 0 %, 1 %, 2 %, 5 %
[set]
pdn *.loss = $loss
"""


def measure(path, directory, workers):
    """(wall-clock seconds, processor seconds, those that the runs counted themselves, share of the workers' time that runs took)"""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run([prose_sim, "campaign", path, "-o", directory, "-j", str(workers)], capture_output=True, text=True)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.returncode == 0 and "64 runs, 0 failed" in result.stdout, result
    with sqlite3.connect(directory / "results.sqlite") as db:
        (of_runs, at_work), = db.execute("SELECT sum(cpu_s), sum(wall_s) FROM perf")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, of_runs, at_work / wall / workers


with tempfile.TemporaryDirectory() as name:
    path = pathlib.Path(name) / "campaign.ini"
    path.write_text(CAMPAIGN)
    best, shares, busy = {1: float("inf"), 2: float("inf")}, [], 0
    for turn in range(times):
        for workers in best:
            wall, cpu, of_runs, at_work = measure(path, pathlib.Path(name) / f"{turn}-{workers}", workers)
            best[workers] = min(best[workers], wall)
            shares.append(1 - of_runs / cpu)
            busy = max(busy, at_work) if workers == 2 else busy
ratio, share = best[1] / best[2], min(shares)
print(f"campaign of 64 runs: {best[1]:.2f} s with 1 worker, {best[2]:.2f} s with 2, ratio {ratio:.2f}, target >= {TARGET}:"
      f" {'reached' if ratio >= TARGET else 'MISSED'} ({os.cpu_count()} processors, load {os.getloadavg()[0]:.1f})")
print(f"campaign: two workers are at work {busy * 100:.1f} % of the time, as the runs themselves see it")
print(f"campaign: {share * 100:.1f} % of the processor time is outside its runs, target <= {SHARE * 100:.0f} %: {'reached' if share <= SHARE else 'MISSED'}")

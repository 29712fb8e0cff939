# SPDX-License-Identifier: GPL-2.0-only
"""What the campaign tests share: a small scenario, campaign files, and results without what may differ."""
import pathlib
import sqlite3
import subprocess

BASE = """
[simulation]
duration = 4 s
[output]
step = 1 s
samples = keys.request-to-key, discovery.time-to-discover
series = keys.holding, pool.periods
histograms = keys.request-to-key
[pkmf east]
[discovery command]
discovery-group-id = 1
pkmf = east
lead = 1 min
[pdn lan]
loss = 5 %
[ue-group g]
count = 3
announce = command
monitor = command
pdn = lan
power-on = uniform 0 s 1 s
"""

CAMPAIGN = """
[campaign]
scenario = base.ini
runs = 1..3
keep = all
[sweep]
delay = 5 ms, 20 ms
ues = 2, 3
[set]
pdn *.delay = $delay
g.count = $ues
"""


def write(directory, campaign=CAMPAIGN, base=BASE):
    """Path of a campaign file, with its scenario beside it."""
    (directory / "base.ini").write_text(base)
    path = directory / "campaign.ini"
    path.write_text(campaign)
    return path


def call(prose_sim, *args, **kw):
    return subprocess.run([prose_sim, *map(str, args)], capture_output=True, text=True, timeout=300, **kw)


def read(directory):
    """Not read-only: whoever opens it first after a kill puts it in order."""
    return sqlite3.connect(f"file:{pathlib.Path(directory) / 'results.sqlite'}?mode=rw", uri=True)


def dump(directory, but=()):
    """Every table and view but perf, ordered."""
    db = read(directory)
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    tables = [t for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')") if t != "perf" and t not in but]
    return {table: sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr) for table in tables}

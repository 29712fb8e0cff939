#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""results.sqlite of one run, and `prose-sim export`, read by Python's own sqlite3 and csv.

Usage: test-results.py PROSE-SIM PROJECT-DIRECTORY
"""
import csv
import io
import json
import math
import pathlib
import resource
import sqlite3
import subprocess
import sys
import tempfile

prose_sim, project = sys.argv[1], pathlib.Path(sys.argv[2])
SCENARIO = project / "examples" / "first-responders.ini"

# Column by column what the interface promises; `value` joined them.
TABLES = """
meta(key, value) configuration(config, hash, label, valid, reason) factor(config, name, text, si, unit)
setting(config, section, key, text, si, unit, source)
run(run_id, config, seed, run, status, exit_status, message, sim_end_s, stopped_by)
perf(run_id, host, started_utc, wall_s, cpu_s, events, peak_kib, attempts)
metric(run_id, name, entity, value) distribution(run_id, name, entity, count, censored, min, mean, sd, p50, p95, p99, max)
histogram(run_id, name, entity, low, high, count) sample(run_id, name, entity, ue, peer, key_period, value, censored)
series(run_id, name, entity, t_s, value) ue(run_id, ue, ue_group, member, octets_up, octets_down, kdf_logical)
ue_discovery(run_id, ue, discovery, role, status_code, first_key_s, blackout_s, blackouts, sent, accepted, repeated, lost_no_key, lost_clock)
rollover(run_id, discovery, key_period, cause, start_s, wanted, ready, last_ready_s, lost_receptions, overlap_accepted, deliveries, retransmissions, exposure_s)
pool_period(run_id, pool, period, t_s, opportunities, slots, sent, candidates, accepted, repeated)
student_t(df, t) ci(config, name, entity, n, mean, sd, half95) paired(config, baseline, name, entity, n, mean, sd, half95)
"""


def call(*args, **kw):
    return subprocess.run([prose_sim, *map(str, args)], capture_output=True, text=True, timeout=120, **kw)


def run(directory, *args):
    result = call("run", SCENARIO, "-q", "-o", directory, "-s", "simulation.duration=65 s", *args)
    assert result.returncode == 0, result.stderr
    return sqlite3.connect(directory / "results.sqlite")


def dump(db):
    """All but perf, ordered."""
    return {table: sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name <> 'perf'").fetchall()}


def numbers(summary):
    """(name, entity) -> number or distribution, of summary.json."""
    found = {}

    def walk(path, entity, value):
        for member, below in value.items():
            if member == "meta":
                continue
            if member.startswith("by-") and isinstance(below, dict):
                for name, one in below.items():
                    walk(path, f"{member[3:]} {name}", one)
            elif isinstance(below, dict) and "p99" not in below:
                walk(path + [member], entity, below)
            elif not isinstance(below, (list, str)):
                found[".".join(path + [member]), entity] = below

    walk([], "", summary)
    return found


def test_schema(db):
    for promise in TABLES.replace(")", ")\n").split("\n"):
        if not promise.strip():
            continue
        table, columns = promise.strip().rstrip(")").split("(")
        found = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        assert found == columns.split(", "), (table, found)
    for (t,), df in zip(db.execute("SELECT t FROM student_t WHERE df IN (1, 9, 59) ORDER BY df"), (1, 9, 59)):
        assert abs(upper_tail(t, df) - 0.025) < 1e-6, (df, t)
    for df, t in db.execute("SELECT df, t FROM student_t"):
        assert abs(upper_tail(t, df) - 0.025) < 1e-5, (df, t)


def test_the_page_about_the_schema(db):
    """Each table and view is explained with its columns, and each statement on the page runs."""
    page = (project / "doc" / "schema.md").read_text()
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name <> 'wide'").fetchall():
        columns = ", ".join(row[1] for row in db.execute(f"PRAGMA table_info({name})"))
        assert f"{name}({columns})" in page, name
    statements = [line for line in page.split("```sql")[1].split("```")[0].splitlines() if line and not line.startswith("--")]
    assert len(statements) >= 9
    for statement in statements:
        db.execute(statement).fetchall()


def test_the_page_about_campaigns_shows_the_file_as_it_is():
    shown = (project / "doc" / "rollover.md").read_text().split("```ini\n")[1].split("```")[0]
    assert shown in (project / "examples" / "rollover" / "cryptoperiod-knee-campaign.ini").read_text(), shown


def upper_tail(t, df):
    """Share of Student's t above @t, by Simpson's rule over the angle."""
    n, low = 20000, math.atan(t / math.sqrt(df))
    step = (math.pi / 2 - low) / n
    f = lambda a: max(math.cos(a), 0.0) ** (df - 1)
    area = sum((1 if i in (0, n) else 4 if i % 2 else 2) * f(low + i * step) for i in range(n + 1)) * step / 3
    return area * math.exp(math.lgamma((df + 1) / 2) - math.lgamma(df / 2)) / math.sqrt(math.pi)


def test_summary_is_there_number_by_number(directory, db):
    want = numbers(json.loads((directory / "summary.json").read_text()))
    got = {(name, entity): value for name, entity, value in db.execute("SELECT name, entity, value FROM metric")}
    fields = "count censored min mean sd p50 p95 p99 max".split()
    for name, entity, *values in db.execute(f"SELECT name, entity, {', '.join(fields)} FROM distribution"):
        got[name, entity] = dict(zip(fields, values))
    assert got == want, {k: (got.get(k), want.get(k)) for k in got.keys() | want.keys() if got.get(k) != want.get(k)}
    assert ("pc5.sent", "") in got and ("keys.request-to-key", "discovery command") in got and ("pkmf.jobs", "pkmf east") in got
    summary = json.loads((directory / "summary.json").read_text())
    periods = [tuple(period[key] for key in "discovery key_period start_s wanted ready last_ready_s lost_receptions deliveries retransmissions".split())
               for period in summary["rollover"]["periods"]]
    assert periods and periods == db.execute("SELECT discovery, key_period, start_s, wanted, ready, last_ready_s, lost_receptions, deliveries,"
                                             " retransmissions FROM rollover ORDER BY rowid").fetchall()
    assert db.execute("SELECT sum(octets_up), sum(octets_down), sum(kdf_logical) FROM ue").fetchone() \
        == (want["pdn.octets-up", ""], want["pdn.octets-down", ""], want["kdf.logical", ""])
    assert db.execute("SELECT count(*), count(DISTINCT ue_group) FROM ue").fetchone() == (40, 3)
    assert db.execute("SELECT sum(sent), sum(accepted), sum(repeated), sum(lost_clock) FROM ue_discovery").fetchone() == (
        want["pc5.sent", ""], want["pc5.outcome.accepted", ""], want["pc5.outcome.repeated", ""],
        want["pc5.outcome.clock-offset", ""] + want["pc5.outcome.stale", ""])
    wide = dict(zip([c[1] for c in db.execute("PRAGMA table_info(wide)")], db.execute("SELECT * FROM wide").fetchone()))
    assert wide["pc5.sent"] == want["pc5.sent", ""] and wide["keys.request-to-key.mean"] == want["keys.request-to-key", ""]["mean"]


def test_settings(db):
    rows = {(s, k): (text, si, unit, source) for s, k, text, si, unit, source in
            db.execute("SELECT section, key, text, si, unit, source FROM setting WHERE config = 1")}
    assert rows["simulation", "duration"] == ("65 s", 65, "s", "option"), rows["simulation", "duration"]
    assert rows["pool", "period"] == ("rf32", 0.32, "s", "file")
    assert rows["pkmf east", "service-time-tls"] == ("exponential 2 ms", None, "s", "default")
    assert ("simulation", "seed") not in rows and ("simulation", "run") not in rows
    assert db.execute("SELECT run_id, config, seed, run, status, exit_status, message, sim_end_s, stopped_by FROM run").fetchall() \
        == [(1, 1, 1, 1, "done", 0, None, 65.0, "duration")]
    assert db.execute("SELECT wall_s > 0, cpu_s > 0, events > 0, peak_kib > 0, attempts FROM perf").fetchall() == [(1, 1, 1, 1, 1)]


def test_contents_depend_on_settings_seed_and_run_alone(parent, first):
    again, other, changed = run(parent / "again"), run(parent / "other", "--run", "2"), run(parent / "changed", "-s", "pdn lan.loss=1 %")
    hashes = [db.execute("SELECT hash FROM configuration").fetchone() for db in (first, again, other, changed)]
    assert dump(first) == dump(again)
    assert dump(first) != dump(other)
    assert hashes[0] == hashes[1] == hashes[2] != hashes[3], hashes


def test_what_output_asks_for_fits_the_totals(parent):
    db = run(parent / "output", "-s", "output.step=5 s", "-s", "output.samples=keys.request-to-key", "-s", "output.histograms=keys.request-to-key",
             "-s", "output.series=pc5.sent, pool.periods")
    (count, censored, mean), = db.execute("SELECT count, censored, mean FROM distribution WHERE name = 'keys.request-to-key' AND entity = ''")
    (n, n_open, average), = db.execute("SELECT sum(NOT censored), sum(censored), avg(CASE WHEN NOT censored THEN value END) FROM sample"
                                       " WHERE name = 'keys.request-to-key'")
    assert (n, n_open) == (count, censored) and math.isclose(average, mean) and count > 50, (n, n_open, count, censored)
    assert db.execute("SELECT sum(count) FROM histogram WHERE name = 'keys.request-to-key' AND entity = ''").fetchone() == (count,)
    total = dict(db.execute("SELECT name, value FROM metric WHERE entity = ''"))
    assert db.execute("SELECT sum(opportunities), sum(slots), sum(sent), sum(candidates), sum(accepted), sum(repeated) FROM pool_period").fetchone() \
        == tuple(total["pc5." + name] for name in ("opportunities", "slots", "sent", "candidates", "outcome.accepted", "outcome.repeated"))
    assert db.execute("SELECT count(*) > 5, min(t_s) >= 0, max(t_s) <= 65 FROM series WHERE name = 'pc5.sent'").fetchone() == (1, 1, 1)
    assert db.execute("SELECT DISTINCT name FROM sample UNION SELECT DISTINCT name FROM histogram").fetchall() == [("keys.request-to-key",)]


def rows_of(text):
    assert text.replace("\r\n", "").count("\n") == text.replace("\r\n", "").count("\r") == 0
    return list(csv.reader(io.StringIO(text, newline="")))


def test_export(parent, directory, db):
    for table in ("metric", "distribution", "setting", "run", "wide", "ci"):
        result = call("export", directory, table)
        assert result.returncode == 0 and not result.stderr, result.stderr
        header, *rows = rows_of(subprocess.run([prose_sim, "export", directory, table], capture_output=True).stdout.decode())
        cursor = db.execute(f"SELECT * FROM {table}")
        assert header == [c[0] for c in cursor.description]
        want = cursor.fetchall()
        assert len(rows) == len(want) > 0, table
        number = lambda v: "" if v is None else v if isinstance(v, str) else float(v)
        back = lambda text, v: text if v is None or isinstance(v, str) else float(text)
        want.sort(key=lambda row: [(v is not None, v) for v in row])
        for row, expected in zip(rows, want):
            assert [back(t, v) for t, v in zip(row, expected)] == [number(v) for v in expected], (table, row, expected)
    text = subprocess.run([prose_sim, "export", directory, "SELECT 'a,b' AS \"x\"\"y\", 'say \"hi\"' AS z, NULL AS n, 'two' || char(10) || 'lines' AS l"],
                          capture_output=True).stdout
    assert text == b'"x""y",z,n,l\r\n"a,b","say ""hi""",,"two\nlines"\r\n', text
    for status, args in ((2, [directory, "metrics"]), (2, [directory, "SELECT nothing FROM nowhere"]), (2, [parent, "run"]), (2, [directory]),
                         (2, [directory, "DELETE FROM run"]), (2, [directory, "run", "metric"]), (2, [directory, "run", "--nonsense"])):
        result = call("export", *args)
        assert result.returncode == status and result.stderr and not result.stdout, (args, result)
    assert "the nearest is metric" in call("export", directory, "metrics").stderr
    assert db.execute("SELECT count(*) FROM run").fetchone() == (1,)
    with open("/dev/full", "w") as full:
        result = subprocess.run([prose_sim, "export", directory, "metric"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1 and result.stderr, result


def test_what_cannot_be_written_is_said(parent):
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))
    result = call("run", SCENARIO, "-q", "-o", parent / "full", "-s", "simulation.duration=1 s", preexec_fn=limit)
    assert result.returncode == 1 and "results.sqlite" in result.stderr and "cannot write" in result.stderr, result
    assert not (parent / "full" / "results.sqlite").exists() and not (parent / "full" / "summary.json").exists()


with tempfile.TemporaryDirectory() as name:
    parent = pathlib.Path(name)
    db = run(parent / "first")
    test_schema(db)
    test_summary_is_there_number_by_number(parent / "first", db)
    test_settings(db)
    test_the_page_about_the_schema(db)
    test_the_page_about_campaigns_shows_the_file_as_it_is()
    test_contents_depend_on_settings_seed_and_run_alone(parent, db)
    test_what_output_asks_for_fits_the_totals(parent)
    test_export(parent, parent / "first", db)
    test_what_cannot_be_written_is_said(parent)
print("results.sqlite holds what it promises")

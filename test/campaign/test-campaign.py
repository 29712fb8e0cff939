#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`prose-sim campaign`: what a file means, what is said of a wrong one, and what is in results.sqlite whatever happens.

Usage: test-campaign.py PROSE-SIM
"""
import math
import os
import pathlib
import pty
import resource
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile

from campaigns import BASE, CAMPAIGN, call, dump, read, write

prose_sim = os.path.abspath(sys.argv[1])


def campaign(path, directory, *args, status=0, **kw):
    result = call(prose_sim, "campaign", path, "-o", directory, *args, **kw)
    assert result.returncode == status, (result, status)
    return result


def points(text):
    """(labels, labels left out) of --dry-run."""
    lines = text.splitlines()
    return ([line.split(": ", 1)[1] for line in lines if line.startswith("point ")],
            [line.split(": ", 1)[1] for line in lines if line.startswith("left out: ")])


def test_what_a_file_means(directory):
    for sweep, head, want, out in (
        ("lead = 1 min, 10 min\ncryptoperiod = 2 min, 1 h", "require = $lead < $cryptoperiod",
         ["lead = 1 min, cryptoperiod = 2 min", "lead = 1 min, cryptoperiod = 1 h", "lead = 10 min, cryptoperiod = 1 h"],
         ["lead = 10 min, cryptoperiod = 2 min: require $lead < $cryptoperiod"]),
        ("lead = 1 min, 2 min\ncryptoperiod = 1 h, 2 h", "zip = lead cryptoperiod",
         ["lead = 1 min, cryptoperiod = 1 h", "lead = 2 min, cryptoperiod = 2 h"], []),
        ("lead = 10 s .. 30 s step 10 s\ncryptoperiod = 1 h", "", [f"lead = {n} s, cryptoperiod = 1 h" for n in (10, 20, 30)], []),
        ("lead = 1 s .. 100 s log 3\ncryptoperiod = 1 h", "", [f"lead = {n} s, cryptoperiod = 1 h" for n in (1, 10, 100)], []),
        ("lead = 1 s, 2 s .. 4 s step 2 s\ncryptoperiod = 1 h", "", [f"lead = {n} s, cryptoperiod = 1 h" for n in (1, 2, 4)], []),
        ("lead = 1 s .. 8 min log 2\ncryptoperiod = 1 h", "", [f"lead = {n} s, cryptoperiod = 1 h" for n in (1, 480)], []),
        ("lead = 1 min\ncryptoperiod = 1 h\npool.period = rf32, rf64", "",
         ["lead = 1 min, cryptoperiod = 1 h, pool.period = rf32", "lead = 1 min, cryptoperiod = 1 h, pool.period = rf64"], []),
        ("lead = 1 min, 2 min, 3 min\ncryptoperiod = 1 h", "require = 2 * $lead <= 4 min and $lead + 1 min != 2 min or $lead = 3 min",
         ["lead = 2 min, cryptoperiod = 1 h", "lead = 3 min, cryptoperiod = 1 h"],
         ["lead = 1 min, cryptoperiod = 1 h: require 2 * $lead <= 4 min and $lead + 1 min != 2 min or $lead = 3 min"]),
    ):
        path = write(directory, f"[campaign]\nscenario = base.ini\n{head}\n[sweep]\n{sweep}\n[set]\n"
                     "discovery *.lead = $lead\ndiscovery *.cryptoperiod = ${cryptoperiod}\n")
        for command in (["campaign", path, "--dry-run"], ["check", path]):
            result = call(prose_sim, *command)
            assert result.returncode == 0, result
            assert points(result.stdout) == (want, out), (sweep, result.stdout)
    assert sorted(f.name for f in directory.iterdir()) == ["base.ini", "campaign.ini"]      # nothing is made


def test_a_wrong_file_is_refused_line_by_line(directory):
    head, tail = "[campaign]\nscenario = base.ini\n", "[sweep]\nlead = 1 min, 2 min\n[set]\ncommand.lead = $lead\n"
    for text, *wrong in (
        (head + "[sweep]\nlead = 1 min\nother = 2\n[set]\ncommand.lead = $lead\n", "campaign.ini:5: [sweep] other: changes nothing"),
        (head + "[sweep]\nlead = 1 min\n[set]\ncommand.lead = $leda\n", "campaign.ini:6: [set] command.lead = $leda: $leda is nothing in [sweep]; the nearest is lead",
         "campaign.ini:4: [sweep] lead: changes nothing"),
        (head + "[sweep]\nlead = 1 min, 2 h\n[set]\ncommand.lead = $lead\n", "campaign.ini:6: [discovery command] lead = 2 h", "(where lead = 2 h)"),
        (head + "[sweep]\npool.period = rf32, rf33\n", "campaign.ini:4: [pool] period = rf33", "(where pool.period = rf33)"),
        (head + "[set]\nnobody.lead = 1 s\n", 'campaign.ini:4: no section "nobody"'),
        (head + "[set]\nlead = 1 s\n", "campaign.ini:4: [set] lead: names no setting"),
        (head + "zip = lead lag\n" + tail, "campaign.ini:3: [campaign] zip = lead lag: \"lag\" is nothing in [sweep]; the nearest is lead"),
        (head + "zip = a b\n[sweep]\na = 1 s, 2 s\nb = 1 s\n[set]\ncommand.lead = $a\npdn lan.delay = $b\n", "campaign.ini:3: [campaign] zip = a b: a has 2 values and b has 1"),
        (head + "require = $lead < 3\n" + tail, "campaign.ini:3: [campaign] require = $lead < 3: \"1 min\" and \"3\" cannot be compared"),
        (head + "require = $lead\n" + tail, "campaign.ini:3:", "compares nothing"),
        (head + "runs = 3..1\n" + tail, "campaign.ini:3: [campaign] runs = 3..1:"),
        (head + "runs = 1..3, 2\n" + tail, "campaign.ini:3: [campaign] runs"),
        (head + "max-runs = 4\n" + tail, "campaign.ini:3: [campaign] max-runs: means nothing without stop-when"),
        (head + "stop-when = half-width pc5.sent < 5 % at 95 %\n" + tail, "campaign.ini:3: [campaign] stop-when: has no end without max-runs"),
        (head + "max-runs = 9\nstop-when = half-width pc5.snet < 5 % at 95 %\n" + tail, "campaign.ini:4:", "the nearest is pc5.sent"),
        (head + "max-runs = 9\nstop-when = half-width keys.blackout < 5 % at 95 %\n" + tail, "campaign.ini:4:", "without .mean"),
        (head + "max-runs = 9\nstop-when = half-width pc5.sent < 5 % at 99 %\n" + tail, "campaign.ini:4:", "no level"),
        (head + "timeout = 10\n" + tail, "campaign.ini:3: [campaign] timeout = 10:"),
        (head + "keep = metrics, sereis\n" + tail, "campaign.ini:3:", "the nearest is series"),
        (head + "sead = 1\n" + tail, "campaign.ini:3: [campaign] sead: unknown key; the nearest is seed"),
        (head + "[swep]\na = 1\n", "campaign.ini:3: [swep]: no section of a campaign; the nearest is [sweep]"),
        ("[campaign]\nseed = 1\n" + tail, "[campaign] scenario: missing"),
        ("[campaign]\nscenario = none.ini\n", "none.ini", "No such file"),
        (head + "[sweep]\nlead = 1 min, 1 min\n[set]\ncommand.lead = $lead\n", "campaign.ini:4:", "stands there twice"),
        (head + "[sweep]\nlead = 10 s .. 1 s step 1 s\n[set]\ncommand.lead = $lead\n", "campaign.ini:4:", "does not rise"),
        (head + "[sweep]\nlead = 1 s .. 10 m step 1 s\n[set]\ncommand.lead = $lead\n", "campaign.ini:4:", "not of one kind"),
    ):
        path = write(directory, text)
        for command in (["campaign", path, "-o", directory / "none"], ["check", path]):
            result = call(prose_sim, *command)
            assert result.returncode == 2 and not result.stdout, (text, result)
            for part in wrong:
                assert part in result.stderr, (text, part, result.stderr)
        assert not (directory / "none").exists()
    good = write(directory)
    for args in (["campaign"], ["campaign", good, good], ["campaign", good, "--engine", "cloud"], ["campaign", good, "-j", "-1"],
                 ["check", good, "-s", "g.count=1"], ["run", good], ["campaign", directory / "base.ini"]):
        result = call(prose_sim, *args)
        assert result.returncode == 2 and result.stderr, (args, result)


def test_contents_do_not_depend_on_workers(directory):
    path = write(directory)
    for j in (1, 2, 5):
        campaign(path, directory / f"j{j}", "-j", j)
        assert [f.name for f in (directory / f"j{j}").iterdir()] == ["results.sqlite"]
    first = dump(directory / "j1")
    assert first == dump(directory / "j2") == dump(directory / "j5")
    assert [(r[0], r[1], r[3], r[4]) for r in sorted(first["run"])] == [(3 * (c - 1) + r, c, r, "done") for c in range(1, 5) for r in (1, 2, 3)]
    assert sorted(first["factor"])[:2] == [(1, "delay", "5 ms", 0.005, "s"), (1, "ues", "2", 2.0, "")]
    assert len(first["metric"]) > 500 and len(first["distribution"]) > 50


def test_a_run_has_the_rows_it_writes_alone(directory):
    path = write(directory)
    campaign(path, directory / "all")
    result = call(prose_sim, "run", directory / "base.ini", "-s", "pdn *.delay=20 ms", "-s", "g.count=3", "--run", 2, "-q", "-o", directory / "one")
    assert result.returncode == 0, result
    one, many = read(directory / "one"), read(directory / "all")
    (run_id,), = many.execute("SELECT run_id FROM run WHERE config = 4 AND run = 2")
    for table in ("metric", "distribution", "histogram", "sample", "series", "ue", "ue_discovery", "rollover", "pool_period"):
        columns = ", ".join(c[1] for c in one.execute(f"PRAGMA table_info({table})") if c[1] != "run_id")
        rows = [sorted(db.execute(f"SELECT {columns} FROM {table} WHERE run_id = {n}").fetchall(), key=repr) for db, n in ((one, 1), (many, run_id))]
        assert rows[0] == rows[1] and (rows[0] or table == "rollover"), table
    assert one.execute("SELECT hash FROM configuration").fetchall() == many.execute("SELECT hash FROM configuration WHERE config = 4").fetchall()
    assert one.execute("SELECT section, key, text, si FROM setting").fetchall() \
        == many.execute("SELECT section, key, text, si FROM setting WHERE config = 4").fetchall()


def test_keep_leaves_tables_out(directory):
    campaign(write(directory, CAMPAIGN.replace("keep = all", "keep = rollovers")), directory / "some")
    contents = dump(directory / "some")
    assert contents["run"] and not any(contents[table] for table in ("metric", "distribution", "histogram", "sample", "series", "ue", "pool_period"))
    campaign(write(directory, CAMPAIGN.replace("keep = all", "keep = series")), directory / "others")
    contents = dump(directory / "others")
    assert contents["series"] and not any(contents[table] for table in ("metric", "distribution", "histogram", "sample", "ue", "pool_period"))


def test_views(directory):
    """Intervals and paired differences against Python's statistics."""
    campaign(write(directory), directory / "all")
    with sqlite3.connect(directory / "all" / "results.sqlite") as change:
        # As if nothing of that had happened in these runs: a cause that did not occur has no row.
        change.execute("DELETE FROM metric WHERE name = 'pc5.sent' AND run_id IN (2, 7, 8)")
        change.execute("UPDATE distribution SET mean = NULL WHERE name = 'keys.request-to-key' AND entity = '' AND run_id = 6")
    db = read(directory / "all")
    t = dict(db.execute("SELECT df, t FROM student_t"))
    values = {}
    for config, run, name, entity, value, zero in db.execute(
            "SELECT config, run, name, entity, value, zero FROM value JOIN run USING (run_id)"):
        values.setdefault((name, entity, zero), {})[config, run] = value
    n_ci = n_paired = 0
    ci = {(c, name, entity): row for c, name, entity, *row in db.execute("SELECT * FROM ci")}
    paired = {(c, name, entity): row for c, name, entity, *row in db.execute("SELECT config, name, entity, n, mean, sd, half95 FROM paired WHERE baseline = 2")}

    def judge(row, numbers):
        n, mean, sd, half = row
        assert n == len(numbers)
        if n == 0:
            return
        assert math.isclose(mean, statistics.mean(numbers), abs_tol=1e-12)
        if n > 1:
            assert math.isclose(sd, statistics.stdev(numbers), rel_tol=1e-9, abs_tol=1e-9 * max(map(abs, numbers)) + 1e-15), (row, numbers)
            assert math.isclose(half, sd * t[n - 1] / math.sqrt(n), rel_tol=1e-9, abs_tol=1e-15)

    for (name, entity, zero), by_run in values.items():
        of = lambda c, r: by_run.get((c, r), 0 if zero else None)
        for config in range(1, 5):
            if any(c == config for c, _ in by_run):
                numbers = [of(config, r) for r in (1, 2, 3) if of(config, r) is not None]
                judge(ci[config, name, entity], numbers)
                n_ci += 1
            if config != 2 and any(c in (config, 2) for c, _ in by_run):
                numbers = [of(config, r) - of(2, r) for r in (1, 2, 3) if of(config, r) is not None and of(2, r) is not None]
                judge(paired[config, name, entity], numbers)
                n_paired += 1
    assert n_ci == len(ci) > 1000 and n_paired == len(paired) > 1000
    columns = [c[1] for c in db.execute("PRAGMA table_info(wide)")]
    assert columns[:6] == ["run_id", "config", "seed", "run", "delay", "ues"]
    assert db.execute('SELECT delay, ues, "pc5.sent" FROM wide WHERE config = 2 AND run = 1').fetchone()[:2] == (0.005, 3.0)
    text = subprocess.run([prose_sim, "export", directory / "all", "metric", "--wide"], capture_output=True).stdout.decode().split("\r\n")
    assert text[0] == "run_id,name,entity,value,delay,ues" and text[1].endswith(",0.005,2"), text[:2]


def test_a_larger_sweep_adds_what_is_missing(directory):
    small = CAMPAIGN.replace("1..3", "1..2").replace("5 ms, 20 ms", "20 ms")
    campaign(write(directory, small), directory / "grown")
    before = read(directory / "grown").execute("SELECT run_id, started_utc, wall_s FROM perf").fetchall()
    path = write(directory)
    again = campaign(path, directory / "grown", status=1)
    assert "--resume" in again.stderr
    campaign(path, directory / "grown", "--resume")
    campaign(path, directory / "whole")
    grown, whole = read(directory / "grown"), read(directory / "whole")
    query = "SELECT hash, seed, run, status, name, entity, value FROM run JOIN configuration USING (config) JOIN metric USING (run_id) ORDER BY 1, 2, 3, 5, 6"
    assert grown.execute(query).fetchall() == whole.execute(query).fetchall()
    assert len(before) == 4 and set(before) <= set(grown.execute("SELECT run_id, started_utc, wall_s FROM perf").fetchall())
    assert grown.execute("SELECT max(attempts), count(*) FROM perf").fetchall() == [(1, 12)]
    # Nothing is missing, nothing is run.
    contents = dump(directory / "grown")
    campaign(path, directory / "grown", "--resume")
    assert dump(directory / "grown") == contents
    # A single run's file is nobody's campaign.
    assert call(prose_sim, "run", directory / "base.ini", "-q", "-o", directory / "one").returncode == 0
    assert "single run" in campaign(path, directory / "one", "--resume", status=1).stderr


def test_the_stop_rule_looks_at_fixed_batch_ends(directory):
    text = CAMPAIGN.replace("runs = 1..3", "runs = 1..4\nmax-runs = 24\nstop-when = half-width keys.request-to-key.mean < 25 % at 95 %")
    text = text.replace("delay = 5 ms, 20 ms\nues = 2, 3", "loss = 0 %, 1 %, 20 %").replace("pdn *.delay = $delay\ng.count = $ues", "pdn *.loss = $loss")
    path = write(directory, text)
    for j in (1, 3):
        campaign(path, directory / f"stop{j}", "-j", j)
    assert dump(directory / "stop1") == dump(directory / "stop3")
    db = read(directory / "stop1")
    counts = dict(db.execute("SELECT config, count(*) FROM run WHERE status = 'done' GROUP BY config"))
    t = dict(db.execute("SELECT df, t FROM student_t"))
    for config in range(1, 4):
        values = [v for (v,) in db.execute("SELECT mean FROM distribution JOIN run USING (run_id) WHERE name = 'keys.request-to-key' AND entity = ''"
                                           " AND config = ? ORDER BY run", (config,))]

        def is_wide(n):
            there = [v for v in values[:n] if v is not None]        # nobody got a key: no mean
            return t[len(there) - 1] * statistics.stdev(there) / math.sqrt(len(there)) >= 0.25 * statistics.mean(there)

        n = 10
        while n < 24 and is_wide(n):
            n = min(n + 10, 24)
        assert counts[config] == n == len(values), (config, counts, n)
    assert len(set(counts.values())) > 1, counts            # else the rule was not put to the test
    assert db.execute("SELECT count(*) FROM run WHERE status <> 'done'").fetchone() == (0,)


def test_results_of_two_versions_are_not_mixed(directory):
    path = write(directory, CAMPAIGN.replace("1..3", "1"))
    campaign(path, directory / "old")
    with sqlite3.connect(directory / "old" / "results.sqlite") as change:
        change.execute("UPDATE meta SET value = '0.0.0' WHERE key = 'prose-sim'")
    assert "another version" in campaign(path, directory / "old", "--resume", status=1).stderr


def test_a_terminal_sees_how_far_it_is(directory):
    path = write(directory, CAMPAIGN.replace("1..3", "1"))
    ours, theirs = pty.openpty()
    process = subprocess.Popen([prose_sim, "campaign", path, "-o", directory / "seen"], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            octets = os.read(ours, 4096)
        except OSError:             # the other end is closed
            break
        if not octets:
            break
        seen += octets
    assert process.wait() == 0
    assert b"0 of 4 runs, about " in seen and b" left" in seen and b"\r4 of 4 runs" in seen, seen


def test_without_slurm_it_says_so(directory):
    result = campaign(write(directory), directory / "none", "--engine", "slurm", status=1, env={"PATH": str(directory)})
    assert "sbatch" in result.stderr, result.stderr


def test_what_is_not_a_campaigns_stays(directory):
    path = write(directory)
    (directory / "mine" / "parts").mkdir(parents=True)
    (directory / "mine" / "parts" / "precious").write_text("mine")
    assert "is not a campaign's" in campaign(path, directory / "mine", status=1).stderr
    assert (directory / "mine" / "parts" / "precious").read_text() == "mine"
    (directory / "file").write_text("mine")
    assert "cannot write" in campaign(path, directory / "file", status=1).stderr
    (directory / "other").mkdir()
    (directory / "other" / "results.sqlite").write_text("not a database, but nearly as long as one has to be" * 100)
    result = campaign(path, directory / "other", "--resume", status=1)
    assert "not a database" in result.stderr, result.stderr
    assert (directory / "other" / "results.sqlite").read_text().startswith("not a database")


def test_a_failed_run_is_recorded_and_stops_nobody(directory):
    # Limits are inherited: a run of many days needs more than a second of processor time, the others do not.
    text = CAMPAIGN.replace("ues = 2, 3", "ues = 2\nsimulation.duration = 1 s, 100 d").replace("1..3", "1")
    limit = lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 2))
    result = campaign(write(directory, text), directory / "crash", status=1, preexec_fn=limit)
    assert "4 runs, 2 failed" in result.stdout, result.stdout
    rows = read(directory / "crash").execute("SELECT status, exit_status, message, count(*) FROM run GROUP BY 1, 2, 3 ORDER BY 1").fetchall()
    assert rows[0] == ("done", 0, None, 2), rows
    assert rows[1][:2] == ("failed", 128 + signal.SIGXCPU) and "signal" in rows[1][2] and rows[1][3] == 2, rows
    # The same with a last word: memory is short for so many UEs.
    text = CAMPAIGN.replace("ues = 2, 3", "ues = 2, 6000").replace("5 ms, 20 ms", "5 ms").replace("1..3", "1")
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (110 << 20, 110 << 20))
    path = write(directory, text, BASE.replace("announce = command\nmonitor", "hold").replace("duration = 4 s", "duration = 100 ms"))
    campaign(path, directory / "word", status=1, preexec_fn=limit)
    rows = read(directory / "word").execute("SELECT status, exit_status, message FROM run ORDER BY run_id").fetchall()
    assert rows[0] == ("done", 0, None) and len(rows) == 2, rows
    # Which allocation is the one too many is chance; where nobody looks at its result there is no last word.
    assert rows[1][0] == "failed" and rows[1][1] > 128 and ("alloc" in rows[1][2] or rows[1][1] == 128 + signal.SIGSEGV), rows
    # With more memory it is done.
    campaign(path, directory / "word", "--resume")
    rows = read(directory / "word").execute("SELECT status, exit_status, message, (SELECT count(*) > 50 FROM metric AS m WHERE m.run_id = r.run_id)"
                                            " FROM run AS r ORDER BY run_id").fetchall()
    assert rows == [("done", 0, None, 1)] * 2, rows


def test_a_run_that_takes_too_long_is_ended(directory):
    text = CAMPAIGN.replace("ues = 2, 3", "ues = 2\nsimulation.duration = 1 s, 100 d").replace("1..3", "1\ntimeout = 5 s")
    path = write(directory, text)
    campaign(path, directory / "late", status=1)
    db = read(directory / "late")
    assert sorted(db.execute("SELECT status, exit_status, message, count(*) FROM run GROUP BY 1, 2, 3").fetchall(), key=repr) \
        == [("done", 0, None, 2), ("timeout", 137, "ended after 5 s", 2)]
    # Tried again, it is counted again.
    campaign(path, directory / "late", "--resume", status=1)
    assert db.execute("SELECT attempts, count(*) FROM perf GROUP BY 1").fetchall() == [(1, 2), (2, 2)]


def test_a_full_disk_loses_nothing(directory):
    path = write(directory, CAMPAIGN.replace("1..3", "1..8"))
    campaign(path, directory / "whole")
    size = (directory / "whole" / "results.sqlite").stat().st_size
    # The log beside the file grows past the file's own size before it is taken in; what single runs write is much smaller.
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    result = campaign(path, directory / "full", status=1, preexec_fn=limit)
    assert "cannot write" in result.stderr and "File too large" in result.stderr and "--resume" in result.stderr, result.stderr
    done, failed = read(directory / "full").execute("SELECT sum(status = 'done'), sum(status NOT IN ('done', 'planned')) FROM run").fetchone()
    assert 0 < done < 32 and failed == 0, (done, failed, size, result)
    campaign(path, directory / "full", "--resume")
    assert dump(directory / "full") == dump(directory / "whole")
    assert read(directory / "full").execute("SELECT sum(attempts > 1) < 32 - ? + 1 FROM perf", (done,)).fetchone() == (1,)
    # A run that finds the disk full has not failed; with so many UEs its own file is larger than the campaign's.
    text = "[campaign]\nscenario = base.ini\n[set]\ng.count = 5000\nsimulation.duration = 100 ms\n"
    many = write(directory, text, BASE.replace("announce = command\nmonitor", "hold"))
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300000, 300000))
    result = campaign(many, directory / "many", status=1, preexec_fn=limit)
    assert "parts/1/results.sqlite" in result.stderr and "File too large" in result.stderr, result.stderr
    assert read(directory / "many").execute("SELECT status FROM run").fetchall() == [("planned",)]
    campaign(many, directory / "many", "--resume")
    assert read(directory / "many").execute("SELECT status FROM run").fetchall() == [("done",)]
    path = write(directory, CAMPAIGN.replace("1..3", "1..8"))
    # The same on a file system of its own, where one may be mounted.
    small = directory / "small"
    small.mkdir()
    if os.geteuid() == 0 and shutil.which("mount") and subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size // 2}", "none", small], capture_output=True).returncode == 0:
        try:
            result = campaign(path, small / "full", status=1)
            assert "cannot write" in result.stderr and "No space left" in result.stderr or "disk is full" in result.stderr, result.stderr
            subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
            campaign(path, small / "full", "--resume")
            assert dump(small / "full") == dump(directory / "whole")
        finally:
            subprocess.run(["umount", "-l", small], check=True)


def processes_that_name(path):
    found = []
    for words in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [words.parent.name] if os.fsencode(path) in words.read_bytes() else []
        except OSError:         # it has ended meanwhile
            pass
    return found


def test_an_interrupt_ends_the_runs_and_resume_goes_on(directory):
    path = write(directory, CAMPAIGN.replace("ues = 2, 3", "ues = 2, 3\nsimulation.duration = 1 s, 100 d").replace("1..3", "1"))
    process = subprocess.Popen([prose_sim, "campaign", path, "-o", directory / "stopped", "-j", "2"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(list(directory.glob("stopped/parts/*/settings.ini"))) < 2:
        assert process.poll() is None
    # Longest first, so these are among the runs of 100 days.
    assert processes_that_name(directory / "stopped" / "parts")
    begun = {int(part.name) for part in directory.glob("stopped/parts/*") if part.is_dir()}
    long = {n for (n,) in read(directory / "stopped").execute("SELECT run_id FROM run JOIN factor USING (config) WHERE factor.text = '100 d'")}
    assert len(begun) == 2 and begun < long, (begun, long)
    busy = call(prose_sim, "campaign", path, "-o", directory / "stopped", "--resume")
    assert busy.returncode == 1 and "another campaign is at work there" in busy.stderr, busy
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "interrupted" in err and "--resume" in err, err
    left = processes_that_name(directory / "stopped" / "parts")
    assert not left, left


only = sys.argv[2:]
tests = [f for name, f in list(globals().items()) if name.startswith("test_") and (not only or name in only)]
for test in tests:
    with tempfile.TemporaryDirectory() as name:
        test(pathlib.Path(name))
print(f"100%: Checks: {len(tests)}, Failures: 0, Errors: 0")

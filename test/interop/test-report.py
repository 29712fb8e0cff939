#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The report of a run and of a campaign, read by programs that share no code with us.

Usage: test-report.py PROSE-SIM SCENARIO [KEEP-DIRECTORY]

Results with known numbers are made with Python's sqlite3 in the tables that a real run wrote, so that what stands in the page can be
asserted: every figure's numbers are in the table beside it. xmllint judges the form.
"""
import hashlib
import math
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

prose_sim, scenario = map(os.path.abspath, sys.argv[1:3])
SVG = "{http://www.w3.org/2000/svg}"
NASTY = "lead <script>alert('x')</script> & \"quote\" `date` $HOME % \\n"
LEADS = [("1 min", 60.0), ("10 min", 600.0), ("1 h", 3600.0)]
PERIODS = [("1 h", 3600.0), ("6 h", 21600.0)]
RECEIVE = ["clock 5 %d", "counter"]
RUNS = 5
OUTCOMES = {"accepted": 9000.0, "no-key": 400.0, "half-duplex": 500.0, "collision": 100.0}


def call(*args, **kw):
    return subprocess.run([prose_sim, *map(str, args)], capture_output=True, text=True, timeout=120, **kw)


def report(directory, status=0, **kw):
    result = call("report", directory, **kw)
    assert result.returncode == status, (directory, result)
    return result


def lost(config, run):
    """Receptions lost: known, and different in each run, with mean 1000 / config and a spread of 1."""
    return 1000.0 / config + (run - 3)


# ---- results with known numbers ----

def empty_results(path, like):
    """The tables of @like, without their rows."""
    source, db = sqlite3.connect(like), sqlite3.connect(path)
    for pragma in ("application_id", "user_version"):
        db.execute(f"PRAGMA {pragma} = {source.execute(f'PRAGMA {pragma}').fetchone()[0]}")
    for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'wide' ORDER BY rowid"):
        db.execute(sql)
    db.executemany("INSERT INTO student_t VALUES (?, ?)", source.execute("SELECT df, t FROM student_t"))
    source.close()
    return db


def put(db, table, **row):
    db.execute(f"INSERT INTO {table}({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def points():
    """Of the sweep: number, lead, cryptoperiod, receive."""
    number = 0
    for period in PERIODS:
        for lead in LEADS:
            for receive in RECEIVE:
                number += 1
                yield number, lead, period, receive


def add_run(db, run_id, config, run, start_s):
    put(db, "run", run_id=run_id, config=config, seed=1, run=run, status="done", exit_status=0, sim_end_s=2 * start_s, stopped_by="duration")
    put(db, "perf", run_id=run_id, host="a-host-that-must-not-appear", started_utc="2031-01-01T00:00:00Z", wall_s=1.5)
    put(db, "metric", run_id=run_id, name="rollover.lost_receptions", entity="", value=lost(config, run))
    put(db, "metric", run_id=run_id, name="rollover.lost_receptions", entity="discovery command", value=-1)
    # A cause that only one configuration knows; the others have no row of it. And a share that only some have.
    if config == 2:
        put(db, "metric", run_id=run_id, name="keys.rejected.no-pmk", entity="", value=run)
    put(db, "metric", run_id=run_id, name="a-share", entity="", value=0.25 if config == 3 else None)
    # Of 40 UEs, 31 to 35 are ready in even configurations, and one less in odd ones.
    put(db, "metric", run_id=run_id, name="rollover.wanted", entity="", value=40)
    put(db, "metric", run_id=run_id, name="rollover.ready", entity="", value=30 + run - config % 2)
    put(db, "metric", run_id=run_id, name="rollover.count", entity="", value=4)
    put(db, "metric", run_id=run_id, name="pc5.candidates", entity="", value=sum(OUTCOMES.values()))
    put(db, "metric", run_id=run_id, name="pc5.slots", entity="", value=2000)
    put(db, "metric", run_id=run_id, name="pc5.sent", entity="", value=1500)
    put(db, "metric", run_id=run_id, name="pc5.refused.no-key", entity="", value=500)
    for name, value in OUTCOMES.items():
        put(db, "metric", run_id=run_id, name=f"pc5.outcome.{name}", entity="", value=value)
    # Blackouts of 10, 20, 30 and 40 s, and one still open after 25 s.
    put(db, "distribution", run_id=run_id, name="keys.blackout", entity="", count=4, censored=1, min=10, mean=25, sd=12.9, p50=25, p95=38.5,
        p99=39.7, max=40)
    for ue, value in enumerate((10, 20, 30, 40)):
        put(db, "sample", run_id=run_id, name="keys.blackout", entity="discovery command", ue=ue, key_period=1, value=value, censored=0)
    put(db, "sample", run_id=run_id, name="keys.blackout", entity="discovery command", ue=9, key_period=1, value=25, censored=1)
    # UE 0 is never without a key, UE 1 for 8 s.
    for ue in (0, 1):
        put(db, "ue", run_id=run_id, ue=ue, ue_group="engines", member=ue, octets_up=100 + ue, octets_down=200, kdf_logical=5)
        put(db, "ue_discovery", run_id=run_id, ue=ue, discovery="command", role="announce", status_code=0, first_key_s=1, blackout_s=8 * ue * run / config,
            blackouts=2 * ue, sent=1, accepted=1, repeated=0, lost_no_key=3 * ue, lost_clock=ue)
    put(db, "rollover", run_id=run_id, discovery="command", key_period=1, cause="period", start_s=start_s, wanted=40, ready=38,
        last_ready_s=start_s + 14, lost_receptions=lost(config, run), overlap_accepted=7, deliveries=40, retransmissions=3)


def full_campaign(path, like):
    db = empty_results(path, like)
    for key, value in (("prose-sim", "0.0.0"), ("ns-3", "3.37"), ("command", f"prose-sim campaign {NASTY}"), ("scenario", NASTY)):
        put(db, "meta", key=key, value=value)
    run_id = 0
    for config, lead, period, receive in points():
        put(db, "configuration", config=config, hash=str(config), label=f"lead={lead[0]} cryptoperiod={period[0]} receive={receive}", valid=1)
        for name, text, si, unit in ((NASTY, *lead, "s"), ("cryptoperiod", *period, "s"), ("receive", receive, None, None)):
            put(db, "factor", config=config, name=name, text=text, si=si, unit=unit)
        put(db, "setting", config=config, section="discovery command", key="lead", text=lead[0], si=lead[1], unit="s", source="option")
        put(db, "setting", config=config, section="discovery command", key="cryptoperiod", text=period[0], si=period[1], unit="s", source="option")
        put(db, "setting", config=config, section="pool", key="active", text="around-rollover 60 s", source="file")
        put(db, "setting", config=config, section="pool", key="period", text="rf1024", si=10.24, unit="s", source="file")
        for section in ("pkmf east", "pkmf west", "discovery other"):
            put(db, "setting", config=config, section=section, key="pkmf", text="x", source="default")
        put(db, "setting", config=config, section="radio", key="tx-power", text="23 dBm", si=23, unit="dBm", source="default")
        for run in range(1, RUNS + 1):
            run_id += 1
            add_run(db, run_id, config, run, period[1])
            for k in range(-60, 61):
                t = period[1] + 10 * k
                put(db, "series", run_id=run_id, name="rollover.ready", entity="discovery command", t_s=t, value=max(0, min(40, 60 + 2 * k)) if k < 0 else 777)
                put(db, "series", run_id=run_id, name="keys.without", entity="discovery command", t_s=t, value=2 if 0 <= k < 10 else 0)
                put(db, "series", run_id=run_id, name="rollover.ready", entity="discovery other", t_s=t, value=999)
                for pkmf in ("east", "west"):
                    put(db, "series", run_id=run_id, name="pkmf.queue", entity=f"pkmf {pkmf}", t_s=t, value=3 if k < 0 else 1)
                    put(db, "series", run_id=run_id, name="pkmf.utilisation", entity=f"pkmf {pkmf}", t_s=t, value=0.5)
            for entity in ("", "pool pool"):
                put(db, "metric", run_id=run_id, name="pool.simulated", entity=entity, value=102.4)
                put(db, "metric", run_id=run_id, name="pool.periods", entity=entity, value=10)
    put(db, "configuration", config=90, hash="90", label="ruled out", valid=0, reason="$lead < $cryptoperiod")
    put(db, "run", run_id=900, config=1, seed=1, run=99, status="failed", exit_status=1, message=f"boom {NASTY}")
    put(db, "run", run_id=901, config=1, seed=1, run=100, status="planned")
    # A run that failed is in no number, whatever it left.
    for name, value in (("rollover.lost_receptions", 1e9), ("rollover.ready", 1e9), ("rollover.wanted", 1)):
        put(db, "metric", run_id=900, name=name, entity="", value=value)
    put(db, "sample", run_id=900, name="keys.blackout", entity="discovery command", ue=0, value=1e9, censored=0)
    db.commit()
    db.close()


def bare_run(path, like):
    """A configuration, a run, and nothing measured."""
    db = empty_results(path, like)
    put(db, "configuration", config=1, hash="1", label="bare", valid=1)
    put(db, "run", run_id=1, config=1, seed=7, run=3, status="done", exit_status=0, sim_end_s=12.5)
    db.commit()
    db.close()


# ---- reading a page ----

def parse(directory):
    path = directory / "report.html"
    subprocess.run(["xmllint", "--noout", "--nonet", path], check=True, timeout=60)
    return ET.parse(path).getroot()


def text_of(element):
    return " ".join("".join(element.itertext()).split())


def figures_of(page):
    return {figure.get("id"): figure for figure in page.iter("figure")}


def hold_inks(svg):
    """Outside the cells of a map, what is drawn takes the page's ink, a curve's colour or the grid's grey: nothing is black or white for good."""
    cells = {text for group in svg.iter(f"{SVG}g") for text in group.findall(f"{SVG}text") if re.fullmatch(r"[\d.]+", "".join(text.itertext()).strip())}
    for group in svg.iter():
        for name in ("fill", "stroke", "color"):
            if re.sub(r"\s", "", group.get(name, "")) in ("black", "white", "#000000", "rgb(0,0,0)", "rgb(255,255,255)"):
                assert set(group.findall(f"{SVG}text")) & cells, ET.tostring(group)


def rows_of(element):
    return [[text_of(cell) for cell in row] for row in element.iter("tr")]


def section_of(page, name):
    return next(section for section in page.iter("section") if section.get("aria-labelledby") == name)


def hold_to_the_rules(directory):
    """What holds for every page, whatever is in it."""
    text, page = (directory / "report.html").read_text(encoding="utf-8"), parse(directory)
    assert page.tag == "html" and page.get("lang") == "en"
    assert not re.search(r"<script|javascript:|\son[a-z]+\s*=", text.replace("&lt;script", ""), re.IGNORECASE)
    allowed = {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert set(re.findall(r"https?://[^\"'<>\s)]+", text)) <= allowed
    assert not re.search(r"@import|url\(|<link|<img|<iframe|<image|\bsrc=", text)
    assert 'name="viewport"' in text and "@media print" in text and "prefers-color-scheme:dark" in text and "max-width" in text
    assert "a-host-that-must-not-appear" not in text and "2031" not in text
    ids = [element.get("id") for element in page.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), sorted(i for i in ids if ids.count(i) > 1)
    # Every reference inside the page leads somewhere.
    for reference in re.findall(r"href=['\"]([^'\"]*)['\"]", text):
        assert reference[0] == "#" and reference[1:] in ids, reference
    for svg in page.iter(f"{SVG}svg"):
        title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
        assert svg.get("role") == "img" and svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
        assert title.text and len(description.text) > 40
        hold_inks(svg)
    for figure in page.iter("figure"):
        absent = figure.findall("p[@class='absent']")
        drawn = figure.findall(f"{SVG}svg")
        assert len(absent) + len(drawn) == 1, figure.get("id")
        if drawn:
            assert len(text_of(figure.find("figcaption"))) > 40 and len(rows_of(figure.find("details"))) > 1
    for scroll in page.iter("div"):
        if scroll.get("class") == "scroll":
            assert scroll.get("tabindex") == "0" and scroll.get("aria-label")
    hold_contrasts(text)
    return page


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def hold_contrasts(text):
    """Text 4.5:1, curves 3:1, on every background, in light and in dark."""
    light, dark = [dict(re.findall(r"--(\w+):(#[0-9a-f]{6})", part)) for part in re.findall(r":root\{([^}]*--paper[^}]*)\}", text)[:2]]
    curves = set(re.findall(r'<path d="M0,8H44"[^>]*stroke="(#[0-9a-f]{6})"', text)) | set(re.findall(r'<rect x="6" width="32"[^>]*fill="(#[0-9a-f]{6})"', text))
    for theme in (light, dark):
        for background in (theme["paper"], theme["card"]):
            for ink in ("ink", "soft", "link"):
                assert contrast(theme[ink], background) >= 4.5, (ink, background)
            for curve in curves:
                assert contrast(curve, background) >= 3, (curve, background)


# ---- what is asserted ----

def test_full(directory, keep):
    report(directory)
    page = hold_to_the_rules(directory)
    text = (directory / "report.html").read_text(encoding="utf-8")
    figures = figures_of(page)
    # Factors by name: cryptoperiod is 0, the nasty one 1, receive 2, which is no number.
    expected = {f"{name}-{factor}" for name in ("lost", "lost-each", "ready", "blackout", "without") for factor in (0, 1, 2)}
    expected |= {f"map-{name}-{pair}" for name in ("lost", "ready", "without") for pair in ("0-1", "0-2", "1-2")}
    expected |= {"rollover-ready", "keys-without", "pkmf-queue", "pkmf-utilisation", "blackout", "pc5-outcomes", "pc5-slots"}
    assert set(figures) == expected, set(figures) ^ expected
    assert not [name for name, figure in figures.items() if figure.findall("p[@class='absent']")]

    # The text that somebody gave stands there as text.
    assert NASTY.replace("  ", " ") in text_of(page.find("head/title")) and "<script>alert" not in text
    rows = rows_of(section_of(page, "failed"))
    assert len(rows) == 2 and rows[1][0] == "900" and rows[1][-1] == f"boom {NASTY}"
    assert any("1 run failed" in text_of(p) for p in page.iter("p"))
    assert "12 configurations, 60 of 62 runs done; 1 point of the sweep ruled out" in text_of(page.find("body/header"))

    # Loss: mean and interval of each point, by hand.
    half = 2.776445 * math.sqrt(2.5) / math.sqrt(RUNS)
    rows = rows_of(figures["lost-1"].find("details"))[1:]
    assert len(rows) == len(LEADS) * len(PERIODS) * len(RECEIVE), rows
    for config, lead, period, receive in points():
        mean = 1000.0 / config
        want = [f"cryptoperiod = {period[0]}, receive = {receive}", lead[0]]
        got = [row for row in rows if row[:2] == want]
        assert len(got) == 1, (want, rows)
        for value, number in zip(got[0][2:], (mean, mean - half, mean + half)):
            assert math.isclose(float(value), number, rel_tol=1e-4), (got, number)
    # 1 min, 10 min and 1 h are drawn by their logarithms.
    a, b, c = places_of(figures["lost-1"], [lead for lead, _ in LEADS])
    assert math.isclose((b - a) / (c - a), math.log(10) / math.log(60), rel_tol=0.01), (a, b, c)
    # Words stand beside each other, and nothing is drawn between them.
    rows = rows_of(figures["lost-2"].find("details"))[1:]
    assert {row[1] for row in rows} == set(RECEIVE) and len(rows) == 12, rows
    svg = figures["lost-2"].find(f"{SVG}svg")
    assert len({float(use.get("transform").split("(")[1].split(",")[0]) for use in svg.iter(f"{SVG}use") if "translate" in use.get("transform", "")}) == 12
    assert text_of(figures["lost-2"].find("h4")) == "Receptions lost at switches against receive"
    # A share is each run's own, and so is its interval.
    for row in rows_of(figures["ready-1"].find("details"))[1:]:
        mean = (33 - ("clock" in row[0])) / 40
        for value, number in zip(row[2:], (mean, mean - half / 40, mean + half / 40)):
            assert math.isclose(float(value), number, rel_tol=1e-4), (row, number)
    caption = text_of(figures["ready-1"].find("figcaption"))
    assert "rollover.ready: " in caption and "rollover.wanted: " in caption and "5 runs each" in caption, caption
    # Half of the UEs are without a key for 8 s times run over configuration.
    for config, lead, period, receive in points():
        (row,) = [row for row in rows_of(figures["without-1"].find("details"))[1:] if row[:2] == [f"cryptoperiod = {period[0]}, receive = {receive}", lead[0]]]
        for value, number in zip(row[2:], (12 / config, (12 - 4 * half) / config, (12 + 4 * half) / config)):
            assert math.isclose(float(value), number, rel_tol=1e-4), (row, number)
    # Heat map: the mean over what is not an axis.
    rows = rows_of(figures["map-lost-0-1"].find("details"))[1:]
    for period in PERIODS:
        for lead in LEADS:
            means = [1000.0 / c for c, l, p, _ in points() if l == lead and p == period]
            (row,) = [row for row in rows if row[:2] == [period[0], lead[0]]]
            assert math.isclose(float(row[2]), sum(means) / len(means), rel_tol=1e-4), row
    svg = figures["map-lost-0-1"].find(f"{SVG}svg")
    assert {row[2] for row in rows} <= {text_of(t) for t in svg.iter(f"{SVG}text")}
    # A value stands at its axis as it was written.
    assert set(RECEIVE) <= {text_of(t) for t in figures["map-lost-0-2"].find(f"{SVG}svg").iter(f"{SVG}text")}

    # Blackouts: four of five end; the one open after 25 s leaves two of the three that are left.
    rows = [row for row in rows_of(figures["blackout"].find("details"))[1:] if row[0] == "cryptoperiod = 1 h"]
    want = [(0, 0), (10, 0.2), (20, 0.4), (30, 0.7), (40, 1)]
    got = [(float(x), float(y)) for _, x, y in rows if float(x) != 25]
    assert len(got) == len(want) and all(math.isclose(a, b, abs_tol=1e-4) for g, w in zip(got, want) for a, b in zip(g, w)), got

    # Series before the start: ready climbs by two a step of 10 s. A second discovery's is not mixed in, nor what follows the start, which is of
    # the key after it. Two PKMFs' queues add up.
    rows = rows_of(figures["rollover-ready"].find("details"))[1:]
    assert len(rows) > 20
    for _, t, value in rows:
        assert float(t) < 0 and abs(float(value) - max(0, min(40, 60 + 2 * float(t) / 10))) < 4, (t, value)
    rows = rows_of(figures["keys-without"].find("details"))[1:]
    assert {float(value) for _, t, value in rows if float(t) < -20 or float(t) > 120} == {0} and {float(v) for _, t, v in rows if 20 < float(t) < 70} == {2}
    rows = rows_of(figures["pkmf-queue"].find("details"))[1:]
    assert {float(value) for _, t, value in rows if float(t) < -40} == {6.0} and {float(value) for _, t, value in rows if float(t) > 40} == {2.0}
    assert {float(row[2]) for row in rows_of(figures["pkmf-utilisation"].find("details"))[1:]} == {0.5}

    # PC5: shares of each bar.
    rows = rows_of(figures["pc5-outcomes"].find("details"))[1:]
    for bar in ("cryptoperiod = 1 h", "cryptoperiod = 6 h"):
        assert {part: float(v) for b, part, v in rows if b in (bar, "1" if "1 h" in bar else "2")} == {k: v / 10000 for k, v in OUTCOMES.items()}, rows
    rows = rows_of(figures["pc5-slots"].find("details"))[1:]
    assert {float(v) for _, part, v in rows if part == "sent"} == {0.75}

    # Settings by others than the default, and what was simulated.
    settings = rows_of(section_of(page, "settings"))[1:]
    assert ["pool", "active", "around-rollover 60 s", "", "file"] in settings
    assert ["discovery command", "lead", "differs between configurations", "s", "option"] in settings
    assert not [row for row in settings if row[1] == "tx-power"]
    simulated = rows_of(section_of(page, "simulated"))
    assert simulated[1][:2] == ["pool", "around-rollover 60 s"] and simulated[1][2].endswith(" %") and simulated[1][3] == "10", simulated
    whole = sum(2 * period[1] for _, _, period, _ in points())
    assert math.isclose(float(simulated[1][2].split()[0]), 100 * 102.4 * 12 / whole, rel_tol=1e-3), simulated
    assert f"PC5 was simulated for {simulated[1][2]} of the time in [pool]" in text_of(page.find("body/header"))
    rollovers = rows_of(section_of(page, "rollovers"))
    assert rollovers[1][:8] == ["1", "command", "period", "5", "200", "190", "95", "1000"], rollovers[1]

    totals = {row[0].split()[0]: row[1:] for row in rows_of(section_of(page, "totals"))}
    assert totals["keys.rejected.no-pmk"] == ["0", "3"] and totals["a-share"] == ["0.25", "0.25"], totals
    assert totals["rollover.lost_receptions"] == ["83.333", "1000"], totals
    ues = rows_of(section_of(page, "ues"))
    assert ues[1][:4] == [ues[1][0], "command", str(2 * RUNS * 6), "50"] and ues[1][0].startswith("engines"), ues[1]
    assert ues[1][5:] == ["40", "1.5", "0.5", "100.5", "200"], ues[1]
    assert math.isclose(float(ues[1][4]), sum(12 / config for config in range(1, 7)) / 6, rel_tol=1e-4), ues[1]
    assert len(ues) == 3, ues

    # The same results, the same octets: also once more, from a copy, and when another run of it took another time on another host.
    digest = hashlib.sha256((directory / "report.html").read_bytes()).hexdigest()
    other = directory.parent / "copy"
    other.mkdir()
    shutil.copy(directory / "results.sqlite", other)
    db = sqlite3.connect(other / "results.sqlite")
    db.execute("UPDATE perf SET host = 'elsewhere', wall_s = 99")
    db.commit()
    db.close()
    report(directory, env={**os.environ, "LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo", "GNUTERM": "dumb"})
    report(other)
    for again in (directory, other):
        assert hashlib.sha256((again / "report.html").read_bytes()).hexdigest() == digest
    if keep:
        shutil.copy(directory / "report.html", keep / "full.html")


def test_bare(directory):
    report(directory)
    page = hold_to_the_rules(directory)
    figures = figures_of(page)
    assert set(figures) == {"lost", "map", "rollover-ready", "pkmf-queue", "pkmf-utilisation", "blackout", "pc5-outcomes", "pc5-slots"}
    # Each says why it is not there and what would give it.
    for name, word in (("lost", "[sweep]"), ("map", "[sweep]"), ("rollover-ready", "[output] series = rollover.ready"),
                       ("pkmf-queue", "[output] series = pkmf.queue"), ("pkmf-utilisation", "[output] series = pkmf.utilisation"),
                       ("blackout", "[output] samples = keys.blackout"), ("pc5-outcomes", "active"), ("pc5-slots", "announce")):
        assert word in text_of(figures[name].find("p[@class='absent']")), name
    assert not list(page.iter(f"{SVG}svg"))
    assert text_of(section_of(page, "failed").find("p[@class='absent']")) == "None."


def test_quantiles_without_samples(directory):
    db = sqlite3.connect(directory / "results.sqlite")
    put(db, "distribution", run_id=1, name="keys.blackout", entity="", count=10, censored=2, min=1, mean=5, sd=1, p50=4, p95=8, p99=9, max=16)
    db.commit()
    db.close()
    report(directory)
    figure = figures_of(hold_to_the_rules(directory))["blackout"]
    assert [list(map(float, row[1:])) for row in rows_of(figure.find("details"))[1:]] == [[1, 0], [4, 0.5], [8, 0.95], [9, 0.99], [16, 1]]
    assert "12 in all, the 2 still open" in text_of(figure.find("figcaption"))


def test_real_run(directory):
    result = call("run", scenario, "--quiet", "-o", directory)
    assert result.returncode == 0, result
    report(directory)
    page = hold_to_the_rules(directory)
    db = sqlite3.connect(directory / "results.sqlite")
    totals = {row[0].split()[0]: row[1] for row in rows_of(section_of(page, "totals"))[1:]}
    for name, value in db.execute("SELECT name, value FROM metric WHERE entity = '' AND value IS NOT NULL"):
        assert math.isclose(float(totals[name]), value, rel_tol=1e-4, abs_tol=1e-9), (name, totals[name], value)
    distributions = {row[0]: row[1:] for row in rows_of(section_of(page, "distributions"))[1:]}
    n = 0
    for name, entity, *numbers in db.execute("SELECT name, entity, count, censored, min, mean, p50, p95, p99, max FROM distribution"
                                             " WHERE count + censored > 0"):
        n += entity != ""
        for number, value in zip(distributions[f"{name} {entity}".strip()], numbers):
            assert (number == "–") == (value is None) and (value is None or math.isclose(float(number), value, rel_tol=1e-4)), (name, entity, number, value)
    assert n > 0
    candidates, accepted = (db.execute("SELECT value FROM metric WHERE name = ? AND entity = ''", (n,)).fetchone()[0]
                            for n in ("pc5.candidates", "pc5.outcome.accepted"))
    shares = {part: float(v) for _, part, v in rows_of(figures_of(page)["pc5-outcomes"].find("details"))[1:]}
    assert math.isclose(shares["accepted"], accepted / candidates, rel_tol=1e-4)
    command = dict(row[:2] for row in rows_of(section_of(page, "made"))[1:])["command"]
    assert command == db.execute("SELECT value FROM meta WHERE key = 'command'").fetchone()[0]
    db.close()


CAMPAIGN = """[campaign]
scenario = base.ini
runs = 1..3
keep = metrics, rollovers, series, samples, ues
[sweep]
lead = 1 s, 10 s, 20 s
loss = 0 %, 30 %
[set]
discovery *.lead = $lead
pdn *.loss = $loss
"""
BASE = """[simulation]
duration = 130 s
[output]
step = 1 s
series = rollover.ready, keys.without, pkmf.queue, pkmf.utilisation, rollover.lost_receptions
samples = keys.blackout, rollover.late
[pool]
period = rf256
[pkmf east]
max-offset = 2 s
workers = 1
service-time-delivery = 50 ms
[discovery command]
discovery-group-id = 1
pkmf = east
cryptoperiod = 1 min
[pdn lan]
[ue-group engines]
count = 8
announce = command
monitor = command
pdn = lan
power-on = uniform 0 s 5 s
"""


def test_real_campaign(directory):
    """Names and entities are those that runs write: every figure that this campaign can have is there, and its numbers are the tables'."""
    (directory / "base.ini").write_text(BASE)
    (directory / "campaign.ini").write_text(CAMPAIGN)
    results = directory / "results"
    result = call("campaign", directory / "campaign.ini", "-j", "2", "-o", results)
    assert result.returncode == 0, result
    report(results)
    figures = figures_of(hold_to_the_rules(results))
    assert not [name for name, figure in figures.items() if figure.findall("p[@class='absent']")]
    for name in ("lost-0", "ready-0", "blackout-0", "without-0", "map-lost-0-1", "rollover-ready", "keys-without", "rollover-lost", "pkmf-queue",
                 "pkmf-utilisation", "blackout", "late", "pc5-outcomes", "pc5-slots"):
        assert name in figures, (name, list(figures))
        # Not a line of a caption is without its sentence.
        assert ": " in text_of(figures[name].find("figcaption")) and ":  " not in text_of(figures[name].find("figcaption"))
    # 1 s, 10 s and 20 s stand further apart as they are.
    a, b, c = places_of(figures["lost-0"], ["1 s", "10 s", "20 s"])
    assert math.isclose((b - a) / (c - a), 9 / 19, rel_tol=0.01), (a, b, c)
    db = sqlite3.connect(results / "results.sqlite")
    rows = {tuple(row[:2]): row[2:] for row in rows_of(figures["ready-0"].find("details"))[1:]}
    assert len(rows) == 6, rows
    for lead, loss, ready in db.execute(
            "SELECT l.text, p.text, avg(a.value / b.value) FROM run JOIN factor AS l USING (config) JOIN factor AS p USING (config)"
            " JOIN metric AS a USING (run_id) JOIN metric AS b USING (run_id) WHERE l.name = 'lead' AND p.name = 'loss' AND a.name = 'rollover.ready'"
            " AND b.name = 'rollover.wanted' AND a.entity = '' AND b.entity = '' GROUP BY config"):
        assert math.isclose(float(rows[f"loss = {loss}", lead][0]), ready, rel_tol=1e-4), (lead, loss, ready, rows)
    # The last point before a start: as many as the rollover says were ready then, but for those of the last second.
    for config, label in db.execute("SELECT config, label FROM configuration").fetchall():
        last = [float(row[2]) for row in rows_of(figures["rollover-ready"].find("details"))[1:] if row[0] == label][-1]
        ready, = db.execute("SELECT avg(ready) FROM rollover JOIN run USING (run_id) WHERE config = ?", (config,)).fetchone()
        point, = db.execute("SELECT avg(value) FROM series JOIN rollover USING (run_id) JOIN run USING (run_id) WHERE config = ?"
                            " AND name = 'rollover.ready' AND t_s = start_s - 1", (config,)).fetchone()
        assert math.isclose(last, point, rel_tol=1e-4) and last <= ready, (label, last, point, ready)
    db.close()


def places_of(figure, axis_words):
    """Where along the bottom each of @axis_words stands."""
    places = {}
    for group in figure.find(f"{SVG}svg").iter(f"{SVG}g"):
        for text in group.findall(f"{SVG}text"):
            if text_of(text) in axis_words:
                places[text_of(text)] = float(group.get("transform").split("(")[1].split(",")[0])
    return [places[word] for word in axis_words]


def test_complaints(directory, good):
    """What is wrong is said in one line, with the status it deserves, and no page is left."""
    def complain(status, *words, **kw):
        result = report(directory, status, **kw)
        for word in words:
            assert word in result.stderr, (word, result.stderr)
        assert result.stdout == "" and result.stderr.count("\n") == 1, result
        assert not (directory / "report.html").exists() and not list(directory.glob("*.tmp*"))

    results = directory / "results.sqlite"
    complain(2, "results.sqlite", "prose-sim run")
    results.write_bytes(b"")
    complain(2, "results.sqlite", "not results of prose-sim")
    results.write_bytes(b"no database at all, but a text of some length" * 100)
    complain(1, "damaged or half written")
    whole = good.read_bytes()
    results.write_bytes(whole[:len(whole) // 2])
    complain(1, "damaged or half written")
    for pragma, status, words in (("user_version = 2", 2, ("form 2", "form 1")), ("application_id = 7", 2, ("not results of prose-sim",))):
        shutil.copy(good, results)
        db = sqlite3.connect(results)
        db.execute(f"PRAGMA {pragma}")
        db.commit()
        db.close()
        complain(status, *words)
    # Tables without a row: begun, and cut off.
    results.unlink()
    db = empty_results(results, good)
    db.commit()
    db.close()
    complain(1, "holds no configuration")
    # Without gnuplot the plots cannot be drawn, and what to install is said.
    shutil.copy(good, results)
    complain(1, "gnuplot", "apt-get install gnuplot-nox", env={"PATH": str(directory)})
    # A gnuplot that fails is named, with the figure.
    fake = directory / "gnuplot"
    fake.write_text("#!/bin/sh\ncat >/dev/null\necho no more memory >&2\nexit 1\n")
    fake.chmod(0o755)
    complain(1, "gnuplot", "no more memory", env={"PATH": f"{directory}:{os.environ['PATH']}"})
    # So is one that reads nothing.
    fake.write_text("#!/bin/sh\nexec <&-\nexit 1\n")
    complain(1, "gnuplot", "figure", env={"PATH": f"{directory}:{os.environ['PATH']}"})
    fake.unlink()
    for args in ([], [directory, directory], [directory, "--nonsense"], [directory / "nowhere"]):
        result = call("report", *args)
        assert result.returncode == 2 and result.stderr and not result.stdout, (args, result)


keep = pathlib.Path(sys.argv[3]) if len(sys.argv) > 3 else None

with tempfile.TemporaryDirectory() as name:
    top = pathlib.Path(name)
    for directory in ("real", "full", "bare", "campaign", "wrong"):
        (top / directory).mkdir()
    (top / "real").rmdir()
    test_real_run(top / "real")
    like = top / "real" / "results.sqlite"
    full_campaign(top / "full" / "results.sqlite", like)
    bare_run(top / "bare" / "results.sqlite", like)
    test_full(top / "full", keep)
    test_bare(top / "bare")
    test_quantiles_without_samples(top / "bare")
    test_real_campaign(top / "campaign")
    test_complaints(top / "wrong", top / "full" / "results.sqlite")
print("reports of a run, of a campaign, of one with known numbers and of a bare run read; complaints heard")

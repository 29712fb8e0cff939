#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Holds the discovery side of the simulator against closed forms and hand calculations.

Usage: validate.py [--check] PROSE_SIM [NAME...]

Without --check every experiment runs at full length, and its table and figure go into doc/validation.md and doc/validation/. With
--check the experiments named, or all, run in a shorter form with fixed seeds, and the exit status says whether all agree.

A measured value agrees if what the oracle says lies in its 99.9 % interval, from the variance between runs: pairs within a
period are correlated, runs are not.
"""
import argparse
import concurrent.futures
import csv
import json
import math
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import oracle

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE, FIGURES = ROOT / "doc" / "validation.md", ROOT / "doc" / "validation"
CROWD = ROOT / "examples" / "wns3-2017.ini"
LEVEL = 0.999


class Simulator:
    def __init__(self, program, directory):
        self.program, self.directory = program, pathlib.Path(directory)
        self.pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())

    def scenario(self, name, text):
        path = self.directory / f"{name}.ini"
        path.write_text(text)
        return path

    def run(self, scenario, settings=None, number=1, trace=None):
        """One run. Returns: summary.json, or the rows of events.csv with `trace`."""
        with tempfile.TemporaryDirectory(dir=self.directory) as output:
            command = [self.program, "run", scenario, "--quiet", "--force", "-o", output, "--run", str(number)]
            for key, value in (settings or {}).items():
                command += ["-s", f"{key}={value}"]
            if trace:
                command += ["--trace", trace]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            if trace:
                with open(os.path.join(output, "events.csv"), newline="") as file:
                    return list(csv.DictReader(file))
            return json.loads(pathlib.Path(output, "summary.json").read_text())

    def runs(self, n, scenario, settings, value):
        """`value` of each of n summaries, by run number."""
        return list(self.pool.map(lambda number: value(self.run(scenario, settings, number)), range(1, n + 1)))


def student(p, df):
    """Two-sided quantile, Fisher's expansion: right to 1 % from 9 degrees of freedom on."""
    z = statistics.NormalDist().inv_cdf((1 + p) / 2)
    return (z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df ** 2)
            + (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * df ** 3))


class Measured:
    def __init__(self, values):
        self.n, self.mean = len(values), statistics.fmean(values)
        self.half = student(LEVEL, self.n - 1) * statistics.stdev(values) / math.sqrt(self.n)

    def agrees(self, want, precision):
        """Also a check that could not fail is none: the interval has to be narrow."""
        return abs(self.mean - want) <= self.half <= precision * want

    def __str__(self):
        return f"{self.mean:.4f} ± {self.half:.4f}"


class Result:
    """A table, whether each row agrees, and what a figure needs."""

    def __init__(self, *head):
        self.head, self.rows, self.good, self.data = [*head, "verdict"], [], [], []

    def add(self, good, *cells, verdict=None, data=None):
        self.rows.append([*map(str, cells), verdict or ("agrees" if good else "DIFFERS")])
        self.good.append(good)
        if data is not None:
            self.data.append(data)

    def table(self):
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def pool(nt, nf, t):
    return {"pool.subframes": nt, "pool.resources-per-subframe": nf, "pool.tx-probability": f"{t:.10g}"}


# ---- how often one hears another ----

def hits(summary):
    """Of all chances to hear another in a period, the share in which a message was accepted, or repeated."""
    pc5 = summary["pc5"]
    return (pc5["outcome"]["accepted"] + pc5["outcome"]["repeated"]) / pc5["opportunities"]


def measure_hits(sim, n, nt, nf, t, runs, periods):
    return Measured(sim.runs(runs, CROWD, {"crowd.count": n, "simulation.duration": f"{periods} periods", **pool(nt, nf, t)}, hits))


def hit(sim, full):
    points = [(10, 5, 10, 1), (20, 5, 10, 1), (50, 5, 10, oracle.best_t(50, 5, 10))]
    if full:
        points = [(2, 5, 10, 1), (5, 5, 10, 1), *points[:2], (35, 5, 10, 1), (50, 5, 10, 1), (75, 5, 10, 1), (100, 5, 10, 1), points[2],
                  (10, 5, 10, 0.5), (20, 5, 10, 0.25), (50, 5, 10, 0.5), (10, 5, 2, 1), (10, 40, 1, 1), (20, 10, 20, 0.75)]
    result = Result("UEs", "pool", "t", "closed form", "measured")
    for n, nt, nf, t in points:
        want, got = oracle.hit(n, nt, nf, t), measure_hits(sim, n, nt, nf, t, *((60, 200) if full else (20, 100)))
        result.add(got.agrees(want, 0.02 if full else 0.05), n, f"{nt} × {nf}", f"{t:.4g}", f"{want:.5f}", got,
                   data=(n, got.mean, got.half) if (nt, nf, t) == (5, 10, 1) else None)
    return result


def draw_hit(result):
    rows = "\n".join(" ".join(map(str, row)) for row in result.data)
    return f'''set xlabel "UEs in range of each other"
set ylabel "probability to hear a given other in a period"
set yrange [0:1]
$measured << EOD
{rows}
EOD
plot [2:105] (1 - 1. / 5) * (1 - 1. / 50) ** (x - 2) title "closed form, 5 × 10, t = 1" with lines lc rgb "#888888", \\
     $measured using 1:2:3 title "measured, 99.9 % intervals" with yerrorbars pt 7 ps 0.5 lc rgb "#c04000"'''


# ---- the best transmission probability ----

def best_t(sim, full):
    n, best = 50, oracle.best_t(50, 5, 10)
    points = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, best, 0.9, 1] if full else [0.6, best, 1]
    result = Result("t", "closed form", "measured")
    for t in points:
        want, got = oracle.hit(n, 5, 10, t), measure_hits(sim, n, 5, 10, t, *((60, 400) if full else (20, 100)))
        result.add(got.agrees(want, 0.03 if full else 0.05), f"{t:.4g}" + (" (t*)" if t == best else ""), f"{want:.5f}", got,
                   data=(t, got.mean, got.half))
    top = max(result.data, key=lambda row: row[1])[0]
    result.add(top == best, f"best: {top:.4g}", f"{best:.4f}", f"{top:.4f} of those above")
    return result


def draw_best_t(result):
    rows = "\n".join(" ".join(map(str, row)) for row in result.data)
    best = oracle.best_t(50, 5, 10)
    return f'''set xlabel "transmission probability t"
set ylabel "probability to hear a given other in a period"
set arrow from {best},graph 0 to {best},graph 1 nohead dt 2 lc rgb "#888888"
set label "t* = {best:.4f}" at {best},graph 0.1 right offset -0.5,0
$measured << EOD
{rows}
EOD
set key left
plot [0:1.02] x * (1 - x / 5) * (1 - x / 50) ** 48 title "closed form, 50 UEs, 5 × 10" with lines lc rgb "#888888", \\
     $measured using 1:2:3 title "measured, 99.9 % intervals" with yerrorbars pt 7 ps 0.5 lc rgb "#c04000"'''


# ---- until all are heard ----

# One place after the other, out of each other's range: as many independent samples in one run.
CLUSTERS = 10
APART = """[simulation]
duration = 1000 periods
stop-when = all-discovered
[radio]
area = 10 km x 1 km
range = 100 m
reception = collision
[pool]
subframes = {nt}
resources-per-subframe = {nf}
"""


def crowds(sim, n):
    text = APART.format(nt=5, nf=10) + "".join(
        f"[discovery search{k}]\ndiscovery-group-id = {k}\nkeys = provisioned\n"
        f"[ue-group crowd{k}]\ncount = {n}\nannounce = search{k}\nmonitor = search{k}\nplacement = point {k} km 0 m\nmobility = static\n"
        for k in range(CLUSTERS))
    return sim.scenario(f"crowds-{n}", text)


def hear_all(sim, full):
    points = [(5, 1), (10, 1), (10, 0.5)]
    if full:
        points = [(2, 1), (3, 1), (5, 1), (7, 1), (10, 1), (15, 1), (20, 1), (5, 0.5), (10, 0.5), (20, 0.5)]
    result = Result("UEs", "t", "closed form, periods", "measured, periods")
    for n, t in points:
        want = oracle.mean_periods_to_all(n - 1, 5, 10, t, sends=True)
        got = Measured(sim.runs(200 if full else 40, crowds(sim, n), {"pool.tx-probability": t},
                                lambda s: s["discovery"]["periods-to-discover-all"]["mean"]))
        result.add(got.agrees(want, 0.05 if full else 0.1), n, t, f"{want:.4f}", got, data=(n, t, want, got.mean, got.half))
    return result


def draw_hear_all(result):
    blocks, plots = "", []
    for i, t in enumerate(sorted({row[1] for row in result.data}, reverse=True)):
        rows = "\n".join(f"{n} {want} {mean} {half}" for n, of, want, mean, half in result.data if of == t)
        blocks += f"$t{i} << EOD\n{rows}\nEOD\n"
        plots.append(f'$t{i} using 1:2 title "closed form, t = {t:g}" with lines lc rgb "#888888" dt {i + 1}')
        plots.append(f'$t{i} using 1:3:4 title "measured, t = {t:g}" with yerrorbars pt {7 - 2 * i} ps 0.5 lc rgb "#c04000"')
    return f'''set xlabel "UEs in range of each other"
set ylabel "mean periods until a UE has heard all others"
set key left
{blocks}plot [1:21] [0:] {", ".join(plots)}'''


# ---- relays ----

def relays(sim, n, model):
    """n relays around a remote UE that looks for them, in CLUSTERS places."""
    announce, look = ("announce", "monitor") if model == "A" else ("respond", "solicit")
    text = APART.format(nt=5, nf=2) + "".join(
        f"[discovery relay{k}]\nrelay-service-code = {k}\nkeys = provisioned\n"
        f"[ue-group relays{k}]\ncount = {n}\n{announce} = relay{k}\nplacement = point {k} km 0 m\nmobility = static\n"
        f"[ue remotes[{k}]]\n{look} = relay{k}\n" for k in range(CLUSTERS))
    return sim.scenario(f"relays-{model}-{n}", text + f"[ue-group remotes]\ncount = {CLUSTERS}\nplacement = grid 1 km\nmobility = static\n")


def relay(sim, full):
    result = Result("procedure", "relays", "t", "closed form, periods", "measured, periods")
    points = [(6, 1), (3, 1), (6, 0.5), (10, 1)] if full else [(6, 1)]
    rows = [("Model A, one relay", "A", n, t, oracle.relay_announced(n, 5, 2, t), "periods-to-discover") for n, t in points]
    rows += [("Model A, all relays", "A", n, t, oracle.mean_periods_to_all(n, 5, 2, t, sends=False), "periods-to-discover-all")
             for n, t in points]
    rows += [("Model B, one relay", "B", n, 1, oracle.relay_solicited(n, 5, 2), "periods-to-discover") for n, t in points if t == 1]
    for what, model, n, t, want, metric in rows:
        got = Measured(sim.runs(200 if full else 60, relays(sim, n, model), {"pool.tx-probability": t},
                                lambda s: s["by-ue-group"]["remotes"]["discovery"][metric]["mean"]))
        result.add(got.agrees(want, 0.05 if full else 0.1), what, n, t, f"{want:.4f}", got)
    return result


# ---- two UEs: power and SINR against distance ----

ROW = """[simulation]
duration = {periods} periods
[radio]
area = 100 km x 100 km
{radio}
[pool]
subframes = 40
[discovery search]
discovery-group-id = 1
keys = provisioned
[ue-group source]
count = 1
announce = search
placement = point 0 m 0 m
mobility = static
"""
LISTENER = "[ue-group at{0}]\ncount = 1\nmonitor = search\nplacement = point {1:.9g} m 0 m\nmobility = static\n"
DISTANCES = [5, 10, 20, 50, 100, 200, 300, 500, 700, 1000, 2000, 5000]


def heard_at(sim, distances, radio, periods=1):
    """Candidates of each listener, as rows of events.csv."""
    text = ROW.format(periods=periods, radio=radio) + "".join(LISTENER.format(i, d) for i, d in enumerate(distances))
    heard = [[] for _ in distances]
    for row in sim.run(sim.scenario("row", text), trace="candidate"):
        heard[int(row["ue"].removeprefix("at").partition("[")[0])].append(row)
    return heard


def edge_of(loss, f, h, near):
    """The distance at which a lone message is just decoded; None if it is not between `near` and 50 km."""
    def margin(d):
        return 23 - loss(d, f, h) - oracle.NOISE_DBM - oracle.THRESHOLD_DB
    low, high = float(near), 50000.0
    if not margin(low) > 0 > margin(high):
        return None
    for _ in range(100):
        low, high = (low, (low + high) / 2) if margin((low + high) / 2) < 0 else ((low + high) / 2, high)
    return low


def sinr(sim, full):
    result = Result("propagation", "SINR at 100 m", "at 1 km", "largest difference", "range by hand, m", "decoded 1 ‰ inside, outside it")
    for name, more, loss, least in oracle.LOSSES:
        words = f"propagation = {name}{more}\n"
        rows = heard_at(sim, DISTANCES, words + "sensitivity = -200 dBm\n")
        worst, got = 0.0, {}
        for d, heard in zip(DISTANCES, rows):
            want = 23 - loss(d, 793e6, 1.5) - oracle.NOISE_DBM
            if want + oracle.NOISE_DBM < -200:      # beyond a disc there is no candidate, or one without power
                worst = worst if not heard or float(heard[0]["rx_power_dbm"] or -1000) < -200 else math.inf
                continue
            got[d] = float(heard[0]["rx_power_dbm"]) - oracle.NOISE_DBM
            if d >= least:
                worst = max(worst, abs(got[d] - want))
        edge = edge_of(loss, 793e6, 1.5, max(least, 5))
        decoded = "–"
        if edge:
            inside, outside = heard_at(sim, [edge * 0.999, edge * 1.001], words)
            decoded = ", ".join("yes" if any(r["cause"] in ("accepted", "repeated") for r in side) else "no" for side in (inside, outside))
        result.add(worst < 0.001 and decoded in ("yes, no", "–"), f"`{name}`", *(f"{got[d]:.3f} dB" if d in got else "–" for d in (100, 1000)),
                   f"{worst:.1e} dB", f"{edge:.1f}" if edge else "–", decoded, data=(name, loss, got))
        if least:
            d = 200
            result.add(True, f"`{name}` at {d} m", f"by the Recommendation {23 - loss(d, 793e6, 1.5) - oracle.NOISE_DBM:.3f} dB", f"ns-3 {got[d]:.3f} dB",
                       f"{abs(got[d] - 23 + loss(d, 793e6, 1.5) + oracle.NOISE_DBM):.1f} dB", "–", "–", verdict="ns-3 differs, see below")
    return result


def draw_sinr(result):
    colours = ["4060c0", "c04000", "208040", "a040a0", "c0a000", "008080", "e07090", "705030", "202020", "80a040"]
    blocks, plots = "", []
    for i, (name, loss, got) in enumerate(row for row in result.data if row[0] not in ("random", "fixed", "range")):
        steps = [5 * 1000 ** (k / 150) for k in range(151)]
        blocks += f"$by_hand{i} << EOD\n" + "\n".join(f"{d:.3f} {23 - loss(d, 793e6, 1.5) - oracle.NOISE_DBM:.4f}" for d in steps) + "\nEOD\n"
        blocks += f"$got{i} << EOD\n" + "\n".join(f"{d} {value:.4f}" for d, value in got.items()) + "\nEOD\n"
        plots.append(f'$by_hand{i} title "{name}" with lines lc rgb "#{colours[i]}"')
        plots.append(f'$got{i} notitle with points pt 6 ps 0.5 lc rgb "#{colours[i]}"')
    return f'''set xlabel "distance, m"
set ylabel "SINR, dB"
set logscale x
set key outside right
set arrow from graph 0,first 1.7 to graph 1,first 1.7 nohead dt 2 lc rgb "#888888"
{blocks}plot [5:5000] [-60:120] {", ".join(plots)}'''


# ---- fading ----

def fading(sim, full):
    """Nakagami fading on top of log-distance: a gamma distribution of mean 1, shape 1.5 below 80 m and 0.75 beyond."""
    result = Result("distance", "samples", "mean gain", "measured", "variance of the gain", "measured variance")
    distances = [50, 300]
    heard = heard_at(sim, distances, "propagation = log-distance + nakagami\nsensitivity = -200 dBm\n", 20000 if full else 4000)
    for d, rows in zip(distances, heard):
        gains = [10 ** ((float(row["rx_power_dbm"]) - 23 + oracle.log_distance(d, 0, 0)) / 10) for row in rows]
        shape = 1.5 if d < 80 else 0.75
        got, spread = Measured(gains), Measured([(gain - 1) ** 2 for gain in gains])
        result.add(got.agrees(1, 0.15) and spread.agrees(1 / shape, 0.5), f"{d} m", got.n, 1, got, f"{1 / shape:.4f}", spread)
    return result


# ---- what a SINR means ----

def bler(sim, full):
    """Listeners where a lone message has so many decibels over noise: how many are lost, against the published curve."""
    result = Result("SINR", "blocks", "curve", "lost")
    levels = [-0.4, 0, 0.4, 0.8, 1.2, 1.6, 2, 2.4] if full else [0, 0.8, 1.2, 2]
    distances = [10 ** ((23 - oracle.NOISE_DBM - level - 46.6777) / 30) for level in levels]
    heard = heard_at(sim, distances, "propagation = log-distance\nbler = curve\nsensitivity = -200 dBm\n", 5000 if full else 2000)
    for level, rows in zip(levels, heard):
        want, lost = oracle.bler(level), [float(row["cause"] == "weak") for row in rows]
        got = Measured(lost)
        result.add(got.agrees(want, 1) if 0.01 < want < 0.99 else abs(got.mean - want) < 0.01, f"{level:g} dB", got.n, f"{want:.4f}", got,
                   data=(level, got.mean, got.half))
    return result


NIST = [(-0.6, 0.9984), (-0.4, 0.9972), (-0.2, 0.9936), (0, 0.98), (0.2, 0.9524), (0.4, 0.9148), (0.6, 0.8192), (0.8, 0.7016), (1, 0.5628),
        (1.2, 0.3812), (1.4, 0.2616), (1.6, 0.1224), (1.8, 0.0708), (2, 0.0252), (2.2, 0.0108), (2.4, 0.0028)]


def draw_bler(result):
    points, rows = ("\n".join(" ".join(map(str, row)) for row in data) for data in (NIST, result.data))
    return f'''set xlabel "SINR, dB"
set ylabel "share of messages lost"
$nist << EOD
{points}
EOD
$measured << EOD
{rows}
EOD
plot [-1:3] [0:1] 0.5 * erfc((x - 1.063) / 0.494 / sqrt(2)) title "curve" with lines lc rgb "#888888", \\
     $nist using 1:2 title "NISTIR 8157" with points pt 4 ps 0.6 lc rgb "#2060a0", \\
     $measured using 1:2:3 title "measured, 99.9 % intervals" with yerrorbars pt 7 ps 0.5 lc rgb "#c04000"'''


# ---- beside another simulator: a comparison, and no check ----

def speed(sim, full):
    """Processor time of whole processes, best of 20; psc-ns3's wall time as reported, not measured here."""
    result = Result("UEs", "psc-ns3 7.0, wall", "prose-sim, all protections, processor time", "ratio")
    for n, theirs in ((50, 0.50), (100, 2.47), (200, 16.1)):
        best = math.inf
        for _ in range(20 if full else 1):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            sim.run(CROWD, {"crowd.count": n, "simulation.duration": "10 s"})
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        result.add(True, n, f"{theirs:.2f} s", f"{best:.3f} s", f"{theirs / best:.0f}", verdict="–")
    return result


EXPERIMENTS = {
    "hit": (hit, draw_hit), "best-t": (best_t, draw_best_t), "hear-all": (hear_all, draw_hear_all), "relay": (relay, None),
    "sinr": (sinr, draw_sinr), "fading": (fading, None), "bler": (bler, draw_bler),
    "speed": (speed, None),
}


def write_figure(name, words):
    script = f'set terminal svg size 720,420 font "sans-serif,12" background "#ffffff"\nset grid lc rgb "#dddddd"\n{words}\n'
    svg = subprocess.run(["gnuplot"], input=script, check=True, capture_output=True, text=True).stdout
    FIGURES.mkdir(exist_ok=True)
    (FIGURES / f"{name}.svg").write_text(svg)


def write_table(name, table):
    text, begin, end = PAGE.read_text(), f"<!-- {name} -->\n", "<!-- end -->"
    head, found, tail = text.partition(begin)
    if not found:
        sys.exit(f"{PAGE} has no place for the table {name}")
    PAGE.write_text(head + begin + table + "\n" + tail[tail.index(end):])


def lacks(name, draw):
    """What the page lacks of an experiment; everything that is made by hand has to be there, and all that is made is kept."""
    _, found, tail = PAGE.read_text().partition(f"<!-- {name} -->\n")
    missing = [] if found and tail.startswith("| ") else [f"no table {name} in {PAGE.name}"]
    if draw and not (FIGURES / f"{name}.svg").exists():
        missing.append(f"no figure {name}.svg")
    return missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("prose_sim")
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*EXPERIMENTS, []])
    options = parser.parse_args()

    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        sim = Simulator(os.path.abspath(options.prose_sim), directory)
        for name in options.names or EXPERIMENTS:
            measure, draw = EXPERIMENTS[name]
            result = measure(sim, full=not options.check)
            print(f"{name}\n{result.table()}\n", flush=True)
            wrong += [f"{name}: {row}" for row, good in zip(result.rows, result.good) if not good]
            if options.check:
                wrong += lacks(name, draw)
            else:
                write_table(name, result.table())
                if draw:
                    write_figure(name, draw(result))
    print("\n".join(wrong) if wrong else "all agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

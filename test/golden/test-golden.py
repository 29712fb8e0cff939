#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs an example as its first lines say, and compares the readable trace with the one that was reviewed.

Usage: test-golden.py [--update] PROSE_SIM EXAMPLE.ini...
       test-golden.py --complete EXAMPLE.ini...

Each command in the comment at the top of an example,

    #     ./tools/run examples/NAME.ini --trace LIST [-s SECTION.KEY=VALUE]...

is run: it has to end with status 0, its summary.json has to add up, and with --trace what it prints has to be, octet
for octet, what NAME.trace beside this file says (NAME-2.trace for the second command, and so on). --update writes these
files anew; read the difference line by line against the standard before you commit it. --complete looks whether the
examples named are all there are, and whether each golden trace belongs to one.
"""
import argparse
import difflib
import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

GOLDEN = pathlib.Path(__file__).resolve().parent
ROOT = GOLDEN.parent.parent
MAX_LINES = 60          # more is not read


def commands(example):
    """The arguments of each ./tools/run in the comment at the top."""
    found = []
    for line in example.read_text().splitlines():
        if not line.startswith("#"):
            break
        words = shlex.split(line[1:]) if line.startswith("#     ./tools/run ") else []
        if words:
            found.append(words[1:])
    return found


def golden_file(example, number):
    return GOLDEN / (example.stem + (f"-{number}" if number > 1 else "") + ".trace")


def adds_up(summary):
    """What is wrong with a summary.json: sets of outcomes that do not add up to their totals."""
    wrong = []

    def equal(of, what, total, parts):
        if total != parts:
            wrong.append(f"{of}: {what} is {total}, its parts make {parts}")

    def check(of, tally):
        keys, all_of = tally["keys"], lambda counts: sum(counts.values())
        equal(of, "keys.answers", keys["answers"], keys["supplied"] + all_of(keys["refused"]))
        equal(of, "keys.deliveries", keys["deliveries"], keys["verified"] + keys["error-12"] + keys["unreachable"]
              + keys["superseded"] + keys["deliveries-open"])
        equal(of, "keys.rejections", keys["rejections"], all_of(keys["rejected"]))
        if "requests" in keys:
            equal(of, "keys.ues", keys["ues"], keys["ues-supplied"] + all_of(keys["ues-refused"]) + keys["ues-waiting"])
            equal(of, "keys.requests", keys["requests"], keys["responses"] + all_of(keys["ignored"])
                  + all_of(keys["failed"]) + keys["interrupted"] + keys["requests-open"])
            equal(of, "pdn.released", tally["pdn"]["released"], all_of(tally["pdn"]["release"]))
            equal(of, "tls.failures", tally["tls"]["failures"], all_of(tally["tls"]["failed"]))
        if "pc5" in tally:
            pc5, discovery = tally["pc5"], tally["discovery"]
            equal(of, "pc5.slots", pc5["slots"], pc5["sent"] + all_of(pc5["refused"]))
            equal(of, "pc5.candidates", pc5["candidates"], all_of(pc5["outcome"]))
            equal(of, "discovery.pairs", discovery["pairs"],
                  discovery["discovered"] + discovery["time-to-discover"]["censored"])

    check("summary", summary)
    for by in ("by-discovery", "by-ue-group"):
        for name, tally in summary[by].items():
            check(f"{by} {name}", tally)
    for path in ("keys.requests", "keys.deliveries", "pc5.slots", "pc5.candidates", "discovery.pairs", "pdn.opened"):
        section, key = path.split(".")
        equal("by-ue-group", path, summary[section][key], sum(t[section][key] for t in summary["by-ue-group"].values()))
    return wrong


def run(prose_sim, arguments):
    """Runs one command. Returns: (what is wrong, the lines of the trace)."""
    with tempfile.TemporaryDirectory() as directory:
        output = pathlib.Path(directory, "out")
        done = subprocess.run([prose_sim, "run", *arguments, "-o", output], cwd=ROOT, text=True, capture_output=True)
        if done.returncode != 0:
            return [f"ended with status {done.returncode}: {done.stderr}"], []
        summary = json.loads((output / "summary.json").read_text())
    name = pathlib.Path(arguments[0]).stem
    trace, mark, _ = done.stdout.partition(f"{name}: ")
    if not mark or (trace and not trace.endswith("\n")):
        return ["prints no summary after the trace"], []
    return adds_up(summary), trace.splitlines(keepends=True)


def compare(golden, lines):
    if len(lines) > MAX_LINES:
        return [f"{len(lines)} lines are more than anybody reads; {MAX_LINES} at most"]
    if not golden.exists():
        return [f"there is no {golden.name}; write it with --update, and read it"]
    return [line.rstrip("\n") for line in
            difflib.unified_diff(golden.read_text().splitlines(keepends=True), lines, golden.name, "this run")]


def check_example(prose_sim, example, update):
    wrong = []
    found = commands(example)
    if not found:
        wrong.append("no command in the comment at its top")
    for number, arguments in enumerate(found, 1):
        if (ROOT / arguments[0]).resolve() != example:
            wrong.append(f"its command runs {arguments[0]}")
            continue
        problems, lines = run(prose_sim, arguments)
        if "--trace" in arguments and not problems:
            golden = golden_file(example, number)
            if update:
                golden.write_text("".join(lines))
            problems = compare(golden, lines)
        wrong += [f"command {number}: {problem}" if i == 0 else problem for i, problem in enumerate(problems)]
    return wrong


def check_complete(examples):
    there = set((ROOT / "examples").rglob("*.ini"))
    belonging = {golden_file(e, n) for e in there for n, a in enumerate(commands(e), 1) if "--trace" in a}
    return ([f"{e.relative_to(ROOT)} is not tested" for e in sorted(there - examples)]
            + [f"{g.name} belongs to no example" for g in sorted(set(GOLDEN.glob("*.trace")) - belonging)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--complete", action="store_true")
    parser.add_argument("files", nargs="+")
    options = parser.parse_args()

    if options.complete:
        wrong = check_complete({pathlib.Path(f).resolve() for f in options.files})
    else:
        prose_sim = str(pathlib.Path(options.files[0]).resolve())
        wrong = [f"{pathlib.Path(f).name}: {problem}" for f in options.files[1:]
                 for problem in check_example(prose_sim, pathlib.Path(f).resolve(), options.update)]
    print("\n".join(wrong) if wrong else "as reviewed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

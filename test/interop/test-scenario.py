#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Python's configparser reads the scenarios as we do, and the command's exit statuses are those it promises.

Usage: test-scenario.py PROSE-SIM EXAMPLES-DIRECTORY
"""
import configparser
import pathlib
import re
import subprocess
import sys
import tempfile

prose_sim, examples = sys.argv[1], pathlib.Path(sys.argv[2])


def call(*args, **kw):
    return subprocess.run([prose_sim, *map(str, args)], capture_output=True, text=True, timeout=60, **kw)


def read_by_python(text):
    parser = configparser.ConfigParser(interpolation=None, strict=True, inline_comment_prefixes=("#",))
    parser.read_string(text)
    return {(section, key): value for section in parser.sections() for key, value in parser.items(section)}


def read_by_us(path):
    """What `check` says the file gave, with the file's line of each."""
    result = call("check", path)
    assert result.returncode == 0, result.stderr
    given, section = {}, None
    for line in result.stdout.splitlines():
        if line.startswith("["):
            section = line[1:-1]
        found = re.fullmatch(r"  (\S+) = (.*?)\s{2,}.*" + re.escape(f"{path}:") + r"(\d+)", line)
        if found:
            given[section, found[1]] = found[2], int(found[3])
    return given


def test_python_agrees(path):
    text = path.read_text(encoding="utf-8")
    ours, theirs = read_by_us(path), read_by_python(text)
    assert {name: value for name, (value, _) in ours.items()} == theirs, (ours, theirs)
    lines = text.splitlines()
    for (_, key), (value, number) in ours.items():
        assert re.match(rf"{key}\s*=\s*{re.escape(value)}", lines[number - 1]), (key, value, number)


def test_exit_statuses(directory):
    good, bad = directory / "good.ini", directory / "bad.ini"
    good.write_bytes(b"\xef\xbb\xbf[pkmf east]\r\n[discovery a]\r\nrelay-service-code = 1\r\npkmf = east\r\n[ue-group g]\r\nhold = a\r\n")
    bad.write_text("[pool]\nperiod = rf33\n")
    for status, args in (
        (0, ["--help"]), (0, ["--version"]), (0, ["check", good]), (0, ["check", good, "-s", "g.count=3"]), (0, ["check", "--help"]),
        (0, ["describe"]), (0, ["describe", "pool", "period"]), (0, ["describe", "accepted"]),
        (2, []), (2, ["chek", good]), (2, ["check"]), (2, ["check", bad]), (2, ["check", good, bad]), (2, ["check", directory / "none.ini"]),
        (2, ["check", good, "--nonsense"]), (2, ["check", good, "-s", "g.count=0"]), (2, ["describe", "nonsense-word"]),
        (2, ["campaign", good]), (2, ["report", directory]), (2, ["export", directory, "run"]),
    ):
        result = call(*args)
        assert result.returncode == status, (args, result)
        # An answer on one stream, a complaint on the other.
        assert bool(result.stdout) == (status == 0) and bool(result.stderr) == (status != 0), (args, result)
    # What cannot be written has failed.
    with open("/dev/full", "w") as full:
        result = subprocess.run([prose_sim, "describe"], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert result.returncode == 1 and result.stderr, result


scenarios = sorted(examples.glob("*.ini"))
assert len(scenarios) >= 2, scenarios
for scenario in scenarios:
    test_python_agrees(scenario)
with tempfile.TemporaryDirectory() as name:
    test_exit_statuses(pathlib.Path(name))
print(f"{len(scenarios)} scenarios read alike")

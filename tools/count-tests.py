#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Counts test cases in meson's logs: Check programs by their closing line, every other program as one.

Usage: count-tests.py BUILD_DIRECTORY...
Prints "N skipped" where there are any, and "N passed, N failed" as the last line; exits 1 if any failed or none ran.
"""
import json
import pathlib
import re
import sys

CLOSING = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)


def count(test):
    """(passed, failed, skipped) of one line of testlog.json."""
    if test["result"] == "SKIP":
        return 0, 0, 1
    found = CLOSING.findall(test.get("stdout") or "")
    checks, bad = sum(int(c) for c, _, _ in found), sum(int(f) + int(e) for _, f, e in found)
    if test["result"] != "OK":
        return checks - bad, max(bad, 1), 0         # crashed, timed out, or failed without saying where
    return (checks, 0, 0) if found else (1, 0, 0)


def main():
    total = [0, 0, 0]
    for directory in sys.argv[1:]:
        log = pathlib.Path(directory, "meson-logs", "testlog.json")
        for line in log.read_text().splitlines() if log.exists() else ():
            total = [a + b for a, b in zip(total, count(json.loads(line)))]
    passed, failed, skipped = total
    if skipped:
        print(f"{skipped} skipped")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the first lines of each scenario in examples/rollover say of its campaign, held by single runs of its corners.

Usage: test-stories.py PROSE_SIM ROLLOVER_DIRECTORY
"""
import json
import pathlib
import subprocess
import sys
import tempfile

PROSE_SIM, STORIES = sys.argv[1], pathlib.Path(sys.argv[2])


def run(name, *settings):
    with tempfile.TemporaryDirectory() as directory:
        options = [word for setting in settings for word in ("-s", setting)]
        subprocess.run([PROSE_SIM, "run", STORIES / f"{name}.ini", *options, "--quiet", "--force", "-o", directory],
                       check=True, stderr=subprocess.DEVNULL)
        return json.loads((pathlib.Path(directory) / "summary.json").read_text())


def ready(summary):
    return summary["rollover"]["ready"] / summary["rollover"]["wanted"]


def test_cryptoperiod_knee():
    late, early = run("cryptoperiod-knee", "command.lead=1 s"), run("cryptoperiod-knee", "command.lead=30 s")
    assert ready(late) < 0.85 and ready(early) > 0.985, (ready(late), ready(early))
    assert late["pdn"]["octets-down"] > 1.5 * early["pdn"]["octets-down"]


def test_delivery_storm():
    # A fifth of the members, each of whom takes five times as long.
    few = ["members.count=2000", "latecomers.count=40", "east.service-time-delivery=25 ms"]
    at_once, spread = run("delivery-storm", *few), run("delivery-storm", *few, "command.lead-spread=uniform 0 s 3 min")
    assert at_once["pkmf"]["wait"]["max"] > 20 and spread["pkmf"]["wait"]["max"] < 1, (at_once["pkmf"], spread["pkmf"])
    assert at_once["keys"]["request-to-key"]["max"] > 20 > 5 > spread["keys"]["request-to-key"]["max"]
    assert ready(at_once) == ready(spread) == 1


def test_off_network_shift():
    for change, lead, share in ((21, "30 min", 1), (18, "9 h", 0), (18, "12 h", 1), (15, "6 h", 0), (15, "9 h", 1), (9, "30 min", 0), (9, "3 h", 1)):
        summary = run("off-network-shift", f"command.first-start=2026-05-31T{change:02}:00:00Z", f"command.lead={lead}")
        assert ready(summary) == share, (change, lead, ready(summary))
        if change == 18 and share == 0:
            assert 7200 <= summary["keys"]["blackout"]["mean"] < 7230, summary["keys"]["blackout"]


def test_emergency_revocation():
    away = lambda time: run("emergency-revocation", f"engines.off-network=every exponential 30 min for exponential {time}")
    short, long = away("10 s"), away("10 min")
    assert short["rollover"]["lost_receptions"] < 1000 and long["rollover"]["lost_receptions"] > 10000
    assert short["rollover"]["revoked_accepted"] < long["rollover"]["revoked_accepted"]
    assert [p["cause"] for p in short["rollover"]["periods"]] == ["revoked"] and short["rollover"]["periods"][0]["exposure_s"] == 3000
    assert short["rollover"]["late"]["p50"] < 0.05


def test_lossy_pdn():
    shares = {(lead, loss): ready(run("lossy-pdn", f"command.lead={lead} s", f"lan.loss={loss} %"))
              for lead, loss in ((20, 10), (5, 30), (60, 30), (60, 50))}
    assert shares[20, 10] == 1 and shares[5, 30] < 0.95 and 0.96 < shares[60, 30] < 1 and shares[60, 50] < 0.8, shares


tests = [test for name, test in sorted(globals().items()) if name.startswith("test_")]
for test in tests:
    test()
print(f"100%: Checks: {len(tests)}, Failures: 0, Errors: 0")

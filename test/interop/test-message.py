#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""`prose-sim message` against test/vectors/vectors.py, an implementation that shares no code with it.

    test-message.py PROSE-SIM [CASES [SEED]]

Random messages, keys, masks, profiles, clocks and tampering from a fixed seed: what the tool protects must be the oracle's octets,
and what it answers to what then arrives must be the oracle's outcome, counter, key and clear message. Standard library only.
"""
import json
import os
import pathlib
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "vectors"))
sys.dont_write_bytecode = True
import vectors as v  # noqa: E402

EPOCH = v.NTP_UNIX & v.M32
RELAY = (0x91, 0x92, 0x96, 0xA1)
GROUP = (0x99, 0x9A, 0x9E)
VALID = sorted(v.TYPES.values())
OUTCOMES = ("accepted", "clock-offset", "malformed", "mic", "no-key", "not-for-me", "stale")
EDGES = (0, 0x7F, 0x80, 0xFF, 0x100, 0x7FFFFFFF, 0x80000000, v.M32 - 1, v.M32, v.T0)


class Choice:
    """One random profile: the oracle's, and the tool's words for it."""

    def __init__(self, r):
        self.words, change = [], {}

        def take(probability, name, value, **oracle):
            if r.random() < probability:
                self.words += ["-s", f"profile.{name}={value}"]
                change.update(oracle)
                return True
            return False

        take(.5, "counter-lsb", "second", counter_lsb="second")
        take(.5, "scrambling-prefix", "literal", prefix=b"\xff\xff")
        take(.3, "scrambling-counter", "full", scramble_counter_mask=v.M32)
        self.epoch = EPOCH if take(.3, "counter-epoch", "1900") else 0
        self.with_id = take(.2, "psdk-input", "selector-and-id")
        self.zero_mic = take(.3, "empty-mic", "zero")
        for name, member in (("fc-mic", "fc_mic"), ("fc-scrambling", "fc_scramble"),
                             ("fc-confidentiality", "fc_conf"), ("fc-psdk", "fc_disc")):
            octet = r.randrange(256)
            take(.15, name, f"{octet:#04x}", **{member: octet})
        order = r.sample(("duik", "duck", "dusk"), 3)
        take(.2, "psdk-selector", " ".join(order),
             **{f"sel_{key}": i for i, key in enumerate(order)})
        self.oracle = replace(v.Profile(), **change)

    def keys(self, psdk, flags, mask, scope_id):
        p = self.oracle
        extra = (scope_id,) if self.with_id else ()

        def derive(selector):
            return v.kdf(psdk, p.fc_disc, bytes([selector]), *extra)
        scrambling, confidentiality, mic = flags
        return v.Keys(duik=derive(p.sel_duik) if mic else None,
                      dusk=derive(p.sel_dusk) if scrambling else None,
                      duck=derive(p.sel_duck) if confidentiality else None,
                      mask=mask if confidentiality else bytes(v.CONTENT))


def number(r):
    return r.choice(EDGES) if r.random() < .3 else r.getrandbits(32)


def tampered(r, octets):
    """What arrives: mostly what was sent; else some bits inverted, a cut, or more than there should be."""
    what = r.random()
    if what < .65:
        return octets
    if what < .95:
        b = bytearray(octets)
        for _ in range(r.choice((1, 1, 1, 2, 5))):
            bit = r.randrange(8 * len(b))
            b[bit // 8] ^= 0x80 >> bit % 8
        return bytes(b)
    return (octets + r.randbytes(35))[:r.randrange(65)]


def run(tool, *words):
    done = subprocess.run([tool, "message", *words, "--json", "--show-keys"], capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise AssertionError(f"status {done.returncode}: {done.stderr}")
    return done.returncode, json.loads(done.stdout)


def same(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: {got!r}, the oracle says {want!r}")


def check_keys(got, k, working):
    want = {n: b.hex() for n, b in (("duik", k.duik), ("duck", k.duck), ("dusk", k.dusk)) if b}
    if k.duik:
        want["mic"] = working["mic"].hex()
    if k.duck:
        want["confidentiality-keystream"] = working["conf_keystream"].hex()
    if k.dusk:
        want["time-hash-bitsequence"] = working["time_hash_bitsequence"].hex()
    for name, octets in want.items():
        same(name, got[name], octets)


def one_case(r, tool):
    """Returns the receiver's outcome."""
    choice = Choice(r)
    p, epoch = choice.oracle, choice.epoch
    flags = tuple(r.random() < .7 for _ in range(3))
    mask = r.choice((r.randbytes(v.CONTENT), bytes.fromhex(r.choice(sorted(v.MASKS.values())))))
    mtype = r.choice(VALID) if r.random() < .95 else r.randrange(256)
    content, counter, mic_random = r.randbytes(v.CONTENT), number(r), r.randbytes(v.MIC)
    psdks = [r.randbytes(32) for _ in range(3)]
    shared = list(choice.words)
    for on, word in zip(flags, ("--no-scrambling", "--no-confidentiality", "--no-mic")):
        shared += [] if on else [word]
    shared += ["--mask", mask.hex()] if flags[1] else []

    # The sender. A type without an identity has none to derive keys from.
    scope_id = content[:3] if mtype in RELAY + GROUP else bytes(3)
    k = choice.keys(psdks[0], flags, mask, scope_id)
    sent = v.protect(p, k, mtype, content, counter + epoch, bytes(4) if choice.zero_mic else mic_random)
    air = v.wire(p, mtype, counter + epoch & 0xFF, sent["body"], flags[0])
    junk = v.wire(p, mtype, r.randrange(256), content + r.randbytes(v.MIC), False)
    words = ["protect", junk.hex(), "--psdk", psdks[0].hex(), "--counter", r.choice((str(counter), hex(counter))), *shared]
    words += [] if flags[2] else ["--mic-random", mic_random.hex()]
    status, got = run(tool, *words)
    same("protect", got["message"], air.hex())
    same("status of protect", status, 0)
    same("counter of protect", got["counter"], counter)
    check_keys(got["keys"], k, sent)

    # The receiver.
    arrived = tampered(r, air)
    max_offset = r.choice((0, 1, 32, 32, 32, 127, 127, r.randrange(128)))
    near = r.choice((0, 0, 0, 0, 0, max_offset, -max_offset, max_offset + 1, r.randrange(-140, 141)))
    slot = counter + near & v.M32
    clock = slot + r.choice((0, 0, 0, 0, 0, 0, max_offset, -max_offset, -max_offset - 1, -near, r.randrange(-140, 141))) & v.M32
    held = r.choice(([], psdks[:1], psdks[:1], psdks[:1], psdks[1:2], psdks[1:] + psdks[:1], psdks))
    option, kinds = r.choice((("--relay-service-code", RELAY), ("--discovery-group-id", GROUP), (None, None)))
    if option is None and choice.with_id:
        option, kinds = "--relay-service-code", RELAY
    wanted = content[:3] if r.random() < .9 else r.randbytes(3)
    head = (arrived[0] ^ (p.prefix[0] if flags[0] else 0)) if arrived else 0
    contexts = [v.Context(str(i), choice.keys(psdk, flags, mask, wanted if option else bytes(3)),
                          head if option is None or head in kinds else ~head & 0xFF,
                          (wanted if option else bytes(3)).ljust(v.CONTENT, b"\0"),
                          (b"\xff" * 3 if option else b"").ljust(v.CONTENT, b"\0"), *v.ALWAYS)
                for i, psdk in enumerate(held, 1)]
    want = v.receive(p, contexts, arrived, slot + epoch & v.M32, clock + epoch & v.M32, max_offset)
    words = ["unprotect", arrived.hex(), "--slot-counter", str(slot), "--max-offset", str(max_offset), *shared]
    words += [] if clock == slot and r.random() < .5 else ["--clock", str(clock)]
    words += [option, "0x" + wanted.hex()] if option else []
    for psdk in held:
        words += ["--psdk", psdk.hex()]
    status, got = run(tool, *words)
    same("outcome", got["outcome"], want["result"])
    accepted = want["result"] == "accepted"
    same("status of unprotect", status, 0 if accepted else 1)
    if not accepted:
        same("message", got["message"], None)
        return want["result"]
    same("counter", got["counter"], want["counter"] - epoch & v.M32)
    same("key", str(got["psdk"]), want["context"])
    clear = v.wire(p, head, want["counter"] & 0xFF, want["content"] + want["mic"], False)
    same("message", got["message"], clear.hex())
    used = contexts[got["psdk"] - 1].keys
    check_keys(got["keys"], used, v.protect(p, used, head, want["content"], want["counter"], want["mic"]))
    return want["result"]


def main():
    tool = sys.argv[1]
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 20160301

    def case(i):
        try:
            return one_case(random.Random(f"{seed}/{i}"), tool)
        except AssertionError as error:
            return f"case {i}: {error}"

    # Nearly all the time goes into starting the program.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(case, range(cases)))
    failures = [result for result in results if result not in OUTCOMES]
    print("outcomes:", ", ".join(f"{results.count(outcome)} {outcome}" for outcome in OUTCOMES))
    # A seed that never met some outcome would have shown nothing about it.
    failures += [f"no case had the outcome {outcome}" for outcome in OUTCOMES if cases >= 300 and outcome not in results]
    print("\n".join(failures), end="\n" if failures else "")
    print(f"{100 * (cases - len(failures)) // cases}%: Checks: {cases}, Failures: {len(failures)}, Errors: 0")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The captures of a run, read by Wireshark's dissectors, which share no code with us.

    test-tshark.py PROSE-SIM SCENARIO

Every MIKEY packet on UDP 2269 is dissected to its end, no packet of an access link is malformed or has a wrong checksum, TLS
opens with the key log and shows the Key Request, and the air holds messages of 29 octets. Standard library and tshark.
"""
import binascii
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

KEY_NAMESPACE = "urn:3GPP:ns:ProSe:KeyManagement:2016"


def tshark(path, fields, *options):
    """Rows of @fields, one a packet."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=\t", "-E", "occurrence=a"]
    for field in fields:
        command += ["-e", field]
    result = subprocess.run(command + list(options), capture_output=True, text=True, check=True)
    return [line.split("\t") for line in result.stdout.splitlines()]


def no_packet_is_malformed(run):
    wrong = tshark(run / "pdn-lan-0.pcap", ["frame.number", "_ws.col.Info"], "-Y", "_ws.malformed || _ws.short || _ws.unreassembled")
    assert not wrong, f"malformed: {wrong}"
    assert len(tshark(run / "pdn-lan-0.pcap", ["frame.number"])) > 40


def checksums_are_right(run):
    options = []
    for protocol in ("ip", "tcp", "udp"):
        options += ["-o", f"{protocol}.check_checksum:TRUE"]
    rows = tshark(run / "pdn-lan-0.pcap", ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"], *options)
    # 1: good; a packet has one of TCP and UDP.
    assert rows and all(row[0] == "1" and "1" in row[1:] and "0" not in row for row in rows), rows


def mikey_is_dissected_to_its_end(run):
    rows = tshark(run / "pdn-lan-0.pcap", ["mikey.type", "mikey.id.data", "udp.dstport", "udp.length"], "-Y", "mikey", "-O", "mikey")
    deliveries = [r for r in rows if r[0] == "0"]
    answers = [r for r in rows if r[0] == "1"]
    # Two keys to each of two UEs, and nothing was lost.
    assert len(deliveries) == 4 and len(answers) == 4, rows
    assert all(r[2] == "2269" for r in rows), rows
    assert all(r[1].split(",")[0] == "pkmf.east.example" and "@pkmf.east.example" in r[1] for r in deliveries), deliveries
    # What tshark does not know it calls data.
    assert not tshark(run / "pdn-lan-0.pcap", ["frame.number"], "-Y", "udp.port == 2269 && (!mikey || data)")


def payloads_are_in_the_order_we_chose(run):
    rows = tshark(run / "pdn-lan-0.pcap", ["mikey.next_payload"], "-Y", "mikey.type == 0")
    # HDR says 21 (EXT), then T 5, RAND 11, ID 6, ID 6, KEMAC 1, and nothing after it.
    assert rows and all(r[0] == "21,5,11,6,6,1,0" for r in rows), rows


def tls_opens_with_the_key_log(run):
    rows = tshark(run / "pdn-lan-0.pcap", ["http.request.method", "http.response.code", "http.file_data"], "-Y", "http",
                  "-o", f"tls.keylog_file:{run / 'tls-keys.txt'}")
    bodies = [(row[0], row[1], text_of(row[2])) for row in rows]
    requests = [b for method, _, b in bodies if method == "POST" and "KEY_REQUEST" in b]
    responses = [b for _, code, b in bodies if code == "200" and "KEY_RESPONSE" in b]
    assert len(requests) == 2 and len(responses) == 2, bodies
    assert all(KEY_NAMESPACE in b and "<DiscoveryGroupId>00a1b2</DiscoveryGroupId>" in b and "<PSDKId>00</PSDKId>" in b for b in requests)
    assert all("<Max-Offset>5</Max-Offset>" in b for b in responses)


def without_the_key_log_tls_stays_shut(run):
    assert not tshark(run / "pdn-lan-0.pcap", ["frame.number"], "-Y", "http")


def the_suite_is_the_one_we_chose(run):
    rows = tshark(run / "pdn-lan-0.pcap", ["tls.handshake.ciphersuite"], "-Y", "tls.handshake.type == 2")
    assert rows and all(int(r[0], 0) == 0x00A8 for r in rows), rows


def the_air_holds_messages_of_29_octets(run):
    with open(run / "summary.json", encoding="utf-8") as file:
        sent = json.load(file)["pc5"]["sent"]
    rows = tshark(run / "pc5.pcap", ["frame.len", "frame.encap_type", "data.data"])
    assert len(rows) == sent > 100, (len(rows), sent)
    # Group member announcements (0x99), LSB in the last octet: type and LSB are in clear.
    assert all(r[0] == "29" and r[2].startswith("99") for r in rows), rows[:3]


def text_of(field):
    """tshark 4.2 and later print the body as hexadecimal."""
    try:
        return binascii.unhexlify(field).decode()
    except (ValueError, UnicodeDecodeError):
        return field


TESTS = [no_packet_is_malformed, checksums_are_right, mikey_is_dissected_to_its_end, payloads_are_in_the_order_we_chose,
         tls_opens_with_the_key_log, without_the_key_log_tls_stays_shut, the_suite_is_the_one_we_chose,
         the_air_holds_messages_of_29_octets]


def main():
    tool, scenario = sys.argv[1:3]
    if not shutil.which("tshark"):
        print("tshark is not installed")
        return 77
    failures = 0
    with tempfile.TemporaryDirectory() as parent:
        run = pathlib.Path(parent) / "run"
        subprocess.run([tool, "run", scenario, "-o", str(run), "--pcap", "--quiet"], check=True)
        for test in TESTS:
            try:
                test(run)
            except (AssertionError, ValueError, IndexError, subprocess.CalledProcessError) as error:
                failures += 1
                print(f"{test.__name__}: {error}")
    print(f"{100 * (len(TESTS) - failures) // len(TESTS)}%: Checks: {len(TESTS)}, Failures: {failures}, Errors: 0")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

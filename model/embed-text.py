# SPDX-License-Identifier: GPL-2.0-only
"""Writes a text file as an array in a C header: embed-text.py IN OUT."""
import pathlib
import re
import sys

source, target = map(pathlib.Path, sys.argv[1:])
octets = source.read_bytes()
name = re.sub(r"[^a-z0-9]", "_", source.name)
rows = [", ".join(map(str, octets[at:at + 24])) for at in range(0, len(octets), 24)]
target.write_text(
    f"/* From {source.name}. */\nstatic const char {name}[] = {{\n    " + ",\n    ".join(rows) + "\n};\n")

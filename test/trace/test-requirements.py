#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""doc/requirements.md and doc/assumptions.md say what is in the tree, and all of it.

Usage: test-requirements.py PROJECT-DIRECTORY PROSE-SIM

A test carries a requirement in a line of its own directly above its START_TEST: /* REQ-66422-12, REQ-66422-13 */
Each check is also tried on a tree that was spoilt for it (class Spoilt).
"""
import functools
import pathlib
import re
import subprocess
import sys
import unittest

REQUIREMENTS = [f"REQ-662-{n:02}" for n in range(1, 13)] + [f"REQ-66422-{n:02}" for n in range(1, 34)]
CLAUSES = {"662": "6.6.2", "66422": "6.6.4.2.2"}
ASSUMPTIONS = [f"OP-{n:02}" for n in range(1, 22)]
REPLIES = ([f"status code {n}" for n in range(8)] + ["any other status code"]
           + [f"HTTP {n}" for n in (200, 400, 403, 413, 503)]
           + ["MIKEY error 0 or 1", "MIKEY error 12, authentic", "MIKEY error 12, without a MAC", "any other MIKEY error",
              "no answer"])
DOC, ASSUMED, MESON = "doc/requirements.md", "doc/assumptions.md", "test/meson.build"
TAG = re.compile(r"/\* (REQ-\d+-\d+(?:, REQ-\d+-\d+)*) \*/")
CODE = re.compile(r"`([\w./-]+\.[ch]): (\w+)`")
TEST = re.compile(r"`(?:(test-[\w-]+\.c): )?(\w+)`")


class Tree:
    """What the checks look at: files by their path, and what the program says of its profile."""

    def __init__(self, files, profile):
        self.files, self.profile = files, profile

    @classmethod
    def read(cls, project, prose_sim):
        paths = [project / DOC, project / ASSUMED, project / MESON]
        for pattern in ("model/*.[ch]", "helper/*.[ch]", "test/*/test-*.c"):
            paths += project.glob(pattern)
        files = {str(path.relative_to(project)): path.read_text(encoding="utf-8") for path in sorted(paths)}
        profile = subprocess.run([prose_sim, "describe", "profile"], capture_output=True, text=True, check=True, timeout=60)
        return cls(files, profile.stdout)

    def spoilt(self, path, old, new, regex=False):
        """A copy in which the first @old of @path reads @new."""
        before = self.profile if path == "profile" else self.files[path]
        after = re.sub(old, new, before, count=1, flags=re.M) if regex else before.replace(old, new, 1)
        assert after != before, f"{path} has no {old!r}"
        if path == "profile":
            return Tree(self.files, after)
        return Tree({**self.files, path: after}, self.profile)


def cells(line):
    """A row's cells; \\| is no border."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def table(text, heading):
    """The rows of the first table under @heading, without its head."""
    section = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    rows = [cells(line) for line in (section[1] if section else "").splitlines() if line.startswith("|")]
    return rows[2:]


def defines(text, function):
    """Whether the C of @text defines @function, in the manner of this tree: its name begins a line."""
    for found in re.finditer(rf"^{function}\(", text, re.M):
        rest = text[found.end():]
        brace, semicolon = rest.find("\n{"), rest.find(";")
        if brace >= 0 and (semicolon < 0 or brace < semicolon):
            return True
    return False


@functools.cache
def parse_tests(path, text):
    """({test name: set of requirements}, faults) of one file."""
    tests, faults, lines = {}, [], text.splitlines()
    registered = set(re.findall(r"^ +tcase_add(?:_loop)?_test\(\w+, (\w+)", text, re.M))
    for number, line in enumerate(lines):
        tag = TAG.fullmatch(line)
        if tag and not (number + 1 < len(lines) and lines[number + 1].startswith("START_TEST(")):
            faults.append(f"{path}:{number + 1}: {tag[1]} stands above no test")
        started = re.fullmatch(r"START_TEST\((\w+)\)", line)
        if not started:
            continue
        tag = TAG.fullmatch(lines[number - 1])
        tests[started[1]] = set(tag[1].split(", ") if tag else [])
        faults += [f"{path}:{number}: there is no {req}" for req in sorted(tests[started[1]] - set(REQUIREMENTS))]
        if started[1] not in registered:
            faults.append(f"{path}: {started[1]} is in no test case")
    return tests, faults


def read_tests(tree, faults):
    """{(file name, test name): set of requirements} of every test in C."""
    tests = {}
    for path, text in tree.files.items():
        if not re.fullmatch(r"test/\w+/test-.*\.c", path):
            continue
        _, folder, file = path.split("/")
        found, wrong = parse_tests(path, text)
        tests.update({(file, name): carried for name, carried in found.items()})
        faults += wrong
        named = re.search(rf"'{folder}' : \[([^]]*)\]", tree.files[MESON])
        if f"'{file[5:-2]}'" not in (named[1] if named else "") and f"{folder}/{file}" not in tree.files[MESON]:
            faults.append(f"{path}: not built, {MESON} does not name it")
    return tests


def find_tests(cell, tests, where, faults):
    """The tests that @cell names; a name alone must be that of one test."""
    found = []
    for file, name in TEST.findall(cell):
        matches = [test for test in tests if test[1] == name and file in ("", test[0])]
        if len(matches) != 1:
            number = "more than one test" if matches else "no test"
            faults.append(f"{where}: {number} is called {name}" + (f" in {file}" if file else ""))
        found += matches[:1]
    if not found:
        faults.append(f"{where}: names no test")
    return found


def check_code(cell, tree, where, faults):
    named = CODE.findall(cell)
    if not named:
        faults.append(f"{where}: names no function")
    for file, function in named:
        path = file if "/" in file else f"model/{file}"
        if path not in tree.files:
            faults.append(f"{where}: there is no {path}")
        elif not defines(tree.files[path], function):
            faults.append(f"{where}: {path} defines no {function}")


def check_requirements(tree, tests, faults):
    rows = table(tree.files[DOC], "The 45 requirements")
    listed = {}
    names = [row[0] for row in rows]
    for req in REQUIREMENTS:
        if req not in names:
            faults.append(f"{DOC}: {req} is missing")
    if names != sorted(set(names), key=lambda name: (len(name), name)):
        faults.append(f"{DOC}: requirements are listed twice or out of order")
    for row in rows:
        where = f"{DOC}: {row[0]}"
        if row[0] not in REQUIREMENTS:
            faults.append(f"{where}: there is no such requirement")
            continue
        if len(row) != 6 or not all(row):
            faults.append(f"{where}: a cell is empty or one too many")
            continue
        _, clause, _, code, named, broken = row
        if clause != CLAUSES[row[0].split("-")[1]]:
            faults.append(f"{where}: not of clause {clause}")
        check_code(code, tree, where, faults)
        check_code(broken, tree, f"{where}, how it was seen failing", faults)
        listed[row[0]] = find_tests(named, tests, where, faults)
        for file, name in listed[row[0]]:
            if row[0] not in tests[file, name]:
                faults.append(f"{where}: {file}: {name} does not carry it")
    for (file, name), carried in tests.items():
        for req in carried & set(listed):
            if (file, name) not in listed[req]:
                faults.append(f"{file}: {name} carries {req}, and {DOC} does not list it there")


def check_lists(tree, tests, faults):
    """The two tables behind that one."""
    replies = table(tree.files[DOC], "Replies to what is wrong")
    if [row[0] for row in replies] != REPLIES:
        faults.append(f"{DOC}: the replies are not {', '.join(REPLIES)}")
    for row in replies + table(tree.files[DOC], "Endpoints and codecs, complete"):
        if len(row) != 3 or not all(row):
            faults.append(f"{DOC}: {row[0]}: a cell is empty or one too many")
        else:
            find_tests(row[2], tests, f"{DOC}: {row[0]}", faults)


def check_profile(tree, faults):
    said = re.findall(r"^\[profile\] (\S+)\n +profile choice, default (.*?), range (.*?), clause .*?, mark (\w)$",
                      tree.profile, re.M)
    if len(said) != tree.profile.count("[profile] "):
        faults.append("describe profile: not understood")
    rows = table(tree.files[ASSUMED], "The protocol profile")
    if [row[0] for row in rows] != [f"`{name}`" for name, *_ in said]:
        faults.append(f"{ASSUMED}: its choices are not those of the profile, in their order")
    for name, default, values, mark in said:
        row = next((row for row in rows if row[0] == f"`{name}`"), None)
        if not row:
            continue
        where = f"{ASSUMED}: {name}"
        if len(row) != 5 or not all(row):
            faults.append(f"{where}: a cell is empty or one too many")
            continue
        if row[1] != default:
            faults.append(f"{where}: default {row[1]}, the profile has {default}")
        if row[2] != mark:
            faults.append(f"{where}: mark {row[2]}, the profile has {mark}")
        words = values.split(", ")
        others = [word for word in words if word != default]
        if len(words) > 1 and row[3] != ", ".join(others):
            faults.append(f"{where}: alternative {row[3]}, the profile has {', '.join(others)}")


def check_assumptions(tree, faults):
    rows = table(tree.files[ASSUMED], "Key Request, Key Response, TLS, MIKEY")
    if [row[0] for row in rows] != ASSUMPTIONS:
        faults.append(f"{ASSUMED}: its open points are not OP-01 to OP-21, each once, in order")
    for row in rows:
        if len(row) != 4 or not all(row):
            faults.append(f"{ASSUMED}: {row[0]}: a cell is empty or one too many")
            continue
        for place in re.findall(r"`([^`]+)`", row[3]):
            if not any(f"model/{place}{end}" in tree.files for end in ("", ".c", ".h")):
                faults.append(f"{ASSUMED}: {row[0]}: there is no model/{place}")


def find_faults(tree):
    faults = []
    tests = read_tests(tree, faults)
    check_requirements(tree, tests, faults)
    check_lists(tree, tests, faults)
    check_profile(tree, faults)
    check_assumptions(tree, faults)
    return faults


class Real(unittest.TestCase):
    def test_documents_and_tree_agree(self):
        faults = find_faults(tree)
        self.assertFalse(faults, "\n".join(["", *faults]))

    def test_there_is_something_to_compare(self):
        faults = []
        tests = read_tests(tree, faults)
        self.assertGreater(len(tests), 400)
        self.assertGreater(sum(map(bool, tests.values())), 100)
        self.assertGreater(tree.profile.count("[profile]"), 10)


class Spoilt(unittest.TestCase):
    """One thing wrong at a time, and it is told."""

    def told(self, spoilt, fault):
        faults = find_faults(spoilt)
        self.assertTrue(any(fault in told for told in faults), f"{fault!r} is not among {faults}")

    def test_requirements(self):
        first = table(tree.files[DOC], "The 45 requirements")[0]
        file, function = CODE.findall(first[3])[0]
        name = TEST.findall(first[4])[0][1]
        row = r"^\| REQ-662-01 \|.*\n"
        for old, new, regex, fault in (
            (row, "", True, "REQ-662-01 is missing"),
            (row, r"\g<0>\g<0>", True, "twice or out of order"),
            ("| REQ-662-01 |", "| REQ-662-77 |", False, "REQ-662-77: there is no such requirement"),
            ("| REQ-662-01 | 6.6.2 |", "| REQ-662-01 | 6.6.3 |", False, "REQ-662-01: not of clause 6.6.3"),
            ("| REQ-662-01 | 6.6.2 |", "| REQ-662-01 |  |", False, "a cell is empty"),
            (r"^(\| REQ-662-01 \|.*\|)[^|]*\|$", r"\1  |", True, "a cell is empty"),
            (r"^(\| REQ-662-01 \|.*\|)[^|]*\|$", r"\1 something somewhere |", True, "how it was seen failing: names no function"),
            (f"`{file}: {function}`", f"`{file}: no_such_function`", False, f"model/{file} defines no no_such_function"),
            (f"`{file}: {function}`", f"`prose-none.c: {function}`", False, "there is no model/prose-none.c"),
            (f"`{name}`", "`no_such_test`", False, "no test is called no_such_test"),
            (f"`{name}`", "`xmllint_agrees`", False, "more than one test is called xmllint_agrees"),
            (f"`{name}`", f"`test-octets.c: {name}`", False, f"no test is called {name} in test-octets.c"),
            (f"`{name}`", "`what_is_written_reads_back`", False, "test-octets.c: what_is_written_reads_back does not carry it"),
        ):
            self.told(tree.spoilt(DOC, old, new, regex), fault)

    def test_functions_are_definitions(self):
        file, function = CODE.findall(table(tree.files[DOC], "The 45 requirements")[0][3])[0]
        self.told(tree.spoilt(f"model/{file}", rf"^{function}\((?=[^;]*\n{{)", "renamed(", True),
                  f"model/{file} defines no {function}")
        self.assertFalse(defines("int\nf(int a);\nint\ng(void)\n{\n}\n", "f"))
        self.assertFalse(defines("    f(1);\n{\n", "f"))
        self.assertTrue(defines("int\nf(int a,\n  int b)\n{\n}\n", "f"))

    def test_tests(self):
        row = next(row for row in table(tree.files[DOC], "The 45 requirements") if row[0] == "REQ-66422-03")
        name = TEST.findall(row[4])[0][1]
        path = next(path for path, text in tree.files.items() if f"START_TEST({name})" in text)
        file = path.rpartition("/")[2]
        tag = rf"^/\* (REQ-.*) \*/\n(?=START_TEST\({name}\))"
        for old, new, fault in (
            (tag, "", f"{file}: {name} does not carry it"),
            (tag, r"/* \1, REQ-662-01 */\n", f"{name} carries REQ-662-01, and {DOC} does not list it there"),
            (tag, r"/* \1, REQ-662-99 */\n", "there is no REQ-662-99"),
            (tag, r"\g<0>\n", "stands above no test"),
            (rf"^START_TEST\({name}\)", "START_TEST(another_name)", f"no test is called {name}"),
            (rf"^ +tcase_add(_loop)?_test\(\w+, {name}\b.*\n", "", f"{name} is in no test case"),
        ):
            self.told(tree.spoilt(path, old, new, True), fault)
        self.told(tree.spoilt(MESON, f"'{file[5:-2]}'", "'none'"), f"{path}: not built")

    def test_lists(self):
        self.told(tree.spoilt(DOC, r"^\| HTTP 413 \|.*\n", "", True), "the replies are not")
        self.told(tree.spoilt(DOC, r"^(\| HTTP 413 \|.*?)`\w+`", r"\1`no_such_test`", True),
                  "HTTP 413: no test is called no_such_test")
        self.told(tree.spoilt(DOC, r"^(\| HTTP 413 \|[^|]*\|).*\|$", r"\1 not tested |", True), "HTTP 413: names no test")

    def test_profile(self):
        for path, old, new, fault in (
            (ASSUMED, r"^\| `fc-mic` .*\n", "", "its choices are not those of the profile"),
            (ASSUMED, r"^\| `fc-mic` .*\n", r"\g<0>\g<0>", "its choices are not those of the profile"),
            (ASSUMED, r"^\| `fc-mic` \| 0x49 ", "| `fc-mic` | 0x50 ", "fc-mic: default 0x50, the profile has 0x49"),
            (ASSUMED, r"^(\| `fc-mic` \| 0x49 \|) A ", r"\1 S ", "fc-mic: mark S, the profile has A"),
            (ASSUMED, r"^(\| `counter-lsb` \|.*) second ", r"\1 third ", "counter-lsb: alternative third, the profile has second"),
            (ASSUMED, r"^(\| `fc-mic` \|.*\|)[^|]*\|$", r"\1  |", "fc-mic: a cell is empty"),
            ("profile", r"^\[profile\] fc-mic$", "[profile] fc-new", "its choices are not those of the profile"),
            ("profile", r"default 0x49", "default 0x48", "fc-mic: default 0x49, the profile has 0x48"),
            ("profile", r"profile choice, ", "choice, ", "describe profile: not understood"),
        ):
            self.told(tree.spoilt(path, old, new, True), fault)

    def test_assumptions(self):
        for old, new, fault in (
            (r"^\| OP-07 .*\n", "", "open points are not OP-01 to OP-21"),
            (r"^\| OP-07 .*\n", r"\g<0>\g<0>", "open points are not OP-01 to OP-21"),
            (r"^(\| OP-07 .*\|)[^|]*\|$", r"\1  |", "OP-07: a cell is empty"),
            (r"^(\| OP-07 .*\|)[^|]*\|$", r"\1 `prose-none` |", "OP-07: there is no model/prose-none"),
        ):
            self.told(tree.spoilt(ASSUMED, old, new, True), fault)


if __name__ == "__main__":
    project, prose_sim = pathlib.Path(sys.argv[1]), sys.argv[2]
    tree = Tree.read(project, prose_sim)
    unittest.main(argv=sys.argv[:1], verbosity=1)

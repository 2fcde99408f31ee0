#!/usr/bin/env python3
"""coverage.py [--check] ROOT: which tests cover which entry of the catalogue of hostile input.

Reads every TEST_CASE under tests/ whose name carries "[attack N]", and what its body asserts: outcomes (Outcome::…) and the
words of the reason; the checks of shell scripts (outcome "NAME" CODE 'WORDS', fails "NAME" 'WORDS', ok "NAME") and the
docstrings of Python tests likewise. Writes tests/hostile/coverage.json; with --check, compares it instead and fails when it is stale. Fails
on an entry that no test covers, and on one of which no test names both an outcome and a reason.
"""
import json
import pathlib
import re
import sys

# The entries that this version answers for; the others belong to features that are not there yet.
REQUIRED = [*range(12, 17), *range(18, 36), *range(37, 41), *range(42, 51)]
NO_EFFECT = [46]  # what is attacked is not believed, and the verdict is the same: there is no outcome to tell
CASE = re.compile(r'^(?:TEST_CASE|SCENARIO)\((.*?)\)\s*\{$(.*?)^\}', re.M | re.S)
STRING = re.compile(r'(?<![A-Za-z0-9_])"((?:[^"\\\n]|\\.)*)"')
NUMBER = re.compile(r"\[attack (\d+(?:, *\d+)*)\]")
OUTCOME = re.compile(r"Outcome::(\w+)")
# Words of a reason: what a message is held against, or a row of a table that names a reason.
REASON = re.compile(
    r'(?:Contains|StartsWith|EndsWith|Equals|Matches)\(\s*(?:std::string\()?"((?:[^"\\\n]|\\.)+)"'
    r'|(?:check_refused|check_error|refused|check_failed|check_malformed|fails_with|expect_error)\w*\((?:[^;]*?)"((?:[^"\\\n]|\\.)+)"\s*\)'
    r'|[,{]\s*"((?:[^"\\\n]|\\.)+)"\s*\}', re.S)
# What a peer's script checks, and the outcome behind an exit code.
CHECK = re.compile(r"""^\s*(?:outcome|fails|ok) "([^"]*\[attack [^"]*)"(?: (\d+))?(?: (["'])(.*?)\3)?""", re.M)
EXIT_CODES = {1: "internal", 2: "usage", 10: "unsigned", 11: "invalid", 12: "untrusted", 13: "expired", 14: "revoked",
              15: "denied", 20: "unreachable", 21: "unauthorized", 22: "not-found", 23: "throttled", 24: "malformed",
              30: "key", 40: "config"}
DOCSTRING = re.compile(r'\A#!.*\n"""(.*?)"""', re.S)


def words(name):
    return "".join(STRING.findall(name))


def cases(root):
    for file in sorted((root / "tests").rglob("*_test.cpp")):
        text = file.read_text()
        helpers = CASE.sub("", text)
        for name, body in CASE.findall(text):
            title = words(name.split('", "')[0] + '"' if '", "' in name else name)
            numbers = numbers_in(words(name))
            if numbers:
                yield file.relative_to(root), NUMBER.sub("", title).strip(), numbers, body, helpers


def asserted(body, helpers):
    outcomes = OUTCOME.findall(body)
    reasons = [next(filter(None, found)) for found in REASON.findall(body)]
    # A helper that the body calls asserts for it.
    for helper in set(re.findall(r"\b(\w+)\(", body)):
        definition = re.search(r"^[\w:<>&*, ]+\b" + helper + r"\([^;{]*\)\s*\{(.*?)^\}", helpers, re.M | re.S)
        if definition:
            outcomes += OUTCOME.findall(definition[1])
            reasons += [next(filter(None, found)) for found in REASON.findall(definition[1])]
    return list(dict.fromkeys(o.rstrip("_").replace("_", "-") for o in outcomes)), list(dict.fromkeys(reasons))[:12]


def numbers_in(name):
    return sorted({int(n) for found in NUMBER.findall(name) for n in found.split(",")})


def checks(root):
    """The same of scripts: (file, title, numbers, outcomes, reasons)."""
    for file in sorted((root / "tests").rglob("*.sh")):
        for name, code, _, reason in CHECK.findall(file.read_text()):
            outcomes = [EXIT_CODES[int(code)]] if code else []
            yield file.relative_to(root), NUMBER.sub("", name).strip(), numbers_in(name), outcomes, [reason] if code else []
    for file in sorted((root / "tests").rglob("*.py")):
        says = DOCSTRING.match(file.read_text())
        if says and file.name != "coverage.py" and numbers_in(says[1]):
            title = NUMBER.sub("", says[1].split("\n\n", 1)[-1]).strip().split(":")[0]
            yield file.relative_to(root), " ".join(title.split()), numbers_in(says[1]), [], []


def main():
    check, root = "--check" in sys.argv, pathlib.Path(sys.argv[-1]).resolve()
    covered = {}
    for file, title, numbers, body, helpers in cases(root):
        outcomes, reasons = asserted(body, helpers)
        for number in numbers:
            covered.setdefault(number, []).append(
                {"file": str(file), "test": title, "outcomes": outcomes, "reasons": reasons})
    for file, title, numbers, outcomes, reasons in checks(root):
        for number in numbers:
            covered.setdefault(number, []).append(
                {"file": str(file), "test": title, "outcomes": outcomes, "reasons": reasons})
    problems = []
    for number in REQUIRED:
        tests = covered.get(number, [])
        if not tests:
            problems.append(f"entry {number}: no test names it")
        elif not any(test["reasons"] and (test["outcomes"] or number in NO_EFFECT) for test in tests):
            problems.append(f"entry {number}: no test asserts both an outcome and a reason")
    text = json.dumps({str(n): covered[n] for n in sorted(covered)}, indent=1, ensure_ascii=False) + "\n"
    place = root / "tests/hostile/coverage.json"
    if not check:
        place.write_text(text)
    elif not place.exists() or place.read_text() != text:
        problems.append("tests/hostile/coverage.json is stale: run tests/hostile/coverage.py .")
    print("\n".join(problems) or f"hostile: {len(REQUIRED)} entries, {sum(map(len, covered.values()))} tests")
    sys.exit(1 if problems else 0)


main()

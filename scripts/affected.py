#!/usr/bin/env python3
"""usage: affected.py [--near] CHANGED-FILE…

Prints the .cpp and .h files that changed or include, directly or not, a header that did. --near: that changed, or are the .cpp of a
header that did."""
import re
import subprocess
import sys

INCLUDE = re.compile(r'^\s*#include "([^"]+)"|^\s*#include <(hallmark/[^>]+)>', re.M)
ROOTS = ("lib/include/", "keys/include/", "lib/", "", "tests/")


def main() -> None:
    sources = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], check=True, capture_output=True, text=True).stdout.split()
    known = set(sources)
    users: dict[str, set[str]] = {}
    for source in sources:
        with open(source, encoding="utf-8") as file:
            for quoted, public in INCLUDE.findall(file.read()):
                for root in ROOTS:
                    if root + (quoted or public) in known:
                        users.setdefault(root + (quoted or public), set()).add(source)
    reached: set[str] = set()
    arguments = [argument for argument in sys.argv[1:] if argument != "--near"]
    pending = [path for path in arguments if path in known]
    if "--near" in sys.argv[1:]:
        near = set(pending) | {re.sub(r"\.h$", ".cpp", path) for path in pending}
        print("\n".join(sorted(near & known)))
        return
    while pending:
        path = pending.pop()
        if path not in reached:
            reached.add(path)
            pending.extend(users.get(path, ()))
    print("\n".join(sorted(reached)))


if __name__ == "__main__":
    main()

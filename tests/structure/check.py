#!/usr/bin/env python3
"""Reads the sources against layers.txt: check.py [--layers FILE] ROOT. Prints file:line of every breach; exit 1."""
import argparse
import pathlib
import re
import sys

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
TREES = ("lib", "keys", "cmd")
PUBLIC = ("lib/include/hallmark", "keys/include/hallmark")


class Layers:
    def __init__(self, path):
        self.rooms, self.public, self.libraries, self.handles = {}, {}, {}, set()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            word, _, rest = line.partition(" ")
            name, _, values = rest.partition(":")
            name, values = name.strip(), values.split()
            if word == "handle":
                self.handles.add(name)
            elif word in ("room", "public", "library"):
                {"room": self.rooms, "public": self.public, "library": self.libraries}[word][name] = values
            else:
                sys.exit(f"{path}:{number}: unknown word {word}")
        for room, used in self.rooms.items():
            for other in used:
                if other not in self.rooms:
                    sys.exit(f"{path}: {room} names the unknown room {other}")
                if room in self.rooms[other]:
                    sys.exit(f"{path}: {room} and {other} use each other")


class Checker:
    def __init__(self, root, layers):
        self.root, self.layers, self.breaches = root, layers, []

    def breach(self, file, line, text):
        self.breaches.append(f"{file.relative_to(self.root)}:{line}: {text}")

    def run(self):
        for tree in TREES:
            for file in sorted((self.root / tree).rglob("*")):
                if file.suffix in (".cpp", ".h", ".c", ".cc", ".hpp"):
                    self.file(file)
        return self.breaches

    def file(self, file):
        room = str(file.parent.relative_to(self.root))
        public = room in PUBLIC
        if not public and len(file.relative_to(self.root).parts) != 3:
            self.breach(file, 1, "folders are two deep: TREE/ROOM/FILE")
            return
        if not public and room not in self.layers.rooms:
            self.breach(file, 1, f"room {room} is not in layers.txt")
            return
        lines = file.read_text().splitlines()
        if file.suffix == ".h":
            self.header(file, lines)
        elif file.suffix != ".cpp":
            self.breach(file, 1, "sources end in .cpp and headers in .h")
        else:
            self.listed(file)
        for number, line in enumerate(lines, 1):
            if match := INCLUDE.match(line):
                self.include(file, number, room, public, match[1] == "<", match[2])

    def header(self, file, lines):
        if not lines or not lines[0].startswith("// "):
            self.breach(file, 1, "the first line of a header says what it holds")
        if "#pragma once" not in lines[:8]:
            self.breach(file, 1, "#pragma once is missing")

    def listed(self, file):
        lists = file.parent / "CMakeLists.txt"
        words = re.sub(r"#.*", "", lists.read_text()) if lists.exists() else ""
        if file.name not in re.split(r"[\s()]+", words):
            self.breach(file, 1, "not listed in the CMakeLists.txt of its folder")

    def include(self, file, line, room, public, angled, name):
        if name.startswith("hallmark/"):
            allowed = self.layers.public.get(name)
            if allowed is not None and not public and room not in allowed:
                self.breach(file, line, f"{room} may not include <{name}>")
            return
        for pattern, where in self.layers.libraries.items():
            if name.startswith(pattern):
                self.library(file, line, room, name, where)
                return
        if angled:
            if public and "/" in name and not name.startswith("sys/"):
                self.breach(file, line, f"a public header may not include <{name}>")
            elif name.endswith(".hpp"):
                self.breach(file, line, f"<{name}> is a library that layers.txt does not know")
            return
        self.own(file, line, room, public, name)

    def library(self, file, line, room, name, where):
        if file.suffix == ".h" and str(file.relative_to(self.root)) not in self.layers.handles:
            self.breach(file, line, f"<{name}> belongs into .cpp files")
        elif room not in where and where != ["any"]:
            self.breach(file, line, f"{room} may not include <{name}>, only {' '.join(where)}")

    def own(self, file, line, room, public, name):
        target = next((tree for tree in ("lib/", "") if (self.root / (tree + name)).exists()), None)
        if target is None:
            self.breach(file, line, f'"{name}" is not found from lib or the root')
            return
        other = str(pathlib.PurePosixPath(target + name).parent)
        if public:
            self.breach(file, line, f'a public header may not include "{name}"')
        elif other != room and other not in self.layers.rooms[room]:
            self.breach(file, line, f'{room} may not include "{name}": {other} is not among its rooms')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layers", type=pathlib.Path, default=pathlib.Path(__file__).with_name("layers.txt"))
    parser.add_argument("root", type=pathlib.Path)
    arguments = parser.parse_args()
    breaches = Checker(arguments.root.resolve(), Layers(arguments.layers)).run()
    print("\n".join(breaches) if breaches else "structure: every #include follows layers.txt")
    sys.exit(1 if breaches else 0)


main()

#!/usr/bin/env python3
"""Plants one breach at a time in a small tree of its own and sees that check.py, or links.py, names it."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
LAYERS = """
room lib/base:
room lib/oci: lib/base
room lib/net: lib/base
room keys/software: lib/base
room cmd/hallmark: lib/oci lib/base
public hallmark/keys.h: keys/software cmd/hallmark
library CLI/: cmd/hallmark
library nlohmann/: lib/base
library curl/: lib/net
handle lib/net/handle.h
"""
SOUND = {
    "lib/include/hallmark/bytes.h": "// Bytes\n#pragma once\n#include <vector>\n",
    "keys/include/hallmark/keys.h": '// Keys\n#pragma once\n#include "hallmark/bytes.h"\n',
    "lib/base/json.h": '// Json\n#pragma once\n#include "hallmark/bytes.h"\n',
    "lib/base/json.cpp": '#include "base/json.h"\n#include <nlohmann/json.hpp>\n',
    "lib/base/CMakeLists.txt": "hallmark_room(base SOURCES json.cpp)\n",
    "lib/oci/manifest.h": '// Manifest\n#pragma once\n#include "base/json.h"\n',
    "lib/oci/manifest.cpp": '#include "oci/manifest.h"\n',
    "lib/oci/CMakeLists.txt": "hallmark_room(oci SOURCES manifest.cpp)\n",
    "lib/net/handle.h": "// Handle\n#pragma once\n#include <curl/curl.h>\n",
    "keys/software/CMakeLists.txt": "hallmark_room(keys SOURCES)\n",
    "cmd/hallmark/main.cpp": '#include <CLI/CLI.hpp>\n#include "hallmark/keys.h"\n#include "oci/manifest.h"\n',
    "cmd/hallmark/CMakeLists.txt": "hallmark_room(cli SOURCES main.cpp)\n",
}
# (what is planted, where and why it must be refused)
PLANTED = [
    ({"lib/base/json.h": '// Json\n#pragma once\n#include "oci/manifest.h"\n'}, 'lib/base/json.h:3: lib/base may not include "oci/manifest.h"'),
    ({"lib/oci/manifest.cpp": '#include "oci/manifest.h"\n\n  #  include "net/handle.h"\n'}, "lib/oci/manifest.cpp:3: lib/oci may not include"),
    ({"lib/oci/manifest.cpp": "#include <hallmark/keys.h>\n"}, "lib/oci/manifest.cpp:1: lib/oci may not include <hallmark/keys.h>"),
    ({"lib/oci/manifest.cpp": "#include <CLI/CLI.hpp>\n"}, "lib/oci/manifest.cpp:1: lib/oci may not include <CLI/CLI.hpp>, only cmd/hallmark"),
    ({"cmd/hallmark/options.h": "// Options\n#pragma once\n#include <CLI/CLI.hpp>\n"}, "cmd/hallmark/options.h:3: <CLI/CLI.hpp> belongs into .cpp files"),
    ({"lib/base/json.h": "// Json\n#pragma once\n#include <nlohmann/json.hpp>\n"}, "lib/base/json.h:3: <nlohmann/json.hpp> belongs into .cpp files"),
    ({"lib/oci/manifest.cpp": "#include <curl/curl.h>\n"}, "lib/oci/manifest.cpp:1: lib/oci may not include <curl/curl.h>"),
    ({"lib/oci/manifest.cpp": "#include <httplib.hpp>\n"}, "lib/oci/manifest.cpp:1: <httplib.hpp> is a library that layers.txt does not know"),
    ({"lib/include/hallmark/bytes.h": '// Bytes\n#pragma once\n#include "base/json.h"\n'}, 'bytes.h:3: a public header may not include "base/json.h"'),
    ({"lib/include/hallmark/bytes.h": "// Bytes\n#pragma once\n#include <nlohmann/json.hpp>\n"}, "bytes.h:3: <nlohmann/json.hpp> belongs"),
    ({"lib/oci/extra.cpp": "int x;\n"}, "lib/oci/extra.cpp:1: not listed"),
    ({"lib/oci/extra.cpp": "int x;\n", "lib/oci/CMakeLists.txt": "hallmark_room(oci SOURCES manifest.cpp) # extra.cpp\n"}, "lib/oci/extra.cpp:1: not listed"),
    ({"lib/oci/deep/x.cpp": "int x;\n", "lib/oci/deep/CMakeLists.txt": "x.cpp"}, "lib/oci/deep/x.cpp:1: folders are two deep"),
    ({"lib/x.cpp": "int x;\n"}, "lib/x.cpp:1: folders are two deep"),
    ({"lib/new/x.cpp": "int x;\n"}, "lib/new/x.cpp:1: room lib/new is not in layers.txt"),
    ({"lib/oci/manifest.cpp": '#include "oci/none.h"\n'}, '"oci/none.h" is not found'),
    ({"lib/oci/index.h": "#pragma once\n"}, "lib/oci/index.h:1: the first line of a header"),
    ({"lib/oci/index.h": "// Index\n"}, "lib/oci/index.h:1: #pragma once is missing"),
]
# The same for links.py.
PAGES = {
    "README.md": "# Top\n\n[a](docs/a.md#two-words), [out](https://registry.example/x) and `[no](link)`\n```\n[no](link)\n```\n",
    "docs/a.md": "# A\n\n## Two `words`\n\n[back](../README.md) [here](#a)\n",
}
PLANTED_LINKS = [
    ({"docs/a.md": "# A\n## Two words\n\n[b](b.md)\n"}, "docs/a.md:4: b.md is not there"),
    ({"docs/a.md": "# A\n"}, "README.md:3: docs/a.md#two-words is no heading of docs/a.md"),
    ({"docs/a.md": "# A\n## Two words\n[x](../../README.md)\n"}, "docs/a.md:3: ../../README.md is not there"),
    ({"docs/b.md": "# B\n"}, "docs/b.md: no link from README.md leads here"),
]


def run(files, checker="check.py"):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {**files, "layers.txt": LAYERS}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        options = ["--layers", str(root / "layers.txt")] if checker == "check.py" else []
        command = [sys.executable, str(HERE / checker), *options, str(root)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr


for checker, sound, planted in [("check.py", SOUND, PLANTED), ("links.py", PAGES, PLANTED_LINKS)]:
    code, output = run(sound, checker)
    if code != 0:
        sys.exit(f"{checker}: a sound tree is refused:\n{output}")
    for files, expected in planted:
        code, output = run({**sound, **files}, checker)
        if code != 1 or expected not in output:
            sys.exit(f"{checker}: planted {sorted(files)}\nexpected: {expected}\nexit {code}:\n{output}")
    print(f"self-test: {checker}: {len(planted)} planted breaches, each was found")

#!/usr/bin/env python3
"""usage: sign_partly_test.py HALLMARK

Signing that fails half-way, on a registry that refuses a manifest or hangs up (small_registry.py): what was published is told, in text
and in JSON, by the digest that one needs to delete it."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from small_registry import SmallRegistry  # noqa: E402
from support import check  # noqa: E402

HALLMARK = os.path.abspath(sys.argv[1])
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Session:
    def __init__(self, folder):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": folder, "HALLMARK_PASSWORD": "pw",
                            **{name: os.environ[name] for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS") if name in os.environ}}

    def run(self, *arguments):
        done = subprocess.run([HALLMARK, *arguments], env=self.environment, cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def sign(self, *arguments):
        """Exit code, the document, which fits its schema, and the text."""
        code, out, err = self.run("sign", "-o", "json", "-q", "--timeout", "2s", *arguments)
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "tests/cli/validate.py"), "sign"], input=out, text=True, capture_output=True,
                              env={**os.environ, "SOURCE": SOURCE})
        check(done.returncode == 0, f"the document fits its schema: {done.stderr} {out}")
        return code, json.loads(out), err


def main():
    with tempfile.TemporaryDirectory() as folder, SmallRegistry() as registry:
        session = Session(folder)
        for name in ("a", "b"):
            session.run("key", "generate", "--out", name)
        subprocess.run(["bash", os.path.join(SOURCE, "tests/support/make_image.sh"), "image", "1"], cwd=folder, check=True, capture_output=True)
        image = f"{registry.name}/shop/api:1"
        code, _, err = session.run("copy", "oci:image:1", image)
        check(code == 0, f"an image is copied there: {err}")
        keys = ("--key", "a.key", "--key", "b.key")

        registry.fail(n2="refuse")
        code, document, err = session.sign(*keys, image)
        check(code == 21 and document["outcome"] == "unauthorized", f"the second manifest is refused: {err}")
        [made] = document["signatures"]
        check(made["signer"] == "a.key" and made["manifest"] in registry.manifests and "state" not in made, f"what is out is told with its manifest: {made}")
        check(made["manifest"] in err and "of a.key" in err and "published 1 of 2" in err, f"in text, too: {err}")

        registry.fail(n1="refuse")
        code, document, err = session.sign(*keys, image)
        check(code == 21 and "signatures" not in document and "published" not in err, "where nothing is out nothing is told")

        registry.fail(n2="hang-up")
        code, document, err = session.sign(*keys, image)
        check(code == 0 and [one["signer"] for one in document["signatures"]] == ["a.key", "b.key"], f"an answer that was lost is looked for: {err}")

        registry.fail(n2="vanish")
        code, document, err = session.sign(*keys, image)
        check(code == 20, f"a registry that is gone is unreachable: {err}")
        check([one.get("state") for one in document["signatures"]] == [None, "unknown"], f"and nobody knows of the second: {document}")
        check(document["signatures"][1]["manifest"] in registry.manifests, "its manifest is the one that was sent")
        check(f"may be published: {document['signatures'][1]['manifest']} by key" in err and "of b.key" in err, f"in text, too: {err}")

        registry.fail(n1="vanish")
        code, document, err = session.sign("--format", "simple", "--key", "a.key", image)
        check(code == 20 and document["signatures"][0]["state"] == "unknown" and "may be published" in err, f"the simple format says it, too: {err}")


main()

#!/usr/bin/env python3
"""usage: policy_schema_test.py HALLMARK

docs/schema/policy.schema.json against policies that "hallmark policy check" takes, and such that it refuses and a schema can."""
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    jsonschema = None

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ZERO = "sha256:" + 64 * "0"
TRUST = {"a": {"key": "a.pub"}, "b": {"key": ["b.pub", {"pem": "x"}, "env://KEY"], "from": "2026-01-01", "until": "2027-01-01T00:00:00Z"}}
REQUIRE = {"match": "**", "require": {"any": ["a", "b"]}}
ACCEPT = {"digest": ZERO, "until": "2099-01-01", "reason": "x"}


def policy(rule=None, **more):
    return {"version": 1, "trust": TRUST, "rules": [rule or REQUIRE], **more}


GOOD = [
    policy(),
    policy(serial=7, revoked={"digests": [ZERO], "keys": ["old.pub"]}, cache={"admit": "24h", "deny": "90s"}),
    policy({"match": "r.test/a", "require": {"at-least": 2, "of": ["a", {"all": ["b"]}]}, "mode": "warn", "signatures": "r.test/s",
            "attestations": [{"type": "slsaprovenance1", "by": ["a"]}, {"type": "https://a.test/b", "by": {"all": ["a", "b"]}}]}),
    policy({"match": "r.test/a", "accept": ACCEPT}),
    policy({"match": "r.test/a", "require": {"any": ["a"]}, "accept": [ACCEPT]}),
    policy({"match": "**", "reject": "nothing"}),
]
BAD = [
    {}, [], {"version": 1}, {**policy(), "version": 2}, {**policy(), "rule": []}, {**policy(), "rules": []}, {**policy(), "trust": {}},
    {**policy(), "trust": {"a": {}}}, {**policy(), "trust": {"a b": {"key": "x"}}}, {**policy(), "trust": {"a": {"key": []}}},
    {**policy(), "trust": {"a": {"keyless": {}}}}, {**policy(), "trust": {"a": {"key": "x", "form": "2026-01-01"}}},
    policy(cache={"admit": 60}), policy(revoked={"digests": ["sha256:00"]}), policy(serial=-1),
    policy({"match": "**"}), policy({"require": {"any": ["a"]}}), policy({**REQUIRE, "mode": "permissive"}),
    policy({"match": "**", "require": {}}), policy({"match": "**", "require": {"any": []}}), policy({"match": "**", "require": "a"}),
    policy({"match": "**", "require": {"any": ["a"], "all": ["b"]}}), policy({"match": "**", "require": {"at-least": 1}}),
    policy({"match": "**", "require": {"at-least": 0, "of": ["a"]}}), policy({**REQUIRE, "reject": "x"}),
    policy({"match": "**", "reject": "x", "accept": ACCEPT}), policy({"match": "**", "accept": {"digest": ZERO, "until": "2026-01-01"}}),
    policy({"match": "**", "reject": "x", "signatures": "r.test/s"}), policy({**REQUIRE, "max-age": "30d"}),
    policy({**REQUIRE, "attestations": []}), policy({**REQUIRE, "attestations": [{"type": "vuln"}]}),
    policy({**REQUIRE, "attestations": [{"type": "vuln", "by": ["a"], "where": {}}]}), policy({"match": "r.test/a@b", "reject": "x"}),
]


def main():
    if jsonschema is None:
        print("skipped: python3-jsonschema is not there")
        sys.exit(1 if os.environ.get("CI") else 77)
    with open(os.path.join(SOURCE, "docs/schema/policy.schema.json"), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "policy.json")
        for good, documents in ((True, GOOD), (False, BAD)):
            for document in documents:
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(document, file)
                done = subprocess.run([sys.argv[1], "policy", "check", "--no-keys", path], capture_output=True, text=True, check=False)
                if validator.is_valid(document) != good or (done.returncode == 0) != good or done.returncode not in (0, 40):
                    wrong += 1
                    print(f"expected {'good' if good else 'bad'}: {document}\n  schema: {validator.is_valid(document)}\n  check: "
                          f"{done.returncode} {done.stderr}")
    print(f"{len(GOOD) + len(BAD) - wrong} of {len(GOOD) + len(BAD)} as expected")
    sys.exit(1 if wrong else 0)


main()

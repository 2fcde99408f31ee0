#!/usr/bin/env python3
"""usage: … -o json | validate SCHEMA [FIELD…]

Checks every line of standard input against docs/schema/SCHEMA.json, and prints its FIELDs ("a.b.0.c") a line. Without
python3-jsonschema the schema is not looked at, which is an error where CI is set."""
import json
import os
import sys

FOLDER = os.path.join(os.environ["SOURCE"], "docs/schema")

try:
    import jsonschema
except ImportError:
    jsonschema = None
    if os.environ.get("CI"):
        sys.exit("validate: install python3-jsonschema")


def field(document, path):
    for part in path.split("."):
        document = document[int(part)] if isinstance(document, list) else document.get(part)
    return document


def main():
    with open(os.path.join(FOLDER, sys.argv[1] + ".json"), encoding="utf-8") as file:
        schema = json.load(file)
    validator = None
    if jsonschema:
        jsonschema.Draft7Validator.check_schema(schema)
        validator = jsonschema.Draft7Validator(schema)
    for line in sys.stdin:
        document = json.loads(line)
        if validator:
            validator.validate(document)
        if sys.argv[2:]:
            print(*[json.dumps(field(document, path)).strip('"') for path in sys.argv[2:]])


main()

#!/usr/bin/env python3
"""usage: ci_job.py FILE JOB   runs the shell lines of one job of deploy/ci/FILE as that CI would, in the current folder

Expressions like ${{ secrets.NAME }} and GitLab's variables are taken from the environment: NAME for vars.NAME, secrets.NAME and
$NAME; github.ref_name is GITHUB_REF_NAME. Ends with the exit code of the first step that fails."""
import os
import re
import subprocess
import sys

import yaml


def expand(text):
    def value(match):
        name = match.group(1).split(".", 1)
        if name[0] in ("vars", "secrets"):
            return os.environ[name[1]]
        if name[0] == "github":
            return os.environ[f"GITHUB_{name[1].upper()}"]
        sys.exit(f"ci_job: what is {match.group(1)}?")
    return re.sub(r"\$\{\{ *([\w.]+) *\}\}", value, str(text))


def run(script, environment):
    code = subprocess.run(["bash", "-eo", "pipefail", "-c", script], env=environment, check=False).returncode
    if code:
        sys.exit(code)


def github(config, job):
    outer = {name: expand(value) for name, value in config["env"].items()}
    hidden = {"SIGNING_KEY", "SIGNING_PASSWORD", "REGISTRY_PASSWORD"}
    for step in config["jobs"][job]["steps"]:
        if "run" in step:
            plain = {name: value for name, value in os.environ.items() if name not in hidden}
            run(step["run"], plain | outer | {name: expand(value) for name, value in step.get("env", {}).items()})


def gitlab(config, job):
    described = config[job]
    lines = config.get(described.get("extends"), {}).get("before_script", []) + described["script"]
    variables = {name: re.sub(r"\$(\w+)", lambda match: os.environ[match.group(1)], value) for name, value in config["variables"].items()}
    run("\n".join(lines), os.environ | variables)


def main():
    path, job = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        config = yaml.safe_load(file)
    (github if "jobs" in config else gitlab)(config, job)


main()

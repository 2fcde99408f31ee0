#!/usr/bin/env python3
"""usage: session.py HALLMARK FILE…

Runs files that read like a terminal session, and compares. In a .md file, its ```console blocks are one session.

    $ hallmark verify --key release.pub oci:image:1.0
    oci:image@sha256:…
    hallmark: verified oci:image@sha256:… by key … (bundle)
    [0]

Lines that begin with "hallmark: " are expected on standard error, all others on standard output; "…" stands for any text
within a line, and alone on a line for any number of lines. Empty lines do not count. [N] is the exit code, 0 where it is not said. A line that begins
with "#" is a comment. Every session has a folder, a HOME and an environment of its own, no terminal, and one bash: variables
stay. A session that names registry.example gets Debian's docker-registry in its place, and is skipped where there is none (a failure where
CI is set).
Exit code: 0, 1 where something differs, 77 where everything was skipped.
"""
import difflib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SKIPPED = 77
PATIENCE = 300  # seconds a command may take


class Step:
    def __init__(self, line, command):
        self.line, self.command, self.stdout, self.stderr, self.code = line, command, [], [], 0


def session_lines(path):
    """(number, text) of the lines that are the session."""
    inside = not path.endswith(".md")
    for number, text in enumerate(open(path, encoding="utf-8").read().split("\n"), 1):
        if path.endswith(".md") and text.startswith("```"):
            inside = text == "```console"
        elif inside:
            yield number, text


def parse(path):
    steps, comment_allowed = [], not path.endswith(".md")
    for number, text in session_lines(path):
        if steps and steps[-1].command.endswith("\\") and not steps[-1].stdout:
            steps[-1].command += "\n" + text
        elif text.startswith("$ "):
            steps.append(Step(number, text[2:]))
        elif not text or (comment_allowed and text.startswith("#")):
            continue
        elif not steps:
            sys.exit(f"{path}:{number}: a line of output before the first command")
        elif re.fullmatch(r"\[\d+\]", text):
            steps[-1].code = int(text[1:-1])
        elif text == "…":
            steps[-1].stdout.append(text)
            steps[-1].stderr.append(text)
        else:
            (steps[-1].stderr if text.startswith("hallmark: ") else steps[-1].stdout).append(text)
    return steps


def matches(expected, actual):
    """Whether the lines fit the patterns."""
    if not expected:
        return not actual
    if expected[0] == "…":
        return any(matches(expected[1:], actual[i:]) for i in range(len(actual) + 1))
    if not actual:
        return False
    pattern = ".*".join(re.escape(part) for part in expected[0].split("…"))
    return re.fullmatch(pattern, actual[0]) is not None and matches(expected[1:], actual[1:])


class Shell:
    """One bash without a terminal, in a folder of its own."""

    def __init__(self, hallmark, folder):
        self.folder = folder
        for name in ("home", "work", "bin"):
            os.mkdir(os.path.join(folder, name))
        os.symlink(os.path.abspath(hallmark), os.path.join(folder, "bin/hallmark"))
        os.symlink(os.path.join(SOURCE, "tests/support/make_image.sh"), os.path.join(folder, "bin/make_image"))
        os.symlink(os.path.join(SOURCE, "tests/cli/validate.py"), os.path.join(folder, "bin/validate"))
        environment = {
            "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"],
            "HOME": os.path.join(folder, "home"),
            "LANG": "C.UTF-8", "TERM": "dumb", "SOURCE": SOURCE,
            **{name: os.environ[name] for name in ("CI", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS") if name in os.environ},
        }
        self.ready, done = os.pipe()
        self.bash = subprocess.Popen(["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, cwd=os.path.join(folder, "work"),
                                     env=environment, pass_fds=[done], start_new_session=True, text=True)
        os.close(done)
        self.done = done

    def run(self, command):
        out, err = os.path.join(self.folder, "out"), os.path.join(self.folder, "err")
        self.bash.stdin.write(f"{{ {command}\n}} >{out} 2>{err} </dev/null\necho $? >&{self.done}\n")
        self.bash.stdin.flush()
        if not select.select([self.ready], [], [], PATIENCE)[0]:
            self.bash.kill()
            sys.exit(f"no end after {PATIENCE} s: {command}")
        code = os.read(self.ready, 16).decode().strip()
        return int(code or -1), *[[line for line in open(name, encoding="utf-8", errors="replace").read().split("\n") if line]
                                  for name in (out, err)]

    def close(self):
        self.bash.stdin.close()
        self.bash.wait()


class Registry:
    """Debian's docker-registry on a free port, in memory."""

    def __init__(self, folder):
        config, log = os.path.join(folder, "registry.yml"), os.path.join(folder, "registry.log")
        with open(config, "w") as file:
            file.write("version: 0.1\nlog: {level: info}\nstorage: {inmemory: {}, delete: {enabled: true}}\n"
                       "http: {addr: '127.0.0.1:0'}\n")
        with open(log, "w") as file:
            self.process = subprocess.Popen(["docker-registry", "serve", config], stdout=file, stderr=file, cwd=folder)
        for _ in range(400):
            listening = re.search(r"listening on 127\.0\.0\.1:(\d+)", open(log, encoding="utf-8").read())
            if listening:
                self.name = f"localhost:{listening[1]}"
                return
            time.sleep(0.05)
        sys.exit("docker-registry does not start: " + open(log, encoding="utf-8").read())

    def close(self):
        self.process.terminate()
        self.process.wait()


def differences(what, expected, actual):
    if matches(expected, actual):
        return []
    return [f"  {what} differs:"] + ["    " + line for line in difflib.ndiff(expected, actual) if not line.startswith("?")]


def play(path, steps, shell, registry):
    localised = (lambda text: text.replace("registry.example", registry.name)) if registry else (lambda text: text)
    failures = 0
    for step in steps:
        code, out, err = shell.run(localised(step.command))
        problems = [] if code == step.code else [f"  exit code {code}, expected {step.code}"]
        problems += differences("stdout", [localised(line) for line in step.stdout], out)
        problems += differences("stderr", [localised(line) for line in step.stderr], err)
        if problems:
            failures += 1
            print(f"{path}:{step.line}: $ {step.command}", *problems, sep="\n")
            if code != step.code:
                print("  stderr was:", *["    " + line for line in err], sep="\n")
    print(f"{path}: {len(steps) - failures} of {len(steps)} commands as expected")
    return failures == 0


def run_file(hallmark, path):
    steps = parse(path)
    wants_registry = any("registry.example/" in step.command or "registry.example " in step.command + " " for step in steps)
    if wants_registry and not shutil.which("docker-registry"):
        print(f"SKIPPED {path}: docker-registry is not installed")
        return 1 if os.environ.get("CI") else SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        registry = Registry(folder) if wants_registry else None
        shell = Shell(hallmark, folder)
        try:
            return 0 if play(path, steps, shell, registry) else 1
        finally:
            shell.close()
            if registry:
                registry.close()


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    results = [run_file(sys.argv[1], path) for path in sys.argv[2:]]
    sys.exit(1 if 1 in results else SKIPPED if set(results) == {SKIPPED} else 0)


if __name__ == "__main__":
    main()

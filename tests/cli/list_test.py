#!/usr/bin/env python3
"""usage: list_test.py HALLMARK

`verify --from-file -` fed by a producer that waits for each answer, and by one that never ends: answers come line by line, and
memory does not grow with the list."""
import json
import os
import re
import subprocess
import sys
import tempfile

HALLMARK = os.path.abspath(sys.argv[1])
MAKE_IMAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support/make_image.sh")
SHORT, LONG = 200, 2000  # lines
SLACK = 4096  # KiB: threads' arenas fill up over the first lines; 2,000 answers kept would be more


def peak_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status.read(), re.M).group(1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "HALLMARK_PASSWORD": "correct-horse"}
        run = lambda *command: subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
        run(MAKE_IMAGE, "image", "1.0", "word")
        run(HALLMARK, "key", "generate", "-q", "--out", "release")
        run(HALLMARK, "sign", "-q", "--key", "release.key", "oci:image:1.0")
        verify = subprocess.Popen(
            [HALLMARK, "verify", "-q", "-o", "json", "--key", "release.pub", "--from-file", "-"],
            cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        peaks = {}
        for line in range(1, LONG + 1):
            verify.stdin.write("oci:image:1.0\n")
            answer = json.loads(verify.stdout.readline())  # blocks for ever, and the test fails by its time limit, if none comes
            if answer["outcome"] != "verified":
                sys.exit(f"line {line}: {answer}")
            if line in (SHORT, LONG):
                peaks[line] = peak_kib(verify.pid)
        verify.stdin.close()
        if verify.wait() != 0 or verify.stdout.read() != "":
            sys.exit(f"ended with {verify.returncode}")
        print(f"peak RSS after {SHORT} lines {peaks[SHORT]} KiB, after {LONG} lines {peaks[LONG]} KiB")
        if peaks[LONG] > peaks[SHORT] + SLACK:
            sys.exit("memory grows with the list")


main()

#!/usr/bin/env python3
"""usage: terminal_test.py HALLMARK

On a real pseudo-terminal: password prompts are answered, what is typed is not echoed, two that differ are refused, an
interrupt ends the program; copy shows how far it is, and does so nowhere else."""
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time

HALLMARK = os.path.abspath(sys.argv[1])
MAKE_IMAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../support/make_image.sh")
PATIENCE = 60


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, folder, *arguments):
        self.seen = ""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background job hands "ignored" down
            os.chdir(folder)
            os.execve(HALLMARK, [HALLMARK, *arguments], {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "dumb"})

    def wait_for(self, text):
        end = time.monotonic() + PATIENCE
        while text not in self.seen:
            if not select.select([self.master], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"waited in vain for {text!r}; seen: {self.seen!r}")
            try:
                self.seen += os.read(self.master, 4096).decode()
            except OSError:
                sys.exit(f"ended before {text!r}; seen: {self.seen!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def end(self):
        """The exit code, or the negative number of the signal."""
        try:
            while True:
                self.seen += os.read(self.master, 4096).decode()
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def check(condition, what):
    if not condition:
        sys.exit("FAILED: " + what)
    print("ok: " + what)


def main():
    try:
        for end in pty.openpty():
            os.close(end)
    except OSError as problem:
        print(f"SKIPPED: no pseudo-terminal can be had here: {problem}")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        made = Terminal(folder, "key", "generate", "--out", "release")
        made.wait_for("Password for the new key release.key: ")
        check(not made.echoes(), "the terminal does not echo while a password is typed")
        made.type("s3cret-word\n")
        made.wait_for("The same password again: ")
        made.type("s3cret-word\n")
        code = made.end()
        check(code == 0, f"a key is made with a password typed twice ({code}, {made.seen!r})")
        check("s3cret-word" not in made.seen, "the password is nowhere on the screen")

        used = Terminal(folder, "key", "public", "--key", "release.key")
        used.wait_for("Password for release.key: ")
        used.type("s3cret-word\n")
        check(used.end() == 0 and "BEGIN PUBLIC KEY" in used.seen, "the key opens with it")

        wrong = Terminal(folder, "key", "public", "--key", "release.key")
        wrong.wait_for("Password for release.key: ")
        wrong.type("another\n")
        check(wrong.end() == 30 and "another" not in wrong.seen, "a wrong password ends with exit code 30")

        differing = Terminal(folder, "key", "generate", "--out", "other")
        differing.wait_for("Password for the new key other.key: ")
        differing.type("one\n")
        differing.wait_for("again: ")
        differing.type("two\n")
        check(differing.end() == 30 and "the two passwords differ" in differing.seen, "two that differ are refused")
        check(not os.path.exists(os.path.join(folder, "other.key")), "and no key is written")

        interrupted = Terminal(folder, "key", "generate", "--out", "third")
        interrupted.wait_for("Password for the new key third.key: ")
        interrupted.type("\x03")
        code = interrupted.end()
        check(code == -signal.SIGINT, f"an interrupt ends it ({code})")
        check(not os.path.exists(os.path.join(folder, "third.key")), "and no key is written")

        subprocess.run([MAKE_IMAGE, os.path.join(folder, "image"), "1.0"], check=True, stdout=subprocess.DEVNULL)
        watched = Terminal(folder, "copy", "oci:image:1.0", "oci:copied:1.0")
        check(watched.end() == 0 and "\r\x1b[K" in watched.seen and " blobs, " in watched.seen, "copy shows how far it is")
        piped = subprocess.run([HALLMARK, "copy", "oci:image:1.0", "oci:again:1.0"], cwd=folder, capture_output=True, text=True)
        check(piped.returncode == 0 and "\x1b" not in piped.stderr, "and not where there is no terminal")


main()

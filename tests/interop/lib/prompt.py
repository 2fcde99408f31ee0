"""usage: prompt.py ANSWER_FILE COMMAND…: runs a command on a terminal of its own, types the line of ANSWER_FILE at its first prompt,
prints what the terminal showed, and ends with the command's exit code (3: it never asked)."""

import os
import pty
import select
import sys
import time

answer = open(sys.argv[1]).read().rstrip("\n")
process, master = pty.fork()
if process == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
shown, asked, end = "", False, time.monotonic() + 60
while time.monotonic() < end:
    if not select.select([master], [], [], 1)[0]:
        continue
    try:
        text = os.read(master, 4096).decode(errors="replace")
    except OSError:
        break
    shown += text
    if not asked and shown.rstrip(" ").endswith(":"):
        asked = True
        time.sleep(0.1)  # a prompt is printed before its echo is off only by a broken program, which the answer would show
        os.write(master, (answer + "\n").encode())
print(shown)
code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
sys.exit(code if asked or code else 3)

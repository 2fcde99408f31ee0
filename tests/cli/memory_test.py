#!/usr/bin/env python3
"""usage: memory_test.py HALLMARK

Looks for secrets in all writable memory of `hallmark` at the moment of its exit, after a signing and after a failed one: the
scalar in both byte orders, the PKCS#8, its PEM and the password; and of a key service the token and what it was logged in
with, in memory and in its arguments and environment. The control run looks at the same process while it works, and
must find them. Needs ptrace of a process that is not dumpable (root); says SKIPPED where that is not allowed."""
import base64
import ctypes
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import check  # noqa: E402
from vault_server import TOKEN, VaultServer  # noqa: E402

HALLMARK = os.path.abspath(sys.argv[1])
PASSWORD = "correct horse battery staple, wiped"
PIECE = 16  # bytes in a row that count as a find
SKIP = 77

TRACEME, CONT, KILL, SYSCALL, SETOPTIONS = 0, 7, 8, 24, 0x4200
OPTION_EXIT, OPTION_KILL = 0x40, 0x100000
EVENT_EXIT = 6
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=0):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def pieces(name, secret):
    for order, text in (("forwards", secret), ("backwards", secret[::-1])):
        for at in range(0, len(text) - PIECE + 1, PIECE):
            yield f"{name} {order}", text[at : at + PIECE]


def found_in(pid, needles, most):
    """The names of the needles that lie in writable mappings of at most `most` bytes."""
    found = set()
    looked_at = 0
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("rw") or end - start > most:
                continue
            memory.seek(start)
            try:
                text = memory.read(end - start)
            except OSError:
                continue
            looked_at += len(text)
            found |= {name for name, piece in needles if piece in text}
    if looked_at < 100_000:
        raise PermissionError("its memory cannot be read")
    return found


def run(arguments, password, needles, control=False, variables=None):
    """Exit code, and what was found: at the exit, or (control) at any fifth system call."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        if not os.environ.get("HALLMARK_TEST_VERBOSE"):
            os.dup2(null, 2)
        ptrace(TRACEME, 0)
        os.execve(HALLMARK, [HALLMARK, *arguments], {"HOME": "/nonexistent", "HALLMARK_PASSWORD": password, **(variables or {})})
    os.waitpid(pid, 0)
    ptrace(SETOPTIONS, pid, OPTION_EXIT | OPTION_KILL)
    found = set()
    stops = 0
    signal = 0
    while True:
        ptrace(SYSCALL if control else CONT, pid, signal)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) or os.WIFSIGNALED(status):
            return os.waitstatus_to_exitcode(status), found
        signal = 0
        if status >> 16 == EVENT_EXIT:
            if not control:
                found |= found_in(pid, needles, 1 << 40)
        elif os.WSTOPSIG(status) != 5:
            signal = os.WSTOPSIG(status)
        elif control:
            stops += 1
            if stops % 5 == 0:
                found |= found_in(pid, needles, 4 << 20)


def sign_by_service(layout):
    """A token of a key service, after success and after each kind of failure."""
    needles = list(pieces("token", TOKEN.encode()))
    with VaultServer() as vault:
        vault.make_key("release")
        sign = ["sign", "--key", "hashivault://release", "oci:" + layout + ":1"]
        variables = {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN}
        code, found = run(sign, "", needles, control=True, variables=variables)
        check(code == 0, "control: the image is signed by a key service")
        check("token forwards" in found, f"control: at work its token is found: {sorted(found)}")
        code, found = run(sign, "", needles, variables=variables)
        check(code == 0 and not found, f"nothing of the token is left at exit {sorted(found)}")
        for path, status in (("/v1/transit/keys", 403), ("/v1/transit/sign", 403), ("/v1/transit/sign", 400), ("/v1/transit/keys", 503)):
            vault.refuse = {path: (status, "no")}
            code, found = run([*sign, "--timeout", "3s"], "", needles, variables=variables)
            check(code == 30 and not found, f"nor after {status} of {path} {sorted(found)}")
        vault.refuse = {}
        variables["VAULT_ADDR"] = "http://127.0.0.1:1"
        code, found = run([*sign, "--timeout", "2s"], "", needles, variables=variables)
        check(code == 30 and not found, f"nor where nobody answers {sorted(found)}")


def make_layout(folder):
    def blob(text):
        digest = hashlib.sha256(text).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(text)
        return {"digest": "sha256:" + digest, "size": len(text)}

    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)
    kind = "application/vnd.oci.image."
    config = {"mediaType": kind + "config.v1+json", **blob(b'{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}}')}
    manifest = {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": config, "layers": []}
    entry = {"mediaType": kind + "manifest.v1+json", **blob(json.dumps(manifest).encode())}
    entry["annotations"] = {"org.opencontainers.image.ref.name": "1"}
    with open(os.path.join(folder, "oci-layout"), "w") as file:
        file.write('{"imageLayoutVersion":"1.0.0"}')
    with open(os.path.join(folder, "index.json"), "w") as file:
        json.dump({"schemaVersion": 2, "mediaType": kind + "index.v1+json", "manifests": [entry]}, file)


def is_sanitized():
    with open(HALLMARK, "rb") as file:
        text = file.read()
    return any(name in text for name in (b"__asan_init", b"__tsan_init"))


def main():
    if is_sanitized():
        print("SKIPPED: a sanitizer keeps freed memory on purpose, and does not work under ptrace")
        sys.exit(SKIP)
    with tempfile.TemporaryDirectory() as folder:
        plain, name, layout = (os.path.join(folder, part) for part in ("plain.key", "release", "image"))
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", plain], check=True, stderr=subprocess.DEVNULL)
        os.chmod(plain, 0o600)
        make_layout(layout)
        subprocess.run([HALLMARK, "key", "import", "--key", plain, "--out", name], check=True, capture_output=True,
                       env={"HOME": folder, "HALLMARK_PASSWORD": PASSWORD})
        body = "".join(open(plain).read().splitlines()[1:-1])
        der = base64.b64decode(body)
        scalar = der[36:68]  # RFC 5915 within RFC 5208, P-256
        needles = [*pieces("scalar", scalar), *pieces("DER", der[20:68]), *pieces("PEM", body[52:84].encode())]
        secret = [*needles, *pieces("password", PASSWORD.encode())]
        sign = ["sign", "--key", name + ".key", "oci:" + layout + ":1"]

        try:
            code, found = run(sign, PASSWORD, secret, control=True)
        except PermissionError as problem:
            print(f"SKIPPED: {problem}")
            sys.exit(SKIP)
        check(code == 0, "control: the image is signed")
        check({"scalar backwards", "DER forwards", "password forwards"} <= found, f"control: at work they are found: {sorted(found)}")
        code, found = run(sign, PASSWORD, secret)
        check(code == 0, "with an encrypted key the image is signed")
        check(not found, f"nothing of key and password is left at exit {sorted(found)}")
        code, found = run(["sign", "--key", plain, "oci:" + layout + ":1"], "", needles)
        check(code == 0, "with a plain key the image is signed")
        check(not found, f"nothing of a plain key is left at exit {sorted(found)}")
        code, found = run(["sign", "--key", "env://RELEASE", "oci:" + layout + ":1"], "", needles, variables={"RELEASE": open(plain).read()})
        check(code == 0, "with a key in a variable the image is signed")
        check(not found, f"nothing of the variable is left at exit {sorted(found)}")
        wrong = "incorrect horse battery staple, wiped too"
        code, found = run(sign, wrong, [*secret, *pieces("wrong password", wrong.encode())])
        check(code == 30, "a wrong password is a key error")
        check(not found, f"nothing of the wrong password is left at exit {sorted(found)}")
        code, found = run([*sign[:-1], "oci:" + layout + ":none"], PASSWORD, secret)
        check(code != 0, "an image that is not there is an error")
        check(not found, f"nothing is left at exit after a signing that failed {sorted(found)}")
        sign_by_service(layout)


main()

#!/usr/bin/env python3
"""usage: empty_root_test.py HALLMARK HALLMARK-VERIFIER   the static programs in a root folder that holds nothing but them and what they are told to use.

Checks that each is a static PIE without shared libraries, stripped and under 10 MB; then, in a network namespace of its own, starts
docker-registry with TLS, pushes and signs an image, and verifies it from an empty root over HTTPS: with a CA file, with a hashed folder
of CAs, by address, by "localhost", by /etc/hosts and by DNS, which a few lines here answer; and has the verifier decide as containerd asks it, with
nothing there but its policy, a key and a CA. Needs root, unshare, docker-registry, openssl.
"""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from own_machine import REGISTRY, SOURCE, check, enter, request_for, run, start_registry

NAME = "registry.acme.test"
BYTES_MOST = 10_000_000
CHROOT = shutil.which("chroot")


def check_binary(binary):
    header = run("readelf", "--wide", "--file-header", "--program-headers", "--dynamic", "--sections", binary)
    check("Type:                              DYN" in header, f"{binary.name} is position-independent")
    check("(NEEDED)" not in header and "INTERP" not in header, "it needs no shared library and no loader")
    check(".symtab" not in header and ".debug" not in header, "it is stripped")
    check("GNU_RELRO" in header and "RWE" not in header, "nothing of it is writable and executable")
    check(binary.stat().st_size < BYTES_MOST, f"it has {binary.stat().st_size / 1e6:.1f} MB, less than {BYTES_MOST / 1e6:.0f}")


def answer_dns(server):
    """A for NAME is 127.0.0.1, and of no other type is there anything."""
    while True:
        query, client = server.recvfrom(512)
        end = query.index(b"\0", 12) + 5
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        known = ".".join(labels) == NAME
        address = known and struct.unpack(">H", query[end - 4:end - 2])[0] == 1
        head = query[:2] + struct.pack(">HHHHH", 0x8580 | (0 if known else 3), 1, 1 if address else 0, 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([127, 0, 0, 1])
        server.sendto(head + query[12:end] + (record if address else b""), client)


def make_certificates(folder):
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    run("openssl", "req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/CN=CA of the test", "-addext",
        "basicConstraints=critical,CA:TRUE", cwd=folder)
    run("openssl", "req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={NAME}", cwd=folder)
    (folder / "san").write_text(f"subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:{NAME}\n")
    run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-days", "2", "-extfile", "san", "-out",
        "server.crt", cwd=folder)


class EmptyRoot:
    """A root folder with one program in it; 0755, as what lies above a policy has to be."""

    def __init__(self, folder, binary, name):
        self.folder = folder
        self.folder.mkdir(mode=0o755)
        shutil.copy(binary, self.folder / name)

    def put(self, path, text):
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def forget(self, path):
        shutil.rmtree(self.folder / path)

    def verify(self, reference, *flags, **environment):
        done = subprocess.run([CHROOT, str(self.folder), "/hallmark", "verify", "--key", "/release.pub", *flags, reference],
                              capture_output=True, text=True, env=environment, timeout=60)
        return done.returncode, done.stdout + done.stderr


def ask(root, name, digest):
    """What containerd asks, and the verifier's exit code and first word."""
    arguments, descriptor = request_for(name, digest)
    done = subprocess.run([CHROOT, str(root.folder), "/hallmark-verifier", *arguments], input=descriptor, capture_output=True, text=True, env={},
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def decide_in_empty_root(folder, verifier, ca, name, digest):
    root = EmptyRoot(folder / "node", verifier, "hallmark-verifier")
    found, said = ask(root, name, digest)
    check(found == 40 and "no policy" in said, "hallmark-verifier, with nothing there: refused")
    root.put("etc/hosts", f"127.0.0.1 {NAME}\n")
    root.put("etc/hallmark/policy.d/policy.yaml", "version: 1\ntrust: {release: {key: release.pub}}\n"
             'rules: [{match: "**", require: {any: [release]}}]\n')
    root.put("etc/hallmark/policy.d/release.pub", (folder / "release.pub").read_text())
    found, said = ask(root, name, digest)
    check(found == 20 and "certificate" in said, f"with a policy alone: {said.strip()}")
    root.put(f"etc/hallmark/certs.d/{name.split('/')[0]}/ca.crt", ca)
    found, said = ask(root, name, digest)
    check(found == 0 and said.startswith("verified: "), f"with a policy, a key and a CA: admitted{'' if found == 0 else ', said ' + said}")
    found, said = ask(root, name, "sha256:" + "0" * 64)
    check(found == 22, "what the registry does not have is refused" + ("" if found == 22 else ", said " + said))


def expect(root, what, code, word, reference, *flags, **environment):
    found, said = root.verify(reference, *flags, **environment)
    check(found == code and word in said, f"{what}: exit {found}" + ("" if found == code and word in said else f", said {said!r}"))


def verify_in_empty_root(folder, binary, verifier):
    make_certificates(folder)
    registry = start_registry(folder, f"{{certificate: {folder}/server.crt, key: {folder}/server.key}}")
    try:
        run(SOURCE / "tests/support/make_image.sh", folder / "image")
        run(binary, "key", "generate", "--out", folder / "release", "--format", "pkcs8")
        image = f"{REGISTRY}/shop/api:1.0"
        trust = ["--registry-ca", folder / "ca.crt"]
        run(binary, "copy", *trust, f"oci:{folder}/image:1.0", image)
        pinned = run(binary, "sign", "-q", *trust, "--key", folder / "release.key", image)

        root, ca = EmptyRoot(folder / "root", binary, "hallmark"), (folder / "ca.crt").read_text()
        root.put("release.pub", (folder / "release.pub").read_text())
        expect(root, "without a CA the registry is not believed", 20, "certificate", image, "--tls", "--timeout", "5s")
        root.put("ca.crt", ca)
        expect(root, "with --registry-ca", 0, "verified", image, "--registry-ca", "/ca.crt")
        expect(root, "with SSL_CERT_FILE", 0, "verified", image, "--tls", SSL_CERT_FILE="/ca.crt")
        root.put("etc/ssl/certs/ca-certificates.crt", ca)
        expect(root, "with the system's CA file", 0, "verified", image, "--tls")
        root.forget("etc/ssl")
        root.put("etc/ssl/certs/ours.pem", ca)
        run("openssl", "rehash", root.folder / "etc/ssl/certs")
        expect(root, "with the system's folder of CAs", 0, "verified", image, "--tls")
        expect(root, "by localhost", 0, "verified", "localhost:5000/shop/api:1.0", "--tls")

        named = f"{NAME}:5000/shop/api:1.0"
        expect(root, "by DNS, with no resolv.conf", 0, "verified", named)
        root.put("etc/resolv.conf", "nameserver 127.0.0.1\n")
        expect(root, "by DNS", 0, "verified", named)
        expect(root, "a name that is not there", 20, "nowhere.acme.test", "nowhere.acme.test:5000/shop/api:1.0", "--timeout", "5s")
        root.put("etc/resolv.conf", "nameserver 127.0.0.2\n")
        root.put("etc/hosts", f"127.0.0.1 {NAME}\n")
        expect(root, "by /etc/hosts", 0, "verified", named)
        root.put("usr/lib/ssl/openssl.cnf", "openssl_conf = broken\n[broken]\nproviders = x\n[x]\nfips = y\n[y]\nactivate = 1\nmodule = /no.so\n")
        expect(root, "openssl.cnf is not read", 0, "verified", named)
        decide_in_empty_root(folder, verifier, ca, named, pinned.strip().split("@")[1])
    finally:
        registry.terminate()
        registry.wait()


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    binary, verifier = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    enter("openssl")
    check_binary(binary)
    check_binary(verifier)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=answer_dns, args=[server], daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="hallmark-empty-root.") as folder:
        verify_in_empty_root(pathlib.Path(folder), binary, verifier)
    print("ok all of it")


if __name__ == "__main__":
    main()

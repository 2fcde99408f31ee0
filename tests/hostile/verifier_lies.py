#!/usr/bin/env python3
"""usage: verifier_lies.py HALLMARK HALLMARK-VERIFIER

[attack 20, 21, 22, 23, 24, 25] A registry lies to the verifier: listings and bodies without end, sizes and documents beyond every limit,
redirects in a circle, answers that drip. Each lie is refused for its own reason, within 10 seconds and 256 MiB, with
nothing remembered; and the same registry, honest, is believed. Needs root."""
import hashlib
import http.client
import http.server
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from own_machine import REGISTRY, Node, check, enter, request_for, run, start_registry

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
EMPTY = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:" + hashlib.sha256(b"{}").hexdigest(), "size": 2}
MOST_SECONDS, MOST_KIB = 10, 256 << 10


def listing(count=0, start=0):
    entries = [{"mediaType": MANIFEST, "digest": "sha256:" + hashlib.sha256(str(start + i).encode()).hexdigest(), "size": 700, "artifactType": BUNDLE}
               for i in range(count)]
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()


def answer(body=b"", status=200, kind=INDEX, **headers):
    """One whole answer."""
    def send(to):
        to.send_response(status)
        to.send_header("Content-Type", kind)
        for name, value in headers.items():
            to.send_header(name.replace("_", "-"), value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)
    return send


def flow(part, pause=0.0, length=None):
    """A body without end, or with a length that it never reaches."""
    def send(to):
        to.send_response(200)
        to.send_header("Content-Type", INDEX)
        if length:
            to.send_header("Content-Length", str(length))
        to.send_header("Connection", "close")
        to.end_headers()
        to.close_connection = True
        while True:
            to.wfile.write(part)
            to.wfile.flush()
            time.sleep(pause)
    return send


def pages(body, following):
    def send(to):
        answer(body(to.page), Link=f"<{to.path.split('?')[0]}?{following(to.page)}>; rel=\"next\"")(to)
    return send


def signature_manifest(layers):
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": EMPTY, "layers": layers}).encode()


def layer(size):
    return {"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": "sha256:" + "a" * 64, "size": size,
            "annotations": {"dev.cosignproject.cosign/signature": "AAAA"}}


# What it says to a question, the exit code (or codes) and the words that are due. "referrers" is asked by digest, ".sig" by tag.
LIES = {
    "a page that leads to itself": ("referrers", pages(lambda _: listing(), lambda _: ""), 24, "circle"),
    "ever new pages": ("referrers", pages(lambda _: listing(), lambda page: f"page={page}"), 24, "more than 64 pages"),
    "10,000 referrers": ("referrers", answer(listing(10_000)), (20, 24), "failed lookups"),  # none is there; two thousand are asked for at most
    "10,000 in pages of 500": ("referrers", pages(lambda page: listing(500, page * 500), lambda page: f"page={page}"), (20, 24), "failed lookups"),
    "a Retry-After of an hour": ("referrers", answer(status=429, Retry_After="3600"), 23, "asks to wait 3600 s"),
    "a body without end": ("referrers", flow(b" " * 65_536), 24, "more than"),
    "a length of 10 GiB": ("referrers", flow(b" " * 65_536, length=10 << 30), 24, "more than"),
    "a byte a second": ("referrers", flow(b" ", pause=1), 20, "did not answer within the time limit"),
    "a redirect to itself": ("referrers", lambda to: answer(status=307, Location=to.path)(to), 24, "redirect"),
    "JSON 200,000 deep": ("referrers", answer(b"[" * 200_000), 24, "nested deeper than the limit of 64"),
    "a million keys": ("referrers", answer(b"{" + b",".join(b'"%d":0' % i for i in range(1_000_000)) + b"}"), 24, "body of"),
    "300,000 values": ("referrers", answer(b"[" + b",".join([b"0"] * 300_000) + b"]"), 24, "more than the limit of 262144 values"),
    "a document after the document": ("referrers", answer(listing() + b"{}"), 24, "expected end of input"),
    "a key twice": ("referrers", answer(listing().replace(b'"manifests"', b'"schemaVersion": 2, "manifests"')), 24, "schemaVersion"),
    "a compressed answer": ("referrers", answer(b"\x1f\x8b" + b"x" * 100, Content_Encoding="gzip"), 24, "gzip"),
    "a signature manifest of 2,000 layers": (".sig", answer(signature_manifest([layer(1)] * 2_000), kind=MANIFEST), 24, "1000"),
    "a signature manifest of 20,000": (".sig", answer(signature_manifest([layer(1)] * 20_000), kind=MANIFEST), 24, "more than 4194304"),
    "a signature of 2^63-1 bytes": (".sig", answer(signature_manifest([layer(2**63 - 1)]), kind=MANIFEST), 24, "at most 1048576 are read"),
    "a signature of -1 bytes": (".sig", answer(signature_manifest([layer(-1)]), kind=MANIFEST), 24, "expected an integer of 0 or more"),
    "an error page without end": ("referrers", flow(b"<p>" * 9_000), 24, "more than"),
}


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """The verifier hangs up, as it should."""


class Liar(http.server.BaseHTTPRequestHandler):
    """Passes the honest registry's answers on, but for what the lie is about."""
    protocol_version = "HTTP/1.1"
    known = ()  # the digests that are there
    lie = None  # (what it is asked for, how it answers)
    count = itertools.count(1)

    def do_GET(self):
        self.page = next(Liar.count)
        if Liar.lie and Liar.lie[0] in self.path:
            return Liar.lie[1](self)
        if "/manifests/sha256:" in self.path and self.path.rsplit("/", 1)[1] not in Liar.known:
            return answer(b"{}", 404)(self)
        connection = http.client.HTTPConnection(REGISTRY)
        connection.request(self.command, self.path, headers={"Accept": self.headers.get("Accept", "*/*")})
        honest = connection.getresponse()
        body = honest.read()
        return answer(body, honest.status, honest.getheader("Content-Type", ""))(self)

    def log_message(self, *_):
        pass


def ask(verifier, name, digest):
    """Exit code, words, seconds, and the peak memory of the greater of the two processes."""
    arguments, descriptor = request_for(name, digest)
    begin = time.monotonic()
    with subprocess.Popen([str(verifier), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env={}) as asked:
        asked.stdin.write(descriptor)
        asked.stdin.close()
        said = asked.stdout.read()
        _, status, usage = os.wait4(asked.pid, 0)
        asked.returncode = os.waitstatus_to_exitcode(status)
    return asked.returncode, said, time.monotonic() - begin, usage.ru_maxrss


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    hallmark, verifier = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    enter("busybox")
    server = Server(("127.0.0.1", 0), Liar)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = f"127.0.0.1:{server.server_port}/shop/api:1"
    with tempfile.TemporaryDirectory(prefix="hallmark-lies.") as text:
        registry = start_registry(pathlib.Path(text))
        try:
            node = Node(pathlib.Path(text), hallmark)
            digest = node.push_signed("good")
            run(hallmark, "sign", "-q", "--format", "simple", "--key", node.folder / "release.key", f"{REGISTRY}/shop/api:good")
            run(hallmark, "key", "generate", "-q", "--out", node.folder / "foreign", "--format", "pkcs8")
            other = node.push_signed("other", signer="foreign")
            Liar.known = (digest, other)
            for what, (where, lie, code, words) in LIES.items():
                node.forget()
                Liar.lie = (where, lie)
                got, said, seconds, memory = ask(verifier, name, other)
                check(got in (code if isinstance(code, tuple) else (code,)) and words in said and seconds < MOST_SECONDS and memory < MOST_KIB,
                      f"{what}: refused ({got}, {seconds:.1f} s, {memory >> 10} MiB: …{said.strip()[-120:]})")
            Liar.lie = None
            node.forget()
            got, said, _, _ = ask(verifier, name, digest)
            check(got == 0 and said.startswith("verified: "), f"honest, it is believed ({said.strip()[:80]})")
        finally:
            registry.terminate()
            registry.wait()
            server.shutdown()


main()

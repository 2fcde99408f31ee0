#!/usr/bin/env python3
"""usage: verifier_faults.py HALLMARK HALLMARK-VERIFIER LIBFAULT

[attack 45, 47] Lets single calls of the verifier fail, in the process that containerd starts and in the one that speaks to the registry: memory,
reads, writes, fsync and OpenSSL's functions, each at many of its calls, asked of a good image and of one signed by somebody else, with and
without a remembered decision. Never does the bad one get a 0, nor the good one a 0 with other words than it has to be. Needs root."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from own_machine import REGISTRY, Node, check, enter, request_for, run, start_registry

# What fails, until which call it is tried, and what it answers then.
FAULTS = [("malloc", 40_000, None), ("read", 400, None), ("recv", 100, None), ("send", 100, None), ("write", 60, None), ("fsync", 10, None),
          ("EVP_DigestVerify", 4, None), ("EVP_DigestVerify", 4, "-1"), ("EVP_DigestVerifyInit", 4, None), ("EVP_DigestUpdate", 60, None),
          ("EVP_DigestInit_ex2", 30, None), ("EVP_DigestFinal_ex", 30, None), ("EVP_Digest", 30, None), ("EVP_MD_CTX_new", 30, None),
          ("EVP_DecodeBlock", 10, None), ("EVP_EncodeBlock", 10, None), ("d2i_PUBKEY", 4, None), ("d2i_PUBKEY_ex", 4, None), ("i2d_PUBKEY", 4, None)]


def positions(most):
    """All of the first 24, then ever fewer."""
    at = 1
    while at <= most:
        yield at
        at += 1 if at < 24 else at // 4


class FaultyNode(Node):
    def __init__(self, folder, hallmark, verifier, library):
        super().__init__(folder, hallmark)
        self.verifier, self.library = verifier, library

    def ask(self, digest, fault=None):
        environment = {}
        if fault:
            name, nth, answer = fault
            environment = {"LD_PRELOAD": str(self.library), "HALLMARK_TEST_FAULT": f"{name}:{nth}"}
            if answer:
                environment["HALLMARK_TEST_FAULT_ANSWER"] = answer
        arguments, descriptor = request_for(f"{REGISTRY}/shop/api:1", digest)
        done = subprocess.run([str(self.verifier), *arguments], input=descriptor, capture_output=True, text=True, env=environment, timeout=60,
                              check=False)
        return done.returncode, done.stdout


def go_through(node, what, digest, admitted, remembered):
    """`admitted` is what the verifier says to the good image; None for a bad one."""
    runs = refused = 0
    for name, most, answer in FAULTS:
        for nth in positions(most):
            node.forget()
            if remembered:
                node.ask(digest)
            code, said = node.ask(digest, (name, nth, answer))
            runs += 1
            refused += code != 0
            if code == 0 and said != admitted:
                sys.exit(f"FAIL {what}: exit 0 when call {nth} of {name} fails with {answer or 'its usual'}, said {said!r}")
            # Without memory the standard library aborts, and OpenSSL's first initialisation crashes; containerd refuses then, too.
            if code < 0 and not (name == "malloc" and code in (-6, -11)):
                sys.exit(f"FAIL {what}: signal {-code} when call {nth} of {name} fails")
    check(refused > 20 and (admitted is None) == (refused == runs), f"{what}: {runs} faults, {refused} refusals")


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    hallmark, verifier, library = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    enter("busybox")
    with tempfile.TemporaryDirectory(prefix="hallmark-faults.") as text:
        folder = pathlib.Path(text)
        registry = start_registry(folder)
        try:
            node = FaultyNode(folder, hallmark, verifier, library)
            run(hallmark, "key", "generate", "-q", "--out", folder / "foreign", "--format", "pkcs8")
            digests = {"good": node.push_signed("good"), "bad": node.push_signed("bad", signer="foreign")}
            code, admitted = node.ask(digests["good"])
            check(code == 0 and admitted.startswith("verified: "), "without a fault the good image is admitted")
            code, _ = node.ask(digests["bad"])
            check(code == 12, "and the bad one is not")
            for remembered, how in ((False, "looked up"), (True, "remembered")):
                go_through(node, f"the good image, {how}", digests["good"], admitted, remembered)
                go_through(node, f"the bad image, {how}", digests["bad"], None, remembered)
        finally:
            registry.terminate()
            registry.wait()


main()

#!/usr/bin/env python3
"""usage: tokens.py [BUILD] [--smoke]   what signatures on a PKCS#11 token cost: SoftHSM 2, one process that keeps its session and login,
beside pkcs11-tool, which is a process a signature, and beside the module's own calls

Printed, not judged: times. Judged, because steady: what is called on the token, by OpenSC's pkcs11-spy: one login and one session for all signatures, two
calls for each. Needs softhsm2 and opensc; skipped without them."""

import glob
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDS = [word for word in sys.argv[1:] if not word.startswith("-")]
BUILD = pathlib.Path(WORDS[0] if WORDS else ROOT / "build/release").resolve()
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
SMOKE = "--smoke" in sys.argv
SIGNATURES, PROCESSES, IMAGES = (200, 3, 5) if SMOKE else (5_000, 20, 100)
KINDS = {"p256": ("EC:prime256v1", "ECDSA"), "rsa2048": ("rsa:2048", "RSA-PKCS"), "ed25519": ("EC:edwards25519", "EDDSA")}
PIN = "123456"

failed = []


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def process_cost(command):
    """(wall, CPU) of one whole process, seconds."""
    begin = time.monotonic()
    child = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"bench: {' '.join(map(str, command))}: exit {child.returncode}\n{said}")
    return time.monotonic() - begin, used.ru_utime + used.ru_stime


def make_token(folder):
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ.update(SOFTHSM2_CONF=str(folder / "softhsm2.conf"), HALLMARK_PIN=PIN)
    run("softhsm2-util", "--init-token", "--free", "--label", "bench", "--so-pin", PIN, "--pin", PIN)
    for number, (label, (kind, _)) in enumerate(KINDS.items(), 1):
        run("pkcs11-tool", "--module", MODULE, "--token-label", "bench", "--login", "--pin", PIN, "--keypairgen", "--key-type", kind, "--label", label,
            "--id", f"0{number}")


def make_layout(folder, count):
    """An OCI layout with `count` images, tagged 0…"""
    layout = folder / "layout"
    (layout / "blobs/sha256").mkdir(parents=True)

    def blob(data):
        digest = hashlib.sha256(data).hexdigest()
        (layout / "blobs/sha256" / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    config = {"mediaType": "application/vnd.oci.image.config.v1+json", **blob(b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}')}
    kind, manifests = "application/vnd.oci.image.manifest.v1+json", []
    for number in range(count):
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [], "annotations": {"number": str(number)}}
        manifests.append({"mediaType": kind, **blob(json.dumps(manifest).encode()), "annotations": {"org.opencontainers.image.ref.name": str(number)}})
    (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": manifests}))
    return [f"oci:{layout}:{number}" for number in range(count)]


def row(what, cost, ratio=None):
    print(f"  {what:62}{1 / cost['wall']:10,.0f}{cost['cpu'] * 1e3:12.3f}{f'{ratio:10.0f}x' if ratio else ''}", flush=True)


def signatures(folder):
    driver = BUILD / "tests/bench/token_cost"
    (folder / "digest").write_bytes(os.urandom(32))
    print(f"\nsignatures on a token (SoftHSM 2), CPU of all that runs in the process\n{'':64}{'a second':>10}{'CPU ms':>12}{'CPU :':>11}")

    def in_one_process(what, reference):
        measured = json.loads(run(driver, what, reference, SIGNATURES))
        return {"wall": measured["signature_wall"], "cpu": measured["signature_cpu"]}

    for number, (label, (_, mechanism)) in enumerate(KINDS.items(), 1):
        each = [process_cost(["pkcs11-tool", "--module", MODULE, "--token-label", "bench", "--pin", PIN, "--sign", "--mechanism", mechanism, "--id", f"0{number}",
                              "--input-file", folder / "digest", "--output-file", folder / "signature"]) for _ in range(PROCESSES)]
        tool = {"wall": sum(cost[0] for cost in each) / PROCESSES, "cpu": sum(cost[1] for cost in each) / PROCESSES}
        ours = in_one_process("hallmark", f"pkcs11:token=bench;object={label}?module-path={MODULE}")
        row(f"{label}: pkcs11-tool, a process each", tool)
        row(f"{label}: hallmark's provider, one session; hashed and verified, too", ours, tool["cpu"] / ours["cpu"])
        if label == "p256":
            floor = in_one_process("bare", MODULE)
            row(f"{label}: C_SignInit and C_Sign alone", floor, tool["cpu"] / floor["cpu"])


def program(folder):
    """hallmark itself: what one more image costs, its layout read and written, too."""
    hallmark = BUILD / "cmd/hallmark/hallmark"
    images = make_layout(folder, IMAGES + 1)
    sign = [hallmark, "sign", "--key", f"pkcs11:token=bench;object=p256?module-path={MODULE}"]
    one = process_cost([*sign, images[0]])
    all_others = process_cost([*sign, *images[1:]])
    more = {"wall": (all_others[0] - one[0]) / (IMAGES - 1), "cpu": (all_others[1] - one[1]) / (IMAGES - 1)}
    print(f"\nhallmark sign, images of an OCI layout\n{'':64}{'a second':>10}{'CPU ms':>12}")
    row("one image: start, p11-kit, module, login, signature", {"wall": one[0], "cpu": one[1]})
    row(f"each of {IMAGES} in one process", more)
    return sign, images


def calls(folder, sign, images):
    spy = next(iter(glob.glob("/usr/lib/*/pkcs11-spy.so") + glob.glob("/usr/lib/*/pkcs11/pkcs11-spy.so")), None)
    if not spy:
        print("SKIPPED calls on the token: pkcs11-spy.so is not there")
        return
    log = folder / "spy.log"
    os.environ.update(PKCS11SPY=MODULE, PKCS11SPY_OUTPUT=str(log))
    few = images[:5]
    run(*[word.replace(MODULE, spy) if isinstance(word, str) else word for word in sign], *few)
    called = re.findall(r"^\d+: (C_\w+)$", log.read_text(errors="replace"), re.MULTILINE)
    print(f"\ncalls on the token for {len(few)} signatures, {len(called)} in all")
    for name, most in {"C_Initialize": 1, "C_OpenSession": 1, "C_Login": 1, "C_SignInit": len(few), "C_Sign": len(few)}.items():
        print(f"  {name:62}{called.count(name):10}")
        if called.count(name) != most:
            failed.append(f"{name} was called {called.count(name)} times for {len(few)} signatures, not {most}")


def main():
    missing = [name for name in ("softhsm2-util", "pkcs11-tool", "cmake") if not shutil.which(name)]
    if missing or not os.path.exists(MODULE):
        print(f"SKIPPED bench of tokens: not installed: {', '.join(missing) or MODULE}")
        return 1 if os.environ.get("CI") == "true" else 0
    run("cmake", "--build", BUILD, "--target", "token_cost")
    with tempfile.TemporaryDirectory(prefix="hallmark-bench.") as text:
        folder = pathlib.Path(text)
        os.environ.update(HOME=text, TMPDIR=text)
        make_token(folder)
        signatures(folder)
        calls(folder, *program(folder))
    for each in failed:
        print(f"FAIL over budget: {each}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

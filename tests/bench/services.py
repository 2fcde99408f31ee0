#!/usr/bin/env python3
"""usage: services.py [BUILD]   what a signature by a key service costs: requests, and CPU of hallmark beside a plain key file

Judged, because steady: one request for the key and one for each signature. The service is the little of Vault that the tests of the
command line use; what each real service is asked, login included, is counted by the live tests (tests/interop)."""
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "tests/bench")]
from tokens import make_layout, process_cost  # noqa: E402
from vault_server import TOKEN, VaultServer  # noqa: E402

HALLMARK = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build/release").resolve() / "cmd/hallmark/hallmark"
IMAGES = 20


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as name, VaultServer() as vault:
        folder = pathlib.Path(name)
        vault.make_key("release")
        os.environ.update(VAULT_ADDR=vault.url, VAULT_TOKEN=TOKEN, HOME=name)
        images = make_layout(folder, 2 * (IMAGES + 1))
        plain = folder / "plain.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", plain], check=True, stderr=subprocess.DEVNULL)
        plain.chmod(0o600)
        print(f"\nsignatures by a key service (HTTP on loopback), images of an OCI layout\n{'':44}{'requests':>10}{'CPU ms':>10}{'with a file':>13}")
        for count in (1, IMAGES):
            of_service, of_file = images[:count], images[count : 2 * count]
            del images[: 2 * count]
            vault.requests.clear()
            cpu = process_cost([HALLMARK, "sign", "--key", "hashivault://release", *of_service])[1]
            asked, signed = len(vault.requests), sum("/sign/" in path for path in vault.requests)
            print(f"  {f'{count} in one process':42}{asked:10}{cpu * 1e3:10.1f}{process_cost([HALLMARK, 'sign', '--key', plain, *of_file])[1] * 1e3:13.1f}")
            failed += (asked, signed) != (count + 1, count)
    if failed:
        sys.exit("bench: more was asked than once for the key and once for each signature")


main()

"""What tests that need a machine of their own share: a network with nothing but loopback, mounts nobody else sees, a docker-registry on
127.0.0.1:5000. Needs root."""
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
REGISTRY = "127.0.0.1:5000"
NAME = pathlib.Path(sys.argv[0]).stem


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{NAME}: {' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def check(condition, what):
    if not condition:
        sys.exit(f"FAIL {what}")
    print(f"ok {what}", flush=True)


def enter(*tools):
    """Begins the script again in a network and mounts of its own; where that cannot be, says SKIPPED (and fails in CI)."""
    missing = [name for name in ("unshare", "ip", "docker-registry", *tools) if not shutil.which(name)]
    if os.geteuid() != 0 or missing:
        print(f"SKIPPED {NAME}: needs root{', not installed: ' + ' '.join(missing) if missing else ''}")
        sys.exit(1 if os.environ.get("CI") == "true" else 77)
    if os.environ.get("HALLMARK_OWN_MACHINE") != "yes":
        os.environ["HALLMARK_OWN_MACHINE"] = "yes"
        os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])
    run("ip", "link", "set", "lo", "up")
    for name in list(os.environ):
        if name.startswith(("SSL_CERT", "HALLMARK_R")) or name.lower().endswith("_proxy"):
            del os.environ[name]


def start_registry(folder, tls=""):
    """`tls` is a flow mapping of its configuration."""
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: '{REGISTRY}'{', tls: ' + tls if tls else ''}}}\n")
    registry = subprocess.Popen(["docker-registry", "serve", folder / "registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", 5000)) == 0:
                return registry
        time.sleep(0.05)
    sys.exit(f"{NAME}: docker-registry does not start")


def request_for(name, digest):
    """What containerd asks a verifier: arguments, and what is on standard input."""
    descriptor = f'{{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"{digest}","size":1}}\n'
    return ["-name", name, "-digest", digest, "-stdin-media-type", "application/vnd.oci.descriptor.v1+json"], descriptor


class Node:
    """/etc/hallmark and /var/lib/hallmark of this machine alone: `etc`, with a policy that wants release.key's signature of everything,
    and `lib`; the mounts end with the machine."""

    def __init__(self, folder, hallmark):
        self.folder, self.hallmark = folder, hallmark
        self.etc, self.lib = folder / "etc", folder / "lib"
        for place, mounted in ((self.etc, "/etc/hallmark"), (self.lib, "/var/lib/hallmark")):
            place.mkdir(mode=0o755)
            pathlib.Path(mounted).mkdir(parents=True, exist_ok=True)
            run("mount", "--bind", place, mounted)
        run(hallmark, "key", "generate", "-q", "--out", folder / "release", "--format", "pkcs8")
        policies = self.etc / "policy.d"
        policies.mkdir(mode=0o755)
        shutil.copy(folder / "release.pub", policies)
        (policies / "policy.yaml").write_text("version: 1\ntrust: {release: {key: release.pub}}\nrules: [{match: \"**\", require: {any: [release]}}]\n")

    def push_signed(self, name, signer="release"):
        """An image shop/api:NAME, signed; its digest."""
        run(SOURCE / "tests/support/make_image.sh", self.folder / name, "1", name)
        run(self.hallmark, "copy", "-q", f"oci:{self.folder}/{name}:1", f"{REGISTRY}/shop/api:{name}")
        return run(self.hallmark, "sign", "-q", "--key", self.folder / f"{signer}.key", f"{REGISTRY}/shop/api:{name}").strip().split("@")[1]

    def forget(self):
        for file in self.lib.iterdir():
            file.unlink()

#!/usr/bin/env python3
"""usage: provider_test.py HALLMARK

Keys of a key service as the command line treats them: signing by several, pins, rights, causes. The service is a little of Vault
(vault_server.py), whose requests are counted."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from support import check  # noqa: E402
from vault_server import TOKEN, VaultServer  # noqa: E402

HALLMARK = os.path.abspath(sys.argv[1])
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Session:
    def __init__(self, folder, vault):
        self.folder, self.vault = folder, vault
        os.mkdir(os.path.join(folder, "home"))

    def run(self, *arguments, token=TOKEN, **variables):
        """Exit code, stdout, stderr, and what was asked of the service."""
        self.vault.requests.clear()
        environment = {"PATH": os.environ["PATH"], "HOME": os.path.join(self.folder, "home"), "HALLMARK_PASSWORD": "pw",
                       "VAULT_ADDR": self.vault.url, "VAULT_TOKEN": token, **variables}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"):
            if name in os.environ:
                environment[name] = os.environ[name]
        done = subprocess.run([HALLMARK, *arguments], env=environment, cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        check(TOKEN not in done.stdout + done.stderr, f"{' '.join(arguments[:2])}: the token is in no output")
        return done.returncode, done.stdout, done.stderr, list(self.vault.requests)

    def json(self, *arguments, schema, **more):
        code, out, _, _ = self.run(*arguments, "-o", "json", **more)
        done = subprocess.run([sys.executable, os.path.join(SOURCE, "tests/cli/validate.py"), schema], input=out, text=True, capture_output=True,
                              env={**os.environ, "SOURCE": SOURCE})
        check(done.returncode == 0, f"{' '.join(arguments[:2])} -o json fits schema {schema}: {done.stderr}")
        return code, [json.loads(line) for line in out.splitlines()]


def of_signing(requests):
    return [path for path in requests if "/sign/" in path]


def signing(session):
    vault = session.vault
    session.run("key", "generate", "--out", "file")
    subprocess.run(["bash", os.path.join(SOURCE, "tests/support/make_image.sh"), "image", "1"], cwd=session.folder, check=True, capture_output=True)
    code, _, err, requests = session.run("sign", "--key", "hashivault://release", "oci:image:1")
    check(code == 0, f"an image is signed: {err}")
    check(f"by key {vault.key_id('release')[:12]}" in err and "of hashivault://release" in err, "sign says which key signed")
    check(len(of_signing(requests)) == 1, "one request for the signature")
    code, documents = session.json("sign", "--key", "hashivault://release", "--key", "file.key", "oci:image:1", schema="sign")
    signers = [one["signer"] for one in documents[0]["signatures"]]
    check(code == 0 and signers == ["hashivault://release", "file.key"], "a service and a file sign together, and JSON says who")
    code, out, err, _ = session.run("verify", "--key", "hashivault://release", "oci:image:1")
    check(code == 0, "the service's public key verifies")

    def signatures():
        _, documents = session.json("inspect", "oci:image:1", schema="inspect")
        return len(documents[0]["attached"])

    before = signatures()
    vault.refuse = {"/v1/transit/sign/second": (403, "permission denied")}
    code, documents = session.json("sign", "--key", "file.key", "--key", "hashivault://second", "--key", "hashivault://release", "oci:image:1", schema="sign")
    check(code == 30 and documents[0]["cause"] == "access-denied", "one of three signers is refused: access-denied")
    check(signatures() == before, "where one signer fails nothing is published")
    vault.refuse = {}


def pins(session):
    vault = session.vault
    code, out, err, requests = session.run("trust", "pin", "hashivault://release")
    check(code == 0 and out.strip() == vault.key_id("release"), f"a key is pinned: {err}")
    code, _, err, requests = session.run("verify", "--key", "hashivault://release", "oci:image:1")
    check(code == 0 and not requests, f"verifying by a pinned key asks nobody: {requests}")
    with open(os.path.join(session.folder, "policy.yaml"), "w") as file:
        file.write("version: 1\ntrust:\n  release: {key: \"hashivault://release\"}\nrules:\n  - {match: \"**\", require: {any: [release]}}\n")
    code, _, err, requests = session.run("verify", "--policy", "policy.yaml", "--as", "registry.example/a", "oci:image:1")
    check(code == 0 and not requests, f"a policy takes the pin, too: {err}")
    with open(os.path.join(session.folder, "none.json"), "w") as file:
        file.write('{"version":1,"pins":[]}')
    code, _, err, requests = session.run("verify", "--policy", "policy.yaml", "--as", "registry.example/a", "oci:image:1", HALLMARK_TRUST="missing.json")
    check(code == 40 and "no trust file missing.json" in err and not requests, f"a trust file that is named and missing is a mistake: {err}")
    code, _, err, requests = session.run("verify", "--policy", "policy.yaml", "--as", "registry.example/a", "oci:image:1", HALLMARK_TRUST="none.json")
    check(code == 0 and requests, "without a pin it asks the service")
    code, _, err, _ = session.run("policy", "check", "policy.yaml")
    check(code == 0, f"policy check opens it: {err}")
    with open(os.path.join(session.folder, "tests.yaml"), "w") as file:
        file.write("version: 1\ntests:\n  - {image: registry.example/a, signed-by: [release], expect: verified}\n")
    code, _, err, requests = session.run("policy", "test", "--policy", "policy.yaml", "tests.yaml")
    check(code == 0 and not requests, f"policy test takes it, too: {err}")
    code, _, err, requests = session.run("policy", "test", "--policy", "policy.yaml", "tests.yaml", HALLMARK_TRUST="none.json")
    check(code == 30 and "is not pinned in none.json" in err and not requests, "and asks nobody where it is not pinned")
    code, _, err, _ = session.run("policy", "init", "--key", "hashivault://release", "--match", "registry.example/**", "--out", "begun.yaml")
    check(code == 0 and '"hashivault://release"' in open(os.path.join(session.folder, "begun.yaml")).read(), f"policy init names it as typed: {err}")
    code, _, _, requests = session.run("sign", "--key", "hashivault://release", "oci:image:1")
    check(code == 0 and len(of_signing(requests)) == 1, "signing with a pinned key")
    code, documents = session.json("trust", "show", "--check", schema="trust")
    check(code == 0 and documents[0]["pins"][0]["same"], "show --check: the same key")

    old = vault.key_id("release")
    vault.make_key("release")
    new = vault.key_id("release")
    both = lambda text: old in text and new in text  # noqa: E731
    code, _, err, requests = session.run("sign", "--key", "hashivault://release", "oci:image:1")
    check(code == 30 and both(err) and not of_signing(requests), "a key that was substituted signs nothing, and both are named")
    code, documents = session.json("trust", "show", "--check", schema="trust")
    check(code == 30 and documents[0]["cause"] == "wrong-answer" and both(documents[0]["reason"]), "show --check names both")
    check(documents[0]["pins"][0]["same"] is False, "and says which pin it is")
    code, _, err, _ = session.run("trust", "pin", "hashivault://release")
    check(code == 30 and both(err), "pinning another key is an error that names both")
    code, _, err, _ = session.run("key", "public", "--key", "hashivault://release")
    check(code == 30 and both(err), "key public says so, too")
    code, out, err, _ = session.run("key", "inspect", "hashivault://release")
    check(code == 0 and new in out and both(err), "key inspect shows the key of now and warns")
    code, documents = session.json("key", "inspect", "-q", "hashivault://release", schema="key")
    check(code == 0 and any(both(one) for one in documents[0]["warnings"]), f"with -q -o json, too: {documents[0]['warnings']}")
    code, _, _, requests = session.run("verify", "--key", "hashivault://release", "oci:image:1")
    check(code == 0 and not requests, "what the pinned key signed stays verified")
    code, documents = session.json("doctor", "--key", "hashivault://release", schema="doctor")
    check(code == 40 and [one.get("cause") for one in documents[0]["findings"] if one["id"] == "key-substituted"] == ["wrong-answer"], "doctor says so")
    code, documents = session.json("trust", "pin", "--replace", "hashivault://release", schema="trust")
    check(code == 0 and documents[0]["pins"][0]["id"] == new, "--replace pins the key of now")
    code, _, _, _ = session.run("trust", "unpin", "hashivault://release")
    check(code == 0, "a pin is taken out")
    code, documents = session.json("trust", "unpin", "hashivault://release", schema="trust")
    check(code == 30 and documents[0]["cause"] == "not-found", "only once")


def keys(session):
    vault = session.vault
    code, out, err, _ = session.run("key", "generate", "--kms", "hashivault://fresh")
    check(code == 0 and out == vault.public_key("fresh"), f"a key is made in the service: {err}")
    code, documents = session.json("key", "generate", "--kms", "hashivault://third", "--out", "third", schema="key")
    check(code == 0 and documents[0]["public_key"] == "third.pub" and not os.path.exists(os.path.join(session.folder, "third.key")), "--out writes the public half alone")
    asked = session.run("key", "generate", "--kms", "hashivault://third", "--out", "third")
    check(asked[0] == 2 and not asked[3], "a file that is there ends it before a key is made")
    code, _, err, requests = session.run("key", "generate", "--kms", "hashivault://hid", "--out", "nodir/x")
    check(code == 2 and not requests and "folder nodir" in err, f"nor is one made where its public half could not be written: {err}")
    os.mkdir(os.path.join(session.folder, "goes"))
    vault.on_create = lambda: os.rmdir(os.path.join(session.folder, "goes"))
    code, documents = session.json("key", "generate", "--kms", "hashivault://hid", "--out", "goes/x", schema="key")
    vault.on_create = lambda: None
    told = f"key {vault.key_id('hid')} was made as hashivault://hid, but: goes/x.pub"
    check(code == 2 and told in documents[0]["reason"], f"a folder that goes meanwhile: the error names the key that was made: {documents}")
    check("hallmark key public --key hashivault://hid" in documents[0]["hint"], "and how to fetch its public half")
    check(session.run("key", "generate", "--kms", "hashivault://x", "--format", "pkcs8")[0] == 2, "--format is for files")
    check(session.run("key", "generate", "--kms", "x.key")[0] == 2, "a file is no place for --kms")
    code, documents = session.json("key", "inspect", "--role", "signer", "hashivault://fresh", schema="key")
    check(code == 0 and documents[0]["exportable"] == "no" and documents[0]["place"], "key inspect has a place")
    held = {one["action"]: one["held"] for one in documents[0]["rights"]}
    check(held.get("sign") == "yes", f"and rights: {held}")
    _, _, err, _ = session.run("key", "inspect", "--role", "verifier", "hashivault://fresh")
    check("could sign" in err, "a verifier that could sign is a warning")
    code, documents = session.json("doctor", "--key", "hashivault://fresh", "--role", "verifier", schema="doctor")
    check(code == 0 and "key-privilege" in [one["id"] for one in documents[0]["findings"]], "of doctor, too")


def failures(session):
    vault = session.vault
    rows = [("hashivault://nowhere", {}, {}, "not-found"), ("hashivault://release", {"token": "hvs.wrong"}, {}, "access-denied"),
            ("hashivault://release", {}, {"/v1/transit/keys": (503, "sealed")}, "unreachable"),
            ("nosuch://key", {}, {}, "unsupported"), ("nowhere.key", {}, {}, "not-found"), ("env://NOWHERE", {}, {}, "not-found"),
            ("fd:77", {}, {}, "not-found"), ("file.pub", {}, {}, "wrong-key"), ("file.key", {"HALLMARK_PASSWORD": "wrong"}, {}, "wrong-pin")]
    for reference, variables, refuse, cause in rows:
        vault.refuse = refuse
        code, documents = session.json("sign", "--timeout", "3s", "--key", reference, "oci:image:1", schema="sign", **variables)
        check(code == 30 and documents[0].get("cause") == cause, f"{reference} {variables}: {cause} ({documents[0]})")
    vault.refuse = {}


def token(session):
    """A key on a token of SoftHSM: what doctor says of it with a PIN and without."""
    module = "/usr/lib/softhsm/libsofthsm2.so"
    if not (os.path.exists(module) and shutil.which("softhsm2-util")):
        print("skipped: no SoftHSM here", flush=True)
        return
    configuration = os.path.join(session.folder, "softhsm2.conf")
    os.mkdir(os.path.join(session.folder, "tokens"))
    with open(configuration, "w") as file:
        file.write(f"directories.tokendir = {session.folder}/tokens\nobjectstore.backend = file\n")
    for arguments in (["--init-token", "--free", "--label", "t", "--so-pin", "12345678", "--pin", "1234"],
                      ["--import", session.vault.keys["second"], "--token", "t", "--label", "k", "--id", "01", "--pin", "1234"]):
        subprocess.run(["softhsm2-util", *arguments], env={**os.environ, "SOFTHSM2_CONF": configuration}, check=True, capture_output=True)
    reference = f"pkcs11:token=t;object=k?module-path={module}"

    def findings(*arguments, **variables):
        code, documents = session.json("doctor", "--key", reference, *arguments, schema="doctor", SOFTHSM2_CONF=configuration, **variables)
        return code, {one["id"]: one for one in documents[0]["findings"]}

    for role in ([], ["--role", "signer"]):
        code, found = findings(*role)
        check(code == 0 and found["key-untried"]["severity"] == "warning", f"doctor of a token without a PIN does not know whether it can sign: {found}")
        check("HALLMARK_PIN" in found["key-untried"]["remedy"], "and how to give it one")
    check("key-untried" not in findings("--role", "verifier")[1], "who verifies needs none")
    check("key-untried" not in findings(HALLMARK_PIN="1234")[1], "nor is it said with a PIN")
    code, found = findings(HALLMARK_PIN="9999")
    check(code == 40 and found["key-unusable"]["cause"] == "wrong-pin", "the cause of a failure is its own member")


def main():
    with tempfile.TemporaryDirectory() as folder, VaultServer() as vault:
        session = Session(folder, vault)
        vault.make_key("release")
        vault.make_key("second")
        signing(session)
        pins(session)
        keys(session)
        failures(session)
        token(session)


main()

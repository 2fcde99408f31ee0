"""A little of Vault's Transit engine, for tests of the command line: keys, signatures, and failures on demand.

    with VaultServer() as vault:
        run("hallmark", "sign", "--key", "hashivault://release", …, env={"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN})

Keys are made by openssl. `requests` counts what was asked, by path; `refuse[path] = (status, error)` has it answer so."""
import base64
import hashlib
import json
import os
import subprocess
import tempfile

from support import LocalServer, QuietHandler

TOKEN = "hvs.MARKEDsecretTOKENofTHEtests0123456789abcdef"


class VaultServer(LocalServer):
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.keys = {}  # name: file of its private key
        self.requests = []
        self.refuse = {}
        self.on_create = lambda: None  # called once a key was made
        outer = self

        class Handler(QuietHandler):
            def answer(self, status, document):
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle_any(self):
                size = int(self.headers.get("Content-Length", "0"))
                body = json.loads(self.rfile.read(size) or b"{}") if size else {}
                path = self.path.split("?")[0]
                outer.requests.append(path)
                if self.headers.get("X-Vault-Token") != TOKEN:
                    return self.answer(403, {"errors": ["permission denied"]})
                for prefix, (status, error) in outer.refuse.items():
                    if path.startswith(prefix):
                        return self.answer(status, {"errors": [error]})
                return self.answer(*outer.respond(self.command, path, body))

            do_GET = do_POST = do_PUT = do_LIST = handle_any

        super().__init__(Handler)
        self.url = "http://" + self.name

    def __exit__(self, *_):
        super().__exit__()
        self.folder.cleanup()

    def make_key(self, name):
        """A new key under this name, also in place of another."""
        path = os.path.join(self.folder.name, name + ".pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path], check=True, stderr=subprocess.DEVNULL)
        self.keys[name] = path

    def public_key(self, name):
        return subprocess.run(["openssl", "pkey", "-in", self.keys[name], "-pubout"], check=True, capture_output=True, text=True).stdout

    def key_id(self, name):
        der = base64.b64decode("".join(self.public_key(name).splitlines()[1:-1]))
        return hashlib.sha256(der).hexdigest()

    def respond(self, method, path, body):
        if path == "/v1/sys/capabilities-self":
            paths = body.get("paths", [])
            return 200, {"data": {"capabilities": ["root"], **{one: ["root"] for one in paths}}}
        parts = path.split("/")  # "", v1, transit, keys|sign, NAME[, HASH]
        if len(parts) < 5 or parts[1:3] != ["v1", "transit"]:
            return 404, {"errors": []}
        name = parts[4]
        if parts[3] == "keys" and method in ("POST", "PUT"):
            self.make_key(name)
            self.on_create()
            return 200, {"data": self.describe(name)}
        if name not in self.keys:
            return (400, {"errors": ["signing key not found"]}) if parts[3] == "sign" else (404, {"errors": []})
        if parts[3] == "keys":
            return 200, {"data": self.describe(name)}
        if parts[3] == "sign":
            return 200, {"data": {"signature": self.sign(name, body), "key_version": 1}}
        return 404, {"errors": []}

    def describe(self, name):
        version = {"creation_time": "2026-01-01T00:00:00Z", "name": "P-256", "public_key": self.public_key(name), "certificate_chain": ""}
        return {"name": name, "type": "ecdsa-p256", "keys": {"1": version}, "latest_version": 1, "min_available_version": 0,
                "min_decryption_version": 1, "min_encryption_version": 0, "deletion_allowed": False, "derived": False, "exportable": False,
                "allow_plaintext_backup": False, "auto_rotate_period": 0, "imported_key": False, "supports_decryption": False,
                "supports_derivation": False, "supports_encryption": False, "supports_signing": True}

    def sign(self, name, body):
        digest = base64.b64decode(body["input"])
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-inkey", self.keys[name]], input=digest, check=True, capture_output=True)
        return "vault:v1:" + base64.b64encode(done.stdout).decode()

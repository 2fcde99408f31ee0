#!/usr/bin/env python3
"""usage: vault_server.py PORT CERTIFICATE KEY FOLDER

The part of HashiCorp Vault's HTTP API that signs: the Transit engine at transit/ (and at team/transit/ in the namespace team-a),
logins by AppRole, Kubernetes and JWT, lookup-self and capabilities-self. As strict as Vault where a client could be wrong, and
stricter: an unknown field, a digest of another length than its hash, a missing X-Vault-Request are refused.

FOLDER/world.json says which keys, tokens, roles and policies there are; it is read at each request. FOLDER/mode, if there, makes
the next answers wrong: "sealed", "standby" … (see `broken`). Each request is a line of FOLDER/log: METHOD PATH STATUS."""
import base64
import hashlib
import http.server
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = ""
MAKING = threading.Lock()
HASHES = {"sha2-224": 28, "sha2-256": 32, "sha2-384": 48, "sha2-512": 64}
NAME = r"\w(?:[\w.-]*\w)?"
TYPES = {"ecdsa-p256": "P-256", "ecdsa-p384": "P-384", "ecdsa-p521": "P-521", "ed25519": "ed25519", "rsa-2048": "rsa-2048",
         "rsa-3072": "rsa-3072", "rsa-4096": "rsa-4096"}
SYMMETRIC = ("aes256-gcm96", "hmac")


class Refusal(Exception):
    def __init__(self, status, *errors):
        super().__init__(status)
        self.status, self.errors = status, list(errors)


def openssl(*words, stdin=b""):
    return subprocess.run(["openssl", *words], input=stdin, capture_output=True, check=True).stdout


def temporary(data):
    file = tempfile.NamedTemporaryFile(dir=FOLDER)
    file.write(data)
    file.flush()
    return file


def make_key(kind, path):
    if kind == "ed25519":
        words = ["genpkey", "-algorithm", "ed25519"]
    elif kind.startswith("rsa-"):
        words = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + kind[4:]]
    else:
        words = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-" + kind[-3:]]
    openssl(*words, "-out", path)


def key_path(space, mount, name, version):
    return os.path.join(FOLDER, "keys", re.sub(r"\W", "_", f"{space}.{mount}"), f"{name}.{version}.pem")


def public_text(kind, path):
    if kind == "ed25519":
        return base64.b64encode(openssl("pkey", "-in", path, "-pubout", "-outform", "DER")[-32:]).decode()
    return openssl("pkey", "-in", path, "-pubout").decode()


def padding(kind, algorithm, hash_name):
    if not kind.startswith("rsa"):
        return []
    words = ["-pkeyopt", "digest:sha" + hash_name[5:]]
    if algorithm in ("", "pss"):
        return words + ["-pkeyopt", "rsa_padding_mode:pss", "-pkeyopt", "rsa_pss_saltlen:max"]
    if algorithm == "pkcs1v15":
        return words + ["-pkeyopt", "rsa_padding_mode:pkcs1"]
    raise Refusal(400, f"unsupported rsa signature algorithm {algorithm}")


class Vault:
    """One request: who asks, in which namespace, and what the world is just now."""

    def __init__(self, method, path, headers, body):
        with open(os.path.join(FOLDER, "world.json"), encoding="utf-8") as file:
            self.world = json.load(file)
        self.method, self.path, self.headers = method, path, headers
        self.space = headers.get("X-Vault-Namespace", "").strip("/")
        self.body = body
        self.token = headers.get("X-Vault-Token")
        self.now = time.time() + self.world.get("clock", 0)

    # What the body may hold: anything else is refused.
    def fields(self, **types):
        try:
            data = json.loads(self.body)
        except ValueError:
            raise Refusal(400, "error parsing JSON") from None
        if not isinstance(data, dict):
            raise Refusal(400, "error parsing JSON")
        for name, value in data.items():
            if name not in types:
                raise Refusal(400, f"unknown field {name}")
            if types[name] is int and isinstance(value, str) and value.isdigit():
                data[name] = int(value)  # TypeInt takes both; cosign sends a string
            elif not isinstance(value, types[name]) or (types[name] is int and isinstance(value, bool)):
                raise Refusal(400, f"error converting input {value!r} for field {name!r}")
        return data

    # ---- who asks
    def known_token(self):
        token = self.world["tokens"].get(self.token or "")
        if token is None:
            folder = os.path.join(FOLDER, "logins")
            file = os.path.join(folder, hashlib.sha256((self.token or "").encode()).hexdigest())
            if os.path.exists(file):
                with open(file, encoding="utf-8") as text:
                    token = json.load(text)
        if token is None or token.get("expires", 1e18) <= self.now:
            raise Refusal(403, "2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n")
        return token

    def capabilities(self, path):
        token = self.known_token()
        if token.get("namespace", "") != self.space:
            return ["deny"]
        if "root" in token["policies"]:
            return ["root"]
        found = set()
        for policy in [*token["policies"], "default"]:
            for pattern, words in self.world["policies"][policy].items():
                if pattern == path or (pattern.endswith("*") and path.startswith(pattern[:-1])):
                    found.update(words)
        return sorted(found) if found else ["deny"]

    def allow(self, word):
        if self.token is None:
            raise Refusal(400, "missing client token")
        words = self.capabilities(self.path)
        if "root" not in words and word not in words:
            raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")

    # ---- the Transit engine
    def answer(self):
        for method, pattern, action in ROUTES:
            found = re.fullmatch(pattern, self.path)
            if found and self.method in method.split():
                return action(self, *found.groups())
        for mount in MOUNTS:
            found = re.fullmatch(f"({re.escape(mount)})/(keys|sign|verify)/({NAME})(?:/([a-z0-9-]+))?", self.path)
            if found and (self.space, mount) in [tuple(each) for each in self.world["mounts"]]:
                return self.transit(*found.groups())
        if self.token is not None:
            self.known_token()
        raise Refusal(404, f'no handler for route "{self.path}". route entry not found.')

    def transit(self, mount, what, name, hash_name):
        if what == "keys" and hash_name is None and self.method == "GET":
            self.allow("read")
            return {"data": self.describe(mount, name)}
        if self.method not in ("POST", "PUT"):
            raise Refusal(405, "1 error occurred:\n\t* unsupported operation\n\n")
        self.allow("update")
        if what == "keys":
            return self.create(mount, name)
        return self.sign(mount, name, hash_name) if what == "sign" else self.verify(mount, name, hash_name)

    def key(self, mount, name):
        key = self.world["keys"].get(f"{self.space}:{mount}/{name}")
        made = os.path.join(FOLDER, "made", f"{name}.json")
        if key is None and os.path.exists(made):
            with open(made, encoding="utf-8") as file:
                key = json.load(file)
        return key

    def describe(self, mount, name):
        key = self.key(mount, name)
        if key is None:
            raise Refusal(404)
        latest, kind = key.get("latest", 1), key["type"]
        oldest = key.get("min_decryption_version", 1)
        keys = {}
        for version in range(oldest, latest + 1):
            if kind in SYMMETRIC:
                keys[str(version)] = 1732788000
                continue
            path = key_path(self.space, mount, name, version)
            with MAKING:
                if not os.path.exists(path):
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    make_key(kind, path)
            keys[str(version)] = {"creation_time": "2026-11-28T10:00:00.123456789Z", "name": TYPES[kind], "certificate_chain": "",
                                  "public_key": "" if key.get("derived") else public_text(kind, path)}
        return {"allow_plaintext_backup": key.get("allow_plaintext_backup", False), "auto_rotate_period": 0, "deletion_allowed": False,
                "derived": key.get("derived", False), "exportable": key.get("exportable", False), "imported_key": False, "keys": keys,
                "latest_version": latest, "min_available_version": key.get("min_available_version", 0),
                "min_decryption_version": oldest, "min_encryption_version": key.get("min_encryption_version", 0), "name": name,
                "supports_decryption": kind.startswith(("rsa", "aes")), "supports_derivation": kind in ("ed25519", "aes256-gcm96"),
                "supports_encryption": kind.startswith(("rsa", "aes")), "supports_signing": kind not in SYMMETRIC, "type": kind}

    def create(self, mount, name):
        data = self.fields(type=str, exportable=bool, allow_plaintext_backup=bool, derived=bool, convergent_encryption=bool)
        kind = data.get("type", "aes256-gcm96")
        if kind not in TYPES and kind not in SYMMETRIC:
            raise Refusal(400, f"unknown key type {kind}")
        warnings = None
        if self.key(mount, name) is None:
            os.makedirs(os.path.join(FOLDER, "made"), exist_ok=True)
            with open(os.path.join(FOLDER, "made", f"{name}.json"), "w", encoding="utf-8") as file:
                json.dump(data | {"type": kind}, file)
        else:
            warnings = [f"key {name} already existed"]
        return {"data": self.describe(mount, name), "warnings": warnings}

    def input_of(self, data, kind, hash_name):
        try:
            raw = base64.b64decode(data.get("input", ""), validate=True)
        except ValueError:
            raise Refusal(400, "unable to decode input as base64: illegal base64 data") from None
        if kind == "ed25519":
            if data.get("prehashed"):
                raise Refusal(400, "prehashed is not supported for ed25519 here")
            return raw
        if not data.get("prehashed"):
            raw = hashlib.new("sha" + hash_name[5:], raw).digest()
        if len(raw) != HASHES[hash_name]:
            raise Refusal(400, f"input of {len(raw)} bytes is no {hash_name} digest")
        return raw

    def begin(self, mount, name, hash_name, missing):
        hash_name = hash_name or "sha2-256"
        if hash_name not in HASHES:
            raise Refusal(400, f'invalid hash algorithm "{hash_name}"')
        key = self.key(mount, name)
        if key is None:
            raise Refusal(400, missing)
        self.describe(mount, name)
        return key, hash_name

    def sign(self, mount, name, hash_name):
        data = self.fields(input=str, key_version=int, prehashed=bool, signature_algorithm=str, marshaling_algorithm=str)
        if data.get("marshaling_algorithm", "asn1") != "asn1":
            raise Refusal(400, "invalid marshaling type")
        key, hash_name = self.begin(mount, name, hash_name, "signing key not found")
        kind, latest = key["type"], key.get("latest", 1)
        if kind in SYMMETRIC:
            raise Refusal(400, f"key type {kind} does not support signing")
        if key.get("derived"):
            raise Refusal(400, "missing 'context' for key derivation; the key was created using a derived key")
        version = data.get("key_version", 0) or latest
        if version > latest:
            raise Refusal(400, "requested version for signing is higher than the latest key version")
        if version < max(key.get("min_encryption_version", 0), key.get("min_decryption_version", 1)):
            raise Refusal(400, "requested version for signing is less than the minimum encryption key version")
        lie = mode()
        self.describe(mount, "other" if lie == "other-key" else name)
        path = key_path(self.space, mount, "other" if lie == "other-key" else name, version)
        raw = self.input_of(data, kind, hash_name)
        if lie == "other-digest":
            raw = hashlib.new("sha" + hash_name[5:], raw).digest()
        signature = self.sign_with(path, kind, raw, padding(kind, data.get("signature_algorithm", ""), hash_name))
        told = version + 1 if lie == "other-version" else version
        text = f"vault:v{told}:{base64.b64encode(signature).decode()}"
        return {"data": {"signature": text, "key_version": told}}

    @staticmethod
    def sign_with(path, kind, raw, options):
        with temporary(raw) as file:
            raw_input = ["-rawin"] if kind == "ed25519" else []
            return openssl("pkeyutl", "-sign", "-inkey", path, *raw_input, *options, "-in", file.name)

    def verify(self, mount, name, hash_name):
        data = self.fields(input=str, signature=str, prehashed=bool, signature_algorithm=str, marshaling_algorithm=str)
        key, hash_name = self.begin(mount, name, hash_name, "signature verification key not found")
        found = re.fullmatch(r"vault:v(\d+):([A-Za-z0-9+/=]+)", data.get("signature", ""))
        if not found:
            raise Refusal(400, "invalid signature: no prefix")
        kind = key["type"]
        raw = self.input_of(data, kind, hash_name)
        path = key_path(self.space, mount, name, int(found[1]))
        with temporary(raw) as file, temporary(base64.b64decode(found[2])) as signature:
            words = ["-rawin"] if kind == "ed25519" else []
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-inkey", path, *words,
                                   *padding(kind, data.get("signature_algorithm", ""), hash_name), "-in", file.name, "-sigfile", signature.name],
                                  capture_output=True, check=False)
        return {"data": {"valid": done.returncode == 0}}

    # ---- logins and what a token is
    def look_up(self):
        self.allow("read")
        token = self.known_token()
        return {"data": {"policies": token["policies"], "ttl": 3600, "type": "service", "path": "auth/token/create"}}

    def own_capabilities(self):
        data = self.fields(paths=list, path=str)
        self.allow("update")
        paths = data.get("paths") or [data["path"]]
        answer = {path: self.capabilities(path) for path in paths}
        if len(paths) == 1:
            answer["capabilities"] = answer[paths[0]]
        return {"data": answer}

    def login(self, policies, ttl):
        token = "hvs." + os.urandom(18).hex()
        os.makedirs(os.path.join(FOLDER, "logins"), exist_ok=True)
        with open(os.path.join(FOLDER, "logins", hashlib.sha256(token.encode()).hexdigest()), "w", encoding="utf-8") as file:
            json.dump({"policies": policies, "namespace": self.space, "expires": self.now + ttl}, file)
        return {"data": None, "auth": {"client_token": token, "accessor": os.urandom(9).hex(), "policies": policies,
                                       "token_policies": policies, "metadata": {}, "lease_duration": ttl, "renewable": True,
                                       "entity_id": "", "token_type": "service", "orphan": True, "mfa_requirement": None, "num_uses": 0}}

    def by_approle(self):
        data = self.fields(role_id=str, secret_id=str)
        role = self.world["approles"].get(data.get("role_id", ""))
        if role is None or role["secret_id"] != data.get("secret_id"):
            raise Refusal(400, "invalid role or secret ID")
        return self.login(role["policies"], role.get("ttl", 1200))

    def by_jwt(self, mount):
        data = self.fields(role=str, jwt=str)
        login = self.world["jwt"].get(mount)
        if login is None:
            raise Refusal(404, f'no handler for route "{self.path}". route entry not found.')
        role = login["roles"].get(data.get("role") or login.get("default_role", ""))
        if role is None:
            raise Refusal(400, f'role "{data.get("role", "")}" could not be found')
        claims = self.claims_of(data.get("jwt", ""), login["public_key"])
        if claims.get("nbf", 0) > self.now + 60:
            raise Refusal(400, "error validating token: invalid not before (nbf) claim: token not yet valid")
        if claims.get("exp", 0) < self.now - 60:
            raise Refusal(400, "error validating token: invalid expiration time (exp) claim: token is expired")
        if claims.get("aud") != login["audience"]:
            raise Refusal(400, "error validating claims: aud claim does not match any bound audience")
        if claims.get("sub") != role["subject"]:
            raise Refusal(400, 'error validating claims: sub claim does not match bound subject')
        return self.login(role["policies"], 900)

    @staticmethod
    def claims_of(token, public_key):
        parts = token.split(".")
        padded = [part + "=" * (-len(part) % 4) for part in parts]
        try:
            header, claims, signature = [base64.b64decode(part, altchars="-_", validate=True) for part in padded]
            if json.loads(header).get("alg") != "RS256":
                raise ValueError
        except ValueError:
            raise Refusal(400, "error validating token: error parsing token") from None
        with temporary(signature) as file:
            done = subprocess.run(["openssl", "dgst", "-sha256", "-verify", public_key, "-signature", file.name],
                                  input=".".join(parts[:2]).encode(), capture_output=True, check=False)
        if done.returncode != 0:
            raise Refusal(400, "error validating token: error verifying token signature: no known key successfully validated the token signature")
        return json.loads(claims)


MOUNTS = ("transit", "team/transit")
ROUTES = (
    ("GET", "auth/token/lookup-self", Vault.look_up),
    ("POST PUT", "sys/capabilities-self", Vault.own_capabilities),
    ("POST PUT", "auth/approle/login", Vault.by_approle),
    ("POST PUT", "auth/([a-z-]+)/login", Vault.by_jwt),
)


def mode():
    try:
        with open(os.path.join(FOLDER, "mode"), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def broken(word, token):
    """status, body, headers of an answer that is wrong in itself; None: all is well."""
    return {
        "sealed": (503, b'{"errors":["Vault is sealed"]}', {}),
        "not-initialised": (501, b'{"errors":[]}', {}),
        "standby": (307, b"", {"Location": "https://127.0.0.1:1/v1/elsewhere"}),
        "read-only": (473, b'{"errors":[]}', {}),
        "throttled": (429, b'{"errors":["request path \\"transit/\\": rate limit quota exceeded"]}', {"Retry-After": "1"}),
        "bad-gateway": (502, b"<html>bad gateway</html>", {}),
        "huge": (200, b'{"data":{"signature":"' + b"A" * 2_000_000 + b'"}}', {}),
        "html": (200, b"<html>welcome</html>", {"Content-Type": "text/html"}),
        "error-in-200": (200, b'{"errors":["permission denied"]}', {}),
        "truncated": (200, b'{"data":{"name":"rel', {"Content-Length": "4096"}),
        "echo": (400, json.dumps({"errors": [f"the token {token} is odd"]}).encode(), {}),
    }.get(word)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "scripted", ""

    def log_message(self, *_):
        pass

    def date_time_string(self, timestamp=None):
        with open(os.path.join(FOLDER, "world.json"), encoding="utf-8") as file:
            return super().date_time_string(time.time() + json.load(file).get("clock", 0))

    def ask(self, body):
        if not self.path.startswith("/v1/"):
            raise Refusal(404)
        if self.headers.get("X-Vault-Request") != "true":
            raise Refusal(412, "missing required header: X-Vault-Request")
        return Vault(self.command, self.path[4:], self.headers, body).answer()

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {}
        if wrong := broken(mode(), self.headers.get("X-Vault-Token")):
            status, text, headers = wrong
        else:
            try:
                answer = self.ask(body)
                status, text = 200, json.dumps({"request_id": "0", "lease_id": "", "renewable": False, "lease_duration": 0, "data": None,
                                                "wrap_info": None, "warnings": None, "auth": None, "mount_type": "transit"} | answer).encode()
            except Refusal as refusal:
                status, text = refusal.status, json.dumps({"errors": refusal.errors}).encode()
        with open(os.path.join(FOLDER, "log"), "a", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path} {status}\n")
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(text))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
        if headers.get("Content-Length"):
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_LIST = serve


def main():
    global FOLDER
    port, certificate, key, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
